//! `diagnose()`: every check of the set-up, none of them at the session's cost.

use portcullis::error::{Code, Result};
use portcullis::protocol::http::HttpResponse;
use serde_json::{Value, json};

use crate::world::*;

fn diagnosed(tab: &Tab) -> Value {
    serde_json::from_str(&block_on(tab.client.diagnose()).unwrap()).unwrap()
}

/// The checks that fail, and how.
fn wrong(diagnosis: &Value) -> Vec<(String, String)> {
    let checks = diagnosis.as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_string();
    checks
        .filter(|check| check.get("code").is_some())
        .map(|check| (text(&check["id"]), text(&check["code"])))
        .collect()
}

#[test]
fn a_good_set_up_passes_every_check() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    let before = Untouched::of(&tab, &[".metadata", ".jwks"]);
    world.expect_discovery();
    let diagnosis = diagnosed(&tab);
    assert!(diagnosis.as_array().unwrap().len() > 5);
    assert!(wrong(&diagnosis).is_empty());
    assert_eq!(Untouched::of(&tab, &[".metadata", ".jwks"]), before);
    assert!(tab.page.take_events().is_empty());
}

fn diagnosed_with(
    discovery: Result<HttpResponse>,
    keys: Option<Result<HttpResponse>>,
) -> Vec<(String, String)> {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    let before = Untouched::of(&tab, &[".metadata", ".jwks"]);
    world.expect(DISCOVERY, discovery);
    if let Some(keys) = keys {
        world.expect(JWKS, keys);
    }
    let diagnosis = diagnosed(&tab);
    assert_eq!(Untouched::of(&tab, &[".metadata", ".jwks"]), before);
    wrong(&diagnosis)
}

#[test]
fn what_is_wrong_with_the_provider_is_named() {
    let keys = || Some(ok(&Signer::new(1).jwks()));
    let with = |patch: Value| ok(&patched(metadata(), &patch));
    for (discovery, keys, check, code) in [
        (offline(), None, "discovery", Code::Network),
        (html(404), None, "discovery", Code::DiscoveryHttp),
        (html(200), None, "discovery", Code::DiscoveryInvalid),
        (
            with(json!({ "issuer": "https://op.example/" })),
            None,
            "discovery",
            Code::DiscoveryIssuerMismatch,
        ),
        (
            with(json!({ "code_challenge_methods_supported": ["plain"] })),
            None,
            "discovery",
            Code::PkceUnsupported,
        ),
        (
            with(json!({ "token_endpoint": "http://op.example/token" })),
            keys(),
            "token-endpoint",
            Code::InsecureEndpoint,
        ),
        (
            with(json!({ "authorization_endpoint": ABSENT })),
            keys(),
            "authorization-endpoint",
            Code::DiscoveryInvalid,
        ),
        (with(json!({})), Some(html(500)), "keys", Code::JwksHttp),
        (
            with(json!({})),
            Some(ok(&json!({ "keys": [] }))),
            "keys",
            Code::JwksNoKey,
        ),
    ] {
        let expected = (check.to_string(), code.as_str().to_string());
        assert_eq!(diagnosed_with(discovery, keys), [expected]);
    }
}

#[test]
fn what_is_wrong_on_this_side_is_named() {
    let world = World::new();
    let tab = world.tab_with(&json!({ "algorithms": ["ES256"] }));
    world.expect_discovery();
    let found = wrong(&diagnosed(&tab));
    assert_eq!(found, [("algorithms".to_string(), "jwt_alg".to_string())]);

    let tab = world.tab();
    tab.page.storage.set(Storage::Blocked);
    world.expect_discovery();
    let found = wrong(&diagnosed(&tab));
    assert_eq!(found[0].0, "storage");
    assert_eq!(found[0].1, "storage_unavailable");

    // over plain http nobody is asked
    let tab = world.tab();
    tab.page.secure.set(false);
    let found = wrong(&diagnosed(&tab));
    assert_eq!(found[0].0, "secure-context");
    assert_eq!(found[0].1, "insecure_context");

    tab.client.dispose();
    let failure = block_on(tab.client.diagnose()).unwrap_err();
    assert_eq!(failure.error.code(), Code::Disposed);
}

#[test]
fn a_report_holds_no_secret() {
    let scene = Scene::new();
    scene.world.expect_discovery();
    let text = diagnosed(&scene.tab).to_string();
    for secret in [
        &scene.sign_in.state,
        &scene.sign_in.nonce,
        &scene.sign_in.verifier,
        ACCESS_TOKEN,
        REFRESH_TOKEN,
    ] {
        assert!(!text.contains(secret));
    }
}
