//! Whole sign-ins that succeed.

use portcullis::{error::Code, platform::Event};
use serde_json::{Value, json};

use crate::world::*;

/// What the page sees of a good ID token.
fn user(sign_in: &SignIn) -> Value {
    claims(&sign_in.nonce, NOW)
}

#[test]
fn a_code_becomes_a_session_with_one_request() {
    let world = World::new();
    let tab = world.tab();
    world.expect_discovery();
    let sign_in =
        tab.leave(&json!({ "returnTo": "/inbox?a=1#b", "appState": { "draft": [1, "ü", null] } }));
    world.take_sent();

    let url = format!(
        "{}&session_state=x.y&theme=dark#top",
        sign_in.callback(&[("code", CODE)])
    );
    let tab = tab.arrive(&url);
    assert!(tab.is_callback(&url));
    world.expect_tokens(&sign_in, &json!({}));
    tab.page.take_events();
    let result = tab.handle(&url).unwrap();

    // the exchange, and nothing else
    let [sent] = &world.take_sent()[..] else {
        panic!("one request")
    };
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", CLIENT),
        ("code", CODE),
        ("redirect_uri", REDIRECT),
        ("code_verifier", &*sign_in.verifier),
    ];
    let fields: Vec<_> = fields
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .into();
    assert_eq!(sent.fields(), fields);
    assert_eq!((sent.request.bearer.is_none(), sent.seconds), (true, 20));

    // the result
    assert_eq!(result["user"], user(&sign_in));
    assert_eq!(result["returnTo"], "/inbox?a=1#b");
    assert_eq!(result["appState"], json!({ "draft": [1, "ü", null] }));
    assert_eq!(result["replayed"], false);
    assert_eq!(result.as_object().unwrap().len(), 4);

    // the state
    let state = json!({
        "status": "signed-in", "user": user(&sign_in), "accessTokenExpiresAt": NOW + 300, "scope": ["openid", "profile"],
    });
    assert_eq!(tab.state(), state);
    assert_eq!(
        tab.page.take_events(),
        [(Event::SignedIn, json!({ "user": user(&sign_in) }))]
    );
    assert_eq!(tab.token().unwrap(), ACCESS_TOKEN);

    // the address bar
    assert_eq!(
        tab.page.location.borrow().as_deref(),
        Some("https://portal.example/callback?theme=dark#top")
    );
}

#[test]
fn the_state_changes_before_the_events_that_tell_of_it() {
    let world = World::new();
    let tab = world.tab();
    world.expect_discovery();
    let sign_in = tab.leave(&json!({}));
    let tab = tab.arrive(HOME);
    tab.page.events.take();
    world.expect_tokens(&sign_in, &json!({}));
    tab.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
    let events: Vec<_> = tab
        .page
        .events
        .take()
        .into_iter()
        .map(|(event, _)| event)
        .collect();
    // signing in, signed in, the news of it, no longer signing in
    assert_eq!(
        events,
        [Event::State, Event::State, Event::SignedIn, Event::State]
    );
}

#[test]
fn without_a_return_to_the_page_left_is_the_page_returned_to() {
    let world = World::new();
    let tab = world.tab();
    world.expect_discovery();
    let sign_in = tab.leave(&json!({}));
    let url = sign_in.callback(&[("code", CODE)]);
    world.expect_tokens(&sign_in, &json!({}));
    let result = tab.arrive(&url).handle(&url).unwrap();
    assert_eq!(
        (&result["returnTo"], &result["appState"]),
        (&json!("/desk?tab=1#top"), &json!(null))
    );
}

#[test]
fn a_reload_keeps_the_session_and_sends_nothing() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    let reloaded = tab.reload();
    assert_eq!(reloaded.state(), tab.state());
    assert_eq!(reloaded.token().unwrap(), ACCESS_TOKEN);
    assert!(reloaded.page.take_events().is_empty());
    // but it ends with the tab
    drop((tab, reloaded));
    assert_eq!(world.tab().status(), "signed-out");
}

