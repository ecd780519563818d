//! What went wrong once between sequences that overlap, and must not again.
use portcullis::{
    client::{MIN_VALIDITY, Occasion},
    error::Code,
    platform::Event,
};
use serde_json::json;

use crate::world::*;

fn fresh() -> serde_json::Value {
    json!({ "access_token": "fresh", "token_type": "Bearer", "expires_in": 600, "refresh_token": "next" })
}

#[test]
fn a_refresh_that_waited_for_a_sign_in_is_needless() {
    let scene = Scene::new();
    scene.world.advance(300);
    let gate = scene
        .world
        .expect_held(TOKEN, ok(&tokens(&scene.id_token(&json!({})))));
    let url = scene.callback();
    let mut callback = handling(&scene.tab, &url);
    callback.run();
    let waiting = Task::start(scene.tab.client.access_token(MIN_VALIDITY, false));
    gate.open();
    callback.finish().unwrap();
    assert_eq!(waiting.finish().unwrap().expose(), ACCESS_TOKEN);
}

#[test]
fn a_refresh_that_waited_for_a_sign_in_sends_nothing_after_a_sign_out() {
    let scene = Scene::new();
    scene.world.advance(300);
    let gate = scene.world.expect_held(TOKEN, html(500));
    let url = scene.callback();
    let mut callback = handling(&scene.tab, &url);
    callback.run();
    let waiting = Task::start(scene.tab.client.access_token(MIN_VALIDITY, false));
    scene.tab.logout(&json!({ "localOnly": true })).unwrap();
    gate.open();
    callback.finish().unwrap_err();
    assert_eq!(
        waiting.finish().unwrap_err().error.code(),
        Code::LoginRequired
    );
}

#[test]
fn a_sign_out_while_a_refresh_is_written_has_the_last_word() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    world.advance(300);
    world.expect(TOKEN, ok(&fresh()));
    let mut refresh = Task::new(tab.client.access_token(MIN_VALIDITY, false));
    while !tab
        .page
        .stored()
        .values()
        .any(|text| text.contains("\"fresh\""))
    {
        assert!(refresh.step());
    }
    assert!(!refresh.is_done());
    tab.logout(&json!({ "localOnly": true })).unwrap();
    let outcome = refresh.finish();
    assert_eq!(
        tab.page.take_events(),
        [(Event::SignedOut, json!({ "reason": "logout" }))]
    );
    assert!(outcome.is_err());
}

#[test]
fn a_sign_out_while_a_sign_in_is_written_has_the_last_word() {
    let scene = Scene::new();
    let url = scene.callback();
    scene
        .world
        .expect_tokens(&scene.sign_in, &json!({ "sub": "bob" }));
    let mut callback = handling(&scene.tab, &url);
    while scene.tab.state()["user"]["sub"] != "bob" {
        assert!(callback.step());
    }
    assert!(!callback.is_done());
    scene.tab.logout(&json!({ "localOnly": true })).unwrap();
    let _ = callback.finish();
    assert_eq!(
        scene.tab.page.take_events(),
        [(Event::SignedOut, json!({ "reason": "logout" }))]
    );
}

#[test]
fn a_sign_out_while_a_code_is_redeemed_has_the_last_word() {
    for persist in ["memory", "tab", "device"] {
        for options in [json!({}), json!({ "localOnly": true })] {
            let scene = Scene::with(&json!({ "persist": persist }), &json!({}));
            let url = scene.callback();
            let token = scene.id_token(&json!({}));
            let gate = scene.world.expect_held(TOKEN, ok(&tokens(&token)));
            let mut callback = handling(&scene.tab, &url);
            callback.run();
            if persist != "memory" && options == json!({}) {
                scene.world.expect(REVOKE, answer(200, "", ""));
            }
            let mut logout = Task::start(scene.tab.leave_with(options.to_string()));
            gate.open();
            callback.run();
            logout.run();
            let failure = callback.finish().unwrap_err();
            assert_eq!(failure.error.code(), Code::LoginRequired, "{persist}");
            assert_eq!(scene.tab.status(), "signed-out", "{persist}");
            assert!(!scene.tab.page.take_event_kinds().contains(&Event::SignedIn));
            assert_eq!(scene.tab.reload().status(), "signed-out", "{persist}");
        }
    }
}

