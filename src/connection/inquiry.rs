//! What an endpoint says of a token (RFC 7662), and a token given up (RFC 7009).

use alloc::string::String;

use serde_json::Value;

use super::{
    answer,
    definition::Definition,
    fault::{Fault, Result},
    grant::listed,
    message::{Answer, Field, Request},
    request::proven,
    template::Template,
    values::Values,
};
use crate::{
    codec::json::{Json, for_page},
    error::Code,
};

/// Asks about `%[asked_token]`; `hint` says of what kind it is, if that is known (RFC 7662 §2.1).
///
/// # Errors
/// `config_invalid`, naming what is missing or wrong.
pub fn introspection(definition: &Definition, hint: &str, values: &Values) -> Result<Request> {
    let url = definition.urls.introspection.as_ref();
    about(definition, url, "introspectionUrl", hint, values)
}

/// Gives `%[asked_token]` up (RFC 7009 §2.1).
///
/// # Errors
/// `config_invalid`, naming what is missing or wrong.
pub fn revocation(definition: &Definition, hint: &str, values: &Values) -> Result<Request> {
    let url = definition.urls.revocation.as_ref();
    about(definition, url, "revocationUrl", hint, values)
}

fn about(
    definition: &Definition,
    url: Option<&Template>,
    field: &'static str,
    hint: &str,
    values: &Values,
) -> Result<Request> {
    let url = url.ok_or_else(|| Fault::config(field))?;
    let mut fields = listed(&[("token", "%[asked_token]")]);
    if !hint.is_empty() {
        fields.push(Field {
            name: "token_type_hint".into(),
            value: Template::text(hint),
            at: "token_type_hint".into(),
        });
    }
    proven(definition, url, field, &fields, values)
}

/// Reads what is said of a token: an object that says at least whether it is active. As text for a page,
/// to which no integer is another one.
///
/// # Errors
/// As those of a token answer.
pub fn described(definition: &Definition, answered: &Answer) -> Result<String> {
    let json = answer::object(&definition.answer, answered)?;
    let body = answered.body.as_deref().unwrap_or_default();
    match (json.get("active"), Json::parse(body)) {
        (Some(Value::Bool(_)), Ok(json)) => Ok(for_page(json)),
        _ => Err(Fault::at(Code::TokenInvalid, "active")),
    }
}

/// Reads whether a token was given up. One that the system does not know is as good as gone
/// (RFC 7009 §2.2).
///
/// # Errors
/// `token_error` with the system's words, `token_http`.
pub fn given_up(definition: &Definition, answered: &Answer) -> Result<()> {
    answer::success(definition, answered)
}
