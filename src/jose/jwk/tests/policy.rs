//! What is no key to check signatures with.

use super::{changed, read};
use crate::{
    codec::base64url::encode,
    jose::{jwk::PublicKey, vectors},
};
use serde_json::json;
use std::{vec, vec::Vec};

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
