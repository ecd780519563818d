//! Stored records: what we write is what we read, and half of it is nothing.

use portcullis::{
    codec::{json::quote, record::Record},
    protocol::{
        id_token::VerifiedIdToken,
        token,
        transaction::{self, Slot, Start},
    },
    secret::Secret,
    session::{Beginning, Session, Stored},
    time::{Seconds, UnixTime},
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::parts::{CLIENT, CONFIG, ISSUER, NOW, STATE, answer};

fn read(text: &str) -> Option<Slot> {
    transaction::read(Record::read(text.into())?, STATE)
}

/// Tokens as a provider may send them, their ID token made for `claims`.
fn tokens(
    access_token: &str,
    refresh_token: Option<&str>,
    expires_in: Option<i64>,
    scope: Option<&str>,
    claims: &Value,
) -> token::TokenResponse {
    let payload = portcullis::codec::base64url::encode(claims.to_string().as_bytes());
    let mut body = json!({
        "access_token": access_token,
        "token_type": "Bearer",
        "id_token": format!("eyJhbGciOiJFUzI1NiJ9.{payload}.AA"),
    });
    for (name, value) in [
        ("refresh_token", json!(refresh_token)),
        ("expires_in", json!(expires_in)),
        ("scope", json!(scope)),
    ] {
        if !value.is_null() {
            body[name] = value;
        }
    }
    token::process(&answer(200, body.to_string().as_bytes()), &[], false).unwrap()
}

fn session(tokens: &token::TokenResponse, claims: &Value, skew: i64) -> Session {
    let verified = VerifiedIdToken {
        claims: claims.to_string(),
        skew: Seconds(skew),
    };
    Session::from_tokens(
        &CONFIG,
        tokens,
        Some(verified),
        None,
        "openid asked",
        NOW.0 * 1000,
        Beginning {
            began_at: None,
            session_state: None,
            rank: 7,
            last_ended: 6,
        },
    )
    .unwrap()
}

proptest! {
    #[test]
    fn a_sign_in_is_read_as_it_was_written(
        texts in prop::collection::vec(any::<String>(), 6),
        app_state in any::<String>(),
        flags: [bool; 3],
        max_age in prop::option::of(0..1_i64 << 40),
        started_at in 0..10_000_000_000_i64,
        cut: prop::sample::Index,
    ) {
        let [nonce, code_verifier, redirect_uri, token_endpoint, scope, return_to] = &texts[..] else {
            unreachable!("six texts")
        };
        let app_state = quote(&app_state);
        let text = Start {
            state: STATE,
            nonce, code_verifier, redirect_uri, token_endpoint, scope, return_to,
            iss_required: flags[0],
            in_window: flags[1],
            signed: flags[2],
            started_at: UnixTime(started_at),
            max_age,
            acr_values: Some(scope),
            subject: flags[0].then_some(nonce),
            app_state: &app_state,
        }
        .to_record();
        // by another reader
        let parsed: Value = serde_json::from_str(&text).unwrap();
        let expected = json!({
            "v": 1, "state": STATE, "started_at": started_at, "nonce": nonce, "code_verifier": code_verifier,
            "redirect_uri": redirect_uri, "token_endpoint": token_endpoint, "iss_required": flags[0],
            "scope": scope, "return_to": return_to, "app_state": serde_json::from_str::<Value>(&app_state).unwrap(),
            "acr_values": scope,
        });
        for (name, value) in expected.as_object().unwrap() {
            prop_assert_eq!(&parsed[name], value);
        }
        prop_assert_eq!(parsed.get("max_age").and_then(Value::as_i64), max_age);
        prop_assert_eq!(parsed.get("subject").and_then(Value::as_str), Some(&**nonce).filter(|_| flags[0]));
        // by ours
        let record = Record::read(text.clone()).unwrap();
        prop_assert_eq!(transaction::peek(&record), Some((STATE.into(), UnixTime(started_at))));
        prop_assert!(transaction::is_of(&record, STATE));
        prop_assert_eq!(transaction::is_in_window(&record), flags[1]);
        prop_assert_eq!(transaction::is_signed(&record), flags[2]);
        let other = STATE.replacen('A', "B", 1);
        prop_assert!(transaction::read(record.clone(), &other).is_none() && !transaction::is_of(&record, &other));
        let Some(Slot::Pending(pending)) = read(&text) else {
            panic!("it waits for its callback: {text}");
        };
        prop_assert_eq!(pending.app_state(), app_state);
        for (age, is_expired) in [(-61, true), (-60, false), (0, false), (600, false), (601, true)] {
            prop_assert_eq!(pending.is_expired(UnixTime(started_at + age)), is_expired);
        }
        // what takes its place has none of its secrets
        let finished = pending.to_finished_record(Some((nonce, started_at)));
        let parsed: Value = serde_json::from_str(&finished).unwrap();
        let names: Vec<_> = parsed.as_object().unwrap().keys().collect();
        prop_assert_eq!(names, ["app_state", "began_at", "return_to", "started_at", "state", "sub", "v"]);
        prop_assert!(matches!(read(&finished), Some(Slot::Finished(_))));
        // and half of it is nothing
        let end = cut.index(text.len());
        prop_assert!(!text.is_char_boundary(end) || Record::read(text[..end].into()).is_none());
    }

    #[test]
    fn a_session_is_read_as_it_was_written(
        access_token in "[!-~]{1,40}",
        refresh_token in prop::option::of("[!-~]{1,20}"),
        expires_in in prop::option::of(0..1_000_000_i64),
        scope in prop::option::of("[a-z ]{0,12}"),
        subject in "[ -~]{1,20}",
        skew in -86_400..86_400_i64,
        cut: prop::sample::Index,
    ) {
        let claims = json!({ "iss": ISSUER, "aud": CLIENT, "sub": subject, "big": 9_007_199_254_740_993_i64 });
        let tokens = tokens(&access_token, refresh_token.as_deref(), expires_in, scope.as_deref(), &claims);
        let written = session(&tokens, &claims, skew);
        let text = written.as_record();
        let Stored::Session(session) = Session::read(text.into(), &CONFIG) else {
            panic!("a session: {text}");
        };
        prop_assert_eq!(session.access_token(), Secret::new(access_token));
        prop_assert_eq!(session.refresh_token().map(|token| token.expose().to_string()), refresh_token);
        prop_assert_eq!(session.expires_at().map(|at| at.since(NOW).0), expires_in);
        prop_assert_eq!(session.scope(), scope.unwrap_or_else(|| "openid asked".into()));
        prop_assert_eq!((session.subject(), session.skew()), (subject, Seconds(skew)));
        prop_assert_eq!((session.began_at(), session.rank(), session.last_ended()), (NOW.0 * 1000, 7, 6));
        prop_assert!(session.claims.contains("\"9007199254740993\""));

        let end = cut.index(text.len());
        prop_assert!(matches!(Session::read(text[..end].into(), &CONFIG), Stored::Corrupt));
    }

    #[test]
    fn nobody_elses_session_is_read(
        (name, value) in prop::sample::select(vec![
            ("iss", json!("https://evil.example")), ("iss", json!([ISSUER])), ("iss", json!(null)),
            ("aud", json!("other")), ("aud", json!(["other"])), ("aud", json!({})), ("aud", json!(null)),
            ("sub", json!("")), ("sub", json!(7)), ("sub", json!(null)),
        ]),
        access_token in "[!-~]{1,8}",
    ) {
        let mut claims = json!({ "iss": ISSUER, "aud": [CLIENT], "sub": "alice" });
        let is_read = |claims: &Value| {
            let written = session(&tokens(&access_token, None, None, None, claims), claims, 0);
            matches!(Session::read(written.as_record().into(), &CONFIG), Stored::Session(_))
        };
        prop_assert!(is_read(&claims));
        claims[name] = value;
        prop_assert!(!is_read(&claims), "{}", claims);
    }

    #[test]
    fn a_refresh_changes_what_it_speaks_of_and_nothing_else(
        [before, after] in prop::array::uniform2(("[!-~]{1,8}", prop::option::of("[!-~]{1,8}"), prop::option::of(0..1000_i64), prop::option::of("[a-z]{1,5}"))),
        later in 0..100_000_i64,
    ) {
        let claims = json!({ "iss": ISSUER, "aud": CLIENT, "sub": "alice" });
        let make = |(access, refresh, expires, scope): &(String, Option<String>, Option<i64>, Option<String>)| {
            tokens(access, refresh.as_deref(), *expires, scope.as_deref(), &claims)
        };
        let old = session(&make(&before), &claims, 5);
        let millis = (NOW.0 + later) * 1000;
        let scope = old.scope();
        let new = Session::from_tokens(&CONFIG, &make(&after), None, Some(&old), &scope, millis, Beginning::default()).unwrap();
        prop_assert_eq!(new.access_token(), Secret::new(after.0.clone()));
        prop_assert_eq!(new.refresh_token().map(|token| token.expose().to_string()), after.1.clone().or(before.1.clone()));
        prop_assert_eq!(new.expires_at(), after.2.map(|span| UnixTime(NOW.0 + later + span)));
        prop_assert_eq!(new.scope(), after.3.clone().unwrap_or(scope));
        prop_assert_eq!((new.began_at(), new.rank(), new.last_ended(), new.skew()), (old.began_at(), 8, 6, old.skew()));
        prop_assert_eq!((new.subject(), &new.claims), (old.subject(), &old.claims));
        // one that failed its checks leaves its refresh token alone
        let rotated = old.with_refresh_token(&make(&after)).unwrap();
        prop_assert_eq!((rotated.rank(), rotated.last_ended()), (8, 6));
        prop_assert_eq!(rotated.access_token(), old.access_token());
        prop_assert_eq!(rotated.refresh_token(), new.refresh_token());
        prop_assert_eq!((rotated.scope(), rotated.expires_at(), rotated.id_token()), (old.scope(), old.expires_at(), old.id_token()));
    }
}
