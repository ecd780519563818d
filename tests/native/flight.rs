//! Several at once: one exchange, one refresh, whoever else is waiting.

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

fn expired() -> (World, Tab) {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    world.advance(300);
    (world, tab)
}

#[test]
fn a_callback_handled_twice_at_once_is_one_exchange() {
    let scene = Scene::new();
    scene.world.take_sent();
    scene.world.expect_tokens(&scene.sign_in, &json!({}));
    let url = scene.callback();
    let outcomes = all(vec![
        handling(&scene.tab, &url),
        handling(&scene.tab, &url),
        handling(&scene.tab, &url),
    ]);
    let first = outcomes[0].clone().unwrap();
    assert!(first.contains("\"replayed\":false"));
    assert!(
        outcomes
            .iter()
            .all(|outcome| outcome.as_ref() == Ok(&first))
    );
    assert_eq!(scene.world.take_sent().len(), 1);
    assert_eq!(scene.tab.page.take_events().len(), 1);
}

#[test]
fn a_callback_handled_twice_at_once_fails_alike() {
    let scene = Scene::new();
    scene.world.expect(TOKEN, html(500));
    let url = scene.callback();
    let outcomes = all(vec![handling(&scene.tab, &url), handling(&scene.tab, &url)]);
    assert!(
        outcomes
            .iter()
            .all(|outcome| outcome.as_ref().unwrap_err().error.code() == Code::TokenHttp)
    );
}

#[test]
fn a_callback_that_is_used_up_is_worth_no_other_try() {
    for answer in [offline(), silence(), html(503), html(429)] {
        let scene = Scene::new();
        scene.world.expect(TOKEN, answer);
        let url = scene.callback();
        let outcomes = all(vec![handling(&scene.tab, &url), handling(&scene.tab, &url)]);
        for outcome in outcomes {
            let failure = outcome.unwrap_err();
            assert!(failure.error.code().retryable());
            assert!(!failure.error.is_retryable(), "{:?}", failure.error);
        }
    }
    // what could not be used up may be another time
    let scene = Scene::new();
    scene.tab.page.storage.set(Storage::Full);
    let failure = scene.tab.handle(&scene.callback()).unwrap_err();
    assert_eq!(failure.error.code(), Code::StorageFull);
    assert!(failure.error.is_retryable());
}

#[test]
fn two_tabs_with_one_callback_redeem_it_once_and_share_what_comes_of_it() {
    let scene = Scene::new();
    let url = scene.callback();
    let copy = scene.world.tab().arrive(&url);
    scene.world.take_sent();
    let gate = scene
        .world
        .expect_held(TOKEN, ok(&tokens(&scene.id_token(&json!({})))));
    let mut first = handling(&scene.tab, &url);
    first.run();
    assert!(!first.is_done());
    // the transaction is taken before the code is sent
    let mut late = handling(&copy, &url);
    late.run();
    assert!(!late.is_done());
    gate.open();
    first.finish().unwrap();
    assert!(late.finish().unwrap().contains("\"replayed\":true"));
    assert_eq!(
        (copy.status(), scene.world.take_sent().len()),
        ("signed-in".into(), 1)
    );
}

#[test]
fn a_page_that_makes_a_second_client_of_the_same_callback_is_signed_in_there_too() {
    let scene = Scene::new();
    let url = scene.callback();
    let tab = scene.tab.arrive(&url);
    let gate = scene
        .world
        .expect_held(TOKEN, ok(&tokens(&scene.id_token(&json!({})))));
    let mut first = handling(&tab, &url);
    first.run();
    let again = tab.reload();
    tab.client.dispose();
    let mut second = handling(&again, &url);
    second.run();
    gate.open();
    first.finish().unwrap();
    assert!(second.finish().unwrap().contains("\"replayed\":true"));
    assert_eq!(again.status(), "signed-in");
}

#[test]
fn two_callbacks_at_once_wait_for_each_other() {
    let scene = Scene::new();
    let (first, second) = (
        scene.callback(),
        scene.other.callback(&[("code", "second")]),
    );
    scene.world.take_sent();
    scene.world.expect_tokens(&scene.sign_in, &json!({}));
    scene.world.expect(
        TOKEN,
        ok(&tokens(
            &scene.world.id_token(&scene.other.nonce, &json!({})),
        )),
    );
    let outcomes = all(vec![
        handling(&scene.tab, &first),
        handling(&scene.tab, &second),
    ]);
    assert!(outcomes.iter().all(Result::is_ok));
    let codes: Vec<_> = scene
        .world
        .take_sent()
        .iter()
        .map(|sent| sent.field("code").unwrap())
        .collect();
    assert_eq!(codes, [CODE, "second"]);
}

