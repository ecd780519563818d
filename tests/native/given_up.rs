//! Sign-ins that whoever began them gives up, and pages that stay although they were to be left.

use std::collections::BTreeMap;

use portcullis::{client::Occasion, error::Code, platform::Event};
use serde_json::json;

use crate::world::*;

#[test]
fn a_sign_in_given_up_before_the_page_is_left_does_not_leave_it() {
    let world = World::new();
    let gate = world.expect_held(DISCOVERY, ok(&metadata()));
    let tab = world.tab();
    let mut login = Task::start(tab.client.login("{}".into()));
    assert_eq!(tab.status(), "signing-in");
    tab.page.give_up();
    login.run();
    assert_eq!(login.finish().unwrap_err().error.code(), Code::Aborted);
    gate.open();
    assert_eq!(tab.status(), "signed-out");
    assert!(tab.page.navigations.borrow().is_empty());
    assert!(tab.page.stored().is_empty());
}

#[test]
fn a_sign_in_given_up_while_its_code_is_redeemed_signs_nobody_in() {
    for mode in ["popup", "frame"] {
        let world = World::new();
        world.expect_discovery();
        let tab = world.tab();
        let (mut login, sign_in) = tab.open(&json!({ "mode": mode }));
        let id_token = world.id_token(&sign_in.nonce, &json!({}));
        let gate = world.expect_held(TOKEN, ok(&tokens(&id_token)));
        let url = sign_in.callback(&[("code", CODE)]);
        assert!(tab.page.waiting().answer(&sign_in.state, Ok(url.clone())));
        login.run();
        tab.page.give_up();
        login.run();
        gate.open();
        assert_eq!(login.finish().unwrap_err().error.code(), Code::Aborted);
        assert_eq!(
            (&*tab.status(), tab.page.take_events().len()),
            ("signed-out", 0),
            "{mode}"
        );
        assert_eq!(*tab.page.windows.borrow(), [Window::Closed]);
        assert!(!tab.page.stored().contains_key(&sign_in.record), "{mode}");
        // and the way is clear for another one
        let tab = world.signed_in(&tab, true);
        assert_eq!(tab.status(), "signed-in");
    }
}

#[test]
fn a_navigation_that_has_begun_is_not_taken_back() {
    let world = World::new();
    world.expect_discovery();
    let tab = world.tab();
    let mut login = Task::start(tab.client.login("{}".into()));
    login.run();
    let url = tab.page.navigations.borrow()[0].clone();
    tab.page.give_up();
    login.run();
    assert_eq!(login.finish().unwrap_err().error.code(), Code::Aborted);
    let sign_in = tab.begun(&BTreeMap::new(), &url, url.split_once('?').unwrap().1);
    world.expect_tokens(&sign_in, &json!({}));
    let back = sign_in.callback(&[("code", CODE)]);
    tab.arrive(&back).handle(&back).unwrap();
}

#[test]
fn a_page_that_stays_is_no_longer_signing_in() {
    let world = World::new();
    world.expect_discovery();
    let tab = world.tab();
    tab.leave(&json!({}));
    assert_eq!(tab.page.wake_at.get(), Some((NOW + 10) * 1000));
    world.advance(9);
    tab.look(Occasion::Seen);
    assert_eq!(tab.status(), "signing-in", "a provider may take its time");
    world.advance(1);
    tab.look(Occasion::Due);
    assert_eq!(tab.status(), "signed-out");
}

#[test]
fn a_page_that_stayed_once_does_not_forget_the_next_sign_in() {
    let world = World::new();
    world.expect_discovery();
    let tab = world.tab();
    tab.leave(&json!({}));
    world.advance(10);
    tab.look(Occasion::Due);
    let (_at_the_provider, _) = tab.open(&json!({}));
    tab.look(Occasion::Seen);
    assert_eq!(tab.status(), "signing-in");
}

#[test]
fn a_page_that_was_not_left_for_its_callback_is_done_signing_in() {
    let world = World::new();
    world.expect_discovery();
    let tab = world.tab();
    let sign_in = tab.leave(&json!({}));
    world.expect_tokens(&sign_in, &json!({}));
    let url = sign_in.callback(&[("code", CODE)]);
    assert!(tab.is_callback(&url));
    tab.handle(&url).unwrap();
    tab.logout(&json!({ "localOnly": true })).unwrap();
    assert_eq!(tab.status(), "signed-out");
    let sign_in = tab.leave(&json!({}));
    let refused = sign_in.callback(&[("error", "access_denied")]);
    assert_eq!(
        tab.handle(&refused).unwrap_err().error.code(),
        Code::AuthorizationError
    );
    assert_eq!(tab.status(), "signed-out");
}

#[test]
fn a_host_that_does_not_navigate_fails_the_call_and_leaves_nothing() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    let before = Untouched::of(&tab, &[]);
    tab.page.stays.set(true);
    let failure = tab.login_fails(&json!({}));
    assert_eq!(failure.error.code(), Code::Unsupported);
    assert_eq!(Untouched::of(&tab, &[]), before);
    // a sign-out stands all the same
    world.expect(REVOKE, answer(200, "", ""));
    tab.logout(&json!({})).unwrap();
    assert_eq!(tab.status(), "signed-out");
}

/// A component that is taken from the page as soon as somebody is signed in gives up the sign-in that did it.
#[test]
fn a_sign_in_that_has_somebody_signed_in_is_given_up_no_more() {
    for mode in ["popup", "frame"] {
        let world = World::new();
        world.expect_discovery();
        let tab = world.tab();
        let (mut login, sign_in) = tab.open(&json!({ "mode": mode }));
        world.expect_tokens(&sign_in, &json!({}));
        let url = sign_in.callback(&[("code", CODE)]);
        assert!(tab.page.waiting().answer(&sign_in.state, Ok(url)));
        while tab.status() != "signed-in" {
            assert!(login.step());
        }
        assert!(!login.is_done(), "it is being written down");
        tab.page.give_up();
        login.finish().unwrap();
        assert_eq!(tab.page.take_event_kinds(), [Event::SignedIn], "{mode}");
        assert_eq!(tab.reload().status(), "signed-in", "{mode}");
        // another one can be given up
        let (mut login, _) = tab.open(&json!({ "mode": mode }));
        tab.page.give_up();
        login.run();
        assert_eq!(login.finish().unwrap_err().error.code(), Code::Aborted);
    }
}
