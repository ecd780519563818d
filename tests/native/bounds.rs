//! Limits are exact: what is as long as it may be is read, and one byte more is not.

use portcullis::{
    error::{Code, Error},
    protocol::{callback::CallbackParams, challenge, logout, token},
    secret::Secret,
};
use serde_json::{Value, json};

use super::{parts::*, world::quoted};

/// A URL of `length` bytes, none of its parameters long.
fn url(length: usize) -> String {
    let mut url = format!("{REDIRECT}?");
    while url.len() < length {
        let rest = length - url.len();
        url.push_str(if rest == 1 { "a" } else { "&" });
    }
    url
}

#[test]
fn a_callback_has_64_kib_and_each_value_16() {
    let parse = |url: &str| CallbackParams::parse(url).map(drop).map_err(Error::code);
    assert_eq!(url(64 << 10).len(), 64 << 10);
    assert_eq!(parse(&url(64 << 10)), Ok(()));
    assert_eq!(parse(&url((64 << 10) + 1)), Err(Code::CallbackTooLarge));
    for mark in ['?', '#'] {
        let with = |length| format!("{REDIRECT}{mark}x={}", "%41".repeat(length));
        assert_eq!(parse(&with(16 << 10)), Ok(()), "{mark}");
        let long = format!("{REDIRECT}{mark}x={}", "A".repeat((16 << 10) + 1));
        assert_eq!(parse(&long), Err(Code::CallbackTooLarge), "{mark}");
    }
}

#[test]
fn a_challenge_has_8_kib() {
    let demand = |length| {
        let end = "Bearer error=invalid_token";
        challenge::demand(&format!("{}{end}", ",".repeat(length - end.len())), false)
    };
    assert!(demand(8 << 10).is_some());
    assert!(demand((8 << 10) + 1).is_none());
}

#[test]
fn a_token_has_256_kib() {
    let process = |name: &str, length: usize| {
        let mut body = json!({ "access_token": "a", "token_type": "Bearer" });
        body[name] = "x".repeat(length).into();
        let outcome = token::process(&answer(200, body.to_string().as_bytes()), &[], false);
        outcome.map(drop).map_err(|failure| failure.error.code())
    };
    for (name, code) in [
        ("access_token", Code::TokenTooLarge),
        ("refresh_token", Code::TokenTooLarge),
        ("id_token", Code::JwtTooLarge),
    ] {
        assert_eq!(process(name, 256 << 10), Ok(()), "{name}");
        assert_eq!(process(name, (256 << 10) + 1), Err(code), "{name}");
    }
}

#[test]
fn a_lifetime_has_ten_years() {
    let ten_years = 10 * 365 * 24 * 3600;
    for (given, expected) in [
        (json!(0), Some(0)),
        (json!(ten_years - 1), Some(ten_years - 1)),
        (json!(ten_years), Some(ten_years)),
        (json!(ten_years + 1), Some(ten_years)),
        (json!("3600"), Some(3600)),
        (json!(3600.0), Some(3600)),
        (json!(null), None),
    ] {
        let body = json!({ "access_token": "a", "token_type": "Bearer", "expires_in": given });
        let tokens = token::process(&answer(200, body.to_string().as_bytes()), &[], false).unwrap();
        let lifetime = tokens.expires_at(NOW).map(|at| at.since(NOW).0);
        assert_eq!(lifetime, expected, "{given}");
    }
}

#[test]
fn a_time_ends_with_the_year_2286() {
    let claims = |exp: Value| {
        let claims = json!({ "iss": ISSUER, "aud": CLIENT, "iat": NOW.0, "exp": exp });
        as_access_token(claims.to_string().as_bytes())
            .map(drop)
            .map_err(Error::code)
    };
    assert_eq!(claims(json!(9_999_999_999_i64)), Ok(()));
    assert_eq!(claims(json!(10_000_000_000_i64)), Err(Code::ClaimType));
    assert_eq!(claims(json!(0)), Err(Code::IdTokenExp));
    assert_eq!(claims(json!(-1)), Err(Code::ClaimType));
}

