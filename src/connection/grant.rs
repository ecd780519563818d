//! What is exchanged for a token: each grant is a list of fields, as its RFC has them.

use super::{message::Field, template::Template};
use alloc::vec::Vec;

/// The grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// What the data says, and nothing else.
    Described,
    /// RFC 6749 §4.4.
    ClientCredentials,
    /// RFC 6749 §4.3.
    Password,
    /// RFC 6749 §4.2.
    Implicit,
    /// RFC 8693.
    TokenExchange,
    /// RFC 7523 §2.1.
    JwtBearer,
    /// RFC 7522 §2.1.
    Saml2Bearer,
    /// RFC 6749 §4.1.
    AuthorizationCode,
    /// RFC 8628.
    DeviceCode,
}

/// The names of the data, and whether a person takes part.
pub const GRANTS: &[(&str, (Grant, bool))] = &[
    ("described", (Grant::Described, false)),
    ("client_credentials", (Grant::ClientCredentials, false)),
    ("password", (Grant::Password, false)),
    ("implicit", (Grant::Implicit, false)),
    ("token_exchange", (Grant::TokenExchange, false)),
    ("jwt_bearer", (Grant::JwtBearer, false)),
    ("saml2_bearer", (Grant::Saml2Bearer, false)),
    ("authorization_code", (Grant::AuthorizationCode, true)),
    ("device_code", (Grant::DeviceCode, true)),
];

/// A field that is left out where its value is empty.
const OPTIONAL: &[&str] = &[
    "scope",
    "audience",
    "redirect_uri",
    "code_verifier",
    "actor_token",
];

/// A field that is there if `actor_token` is, and only then (RFC 8693 §2.1).
pub const ACTOR_TOKEN_TYPE: &str = "actor_token_type";

/// Whether a field of a grant is left out where its value is empty.
#[must_use]
pub fn is_optional(name: &str) -> bool {
    OPTIONAL.contains(&name)
}

impl Grant {
    /// The fields of its token request.
    #[must_use]
    pub fn fields(self) -> Vec<Field> {
        let fields: &[(&str, &str)] = match self {
            Self::Described | Self::Implicit => &[],
            Self::ClientCredentials => &[
                ("grant_type", "client_credentials"),
                ("scope", "%[scope]"),
                ("audience", "%[audience]"),
            ],
            Self::Password => &[
                ("grant_type", "password"),
                ("username", "%[user_name]"),
                ("password", "%[password]"),
                ("scope", "%[scope]"),
                ("audience", "%[audience]"),
            ],
            Self::TokenExchange => &[
                (
                    "grant_type",
                    "urn:ietf:params:oauth:grant-type:token-exchange",
                ),
                ("subject_token", "%[subject_token]"),
                (
                    "subject_token_type",
                    "urn:ietf:params:oauth:token-type:access_token",
                ),
                ("actor_token", "%[actor_token]"),
                (
                    ACTOR_TOKEN_TYPE,
                    "urn:ietf:params:oauth:token-type:access_token",
                ),
                ("scope", "%[scope]"),
                ("audience", "%[audience]"),
            ],
            Self::JwtBearer => &[
                ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
                ("assertion", "%[assertion]"),
                ("scope", "%[scope]"),
                ("audience", "%[audience]"),
            ],
            Self::Saml2Bearer => &[
                (
                    "grant_type",
                    "urn:ietf:params:oauth:grant-type:saml2-bearer",
                ),
                ("assertion", "%[saml_assertion_encoded]"),
                ("scope", "%[scope]"),
                ("audience", "%[audience]"),
            ],
            Self::AuthorizationCode => &[
                ("grant_type", "authorization_code"),
                ("code", "%[code]"),
                ("redirect_uri", "%[redirect_uri]"),
                ("code_verifier", "%[code_verifier]"),
            ],
            Self::DeviceCode => &[
                ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
                ("device_code", "%[device_code]"),
            ],
        };
        listed(fields)
    }
}

/// The fields of a request with a refresh token (RFC 6749 §6).
#[must_use]
pub fn refresh_fields() -> Vec<Field> {
    listed(&[
        ("grant_type", "refresh_token"),
        ("refresh_token", "%[refresh_token]"),
    ])
}

/// Fields of this source.
#[must_use]
pub fn listed(fields: &[(&str, &str)]) -> Vec<Field> {
    let fields = fields.iter().map(|(name, value)| Field {
        name: (*name).into(),
        value: Template::known(value),
        at: (*name).into(),
    });
    fields.collect()
}
