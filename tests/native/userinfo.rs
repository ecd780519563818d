//! Userinfo: claims of the session's user, plain or signed (OpenID Connect Core §5.3).

use portcullis::error::{Code, Result};
use portcullis::protocol::http::HttpResponse;
use serde_json::{Value, json};

use crate::world::*;

fn asked(
    world: &World,
    tab: &Tab,
    answer: Result<HttpResponse>,
) -> std::result::Result<Value, Code> {
    world.expect(USERINFO, answer);
    let outcome = block_on(tab.client.userinfo());
    outcome
        .map(|claims| serde_json::from_str(&claims).unwrap())
        .map_err(|failure| failure.error.code())
}

fn signed(token: &str) -> Result<HttpResponse> {
    answer(200, "application/jwt", token)
}

#[test]
fn plain_claims_of_the_same_user_are_handed_over() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    let claims = json!({ "sub": "alice", "email": "a@example", "__proto__": { "x": 1 }, "big": 9_007_199_254_740_993_i64 });
    let expected = patched(claims.clone(), &json!({ "big": "9007199254740993" }));
    assert_eq!(asked(&world, &tab, ok(&claims)), Ok(expected));
    let [sent] = &world.take_sent()[..] else {
        panic!("one request")
    };
    assert_eq!(sent.request.bearer.as_ref().unwrap().expose(), ACCESS_TOKEN);
    assert!(sent.request.form.is_none());
}

#[test]
fn signed_claims_are_verified_first() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    let claims =
        json!({ "iss": ISSUER, "aud": [CLIENT, "other"], "sub": "alice", "email": "a@example" });
    assert_eq!(
        asked(&world, &tab, signed(&world.signer.token(&claims))),
        Ok(claims)
    );
}

#[test]
fn a_signed_answer_is_judged_by_the_providers_clock() {
    for hours in [-2, 2] {
        let world = World::new();
        world.expect_discovery();
        let tab = world.tab();
        let sign_in = tab.leave(&json!({}));
        // our clock is wrong by so much
        let theirs = world.now() - hours * 3600;
        let times = json!({ "iat": theirs, "exp": theirs + 300, "auth_time": theirs });
        world.expect_tokens(&sign_in, &times);
        tab.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
        let good = json!({ "iss": ISSUER, "aud": CLIENT, "sub": "alice", "nbf": theirs, "exp": theirs + 300 });
        let answer = signed(&world.signer.token(&good));
        assert_eq!(asked(&world, &tab, answer), Ok(good.clone()), "{hours}");
        let old = patched(good, &json!({ "nbf": theirs - 600, "exp": theirs - 300 }));
        let answer = signed(&world.signer.token(&old));
        let refused = asked(&world, &tab, answer).unwrap_err();
        assert_eq!(refused, Code::IdTokenExp, "{hours}");
    }
}