#[test]
fn a_completed_callback_seen_again_returns_its_session() {
    let world = World::new();
    let tab = world.tab();
    world.expect_discovery();
    let sign_in = tab.leave(&json!({ "returnTo": "/inbox", "appState": 7 }));
    let url = sign_in.callback(&[("code", CODE)]);
    let tab = tab.arrive(&url);
    world.expect_tokens(&sign_in, &json!({}));
    let first = tab.handle(&url).unwrap();
    let expected = patched(first, &json!({ "replayed": true }));
    // in the same page, and after the back button
    assert_eq!(tab.handle(&url).unwrap(), expected);
    let tab = tab.arrive(&url);
    assert!(tab.is_callback(&url));
    tab.page.take_events();
    assert_eq!(tab.handle(&url).unwrap(), expected);
    assert!(tab.page.take_events().is_empty());
    assert_eq!(tab.page.location.borrow().as_deref(), Some(REDIRECT));
    // without its session it is worth nothing
    tab.logout(&json!({ "localOnly": true })).unwrap();
    assert_eq!(
        tab.handle(&url).unwrap_err().error.code(),
        Code::CallbackStateUnknown
    );
}

#[test]
fn two_sign_ins_in_two_tabs_both_finish() {
    let world = World::new();
    let (left, right) = (world.tab(), world.tab());
    world.expect_discovery();
    let first = left.leave(&json!({ "returnTo": "/left" }));
    let second = right.leave(&json!({ "returnTo": "/right" }));
    assert_ne!(first.record, second.record);
    for (tab, sign_in, path) in [(&right, &second, "/right"), (&left, &first, "/left")] {
        let url = sign_in.callback(&[("code", CODE)]);
        let tab = tab.arrive(&url);
        world.expect_tokens(sign_in, &json!({}));
        assert_eq!(tab.handle(&url).unwrap()["returnTo"], path);
        assert_eq!(tab.status(), "signed-in");
    }
}

#[test]
fn a_callback_may_come_back_in_another_tab() {
    let world = World::new();
    world.expect_discovery();
    let sign_in = world.tab().leave(&json!({}));
    let other = world.tab();
    let url = sign_in.callback(&[("code", CODE)]);
    world.expect_tokens(&sign_in, &json!({}));
    other.handle(&url).unwrap();
    assert_eq!(other.status(), "signed-in");
}

#[test]
fn another_user_may_sign_in_over_the_first() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    let sign_in = tab.leave(&json!({}));
    let url = sign_in.callback(&[("code", CODE)]);
    let answer = patched(
        tokens(&world.id_token(&sign_in.nonce, &json!({ "sub": "bob" }))),
        &json!({ "refresh_token": ABSENT }),
    );
    world.expect(TOKEN, ok(&answer));
    tab.handle(&url).unwrap();
    assert_eq!(tab.state()["user"]["sub"], "bob");
    // and gets nothing of hers: without a refresh token of his own there is none
    world.advance(400);
    assert_eq!(tab.token().unwrap_err().error.code(), Code::LoginRequired);
}

#[test]
fn a_silent_sign_in_names_the_user_whose_session_it_renews() {
    // OpenID Connect Core §3.1.2.1: `id_token_hint` should be present when possible
    let world = World::new();
    let tab = world.tab();
    world.expect_discovery();
    let hint = |options: &Value| tab.leave(options).param("id_token_hint");
    assert_eq!(hint(&json!({ "prompt": "none" })), None, "nobody is known");

    let sign_in = tab.leave(&json!({}));
    let id_token = world.id_token(&sign_in.nonce, &json!({}));
    world.expect(TOKEN, ok(&tokens(&id_token)));
    tab.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
    assert_eq!(hint(&json!({ "prompt": "none" })), Some(id_token));
    // whoever is asked something may answer as somebody else, and the application may mean another
    for options in [
        json!({}),
        json!({ "prompt": "login" }),
        json!({ "prompt": "none", "loginHint": "bob" }),
    ] {
        assert_eq!(hint(&options), None, "{options}");
    }
    let own = json!({ "prompt": "none", "authorizationParams": { "id_token_hint": "x.y.z" } });
    let url = tab.leave(&own).url;
    assert_eq!(url.matches("id_token_hint=").count(), 1, "{url}");
    assert!(url.contains("id_token_hint=x.y.z"), "{url}");
}

