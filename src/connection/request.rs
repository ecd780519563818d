//! The values that a connection brings to its requests, and the token request itself.

use alloc::{string::String, vec::Vec};

use super::{
    client_auth,
    definition::{Definition, Step},
    fault::{Fault, Result},
    grant::{ACTOR_TOKEN_TYPE, Grant, is_optional, refresh_fields},
    message::{BodyType, Draft, Field, Request},
    template::{Place, Written},
    values::Values,
};
use crate::codec::base64url;

/// What a token is asked for with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exchange {
    /// The connection's grant.
    Grant,
    /// The refresh token.
    Refresh,
}

/// The values that are there before anything is sent or handed over.
#[must_use]
pub fn values_of(definition: &Definition) -> Values {
    let mut values = Values::default();
    for (name, value) in &definition.values {
        values.plain(name, value);
    }
    values
        .plain("token_path", definition.answer.token.as_str())
        .plain("error_path", definition.answer.error.as_str())
        .plain("scope", &definition.scope)
        .plain("audience", &definition.audience);
    for (name, value) in [
        ("client_id", &definition.client_id),
        ("redirect_uri", &definition.redirect_uri),
        ("version", &definition.version),
    ] {
        if let Some(value) = value {
            values.plain(name, value);
        }
    }
    refresh_token_url(definition, &mut values);
    values
}

/// Writes `%[token_url]` anew: what it is made of may have come by now.
pub fn refresh_token_url(definition: &Definition, values: &mut Values) {
    let Some(url) = &definition.urls.token else {
        return;
    };
    if let Ok(url) = url.write(values, Place::Url, "tokenUrl") {
        if url.real.expose() == url.shown {
            values.plain("token_url", &url.shown);
        } else {
            values.secret("token_url", url.real.expose());
        }
    }
}

/// Sets a secret that was handed over, and what is made of it.
pub fn hand_over(values: &mut Values, name: &str, secret: &str) {
    if name == "saml_assertion" {
        // RFC 7522 §2.1
        values.secret(
            "saml_assertion_encoded",
            &base64url::encode(secret.as_bytes()),
        );
    }
    values.secret(name, secret);
}

/// The token request.
///
/// # Errors
/// `config_invalid`, naming what is missing or wrong.
pub fn token_request(
    definition: &Definition,
    exchange: Exchange,
    values: &Values,
) -> Result<Request> {
    let url = definition
        .urls
        .token
        .as_ref()
        .ok_or_else(|| Fault::config("tokenUrl"))?;
    let mut draft = Draft::new("POST", url, "tokenUrl", values)?;
    draft.header("accept", Written::plain("application/json"));
    client_auth::header(definition.client_auth, &mut draft, values)?;
    draft.headers(&definition.token_headers)?;
    let (standard, own) = match exchange {
        Exchange::Grant => (definition.grant.fields(), &definition.token_request),
        Exchange::Refresh
            if definition.grant == Grant::Described && !definition.refresh_request.is_empty() =>
        {
            (Vec::new(), &definition.refresh_request)
        }
        Exchange::Refresh => (refresh_fields(), &definition.refresh_request),
    };
    let fields = body(definition, &standard, own, values)?;
    Ok(draft.with_body(definition.body_type, &fields))
}

/// The fields of a grant and of the client's proof, and those of the data, which come first where
/// both have the same.
fn body(
    definition: &Definition,
    standard: &[Field],
    own: &[Field],
    values: &Values,
) -> Result<Vec<(String, Written)>> {
    let is_bare = definition.grant == Grant::Described;
    let proof = client_auth::fields(
        definition.client_auth,
        definition.client_id.is_some() && !is_bare,
    );
    let mut fields = Vec::new();
    for field in standard.iter().chain(&proof) {
        if own.iter().any(|mine| mine.name == field.name) {
            continue;
        }
        if is_optional(&field.name) && field.value.names().all(|name| is_missing(values, name)) {
            continue;
        }
        if field.name == ACTOR_TOKEN_TYPE && is_missing(values, "actor_token") {
            continue;
        }
        let value = field.value.write(values, Place::Field, &field.at)?;
        fields.push((field.name.clone(), value));
    }
    for field in own {
        let value = field.value.write(values, Place::Field, &field.at)?;
        fields.push((field.name.clone(), value));
    }
    Ok(fields)
}

fn is_missing(values: &Values, name: &str) -> bool {
    values.get(name).is_ok_and(|value| value.real().is_empty()) || !values.has(name)
}

/// A request to another endpoint of the connection, with the client's proof.
///
/// # Errors
/// `config_invalid`, naming what is missing or wrong.
pub fn proven(
    definition: &Definition,
    url: &super::template::Template,
    field: &str,
    fields: &[Field],
    values: &Values,
) -> Result<Request> {
    let mut draft = Draft::new("POST", url, field, values)?;
    draft.header("accept", Written::plain("application/json"));
    client_auth::header(definition.client_auth, &mut draft, values)?;
    let proof = client_auth::fields(definition.client_auth, definition.client_id.is_some());
    let mut written = Vec::new();
    for field in fields.iter().chain(&proof) {
        let value = field.value.write(values, Place::Field, &field.at)?;
        if !(is_optional(&field.name) && value.real.expose().is_empty()) {
            written.push((field.name.clone(), value));
        }
    }
    Ok(draft.with_body(BodyType::Form, &written))
}

/// The request of a step.
///
/// # Errors
/// `config_invalid`, naming what is missing or wrong.
pub fn step_request(step: &Step, values: &Values) -> Result<Request> {
    let at = [&*step.at, ".url"].concat();
    let mut draft = Draft::new(step.method, &step.url, &at, values)?;
    draft.header("accept", Written::plain("application/json"));
    draft.headers(&step.headers)?;
    if step.body.is_empty() {
        return Ok(draft.finish());
    }
    let mut fields = Vec::new();
    for field in &step.body {
        fields.push((
            field.name.clone(),
            field.value.write(values, Place::Field, &field.at)?,
        ));
    }
    Ok(draft.with_body(step.body_type, &fields))
}

/// The headers of an API request, real and as people see them.
///
/// # Errors
/// `config_invalid`, naming what is missing or must not stand in a header.
pub fn api_headers(definition: &Definition, values: &Values) -> Result<Vec<(String, Written)>> {
    let headers = definition.request_headers.iter().map(|field| {
        let value = field.value.write(values, Place::Header, &field.at)?;
        Ok((field.name.clone(), value))
    });
    headers.collect()
}

/// The request to the test URL.
///
/// # Errors
/// `config_invalid`, naming what is missing or wrong.
pub fn test_request(definition: &Definition, values: &Values) -> Result<Option<Request>> {
    let Some(url) = &definition.urls.test else {
        return Ok(None);
    };
    let mut draft = Draft::new("GET", url, "testUrl", values)?;
    draft.headers(&definition.request_headers)?;
    Ok(Some(draft.finish()))
}
