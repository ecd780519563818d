//! What the tabs of one user do to each other: what ends for one ends for no other that goes on, and what
//! one knows counts for all.

use std::collections::BTreeMap;

use portcullis::{
    client::{MIN_VALIDITY, Occasion},
    error::Code,
    platform::{Area, Event},
};
use serde_json::{Value, json};

use crate::world::*;

fn fresh(number: u32) -> Value {
    json!({
        "access_token": format!("fresh-{number}"), "token_type": "Bearer", "expires_in": 600,
        "refresh_token": format!("next-{number}"),
    })
}

#[test]
fn a_lifetime_that_is_over_ends_no_session_that_began_later() {
    for persist in ["memory", "tab"] {
        let options = json!({ "maxLifetime": 600, "persist": persist });
        let world = World::new();
        let first = world.signed_in(&world.tab_with(&options), false);
        world.advance(590);
        let second = world.signed_in(&world.tab_with(&options), true);
        world.advance(10);
        first.look(Occasion::Due);
        assert_eq!(first.status(), "signed-out");
        second.look(Occasion::Told);
        assert_eq!(second.status(), "signed-in", "{persist}: ten seconds old");
    }
}

#[test]
fn a_tab_of_yesterday_that_is_reopened_ends_no_session_of_today() {
    let options = json!({ "maxLifetime": 8 * 3600 });
    let world = World::new();
    let first = world.signed_in(&world.tab_with(&options), false);
    let page = world.page();
    first.page.copy_to(&page);
    drop(first);
    world.advance(24 * 3600);
    world.expect_discovery();
    let today = world.tab_with(&options);
    let today = world.signed_in(&today, true);
    // the browser brings the closed tab back, its sessionStorage with it
    let reopened = Tab::load(page, patched(crate::world::options(), &options));
    assert_eq!(reopened.status(), "signed-out");
    today.look(Occasion::Told);
    assert_eq!(today.status(), "signed-in");
}

#[test]
fn a_sign_out_that_was_heard_of_is_minded_before_siblings_are_asked() {
    let world = World::new();
    let first = world.signed_in(&world.tab(), false);
    let second = world.tab();
    world.advance(1);
    first.logout(&json!({ "localOnly": true })).unwrap();
    let mut look = Task::new(second.client.look(Occasion::Told));
    // the store has been looked at, the siblings are being asked: 60 ms, a second in a hidden page
    look.step();
    look.step();
    assert!(!look.is_done());
    assert!(second.client.token_at_hand(MIN_VALIDITY, false).is_err());
    assert_eq!(second.status(), "signed-out");
}

#[test]
fn a_sign_out_that_cannot_be_written_down_is_told() {
    let world = World::new();
    let first = world.signed_in(&world.tab(), false);
    let second = world.tab();
    world.advance(1);
    first.page.storage.set(Storage::Full);
    first.logout(&json!({ "localOnly": true })).unwrap();
    second.look(Occasion::Told);
    let told = first.page.take_event_kinds().contains(&Event::Problem);
    assert!(
        second.status() == "signed-out" || told,
        "the other tab goes on, and nobody is told"
    );
}

#[test]
fn an_older_record_does_not_replace_what_could_not_be_written() {
    let world = World::new();
    let tab = world.signed_in(&world.tab_with(&json!({ "persist": "device" })), false);
    world.advance(300);
    let gate = world.expect_held(TOKEN, ok(&fresh(1)));
    let refresh = Task::start(tab.client.access_token(MIN_VALIDITY, false));
    tab.page.storage.set(Storage::Blocked);
    gate.open();
    assert_eq!(refresh.finish().unwrap().expose(), "fresh-1");
    tab.page.storage.set(Storage::Works);
    tab.look(Occasion::Seen);
    world.take_sent();
    world.advance(600);
    world.expect(TOKEN, ok(&fresh(2)));
    tab.token().unwrap();
    assert_eq!(
        world.take_sent()[0].field("refresh_token").unwrap(),
        "next-1"
    );
}

