//! The way back from a sign-out at the provider (OpenID Connect RP-Initiated Logout §3).

use portcullis::platform::Event;
use serde_json::json;

use crate::world::*;

const AFTER: &str = "https://portal.example/bye?a=b";

/// A tab that was sent to the provider to sign out, and the state it went with.
fn gone() -> (World, Tab, String) {
    let world = World::new();
    let tab = world.tab_with(&json!({ "postLogoutRedirectUri": AFTER }));
    let tab = world.signed_in(&tab, false);
    world.expect(REVOKE, answer(200, "", ""));
    tab.logout(&json!({})).unwrap();
    let url = tab.page.navigations.borrow().last().unwrap().clone();
    let params = parse_form(url.split_once('?').unwrap().1);
    let state = params.iter().find(|(name, _)| name == "state").unwrap();
    tab.page.take_events();
    (world, tab, state.1.clone())
}

fn problems(tab: &Tab) -> Vec<String> {
    let events = tab.page.take_events().into_iter();
    events
        .map(|(event, detail)| {
            assert_eq!(event, Event::Problem);
            detail["error"]["code"].as_str().unwrap().into()
        })
        .collect()
}

#[test]
fn an_answer_that_fits_leaves_no_trace() {
    let (_world, tab, state) = gone();
    let tab = tab.arrive(&format!("{AFTER}&state={state}#top"));
    assert!(problems(&tab).is_empty());
    assert_eq!(
        tab.page.location.borrow().as_deref(),
        Some(&*format!("{AFTER}#top"))
    );
    assert_eq!(tab.status(), "signed-out");
    // and is not looked for again
    assert!(problems(&tab.arrive(AFTER)).is_empty());
}

#[test]
fn an_answer_that_does_not_fit_is_reported_and_changes_nothing() {
    for query in ["", "&state=", "&state=another", "&state=a&state=b"] {
        let (_world, tab, _) = gone();
        let tab = tab.arrive(&format!("{AFTER}{query}"));
        assert_eq!(problems(&tab), ["logout_state"], "{query}");
        assert_eq!(tab.status(), "signed-out", "{query}");
        assert_eq!(tab.page.navigations.borrow().len(), 2, "no login started");
        assert!(problems(&tab.reload()).is_empty(), "{query}: told once");
    }
}

#[test]
fn only_the_page_it_comes_to_looks_for_it() {
    let (_world, tab, state) = gone();
    for url in [
        HOME.to_string(),
        format!("https://portal.example/bye?state={state}"),
        format!("https://portal.example/other?a=b&state={state}"),
    ] {
        assert!(problems(&tab.arrive(&url)).is_empty(), "{url}");
        assert_eq!(tab.page.location.borrow().as_deref(), Some(&*url));
    }
    assert!(problems(&tab.arrive(&format!("{AFTER}&state={state}"))).is_empty());
}

#[test]
fn a_tab_that_did_not_leave_looks_for_no_answer() {
    let (world, tab, state) = gone();
    // another tab, whose portal shows that page to whoever is signed out
    let other = Tab::load(
        world.page(),
        patched(options(), &json!({ "postLogoutRedirectUri": AFTER })),
    );
    assert!(problems(&other.arrive(AFTER)).is_empty());
    let tab = tab.arrive(&format!("{AFTER}&state={state}"));
    assert!(problems(&tab).is_empty());
    assert_eq!(tab.page.location.borrow().as_deref(), Some(AFTER));
}

#[test]
fn nobody_is_signed_out_by_a_crafted_url() {
    let (world, _tab, state) = gone();
    let tab = world.signed_in(
        &world.tab_with(&json!({ "postLogoutRedirectUri": AFTER })),
        true,
    );
    let tab = tab.arrive(&format!("{AFTER}&state={state}&logout=true"));
    assert_eq!(tab.status(), "signed-in");
}

/// One page for both ways back, and a provider that led nowhere after the sign-out.
#[test]
fn a_callback_is_no_answer_to_a_sign_out() {
    let world = World::new();
    let both = json!({ "postLogoutRedirectUri": REDIRECT });
    let tab = world.signed_in(&world.tab_with(&both), false);
    world.expect(REVOKE, answer(200, "", ""));
    tab.logout(&json!({})).unwrap();
    let tab = tab.arrive(HOME);
    let sign_in = tab.leave(&json!({}));
    let url = sign_in.callback(&[("code", CODE)]);
    tab.page.take_events();
    let tab = tab.arrive(&url);
    assert!(problems(&tab).is_empty());
    world.expect_tokens(&sign_in, &json!({}));
    tab.handle(&url).unwrap();
    tab.page.take_events();
    // and none is waited for any longer
    assert!(problems(&tab.arrive(REDIRECT)).is_empty());
}

#[test]
fn the_page_is_not_left_before_its_answer_can_be_recognised() {
    let world = World::new();
    let options = json!({ "postLogoutRedirectUri": AFTER });
    let tab = world.signed_in(&world.tab_with(&options), false);
    tab.page.navigations.take();
    tab.page.storage.set(Storage::Slow);
    world.expect(REVOKE, answer(200, "", ""));
    let mut leaving = Task::new(tab.leave_with("{}".into()));
    while tab.page.navigations.borrow().is_empty() {
        assert!(leaving.step());
    }
    assert!(!tab.page.record("logout").is_empty());
}
