//! Sign-ins that somebody else initiates: the provider's own dashboard, a launcher (OpenID Connect
//! Core §4).

use alloc::string::String;

use super::{Client, Outcome};
use crate::{
    codec::{json::ObjectWriter, url::path_on_origin},
    error::Code,
    platform::Platform,
    protocol::callback::CallbackParams,
};

impl<P: Platform> Client<P> {
    /// Starts the sign-in that `url`, the page's `initiate_login_uri`, asks for by `iss`,
    /// `login_hint` and `target_link_uri`. As [`Self::login`], it leaves the page.
    ///
    /// # Errors
    /// `initiate_iss` unless `iss` is this client's issuer; `callback_malformed`,
    /// `callback_too_large`, and whatever [`Self::login`] fails with.
    pub async fn initiated_login(&self, url: String) -> Outcome<String> {
        self.ensure_usable()?;
        let params = CallbackParams::parse(&url)?;
        if params
            .get("iss")
            .is_none_or(|iss| !self.config.is_issuer(iss))
        {
            return Err(Code::InitiateIss.into());
        }
        let target = params.get("target_link_uri");
        let target = target.and_then(|target| path_on_origin(target, &self.config.origin));
        let mut options = ObjectWriter::new();
        // never back here, where it would begin again
        options.text("returnTo", target.as_deref().unwrap_or("/"));
        if let Some(hint) = params.get("login_hint") {
            options.text("loginHint", hint);
        }
        self.login(options.finish()).await
    }
}
