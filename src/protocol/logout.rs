//! Sign-out at the provider (OpenID Connect RP-Initiated Logout 1.0 §2 and §3).

use alloc::string::String;

use super::id_token::hint;
use crate::{codec::form::Form, config::Config, secret::Secret};

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
