//! Userinfo (OpenID Connect Core §5.3, RFC 6750 §2.1).

use alloc::string::String;

use super::http::{HttpRequest, HttpResponse};
use crate::{
    codec::json::{Json, for_page},
    config::Config,
    error::{Code, Place, Result},
    jose::jws::{Jws, SignatureValid},
    secret::Secret,
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

/// The claims of a signed answer: issued by the provider, for us, about the session's user.
///
/// # Errors
/// `id_token_iss`, `id_token_aud`, `userinfo_invalid`, `userinfo_sub_mismatch`.
pub fn signed_claims(
    jws: &Jws<'_>,
    proof: &SignatureValid,
    config: &Config,
    subject: &str,
) -> Result<String> {
    let claims =
        Json::parse(jws.payload(proof)).map_err(|_| Code::UserinfoInvalid.at(Place::Payload))?;
    if !claims
        .get("iss")
        .is_some_and(|iss| iss.is_text(&config.issuer))
    {
        return Err(Code::IdTokenIss.at(Place::Userinfo));
    }
    let us = |value: Json<'_>| value.is_text(&config.client_id);
    if !claims
        .get("aud")
        .is_some_and(|aud| us(aud) || aud.items().any(us))
    {
        return Err(Code::IdTokenAud.at(Place::Userinfo));
    }
    check_subject(claims, subject)?;
    Ok(for_page(claims))
}

/// §5.3.2: an answer about anybody else must not be used.
fn check_subject(claims: Json<'_>, subject: &str) -> Result<()> {
    if claims.get("sub").is_some_and(|sub| sub.is_text(subject)) {
        Ok(())
    } else {
        Err(Code::UserinfoSubMismatch.into())
    }
}
