//! Signed authorization responses (JARM): what the provider signed counts, and nothing that stands beside it.

use portcullis::error::{Code, Place};
use serde_json::{Value, json};

use crate::world::*;

/// Somebody is signed in, and a sign-in waits for its signed response.
pub fn scene() -> Scene {
    Scene::with(&json!({ "jarm": true }), &json!({}))
}

/// A portal that wants signed responses of a provider that says this of itself.
pub fn portal(says: &Value) -> (World, Tab) {
    let world = World::new();
    world.expect_discovery_with(says);
    let tab = world.tab_with(&json!({ "jarm": true }));
    (world, tab)
}

/// The scene's response, some claims changed.
pub fn callback(scene: &Scene, patch: &Value) -> String {
    scene.world.signed_callback(&scene.sign_in, patch)
}

/// A sign-in fails for its response, after no request, and is used up.
fn refuses(
    what: &str,
    url: impl FnOnce(&Scene) -> String,
    code: Code,
) -> portcullis::error::Failure {
    let scene = scene();
    let url = url(&scene);
    scene.world.take_sent();
    let failure = scene.refuses_for_good(what, &url, code);
    assert!(scene.world.take_sent().is_empty(), "{what}: a request");
    failure
}

pub fn refuses_claims(what: &str, patch: &Value, code: Code, place: Place) {
    let failure = refuses(what, |scene| callback(scene, patch), code);
    assert_eq!(failure.error.place(), place, "{what}");
}

/// A sign-in succeeds with what `url` makes of it.
pub fn accepts(what: &str, scene: &Scene, url: &str) -> Vec<(String, String)> {
    scene.world.take_sent();
    scene.world.expect_tokens(&scene.sign_in, &json!({}));
    let outcome = scene.tab.handle(url);
    assert!(
        outcome.is_ok(),
        "{what}: {:?}",
        outcome.err().map(|failure| failure.error)
    );
    let sent = scene.world.take_sent();
    assert_eq!(sent.len(), 1, "{what}");
    sent[0].fields()
}

#[test]
fn the_request_asks_for_a_signed_response() {
    let scene = scene();
    assert_eq!(
        scene.sign_in.param("response_mode").as_deref(),
        Some("query.jwt")
    );
    let plain = Scene::new();
    assert_eq!(plain.sign_in.param("response_mode"), None);
}

#[test]
fn the_code_comes_from_what_is_signed() {
    let scene = scene();
    let url = callback(&scene, &json!({}));
    assert!(scene.tab.client.is_callback(&url));
    scene.tab.page.location.replace(Some(url.clone()));
    let sent = accepts("a good response", &scene, &url);
    assert!(sent.contains(&("code".into(), CODE.into())));
    // out of the address bar
    assert_eq!(*scene.tab.page.location.borrow(), Some(REDIRECT.into()));
    // seen again, it is the session it began
    let again = scene.tab.handle(&url).unwrap();
    assert_eq!(again["replayed"], true);
    assert!(scene.world.take_sent().is_empty());
}

#[test]
fn a_provider_that_names_its_issuer_in_every_response_names_it_inside() {
    let (world, tab) = portal(&json!({ "authorization_response_iss_parameter_supported": true }));
    world.signed_in(&tab, true);
}

#[test]
fn a_redirect_uri_with_a_query_keeps_it() {
    let redirect = format!("{REDIRECT}?tenant=a");
    for (query, expected) in [
        ("?tenant=a&", None),
        ("?", Some(Code::CallbackRedirectMismatch)),
    ] {
        let world = World::new();
        world.expect_discovery();
        let tab = world.tab_with(&json!({ "jarm": true, "redirectUri": redirect }));
        let sign_in = tab.leave(&json!({}));
        let url = world
            .signed_callback(&sign_in, &json!({}))
            .replace('?', query);
        if expected.is_none() {
            world.expect_tokens(&sign_in, &json!({}));
        }
        let outcome = tab.handle(&url);
        assert_eq!(outcome.err().map(|failure| failure.error.code()), expected);
    }
}

