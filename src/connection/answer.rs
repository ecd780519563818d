//! What an endpoint answers: a token with its lifetimes, what a step read, or an error.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use serde_json::Value;

use super::{
    definition::{AnswerPaths, Definition, Span, Step},
    fault::{Fault, Result},
    grant::Grant,
    message::Answer,
    path::Path,
    template::{Place, is_header_value},
    values::Values,
};
use crate::{codec::ascii::number, error::Code, secret::Secret};

/// What a token endpoint handed out.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The token.
    pub token: Secret,
    /// What another one can be had with.
    pub refresh_token: Option<Secret>,
    /// How long it lives, in seconds, if anybody says so.
    pub lifetime: Option<i64>,
    /// Other values of the answer, by name. They may be secret: nobody sees them.
    pub values: Vec<(String, Secret)>,
    /// Members that do not belong in an answer to this grant, in words.
    pub ignored: Option<&'static str>,
}

/// Reads the answer of a token endpoint.
///
/// # Errors
/// `token_error` with the system's words, `token_http`, `token_invalid` naming what is wrong,
/// `token_too_large`, `token_type_unsupported`.
pub fn token(definition: &Definition, answer: &Answer) -> Result<Issued> {
    refreshed(definition, answer, &Values::default())
}

/// The same for a request with a refresh token. What the answer does not repeat of the values that came with
/// the first token stays as it is `known`.
///
/// # Errors
/// As [`token`].
pub fn refreshed(definition: &Definition, answer: &Answer, known: &Values) -> Result<Issued> {
    let paths = &definition.answer;
    let invalid = |path: &Path| {
        Fault::at(Code::TokenInvalid, String::from(path.as_str())).status(answer.status)
    };
    let json = succeeded(paths, answer)?;
    let token = paths.token.find(&json).and_then(Value::as_str);
    let token = token.filter(|token| !token.is_empty());
    if let Some(fault) = error(paths, &json, answer) {
        // a token and an error: one of them is not true
        return Err(token.map_or(fault, |_| invalid(&paths.error)));
    }
    let token = token
        .filter(|token| is_header_value(token))
        .ok_or_else(|| invalid(&paths.token))?;
    let kind = json.get("token_type").and_then(Value::as_str);
    check_type(definition, kind)?;
    let lifetime = match paths.expires_in.find(&json) {
        None => definition.lifetime.map(i64::from),
        Some(told) => Some(seconds(told).ok_or_else(|| invalid(&paths.expires_in))?),
    };
    let ignored = ignored(definition, &json, token);
    let refresh_token = match paths.refresh_token.find(&json) {
        None => None,
        Some(_) if ignored.is_some() => None,
        Some(Value::String(text)) if text.is_empty() => None,
        Some(Value::String(text)) => Some(Secret::new(text.clone())),
        Some(_) => return Err(invalid(&paths.refresh_token)),
    };
    Ok(Issued {
        token: Secret::new(token.into()),
        refresh_token,
        lifetime,
        values: found(&paths.values, &json, answer, known)?,
        ignored,
    })
}

/// What an answer to a client that asks for itself should not hold: it can ask again at any time (RFC 6749
/// §4.4.3), and nobody has signed in.
fn ignored(definition: &Definition, json: &Value, token: &str) -> Option<&'static str> {
    if definition.grant != Grant::ClientCredentials {
        return None;
    }
    let refresh_token = definition.answer.refresh_token.find(json);
    // unless that is what the data calls the token
    let id_token = json
        .get("id_token")
        .filter(|it| !it.is_null() && *it != token);
    match (refresh_token, id_token) {
        (Some(_), Some(_)) => Some("refresh_token and id_token"),
        (Some(_), None) => Some("refresh_token"),
        (None, Some(_)) => Some("id_token"),
        (None, None) => None,
    }
}

/// Refuses a token that says it is of another type than the headers send it as (RFC 6749 §7.1).
///
/// # Errors
/// `token_type_unsupported`.
pub fn check_type(definition: &Definition, told: Option<&str>) -> Result<()> {
    let is_bearer = definition.request_headers.iter().any(|field| {
        let scheme = field.value.beginning().split(' ').next();
        field.name.eq_ignore_ascii_case("authorization")
            && scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer"))
    });
    match told {
        Some(kind) if is_bearer && !kind.eq_ignore_ascii_case("bearer") => {
            Err(Code::TokenTypeUnsupported.into())
        }
        _ => Ok(()),
    }
}

/// Seconds as a number without a fraction, though it be written as zero, or as text of digits.
#[must_use]
pub fn seconds(value: &Value) -> Option<i64> {
    let seconds = match value {
        Value::Number(number) => {
            let text = number.to_string();
            text.strip_suffix(".0").unwrap_or(&text).parse().ok()
        }
        Value::String(text) => number(text),
        _ => None,
    };
    seconds.filter(|seconds| *seconds >= 0)
}

/// Reads the answer of a step: the values that it is there for.
///
/// # Errors
/// As [`token`].
pub fn step(
    definition: &Definition,
    step: &Step,
    answer: &Answer,
) -> Result<Vec<(String, Secret)>> {
    if step.read.is_empty() {
        return success(definition, answer).map(|()| Vec::new());
    }
    let json = object(&definition.answer, answer)?;
    found(&step.read, &json, answer, &Values::default())
}

