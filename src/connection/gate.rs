//! The client of an e-mail gate: a service that says whether an address may enter.
//!
//! Everything but a clear yes for this very address is a no.

use alloc::{string::String, vec::Vec};

use serde::Serialize;
use serde_json::Value;

use super::{
    client_auth::plain_basic,
    fault::{Fault, Result},
    message::{Answer, Draft, Request},
    reader::{Node, Problem, Problems},
    said::without,
    template::{Template, UNCLOSED, Written},
    values::Values,
};
use crate::{protocol::oauth_error::cut, secret::Secret};

/// The longest address (RFC 5321 §4.5.3.1.3).
const LONGEST: usize = 254;
/// How long an answer may take, in seconds, where nobody says.
pub const TIMEOUT: u32 = 20;

/// Where the service is.
#[derive(Debug)]
pub struct Gate {
    url: Template,
    values: Values,
    /// How long an answer may take, in seconds.
    pub timeout: u32,
}

/// What came of asking.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Whether the address may enter.
    pub authorised: bool,
    /// Why.
    pub reason: &'static str,
    /// The service's words, cut.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl Verdict {
    /// The service said nothing.
    pub const UNREACHABLE: Self = Self {
        authorised: false,
        reason: "unreachable",
        message: None,
    };

    const fn unclear(message: Option<String>) -> Self {
        Self {
            authorised: false,
            reason: "unclear",
            message,
        }
    }
}

impl Gate {
    /// Reads the data of a gate.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(data: &Value) -> core::result::Result<Self, Vec<Problem>> {
        let problems = Problems::default();
        let root = Node::root(data, problems.clone());
        root.only(&["baseUrl", "values", "timeout"]);
        let mut values = Values::default();
        for (name, value) in root.member("values").members() {
            if let Some(text) = value.text() {
                values.plain(&name, text);
            }
        }
        let node = root.member("baseUrl");
        let url = node.required().and_then(|base| {
            let url = [base.trim_end_matches('/'), "/authorize?email=%[email]"].concat();
            let url = Template::parse(&url);
            if url.is_none() {
                node.wrong(UNCLOSED);
            }
            url
        });
        let timeout = root.member("timeout");
        let seconds = timeout.whole(120);
        if seconds == Some(0) {
            timeout.wrong("must be at least 1");
        }
        let url = url.unwrap_or_else(|| Template::known(""));
        values.plain("email", "a@b");
        if problems.list().is_empty() && Draft::new("GET", &url, "baseUrl", &values).is_err() {
            node.wrong("must be an https URL; http only on this machine");
        }
        match problems.list() {
            list if list.is_empty() => Ok(Self {
                url,
                values,
                timeout: seconds.unwrap_or(TIMEOUT),
            }),
            list => Err(list),
        }
    }

    /// Asks about an address.
    ///
    /// # Errors
    /// `config_invalid` if it is none.
    pub fn request(&self, email: &str, user: &str, password: &Secret) -> Result<Request> {
        if !is_address(email) {
            return Err(Fault::config("email"));
        }
        let mut values = self.values.clone();
        values.plain("email", email);
        let mut draft = Draft::new("GET", &self.url, "baseUrl", &values)?;
        draft.header("accept", Written::plain("application/json"));
        let mut basic = plain_basic(user, password.expose());
        basic.shown = ["Basic base64(", user, ":‹password›)"].concat();
        draft.header("authorization", basic);
        Ok(draft.finish())
    }
}

/// What the service's answer means for `email`. Its words repeat none of `secrets`.
#[must_use]
pub fn process(answer: &Answer, email: &str, secrets: &[Secret]) -> Verdict {
    let body = answer.body.as_deref().unwrap_or_default();
    let text = core::str::from_utf8(body).unwrap_or_default();
    let strict = if answer.is_json() {
        answer.json().ok()
    } else {
        None
    };
    let readable = strict
        .clone()
        .or_else(|| serde_json::from_str(&without_trailing_commas(text)).ok());
    let message = readable.as_ref().and_then(message);
    let message = message.map(|text| cut(&without(text, secrets)));
    let Some(json) = strict else {
        return Verdict::unclear(message);
    };
    if answer.status != 200 || json.get("error").is_some() {
        return Verdict::unclear(message);
    }
    let is_same = json
        .get("email")
        .and_then(Value::as_str)
        .is_some_and(|told| is_same(told, email));
    match json.get("authorised") {
        Some(Value::Bool(true)) if is_same => Verdict {
            authorised: true,
            reason: "authorised",
            message,
        },
        Some(Value::Bool(false)) if is_same => Verdict {
            authorised: false,
            reason: "refused",
            message,
        },
        _ => Verdict::unclear(message),
    }
}

fn message(json: &Value) -> Option<&str> {
    ["error_message", "message", "error"]
        .iter()
        .find_map(|name| json.get(name)?.as_str())
}

/// Whether somebody could have this address: one `@` with something before and behind it, and nothing
/// that ends a line or is no character.
#[must_use]
pub fn is_address(email: &str) -> bool {
    let is_plain =
        |c: char| !c.is_whitespace() && !c.is_control() && !matches!(c, '<' | '>' | ',' | ';');
    email.len() <= LONGEST
        && email.chars().all(is_plain)
        && matches!(email.split_once('@'), Some((local, domain))
            if !local.is_empty() && !domain.is_empty() && !domain.contains('@'))
}

/// Domains are the same in any case; what is before them is the host's own affair (RFC 5321 §2.4).
fn is_same(told: &str, asked: &str) -> bool {
    match (told.rsplit_once('@'), asked.rsplit_once('@')) {
        (Some((local, domain)), Some((asked_local, asked_domain))) => {
            local == asked_local && domain.eq_ignore_ascii_case(asked_domain)
        }
        _ => false,
    }
}

/// JSON as some servers write it: commas before a closing bracket are left out.
fn without_trailing_commas(text: &str) -> String {
    let mut out = String::new();
    let (mut in_text, mut escaped) = (false, false);
    for c in text.chars() {
        if in_text {
            in_text = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else if c == '"' {
            in_text = true;
        } else if matches!(c, '}' | ']') {
            let kept = out.trim_ascii_end();
            if let Some(kept) = kept.strip_suffix(',') {
                out.truncate(kept.len());
            }
        }
        out.push(c);
    }
    out
}
