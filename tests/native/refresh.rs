//! Refreshing: what changes, what stays, and what ends a session (RFC 6749 §6, OpenID Connect
//! Core §12).

use portcullis::{client::MIN_VALIDITY, error::Code, platform::Event};
use serde_json::{Value, json};

use crate::world::*;

/// Alice, signed in long enough ago for her access token to have expired.
pub struct Expired {
    pub world: World,
    pub tab: Tab,
    pub nonce: String,
}

impl Expired {
    pub fn new() -> Self {
        let world = World::new();
        let tab = world.signed_in(&world.tab(), false);
        let nonce = tab.state()["user"]["nonce"].as_str().unwrap().into();
        world.advance(300);
        Self { world, tab, nonce }
    }

    /// An ID token that continues the session, some claims changed.
    pub fn id_token(&self, patch: &Value) -> String {
        let claims = patched(
            claims(&self.nonce, self.world.now()),
            &json!({ "auth_time": NOW - 5, "at_hash": at_hash("fresh") }),
        );
        self.world.signer.token(&patched(claims, patch))
    }
}

/// What a refresh answers without an ID token.
pub fn fresh() -> Value {
    json!({ "access_token": "fresh", "token_type": "Bearer", "expires_in": 60 })
}

#[test]
fn a_token_is_over_when_it_expires_also_for_who_asks_for_no_more() {
    let Expired { world, tab, .. } = Expired::new();
    world.expect(TOKEN, ok(&fresh()));
    assert_eq!(tab.token_with(0, false).unwrap(), "fresh");
}

#[test]
fn a_refresh_sends_the_refresh_token_and_nothing_else() {
    let Expired { world, tab, .. } = Expired::new();
    world.expect(TOKEN, ok(&fresh()));
    assert_eq!(tab.token().unwrap(), "fresh");
    let [sent] = &world.take_sent()[..] else {
        panic!("one request")
    };
    let fields = [
        ("grant_type", "refresh_token"),
        ("client_id", CLIENT),
        ("refresh_token", REFRESH_TOKEN),
    ];
    let fields: Vec<_> = fields
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .into();
    assert_eq!(sent.fields(), fields);
    assert!(sent.request.bearer.is_none());
}

#[test]
fn what_a_refresh_is_silent_about_stays() {
    let Expired { world, tab, .. } = Expired::new();
    let before = tab.state();
    world.expect(TOKEN, ok(&fresh()));
    assert_eq!(tab.token().unwrap(), "fresh");
    let expires_at = NOW + 300 + 60;
    assert_eq!(
        tab.state(),
        patched(before, &json!({ "accessTokenExpiresAt": expires_at }))
    );
    assert_eq!(
        tab.page.take_events(),
        [(
            Event::Refreshed,
            json!({ "accessTokenExpiresAt": expires_at })
        )]
    );
    // the old refresh token is still good, also after a reload
    let tab = tab.reload();
    assert_eq!(tab.token().unwrap(), "fresh");
    world.advance(60);
    world.expect(TOKEN, ok(&fresh()));
    world.take_sent();
    tab.token().unwrap();
    assert_eq!(
        world.take_sent()[0].field("refresh_token").unwrap(),
        REFRESH_TOKEN
    );
}

#[test]
fn what_a_refresh_brings_replaces_the_old() {
    let expired = Expired::new();
    let Expired { world, tab, .. } = &expired;
    let id_token = expired.id_token(&json!({ "name": "Alice B." }));
    let answer = patched(
        fresh(),
        &json!({ "refresh_token": "next", "id_token": id_token, "scope": "openid", "expires_in": ABSENT }),
    );
    world.expect(TOKEN, ok(&answer));
    assert_eq!(tab.token().unwrap(), "fresh");
    let state = tab.state();
    assert_eq!(
        (
            &state["user"]["name"],
            &state["scope"],
            &state["accessTokenExpiresAt"]
        ),
        (&json!("Alice B."), &json!(["openid"]), &json!(null))
    );
    assert_eq!(
        tab.page.take_events(),
        [(Event::Refreshed, json!({ "accessTokenExpiresAt": null }))]
    );
    // a token whose end nobody knows is used until it is refused
    world.advance(100_000);
    assert_eq!(tab.token().unwrap(), "fresh");
    world.take_sent();
    world.expect(DISCOVERY, ok(&metadata()));
    world.expect(TOKEN, ok(&fresh()));
    tab.token_with(30, true).unwrap();
    assert_eq!(world.take_sent()[1].field("refresh_token").unwrap(), "next");
    assert!(
        !tab.page
            .stored()
            .values()
            .any(|text| text.contains(REFRESH_TOKEN)),
        "the old one is gone"
    );
}

