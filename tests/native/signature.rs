//! Whose signature counts, and by which algorithm (RFC 7515 §5.2, RFC 8725 §3.1 and §3.10).

use portcullis::error::Code;
use serde_json::json;

use crate::world::*;

#[test]
fn a_valid_signature_does_not_excuse_an_algorithm_nobody_asked_for() {
    for (client, announced) in [
        (json!(["ES256", "RS256"]), json!(["RS256", "EdDSA"])),
        (json!(["EdDSA"]), json!(["RS256"])),
        (json!(ABSENT), json!(["RS256", "HS256", "none"])),
    ] {
        let world = World::new();
        let tab = world.tab_with(&json!({ "algorithms": client }));
        world.expect_discovery_with(&json!({ "id_token_signing_alg_values_supported": announced }));
        let sign_in = tab.leave(&json!({}));
        world.expect_tokens(&sign_in, &json!({}));
        let failure = tab
            .handle(&sign_in.callback(&[("code", CODE)]))
            .unwrap_err();
        assert_eq!(failure.error.code(), Code::JwtAlg);
    }
}

#[test]
fn both_names_of_ed25519_are_accepted() {
    for (announced, alg) in [("EdDSA", "Ed25519"), ("Ed25519", "EdDSA")] {
        let world = World::new();
        let tab = world.tab();
        world.expect_discovery_with(
            &json!({ "id_token_signing_alg_values_supported": [announced] }),
        );
        let sign_in = tab.leave(&json!({}));
        let header = patched(
            world.signer.header(),
            &json!({ "alg": alg, "typ": "jwt", "cty": "json" }),
        );
        world.expect(
            TOKEN,
            ok(&tokens(
                &world.signer.sign(&header, &claims(&sign_in.nonce, NOW)),
            )),
        );
        tab.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
    }
}

#[test]
fn a_signature_counts_only_if_it_is_the_keys_own() {
    let rows: &[(&str, fn(&Scene) -> String)] = &[
        ("another key", |scene| {
            Signer::named(2, "key-1").token(&claims(&scene.sign_in.nonce, NOW))
        }),
        ("a key in the header", |scene| {
            let own = Signer::new(2);
            let header = json!({ "alg": "EdDSA", "kid": "key-1", "jwk": own.jwk(), "jku": "https://evil.example/jwks", "x5u": "https://evil.example/x5u" });
            own.sign(&header, &claims(&scene.sign_in.nonce, NOW))
        }),
        ("claims changed afterwards", |scene| {
            let good = scene.id_token(&json!({}));
            let [header, _, signature] = good.split('.').collect::<Vec<_>>()[..] else {
                unreachable!()
            };
            let payload = encode(
                patched(claims(&scene.sign_in.nonce, NOW), &json!({ "sub": "bob" })).to_string(),
            );
            format!("{header}.{payload}.{signature}")
        }),
        ("a header changed afterwards", |scene| {
            let good = scene.id_token(&json!({}));
            let (_, rest) = good.split_once('.').unwrap();
            format!(
                "{}.{rest}",
                encode(json!({ "kid": "key-1", "alg": "EdDSA" , "x": 1}).to_string())
            )
        }),
        ("no signature", |scene| {
            format!(
                "{}.",
                scene.id_token(&json!({})).rsplit_once('.').unwrap().0
            )
        }),
        ("zeros", |scene| {
            format!(
                "{}.{}",
                scene.id_token(&json!({})).rsplit_once('.').unwrap().0,
                encode([0; 64])
            )
        }),
        ("a byte less", |scene| {
            format!(
                "{}.{}",
                scene.id_token(&json!({})).rsplit_once('.').unwrap().0,
                encode([1; 63])
            )
        }),
        ("a byte more", |scene| {
            format!(
                "{}.{}",
                scene.id_token(&json!({})).rsplit_once('.').unwrap().0,
                encode([1; 65])
            )
        }),
    ];
    for (what, make) in rows {
        let scene = Scene::new();
        let id_token = make(&scene);
        scene.refuses_token(what, &id_token, Code::JwtSignature);
    }
}

#[test]
fn a_key_of_another_type_is_no_key() {
    // the kid of an Ed25519 key under an RSA algorithm; one more look at the key set, no more
    let kids = [
        ("the kid of another type", json!("RS256"), json!("key-1")),
        ("an unknown kid", json!("EdDSA"), json!("key-2")),
        ("a path", json!("EdDSA"), json!("../../etc/passwd")),
        ("a query", json!("EdDSA"), json!("' OR 1=1")),
        (
            "a member of every object",
            json!("EdDSA"),
            json!("__proto__"),
        ),
        ("an empty kid", json!("EdDSA"), json!("")),
        ("a kid and NUL", json!("EdDSA"), json!("key-1\0")),
        ("5 kB", json!("EdDSA"), json!("k".repeat(5000))),
    ];
    for (what, alg, kid) in kids {
        let scene = Scene::new();
        let id_token = scene.world.signer.sign(
            &json!({ "alg": alg, "kid": kid }),
            &claims(&scene.sign_in.nonce, NOW),
        );
        scene.world.expect(TOKEN, ok(&tokens(&id_token)));
        scene.world.expect(JWKS, ok(&scene.world.signer.jwks()));
        scene.refuses_for_good(what, &scene.callback(), Code::JwksNoKey);
    }
}

#[test]
fn an_algorithm_the_machine_lacks_is_not_taken_on_trust() {
    let world = World::new();
    let n = encode([&[0x80][..], &[0; 254], &[1]].concat());
    let key = json!({ "kty": "RSA", "kid": "rsa", "n": n, "e": "AQAB" });
    let tab = world.tab_with(&json!({ "jwks": { "keys": [key] } }));
    world.expect(DISCOVERY, ok(&metadata()));
    let sign_in = tab.leave(&json!({}));
    let input = world.signer.sign(
        &json!({ "alg": "RS256", "kid": "rsa" }),
        &claims(&sign_in.nonce, NOW),
    );
    let id_token = format!("{}.{}", input.rsplit_once('.').unwrap().0, encode([1; 256]));
    world.expect(TOKEN, ok(&tokens(&id_token)));
    let failure = tab
        .handle(&sign_in.callback(&[("code", CODE)]))
        .unwrap_err();
    assert_eq!(failure.error.code(), Code::Unsupported);
}
