//! Claims that do not answer our sign-in (OpenID Connect Core §2 and §3.1.3.7).

use portcullis::error::Code;
use serde_json::{Value, json};

use crate::world::*;

fn refuses(what: &str, patch: &Value, code: Code) {
    let scene = Scene::new();
    scene.refuses_token(what, &scene.id_token(patch), code);
}

fn accepts(what: &str, patch: &Value) {
    let scene = Scene::new();
    scene.world.expect_tokens(&scene.sign_in, patch);
    scene
        .tab
        .handle(&scene.callback())
        .unwrap_or_else(|failure| panic!("{what}: {:?}", failure.error));
}

#[test]
fn a_wrong_claim_ends_the_sign_in() {
    let rows: &[(&str, Value, Code)] = &[
        ("no issuer", json!({ "iss": ABSENT }), Code::IdTokenIss),
        (
            "another issuer",
            json!({ "iss": "https://evil.example" }),
            Code::IdTokenIss,
        ),
        (
            "an issuer in capitals",
            json!({ "iss": "https://OP.example" }),
            Code::IdTokenIss,
        ),
        (
            "an issuer with a slash",
            json!({ "iss": "https://op.example/" }),
            Code::IdTokenIss,
        ),
        (
            "an issuer in a list",
            json!({ "iss": [ISSUER] }),
            Code::IdTokenIss,
        ),
        (
            "an issuer and NUL",
            json!({ "iss": "https://op.example\0" }),
            Code::IdTokenIss,
        ),
        ("no audience", json!({ "aud": ABSENT }), Code::IdTokenAud),
        ("an empty list", json!({ "aud": [] }), Code::IdTokenAud),
        ("an empty audience", json!({ "aud": "" }), Code::IdTokenAud),
        (
            "an object",
            json!({ "aud": { "0": CLIENT } }),
            Code::IdTokenAud,
        ),
        ("a number", json!({ "aud": [1] }), Code::IdTokenAud),
        ("somebody else", json!({ "aud": "other" }), Code::IdTokenAud),
        (
            "us in capitals",
            json!({ "aud": "PORTAL" }),
            Code::IdTokenAud,
        ),
        (
            "us and somebody else",
            json!({ "aud": [CLIENT, "other"] }),
            Code::IdTokenAud,
        ),
        (
            "us and somebody else, issued to us",
            json!({ "aud": [CLIENT, "other"], "azp": CLIENT }),
            Code::IdTokenAud,
        ),
        (
            "us and NUL",
            json!({ "aud": ["portal\0"] }),
            Code::IdTokenAud,
        ),
        ("another party", json!({ "azp": "other" }), Code::IdTokenAzp),
        ("an empty party", json!({ "azp": "" }), Code::IdTokenAzp),
        (
            "a party that is null",
            json!({ "azp": null }),
            Code::IdTokenAzp,
        ),
        (
            "a party in a list",
            json!({ "azp": [CLIENT] }),
            Code::IdTokenAzp,
        ),
        ("no subject", json!({ "sub": ABSENT }), Code::IdTokenSub),
        ("an empty subject", json!({ "sub": "" }), Code::IdTokenSub),
        (
            "a number for a subject",
            json!({ "sub": 7 }),
            Code::IdTokenSub,
        ),
        (
            "a long subject",
            json!({ "sub": "x".repeat(256) }),
            Code::IdTokenSub,
        ),
        ("no nonce", json!({ "nonce": ABSENT }), Code::IdTokenNonce),
        ("an empty nonce", json!({ "nonce": "" }), Code::IdTokenNonce),
        (
            "another nonce",
            json!({ "nonce": "another" }),
            Code::IdTokenNonce,
        ),
        (
            "a nonce in a list",
            json!({ "nonce": ["x"] }),
            Code::IdTokenNonce,
        ),
        ("no expiry", json!({ "exp": ABSENT }), Code::IdTokenExp),
        (
            "no time of issue",
            json!({ "iat": ABSENT }),
            Code::IdTokenIat,
        ),
        (
            "not yet valid",
            json!({ "nbf": NOW + 31 }),
            Code::IdTokenNbf,
        ),
        (
            "signed in tomorrow",
            json!({ "auth_time": NOW + 31 }),
            Code::IdTokenAuthTime,
        ),
        (
            "a hash of another token",
            json!({ "at_hash": at_hash("another") }),
            Code::IdTokenAtHash,
        ),
        (
            "a hash too long",
            json!({ "at_hash": format!("{}A", at_hash(ACCESS_TOKEN)) }),
            Code::IdTokenAtHash,
        ),
        (
            "a hash cut short",
            json!({ "at_hash": &at_hash(ACCESS_TOKEN)[..22] }),
            Code::IdTokenAtHash,
        ),
        (
            "an empty hash",
            json!({ "at_hash": "" }),
            Code::IdTokenAtHash,
        ),
        (
            "a hash that is null",
            json!({ "at_hash": null }),
            Code::IdTokenAtHash,
        ),
    ];
    for (what, patch, code) in rows {
        refuses(what, patch, *code);
    }
}

