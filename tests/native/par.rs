//! Pushed authorization requests (RFC 9126): what is asked for goes to the provider first, and the URL
//! that the page is left for says nothing but where it is kept.

use portcullis::error::{Code, Place, Result};
use portcullis::protocol::http::HttpResponse;
use serde_json::{Value, json};

use crate::world::*;

const PUSH: &str = "https://op.example/par";
const REQUEST_URI: &str = "urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c";
/// The query that names it.
const REFERENCE: &str = "client_id=portal&request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3A6esc_11ACC5bwc014ltc14eY22c";

fn pushed(patch: &Value) -> Result<HttpResponse> {
    let answer = json!({ "request_uri": REQUEST_URI, "expires_in": 60 });
    json(201, &patched(answer, patch))
}

/// A portal that pushes its requests to a provider which takes them, patched.
fn portal(options: &Value, provider: &Value) -> (World, Tab) {
    let world = World::new();
    let endpoint = json!({ "pushed_authorization_request_endpoint": PUSH });
    world.expect(
        DISCOVERY,
        ok(&patched(patched(metadata(), &endpoint), provider)),
    );
    let tab = world.tab_with(&patched(json!({ "par": true }), options));
    (world, tab)
}

/// Leaves the page; what was pushed, and where the page went.
fn leave(world: &World, tab: &Tab, options: &Value) -> (Sent, String) {
    world.expect(JWKS, ok(&world.signer.jwks()));
    world.expect(PUSH, pushed(&json!({})));
    let task = Task::start(tab.client.login(options.to_string()));
    assert!(
        !task.is_done(),
        "{:?}",
        task.finish().map_err(|failure| failure.error)
    );
    let sent = world.take_sent().pop().expect("a request");
    (sent, tab.page.navigations.borrow().concat())
}

#[test]
fn the_url_says_where_the_request_is_and_nothing_else() {
    let (world, tab) = portal(&json!({}), &json!({}));
    let (sent, url) = leave(
        &world,
        &tab,
        &json!({ "loginHint": "alice & bob", "prompt": "login" }),
    );
    assert_eq!(url, format!("{AUTHORIZE}?{REFERENCE}"));
    let field = |name| sent.field(name).unwrap_or_default();
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("redirect_uri", REDIRECT),
        ("scope", "openid profile"),
        ("code_challenge_method", "S256"),
        ("login_hint", "alice & bob"),
        ("prompt", "login"),
    ] {
        assert_eq!(field(name), value, "{name}");
    }
    for name in ["nonce", "code_challenge"] {
        assert_eq!(field(name).len(), 43, "{name}");
    }
    for name in ["response_mode", "dpop_jkt"] {
        assert_eq!(sent.field(name), None, "{name}");
    }
    assert!(sent.request.proof.is_none() && sent.request.bearer.is_none());
}

#[test]
fn the_sign_in_comes_back_as_any_other() {
    let (world, tab) = portal(&json!({}), &json!({}));
    let (sent, _) = leave(&world, &tab, &json!({}));
    let [state, nonce] = ["state", "nonce"].map(|name| sent.field(name).unwrap());
    let callback = format!(
        "{REDIRECT}?{}",
        form::write(&[("code", CODE), ("state", &state)])
    );
    let tab = tab.arrive(&callback);
    world.expect(TOKEN, ok(&tokens(&world.id_token(&nonce, &json!({})))));
    tab.handle(&callback).expect("the sign-in succeeds");
}

#[test]
fn what_an_endpoint_has_in_its_query_stays_there() {
    let endpoint = format!("{AUTHORIZE}?realm=a%20b");
    let (world, tab) = portal(&json!({}), &json!({ "authorization_endpoint": endpoint }));
    let (sent, url) = leave(&world, &tab, &json!({}));
    assert_eq!(sent.fields()[0], ("response_type".into(), "code".into()));
    assert_eq!(sent.field("realm"), None);
    assert_eq!(url, format!("{endpoint}&{REFERENCE}"));
}

