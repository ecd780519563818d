//! Proof key for code exchange (RFC 7636); `S256` and nothing else.

use alloc::string::String;

use crate::{codec::base64url, jose::alg::Hash, secret::Secret};

/// The verifier for 32 random bytes: 43 characters (RFC 7636 §4.1).
#[must_use]
pub fn code_verifier(random: &[u8]) -> Secret {
    Secret::new(base64url::encode(random))
}

/// The challenge that goes into the authorization request (RFC 7636 §4.2).
#[must_use]
pub fn code_challenge(verifier: &Secret) -> String {
    base64url::encode(&Hash::Sha256.digest(verifier.expose().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::{code_challenge, code_verifier};

    /// RFC 7636, appendix B.
    #[test]
    fn the_example_of_the_specification() {
        let octets = [
            116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191,
            240, 91, 88, 5, 88, 83, 132, 141, 121,
        ];
        let verifier = code_verifier(&octets);
        assert_eq!(verifier.expose(), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(code_challenge(&verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
