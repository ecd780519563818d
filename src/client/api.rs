//! Calls with the access token: the portal's APIs, and userinfo.

use alloc::string::String;

use super::{Client, Detail, Outcome, Party, tokens::MIN_VALIDITY};
use crate::{
    codec::url::WebUrl,
    error::{Code, Failure, Said},
    jose::jws::Jws,
    platform::Platform,
    protocol::{
        challenge::{Demand, demand},
        userinfo::{self, Userinfo},
    },
    secret::Secret,
};

/// A request of the portal's, which can be sent with one access token after another.
#[allow(async_fn_in_trait, reason = "one thread: a page, a worker, a test")]
pub trait ApiCall {
    /// An answer, whatever its status.
    type Response;
    /// What a caller sees when it fails: ours, or the platform's own.
    type Error: From<Failure>;
    /// Sends the request.
    ///
    /// # Errors
    /// The platform's own, untouched.
    async fn send(&self, access_token: &Secret) -> Result<Self::Response, Self::Error>;
    /// The answer's status.
    fn status(response: &Self::Response) -> u16;
    /// The answer's `WWW-Authenticate` header, empty if there is none.
    fn challenge(response: &Self::Response) -> String;
}

impl<P: Platform> Client<P> {
    /// Makes `call` to `url` with a valid access token. A token the API no longer takes is
    /// replaced, and the call repeated, once.
    ///
    /// # Errors
    /// `origin_not_allowed` before anything is sent; `step_up_required` with the API's demands;
    /// those of [`Self::access_token`]; the platform's own.
    pub async fn fetch<C: ApiCall>(&self, url: &str, call: &C) -> Result<C::Response, C::Error> {
        if !WebUrl::parse(url).is_some_and(|url| self.config.api_origins.iter().any(|origin| origin == url.origin())) {
            return Err(Failure::from(Code::OriginNotAllowed).into());
        }
        let token = self.access_token(MIN_VALIDITY, false).await?;
        let response = self.call(call, &token).await?;
        match (C::status(&response) == 401).then(|| demand(&C::challenge(&response))).flatten() {
            None => Ok(response),
            Some(Demand::StepUp { acr_values, max_age }) => {
                let said = Said::StepUp { acr_values, max_age };
                Err(Failure::said(Code::StepUpRequired.status(401), said).into())
            }
            Some(Demand::AnotherToken) => {
                // somebody else may have refreshed it meanwhile; without a refresh token there
                // is no other, and the caller has to see the 401
                let current = self.session().map(|session| (session.access_token != token, session.refresh_token.is_some()));
                let (is_newer, can_refresh) = current.unwrap_or_default();
                if !is_newer && !can_refresh {
                    return Ok(response);
                }
                let token = self.access_token(MIN_VALIDITY, !is_newer).await?;
                self.call(call, &token).await
            }
        }
    }

    async fn call<C: ApiCall>(&self, call: &C, token: &Secret) -> Result<C::Response, C::Error> {
        self.note("api", (Party::Portcullis, Party::Api), [None, None]);
        let started = self.platform.millis();
        let response = call.send(token).await?;
        let status = ("status", Detail::Number(i64::from(C::status(&response))));
        let took = ("ms", Detail::Number(self.platform.millis() - started));
        self.note("api", (Party::Api, Party::Portcullis), [Some(status), Some(took)]);
        Ok(response)
    }

    /// The userinfo claims of the session's user, as JSON text.
    ///
    /// # Errors
    /// `userinfo_*`; for a signed answer also the codes of keys and tokens; those of
    /// [`Self::access_token`].
    pub async fn userinfo(&self) -> Outcome<String> {
        let token = self.access_token(MIN_VALIDITY, false).await?;
        let subject = self.session().ok_or(Code::LoginRequired)?.subject();
        let metadata = self.metadata().await?;
        let endpoint = metadata.userinfo_endpoint.as_deref().ok_or(Code::UserinfoInvalid.at("userinfo_endpoint"))?;
        let response = self.send("userinfo", userinfo::request(endpoint, &token), self.config.timeout).await?;
        match userinfo::process(&response, &subject)? {
            Userinfo::Claims(claims) => Ok(claims),
            Userinfo::Signed(token) => {
                let jws = Jws::parse(token.expose(), self.config.algorithms)?;
                let proof = self.prove(&jws, &metadata).await?;
                let (issuer, client_id) = (&self.config.issuer, &self.config.client_id);
                Ok(userinfo::signed_claims(&jws, &proof, issuer, client_id, &subject)?)
            }
        }
    }
}