#[test]
fn a_response_says_who_answers_whom_and_until_when() {
    let other_state = format!("1{}", "A".repeat(43));
    assert_eq!(other_state.len(), 44);
    for (patch, code, place) in [
        (json!({ "iss": ABSENT }), Code::JarmIss, Place::Iss),
        (
            json!({ "iss": format!("{ISSUER}1") }),
            Code::JarmIss,
            Place::Iss,
        ),
        (json!({ "iss": [ISSUER] }), Code::JarmIss, Place::Iss),
        (json!({ "aud": ABSENT }), Code::JarmAud, Place::Aud),
        (
            json!({ "aud": format!("{CLIENT}1") }),
            Code::JarmAud,
            Place::Aud,
        ),
        (json!({ "aud": [] }), Code::JarmAud, Place::Aud),
        (
            json!({ "aud": [CLIENT, "other"] }),
            Code::JarmAud,
            Place::Aud,
        ),
        (json!({ "exp": ABSENT }), Code::JarmExp, Place::Exp),
        (json!({ "exp": NOW - 360 }), Code::JarmExp, Place::Exp),
        (json!({ "exp": NOW - 30 }), Code::JarmExp, Place::Exp),
        (json!({ "exp": "soon" }), Code::ClaimType, Place::Exp),
        (
            json!({ "exp": 1_800_000_000_000_i64 }),
            Code::ClaimType,
            Place::Exp,
        ),
        (json!({ "nbf": NOW + 31 }), Code::JarmExp, Place::Nbf),
        (json!({ "iat": "now" }), Code::ClaimType, Place::Iat),
        (
            json!({ "code": ABSENT }),
            Code::CallbackMalformed,
            Place::Code,
        ),
        (json!({ "code": "" }), Code::CallbackMalformed, Place::Code),
        (json!({ "code": 1 }), Code::ClaimType, Place::Parameter),
        (json!({ "error": 1 }), Code::ClaimType, Place::Parameter),
        (json!({ "id_token": {} }), Code::ClaimType, Place::Parameter),
        (
            json!({ "error": "access_denied" }),
            Code::CallbackAmbiguous,
            Place::None,
        ),
        (
            json!({ "id_token": "x" }),
            Code::CallbackUnexpectedToken,
            Place::None,
        ),
        (
            json!({ "access_token": "x" }),
            Code::CallbackUnexpectedToken,
            Place::None,
        ),
    ] {
        refuses_claims(&patch.to_string(), &patch, code, place);
    }
    for patch in [
        json!({ "aud": [CLIENT] }),
        json!({ "aud": [CLIENT, CLIENT] }),
        json!({ "exp": NOW - 29 }),
        json!({ "nbf": NOW + 30 }),
        json!({ "iat": NOW }),
        json!({ "session_state": "s", "more": { "of": "it" } }),
    ] {
        let scene = scene();
        accepts(&patch.to_string(), &scene, &callback(&scene, &patch));
    }
}

#[test]
fn an_error_counts_if_it_is_signed() {
    let patch = json!({ "code": ABSENT, "error": "access_denied", "error_description": "no" });
    let failure = refuses(
        "denied",
        |scene| callback(scene, &patch),
        Code::AuthorizationError,
    );
    assert_eq!(quoted(&failure), ("access_denied", Some("no")));
}

#[test]
fn what_is_not_signed_is_no_response() {
    let mismatch = Code::CallbackModeMismatch;
    refuses("a plain code", Scene::callback, mismatch);
    let error = |scene: &Scene| scene.sign_in.callback(&[("error", "access_denied")]);
    refuses("a plain error", error, mismatch);
    let in_fragment = |scene: &Scene| callback(scene, &json!({})).replace('?', "#");
    refuses("in the fragment", in_fragment, mismatch);
    let twice = |scene: &Scene| {
        let url = callback(scene, &json!({}));
        let (_, query) = url.split_once('?').unwrap();
        format!("{url}&{query}")
    };
    refuses("twice", twice, Code::CallbackDuplicateParam);
}

#[test]
fn a_signed_response_that_nobody_asked_for_is_none() {
    let scene = Scene::new();
    let url = callback(&scene, &json!({}));
    let failure = scene.refuses_for_good("jarm is off", &url, Code::CallbackModeMismatch);
    assert_eq!(failure.error.place(), Place::Response);
}

#[test]
fn a_sign_in_ends_as_it_began_though_the_option_was_changed_meanwhile() {
    for (then, now) in [(true, false), (false, true)] {
        let world = World::new();
        world.expect_discovery();
        let sign_in = world.tab_with(&json!({ "jarm": then })).leave(&json!({}));
        let callback = if then {
            world.signed_callback(&sign_in, &json!({}))
        } else {
            sign_in.callback(&[("code", CODE)])
        };
        let tab = world.tab_with(&json!({ "jarm": now })).arrive(&callback);
        // a page without the option has not asked for the late half yet
        let loads = tab.page.loads.get();
        world.expect_tokens(&sign_in, &json!({}));
        tab.handle(&callback).unwrap();
        assert!(tab.page.loads.get() > loads, "{then}");
    }
    // and nothing plain passes for what was to be signed
    let world = World::new();
    world.expect_discovery();
    let sign_in = world.tab_with(&json!({ "jarm": true })).leave(&json!({}));
    let callback = sign_in.callback(&[("code", CODE)]);
    let failure = world.tab().arrive(&callback).handle(&callback).unwrap_err();
    assert_eq!(failure.error.code(), Code::CallbackModeMismatch);
}

