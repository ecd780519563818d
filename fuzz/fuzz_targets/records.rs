//! Stored records: what is read as a session is this client's, and what is read as a sign-in can
//! be finished once, without its secrets.

#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis::{
    codec::record::Record,
    protocol::{
        token,
        transaction::{self, Slot},
    },
    session::{Beginning, Session, Stored},
};
use portcullis_fuzz::parts::{CLIENT, CONFIG, ISSUER, NOW, STATE, answer};
use serde_json::Value;

fuzz_target!(|text: &str| {
    if let Stored::Session(session) = Session::read(text.into(), &CONFIG) {
        assert_session(&session, text);
    }
    let Some(record) = Record::read(text.into()) else {
        return;
    };
    let (is_in_window, peeked) = (
        transaction::is_of(&record, STATE) && transaction::is_in_window(&record),
        transaction::peek(&record),
    );
    match transaction::read(record, STATE) {
        Some(Slot::Pending(pending)) => {
            let started_at = peeked.expect("a record that can be read").1;
            assert!(!pending.is_expired(started_at));
            for session in [None, Some(("alice", 1))] {
                let finished = pending.to_finished_record(session);
                for secret in ["nonce", "code_verifier", "token_endpoint"] {
                    let name = ["\"", secret, "\":"].concat();
                    // but for what the application itself put there
                    assert!(!finished.contains(&name) || pending.app_state().contains(&name));
                }
                let record = Record::read(finished).expect("a record");
                assert!(!transaction::is_in_window(&record));
                let Some(Slot::Finished(finished)) = transaction::read(record, STATE) else {
                    panic!("a finished sign-in is pending");
                };
                assert_eq!(finished.get("sub").is_some(), session.is_some());
                if session.is_some() {
                    assert_eq!(transaction::app_state(&finished), pending.app_state());
                }
            }
        }
        Some(Slot::Finished(_)) => {}
        None => assert!(!is_in_window || peeked.is_none()),
    }
});

fn assert_session(session: &Session, text: &str) {
    assert_eq!(session.as_record(), text);
    assert!(!session.subject().is_empty());
    let access_token = session.access_token();
    let access_token = access_token.expose();
    assert!(!access_token.is_empty() && access_token.bytes().all(|byte| byte.is_ascii_graphic()));
    if let Ok(read) = serde_json::from_str::<Value>(text) {
        assert_eq!(
            (&read["issuer"], &read["client_id"]),
            (&ISSUER.into(), &CLIENT.into())
        );
    }
    if let Ok(claims) = serde_json::from_str::<Value>(&session.claims) {
        assert_eq!(claims["iss"], ISSUER);
        assert_eq!(claims["sub"], session.subject());
    }
    let _ = (
        session.expires_at(),
        session.began_at(),
        session.rank(),
        session.skew(),
        session.scope(),
    );
    // a refresh that brings nothing but an access token keeps who is signed in
    let tokens = answer(200, br#"{"access_token":"a","token_type":"bearer"}"#);
    let tokens = token::process(&tokens, &[], false).expect("tokens");
    let refreshed = Session::from_tokens(
        &CONFIG,
        &tokens,
        None,
        Some(session),
        "openid",
        NOW.0 * 1000,
        Beginning::default(),
    );
    let refreshed = refreshed.expect("a session");
    assert_eq!(
        (refreshed.subject(), refreshed.skew()),
        (session.subject(), session.skew())
    );
    assert_eq!(refreshed.refresh_token(), session.refresh_token());
    // a record that is as wide as one may be has no room for more
    if let Some(rotated) = session.with_refresh_token(&tokens) {
        let again = Session::read(rotated.as_record().into(), &CONFIG);
        assert!(matches!(again, Stored::Session(_)));
    }
}
