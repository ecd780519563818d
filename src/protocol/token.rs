//! The token endpoint: codes and refresh tokens become tokens (RFC 6749 §4.1.3, §5 and §6;
//! OpenID Connect Core §3.1.3 and §12).

use alloc::string::String;

use super::{
    callback::ValidatedCallback,
    http::{HttpRequest, HttpResponse},
    oauth_error,
};
use crate::{
    codec::{form::Form, json::Json},
    config::Config,
    error::{Code, Error, Failure, Result},
    secret::Secret,
};

/// The longest token that is accepted, in bytes.
const TOKEN_LIMIT: usize = 256 << 10;
/// The longest lifetime that is believed: ten years. Longer ones are cut to it.
const LIFETIME_LIMIT: i64 = 10 * 365 * 24 * 3600;

/// Tokens, none of them verified.
#[derive(Debug)]
pub struct TokenResponse {
    /// For APIs and userinfo; opaque to us.
    pub access_token: Secret,
    /// How long it is valid, in seconds; `None` if the provider does not say.
    pub expires_in: Option<i64>,
    /// What was granted; `None` if it is what was asked for (RFC 6749 §5.1).
    pub scope: Option<String>,
    /// For the next access token.
    pub refresh_token: Option<Secret>,
    /// Who signed in; not yet verified.
    pub id_token: Option<Secret>,
}

/// Redeems the code (RFC 6749 §4.1.3, RFC 7636 §4.5).
#[must_use]
pub fn code_request(config: &Config, callback: &ValidatedCallback) -> HttpRequest {
    let transaction = &callback.transaction;
    let mut form = grant(config, "authorization_code");
    form.push("code", callback.code.expose())
        .push("redirect_uri", &transaction.redirect_uri)
        .push("code_verifier", transaction.code_verifier.expose());
    HttpRequest::post(transaction.token_endpoint.clone(), form)
}

/// Asks for new tokens (RFC 6749 §6).
#[must_use]
pub fn refresh_request(config: &Config, endpoint: &str, refresh_token: &Secret) -> HttpRequest {
    let mut form = grant(config, "refresh_token");
    form.push("refresh_token", refresh_token.expose());
    HttpRequest::post(endpoint.into(), form)
}

fn grant(config: &Config, grant_type: &str) -> Form {
    let mut form = Form::new();
    form.push("grant_type", grant_type).push("client_id", config.client_id.as_str());
    for resource in &config.resource {
        form.push("resource", resource);
    }
    form
}

/// Reads the answer.
///
/// # Errors
/// `token_error` with the provider's words, `token_http`, `token_invalid`, `token_too_large`,
/// `token_type_unsupported`.
pub fn process(response: &HttpResponse) -> core::result::Result<TokenResponse, Failure> {
    let http = Error { status: response.status, ..Code::TokenHttp.into() };
    let refused = Error { status: response.status, ..Code::TokenError.into() };
    if response.status != 200 {
        let body = response.object(http.code, http.code).map_err(|_| http)?;
        return Err(oauth_error::from_json(refused, body).unwrap_or_else(|| http.into()));
    }
    let body = response.object(Code::TokenInvalid, Code::TokenTooLarge)?;
    let access_token = body.get("access_token");
    if let Some(failure) = oauth_error::from_json(refused, body) {
        // some providers refuse with 200; an answer that is both is neither
        return Err(if access_token.is_some() { Code::TokenInvalid.at("error").into() } else { failure });
    }
    let access_token = token(access_token, "access_token")?.ok_or(Code::TokenInvalid.at("access_token"))?;
    let token_type = body.get("token_type").and_then(Json::text).ok_or(Code::TokenInvalid.at("token_type"))?;
    if !token_type.eq_ignore_ascii_case("bearer") {
        return Err(Code::TokenTypeUnsupported.into());
    }
    Ok(TokenResponse {
        access_token,
        expires_in: expires_in(body.get("expires_in"))?,
        scope: optional_text(body, "scope")?,
        refresh_token: token(body.get("refresh_token"), "refresh_token")?,
        id_token: token(body.get("id_token"), "id_token")?,
    })
}

/// A token that can be sent in a header: visible ASCII (RFC 6749 appendix A).
fn token(value: Option<Json<'_>>, name: &'static str) -> Result<Option<Secret>> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(None) };
    let text = value.text().ok_or(Code::TokenInvalid.at(name))?;
    if text.len() > TOKEN_LIMIT {
        return Err(Code::TokenTooLarge.at(name));
    }
    if text.is_empty() || !text.bytes().all(|b| matches!(b, b'!'..=b'~')) {
        return Err(Code::TokenInvalid.at(name));
    }
    Ok(Some(Secret::new(text.into_owned())))
}

/// Seconds as a number, or as one to ten digits of text, which some providers send.
fn expires_in(value: Option<Json<'_>>) -> Result<Option<i64>> {
    let invalid = Code::TokenInvalid.at("expires_in");
    let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(None) };
    let seconds = match value.text() {
        Some(text) if text.len() <= 10 && text.bytes().all(|b| b.is_ascii_digit()) => text.parse().ok(),
        Some(_) => None,
        None => value.integer(),
    };
    seconds.filter(|seconds| *seconds >= 0).map(|seconds| Some(seconds.min(LIFETIME_LIMIT))).ok_or(invalid)
}

fn optional_text(body: Json<'_>, name: &'static str) -> Result<Option<String>> {
    let Some(value) = body.get(name).filter(|value| !value.is_null()) else { return Ok(None) };
    value.text().map(|text| Some(text.into_owned())).ok_or(Code::TokenInvalid.at(name))
}
