//! Somebody lets us in: the way to the system and back (RFC 6749 §4.1 and §4.2, RFC 7636, RFC 9207).

use alloc::{collections::VecDeque, string::String, vec::Vec};

use serde::{Deserialize, Serialize};

use super::{
    answer::{Issued, check_type},
    definition::Definition,
    fault::{Fault, Result},
    grant::Grant,
    message::endpoint,
    template::{Place, Written, escaped, is_header_value},
    values::Values,
};
use crate::{
    codec::{ascii::number, base64url, form},
    error::Code,
    protocol::{callback::CallbackParams, pkce::code_challenge},
    secret::Secret,
};

/// How long somebody may take, in seconds.
pub const PATIENCE: i64 = 600;
/// How far the clock of a server that takes the answer may be behind that of the one that asked, in seconds.
const BEHIND: i64 = 300;
/// How many can be under way at once in one process; one more takes the place of the oldest.
const MOST: usize = 4096;

/// An authorization under way. Used once.
#[derive(Serialize, Deserialize)]
pub struct Pending {
    verifier: String,
    /// What the token is asked for.
    pub scope: String,
    /// Whom it is for.
    pub audience: String,
    since: i64,
}

/// Those that are under way where no store keeps them, by their states, the oldest first.
#[derive(Default)]
pub struct Waiting(VecDeque<(String, Pending)>);

impl Waiting {
    /// Adds one. Those that came to nothing go, and the oldest, if there are too many.
    pub fn add(&mut self, state: &str, pending: Pending, now: i64) {
        self.0.retain(|(_, pending)| pending.is_current(now));
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back((state.into(), pending));
    }

    /// Takes one out.
    pub fn take(&mut self, state: &str) -> Option<Pending> {
        let at = self.0.iter().position(|(known, _)| known == state)?;
        self.0.remove(at).map(|(_, pending)| pending)
    }
}

/// What came back.
#[derive(Debug)]
pub enum Response {
    /// A code, and the verifier that goes with it.
    Code(Secret, Secret),
    /// A token, from a system that hands it to the browser.
    Token(Issued),
}

impl Pending {
    /// Begins one. `drawn` makes the verifier.
    #[must_use]
    pub fn new(drawn: &[u8; 32], scope: &str, audience: &str, now: i64) -> Self {
        Self {
            verifier: base64url::encode(drawn),
            scope: scope.into(),
            audience: audience.into(),
            since: now,
        }
    }

    /// From a store.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// For a store.
    #[must_use]
    pub fn write(&self) -> Secret {
        Secret::new(serde_json::to_string(self).unwrap_or_default())
    }

    /// Whether somebody may still answer.
    fn is_current(&self, now: i64) -> bool {
        (-BEHIND..=PATIENCE).contains(&now.saturating_sub(self.since))
    }

    /// Holds the answer at `url` against what was asked for.
    ///
    /// # Errors
    /// `callback_*`, and `authorization_error` with the system's words.
    pub fn process(self, definition: &Definition, url: &str, now: i64) -> Result<Response> {
        if !self.is_current(now) {
            return Err(Code::CallbackExpired.into());
        }
        let is_implicit = definition.grant == Grant::Implicit;
        let callback = CallbackParams::parse(url)?;
        // a token is handed to the browser, in the fragment
        let one = |name: &str| -> Result<Option<&str>> {
            Ok(if is_implicit {
                callback.in_fragment(name)?
            } else {
                callback.in_query(name)?
            })
        };
        // RFC 9207 §2.4
        match (one("iss")?, &definition.issuer) {
            (Some(iss), Some(issuer)) if iss != *issuer => {
                return Err(Code::CallbackIssMismatch.into());
            }
            (None, Some(_)) => return Err(Code::CallbackIssMissing.into()),
            _ => {}
        }
        if let Some(error) = one("error")? {
            if one("code")?.is_some() {
                return Err(Code::CallbackAmbiguous.into());
            }
            let description = one("error_description")?;
            let fault = Fault::new(Code::AuthorizationError);
            return Err(fault.said(error, description).discreet(&[]));
        }
        if is_implicit {
            return token(one, definition);
        }
        let code = one("code")?.ok_or_else(|| Fault::at(Code::CallbackMalformed, "code"))?;
        Ok(Response::Code(
            Secret::new(code.into()),
            Secret::new(self.verifier),
        ))
    }
}