#[test]
fn tabs_that_come_back_from_sign_ins_of_their_own_do_not_wait_for_each_other() {
    let scene = Scene::new();
    let (slow, quick) = (scene.callback(), scene.other.callback(&[("code", CODE)]));
    let other = scene.world.tab().arrive(&quick);
    let gate = scene
        .world
        .expect_held(TOKEN, ok(&tokens(&scene.id_token(&json!({})))));
    let mut waiting = handling(&scene.tab, &slow);
    waiting.run();
    scene.world.expect_tokens(&scene.other, &json!({}));
    other.handle(&quick).unwrap();
    assert!(!waiting.is_done());
    gate.open();
    waiting.finish().unwrap();
}

#[test]
fn many_callers_share_one_refresh() {
    let (world, tab) = expired();
    world.expect(TOKEN, ok(&fresh()));
    let callers = (0..5)
        .map(|number| Task::new(tab.client.access_token(MIN_VALIDITY, number == 3)))
        .collect();
    for token in all(callers) {
        assert_eq!(token.unwrap().expose(), "fresh");
    }
    assert_eq!(world.take_sent().len(), 1);
    assert_eq!(tab.page.take_events().len(), 1);
}

#[test]
fn many_callers_share_one_refusal() {
    let (world, tab) = expired();
    world.expect(TOKEN, json(400, &json!({ "error": "invalid_grant" })));
    let callers = (0..3)
        .map(|_| Task::new(tab.client.access_token(MIN_VALIDITY, false)))
        .collect();
    for outcome in all(callers) {
        assert_eq!(outcome.unwrap_err().error.code(), Code::SessionExpired);
    }
    assert_eq!(
        tab.page.take_events(),
        [(Event::SignedOut, json!({ "reason": "refused" }))]
    );
}

#[test]
fn a_caller_that_goes_away_leaves_the_work_to_the_next() {
    let (world, tab) = expired();
    let _never_opened = world.expect_held(TOKEN, ok(&fresh()));
    let leader = Task::start(tab.client.access_token(MIN_VALIDITY, false));
    let follower = Task::start(tab.client.access_token(MIN_VALIDITY, false));
    world.expect(TOKEN, ok(&fresh()));
    drop(leader);
    assert_eq!(follower.finish().unwrap().expose(), "fresh");
    assert_eq!(world.take_sent().len(), 2);
}

#[test]
fn a_sign_out_during_a_refresh_discards_its_tokens() {
    let (world, tab) = expired();
    let gate = world.expect_held(TOKEN, ok(&fresh()));
    let refresh = Task::start(tab.client.access_token(MIN_VALIDITY, false));
    tab.logout(&json!({ "localOnly": true })).unwrap();
    assert_eq!(
        tab.page.take_events(),
        [(Event::SignedOut, json!({ "reason": "logout" }))]
    );
    gate.open();
    assert_eq!(
        refresh.finish().unwrap_err().error.code(),
        Code::LoginRequired
    );
    assert_eq!(tab.status(), "signed-out");
    assert!(tab.page.take_events().is_empty());
    assert!(
        !tab.page
            .stored()
            .values()
            .any(|text| text.contains("\"fresh\"") || text.contains("next"))
    );
    assert_eq!(tab.reload().status(), "signed-out");
}

#[test]
fn a_sign_out_during_a_refused_refresh_is_told_once() {
    let (world, tab) = expired();
    let gate = world.expect_held(TOKEN, json(400, &json!({ "error": "invalid_grant" })));
    let refresh = Task::start(tab.client.access_token(MIN_VALIDITY, false));
    tab.logout(&json!({ "localOnly": true })).unwrap();
    gate.open();
    assert_eq!(
        refresh.finish().unwrap_err().error.code(),
        Code::LoginRequired
    );
    assert_eq!(
        tab.page.take_events(),
        [(Event::SignedOut, json!({ "reason": "logout" }))]
    );
}

