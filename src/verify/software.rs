//! Signatures checked in software, for machines whose own cryptography is missing or lacks the
//! algorithm. No other place has cryptography in it, hashes aside.
//!
//! Every algorithm is a `jwt_compact::Algorithm`: RSA is that crate's own, the curves are those
//! of a later generation under its trait. What a key and a signature must look like is settled
//! before (`jose`), so that the verdict is that of `WebCrypto` on every input.

mod ecdsa;
mod ed25519;
#[cfg(target_arch = "wasm32")]
mod entropy;
mod raw;
mod rsa;

use alloc::vec::Vec;

use sha2::{Digest, Sha256, Sha384, Sha512};

use jwt_compact::{Algorithm, AlgorithmSignature, alg::Rsa};

use self::{
    ecdsa::{Es256, Es384, Es512},
    ed25519::Ed25519,
};
use crate::{
    codec::json::Json,
    jose::{alg::Alg, jwk::PublicKey, jws::SignatureCheck},
};

/// Whether the signature holds. A key that cannot be used counts as a signature that does not.
#[must_use]
pub fn holds(check: &SignatureCheck<'_>) -> bool {
    let key = check.key;
    match check.alg {
        Alg::Rs256 => ask(&Rsa::rs256(), rsa::key(key), check),
        Alg::Rs384 => ask(&Rsa::rs384(), rsa::key(key), check),
        Alg::Rs512 => ask(&Rsa::rs512(), rsa::key(key), check),
        Alg::Ps256 => ask(&Rsa::ps256(), rsa::key(key), check),
        Alg::Ps384 => ask(&Rsa::ps384(), rsa::key(key), check),
        Alg::Ps512 => ask(&Rsa::ps512(), rsa::key(key), check),
        Alg::Es256 => ask(&Es256, Es256::key(key), check),
        Alg::Es384 => ask(&Es384, Es384::key(key), check),
        Alg::Es512 => ask(&Es512, Es512::key(key), check),
        Alg::EdDsa | Alg::Ed25519 => ask(&Ed25519, ed25519::key(key), check),
    }
}

/// The SHA-2 digest of that many bits: 256, 384 or 512.
#[must_use]
pub fn digest(bits: u32, data: &[u8]) -> Vec<u8> {
    match bits {
        256 => Sha256::digest(data).to_vec(),
        384 => Sha384::digest(data).to_vec(),
        _ => Sha512::digest(data).to_vec(),
    }
}

/// The answer to a question that was put in text: an algorithm's name and a JWK. What is no
/// algorithm or no sound key verifies nothing.
#[must_use]
pub fn answer(alg: &str, jwk: &str, signing_input: &[u8], signature: &[u8]) -> bool {
    let key = Json::parse(jwk.as_bytes())
        .ok()
        .and_then(PublicKey::from_jwk);
    let (Some(alg), Some(key)) = (Alg::parse(alg), key) else {
        return false;
    };
    holds(&SignatureCheck {
        alg,
        key: &key,
        signing_input,
        signature,
    })
}

fn ask<A: Algorithm>(
    algorithm: &A,
    key: Option<A::VerifyingKey>,
    check: &SignatureCheck<'_>,
) -> bool {
    let length = A::Signature::LENGTH;
    if length.is_some_and(|length| length.get() != check.signature.len()) {
        return false;
    }
    match (key, A::Signature::try_from_slice(check.signature)) {
        (Some(key), Ok(signature)) => {
            algorithm.verify_signature(&signature, &key, check.signing_input)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