#[test]
fn a_sign_out_elsewhere_while_a_refresh_is_under_way_has_the_last_word() {
    for persist in ["memory", "tab", "device"] {
        let options = json!({ "persist": persist });
        let world = World::new();
        let first = world.signed_in(&world.tab_with(&options), false);
        let second = world.signed_in(&world.tab_with(&options), true);
        world.advance(300);
        let gate = world.expect_held(TOKEN, ok(&fresh(1)));
        let refresh = Task::start(first.client.access_token(MIN_VALIDITY, false));
        first.page.take_events();
        // the store may be slow as well
        first.page.mirror.replace(Some(world.shared().clone()));
        second.logout(&json!({ "localOnly": true })).unwrap();
        gate.open();
        let failure = refresh.finish().unwrap_err();
        assert_eq!(failure.error.code(), Code::LoginRequired, "{persist}");
        assert_eq!(
            first.page.take_events(),
            [(Event::SignedOut, json!({ "reason": "other-tab" }))],
            "{persist}"
        );
    }
}

#[test]
fn a_tab_that_leaves_the_provider_alone_for_anothers_sake_is_stale_too() {
    let options = json!({ "persist": "device" });
    let world = World::new();
    let first = world.signed_in(&world.tab_with(&options), false);
    let second = world.tab_with(&options);
    world.advance(300);
    world.expect(TOKEN, offline());
    first.token().unwrap_err();
    assert_eq!(second.token().unwrap_err().error.code(), Code::Network);
    assert_eq!(second.status(), "stale");
    world.expect(TOKEN, ok(&fresh(1)));
    second.look(Occasion::Online);
    assert_eq!(second.status(), "signed-in");
}

#[test]
fn nobody_is_idle_who_was_seen_in_another_tab_though_the_store_is_slow() {
    let options = json!({ "idleTimeout": 600, "persist": "device" });
    let world = World::new();
    let first = world.signed_in(&world.tab_with(&options), false);
    let second = world.tab_with(&options);
    for tab in [&first, &second] {
        tab.page.mirror.replace(Some(BTreeMap::new()));
        tab.look(Occasion::Due);
    }
    // the first is frozen, the user works in the second
    world.advance(590);
    second.look(Occasion::Active);
    world.advance(20);
    // the user comes back to the first, whose portal asks before the look has got an answer
    world.expect(TOKEN, ok(&fresh(1)));
    let token = first.token();
    second.look(Occasion::Told);
    assert_eq!(second.status(), "signed-in", "seen 20 s ago");
    token.unwrap();
}

#[test]
fn a_call_is_not_repeated_as_somebody_else() {
    let options = json!({ "persist": "device" });
    let world = World::new();
    let first = world.signed_in(&world.tab_with(&options), false);
    let second = world.tab_with(&options);
    let alices = first.grant_for(API).unwrap();
    let sign_in = second.leave(&json!({}));
    let id_token = world.id_token(
        &sign_in.nonce,
        &json!({ "sub": "bob", "at_hash": at_hash("bobs") }),
    );
    world.expect(
        TOKEN,
        ok(&patched(
            tokens(&id_token),
            &json!({ "access_token": "bobs" }),
        )),
    );
    second.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
    first.look(Occasion::Told);
    let challenge = "Bearer error=\"invalid_token\"";
    let again = first.answered(&alices, 401, challenge);
    assert_eq!(again.unwrap_err().error.code(), Code::LoginRequired);
}

/// Somebody signs in where `tab` is, and out again.
fn comes_and_goes(world: &World, tab: &Tab, who: &str) {
    let sign_in = tab.leave(&json!({}));
    world.expect_tokens(&sign_in, &json!({ "sub": who }));
    tab.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
    world.advance(1);
    tab.logout(&json!({ "localOnly": true })).unwrap();
}

