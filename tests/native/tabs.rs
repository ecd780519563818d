//! Several tabs of one origin: one refresh, one sign-out, whoever else is open.

use std::rc::Rc;

use portcullis::{
    client::{MIN_VALIDITY, Occasion},
    error::Code,
    platform::{Area, Event},
};
use serde_json::{Value, json};

use crate::world::*;

fn device() -> Value {
    json!({ "persist": "device" })
}

fn fresh(number: u32) -> Value {
    json!({ "access_token": format!("fresh-{number}"), "token_type": "Bearer", "expires_in": 600, "refresh_token": format!("next-{number}") })
}

/// Tabs of alice, who signed in in the first.
fn tabs(count: usize) -> (World, Vec<Tab>) {
    let world = World::new();
    let first = world.signed_in(&world.tab_with(&device()), false);
    let others = (1..count).map(|_| world.tab_with(&device()));
    let tabs = std::iter::once(first).chain(others).collect();
    (world, tabs)
}

#[test]
fn fifty_tabs_that_wake_at_once_refresh_once() {
    let (world, tabs) = tabs(50);
    world.advance(300);
    world.expect(TOKEN, ok(&fresh(1)));
    let callers = tabs
        .iter()
        .map(|tab| Task::new(tab.client.access_token(MIN_VALIDITY, false)));
    for token in all(callers.collect()) {
        assert_eq!(token.unwrap().expose(), "fresh-1");
    }
    assert_eq!(world.take_sent().len(), 1);
    for tab in &tabs {
        assert_eq!(tab.status(), "signed-in");
        assert_eq!(tab.page.take_event_kinds(), [Event::Refreshed]);
    }
}

#[test]
fn nobody_hears_of_a_sign_in_elsewhere_who_has_signed_out_at_once() {
    let world = World::new();
    let tab = Rc::new(world.tab_with(&device()));
    let other = world.signed_in(&world.tab_with(&device()), false);
    assert_eq!(other.status(), "signed-in");
    let listening = tab.clone();
    // the first to hear is told that the page is signed in
    tab.page.listener.replace(Some(Box::new(move || {
        assert_eq!(listening.status(), "signed-in");
        let options = json!({ "localOnly": true }).to_string();
        let _ = Task::start(listening.client.sign_out(options));
    })));
    tab.look(Occasion::Told);
    assert_eq!(tab.status(), "signed-out");
    assert_eq!(
        tab.page.take_events(),
        [(Event::SignedOut, json!({ "reason": "logout" }))]
    );
}

#[test]
fn what_another_tab_got_is_taken_and_the_next_refresh_uses_it() {
    let (world, tabs) = tabs(2);
    world.advance(300);
    world.expect(TOKEN, ok(&fresh(1)));
    assert_eq!(tabs[0].token().unwrap(), "fresh-1");
    // the second heard nothing, and asks much later
    world.advance(700);
    world.expect(TOKEN, ok(&fresh(2)));
    world.take_sent();
    assert_eq!(tabs[1].token().unwrap(), "fresh-2");
    let sent = world.take_sent();
    assert_eq!(sent[0].field("refresh_token").unwrap(), "next-1");
}

#[test]
fn tokens_that_live_for_less_than_is_asked_are_refreshed_once_too() {
    let (world, tabs) = tabs(50);
    world.advance(300);
    world.expect(TOKEN, ok(&patched(fresh(1), &json!({ "expires_in": 20 }))));
    let callers = tabs
        .iter()
        .map(|tab| Task::new(tab.client.access_token(MIN_VALIDITY, false)));
    for token in all(callers.collect()) {
        assert_eq!(token.unwrap().expose(), "fresh-1");
    }
    // each call asks anew, and none for ever, though the clock be set back meanwhile
    let gate = world.expect_held(TOKEN, ok(&patched(fresh(2), &json!({ "expires_in": 20 }))));
    let asking = Task::start(tabs[0].client.access_token(MIN_VALIDITY, false));
    world.set_clock(-50);
    world.expect(TOKEN, ok(&patched(fresh(3), &json!({ "expires_in": 20 }))));
    gate.open();
    assert_eq!(asking.finish().unwrap().expose(), "fresh-3");
}

#[test]
fn a_tab_that_hears_of_a_refresh_has_the_new_token_at_once() {
    let (world, tabs) = tabs(2);
    world.advance(300);
    world.expect(TOKEN, ok(&fresh(1)));
    let told = tabs[0].page.told.get();
    tabs[0].token().unwrap();
    assert!(
        tabs[0].page.told.get() > told,
        "the others are asked to look"
    );
    assert_eq!(
        tabs[0].page.channel.borrow().as_deref(),
        tabs[1].page.channel.borrow().as_deref()
    );
    tabs[1].look(Occasion::Told);
    assert_eq!(tabs[1].state()["accessTokenExpiresAt"], NOW + 300 + 600);
    assert_eq!(tabs[1].token().unwrap(), "fresh-1");
    // nothing new, nothing said
    tabs[1].page.take_events();
    tabs[1].look(Occasion::Told);
    assert!(tabs[1].page.take_events().is_empty());
}

