//! The authorization response (OpenID Connect Core §3.1.2.5 to §3.1.2.7, RFC 9207).
//!
//! First [`CallbackParams::parse`], which trusts nothing; then the transaction that its state
//! names is taken, whatever happens next; then [`CallbackParams::validate`].

use alloc::{string::String, vec::Vec};

use super::{jarm, oauth_error, transaction::Transaction};
use crate::{
    codec::{
        ascii::{before, cut, has, pieces},
        form,
        json::Json,
        url::WebUrl,
    },
    config::Config,
    error::{Code, Failure, Place, Result},
    secret::Secret,
    time::UnixTime,
};

/// The longest callback URL, in bytes.
pub const URL_LIMIT: usize = 64 << 10;
/// The longest value of one parameter, in bytes.
const VALUE_LIMIT: usize = 16 << 10;

/// The longest `session_state` that is kept, in bytes.
const SESSION_STATE_LIMIT: usize = 1 << 10;

/// The parameter that a signed response is.
const RESPONSE_JWT: &str = "response";
/// Parameters of a response; a name that comes twice makes the response worthless.
const RESPONSE: &[&str] = &[
    "state",
    "code",
    "iss",
    "error",
    "error_description",
    "error_uri",
    "session_state",
    RESPONSE_JWT,
    "access_token",
    "id_token",
    "token_type",
    "expires_in",
];
/// Parameters that only an implicit or hybrid response has.
const TOKENS: &[&str] = &["access_token", "id_token", "token_type"];

/// The parameters of one callback URL, decoded; nothing is believed yet.
#[derive(Debug)]
pub struct CallbackParams<'a> {
    url: &'a str,
    query: Vec<(String, String)>,
    fragment: Vec<(String, String)>,
    /// Which sign-in a signed response claims to answer.
    claimed_state: Option<Result<String>>,
}

/// A response that answers our request, from our provider, with a code.
#[derive(Debug)]
pub struct ValidatedCallback {
    /// What the sign-in started with.
    pub transaction: Transaction,
    /// The authorization code, to be redeemed once.
    pub code: Secret,
    /// What the provider calls its session (OpenID Connect Session Management §2).
    pub session_state: Option<String>,
}

impl<'a> CallbackParams<'a> {
    /// Takes the URL apart.
    ///
    /// # Errors
    /// `callback_too_large`, `callback_malformed`.
    pub fn parse(url: &'a str) -> Result<Self> {
        if url.len() > URL_LIMIT {
            return Err(Code::CallbackTooLarge.at(Place::Url));
        }
        let parsed = WebUrl::parse(url).ok_or(Code::CallbackMalformed.at(Place::Url))?;
        // what cannot be read in a fragment is a router's path, or an anchor: no part of a response
        let mut fragment = Vec::new();
        for piece in pieces(parsed.fragment().unwrap_or_default(), b'&') {
            fragment.append(&mut form::parse(piece).unwrap_or_default());
        }
        let query = form::parse(parsed.query()).ok_or(Code::CallbackMalformed.at(Place::Query))?;
        if query
            .iter()
            .chain(&fragment)
            .any(|(_, value)| value.len() > VALUE_LIMIT)
        {
            return Err(Code::CallbackTooLarge.at(Place::Parameter));
        }
        let mut responses = query.iter().chain(&fragment);
        let response = responses.find(|(name, _)| name == RESPONSE_JWT);
        Ok(Self {
            url,
            claimed_state: response.map(|(_, response)| jarm::claimed_state(response)),
            query,
            fragment,
        })
    }

    /// Whether the URL is on `redirect_uri`: origin and path are the same, and a query the
    /// redirect URI has is there too.
    #[must_use]
    pub fn is_on(&self, redirect_uri: &str) -> bool {
        let query = WebUrl::parse(redirect_uri).map(|expected| expected.query());
        let registered = form::parse(query.unwrap_or_default()).unwrap_or_default();
        is_same_page(self.url, redirect_uri)
            && registered.iter().all(|pair| self.query.contains(pair))
    }

