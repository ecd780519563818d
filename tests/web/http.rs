//! Requests as the browser would send them, answered by a `fetch` in the host's place.

use portcullis::{
    codec::form::Form,
    error::{Code, Result},
    platform::{Http, web},
    protocol::http::{ApiAnswer, BODY_LIMIT, HttpRequest, HttpResponse},
    secret::Secret,
};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{answer, holds, js, run, text, web as platform};

const URL: &str = "https://provider.example/endpoint?a=1";
/// Longer than any test lasts.
const PATIENT: u32 = 100_000;

/// A host that notes the request it is asked to send, as `fetch` itself would understand it, and
/// then runs `answer`, which may look at `init`.
fn host(answer: &str) -> JsValue {
    js(&format!(
        "{{
            async fetch(url, init) {{
                this.init = init;
                this.request = new Request(url, init);
                {answer}
            }},
        }}"
    ))
}

async fn send(host: &JsValue, request: HttpRequest, seconds: u32) -> Result<HttpResponse> {
    let platform = platform(host);
    run(async move { platform.send(request, seconds).await }).await
}

async fn get(host: &JsValue, seconds: u32) -> Result<HttpResponse> {
    send(host, HttpRequest::get(URL.into()), seconds).await
}

fn headers(host: &JsValue) -> String {
    text(host, "JSON.stringify([...subject.request.headers])")
}

/// Method, URL and everything that keeps cookies, caches, redirects and this page's URL out of it.
fn manner(host: &JsValue) -> String {
    text(
        host,
        "(({ method, url, cache, credentials, redirect, referrerPolicy }) =>
            [method, url, cache, credentials, redirect, referrerPolicy].join(' '))(subject.request)",
    )
}

#[wasm_bindgen_test]
async fn a_plain_request_brings_nothing_along() {
    let host = host("return new Response('');");
    get(&host, PATIENT).await.unwrap();
    assert_eq!(
        manner(&host),
        format!("GET {URL} no-store omit manual no-referrer")
    );
    assert_eq!(headers(&host), "[]");
    assert!(holds(&host, "subject.request.body === null"));
    assert!(holds(
        &host,
        "subject.init.signal instanceof AbortSignal && !subject.init.signal.aborted"
    ));
}

#[wasm_bindgen_test]
async fn a_form_arrives_byte_for_byte_without_a_header_of_its_own() {
    let ascii: String = (' '..='~').collect();
    let mut form = Form::new();
    form.push("grant_type", "authorization_code")
        .push("empty", "")
        .push("a+b&c", &ascii)
        .push("ü", "\u{0}\r\n\u{e9}\u{ff5e}\u{10000}%2B");
    let request = HttpRequest::post(URL.into(), form);
    let expected = request.form.clone().unwrap();

    let host = host("return new Response('');");
    send(&host, request, PATIENT).await.unwrap();
    assert_eq!(
        manner(&host),
        format!("POST {URL} no-store omit manual no-referrer")
    );
    assert!(holds(&host, "subject.init.headers === undefined"));
    assert_eq!(
        headers(&host),
        r#"[["content-type","application/x-www-form-urlencoded;charset=UTF-8"]]"#
    );
    let asked = host.clone();
    let body = run(async move { answer(&asked, "subject.request.text()").await }).await;
    assert_eq!(body.as_string().as_deref(), Some(expected.expose()));
}

#[wasm_bindgen_test]
async fn a_token_goes_into_the_authorization_header_alone() {
    let host = host("return new Response('');");
    let mut request = HttpRequest::get(URL.into());
    request.bearer = Some(Secret::new("a.b-c_d~e+f/g==".into()));
    send(&host, request, PATIENT).await.unwrap();
    assert_eq!(
        headers(&host),
        r#"[["authorization","Bearer a.b-c_d~e+f/g=="]]"#
    );
    assert_eq!(
        manner(&host),
        format!("GET {URL} no-store omit manual no-referrer")
    );
}

