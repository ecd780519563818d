//! The signature algorithms we know (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2). All are
//! asymmetric: `none` and `HS*` cannot be named.

use crate::codec::json::Json;
use sha2::{Digest, Sha256};

/// A signature algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the registered names say it")]
pub enum Alg {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    Es512,
    EdDsa,
    Ed25519,
}

impl Alg {
    /// Every algorithm.
    pub const ALL: &[Self] = &[
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::Es512,
        Self::EdDsa,
        Self::Ed25519,
    ];

    /// The algorithm of that exact name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|alg| alg.as_str() == name)
    }

    /// The name in the JOSE registry.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::EdDsa => "EdDSA",
            Self::Ed25519 => "Ed25519",
        }
    }

    /// Whether a key for `other` can check it: RFC 9864 gave `EdDSA` with Ed25519 a second name.
    #[must_use]
    pub fn is_same_as(self, other: Self) -> bool {
        let is_edwards = |alg| matches!(alg, Self::EdDsa | Self::Ed25519);
        self == other || (is_edwards(self) && is_edwards(other))
    }

    /// The hash it is built on: the one of `at_hash` and `c_hash` too (OIDC Core §3.1.3.6).
    #[must_use]
    pub const fn hash(self) -> Hash {
        match self {
            Self::Rs256 | Self::Ps256 | Self::Es256 => Hash::Sha256,
            Self::Rs384 | Self::Ps384 | Self::Es384 => Hash::Sha384,
            _ => Hash::Sha512,
        }
    }
}

/// A hash function of the SHA-2 family (FIPS 180-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the registered names say it")]
pub enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// The name in FIPS 180-4, which platforms know it by.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }
}

/// The SHA-256 digest of `data`. It alone of the family is computed here: PKCE needs it on every
/// page, also where the platform has no hash for pages served over plain http.
#[must_use]
pub fn sha256(data: &[u8]) -> [u8; 32] {
    Sha256::digest(data).into()
}

/// A set of algorithms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Algs(u16);

impl Algs {
    /// Every algorithm.
    pub const ALL: Self = Self((1 << Alg::ALL.len()) - 1);
    /// No algorithm.
    pub const NONE: Self = Self(0);

    /// The known ones that a JSON list names.
    #[must_use]
    pub fn named(list: Json<'_>) -> Self {
        let mut algs = Self::NONE;
        for name in list.items() {
            if let Some(alg) = name.text().and_then(|name| Alg::parse(&name)) {
                algs = algs.with(alg);
            }
        }
        algs
    }

    /// This set and `alg`.
    #[must_use]
    pub const fn with(self, alg: Alg) -> Self {
        Self(self.0 | 1 << alg as u16)
    }

    /// Whether `alg` is in it.
    #[must_use]
    pub const fn contains(self, alg: Alg) -> bool {
        self.0 & 1 << alg as u16 != 0
    }

    /// What is in both.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether nothing is in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

#[cfg(test)]
mod tests {
    use super::{Alg, Algs, Hash, sha256};
    use crate::codec::base64url;

    #[test]
    fn only_the_exact_names_of_asymmetric_algorithms_parse() {
        for alg in Alg::ALL {
            assert_eq!(Alg::parse(alg.as_str()), Some(*alg));
        }
        for name in [
            "none",
            "None",
            "NONE",
            "nOnE",
            "",
            "HS256",
            "HS384",
            "HS512",
            "rs256",
            "RS256 ",
            " RS256",
            "RS256\0",
            "RS1",
            "ES256K",
            "Ed448",
            "EDDSA",
            "RSA-OAEP",
            "ML-DSA-44",
        ] {
            assert_eq!(Alg::parse(name), None, "{name}");
        }
    }

    #[test]
    fn each_algorithm_names_its_hash() {
        for alg in Alg::ALL {
            let expected = match alg.as_str().get(2..) {
                Some("256") => Hash::Sha256,
                Some("384") => Hash::Sha384,
                _ => Hash::Sha512,
            };
            assert_eq!(alg.hash(), expected, "{}", alg.as_str());
        }
        // FIPS 180-4, as platforms want them
        let names = [Hash::Sha256, Hash::Sha384, Hash::Sha512].map(Hash::as_str);
        assert_eq!(names, ["SHA-256", "SHA-384", "SHA-512"]);
    }

    #[test]
    fn two_names_of_one_algorithm_are_the_same_and_no_others() {
        for one in Alg::ALL {
            for other in Alg::ALL {
                let is_ed25519 = |alg: &Alg| matches!(alg.as_str(), "EdDSA" | "Ed25519");
                let expected = one == other || (is_ed25519(one) && is_ed25519(other));
                assert_eq!(one.is_same_as(*other), expected, "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn sha256_is_that_of_fips_180() {
        // The example for "abc".
        assert_eq!(
            base64url::encode(&sha256(b"abc")),
            "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"
        );
    }

    #[test]
    fn a_set_holds_what_was_put_in_and_nothing_else() {
        let two = Algs::NONE.with(Alg::Rs256).with(Alg::Ed25519);
        for alg in Alg::ALL {
            assert!(Algs::ALL.contains(*alg) && !Algs::NONE.contains(*alg));
            assert_eq!(two.contains(*alg), matches!(alg, Alg::Rs256 | Alg::Ed25519));
        }
        let all = Alg::ALL.iter().fold(Algs::NONE, |set, alg| set.with(*alg));
        assert_eq!(all, Algs::ALL);
        assert_eq!(
            two.intersection(Algs::NONE.with(Alg::Ed25519)),
            Algs::NONE.with(Alg::Ed25519)
        );
        assert!(two.intersection(Algs::NONE.with(Alg::Es256)).is_empty());
        assert!(Algs::NONE.is_empty() && !two.is_empty());
        assert_eq!(two.with(Alg::Rs256), two);
    }
}
