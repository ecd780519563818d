//! Tabs that each keep a session of their own: a new one takes over that of another, and what one
//! gets is had by all.

use portcullis::{
    client::{MIN_VALIDITY, Occasion},
    error::Code,
    platform::Area,
};
use serde_json::{Value, json};

use crate::world::*;

fn fresh(number: u32) -> Value {
    json!({ "access_token": format!("fresh-{number}"), "token_type": "Bearer", "expires_in": 600, "refresh_token": format!("next-{number}") })
}

#[test]
fn a_new_tab_takes_over_the_session_of_an_open_one() {
    let world = World::new();
    let first = world.signed_in(&world.tab(), false);
    let second = world.tab();
    assert_eq!(second.state(), first.state());
    assert_eq!(second.token().unwrap(), ACCESS_TOKEN);
    assert!(world.take_sent().is_empty());
    // and it survives the first, and a reload
    drop(first);
    assert_eq!(second.reload().status(), "signed-in");
}

#[test]
fn a_new_tab_asks_only_if_there_may_be_somebody() {
    let world = World::new();
    let is_noted = |tab: &Tab| tab.page.stored().keys().any(|key| key.ends_with("open"));
    let first = world.signed_in(&world.tab(), false);
    assert!(is_noted(&first));
    drop(first);
    let second = world.tab();
    assert_eq!(second.status(), "signed-out");
    assert!(!is_noted(&second), "the next one need not ask");
}

#[test]
fn a_tab_that_is_there_and_gives_nothing_is_asked_by_the_next_one() {
    let world = World::new();
    let first = world.signed_in(&world.tab(), false);
    let key = first.page.key("session");
    first
        .page
        .plant(Area::Session, &key, r#"{"rank":9007199254740992}"#);
    let second = world.tab();
    assert_eq!(second.status(), "signed-out");
    assert!(second.page.stored().keys().any(|key| key.ends_with("open")));
}

#[test]
fn a_session_that_there_is_no_room_for_is_taken_over_all_the_same() {
    let world = World::new();
    let _first = world.signed_in(&world.tab(), false);
    let page = world.page();
    page.storage.set(Storage::Full);
    assert_eq!(Tab::load(page, options()).status(), "signed-in");
}

#[test]
fn tabs_with_copies_of_one_session_refresh_once() {
    let world = World::new();
    let first = world.signed_in(&world.tab(), false);
    let mut tabs: Vec<_> = (0..9).map(|_| world.tab()).collect();
    tabs.push(first);
    world.advance(300);
    world.expect(TOKEN, ok(&fresh(1)));
    let callers = tabs
        .iter()
        .map(|tab| Task::new(tab.client.access_token(MIN_VALIDITY, false)));
    for token in all(callers.collect()) {
        assert_eq!(token.unwrap().expose(), "fresh-1");
    }
    assert_eq!(world.take_sent().len(), 1);
    // the next refresh, by another of them, uses the new refresh token
    world.advance(600);
    world.expect(TOKEN, ok(&fresh(2)));
    tabs[0].token().unwrap();
    assert_eq!(
        world.take_sent()[0].field("refresh_token").unwrap(),
        "next-1"
    );
}

#[test]
fn a_tab_that_the_browser_brought_back_has_what_another_got_meanwhile() {
    let world = World::new();
    let first = world.signed_in(&world.tab(), false);
    let second = world.tab();
    world.advance(300);
    world.expect(TOKEN, ok(&fresh(1)));
    second.token().unwrap();
    first.look(Occasion::Restored);
    assert_eq!(first.state(), second.state());
}

#[test]
fn a_duplicated_tab_spends_no_refresh_token_twice() {
    let world = World::new();
    let first = world.signed_in(&world.tab(), false);
    let copy = world.page();
    for (key, text) in first.page.stored() {
        if key.ends_with("session") {
            copy.plant(Area::Session, &key, &text);
        }
    }
    let copy = Tab::load(copy, options());
    world.advance(300);
    world.expect(TOKEN, ok(&fresh(1)));
    assert_eq!(first.token().unwrap(), "fresh-1");
    world.take_sent();
    assert_eq!(copy.token().unwrap(), "fresh-1");
    assert!(world.take_sent().is_empty());
}

#[test]
fn a_session_that_was_signed_out_is_not_taken_over() {
    let world = World::new();
    let first = world.signed_in(&world.tab(), false);
    let second = world.signed_in(&world.tab_with(&json!({ "persist": "memory" })), true);
    world.advance(1);
    second.logout(&json!({ "localOnly": true })).unwrap();
    // the first has not noticed yet
    let third = world.tab();
    assert_eq!(third.status(), "signed-out");
    drop(first);
}

#[test]
fn only_a_tab_that_keeps_its_session_for_itself_asks_the_others() {
    for persist in ["memory", "device"] {
        let options = json!({ "persist": persist });
        let world = World::new();
        let kept = world.signed_in(&world.tab_with(&json!({})), false);
        let second = world.signed_in(&world.tab_with(&options), true);
        let answer = kept.page.record("session").replace(ACCESS_TOKEN, "another");
        let mut record: Value = serde_json::from_str(&answer).unwrap();
        record["rank"] = json!(record["rank"].as_i64().unwrap() + 1);
        let key = kept.page.key("session");
        kept.page.plant(Area::Tab, &key, &record.to_string());
        second.look(Occasion::Told);
        assert_eq!(second.token().unwrap(), ACCESS_TOKEN, "{persist}");
    }
}

/// It waits for its turn, for a store that may be slow, and for the others.
#[test]
fn a_sign_out_elsewhere_while_a_refresh_waits_leaves_nothing_to_send() {
    for steps in 1..=3 {
        let world = World::new();
        let first = world.signed_in(&world.tab(), false);
        let second = world.signed_in(&world.tab(), true);
        world.advance(300);
        let mut refresh = Task::new(second.client.access_token(MIN_VALIDITY, false));
        for _ in 0..steps {
            assert!(refresh.step());
        }
        assert!(!refresh.is_done(), "after {steps}");
        first.logout(&json!({ "localOnly": true })).unwrap();
        let failure = refresh.finish().unwrap_err();
        assert_eq!(failure.error.code(), Code::LoginRequired, "after {steps}");
    }
}

#[test]
fn what_a_sibling_sends_is_read_like_any_stored_record() {
    for damage in [
        r#"{"rank":9007199254740992}"#,
        r#"{"v":2,"rank":9007199254740992}"#,
        r#"{"v":1,"issuer":"https://evil.example","client_id":"portal","rank":9007199254740992}"#,
    ] {
        let world = World::new();
        let liar = world.signed_in(&world.tab(), false);
        let victim = world.signed_in(&world.tab(), true);
        let before = victim.state();
        let key = liar.page.key("session");
        liar.page.plant(Area::Session, &key, damage);
        victim.look(Occasion::Told);
        assert_eq!(victim.state(), before, "{damage}");
        assert_eq!(victim.reload().status(), "signed-in", "{damage}");
    }
}