#[test]
fn issuers_keep_their_trailing_slash() {
    for (issuer, discovery) in [
        ("https://op.example/", DISCOVERY),
        (
            "https://op.example/realm",
            "https://op.example/realm/.well-known/openid-configuration",
        ),
        (
            "https://op.example/realm/",
            "https://op.example/realm/.well-known/openid-configuration",
        ),
    ] {
        let world = World::new();
        let tab = world.tab_with(&json!({ "issuer": issuer }));
        world.expect(
            discovery,
            ok(&patched(metadata(), &json!({ "issuer": issuer }))),
        );
        world.expect(JWKS, ok(&world.signer.jwks()));
        let sign_in = tab.leave(&json!({}));
        let url = sign_in.callback(&[("code", CODE), ("iss", issuer)]);
        world.expect(
            TOKEN,
            ok(&tokens(
                &world.id_token(&sign_in.nonce, &json!({ "iss": issuer })),
            )),
        );
        assert_eq!(tab.handle(&url).unwrap()["user"]["iss"], issuer);
    }
}

#[test]
fn a_provider_may_grant_other_scopes_than_asked_for() {
    for (scope, expected) in [
        (json!("openid"), json!(["openid"])),
        (
            json!("openid profile admin"),
            json!(["openid", "profile", "admin"]),
        ),
        (json!(ABSENT), json!(["openid", "profile"])),
    ] {
        let world = World::new();
        let tab = world.tab();
        world.expect_discovery();
        let sign_in = tab.leave(&json!({}));
        let answer = patched(
            tokens(&world.id_token(&sign_in.nonce, &json!({}))),
            &json!({ "scope": scope }),
        );
        world.expect(TOKEN, ok(&answer));
        tab.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
        assert_eq!(tab.state()["scope"], expected);
        // what was granted is not asked for the next time
        assert_eq!(
            tab.leave(&json!({})).param("scope").unwrap(),
            "openid profile"
        );
    }
}

#[test]
fn claims_reach_the_page_as_they_were_signed() {
    let world = World::new();
    let tab = world.tab();
    world.expect_discovery();
    let sign_in = tab.leave(&json!({}));
    let claims = json!({ "constructor": { "then": 1 }, "big": 9_007_199_254_740_993_i64, "text": "\u{0}\"\\ü", "list": [1.5, null] });
    world.expect_tokens(&sign_in, &claims);
    let result = tab.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
    // an integer that a page would round is handed over as its digits
    let expected = patched(
        patched(user(&sign_in), &claims),
        &json!({ "big": "9007199254740993" }),
    );
    assert_eq!(result["user"], expected);
}

#[test]
fn members_of_an_answer_come_in_any_order() {
    let scene = Scene::new();
    let good = tokens(&scene.id_token(&json!({})));
    // the fake provider writes them by the alphabet
    let members = good.as_object().unwrap().iter().rev();
    let members: Vec<_> = members
        .map(|(name, value)| format!("\"{name}\": {value}"))
        .collect();
    let body = format!("{{ {} }}", members.join(",\r\n\t"));
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), good);
    scene
        .world
        .expect(TOKEN, answer(200, "application/json", body));
    scene.tab.handle(&scene.callback()).unwrap();
    assert_eq!(scene.tab.token().unwrap(), ACCESS_TOKEN);
}
