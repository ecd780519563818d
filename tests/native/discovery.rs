//! Provider metadata that must not be believed (OpenID Connect Discovery §3 and §4, RFC 8414).

use portcullis::error::{Code, Result};
use portcullis::protocol::http::HttpResponse;
use serde_json::{Value, json};

use crate::world::*;

/// A signed-in tab for which nothing cached is fresh any more.
pub fn cold() -> (World, Tab) {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    world.advance(2 * 3600);
    // nor is there anything that a login would sweep
    let is_document = |key: &str| key.ends_with(".metadata") || key.ends_with(".jwks");
    world.shared().retain(|key, _| is_document(key));
    (world, tab)
}

fn refuses(what: &str, answer: Result<HttpResponse>, code: Code) {
    let (world, tab) = cold();
    world.expect(DISCOVERY, answer.clone());
    let failure = login_fails(what, &tab, &json!({}), &[], code);
    world.assert_all_used();
    if code == Code::DiscoveryHttp {
        assert_eq!(failure.error.status(), answer.unwrap().status, "{what}");
    }
    // nothing of it is kept: the next attempt asks again
    world.expect_discovery();
    tab.leave(&json!({}));
}

#[test]
fn an_answer_that_is_no_metadata_stops_the_sign_in() {
    let document = metadata().to_string();
    let json_type = "application/json";
    let mut deep = document.clone();
    deep.pop();
    deep.extend([",\"x\":", &"[".repeat(32), &"]".repeat(32), "}"]);
    for (what, body, code) in [
        (
            "HTML",
            answer(200, "text/html; charset=utf-8", &document),
            Code::DiscoveryInvalid,
        ),
        ("a page", html(200), Code::DiscoveryInvalid),
        (
            "nothing",
            answer(200, json_type, ""),
            Code::DiscoveryInvalid,
        ),
        (
            "half of it",
            answer(200, json_type, &document[..200]),
            Code::DiscoveryInvalid,
        ),
        (
            "an array",
            answer(200, json_type, format!("[{document}]")),
            Code::DiscoveryInvalid,
        ),
        (
            "null",
            answer(200, json_type, "null"),
            Code::DiscoveryInvalid,
        ),
        (
            "a byte-order mark",
            answer(200, json_type, format!("\u{feff}{document}")),
            Code::DiscoveryInvalid,
        ),
        (
            "two objects",
            answer(200, json_type, format!("{document}{document}")),
            Code::DiscoveryInvalid,
        ),
        (
            "a member twice",
            answer(
                200,
                json_type,
                document.replacen('{', "{\"issuer\":\"https://op.example\",", 1),
            ),
            Code::DiscoveryInvalid,
        ),
        (
            "nesting",
            answer(200, json_type, deep),
            Code::DiscoveryTooLarge,
        ),
        ("over a mebibyte", endless(), Code::DiscoveryTooLarge),
        ("204", answer(204, "", ""), Code::DiscoveryHttp),
        ("404", html(404), Code::DiscoveryHttp),
        (
            "404 with metadata",
            json(404, &metadata()),
            Code::DiscoveryHttp,
        ),
        ("500", html(500), Code::DiscoveryHttp),
        ("a redirect", redirect(), Code::DiscoveryHttp),
        ("no connection", offline(), Code::Network),
        ("silence", silence(), Code::Timeout),
    ] {
        refuses(what, body, code);
    }
}

