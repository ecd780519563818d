//! The authorization request (OpenID Connect Core §3.1.2.1, RFC 6749 §4.1.1, RFC 7636 §4.3).

use alloc::{borrow::Cow, string::String};

use super::{id_token::hint, pkce, transaction::Start};
use crate::{
    codec::{
        ascii::number,
        form::Form,
        json::{Json, push_decimal},
        record::Record,
    },
    config::{self, Config, Rule, invalid},
    error::{Place, Result},
    secret::Secret,
};

/// What one sign-in asks for beyond the client's options: the contract's `LoginOptions`.
#[derive(Debug)]
pub struct LoginOptions(Record);

/// Where a sign-in takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// In this page, which is left.
    Redirect,
    /// In a window of its own.
    Popup,
    /// In a hidden frame, where the provider shows nothing: whoever is signed in there already.
    Frame,
}

const RULES: &[(Place, Rule)] = &[
    (Place::Mode, Rule::OneOf("redirect popup frame")),
    (Place::ReturnTo, Rule::Text),
    (Place::AppState, Rule::Json(16 << 10)),
    (Place::Scope, Rule::Words),
    (
        Place::Prompt,
        Rule::OneOf("none login consent select_account create"),
    ),
    (Place::LoginHint, Rule::Text),
    (Place::MaxAge, Rule::Within(0, i32::MAX)),
    (Place::AcrValues, Rule::Words),
    (Place::UiLocales, Rule::Text),
    (Place::AuthorizationParams, Rule::Parameters),
];

/// Parameters that have an option of their own.
const NAMED: &[(&str, &str)] = &[
    ("prompt", "prompt"),
    ("login_hint", "loginHint"),
    ("max_age", "maxAge"),
    ("acr_values", "acrValues"),
    ("ui_locales", "uiLocales"),
];

impl LoginOptions {
    /// Reads the options from their JSON text.
    ///
    /// # Errors
    /// `config_invalid`, naming the option.
    pub fn parse(options: String) -> Result<Self> {
        let mut options = Self(Record::read(options).ok_or(invalid(Place::Options))?);
        config::check(&options.0, RULES)?;
        if options.mode() == Mode::Frame && options.0.text("prompt") != "none" {
            options.0 = silent(&options.0).ok_or(invalid(Place::Prompt))?;
        }
        if options
            .scope()
            .is_some_and(|scope| !config::has_openid(&scope))
        {
            return Err(invalid(Place::Scope));
        }
        Ok(options)
    }

    /// Where the sign-in takes place.
    #[must_use]
    pub fn mode(&self) -> Mode {
        match self.0.text("mode").as_bytes() {
            [b'p', ..] => Mode::Popup,
            [b'f', ..] => Mode::Frame,
            _ => Mode::Redirect,
        }
    }

    /// Scopes asked for instead of the client's.
    #[must_use]
    pub fn scope(&self) -> Option<String> {
        self.0.get("scope").map(config::words)
    }

    /// Where to go on afterwards.
    #[must_use]
    pub fn return_to(&self) -> Option<Cow<'_, str>> {
        self.0.get("returnTo").and_then(Json::text)
    }

    /// The application's own JSON text.
    #[must_use]
    pub fn app_state(&self) -> &str {
        self.0.get("appState").map_or("null", Json::raw)
    }

    /// The authentication contexts of which one must come back: those of `acr_values`, or those
    /// an essential `acr` in the `claims` parameter names (OpenID Connect Core §5.5.1.1).
    #[must_use]
    pub fn demanded_acr(&self, config: &Config) -> Option<String> {
        if let Some(values) = self.named("acrValues") {
            return Some(values);
        }
        if let Some(values) = self.parameter(config, "acr_values") {
            return Some(values.into_owned());
        }
        let claims = Record::read(self.parameter(config, "claims")?.into_owned())?;
        let acr = claims.get("id_token")?.get("acr")?;
        let essential = acr.get("essential")?.boolean()?;
        let values = acr
            .get("values")
            .or_else(|| acr.get("value"))
            .filter(|_| essential)?;
        Some(config::words(values)).filter(|words| !words.is_empty())
    }

    /// The greatest age of the user's sign-in that is asked for, in seconds.
    #[must_use]
    pub fn demanded_max_age(&self, config: &Config) -> Option<i64> {
        let asked = || number(&self.parameter(config, "max_age")?);
        self.0.whole("maxAge").or_else(asked)
    }

    /// What an option of [`NAMED`] says, if it says anything (RFC 6749 §3.1).
    fn named(&self, option: &str) -> Option<String> {
        let value = self.0.get(option)?;
        let mut text = config::words(value);
        if let Some(seconds) = value.whole() {
            push_decimal(&mut text, seconds);
        }
        if text.is_empty() { None } else { Some(text) }
    }

    /// An extra parameter: this sign-in's goes before the client's.
    fn parameter<'a>(&'a self, config: &'a Config, name: &str) -> Option<Cow<'a, str>> {
        let own = self
            .0
            .get("authorizationParams")
            .and_then(|params| params.get(name));
        own.or_else(|| config.authorization_params()?.get(name))?
            .text()
    }
}

/// The same options with the `prompt` at which nobody need see anything; none if they have another.
fn silent(options: &Record) -> Option<Record> {
    let mut silent = String::from(r#"{"prompt":"none","#);
    silent.push_str(options.as_str().trim_ascii_start().strip_prefix('{')?);
    // no member may come twice
    Record::read(silent)
}

/// The URL to visit for `start`. `id_token` is that of the session at hand: where the user is asked nothing, and
/// nobody else is meant, it says whose sign-in is to go on.
#[must_use]
pub fn url(
    endpoint: &str,
    config: &Config,
    options: &LoginOptions,
    start: &Start<'_>,
    id_token: Option<&Secret>,
) -> String {
    let mut query = Form::new();
    query
        .push("response_type", "code")
        .push("client_id", &config.client_id)
        .push("redirect_uri", start.redirect_uri)
        .push("scope", start.scope)
        .push("state", start.state)
        .push("nonce", start.nonce)
        .push("code_challenge", &pkce::code_challenge(start.code_verifier))
        .push("code_challenge_method", "S256");
    for resource in config.resources() {
        query.push("resource", &resource);
    }
    for (name, option) in NAMED {
        if let Some(text) = options.named(option) {
            query.push(name, &text);
        }
    }
    if let Some(hint) = id_token.and_then(hint)
        && options.0.text("prompt") == "none"
        && options.named("loginHint").is_none()
        && options.parameter(config, "id_token_hint").is_none()
    {
        query.push("id_token_hint", hint);
    }
    // this sign-in's parameters go before the client's, and neither repeats what was said above
    let own = options.0.get("authorizationParams");
    for (params, before) in &[(own, None), (config.authorization_params(), own)] {
        let Some(params) = params else { continue };
        for (name, value) in params.members() {
            let said =
                before.is_some_and(|before| before.get(&name).is_some()) || is_said(options, &name);
            if !said {
                query.push(&name, &value.text().unwrap_or_default());
            }
        }
    }
    query.appended_to(endpoint)
}

/// Whether an option of this sign-in already speaks for the parameter.
fn is_said(options: &LoginOptions, name: &str) -> bool {
    NAMED
        .iter()
        .any(|(parameter, option)| *parameter == name && options.named(option).is_some())
}
