//! Access tokens: valid ones on demand, refreshed once however many ask.

use alloc::{boxed::Box, rc::Rc, string::String};

use super::{Client, Outcome, check_session::is_absence, dpop::Wanted, provider::FRESH};
use crate::{
    config::Persist,
    error::{Code, Error, Failure, Place, Said},
    platform::Platform,
    protocol::{id_token::Origin, token},
    secret::Secret,
    session::{Beginning, Session},
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
        // who is idle here may have been seen elsewhere
        if self.limit_reached().is_some() && self.platform.pull(&self.keys).await.is_ok() {
            self.reread();
        }
        if let Some(reason) = self.limit_reached() {
            self.forget(reason).await;
        }
        if let Some(token) = self.token_at_hand(min_validity, force)? {
            return Ok(token);
        }
        let asked_at = self.platform.millis();
        let mut session = self.session().ok_or(Code::LoginRequired)?;
        let subject = session.subject();
        for _ in 0..2 {
            self.flight
                .join("", Box::pin(self.refresh(session)))
                .await?;
            // whoever waited may come after a sign-out, or after somebody else's sign-in
            session = self.session_of(&subject)?;
            // what another tab got long ago may be good for less than is asked for
            if session.came_at() >= asked_at || self.is_valid_for(&session, min_validity) {
                break;
            }
        }
        Ok(session.access_token())
    }

    /// The access token at hand, if [`Self::access_token`] would return it without asking for
    /// another.
    ///
    /// # Errors
    /// `login_required`.
    pub fn token_at_hand(&self, min_validity: Seconds, force: bool) -> Outcome<Option<Secret>> {
        self.ensure_usable()?;
        let session = self.session().ok_or(Code::LoginRequired)?;
        let is_good =
            !force && self.limit_reached().is_none() && self.is_valid_for(&session, min_validity);
        Ok(is_good.then(|| session.access_token()))
    }

    /// A new access token. Only a refusal ends the session; whatever else goes wrong leaves it.
    /// `session` is the one the caller saw, perhaps long ago.
    async fn refresh(&self, session: Rc<Session>) -> Outcome<String> {
        // it may be gone meanwhile, or another one in its place
        if let Some(token) = self.token_of_another(&session)? {
            return Ok(token);
        }
        // a refresh token is spent by using it: one tab at a time, and the others take what it got
        let _turn = match self.config.persist() {
            Persist::Memory => None,
            _ => Some(self.platform.turn(self.name(), self.longest_turn()).await),
        };
        if let Some(token) = self.token_from_store(&session).await? {
            return Ok(token);
        }
        let session = self.session().ok_or(Code::LoginRequired)?;
        let refresh_token = session
            .refresh_token()
            .ok_or(Code::LoginRequired.at(Place::RefreshToken))?;
        if let Err(failure) = self.ensure_rested() {
            self.change(|live| live.stale = true);
            return Err(failure);
        }
        let outcome = self.refreshed(&session, &refresh_token).await;
        // a sign-in or a sign-out of another tab is newer than what this one got
        if self.platform.pull(&self.keys).await.is_ok() {
            self.reread();
        }
        if let Some(token) = self.token_of_another(&session)? {
            return Ok(token);
        }
        match outcome {
            Ok((refreshed, None)) => {
                self.end_outage();
                let refreshed = Rc::new(refreshed);
                self.keep(refreshed.clone()).await;
                if let Some(token) = self.token_of_another(&refreshed)? {
                    return Ok(token);
                }
                self.emit_refreshed(&refreshed);
                Ok(refreshed.access_token().expose().into())
            }
            Ok((rotated, Some(failure))) => {
                self.keep(Rc::new(rotated)).await;
                self.note_outage(&failure);
                self.change(|live| live.stale = live.session.is_some());
                Err(failure)
            }
            Err(failure) if needs_sign_in(refused_with(&failure)) => {
                let error = Code::LoginRequired.at(Place::Refresh);
                let error = error.with_status(failure.error.status());
                Err(Failure { error, ..failure })
            }
            Err(failure) if refused_with(&failure) == "invalid_grant" => {
                // perhaps a tab without a lock was faster
                self.catch_up().await;
                if let Some(token) = self.token_of_another(&session)? {
                    return Ok(token);
                }
                self.forget("refused").await;
                let error = Error::from(Code::SessionExpired).with_status(failure.error.status());
                Err(Failure { error, ..failure })
            }
            Err(failure) => {
                if !is_of_this_browser(failure.error) {
                    self.note_outage(&failure);
                    self.change(|live| live.stale = true);
                }
                Err(failure)
            }
        }
    }

    /// The access token of the session that another tab has put in place of `session`, if that
    /// is any good.
    async fn token_from_store(&self, session: &Rc<Session>) -> Outcome<Option<String>> {
        self.catch_up().await;
        // its time may be over since: a machine that sleeps waits long for a turn
        self.mind_limits().await;
        let current = self.session().ok_or(Code::LoginRequired)?;
        if self.is_valid_for(&current, Seconds(1)) {
            self.token_of_another(session)
        } else {
            Ok(None)
        }
    }

    /// The access token of the session in place of `session`; none if that is still the one.
    fn token_of_another(&self, session: &Rc<Session>) -> Outcome<Option<String>> {
        let current = self.session().ok_or(Code::LoginRequired)?;
        let is_another = !Rc::ptr_eq(&current, session);
        Ok(is_another.then(|| current.access_token().expose().into()))
    }

    /// The session after a refresh. Where its ID token could not be verified for want of the
    /// provider's keys or of the right time, the old session with the new refresh token, since the
    /// old one is spent, beside the failure.
    async fn refreshed(
        &self,
        session: &Rc<Session>,
        refresh_token: &Secret,
    ) -> Outcome<(Session, Option<Failure>)> {
        let metadata = self.metadata(FRESH).await?;
        let endpoint = metadata.required(Place::TokenEndpoint)?;
        let request = token::refresh_request(&self.config, &endpoint, refresh_token);
        // RFC 9449 §5: such a refresh token is bound, too
        let is_bound = self.config.binds_tokens() || session.is_bound();
        if is_bound && !session.is_bound() {
            // a session of before the option was set, for which no key was made
            self.platform.proof_key(self.name(), true).await?;
        }
        // if there is another session by now, the caller finds it
        let wanted = Wanted::In(session);
        let response = self
            .send_proven(Place::Refresh, request, is_bound, wanted)
            .await?;
        let tokens = token::process(&response, &[refresh_token.expose()], is_bound)?;
        let origin = Origin::Refresh {
            before: session.view(),
            skew: session.skew(),
        };
        let verified = match self.verify(&tokens, origin).await {
            Err(failure)
                if is_outage(failure.error)
                    || is_untimely(failure.error)
                    || is_unverifiable(failure.error) =>
            {
                let rotated = session.with_refresh_token(&tokens);
                return Ok((rotated.ok_or(Code::TokenInvalid)?, Some(failure)));
            }
            verified => verified?,
        };
        let scope = session.scope();
        let refreshed = Session::from_tokens(
            &self.config,
            &tokens,
            verified,
            Some(session),
            &scope,
            self.platform.millis(),
            Beginning::default(),
        );
        Ok((refreshed.ok_or(Code::TokenInvalid)?, None))
    }
}

