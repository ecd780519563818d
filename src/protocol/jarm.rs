//! Signed authorization responses: JWT Secured Authorization Response Mode for OAuth 2.0 (JARM).
//!
//! The response is one JWT in the query, `response`. Its state is read before anything of it is believed, since only
//! the state says which sign-in it answers; every other parameter is read once the signature and the claims about
//! the response itself hold, and then goes the way of all parameters, see [`super::callback`].

use alloc::string::String;

use super::{
    callback::CallbackParams,
    claims::Claims,
    id_token::{SKEW_LIMIT, signs_for},
};
use crate::{
    codec::json::Json,
    config::Config,
    error::{Code, Place, Result},
    jose::{
        alg::Algs,
        jws::{Jws, SignatureValid, payload_of},
    },
    time::{Seconds, UnixTime},
};

/// How a signed response is asked for (§2.3.1): the same as [`super::callback`] takes, signed.
pub const RESPONSE_MODE: &str = "query.jwt";

/// How long a response is valid at most (§2.1).
const LIFETIME: Seconds = Seconds(600);

/// A response of which nothing has been believed yet.
pub struct SignedResponse<'a>(Jws<'a>);

/// What a response has to say.
#[derive(Debug)]
pub struct Expected<'a> {
    /// Who answers, whom, and how far clocks may differ.
    pub config: &'a Config,
    /// When the sign-in began.
    pub started_at: UnixTime,
    /// The local time.
    pub now: UnixTime,
}

/// The state that a response claims to answer.
///
/// # Errors
/// `jwt_malformed` if it cannot be read, `callback_state_missing` if it claims none.
pub fn claimed_state(response: &str) -> Result<String> {
    let payload = payload_of(response).unwrap_or_default();
    let claims = Json::parse(&payload).map_err(|_| Code::JwtMalformed.at(Place::Response))?;
    let state = claims.get("state").and_then(Json::text).unwrap_or_default();
    if state.is_empty() {
        return Err(Code::CallbackStateMissing.at(Place::Response));
    }
    Ok(state.into_owned())
}

impl<'a> SignedResponse<'a> {
    /// Takes the response apart.
    ///
    /// # Errors
    /// `jwt_malformed` (also if it is encrypted), `jwt_too_large`, `jwt_alg`, `jwt_crit`, `jwt_typ`.
    pub fn parse(response: &'a str, algorithms: Algs) -> Result<Self> {
        let jws = Jws::parse(response, algorithms)?;
        if jws.is_plain_jwt() {
            Ok(Self(jws))
        } else {
            Err(Code::JwtTyp.into())
        }
    }

    /// The response, for whoever checks its signature.
    #[must_use]
    pub fn jws(&self) -> &Jws<'a> {
        &self.0
    }

    /// The callback with what is signed in place of what is not. The steps are those of §2.4; the state, its step 2,
    /// led to the sign-in, and the signature, its last, holds already.
    ///
    /// # Errors
    /// `jwt_malformed`, `jwt_too_large`, `claim_type`, `jarm_iss`, `jarm_aud`, `jarm_exp`; `callback_state_missing` if the
    /// state was not in it, `callback_ambiguous` if the URL says otherwise beside it.
    pub fn verify<'u>(
        &self,
        proof: &SignatureValid,
        expected: &Expected<'_>,
        callback: &CallbackParams<'u>,
    ) -> Result<CallbackParams<'u>> {
        let claims = Claims::read(self.0.payload(proof))?;
        let config = expected.config;
        // 3. the issuer, byte for byte
        let iss = claims.get(Place::Iss).and_then(Json::text);
        let iss = iss.unwrap_or_default();
        claims.demand(config.is_issuer(&iss), Code::JarmIss, Place::Iss)?;
        let is_its_key = signs_for(config, &iss, proof);
        claims.demand(is_its_key, Code::JarmIss, Place::Keys)?;
        // 4. meant for us alone
        let us = |one: Json<'_>| one.is_text(&config.client_id);
        let aud = claims.get(Place::Aud);
        let is_ours =
            aud.is_some_and(|aud| us(aud) || (aud.items().any(us) && aud.items().all(us)));
        claims.demand(is_ours, Code::JarmAud, Place::Aud)?;
        // 5. still valid, by the provider's clock
        let tolerance = config.clock_tolerance();
        let expires_at = claims
            .time(Place::Exp)?
            .ok_or(Code::JarmExp.at(Place::Exp))?;
        let now = expected.judged_at(claims.time(Place::Iat)?, expires_at)?;
        claims.demand(now < expires_at + tolerance, Code::JarmExp, Place::Exp)?;
        let not_before = claims.time(Place::Nbf)?;
        let begun = not_before.is_none_or(|nbf| nbf <= now + tolerance);
        claims.demand(begun, Code::JarmExp, Place::Nbf)?;
        callback.signed(claims.0)
    }
}

impl Expected<'_> {
    /// The time by which a response is judged. It was made between the sign-in's start and now, since it answers our
    /// own state: where our clock says otherwise, it is our clock that is wrong.
    fn judged_at(&self, issued_at: Option<UnixTime>, expires_at: UnixTime) -> Result<UnixTime> {
        let tolerance = self.config.clock_tolerance();
        // one that does not say when may be a provider's mistake; but not if it was over for longer than any is valid
        let was_over = expires_at + LIFETIME < self.started_at;
        let Some(issued_at) = issued_at.or(was_over.then_some(expires_at)) else {
            return Ok(self.now);
        };
        if issued_at + tolerance >= self.started_at && issued_at <= self.now {
            return Ok(self.now);
        }
        let Seconds(difference) = issued_at.since(self.now);
        if difference.abs() > SKEW_LIMIT.0 {
            return Err(Code::JarmExp.at(Place::Iat));
        }
        Ok(issued_at)
    }
}
