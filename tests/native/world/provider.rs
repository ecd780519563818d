//! A provider that signs: metadata, keys, tokens, each to be bent by the test.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_compact::{KeyPair, Seed};
use serde_json::{Value, json};
use sha2::{Digest, Sha512};

pub const ISSUER: &str = "https://op.example";
pub const CLIENT: &str = "portal";
pub const DISCOVERY: &str = "https://op.example/.well-known/openid-configuration";
pub const AUTHORIZE: &str = "https://op.example/authorize";
pub const TOKEN: &str = "https://op.example/token";
pub const JWKS: &str = "https://op.example/jwks";
pub const USERINFO: &str = "https://op.example/userinfo";
pub const END_SESSION: &str = "https://op.example/logout";
pub const REVOKE: &str = "https://op.example/revoke";
/// An API of the portal's own, which may have the token.
pub const API: &str = "https://portal.example/api";

/// A member with this value is left out.
pub const ABSENT: &str = "<absent>";

/// `base` with the members of `patch`; those that are [`ABSENT`] are removed.
pub fn patched(mut base: Value, patch: &Value) -> Value {
    for (name, value) in patch.as_object().unwrap() {
        if value == ABSENT {
            base.as_object_mut().unwrap().remove(name);
        } else {
            base[name] = value.clone();
        }
    }
    base
}

pub fn metadata() -> Value {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": AUTHORIZE,
        "token_endpoint": TOKEN,
        "jwks_uri": JWKS,
        "userinfo_endpoint": USERINFO,
        "end_session_endpoint": END_SESSION,
        "revocation_endpoint": REVOKE,
        "response_types_supported": ["code", "code id_token"],
        "code_challenge_methods_supported": ["plain", "S256"],
        "id_token_signing_alg_values_supported": ["RS256", "EdDSA"],
        "__proto__": { "polluted": true },
    })
}

/// A signing key, made from one byte.
#[derive(Clone)]
pub struct Signer {
    pair: KeyPair,
    pub kid: String,
}

impl Signer {
    pub fn new(seed: u8) -> Self {
        Self {
            pair: KeyPair::from_seed(Seed::new([seed; 32])),
            kid: format!("key-{seed}"),
        }
    }

    /// The key of that byte under another name.
    pub fn named(seed: u8, kid: &str) -> Self {
        Self {
            kid: kid.into(),
            ..Self::new(seed)
        }
    }

    pub fn jwk(&self) -> Value {
        json!({ "kty": "OKP", "crv": "Ed25519", "kid": self.kid, "use": "sig", "x": encode(&self.pair.pk[..]) })
    }

    pub fn jwks(&self) -> Value {
        json!({ "keys": [self.jwk()] })
    }

    pub fn header(&self) -> Value {
        json!({ "alg": "EdDSA", "kid": self.kid })
    }

    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        self.sign_text(&header.to_string(), claims.to_string())
    }

    /// Signs a header and a payload as they are written.
    pub fn sign_text(&self, header: &str, payload: impl AsRef<[u8]>) -> String {
        let input = format!("{}.{}", encode(header), encode(payload));
        let signature = self.pair.sk.sign(&input, None);
        format!("{input}.{}", encode(&signature[..]))
    }

    /// A token with the usual header.
    pub fn token(&self, claims: &Value) -> String {
        self.sign(&self.header(), claims)
    }
}

pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The `at_hash` that belongs to Ed25519: half of SHA-512.
pub fn at_hash(access_token: &str) -> String {
    encode(&Sha512::digest(access_token)[..32])
}

/// The claims of a good ID token.
pub fn claims(nonce: &str, now: i64) -> Value {
    json!({
        "iss": ISSUER,
        "sub": "alice",
        "aud": CLIENT,
        "exp": now + 300,
        "iat": now,
        "auth_time": now - 5,
        "nonce": nonce,
        "at_hash": at_hash(ACCESS_TOKEN),
        "name": "Alice",
        "__proto__": "own",
    })
}

/// The claims of a good signed response.
pub fn response(state: &str, now: i64) -> Value {
    json!({ "iss": ISSUER, "aud": CLIENT, "exp": now + 120, "code": CODE, "state": state })
}

pub const CODE: &str = "the-code-of-alice";
pub const ACCESS_TOKEN: &str = "the-access-token-of-alice";
pub const REFRESH_TOKEN: &str = "the-refresh-token-of-alice";

/// A good answer of the token endpoint.
pub fn tokens(id_token: &str) -> Value {
    json!({
        "access_token": ACCESS_TOKEN,
        "token_type": "Bearer",
        "expires_in": 300,
        "refresh_token": REFRESH_TOKEN,
        "id_token": id_token,
        "scope": "openid profile",
    })
}
