//! Provider metadata as it comes in the wild, and how long it is believed.

use portcullis::error::Code;
use serde_json::{Value, json};

use crate::world::*;

#[test]
fn what_many_providers_do_is_put_up_with() {
    let plain = answer(200, "text/plain", metadata().to_string());
    let bare = answer(200, "", format!(" \r\n{}\t", metadata()));
    let rows = [
        ("text/plain", plain),
        ("no type, and white space", bare),
        (
            "no lists",
            ok(&patched(
                metadata(),
                &json!({
                    "response_types_supported": ABSENT,
                    "code_challenge_methods_supported": ABSENT,
                    "id_token_signing_alg_values_supported": ABSENT,
                }),
            )),
        ),
        (
            "lists that are null",
            ok(&patched(
                metadata(),
                &json!({
                    "response_types_supported": null,
                    "code_challenge_methods_supported": null,
                    "id_token_signing_alg_values_supported": null,
                }),
            )),
        ),
        (
            "lists that are none",
            ok(&patched(
                metadata(),
                &json!({
                    "response_types_supported": "code", "id_token_signing_alg_values_supported": [1, {}],
                }),
            )),
        ),
        (
            "endpoints that are null",
            ok(&patched(
                metadata(),
                &json!({ "end_session_endpoint": null, "userinfo_endpoint": null }),
            )),
        ),
        (
            "other members",
            ok(&patched(
                metadata(),
                &json!({ "constructor": {}, "toString": 1 }),
            )),
        ),
    ];
    for (what, answer) in rows {
        let (world, tab) = super::discovery::cold();
        world.expect(DISCOVERY, answer);
        world.expect(JWKS, ok(&world.signer.jwks()));
        let sign_in = tab.leave(&json!({}));
        world.expect_tokens(&sign_in, &json!({}));
        tab.handle(&sign_in.callback(&[("code", CODE)]))
            .unwrap_or_else(|failure| panic!("{what}: {:?}", failure.error));
    }
}

#[test]
fn endpoints_may_be_on_other_origins() {
    let world = World::new();
    let tab = world.tab();
    let elsewhere = json!({ "token_endpoint": "https://token.example/t", "jwks_uri": "https://keys.example/k?v=1" });
    world.expect(DISCOVERY, ok(&patched(metadata(), &elsewhere)));
    world.expect("https://keys.example/k?v=1", ok(&world.signer.jwks()));
    let sign_in = tab.leave(&json!({}));
    world.expect(
        "https://token.example/t",
        ok(&tokens(&world.id_token(&sign_in.nonce, &json!({})))),
    );
    tab.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
}

#[test]
fn endpoints_may_be_held_to_origins() {
    let options = |origins: Value| json!({ "endpointOrigins": origins });
    let documents = [
        ("token_endpoint", "https://token.example/t"),
        ("jwks_uri", "https://keys.example/k"),
        ("authorization_endpoint", "https://op.example:8443/a"),
        ("userinfo_endpoint", "https://op.example.evil.example/u"),
        ("end_session_endpoint", "https://out.example/o"),
        ("revocation_endpoint", "https://out.example/r"),
    ];
    for (member, url) in documents {
        let world = World::new();
        let document = ok(&patched(metadata(), &json!({ member: url })));
        let what = format!("{member}: {url}");
        let tab = world.tab_with(&options(json!([])));
        world.expect(DISCOVERY, document.clone());
        let failure = login_fails(&what, &tab, &json!({}), &[], Code::EndpointOrigin);
        assert_eq!(failure.error.place().as_str(), member);
        let (origin, _) = url.rsplit_once('/').unwrap();
        let tab = world.tab_with(&options(json!([origin])));
        world.expect(DISCOVERY, document);
        let keys = if member == "jwks_uri" { url } else { JWKS };
        world.expect(keys, ok(&world.signer.jwks()));
        let _leaving = Task::start(tab.client.login("{}".into()));
        assert_eq!(tab.page.navigations.borrow().len(), 1, "{what}");
    }
    // the issuer's own needs no mention
    let world = World::new();
    let tab = world.tab_with(&options(json!([])));
    world.expect_discovery();
    tab.leave(&json!({}));
}

#[test]
fn a_provider_that_takes_no_plain_request_is_told_before_the_page_is_left() {
    // RFC 9126 §5
    let world = World::new();
    let tab = world.tab();
    let demand = json!({ "require_pushed_authorization_requests": true });
    world.expect(DISCOVERY, ok(&patched(metadata(), &demand)));
    login_fails(
        "demanded",
        &tab,
        &json!({}),
        &[".metadata"],
        Code::ParRequired,
    );
    for value in [json!(false), json!("true"), json!(null), json!(ABSENT)] {
        let world = World::new();
        let tab = world.tab();
        let demand = json!({ "require_pushed_authorization_requests": value });
        world.expect_discovery_with(&demand);
        tab.leave(&json!({}));
    }
}

#[test]
fn a_sign_in_keeps_the_token_endpoint_it_started_with() {
    let world = World::new();
    let tab = world.tab();
    world.expect_discovery();
    let sign_in = tab.leave(&json!({}));
    // meanwhile another tab learned of another one
    for text in world.shared().values_mut() {
        *text = if text.contains("\"source\"") {
            text.replace("op.example/token", "evil.example/token")
        } else {
            text.clone()
        };
    }
    let tab = tab.arrive(&sign_in.callback(&[("code", CODE)]));
    world.expect_tokens(&sign_in, &json!({}));
    tab.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
}

