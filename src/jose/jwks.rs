//! A provider's key set, and the choice of keys for a token (RFC 7517 §5, OIDC Core §10.1).

use super::{
    alg::Alg,
    jwk::{PublicKey, has_private_member},
};
use crate::{
    codec::json::{Json, JsonDefect},
    error::{Code, Place, Result},
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
            .ok_or(Code::JwksInvalid.at(Place::Keys))?;
        if keys.items().count() > MAX_KEYS {
            return Err(Code::JwksTooLarge.at(Place::Keys));
        }
        let mut set = Self {
            keys: Vec::new(),
            private_members: false,
        };
        for jwk in keys.items() {
            set.private_members |= has_private_member(jwk);
            if let Some(key) = PublicKey::from_jwk(jwk) {
                set.keys.push(key);
            }
        }
        Ok(set)
    }

    /// The keys to try on a token, at most 10: if the token names a key, only those of that
    /// name; else every one that fits.
    ///
    /// # Errors
    /// `jwks_no_key` if there is none.
    pub fn candidates(&self, alg: Alg, kid: Option<&str>) -> Result<Vec<PublicKey>> {
        let mut keys = Vec::new();
        for key in &self.keys {
            let is_meant = key.fits(alg) && (kid.is_none() || key.kid() == kid);
            if is_meant && keys.len() < MAX_CANDIDATES {
                keys.push(key.clone());
            }
        }
        if keys.is_empty() {
            Err(Code::JwksNoKey.into())
        } else {
            Ok(keys)
        }
    }

    /// How many keys of the set are usable.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.keys.len()
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

#[cfg(test)]
mod tests {
    use super::{Alg, Code, KeySet};
    use crate::{codec::base64url::encode, error::Error, jose::vectors};
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use std::{string::ToString, vec::Vec};

    fn set(keys: &[Value]) -> KeySet {
        KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
    }

    fn key(base: &str, members: &Value) -> Value {
        let mut key: Value = serde_json::from_str(base).unwrap();
        for (name, value) in members.as_object().unwrap() {
            key[name] = value.clone();
        }
        key
    }

    /// A P-256 key told from others by its x.
    fn ec(mark: u8, members: &Value) -> Value {
        let mut key = key(vectors::ES256_KEY, members);
        key["x"] = encode(&[mark; 32]).into();
        key
    }

    fn marks(set: &KeySet, kid: Option<&str>) -> Vec<u8> {
        set.candidates(Alg::Es256, kid).map_or(Vec::new(), |keys| {
            keys.iter().map(|key| key.x()[0]).collect()
        })
    }

    #[test]
    fn the_standards_key_set_holds_one_key_for_signatures() {
        let set = KeySet::parse(vectors::KEY_SET.as_bytes()).unwrap();
        let keys = set.candidates(Alg::Rs256, None).unwrap();
        assert_eq!(keys.len(), 1);
        assert_eq!(keys[0].kid(), Some("2011-04-29"));
        assert_eq!(
            set.candidates(Alg::Es256, Some("1")).err(),
            Some(Code::JwksNoKey.into())
        );
    }

