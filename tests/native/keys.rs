//! The provider's keys: fetched before leaving, looked at again when one is unknown, never
//! guessed (RFC 7517 §5, OpenID Connect Core §10.1).

use portcullis::error::{Code, Result};
use portcullis::protocol::http::HttpResponse;
use serde_json::{Value, json};

use crate::world::*;

fn refuses_before_leaving(what: &str, answer: Result<HttpResponse>, code: Code) {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    world.advance(2 * 3600);
    let status = answer.as_ref().map_or(0, |response| response.status);
    world.expect(DISCOVERY, ok(&metadata()));
    world.expect(JWKS, answer);
    let failure = login_fails(what, &tab, &json!({}), &[".metadata"], code);
    let expected = if code == Code::JwksHttp { status } else { 0 };
    assert!(
        failure.error.status() == expected || status == 200,
        "{what}"
    );
    // only the keys are asked for again
    world.expect(JWKS, ok(&world.signer.jwks()));
    tab.leave(&json!({}));
}

#[test]
fn without_a_key_set_the_page_is_not_left() {
    let many: Vec<Value> = vec![json!({}); 201];
    for (what, answer, code) in [
        ("404", html(404), Code::JwksHttp),
        (
            "500",
            json(500, &World::new().signer.jwks()),
            Code::JwksHttp,
        ),
        ("a redirect", redirect(), Code::JwksHttp),
        ("no connection", offline(), Code::JwksHttp),
        ("silence", silence(), Code::JwksHttp),
        ("a page", html(200), Code::JwksInvalid),
        (
            "nothing",
            answer(200, "application/json", ""),
            Code::JwksInvalid,
        ),
        ("a list of keys", ok(&json!([{}])), Code::JwksInvalid),
        ("no keys", ok(&json!({})), Code::JwksInvalid),
        (
            "keys that are null",
            ok(&json!({ "keys": null })),
            Code::JwksInvalid,
        ),
        (
            "keys in an object",
            ok(&json!({ "keys": {} })),
            Code::JwksInvalid,
        ),
        ("201 keys", ok(&json!({ "keys": many })), Code::JwksTooLarge),
        ("over a mebibyte", endless(), Code::JwksTooLarge),
    ] {
        refuses_before_leaving(what, answer, code);
    }
}

/// Expects one look at the key set; whoever looks sees `keys`.
fn shows(scene: &Scene, keys: &[Value]) {
    scene.world.expect(JWKS, ok(&json!({ "keys": keys })));
}

fn finishes(scene: &Scene, what: &str) {
    scene
        .tab
        .handle(&scene.callback())
        .unwrap_or_else(|failure| panic!("{what}: {:?}", failure.error));
}

#[test]
fn a_key_published_after_the_start_is_found() {
    let scene = Scene::new();
    let new = Signer::new(9);
    let id_token = new.token(&claims(&scene.sign_in.nonce, scene.world.now()));
    scene.world.expect(TOKEN, ok(&tokens(&id_token)));
    shows(&scene, &[scene.world.signer.jwk(), new.jwk()]);
    finishes(&scene, "rotated");
    // the next page knows it too
    let sign_in = scene.tab.leave(&json!({}));
    let id_token = new.token(&claims(&sign_in.nonce, scene.world.now()));
    scene.world.expect(TOKEN, ok(&tokens(&id_token)));
    scene
        .tab
        .arrive(HOME)
        .handle(&sign_in.callback(&[("code", CODE)]))
        .unwrap();
}

#[test]
fn a_key_without_a_name_that_was_published_after_the_start_is_found() {
    let scene = Scene::new();
    let new = Signer::new(9);
    let unnamed = |nonce: &str| new.sign(&json!({ "alg": "EdDSA" }), &claims(nonce, NOW));
    let id_token = unnamed(&scene.sign_in.nonce);
    scene.world.expect(TOKEN, ok(&tokens(&id_token)));
    shows(&scene, &[new.jwk()]);
    finishes(&scene, "rotated");
    scene.world.assert_all_used();
    // what does not fit is not looked for again soon
    let sign_in = scene.tab.leave(&json!({}));
    let forged = Signer::new(8).sign(&json!({ "alg": "EdDSA" }), &claims(&sign_in.nonce, NOW));
    scene.world.expect(TOKEN, ok(&tokens(&forged)));
    let failure = scene
        .tab
        .handle(&sign_in.callback(&[("code", CODE)]))
        .unwrap_err();
    assert_eq!(failure.error.code(), Code::JwtSignature);
}

