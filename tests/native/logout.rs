//! Sign-out: here first, whatever the provider does (OpenID Connect RP-Initiated Logout, RFC 7009).

use portcullis::{client::Occasion, error::Code, platform::Event};
use serde_json::{Value, json};

use crate::world::*;

const AFTER: &str = "https://portal.example/bye?a=b";

fn signed_in(options: &Value) -> (World, Tab) {
    let world = World::new();
    let tab = world.signed_in(&world.tab_with(options), false);
    tab.page.navigations.take();
    (world, tab)
}

fn assert_signed_out(tab: &Tab) {
    assert_eq!(tab.status(), "signed-out");
    assert_eq!(
        tab.page.take_events(),
        [(Event::SignedOut, json!({ "reason": "logout" }))]
    );
    for secret in [ACCESS_TOKEN, REFRESH_TOKEN] {
        assert!(!tab.page.stored().values().any(|text| text.contains(secret)));
    }
    assert_eq!(tab.reload().status(), "signed-out");
}

/// Where the page went, endpoint and parameters.
fn left_for(tab: &Tab) -> (String, Vec<(String, String)>) {
    let urls = tab.page.navigations.take();
    assert_eq!(urls.len(), 1);
    let (endpoint, query) = urls[0].split_once('?').unwrap();
    (endpoint.into(), parse_form(query))
}

#[test]
fn a_sign_out_revokes_and_then_visits_the_provider() {
    let (world, tab) = signed_in(&json!({ "postLogoutRedirectUri": AFTER }));
    let stored = tab.page.stored();
    let (_, stored) = stored
        .iter()
        .find(|(key, _)| key.ends_with(".session"))
        .unwrap();
    let stored: Value = serde_json::from_str(stored).unwrap();
    let gate = world.expect_held(REVOKE, answer(200, "", ""));
    let mut task = Task::start(tab.leave_with("{}".into()));
    // signed out before anybody was asked
    assert_signed_out(&tab);
    assert!(tab.page.navigations.borrow().is_empty());
    gate.open();
    task.run();
    task.finish().unwrap();

    let [sent] = &world.take_sent()[..] else {
        panic!("one request")
    };
    let fields = [
        ("token", REFRESH_TOKEN),
        ("token_type_hint", "refresh_token"),
        ("client_id", CLIENT),
    ];
    let fields: Vec<_> = fields
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .into();
    assert_eq!((sent.fields(), sent.seconds), (fields, 2));

    let (endpoint, params) = left_for(&tab);
    let names: Vec<_> = params.iter().map(|(name, _)| &**name).collect();
    assert_eq!(endpoint, END_SESSION);
    assert_eq!(
        names,
        [
            "id_token_hint",
            "client_id",
            "post_logout_redirect_uri",
            "state"
        ]
    );
    let values: Vec<_> = params.iter().map(|(_, value)| &**value).collect();
    assert_eq!(
        values[..3],
        [stored["id_token"].as_str().unwrap(), CLIENT, AFTER]
    );
    assert_eq!(values[3].len(), 43, "256 bits");
}

#[test]
fn a_revocation_that_fails_changes_nothing() {
    for answer in [offline(), silence(), html(500), redirect(), html(400)] {
        let (world, tab) = signed_in(&json!({}));
        world.expect(REVOKE, answer);
        tab.logout(&json!({})).unwrap();
        assert_signed_out(&tab);
        assert_eq!(left_for(&tab).0, END_SESSION);
    }
}

#[test]
fn a_local_sign_out_asks_nobody() {
    let (_world, tab) = signed_in(&json!({ "postLogoutRedirectUri": AFTER }));
    tab.logout(&json!({ "localOnly": true })).unwrap();
    assert_signed_out(&tab);
    assert!(tab.page.navigations.borrow().is_empty());
}

#[test]
fn a_provider_without_endpoints_or_out_of_reach_does_not_matter() {
    for patch in [
        json!({ "end_session_endpoint": ABSENT, "revocation_endpoint": ABSENT }),
        json!({ "end_session_endpoint": "http://op.example/logout", "revocation_endpoint": "http://op.example/revoke" }),
    ] {
        let world = World::new();
        world.expect_discovery_with(&patch);
        let tab = world.signed_in(&world.tab(), true);
        tab.page.navigations.take();
        tab.logout(&json!({})).unwrap();
        assert_signed_out(&tab);
        assert!(tab.page.navigations.borrow().is_empty());
    }
    let (world, tab) = signed_in(&json!({}));
    world.advance(2 * 3600);
    world.expect(DISCOVERY, offline());
    tab.logout(&json!({})).unwrap();
    assert_signed_out(&tab);
}

#[test]
fn a_long_id_token_is_not_put_into_a_url() {
    // a signed token is longer than its claims by a third and a constant
    for (filler, has_hint) in [(2000, true), (3200, false)] {
        let world = World::new();
        let tab = world.tab();
        world.expect_discovery();
        let sign_in = tab.leave(&json!({}));
        let id_token = world.id_token(&sign_in.nonce, &json!({ "x": "x".repeat(filler) }));
        assert_eq!(id_token.len() <= 4096, has_hint);
        world.expect(TOKEN, ok(&tokens(&id_token)));
        tab.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
        tab.page.navigations.take();
        world.expect(REVOKE, answer(200, "", ""));
        tab.logout(&json!({})).unwrap();
        let (_, params) = left_for(&tab);
        assert_eq!(
            params
                .iter()
                .any(|(name, value)| name == "id_token_hint" && *value == id_token),
            has_hint
        );
        assert!(params.contains(&("client_id".into(), CLIENT.into())));
    }
}

