//! Every key that is accepted meets the policy, said once more in other words, and verifies
//! nothing it did not sign.

#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis::{
    codec::json::Json,
    error::Code,
    jose::{
        alg::Alg,
        jwk::{Curve, Kty, PublicKey},
        jwks::KeySet,
        jws::SignatureCheck,
    },
    verify::software,
};
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let set = match KeySet::parse(bytes) {
        Ok(set) => set,
        Err(error) => {
            assert!(matches!(
                error.code(),
                Code::JwksInvalid | Code::JwksTooLarge
            ));
            return;
        }
    };
    let Ok(read) = serde_json::from_slice::<Value>(bytes) else {
        return;
    };
    let published = read["keys"].as_array().expect("keys");
    let mut usable = 0;
    for alg in Alg::ALL {
        let keys = set.candidates(*alg, None).unwrap_or_default();
        assert!(keys.len() <= 10);
        usable += keys.len();
        for key in &keys {
            assert!(key.fits(*alg));
            assert_sound(key);
            assert_published(key, published);
        }
        // Cryptography takes a thousand times as long as the rest: one length in four, and once
        // for each kind of key.
        let is_asked = bytes.len() % 4 == 0
            && matches!(
                alg,
                Alg::Ps256 | Alg::Es256 | Alg::Es384 | Alg::Es512 | Alg::EdDsa
            );
        if let Some(key) = keys.last().filter(|_| is_asked) {
            assert_verifies_nothing(*alg, key, bytes.len());
        }
    }
    assert_eq!(set.is_empty(), usable == 0);
});

fn assert_sound(key: &PublicKey) {
    let (n, e, x, y) = (key.n(), key.e(), key.x(), key.y());
    match (key.kty(), key.curve()) {
        (Kty::Rsa, None) => {
            assert!((256..=1024).contains(&n.len()) && (n.len() > 256 || n[0] >= 0x80));
            assert!((1..=4).contains(&e.len()) && e != [1]);
            assert!(n[0] != 0 && e[0] != 0);
            assert!(n[n.len() - 1] % 2 == 1 && e[e.len() - 1] % 2 == 1);
            assert!(x.is_empty() && y.is_empty());
        }
        (kty, Some(curve)) => {
            let (family, length) = match curve {
                Curve::P256 => (Kty::Ec, 32),
                Curve::P384 => (Kty::Ec, 48),
                Curve::P521 => (Kty::Ec, 66),
                Curve::Ed25519 => (Kty::Okp, 32),
            };
            assert_eq!((kty, x.len()), (family, length));
            assert_eq!(y.len(), if family == Kty::Ec { length } else { 0 });
            assert!(n.is_empty() && e.is_empty());
        }
        other => panic!("{other:?}"),
    }
    // what a verifier is handed is the same key, and its only text
    let jwk = key.to_jwk();
    let again = PublicKey::from_jwk(Json::parse(jwk.as_bytes()).expect("JSON")).expect("a key");
    assert_eq!((again.n(), again.e(), again.x(), again.y()), (n, e, x, y));
    assert_eq!(again.to_jwk(), jwk);
}

/// It stands in the set, for signatures, and without anything private.
fn assert_published(key: &PublicKey, published: &[Value]) {
    let own: Value = serde_json::from_str(&key.to_jwk()).expect("JSON");
    let is_it = |jwk: &&Value| {
        own.as_object()
            .expect("an object")
            .iter()
            .all(|(name, value)| jwk[name] == *value)
            && jwk["kid"].as_str() == key.kid()
            && ["d", "p", "q", "dp", "dq", "qi", "oth", "k"]
                .iter()
                .all(|name| jwk.get(name).is_none())
            && jwk.get("use").is_none_or(|purpose| purpose == "sig")
            && jwk.get("key_ops").is_none_or(|ops| {
                ops.as_array()
                    .is_some_and(|ops| ops.contains(&"verify".into()))
            })
    };
    assert!(published.iter().any(|jwk| is_it(&jwk)));
}

fn assert_verifies_nothing(alg: Alg, key: &PublicKey, choice: usize) {
    let byte = [0, 1, 0xff][choice % 3];
    let length = match key.kty() {
        Kty::Rsa => key.n().len(),
        _ => 2 * key.x().len(),
    };
    let check = SignatureCheck {
        alg,
        key,
        signing_input: b"nobody signed this",
        signature: &vec![byte; length],
    };
    assert!(!software::holds(&check), "{alg:?} {}", key.to_jwk());
}
