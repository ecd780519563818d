//! Token revocation (RFC 7009 §2.1). There is nothing to read in the answer: a sign-out stands
//! whether or not the provider took note.

use super::http::HttpRequest;
use crate::{codec::form::Form, config::Config, secret::Secret};

/// Revokes the refresh token, and with it, at most providers, its access tokens.
#[must_use]
pub fn request(config: &Config, endpoint: &str, refresh_token: &Secret) -> HttpRequest {
    let mut form = Form::new();
    form.push("token", refresh_token.expose())
        .push("token_type_hint", "refresh_token")
        .push("client_id", &config.client_id);
    HttpRequest::post(endpoint.into(), form)
}