#[test]
fn an_answer_about_nobody_we_know_is_refused() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    let signer = &world.signer;
    let good = json!({ "iss": ISSUER, "aud": CLIENT, "sub": "alice" });
    let of = |patch: Value| signed(&signer.token(&patched(good.clone(), &patch)));
    let mismatch = Code::UserinfoSubMismatch;
    let before = Untouched::of(&tab, &[]);
    for (what, answer, code) in [
        ("another user", ok(&json!({ "sub": "bob" })), mismatch),
        ("nobody", ok(&json!({ "email": "a@example" })), mismatch),
        ("null", ok(&json!({ "sub": null })), mismatch),
        ("a list", ok(&json!({ "sub": ["alice"] })), mismatch),
        ("alice and NUL", ok(&json!({ "sub": "alice\0" })), mismatch),
        ("401", html(401), Code::UserinfoUnauthorized),
        ("403", html(403), Code::UserinfoInvalid),
        ("404", html(404), Code::UserinfoInvalid),
        ("500", html(500), Code::UserinfoInvalid),
        ("a redirect", redirect(), Code::UserinfoInvalid),
        ("a page", html(200), Code::UserinfoInvalid),
        (
            "nothing",
            answer(200, "application/json", ""),
            Code::UserinfoInvalid,
        ),
        (
            "a list of claims",
            ok(&json!([{ "sub": "alice" }])),
            Code::UserinfoInvalid,
        ),
        (
            "a claim twice",
            answer(
                200,
                "application/json",
                "{\"sub\":\"alice\",\"sub\":\"alice\"}",
            ),
            Code::UserinfoInvalid,
        ),
        ("over a mebibyte", endless(), Code::UserinfoInvalid),
        ("no connection", offline(), Code::Network),
        ("silence", silence(), Code::Timeout),
        (
            "signed, of another user",
            of(json!({ "sub": "bob" })),
            mismatch,
        ),
        (
            "signed, of another issuer",
            of(json!({ "iss": "https://evil.example" })),
            Code::IdTokenIss,
        ),
        (
            "signed, a year ago",
            of(json!({ "exp": NOW - 31_536_000 })),
            Code::IdTokenExp,
        ),
        (
            "signed, for good",
            of(json!({ "exp": "never" })),
            Code::ClaimType,
        ),
        (
            "signed, from tomorrow on",
            of(json!({ "nbf": NOW + 86_400 })),
            Code::IdTokenNbf,
        ),
        (
            "signed, of another kind",
            signed(&signer.sign(
                &patched(signer.header(), &json!({ "typ": "logout+jwt" })),
                &good,
            )),
            Code::JwtTyp,
        ),
        (
            "signed, of no issuer",
            of(json!({ "iss": ABSENT })),
            Code::IdTokenIss,
        ),
        (
            "signed, for somebody else",
            of(json!({ "aud": "other" })),
            Code::IdTokenAud,
        ),
        (
            "signed, for nobody",
            of(json!({ "aud": ABSENT })),
            Code::IdTokenAud,
        ),
        (
            "signed by another",
            signed(&Signer::named(2, "key-1").token(&good)),
            Code::JwtSignature,
        ),
        (
            "signed by nobody",
            signed(&signer.sign(&json!({ "alg": "none" }), &good)),
            Code::JwtAlg,
        ),
        (
            "signed, a list",
            signed(&signer.sign_text(&signer.header().to_string(), "[]")),
            Code::UserinfoInvalid,
        ),
        (
            "signed, no JSON",
            signed(&signer.sign_text(&signer.header().to_string(), "x")),
            Code::UserinfoInvalid,
        ),
        ("no token", signed("alice"), Code::JwtMalformed),
        (
            "not UTF-8",
            answer(200, "application/jwt", b"\xff"),
            Code::UserinfoInvalid,
        ),
        (
            "a token over 256 KiB",
            signed(&"x".repeat((256 << 10) + 1)),
            Code::JwtTooLarge,
        ),
        (
            "a token over a mebibyte",
            answer(200, "application/jwt", vec![b'x'; (1 << 20) + 1]),
            Code::UserinfoInvalid,
        ),
    ] {
        assert_eq!(asked(&world, &tab, answer), Err(code), "{what}");
        world.assert_all_used();
        assert_eq!(Untouched::of(&tab, &[]), before, "{what}");
        assert!(tab.page.take_events().is_empty(), "{what}");
    }
}

#[test]
fn an_answer_that_comes_after_the_session_is_for_nobody() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    let claims = json!({ "iss": ISSUER, "aud": CLIENT, "sub": "alice" });
    for answer in [ok(&claims), signed(&world.signer.token(&claims))] {
        let tab = world.signed_in(&tab, true);
        let gate = world.expect_held(USERINFO, answer);
        let asking = Task::start(tab.client.userinfo());
        tab.logout(&json!({ "localOnly": true })).unwrap();
        gate.open();
        assert_eq!(
            asking.finish().unwrap_err().error.code(),
            Code::LoginRequired
        );
    }
}

#[test]
fn an_answer_about_the_user_before_is_not_for_the_next_one() {
    let scene = Scene::new();
    let answer = ok(&json!({ "sub": "alice", "email": "a@example" }));
    let gate = scene.world.expect_held(USERINFO, answer);
    let asking = Task::start(scene.tab.client.userinfo());
    let token = scene.id_token(&json!({ "sub": "bob" }));
    scene.world.expect(TOKEN, ok(&tokens(&token)));
    scene.tab.handle(&scene.callback()).unwrap();
    gate.open();
    assert_eq!(
        asking.finish().unwrap_err().error.code(),
        Code::LoginRequired
    );
}

#[test]
fn nobody_is_asked_without_a_session_or_an_endpoint() {
    let world = World::new();
    let tab = world.tab();
    let code = |tab: &Tab| block_on(tab.client.userinfo()).unwrap_err().error.code();
    assert_eq!(code(&tab), Code::LoginRequired);
    for (endpoint, expected) in [
        (json!("http://op.example/userinfo"), Code::InsecureEndpoint),
        (json!(ABSENT), Code::UserinfoInvalid),
    ] {
        let world = World::new();
        let tab = world.tab();
        world.expect_discovery_with(&json!({ "userinfo_endpoint": endpoint }));
        let tab = world.signed_in(&tab, true);
        assert_eq!(code(&tab), expected);
    }
}
