//! A sign-in on another device (RFC 8628).

use alloc::string::String;

use serde_json::Value;

use super::{
    answer,
    definition::Definition,
    fault::{Fault, Result},
    grant::listed,
    message::{Answer, Request},
    request::proven,
    values::Values,
};
use crate::{codec::url::WebUrl, error::Code, secret::Secret};

/// How long to wait between two questions, unless the system says otherwise (§3.2).
const INTERVAL: i64 = 5;
/// How much longer after each `slow_down` (§3.5).
const SLOWER: i64 = 5;
/// The longest pause where the system cannot answer: somebody may decide meanwhile.
const LONGEST: i64 = 60;

/// What the system handed out (§3.2).
#[derive(Debug)]
pub struct Authorization {
    /// What we ask with.
    pub device_code: Secret,
    /// What somebody types in.
    pub user_code: String,
    /// Where.
    pub verification_uri: String,
    /// The same with the code in it.
    pub verification_uri_complete: Option<String>,
    /// When the code dies, in Unix time.
    pub expires_at: i64,
    /// How often we may ask.
    pub polling: Polling,
}

/// How often we may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Polling {
    /// Seconds from one question to the next at least, as the system has it.
    pub interval: i64,
    /// Seconds until the next question.
    pub pause: i64,
    until: i64,
}

/// The request for a code (§3.1).
///
/// # Errors
/// `config_invalid`, naming what is missing or wrong.
pub fn request(definition: &Definition, values: &Values) -> Result<Request> {
    let url = definition.urls.device.as_ref();
    let url = url.ok_or_else(|| Fault::config("deviceAuthorizationUrl"))?;
    let fields = listed(&[("scope", "%[scope]"), ("audience", "%[audience]")]);
    proven(definition, url, "deviceAuthorizationUrl", &fields, values)
}

/// Reads the answer (§3.2).
///
/// # Errors
/// As those of a token answer.
pub fn process(definition: &Definition, answered: &Answer, now: i64) -> Result<Authorization> {
    let json = answer::object(&definition.answer, answered)?;
    let text = |name: &'static str| {
        let text = json
            .get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty());
        text.map(String::from)
            .ok_or_else(|| Fault::at(Code::TokenInvalid, name))
    };
    let page = |name| text(name).ok().filter(|url| WebUrl::parse(url).is_some());
    let lifetime = json
        .get("expires_in")
        .and_then(answer::seconds)
        .filter(|it| *it > 0);
    let lifetime = lifetime.ok_or_else(|| Fault::at(Code::TokenInvalid, "expires_in"))?;
    let interval = json.get("interval").and_then(answer::seconds);
    let expires_at = now.saturating_add(lifetime);
    Ok(Authorization {
        device_code: Secret::new(text("device_code")?),
        user_code: text("user_code")?,
        // as drafts of the RFC had it, and some systems do
        verification_uri: page("verification_uri")
            .or_else(|| page("verification_url"))
            .ok_or_else(|| Fault::at(Code::TokenInvalid, "verification_uri"))?,
        verification_uri_complete: page("verification_uri_complete"),
        expires_at,
        polling: Polling {
            interval: interval.unwrap_or(INTERVAL).max(1),
            pause: interval.unwrap_or(INTERVAL).max(1),
            until: expires_at,
        },
    })
}

impl Polling {
    /// What a question that brought no token means: nothing if there is to be another after the
    /// interval (§3.5).
    ///
    /// # Errors
    /// `authorization_error` if somebody said no or nobody said anything in time; whatever else
    /// asking again does not mend.
    pub fn go_on(&mut self, fault: Fault, now: i64) -> Result<()> {
        let ended = |fault: Fault| Fault {
            code: Code::AuthorizationError,
            ..fault
        };
        let before = core::mem::replace(&mut self.pause, self.interval);
        if fault.is_called("slow_down") {
            self.interval = self.interval.saturating_add(SLOWER);
            self.pause = self.interval;
        } else if matches!(fault.code, Code::Network | Code::Timeout) || fault.is_retryable() {
            self.pause = before.saturating_mul(2).min(self.interval.max(LONGEST));
        } else if fault.is_called("access_denied") || fault.is_called("expired_token") {
            return Err(ended(fault));
        } else if !fault.is_called("authorization_pending") {
            return Err(fault);
        }
        if now >= self.until {
            return Err(ended(fault).said("expired_token", None));
        }
        Ok(())
    }
}