#[test]
fn the_way_back_is_on_this_origin() {
    for (options, asked, expected, is_rejected) in [
        (json!({}), json!({}), None, false),
        (
            json!({ "postLogoutRedirectUri": AFTER }),
            json!({}),
            Some(AFTER),
            false,
        ),
        (
            json!({ "postLogoutRedirectUri": AFTER }),
            json!({ "returnTo": HOME }),
            Some(HOME),
            false,
        ),
        (
            json!({ "postLogoutRedirectUri": AFTER }),
            json!({ "returnTo": "https://evil.example/" }),
            Some(AFTER),
            true,
        ),
        (
            json!({}),
            json!({ "returnTo": "//evil.example/" }),
            None,
            true,
        ),
        (
            json!({}),
            json!({ "returnTo": "javascript:alert(1)" }),
            None,
            true,
        ),
    ] {
        let (world, tab) = signed_in(&options);
        world.expect(REVOKE, answer(200, "", ""));
        tab.logout(&asked).unwrap();
        let (_, params) = left_for(&tab);
        let get = |name: &str| {
            params
                .iter()
                .find(|(found, _)| found == name)
                .map(|(_, value)| &**value)
        };
        assert_eq!(get("post_logout_redirect_uri"), expected, "{asked}");
        assert_eq!(get("state").is_some(), expected.is_some(), "{asked}");
        let problems = tab
            .page
            .take_events()
            .into_iter()
            .filter(|(event, _)| *event == Event::Problem);
        let codes: Vec<_> = problems
            .map(|(_, detail)| detail["error"]["code"].clone())
            .collect();
        let rejected = if is_rejected {
            vec![json!("return_to_rejected")]
        } else {
            vec![]
        };
        assert_eq!(codes, rejected, "{asked}");
    }
}

#[test]
fn options_that_cannot_be_read_keep_nobody_signed_in() {
    for options in ["", "[]", "{\"returnTo\":1}", "{\"localOnly\":\"yes\"}"] {
        let (world, tab) = signed_in(&json!({}));
        world.take_sent();
        let outcome = block_on(tab.leave_with(options.into()));
        let code = outcome.unwrap_err().error.code();
        assert_eq!(
            (code, &*tab.status()),
            (Code::ConfigInvalid, "signed-out"),
            "{options}"
        );
        assert_eq!(tab.reload().status(), "signed-out");
        // where to go on from here nobody knows
        assert!(tab.page.navigations.borrow().is_empty() && world.take_sent().is_empty());
    }
}

#[test]
fn signing_out_while_signed_out_still_visits_the_provider() {
    let world = World::new();
    let tab = world.tab();
    world.expect(DISCOVERY, ok(&metadata()));
    tab.logout(&json!({})).unwrap();
    assert!(tab.page.take_events().is_empty());
    let (endpoint, params) = left_for(&tab);
    assert_eq!((&*endpoint, params.len()), (END_SESSION, 1));
}

#[test]
fn a_store_that_will_not_forget_does_not_stop_a_sign_out() {
    let (world, tab) = signed_in(&json!({}));
    tab.page.storage.set(Storage::Blocked);
    world.expect(REVOKE, answer(200, "", ""));
    tab.logout(&json!({})).unwrap();
    assert_eq!(tab.status(), "signed-out");
    let events = tab.page.take_events();
    assert_eq!(events[0], (Event::SignedOut, json!({ "reason": "logout" })));
    assert_eq!(
        (events[1].0, &events[1].1["error"]["code"]),
        (Event::Problem, &json!("storage_unavailable"))
    );
    assert_eq!(left_for(&tab).0, END_SESSION);
}

#[test]
fn a_double_click_revokes_once() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    tab.page.navigations.take();
    world.expect(REVOKE, answer(200, "", ""));
    let clicks = (0..2).map(|_| Task::new(tab.leave_with("{}".into())));
    for outcome in all(clicks.collect()) {
        outcome.unwrap();
    }
    assert_eq!(world.take_sent().len(), 1, "the refresh token is revoked");
}

#[test]
fn a_second_click_does_not_overtake_the_first() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    tab.page.navigations.take();
    let gate = world.expect_held(REVOKE, answer(200, "", ""));
    let first = Task::start(tab.leave_with("{}".into()));
    let second = Task::start(tab.leave_with("{}".into()));
    let early = tab.page.navigations.borrow().clone();
    gate.open();
    first.finish().unwrap();
    second.finish().unwrap();
    assert!(
        early.iter().all(|url| url.contains("id_token_hint=")),
        "left without a hint, before the revocation: {early:?}"
    );
}

#[test]
fn a_second_click_that_is_minded_when_the_first_is_done_holds_nobody_up() {
    let world = World::new();
    let patch = json!({ "end_session_endpoint": ABSENT });
    world.expect(DISCOVERY, ok(&patched(metadata(), &patch)));
    world.expect(JWKS, ok(&world.signer.jwks()));
    let tab = world.signed_in(&world.tab(), true);
    tab.page.navigations.take();
    for _ in 0..2 {
        assert!(block_on(tab.client.sign_out("{}".into())).unwrap());
    }
    world.expect(REVOKE, answer(200, "", ""));
    for _ in 0..2 {
        block_on(tab.client.leave());
    }
    tab.leave(&json!({}));
}

#[test]
fn a_page_that_is_looked_at_before_the_provider_is_told_tells_it_all_the_same() {
    let (world, tab) = signed_in(&json!({}));
    assert!(block_on(tab.client.sign_out("{}".into())).unwrap());
    tab.look(Occasion::Restored);
    world.expect(REVOKE, answer(200, "", ""));
    block_on(tab.client.leave());
    assert_eq!(left_for(&tab).0, END_SESSION);
}
