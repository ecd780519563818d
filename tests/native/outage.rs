//! A provider that cannot answer: it is left alone for a while, and asked again as soon as that
//! makes sense.

use std::collections::BTreeSet;

use portcullis::{client::Occasion, error::Code, platform::Area};
use serde_json::{Value, json};

use crate::world::*;

fn fresh() -> Value {
    json!({ "access_token": "fresh", "token_type": "Bearer", "expires_in": 600 })
}

/// Alice with an access token that has expired.
fn expired() -> (World, Tab) {
    let world = World::new();
    let tab = world.signed_in(&world.tab_with(&json!({ "persist": "device" })), false);
    world.advance(300);
    (world, tab)
}

/// Milliseconds from now until the provider is asked again.
fn pause(tab: &Tab, world: &World) -> i64 {
    let record: Value = serde_json::from_str(&tab.page.record("outage")).unwrap();
    record["until"].as_i64().unwrap() - world.now() * 1000
}

#[test]
fn nobody_asks_while_the_provider_is_left_alone() {
    let (world, tab) = expired();
    let sibling = world.tab_with(&json!({ "persist": "device" }));
    world.expect(TOKEN, offline());
    tab.token().unwrap_err();
    for tab in [&tab, &sibling] {
        let failure = tab.token().unwrap_err();
        assert_eq!(failure.error.code(), Code::Network);
        assert!(failure.error.code().retryable());
    }
    assert_eq!(tab.status(), "stale");
    world.advance(PAUSE);
    world.expect(TOKEN, ok(&fresh()));
    assert_eq!(sibling.token().unwrap(), "fresh");
}

#[test]
fn who_asks_meanwhile_is_told_what_went_wrong() {
    let (world, tab) = expired();
    let refusal = json!({ "error": "unauthorized_client", "error_description": "no refreshes" });
    world.expect(TOKEN, json(400, &refusal));
    let first = tab.token().unwrap_err();
    assert_eq!(first.error.code(), Code::TokenError);
    assert!(first.said.is_some());
    assert_eq!(tab.token().unwrap_err(), first);
    // a page that was not there when it went wrong knows only that nobody is to ask
    assert_eq!(
        tab.reload().token().unwrap_err().error.code(),
        Code::Network
    );
}

#[test]
fn pauses_grow_with_every_failure_and_have_an_end() {
    let (world, tab) = expired();
    for step in 0..10 {
        world.expect(TOKEN, offline());
        tab.token().unwrap_err();
        let base = 1000 << step.min(6);
        let pause = pause(&tab, &world);
        assert!(
            (base / 2..=base * 3 / 2).contains(&pause),
            "{step}: {pause}"
        );
        world.advance(pause / 1000 + 1);
    }
    // one answer, and all is forgotten
    world.expect(TOKEN, ok(&fresh()));
    tab.token().unwrap();
    world.advance(600);
    world.expect(TOKEN, offline());
    tab.token().unwrap_err();
    assert!(pause(&tab, &world) <= 1500);
}

#[test]
fn pauses_differ_from_tab_to_tab() {
    let pauses = [1, 2, 3, 4, 5, 6, 7, 8].map(|draws| {
        let (world, tab) = expired();
        for _ in 0..draws {
            tab.leave(&json!({}));
        }
        world.expect(TOKEN, offline());
        tab.token().unwrap_err();
        pause(&tab, &world)
    });
    assert!(BTreeSet::from(pauses).len() > 4, "{pauses:?}");
}

#[test]
fn a_provider_that_names_a_time_gets_it_within_reason() {
    for (seconds, expected) in [(30, 30), (3600, 3600), (u32::MAX, 3600)] {
        let (world, tab) = expired();
        world.expect(TOKEN, later(seconds));
        tab.token().unwrap_err();
        assert_eq!(pause(&tab, &world), expected * 1000);
        world.advance(expected - 1);
        tab.token().unwrap_err();
        world.advance(2);
        world.expect(TOKEN, ok(&fresh()));
        tab.token().unwrap();
    }
    // less than our own pause is no reason to hurry
    let (world, tab) = expired();
    world.expect(TOKEN, later(0));
    tab.token().unwrap_err();
    assert!(pause(&tab, &world) >= 500);
}

#[test]
fn a_clock_that_was_set_back_makes_no_pause_longer() {
    let (world, tab) = expired();
    world.expect(TOKEN, offline());
    tab.token().unwrap_err();
    world.advance(-2 * 3600);
    world.expect(DISCOVERY, ok(&metadata()));
    world.expect(TOKEN, ok(&fresh()));
    tab.token_with(30, true).unwrap();
}

#[test]
fn the_connection_back_or_the_page_back_is_reason_to_ask_at_once() {
    for occasion in [Occasion::Online, Occasion::Restored] {
        let (world, tab) = expired();
        world.expect(TOKEN, offline());
        tab.token().unwrap_err();
        world.expect(TOKEN, ok(&fresh()));
        tab.look(occasion);
        assert_eq!(tab.status(), "signed-in", "{occasion:?}");
        assert_eq!(tab.token().unwrap(), "fresh");
    }
}

#[test]
fn a_page_seen_again_asks_when_the_pause_is_over() {
    let (world, tab) = expired();
    world.expect(TOKEN, offline());
    tab.token().unwrap_err();
    tab.look(Occasion::Seen);
    assert_eq!(tab.status(), "stale");
    world.advance(PAUSE);
    world.expect(TOKEN, ok(&fresh()));
    tab.look(Occasion::Seen);
    assert_eq!(tab.status(), "signed-in");
}

#[test]
fn who_is_well_asks_nothing() {
    let (world, tab) = expired();
    for occasion in [
        Occasion::Told,
        Occasion::Seen,
        Occasion::Online,
        Occasion::Restored,
    ] {
        tab.look(occasion);
    }
    assert!(world.take_sent().is_empty());
    let out = world.tab_with(&json!({ "name": "another" }));
    out.look(Occasion::Online);
    assert_eq!(out.status(), "signed-out");
}

#[test]
fn damage_to_the_record_is_no_pause() {
    for damage in [
        "",
        "{}",
        "[]",
        r#"{"until":"soon"}"#,
        r#"{"until":9007199254740992,"failures":-5}"#,
    ] {
        let (world, tab) = expired();
        tab.page
            .plant(Area::Shared, &tab.page.key("outage"), damage);
        world.expect(TOKEN, offline());
        tab.token().unwrap_err();
        assert!(pause(&tab, &world) <= 1500, "{damage}");
    }
}

/// It asked to be left alone for an hour; somebody signs in again by a click.
#[test]
fn a_provider_that_answers_a_sign_in_is_left_alone_no_longer() {
    let (world, tab) = expired();
    world.expect(TOKEN, later(3600));
    tab.token().unwrap_err();
    assert_eq!(tab.status(), "stale");
    let tab = world.signed_in(&tab, true);
    assert_eq!(tab.page.record("outage"), "");
    world.advance(300);
    world.expect(TOKEN, ok(&fresh()));
    assert_eq!(tab.token().unwrap(), "fresh");
}

#[test]
fn a_time_that_was_named_once_is_not_meant_for_a_later_failure() {
    let (world, tab) = expired();
    world.expect(TOKEN, later(1800));
    tab.token().unwrap_err();
    assert_eq!(pause(&tab, &world), 1_800_000);
    for failure in [offline(), html(503)] {
        world.advance(1800);
        world.expect(TOKEN, failure);
        tab.token().unwrap_err();
        assert!(pause(&tab, &world) < 10_000);
    }
}