#[test]
fn a_refusal_is_believed_only_after_another_look() {
    let (world, tabs) = tabs(2);
    world.advance(300);
    // as where there are no locks: the store changes while the second one asks
    let gate = world.expect_held(TOKEN, json(400, &json!({ "error": "invalid_grant" })));
    let late = Task::start(tabs[1].client.access_token(MIN_VALIDITY, false));
    let page = &tabs[0].page;
    let mut record: Value = serde_json::from_str(&page.record("session")).unwrap();
    record["access_token"] = json!("rotated");
    record["expires_at"] = json!(world.now() + 600);
    page.plant(Area::Session, &page.key("session"), &record.to_string());
    gate.open();
    assert_eq!(late.finish().unwrap().expose(), "rotated");
    assert_eq!(tabs[1].status(), "signed-in");
}

#[test]
fn a_refusal_reaches_the_tabs_that_share_the_session() {
    let (world, tabs) = tabs(2);
    world.advance(300);
    world.expect(TOKEN, json(400, &json!({ "error": "invalid_grant" })));
    assert_eq!(
        tabs[0].token().unwrap_err().error.code(),
        Code::SessionExpired
    );
    tabs[1].look(Occasion::Told);
    assert_eq!(tabs[1].status(), "signed-out");
    assert_eq!(
        tabs[1].page.take_events(),
        [(Event::SignedOut, json!({ "reason": "other-tab" }))]
    );
}

#[test]
fn a_refusal_leaves_the_sessions_of_other_sign_ins() {
    let world = World::new();
    let first = world.signed_in(&world.tab(), false);
    let second = world.signed_in(&world.tab(), true);
    world.advance(300);
    world.expect(TOKEN, json(400, &json!({ "error": "invalid_grant" })));
    first.token().unwrap_err();
    second.look(Occasion::Told);
    assert_eq!(second.status(), "signed-in");
}

#[test]
fn a_sign_in_reaches_tabs_that_wait_for_one() {
    let world = World::new();
    let waiting = world.tab_with(&device());
    let tab = world.signed_in(&world.tab_with(&device()), false);
    waiting.look(Occasion::Told);
    assert_eq!(waiting.state(), tab.state());
    let events = waiting.page.take_events();
    assert_eq!(events.len(), 1);
    assert_eq!(
        (events[0].0, &events[0].1["user"]["sub"]),
        (Event::SignedIn, &json!("alice"))
    );
}

#[test]
fn a_sign_out_reaches_every_tab_wherever_it_keeps_its_session() {
    for persist in ["device", "tab", "memory"] {
        let options = json!({ "persist": persist });
        let world = World::new();
        let first = world.signed_in(&world.tab_with(&options), false);
        let second = world.signed_in(&world.tab_with(&options), true);
        world.advance(1);
        let (told, silent) = (first.page.told.get(), second.page.told.get());
        first.logout(&json!({ "localOnly": true })).unwrap();
        assert!(first.page.told.get() > told);
        second.look(Occasion::Told);
        assert_eq!(second.status(), "signed-out", "{persist}");
        assert_eq!(
            second.page.take_events(),
            [(Event::SignedOut, json!({ "reason": "other-tab" }))],
            "{persist}"
        );
        assert_eq!(
            second.token().unwrap_err().error.code(),
            Code::LoginRequired
        );
        assert!(
            !second
                .page
                .stored()
                .values()
                .any(|text| text.contains(REFRESH_TOKEN))
        );
        assert_eq!(second.page.told.get(), silent, "{persist}: an echo");
    }
}

#[test]
fn a_tab_that_was_told_nothing_finds_out_whenever_it_looks() {
    for occasion in [
        Occasion::Seen,
        Occasion::Online,
        Occasion::Due,
        Occasion::Active,
        Occasion::Changed,
    ] {
        let (world, tabs) = tabs(2);
        // the store may be slow as well
        tabs[1].page.mirror.replace(Some(world.shared().clone()));
        tabs[0].logout(&json!({ "localOnly": true })).unwrap();
        tabs[1].look(occasion);
        assert_eq!(tabs[1].status(), "signed-out", "{occasion:?}");
    }
}

#[test]
fn a_tab_that_slept_through_a_sign_out_starts_signed_out() {
    let world = World::new();
    let first = world.signed_in(&world.tab(), false);
    let second = world.signed_in(&world.tab(), true);
    world.advance(1);
    first.logout(&json!({ "localOnly": true })).unwrap();
    let second = second.reload();
    assert_eq!(second.status(), "signed-out");
    assert!(
        !second
            .page
            .stored()
            .values()
            .any(|text| text.contains(REFRESH_TOKEN))
    );
}

