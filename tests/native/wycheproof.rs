//! The software verifier against the Wycheproof vectors, which collect what verifiers got wrong.
//! Sets that no JWS algorithm can mean are skipped, and how many is part of the test.

use portcullis::{
    codec::{base64url::encode, json::Json},
    jose::{alg::Alg, jwk::PublicKey, jws::SignatureCheck},
    verify::software,
};
use serde_json::{Value, json};
use wycheproof::{
    EdwardsCurve, EllipticCurve, HashFunction, Mgf, TestResult, ecdsa, eddsa, rsa_pkcs1_verify,
    rsa_pss_verify,
};

/// How many vectors were tried, how many have no JWS algorithm, and whose verdict was wrong.
#[derive(Default)]
struct Tally {
    tried: usize,
    valid: usize,
    acceptable: usize,
    skipped: usize,
    wrong: Vec<String>,
}

impl Tally {
    fn check(
        &mut self,
        alg: Alg,
        key: &PublicKey,
        (id, comment): (usize, &str),
        (message, signature): (&[u8], &[u8]),
        result: TestResult,
    ) {
        self.tried += 1;
        let holds = software::holds(&SignatureCheck {
            alg,
            key,
            signing_input: message,
            signature,
        });
        let is_right = match result {
            TestResult::Valid => holds,
            TestResult::Invalid => !holds,
            // either is fine for them; we are strict, so it must not hold unless a test says why
            TestResult::Acceptable => {
                self.acceptable += 1;
                !holds
            }
        };
        self.valid += usize::from(holds);
        if !is_right {
            self.wrong.push(format!(
                "{} {id} {comment}: {result:?}, holds: {holds}",
                alg.as_str()
            ));
        }
    }
}

fn key(jwk: &Value) -> Option<PublicKey> {
    PublicKey::from_jwk(Json::parse(jwk.to_string().as_bytes()).unwrap())
}

/// The bytes of a number in `length` bytes, zeros in front.
fn number(bytes: &[u8], length: usize) -> String {
    let significant: Vec<u8> = bytes.iter().copied().skip_while(|b| *b == 0).collect();
    encode(
        &[
            vec![0; length.saturating_sub(significant.len())],
            significant,
        ]
        .concat(),
    )
}

fn rsa_key(n: &[u8], e: &[u8]) -> Option<PublicKey> {
    key(&json!({ "kty": "RSA", "n": number(n, 0), "e": number(e, 0) }))
}

#[test]
fn ecdsa() {
    let mut tally = Tally::default();
    for name in ecdsa::TestName::all() {
        // the others are signatures in DER, or of other curves
        if !name.json_data().contains("EcdsaP1363Verify") {
            tally.skipped += 1;
            continue;
        }
        for group in ecdsa::TestSet::load(name).unwrap().test_groups {
            let (crv, length, alg) = match (group.key.curve, group.hash) {
                (EllipticCurve::Secp256r1, HashFunction::Sha2_256) => ("P-256", 32, Alg::Es256),
                (EllipticCurve::Secp384r1, HashFunction::Sha2_384) => ("P-384", 48, Alg::Es384),
                (EllipticCurve::Secp521r1, HashFunction::Sha2_512) => ("P-521", 66, Alg::Es512),
                _ => {
                    tally.skipped += 1;
                    continue;
                }
            };
            let (x, y) = (
                number(&group.key.affine_x, length),
                number(&group.key.affine_y, length),
            );
            let key = key(&json!({ "kty": "EC", "crv": crv, "x": x, "y": y })).unwrap();
            for test in group.tests {
                let id = (test.tc_id, &*test.comment);
                tally.check(alg, &key, id, (&test.msg, &test.sig), test.result);
            }
        }
    }
    assert_eq!(tally.wrong, [""; 0]);
    assert_eq!(
        (tally.tried, tally.valid, tally.acceptable, tally.skipped),
        (860, 597, 0, 2559)
    );
}

#[test]
fn ed25519() {
    let mut tally = Tally::default();
    for group in eddsa::TestSet::load(eddsa::TestName::Ed25519)
        .unwrap()
        .test_groups
    {
        assert_eq!(group.key.curve, EdwardsCurve::Ed25519);
        let key =
            key(&json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(&group.key.pk) })).unwrap();
        for test in group.tests {
            let id = (test.tc_id, &*test.comment);
            tally.check(Alg::Ed25519, &key, id, (&test.msg, &test.sig), test.result);
        }
    }
    assert_eq!(tally.wrong, [""; 0]);
    assert_eq!((tally.tried, tally.valid, tally.acceptable), (151, 88, 0));
}

#[test]
fn rsa_pkcs1() {
    let mut tally = Tally::default();
    for name in rsa_pkcs1_verify::TestName::all() {
        for group in rsa_pkcs1_verify::TestSet::load(name).unwrap().test_groups {
            let alg = match group.hash {
                HashFunction::Sha2_256 => Alg::Rs256,
                HashFunction::Sha2_384 => Alg::Rs384,
                HashFunction::Sha2_512 => Alg::Rs512,
                _ => {
                    tally.skipped += 1;
                    continue;
                }
            };
            let key = rsa_key(&group.key.n, &group.key.e).unwrap();
            for test in group.tests {
                let id = (test.tc_id, &*test.comment);
                tally.check(alg, &key, id, (&test.msg, &test.sig), test.result);
            }
        }
    }
    assert_eq!(tally.wrong, [""; 0]);
    assert_eq!(
        (tally.tried, tally.valid, tally.acceptable, tally.skipped),
        (3106, 89, 12, 12)
    );
}

#[test]
fn rsa_pss() {
    let mut tally = Tally::default();
    for name in rsa_pss_verify::TestName::all() {
        for group in rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
            let alg = match (group.hash, group.salt_size) {
                (HashFunction::Sha2_256, 32) => Alg::Ps256,
                (HashFunction::Sha2_384, 48) => Alg::Ps384,
                (HashFunction::Sha2_512, 64) => Alg::Ps512,
                _ => {
                    tally.skipped += 1;
                    continue;
                }
            };
            if group.mgf != Mgf::Mgf1 || group.mgf_hash != Some(group.hash) {
                tally.skipped += 1;
                continue;
            }
            let Some(key) = rsa_key(&group.key.n, &group.key.e) else {
                tally.skipped += 1; // too short for the policy
                continue;
            };
            for test in group.tests {
                let id = (test.tc_id, &*test.comment);
                tally.check(alg, &key, id, (&test.msg, &test.sig), test.result);
            }
        }
    }
    assert_eq!(tally.wrong, [""; 0]);
    assert_eq!(
        (tally.tried, tally.valid, tally.acceptable, tally.skipped),
        (1186, 775, 0, 309)
    );
}