#[wasm_bindgen_test]
async fn a_proof_has_a_header_of_its_own_and_makes_the_token_a_bound_one() {
    for (token, expected) in [
        (None, r#"[["dpop","e.y.J"]]"#),
        (
            Some("t"),
            r#"[["authorization","DPoP t"],["dpop","e.y.J"]]"#,
        ),
    ] {
        let host = host("return new Response('', { headers: { 'DPoP-Nonce': 'n-1' } });");
        let mut request = HttpRequest::get(URL.into());
        request.bearer = token.map(|token| Secret::new(token.into()));
        request.proof = Some(Secret::new("e.y.J".into()));
        let answer = send(&host, request, PATIENT).await.unwrap();
        assert_eq!(headers(&host), expected);
        assert_eq!(answer.dpop_nonce.as_deref(), Some("n-1"));
    }
}

#[wasm_bindgen_test]
async fn an_answer_is_read_whole_whatever_its_status() {
    for (source, status, content_type, body) in [
        (
            "new Response('{}', { headers: { 'Content-Type': 'application/json' } })",
            200,
            "application/json",
            &b"{}"[..],
        ),
        (
            "new Response(new Uint8Array([0, 255, 195, 40]), { status: 400 })",
            400,
            "",
            &[0, 255, 195, 40],
        ),
        (
            "Response.json({}, { status: 503 })",
            503,
            "application/json",
            b"{}",
        ),
        ("new Response(null, { status: 204 })", 204, "", b""),
        (
            "new Response(new ReadableStream({
                start(body) {
                    for (const byte of [1, 2, 3]) body.enqueue(new Uint8Array([byte, byte]));
                    body.close();
                },
            }))",
            200,
            "",
            &[1, 1, 2, 2, 3, 3],
        ),
    ] {
        let expected = HttpResponse {
            retry_after: 0,
            dpop_nonce: None,
            status,
            content_type: content_type.into(),
            body: Some(body.to_vec()),
        };
        let host = host(&format!("return {source};"));
        assert_eq!(get(&host, PATIENT).await, Ok(expected), "{source}");
        assert!(holds(&host, "!subject.init.signal.aborted"));
    }
}

#[wasm_bindgen_test]
async fn retry_after_is_seconds_from_now_and_never_less_than_none() {
    let in_a_minute = "new Date(Date.now() + 60_999).toUTCString()";
    for (value, range) in [
        ("'120'", 120..=120),
        ("'0'", 0..=0),
        (in_a_minute, 58..=60),
        ("new Date(Date.now() - 60_000).toUTCString()", 0..=0),
        ("'Thu, 01 Jan 1970 00:00:00 GMT'", 0..=0),
        ("'-5'", 0..=0),
        ("'soon'", 0..=0),
        ("''", 0..=0),
        ("'99999999999'", 3600..=u32::MAX),
    ] {
        let host = host(&format!(
            "return new Response('', {{ status: 503, headers: {{ 'Retry-After': {value} }} }});"
        ));
        let found = get(&host, PATIENT).await.unwrap().retry_after;
        assert!(range.contains(&found), "{value}: {found}");
    }
}

#[wasm_bindgen_test]
async fn a_redirect_has_no_status() {
    let host = host(
        "const response = new Response(null, { status: 204 });
        return Object.defineProperty(response, 'type', { value: 'opaqueredirect' });",
    );
    assert_eq!(get(&host, PATIENT).await.unwrap().status, 0);
}

#[wasm_bindgen_test]
async fn a_body_ends_at_the_limit() {
    for (length, is_read) in [(BODY_LIMIT, true), (BODY_LIMIT + 1, false)] {
        let host = host(&format!("return new Response(new Uint8Array({length}));"));
        let response = get(&host, PATIENT).await.unwrap();
        assert_eq!(response.status, 200);
        assert_eq!(
            response.body.map(|body| body.len() == length),
            is_read.then_some(true)
        );
        assert_eq!(holds(&host, "subject.init.signal.aborted"), !is_read);
    }
}

