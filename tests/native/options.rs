//! Options that cannot be used, of a client and of a sign-in: `config_invalid`, naming which.

use portcullis::{
    config::Config,
    error::{Code, Failure},
};
use serde_json::{Value, json};

use crate::world::*;

#[test]
fn a_client_cannot_be_made_with_wrong_options() {
    for (option, value) in [
        ("issuer", json!(ABSENT)),
        ("issuer", json!("")),
        ("issuer", json!(1)),
        ("issuer", json!("op.example")),
        ("issuer", json!("http://op.example")),
        ("issuer", json!("https://op.example/?a=b")),
        ("issuer", json!("https://op.example/#a")),
        ("issuer", json!("https://me@op.example/")),
        ("issuer", json!("ftp://op.example/")),
        ("clientId", json!(ABSENT)),
        ("clientId", json!("")),
        ("clientId", json!(7)),
        ("clientSecret", json!("s3cr3t")),
        ("client_secret", json!("s3cr3t")),
        ("redirectUri", json!(ABSENT)),
        ("redirectUri", json!("/callback")),
        ("redirectUri", json!("https://portal.example/callback#a")),
        ("redirectUri", json!("https://other.example/callback")),
        ("redirectUri", json!("http://portal.example/callback")),
        ("redirectUri", json!("portal:callback")),
        ("scope", json!("profile")),
        ("scope", json!("openid2")),
        ("scope", json!("")),
        ("scope", json!("openid\u{e9}")),
        ("scope", json!(["openid profile"])),
        ("scope", json!(1)),
        ("postLogoutRedirectUri", json!("/bye")),
        ("postLogoutRedirectUri", json!("https://other.example/bye")),
        ("discoveryUrl", json!("http://op.example/d")),
        ("discoveryUrl", json!("op.example/d")),
        ("metadata", json!("{}")),
        ("metadata", json!([])),
        ("jwks", json!({})),
        ("jwks", json!({ "keys": {} })),
        ("jwks", json!([])),
        ("authorizationParams", json!({ "state": "mine" })),
        (
            "authorizationParams",
            json!({ "redirect_uri": "https://evil.example" }),
        ),
        (
            "authorizationParams",
            json!({ "code_challenge_method": "plain" }),
        ),
        ("authorizationParams", json!({ "request": "a.b.c" })),
        ("authorizationParams", json!({ "client_secret": "s3cr3t" })),
        (
            "authorizationParams",
            json!({ "client_assertion": "a.b.c" }),
        ),
        ("authorizationParams", json!({ "a": 1 })),
        ("authorizationParams", json!("a=b")),
        ("resource", json!("https://api.example/#a")),
        ("resource", json!(["api"])),
        ("persist", json!("forever")),
        ("persist", json!(true)),
        ("apiOrigins", json!("https://api.example")),
        ("apiOrigins", json!(["*"])),
        (
            "apiOrigins",
            json!(["https://api.example", "http://api.example"]),
        ),
        ("apiOrigins", json!(["https://api.example/path"])),
        ("algorithms", json!([])),
        ("algorithms", json!(["none"])),
        ("algorithms", json!(["HS256"])),
        ("algorithms", json!("RS256")),
        ("clockTolerance", json!(-1)),
        ("clockTolerance", json!(301)),
        ("clockTolerance", json!("30")),
        ("idleTimeout", json!(0)),
        ("idleTimeout", json!("60")),
        ("idleWarning", json!(-1)),
        ("maxLifetime", json!(0)),
        ("maxLifetime", json!(1e10)),
        ("timeout", json!(0)),
        ("timeout", json!(121)),
        ("monitorSession", json!(1)),
        ("par", json!("true")),
        ("dpop", json!(1)),
        ("jarm", json!("yes")),
        ("tenants", json!(["a"])),
        ("endpointOrigins", json!("https://op.example")),
        ("endpointOrigins", json!(["https://op.example/path"])),
        ("trustedAudiences", json!("api")),
        ("trustedAudiences", json!([""])),
        ("trustedAudiences", json!([1])),
        ("logoutRedirectParam", json!(1)),
        ("name", json!(1)),
        ("dangerouslyAllowInsecureContext", json!("yes")),
    ] {
        let text = patched(options(), &json!({ option: value })).to_string();
        let error = Config::parse(text, Some(HOME))
            .err()
            .unwrap_or_else(|| panic!("{option} = {value}: accepted"));
        assert_eq!(
            (error.code(), error.place().as_str()),
            (Code::ConfigInvalid, option),
            "{value}"
        );
        assert_ne!(
            Failure::from(error).remedy(),
            Code::ConfigInvalid.remedy(),
            "{option} has a remedy of its own"
        );
    }
    for text in ["", "[]", "null", "{", "{\"issuer\":\"a\",\"issuer\":\"b\"}"] {
        assert_eq!(
            Config::parse(text.into(), None)
                .err()
                .map(portcullis::error::Error::code),
            Some(Code::ConfigInvalid)
        );
    }
}

