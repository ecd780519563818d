//! Ed25519 (RFC 8032 §5.1.7), without the cofactor, as `WebCrypto` has it: one equation for every
//! verifier, so that no signature is good here and bad there.

use alloc::borrow::Cow;
use core::convert::Infallible;

use ed25519_dalek::VerifyingKey;
use jwt_compact::Algorithm;

use super::raw::Raw;
use crate::jose::jwk::{Curve, PublicKey};

/// The algorithm.
pub(super) struct Ed25519;

/// The key; `None` if it is of another curve or no point.
pub(super) fn key(key: &PublicKey) -> Option<VerifyingKey> {
    if key.curve() != Some(Curve::Ed25519) {
        return None;
    }
    VerifyingKey::from_bytes(key.x().try_into().ok()?).ok()
}

impl Algorithm for Ed25519 {
    type SigningKey = Infallible;
    type VerifyingKey = VerifyingKey;
    type Signature = Raw<64>;

    fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed("Ed25519")
    }

    fn sign(&self, never: &Infallible, _: &[u8]) -> Raw<64> {
        match *never {}
    }

    fn verify_signature(&self, signature: &Raw<64>, key: &VerifyingKey, message: &[u8]) -> bool {
        key.verify_strict(message, &signature.0.into()).is_ok()
    }
}