/// Reads an answer that need not hold anything.
///
/// # Errors
/// `token_error` with the system's words, `token_http`.
pub fn success(definition: &Definition, answer: &Answer) -> Result<()> {
    if answer.is_success() {
        return Ok(());
    }
    Err(refusal(&definition.answer, answer))
}

/// The JSON of an answer that is no error.
///
/// # Errors
/// As [`token`].
pub fn object(paths: &AnswerPaths, answer: &Answer) -> Result<Value> {
    let json = succeeded(paths, answer)?;
    error(paths, &json, answer).map_or(Ok(json), Err)
}

/// The JSON of an answer with success, whatever it says.
fn succeeded(paths: &AnswerPaths, answer: &Answer) -> Result<Value> {
    if answer.is_success() {
        answer.json()
    } else {
        Err(refusal(paths, answer))
    }
}

/// What an answer without success means: a refusal that says why, or a server that failed.
fn refusal(paths: &AnswerPaths, answer: &Answer) -> Fault {
    let failed = Fault::new(Code::TokenHttp).status(answer.status);
    if answer.status >= 500 || answer.status == 429 || answer.status == 408 {
        return failed;
    }
    let said = answer.json().ok();
    said.and_then(|json| error(paths, &json, answer))
        .unwrap_or(failed)
}

/// The fault that an answer tells of, if it does.
fn error(paths: &AnswerPaths, json: &Value, answer: &Answer) -> Option<Fault> {
    let (error, description) = words(paths, json)?;
    let fault = Fault::new(Code::TokenError).status(answer.status);
    Some(fault.said(&error, description.as_deref()))
}

/// The error in an answer, and its description where OAuth has it.
fn words(paths: &AnswerPaths, json: &Value) -> Option<(String, Option<String>)> {
    let error = match paths.error.find(json)? {
        Value::Bool(false) => return None,
        Value::String(text) if text.is_empty() => return None,
        Value::String(text) => text.clone(),
        other => serde_json::to_string(other).unwrap_or_default(),
    };
    let description = ["error_description", "error_message", "message"]
        .iter()
        .find_map(|name| json.get(name).and_then(Value::as_str));
    Some((error, description.map(String::from)))
}

/// Whether a refusal says that what was sent for a token is worth nothing: `invalid_grant` (RFC 6749
/// §5.2) or, where the data has errors at a path of the system's own, a word of its own. What OAuth has
/// for something else is something else there, too.
#[must_use]
pub fn refuses_grant(paths: &AnswerPaths, fault: &Fault) -> bool {
    const ELSE: &[&str] = &[
        "invalid_request",
        "invalid_client",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
        "invalid_target",
        "access_denied",
        "server_error",
        "temporarily_unavailable",
        "slow_down",
    ];
    let is_oauth = matches!(paths.error.as_str(), "error" | "$.error");
    let is_own = !is_oauth && !ELSE.iter().any(|word| fault.is_called(word));
    fault.code == Code::TokenError && (is_own || fault.is_called("invalid_grant"))
}

/// Values by their paths; each must be there, or `known`.
fn found(
    paths: &[(String, Path)],
    json: &Value,
    answer: &Answer,
    known: &Values,
) -> Result<Vec<(String, Secret)>> {
    let values = paths.iter().map(|(name, path)| {
        let text = match path.find(json) {
            Some(Value::String(text)) => text.clone(),
            // an integer too long for 64 bits was read as another one, which is written with an exponent
            Some(Value::Number(number)) if !number.to_string().contains('e') => number.to_string(),
            Some(Value::Bool(flag)) => String::from(if *flag { "true" } else { "false" }),
            None if known.has(name) => String::from(known.get(name)?.real()),
            _ => {
                let place = String::from(path.as_str());
                return Err(Fault::at(Code::TokenInvalid, place).status(answer.status));
            }
        };
        Ok((name.clone(), Secret::new(text)))
    });
    values.collect()
}

/// What stands at `paths`, whatever the rest of the answer is like: nobody may see it.
#[must_use]
pub fn told(paths: &[&Path], answer: &Answer) -> Vec<Secret> {
    let body = answer.body.as_deref().unwrap_or_default();
    let json = serde_json::from_slice(body).unwrap_or(Value::Null);
    let found = paths.iter().filter_map(|path| match path.find(&json)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    });
    found.map(Secret::new).collect()
}

/// How long a span of the data is.
///
/// # Errors
/// `token_invalid` at `field`, if what the system told is no number of seconds.
pub fn span(span: Option<&Span>, field: &'static str, values: &Values) -> Result<Option<i64>> {
    match span {
        None => Ok(None),
        Some(Span::Known(seconds)) => Ok(Some(i64::from(*seconds))),
        Some(Span::Told(template)) => {
            let written = template.write(values, Place::Field, field)?;
            let seconds = number(written.real.expose()).filter(|seconds| *seconds >= 0);
            seconds
                .map(Some)
                .ok_or_else(|| Fault::at(Code::TokenInvalid, field))
        }
    }
}