#[test]
fn a_hash_that_cannot_be_made_here_is_missed_only_where_there_is_one() {
    let scene = Scene::new();
    scene.tab.page.hashes.set(false);
    let id_token = scene.id_token(&json!({}));
    scene.refuses_token("with a hash", &id_token, Code::Unsupported);
    let scene = Scene::new();
    scene.tab.page.hashes.set(false);
    let id_token = scene.id_token(&json!({ "at_hash": ABSENT }));
    scene.world.expect(TOKEN, ok(&tokens(&id_token)));
    scene.tab.handle(&scene.callback()).unwrap();
}

#[test]
fn a_time_that_is_none_is_refused() {
    for claim in ["exp", "iat", "nbf", "auth_time"] {
        for (what, value) in [
            ("text", json!("1800000000")),
            ("true", json!(true)),
            ("null", json!(null)),
            ("a list", json!([NOW])),
            ("negative", json!(-1)),
            ("milliseconds", json!(NOW * 1000)),
            ("the end of time", json!(1_000_000_000_000_000_000_i64)),
        ] {
            refuses(
                &format!("{claim}: {what}"),
                &json!({ claim: value }),
                Code::ClaimType,
            );
        }
        // a number no JSON library of ours writes
        let scene = Scene::new();
        let text = claims(&scene.sign_in.nonce, NOW).to_string();
        let payload = patched(serde_json::from_str(&text).unwrap(), &json!({ claim: "@" }))
            .to_string()
            .replace("\"@\"", "1e400");
        let signer = &scene.world.signer;
        let id_token = signer.sign_text(&signer.header().to_string(), payload);
        scene.refuses_token(&format!("{claim}: 1e400"), &id_token, Code::ClaimType);
    }
}

#[test]
fn what_the_specifications_leave_open_is_accepted() {
    for (what, patch) in [
        ("us in a list", json!({ "aud": [CLIENT] })),
        ("us twice", json!({ "aud": [CLIENT, CLIENT] })),
        ("issued to us", json!({ "azp": CLIENT })),
        ("no hash", json!({ "at_hash": ABSENT })),
        ("no time of sign-in", json!({ "auth_time": ABSENT })),
        ("a sign-in long ago", json!({ "auth_time": 1 })),
        (
            "fractions",
            json!({ "iat": 1_800_000_000.5, "exp": 1.8e9 + 300.0, "nbf": 1_799_999_999.75 }),
        ),
        ("a long subject", json!({ "sub": "x".repeat(255) })),
        ("already valid", json!({ "nbf": NOW + 30 })),
    ] {
        accepts(what, &patch);
    }
}

