//! Whose signature a signed response (JARM) has, and until when it counts.

use portcullis::error::{Code, Place};
use serde_json::{Value, json};

use crate::jarm::{accepts, callback, portal, refuses_claims, scene};
use crate::world::*;

const TWO_HOURS: i64 = 2 * 3600;
const DAY: i64 = 24 * 3600;

/// A header for the key of that name.
type Header = fn(&str) -> Value;

/// A response with a header of its own, signed as that says, or not.
fn headed(scene: &Scene, header: &Value) -> String {
    let claims = response(&scene.sign_in.state, scene.world.now());
    responded(&scene.world.signer.sign(header, &claims))
}

#[test]
fn its_signature_is_one_of_the_providers() {
    let kid = |scene: &Scene| scene.world.signer.kid.clone();
    let headers: [(&str, Header, Code); 5] = [
        ("none", |_| json!({ "alg": "none" }), Code::JwtAlg),
        (
            "HS256",
            |kid| json!({ "alg": "HS256", "kid": kid }),
            Code::JwtAlg,
        ),
        (
            "crit",
            |kid| json!({ "alg": "EdDSA", "kid": kid, "crit": ["x"], "x": 1 }),
            Code::JwtCrit,
        ),
        (
            "a token of another kind",
            |kid| json!({ "alg": "EdDSA", "kid": kid, "typ": "at+jwt" }),
            Code::JwtTyp,
        ),
        (
            "nested",
            |kid| json!({ "alg": "EdDSA", "kid": kid, "cty": "JWT" }),
            Code::JwtMalformed,
        ),
    ];
    for (what, header, code) in headers {
        let scene = scene();
        let url = headed(&scene, &header(&kid(&scene)));
        scene.refuses_for_good(what, &url, code);
    }
    let scene = scene();
    let foreign = Signer::named(9, &kid(&scene));
    let token = foreign.token(&response(&scene.sign_in.state, NOW));
    scene.refuses_for_good("another's", &responded(&token), Code::JwtSignature);
}

#[test]
fn a_provider_says_how_it_signs_them() {
    // its own list, not the one of ID tokens
    let (world, tab) = portal(&json!({ "authorization_signing_alg_values_supported": ["PS256"] }));
    let sign_in = tab.leave(&json!({}));
    let failure = tab
        .handle(&world.signed_callback(&sign_in, &json!({})))
        .unwrap_err();
    assert_eq!(failure.error.code(), Code::JwtAlg);
    let (world, tab) = portal(&json!({
        "authorization_signing_alg_values_supported": ["EdDSA"],
        "response_modes_supported": ["query", "query.jwt"],
    }));
    world.signed_in(&tab, true);
    for modes in [json!(["query", "fragment"]), json!([]), json!("query.jwt")] {
        let (_world, tab) = portal(&json!({ "response_modes_supported": modes }));
        let aside = [
            ".metadata",
            ".jwks",
            ".0",
            ".1",
            ".2",
            ".3",
            ".4",
            ".5",
            ".6",
            ".7",
            ".8",
            ".9",
        ];
        let failure = login_fails(
            "no signed responses",
            &tab,
            &json!({}),
            &aside,
            Code::Unsupported,
        );
        assert_eq!(failure.error.place(), Place::ResponseModes);
    }
}

#[test]
fn a_key_that_nobody_knows_is_looked_for_once() {
    let scene = scene();
    let new = Signer::new(7);
    let url = responded(&new.token(&response(&scene.sign_in.state, NOW)));
    let id_token = new.token(&claims(&scene.sign_in.nonce, NOW));
    scene.world.take_sent();
    scene.world.expect(JWKS, ok(&new.jwks()));
    scene.world.expect(TOKEN, ok(&tokens(&id_token)));
    scene.tab.handle(&url).unwrap();
    let urls: Vec<_> = scene
        .world
        .take_sent()
        .into_iter()
        .map(|sent| sent.request.url)
        .collect();
    assert_eq!(urls, [JWKS, TOKEN]);
}

#[test]
fn a_clock_that_is_wrong_does_not_stop_it_if_it_says_when_it_was_made() {
    for seconds in [TWO_HOURS, -TWO_HOURS, DAY, -DAY] {
        let scene = scene();
        let there = NOW + seconds;
        let patch = json!({ "iat": there, "exp": there + 120 });
        scene.world.expect(
            TOKEN,
            ok(&tokens(
                &scene
                    .world
                    .signer
                    .token(&claims(&scene.sign_in.nonce, there)),
            )),
        );
        scene
            .tab
            .handle(&callback(&scene, &patch))
            .unwrap_or_else(|failure| panic!("{seconds}: {:?}", failure.error));
    }
    // more than a day is nobody's clock
    for seconds in [DAY + 1, -DAY - 1] {
        let there = NOW + seconds;
        refuses_claims(
            "a day",
            &json!({ "iat": there, "exp": there + 120 }),
            Code::JarmExp,
            Place::Iat,
        );
    }
}

#[test]
fn one_that_does_not_say_when_was_over_before_the_sign_in_began_by_a_wrong_clock_alone() {
    // a machine that is ahead, and a provider that says no more than it must
    for seconds in [601, TWO_HOURS, DAY] {
        let scene = scene();
        let there = NOW - seconds;
        let id_token = scene
            .world
            .signer
            .token(&claims(&scene.sign_in.nonce, there));
        scene.world.expect(TOKEN, ok(&tokens(&id_token)));
        let url = callback(&scene, &json!({ "exp": there }));
        let outcome = scene.tab.handle(&url);
        assert!(
            outcome.is_ok(),
            "{seconds}: {:?}",
            outcome.err().map(|failure| failure.error)
        );
    }
    for (seconds, place) in [(600, Place::Exp), (360, Place::Exp), (DAY + 1, Place::Iat)] {
        refuses_claims(
            "over",
            &json!({ "exp": NOW - seconds }),
            Code::JarmExp,
            place,
        );
    }
}

#[test]
fn one_that_lay_about_is_judged_by_our_clock() {
    // made while the user signed in, good for two minutes, and brought back later
    let patch = json!({ "iat": NOW, "exp": NOW + 120 });
    let old = scene();
    let url = callback(&old, &patch);
    old.world.advance(151);
    old.refuses_for_good("old", &url, Code::JarmExp);
    let late = scene();
    let url = callback(&late, &patch);
    late.world.advance(149);
    accepts("within the tolerance", &late, &url);
}

#[test]
fn a_clock_that_differs_within_the_tolerance_is_right() {
    for (early, is_right) in [(30, true), (31, false)] {
        let scene = scene();
        // made before the sign-in began, as our clock has it, and brought back when it is over
        let url = callback(&scene, &json!({ "iat": NOW - early, "exp": NOW + 60 }));
        scene.world.advance(91);
        if is_right {
            scene.refuses_for_good("over", &url, Code::JarmExp);
        } else {
            accepts("a wrong clock", &scene, &url);
        }
    }
    // made after now, and over before
    refuses_claims(
        "never valid",
        &json!({ "iat": NOW + 30, "exp": NOW }),
        Code::JarmExp,
        Place::Exp,
    );
}
