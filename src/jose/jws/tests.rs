//! Tokens as they are read.

mod keys;
mod refusals;

use super::{Jws, payload_of};
use crate::{
    codec::{base64url::encode, json::Json},
    jose::{
        alg::{Alg, Algs},
        jwk::PublicKey,
        vectors,
    },
};
use proptest::prelude::*;
use std::{format, string::String, vec::Vec};

fn key(jwk: &str) -> PublicKey {
    PublicKey::from_jwk(Json::parse(jwk.as_bytes()).unwrap()).unwrap()
}

fn token(header: &str) -> String {
    format!("{}.e30.{}", encode(header.as_bytes()), encode(&[1; 64]))
}

#[test]
fn the_standards_tokens_are_read() {
    for (jwk, token, alg, payload) in [
        (
            vectors::RS256_KEY,
            vectors::RS256_TOKEN,
            Alg::Rs256,
            vectors::CLAIMS,
        ),
        (
            vectors::ES256_KEY,
            vectors::ES256_TOKEN,
            Alg::Es256,
            vectors::CLAIMS,
        ),
        (
            vectors::ES512_KEY,
            vectors::ES512_TOKEN,
            Alg::Es512,
            "Payload",
        ),
        (
            vectors::EDDSA_KEY,
            vectors::EDDSA_TOKEN,
            Alg::EdDsa,
            "Example of Ed25519 signing",
        ),
    ] {
        let keys = [key(jwk)];
        let jws = Jws::parse(token, Algs::NONE.with(alg)).unwrap();
        assert_eq!((jws.alg(), jws.kid(), jws.typ()), (alg, None, None));
        assert_eq!(
            jws.header().raw(),
            format!("{{\"alg\":\"{}\"}}", alg.as_str())
        );

        let checks = jws.checks(&keys).unwrap();
        let [check] = &checks[..] else {
            panic!("{} checks", checks.len())
        };
        assert_eq!(check.alg, alg);
        assert_eq!(check.key.to_jwk(), keys[0].to_jwk());
        let (signing_input, signature) = token.rsplit_once('.').unwrap();
        assert_eq!(check.signing_input, signing_input.as_bytes());
        assert_eq!(encode(check.signature), signature);

        assert!(check.answered(false).is_none());
        let proof = check.answered(true).unwrap();
        assert_eq!(jws.payload(&proof), payload.as_bytes());
        assert_eq!(payload_of(token).unwrap(), payload.as_bytes());
    }
}

#[test]
fn the_header_is_read_decoded() {
    let token = token(
        " {\"typ\":\"J\\u0057T\", \"kid\":\"\\ud83d\\ude00\", \"alg\":\"E\\u0053256\",\"x\":[1]}\n",
    );
    let jws = Jws::parse(&token, Algs::ALL).unwrap();
    assert_eq!(
        (jws.alg(), jws.kid(), jws.typ()),
        (Alg::Es256, Some("😀"), Some("JWT"))
    );
    assert_eq!(jws.header().get("x").map(Json::raw), Some("[1]"));
}

#[test]
fn a_stored_token_that_is_none_has_no_payload() {
    for token in ["", "a.b", "e30.e30.e30.e30", "e30.e3=.AAAA", "e30.e31.AAAA"] {
        assert_eq!(payload_of(token), None, "{token}");
    }
    assert_eq!(payload_of("e30..AAAA"), Some(Vec::new()));
}

proptest! {
    #[test]
    fn a_token_is_read_in_one_way_or_not_at_all(
        header in "\\{\"alg\":\"(ES256|none)\"(,\"kid\":\"[a-z]{0,2}\")?\\}",
        payload: Vec<u8>,
        signature: [u8; 32],
        damage in prop::option::of((any::<prop::sample::Index>(), "[.A-Za-z0-9+/=_-]")),
    ) {
        let sound = [header.as_bytes(), &payload, &signature.repeat(2)].map(encode).join(".");
        let mut token = sound.clone();
        if let Some((at, piece)) = damage {
            let at = at.index(token.len());
            token.replace_range(at..=at, &piece);
        }
        let keys = [key(vectors::ES256_KEY)];
        match Jws::parse(&token, Algs::ALL) {
            Ok(jws) => {
                if let Ok(checks) = jws.checks(&keys) {
                    let proof = checks[0].answered(true).unwrap();
                    let again = [jws.header().raw().as_bytes(), jws.payload(&proof), checks[0].signature];
                    prop_assert_eq!(again.map(encode).join("."), token.clone());
                    prop_assert_eq!(payload_of(&token).unwrap(), jws.payload(&proof));
                }
            }
            Err(_) => prop_assert!(token != sound || header.contains("none")),
        }
    }

    #[test]
    fn any_text_gets_a_verdict(text in "[.eyJhbGciOiJFUzI1NiJ9=\\PC]{0,40}") {
        let _verdict = (Jws::parse(&text, Algs::ALL).is_ok(), payload_of(&text));
    }
}
