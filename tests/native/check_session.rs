//! Portals that want to know whether the provider's session is still what it was.

use portcullis::{client::Occasion, error::Code, platform::Event};
use serde_json::{Value, json};

use crate::world::*;

const CHECK: &str = "https://op.example/check";

/// A portal whose user signed in at a provider with a frame to be asked.
fn signed_in(options: &Value, described: &Value, callback: &[(&str, &str)]) -> (World, Tab) {
    let world = World::new();
    world.expect_discovery_with(described);
    let tab = world.tab_with(options);
    let sign_in = tab.leave(&json!({}));
    world.expect_tokens(&sign_in, &json!({}));
    let params = [&[("code", CODE)], callback].concat();
    tab.handle(&sign_in.callback(&params)).unwrap();
    tab.page.take_events();
    world.take_sent();
    if tab.page.wake_at.take().is_some() {
        tab.look(Occasion::Due);
    }
    (world, tab)
}

fn watched(options: &Value) -> (World, Tab) {
    let options = patched(json!({ "monitorSession": true }), options);
    let described = json!({ "check_session_iframe": CHECK });
    signed_in(&options, &described, &[("session_state", "abc.salt")])
}

fn question(tab: &Tab) -> Option<(String, String)> {
    tab.page.provider_watched.borrow().clone()
}

#[test]
fn the_frame_is_asked_about_the_session_that_came_back() {
    let (_world, tab) = watched(&json!({}));
    let asked = (CHECK.to_string(), format!("{CLIENT} abc.salt"));
    assert_eq!(question(&tab), Some(asked.clone()));
    // also after a reload
    let tab = tab.reload();
    tab.page.provider_watched.take();
    tab.look(Occasion::Due);
    assert_eq!(question(&tab), Some(asked));
}

#[test]
fn nothing_is_watched_unless_all_of_it_is_there() {
    let state = [("session_state", "abc.salt")];
    let frame = json!({ "check_session_iframe": CHECK });
    let on = json!({ "monitorSession": true });
    for (what, options, described, callback) in [
        ("the option", json!({}), frame.clone(), &state[..]),
        ("a frame", on.clone(), json!({}), &state[..]),
        ("a session state", on.clone(), frame.clone(), &[]),
    ] {
        let (_world, tab) = signed_in(&options, &described, callback);
        tab.look(Occasion::Seen);
        assert_eq!(question(&tab), None, "{what} is missing");
        assert!(tab.page.take_events().is_empty(), "{what}");
    }
    let tab = World::new().tab_with(&on);
    tab.look(Occasion::Seen);
    assert_eq!(question(&tab), None, "nobody is signed in");
}

#[test]
fn what_cannot_be_watched_is_reported_once() {
    for (described, foreign, code) in [
        (
            json!({ "check_session_iframe": "http://op.example/check" }),
            false,
            "insecure_endpoint",
        ),
        (
            json!({ "check_session_iframe": CHECK }),
            true,
            "unsupported",
        ),
    ] {
        let on = json!({ "monitorSession": true });
        let (_world, tab) = signed_in(&on, &json!({}), &[]);
        drop(tab);
        let world = World::new();
        world.expect_discovery_with(&described);
        let tab = world.tab_with(&on);
        tab.page.windows_are.set(if foreign {
            Windows::Foreign
        } else {
            Windows::Open
        });
        let sign_in = tab.leave(&json!({}));
        world.expect_tokens(&sign_in, &json!({}));
        tab.handle(&sign_in.callback(&[("code", CODE), ("session_state", "s")]))
            .unwrap();
        tab.page.take_events();
        for _ in 0..3 {
            tab.look(Occasion::Due);
        }
        let events = tab.page.take_events();
        assert_eq!(events.len(), 1);
        assert_eq!(events[0].0, Event::Problem);
        assert_eq!(events[0].1["error"]["code"], code);
        assert_eq!(tab.status(), "signed-in");
    }
}

/// The provider's frame says that something has changed, and the provider answers with this.
fn changed(tab: &Tab, answer: impl FnOnce(&SignIn) -> String) {
    let (mut look, sign_in) = looking(tab);
    let url = answer(&sign_in);
    tab.page.waiting().answer(&sign_in.state, Ok(url));
    look.run();
    look.finish();
}

/// The provider's frame says that something has changed, and the provider is asked who is there.
fn looking(tab: &Tab) -> (Task<'_, ()>, SignIn) {
    let before = tab.page.stored();
    let look = Task::start(tab.client.look(Occasion::Changed));
    let url = match tab.page.windows.borrow().last() {
        Some(Window::At(url)) => url.clone(),
        other => panic!("no frame at the provider: {other:?}"),
    };
    let sign_in = tab.begun(&before, &url, url.split_once('?').unwrap().1);
    assert_eq!(sign_in.param("prompt").as_deref(), Some("none"));
    assert_eq!(tab.status(), "signed-in", "a change is no sign-out");
    (look, sign_in)
}