#[test]
fn audiences_beside_us_are_trusted_by_name_alone() {
    let options = json!({ "trustedAudiences": ["api", "project"] });
    let scene = |patch: &Value| {
        let scene = Scene::with(&options, &json!({}));
        let token = scene.id_token(patch);
        (scene, token)
    };
    for aud in [
        json!(CLIENT),
        json!([CLIENT]),
        json!(["api", CLIENT]),
        json!([CLIENT, "project", "api"]),
    ] {
        let (scene, token) = scene(&json!({ "aud": aud, "azp": CLIENT }));
        scene.world.expect(TOKEN, ok(&tokens(&token)));
        scene
            .tab
            .handle(&scene.callback())
            .unwrap_or_else(|failure| panic!("{aud}: {:?}", failure.error));
    }
    for (what, patch, code) in [
        (
            "another beside it",
            json!({ "aud": [CLIENT, "api", "evil"], "azp": CLIENT }),
            Code::IdTokenAud,
        ),
        // whoever is trusted is not whom it was issued to
        (
            "nobody it was issued to",
            json!({ "aud": [CLIENT, "api"], "azp": ABSENT }),
            Code::IdTokenAud,
        ),
        (
            "issued to another",
            json!({ "aud": [CLIENT, "api"], "azp": "api" }),
            Code::IdTokenAzp,
        ),
        (
            "without us",
            json!({ "aud": ["api"], "azp": CLIENT }),
            Code::IdTokenAud,
        ),
        (
            "for the other alone",
            json!({ "aud": "api", "azp": CLIENT }),
            Code::IdTokenAud,
        ),
        (
            "a number",
            json!({ "aud": [CLIENT, 1], "azp": CLIENT }),
            Code::IdTokenAud,
        ),
    ] {
        let (scene, token) = scene(&patch);
        scene.refuses_token(what, &token, code);
    }
}

#[test]
fn a_nonce_is_good_for_one_sign_in() {
    let scene = Scene::new();
    let stolen = scene.world.id_token(&scene.other.nonce, &json!({}));
    scene.refuses_token("the nonce of another sign-in", &stolen, Code::IdTokenNonce);
}

#[test]
fn a_full_hash_is_not_half_of_one() {
    use sha2::{Digest, Sha256, Sha512};
    refuses(
        "the whole hash",
        &json!({ "at_hash": encode(Sha512::digest(ACCESS_TOKEN)) }),
        Code::IdTokenAtHash,
    );
    refuses(
        "another hash",
        &json!({ "at_hash": encode(&Sha256::digest(ACCESS_TOKEN)[..16]) }),
        Code::IdTokenAtHash,
    );
}

#[test]
fn a_sign_in_must_be_as_recent_as_asked_for() {
    // of a fraction, what is whole (OpenID Connect Core §3.1.2.1)
    let fraction = Scene::with(&json!({}), &json!({ "maxAge": 59.5 }));
    assert_eq!(fraction.sign_in.param("max_age").as_deref(), Some("59"));
    let by_option = json!({ "maxAge": 60 });
    let by_parameter = json!({ "authorizationParams": { "max_age": "60" } });
    for login in [by_option, by_parameter] {
        for (what, auth_time, is_good) in [
            ("just now", json!(NOW), true),
            ("within the tolerance", json!(NOW - 90), true),
            ("too long ago", json!(NOW - 91), false),
            ("unknown", json!(ABSENT), false),
        ] {
            let scene = Scene::with(&json!({}), &login);
            let id_token = scene.id_token(&json!({ "auth_time": auth_time }));
            if is_good {
                scene.world.expect(TOKEN, ok(&tokens(&id_token)));
                scene.tab.handle(&scene.callback()).unwrap();
            } else {
                scene.refuses_token(what, &id_token, Code::IdTokenAuthTime);
            }
        }
    }
}

#[test]
fn a_sign_in_must_be_as_strong_as_asked_for() {
    let essential =
        json!({ "id_token": { "acr": { "essential": true, "values": ["gold", "silver"] } } });
    let by_option = json!({ "acrValues": "gold silver" });
    let by_claims = json!({ "authorizationParams": { "claims": essential.to_string() } });
    for login in [by_option, by_claims] {
        for (what, acr, is_good) in [
            ("the best", json!("gold"), true),
            ("the second", json!("silver"), true),
            ("another", json!("bronze"), false),
            ("both in one", json!("gold silver"), false),
            ("unknown", json!(ABSENT), false),
            ("a list", json!(["gold"]), false),
        ] {
            let scene = Scene::with(&json!({}), &login);
            let id_token = scene.id_token(&json!({ "acr": acr }));
            if is_good {
                scene.world.expect(TOKEN, ok(&tokens(&id_token)));
                scene.tab.handle(&scene.callback()).unwrap();
            } else {
                scene.refuses_token(what, &id_token, Code::IdTokenAcr);
            }
        }
    }
}