#[test]
fn a_token_that_is_good_long_enough_is_not_refreshed() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    assert_eq!(tab.token().unwrap(), ACCESS_TOKEN);
    assert_eq!(tab.token_with(300, false).unwrap(), ACCESS_TOKEN);
    world.expect(TOKEN, ok(&fresh()));
    assert_eq!(
        tab.token_with(301, false).unwrap(),
        "fresh",
        "shorter than asked for, but new"
    );
    world.expect(TOKEN, ok(&fresh()));
    assert_eq!(
        tab.token_with(0, true).unwrap(),
        "fresh",
        "whatever it is good for"
    );
}

#[test]
fn without_a_refresh_token_only_a_sign_in_helps() {
    let world = World::new();
    assert_eq!(
        world.tab().token().unwrap_err().error.code(),
        Code::LoginRequired
    );
    let tab = world.tab();
    world.expect_discovery();
    let sign_in = tab.leave(&json!({}));
    let answer = patched(
        tokens(&world.id_token(&sign_in.nonce, &json!({}))),
        &json!({ "refresh_token": ABSENT }),
    );
    world.expect(TOKEN, ok(&answer));
    tab.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
    tab.page.take_events();
    assert_eq!(tab.token().unwrap(), ACCESS_TOKEN);
    world.advance(300);
    let before = Untouched::of(&tab, &[]);
    assert_eq!(tab.token().unwrap_err().error.code(), Code::LoginRequired);
    assert_eq!(
        tab.token_with(30, true).unwrap_err().error.code(),
        Code::LoginRequired
    );
    assert_eq!(Untouched::of(&tab, &[]), before);
    assert!(tab.page.take_events().is_empty());
}

#[test]
fn whatever_is_no_refusal_leaves_the_session_stale() {
    for (what, answer, code) in [
        ("no connection", offline(), Code::Network),
        ("silence", silence(), Code::Timeout),
        ("500", html(500), Code::TokenHttp),
        (
            "503 with words",
            json(503, &json!({ "error": "temporarily_unavailable" })),
            Code::TokenError,
        ),
        ("429", html(429), Code::TokenHttp),
        (
            "an empty refresh token",
            ok(&patched(fresh(), &json!({ "refresh_token": "" }))),
            Code::TokenInvalid,
        ),
        // nobody who speaks OAuth: a proxy, a firewall, a page for whoever has no network yet
        ("a page", html(200), Code::TokenInvalid),
        ("no words at all", answer(400, "", ""), Code::TokenHttp),
        ("403", html(403), Code::TokenHttp),
        ("404", html(404), Code::TokenHttp),
        ("too much", endless(), Code::TokenTooLarge),
        // OAuth's words, but none about the session
        (
            "an error of the client's",
            json(401, &json!({ "error": "invalid_client" })),
            Code::TokenError,
        ),
        (
            "not now, with the status of a no",
            json(400, &json!({ "error": "temporarily_unavailable" })),
            Code::TokenError,
        ),
        (
            "another type",
            ok(&patched(fresh(), &json!({ "token_type": "DPoP" }))),
            Code::TokenTypeUnsupported,
        ),
    ] {
        let Expired { world, tab, .. } = Expired::new();
        let before = Untouched::of(&tab, &[]);
        world.expect(TOKEN, answer);
        assert_eq!(tab.token().unwrap_err().error.code(), code, "{what}");
        assert_eq!(
            Untouched::of(&tab, &["outage"]),
            before.but_stale(),
            "{what}"
        );
        assert!(tab.page.take_events().is_empty(), "{what}");
        // and the next attempt mends it
        world.advance(PAUSE);
        world.expect(TOKEN, ok(&fresh()));
        assert_eq!(tab.token().unwrap(), "fresh", "{what}");
        assert_eq!(tab.status(), "signed-in", "{what}");
        assert!(!tab.page.stored().keys().any(|key| key.ends_with("outage")));
    }
}

