//! Sessions that end because nobody is there, or because they have lasted long enough.

use portcullis::{
    client::Occasion,
    error::Code,
    platform::{Area, Event},
};
use serde_json::{Value, json};

use crate::world::*;

fn signed_in(options: &Value) -> (World, Tab) {
    let world = World::new();
    let tab = world.signed_in(&world.tab_with(options), false);
    look_now(&world, &tab);
    (world, tab)
}

/// Looks as soon as it was asked for.
fn look_now(world: &World, tab: &Tab) {
    if tab.page.wake_at.take() == Some(world.now() * 1000) {
        tab.look(Occasion::Due);
    }
}

/// Lets time pass up to when the page is to be woken, and wakes it.
fn sleep_until_due(world: &World, tab: &Tab) -> i64 {
    let due = tab.page.wake_at.take().expect("somebody is to look");
    let passed = due - world.now() * 1000;
    assert!(passed > 0 && passed % 1000 == 0, "{passed}");
    world.advance(passed / 1000);
    tab.look(Occasion::Due);
    passed / 1000
}

fn ended(tab: &Tab, reason: &str) {
    assert_eq!(tab.status(), "signed-out");
    assert_eq!(
        tab.page.take_events(),
        [(Event::SignedOut, json!({ "reason": reason }))]
    );
    assert_eq!(tab.token().unwrap_err().error.code(), Code::LoginRequired);
    assert!(
        !tab.page
            .stored()
            .values()
            .any(|text| text.contains(REFRESH_TOKEN)),
        "no token outlives its session"
    );
}

#[test]
fn without_limits_nothing_is_watched() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    let due = tab.page.wake_at.take(); // for the page that was left
    assert_ne!(due, Some(world.now() * 1000), "there is nothing to look at");
    for occasion in [Occasion::Due, Occasion::Active, Occasion::Seen] {
        tab.look(occasion);
    }
    assert_eq!(
        (tab.page.wake_at.get(), tab.page.user_watched.get()),
        (None, None)
    );
    assert!(!tab.page.stored().keys().any(|key| key.ends_with("active")));
    world.advance(365 * 24 * 3600);
    tab.look(Occasion::Seen);
    assert_eq!(tab.status(), "signed-in");
}

#[test]
fn a_user_who_went_away_is_warned_and_signed_out() {
    let (world, tab) = signed_in(&json!({ "idleTimeout": 600 }));
    assert_eq!(tab.page.user_watched.get(), Some(30_000));
    assert_eq!(sleep_until_due(&world, &tab), 540);
    assert_eq!(
        tab.page.take_events(),
        [(Event::IdleWarning, json!({ "secondsLeft": 60 }))]
    );
    // once is enough
    tab.look(Occasion::Seen);
    assert!(tab.page.take_events().is_empty());
    assert_eq!(sleep_until_due(&world, &tab), 60);
    ended(&tab, "idle");
}

#[test]
fn a_user_who_does_something_stays() {
    let (world, tab) = signed_in(&json!({ "idleTimeout": 600, "idleWarning": 100 }));
    for _ in 0..3 {
        assert_eq!(sleep_until_due(&world, &tab), 500);
        assert_eq!(
            tab.page.take_events(),
            [(Event::IdleWarning, json!({ "secondsLeft": 100 }))]
        );
        world.advance(50);
        tab.look(Occasion::Active);
        assert!(tab.page.take_events().is_empty());
        assert!(!tab.page.record("active").is_empty());
    }
    assert_eq!(tab.status(), "signed-in");
}

#[test]
fn who_comes_back_too_late_is_too_late() {
    let (world, tab) = signed_in(&json!({ "idleTimeout": 600 }));
    world.advance(600);
    tab.look(Occasion::Active);
    ended(&tab, "idle");
}

#[test]
fn a_token_is_not_given_out_after_the_end() {
    for (options, reason) in [
        (json!({ "idleTimeout": 100 }), "idle"),
        (json!({ "maxLifetime": 100 }), "max-lifetime"),
    ] {
        let (world, tab) = signed_in(&options);
        world.advance(99);
        tab.token().unwrap();
        world.advance(1);
        assert_eq!(tab.token().unwrap_err().error.code(), Code::LoginRequired);
        ended(&tab, reason);
    }
}

#[test]
fn whoever_is_active_in_one_tab_is_there_for_all() {
    let options = json!({ "idleTimeout": 600, "persist": "device" });
    let (world, first) = signed_in(&options);
    let second = world.tab_with(&options);
    look_now(&world, &second);
    world.advance(500);
    second.look(Occasion::Active);
    world.advance(400);
    first.look(Occasion::Due);
    assert_eq!(first.status(), "signed-in");
    assert_eq!(first.page.wake_at.get(), Some((world.now() + 140) * 1000));
    world.advance(200);
    first.look(Occasion::Due);
    ended(&first, "idle");
    second.look(Occasion::Told);
    assert_eq!(second.status(), "signed-out");
}