#[test]
fn a_change_leads_to_one_silent_look_and_the_answer_decides() {
    for word in [
        "login_required",
        "interaction_required",
        "account_selection_required",
        "consent_required",
    ] {
        let (world, tab) = watched(&json!({}));
        changed(&tab, |sign_in| sign_in.callback(&[("error", word)]));
        assert_eq!(
            tab.page.take_events(),
            [(Event::SignedOut, json!({ "reason": "provider" }))]
        );
        assert_eq!(tab.token().unwrap_err().error.code(), Code::LoginRequired);
        world.assert_all_used();
    }
}

#[test]
fn another_user_at_the_provider_is_a_sign_out_of_the_one_here() {
    let (world, tab) = watched(&json!({}));
    changed(&tab, |sign_in| {
        let bob = world.id_token(&sign_in.nonce, &json!({ "sub": "bob" }));
        world.expect(TOKEN, ok(&tokens(&bob)));
        sign_in.callback(&[("code", CODE), ("session_state", "def.salt")])
    });
    assert_eq!(
        tab.page.take_events(),
        [(Event::SignedOut, json!({ "reason": "provider" }))]
    );
    assert_eq!(tab.reload().status(), "signed-out");
}

#[test]
fn what_says_nothing_of_the_user_ends_nothing() {
    let (_world, tab) = watched(&json!({}));
    for word in ["temporarily_unavailable", "server_error", "invalid_request"] {
        changed(&tab, |sign_in| sign_in.callback(&[("error", word)]));
        assert_eq!(tab.status(), "signed-in", "{word}");
        assert!(tab.page.take_events().is_empty(), "{word}");
    }
}

#[test]
fn a_session_that_goes_on_is_watched_by_its_new_name() {
    let (world, tab) = watched(&json!({}));
    changed(&tab, |sign_in| {
        world.expect_tokens(sign_in, &json!({}));
        sign_in.callback(&[("code", CODE), ("session_state", "def.salt")])
    });
    assert_eq!(tab.status(), "signed-in");
    // no session began
    let expires_at = json!({ "accessTokenExpiresAt": world.now() + 300 });
    assert_eq!(tab.page.take_events(), [(Event::Refreshed, expires_at)]);
    tab.look(Occasion::Due);
    assert_eq!(question(&tab).unwrap().1, format!("{CLIENT} def.salt"));
}

#[test]
fn a_session_is_watched_by_the_same_name_after_a_refresh() {
    let (world, tab) = watched(&json!({}));
    world.advance(300);
    let fresh = json!({ "access_token": "fresh", "token_type": "Bearer", "expires_in": 600 });
    world.expect(TOKEN, ok(&fresh));
    tab.token().unwrap();
    tab.page.provider_watched.take();
    tab.look(Occasion::Due);
    let asked = (CHECK.to_string(), format!("{CLIENT} abc.salt"));
    assert_eq!(question(&tab), Some(asked));
}

#[test]
fn a_change_when_nobody_is_signed_in_is_none() {
    let (world, tab) = watched(&json!({}));
    tab.logout(&json!({ "localOnly": true })).unwrap();
    world.take_sent();
    tab.look(Occasion::Changed);
    assert!(tab.page.windows.borrow().is_empty());
    assert!(world.take_sent().is_empty());
}

#[test]
fn a_silent_look_is_no_sign_of_life() {
    for limit in [json!({ "idleTimeout": 600 }), json!({ "maxLifetime": 900 })] {
        let (world, tab) = watched(&limit);
        world.advance(500);
        changed(&tab, |sign_in| {
            world.expect_tokens(sign_in, &json!({}));
            sign_in.callback(&[("code", CODE), ("session_state", "def.salt")])
        });
        world.advance(500);
        tab.look(Occasion::Due);
        assert_eq!(
            tab.status(),
            "signed-out",
            "{limit}: nobody was there for 1000 s"
        );
    }
}

#[test]
fn the_provider_is_asked_for_this_user_and_for_what_was_granted() {
    let (world, tab) = watched(&json!({}));
    let sign_in = tab.leave(&json!({ "scope": "openid files" }));
    let id_token = world.id_token(&sign_in.nonce, &json!({}));
    let granted = json!({ "scope": "openid files" });
    world.expect(TOKEN, ok(&patched(tokens(&id_token), &granted)));
    tab.handle(&sign_in.callback(&[("code", CODE), ("session_state", "s")]))
        .unwrap();
    // Session Management §3.1: the old ID token says who is meant
    changed(&tab, |sign_in| {
        assert_eq!(sign_in.param("id_token_hint"), Some(id_token));
        assert_eq!(sign_in.param("scope").as_deref(), Some("openid files"));
        sign_in.callback(&[("error", "temporarily_unavailable")])
    });
}

