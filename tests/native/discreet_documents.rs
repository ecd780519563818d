//! Discovery documents and key sets that are refused: what is in them is not told.

use serde_json::{Value, json};

use crate::world::*;

pub fn refused_documents() -> Vec<String> {
    let with = |patch: Value| ok(&patched(metadata(), &patch));
    let documents = [
        ("no page", html(404), None),
        ("a page", answer(200, "text/html", OPAQUE), None),
        ("too much", endless(), None),
        ("another issuer", with(json!({ "issuer": OPAQUE })), None),
        (
            "another challenge",
            with(json!({ "code_challenge_methods_supported": [OPAQUE] })),
            None,
        ),
        ("no keys", with(json!({ "jwks_uri": ABSENT })), None),
        (
            "in the clear",
            with(json!({ "jwks_uri": format!("http://op.example/{OPAQUE}") })),
            None,
        ),
        (
            "pushed requests",
            with(json!({ "require_pushed_authorization_requests": true, "x": OPAQUE })),
            None,
        ),
        ("keys: no page", with(json!({})), Some(html(500))),
        (
            "keys: a page",
            with(json!({})),
            Some(answer(200, "text/html", OPAQUE)),
        ),
        ("keys: too much", with(json!({})), Some(endless())),
    ];
    let mut codes: Vec<_> = documents
        .map(|(what, discovery, keys)| {
            discreet(what, |ear| {
                ear.scene.world.advance(2 * 3600);
                ear.scene.world.expect(DISCOVERY, discovery);
                if let Some(keys) = keys {
                    ear.scene.world.expect(JWKS, keys);
                }
                Some(ear.scene.tab.login_fails(&json!({ "loginHint": OPAQUE })))
            })
        })
        .into();
    codes.push(discreet("an endpoint elsewhere", |ear| {
        let world = &ear.scene.world;
        world.advance(2 * 3600);
        let elsewhere = json!({ "jwks_uri": format!("https://{OPAQUE}.example/keys") });
        world.expect(DISCOVERY, with(elsewhere));
        let tab = world.tab_with(&json!({ "endpointOrigins": [] }));
        Some(tab.login_fails(&json!({ "loginHint": OPAQUE })))
    }));
    codes
}