/// The token endpoint's word for it (RFC 6749 §5.2), if it refused: `invalid_grant` is that the refresh token is
/// invalid, expired or revoked.
fn refused_with(failure: &Failure) -> &str {
    match failure.said.as_deref() {
        Some(Said::OAuth { error, .. }) => error,
        _ => "",
    }
}

/// Nobody says that the session is over, but that it goes no further without its user. Where a request that is as
/// it always was is invalid, it is the refresh token that has become so, or the key that it is bound to is another.
fn needs_sign_in(word: &str) -> bool {
    is_absence(word) || matches!(word, "invalid_request" | "invalid_dpop_proof")
}

/// The provider has no part in it: nothing was asked, for want of something here.
fn is_of_this_browser(error: Error) -> bool {
    matches!(
        error.code(),
        Code::Unsupported | Code::Entropy | Code::StorageUnavailable | Code::DpopKeyLost
    )
}

/// The ID token is right, if only our clock were.
fn is_untimely(error: Error) -> bool {
    error.code() == Code::RefreshIdToken && error.place() == Place::Now
}

/// Nothing is wrong with the ID token: there is no key to check it with, or nobody who can.
fn is_unverifiable(error: Error) -> bool {
    matches!(
        error.code(),
        Code::JwksNoKey | Code::JwksInvalid | Code::JwksTooLarge | Code::Unsupported
    )
}

/// The provider cannot be reached, or cannot answer now: what came is no word of OAuth's, for or against.
fn is_outage(error: Error) -> bool {
    let unwell = error.status() >= 500 || error.status() == 429;
    unwell
        || matches!(
            error.code(),
            Code::Network
                | Code::Timeout
                | Code::JwksHttp
                | Code::TokenHttp
                | Code::TokenInvalid
                | Code::TokenTooLarge
                | Code::DpopNonceInvalid
                | Code::DpopNonceLoop
                | Code::DiscoveryHttp
                | Code::DiscoveryInvalid
                | Code::DiscoveryTooLarge
        )
}