#[test]
fn a_sign_in_waits_for_a_refresh_under_way() {
    let scene = Scene::new();
    scene.world.advance(300);
    let gate = scene.world.expect_held(TOKEN, ok(&fresh()));
    let refresh = Task::start(scene.tab.client.access_token(MIN_VALIDITY, false));
    let url = scene.callback();
    let mut callback = handling(&scene.tab, &url);
    callback.run();
    assert!(!callback.is_done());
    scene
        .world
        .expect_tokens(&scene.sign_in, &json!({ "sub": "bob" }));
    gate.open();
    assert_eq!(refresh.finish().unwrap().expose(), "fresh");
    callback.finish().unwrap();
    assert_eq!(scene.tab.state()["user"]["sub"], "bob");
    assert_eq!(scene.tab.token().unwrap(), ACCESS_TOKEN);
}

#[test]
fn the_status_says_signing_in_while_a_callback_is_handled() {
    let world = World::new();
    let tab = world.tab();
    world.expect_discovery();
    let sign_in = tab.leave(&json!({}));
    let url = sign_in.callback(&[("code", CODE)]);
    let tab = tab.arrive(&url);
    assert_eq!(tab.status(), "signed-out");
    let gate = world.expect_held(TOKEN, html(500));
    let mut task = handling(&tab, &url);
    task.run();
    assert_eq!(tab.status(), "signing-in");
    gate.open();
    task.finish().unwrap_err();
    assert_eq!(tab.status(), "signed-out");
}

#[test]
fn a_tab_waits_for_another_that_redeems_its_callback_for_as_long_as_that_may_take() {
    let world = World::new();
    world.expect_discovery();
    let tab = world.tab();
    let sign_in = tab.leave(&json!({}));
    let url = sign_in.callback(&[("code", CODE)]);
    let tab = tab.arrive(&url);
    let copy = world.tab().arrive(&url);
    let id_token = world.id_token(&sign_in.nonce, &json!({}));
    let gate = world.expect_held(TOKEN, ok(&tokens(&id_token)));
    let mut first = handling(&tab, &url);
    first.run();
    let mut late = handling(&copy, &url);
    late.run();
    world.advance(59);
    late.run();
    assert!(!late.is_done(), "tokens, metadata and keys have 20 s each");
    gate.open();
    first.finish().unwrap();
    assert!(late.finish().unwrap().contains("\"replayed\":true"));
}

/// A step-up: two tabs have a session already when its callback comes to both.
#[test]
fn two_tabs_with_one_callback_share_what_comes_of_it_though_they_are_signed_in() {
    let scene = Scene::new();
    let url = scene.callback();
    let copy = scene.world.tab().arrive(&url);
    assert_eq!(copy.status(), "signed-in");
    scene.world.advance(1);
    let gate = scene
        .world
        .expect_held(TOKEN, ok(&tokens(&scene.id_token(&json!({})))));
    let mut first = handling(&scene.tab, &url);
    first.run();
    let mut late = handling(&copy, &url);
    late.run();
    gate.open();
    first.finish().unwrap();
    assert!(late.finish().unwrap().contains("\"replayed\":true"));
}

#[test]
fn two_sign_ins_at_once_both_finish_whenever_one_hears_of_the_other() {
    for persist in ["tab", "device"] {
        for polls in 4..9 {
            let client = json!({ "persist": persist });
            let world = World::new();
            world.expect_discovery();
            let tabs = [world.tab_with(&client), world.tab_with(&client)];
            let [(first, one), (second, two)] = tabs.map(|tab| {
                let sign_in = tab.leave(&json!({}));
                let url = sign_in.callback(&[("code", CODE)]);
                (tab.arrive(&url), (url, sign_in.nonce))
            });
            for (_, nonce) in [&one, &two] {
                let id_token = world.id_token(nonce, &json!({}));
                world.expect(TOKEN, ok(&tokens(&id_token)));
            }
            let mut callback = handling(&first, &one.0);
            for _ in 0..polls {
                callback.step();
            }
            world.advance(1);
            second.handle(&two.0).unwrap();
            first.look(Occasion::Told);
            let outcome = callback.finish();
            assert!(outcome.is_ok(), "{persist}, {polls}: {outcome:?}");
            assert_eq!(first.status(), "signed-in");
        }
    }
}

#[test]
fn a_sign_out_while_a_callback_is_seen_again_has_the_last_word() {
    let scene = Scene::new();
    let url = scene.callback();
    let token = scene.id_token(&json!({}));
    scene.world.expect(TOKEN, ok(&tokens(&token)));
    scene.tab.handle(&url).unwrap();
    let mut again = handling(&scene.tab, &url);
    assert!(again.step());
    scene.tab.logout(&json!({ "localOnly": true })).unwrap();
    let failure = again.finish().unwrap_err();
    assert_eq!(failure.error.code(), Code::LoginRequired);
}
