//! Signatures, checked by `WebCrypto` against the standards' and against its own.

use js_sys::{Array, Uint8Array};
use portcullis::{
    codec::{base64url, json::Json},
    error::{Code, Place},
    jose::{
        alg::{Alg, Hash, sha256},
        jwk::PublicKey,
        jws::SignatureCheck,
    },
    platform::Crypto,
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::{
    support::{answer, js, run, web},
    vectors::VECTORS,
};

type Verdict = portcullis::error::Result<bool>;

fn key(jwk: &str) -> PublicKey {
    PublicKey::from_jwk(Json::parse(jwk.as_bytes()).unwrap()).unwrap()
}

async fn verify(alg: Alg, key: &PublicKey, data: &[u8], signature: &[u8]) -> Verdict {
    let check = SignatureCheck {
        alg,
        key,
        signing_input: data,
        signature,
    };
    web(&JsValue::UNDEFINED).verify(&check).await
}

/// That the signature holds, and that it does not once one bit of it or of the data differs.
async fn assert_binds(what: &str, alg: Alg, key: &PublicKey, data: &[u8], signature: &[u8]) {
    let verdict = verify(alg, key, data, signature).await;
    assert_eq!(verdict, Ok(true), "{what}");
    for at in [0, data.len() / 2, data.len() - 1] {
        let mut data = data.to_vec();
        data[at] ^= 1;
        let verdict = verify(alg, key, &data, signature).await;
        assert_eq!(verdict, Ok(false), "{what}: byte {at} of the data");
    }
    for at in [0, signature.len() / 2, signature.len() - 1] {
        let mut signature = signature.to_vec();
        signature[at] ^= 1;
        let verdict = verify(alg, key, data, &signature).await;
        assert_eq!(verdict, Ok(false), "{what}: byte {at} of the signature");
    }
}

/// What a key of `alg` is made with and signs with (W3C Web Cryptography API).
fn parameters(alg: Alg) -> String {
    let (name, hash) = match alg {
        Alg::Rs256 => ("RSASSA-PKCS1-v1_5", "SHA-256"),
        Alg::Rs384 => ("RSASSA-PKCS1-v1_5", "SHA-384"),
        Alg::Rs512 => ("RSASSA-PKCS1-v1_5", "SHA-512"),
        Alg::Ps256 => ("RSA-PSS", "SHA-256"),
        Alg::Ps384 => ("RSA-PSS", "SHA-384"),
        Alg::Ps512 => ("RSA-PSS", "SHA-512"),
        Alg::Es256 => ("ECDSA", "SHA-256"),
        Alg::Es384 => ("ECDSA", "SHA-384"),
        Alg::Es512 => ("ECDSA", "SHA-512"),
        Alg::EdDsa | Alg::Ed25519 => ("Ed25519", ""),
    };
    let curve = match alg {
        Alg::Es256 => "P-256",
        Alg::Es384 => "P-384",
        _ => "P-521",
    };
    let salt = match alg {
        Alg::Ps256 => 32,
        Alg::Ps384 => 48,
        _ => 64,
    };
    format!(
        "{{ name: '{name}', hash: '{hash}', namedCurve: '{curve}', saltLength: {salt},
            modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) }}"
    )
}

/// A new key for `made` and its signature of `data`, made with what `signed` changes of it.
async fn sign(made: &str, signed: &str, data: &[u8]) -> (PublicKey, Vec<u8>) {
    let source = format!(
        "(async () => {{
            const made = {made};
            const pair = await crypto.subtle.generateKey(made, true, ['sign', 'verify']);
            const signature = await crypto.subtle.sign({{ ...made, {signed} }}, pair.privateKey, subject);
            const jwk = await crypto.subtle.exportKey('jwk', pair.publicKey);
            return [JSON.stringify(jwk), new Uint8Array(signature)];
        }})()"
    );
    let made: Array = answer(&Uint8Array::from(data).into(), &source)
        .await
        .unchecked_into();
    let signature: Uint8Array = made.get(1).unchecked_into();
    (key(&made.get(0).as_string().unwrap()), signature.to_vec())
}

