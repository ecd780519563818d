//! Userinfo (OpenID Connect Core §5.3, RFC 6750 §2.1).

use alloc::string::String;

use super::{
    claims::Claims,
    http::{HttpRequest, HttpResponse},
};
use crate::{
    codec::json::{Json, for_page},
    config::Config,
    error::{Code, Place, Result},
    jose::jws::{Jws, SignatureValid},
    secret::Secret,
    time::UnixTime,
};

/// Asks for the claims.
#[must_use]
pub fn request(endpoint: &str, access_token: &Secret) -> HttpRequest {
    HttpRequest {
        bearer: Some(access_token.clone()),
        ..HttpRequest::get(endpoint.into())
    }
}

/// An answer: claims, or a token that holds them.
#[derive(Debug)]
pub enum Userinfo {
    /// Plain claims of the session's user.
    Claims(String),
    /// A signed answer (§5.3.2), to be verified and handed to [`signed_claims`].
    Signed(Secret),
}

/// Reads the answer.
///
/// # Errors
/// `userinfo_unauthorized`, `userinfo_invalid`, `userinfo_sub_mismatch`.
pub fn process(response: &HttpResponse, subject: &str) -> Result<Userinfo> {
    match response.status {
        200 => {}
        401 => return Err(Code::UserinfoUnauthorized.at(Place::None).with_status(401)),
        status => return Err(Code::UserinfoInvalid.at(Place::None).with_status(status)),
    }
    if response.is_type("application/jwt") {
        let body = response.body(Code::UserinfoInvalid)?.to_vec();
        let token = String::from_utf8(body).map_err(|_| Code::UserinfoInvalid.at(Place::Body))?;
        return Ok(Userinfo::Signed(Secret::new(token)));
    }
    let claims = response.object(Code::UserinfoInvalid, Code::UserinfoInvalid)?;
    check_subject(claims, subject)?;
    Ok(Userinfo::Claims(for_page(claims)))
}

/// The claims of a signed answer: of this kind, issued by the provider, for us, about the session's
/// user, and valid `now` by the provider's clock.
///
/// # Errors
/// `jwt_typ`, `id_token_iss`, `id_token_aud`, `id_token_exp`, `id_token_nbf`, `claim_type`,
/// `userinfo_invalid`, `userinfo_sub_mismatch`.
pub fn signed_claims(
    jws: &Jws<'_>,
    proof: &SignatureValid,
    config: &Config,
    subject: &str,
    now: UnixTime,
) -> Result<String> {
    // RFC 8725 §3.11
    if !jws.is_plain_jwt() {
        return Err(Code::JwtTyp.at(Place::Userinfo));
    }
    let claims =
        Claims::read(jws.payload(proof)).map_err(|_| Code::UserinfoInvalid.at(Place::Payload))?;
    let here = Place::Userinfo;
    claims.demand(
        claims.is(Place::Iss, &config.issuer),
        Code::IdTokenIss,
        here,
    )?;
    let us = |value: Json<'_>| value.is_text(&config.client_id);
    let aud = claims.get(Place::Aud);
    let is_ours = aud.is_some_and(|aud| us(aud) || aud.items().any(us));
    claims.demand(is_ours, Code::IdTokenAud, here)?;
    // RFC 7519 §4.1.4 and §4.1.5; neither has to be there
    let tolerance = config.clock_tolerance();
    let expires_at = claims.time(Place::Exp)?;
    let is_alive = expires_at.is_none_or(|exp| now < exp + tolerance);
    claims.demand(is_alive, Code::IdTokenExp, here)?;
    let not_before = claims.time(Place::Nbf)?;
    let has_begun = not_before.is_none_or(|nbf| nbf <= now + tolerance);
    claims.demand(has_begun, Code::IdTokenNbf, here)?;
    check_subject(claims.0, subject)?;
    Ok(for_page(claims.0))
}

/// §5.3.2: an answer about anybody else must not be used.
fn check_subject(claims: Json<'_>, subject: &str) -> Result<()> {
    if claims.get("sub").is_some_and(|sub| sub.is_text(subject)) {
        Ok(())
    } else {
        Err(Code::UserinfoSubMismatch.into())
    }
}
