//! Keys as they are read.

mod policy;

use super::{Alg, Curve, Kty, PublicKey};
use crate::{
    codec::{base64url::encode, json::Json},
    jose::{alg::sha256, vectors},
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::{
    string::{String, ToString},
    vec::Vec,
};

fn read(jwk: &str) -> Option<PublicKey> {
    PublicKey::from_jwk(Json::parse(jwk.as_bytes()).unwrap())
}

/// `base` with some members set, or removed by `null`.
fn changed(base: &str, changes: &Value) -> Option<PublicKey> {
    let mut jwk: Value = serde_json::from_str(base).unwrap();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            jwk.as_object_mut().unwrap().remove(name);
        } else {
            jwk[name] = value.clone();
        }
    }
    read(&jwk.to_string())
}

#[test]
fn the_standards_keys_are_read() {
    let rsa = read(vectors::RS256_KEY).unwrap();
    assert_eq!(
        (rsa.kty(), rsa.curve(), rsa.signature_length()),
        (Kty::Rsa, None, 256)
    );
    assert_eq!((rsa.n().len(), rsa.e()), (256, &[1, 0, 1][..]));
    assert_eq!((rsa.x(), rsa.y(), rsa.kid()), (&[][..], &[][..], None));

    for (jwk, curve, length) in [
        (vectors::ES256_KEY, Curve::P256, 32),
        (vectors::ES512_KEY, Curve::P521, 66),
    ] {
        let key = read(jwk).unwrap();
        assert_eq!((key.kty(), key.curve()), (Kty::Ec, Some(curve)));
        assert_eq!((key.x().len(), key.y().len()), (length, length));
        assert_ne!(key.x(), key.y());
        assert_eq!((key.n(), key.e()), (&[][..], &[][..]));
        assert_eq!(key.signature_length(), 2 * length);
    }

    let okp = read(vectors::EDDSA_KEY).unwrap();
    assert_eq!((okp.kty(), okp.curve()), (Kty::Okp, Some(Curve::Ed25519)));
    assert_eq!((okp.x().len(), okp.y()), (32, &[][..]));
    assert_eq!(okp.signature_length(), 64);
}

#[test]
fn a_signature_whose_point_is_weak_or_no_canonical_one_is_no_signature() {
    let okp = read(vectors::EDDSA_KEY).unwrap();
    assert!(okp.may_have_made(&[3; 64]));
    // R is the neutral point, then one that is not below the prime
    for r in [
        [&[1][..], &[0; 31]].concat(),
        [&[0xee][..], &[0xff; 30], &[0x7f]].concat(),
    ] {
        assert!(!okp.may_have_made(&[&r[..], &[3; 32]].concat()));
        let ec = read(vectors::ES256_KEY).unwrap();
        assert!(ec.may_have_made(&[&r[..], &[3; 32]].concat()));
    }
}

#[test]
fn what_is_imported_is_what_a_thumbprint_is_made_of() {
    let set = Json::parse(vectors::KEY_SET.as_bytes()).unwrap();
    let rsa = PublicKey::from_jwk(set.get("keys").unwrap().items().nth(1).unwrap()).unwrap();
    let okp = read(vectors::EDDSA_KEY).unwrap();
    for (key, thumbprint) in [
        (rsa, vectors::KEY_SET_RSA_THUMBPRINT),
        (okp, vectors::EDDSA_THUMBPRINT),
    ] {
        assert_eq!(encode(&sha256(key.to_jwk().as_bytes())), thumbprint);
    }
    for base in [
        vectors::RS256_KEY,
        vectors::ES256_KEY,
        vectors::ES512_KEY,
        vectors::EDDSA_KEY,
    ] {
        let rich = json!({ "kid": "k", "use": "sig", "x5t": "t", "ext": true });
        let minimal = changed(base, &rich).unwrap().to_jwk();
        let [minimal, base]: [Value; 2] =
            [&minimal, base].map(|text| serde_json::from_str(text).unwrap());
        assert_eq!(minimal, base);
    }
}

#[test]
fn a_key_fits_the_algorithms_of_its_type_and_curve() {
    let p384 = json!({ "crv": "P-384", "x": encode(&[1; 48]), "y": encode(&[2; 48]) });
    for (key, algs) in [
        (
            read(vectors::RS256_KEY),
            "RS256 RS384 RS512 PS256 PS384 PS512",
        ),
        (
            changed(vectors::RS256_KEY, &json!({ "alg": "PS256" })),
            "PS256",
        ),
        (
            changed(vectors::RS256_KEY, &json!({ "alg": "RS256" })),
            "RS256",
        ),
        (read(vectors::ES256_KEY), "ES256"),
        (
            changed(vectors::ES256_KEY, &json!({ "alg": "ES256" })),
            "ES256",
        ),
        (changed(vectors::ES256_KEY, &p384), "ES384"),
        (read(vectors::ES512_KEY), "ES512"),
        (read(vectors::EDDSA_KEY), "EdDSA Ed25519"),
        (
            changed(vectors::EDDSA_KEY, &json!({ "alg": "Ed25519" })),
            "EdDSA Ed25519",
        ),
        (
            changed(vectors::EDDSA_KEY, &json!({ "alg": "EdDSA" })),
            "EdDSA Ed25519",
        ),
    ] {
        let key = key.unwrap();
        let fitting: Vec<_> = Alg::ALL
            .iter()
            .filter(|alg| key.fits(**alg))
            .map(|alg| alg.as_str())
            .collect();
        assert_eq!(fitting.join(" "), algs);
    }
}

proptest! {
    #[test]
    fn no_json_is_too_strange(text in "\\{(\"(kty|crv|n|e|x|y|use|key_ops|alg|kid)\":(\"(RSA|EC|P-256|sig|AQAB)\"|\\[\\]|1|null),){0,5}\"z\":0\\}") {
        if let Ok(jwk) = Json::parse(text.as_bytes()) {
            prop_assert!(PublicKey::from_jwk(jwk).is_none());
        }
    }

    #[test]
    fn an_imported_key_reads_back(n in prop::collection::vec(any::<u8>(), 256..300), kid: String) {
        let mut n = n;
        n[0] |= 0x80;
        *n.last_mut().unwrap() |= 1;
        let jwk = json!({ "kty": "RSA", "n": encode(&n), "e": "AQAB", "kid": kid });
        let key = read(&jwk.to_string()).unwrap();
        prop_assert_eq!((key.n(), key.kid()), (&n[..], Some(&*kid)));
        let again = read(&key.to_jwk()).unwrap();
        prop_assert_eq!((again.n(), again.e(), again.kid()), (&n[..], key.e(), None));
    }
}