#[test]
fn a_sign_out_elsewhere_while_a_code_is_redeemed_has_the_last_word() {
    for persist in ["tab", "device"] {
        for (who, status) in [("alice", "signed-out"), ("bob", "signed-in")] {
            let what = format!("{persist}, {who}");
            let client = json!({ "persist": persist });
            let world = World::new();
            let other = world.signed_in(&world.tab_with(&client), false);
            let tab = world.tab_with(&client);
            let sign_in = tab.leave(&json!({ "prompt": "login" }));
            let tab = tab.arrive(HOME);
            let url = sign_in.callback(&[("code", CODE), ("iss", ISSUER)]);
            let token = world.id_token(&sign_in.nonce, &json!({ "sub": who }));
            let gate = world.expect_held(TOKEN, ok(&tokens(&token)));
            let mut callback = handling(&tab, &url);
            callback.run();
            other.logout(&json!({ "localOnly": true })).unwrap();
            tab.look(Occasion::Told);
            gate.open();
            callback.run();
            let outcome = callback.finish();
            assert_eq!(outcome.is_ok(), who == "bob", "{what}");
            assert_eq!(tab.status(), status, "{what}");
            assert_eq!(tab.reload().status(), status, "{what}");
        }
    }
}

#[test]
fn a_session_that_ends_elsewhere_while_a_code_is_redeemed_stops_no_sign_in() {
    let world = World::new();
    let client = json!({ "persist": "device" });
    let other = world.signed_in(&world.tab_with(&client), false);
    other.logout(&json!({ "localOnly": true })).unwrap();
    let other = world.signed_in(&other, true);
    let tab = world.tab_with(&client);
    let sign_in = tab.leave(&json!({ "prompt": "login" }));
    let tab = tab.arrive(HOME);
    let url = sign_in.callback(&[("code", CODE), ("iss", ISSUER)]);
    let token = world.id_token(&sign_in.nonce, &json!({}));
    let gate = world.expect_held(TOKEN, ok(&tokens(&token)));
    let mut callback = handling(&tab, &url);
    callback.run();
    world.expect(
        TOKEN,
        answer(400, "application/json", r#"{"error":"invalid_grant"}"#),
    );
    let refused = other.token_with(30, true).unwrap_err();
    assert_eq!(refused.error.code(), Code::SessionExpired);
    gate.open();
    callback.run();
    callback.finish().unwrap();
    assert_eq!(tab.status(), "signed-in");
}

#[test]
fn what_the_way_back_needs_is_known_before_the_page_is_left() {
    let world = World::new();
    world.expect_discovery();
    world.tab().leave(&json!({}));
    world.advance(3599);
    let tab = world.tab();
    let sign_in = tab.leave(&json!({}));
    world.advance(600);
    let url = sign_in.callback(&[("code", CODE)]);
    world.expect_tokens(&sign_in, &json!({}));
    tab.arrive(&url).handle(&url).unwrap();
}

#[test]
fn a_replay_returns_the_session_it_began_and_no_other() {
    let world = World::new();
    let tab = world.tab();
    world.expect_discovery();
    let alice = tab.leave(&json!({ "appState": "alice's draft" }));
    let url = alice.callback(&[("code", CODE)]);
    world.expect_tokens(&alice, &json!({}));
    tab.handle(&url).unwrap();
    let bob = tab.leave(&json!({}));
    world.expect(
        TOKEN,
        ok(&tokens(
            &world.id_token(&bob.nonce, &json!({ "sub": "bob" })),
        )),
    );
    tab.handle(&bob.callback(&[("code", CODE)])).unwrap();
    assert_eq!(
        tab.handle(&url).unwrap_err().error.code(),
        Code::CallbackStateUnknown
    );
}

#[test]
fn nor_a_later_session_of_the_same_user() {
    let world = World::new();
    world.expect_discovery();
    let tab = world.tab();
    let sign_in = tab.leave(&json!({ "appState": "pay the first bill" }));
    let url = sign_in.callback(&[("code", CODE)]);
    world.expect_tokens(&sign_in, &json!({}));
    tab.handle(&url).unwrap();
    tab.logout(&json!({ "localOnly": true })).unwrap();
    world.advance(5);
    let tab = world.signed_in(&tab, true);
    let refused = tab.handle(&url).unwrap_err();
    assert_eq!(refused.error.code(), Code::CallbackStateUnknown);
}

#[test]
fn claims_that_nest_too_deep_are_too_large() {
    let scene = Scene::new();
    let mut deep = json!(1);
    for _ in 0..32 {
        deep = json!([deep]);
    }
    scene.refuses_token(
        "deep claims",
        &scene.id_token(&json!({ "x": deep })),
        Code::JwtTooLarge,
    );
}

#[test]
fn a_token_over_256_kib_is_too_large() {
    let scene = Scene::new();
    let long = "x".repeat(256 << 10);
    scene.refuses_token(
        "long",
        &scene.id_token(&json!({ "x": long })),
        Code::JwtTooLarge,
    );
}

#[test]
fn a_rotated_refresh_token_survives_an_outage_of_the_keys() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    // another tab goes on with the old one, which is spent
    let _other = world.tab();
    world.advance(300);
    let new = Signer::new(9);
    let nonce = tab.state()["user"]["nonce"].as_str().unwrap().to_string();
    let claims = patched(
        claims(&nonce, world.now()),
        &json!({ "auth_time": NOW - 5, "at_hash": at_hash("fresh") }),
    );
    let answer = patched(fresh(), &json!({ "id_token": new.token(&claims) }));
    world.expect(TOKEN, ok(&answer));
    world.expect(JWKS, offline());
    let failure = tab.token().unwrap_err();
    assert_eq!(failure.error.code(), Code::JwksHttp);
    assert_eq!(tab.status(), "stale");
    // and the provider is left alone for a while, as after every outage
    assert_eq!(tab.token().unwrap_err(), failure);
    world.take_sent();
    world.advance(PAUSE);
    world.expect(TOKEN, ok(&fresh()));
    tab.token().unwrap();
    assert_eq!(world.take_sent()[0].field("refresh_token").unwrap(), "next");
}

