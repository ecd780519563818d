//! Logout tokens (OpenID Connect Back-Channel Logout 1.0 §2.4 and §2.6): what a provider posts to a server to say
//! that a session is over. Issuer, audience and times are judged as of any token, see [`super::jwt`].

use alloc::string::String;

use super::{
    claims::Claims,
    jwt::{Expected, media_type},
};
use crate::{
    codec::json::Json,
    error::{Code, Place, Result},
    jose::jws::{Jws, SignatureValid},
    time::UnixTime,
};

/// The one event of such a token.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// A logout token that may be acted upon, unless it has been seen before.
#[derive(Debug)]
pub struct Verified {
    /// The claims as JSON text, ready for the page.
    pub claims: String,
    /// Tells this token from every other of its issuer.
    pub jti: String,
    /// After this it is no longer accepted anyway.
    pub expires_at: UnixTime,
}

/// Checks the kind of token, before anything costly is done: older providers name none, or any JWT's.
///
/// # Errors
/// `jwt_typ`.
pub fn check_typ(jws: &Jws<'_>) -> Result<()> {
    let is_ours = |typ: &str| {
        let typ = media_type(typ);
        typ.eq_ignore_ascii_case("logout+jwt") || typ.eq_ignore_ascii_case("JWT")
    };
    if jws.typ().is_none_or(is_ours) {
        Ok(())
    } else {
        Err(Code::JwtTyp.into())
    }
}

/// Checks every claim.
///
/// # Errors
/// Those of [`Expected::verify`], and `logout_token` naming the claim.
pub fn verify(jws: &Jws<'_>, proof: &SignatureValid, expected: &Expected) -> Result<Verified> {
    // §2.6, its steps 1 to 5: what holds for every token
    let text = expected.verify(jws, proof)?;
    let claims = Claims::read(jws.payload(proof))?;
    let demand = |holds, place| claims.demand(holds, Code::LogoutToken, place);
    let word = |place| {
        let value = claims.get(place).and_then(Json::text);
        value.filter(|text| !text.is_empty())
    };
    // 6. somebody, or one session of somebody's
    let sid = claims.get(Place::Sid).is_none() || word(Place::Sid).is_some();
    demand(sid, Place::Sid)?;
    let names = claims.get(Place::Sub).is_some() || claims.get(Place::Sid).is_some();
    demand(names, Place::Sub)?;
    // 7. the event, of which there is nothing more to say
    let event = claims
        .get(Place::Events)
        .and_then(|events| events.get(EVENT));
    let is_empty = event.is_some_and(|event| event.is_object() && event.members().next().is_none());
    demand(is_empty, Place::Events)?;
    // 8. or it could pass for an ID token
    demand(claims.get(Place::Nonce).is_none(), Place::Nonce)?;
    let jti = word(Place::Jti).ok_or(Code::LogoutToken.at(Place::Jti))?;
    let expires_at = claims.time(Place::Exp)?.unwrap_or(expected.now);
    Ok(Verified {
        claims: text,
        jti: jti.into_owned(),
        expires_at: expires_at + expected.tolerance,
    })
}
