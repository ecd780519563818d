//! The authorization request, and what is known before the page is left for it.

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use sha2::{Digest, Sha256};

use portcullis::error::Code;

use crate::world::*;

#[test]
fn metadata_and_keys_are_fetched_before_the_page_is_left() {
    let world = World::new();
    let tab = world.tab();
    world.expect_discovery();
    tab.leave(&json!({}));
    let sent = world.take_sent();
    assert_eq!(
        sent.iter()
            .map(|sent| &*sent.request.url)
            .collect::<Vec<_>>(),
        [DISCOVERY, JWKS]
    );
    assert!(sent.iter().all(|sent| sent.request.form.is_none()
        && sent.request.bearer.is_none()
        && sent.seconds == 20));
    assert_eq!(tab.status(), "signing-in");
}

#[test]
fn a_warm_cache_asks_nobody() {
    let world = World::new();
    world.expect_discovery();
    world.tab().leave(&json!({}));
    world.take_sent();
    // the same tab again, and another one
    let other = world.tab();
    other.leave(&json!({}));
    other.leave(&json!({}));
    assert!(world.take_sent().is_empty());
    // for an hour
    world.advance(3599);
    world.tab().leave(&json!({}));
    world.advance(1);
    world.expect_discovery();
    world.tab().leave(&json!({}));
}

#[test]
fn the_request_holds_these_parameters_and_no_other() {
    let world = World::new();
    let tab = world.tab();
    world.expect_discovery();
    let sign_in = tab.leave(&json!({}));
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&sign_in.verifier));
    let expected = [
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("redirect_uri", REDIRECT),
        ("scope", "openid profile"),
        ("state", &*sign_in.state),
        ("nonce", &*sign_in.nonce),
        ("code_challenge", &*challenge),
        ("code_challenge_method", "S256"),
    ];
    let expected: Vec<_> = expected
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .into();
    assert_eq!(sign_in.params(), expected);
    assert!(
        !sign_in.url.contains(&sign_in.verifier),
        "the verifier stays here"
    );
}

#[test]
fn every_option_has_its_parameter() {
    let world = World::new();
    let tab = world.tab_with(&json!({
        "resource": ["https://api.example/a", "urn:b"],
        "authorizationParams": { "audience": "of the client", "display": "page", "prompt": "none", "acr_values": "x" },
    }));
    world.expect_discovery();
    let sign_in = tab.leave(&json!({
        "scope": ["openid", "email"], "prompt": "login", "loginHint": "älice&x=1", "maxAge": 0,
        "acrValues": ["gold", "silver"], "uiLocales": "de en",
        "authorizationParams": { "audience": "of the sign-in", "max_age": "77", "a b": "c=d&e" },
    }));
    let params = sign_in.params();
    let rest: Vec<_> = params[8..]
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    assert_eq!(sign_in.param("scope").unwrap(), "openid email");
    assert_eq!(
        rest,
        [
            ("resource", "https://api.example/a"),
            ("resource", "urn:b"),
            ("prompt", "login"),
            ("login_hint", "älice&x=1"),
            ("max_age", "0"),
            ("acr_values", "gold silver"),
            ("ui_locales", "de en"),
            ("a b", "c=d&e"),
            ("audience", "of the sign-in"),
            ("display", "page"),
        ]
    );
}

/// RFC 6749 §3.1: a parameter without a value counts as omitted. An API that asks for a more recent sign-in
/// names no authentication contexts.
#[test]
fn an_empty_option_is_none() {
    let world = World::new();
    let tab = world
        .tab_with(&json!({ "authorizationParams": { "acr_values": "gold", "ui_locales": "" } }));
    world.expect_discovery();
    let sign_in = tab.leave(&json!({ "acrValues": [], "maxAge": 5, "loginHint": "" }));
    assert_eq!(sign_in.param("login_hint"), None);
    assert_eq!(sign_in.param("acr_values").as_deref(), Some("gold"));
    world.expect_tokens(&sign_in, &json!({ "acr": "bronze" }));
    let failure = tab
        .handle(&sign_in.callback(&[("code", CODE)]))
        .unwrap_err();
    assert_eq!(failure.error.code(), Code::IdTokenAcr);
}

#[test]
fn an_endpoint_with_a_query_keeps_it() {
    let world = World::new();
    let endpoint = format!("{AUTHORIZE}?tenant=7");
    let tab = world.tab_with(&json!({ "metadata": { "authorization_endpoint": endpoint } }));
    world.expect_discovery();
    let sign_in = tab.leave(&json!({}));
    assert!(
        sign_in
            .url
            .starts_with(&format!("{endpoint}&response_type=code&")),
        "{}",
        sign_in.url
    );
}

