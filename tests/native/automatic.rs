//! Sign-ins that nobody clicked for end before they go round in circles.

use portcullis::{client::Occasion, error::Code, platform::Area, report};
use serde_json::{Value, json};

use crate::world::*;

/// A tab of a portal that starts a sign-in by itself.
fn portal() -> (World, Tab) {
    let world = World::new();
    world.expect_discovery();
    let tab = world.tab();
    tab.page.clicked.set(false);
    (world, tab)
}

/// Leaves, and comes back to a callback that fails.
fn round(tab: &Tab) -> Tab {
    let sign_in = tab.leave(&json!({}));
    let url = sign_in.callback(&[("error", "login_required")]);
    let tab = tab.arrive(&url);
    tab.handle(&url).unwrap_err();
    tab
}

fn report_of(tab: &Tab) -> Value {
    let failure = tab.login_fails(&json!({}));
    serde_json::from_str(&report::to_json(&failure)).unwrap()
}

#[test]
fn the_third_within_half_a_minute_stays_and_says_why() {
    let (world, tab) = portal();
    let tab = round(&tab);
    world.advance(15);
    let tab = round(&tab);
    world.advance(15);
    let report = report_of(&tab);
    assert_eq!(report["code"], Code::RedirectLoop.as_str());
    assert_eq!(report["retryable"], false);
    assert_eq!(
        report["causes"],
        json!(["authorization_error", "authorization_error"])
    );
    assert_eq!(tab.status(), "signed-out");
    // it was said; whoever tries again knows, and may
    tab.leave(&json!({}));
}

#[test]
fn a_sign_in_that_succeeds_and_is_not_seen_is_a_loop_too() {
    let (world, mut tab) = portal();
    for _ in 0..2 {
        let sign_in = tab.leave(&json!({}));
        let url = sign_in.callback(&[("code", CODE)]);
        tab = tab.arrive(&url);
        world.expect_tokens(&sign_in, &json!({}));
        tab.handle(&url).unwrap();
    }
    let report = report_of(&tab);
    assert_eq!(
        (&report["code"], &report["causes"]),
        (&json!("redirect_loop"), &json!([]))
    );
}

#[test]
fn slower_ones_are_no_loop() {
    let (world, mut tab) = portal();
    for _ in 0..5 {
        tab = round(&tab);
        world.advance(16);
    }
}

#[test]
fn clicks_are_no_loop() {
    let (_world, mut tab) = portal();
    tab.page.clicked.set(true);
    for _ in 0..5 {
        tab = round(&tab);
    }
}

#[test]
fn two_calls_before_the_page_is_left_are_one() {
    let (_world, mut tab) = portal();
    for _ in 0..2 {
        let twice = ["{}", "{}"].map(|options| Task::new(tab.client.login(options.into())));
        let left = tab.page.navigations.borrow().len();
        for mut task in twice {
            task.run();
            assert!(!task.is_done());
        }
        assert!(tab.page.navigations.borrow().len() > left);
        tab = tab.reload();
    }
    assert_eq!(report_of(&tab)["code"], "redirect_loop");
}

#[test]
fn another_tab_counts_for_itself() {
    let (world, tab) = portal();
    let tab = round(&round(&tab));
    let other = world.tab();
    other.page.clicked.set(false);
    other.leave(&json!({}));
    assert_eq!(report_of(&tab)["code"], "redirect_loop");
}

#[test]
fn causes_of_an_earlier_time_are_forgotten() {
    let (world, tab) = portal();
    let tab = round(&tab);
    world.advance(31);
    let tab = tab.reload();
    tab.leave(&json!({}));
    let tab = tab.reload();
    tab.leave(&json!({}));
    let tab = tab.reload();
    assert_eq!(report_of(&tab)["causes"], json!([]));
}

#[test]
fn a_damaged_or_absent_record_stops_nobody() {
    for damage in [
        "",
        "[]",
        r#"{"at":7}"#,
        r#"{"at":["x",{}],"causes":7}"#,
        r#"{"at":[9e15,9e15,9e15]}"#,
    ] {
        let (_world, tab) = portal();
        tab.page
            .plant(Area::Tab, &tab.page.key("automatic"), damage);
        round(&round(&tab));
    }
    let (_world, tab) = portal();
    let mut tab = round(&tab);
    for _ in 0..3 {
        tab.page.plant(Area::Tab, &tab.page.key("automatic"), "{}");
        tab = round(&tab);
    }
    assert_eq!(tab.status(), "signed-out");
}

#[test]
fn the_list_of_causes_has_an_end() {
    let (_world, tab) = portal();
    let sign_in = tab.leave(&json!({}));
    let url = sign_in.callback(&[("error", "x")]);
    let tab = tab.arrive(&url);
    for _ in 0..100 {
        tab.handle(&url).unwrap_err();
    }
    let record = tab.page.record("automatic");
    assert!((1..600).contains(&record.len()), "{record}");
}

#[test]
fn a_page_that_the_browser_brought_back_goes_on_counting() {
    let (_world, tab) = portal();
    for _ in 0..2 {
        tab.leave(&json!({}));
        tab.look(Occasion::Restored);
    }
    assert_eq!(report_of(&tab)["code"], "redirect_loop");
}

/// A portal that does not wait for its callback, sees nobody, and signs in.
#[test]
fn a_callback_under_way_excuses_nobody() {
    let (world, mut tab) = portal();
    for _ in 0..2 {
        let sign_in = tab.leave(&json!({}));
        let url = sign_in.callback(&[("code", CODE)]);
        tab = tab.arrive(&url);
        let _never_answered = world.expect_held(TOKEN, html(500));
        handling(&tab, &url).run();
    }
    let url = tab.page.location.borrow().clone().unwrap();
    let _still = Task::start(tab.client.handle_callback(url));
    assert_eq!(report_of(&tab)["code"], "redirect_loop");
}

#[test]
fn a_sign_in_that_came_to_nothing_counts_and_excuses_nobody() {
    let world = World::new();
    let tab = world.tab();
    tab.page.clicked.set(false);
    for _ in 0..2 {
        world.expect(DISCOVERY, offline());
        assert_eq!(report_of(&tab)["code"], "network");
    }
    assert_eq!(report_of(&tab)["code"], "redirect_loop");
}