#[wasm_bindgen_test]
async fn an_endless_body_is_not_read_on() {
    let host = host(
        "const chunk = new Uint8Array(1 << 16);
        this.chunks = 0;
        const pull = (body) => { this.chunks += 1; body.enqueue(chunk); };
        return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }));",
    );
    let response = get(&host, PATIENT).await.unwrap();
    assert_eq!(response.body, None);
    assert!(holds(&host, "subject.init.signal.aborted"));
    assert!(holds(&host, "subject.chunks === 17"), "one more than fit");
}

#[wasm_bindgen_test]
async fn time_runs_out_before_an_answer_and_within_it() {
    for source in [
        "return new Promise((_, reject) => {
            init.signal.onabort = () => reject(init.signal.reason);
        });",
        "return new Response(new ReadableStream({
            start(body) { init.signal.onabort = () => body.error(init.signal.reason); },
        }));",
    ] {
        let result = get(&host(source), 0).await;
        assert_eq!(result, Err(Code::Timeout.into()), "{source}");
    }
}

#[wasm_bindgen_test]
async fn the_alarm_is_off_after_an_answer() {
    let host = host("return new Response(null, { status: 204 });");
    get(&host, 0).await.unwrap();
    // of two timers with the same delay the first one set fires first
    run(async {
        answer(
            &JsValue::UNDEFINED,
            "new Promise((go) => setTimeout(go, 0))",
        )
        .await
    })
    .await;
    assert!(holds(&host, "!subject.init.signal.aborted"));
}

#[wasm_bindgen_test]
async fn a_fetch_that_heeds_no_signal_is_not_waited_for() {
    let host = host("return new Promise(() => {});");
    assert_eq!(get(&host, 0).await, Err(Code::Timeout.into()));
}

#[wasm_bindgen_test]
async fn no_answer_is_a_network_failure() {
    for source in [
        "throw new TypeError('Failed to fetch');",
        "throw undefined;",
        "throw 'timeout';",
        "return undefined;",
        "return {};",
        "return new Response(new ReadableStream({ start(body) { body.error(new Error()); } }));",
        "return new Response(new ReadableStream({
            pull(body) { body.enqueue(new Uint8Array(9)); body.error(new Error()); },
        }));",
    ] {
        let result = get(&host(source), PATIENT).await;
        assert_eq!(result, Err(Code::Network.into()), "{source}");
    }
    let sync = js("{ fetch() { throw new TypeError('at once'); } }");
    assert_eq!(get(&sync, PATIENT).await, Err(Code::Network.into()));
}

#[wasm_bindgen_test]
async fn the_browsers_own_fetch_keeps_to_it() {
    // this page's server answers; a URL of scheme data: needs none
    let host = js("{ fetch: (url, init) => fetch(url, init) }");
    let found = HttpRequest::get("data:application/json,%7B%7D".into());
    let response = send(&host, found, PATIENT).await.unwrap();
    assert_eq!(
        (
            response.status,
            &*response.content_type,
            response.body.as_deref()
        ),
        (200, "application/json", Some(&b"{}"[..]))
    );
    let refused = HttpRequest::get("http://127.0.0.1:1/".into());
    assert_eq!(
        send(&host, refused, PATIENT).await,
        Err(Code::Network.into())
    );
}

#[wasm_bindgen_test]
fn an_apis_challenge_is_read_from_its_answer() {
    let asked = r#"Bearer error="invalid_token""#;
    let refused = js(&format!(
        "new Response(null, {{ status: 401, headers: {{ 'WWW-Authenticate': '{asked}' }} }})"
    ));
    let expected = ApiAnswer {
        status: 401,
        challenge: asked.into(),
        ..ApiAnswer::default()
    };
    assert_eq!(web::api_answer(&refused), expected);
    let fine = js("new Response(null, { status: 204, headers: { 'DPoP-Nonce': 'n-1' } })");
    let expected = ApiAnswer {
        status: 204,
        dpop_nonce: Some("n-1".into()),
        ..ApiAnswer::default()
    };
    assert_eq!(web::api_answer(&fine), expected);
    let elsewhere = js("Object.defineProperty(new Response(), 'redirected', { value: true })");
    assert!(web::api_answer(&elsewhere).is_redirected);
    assert_eq!(web::api_answer(&js("null")), ApiAnswer::default());
}
