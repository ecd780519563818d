//! Sign-out: here first, which cannot fail; then the refresh token; then the provider.

use alloc::string::String;

use super::{Client, LOGOUT, Outcome, trace::Arrow};
use crate::{
    codec::{base64url, json::Json, record::Record, url::WebUrl},
    config::{self, Rule, invalid},
    error::{Code, Place, Result},
    platform::{Platform, draw},
    protocol::{logout, revoke},
};

/// How long the page waits for the revocation before it goes on.
const REVOCATION_SECONDS: u32 = 2;

const RULES: &[(Place, Rule)] = &[
    (Place::ReturnTo, Rule::Text),
    (Place::LocalOnly, Rule::Flag),
];

impl<P: Platform> Client<P> {
    /// Signs out with the JSON text of `LogoutOptions`. Returns after the page was sent to the
    /// provider, or when there is nowhere to go.
    ///
    /// # Errors
    /// `config_invalid` and `disposed`, before anything happened; nothing after that.
    pub async fn logout(&self, options: String) -> Outcome<String> {
        if self.live.borrow().disposed {
            return Err(Code::Disposed.into());
        }
        let options = Record::read(options).ok_or(invalid(Place::Options))?;
        config::check(&options, RULES)?;
        let return_to = self.after_logout(&options);
        let session = self.session();
        self.note("logout", Arrow::FromPortal, None);
        self.forget("logout").await;
        if options.is_set("localOnly") || self.ensure_usable().is_err() {
            return Ok(String::new());
        }
        let Ok(metadata) = self.metadata().await else {
            return Ok(String::new());
        };
        let refresh_token = session.as_ref().and_then(|session| session.refresh_token());
        if let (Ok(Some(endpoint)), Some(token)) =
            (metadata.optional(Place::RevocationEndpoint), refresh_token)
        {
            // best effort: the sign-out stands whatever the provider says
            let _ = self
                .send(
                    "revoke",
                    revoke::request(&self.config, &endpoint, &token),
                    REVOCATION_SECONDS,
                )
                .await;
        }
        if let Ok(Some(endpoint)) = metadata.optional(Place::EndSessionEndpoint) {
            let id_token = session.and_then(|session| session.id_token());
            let state = self.logout_state().unwrap_or_default();
            // without it the answer cannot be recognised, which is reported when it comes
            let _ = self.platform.push().await;
            self.note("end-session", Arrow::ToProvider, None);
            let url = logout::url(
                &endpoint,
                &self.config,
                id_token.as_ref(),
                return_to.as_deref(),
                &state,
            );
            self.platform.navigate(&url);
        }
        Ok(String::new())
    }

    /// Where the provider sends the user afterwards: what was asked for if it is on this origin.
    fn after_logout(&self, options: &Record) -> Option<String> {
        let asked = options.get("returnTo").and_then(Json::text);
        if let Some(asked) = asked {
            if WebUrl::parse(&asked).is_some_and(|url| url.origin() == self.config.origin) {
                return Some(asked.into_owned());
            }
            self.problem(Code::ReturnToRejected.at(Place::ReturnTo));
        }
        self.config.post_logout_redirect_uri()
    }

    /// A state for the way back, remembered so that it can be recognised.
    fn logout_state(&self) -> Result<String> {
        let state = base64url::encode(&draw(&self.platform)?);
        self.save(LOGOUT, Some(&state))?;
        Ok(state)
    }
}