#[test]
fn a_tab_that_slept_through_several_sign_outs_is_signed_out_by_its_own() {
    for persist in ["memory", "tab"] {
        let options = json!({ "persist": persist });
        let world = World::new();
        // the browser has frozen it, or keeps it for the way back
        let asleep = world.signed_in(&world.tab_with(&options), false);
        let awake = world.tab_with(&options);
        // ten are remembered
        let others = (1..10).map(|number| format!("user-{number}"));
        for who in std::iter::once("alice".to_string()).chain(others) {
            world.advance(1);
            comes_and_goes(&world, &awake, &who);
        }
        asleep.look(Occasion::Restored);
        assert_eq!(asleep.status(), "signed-out", "{persist}");
    }
}

#[test]
fn what_is_known_of_sign_outs_does_not_grow() {
    let world = World::new();
    world.expect_discovery();
    let tab = world.tab();
    let mut longest = 0;
    for number in 0..30 {
        comes_and_goes(&world, &tab, &format!("user-{number}"));
        let length = tab.page.record("ended").len();
        assert!(number < 10 || length <= longest, "{number}: {length}");
        longest = longest.max(length);
    }
    assert!(longest < 1000, "{longest}");
}

#[test]
fn nor_as_somebody_who_is_found_on_the_way_to_another_token() {
    let options = json!({ "persist": "device", "idleTimeout": 600 });
    let world = World::new();
    let first = world.signed_in(&world.tab_with(&options), false);
    let second = world.tab_with(&options);
    let alices = first.grant_for(API).unwrap();
    // a store that answers later, and a tab that has not heard yet
    first.page.mirror.replace(Some(world.shared().clone()));
    world.advance(590);
    let sign_in = second.leave(&json!({}));
    world.expect_tokens(&sign_in, &json!({ "sub": "bob" }));
    second.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
    world.advance(20);
    world.expect(TOKEN, ok(&fresh(1)));
    let challenge = "Bearer error=\"invalid_token\"";
    let again = first.answered(&alices, 401, challenge);
    assert_eq!(again.unwrap_err().error.code(), Code::LoginRequired);
    assert_eq!(first.state()["user"]["sub"], "bob");
}

/// A tab that was frozen finds what another one got, long ago by now.
#[test]
fn what_another_tab_got_is_good_for_as_long_as_was_asked_for() {
    for (age, min_validity, taken) in [
        (570, 30, true),
        (571, 30, false),
        (571, 29, true),
        (599, 1, true),
        (10, 600, false),
    ] {
        let options = json!({ "persist": "device" });
        let world = World::new();
        let first = world.signed_in(&world.tab_with(&options), false);
        let frozen = world.tab_with(&options);
        world.advance(300);
        world.expect(TOKEN, ok(&fresh(1)));
        first.token().unwrap();
        world.advance(age);
        if !taken {
            world.expect(TOKEN, ok(&fresh(2)));
        }
        let token = frozen.token_with(min_validity, false).unwrap();
        assert_eq!(token == "fresh-1", taken, "{age} s, for {min_validity} s");
    }
}

/// As after a turn that took too long: what it got is in the other tab, which keeps its session itself.
#[test]
fn a_refusal_is_believed_only_after_another_look_at_the_other_tabs() {
    let world = World::new();
    let first = world.signed_in(&world.tab(), false);
    let second = world.tab();
    world.advance(300);
    let refused = json(400, &json!({ "error": "invalid_grant" }));
    let gate = world.expect_held(TOKEN, refused);
    let late = Task::start(second.client.access_token(MIN_VALIDITY, false));
    let mut record: Value = serde_json::from_str(&first.page.record("session")).unwrap();
    record["access_token"] = json!("rotated");
    record["expires_at"] = json!(world.now() + 600);
    record["rank"] = json!(record["rank"].as_i64().unwrap() + 1);
    let key = first.page.key("session");
    first.page.plant(Area::Session, &key, &record.to_string());
    gate.open();
    assert_eq!(late.finish().unwrap().expose(), "rotated");
    assert_eq!(second.status(), "signed-in");
}

