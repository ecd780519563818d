//! Requests and responses as data: what [`crate::protocol`] makes and reads, and only
//! [`crate::client`] sends.

use alloc::{string::String, vec::Vec};

use crate::{
    codec::{
        ascii::before,
        form::Form,
        json::{Json, JsonDefect},
    },
    error::{Code, Place, Result},
    secret::Secret,
};

/// The longest body that is read: 1 MiB.
pub const BODY_LIMIT: usize = 1 << 20;

/// A request to a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRequest {
    /// Absolute, checked when the endpoint was read.
    pub url: String,
    /// A form to POST; without one the request is a GET. Kept secret as a whole: it carries
    /// codes, verifiers and tokens.
    pub form: Option<Secret>,
    /// An access token for the `Authorization` header.
    pub bearer: Option<Secret>,
    /// A proof that we hold the key which the access token is bound to, or is to be (RFC 9449 §4).
    pub proof: Option<Secret>,
}

impl HttpRequest {
    /// A plain GET.
    #[must_use]
    pub const fn get(url: String) -> Self {
        Self {
            url,
            form: None,
            bearer: None,
            proof: None,
        }
    }

    /// A form POST without a header of its own, so that no browser asks for permission first.
    #[must_use]
    pub fn post(url: String, form: Form) -> Self {
        Self {
            url,
            form: Some(Secret::new(form.into_string())),
            bearer: None,
            proof: None,
        }
    }
}

/// An answer, its body read whole or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status; 0 for a redirect, which is never followed.
    pub status: u16,
    /// The `Content-Type` header, empty if absent.
    pub content_type: String,
    /// The `Retry-After` header in seconds (RFC 9110 §10.2.3), 0 if absent or not to be read.
    pub retry_after: u32,
    /// The `DPoP-Nonce` header (RFC 9449 §8), if there is one that this page may read.
    pub dpop_nonce: Option<String>,
    /// At most [`BODY_LIMIT`] bytes; `None` if there were more.
    pub body: Option<Vec<u8>>,
}

impl HttpResponse {
    /// Whether the media type is `expected`, parameters aside (RFC 9110 §8.3.1).
    #[must_use]
    pub fn is_type(&self, expected: &str) -> bool {
        let media_type = before(&self.content_type, b';');
        media_type.trim_ascii().eq_ignore_ascii_case(expected)
    }

    /// The body.
    ///
    /// # Errors
    /// `too_large` if it was longer than the limit.
    pub fn body(&self, too_large: Code) -> Result<&[u8]> {
        self.body
            .as_deref()
            .ok_or(too_large.at(Place::Body).with_status(self.status))
    }

    /// The body as one JSON object.
    ///
    /// # Errors
    /// `invalid` if it is anything else, `too_large` if it is too long, deep or wide.
    pub fn object(&self, invalid: Code, too_large: Code) -> Result<Json<'_>> {
        match Json::parse(self.body(too_large)?) {
            Ok(json) if json.is_object() => Ok(json),
            Err(JsonDefect::TooLarge) => Err(too_large.at(Place::Json)),
            _ => Err(invalid.at(Place::Object)),
        }
    }
}

/// What an API answered, as far as it speaks to whoever sent the token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApiAnswer {
    /// The status.
    pub status: u16,
    /// The `WWW-Authenticate` header, empty if absent.
    pub challenge: String,
    /// The `DPoP-Nonce` header.
    pub dpop_nonce: Option<String>,
    /// Whether it is from where the call was redirected to, whom the proof was not for.
    pub is_redirected: bool,
}