#[test]
fn a_key_is_named_in_what_is_pushed() {
    let (world, tab) = portal(&json!({ "dpop": true }), &json!({}));
    let (sent, url) = leave(&world, &tab, &json!({}));
    assert_eq!(sent.field("dpop_jkt").unwrap().len(), 43);
    assert!(!url.contains("dpop_jkt"));
    // RFC 9449 §10.1: the name is enough
    assert!(sent.request.proof.is_none());
}

/// A sign-in that fails for what the endpoint answered.
fn fails(answer: Result<HttpResponse>, code: Code) -> portcullis::error::Failure {
    let (world, tab) = portal(&json!({}), &json!({}));
    world.expect(JWKS, ok(&world.signer.jwks()));
    world.expect(PUSH, answer);
    login_fails("pushed", &tab, &json!({}), &[".metadata", ".jwks"], code)
}

#[test]
fn a_refusal_is_told_in_the_providers_words() {
    let refusal = json!({ "error": "invalid_request", "error_description": "no such scope" });
    let failure = fails(json(400, &refusal), Code::ParHttp);
    assert_eq!(failure.error.status(), 400);
    assert!(!failure.error.is_retryable());
    assert_eq!(quoted(&failure), ("invalid_request", Some("no such scope")));
}

#[test]
fn an_answer_that_is_not_201_is_none() {
    for status in [0, 200, 202, 302, 404, 500] {
        let good = pushed(&json!({})).map(|answer| HttpResponse { status, ..answer });
        assert_eq!(fails(good, Code::ParHttp).error.status(), status);
    }
    assert!(fails(html(503), Code::ParHttp).error.is_retryable());
    assert_eq!(fails(offline(), Code::Network).error.place(), Place::Par);
}

#[test]
fn an_answer_that_cannot_be_used_is_told_by_its_member() {
    for (patch, place) in [
        (json!({ "request_uri": ABSENT }), Place::RequestUri),
        (json!({ "request_uri": null }), Place::RequestUri),
        (json!({ "request_uri": 7 }), Place::RequestUri),
        (json!({ "request_uri": "" }), Place::RequestUri),
        (json!({ "request_uri": "abc" }), Place::RequestUri),
        (json!({ "request_uri": ":abc" }), Place::RequestUri),
        (
            json!({ "request_uri": "http://op.example/r/1" }),
            Place::RequestUri,
        ),
        (
            json!({ "request_uri": "HTTP://op.example/r/1" }),
            Place::RequestUri,
        ),
        (json!({ "request_uri": "urn:a b" }), Place::RequestUri),
        (json!({ "expires_in": 0 }), Place::ExpiresIn),
        (json!({ "expires_in": -1 }), Place::ExpiresIn),
        (json!({ "expires_in": "60" }), Place::ExpiresIn),
        (json!({ "expires_in": null }), Place::ExpiresIn),
    ] {
        assert_eq!(
            fails(pushed(&patch), Code::ParInvalid).error.place(),
            place,
            "{patch}"
        );
    }
    for body in [
        "",
        "[]",
        "null",
        "<html>",
        "{\"request_uri\":\"urn:a\",\"request_uri\":\"urn:b\"}",
    ] {
        let answer = answer(201, "application/json", body);
        assert_eq!(
            fails(answer, Code::ParInvalid).error.place(),
            Place::Object,
            "{body}"
        );
    }
    fails(
        endless().map(|answer| HttpResponse {
            status: 201,
            ..answer
        }),
        Code::ParInvalid,
    );
}

#[test]
fn a_provider_without_the_endpoint_is_told() {
    for (endpoint, code) in [
        (json!(ABSENT), Code::DiscoveryInvalid),
        (json!("http://op.example/par"), Code::InsecureEndpoint),
    ] {
        let (world, tab) = portal(
            &json!({}),
            &json!({ "pushed_authorization_request_endpoint": endpoint }),
        );
        world.expect(JWKS, ok(&world.signer.jwks()));
        let failure = login_fails(
            "no endpoint",
            &tab,
            &json!({}),
            &[".metadata", ".jwks"],
            code,
        );
        assert_eq!(failure.error.place(), Place::ParEndpoint);
    }
}