#[test]
fn what_is_cached_for_one_provider_serves_no_other() {
    let world = World::new();
    world.expect_discovery();
    world.tab().leave(&json!({}));
    let elsewhere = "https://op.example/other";
    let tab = world.tab_with(&json!({ "issuer": elsewhere }));
    world.expect(
        "https://op.example/other/.well-known/openid-configuration",
        ok(&patched(metadata(), &json!({ "issuer": elsewhere }))),
    );
    world.expect(JWKS, ok(&world.signer.jwks()));
    tab.leave(&json!({}));
    // nor is it believed when it comes from another address
    let tab = world.tab_with(&json!({ "discoveryUrl": "https://op.example/well-known" }));
    world.expect("https://op.example/well-known", ok(&metadata()));
    tab.leave(&json!({}));
}

#[test]
fn keys_of_one_url_are_not_believed_for_another() {
    let world = World::new();
    world.expect_discovery();
    world.tab().leave(&json!({}));
    // the portal is deployed anew, and keys are elsewhere now
    let (moved, new) = ("https://op.example/moved", Signer::new(9));
    let tab = world.tab_with(&json!({ "metadata": { "jwks_uri": moved } }));
    world.expect(moved, ok(&new.jwks()));
    let sign_in = tab.leave(&json!({}));
    // signed by a key that the new set does not have, also not when it is looked at again
    world.expect_tokens(&sign_in, &json!({}));
    world.expect(moved, ok(&new.jwks()));
    let refused = tab
        .handle(&sign_in.callback(&[("code", CODE)]))
        .unwrap_err();
    assert_eq!(refused.error.code(), Code::JwksNoKey);
}

/// Keys that this page looked for again are younger than the document that says where they are.
#[test]
fn keys_that_a_page_knows_are_left_when_the_provider_moves_them() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    let nonce = tab.state()["user"]["nonce"].as_str().unwrap().to_string();
    let refresh = |signer: &Signer| {
        let patch = json!({ "auth_time": NOW - 5, "at_hash": ABSENT });
        let id_token = signer.token(&patched(claims(&nonce, world.now()), &patch));
        ok(&tokens(&id_token))
    };
    world.advance(3000);
    let [second, third] = [Signer::new(2), Signer::new(3)];
    world.expect(TOKEN, refresh(&second));
    world.expect(JWKS, ok(&second.jwks()));
    tab.token().unwrap();
    world.advance(1300);
    let elsewhere = "https://keys.example/k";
    let moved = json!({ "jwks_uri": elsewhere });
    world.expect(DISCOVERY, ok(&patched(metadata(), &moved)));
    // what the old place had counts no more, also not when it is looked at again
    world.expect(TOKEN, refresh(&second));
    world.expect(elsewhere, ok(&third.jwks()));
    world.expect(elsewhere, ok(&third.jwks()));
    let refused = tab.token().unwrap_err();
    assert_eq!(refused.error.code(), Code::JwksNoKey);
}

#[test]
fn configured_metadata_is_of_the_same_issuer() {
    let world = World::new();
    let issuer = json!({ "issuer": "https://evil.example" });
    let described = patched(metadata(), &issuer);
    let tab = world.tab_with(&json!({ "metadata": described, "jwks": world.signer.jwks() }));
    let refused = block_on(tab.client.login("{}".into())).unwrap_err();
    assert_eq!(refused.error.code(), Code::DiscoveryIssuerMismatch);
}

#[test]
fn a_damaged_cache_is_fetched_anew() {
    for damage in [
        "",
        "{",
        "[]",
        "{\"at\":1800000000}",
        "{\"at\":\"x\",\"source\":1,\"document\":{}}",
        &json!({ "at": NOW, "source": DISCOVERY, "document": {} }).to_string(),
    ] {
        let world = World::new();
        world.expect_discovery();
        world.tab().leave(&json!({}));
        for (key, text) in world.shared().iter_mut() {
            if key.ends_with(".metadata") || key.ends_with(".jwks") {
                *text = damage.into();
            }
        }
        world.expect_discovery();
        world.tab().leave(&json!({}));
    }
}

#[test]
fn a_machine_of_ones_own_needs_no_tls() {
    let world = World::new();
    let issuer = "http://localhost:9000";
    let url = |path: &str| format!("{issuer}/{path}");
    let local = json!({
        "issuer": issuer, "authorization_endpoint": AUTHORIZE, "token_endpoint": url("token"), "jwks_uri": url("jwks"),
    });
    let tab = world.tab_with(&json!({ "issuer": issuer }));
    world.expect(&url(".well-known/openid-configuration"), ok(&local));
    world.expect(&url("jwks"), ok(&world.signer.jwks()));
    let sign_in = tab.leave(&json!({}));
    world.expect(
        &url("token"),
        ok(&tokens(
            &world.id_token(&sign_in.nonce, &json!({ "iss": issuer })),
        )),
    );
    tab.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
}