/// Out and in again in another tab, after the clock was set back: what is in the store counts as older.
#[test]
fn a_tab_whose_session_is_over_takes_the_next_one_whatever_the_clock_was_set_to() {
    let options = json!({ "persist": "device" });
    let world = World::new();
    let asleep = world.signed_in(&world.tab_with(&options), false);
    let awake = world.tab_with(&options);
    world.set_clock(-7200);
    awake.logout(&json!({ "localOnly": true })).unwrap();
    let awake = world.signed_in(&awake, false);
    asleep.page.take_events();
    asleep.look(Occasion::Restored);
    assert_eq!(asleep.status(), "signed-in");
    assert_eq!(asleep.state()["user"], awake.state()["user"]);
    assert_eq!(awake.reload().status(), "signed-in");
}

/// As where two tabs write at once: the one that refreshes cannot see yet that another signed in.
#[test]
fn a_refresh_that_is_written_over_a_sign_in_does_not_undo_it() {
    for (who, options) in [
        ("alice", json!({ "persist": "device" })),
        ("bob", json!({ "persist": "device" })),
        ("bob", json!({})),
    ] {
        let world = World::new();
        let first = world.signed_in(&world.tab_with(&options), false);
        let mut record: Value = serde_json::from_str(&first.page.record("session")).unwrap();
        world.advance(10);
        let sign_in = first.leave(&json!({}));
        let tab = first.arrive(&sign_in.callback(&[("code", CODE)]));
        world.expect_tokens(&sign_in, &json!({ "sub": who }));
        tab.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
        let signed_in = tab.page.record("session");
        record["access_token"] = json!("late");
        record["rank"] = json!(record["rank"].as_i64().unwrap() + 1);
        let key = tab.page.key("session");
        tab.page.plant(Area::Session, &key, &record.to_string());
        let told = tab.page.told.get();
        tab.look(Occasion::Told);
        assert_eq!(tab.state()["user"]["sub"], who);
        assert_eq!(tab.page.record("session"), signed_in);
        assert!(tab.page.told.get() > told, "the others are to see it");
    }
}

/// Each sign-out has a later number than the one before, whatever the clock says.
#[test]
fn a_second_sign_out_reaches_other_tabs_though_the_clock_was_set_back_since_the_first() {
    let options = json!({ "persist": "device" });
    let world = World::new();
    let tabs = [world.tab_with(&options), world.tab_with(&options)];
    let first = world.signed_in(&tabs[0], false);
    first.logout(&json!({ "localOnly": true })).unwrap();
    world.set_clock(-7200);
    let first = world.signed_in(&first, false);
    tabs[1].look(Occasion::Told);
    assert_eq!(tabs[1].status(), "signed-in");
    first.logout(&json!({ "localOnly": true })).unwrap();
    tabs[1].look(Occasion::Told);
    assert_eq!(tabs[1].status(), "signed-out");
}

#[test]
fn a_sign_in_reaches_other_tabs_though_the_clock_was_set_back_since_theirs() {
    for (who, persist) in [("alice", "device"), ("bob", "device"), ("bob", "tab")] {
        let options = json!({ "persist": persist });
        let world = World::new();
        let first = world.signed_in(&world.tab_with(&options), false);
        let second = world.tab_with(&options);
        world.set_clock(-50);
        let sign_in = first.leave(&json!({ "prompt": "login" }));
        let url = sign_in.callback(&[("code", CODE)]);
        let first = first.arrive(&url);
        let id_token = world.id_token(&sign_in.nonce, &json!({ "sub": who }));
        let answer = patched(tokens(&id_token), &json!({ "refresh_token": "newer" }));
        world.expect(TOKEN, ok(&answer));
        first.handle(&url).unwrap();
        second.look(Occasion::Told);
        assert_eq!(second.state()["user"]["sub"], who);
        assert!(second.page.record("session").contains("newer"));
    }
}
