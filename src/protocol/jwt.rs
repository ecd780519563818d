//! Signed tokens that are meant for an API: access tokens (RFC 9068) and other JWTs (RFC 7519),
//! which answer no sign-in of ours.

use alloc::{string::String, vec::Vec};

use super::claims::Claims;
use crate::{
    codec::json::{Json, for_page},
    error::{Code, Place, Result},
    jose::jws::{Jws, SignatureValid},
    time::{Seconds, UnixTime},
};

/// What a token has to say.
#[derive(Clone, Debug)]
pub struct Expected {
    /// Who issues it, byte for byte.
    pub issuer: String,
    /// Whom it is for: one of these is enough.
    pub audience: Vec<String>,
    /// The kind of token; without one, `JWT` or no word about it.
    pub typ: Option<String>,
    /// How far clocks may differ.
    pub tolerance: Seconds,
    /// The time it is.
    pub now: UnixTime,
}

impl Expected {
    /// Checks the kind of token, before anything costly is done (RFC 8725 §3.11).
    ///
    /// # Errors
    /// `jwt_typ`.
    pub fn check_typ(&self, jws: &Jws<'_>) -> Result<()> {
        let is_right = match (jws.typ(), &self.typ) {
            (None, expected) => expected.is_none(),
            (Some(typ), None) => typ.eq_ignore_ascii_case("JWT"),
            (Some(typ), Some(expected)) => {
                media_type(typ).eq_ignore_ascii_case(media_type(expected))
            }
        };
        if is_right {
            Ok(())
        } else {
            Err(Code::JwtTyp.into())
        }
    }

    /// Checks every claim and returns them as JSON text, ready for the page.
    ///
    /// # Errors
    /// `jwt_malformed`, `jwt_too_large`, `claim_type`, and `id_token_iss`, `_aud`, `_sub`,
    /// `_iat`, `_exp`, `_nbf`.
    pub fn verify(&self, jws: &Jws<'_>, proof: &SignatureValid) -> Result<String> {
        let claims = Claims::read(jws.payload(proof))?;
        // RFC 9068 §4, its steps 3, 4 and 6; what it says of time RFC 7519 §4.1 says of every token
        claims.demand(
            claims.is(Place::Iss, &self.issuer),
            Code::IdTokenIss,
            Place::Iss,
        )?;
        claims.demand(self.is_addressed(claims), Code::IdTokenAud, Place::Aud)?;
        // a token may speak of nobody, but not in a way that cannot be understood
        let named = claims.get(Place::Sub).is_none() || claims.names_somebody();
        claims.demand(named, Code::IdTokenSub, Place::Sub)?;
        let issued_at = claims
            .time(Place::Iat)?
            .ok_or(Code::IdTokenIat.at(Place::Iat))?;
        let expires_at = claims
            .time(Place::Exp)?
            .ok_or(Code::IdTokenExp.at(Place::Exp))?;
        let not_before = claims.time(Place::Nbf)?;
        let soon = self.now + self.tolerance;
        let ends = expires_at + self.tolerance;
        // what expires before it was issued was never valid
        claims.demand(
            self.now < ends && issued_at < ends,
            Code::IdTokenExp,
            Place::Exp,
        )?;
        claims.demand(issued_at <= soon, Code::IdTokenIat, Place::Iat)?;
        let begun = not_before.is_none_or(|nbf| nbf <= soon);
        claims.demand(begun, Code::IdTokenNbf, Place::Nbf)?;
        Ok(for_page(claims.0))
    }

    /// Whether one of the audiences is ours. A list holds nothing but texts (RFC 7519 §4.1.3).
    fn is_addressed(&self, claims: Claims<'_>) -> bool {
        let Some(aud) = claims.get(Place::Aud) else {
            return false;
        };
        let ours = |one: Json<'_>| self.audience.iter().any(|audience| one.is_text(audience));
        ours(aud) || (aud.items().any(ours) && aud.items().all(|one| one.text().is_some()))
    }
}

/// RFC 7515 §4.1.9: a media type without another slash goes without its `application/`.
pub(super) fn media_type(typ: &str) -> &str {
    match typ.split_at_checked("application/".len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case("application/") => rest,
        _ => typ,
    }
}

#[cfg(test)]
mod tests {
    use super::media_type;

    #[test]
    fn a_kind_goes_without_its_application_and_nothing_else() {
        for (typ, expected) in [
            ("at+jwt", "at+jwt"),
            ("application/at+jwt", "at+jwt"),
            ("APPLICATION/at+jwt", "at+jwt"),
            ("application/", ""),
            ("applications/at+jwt", "applications/at+jwt"),
            ("multipart/x/at+jwt", "multipart/x/at+jwt"),
            ("text/at+jwt", "text/at+jwt"),
        ] {
            assert_eq!(media_type(typ), expected, "{typ}");
        }
    }
}