#[test]
fn a_refusal_ends_the_session_once() {
    for (status, description) in [(400, Some("revoked")), (200, None), (401, None)] {
        let Expired { world, tab, .. } = Expired::new();
        world.expect(
            TOKEN,
            json(
                status,
                &json!({ "error": "invalid_grant", "error_description": description }),
            ),
        );
        let failure = tab.token().unwrap_err();
        assert_eq!(
            (failure.error.code(), failure.error.status()),
            (Code::SessionExpired, status)
        );
        assert!(failure.said.is_some());
        assert_eq!(
            tab.page.take_events(),
            [(Event::SignedOut, json!({ "reason": "refused" }))]
        );
        assert_eq!(
            tab.state(),
            json!({ "status": "signed-out", "user": null, "accessTokenExpiresAt": null, "scope": [] })
        );
        assert!(
            !tab.page
                .stored()
                .values()
                .any(|text| text.contains(REFRESH_TOKEN))
        );
        // from now on nobody is asked
        assert_eq!(tab.token().unwrap_err().error.code(), Code::LoginRequired);
        assert_eq!(
            tab.reload().token().unwrap_err().error.code(),
            Code::LoginRequired
        );
        assert!(tab.page.take_events().is_empty());
    }
}

#[test]
fn a_provider_that_has_to_ask_the_user_something_needs_a_sign_in() {
    // as Entra ID does where a policy demands more of a user than when the session began; the last is what
    // LemonLDAP::NG says of a refresh token that has expired, and Canaille of a user who is locked out
    for word in [
        "interaction_required",
        "consent_required",
        "login_required",
        "invalid_request",
    ] {
        let Expired { world, tab, .. } = Expired::new();
        let before = Untouched::of(&tab, &[]);
        world.expect(TOKEN, json(400, &json!({ "error": word })));
        let failure = tab.token().unwrap_err();
        assert_eq!(
            (failure.error.code(), failure.error.status()),
            (Code::LoginRequired, 400),
            "{word}"
        );
        assert_eq!(quoted(&failure).0, word);
        assert!(!failure.error.is_retryable());
        // nobody has ended the session
        assert_eq!(Untouched::of(&tab, &[]), before, "{word}");
        assert!(tab.page.take_events().is_empty());
    }
}

#[test]
fn a_refresh_finds_the_token_endpoint_first() {
    let Expired { world, tab, .. } = Expired::new();
    world.advance(2 * 3600);
    let tab = tab.reload();
    for (answer, code) in [
        (offline(), Code::Network),
        (html(404), Code::DiscoveryHttp),
        (html(200), Code::DiscoveryInvalid),
        (endless(), Code::DiscoveryTooLarge),
    ] {
        world.expect(DISCOVERY, answer);
        assert_eq!(tab.token().unwrap_err().error.code(), code);
        assert_eq!(tab.status(), "stale");
        assert_eq!(tab.token().unwrap_err().error.code(), code, "unasked");
        world.advance(8 * PAUSE);
    }
    world.expect(
        DISCOVERY,
        ok(&patched(
            metadata(),
            &json!({ "token_endpoint": "http://op.example/token" }),
        )),
    );
    assert_eq!(
        tab.token().unwrap_err().error.code(),
        Code::InsecureEndpoint,
        "never in the clear"
    );
}

#[test]
fn a_session_that_ends_while_the_token_endpoint_is_looked_for_is_not_refreshed() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    world.advance(2 * 3600);
    let gate = world.expect_held(DISCOVERY, ok(&metadata()));
    let refresh = Task::start(tab.client.access_token(MIN_VALIDITY, false));
    tab.logout(&json!({ "localOnly": true })).unwrap();
    gate.open();
    let failure = refresh.finish().unwrap_err();
    assert_eq!(failure.error.code(), Code::LoginRequired);
}