    /// The state, if there is exactly one and it is not empty; where the response is signed, the one it claims.
    ///
    /// # Errors
    /// `callback_duplicate_param`, `callback_mode_mismatch`, `callback_state_missing`; `jwt_malformed` for a signed
    /// response that cannot be read; `callback_state_unknown` for an error, which anybody can have sent.
    pub fn state(&self) -> Result<&str> {
        if let Some(Ok(state)) = &self.claimed_state {
            return Ok(state);
        }
        match (one(&self.query, "state")?, one(&self.fragment, "state")?) {
            (Some(_), Some(_)) => Err(Code::CallbackModeMismatch.at(Place::State)),
            (Some(state), None) | (None, Some(state)) => Ok(state),
            (None, None) if one(&self.query, "error")?.is_some() => {
                Err(Code::CallbackStateUnknown.into())
            }
            (None, None) => match &self.claimed_state {
                Some(Err(error)) => Err(*error),
                _ => Err(Code::CallbackStateMissing.into()),
            },
        }
    }

    /// A parameter of the query, if it is there once and not empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.in_query(name).ok().flatten()
    }

    /// A parameter of the query, if it is there and not empty.
    ///
    /// # Errors
    /// `callback_duplicate_param`.
    pub fn in_query(&self, name: &str) -> Result<Option<&str>> {
        one(&self.query, name)
    }

    /// The same of the fragment.
    ///
    /// # Errors
    /// `callback_duplicate_param`.
    pub fn in_fragment(&self, name: &str) -> Result<Option<&str>> {
        one(&self.fragment, name)
    }

    /// The URL without the response, for the address bar: other parameters and a fragment that
    /// is not part of the response stay.
    #[must_use]
    pub fn clean_url(&self) -> String {
        let (rest, fragment) = cut(self.url, b'#').unwrap_or((self.url, ""));
        let (base, query) = cut(rest, b'?').unwrap_or((rest, ""));
        let mut url = String::from(base);
        let mut mark = '?';
        for piece in pieces(query, b'&') {
            let name = form::parse(piece).and_then(|mut pairs| pairs.pop());
            if !name.is_some_and(|(name, _)| RESPONSE.contains(&&*name)) {
                url.push(mark);
                url.push_str(piece);
                mark = '&';
            }
        }
        let answers = self
            .fragment
            .iter()
            .any(|(name, _)| RESPONSE.contains(&&**name));
        if !fragment.is_empty() && !answers {
            url.push('#');
            url.push_str(fragment);
        }
        url
    }

    /// The redirect URI without a query, for the address bar of a callback that cannot be read.
    #[must_use]
    pub fn bare_url(url: &str, redirect_uri: &str) -> Option<String> {
        let bare = before(before(url, b'#'), b'?');
        if is_same_page(bare, redirect_uri) {
            Some(bare.into())
        } else {
            None
        }
    }

    /// The callback with a response's signed claims in place of its parameters. What is not of the response stays.
    ///
    /// # Errors
    /// `callback_state_missing` if no state is signed; `callback_ambiguous` if a parameter says otherwise than the claim;
    /// `claim_type` if that is no text.
    pub(super) fn signed(&self, claims: Json<'_>) -> Result<Self> {
        if let Some(Err(error)) = self.claimed_state {
            return Err(error);
        }
        let mut query = Vec::new();
        for (name, value) in &self.query {
            if !RESPONSE.contains(&&**name) {
                query.push((name.clone(), value.clone()));
            } else if claims.get(name).is_some_and(|claim| !claim.is_text(value)) {
                return Err(Code::CallbackAmbiguous.at(Place::Parameter));
            }
        }
        for name in RESPONSE {
            if let Some(claim) = claims.get(name) {
                let value = claim.text().ok_or(Code::ClaimType.at(Place::Parameter))?;
                query.push(((*name).into(), value.into_owned()));
            }
        }
        Ok(Self {
            url: self.url,
            query,
            fragment: self.fragment.clone(),
            claimed_state: None,
        })
    }

    /// Holds the response against the transaction its state names, which is used up either way.
    ///
    /// # Errors
    /// Every `callback_*` code but those of [`Self::parse`] and [`Self::state`], and
    /// `authorization_error` with the provider's words.
    pub fn validate(
        &self,
        transaction: Transaction,
        config: &Config,
        now: UnixTime,
    ) -> core::result::Result<ValidatedCallback, Failure> {
        self.check(&transaction, config, now)?;
        let get = |name| self.get(name);
        match (get("code"), get("error")) {
            (Some(_), Some(_)) => Err(Code::CallbackAmbiguous.into()),
            (Some(code), None) => Ok(ValidatedCallback {
                code: Secret::new(code.into()),
                // Session Management §2: it has no space; what is none is as good as absent
                session_state: get("session_state")
                    .filter(|state| state.len() <= SESSION_STATE_LIMIT && !has(state, b' '))
                    .map(Into::into),
                transaction,
            }),
            (None, Some(error)) => {
                let (description, uri) = (get("error_description"), get("error_uri"));
                Err(oauth_error::failure(
                    Code::AuthorizationError.into(),
                    error,
                    description,
                    uri,
                ))
            }
            (None, None) => Err(Code::CallbackMalformed.at(Place::Code).into()),
        }
    }

    fn check(&self, transaction: &Transaction, config: &Config, now: UnixTime) -> Result<()> {
        let (mut answers_in_fragment, mut has_token) = (false, false);
        for name in RESPONSE {
            let (in_query, in_fragment) = (one(&self.query, name)?, one(&self.fragment, name)?);
            answers_in_fragment |= in_fragment.is_some();
            has_token |= TOKENS.contains(name) && (in_query.is_some() || in_fragment.is_some());
        }
        if has_token {
            return Err(Code::CallbackUnexpectedToken.into());
        }
        // the response was asked for in the query; parts of the URL are never merged
        if answers_in_fragment {
            return Err(Code::CallbackModeMismatch.at(Place::Fragment));
        }
        if one(&self.query, RESPONSE_JWT)?.is_some() {
            return Err(Code::CallbackModeMismatch.at(Place::Response));
        }
        if !self.is_on(&transaction.0.text("redirect_uri")) {
            return Err(Code::CallbackRedirectMismatch.into());
        }
        if transaction.is_expired(now) {
            return Err(Code::CallbackExpired.into());
        }
        // RFC 9207 §2.4: simple string comparison, on error responses too
        match one(&self.query, "iss")? {
            Some(iss) if !config.is_issuer(iss) => Err(Code::CallbackIssMismatch.into()),
            None if transaction.0.is_set("iss_required") => Err(Code::CallbackIssMissing.into()),
            _ => Ok(()),
        }
    }
}

/// Whether two URLs differ in query and fragment at most. A browser shows `/` where a redirect URI may
/// have been written without a path.
fn is_same_page(one: &str, other: &str) -> bool {
    let (Some(one), Some(other)) = (WebUrl::parse(one), WebUrl::parse(other)) else {
        return false;
    };
    let is_root = |url: &WebUrl<'_>| matches!(url.path(), "" | "/");
    one.origin() == other.origin()
        && (one.path() == other.path() || (is_root(&one) && is_root(&other)))
}

/// The one value of `name`; an empty one counts as omitted (RFC 6749 §3.1).
fn one<'a>(params: &'a [(String, String)], name: &str) -> Result<Option<&'a str>> {
    let mut one = None;
    for (found, value) in params {
        if found == name {
            if one.is_some() {
                return Err(Code::CallbackDuplicateParam.at(Place::Parameter));
            }
            one = Some(&**value);
        }
    }
    Ok(one.filter(|value| !value.is_empty()))
}
