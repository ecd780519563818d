//! Sign-outs that the provider tells of, in a frame that loads our URL.

use std::collections::BTreeMap;

use portcullis::{client::Occasion, error::Code, platform::Event};
use serde_json::json;

use crate::world::{form, *};

const HERE: &str = "https://portal.example/front-channel";

fn told(tab: &Tab, params: &[(&str, &str)]) -> bool {
    let url = format!("{HERE}?{}", form::write(params));
    block_on(tab.client.front_channel_logout(url)).unwrap()
}

/// A tab whose user signed in, in a session that the provider calls `sid`.
fn signed_in(world: &World, persist: &str, sid: &str) -> Tab {
    let tab = world.tab_with(&json!({ "persist": persist }));
    if world.shared().is_empty() {
        world.expect_discovery();
    }
    let sign_in = tab.leave(&json!({}));
    world.expect_tokens(&sign_in, &json!({ "sid": sid }));
    let callback = sign_in.callback(&[("code", CODE)]);
    let tab = tab.arrive(&callback);
    tab.handle(&callback).unwrap();
    tab.page.take_events();
    world.take_sent();
    tab
}

#[test]
fn the_session_that_is_named_ends_in_every_tab() {
    for persist in ["memory", "tab", "device"] {
        let world = World::new();
        let tab = signed_in(&world, persist, "s1");
        world.advance(1);
        let frame = world.tab_with(&json!({ "persist": persist }));
        let before = frame.page.told.get();
        assert!(told(&frame, &[("iss", ISSUER), ("sid", "s1")]), "{persist}");
        assert_eq!(frame.status(), "signed-out");
        assert!(frame.page.told.get() > before, "the others are to look");
        let trace = frame.trace();
        let step = &trace.as_array().unwrap().last().unwrap()["step"];
        assert_eq!(step, "front-channel-logout");
        tab.look(Occasion::Told);
        assert_eq!(tab.status(), "signed-out", "{persist}");
        assert_eq!(
            tab.page.take_events(),
            [(Event::SignedOut, json!({ "reason": "provider" }))]
        );
        assert_eq!(tab.token().unwrap_err().error.code(), Code::LoginRequired);
        assert!(world.take_sent().is_empty(), "nobody is asked");
        assert_eq!(tab.reload().status(), "signed-out");
    }
}

#[test]
fn the_users_other_sessions_go_on() {
    for persist in ["memory", "tab"] {
        let world = World::new();
        let named = signed_in(&world, persist, "s1");
        world.advance(1);
        let other = signed_in(&world, persist, "s2");
        world.advance(1);
        assert!(told(&named, &[("iss", ISSUER), ("sid", "s1")]));
        assert_eq!(named.status(), "signed-out");
        other.look(Occasion::Told);
        assert_eq!(other.status(), "signed-in", "{persist}: s2 was not named");
    }
}

#[test]
fn a_tab_that_slept_while_two_sessions_were_named_knows_its_own() {
    for persist in ["memory", "tab"] {
        let world = World::new();
        let asleep = signed_in(&world, persist, "s1");
        world.advance(1);
        let frame = world.tab_with(&json!({ "persist": persist }));
        for sid in ["s1", "s2"] {
            assert!(told(&frame, &[("iss", ISSUER), ("sid", sid)]));
            world.advance(1);
        }
        asleep.look(Occasion::Restored);
        assert_eq!(asleep.status(), "signed-out", "{persist}");
    }
}

#[test]
fn a_session_that_another_tab_was_told_of_stays_written_down_though_the_store_is_slow() {
    let world = World::new();
    let asleep = signed_in(&world, "tab", "s1");
    world.advance(1);
    let slow = world.tab_with(&json!({ "persist": "memory" }));
    slow.page.mirror.replace(Some(BTreeMap::new()));
    assert!(told(&world.tab(), &[("iss", ISSUER), ("sid", "s1")]));
    assert!(told(&slow, &[("iss", ISSUER), ("sid", "s2")]));
    asleep.look(Occasion::Restored);
    assert_eq!(asleep.status(), "signed-out");
}

#[test]
fn what_cannot_be_written_down_fails_the_call() {
    for (storage, code) in [
        (Storage::Full, Code::StorageFull),
        (Storage::Blocked, Code::StorageUnavailable),
        (Storage::Late(Code::StorageFull), Code::StorageFull),
    ] {
        let tab = World::new().tab();
        tab.page.storage.set(storage);
        let url = format!("{HERE}?iss={ISSUER}&sid=s1");
        let failure = block_on(tab.client.front_channel_logout(url)).unwrap_err();
        assert_eq!(failure.error.code(), code);
    }
}