#[test]
fn an_unknown_key_is_looked_for_once_in_a_minute() {
    let scene = Scene::new();
    let mut sign_in = scene.sign_in.clone();
    for (after, looks) in [(0, true), (0, false), (59, false), (1, true), (10, false)] {
        scene.world.advance(after);
        let id_token = Signer::new(9).token(&claims(&sign_in.nonce, scene.world.now()));
        scene.world.expect(TOKEN, ok(&tokens(&id_token)));
        if looks {
            shows(&scene, &[scene.world.signer.jwk()]);
        }
        let failure = scene
            .tab
            .handle(&sign_in.callback(&[("code", CODE)]))
            .unwrap_err();
        assert_eq!(failure.error.code(), Code::JwksNoKey);
        scene.world.assert_all_used();
        sign_in = scene.tab.leave(&json!({}));
    }
}

#[test]
fn a_look_that_showed_no_keys_is_not_the_one_of_its_minute() {
    let scene = Scene::new();
    let mut sign_in = scene.sign_in.clone();
    for (looks, code) in [
        (Some(offline()), Code::JwksHttp),
        (Some(html(503)), Code::JwksHttp),
        (Some(ok(&scene.world.signer.jwks())), Code::JwksNoKey),
        (None, Code::JwksNoKey),
    ] {
        let id_token = Signer::new(9).token(&claims(&sign_in.nonce, NOW));
        scene.world.expect(TOKEN, ok(&tokens(&id_token)));
        if let Some(answer) = looks {
            scene.world.expect(JWKS, answer);
        }
        let callback = sign_in.callback(&[("code", CODE)]);
        let failure = scene.tab.handle(&callback).unwrap_err();
        assert_eq!(failure.error.code(), code);
        scene.world.assert_all_used();
        sign_in = scene.tab.leave(&json!({}));
    }
}

#[test]
fn keys_that_cannot_be_fetched_again_verify_nothing() {
    for (answer, code) in [
        (offline(), Code::JwksHttp),
        (html(503), Code::JwksHttp),
        (html(200), Code::JwksInvalid),
        (endless(), Code::JwksTooLarge),
    ] {
        let scene = Scene::new();
        let id_token = Signer::new(9).token(&claims(&scene.sign_in.nonce, NOW));
        scene.world.expect(TOKEN, ok(&tokens(&id_token)));
        scene.world.expect(JWKS, answer);
        scene.refuses("an unknown key", &scene.callback(), code);
    }
    // a key known only from a copy that is too old is unknown
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    let nonce = tab.state()["user"]["nonce"].as_str().unwrap().to_string();
    world.advance(5000);
    let id_token = world.id_token(&nonce, &json!({ "at_hash": null }));
    world.expect(DISCOVERY, ok(&metadata()));
    world.expect(TOKEN, ok(&tokens(&id_token)));
    world.expect(JWKS, offline());
    let failure = tab.token().unwrap_err();
    assert_eq!(failure.error.code(), Code::JwksHttp);
}

