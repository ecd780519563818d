//! Signed tokens: what must hold for a signature to count. No cryptography happens here.
//!
//! The order is RFC 7515 §5.2 with the cheap refusals first: [`Jws::parse`](jws::Jws::parse)
//! reads the header and nothing else, [`KeySet::candidates`](jwks::KeySet::candidates) chooses
//! keys, [`Jws::checks`](jws::Jws::checks) says what a verifier must be asked, and only its yes
//! opens the payload.

pub mod alg;
pub mod jwk;
pub mod jwks;
pub mod jws;

#[cfg(test)]
pub(crate) mod vectors;