#[test]
fn where_the_session_is_known_the_reason_is_the_provider() {
    let world = World::new();
    let tab = signed_in(&world, "device", "s1");
    world.advance(1);
    assert!(told(&tab, &[("iss", ISSUER), ("sid", "s1")]));
    assert_eq!(
        tab.page.take_events(),
        [(Event::SignedOut, json!({ "reason": "provider" }))]
    );
}

#[test]
fn any_other_request_is_ignored() {
    let world = World::new();
    let tab = signed_in(&world, "device", "s1");
    world.advance(1);
    let before = tab.page.stored();
    for (params, is_ours) in [
        (&[][..], false),
        (&[("sid", "s1")], false),
        (&[("iss", ISSUER)], false),
        (&[("iss", ISSUER), ("sid", "")], false),
        (&[("iss", "https://op.example/"), ("sid", "s1")], false),
        (&[("iss", "https://evil.example"), ("sid", "s1")], false),
        (&[("iss", ISSUER), ("iss", ISSUER), ("sid", "s1")], false),
        (&[("iss", ISSUER), ("sid", "s1"), ("sid", "s1")], false),
    ] {
        assert_eq!(told(&tab, params), is_ours, "{params:?}");
        assert_eq!(tab.page.stored(), before, "{params:?}");
    }
    // one of this provider, of somebody else's
    assert!(told(&tab, &[("iss", ISSUER), ("sid", "s2")]));
    tab.look(Occasion::Told);
    assert_eq!(tab.status(), "signed-in");
    assert!(tab.page.take_events().is_empty());
}

#[test]
fn a_sign_in_after_that_counts() {
    let world = World::new();
    let tab = signed_in(&world, "device", "s1");
    world.advance(1);
    assert!(told(&tab, &[("iss", ISSUER), ("sid", "s1")]));
    world.advance(1);
    let tab = signed_in(&world, "device", "s1");
    tab.look(Occasion::Told);
    assert_eq!(tab.reload().status(), "signed-in");
}

#[test]
fn what_is_written_down_names_nobody() {
    let world = World::new();
    let tab = world.tab_with(&json!({ "persist": "device" }));
    assert!(told(&tab, &[("iss", ISSUER), ("sid", "secret-session")]));
    assert!(!tab.page.record("over").is_empty());
    assert!(
        !tab.page
            .stored()
            .values()
            .any(|text| text.contains("secret-session"))
    );
}

#[test]
fn urls_that_are_none_are_refused() {
    let tab = World::new().tab();
    for (url, code) in [
        ("nonsense".to_string(), Code::CallbackMalformed),
        (format!("{HERE}?iss=%zz"), Code::CallbackMalformed),
        (
            format!("{HERE}?sid={}", "x".repeat(1 << 17)),
            Code::CallbackTooLarge,
        ),
    ] {
        let failure = block_on(tab.client.front_channel_logout(url)).unwrap_err();
        assert_eq!(failure.error.code(), code);
    }
    tab.client.dispose();
    let url = format!("{HERE}?iss={ISSUER}&sid=s1");
    let failure = block_on(tab.client.front_channel_logout(url)).unwrap_err();
    assert_eq!(failure.error.code(), Code::Disposed);
}

#[test]
fn a_session_that_is_named_while_its_code_is_redeemed_does_not_begin() {
    for persist in ["memory", "tab", "device"] {
        for (sid, is_over) in [("s1", true), ("s2", false)] {
            let what = format!("{persist}, {sid}");
            let client = json!({ "persist": persist });
            let world = World::new();
            world.expect_discovery();
            let tab = world.tab_with(&client);
            let sign_in = tab.leave(&json!({}));
            let url = sign_in.callback(&[("code", CODE)]);
            let tab = tab.arrive(&url);
            let id_token = world.id_token(&sign_in.nonce, &json!({ "sid": "s1" }));
            let gate = world.expect_held(TOKEN, ok(&tokens(&id_token)));
            let mut callback = handling(&tab, &url);
            callback.run();
            let frame = world.tab_with(&client);
            assert!(told(&frame, &[("iss", ISSUER), ("sid", sid)]));
            tab.look(Occasion::Told);
            gate.open();
            let outcome = callback.finish();
            assert_eq!(outcome.is_err(), is_over, "{what}");
            if let Err(failure) = outcome {
                assert_eq!(failure.error.code(), Code::LoginRequired);
            }
            assert_eq!(tab.status() == "signed-out", is_over, "{what}");
            // the same user may sign in again, also in that session of the provider's
            let sign_in = tab.leave(&json!({}));
            world.expect_tokens(&sign_in, &json!({ "sid": "s1" }));
            tab.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
        }
    }
}
