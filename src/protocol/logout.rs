//! Sign-out at the provider (OpenID Connect RP-Initiated Logout 1.0 §2 and §3).

use alloc::string::String;

use crate::{codec::form::Form, config::Config, secret::Secret};

/// The longest `id_token_hint` that is sent; servers refuse long URLs, and `client_id` says
/// enough for most.
const HINT_LIMIT: usize = 4096;

/// What goes into a URL of an ID token: nothing if it is too long.
#[must_use]
pub fn hint(id_token: &Secret) -> Option<&str> {
    Some(id_token.expose()).filter(|token| token.len() <= HINT_LIMIT)
}

/// The URL to visit. `state` is to be given with a `redirect_uri` only, where it comes back.
#[must_use]
pub fn url(
    endpoint: &str,
    config: &Config,
    id_token: Option<&Secret>,
    redirect_uri: Option<&str>,
    state: Option<&str>,
) -> String {
    let mut query = Form::new();
    let own = config.logout_redirect_param();
    if let Some(hint) = id_token.filter(|_| own.is_none()).and_then(hint) {
        query.push("id_token_hint", hint);
    }
    query.push("client_id", &config.client_id);
    if let Some(redirect_uri) = redirect_uri {
        let name = own.as_deref().unwrap_or("post_logout_redirect_uri");
        query.push(name, redirect_uri);
    }
    if let Some(state) = state {
        query.push("state", state);
    }
    query.appended_to(endpoint)
}
