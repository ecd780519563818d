//! The token endpoint: codes and refresh tokens become tokens (RFC 6749 §4.1.3, §5 and §6;
//! OpenID Connect Core §3.1.3 and §12).

use super::{
    callback::ValidatedCallback,
    http::{HttpRequest, HttpResponse},
    oauth_error,
};
use crate::{
    codec::{
        ascii::{cut, number},
        form::Form,
        json::Json,
        record::Record,
    },
    config::Config,
    error::{Code, Failure, Place, Result},
    secret::Secret,
    time::{Seconds, UnixTime},
};

/// The longest token that is accepted, in bytes.
const TOKEN_LIMIT: usize = 256 << 10;
/// The longest lifetime that is believed: ten years. Longer ones are cut to it.
const LIFETIME_LIMIT: i64 = 10 * 365 * 24 * 3600;

/// What a token type is called that is good for whoever has it.
const BEARER: &str = "bearer";
/// And one that is good for the holder of a key.
const BOUND: &str = "dpop";

/// Tokens, none of them verified, with members that can be relied on: an access token, a
/// lifetime that is a number or absent, texts that are texts.
#[derive(Debug)]
pub struct TokenResponse(pub(crate) Record);

/// Redeems the code (RFC 6749 §4.1.3, RFC 7636 §4.5).
#[must_use]
pub fn code_request(config: &Config, callback: &ValidatedCallback) -> HttpRequest {
    let transaction = &callback.transaction.0;
    let mut form = grant(config, "authorization_code");
    form.push("code", callback.code.expose())
        .push("redirect_uri", &transaction.text("redirect_uri"))
        .push("code_verifier", &transaction.text("code_verifier"));
    HttpRequest::post(transaction.text("token_endpoint").into_owned(), form)
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
    form.push("grant_type", grant_type)
        .push("client_id", &config.client_id);
    for resource in config.resources() {
        form.push("resource", &resource);
    }
    form
}

/// Reads the answer, whose token is to be bound to our key or not. A refusal that repeats one of `secrets`,
/// which were sent, loses those words.
///
/// # Errors
/// `token_error` with the provider's words, `token_http`, `token_invalid`, `token_too_large`,
/// `token_type_unsupported`, `dpop_downgrade`.
pub fn process(
    response: &HttpResponse,
    secrets: &[&str],
    is_bound: bool,
) -> core::result::Result<TokenResponse, Failure> {
    let refused = Code::TokenError
        .at(Place::None)
        .with_status(response.status);
    if response.status != 200 {
        let failed = Code::TokenHttp.at(Place::None).with_status(response.status);
        let said = response.object(Code::TokenHttp, Code::TokenHttp).ok();
        return Err(said
            .and_then(|body| oauth_error::from_json(refused, body, secrets))
            .unwrap_or_else(|| failed.into()));
    }
    let body = response.object(Code::TokenInvalid, Code::TokenTooLarge)?;
    // some providers refuse with 200; an answer that is both is neither
    let has = |name| body.get(name).is_some_and(|value| !value.is_null());
    if has("error") && has("access_token") {
        return Err(Code::TokenInvalid.at(Place::Error).into());
    }
    if let Some(failure) = oauth_error::from_json(refused, body, secrets) {
        return Err(failure);
    }
    check(body, is_bound)?;
    Ok(Record::read(body.raw().into())
        .map(TokenResponse)
        .ok_or(Code::TokenInvalid)?)
}

fn check(body: Json<'_>, is_bound: bool) -> Result<()> {
    let member = |place: Place| body.get(place.as_str()).filter(|value| !value.is_null());
    for place in [Place::AccessToken, Place::RefreshToken, Place::IdToken] {
        match member(place) {
            None if matches!(place, Place::AccessToken) => return Err(Code::TokenInvalid.at(place)),
            None => {}
            Some(token) => check_token(token, place)?,
        }
    }
    let token_type = member(Place::TokenType)
        .and_then(Json::text)
        .ok_or(Code::TokenInvalid.at(Place::TokenType))?;
    // RFC 6749 §7.1, RFC 9449 §5
    let is = |kind| token_type.eq_ignore_ascii_case(kind);
    if !is(if is_bound { BOUND } else { BEARER }) {
        return Err(if is_bound && is(BEARER) {
            Code::DpopDowngrade
        } else {
            Code::TokenTypeUnsupported
        }
        .into());
    }
    if member(Place::ExpiresIn).is_some_and(|value| seconds(value).is_none()) {
        return Err(Code::TokenInvalid.at(Place::ExpiresIn));
    }
    if member(Place::Scope).is_some_and(|value| value.text().is_none()) {
        return Err(Code::TokenInvalid.at(Place::Scope));
    }
    Ok(())
}

/// A token that can be sent in a header: visible ASCII (RFC 6749 appendix A).
fn check_token(token: Json<'_>, place: Place) -> Result<()> {
    let text = token.text().unwrap_or_default();
    if text.len() > TOKEN_LIMIT {
        let is_jwt = matches!(place, Place::IdToken);
        return Err(if is_jwt {
            Code::JwtTooLarge
        } else {
            Code::TokenTooLarge
        }
        .at(place));
    }
    if is_token(&text) {
        Ok(())
    } else {
        Err(Code::TokenInvalid.at(place))
    }
}

/// Whether a text can be a token.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| matches!(b, b'!'..=b'~'))
}

impl TokenResponse {
    /// Whether the access token is bound to our key (RFC 9449 §5).
    #[must_use]
    pub fn is_bound(&self) -> bool {
        self.0.text("token_type").eq_ignore_ascii_case(BOUND)
    }

    /// When the access token expires, if the provider says how long it lives.
    #[must_use]
    pub fn expires_at(&self, now: UnixTime) -> Option<UnixTime> {
        Some(now + Seconds(seconds(self.0.get("expires_in")?)?.min(LIFETIME_LIMIT)))
    }
}

/// Seconds as a number without a fraction, though it be written as zero, or as one to ten digits of
/// text: some providers send such.
fn seconds(value: Json<'_>) -> Option<i64> {
    if let Some(text) = value.text() {
        number(&text)
    } else {
        let (units, fraction) = cut(value.raw(), b'.').unwrap_or((value.raw(), ""));
        let is_whole = fraction.bytes().all(|digit| digit == b'0');
        Json::checked(units).integer().filter(|_| is_whole)
    }
    .filter(|seconds| *seconds >= 0)
}
