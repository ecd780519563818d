//! A connection: data parsed once into what cannot be wrong. What each field means is said where users
//! read it, in `pkg/connect/data.ts`.

#![allow(missing_docs, reason = "documented where users read it")]

use alloc::{collections::BTreeMap, string::String, vec::Vec};

use super::{
    grant::Grant,
    message::{BodyType, Field},
    path::Path,
    template::{Place, Template},
    values::Values,
};
use crate::codec::{
    ascii::{cut, pieces},
    form,
};

/// A connection.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Definition {
    pub id: String,
    pub grant: Grant,
    pub client_id: Option<String>,
    pub client_auth: ClientAuth,
    pub signing: Signing,
    pub urls: Urls,
    pub redirect_uri: Option<String>,
    pub pkce: bool,
    pub issuer: Option<String>,
    pub scope: String,
    pub audience: String,
    pub values: BTreeMap<String, String>,
    pub before: Vec<Step>,
    pub body_type: BodyType,
    pub token_request: Vec<Field>,
    pub token_headers: Vec<Field>,
    pub refresh_request: Vec<Field>,
    pub answer: AnswerPaths,
    pub version: Option<String>,
    pub lifetime: Option<u32>,
    pub idle_timeout: Option<Span>,
    pub max_lifetime: Option<Span>,
    pub persist: bool,
    pub request_headers: Vec<Field>,
    pub api_origins: Vec<Origin>,
    pub renew_on_any_401: bool,
    pub sign_out: Option<Step>,
    pub timeout: u32,
    pub trace: bool,
}

/// Where things are, each a template and the field it comes from.
#[derive(Clone, Debug, Default)]
pub struct Urls {
    pub authorization: Option<Template>,
    pub token: Option<Template>,
    pub device: Option<Template>,
    pub introspection: Option<Template>,
    pub revocation: Option<Template>,
    pub test: Option<Template>,
}

/// How the client proves who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuth {
    None,
    Basic,
    Post,
    SecretJwt,
    PrivateKeyJwt,
}

/// How assertions are signed, and what they say.
#[derive(Clone, Debug)]
pub struct Signing {
    pub alg: &'static str,
    pub key_id: Option<String>,
    pub audience: Template,
    pub subject: Template,
}

/// Seconds, known or to be read from what an answer held.
#[derive(Clone, Debug)]
pub enum Span {
    Known(u32),
    Told(Template),
}

/// An origin that may have the token, and where it stands in the data.
#[derive(Clone, Debug)]
pub struct Origin {
    pub url: Template,
    pub at: String,
}

/// A request beside the token request.
#[derive(Clone, Debug)]
pub struct Step {
    pub name: String,
    pub method: &'static str,
    pub url: Template,
    pub headers: Vec<Field>,
    pub body: Vec<Field>,
    pub body_type: BodyType,
    pub read: Vec<(String, Path)>,
    /// Where it stands in the data.
    pub at: String,
}

/// Where things are in a token answer.
#[derive(Clone, Debug)]
pub struct AnswerPaths {
    pub token: Path,
    pub error: Path,
    pub expires_in: Path,
    pub refresh_token: Path,
    pub values: Vec<(String, Path)>,
}

impl AnswerPaths {
    /// Ways to what nobody may see.
    #[must_use]
    pub fn secrets(&self) -> Vec<&Path> {
        let values = self.values.iter().map(|(_, path)| path);
        [&self.token, &self.refresh_token]
            .into_iter()
            .chain(values)
            .collect()
    }
}

impl Definition {
    /// Whether users are sent to the system.
    #[must_use]
    pub const fn has_authorization(&self) -> bool {
        matches!(self.grant, Grant::AuthorizationCode | Grant::Implicit)
    }

    /// Whether only a person can get a token.
    #[must_use]
    pub const fn needs_person(&self) -> bool {
        matches!(
            self.grant,
            Grant::AuthorizationCode | Grant::Implicit | Grant::DeviceCode
        )
    }

    /// Whether another token can be had without a person.
    #[must_use]
    pub const fn can_renew(&self, has_refresh_token: bool) -> bool {
        !self.needs_person() || has_refresh_token && !self.persist
    }

    /// Whether a user's password may go out as RFC 6749 §4.3 has it. A `grant_type` of which the data does
    /// not say what it is may be that one.
    #[must_use]
    pub fn may_send_password(&self) -> bool {
        let steps = self.before.iter().flat_map(|step| &step.body);
        let sent = self.token_request.iter().chain(&self.refresh_request);
        let asked = self.before.iter().map(|step| &step.url);
        self.grant == Grant::Password
            || asked.chain(&self.urls.token).any(asks_for_password)
            || sent
                .chain(steps)
                .any(|field| field.name == "grant_type" && self.may_be_password(&field.value))
    }

    /// Whether a `grant_type` may be the one of a password.
    fn may_be_password(&self, grant_type: &Template) -> bool {
        let mut values = Values::default();
        for (name, value) in &self.values {
            values.plain(name, value);
        }
        let is_told = |name: &str| {
            let mut read = self.before.iter().flat_map(|step| &step.read);
            read.any(|(told, _)| told == name)
                || self.answer.values.iter().any(|(told, _)| told == name)
        };
        let is_certain = grant_type
            .names()
            .all(|name| values.has(name) && !is_told(name));
        let written = grant_type.write(&values, Place::Field, "grant_type");
        !is_certain || written.is_ok_and(|written| written.real.expose() == "password")
    }
}

/// Whether the query of a URL is, or may come to be, that of the password grant.
fn asks_for_password(url: &Template) -> bool {
    let source = url.source();
    let (_, query) = cut(&source, b'?').unwrap_or_default();
    pieces(query, b'&').any(|field| match form::parse(field).as_deref() {
        Some([(name, value)]) => name == "grant_type" && value == "password",
        // a template there may come to be anything
        _ => field.starts_with("grant_type="),
    })
}
