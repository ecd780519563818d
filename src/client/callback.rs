//! The way back: one callback, one code exchange, one session.

use alloc::{boxed::Box, rc::Rc, string::String};
use core::future;

use super::{Client, Live, Outcome, dpop::Wanted, exchange::Late, provider::FRESH, trace::Arrow};
use crate::{
    codec::{
        json::{ObjectWriter, push_decimal},
        record::Record,
    },
    error::{Code, Error, Failure, Place, Result},
    jose::alg::{Hash, sha256},
    platform::{Event, Platform},
    protocol::{
        callback::{CallbackParams, ValidatedCallback},
        http::HttpResponse,
        id_token::{Expected, Origin, UnverifiedIdToken, VerifiedIdToken},
        token::{self, TokenResponse},
        transaction::{self, Slot, Transaction},
    },
    secret::Secret,
    session::{Beginning, Session},
};

impl<P: Platform> Client<P> {
    /// Whether `url` is on the redirect URI and carries a state this client issued.
    #[must_use]
    pub fn is_callback(&self, url: &str) -> bool {
        let Ok(params) = CallbackParams::parse(url) else {
            return false;
        };
        let Ok(state) = params.state() else {
            return false;
        };
        params.is_on(&self.config.redirect_uri) && self.has_issued(state)
    }

    /// Whether a sign-in of this client went with `state`.
    pub(super) fn has_issued(&self, state: &str) -> bool {
        let live = self.live.borrow();
        live.states.iter().any(|issued| issued == state)
    }

    /// Completes the sign-in that `url` answers; returns the JSON text of the contract's
    /// `CallbackResult`. Callers with the same state share one exchange.
    ///
    /// # Errors
    /// Every code of the callback, the token endpoint, keys and ID tokens; see the contract. With `jarm` also `jarm_*`.
    pub async fn handle_callback(&self, url: String) -> Outcome<String> {
        self.ensure_usable()?;
        let url = self.unless_answered(url);
        let params = CallbackParams::parse(&url);
        // gone from the address bar before anything else can read it there
        if let Some(page) = self.platform.location() {
            let redirect_uri = &self.config.redirect_uri;
            let clean = match (&params, CallbackParams::parse(&page)) {
                // a router may have handed it over in its own spelling
                (Ok(params), Ok(shown)) if shown.state().ok() == params.state().ok() => {
                    // a server may have added a slash: what is used up is not to stay there, either
                    let is_ours = shown.is_on(redirect_uri)
                        || shown.state().is_ok_and(|state| self.has_issued(state));
                    is_ours.then(|| shown.clean_url())
                }
                (Err(_), _) if page == url => CallbackParams::bare_url(&url, redirect_uri),
                _ => None,
            };
            if let Some(clean) = clean {
                self.platform.replace_location(&clean);
                let left = self.platform.location();
                let callback = left.map(|left| (left, Secret::new(url.clone())));
                self.change(|live| live.callback = callback);
            }
        }
        let params = params?;
        let state = params.state()?;
        if self.belongs_elsewhere(state) && self.platform.hand_over(&url, state).await {
            // the page that opened this window goes on; this one is closing
            return future::pending().await;
        }
        let outcome = self.complete_once(&params).await;
        outcome.map_err(|failure| {
            if self.is_pending(state) {
                return failure;
            }
            let error = failure.error.for_good();
            Failure { error, ..failure }
        })
    }

    /// Whether the sign-in that `state` names has not been used up.
    fn is_pending(&self, state: &str) -> bool {
        self.transaction(state)
            .is_some_and(|record| transaction::is_pending(&record))
    }

    /// Whether redeeming it takes the late half: by the options of today, or by those that it began with.
    fn takes_all(&self, state: &str) -> bool {
        self.transaction(state).is_some_and(|record| {
            let is_asked = self.config.needs_all() || transaction::is_signed(&record);
            is_asked && transaction::is_pending(&record)
        })
    }

    /// The record of the sign-in that `state` names.
    pub(super) fn transaction(&self, state: &str) -> Option<Record> {
        let record = self.record(transaction::slot(state)?)?;
        transaction::is_of(&record, state).then_some(record)
    }

    /// The callback that was at this page's URL: a framework that mounts everything twice asks again when the
    /// response is out of the address bar.
    fn unless_answered(&self, url: String) -> String {
        let live = self.live.borrow();
        let answered = live.callback.as_ref().filter(|(left, _)| *left == url);
        answered.map_or(url, |(_, callback)| callback.expose().into())
    }

