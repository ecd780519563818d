//! A sign-in in a window of its own: it comes back to the page that asked for it.

use portcullis::{
    error::{Code, Error},
    platform::{Event, Windows as _},
    time::Seconds,
};
use serde_json::{Value, json};

use crate::world::*;

/// A popup at the provider, and its sign-in under way in `tab`.
fn opened(tab: &Tab) -> (Task<'_, portcullis::client::Outcome<String>>, SignIn) {
    tab.open(&json!({ "returnTo": "/desk", "appState": 7 }))
}

fn world() -> (World, Tab) {
    let world = World::new();
    world.expect_discovery();
    let tab = world.tab();
    (world, tab)
}

/// The page that the provider sends the popup to: same origin, tabs of its own.
fn callback_page(world: &World, sign_in: &SignIn) -> (Tab, String) {
    let url = sign_in.callback(&[("code", CODE)]);
    (world.tab().arrive(&url), url)
}

#[test]
fn the_page_that_asked_completes_the_sign_in() {
    let (world, tab) = world();
    let (mut login, sign_in) = opened(&tab);
    assert_eq!(tab.status(), "signing-in");
    assert!(!login.is_done());

    let (popup, url) = callback_page(&world, &sign_in);
    assert!(popup.client.is_callback(&url));
    world.expect_tokens(&sign_in, &json!({}));
    let mut handled = Task::start(popup.client.handle_callback(url.clone()));
    assert!(!handled.is_done(), "the popup has nothing to go on with");
    assert_eq!(*popup.page.location.borrow(), Some(REDIRECT.into()));

    login.run();
    let result: Value = serde_json::from_str(&login.finish().unwrap()).unwrap();
    assert_eq!(result["user"]["sub"], "alice");
    assert_eq!(
        (
            &result["returnTo"],
            &result["appState"],
            &result["replayed"]
        ),
        (&json!("/desk"), &json!(7), &json!(false))
    );
    assert_eq!(tab.status(), "signed-in");
    assert_eq!(*tab.page.windows.borrow(), [Window::Closed]);
    assert!(tab.page.navigations.borrow().is_empty());
    assert_eq!(*tab.page.location.borrow(), Some(HOME.into()));
    assert_eq!(tab.page.take_event_kinds(), [Event::SignedIn]);

    // and is seen again as any other
    assert_eq!(tab.handle(&url).unwrap()["replayed"], true);

    // the popup has sent nothing, and holds nothing
    handled.run();
    assert!(!handled.is_done());
    assert_eq!(popup.status(), "signed-out");
    assert!(popup.page.take_events().is_empty());
}

#[test]
fn the_callback_of_a_page_that_was_left_is_offered_to_nobody() {
    let (world, tab) = world();
    let sign_in = tab.leave(&json!({}));
    let stranger = world.page();
    let window = stranger.open_popup().unwrap();
    let listening = Task::start(stranger.visit(&window, "", &sign_in.state, Seconds(600)));
    let url = sign_in.callback(&[("code", CODE)]);
    world.expect(
        TOKEN,
        ok(&tokens(&world.id_token(&sign_in.nonce, &json!({})))),
    );
    tab.arrive(&url).handle(&url).unwrap();
    assert!(!listening.is_done());
}

#[test]
fn a_popup_that_nobody_waits_for_signs_in_itself() {
    let (world, tab) = world();
    let (login, sign_in) = opened(&tab);
    drop(login);
    tab.page.waiting().forget(&sign_in.state);
    let (popup, url) = callback_page(&world, &sign_in);
    world.expect_tokens(&sign_in, &json!({}));
    let result = popup.handle(&url).unwrap();
    assert_eq!(result["returnTo"], "/desk");
    assert_eq!(popup.status(), "signed-in");
}

#[test]
fn a_blocked_popup_fails_before_anything_happens() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    tab.page.windows_are.set(Windows::Blocked);
    login_fails(
        "a popup",
        &tab,
        &json!({ "mode": "popup" }),
        &[],
        Code::PopupBlocked,
    );
}

