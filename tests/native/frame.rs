//! A sign-in that nobody sees, in a frame of a provider of the same site.

use portcullis::{error::Code, platform::Event};
use serde_json::{Value, json};

use crate::world::*;

const FRAME: &str = "frame";

fn world() -> (World, Tab) {
    let world = World::new();
    world.expect_discovery();
    let tab = world.tab();
    tab.page.clicked.set(false);
    (world, tab)
}

#[test]
fn whoever_is_signed_in_at_the_provider_is_signed_in_here() {
    let (world, tab) = world();
    let (mut login, sign_in) = tab.open(&json!({ "mode": FRAME, "appState": 7 }));
    assert_eq!(sign_in.param("prompt").as_deref(), Some("none"));
    world.expect_tokens(&sign_in, &json!({}));
    let url = sign_in.callback(&[("code", CODE)]);
    let inside = world.tab().arrive(&url);
    let mut handled = Task::start(inside.client.handle_callback(url));
    login.run();
    let result: Value = serde_json::from_str(&login.finish().unwrap()).unwrap();
    assert_eq!(
        (&result["user"]["sub"], &result["appState"]),
        (&json!("alice"), &json!(7))
    );
    assert_eq!(tab.page.take_event_kinds(), [Event::SignedIn]);
    assert_eq!(*tab.page.windows.borrow(), [Window::Closed]);
    assert!(tab.page.navigations.borrow().is_empty());
    handled.run();
    assert!(!handled.is_done(), "the frame has nothing to go on with");
}

#[test]
fn a_provider_of_another_site_is_refused_before_anything_is_sent() {
    let world = World::new();
    let tab = world.tab();
    tab.page.windows_are.set(Windows::Foreign);
    login_fails(
        "a frame",
        &tab,
        &json!({ "mode": FRAME }),
        &[],
        Code::Unsupported,
    );
    assert!(world.take_sent().is_empty());
}

#[test]
fn a_prompt_that_somebody_would_have_to_see_is_refused() {
    for prompt in ["login", "consent", "select_account", "create"] {
        let tab = World::new().tab();
        let options = json!({ "mode": FRAME, "prompt": prompt });
        login_fails(prompt, &tab, &options, &[], Code::ConfigInvalid);
    }
    let (_world, tab) = world();
    let (_login, sign_in) = tab.open(&json!({ "mode": FRAME, "prompt": "none" }));
    let prompts = sign_in.params();
    assert_eq!(
        prompts.iter().filter(|(name, _)| name == "prompt").count(),
        1
    );
}

#[test]
fn a_provider_that_would_have_to_ask_says_so_and_the_session_stays() {
    for word in [
        "login_required",
        "interaction_required",
        "consent_required",
        "account_selection_required",
    ] {
        let world = World::new();
        let tab = world.signed_in(&world.tab(), false);
        let (mut login, sign_in) = tab.open(&json!({ "mode": FRAME }));
        let url = sign_in.callback(&[("error", word)]);
        tab.page.waiting().answer(&sign_in.state, Ok(url));
        login.run();
        let failure = login.finish().unwrap_err();
        assert_eq!(failure.error.code(), Code::AuthorizationError);
        assert_eq!(quoted(&failure), (word, None));
        assert_eq!(tab.status(), "signed-in");
        assert_eq!(*tab.page.windows.borrow(), [Window::Closed]);
    }
}

#[test]
fn a_frame_without_an_answer_ends_in_time_and_leaves_nothing() {
    let (_world, tab) = world();
    let (mut login, sign_in) = tab.open(&json!({ "mode": FRAME }));
    tab.page
        .waiting()
        .answer(&sign_in.state, Err(Code::Timeout.into()));
    login.run();
    assert_eq!(login.finish().unwrap_err().error.code(), Code::Timeout);
    assert!(!tab.page.stored().contains_key(&sign_in.record));
    assert_eq!(*tab.page.windows.borrow(), [Window::Closed]);
}

#[test]
fn a_portal_may_look_as_often_as_it_likes() {
    let (world, tab) = world();
    for _ in 0..9 {
        let (mut login, sign_in) = tab.open(&json!({ "mode": FRAME }));
        let url = sign_in.callback(&[("error", "login_required")]);
        tab.page.waiting().answer(&sign_in.state, Ok(url));
        login.run();
        let code = login.finish().unwrap_err().error.code();
        assert_eq!(code, Code::AuthorizationError, "a frame leaves no page");
    }
    world.assert_all_used();
}
