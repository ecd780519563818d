//! A provider's key set, and the choice of keys for a token (RFC 7517 §5, OIDC Core §10.1).

use super::{
    alg::Alg,
    jwk::{PublicKey, has_private_member},
};
use crate::{
    codec::json::{Json, JsonDefect},
    error::{Code, Result},
};
use alloc::vec::Vec;

const MAX_KEYS: usize = 200;
/// How many keys are tried on one token.
const MAX_CANDIDATES: usize = 10;

/// The usable keys of a set, in its order.
#[derive(Clone, Debug)]
pub struct KeySet {
    keys: Vec<PublicKey>,
    private_members: bool,
}

impl KeySet {
    /// Reads a key set. Keys that are malformed, unknown or refused by policy are skipped.
    ///
    /// # Errors
    /// `jwks_too_large` over 200 keys or the limits of JSON; `jwks_invalid` if it is no key set.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let set = Json::parse(bytes).map_err(|defect| match defect {
            JsonDefect::Malformed => Code::JwksInvalid,
            JsonDefect::TooLarge => Code::JwksTooLarge,
        })?;
        let keys = set
            .get("keys")
            .filter(|keys| keys.is_array())
            .ok_or(Code::JwksInvalid.at("keys"))?;
        if keys.items().count() > MAX_KEYS {
            return Err(Code::JwksTooLarge.at("keys"));
        }
        Ok(Self {
            keys: keys.items().filter_map(PublicKey::from_jwk).collect(),
            private_members: keys.items().any(has_private_member),
        })
    }

    /// The keys to try on a token, at most 10: if the token names a key, only those of that
    /// name; else every one that fits.
    ///
    /// # Errors
    /// `jwks_no_key` if there is none.
    pub fn candidates(&self, alg: Alg, kid: Option<&str>) -> Result<Vec<PublicKey>> {
        let fitting = self
            .keys
            .iter()
            .filter(|key| key.fits(alg) && (kid.is_none() || key.kid() == kid));
        let keys: Vec<_> = fitting.take(MAX_CANDIDATES).cloned().collect();
        if keys.is_empty() {
            Err(Code::JwksNoKey.into())
        } else {
            Ok(keys)
        }
    }

    /// Whether no key of the set is usable.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether a published key holds private members. Such keys are never used; their owner
    /// should know.
    #[must_use]
    pub const fn has_private_members(&self) -> bool {
        self.private_members
    }
}