#[test]
fn a_provider_is_quoted_with_1024_bytes() {
    for (length, expected) in [(1023, 1023), (1024, 1024), (1025, 1024)] {
        let body = json!({ "error": "x".repeat(length) });
        let failure =
            token::process(&answer(400, body.to_string().as_bytes()), &[], false).unwrap_err();
        assert_eq!(quoted(&failure).0.len(), expected);
    }
}

#[test]
fn a_hint_has_4_kib() {
    let url = |length| {
        let token = Secret::new("x".repeat(length));
        logout::url(
            "https://op.example/logout",
            &CONFIG,
            Some(&token),
            None,
            None,
        )
    };
    assert!(url(4096).contains("id_token_hint=xxx"));
    assert!(!url(4097).contains("id_token_hint"));
    assert!(url(4097).contains("client_id=portal"));
}

#[test]
fn the_tolerance_is_30_seconds() {
    let verdict = |patch: Value| {
        let mut claims = json!({
            "iss": ISSUER, "aud": CLIENT, "sub": "alice", "nonce": NONCE,
            "iat": NOW.0, "exp": NOW.0 + 300, "auth_time": NOW.0,
        });
        for (name, offset) in patch.as_object().unwrap() {
            claims[name] = (NOW.0 + offset.as_i64().unwrap()).into();
        }
        let text = claims.to_string();
        let id_token = as_id_token(text.as_bytes()).map(|verified| verified.skew.0);
        let access_token = as_access_token(text.as_bytes()).map(drop);
        (
            id_token.map_err(Error::code),
            access_token.map_err(Error::code),
        )
    };
    let both = |code| (Err(code), Err(code));
    for (patch, expected) in [
        (json!({ "exp": -29 }), (Ok(0), Ok(()))),
        (json!({ "exp": -30 }), both(Code::IdTokenExp)),
        (json!({ "iat": -5, "exp": -29 }), (Ok(0), Ok(()))),
        (json!({ "iat": -5, "exp": -30 }), both(Code::IdTokenExp)),
        (json!({ "nbf": 30 }), (Ok(0), Ok(()))),
        (json!({ "nbf": 31 }), both(Code::IdTokenNbf)),
        // an ID token that is issued now teaches what time it is there; an access token does not
        (json!({ "iat": 30, "auth_time": 30 }), (Ok(0), Ok(()))),
        (
            json!({ "iat": 31, "auth_time": 61 }),
            (Ok(31), Err(Code::IdTokenIat)),
        ),
        (json!({ "iat": -30 }), (Ok(0), Ok(()))),
        (json!({ "iat": -31, "auth_time": -31 }), (Ok(-31), Ok(()))),
        (json!({ "iat": 30, "exp": 1 }), (Ok(0), Ok(()))),
        (json!({ "iat": 30, "exp": 0 }), both(Code::IdTokenExp)),
        // a clock may be a day off
        (
            json!({ "iat": 86_400, "exp": 86_400, "auth_time": 86_400 }),
            (Ok(86_400), Err(Code::IdTokenIat)),
        ),
        (
            json!({ "iat": 86_401, "exp": 86_500 }),
            both(Code::IdTokenIat),
        ),
        (
            json!({ "iat": -86_400, "auth_time": -86_400 }),
            (Ok(-86_400), Ok(())),
        ),
        (json!({ "iat": -86_401 }), (Err(Code::IdTokenIat), Ok(()))),
        // the user signed in at most an hour ago, and not in the future
        (json!({ "auth_time": -3630 }), (Ok(0), Ok(()))),
        (
            json!({ "auth_time": -3631 }),
            (Err(Code::IdTokenAuthTime), Ok(())),
        ),
        (json!({ "auth_time": 30 }), (Ok(0), Ok(()))),
        (
            json!({ "auth_time": 31 }),
            (Err(Code::IdTokenAuthTime), Ok(())),
        ),
    ] {
        assert_eq!(verdict(patch.clone()), expected, "{patch}");
    }
}
