//! Calls with the access token: the portal's APIs, and userinfo.

use alloc::string::String;

use super::{
    Client, MIN_VALIDITY, Outcome,
    dpop::{Server, Wanted},
    provider::FRESH,
    trace::Arrow,
};
use crate::{
    codec::url::WebUrl,
    error::{Code, Failure, Place, Said},
    jose::jws::Jws,
    platform::Platform,
    protocol::{
        challenge::{Demand, demand},
        dpop::Target,
        http::ApiAnswer,
        userinfo::{self, Userinfo},
    },
    secret::Secret,
};

/// An access token for one call.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The token.
    pub token: Secret,
    /// Whether the token is bound to our key: it is no bearer token then, and goes with a proof.
    pub is_bound: bool,
    /// What the call is.
    pub method: String,
    /// And where it goes.
    pub url: String,
    /// Whose it is: the call is repeated for nobody else.
    pub subject: String,
    /// Whether the call has been made before, with a token that was refused.
    pub is_again: bool,
    /// Whether it has been made before with this token, and the API wanted another proof.
    pub is_proven_again: bool,
}

impl<P: Platform> Client<P> {
    /// A valid access token for a call to `url`. It is to go with what [`Self::proof_for`] returns, and
    /// [`Self::answered`] is to be asked about the answer.
    ///
    /// # Errors
    /// `origin_not_allowed`, and those of [`Self::access_token`].
    pub async fn token_for(&self, method: String, url: String) -> Outcome<Grant> {
        if !WebUrl::parse(&url).is_some_and(|url| self.config.may_receive_token(&url.origin())) {
            return Err(Code::OriginNotAllowed.into());
        }
        let token = self.access_token(MIN_VALIDITY, false).await?;
        let session = self.session().ok_or(Code::LoginRequired)?;
        self.note("api", Arrow::ToApi, None);
        Ok(Grant {
            token,
            is_bound: session.is_bound(),
            method,
            url,
            subject: session.subject(),
            is_again: false,
            is_proven_again: false,
        })
    }

    /// The proof that the token of `grant` goes with, one for each time that it is sent; none where it needs none.
    ///
    /// # Errors
    /// `login_required`, `dpop_key_lost`, `unsupported`, `storage_unavailable`, `network` if what makes it could not be loaded.
    pub async fn proof_for(&self, grant: &Grant) -> Outcome<Option<Secret>> {
        if !grant.is_bound {
            return Ok(None);
        }
        let nonce = self.nonce_of(&Server::at(&grant.url, true));
        let target = Target {
            method: &grant.method,
            url: &grant.url,
            access_token: Some(&grant.token),
            nonce: nonce.as_deref(),
        };
        let proof = self.proof(&target).await?;
        // whoever signed out while it was made does not call
        self.session_of(&grant.subject)?;
        Ok(Some(proof))
    }

    /// What to repeat the call with, once, if the API refused the token of `grant`; `None` if its
    /// answer stands.
    ///
    /// # Errors
    /// `step_up_required` with the API's demands, `dpop_nonce_invalid`, `dpop_nonce_loop`, and those of
    /// [`Self::access_token`].
    pub async fn answered(&self, grant: Grant, answer: ApiAnswer) -> Outcome<Option<Grant>> {
        let status = answer.status;
        self.trace.note(
            self.platform.millis(),
            "api",
            Arrow::FromApi,
            status,
            None,
            None,
        );
        let is_bound = grant.is_bound;
        if is_bound && answer.is_redirected {
            return Ok(None);
        }
        let given = if is_bound {
            self.note_nonce(Server::at(&grant.url, true), answer.dpop_nonce.as_deref())
        } else {
            Ok(())
        };
        let demand = if status == 401 {
            demand(&answer.challenge, is_bound)
        } else {
            None
        };
        // whoever signed out meanwhile, or in as somebody else, does not call again
        let session = self.session_of(&grant.subject);
        match demand {
            None => Ok(None),
            // whoever wants a proof of a bearer token takes none
            Some(Demand::AnotherProof) if !is_bound => Ok(None),
            Some(Demand::AnotherProof) => {
                given.map_err(|error| error.with_status(status))?;
                session?;
                if grant.is_proven_again {
                    let error = Code::DpopNonceLoop.at(Place::None).with_status(status);
                    return Err(error.into());
                }
                Ok(Some(Grant {
                    is_proven_again: true,
                    ..grant
                }))
            }
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
                let session = session?;
                let is_newer = session.access_token() != grant.token;
                if !is_newer && session.refresh_token().is_none() {
                    return Ok(None);
                }
                let token = self.access_token(MIN_VALIDITY, !is_newer).await?;
                // another tab may have signed somebody else in while it was got
                let session = self.session_of(&grant.subject)?;
                Ok(Some(Grant {
                    token,
                    is_bound: session.is_bound(),
                    is_again: true,
                    is_proven_again: false,
                    ..grant
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
        let request = userinfo::request(&endpoint, &token);
        // whoever asked may have signed out meanwhile, or be somebody else
        let wanted = Wanted::By(&subject);
        let response = self
            .send_proven(Place::Userinfo, request, session.is_bound(), wanted)
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
        self.ensure_wanted(wanted)?;
        Ok(claims)
    }
}