/// The state in an answer that came to the redirect URI.
///
/// # Errors
/// `callback_malformed`, `callback_too_large`, `callback_redirect_mismatch`, `callback_state_missing`,
/// `callback_duplicate_param`.
pub fn state_of(definition: &Definition, url: &str) -> Result<String> {
    let callback = CallbackParams::parse(url)?;
    let redirect_uri = definition.redirect_uri.as_deref().unwrap_or_default();
    if !callback.is_on(redirect_uri) {
        return Err(Code::CallbackRedirectMismatch.into());
    }
    Ok(callback.state().map(String::from)?)
}

/// Where to send somebody. `values` hold what the token is asked for.
///
/// # Errors
/// `config_invalid`, naming what is missing or wrong.
pub fn url(
    definition: &Definition,
    pending: &Pending,
    state: &str,
    values: &Values,
) -> Result<Written> {
    let template = definition.urls.authorization.as_ref();
    let template = template.ok_or_else(|| Fault::config("authorizationUrl"))?;
    let written = template.write(values, Place::Url, "authorizationUrl")?;
    let parsed =
        endpoint(written.real.expose()).ok_or_else(|| Fault::config("authorizationUrl"))?;
    let asked = form::parse(parsed.query()).ok_or_else(|| Fault::config("authorizationUrl"))?;
    let has = |name: &str| asked.iter().any(|(asked, _)| asked == name);
    if has("state") {
        // nobody but us can know it, so nobody but us can set it
        return Err(Fault::config("authorizationUrl"));
    }
    let is_implicit = definition.grant == Grant::Implicit;
    let challenge = code_challenge(&pending.verifier);
    let pkce = definition.pkce && !is_implicit;
    let (mut real, mut shown) = (String::from(written.real.expose()), written.shown);
    for (name, value, hidden) in [
        (
            "response_type",
            if is_implicit { "token" } else { "code" },
            None,
        ),
        (
            "client_id",
            definition.client_id.as_deref().unwrap_or_default(),
            None,
        ),
        (
            "redirect_uri",
            definition.redirect_uri.as_deref().unwrap_or_default(),
            None,
        ),
        ("scope", &*pending.scope, None),
        ("audience", &*pending.audience, None),
        ("state", state, Some("‹state›")),
        (
            "code_challenge",
            if pkce { &*challenge } else { "" },
            Some("‹code_challenge›"),
        ),
        (
            "code_challenge_method",
            if pkce { "S256" } else { "" },
            None,
        ),
    ] {
        if value.is_empty() || has(name) {
            continue;
        }
        let value = escaped(value);
        for (text, value) in [(&mut real, &*value), (&mut shown, hidden.unwrap_or(&value))] {
            text.push(if text.contains('?') { '&' } else { '?' });
            text.push_str(name);
            text.push('=');
            text.push_str(value);
        }
    }
    Ok(Written {
        real: Secret::new(real),
        shown,
    })
}

/// RFC 6749 §4.2.2.
fn token<'a>(
    one: impl Fn(&str) -> Result<Option<&'a str>>,
    definition: &Definition,
) -> Result<Response> {
    let token = one("access_token")?.filter(|token| is_header_value(token));
    let token = token.ok_or_else(|| Fault::at(Code::CallbackMalformed, "access_token"))?;
    check_type(definition, one("token_type")?)?;
    let lifetime = match one("expires_in")? {
        None => definition.lifetime.map(i64::from),
        Some(text) => {
            let seconds = number(text).filter(|seconds| *seconds >= 0);
            Some(seconds.ok_or_else(|| Fault::at(Code::CallbackMalformed, "expires_in"))?)
        }
    };
    Ok(Response::Token(Issued {
        token: Secret::new(token.into()),
        refresh_token: None,
        lifetime,
        values: Vec::new(),
        ignored: None,
    }))
}