#[test]
fn a_new_sign_in_outlives_the_old_sign_out() {
    let world = World::new();
    let tab = world.signed_in(&world.tab_with(&device()), false);
    world.advance(1);
    tab.logout(&json!({ "localOnly": true })).unwrap();
    world.advance(1);
    let tab = world.signed_in(&tab, true);
    tab.look(Occasion::Told);
    assert_eq!(tab.status(), "signed-in");
    assert_eq!(tab.reload().status(), "signed-in");
}

#[test]
fn another_user_signing_out_is_no_concern_of_ours() {
    let world = World::new();
    let bob = world.tab_with(&json!({ "persist": "memory" }));
    let alice = world.signed_in(&world.tab(), false);
    let sign_in = bob.leave(&json!({}));
    let bob = bob.arrive(&sign_in.callback(&[("code", CODE)]));
    let token = world.id_token(&sign_in.nonce, &json!({ "sub": "bob" }));
    world.expect(TOKEN, ok(&tokens(&token)));
    bob.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
    world.advance(1);
    bob.logout(&json!({ "localOnly": true })).unwrap();
    alice.look(Occasion::Told);
    assert_eq!(alice.status(), "signed-in");
    // who it was is not written down in the clear
    let record = alice.page.record("ended");
    assert!(!record.is_empty() && !record.contains("bob"));
}

#[test]
fn another_user_signing_in_replaces_the_one_before() {
    let (world, tabs) = tabs(2);
    let sign_in = tabs[0].leave(&json!({}));
    let first = tabs[0].arrive(&sign_in.callback(&[("code", CODE)]));
    let token = world.id_token(&sign_in.nonce, &json!({ "sub": "bob" }));
    world.expect(TOKEN, ok(&tokens(&token)));
    first.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
    tabs[1].look(Occasion::Told);
    assert_eq!(tabs[1].state()["user"]["sub"], "bob");
    assert_eq!(tabs[1].page.take_events()[0].0, Event::SignedIn);
}

#[test]
fn a_tab_that_dies_in_the_middle_of_a_refresh_hands_on_its_turn() {
    let (world, tabs) = tabs(2);
    world.advance(300);
    let _never_opened = world.expect_held(TOKEN, ok(&fresh(1)));
    let dying = Task::start(tabs[0].client.access_token(MIN_VALIDITY, false));
    let mut waiting = Task::start(tabs[1].client.access_token(MIN_VALIDITY, false));
    assert!(!waiting.is_done());
    world.expect(TOKEN, ok(&fresh(2)));
    drop(dying);
    waiting.run();
    assert_eq!(waiting.finish().unwrap().expose(), "fresh-2");
}

#[test]
fn sessions_in_memory_wait_for_nobody() {
    let options = json!({ "persist": "memory" });
    let world = World::new();
    let first = world.signed_in(&world.tab_with(&options), false);
    let second = world.signed_in(&world.tab_with(&options), true);
    world.advance(300);
    let gate = world.expect_held(TOKEN, ok(&fresh(1)));
    let held = Task::start(first.client.access_token(MIN_VALIDITY, false));
    world.expect(TOKEN, ok(&fresh(2)));
    assert_eq!(second.token().unwrap(), "fresh-2");
    gate.open();
    held.finish().unwrap();
}

#[test]
fn a_page_the_browser_brought_back_is_not_signing_in_any_more() {
    let world = World::new();
    world.expect_discovery();
    let tab = world.tab();
    tab.leave(&json!({}));
    let _left = Task::start(tab.client.login("{}".into()));
    assert_eq!(tab.status(), "signing-in");
    tab.look(Occasion::Restored);
    assert_eq!(tab.status(), "signed-out");
}

#[test]
fn damage_in_the_store_of_the_tabs_ends_nothing() {
    let (_world, tabs) = tabs(1);
    let tab = &tabs[0];
    for (name, damage) in [
        ("session", ""),
        ("session", "{"),
        ("session", r#"{"v":2}"#),
        (
            "session",
            r#"{"v":1,"issuer":"https://op.example","client_id":"portal"}"#,
        ),
        ("ended", "[]"),
        ("ended", r#"{"at":9007199254740992}"#),
        ("ended", r#"{"at":9007199254740992,"who":"somebody"}"#),
        ("ended", r#"{"who":"somebody"}"#),
    ] {
        tab.page.plant(Area::Session, &tab.page.key(name), damage);
        tab.look(Occasion::Told);
        assert_eq!(tab.status(), "signed-in", "{name}: {damage}");
    }
}

#[test]
fn a_disposed_client_hears_nothing() {
    let (world, tabs) = tabs(2);
    tabs[1].client.dispose();
    assert!(tabs[1].page.channel.borrow().is_none());
    world.advance(1);
    tabs[0].logout(&json!({ "localOnly": true })).unwrap();
    tabs[1].look(Occasion::Told);
    assert!(tabs[1].page.take_events().is_empty());
}