#[test]
fn a_provider_that_does_not_say_openid_is_asked_for_what_the_options_say() {
    let (world, tab) = watched(&json!({}));
    let sign_in = tab.leave(&json!({}));
    let id_token = world.id_token(&sign_in.nonce, &json!({}));
    let granted = json!({ "scope": "files" });
    world.expect(TOKEN, ok(&patched(tokens(&id_token), &granted)));
    tab.handle(&sign_in.callback(&[("code", CODE), ("session_state", "s")]))
        .unwrap();
    changed(&tab, |sign_in| {
        assert_eq!(sign_in.param("scope").as_deref(), Some("openid profile"));
        sign_in.callback(&[("error", "temporarily_unavailable")])
    });
}

#[test]
fn an_id_token_too_long_for_a_url_is_no_hint() {
    let (world, tab) = watched(&json!({}));
    let sign_in = tab.leave(&json!({}));
    world.expect_tokens(&sign_in, &json!({ "x": "x".repeat(4096) }));
    tab.handle(&sign_in.callback(&[("code", CODE), ("session_state", "s")]))
        .unwrap();
    changed(&tab, |sign_in| {
        assert_eq!(sign_in.param("id_token_hint"), None);
        sign_in.callback(&[("error", "temporarily_unavailable")])
    });
}

#[test]
fn what_said_nothing_of_the_user_is_looked_at_again() {
    let (_world, tab) = watched(&json!({}));
    tab.page.provider_watched.take();
    changed(&tab, |sign_in| {
        sign_in.callback(&[("error", "server_error")])
    });
    let asked = (CHECK.to_string(), format!("{CLIENT} abc.salt"));
    assert_eq!(question(&tab), Some(asked));
}

#[test]
fn a_sign_out_while_the_provider_is_asked_has_the_last_word() {
    for persist in ["memory", "tab", "device"] {
        for elsewhere in [false, true] {
            let options = json!({ "persist": persist });
            let (world, tab) = watched(&options);
            let other = world.tab_with(&options);
            let (mut look, sign_in) = looking(&tab);
            world.advance(1);
            if elsewhere {
                // where there is a session of this user's, as another tab may have one in memory
                let other = world.signed_in(&other, true);
                other.logout(&json!({ "localOnly": true })).unwrap();
            } else {
                tab.logout(&json!({ "localOnly": true })).unwrap();
            }
            tab.page.take_events();
            world.expect_tokens(&sign_in, &json!({}));
            let url = sign_in.callback(&[("code", CODE), ("session_state", "def.salt")]);
            tab.page.waiting().answer(&sign_in.state, Ok(url));
            look.run();
            look.finish();
            tab.look(Occasion::Told);
            let what = format!("{persist}, elsewhere: {elsewhere}");
            assert_eq!(tab.status(), "signed-out", "{what}");
            assert!(
                !tab.page.take_event_kinds().contains(&Event::SignedIn),
                "{what}"
            );
            assert_eq!(tab.reload().status(), "signed-out", "{what}");
        }
    }
}

#[test]
fn nor_does_it_take_the_place_of_another_user() {
    let options = json!({ "persist": "device" });
    let (world, tab) = watched(&options);
    let other = world.tab_with(&options);
    let (mut look, sign_in) = looking(&tab);
    let bob = other.leave(&json!({}));
    world.expect_tokens(&bob, &json!({ "sub": "bob" }));
    other.handle(&bob.callback(&[("code", CODE)])).unwrap();
    world.expect_tokens(&sign_in, &json!({}));
    let url = sign_in.callback(&[("code", CODE)]);
    tab.page.waiting().answer(&sign_in.state, Ok(url));
    look.run();
    look.finish();
    for tab in [&tab, &other] {
        tab.look(Occasion::Told);
        assert_eq!(tab.state()["user"]["sub"], "bob");
    }
}

#[test]
fn what_is_said_of_a_session_ends_none_that_began_meanwhile() {
    for who in ["alice", "bob"] {
        let options = json!({ "persist": "device" });
        let (world, tab) = watched(&options);
        let other = world.tab_with(&options);
        let (mut look, sign_in) = looking(&tab);
        world.advance(1);
        let new = other.leave(&json!({ "prompt": "login" }));
        world.expect_tokens(&new, &json!({ "sub": who }));
        other.handle(&new.callback(&[("code", CODE)])).unwrap();
        tab.look(Occasion::Told);
        let url = sign_in.callback(&[("error", "login_required")]);
        tab.page.waiting().answer(&sign_in.state, Ok(url));
        look.run();
        look.finish();
        for tab in [&tab, &other] {
            tab.look(Occasion::Told);
            assert_eq!(tab.state()["user"]["sub"], who);
        }
    }
}
