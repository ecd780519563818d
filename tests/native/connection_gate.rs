//! The e-mail gate, both sides.

use portcullis::{
    connection::{
        gate::{Gate, process},
        gate_service::{Decision, Question, Service, reply},
        message::Answer,
    },
    secret::Secret,
};
use serde_json::json;

const EMAIL: &str = "ada@example.org";

fn verdict(status: u16, content_type: &str, body: &str) -> (bool, &'static str, Option<String>) {
    let answer = Answer {
        status,
        content_type: content_type.into(),
        body: Some(body.as_bytes().to_vec()),
    };
    let verdict = process(&answer, EMAIL, &[]);
    (verdict.authorised, verdict.reason, verdict.message)
}

#[test]
fn only_a_clear_yes_for_this_address_is_one() {
    let json = "application/json; charset=utf-8";
    assert!(
        verdict(
            200,
            json,
            r#"{"email":"ada@example.org","authorised":true}"#
        )
        .0
    );
    assert!(
        verdict(
            200,
            json,
            r#"{"email":"ada@EXAMPLE.org","authorised":true}"#
        )
        .0
    );
    for (status, body) in [
        (200, r#"{"email":"Ada@example.org","authorised":true}"#),
        (200, r#"{"email":"eve@example.org","authorised":true}"#),
        (200, r#"{"email":"ada@example.org","authorised":true,}"#),
        (200, r#"{"email":"ada@example.org","authorised":true}x"#),
        (200, r#"{"email":"ada@example.org","authorised":"true"}"#),
        (
            200,
            r#"{"email":"ada@example.org","authorised":true,"error":null}"#,
        ),
        (200, r#"[{"email":"ada@example.org","authorised":true}]"#),
        (204, r#"{"email":"ada@example.org","authorised":true}"#),
        (500, r#"{"email":"ada@example.org","authorised":true}"#),
        (200, ""),
    ] {
        assert_eq!(verdict(status, json, body).1, "unclear", "{body}");
    }
    assert_eq!(
        verdict(
            200,
            "text/plain",
            r#"{"email":"ada@example.org","authorised":true}"#
        )
        .1,
        "unclear"
    );
}

#[test]
fn the_services_message_is_read_out_of_sloppy_json_too() {
    for (body, message) in [
        (r#"{"error":"a","error_message":"b, }c",}"#, Some("b, }c")),
        (
            r#"{"error":"a", "error_message":"quote \" ,} here", }"#,
            Some("quote \" ,} here"),
        ),
        (r#"{"error":"a","list":[1,2,],}"#, Some("a")),
        ("nonsense", None),
    ] {
        assert_eq!(
            verdict(403, "application/json", body).2.as_deref(),
            message,
            "{body}"
        );
    }
}

#[test]
fn the_services_message_repeats_no_secret() {
    let secret = "open sesame";
    // a secret that is cut off is not known as one
    let padding = "x".repeat(1020);
    for said in [
        "wrong: open sesame".to_string(),
        "wrong: open%20sesame".to_string(),
        format!("{padding}{secret}"),
    ] {
        let answer = Answer {
            status: 401,
            content_type: "application/json".into(),
            body: Some(json!({"error_message": said}).to_string().into_bytes()),
        };
        let told = process(&answer, EMAIL, &[Secret::new(secret.to_string())]);
        let message = told.message.unwrap();
        assert!(!message.contains("open"), "{message}");
        assert!(message.len() <= 1024);
    }
}

#[test]
fn a_gate_is_asked_over_tls_with_basic() {
    let gate = Gate::parse(&json!({"baseUrl": "https://gate.example/v1/"})).unwrap();
    let request = gate
        .request("a+b@example.org", "portal", &Secret::new("s:e".to_string()))
        .unwrap();
    assert_eq!(
        request.url.expose(),
        "https://gate.example/v1/authorize?email=a%2Bb%40example.org"
    );
    assert!(
        request
            .headers
            .iter()
            .any(|(name, value)| name == "authorization"
                && value.expose() == "Basic cG9ydGFsOnM6ZQ==")
    );
    assert!(
        !serde_json::to_string(&request.shown)
            .unwrap()
            .contains("cG9y")
    );
    for (data, field) in [
        (json!({"baseUrl": "http://gate.example"}), "baseUrl"),
        (json!({}), "baseUrl"),
        (
            json!({"baseUrl": "https://a.example", "timeout": 0}),
            "timeout",
        ),
        (json!({"baseUrl": "https://a.example", "user": "x"}), "user"),
        (json!({"baseUrl": "%[base]"}), "baseUrl"),
    ] {
        let problems = Gate::parse(&data).unwrap_err();
        assert_eq!(problems[0].field, field, "{data}");
    }
}

fn service(addresses: Option<&[&str]>) -> Service {
    let addresses = addresses.map(|list| {
        list.iter()
            .map(|text| (*text).to_string())
            .collect::<Vec<_>>()
    });
    Service::new(
        "portal",
        &Secret::new("open sesame".to_string()),
        addresses.as_deref(),
        None,
    )
    .unwrap()
}

/// `portal:open sesame`.
const RIGHT: &str = "Basic cG9ydGFsOm9wZW4gc2VzYW1l";

fn status(
    service: &Service,
    method: &str,
    path: &str,
    query: &str,
    authorization: &str,
    address: Option<&str>,
) -> u16 {
    match service.judge(&Question {
        method,
        path,
        query,
        authorization,
        address,
    }) {
        Decision::Ask(email) => {
            assert_eq!(email, EMAIL);
            200
        }
        Decision::Answer(reply) => {
            assert!(
                reply.body.contains("\"error\"") && reply.body.contains("\"error_message\""),
                "{}",
                reply.body
            );
            reply.status
        }
    }
}

#[test]
fn the_service_judges_who_asks_and_then_what() {
    let service = service(None);
    let query = "email=ada%40example.org";
    for (method, path, query, authorization, expected) in [
        ("GET", "/authorize", query, RIGHT, 200),
        (
            "GET",
            "/v1/authorize",
            query,
            "basic cG9ydGFsOm9wZW4gc2VzYW1l",
            200,
        ),
        ("GET", "/authorize", query, "", 401),
        ("GET", "/authorize", query, "Basic", 401),
        ("GET", "/authorize", query, "Basic !!", 401),
        (
            "GET",
            "/authorize",
            query,
            "Basic cG9ydGFsOm9wZW4gc2VzYW0=",
            401,
        ),
        (
            "GET",
            "/authorize",
            query,
            "Bearer cG9ydGFsOm9wZW4gc2VzYW1l",
            401,
        ),
        ("GET", "/other", query, "", 401),
        ("GET", "/other", query, RIGHT, 404),
        ("POST", "/authorize", query, RIGHT, 405),
        ("HEAD", "/authorize", query, RIGHT, 405),
        ("GET", "/authorize", "", RIGHT, 400),
        ("GET", "/authorize", "email=", RIGHT, 400),
        ("GET", "/authorize", "email=a", RIGHT, 400),
        ("GET", "/authorize", "email=%zz", RIGHT, 400),
        (
            "GET",
            "/authorize",
            "email=ada%40example.org&email=eve%40example.org",
            RIGHT,
            400,
        ),
    ] {
        assert_eq!(
            status(&service, method, path, query, authorization, None),
            expected,
            "{method} {path} {query} {authorization}"
        );
    }
    assert_eq!(
        reply(EMAIL, true).body,
        r#"{"authorised":true,"email":"ada@example.org"}"#
    );
}

/// As servers that listen to both kinds of addresses write them.
#[test]
fn an_address_within_another_may_be_listed_as_such() {
    for (listed, address, expected) in [
        ("::ffff:10.0.0.1", "::ffff:10.0.0.1", 200),
        ("::ffff:10.0.0.1", "10.0.0.1", 200),
        ("::ffff:10.0.0.1", "10.0.0.2", 403),
        ("::ffff:10.0.0.0/104", "::ffff:10.255.0.1", 200),
        ("::ffff:10.0.0.0/104", "11.0.0.1", 403),
        ("::ffff:0.0.0.0/96", "11.0.0.1", 200),
        ("::/0", "2001:db8::1", 200),
        ("::/0", "10.0.0.1", 403),
    ] {
        let service = service(Some(&[listed]));
        let query = "email=ada@example.org";
        assert_eq!(
            status(&service, "GET", "/authorize", query, RIGHT, Some(address)),
            expected,
            "{listed}: {address}"
        );
    }
}

#[test]
fn only_listed_addresses_may_ask() {
    let service = service(Some(&["10.0.0.0/8", "192.168.1.7", "2001:db8::/32"]));
    for (address, expected) in [
        (Some("10.255.0.1"), 200),
        (Some("::ffff:10.1.2.3"), 200),
        (Some("192.168.1.7"), 200),
        (Some("2001:db8:1::1"), 200),
        (Some("11.0.0.1"), 403),
        (Some("192.168.1.8"), 403),
        (Some("2001:db9::1"), 403),
        (Some("nonsense"), 403),
        (None, 403),
    ] {
        assert_eq!(
            status(
                &service,
                "GET",
                "/authorize",
                "email=ada@example.org",
                RIGHT,
                address
            ),
            expected,
            "{address:?}"
        );
    }
    for list in [["10.0.0.0/33"], ["nonsense"], ["10.0.0.1/"]] {
        let list = list.map(String::from);
        assert_eq!(
            Service::new("u", &Secret::new("p".to_string()), Some(&list), None).unwrap_err(),
            "allowedAddresses"
        );
    }
}
