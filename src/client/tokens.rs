//! Access tokens: valid ones on demand, refreshed once however many ask.

use alloc::rc::Rc;

use super::{Client, Outcome};
use crate::{
    codec::json::{Json, ObjectWriter},
    error::{Code, Error, Failure, Said},
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
            return Ok(session.access_token.clone());
        }
        let session = self.refresh.join((), self.refreshed(&session)).await?;
        Ok(session.access_token.clone())
    }

    /// The session after a refresh. Only a refusal ends it; whatever else goes wrong leaves it.
    async fn refreshed(&self, session: &Rc<Session>) -> Outcome<Rc<Session>> {
        let refresh_token = session.refresh_token.as_ref().ok_or(Code::LoginRequired.at("refresh_token"))?;
        let outcome = self.refresh_once(session, refresh_token).await;
        // the session that was to be refreshed may be gone, or another one in its place
        match self.session() {
            None => return Err(Code::LoginRequired.into()),
            Some(current) if !Rc::ptr_eq(&current, session) => return Ok(current),
            Some(_) => {}
        }
        match outcome {
            Ok(refreshed) => {
                let refreshed = Rc::new(refreshed);
                self.keep(refreshed.clone()).await;
                let mut detail = ObjectWriter::new();
                match refreshed.expires_at {
                    Some(expires_at) => detail.whole("accessTokenExpiresAt", expires_at.0),
                    None => detail.raw("accessTokenExpiresAt", "null"),
                };
                self.platform.emit(Event::Refreshed, &detail.finish());
                Ok(refreshed)
            }
            Err(failure) if is_refusal(&failure) => {
                self.forget("refused").await;
                let error = Error { status: failure.error.status, ..Code::SessionExpired.into() };
                Err(Failure { error, ..failure })
            }
            Err(failure) => {
                if is_outage(&failure.error) {
                    self.change(|live| live.stale = true);
                }
                Err(failure)
            }
        }
    }

    async fn refresh_once(&self, session: &Session, refresh_token: &Secret) -> Outcome<Session> {
        let metadata = self.metadata().await?;
        let request = token::refresh_request(&self.config, &metadata.token_endpoint, refresh_token);
        let response = self.send("refresh", request, self.config.timeout).await?;
        let tokens = token::process(&response)?;
        let verified = match &tokens.id_token {
            None => None,
            Some(id_token) => {
                let before = Json::parse(session.claims.as_bytes()).map_err(|_| Code::RefreshIdToken.at("claims"))?;
                let origin = Origin::Refresh { before, skew: session.skew };
                Some(self.verify(id_token, &tokens.access_token, origin).await?)
            }
        };
        Ok(session.refreshed(tokens, verified, self.now()))
    }
}

/// RFC 6749 §5.2: the refresh token is invalid, expired or revoked.
fn is_refusal(failure: &Failure) -> bool {
    matches!(failure.said.as_deref(), Some(Said::OAuth { error, .. }) if error == "invalid_grant")
        && failure.error.code == Code::TokenError
}

/// The provider cannot be reached, or cannot answer now.
const fn is_outage(error: &Error) -> bool {
    let unwell = error.status >= 500 || error.status == 429;
    matches!(error.code, Code::Network | Code::Timeout | Code::JwksHttp) || unwell
}
