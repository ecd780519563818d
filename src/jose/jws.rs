//! A signed token in compact serialisation (RFC 7515 §3.1 and §5.2), with the hardening of
//! RFC 8725.

use super::{
    alg::{Alg, Algs},
    jwk::{PublicKey, optional_text},
};
use crate::{
    codec::{
        ascii::{cut, has},
        base64url,
        json::{Json, JsonDefect},
    },
    error::{Code, Error, Place, Result},
};
use alloc::{borrow::Cow, string::String, vec::Vec};

const MAX_HEADER: usize = 8 << 10;
const MAX_TOKEN: usize = 256 << 10;

/// A parsed token. Nothing is verified, so its payload cannot be read yet.
pub struct Jws<'a> {
    header: String,
    alg: Alg,
    kid: Option<String>,
    typ: Option<String>,
    signing_input: &'a str,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

/// One question to a verifier: is `signature` that of `signing_input` under `key` and `alg`?
pub struct SignatureCheck<'a> {
    /// The algorithm of the token's header; the key fits it.
    pub alg: Alg,
    /// The key to verify with.
    pub key: &'a PublicKey,
    /// The bytes that are signed.
    pub signing_input: &'a [u8],
    /// The signature, in the length that the key demands.
    pub signature: &'a [u8],
}

/// A verifier said yes to a [`SignatureCheck`].
pub struct SignatureValid {
    issuer: Option<String>,
}

impl SignatureCheck<'_> {
    /// Takes the verifier's answer. The caller guarantees that it answers this very question.
    #[must_use]
    pub fn answered(&self, valid: bool) -> Option<SignatureValid> {
        if valid {
            Some(SignatureValid {
                issuer: self.key.issuer().map(Into::into),
            })
        } else {
            None
        }
    }
}

impl SignatureValid {
    /// Whose tokens the key may sign, if it says so.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }
}

impl<'a> Jws<'a> {
    /// Reads a token whose algorithm is one of `allowed`.
    ///
    /// # Errors
    /// In this order: `jwt_too_large`, `jwt_malformed` (segments, base64url, header), `jwt_alg`,
    /// `jwt_crit`, `jwt_malformed` (compressed, nested, or a `kid` or `typ` that is no string).
    pub fn parse(token: &'a str, allowed: Algs) -> Result<Self> {
        // 1. Size, before anything is decoded.
        let header_length = token
            .bytes()
            .position(|byte| byte == b'.')
            .unwrap_or_default();
        if token.len() > MAX_TOKEN || header_length > MAX_HEADER {
            return Err(Code::JwtTooLarge.into());
        }
        // 2. Three segments.
        let (signing_input, [header, payload, signature]) =
            split(token).ok_or(malformed(Place::None))?;
        // 3. Strict base64url.
        let header = base64url::decode(header).ok_or(malformed(Place::Header))?;
        let payload = base64url::decode(payload).ok_or(malformed(Place::Payload))?;
        let signature = base64url::decode(signature).ok_or(malformed(Place::Signature))?;
        // 4. The header is an object.
        let json = Json::parse(&header).map_err(|defect| match defect {
            JsonDefect::Malformed => malformed(Place::Header),
            JsonDefect::TooLarge => Code::JwtTooLarge.at(Place::Header),
        })?;
        if !json.is_object() {
            return Err(malformed(Place::Header));
        }
        // 5. The algorithm is one that the caller expects (RFC 8725 §3.1).
        let name = json.get("alg").and_then(Json::text).unwrap_or_default();
        let alg = Alg::parse(&name)
            .filter(|alg| allowed.contains(*alg))
            .ok_or(Code::JwtAlg)?;
        // 6. No extension that must be understood (RFC 7515 §4.1.11), and a payload that is
        //    encoded (RFC 7797 §6).
        let encoded = json
            .get("b64")
            .is_none_or(|value| value.boolean() == Some(true));
        if json.get("crit").is_some() || !encoded {
            return Err(Code::JwtCrit.into());
        }
        // 7. Neither compressed nor nested.
        if json.get("zip").is_some() {
            return Err(malformed(Place::Zip));
        }
        if let Some(content) = member(json, Place::Cty)?
            && (content.eq_ignore_ascii_case("JWT")
                || content.eq_ignore_ascii_case("application/jwt"))
        {
            return Err(malformed(Place::Cty));
        }
        let kid = member(json, Place::Kid)?.map(Cow::into_owned);
        let typ = member(json, Place::Typ)?.map(Cow::into_owned);
        Ok(Self {
            header: json.raw().into(),
            alg,
            kid,
            typ,
            signing_input,
            payload,
            signature,
        })
    }

    /// The algorithm: a known one that the caller allowed.
    #[must_use]
    pub const fn alg(&self) -> Alg {
        self.alg
    }

    /// The name of the key; a hint, compared and never looked up otherwise.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The kind of the token, as its header claims.
    #[must_use]
    pub fn typ(&self) -> Option<&str> {
        self.typ.as_deref()
    }

    /// Whether it says that it is a JWT, or nothing: a token of another kind names its own (RFC 8725
    /// §3.11).
    #[must_use]
    pub fn is_plain_jwt(&self) -> bool {
        self.typ().is_none_or(|typ| typ.eq_ignore_ascii_case("JWT"))
    }

    /// The header. Keys and key URLs in it are never used (RFC 8725 §3.10).
    #[must_use]
    pub fn header(&self) -> Json<'_> {
        Json::checked(&self.header)
    }

    /// What to ask a verifier: one check for each of `keys` that fits. One yes is enough.
    ///
    /// # Errors
    /// `jwks_no_key` if no key fits; `jwt_signature` if the signature has the wrong form for
    /// every key that does.
    pub fn checks(&'a self, keys: &'a [PublicKey]) -> Result<Vec<SignatureCheck<'a>>> {
        let mut failure = Code::JwksNoKey;
        let mut checks = Vec::new();
        for key in keys.iter().filter(|key| key.fits(self.alg)) {
            failure = Code::JwtSignature;
            if key.may_have_made(&self.signature) {
                checks.push(SignatureCheck {
                    alg: self.alg,
                    key,
                    signing_input: self.signing_input.as_bytes(),
                    signature: &self.signature,
                });
            }
        }
        if checks.is_empty() {
            Err(failure.into())
        } else {
            Ok(checks)
        }
    }

    /// The payload of a token whose signature is valid.
    #[must_use]
    pub fn payload(&self, _proof: &SignatureValid) -> &[u8] {
        &self.payload
    }
}

/// The payload of a token that was verified before it was stored, or of one that shows first by whom it is to be
/// verified; `None` if it is no token.
#[must_use]
pub fn payload_of(token: &str) -> Option<Vec<u8>> {
    let (_, [_, payload, _]) = split(token)?;
    base64url::decode(payload)
}

/// The signing input and the three segments.
fn split(token: &str) -> Option<(&str, [&str; 3])> {
    let (header, rest) = cut(token, b'.')?;
    let (payload, signature) = cut(rest, b'.')?;
    let signing_input = token.get(..header.len() + 1 + payload.len())?;
    if has(signature, b'.') {
        None
    } else {
        Some((signing_input, [header, payload, signature]))
    }
}

fn member(header: Json<'_>, place: Place) -> Result<Option<Cow<'_, str>>> {
    optional_text(header, place.as_str()).map_err(|_| malformed(place))
}

fn malformed(place: Place) -> Error {
    Code::JwtMalformed.at(place)
}

#[cfg(test)]
mod tests;