#[test]
fn metadata_with_a_wrong_member_stops_the_sign_in() {
    let rows: &[(&str, Value, Code)] = &[
        (
            "no issuer",
            json!({ "issuer": ABSENT }),
            Code::DiscoveryInvalid,
        ),
        (
            "an issuer that is null",
            json!({ "issuer": null }),
            Code::DiscoveryInvalid,
        ),
        (
            "an issuer that is a number",
            json!({ "issuer": 1 }),
            Code::DiscoveryInvalid,
        ),
        (
            "an issuer in a list",
            json!({ "issuer": [ISSUER] }),
            Code::DiscoveryInvalid,
        ),
        (
            "another issuer",
            json!({ "issuer": "https://evil.example" }),
            Code::DiscoveryIssuerMismatch,
        ),
        (
            "a suffix",
            json!({ "issuer": "https://op.example.evil" }),
            Code::DiscoveryIssuerMismatch,
        ),
        (
            "another case",
            json!({ "issuer": "https://OP.example" }),
            Code::DiscoveryIssuerMismatch,
        ),
        (
            "a port",
            json!({ "issuer": "https://op.example:443" }),
            Code::DiscoveryIssuerMismatch,
        ),
        (
            "a slash",
            json!({ "issuer": "https://op.example/" }),
            Code::DiscoveryIssuerMismatch,
        ),
        (
            "a path",
            json!({ "issuer": "https://op.example/a" }),
            Code::DiscoveryIssuerMismatch,
        ),
        (
            "a script",
            json!({ "authorization_endpoint": "javascript:alert(1)" }),
            Code::DiscoveryInvalid,
        ),
        (
            "data",
            json!({ "token_endpoint": "data:application/json,{}" }),
            Code::DiscoveryInvalid,
        ),
        (
            "a blob",
            json!({ "jwks_uri": "blob:https://op.example/1" }),
            Code::DiscoveryInvalid,
        ),
        (
            "a file",
            json!({ "jwks_uri": "file:///etc/passwd" }),
            Code::DiscoveryInvalid,
        ),
        (
            "a path alone",
            json!({ "token_endpoint": "/token" }),
            Code::DiscoveryInvalid,
        ),
        (
            "a user",
            json!({ "token_endpoint": "https://me@op.example/token" }),
            Code::DiscoveryInvalid,
        ),
        (
            "a fragment",
            json!({ "authorization_endpoint": "https://op.example/a#b" }),
            Code::DiscoveryInvalid,
        ),
        (
            "an endpoint that is a number",
            json!({ "userinfo_endpoint": 1 }),
            Code::DiscoveryInvalid,
        ),
        (
            "an empty endpoint",
            json!({ "end_session_endpoint": "" }),
            Code::DiscoveryInvalid,
        ),
        (
            "a script to sign out",
            json!({ "end_session_endpoint": "javascript:alert(1)" }),
            Code::DiscoveryInvalid,
        ),
        (
            "no code flow",
            json!({ "response_types_supported": ["id_token", "code id_token"] }),
            Code::DiscoveryInvalid,
        ),
        (
            "no code flow in any order",
            json!({ "response_types_supported": ["id_token code"] }),
            Code::DiscoveryInvalid,
        ),
        (
            "only plain PKCE",
            json!({ "code_challenge_methods_supported": ["plain"] }),
            Code::PkceUnsupported,
        ),
        (
            "no PKCE",
            json!({ "code_challenge_methods_supported": [] }),
            Code::PkceUnsupported,
        ),
        (
            "PKCE in words",
            json!({ "code_challenge_methods_supported": "S256" }),
            Code::PkceUnsupported,
        ),
        (
            "PKCE in numbers",
            json!({ "code_challenge_methods_supported": [256] }),
            Code::PkceUnsupported,
        ),
    ];
    for (what, patch, code) in rows {
        refuses(what, ok(&patched(metadata(), patch)), *code);
    }
}

#[test]
fn an_endpoint_without_tls_is_not_used() {
    for member in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
        let (world, tab) = cold();
        world.expect(
            DISCOVERY,
            ok(&patched(
                metadata(),
                &json!({ member: "http://op.example/x" }),
            )),
        );
        login_fails(
            member,
            &tab,
            &json!({}),
            &[".metadata"],
            Code::InsecureEndpoint,
        );
    }
}

#[test]
fn an_indispensable_endpoint_must_be_there() {
    for (member, code) in [
        ("authorization_endpoint", Code::DiscoveryInvalid),
        ("token_endpoint", Code::DiscoveryInvalid),
        ("jwks_uri", Code::JwksMissing),
    ] {
        for value in [json!(ABSENT), json!(null)] {
            let (world, tab) = cold();
            world.expect(
                DISCOVERY,
                ok(&patched(metadata(), &json!({ member: value }))),
            );
            login_fails(member, &tab, &json!({}), &[".metadata"], code);
        }
    }
}
