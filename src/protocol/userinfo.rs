//! Userinfo (OpenID Connect Core §5.3, RFC 6750 §2.1).

use alloc::string::String;

use super::http::{HttpRequest, HttpResponse};
use crate::{
    codec::json::{Json, for_page},
    error::{Code, Result},
    ids::{ClientId, Issuer},
    jose::jws::{Jws, SignatureValid},
    secret::Secret,
};

/// Asks for the claims.
#[must_use]
pub fn request(endpoint: &str, access_token: &Secret) -> HttpRequest {
    HttpRequest { bearer: Some(access_token.clone()), ..HttpRequest::get(endpoint.into()) }
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
        401 => return Err(Code::UserinfoUnauthorized.status(401)),
        status => return Err(Code::UserinfoInvalid.status(status)),
    }
    if response.is_type("application/jwt") {
        let body = response.body(Code::UserinfoInvalid)?.to_vec();
        let token = String::from_utf8(body).map_err(|_| Code::UserinfoInvalid.at("body"))?;
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
    issuer: &Issuer,
    client_id: &ClientId,
    subject: &str,
) -> Result<String> {
    let claims = Json::parse(jws.payload(proof)).map_err(|_| Code::UserinfoInvalid.at("payload"))?;
    if !claims.get("iss").is_some_and(|iss| iss.is_text(issuer.as_str())) {
        return Err(Code::IdTokenIss.at("userinfo"));
    }
    let us = |value: Json<'_>| value.is_text(client_id.as_str());
    if !claims.get("aud").is_some_and(|aud| us(aud) || aud.items().any(us)) {
        return Err(Code::IdTokenAud.at("userinfo"));
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