#[wasm_bindgen_test]
async fn the_standards_signatures_hold_to_the_bit() {
    run(async {
        for vector in VECTORS {
            let (input, signature) = vector.token.rsplit_once('.').unwrap();
            let signature = base64url::decode(signature).unwrap();
            let key = key(vector.jwk);
            assert_binds(
                vector.source,
                vector.alg,
                &key,
                input.as_bytes(),
                &signature,
            )
            .await;
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn every_algorithm_is_checked_and_none_stands_in_for_another() {
    run(async {
        for alg in Alg::ALL {
            let data = alg.as_str().as_bytes();
            let (named, signature) = sign(&parameters(*alg), "", data).await;
            assert_binds(alg.as_str(), *alg, &named, data, &signature).await;
            // without the name of its own algorithm, the key fits its family
            let key = key(&named.to_jwk());
            for other in Alg::ALL.iter().filter(|other| key.fits(**other)) {
                let same = parameters(*other) == parameters(*alg);
                let verdict = verify(*other, &key, data, &signature).await;
                assert_eq!(verdict, Ok(same), "{} as {}", alg.as_str(), other.as_str());
            }
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn a_salt_is_as_long_as_the_hash() {
    // RFC 7518 §3.5
    run(async {
        for salt in [0, 20, 33, 48, 64] {
            let signed = format!("saltLength: {salt}");
            let (key, signature) = sign(&parameters(Alg::Ps256), &signed, b"data").await;
            let verdict = verify(Alg::Ps256, &key, b"data", &signature).await;
            assert_eq!(verdict, Ok(false), "{salt}");
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn a_key_that_cannot_be_used_verifies_nothing() {
    run(async {
        let point = |crv: &str, length| {
            let [x, y] = [1, 2].map(|byte| base64url::encode(&vec![byte; length]));
            key(&format!(
                r#"{{"kty":"EC","crv":"{crv}","x":"{x}","y":"{y}"}}"#
            ))
        };
        let rsa = key(VECTORS[0].jwk);
        let okp = key(VECTORS[3].jwk);
        for (what, alg, key, length) in [
            ("no point of P-256", Alg::Es256, &point("P-256", 32), 64),
            ("no point of P-384", Alg::Es384, &point("P-384", 48), 96),
            ("no point of P-521", Alg::Es512, &point("P-521", 66), 132),
            ("another curve", Alg::Es384, &key(VECTORS[1].jwk), 96),
            ("RSA for a curve", Alg::Es256, &rsa, 64),
            ("RSA for Ed25519", Alg::EdDsa, &rsa, 64),
            ("Ed25519 for RSA", Alg::Rs256, &okp, 256),
            ("Ed25519 for PSS", Alg::Ps512, &okp, 256),
        ] {
            let verdict = verify(alg, key, b"data", &vec![1; length]).await;
            assert_eq!(verdict, Ok(false), "{what}");
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn signatures_of_a_wrong_length_do_not_hold() {
    run(async {
        for vector in VECTORS {
            let (input, signature) = vector.token.rsplit_once('.').unwrap();
            let whole = base64url::decode(signature).unwrap();
            let longer = [&whole[..], &[0]].concat();
            let key = key(vector.jwk);
            for signature in [&[][..], &whole[1..], &whole[..whole.len() - 1], &longer] {
                let verdict = verify(vector.alg, &key, input.as_bytes(), signature).await;
                assert_eq!(verdict, Ok(false), "{} {}", vector.source, signature.len());
            }
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn what_cannot_be_checked_here_is_not_called_wrong() {
    for (what, hidden, shown) in [
        (
            "no subtle crypto, as on insecure pages",
            "Object.defineProperty(crypto, 'subtle', { value: undefined, configurable: true })",
            "delete crypto.subtle",
        ),
        (
            "an algorithm that the browser does not know",
            "crypto.subtle.importKey = async () => { throw new DOMException('', 'NotSupportedError'); }",
            "delete crypto.subtle.importKey",
        ),
    ] {
        js(hidden);
        let verdict =
            run(async { verify(Alg::EdDsa, &key(VECTORS[3].jwk), b"data", &[1; 64]).await }).await;
        js(shown);
        assert_eq!(verdict, Err(Code::Unsupported.at(Place::Alg)), "{what}");
    }
}

#[wasm_bindgen_test]
async fn digests_are_those_of_fips_180() {
    run(async {
        let platform = web(&JsValue::UNDEFINED);
        // The examples for "abc".
        for (hash, expected) in [
            (Hash::Sha256, "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"),
            (
                Hash::Sha384,
                "ywB1P0WjXou1oD1pmsZQBycsMqsO3tFjGotgWkP_W-2AhgcroefMI1i67KE0yCWn",
            ),
            (
                Hash::Sha512,
                "3a81oZNherrMQXNJriBBMRLm-k6JqX6iCp7u5ktV05ohkpkqJ0_BqDa6PCOj_uu9RU1EI2Q86A4qmslPpUyknw",
            ),
        ] {
            let digest = platform.digest(hash, b"abc").await.unwrap();
            assert_eq!(base64url::encode(&digest), expected, "{hash:?}");
        }
        let ours = platform.digest(Hash::Sha256, &[7; 200]).await.unwrap();
        assert_eq!(ours, sha256(&[7; 200]));
    })
    .await;
}

#[wasm_bindgen_test]
async fn a_hash_that_cannot_be_made_here_is_unsupported() {
    js("Object.defineProperty(crypto, 'subtle', { value: undefined, configurable: true })");
    let digest = run(async { web(&JsValue::UNDEFINED).digest(Hash::Sha512, b"abc").await }).await;
    js("delete crypto.subtle");
    assert_eq!(digest, Err(Code::Unsupported.at(Place::AtHash)));
}
