use super::holds;
use crate::{
    codec::{base64url::encode, json::Json},
    jose::{
        alg::{Alg, Algs},
        jwk::PublicKey,
        jws::{Jws, SignatureCheck},
        vectors,
    },
};
use std::{format, vec, vec::Vec};

fn key(jwk: &str) -> PublicKey {
    PublicKey::from_jwk(Json::parse(jwk.as_bytes()).unwrap()).unwrap()
}

/// What the standards print: name, key, token.
const STANDARD: [(&str, &str, &str); 7] = [
    ("RFC 7515 A.2", vectors::RS256_KEY, vectors::RS256_TOKEN),
    ("RFC 7515 A.3", vectors::ES256_KEY, vectors::ES256_TOKEN),
    ("RFC 7515 A.4", vectors::ES512_KEY, vectors::ES512_TOKEN),
    ("RFC 8037 A.4", vectors::EDDSA_KEY, vectors::EDDSA_TOKEN),
    (
        "RFC 7520 4.1",
        vectors::COOKBOOK_RSA_KEY,
        vectors::COOKBOOK_RS256_TOKEN,
    ),
    (
        "RFC 7520 4.2",
        vectors::COOKBOOK_RSA_KEY,
        vectors::COOKBOOK_PS384_TOKEN,
    ),
    (
        "RFC 7520 4.3",
        vectors::COOKBOOK_EC_KEY,
        vectors::COOKBOOK_ES512_TOKEN,
    ),
];

#[test]
fn the_standards_tokens_hold_and_nothing_near_them_does() {
    for (name, jwk, token) in STANDARD {
        let keys = [key(jwk)];
        let jws = Jws::parse(token, Algs::ALL).unwrap();
        let checks = jws.checks(&keys).unwrap();
        let check = &checks[0];
        assert!(holds(check), "{name}");

        let changed = |at: usize| {
            let mut signature = check.signature.to_vec();
            signature[at] ^= 1;
            holds(&SignatureCheck {
                signature: &signature,
                ..*check
            })
        };
        assert!(!changed(check.signature.len() - 1), "{name}: its last bit");
        assert!(!changed(1), "{name}: a bit in front");

        let mut data = check.signing_input.to_vec();
        data[10] ^= 1;
        let forged = SignatureCheck {
            signing_input: &data,
            ..*check
        };
        assert!(!holds(&forged), "{name}: other data");
    }
}

#[test]
fn a_name_of_another_hash_or_padding_does_not_hold() {
    for (name, jwk, token) in STANDARD {
        let keys = [key(jwk)];
        let jws = Jws::parse(token, Algs::ALL).unwrap();
        let checks = jws.checks(&keys).unwrap();
        for alg in Alg::ALL.iter().filter(|alg| !alg.is_same_as(jws.alg())) {
            let check = SignatureCheck {
                alg: *alg,
                ..checks[0]
            };
            assert!(!holds(&check), "{name} as {}", alg.as_str());
        }
    }
}

#[test]
fn a_signature_of_any_other_length_does_not_hold() {
    for (name, jwk, token) in STANDARD {
        let keys = [key(jwk)];
        let jws = Jws::parse(token, Algs::ALL).unwrap();
        let checks = jws.checks(&keys).unwrap();
        let whole = checks[0].signature;
        for signature in [
            &[][..],
            &whole[1..],
            &whole[..whole.len() - 1],
            &[&[0], whole].concat(),
            &[whole, &[0]].concat(),
            &[whole, whole].concat(),
        ] {
            let check = SignatureCheck {
                signature,
                ..checks[0]
            };
            assert!(!holds(&check), "{name}: {} bytes", signature.len());
        }
    }
}

#[test]
fn a_point_beside_its_curve_verifies_nothing() {
    let jws = Jws::parse(vectors::ES256_TOKEN, Algs::ALL).unwrap();
    let p256 = "_____wAAAAEAAAAAAAAAAAAAAAD_______________8";
    let zero = encode(&[0; 32]);
    let x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
    for (what, x, y) in [
        (
            "a neighbour",
            x,
            "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a4",
        ),
        ("the origin", &*zero, &*zero),
        ("a coordinate that is the prime", p256, &zero),
    ] {
        let keys = [key(&format!(
            r#"{{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}"}}"#
        ))];
        assert!(!holds(&jws.checks(&keys).unwrap()[0]), "{what}");
    }
}

