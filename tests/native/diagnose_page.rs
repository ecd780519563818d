//! `diagnose()`: the page, the provider's keys, and that nothing is at the session's cost.

use portcullis::client::diagnose::Finding;
use portcullis::error::Code;
use portcullis::platform::Probed;
use serde_json::{Value, json};

use super::diagnose::*;
use crate::world::*;

#[test]
fn a_good_set_up_passes_every_check() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    let before = Untouched::of(&tab, &[]);
    Answers::known().expect(&world);
    let diagnosis = diagnosed(&tab);
    assert!(wrong(&diagnosis).is_empty(), "{diagnosis}");
    let ids = diagnosis["checks"].as_array().unwrap().iter();
    let ids: Vec<_> = ids.map(|check| check["id"].as_str().unwrap()).collect();
    assert_eq!(
        ids,
        [
            "secure-context",
            "webassembly",
            "inflate",
            "tabs",
            "storage",
            "storage-session",
            "storage-tab",
            "clock",
            "redirect-uri",
            "discovery",
            "issuer",
            "pkce",
            "authorization-endpoint",
            "end-session-endpoint",
            "token-endpoint",
            "client",
            "keys",
            "algorithms",
            "userinfo-endpoint",
            "revocation-endpoint",
            "csp"
        ]
    );
    for id in ids.iter().filter(|id| **id != "redirect-uri") {
        let (finding, _) = came_to(check(&diagnosis, id));
        assert_eq!(finding, "fine", "{id}");
    }
    assert_eq!(came_to(check(&diagnosis, "algorithms")).1, "EdDSA; Ed25519");
    // where there is nothing to tell, nothing is told
    assert!(check(&diagnosis, "pkce").get("about").is_none());
    // what only a sign-in can tell is not claimed
    let expected = found(Finding::RedirectServed, REDIRECT);
    assert_eq!(came_to(check(&diagnosis, "redirect-uri")), expected);
    assert_eq!(diagnosis["issuer"], ISSUER);
    // nothing was changed, and nothing is left behind
    assert_eq!(Untouched::of(&tab, &[]), before);
    assert!(tab.page.take_events().is_empty());
}

#[test]
fn what_is_sent_is_nobodys() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    Answers::good().expect(&world);
    diagnosed(&tab);
    let sent = world.take_sent();
    let [_, _, trial, _, userinfo, revocation] = &sent[..] else {
        panic!()
    };
    assert_eq!(
        trial.field("grant_type").as_deref(),
        Some("authorization_code")
    );
    assert_eq!(trial.field("client_id").as_deref(), Some(CLIENT));
    for name in ["code", "code_verifier"] {
        assert!(trial.field(name).unwrap().starts_with("portcullis-"));
    }
    let verifier = trial.field("code_verifier").unwrap();
    assert!((43..=128).contains(&verifier.len()), "RFC 7636 §4.1");
    let revoked = revocation.field("token").unwrap();
    assert!(revoked.starts_with("portcullis-"));
    // providers differ in what they say to strangers, so the session's own is used where there is one
    let bearer = userinfo.request.bearer.as_ref().unwrap();
    assert_eq!(bearer.expose(), ACCESS_TOKEN);
    tab.client.dispose();
}

#[test]
fn keycloak_is_not_looked_for_elsewhere_where_it_is_found() {
    let issuer = json!({ "issuer": "https://op.example/realms/demo" });
    let mut answers = Answers::good().metadata(&issuer);
    answers.0[1].0 = "https://op.example/realms/demo/.well-known/openid-configuration";
    assert!(wrong(&seen_with(&issuer, answers, |_| {})).is_empty());
}

