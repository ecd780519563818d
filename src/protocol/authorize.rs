//! The authorization request (OpenID Connect Core §3.1.2.1, RFC 6749 §4.1.1, RFC 7636 §4.3).

use alloc::{borrow::ToOwned, string::String, vec::Vec};

use super::{pkce, transaction::Transaction};
use crate::{
    codec::{
        form::Form,
        json::{Json, push_decimal},
    },
    config::{self, Config, invalid},
    error::Result,
};

/// What one sign-in asks for beyond the client's options; see `LoginOptions` in the contract.
#[derive(Debug, Default)]
#[allow(missing_docs, reason = "the public contract documents each option")]
pub struct LoginOptions {
    pub popup: bool,
    pub return_to: Option<String>,
    /// JSON text.
    pub app_state: Option<String>,
    pub scope: Option<String>,
    pub prompt: Option<String>,
    pub login_hint: Option<String>,
    pub max_age: Option<i64>,
    pub acr_values: Option<String>,
    pub ui_locales: Option<String>,
    pub authorization_params: Vec<(String, String)>,
}

/// The longest `appState`: 16 KiB of JSON.
const APP_STATE_LIMIT: usize = 16 << 10;

impl LoginOptions {
    /// Reads the options from their JSON text.
    ///
    /// # Errors
    /// `config_invalid`, naming the option.
    pub fn parse(options: &str) -> Result<Self> {
        let options = Json::parse(options.as_bytes()).map_err(|_| invalid("options"))?;
        let app_state = options.get("appState").map(Json::raw);
        if app_state.is_some_and(|json| json.len() > APP_STATE_LIMIT) {
            return Err(invalid("appState"));
        }
        let scope = config::words(options, "scope")?;
        if scope.as_ref().is_some_and(|scope| !scope.split(' ').any(|word| word == "openid")) {
            return Err(invalid("scope"));
        }
        let prompt = config::text(options, "prompt")?;
        if let Some(prompt) = &prompt
            && !["none", "login", "consent", "select_account", "create"].contains(&prompt.as_str())
        {
            return Err(invalid("prompt"));
        }
        let mode = config::text(options, "mode")?;
        if !matches!(mode.as_deref(), None | Some("redirect" | "popup")) {
            return Err(invalid("mode"));
        }
        Ok(Self {
            popup: mode.as_deref() == Some("popup"),
            return_to: config::text(options, "returnTo")?,
            app_state: app_state.map(ToOwned::to_owned),
            scope,
            prompt,
            login_hint: config::text(options, "loginHint")?,
            max_age: match config::member(options, "maxAge") {
                None => None,
                Some(_) => Some(config::number(options, "maxAge", 0, 0, i64::from(i32::MAX))?),
            },
            acr_values: config::words(options, "acrValues")?.filter(|words| !words.is_empty()),
            ui_locales: config::text(options, "uiLocales")?,
            authorization_params: config::parameters(options)?,
        })
    }
}

/// The URL to visit for `transaction`.
#[must_use]
pub fn url(endpoint: &str, config: &Config, options: &LoginOptions, transaction: &Transaction) -> String {
    let mut query = Form::new();
    query
        .push("response_type", "code")
        .push("client_id", config.client_id.as_str())
        .push("redirect_uri", &transaction.redirect_uri)
        .push("scope", &transaction.scope)
        .push("state", &transaction.state)
        .push("nonce", transaction.nonce.expose())
        .push("code_challenge", &pkce::code_challenge(&transaction.code_verifier))
        .push("code_challenge_method", "S256");
    for resource in &config.resource {
        query.push("resource", resource);
    }
    let mut max_age = String::new();
    if let Some(seconds) = options.max_age {
        push_decimal(&mut max_age, seconds);
    }
    let own = [
        ("prompt", options.prompt.as_deref()),
        ("login_hint", options.login_hint.as_deref()),
        ("max_age", Some(&*max_age).filter(|text| !text.is_empty())),
        ("acr_values", options.acr_values.as_deref()),
        ("ui_locales", options.ui_locales.as_deref()),
    ];
    for (name, value) in own {
        if let Some(value) = value {
            query.push(name, value);
        }
    }
    // this sign-in's parameters go before the client's, and neither repeats what was said above
    let mut said: Vec<&str> = own.iter().filter(|(_, value)| value.is_some()).map(|(name, _)| *name).collect();
    for (name, value) in options.authorization_params.iter().chain(&config.authorization_params) {
        if !said.contains(&name.as_str()) {
            said.push(name);
            query.push(name, value);
        }
    }
    let mut url = String::from(endpoint);
    url.push(if endpoint.contains('?') { '&' } else { '?' });
    url.push_str(&query.into_string());
    url
}

/// The authentication contexts of which one must come back: those of `acr_values`, or those an
/// essential `acr` in the `claims` parameter names (OpenID Connect Core §5.5.1.1).
#[must_use]
pub fn demanded_acr(options: &LoginOptions, config: &Config) -> Option<String> {
    if let Some(values) = options.acr_values.as_deref().or_else(|| parameter(options, config, "acr_values")) {
        return Some(values.into());
    }
    let claims = parameter(options, config, "claims")?;
    let acr = Json::parse(claims.as_bytes()).ok()?.get("id_token")?.get("acr")?;
    if !acr.get("essential")?.boolean()? {
        return None;
    }
    let listed = acr.get("values").map(Json::items).into_iter().flatten();
    let values: Vec<_> = acr.get("value").into_iter().chain(listed).filter_map(Json::text).collect();
    (!values.is_empty()).then(|| values.join(" "))
}

/// The greatest age of the user's sign-in that was asked for, in seconds.
#[must_use]
pub fn demanded_max_age(options: &LoginOptions, config: &Config) -> Option<i64> {
    options.max_age.or_else(|| parameter(options, config, "max_age")?.parse::<u32>().ok().map(i64::from))
}

fn parameter<'a>(options: &'a LoginOptions, config: &'a Config, name: &str) -> Option<&'a str> {
    let mut params = options.authorization_params.iter().chain(&config.authorization_params);
    params.find(|(param, _)| param == name).map(|(_, value)| value.as_str())
}
