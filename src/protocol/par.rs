//! Pushed authorization requests (RFC 9126): the provider is told what is asked for before the page
//! is left, and the URL that it is left for holds nothing but a reference to that.

use alloc::{string::String, vec::Vec};

use super::{
    http::{HttpRequest, HttpResponse},
    oauth_error,
};
use crate::{
    codec::{
        ascii::cut,
        form::{self, Form},
        json::Json,
    },
    config::Config,
    error::{Code, Failure, Place},
    secret::Secret,
};

/// Pushes the query of an authorization request (§2.1).
#[must_use]
pub fn request(endpoint: &str, query: String) -> HttpRequest {
    HttpRequest {
        form: Some(Secret::new(query)),
        ..HttpRequest::get(endpoint.into())
    }
}

/// What is pushed and says something of the user, or belongs to this sign-in alone.
const SECRET: &[&str] = &["state", "nonce", "id_token_hint", "login_hint"];

/// Reads the answer (§2.2) to `query`, which was pushed, and returns the `request_uri`. A refusal that repeats what
/// is secret of it loses those words.
///
/// # Errors
/// `par_http` with the provider's words, `par_invalid` naming the member.
pub fn process(response: &HttpResponse, query: &str) -> core::result::Result<String, Failure> {
    let failed = Code::ParHttp.at(Place::None).with_status(response.status);
    let body = response.object(Code::ParInvalid, Code::ParInvalid);
    if response.status != 201 {
        let pushed = form::parse(query).unwrap_or_default();
        let secrets = pushed.iter().filter(|(name, _)| SECRET.contains(&&**name));
        let secrets: Vec<_> = secrets.map(|(_, value)| &**value).collect();
        let said = body.ok();
        let said = said.and_then(|body| oauth_error::from_json(failed, body, &secrets));
        return Err(said.unwrap_or_else(|| failed.into()));
    }
    let body = body?;
    let lifetime = body.get(Place::ExpiresIn.as_str());
    if lifetime.is_some_and(|seconds| seconds.whole().is_none_or(|seconds| seconds <= 0)) {
        return Err(Code::ParInvalid.at(Place::ExpiresIn).into());
    }
    let request_uri = body.get(Place::RequestUri.as_str()).and_then(Json::text);
    // a reference into the provider, as an URN; nothing that could be fetched in the clear
    let request_uri = request_uri.filter(|uri| {
        let scheme = cut(uri, b':').map(|(scheme, _)| scheme);
        scheme.is_some_and(|scheme| !scheme.is_empty() && !scheme.eq_ignore_ascii_case("http"))
            && uri.bytes().all(|b| matches!(b, b'!'..=b'~'))
    });
    let request_uri = request_uri.ok_or(Code::ParInvalid.at(Place::RequestUri))?;
    Ok(request_uri.into_owned())
}

/// The URL to visit (§4).
#[must_use]
pub fn url(endpoint: &str, config: &Config, request_uri: &str) -> String {
    let mut query = Form::new();
    query
        .push("client_id", &config.client_id)
        .push(Place::RequestUri.as_str(), request_uri);
    query.appended_to(endpoint)
}