    /// Whether the page that opened this window waits for the callback.
    fn belongs_elsewhere(&self, state: &str) -> bool {
        self.transaction(state)
            .is_some_and(|record| transaction::is_in_window(&record))
    }

    /// Completes the sign-in, once however many ask.
    pub(super) async fn complete_once(&self, params: &CallbackParams<'_>) -> Outcome<String> {
        let state = params.state()?;
        // whoever signs out from now on has the last word, also while this waits for something else
        let sign_outs = self.live.borrow().sign_outs;
        self.flight
            .join(state, Box::pin(self.complete(params, state, sign_outs)))
            .await
    }

    async fn complete(
        &self,
        params: &CallbackParams<'_>,
        state: &str,
        sign_outs: u32,
    ) -> Outcome<String> {
        self.note("callback", Arrow::FromProvider, None);
        self.signing_in(1);
        let outcome = self.take(params, state, sign_outs).await;
        // also the one that led here, if this page was never left for it
        self.change(Live::arrive);
        if let Err(failure) = &outcome {
            self.note("callback", Arrow::ToPortal, Some(failure.error));
            self.note_cause(failure.error.code());
        }
        outcome
    }

    /// Takes the transaction that `state` names, and redeems the code if it was pending.
    async fn take(
        &self,
        params: &CallbackParams<'_>,
        state: &str,
        sign_outs: u32,
    ) -> Outcome<String> {
        let unknown = Error::from(Code::CallbackStateUnknown);
        let slot = transaction::slot(state).ok_or(unknown)?;
        // two tabs, or two clients, that come back at once: the second finds what the first left
        let span = self.longest_turn();
        let turn = self.platform.turn(&self.slot_name(slot), span).await;
        self.platform.pull(&self.keys).await?;
        if self.takes_all(state) {
            self.platform.complete().await?;
            self.platform.pull(&self.keys).await?;
        }
        let record = self.load(slot)?.and_then(Record::read);
        match record
            .and_then(|record| transaction::read(record, state))
            .ok_or(unknown)?
        {
            Slot::Pending(transaction) => {
                // used up, whatever comes next: what cannot be marked so is not redeemed
                self.save(slot, Some(&transaction.to_finished_record(None)))?;
                self.platform.push().await?;
                let outcome = self.exchange(params, transaction, slot, sign_outs).await;
                drop(turn);
                outcome
            }
            Slot::Finished(record) => {
                self.ensure_nobody_signed_out(sign_outs)?;
                // the very session it began, here or elsewhere
                let its_own = || {
                    self.session().filter(|session| {
                        record.whole("began_at") == Some(session.began_at())
                            && record.text("sub") == session.subject()
                    })
                };
                if its_own().is_none() {
                    self.catch_up().await;
                }
                let session = its_own().ok_or(unknown)?;
                Ok(result(&session, &record, true))
            }
        }
    }

    /// Refuses what nobody wants any more who has signed out in this page since.
    fn ensure_nobody_signed_out(&self, sign_outs: u32) -> Result<()> {
        if self.live.borrow().sign_outs == sign_outs {
            Ok(())
        } else {
            Err(Code::LoginRequired.into())
        }
    }

    /// What the tabs of this client call a slot.
    fn slot_name(&self, slot: usize) -> String {
        self.keys.get(slot).cloned().unwrap_or_default()
    }

