//! Sign-out: here first, which cannot fail; then the refresh token; then the provider.

use alloc::string::String;

use super::{Client, Outcome, Party};
use crate::{
    codec::{base64url, json::Json, url::WebUrl},
    config::{self, invalid},
    error::{Code, Result},
    platform::{Area, Platform, draw},
    protocol::{logout, revoke},
};

/// How long the page waits for the revocation before it goes on.
const REVOCATION_SECONDS: u32 = 2;

impl<P: Platform> Client<P> {
    /// Signs out with the JSON text of `LogoutOptions`. Returns after the page was sent to the
    /// provider, or when there is nowhere to go.
    ///
    /// # Errors
    /// `config_invalid` and `disposed`, before anything happened; nothing after that.
    pub async fn logout(&self, options: &str) -> Outcome<()> {
        if self.live.borrow().disposed {
            return Err(Code::Disposed.into());
        }
        let options = Json::parse(options.as_bytes()).map_err(|_| invalid("options"))?;
        let local_only = options.get("localOnly").and_then(Json::boolean).unwrap_or(false);
        let return_to = self.post_logout_redirect_uri(options)?;
        let session = self.session();
        self.note("logout", (Party::Portal, Party::Portcullis), [None, None]);
        self.forget("logout").await;
        if local_only || self.ensure_usable().is_err() {
            return Ok(());
        }
        let Ok(metadata) = self.metadata().await else { return Ok(()) };
        let refresh_token = session.as_ref().and_then(|session| session.refresh_token.as_ref());
        if let (Some(endpoint), Some(token)) = (&metadata.revocation_endpoint, refresh_token) {
            // best effort: the sign-out stands whatever the provider says
            let _ = self.send("revoke", revoke::request(&self.config, endpoint, token), REVOCATION_SECONDS).await;
        }
        if let Some(endpoint) = &metadata.end_session_endpoint {
            let state = self.logout_state().await.unwrap_or_default();
            let id_token = session.as_ref().map(|session| &session.id_token);
            self.note("end-session", (Party::Portcullis, Party::Provider), [None, None]);
            self.platform.navigate(&logout::url(endpoint, &self.config, id_token, return_to.as_deref(), &state));
        }
        Ok(())
    }

    /// Where the provider sends the user afterwards: what was asked for if it is on this origin.
    fn post_logout_redirect_uri(&self, options: Json<'_>) -> Result<Option<String>> {
        if let Some(asked) = config::text(options, "returnTo")? {
            match WebUrl::parse(&asked) {
                Some(url) if url.origin() == self.config.redirect_uri.origin() => return Ok(Some(asked)),
                _ => self.problem(Code::ReturnToRejected.at("returnTo")),
            }
        }
        Ok(self.config.post_logout_redirect_uri.clone())
    }

    /// A state for the way back, remembered so that it can be recognised.
    async fn logout_state(&self) -> Result<String> {
        let state = base64url::encode(&draw::<32>(&self.platform)?);
        self.platform.set(Area::Shared, &self.key("logout"), &state).await?;
        Ok(state)
    }
}