#[test]
fn state_nonce_and_verifier_are_256_bits_each_and_never_alike() {
    let world = World::new();
    let tab = world.tab();
    world.expect_discovery();
    let mut seen = BTreeSet::new();
    for _ in 0..5 {
        let sign_in = tab.leave(&json!({}));
        // the first character of a state names its slot, the rest is random
        for secret in [&sign_in.state[1..], &sign_in.nonce, &sign_in.verifier] {
            assert_eq!(URL_SAFE_NO_PAD.decode(secret).unwrap().len(), 32);
            assert!(seen.insert(secret.to_string()));
        }
    }
}

#[test]
fn the_transaction_says_what_must_come_back() {
    let world = World::new();
    let tab = world.tab();
    world.expect_discovery();
    let sign_in = tab.leave(
        &json!({ "returnTo": "/inbox?a=1#b", "appState": { "draft": [1, null] }, "maxAge": 60 }),
    );
    let record: serde_json::Value =
        serde_json::from_str(&tab.page.stored()[&sign_in.record]).unwrap();
    for (name, value) in [
        ("state", json!(sign_in.state)),
        ("nonce", json!(sign_in.nonce)),
        ("redirect_uri", json!(REDIRECT)),
        ("token_endpoint", json!(TOKEN)),
        ("return_to", json!("/inbox?a=1#b")),
        ("app_state", json!({ "draft": [1, null] })),
        ("max_age", json!(60)),
        ("started_at", json!(NOW)),
    ] {
        assert_eq!(record[name], value, "{name}");
    }
}

#[test]
fn metadata_and_keys_known_beforehand_are_not_fetched() {
    let world = World::new();
    let endpoints = json!({ "authorization_endpoint": AUTHORIZE, "token_endpoint": TOKEN });
    let tab = world.tab_with(&json!({ "metadata": endpoints, "jwks": world.signer.jwks() }));
    let tab = world.signed_in(&tab, true);
    assert_eq!(tab.status(), "signed-in");

    // with a jwks_uri in place of keys, only those are fetched
    let world = World::new();
    let endpoints =
        json!({ "authorization_endpoint": AUTHORIZE, "token_endpoint": TOKEN, "jwks_uri": JWKS });
    let tab = world.tab_with(&json!({ "metadata": endpoints }));
    world.expect(JWKS, ok(&world.signer.jwks()));
    world.signed_in(&tab, true);

    // and with keys alone, only the endpoints are
    let world = World::new();
    let tab = world.tab_with(&json!({ "jwks": world.signer.jwks() }));
    world.expect(DISCOVERY, ok(&metadata()));
    world.signed_in(&tab, true);
}

#[test]
fn an_endpoint_that_is_not_known_beforehand_is_discovered() {
    let known =
        json!({ "authorization_endpoint": AUTHORIZE, "token_endpoint": TOKEN, "jwks_uri": JWKS });
    for absent in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
        for value in [json!(ABSENT), json!(null)] {
            let world = World::new();
            let metadata = patched(known.clone(), &json!({ absent: value }));
            let tab = world.tab_with(&json!({ "metadata": metadata }));
            assert_eq!(world.signed_in(&tab, false).status(), "signed-in");
        }
    }
}

#[test]
fn configured_members_go_before_discovered_ones() {
    let world = World::new();
    let tab =
        world.tab_with(&json!({ "metadata": { "token_endpoint": "https://op.example/mine" } }));
    world.expect_discovery();
    let sign_in = tab.leave(&json!({}));
    let tab = tab.arrive(&sign_in.callback(&[("code", CODE)]));
    world.expect(
        "https://op.example/mine",
        ok(&tokens(&world.id_token(&sign_in.nonce, &json!({})))),
    );
    tab.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
}

#[test]
fn the_timeout_is_the_callers() {
    let world = World::new();
    let tab = world.tab_with(&json!({ "timeout": 7 }));
    world.expect_discovery();
    tab.leave(&json!({}));
    assert!(world.take_sent().iter().all(|sent| sent.seconds == 7));
}

/// A button that is pressed before the callback was handled.
#[test]
fn nobody_comes_back_to_a_response() {
    for (path, return_to) in [
        ("/callback", "/callback?theme=dark#top"),
        // what looks like one is the portal's own elsewhere
        ("/desk", "/desk?code=7&state=open&theme=dark#top"),
    ] {
        let scene = Scene::new();
        let url = format!("https://portal.example{path}?code=7&state=open&theme=dark#top");
        let tab = scene.tab.arrive(&url);
        let sign_in = tab.leave(&json!({}));
        scene.world.expect_tokens(&sign_in, &json!({}));
        let result = tab.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
        assert_eq!(result["returnTo"], return_to);
    }
}
