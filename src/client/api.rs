//! Calls with the access token: the portal's APIs, and userinfo.

use alloc::string::String;

use super::{Client, MIN_VALIDITY, Outcome, provider::FRESH, trace::Arrow};
use crate::{
    codec::url::WebUrl,
    error::{Code, Failure, Place, Said},
    jose::jws::Jws,
    platform::Platform,
    protocol::{
        challenge::{Demand, demand},
        userinfo::{self, Userinfo},
    },
    secret::Secret,
};

/// An access token for one call.
#[derive(Debug)]
pub struct Grant {
    /// The token.
    pub token: Secret,
    /// Whose it is: the call is repeated for nobody else.
    pub subject: String,
    /// Whether the call has been made before, with a token that was refused.
    pub is_again: bool,
}

impl<P: Platform> Client<P> {
    /// A valid access token for a call to `url`; [`Self::answered`] is to be asked about the
    /// answer.
    ///
    /// # Errors
    /// `origin_not_allowed`, and those of [`Self::access_token`].
    pub async fn token_for(&self, url: &str) -> Outcome<Grant> {
        if !WebUrl::parse(url).is_some_and(|url| self.config.may_receive_token(&url.origin())) {
            return Err(Code::OriginNotAllowed.into());
        }
        let token = self.access_token(MIN_VALIDITY, false).await?;
        let subject = self.session().ok_or(Code::LoginRequired)?.subject();
        self.note("api", Arrow::ToApi, None);
        Ok(Grant {
            token,
            subject,
            is_again: false,
        })
    }

    /// What to repeat the call with, once, if the API refused the token of `grant`; `None` if its
    /// answer stands. `challenge` is the `WWW-Authenticate` header.
    ///
    /// # Errors
    /// `step_up_required` with the API's demands, and those of [`Self::access_token`].
    pub async fn answered(
        &self,
        grant: &Grant,
        status: u16,
        challenge: &str,
    ) -> Outcome<Option<Grant>> {
        self.trace.note(
            self.platform.millis(),
            "api",
            Arrow::FromApi,
            status,
            None,
            None,
        );
        let demand = if status == 401 {
            demand(challenge)
        } else {
            None
        };
        match demand {
            None => Ok(None),
            Some(Demand::AnotherToken) if grant.is_again => Ok(None),
            Some(Demand::StepUp {
                acr_values,
                max_age,
            }) => {
                let error = Code::StepUpRequired.at(Place::None).with_status(status);
                Err(Failure::said(
                    error,
                    Said::StepUp {
                        acr_values,
                        max_age,
                    },
                ))
            }
            Some(Demand::AnotherToken) => {
                // somebody else may have refreshed it meanwhile; without a refresh token there
                // is no other, and the caller has to see the 401
                let session = self.session();
                let session = session.filter(|now| now.subject() == grant.subject);
                let session = session.ok_or(Code::LoginRequired)?;
                let is_newer = session.access_token() != grant.token;
                if !is_newer && session.refresh_token().is_none() {
                    return Ok(None);
                }
                let token = self.access_token(MIN_VALIDITY, !is_newer).await?;
                // another tab may have signed somebody else in while it was got
                let session = self.session();
                if session.is_none_or(|now| now.subject() != grant.subject) {
                    return Err(Code::LoginRequired.into());
                }
                Ok(Some(Grant {
                    token,
                    subject: grant.subject.clone(),
                    is_again: true,
                }))
            }
        }
    }

    /// The userinfo claims of the session's user, as JSON text.
    ///
    /// # Errors
    /// `userinfo_*`; for a signed answer also the codes of keys and tokens; those of
    /// [`Self::access_token`].
    pub async fn userinfo(&self) -> Outcome<String> {
        let token = self.access_token(MIN_VALIDITY, false).await?;
        let session = self.session().ok_or(Code::LoginRequired)?;
        let subject = session.subject();
        let metadata = self.metadata(FRESH).await?;
        let endpoint = metadata.optional(Place::UserinfoEndpoint)?;
        let endpoint = endpoint.ok_or(Code::UserinfoInvalid.at(Place::UserinfoEndpoint))?;
        let response = self
            .send(
                Place::Userinfo,
                userinfo::request(&endpoint, &token),
                self.config.timeout(),
            )
            .await?;
        let claims = match userinfo::process(&response, &subject)? {
            Userinfo::Claims(claims) => claims,
            Userinfo::Signed(token) => {
                let jws = Jws::parse(token.expose(), self.config.algorithms)?;
                let proof = self.prove(&jws, &metadata).await?;
                userinfo::signed_claims(
                    &jws,
                    &proof,
                    &self.config,
                    &subject,
                    self.now() + session.skew(),
                )?
            }
        };
        // whoever asked may have signed out meanwhile, or be somebody else now
        let now = self.session().filter(|now| now.subject() == subject);
        now.map(|_| claims).ok_or(Code::LoginRequired.into())
    }
}