    #[test]
    fn what_is_no_key_set_is_refused() {
        for (what, text) in [
            ("nothing", ""),
            ("HTML", "<html></html>"),
            ("truncated", r#"{"keys":["#),
            ("a duplicate member", r#"{"keys":[],"keys":[]}"#),
            (
                "a duplicate member in a key",
                r#"{"keys":[{"kid":"a","kid":"b"}]}"#,
            ),
            ("a top-level array", "[]"),
            ("a top-level null", "null"),
            ("a top-level string", r#""keys""#),
            ("no keys", "{}"),
            ("keys in capitals", r#"{"KEYS":[]}"#),
            ("keys that are null", r#"{"keys":null}"#),
            ("keys that are an object", r#"{"keys":{"0":{}}}"#),
            ("a key instead of a set", vectors::ES256_KEY),
        ] {
            let error = KeySet::parse(text.as_bytes()).err().unwrap();
            assert_eq!(error.code(), Code::JwksInvalid, "{what}");
        }
    }

    #[test]
    fn the_limits_are_exact() {
        let keys = |count: usize| json!({ "keys": std::vec![json!({}); count] }).to_string();
        let deep = |depth: usize| {
            [
                "{\"keys\":[],\"x\":",
                &"[".repeat(depth),
                &"]".repeat(depth),
                "}",
            ]
            .concat()
        };
        for (what, text, expected) in [
            ("200 keys", keys(200), None),
            ("201 keys", keys(201), Some(Code::JwksTooLarge)),
            ("32 levels", deep(31), None),
            ("33 levels", deep(32), Some(Code::JwksTooLarge)),
            (
                "over 1 MiB",
                keys(0) + &" ".repeat(1 << 20),
                Some(Code::JwksTooLarge),
            ),
        ] {
            let verdict = KeySet::parse(text.as_bytes()).err().map(Error::code);
            assert_eq!(verdict, expected, "{what}");
        }
    }

    #[test]
    fn an_empty_set_has_no_key() {
        let empty = set(&[]);
        assert!(empty.is_empty() && !empty.has_private_members());
        assert_eq!(
            empty.candidates(Alg::Rs256, None).err(),
            Some(Code::JwksNoKey.into())
        );
    }

    #[test]
    fn bad_keys_are_skipped_and_the_others_used() {
        let keys = [
            json!(null),
            json!("key"),
            json!([]),
            json!({}),
            json!({ "kty": "of-tomorrow", "kid": "a" }),
            ec(1, &json!({ "kid": 1 })),
            ec(2, &json!({ "use": "enc" })),
            json!({ "kty": "EC", "crv": "P-256" }),
            ec(3, &json!({ "kid": "a" })),
        ];
        let set = set(&keys);
        assert_eq!(marks(&set, Some("a")), [3]);
        assert!(!set.is_empty() && !set.has_private_members());
    }

    #[test]
    fn private_members_are_noticed_and_their_key_is_not_used() {
        for name in ["d", "p", "k"] {
            let keys = [ec(1, &json!({ name: "AQ" })), ec(2, &json!({}))];
            let set = set(&keys);
            assert!(set.has_private_members(), "{name}");
            assert_eq!(marks(&set, None), [2], "{name}");
        }
        let secret = set(&[json!({ "kty": "oct", "k": "AQ" })]);
        assert!(secret.is_empty() && secret.has_private_members());
    }

    #[test]
    fn the_kid_chooses_exactly() {
        let set = set(&[
            ec(1, &json!({ "kid": "a" })),
            ec(2, &json!({ "kid": "A" })),
            ec(3, &json!({})),
            ec(4, &json!({ "kid": "" })),
            ec(5, &json!({ "kid": "a" })),
            ec(6, &json!({ "kid": "__proto__" })),
            key(vectors::RS256_KEY, &json!({ "kid": "a" })),
            key(vectors::RS256_KEY, &json!({ "kid": "rsa" })),
        ]);
        for (kid, expected) in [
            (Some("a"), &[1, 5][..]),
            (Some("A"), &[2]),
            (Some(""), &[4]),
            (Some("__proto__"), &[6]),
            (Some("rsa"), &[]),
            (Some("b"), &[]),
            (Some("a\0"), &[]),
            (Some("../../etc/passwd"), &[]),
            (None, &[1, 2, 3, 4, 5, 6]),
        ] {
            assert_eq!(marks(&set, kid), expected, "{kid:?}");
        }
        assert_eq!(set.candidates(Alg::Rs256, Some("a")).unwrap().len(), 1);
        assert_eq!(
            set.candidates(Alg::Es384, Some("a")).err(),
            Some(Code::JwksNoKey.into())
        );
    }

    #[test]
    fn at_most_ten_keys_are_tried() {
        let keys: Vec<_> = (0..12)
            .map(|mark| ec(mark, &json!({ "kid": "same" })))
            .collect();
        let set = set(&keys);
        for kid in [None, Some("same")] {
            assert_eq!(marks(&set, kid), (0..10).collect::<Vec<_>>());
        }
    }

    proptest! {
        #[test]
        fn any_bytes_get_a_verdict(bytes: Vec<u8>) {
            if let Err(error) = KeySet::parse(&bytes) {
                prop_assert_eq!(error.code(), Code::JwksInvalid);
            }
        }
    }
}