#[test]
fn whoever_signs_in_in_one_tab_is_there_for_all() {
    let options = json!({ "idleTimeout": 600, "persist": "memory" });
    let (world, first) = signed_in(&options);
    world.advance(590);
    world.signed_in(&world.tab_with(&options), true);
    world.advance(20);
    first.look(Occasion::Due);
    assert_eq!(first.status(), "signed-in");
}

#[test]
fn limits_hold_across_reloads() {
    for (limit, reason) in [("idleTimeout", "idle"), ("maxLifetime", "max-lifetime")] {
        let options = json!({ limit: 600, "persist": "device" });
        let (world, tab) = signed_in(&options);
        world.advance(599);
        let tab = tab.reload();
        assert_eq!(tab.status(), "signed-in", "{limit}");
        assert_eq!(tab.page.wake_at.get(), Some(world.now() * 1000), "{limit}");
        world.advance(if limit == "idleTimeout" { 600 } else { 1 });
        let tab = tab.reload();
        ended(&tab, reason);
    }
}

#[test]
fn a_refresh_makes_no_session_live_longer() {
    let (world, tab) = signed_in(&json!({ "maxLifetime": 1000 }));
    for passed in [300, 600, 900] {
        world.advance(300);
        let answer = json!({ "access_token": "fresh", "token_type": "Bearer", "expires_in": 300, "refresh_token": REFRESH_TOKEN });
        world.expect(TOKEN, ok(&answer));
        tab.token().unwrap();
        look_now(&world, &tab);
        assert_eq!(
            tab.page.wake_at.get(),
            Some((NOW + 1000) * 1000),
            "{passed}"
        );
    }
    tab.page.take_events();
    world.advance(100);
    tab.look(Occasion::Due);
    ended(&tab, "max-lifetime");
}

#[test]
fn the_nearer_limit_counts() {
    let (world, tab) =
        signed_in(&json!({ "idleTimeout": 600, "idleWarning": 0, "maxLifetime": 900 }));
    assert_eq!(tab.page.wake_at.get(), Some((NOW + 600) * 1000));
    world.advance(500);
    tab.look(Occasion::Active);
    assert_eq!(tab.page.wake_at.get(), Some((NOW + 900) * 1000));
    assert_eq!(sleep_until_due(&world, &tab), 400);
    ended(&tab, "max-lifetime");
}

#[test]
fn a_new_sign_in_has_all_its_time() {
    let options = json!({ "idleTimeout": 600, "maxLifetime": 900 });
    let (world, tab) = signed_in(&options);
    world.advance(800);
    tab.look(Occasion::Due);
    ended(&tab, "idle");
    let tab = world.signed_in(&tab, true);
    look_now(&world, &tab);
    assert_eq!(tab.page.wake_at.get(), Some((world.now() + 540) * 1000));
    world.advance(500);
    tab.look(Occasion::Active);
    world.advance(399);
    tab.look(Occasion::Due);
    assert_eq!(tab.status(), "signed-in");
}

#[test]
fn a_record_from_the_future_keeps_nobody_signed_in() {
    let (world, tab) = signed_in(&json!({ "idleTimeout": 600 }));
    let key = tab.page.key("active");
    for damage in [r#"{"at":9007199254740992}"#, "[]", "{}", r#"{"at":"x"}"#] {
        tab.page.plant(Area::Shared, &key, damage);
        tab.look(Occasion::Due);
        assert_eq!(tab.status(), "signed-in", "{damage}");
        let due = tab.page.wake_at.get().unwrap();
        assert!(due <= (NOW + 600) * 1000, "{damage}");
        world.advance(100);
    }
}

/// The clock was ahead when the user signed in, and is set right afterwards.
#[test]
fn a_clock_that_is_set_right_keeps_nobody_signed_in_who_went_away() {
    let (world, tab) = signed_in(&json!({ "idleTimeout": 600 }));
    world.set_clock(-3600);
    world.advance(700);
    tab.look(Occasion::Due);
    ended(&tab, "idle");
}

#[test]
fn a_clock_that_is_set_right_by_little_signs_nobody_out() {
    for (seconds, status) in [(60, "signed-in"), (61, "signed-out")] {
        let (world, tab) = signed_in(&json!({ "idleTimeout": 600 }));
        world.set_clock(-seconds);
        tab.look(Occasion::Active);
        world.advance(599);
        tab.look(Occasion::Due);
        assert_eq!(tab.status(), status, "{seconds} s");
    }
}

#[test]
fn whoever_opens_a_page_is_there() {
    let (world, tab) = signed_in(&json!({ "idleTimeout": 600 }));
    world.advance(500);
    let tab = tab.reload();
    world.advance(599);
    tab.look(Occasion::Due);
    assert_eq!(tab.status(), "signed-in");
}

#[test]
fn a_page_in_a_frame_is_no_sign_of_life() {
    let options = json!({ "idleTimeout": 600, "persist": "device" });
    let (world, tab) = signed_in(&options);
    world.advance(500);
    // as a silent look, or a provider, loads it where nobody sees it
    let page = world.page();
    page.in_frame.set(true);
    let frame = Tab::load(page, patched(crate::world::options(), &options));
    assert_eq!(frame.status(), "signed-in");
    world.advance(100);
    tab.look(Occasion::Due);
    ended(&tab, "idle");
}