#[test]
fn plain_parameters_beside_it_are_ignored_unless_they_say_otherwise() {
    let beside = |scene: &Scene, pairs: &[(&str, &str)]| {
        format!("{}&{}", callback(scene, &json!({})), form::write(pairs))
    };
    for pairs in [
        &[("code", CODE)][..],
        &[("session_state", "s"), ("error_uri", "https://op.example/")],
        &[("iss", ISSUER), ("utm", "1")],
    ] {
        let scene = scene();
        accepts("the same", &scene, &beside(&scene, pairs));
    }
    for (name, value) in [
        ("code", "another"),
        ("state", "another"),
        ("iss", "https://other.example"),
        ("code", ""),
    ] {
        let failure = refuses(
            name,
            |scene| beside(scene, &[(name, value)]),
            Code::CallbackAmbiguous,
        );
        assert_eq!(failure.error.place(), Place::Parameter);
    }
    // nobody but the provider says which sign-in it is
    let stateless = |scene: &Scene| {
        let url = callback(scene, &json!({ "state": ABSENT }));
        format!("{url}&{}", form::write(&[("state", &scene.sign_in.state)]))
    };
    let failure = refuses("no state in it", stateless, Code::CallbackStateMissing);
    assert_eq!(failure.error.place(), Place::Response);
    let token = |scene: &Scene| format!("{}#access_token=x", callback(scene, &json!({})));
    refuses("a token beside it", token, Code::CallbackUnexpectedToken);
    let fragment = |scene: &Scene| format!("{}#code=x", callback(scene, &json!({})));
    refuses(
        "a code in the fragment",
        fragment,
        Code::CallbackModeMismatch,
    );
}

#[test]
fn what_is_no_token_is_refused_before_anything_is_asked_for() {
    for (what, edit, code) in [
        (
            "encrypted",
            (|token: &str| format!("{token}..")) as fn(&str) -> String,
            Code::JwtMalformed,
        ),
        (
            "cut off",
            |token| token.rsplit_once('.').unwrap().0.into(),
            Code::JwtMalformed,
        ),
        (
            "no claims",
            |_| "e30.W10.AAAA".into(),
            Code::CallbackStateMissing,
        ),
        (
            "a state that is no text",
            |_| format!("e30.{}.AAAA", encode(r#"{"state":1}"#)),
            Code::CallbackStateMissing,
        ),
        (
            "an empty one",
            |_| format!("e30.{}.AAAA", encode(r#"{"state":""}"#)),
            Code::CallbackStateMissing,
        ),
        (
            "another's",
            |_| format!("e30.{}.AAAA", encode(r#"{"state":"x"}"#)),
            Code::CallbackStateUnknown,
        ),
    ] {
        let scene = scene();
        let token = scene
            .world
            .signer
            .token(&response(&scene.sign_in.state, NOW));
        let url = responded(&edit(&token));
        assert!(!scene.tab.client.is_callback(&url), "{what}");
        scene.world.take_sent();
        scene.refuses(what, &url, code);
        assert!(scene.world.take_sent().is_empty(), "{what}: a request");
    }
}

#[test]
fn the_late_half_is_there_before_anything_is_used_up() {
    let scene = scene();
    let url = callback(&scene, &json!({}));
    scene.tab.page.is_cut_off.set(true);
    let failure = scene.refuses("cut off", &url, Code::Network);
    assert!(failure.error.is_retryable());
    scene.tab.page.is_cut_off.set(false);
    accepts("again", &scene, &url);
}

#[test]
fn a_popup_hands_its_signed_response_over() {
    let world = World::new();
    world.expect_discovery();
    let tab = world.tab_with(&json!({ "jarm": true }));
    let (mut login, sign_in) = tab.open(&json!({}));
    world.expect_tokens(&sign_in, &json!({}));
    let url = world.signed_callback(&sign_in, &json!({}));
    let popup = world.tab_with(&json!({ "jarm": true })).arrive(&url);
    assert!(popup.client.is_callback(&url));
    let handing = Task::start(popup.client.handle_callback(url));
    assert!(!handing.is_done(), "the popup has nothing to go on with");
    login.run();
    assert!(login.finish().is_ok());
    assert_eq!(tab.status(), "signed-in");
}
