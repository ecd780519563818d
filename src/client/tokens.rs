//! Access tokens: valid ones on demand, refreshed once however many ask.

use alloc::{boxed::Box, rc::Rc, string::String};

use super::{Client, Outcome, expiry};
use crate::{
    codec::json::ObjectWriter,
    error::{Code, Error, Failure, Place, Said},
    platform::{Event, Platform},
    protocol::{id_token::Origin, token},
    secret::Secret,
    session::Session,
    time::Seconds,
};

/// How long a token should be valid for at least, unless the caller says otherwise.
pub const MIN_VALIDITY: Seconds = Seconds(30);

impl<P: Platform> Client<P> {
    /// An access token good for `min_validity` more; `force` asks for a new one in any case.
    /// A token that was just refreshed is returned even if the provider issues shorter ones.
    ///
    /// # Errors
    /// `login_required`, `session_expired`, `refresh_id_token`, `network`, `timeout`, every
    /// `token_*` code.
    pub async fn access_token(&self, min_validity: Seconds, force: bool) -> Outcome<Secret> {
        self.ensure_usable()?;
        let session = self.session().ok_or(Code::LoginRequired)?;
        if !force && session.is_valid_for(min_validity, self.now()) {
            return Ok(session.access_token());
        }
        self.flight
            .join("", Box::pin(self.refresh(session)))
            .await
            .map(Secret::new)
    }

    /// A new access token. Only a refusal ends the session; whatever else goes wrong leaves it.
    async fn refresh(&self, session: Rc<Session>) -> Outcome<String> {
        let refresh_token = session
            .refresh_token()
            .ok_or(Code::LoginRequired.at(Place::RefreshToken))?;
        let outcome = self.refreshed(&session, &refresh_token).await;
        // the session that was to be refreshed may be gone, or another one in its place
        let current = self.session().ok_or(Code::LoginRequired)?;
        if !Rc::ptr_eq(&current, &session) {
            return Ok(current.access_token().expose().into());
        }
        match outcome {
            Ok(refreshed) => {
                let refreshed = Rc::new(refreshed);
                self.keep(refreshed.clone()).await;
                let mut detail = ObjectWriter::new();
                expiry(&mut detail, Some(&refreshed));
                self.platform.emit(Event::Refreshed, &detail.finish());
                Ok(refreshed.access_token().expose().into())
            }
            Err(failure) if is_refusal(&failure) => {
                self.forget("refused").await;
                let error = Error::from(Code::SessionExpired).with_status(failure.error.status());
                Err(Failure { error, ..failure })
            }
            Err(failure) => {
                if is_outage(failure.error) {
                    self.change(|live| live.stale = true);
                }
                Err(failure)
            }
        }
    }

    async fn refreshed(&self, session: &Session, refresh_token: &Secret) -> Outcome<Session> {
        let endpoint = self.metadata().await?.required(Place::TokenEndpoint)?;
        let request = token::refresh_request(&self.config, &endpoint, refresh_token);
        let response = self.send("refresh", request, self.config.timeout()).await?;
        let tokens = token::process(&response)?;
        let origin = Origin::Refresh {
            before: session.view(),
            skew: session.skew(),
        };
        let verified = self.verify(&tokens, origin).await?;
        let now = self.now();
        let refreshed = Session::from_tokens(
            &self.config,
            &tokens,
            verified,
            Some(session),
            &session.scope(),
            now,
        );
        Ok(refreshed.ok_or(Code::TokenInvalid)?)
    }
}

/// RFC 6749 §5.2: the refresh token is invalid, expired or revoked.
fn is_refusal(failure: &Failure) -> bool {
    let refused = matches!(failure.said.as_deref(), Some(Said::OAuth { error, .. }) if error == "invalid_grant");
    refused && failure.error.code() == Code::TokenError
}

/// The provider cannot be reached, or cannot answer now.
fn is_outage(error: Error) -> bool {
    let unwell = error.status() >= 500 || error.status() == 429;
    unwell || matches!(error.code(), Code::Network | Code::Timeout | Code::JwksHttp)
}
