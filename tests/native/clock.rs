//! Whose clock counts: tolerance at its edges, and a machine whose clock is wrong.

use portcullis::{error::Code, platform::Event};
use serde_json::{Value, json};

use crate::world::*;

fn outcome(options: &Value, patch: &Value) -> Option<Code> {
    let scene = Scene::with(options, &json!({}));
    scene.world.expect_tokens(&scene.sign_in, patch);
    scene
        .tab
        .handle(&scene.callback())
        .err()
        .map(|failure| failure.error.code())
}

#[test]
fn tolerance_ends_to_the_second() {
    for tolerance in [0, 30, 300] {
        let options = json!({ "clockTolerance": tolerance });
        let expired = Some(Code::IdTokenExp);
        assert_eq!(
            outcome(&options, &json!({ "exp": NOW - tolerance + 1 })),
            None
        );
        assert_eq!(
            outcome(&options, &json!({ "exp": NOW - tolerance })),
            expired
        );
        assert_eq!(
            outcome(&options, &json!({ "exp": NOW - tolerance - 1 })),
            expired
        );
        assert_eq!(outcome(&options, &json!({ "nbf": NOW + tolerance })), None);
        assert_eq!(
            outcome(&options, &json!({ "nbf": NOW + tolerance + 1 })),
            Some(Code::IdTokenNbf)
        );
    }
}

#[test]
fn a_token_whose_issue_alone_is_shifted_is_refused() {
    assert_eq!(
        outcome(&json!({}), &json!({ "iat": NOW + 1000 })),
        Some(Code::IdTokenExp)
    );
    assert_eq!(
        outcome(&json!({}), &json!({ "iat": NOW - 1000 })),
        Some(Code::IdTokenAuthTime)
    );
    assert_eq!(
        outcome(&json!({}), &json!({ "exp": NOW - 1000, "iat": NOW - 30 })),
        Some(Code::IdTokenExp)
    );
    // expired before it was issued
    assert_eq!(
        outcome(&json!({}), &json!({ "iat": NOW + 20, "exp": NOW - 10 })),
        Some(Code::IdTokenExp)
    );
}

#[test]
fn a_clock_that_is_more_than_a_day_wrong_is_not_believed() {
    for (shift, code) in [
        (86_400, None),
        (-86_400, None),
        (86_401, Some(Code::IdTokenIat)),
        (-86_401, Some(Code::IdTokenIat)),
    ] {
        let at = NOW + shift;
        let patch = json!({ "iat": at, "exp": at + 300, "auth_time": at - 5 });
        assert_eq!(outcome(&json!({}), &patch), code, "{shift}");
    }
}

/// The machine's clock is `hours` behind the provider's.
fn signed_in_with_wrong_clock(seconds: i64) -> (World, Tab) {
    let world = World::new();
    let tab = world.tab();
    world.expect_discovery();
    let sign_in = tab.leave(&json!({}));
    let id_token = world.signer.token(&claims(&sign_in.nonce, NOW + seconds));
    world.expect(TOKEN, ok(&tokens(&id_token)));
    tab.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
    (world, tab)
}

#[test]
fn a_wrong_clock_is_learned_and_told() {
    for seconds in [2 * 3600, -2 * 3600, 31, -31] {
        let (_world, tab) = signed_in_with_wrong_clock(seconds);
        let events = tab.page.take_events();
        assert_eq!(events[0].0, Event::SignedIn);
        assert_eq!(events[1], (Event::ClockSkew, json!({ "seconds": seconds })));
        // the access token's lifetime counts from our own now
        assert_eq!(tab.state()["accessTokenExpiresAt"], NOW + 300);
    }
    for seconds in [30, -30, 0] {
        let (_world, tab) = signed_in_with_wrong_clock(seconds);
        assert_eq!(
            tab.page.take_events().len(),
            1,
            "{seconds}: no skew worth a word"
        );
    }
}

#[test]
fn what_was_learned_judges_later_tokens_and_is_not_learned_again() {
    for hours in [2, -2] {
        let (world, tab) = signed_in_with_wrong_clock(hours * 3600);
        // also after a reload
        let tab = tab.reload();
        tab.page.take_events();
        for _ in 0..2 {
            world.advance(300);
            let nonce = tab.state()["user"]["nonce"].as_str().unwrap().to_string();
            let fresh = claims(&nonce, world.now() + hours * 3600);
            let fresh = world
                .signer
                .token(&patched(fresh, &json!({ "auth_time": ABSENT })));
            world.expect(TOKEN, ok(&tokens(&fresh)));
            tab.token().unwrap();
            assert_eq!(
                tab.page.take_events().len(),
                1,
                "refreshed, and no word of a clock"
            );
        }
        // a token by neither clock is one from the past or the future
        world.advance(300);
        let nonce = tab.state()["user"]["nonce"].as_str().unwrap().to_string();
        let wrong = world.signer.token(&patched(
            claims(&nonce, world.now() + hours * 1800),
            &json!({ "auth_time": ABSENT }),
        ));
        world.expect(TOKEN, ok(&tokens(&wrong)));
        assert_eq!(tab.token().unwrap_err().error.code(), Code::RefreshIdToken);
    }
}

#[test]
fn a_clock_that_is_set_right_needs_no_correction_any_more() {
    for hours in [2, -2] {
        let (world, tab) = signed_in_with_wrong_clock(hours * 3600);
        let nonce = tab.state()["user"]["nonce"].as_str().unwrap().to_string();
        world.set_clock(hours * 3600);
        world.expect(DISCOVERY, ok(&metadata()));
        for refreshes in 0..2 {
            world.advance(300);
            let fresh = patched(claims(&nonce, world.now()), &json!({ "auth_time": ABSENT }));
            world.expect(TOKEN, ok(&tokens(&world.signer.token(&fresh))));
            if refreshes == 0 {
                world.expect(JWKS, ok(&world.signer.jwks()));
            }
            tab.token_with(30, true).unwrap();
        }
    }
}

#[test]
fn a_clock_that_is_set_back_makes_no_token_younger() {
    for reload in [false, true] {
        let (world, mut tab) = signed_in_with_wrong_clock(0);
        if reload {
            tab = tab.reload();
        }
        world.advance(200);
        world.set_clock(-3600);
        assert_eq!(tab.token().unwrap(), ACCESS_TOKEN, "100 s are left");
        world.advance(71);
        // what is known of the provider is from the future
        world.expect(DISCOVERY, offline());
        assert_eq!(tab.token().unwrap_err().error.code(), Code::Network);
    }
}

#[test]
fn a_token_ages_in_a_machine_that_sleeps() {
    let (world, tab) = signed_in_with_wrong_clock(0);
    world.sleep(271);
    world.expect(TOKEN, offline());
    assert_eq!(tab.token().unwrap_err().error.code(), Code::Network);
}

#[test]
fn tokens_age_by_our_own_clock() {
    let (world, tab) = signed_in_with_wrong_clock(7200);
    world.advance(270);
    assert_eq!(
        tab.token().unwrap(),
        ACCESS_TOKEN,
        "thirty seconds are left"
    );
    world.advance(1);
    world.expect(TOKEN, offline());
    assert_eq!(tab.token().unwrap_err().error.code(), Code::Network);
    assert_eq!(
        tab.token_with(29, false).unwrap(),
        ACCESS_TOKEN,
        "for those in less of a hurry"
    );
}
