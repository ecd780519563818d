//! Proof key for code exchange (RFC 7636); `S256` and nothing else.

use alloc::string::String;

use crate::{codec::base64url, jose::alg::sha256};

/// The challenge that goes into the authorization request (RFC 7636 §4.2).
#[must_use]
pub fn code_challenge(code_verifier: &str) -> String {
    base64url::encode(&sha256(code_verifier.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::code_challenge;

    /// RFC 7636, appendix B.
    #[test]
    fn the_example_of_the_specification() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(
            code_challenge(verifier),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }
}