#[test]
fn the_redirect_uri_must_be_served_here() {
    for (answer, finding) in [
        (html(404), Finding::RedirectMissing),
        (html(500), Finding::RedirectMissing),
        (redirect(), Finding::RedirectMoves),
    ] {
        let diagnosis = seen(Answers::good().with(REDIRECT, answer));
        assert_eq!(only(&diagnosis, "redirect-uri"), found(finding, REDIRECT));
    }
    for answer in [html(401), offline()] {
        let diagnosis = seen(Answers::good().with(REDIRECT, answer));
        assert!(wrong(&diagnosis).is_empty());
        let expected = found(Finding::RedirectUnread, REDIRECT);
        assert_eq!(came_to(check(&diagnosis, "redirect-uri")), expected);
    }
}

#[test]
fn webassembly_that_does_not_run_is_explained() {
    let probe = |what: &'static str, probed: Probed| {
        seen_with(&json!({}), Answers::good(), move |page| {
            page.probes.borrow_mut().insert(what.into(), probed);
        })
    };
    for (what, id, finding) in [
        ("compile", "webassembly", Finding::NoWebAssembly),
        ("inflate", "inflate", Finding::CannotInflate),
    ] {
        let diagnosis = probe(what, Probed::No);
        assert!(wrong(&diagnosis).is_empty());
        let check = check(&diagnosis, id);
        assert_eq!(came_to(check), found(finding, ""));
    }
    let diagnosis = probe("compile", Probed::Forbidden("script-src".into()));
    assert!(wrong(&diagnosis).is_empty());
    let check_ = check(&diagnosis, "webassembly");
    assert_eq!(came_to(check_), found(Finding::WebAssemblyForbidden, ""));
    let expected = found(Finding::PolicyTranslates, "script-src 'wasm-unsafe-eval'");
    assert_eq!(came_to(check(&diagnosis, "csp")), expected);
}

#[test]
fn every_area_is_written_and_read() {
    for (storage, expected) in [
        (Storage::Blocked, failed(Code::StorageUnavailable, "")),
        (Storage::Full, failed(Code::StorageFull, "")),
        (
            Storage::Late(Code::StorageFull),
            failed(Code::StorageFull, ""),
        ),
        (Storage::Sieve, found(Finding::Loses, "")),
    ] {
        let world = World::new();
        let tab = world.tab();
        tab.page.storage.set(storage);
        Answers::good().expect(&world);
        let diagnosis = diagnosed(&tab);
        let areas = ["storage", "storage-session", "storage-tab"];
        assert_eq!(wrong(&diagnosis), areas);
        for id in areas {
            assert_eq!(came_to(check(&diagnosis, id)), expected);
        }
    }
    let options = json!({ "persist": "memory" });
    let diagnosis = seen_with(&options, Answers::good(), |_| {});
    let expected = found(Finding::NotKept, "");
    assert_eq!(came_to(check(&diagnosis, "storage-session")), expected);
}

#[test]
fn tabs_without_locks_are_noted() {
    let diagnosis = seen_with(&json!({}), Answers::good(), |page| {
        page.probes.borrow_mut().insert("locks".into(), Probed::No);
    });
    assert!(wrong(&diagnosis).is_empty());
    let expected = found(Finding::NoLocks, "");
    assert_eq!(came_to(check(&diagnosis, "tabs")), expected);
}

#[test]
fn the_clock_is_as_it_was_learned() {
    let diagnosis = seen(Answers::good());
    let expected = found(Finding::ClockUnknown, "");
    assert_eq!(came_to(check(&diagnosis, "clock")), expected);

    let world = World::new();
    let tab = world.tab();
    world.expect_discovery();
    let sign_in = tab.leave(&json!({}));
    let tab = tab.arrive(&sign_in.callback(&[("code", CODE)]));
    let ahead = claims(&sign_in.nonce, world.now() + 7200);
    world.expect(TOKEN, ok(&tokens(&world.signer.token(&ahead))));
    tab.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
    Answers::known().expect(&world);
    let diagnosis = diagnosed(&tab);
    assert_eq!(only(&diagnosis, "clock"), found(Finding::ClockOff, "7200"));
}

