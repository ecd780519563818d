//! Requests that are pushed, responses that are signed, and tokens that are bound to a key: what is refused of them is told without a secret.

use portcullis::{
    error::Result,
    protocol::http::HttpResponse,
    verify::{KeySource, Verifier},
};
use serde_json::{Value, json};

use crate::world::*;

const PUSH: &str = "https://op.example/par";

pub fn refused_proofs() -> Vec<String> {
    let mut codes = pushed();
    codes.extend(bound());
    codes.extend(signed());
    codes.push(posted());
    codes
}

/// A logout token that says nothing of a sign-out.
fn posted() -> String {
    discreet("a logout token", |ear| {
        let world = &ear.scene.world;
        let token = world.id_token(OPAQUE, &json!({ "jti": OPAQUE, "sid": OPAQUE }));
        let keys = world.signer.jwks().to_string();
        let options = json!({ "algorithms": ["EdDSA"], "issuer": ISSUER, "audience": CLIENT });
        let verifier = Verifier::new(world.page());
        let verdict = verifier.logout_token(&token, KeySource::Set(&keys), options.to_string());
        Some(block_on(verdict).err()?.into())
    })
}

/// Sign-ins whose requests are pushed and refused.
fn pushed() -> Vec<String> {
    [
        ("no page", answer(404, "text/html", OPAQUE)),
        (
            "nothing of use",
            json(
                201,
                &json!({ "request_uri": format!("http://op.example/{OPAQUE}") }),
            ),
        ),
    ]
    .map(|(what, answer)| {
        discreet(what, |ear| {
            let world = &ear.scene.world;
            world.advance(2 * 3600);
            let endpoint = json!({ "pushed_authorization_request_endpoint": PUSH });
            world.expect_discovery_with(&endpoint);
            world.expect(PUSH, answer);
            let tab = world.tab_with(&json!({ "par": true }));
            Some(tab.login_fails(&json!({ "loginHint": OPAQUE })))
        })
    })
    .into()
}

/// Sign-ins whose signed response is not good.
fn signed() -> Vec<String> {
    ["iss", "aud", "exp"]
        .map(|claim| {
            discreet(claim, |ear| {
                let world = &ear.scene.world;
                let tab = world.tab_with(&json!({ "jarm": true }));
                let sign_in = tab.leave(&json!({}));
                let callback =
                    world.signed_callback(&sign_in, &json!({ claim: ABSENT, "x": OPAQUE }));
                let tab = tab.arrive(&callback);
                let failure = tab.handle(&callback).err();
                for secret in [&sign_in.nonce, &sign_in.verifier, &sign_in.state] {
                    assert!(!tab.client.trace().contains(secret), "{claim}");
                }
                failure
            })
        })
        .into()
}

/// Sign-ins with a key, whose callback fails.
fn bound() -> Vec<String> {
    let demand = |nonce: Option<&str>| {
        json(400, &json!({ "error": "use_dpop_nonce", "x": OPAQUE })).map(|answer| HttpResponse {
            dpop_nonce: nonce.map(Into::into),
            ..answer
        })
    };
    let with = |patch: Value| ok(&patched(tokens(OPAQUE), &patch));
    let cases: [(&str, Vec<Result<HttpResponse>>); 4] = [
        ("a key that is gone", vec![]),
        ("a bearer token", vec![with(json!({ "id_token": ABSENT }))]),
        (
            "no nonce",
            vec![demand(Some(&format!("{OPAQUE} {OPAQUE}")))],
        ),
        (
            "two nonces",
            vec![demand(Some(OPAQUE)), demand(Some(OPAQUE))],
        ),
    ];
    cases
        .map(|(what, answers)| {
            discreet(what, |ear| {
                let world = &ear.scene.world;
                let tab = world.tab_with(&json!({ "dpop": true }));
                let sign_in = tab.leave(&json!({}));
                let callback = sign_in.callback(&[("code", CODE)]);
                let tab = tab.arrive(&callback);
                if answers.is_empty() {
                    tab.page.lose_keys();
                }
                for answer in answers {
                    world.expect(TOKEN, answer);
                }
                let failure = tab.handle(&callback).err();
                for secret in [&sign_in.nonce, &sign_in.verifier, &sign_in.state] {
                    assert!(!tab.client.trace().contains(secret), "{what}");
                }
                failure
            })
        })
        .into()
}
