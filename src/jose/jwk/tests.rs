use super::{Alg, Curve, Kty, PublicKey};
use crate::{
    codec::{base64url::encode, json::Json},
    jose::{alg::sha256, vectors},
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::{
    string::{String, ToString},
    vec,
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

fn rsa(n: &[u8], e: &[u8]) -> Option<PublicKey> {
    changed(
        vectors::RS256_KEY,
        &json!({ "n": encode(n), "e": encode(e) }),
    )
}

/// An odd number of `bits` bits.
fn odd(bits: usize) -> Vec<u8> {
    let mut number = vec![0; bits.div_ceil(8)];
    number[0] |= 1 << ((bits - 1) % 8);
    *number.last_mut().unwrap() |= 1;
    number
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

#[test]
fn use_and_operations_must_allow_verifying() {
    for (accepted, members) in [
        (true, json!({})),
        (true, json!({ "use": "sig" })),
        (true, json!({ "key_ops": ["verify"] })),
        (true, json!({ "key_ops": ["sign", "verify"] })),
        (true, json!({ "use": "sig", "key_ops": ["verify", "sign"] })),
        (true, json!({ "key_ops": ["verify", "of-tomorrow"] })),
        (false, json!({ "use": "enc" })),
        (false, json!({ "use": "SIG" })),
        (false, json!({ "use": "" })),
        (false, json!({ "use": ["sig"] })),
        (false, json!({ "use": 1 })),
        (false, json!({ "key_ops": [] })),
        (false, json!({ "key_ops": ["sign"] })),
        (false, json!({ "key_ops": ["encrypt", "wrapKey"] })),
        (false, json!({ "key_ops": "verify" })),
        (false, json!({ "key_ops": { "0": "verify" } })),
        (false, json!({ "use": "sig", "key_ops": ["encrypt"] })),
        (
            false,
            json!({ "use": "sig", "key_ops": ["verify", "encrypt"] }),
        ),
        (false, json!({ "use": "enc", "key_ops": ["verify"] })),
    ] {
        assert_eq!(
            changed(vectors::ES256_KEY, &members).is_some(),
            accepted,
            "{members}"
        );
    }
    let null = vectors::ES256_KEY.replace('{', r#"{"use":null,"#);
    assert!(read(&null).is_none(), "a use that is null");
}

#[test]
fn a_key_with_a_private_member_is_refused() {
    for base in [vectors::RS256_KEY, vectors::ES256_KEY, vectors::EDDSA_KEY] {
        for name in ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "\\u0064"] {
            for value in [r#""AQAB""#, r#""""#, "null", "[]"] {
                let member = ["{\"", name, "\":", value, ","].concat();
                assert!(read(&base.replacen('{', &member, 1)).is_none(), "{member}");
            }
        }
        assert!(changed(base, &json!({ "D": "AQAB", "dd": "AQAB" })).is_some());
    }
}

#[test]
fn what_is_no_known_public_key_is_refused() {
    let (rsa, ec, okp) = (vectors::RS256_KEY, vectors::ES256_KEY, vectors::EDDSA_KEY);
    for (what, base, members) in [
        ("no type", ec, json!({ "kty": null })),
        ("an unknown type", ec, json!({ "kty": "AKP" })),
        ("a type in small letters", ec, json!({ "kty": "ec" })),
        ("a type that is no string", ec, json!({ "kty": ["EC"] })),
        ("a shared secret", ec, json!({ "kty": "oct" })),
        ("no curve", ec, json!({ "crv": null })),
        ("an unknown curve", ec, json!({ "crv": "secp256k1" })),
        ("a curve of the other family", okp, json!({ "kty": "EC" })),
        (
            "an Edwards type with a Weierstrass curve",
            ec,
            json!({ "kty": "OKP" }),
        ),
        (
            "an RSA type without RSA members",
            ec,
            json!({ "kty": "RSA" }),
        ),
        (
            "the Edwards curve that is not known",
            okp,
            json!({ "crv": "Ed448" }),
        ),
        ("a curve for key agreement", vectors::X25519_KEY, json!({})),
        ("no x", ec, json!({ "x": null })),
        ("no y", ec, json!({ "y": null })),
        ("an x that is no string", ec, json!({ "x": 1 })),
        ("an empty x", okp, json!({ "x": "" })),
        ("a padded x", okp, json!({ "x": encode(&[9; 32]) + "=" })),
        (
            "an x in the standard alphabet",
            okp,
            json!({ "x": encode(&[0xff; 32]).replace('_', "/") }),
        ),
        ("no n", rsa, json!({ "n": null })),
        ("no e", rsa, json!({ "e": null })),
        ("an empty n", rsa, json!({ "n": "" })),
        ("an empty e", rsa, json!({ "e": "" })),
        ("an e that is a number", rsa, json!({ "e": 65537 })),
        ("an e with trailing bits", rsa, json!({ "e": "AR" })),
        ("a kid that is a number", ec, json!({ "kid": 1 })),
        ("an alg that is no string", ec, json!({ "alg": ["ES256"] })),
        ("an unknown alg", ec, json!({ "alg": "ES256K" })),
        ("alg none", ec, json!({ "alg": "none" })),
        ("a symmetric alg", rsa, json!({ "alg": "HS256" })),
        ("an alg for encryption", rsa, json!({ "alg": "RSA-OAEP" })),
        ("an alg of another type", rsa, json!({ "alg": "ES256" })),
        ("an alg of another curve", ec, json!({ "alg": "ES384" })),
    ] {
        assert!(changed(base, &members).is_none(), "{what}");
    }
    for (what, value) in [
        ("null", "null"),
        ("an array", "[]"),
        ("a string", "\"RSA\""),
    ] {
        assert!(read(value).is_none(), "{what}");
    }
    let null = ec.replacen('{', r#"{"kid":null,"#, 1);
    assert!(read(&null).is_none(), "a kid that is null");
}

#[test]
fn coordinates_have_the_length_of_their_field() {
    for (crv, length) in [("P-256", 32), ("P-384", 48), ("P-521", 66)] {
        for (x, y) in [(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (1, 1)] {
            let of = |more: isize| encode(&vec![7; usize::try_from(length + more).unwrap()]);
            let key = changed(
                vectors::ES256_KEY,
                &json!({ "crv": crv, "x": of(x), "y": of(y) }),
            );
            assert_eq!(key.is_some(), (x, y) == (0, 0), "{crv} {x} {y}");
        }
    }
    for length in [0, 31, 33, 57, 64] {
        let members = json!({ "x": encode(&vec![7; length]) });
        assert!(changed(vectors::EDDSA_KEY, &members).is_none(), "{length}");
    }
}

#[test]
fn rsa_numbers_are_sound() {
    let n = odd(2048);
    for bits in [2048, 2049, 3072, 4096, 8191, 8192] {
        assert!(rsa(&odd(bits), &[1, 0, 1]).is_some(), "{bits}");
    }
    for e in [&[3][..], &[17], &[1, 0, 1], &[0xff; 4]] {
        assert!(rsa(&n, e).is_some(), "{e:?}");
    }
    for (what, n, e) in [
        ("a modulus of 1024 bits", odd(1024), vec![3]),
        ("a modulus of 2047 bits", odd(2047), vec![3]),
        ("a modulus of 8193 bits", odd(8193), vec![3]),
        ("a modulus of 16384 bits", odd(16384), vec![3]),
        (
            "a modulus with a leading zero",
            [vec![0], n.clone()].concat(),
            vec![3],
        ),
        (
            "a small modulus filled up with zeros",
            [vec![0; 128], odd(1024)].concat(),
            vec![3],
        ),
        (
            "an even modulus",
            [&[0x80][..], &[0; 255]].concat(),
            vec![3],
        ),
        ("an exponent of 0", n.clone(), vec![0]),
        ("an exponent of 1", n.clone(), vec![1]),
        ("an exponent of 2", n.clone(), vec![2]),
        ("an even exponent", n.clone(), vec![1, 0, 0]),
        ("an exponent with a leading zero", n.clone(), vec![0, 3]),
        ("an exponent of 33 bits", n.clone(), vec![1, 0, 0, 0, 1]),
        ("an exponent as long as the modulus", n.clone(), n.clone()),
    ] {
        assert!(rsa(&n, &e).is_none(), "{what}");
    }
}

#[test]
fn weak_edwards_points_are_refused() {
    /// Little-endian.
    fn near_p(low: u8) -> [u8; 32] {
        let mut y = [0xff; 32];
        y[0] = low;
        y[31] = 0x7f;
        y
    }
    fn small(y: u8) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes[0] = y;
        bytes
    }
    let hex = |text: &str| -> [u8; 32] {
        let digits: Vec<_> = text
            .chars()
            .map(|digit| u8::try_from(digit.to_digit(16).unwrap()).unwrap())
            .collect();
        let bytes: Vec<_> = digits
            .chunks(2)
            .map(|pair| pair[0] << 4 | pair[1])
            .collect();
        bytes.try_into().unwrap()
    };
    let read = |y: [u8; 32]| changed(vectors::EDDSA_KEY, &json!({ "x": encode(&y) }));
    let negated = |mut y: [u8; 32]| {
        y[31] |= 0x80;
        y
    };
    let weak = [
        small(0),
        small(1),
        near_p(0xec),
        hex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        hex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    ];
    // p to 2^255 - 1: a second encoding of 0 to 18.
    let second: Vec<_> = (0xed..=0xff).map(near_p).collect();
    for y in weak.into_iter().chain(second) {
        assert!(read(y).is_none(), "{y:x?}");
        assert!(read(negated(y)).is_none(), "{y:x?}");
    }
    for y in [small(2), small(3), near_p(0xeb), near_p(0)] {
        assert!(read(y).is_some() && read(negated(y)).is_some(), "{y:x?}");
    }
    // One byte away from a weak point is another point.
    for y in weak {
        for at in 1..31 {
            let mut other = y;
            other[at] ^= 1;
            assert!(read(other).is_some(), "{other:x?}");
        }
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
