//! The authorization response (OpenID Connect Core §3.1.2.5 to §3.1.2.7, RFC 9207).
//!
//! First [`CallbackParams::parse`], which trusts nothing; then the transaction that its state
//! names is taken, whatever happens next; then [`CallbackParams::validate`].

use alloc::{string::String, vec::Vec};

use super::{
    oauth_error,
    transaction::Transaction,
};
use crate::{
    codec::{form, url::WebUrl},
    error::{Code, Failure, Result},
    ids::Issuer,
    secret::Secret,
    time::UnixTime,
};

/// The longest callback URL, in bytes.
pub const URL_LIMIT: usize = 64 << 10;
/// The longest value of one parameter, in bytes.
const VALUE_LIMIT: usize = 16 << 10;

/// Parameters of a response; a name that comes twice makes the response worthless.
const RESPONSE: &[&str] = &[
    "state", "code", "iss", "error", "error_description", "error_uri", "session_state", "response", "access_token",
    "id_token", "token_type", "expires_in",
];
/// Parameters that only an implicit or hybrid response has.
const TOKENS: &[&str] = &["access_token", "id_token", "token_type"];

/// The parameters of one callback URL, decoded; nothing is believed yet.
#[derive(Debug)]
pub struct CallbackParams {
    url: WebUrl,
    query: Vec<(String, String)>,
    fragment: Vec<(String, String)>,
}

/// A response that answers our request, from our provider, with a code.
#[derive(Debug)]
pub struct ValidatedCallback {
    /// What the sign-in started with.
    pub transaction: Transaction,
    /// The authorization code, to be redeemed once.
    pub code: Secret,
}

impl CallbackParams {
    /// Takes the URL apart.
    ///
    /// # Errors
    /// `callback_too_large`, `callback_malformed`.
    pub fn parse(url: &str) -> Result<Self> {
        if url.len() > URL_LIMIT {
            return Err(Code::CallbackTooLarge.at("url"));
        }
        let url = WebUrl::parse(url).ok_or(Code::CallbackMalformed.at("url"))?;
        // a fragment that is no form (a router's path, an anchor) holds no response
        let fragment = form::parse(url.fragment()).unwrap_or_default();
        let query = form::parse(url.query()).ok_or(Code::CallbackMalformed.at("query"))?;
        if query.iter().chain(&fragment).any(|(_, value)| value.len() > VALUE_LIMIT) {
            return Err(Code::CallbackTooLarge.at("parameter"));
        }
        Ok(Self { url, query, fragment })
    }

    /// Whether the URL is on `redirect_uri`, query and fragment aside; the registered query, if
    /// any, must be there too.
    #[must_use]
    pub fn is_on(&self, redirect_uri: &WebUrl) -> bool {
        let registered = form::parse(redirect_uri.query()).unwrap_or_default();
        self.url.origin() == redirect_uri.origin()
            && path(&self.url) == path(redirect_uri)
            && registered.iter().all(|pair| self.query.contains(pair))
    }

    /// The state, if there is exactly one and it is not empty.
    ///
    /// # Errors
    /// `callback_duplicate_param`, `callback_mode_mismatch`, `callback_state_missing`.
    pub fn state(&self) -> Result<&str> {
        let in_query = one(&self.query, "state")?;
        let in_fragment = one(&self.fragment, "state")?;
        match (in_query, in_fragment) {
            (Some(state), None) => Ok(state),
            (None, Some(state)) => Ok(state),
            (Some(_), Some(_)) => Err(Code::CallbackModeMismatch.at("state")),
            (None, None) => Err(Code::CallbackStateMissing.into()),
        }
    }

    /// The URL without the response, for the address bar: other parameters and a fragment that
    /// is not part of the response stay.
    #[must_use]
    pub fn clean_url(&self) -> String {
        let mut url = String::from(self.url.without_query());
        let rest = retain(self.url.query());
        if !rest.is_empty() {
            url.push('?');
            url.push_str(&rest);
        }
        let answers = self.fragment.iter().any(|(name, _)| RESPONSE.contains(&name.as_str()));
        if self.url.has_fragment() && !answers {
            url.push('#');
            url.push_str(self.url.fragment());
        }
        url
    }

    /// Holds the response against the transaction its state names, which is used up either way.
    ///
    /// # Errors
    /// Every `callback_*` code but those of [`Self::parse`] and [`Self::state`], and
    /// `authorization_error` with the provider's words.
    pub fn validate(
        &self,
        transaction: Transaction,
        issuer: &Issuer,
        now: UnixTime,
    ) -> core::result::Result<ValidatedCallback, Failure> {
        for name in RESPONSE {
            one(&self.query, name)?;
            one(&self.fragment, name)?;
        }
        // the response was asked for in the query; parts of the URL are never merged
        let in_fragment = |name: &&str| self.fragment.iter().any(|(found, _)| found == name);
        if RESPONSE.iter().any(in_fragment) && !TOKENS.iter().any(in_fragment) {
            return Err(Code::CallbackModeMismatch.at("fragment").into());
        }
        let get = |name| one(&self.query, name).ok().flatten();
        if TOKENS.iter().any(|name| in_fragment(name) || get(name).is_some()) {
            return Err(Code::CallbackUnexpectedToken.into());
        }
        if get("response").is_some() {
            return Err(Code::CallbackModeMismatch.at("response").into());
        }
        if !WebUrl::parse(&transaction.redirect_uri).is_some_and(|redirect_uri| self.is_on(&redirect_uri)) {
            return Err(Code::CallbackRedirectMismatch.into());
        }
        if transaction.is_expired(now) {
            return Err(Code::CallbackExpired.into());
        }
        // RFC 9207 §2.4: simple string comparison, on error responses too
        match get("iss") {
            Some(iss) if iss != issuer.as_str() => return Err(Code::CallbackIssMismatch.into()),
            None if transaction.iss_required => return Err(Code::CallbackIssMissing.into()),
            _ => {}
        }
        match (get("code"), get("error")) {
            (Some(_), Some(_)) => Err(Code::CallbackAmbiguous.into()),
            (Some(code), None) => Ok(ValidatedCallback { code: Secret::new(code.into()), transaction }),
            (None, Some(error)) => {
                let code = Code::AuthorizationError.at("");
                Err(oauth_error::failure(code, error, get("error_description"), get("error_uri")))
            }
            (None, None) => Err(Code::CallbackMalformed.at("code").into()),
        }
    }
}

/// The one value of `name`; an empty one counts as omitted (RFC 6749 §3.1).
fn one<'a>(params: &'a [(String, String)], name: &str) -> Result<Option<&'a str>> {
    let mut values = params.iter().filter(|(found, _)| found == name).map(|(_, value)| value.as_str());
    let value = values.next();
    match values.next() {
        Some(_) => Err(Code::CallbackDuplicateParam.at("parameter")),
        None => Ok(value.filter(|value| !value.is_empty())),
    }
}

fn path(url: &WebUrl) -> &str {
    let path = url.without_query();
    path.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path)
}

/// The pieces of a query that are no part of the response, as they were written.
fn retain(query: &str) -> String {
    let mut kept = String::new();
    for piece in query.split('&') {
        let name = piece.split('=').next().unwrap_or_default();
        let decoded = form::parse(name).and_then(|pairs| pairs.into_iter().next());
        let belongs = decoded.is_some_and(|(name, _)| RESPONSE.contains(&name.as_str()));
        if !belongs && !piece.is_empty() {
            if !kept.is_empty() {
                kept.push('&');
            }
            kept.push_str(piece);
        }
    }
    kept
}
