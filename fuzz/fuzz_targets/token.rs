//! Tokens that are accepted can be sent in a header, and become a session that is read back as
//! it was written. The first byte chooses the status.

#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis::{
    error::Code,
    protocol::{id_token::VerifiedIdToken, token},
    session::{Beginning, Session, Stored},
    time::Seconds,
};
use portcullis_fuzz::{
    assert_brief,
    parts::{CONFIG, NOW, answer},
};
use serde_json::Value;

const TEN_YEARS: i64 = 10 * 365 * 24 * 3600;

fuzz_target!(|input: &[u8]| {
    let Some((choice, body)) = input.split_first() else {
        return;
    };
    let status = [200, 400, 401, 500, 0][usize::from(*choice) % 5];
    let read = serde_json::from_slice::<Value>(body);
    let tokens = match token::process(&answer(status, body), &[], false) {
        Ok(tokens) => tokens,
        Err(failure) => {
            assert_brief(&failure, Code::TokenError);
            return;
        }
    };
    assert_eq!(status, 200);
    // the other reader has no numbers beyond f64
    let Ok(read) = read else {
        return;
    };
    let is_token = |value: &Value| {
        let text = value.as_str().unwrap_or_default();
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
    };
    assert!(is_token(&read["access_token"]));
    for name in ["refresh_token", "id_token"] {
        assert!(read[name].is_null() || is_token(&read[name]), "{name}");
    }
    assert!(
        read["token_type"]
            .as_str()
            .is_some_and(|kind| kind.eq_ignore_ascii_case("bearer"))
    );
    assert!(!read["error"].is_string());
    let expires_at = tokens.expires_at(NOW);
    assert_eq!(expires_at.is_none(), read["expires_in"].is_null());
    assert!(expires_at.is_none_or(|at| (0..=TEN_YEARS).contains(&at.since(NOW).0)));

    let verified = VerifiedIdToken {
        claims: r#"{"sub":"alice"}"#.into(),
        skew: Seconds(0),
    };
    let session = Session::from_tokens(
        &CONFIG,
        &tokens,
        Some(verified),
        None,
        "openid",
        NOW.0 * 1000,
        Beginning::default(),
    )
    .expect("a session");
    assert_eq!(read["access_token"], session.access_token().expose());
    assert_eq!(
        session.refresh_token().as_ref().map(|token| token.expose()),
        read["refresh_token"].as_str()
    );
    assert_eq!(session.expires_at(), expires_at);
    assert_eq!(session.scope(), read["scope"].as_str().unwrap_or("openid"));
    match Session::read(session.as_record().into(), &CONFIG) {
        Stored::Session(again) => assert_eq!(again.as_record(), session.as_record()),
        Stored::Corrupt => {} // its ID token was not verified here
        Stored::Foreign => panic!("our own session is foreign"),
    }
});