#[test]
fn options_are_checked_before_a_window_opens() {
    let world = World::new();
    let tab = world.tab();
    let options = json!({ "mode": "popup", "maxAge": -1 });
    login_fails("an option", &tab, &options, &[], Code::ConfigInvalid);
    assert!(tab.page.windows.borrow().is_empty());
}

#[test]
fn a_popup_that_comes_to_nothing_leaves_nothing() {
    for code in [Code::PopupClosed, Code::Timeout, Code::Network] {
        let world = World::new();
        let tab = world.signed_in(&world.tab(), false);
        let before = Untouched::of(&tab, &[]);
        let (mut login, sign_in) = opened(&tab);
        tab.page.waiting().answer(&sign_in.state, Err(code.into()));
        login.run();
        assert_eq!(login.finish().unwrap_err().error, Error::from(code));
        assert_eq!(Untouched::of(&tab, &[]), before, "{code:?}");
        assert_eq!(*tab.page.windows.borrow(), [Window::Closed]);
        let url = sign_in.callback(&[("code", CODE)]);
        assert!(!tab.client.is_callback(&url));
        assert_eq!(
            tab.handle(&url).unwrap_err().error.code(),
            Code::CallbackStateUnknown
        );
    }
}

#[test]
fn a_late_end_touches_no_other_sign_in_in_its_slot() {
    let (world, tab) = world();
    let (mut login, sign_in) = opened(&tab);
    let taken = sign_in.record.clone();
    tab.page.plant(
        portcullis::platform::Area::Shared,
        &taken,
        r#"{"v":1,"state":"another","started_at":1800000000}"#,
    );
    tab.page
        .waiting()
        .answer(&sign_in.state, Err(Code::PopupClosed.into()));
    login.run();
    assert!(login.finish().is_err());
    assert!(tab.page.stored()[&taken].contains("another"));
    drop(world);
}

#[test]
fn a_discovery_that_fails_closes_the_window() {
    let world = World::new();
    let tab = world.tab();
    world.expect(DISCOVERY, offline());
    let options = json!({ "mode": "popup" });
    let failure = tab.login_fails(&options);
    assert_eq!(failure.error.code(), Code::Network);
    assert_eq!(*tab.page.windows.borrow(), [Window::Closed]);
    assert_eq!(tab.status(), "signed-out");
}

#[test]
fn what_is_wrong_with_the_answer_fails_the_call() {
    for (what, params, code) in [
        (
            "a refusal",
            &[("error", "access_denied")][..],
            Code::AuthorizationError,
        ),
        (
            "a stranger",
            &[("code", CODE), ("iss", "https://evil.example")],
            Code::CallbackIssMismatch,
        ),
        ("nothing", &[], Code::CallbackMalformed),
    ] {
        let (_world, tab) = world();
        let (mut login, sign_in) = opened(&tab);
        let url = sign_in.callback(params);
        assert!(tab.page.waiting().answer(&sign_in.state, Ok(url)));
        login.run();
        assert_eq!(login.finish().unwrap_err().error.code(), code, "{what}");
        assert_eq!(tab.status(), "signed-out");
        assert_eq!(*tab.page.windows.borrow(), [Window::Closed]);
    }
}

#[test]
fn a_window_whose_code_could_not_be_redeemed_is_worth_another() {
    let (world, tab) = world();
    let (mut login, sign_in) = opened(&tab);
    let url = sign_in.callback(&[("code", CODE)]);
    assert!(tab.page.waiting().answer(&sign_in.state, Ok(url)));
    world.expect(TOKEN, offline());
    login.run();
    let failure = login.finish().unwrap_err();
    assert_eq!(failure.error.code(), Code::Network);
    assert!(failure.error.is_retryable());
}

#[test]
fn another_state_is_not_ours_to_redeem() {
    let (_world, tab) = world();
    let (mut login, sign_in) = opened(&tab);
    let other = sign_in
        .callback(&[("code", CODE)])
        .replace(&sign_in.state, "elsewhere");
    tab.page.waiting().answer(&sign_in.state, Ok(other));
    login.run();
    assert_eq!(
        login.finish().unwrap_err().error.code(),
        Code::CallbackStateUnknown
    );
    assert!(!tab.page.stored().contains_key(&sign_in.record));
}