#[test]
fn a_login_that_failed_leaves_no_secret_behind() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    let before = Untouched::of(&tab, &[]);
    tab.page.storage.set(Storage::Late(Code::StorageFull));
    tab.login_fails(&json!({}));
    assert_eq!(Untouched::of(&tab, &[]), before);
}

#[test]
fn a_client_prints_no_state() {
    let scene = Scene::new();
    assert!(!format!("{:?}", scene.tab.client).contains(&scene.sign_in.state));
}

/// A portal that signs in whenever it sees nobody, and a provider that takes its time to revoke.
#[test]
fn a_sign_in_lets_a_sign_out_leave_first() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    tab.page.navigations.take();
    let gate = world.expect_held(REVOKE, answer(200, "", ""));
    let mut logout = Task::start(tab.leave_with("{}".into()));
    let mut login = Task::start(tab.client.login("{}".into()));
    assert!(tab.page.navigations.borrow().is_empty());
    gate.open();
    logout.run();
    logout.finish().unwrap();
    login.run();
    let went = tab.page.navigations.take();
    assert_eq!(went.len(), 1, "{went:?}");
    assert!(went[0].starts_with(END_SESSION), "{went:?}");
    // the page stays all the same
    world.advance(10);
    tab.look(portcullis::client::Occasion::Due);
    login.run();
    assert!(tab.page.navigations.take()[0].starts_with(AUTHORIZE));
}

#[test]
fn a_sign_in_waits_for_no_sign_out_that_goes_nowhere() {
    let world = World::new();
    let patch = json!({ "end_session_endpoint": ABSENT });
    world.expect_discovery_with(&patch);
    let tab = world.signed_in(&world.tab(), true);
    tab.page.navigations.take();
    let gate = world.expect_held(REVOKE, answer(200, "", ""));
    let mut logout = Task::start(tab.leave_with("{}".into()));
    let mut login = Task::start(tab.client.login("{}".into()));
    gate.open();
    logout.run();
    login.run();
    assert!(tab.page.navigations.take()[0].starts_with(AUTHORIZE));
    // nor for one whose other half could not be loaded
    let tab = world.signed_in(&world.tab(), true);
    tab.page.navigations.take();
    assert!(block_on(tab.client.sign_out("{}".into())).unwrap());
    let mut login = Task::start(tab.client.login("{}".into()));
    assert!(tab.page.navigations.borrow().is_empty());
    tab.client.stay();
    login.run();
    assert!(tab.page.navigations.take()[0].starts_with(AUTHORIZE));
}

/// It waits for its turn, and twice for a store that may be slow.
#[test]
fn a_sign_out_while_a_callback_waits_has_the_last_word() {
    for steps in 1..=3 {
        let world = World::new();
        world.expect_discovery();
        let tab = world.tab();
        let sign_in = tab.leave(&json!({}));
        let url = sign_in.callback(&[("code", CODE)]);
        let tab = tab.arrive(&url);
        let mut callback = handling(&tab, &url);
        for _ in 0..steps {
            assert!(callback.step());
        }
        tab.logout(&json!({ "localOnly": true })).unwrap();
        let failure = callback.finish().unwrap_err();
        assert_eq!(failure.error.code(), Code::LoginRequired, "after {steps}");
        assert_eq!(tab.status(), "signed-out");
        assert!(tab.page.take_events().is_empty());
        let again = tab.handle(&url).unwrap_err();
        assert_eq!(again.error.code(), Code::CallbackStateUnknown, "used up");
    }
}

#[test]
fn a_sign_out_while_a_callback_waits_for_a_refresh_has_the_last_word() {
    let scene = Scene::new();
    scene.world.advance(300);
    let gate = scene.world.expect_held(TOKEN, ok(&fresh()));
    let refresh = Task::start(scene.tab.client.access_token(MIN_VALIDITY, false));
    let url = scene.callback();
    let mut callback = handling(&scene.tab, &url);
    callback.run();
    scene.tab.logout(&json!({ "localOnly": true })).unwrap();
    gate.open();
    assert!(refresh.finish().is_err());
    let failure = callback.finish().unwrap_err();
    assert_eq!(failure.error.code(), Code::LoginRequired);
    assert_eq!(scene.tab.status(), "signed-out");
}