/// What verifiers of Ed25519 differ over: the cases of "Taming the many `EdDSAs`" (Chalkias,
/// Garillot, Nikolaenko 2020): what it is, message, key, signature.
const DISPUTED: [(&str, &str, &str, &str); 10] = [
    (
        "a key of small order",
        "8c93255d71dcab10e8f379c26200f3c7bd5f09d9bc3068d3ef4edeb4853022b6",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a0000000000000000000000000000000000000000000000000000000000000000",
    ),
    (
        "a key of small order, R of the full one",
        "9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04",
    ),
    (
        "R of small order",
        "aebf3f2601a0c8c5d39cc7d8911642f740b78168218da8471772b35f9d35b9ab",
        "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa8c4bd45aecaca5b24fb97bc10ac27ac8751a7dfe1baff8b953ec9f5833ca260e",
    ),
    (
        "key and R of mixed order, which every verifier takes",
        "9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
        "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        "9046a64750444938de19f227bb80485e92b83fdb4b6506c160484c016cc1852f87909e14428a7a1d62e9f22f3d3ad7802db02eb2e688b6c52fcd6648a98bd009",
    ),
    (
        "one that holds only with the cofactor",
        "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
        "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        "160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed5125ec6bc982a269b723e0668e540911a9a6a58921d6925e434ab10aa7940551a09",
    ),
    (
        "one that holds only with the cofactor taken in late",
        "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
        "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        "21122a84e0b5fca4052f5b1235c80a537878b38f3142356b2c2384ebad4668b7e40bc836dac0f71076f9abe3a53f9c03c1ceeeddb658d0030494ace586687405",
    ),
    (
        "S not below L",
        "85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
        "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
        "e96f66be976d82e60150baecff9906684aebb1ef181f67a7189ac78ea23b6c0e547f7690a0e2ddcd04d87dbc3490dc19b3b3052f7ff0538cb68afb369ba3a514",
    ),
    (
        "S far above L",
        "85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
        "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
        "8ce5b96c8f26d0ab6c47958c9e68b937104cd36e13c33566acd2fe8d38aa19427e71f98a473474f2f13f06f97c20d58cc3f54b8bd0d272f42b695dd7e89a8c22",
    ),
    (
        "R that is not canonical",
        "fdaebc429f4a735932a160da1301080c13280eea8bc280d1b392c6b9e6ba3a5a",
        "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f454d370c8d9fc323a41450f8d513eafeb5b0697390c1e505a0d4ddc71f566607",
    ),
    (
        "R that is not canonical, hashed as it is",
        "84b698d39be126ff55fe45079e6c8bf64a0d7db6994560b4e96b7021eb39c1a1",
        "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f084d5b99c2a9463d9c8bd5026916996984eeec87ddf1d3be329006ace1b37b09",
    ),
];

#[test]
fn of_what_verifiers_of_ed25519_differ_over_one_holds() {
    let bytes = |hex: &str| -> Vec<u8> {
        (0..hex.len() / 2)
            .map(|at| u8::from_str_radix(hex.get(2 * at..2 * at + 2).unwrap(), 16).unwrap())
            .collect()
    };
    let mut held = vec![];
    for (what, message, x, signature) in DISPUTED {
        let jwk = format!(
            r#"{{"kty":"OKP","crv":"Ed25519","x":"{}"}}"#,
            encode(&bytes(x))
        );
        let key = PublicKey::from_jwk(Json::parse(jwk.as_bytes()).unwrap());
        assert_eq!(key.is_none(), what.contains("key of small order"), "{what}");
        let holds = key.is_some_and(|key| {
            holds(&SignatureCheck {
                alg: Alg::EdDsa,
                key: &key,
                signing_input: &bytes(message),
                signature: &bytes(signature),
            })
        });
        if holds {
            held.push(what);
        }
    }
    assert_eq!(
        held,
        ["key and R of mixed order, which every verifier takes"]
    );
}
