//! Which keys a token is checked with.

use super::{key, token};
use crate::{
    codec::base64url::encode,
    error::Code,
    jose::{alg::Algs, jws::Jws, vectors},
};
use std::{format, vec};

#[test]
fn a_signature_has_the_length_its_key_demands() {
    let all = [
        vectors::RS256_KEY,
        vectors::ES256_KEY,
        vectors::ES512_KEY,
        vectors::EDDSA_KEY,
    ]
    .map(key);
    for (alg, good) in [
        ("RS256", 256),
        ("PS512", 256),
        ("ES256", 64),
        ("ES512", 132),
        ("EdDSA", 64),
    ] {
        for length in [
            0, 1, 63, 64, 65, 70, 72, 96, 128, 130, 131, 132, 133, 255, 256, 257, 512,
        ] {
            let header = encode(format!("{{\"alg\":\"{alg}\"}}").as_bytes());
            let token = format!("{header}.e30.{}", encode(&vec![1; length]));
            let jws = Jws::parse(&token, Algs::ALL).unwrap();
            match jws.checks(&all) {
                Ok(checks) => assert_eq!((checks.len(), length), (1, good), "{alg}"),
                Err(error) => {
                    assert_eq!(error, Code::JwtSignature.into(), "{alg} {length}");
                    assert_ne!(length, good, "{alg}");
                }
            }
        }
    }
}

#[test]
fn only_keys_that_fit_are_checked() {
    let token = token(r#"{"alg":"ES256"}"#);
    let jws = Jws::parse(&token, Algs::ALL).unwrap();
    let fitting = key(vectors::ES256_KEY);
    let others = [vectors::RS256_KEY, vectors::ES512_KEY, vectors::EDDSA_KEY]
        .map(key)
        .to_vec();
    assert_eq!(jws.checks(&[]).err(), Some(Code::JwksNoKey.into()));
    assert_eq!(jws.checks(&others).err(), Some(Code::JwksNoKey.into()));
    let keys = [vec![fitting.clone()], others, vec![fitting]].concat();
    let checks = jws.checks(&keys).unwrap();
    assert_eq!(checks.len(), 2);
    assert!(
        checks
            .iter()
            .all(|check| check.key.to_jwk() == keys[0].to_jwk())
    );
}
