//! How a connection fails: a code of the one table, and the field of the data that it is about.

use alloc::{borrow::Cow, string::String};

use serde::Serialize;

use super::said::without;
use crate::{
    error::{Code, Error},
    protocol::oauth_error::cut,
    secret::Secret,
};

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The code.
    pub code: Code,
    /// A field of the data, a member of an answer, a step; empty if the code says it all.
    pub place: Cow<'static, str>,
    /// The HTTP status that caused it, else 0.
    pub status: u16,
    /// The other side's words.
    pub said: Option<Words>,
}

/// The other side's words: inert text. Whole until [`Fault::discreet`], since a secret that was cut is
/// not known as one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Words {
    /// What it calls the error.
    pub error: String,
    /// What it says about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// The result of everything here.
pub type Result<T> = core::result::Result<T, Fault>;

impl Fault {
    /// A failure without a place.
    #[must_use]
    pub const fn new(code: Code) -> Self {
        Self {
            code,
            place: Cow::Borrowed(""),
            status: 0,
            said: None,
        }
    }

    /// A failure at a place.
    #[must_use]
    pub fn at(code: Code, place: impl Into<Cow<'static, str>>) -> Self {
        Self {
            place: place.into(),
            ..Self::new(code)
        }
    }

    /// The data is not usable: which field.
    #[must_use]
    pub fn config(field: impl Into<Cow<'static, str>>) -> Self {
        Self::at(Code::ConfigInvalid, field)
    }

    /// The same, caused by an answer with that status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The same, with what the other side said.
    #[must_use]
    pub fn said(mut self, error: &str, description: Option<&str>) -> Self {
        self.said = Some(Words {
            error: error.into(),
            description: description.map(String::from),
        });
        self
    }

    /// The same, where the other side's words repeat none of `secrets`, and are cut at 1 kB.
    #[must_use]
    pub fn discreet(mut self, secrets: &[Secret]) -> Self {
        self.said = self.said.map(|words| Words {
            error: cut(&without(&words.error, secrets)),
            description: words.description.map(|text| cut(&without(&text, secrets))),
        });
        self
    }

    /// Whether the other side called its error so.
    #[must_use]
    pub fn is_called(&self, error: &str) -> bool {
        self.said.as_ref().is_some_and(|said| said.error == error)
    }

    /// Whether the same call can succeed later. A page's storage stays blocked, but a store may recover.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        let error = Error::from(self.code).with_status(self.status);
        error.is_retryable() || self.code == Code::StorageUnavailable
    }

    /// Whether there was no answer of the other side's own: none at all, or one by something in between, such as
    /// a page that says that it will be back soon.
    #[must_use]
    pub fn is_silence(&self) -> bool {
        let is_noise = matches!(
            self.code,
            Code::TokenHttp | Code::TokenInvalid | Code::TokenTooLarge
        );
        is_noise || self.is_retryable()
    }

    /// Whether there was an answer, and asking the same again would bring no other.
    #[must_use]
    pub fn is_final(&self) -> bool {
        let is_answer = matches!(
            self.code,
            Code::TokenError | Code::TokenHttp | Code::TokenInvalid | Code::TokenTypeUnsupported
        );
        is_answer && !self.is_retryable()
    }

    /// For the wrapper, which makes an `AuthError` of it.
    #[must_use]
    pub fn report(&self) -> Report<'_> {
        Report {
            code: self.code.as_str(),
            place: (!self.place.is_empty()).then_some(&*self.place),
            retryable: self.is_retryable(),
            status: (self.status != 0).then_some(self.status),
            oauth: self.said.as_ref(),
        }
    }
}

/// The members of the contract's `AuthError`, and the place.
#[derive(Debug, Serialize)]
pub struct Report<'a> {
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<&'a str>,
    retryable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    oauth: Option<&'a Words>,
}

impl From<Code> for Fault {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::at(error.code(), error.place().as_str()).status(error.status())
    }
}