#[test]
fn options_that_are_null_or_unknown_are_absent() {
    let nulls: Value = [
        "scope",
        "postLogoutRedirectUri",
        "discoveryUrl",
        "metadata",
        "jwks",
        "authorizationParams",
        "resource",
        "persist",
        "apiOrigins",
        "algorithms",
        "clockTolerance",
        "idleTimeout",
        "idleWarning",
        "maxLifetime",
        "timeout",
        "name",
        "dangerouslyAllowInsecureContext",
    ]
    .into_iter()
    .map(|name| (name.to_string(), Value::Null))
    .collect::<serde_json::Map<_, _>>()
    .into();
    let config = Config::parse(
        patched(
            patched(options(), &nulls),
            &json!({ "__proto__": { "timeout": 1 }, "x": 1 }),
        )
        .to_string(),
        None,
    );
    let config = config.unwrap();
    assert_eq!(
        (config.scope(), config.timeout(), config.clock_tolerance().0),
        ("openid".into(), 20, 30)
    );
    assert!(!config.allows_insecure_context());
}

#[test]
fn a_sign_in_cannot_start_with_wrong_options() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    let large = "x".repeat((16 << 10) + 1);
    for (option, value) in [
        ("mode", json!("window")),
        ("returnTo", json!(1)),
        ("appState", json!(large)),
        ("scope", json!("profile")),
        ("scope", json!({})),
        ("prompt", json!("ask")),
        ("prompt", json!("")),
        ("loginHint", json!(["alice"])),
        ("maxAge", json!(-1)),
        ("maxAge", json!("60")),
        ("maxAge", json!(1_i64 << 31)),
        ("acrValues", json!(1)),
        ("uiLocales", json!(["de"])),
        ("authorizationParams", json!({ "nonce": "mine" })),
        ("authorizationParams", json!({ "response_type": "token" })),
    ] {
        let what = format!("{option} = {value:.20}");
        let failure = login_fails(
            &what,
            &tab,
            &json!({ option: value }),
            &[],
            Code::ConfigInvalid,
        );
        assert_eq!(failure.error.place().as_str(), option, "{what}");
        assert_ne!(failure.remedy(), Code::ConfigInvalid.remedy(), "{what}");
    }
    assert!(world.take_sent().is_empty());
}

#[test]
fn a_remedy_names_the_range_that_an_option_has() {
    for (option, least, most) in [("clockTolerance", 0, 300), ("timeout", 1, 120)] {
        let parsed = |value: i32| {
            let text = patched(options(), &json!({ option: value })).to_string();
            Config::parse(text, Some(HOME)).map(drop)
        };
        assert!(parsed(least).and(parsed(most)).is_ok(), "{option}");
        for value in [least - 1, most + 1] {
            let remedy = Failure::from(parsed(value).unwrap_err()).remedy();
            assert!(
                remedy.ends_with(&format!("from {least} to {most}")),
                "{remedy}"
            );
        }
    }
}
