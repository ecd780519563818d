//! The provider's public keys (OpenID Connect Core §10.1.1, RFC 7517 §5).

use super::http::{HttpRequest, HttpResponse};
use crate::{
    error::{Code, Error, Place, Result},
    jose::jwks::KeySet,
};

/// Asks for the keys.
#[must_use]
pub fn request(jwks_uri: &str) -> HttpRequest {
    HttpRequest::get(jwks_uri.into())
}

/// Reads the answer; keys that break the policy are left out, not fatal.
///
/// # Errors
/// `jwks_http`, `jwks_invalid`, `jwks_too_large`.
pub fn process(response: &HttpResponse) -> Result<KeySet> {
    if response.status != 200 {
        return Err(Code::JwksHttp.at(Place::None).with_status(response.status));
    }
    KeySet::parse(response.body(Code::JwksTooLarge)?)
}

/// A failure to reach the keys, told from one to reach the provider: `jwks_http`.
#[must_use]
pub fn unreachable(error: Error) -> Error {
    match error.code() {
        Code::Network | Code::Timeout => Code::JwksHttp.into(),
        _ => error,
    }
}
