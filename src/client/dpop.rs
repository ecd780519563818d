//! Proofs of possession, made where tokens are bound to this browser's key: which nonce each server
//! wants in them, and what becomes of a demand for another. All of it is in the late half.

use alloc::{rc::Rc, string::String, vec::Vec};

use super::Client;
use crate::{
    codec::url::WebUrl,
    error::{Code, Place, Result},
    platform::{Platform, draw},
    protocol::{
        dpop::{self, PublicKey, Target},
        http::{HttpRequest, HttpResponse},
    },
    secret::Secret,
    session::Session,
    time::Seconds,
};

/// Of how many servers the last nonce is kept.
const SERVERS: usize = 16;

/// What servers gave last, oldest first: each has nonces of its own, and one that both issues tokens and takes
/// them has two (RFC 9449 §8 and §9).
#[derive(Debug, Default)]
pub(super) struct Nonces(Vec<(Server, String)>);

/// Who checks a proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Server {
    takes_tokens: bool,
    origin: String,
}

impl Server {
    pub(super) fn at(url: &str, takes_tokens: bool) -> Self {
        let origin = WebUrl::parse(url).map(|url| url.origin());
        Self {
            takes_tokens,
            origin: origin.unwrap_or_default(),
        }
    }
}

/// For how long the answer to a request is wanted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wanted<'a> {
    /// While this is the session.
    In(&'a Rc<Session>),
    /// While the session is this user's.
    By(&'a str),
    /// Until somebody signs out in this page, where so many have.
    Since(u32),
    /// Whatever happens.
    Always,
}

impl<P: Platform> Client<P> {
    /// Refuses what nobody wants any more.
    pub(super) fn ensure_wanted(&self, wanted: Wanted<'_>) -> Result<()> {
        let is_wanted = match wanted {
            Wanted::In(session) => self.is_current(session),
            Wanted::By(subject) => self.session_of(subject).is_ok(),
            Wanted::Since(sign_outs) => self.live.borrow().sign_outs == sign_outs,
            Wanted::Always => true,
        };
        is_wanted.then_some(()).ok_or(Code::LoginRequired.into())
    }

    /// Sends a request to the provider; where tokens are bound with a proof, and once more if the server wants its
    /// nonce in that. Nothing is sent that is not `wanted` any more: a proof takes time.
    pub(super) async fn send_proven(
        &self,
        exchange: Place,
        request: HttpRequest,
        is_bound: bool,
        wanted: Wanted<'_>,
    ) -> Result<HttpResponse> {
        let seconds = self.config.timeout();
        if !is_bound {
            self.ensure_wanted(wanted)?;
            return self.send(exchange, request, seconds).await;
        }
        let takes_tokens = request.bearer.is_some();
        let server = Server::at(&request.url, takes_tokens);
        let mut is_again = false;
        loop {
            let nonce = self.nonce_of(&server);
            let proof = self.proof(&Target::of(&request, nonce.as_deref())).await;
            let proof = proof.map_err(|error| match error.place() {
                Place::None => error.code().at(exchange),
                _ => error,
            })?;
            self.ensure_wanted(wanted)?;
            let proven = HttpRequest {
                proof: Some(proof),
                ..request.clone()
            };
            let response = self.send(exchange, proven, seconds).await?;
            let given = self.note_nonce(server.clone(), response.dpop_nonce.as_deref());
            if takes_tokens {
                // why is in a header that is not looked at: another nonce than the one sent may help, once
                if is_again || response.status != 401 || self.nonce_of(&server) == nonce {
                    return Ok(response);
                }
            } else {
                if !dpop::demands_nonce(&response) {
                    return Ok(response);
                }
                let error = given.err().or(is_again.then(|| Code::DpopNonceLoop.into()));
                if let Some(error) = error {
                    return Err(error.code().at(exchange).with_status(response.status));
                }
            }
            is_again = true;
        }
    }

    /// A proof for one request (RFC 9449 §4.2).
    pub(super) async fn proof(&self, target: &Target<'_>) -> Result<Secret> {
        let jwk = self.platform.proof_key(self.name(), false).await?;
        let jwk = jwk.unwrap_or_default();
        let key = PublicKey::read(&jwk).ok_or(Code::DpopKeyLost)?;
        let skew = self.session().map_or(Seconds(0), |session| session.skew());
        let mut proof = target.signing_input(&key, &draw(&self.platform)?, self.now() + skew);
        let signature = self.platform.sign(&jwk, &proof).await?;
        proof.push('.');
        proof.push_str(&signature);
        Ok(Secret::new(proof))
    }

    /// What the server gave last.
    pub(super) fn nonce_of(&self, server: &Server) -> Option<String> {
        let live = self.live.borrow();
        let mut known = live.nonces.0.iter();
        let found = known.find(|(known, _)| known == server)?;
        Some(found.1.clone())
    }

    /// Keeps what the server gives, for the next proof.
    ///
    /// # Errors
    /// `dpop_nonce_invalid` if that is no nonce.
    pub(super) fn note_nonce(&self, server: Server, header: Option<&str>) -> Result<()> {
        let nonce = dpop::nonce(header)?;
        let known = &mut self.live.borrow_mut().nonces.0;
        known.retain(|(known, _)| *known != server);
        if known.len() == SERVERS {
            known.remove(0);
        }
        known.push((server, nonce.into()));
        Ok(())
    }
}