#[test]
fn over_plain_http_nobody_is_asked() {
    let world = World::new();
    let tab = world.tab();
    tab.page.secure.set(false);
    let diagnosis = diagnosed(&tab);
    let expected = failed(Code::InsecureContext, "");
    assert_eq!(only(&diagnosis, "secure-context"), expected);

    let options = json!({ "dangerouslyAllowInsecureContext": true });
    let diagnosis = seen_with(&options, Answers::good(), |page| page.secure.set(false));
    assert!(wrong(&diagnosis).is_empty());
    let expected = found(Finding::PlainHttp, "");
    assert_eq!(came_to(check(&diagnosis, "secure-context")), expected);
}

#[test]
fn a_client_that_is_disposed_of_says_so() {
    let world = World::new();
    let tab = world.tab();
    tab.client.dispose();
    let failure = block_on(tab.client.diagnose()).unwrap_err();
    assert_eq!(failure.error.code(), Code::Disposed);
}

#[test]
fn a_client_that_is_disposed_of_meanwhile_asks_no_more() {
    let world = World::new();
    let tab = world.tab();
    let gate = world.expect_held(REDIRECT, html(200));
    let diagnosis = Task::start(tab.client.diagnose());
    tab.client.dispose();
    gate.open();
    let failure = diagnosis.finish().unwrap_err();
    assert_eq!(failure.error.code(), Code::Disposed);
}

#[test]
fn a_report_holds_no_secret() {
    let scene = Scene::new();
    Answers::good().expect(&scene.world);
    let text = diagnosed(&scene.tab).to_string() + &scene.tab.client.trace();
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

#[test]
fn keys_are_counted_and_judged() {
    let keys = |keys: Value| seen(Answers::good().with(JWKS, ok(&json!({ "keys": keys }))));
    let good = Signer::new(1).jwk();
    let weak = json!({ "kty": "RSA", "use": "sig", "n": encode([0xff; 128]), "e": "AQAB" });
    let sealing = json!({ "kty": "RSA", "use": "enc", "n": encode([0xff; 256]), "e": "AQAB" });
    let ec = json!({ "kty": "EC", "crv": "P-256", "x": encode([1; 32]), "y": encode([1; 32]) });
    let private = patched(Signer::new(2).jwk(), &json!({ "d": "AA" }));

    let diagnosis = keys(json!([good, sealing]));
    assert_eq!(
        came_to(check(&diagnosis, "keys")),
        found(Finding::AsItShouldBe, "1")
    );
    let diagnosis = keys(json!([good, weak]));
    assert!(wrong(&diagnosis).is_empty());
    let expected = found(Finding::KeysUnusable, "1 of 2");
    assert_eq!(came_to(check(&diagnosis, "keys")), expected);
    let diagnosis = keys(json!([good, private]));
    assert_eq!(only(&diagnosis, "keys"), found(Finding::KeysPrivate, ""));
    let diagnosis = keys(json!([ec]));
    let expected = found(Finding::KeysFitNone, "");
    assert_eq!(only(&diagnosis, "algorithms"), expected);
    for bad in [json!([]), json!([weak])] {
        let diagnosis = keys(bad);
        assert_eq!(wrong(&diagnosis), ["keys", "algorithms"]);
        let expected = found(Finding::KeysNone, "");
        assert_eq!(came_to(check(&diagnosis, "keys")), expected);
    }
    let diagnosis = seen(Answers::good().with(JWKS, html(500)));
    assert_eq!(only(&diagnosis, "keys"), failed(Code::JwksHttp, ""));
    let answers = Answers::good().metadata(&json!({ "jwks_uri": ABSENT }));
    let diagnosis = seen(answers.without(JWKS));
    assert_eq!(
        only(&diagnosis, "keys"),
        failed(Code::JwksMissing, "jwks_uri")
    );
    let options = json!({ "algorithms": ["ES256"] });
    let diagnosis = seen_with(&options, Answers::good(), |_| {});
    let expected = failed(Code::JwtAlg, "algorithms");
    assert_eq!(only(&diagnosis, "algorithms"), expected);
}