    /// Redeems the code, and enters the session that it brings.
    async fn exchange(
        &self,
        params: &CallbackParams<'_>,
        transaction: Transaction,
        slot: usize,
        sign_outs: u32,
    ) -> Outcome<String> {
        if self.platform.is_framed_by_stranger() {
            return Err(Code::CallbackContext.into());
        }
        self.ensure_nobody_signed_out(sign_outs)?;
        let last_ended = self.last_ended();
        let mut signed = None;
        if transaction::is_signed(&transaction.0) {
            let work: Late<'_, Result<CallbackParams<'_>>> =
                Box::pin(self.signed(params, &transaction, sign_outs));
            signed = Some(work.await?);
        }
        let params = signed.as_ref().unwrap_or(params);
        let callback = params.validate(transaction, &self.config, self.now())?;
        let request = token::code_request(&self.config, &callback);
        let sent: Late<'_, Result<HttpResponse>> = if self.config.binds_tokens() {
            Box::pin(self.send_proven(Place::Token, request, true, Wanted::Since(sign_outs)))
        } else {
            Box::pin(self.send(Place::Token, request, self.config.timeout()))
        };
        let response = sent.await?;
        let ValidatedCallback {
            transaction,
            code,
            session_state,
        } = callback;
        let record = &transaction.0;
        let sent = [code.expose(), &record.text("code_verifier")];
        let tokens = token::process(&response, &sent, self.config.binds_tokens())?;
        let nonce = record.text("nonce");
        let acr_values = record.text("acr_values");
        let origin = Origin::SignIn {
            nonce: &nonce,
            max_age: record.whole("max_age"),
            acr_values: Some(&*acr_values).filter(|values| !values.is_empty()),
        };
        let verified = self.verify(&tokens, origin).await?;
        let verified = verified.ok_or(Code::IdTokenMissing)?;
        self.ensure_nobody_signed_out(sign_outs)?;
        let skew = verified.skew;
        // a look that nobody asked for begins nothing: it goes on from the session that is still there
        let goes_on = record.get("subject").is_some();
        if goes_on {
            self.reread();
        }
        let session =
            Rc::new(self.session_from(record, &tokens, verified, session_state.as_deref())?);
        if self.is_signed_out_since(last_ended, &session) {
            return Err(Code::LoginRequired.into());
        }
        // only the replay of this callback depends on it
        let began = (&*session.subject(), session.began_at());
        let _ = self.save(slot, Some(&transaction.to_finished_record(Some(began))));
        if !goes_on {
            self.note_activity();
        }
        self.end_outage();
        self.live.borrow_mut().entered = Some(record.text("state").into_owned());
        self.keep(session.clone()).await;
        // while it was written the user may have signed out, or in once more in another tab
        let user = session.subject();
        let session = self.session_of(&user)?;
        if goes_on {
            self.emit_refreshed(&session);
        } else {
            self.emit(Event::SignedIn, "user", &session.claims);
        }
        if skew.0 != 0 {
            let mut seconds = String::new();
            push_decimal(&mut seconds, skew.0);
            self.emit(Event::ClockSkew, "seconds", &seconds);
        }
        Ok(result(&session, record, false))
    }

    /// The session that a sign-in brings, whose `record` this is. One for a certain user is that user's, and goes
    /// on from the session at hand.
    fn session_from(
        &self,
        record: &Record,
        tokens: &TokenResponse,
        verified: VerifiedIdToken,
        session_state: Option<&str>,
    ) -> Outcome<Session> {
        let subject = record.get("subject");
        let before = self.session();
        let millis = self.platform.millis();
        let rank = before.as_ref().map_or(0, |before| before.rank() + 1);
        let began_at = before.as_ref().map(|before| before.began_at());
        let session = Session::from_tokens(
            &self.config,
            tokens,
            Some(verified),
            None,
            &record.text("scope"),
            millis,
            Beginning {
                began_at: subject.and(began_at),
                session_state,
                rank: rank.max(millis),
                last_ended: self.last_ended(),
            },
        );
        let session = session.ok_or(Code::TokenInvalid)?;
        if let Some(subject) = subject {
            if !subject.is_text(&session.subject()) {
                return Err(Code::IdTokenSub.at(Place::Sub).into());
            }
            if !before.is_some_and(|before| subject.is_text(&before.subject())) {
                return Err(Code::LoginRequired.into());
            }
        }
        Ok(session)
    }

    /// The ID token of an answer, verified in full; `None` if there is none.
    pub(super) async fn verify(
        &self,
        tokens: &TokenResponse,
        origin: Origin<'_>,
    ) -> Outcome<Option<VerifiedIdToken>> {
        let Some(id_token) = tokens.0.secret("id_token") else {
            return Ok(None);
        };
        let metadata = self.metadata(FRESH).await?;
        let token = UnverifiedIdToken::parse(&id_token, metadata.algorithms)?;
        let proof = self.prove(token.jws(), &metadata).await?;
        let access_token = tokens.0.text(Place::AccessToken.as_str());
        let access_token = match token.hash() {
            Hash::Sha256 => Ok(sha256(access_token.as_bytes()).into()),
            hash => self.platform.digest(hash, access_token.as_bytes()).await,
        };
        let expected = Expected {
            config: &self.config,
            origin,
            access_token,
            now: self.now(),
        };
        Ok(Some(token.verify(&proof, &expected)?))
    }
}

/// The contract's `CallbackResult`; `record` is that of the sign-in.
fn result(session: &Session, record: &Record, replayed: bool) -> String {
    let mut json = ObjectWriter::new();
    json.raw("user", &session.claims)
        .text("returnTo", &record.text("return_to"))
        .raw("appState", transaction::app_state(record))
        .flag("replayed", replayed);
    json.finish()
}
