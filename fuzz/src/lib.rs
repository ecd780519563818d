//! What the targets share with each other and with the tests: one client, one sign-in of it, what
//! the specifications say in other words, tokens that the standards print, and an oracle for JSON.

use std::sync::LazyLock;

use portcullis::{
    error::{Code, Failure, Said},
    jose::jwk::PublicKey,
};

pub mod json;
#[path = "../../tests/native/parts.rs"]
pub mod parts;
#[path = "../../tests/native/restated.rs"]
pub mod restated;
#[allow(dead_code)]
#[path = "../../src/jose/vectors.rs"]
mod vectors;

/// Tokens that the standards print, and the keys of those that signed them.
pub static SIGNED: LazyLock<[(&str, PublicKey); 7]> = LazyLock::new(|| {
    [
        (vectors::RS256_TOKEN, vectors::RS256_KEY),
        (vectors::ES256_TOKEN, vectors::ES256_KEY),
        (vectors::ES512_TOKEN, vectors::ES512_KEY),
        (vectors::EDDSA_TOKEN, vectors::EDDSA_KEY),
        (vectors::COOKBOOK_RS256_TOKEN, vectors::COOKBOOK_RSA_KEY),
        (vectors::COOKBOOK_PS384_TOKEN, vectors::COOKBOOK_RSA_KEY),
        (vectors::COOKBOOK_ES512_TOKEN, vectors::COOKBOOK_EC_KEY),
    ]
    .map(|(token, jwk)| (token, parts::key_of(jwk)))
});

/// A failure quotes the provider only where it refuses, which is what `refusal` says, and briefly.
pub fn assert_brief(failure: &Failure, refusal: Code) {
    assert_eq!(failure.said.is_some(), failure.error.code() == refusal);
    if let Some(Said::OAuth {
        error,
        description,
        uri,
    }) = failure.said.as_deref()
    {
        let quoted = [Some(error), description.as_ref(), uri.as_ref()];
        assert!(quoted.into_iter().flatten().all(|text| text.len() <= 1024));
    }
}
