//! A provider that says no, and who may speak for it (RFC 6749 §4.1.2.1, RFC 9207 §2.4).

use portcullis::{
    error::{Code, Said},
    report,
};
use serde_json::json;

use crate::{refresh::Expired, world::*};

type Params<'a> = &'a [(&'a str, &'a str)];

const SUPPORTS_ISS: &str = "authorization_response_iss_parameter_supported";

#[test]
fn an_issuer_that_is_announced_must_come() {
    let announced = json!({ "metadata": { SUPPORTS_ISS: true } });
    let rows: [(&str, Params, Code); 4] = [
        (
            "a code without an issuer",
            &[("code", CODE)],
            Code::CallbackIssMissing,
        ),
        (
            "a code with an empty issuer",
            &[("code", CODE), ("iss", "")],
            Code::CallbackIssMissing,
        ),
        (
            "an error without an issuer",
            &[("error", "access_denied")],
            Code::CallbackIssMissing,
        ),
        (
            "an error of another issuer",
            &[("error", "access_denied"), ("iss", "https://evil")],
            Code::CallbackIssMismatch,
        ),
    ];
    for (what, params, code) in rows {
        let world = World::new();
        world.expect_discovery();
        let tab = world.tab_with(&announced);
        let sign_in = tab.leave(&json!({}));
        let failure = tab.handle(&sign_in.callback(params)).unwrap_err();
        assert_eq!((failure.error.code(), failure.said), (code, None), "{what}");
    }
    for metadata in [announced, json!({})] {
        let scene_world = World::new();
        scene_world.expect_discovery();
        let tab = scene_world.tab_with(&metadata);
        let sign_in = tab.leave(&json!({}));
        scene_world.expect_tokens(&sign_in, &json!({}));
        tab.handle(&sign_in.callback(&[("code", CODE), ("iss", ISSUER)]))
            .unwrap();
    }
}

#[test]
fn a_refusal_is_told_in_the_providers_words_as_inert_text() {
    let markup = "<img src=x onerror=alert(1)>\u{202e}";
    let long = "é".repeat(60 << 7);
    let rows: [(&str, Params, &str, Option<&str>, Option<&str>); 4] = [
        (
            "a word",
            &[("error", "access_denied")],
            "access_denied",
            None,
            None,
        ),
        (
            "all three",
            &[
                ("error", "a"),
                ("error_description", "No, thanks"),
                ("error_uri", "https://op.example/why"),
            ],
            "a",
            Some("No, thanks"),
            Some("https://op.example/why"),
        ),
        (
            "markup",
            &[("error", markup), ("error_description", markup)],
            markup,
            Some(markup),
            None,
        ),
        (
            "15 kB",
            &[("error", "e"), ("error_description", &long)],
            "e",
            Some(&long[..1024]),
            None,
        ),
    ];
    for (what, params, error, description, uri) in rows {
        let scene = Scene::new();
        let failure = scene.refuses_for_good(
            what,
            &scene.sign_in.callback(params),
            Code::AuthorizationError,
        );
        let expected = Said::OAuth {
            error: error.into(),
            description: description.map(Into::into),
            uri: uri.map(Into::into),
        };
        assert_eq!(failure.said.as_deref(), Some(&expected), "{what}");
    }
}

#[test]
fn a_callback_that_failed_is_never_redeemed_again() {
    let scene = Scene::new();
    let failure = scene.refuses_answer("offline", offline(), Code::Network);
    assert!(failure.error.code().retryable());
    let reloaded = scene.tab.arrive(&scene.callback());
    assert_eq!(
        reloaded.handle(&scene.callback()).unwrap_err().error.code(),
        Code::CallbackStateUnknown
    );
}

#[test]
fn what_was_refused_is_not_worth_another_try_and_what_failed_is() {
    for (status, may_recover) in [
        (301, false),
        (400, false),
        (404, false),
        (407, false),
        (408, true),
        (409, false),
        (428, false),
        (429, true),
        (430, false),
        (499, false),
        (500, true),
        (503, true),
    ] {
        // a callback is used up either way; a refresh is not
        let used_up = Scene::new().refuses_answer("a page", html(status), Code::TokenHttp);
        assert!(!used_up.error.is_retryable(), "{status}");
        let Expired { world, tab, .. } = Expired::new();
        world.expect(TOKEN, html(status));
        let failure = tab.token().unwrap_err();
        assert_eq!(failure.error.code(), Code::TokenHttp);
        assert_eq!(failure.error.is_retryable(), may_recover, "{status}");
        let report: serde_json::Value = serde_json::from_str(&report::to_json(&failure)).unwrap();
        assert_eq!(report["retryable"], may_recover, "{status}");
    }
}

#[test]
fn a_code_put_into_our_callback_is_of_no_use() {
    // RFC 9700 §4.5: the attacker's code goes out once, with our verifier
    for (what, answer, code) in [
        (
            "a provider that checks",
            json(400, &json!({ "error": "invalid_grant" })),
            Code::TokenError,
        ),
        (
            "one that does not",
            ok(&tokens(&World::new().id_token("theirs", &json!({})))),
            Code::IdTokenNonce,
        ),
    ] {
        let scene = Scene::new();
        scene.world.take_sent();
        scene.world.expect(TOKEN, answer);
        let url = scene.sign_in.callback(&[("code", "code-of-the-attacker")]);
        scene.refuses_for_good(what, &url, code);
        let [sent] = &scene.world.take_sent()[..] else {
            panic!("{what}: one request")
        };
        assert_eq!(
            [sent.field("code"), sent.field("code_verifier")],
            [
                Some("code-of-the-attacker".into()),
                Some(scene.sign_in.verifier.clone())
            ],
            "{what}"
        );
    }
}