#[test]
fn a_set_without_a_usable_key_verifies_nothing() {
    let signer = Signer::new(1);
    let with = |patch: Value| patched(signer.jwk(), &patch);
    for (what, keys) in [
        ("no key", vec![]),
        (
            "a key of another name",
            vec![with(json!({ "kid": "other" }))],
        ),
        ("a key for encryption", vec![with(json!({ "use": "enc" }))]),
        (
            "a key that may not verify",
            vec![with(json!({ "key_ops": ["sign"] }))],
        ),
        (
            "a use and operations that disagree",
            vec![with(json!({ "use": "sig", "key_ops": ["encrypt"] }))],
        ),
        (
            "a key for another algorithm",
            vec![with(json!({ "alg": "ES256" }))],
        ),
        ("a private key", vec![with(json!({ "d": "AQ" }))]),
        ("an unknown curve", vec![with(json!({ "crv": "Ed448" }))]),
        (
            "a key agreement curve",
            vec![with(json!({ "crv": "X25519" }))],
        ),
        ("an unknown type", vec![with(json!({ "kty": "AKP" }))]),
        (
            "a shared secret",
            vec![json!({ "kty": "oct", "kid": signer.kid, "k": "AQ" })],
        ),
        ("no x", vec![with(json!({ "x": ABSENT }))]),
        ("a short x", vec![with(json!({ "x": "AQ" }))]),
        (
            "a padded x",
            vec![with(
                json!({ "x": format!("{}=", signer.jwk()["x"].as_str().unwrap()) }),
            )],
        ),
        (
            "a point of small order",
            vec![with(json!({ "x": encode([0; 32]) }))],
        ),
        ("what is no key", vec![json!(null), json!("key"), json!([])]),
    ] {
        let scene = Scene::new();
        scene.world.expect(
            TOKEN,
            ok(&tokens(
                &Signer::named(9, &signer.kid).token(&claims(&scene.sign_in.nonce, NOW)),
            )),
        );
        // the cached set is forgotten, so that only the bad one is known
        scene
            .world
            .shared()
            .retain(|key, _| !key.ends_with(".jwks"));
        let tab = scene.tab.reload();
        shows(&scene, &keys);
        shows(&scene, &keys);
        let failure = tab.handle(&scene.callback()).unwrap_err();
        assert_eq!(failure.error.code(), Code::JwksNoKey, "{what}");
        scene.world.assert_all_used();
    }
}

#[test]
fn bad_keys_do_not_spoil_good_ones() {
    let world = World::new();
    let tab = world.tab();
    let keys = json!({ "keys": [
        null, {}, { "kty": "oct", "k": "AQ" }, patched(world.signer.jwk(), &json!({ "d": "AQ" })),
        patched(world.signer.jwk(), &json!({ "x": "AQ" })), world.signer.jwk(),
    ] });
    world.expect(DISCOVERY, ok(&metadata()));
    world.expect(JWKS, ok(&keys));
    world.signed_in(&tab, true);
}

#[test]
fn a_private_key_in_public_is_warned_of_and_not_told() {
    for (member, is_private) in [("d", true), ("p", true), ("k", true), ("x5c", false)] {
        let world = World::new();
        let tab = world.tab();
        let published = patched(Signer::new(3).jwk(), &json!({ member: "c2VjcmV0" }));
        world.expect(DISCOVERY, ok(&metadata()));
        world.expect(
            JWKS,
            ok(&json!({ "keys": [published, world.signer.jwk()] })),
        );
        world.signed_in(&tab, true);
        let warnings = tab.page.warnings.take().join("\n");
        assert_eq!(
            warnings.contains("jwks_private_key"),
            is_private,
            "{member}"
        );
        assert!(!warnings.contains("c2VjcmV0"), "{member}");
    }
}

#[test]
fn a_token_that_names_no_key_is_tried_with_every_one_that_fits() {
    let others: Vec<_> = (20..29).map(|seed| Signer::new(seed).jwk()).collect();
    for (what, count, is_good) in [
        ("alone", 0, true),
        ("the tenth", 9, true),
        ("the eleventh", 10, false),
    ] {
        let world = World::new();
        let mut keys = others.clone();
        keys.push(Signer::new(30).jwk());
        keys.truncate(count);
        keys.push(world.signer.jwk());
        let tab = world.tab_with(&json!({ "jwks": { "keys": keys } }));
        world.expect(DISCOVERY, ok(&metadata()));
        let sign_in = tab.leave(&json!({}));
        let id_token = world
            .signer
            .sign(&json!({ "alg": "EdDSA" }), &claims(&sign_in.nonce, NOW));
        world.expect(TOKEN, ok(&tokens(&id_token)));
        let outcome = tab.handle(&sign_in.callback(&[("code", CODE)]));
        let expected = if is_good {
            None
        } else {
            Some(Code::JwtSignature)
        };
        assert_eq!(
            outcome.err().map(|failure| failure.error.code()),
            expected,
            "{what}"
        );
    }
}

#[test]
fn keys_of_the_options_are_never_looked_for_elsewhere() {
    let world = World::new();
    let tab = world.tab_with(&json!({ "jwks": Signer::new(9).jwks() }));
    world.expect(DISCOVERY, ok(&metadata()));
    let sign_in = tab.leave(&json!({}));
    world.expect_tokens(&sign_in, &json!({}));
    let failure = tab
        .handle(&sign_in.callback(&[("code", CODE)]))
        .unwrap_err();
    assert_eq!(failure.error.code(), Code::JwksNoKey);
}