#[test]
fn a_provider_that_takes_nothing_else_gets_it() {
    let demand = json!({ "require_pushed_authorization_requests": true });
    let (world, tab) = portal(&json!({}), &demand);
    leave(&world, &tab, &json!({}));
    let (_world, tab) = portal(&json!({ "par": false }), &demand);
    login_fails("plain", &tab, &json!({}), &[".metadata"], Code::ParRequired);
}

#[test]
fn a_sign_in_that_is_given_up_meanwhile_leaves_nothing() {
    let (world, tab) = portal(&json!({}), &json!({}));
    world.expect(JWKS, ok(&world.signer.jwks()));
    let gate = world.expect_held(PUSH, pushed(&json!({})));
    let before = tab.page.stored().len();
    let login = Task::start(tab.client.login("{}".into()));
    tab.page.give_up();
    let failure = login.finish().unwrap_err();
    gate.open();
    assert_eq!(failure.error.code(), Code::Aborted);
    // what is known of the provider stays
    assert_eq!(tab.page.stored().len(), before + 2);
    assert!(tab.page.navigations.borrow().is_empty());
}

#[test]
fn an_endpoint_that_is_not_used_is_nobodys_concern() {
    for endpoint in [
        "https://elsewhere.example/par",
        "http://op.example/par",
        "par",
        "",
    ] {
        let world = World::new();
        let provider = json!({ "pushed_authorization_request_endpoint": endpoint });
        world.expect_discovery_with(&provider);
        world
            .tab_with(&json!({ "endpointOrigins": [] }))
            .leave(&json!({}));
    }
    let elsewhere =
        json!({ "pushed_authorization_request_endpoint": "https://elsewhere.example/par" });
    let (world, tab) = portal(&json!({ "endpointOrigins": [] }), &elsewhere);
    world.expect(JWKS, ok(&world.signer.jwks()));
    let keys = [".metadata", ".jwks"];
    let failure = login_fails("elsewhere", &tab, &json!({}), &keys, Code::EndpointOrigin);
    assert_eq!(failure.error.place(), Place::ParEndpoint);
}

#[test]
fn an_endpoint_that_is_not_known_beforehand_is_discovered() {
    let known =
        json!({ "authorization_endpoint": AUTHORIZE, "token_endpoint": TOKEN, "jwks_uri": JWKS });
    let (world, tab) = portal(&json!({ "metadata": known }), &json!({}));
    leave(&world, &tab, &json!({}));
    let world = World::new();
    let known = patched(
        known,
        &json!({ "pushed_authorization_request_endpoint": PUSH }),
    );
    let tab = world.tab_with(&json!({ "par": true, "metadata": known }));
    leave(&world, &tab, &json!({}));
}

#[test]
fn a_refusal_that_repeats_what_is_secret_loses_those_words() {
    let world = World::new();
    let endpoint = json!({ "pushed_authorization_request_endpoint": PUSH });
    world.expect_discovery_with(&endpoint);
    let tab = world.signed_in(&world.tab(), true);
    let tab = Tab::load(
        tab.page.clone(),
        patched(options(), &json!({ "par": true })),
    );
    let record: Value = serde_json::from_str(&tab.page.record("session")).unwrap();
    let hint = record["id_token"].as_str().unwrap();
    let refusal =
        json!({ "error": "invalid_request", "error_description": format!("unknown: {hint}") });
    world.expect(PUSH, json(400, &refusal));
    let failure = tab.login_fails(&json!({ "prompt": "none" }));
    assert_eq!(quoted(&failure), ("invalid_request", None));
}

#[test]
fn what_a_sign_in_is_going_to_take_is_asked_for_as_the_page_opens() {
    for (option, loads) in [("name", 0), ("par", 1), ("dpop", 1), ("jarm", 1)] {
        let value = if loads == 0 { json!("x") } else { json!(true) };
        let tab = World::new().tab_with(&json!({ option: value }));
        assert_eq!(tab.page.loads.get(), loads, "{option}");
    }
}
