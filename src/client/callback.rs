//! The way back: one callback, one code exchange, one session.

use alloc::{rc::Rc, string::String};

use super::{Client, Detail, Outcome, Party};
use crate::{
    codec::json::ObjectWriter,
    error::{Code, Failure},
    platform::{Area, Event, Platform},
    protocol::{
        callback::CallbackParams,
        id_token::{Expected, Origin, UnverifiedIdToken, VerifiedIdToken},
        token,
        transaction::{self, Finished, Record, Transaction},
    },
    secret::Secret,
    session::Session,
};

/// The contract's `CallbackResult`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackOutcome {
    /// The user's claims as JSON text.
    pub user: String,
    /// A path on this origin.
    pub return_to: String,
    /// The application's own JSON text.
    pub app_state: String,
    /// Whether the sign-in was complete before.
    pub replayed: bool,
}

impl CallbackOutcome {
    /// As JSON text.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = ObjectWriter::new();
        json.raw("user", &self.user)
            .text("returnTo", &self.return_to)
            .raw("appState", &self.app_state)
            .flag("replayed", self.replayed);
        json.finish()
    }
}

impl<P: Platform> Client<P> {
    /// Whether `url` is on the redirect URI and carries a state this client issued.
    #[must_use]
    pub fn is_callback(&self, url: &str) -> bool {
        CallbackParams::parse(url).is_ok_and(|params| {
            let is_ours = |state: &str| self.live.borrow().states.iter().any(|issued| issued == state);
            params.is_on(&self.config.redirect_uri) && params.state().is_ok_and(is_ours)
        })
    }

    /// Completes the sign-in that `url` answers. Callers with the same state share one exchange.
    ///
    /// # Errors
    /// Every code of the callback, the token endpoint, keys and ID tokens; see the contract.
    pub async fn handle_callback(&self, url: &str) -> Outcome<CallbackOutcome> {
        self.ensure_usable()?;
        let params = CallbackParams::parse(url)?;
        let is_page = self.platform.location().is_some_and(|page| page == url);
        if is_page && params.is_on(&self.config.redirect_uri) {
            self.platform.replace_location(&params.clean_url());
        }
        let state = params.state()?;
        self.callback.join(state.into(), self.complete(&params, state)).await
    }

    async fn complete(&self, params: &CallbackParams, state: &str) -> Outcome<CallbackOutcome> {
        self.note("callback", (Party::Provider, Party::Portcullis), [None, None]);
        self.change(|live| live.signing_in += 1);
        let outcome = self.complete_once(params, state).await;
        self.change(|live| live.signing_in = live.signing_in.saturating_sub(1));
        match &outcome {
            Ok(outcome) if !outcome.replayed => {
                let mut detail = ObjectWriter::new();
                detail.raw("user", &outcome.user);
                self.platform.emit(Event::SignedIn, &detail.finish());
            }
            Ok(_) => {}
            Err(Failure { error, .. }) => {
                let code = ("code", Detail::Word(error.code.as_str()));
                self.note("refused", (Party::Portcullis, Party::Portal), [Some(code), None]);
            }
        }
        outcome
    }

    async fn complete_once(&self, params: &CallbackParams, state: &str) -> Outcome<CallbackOutcome> {
        let unknown = || Failure::from(Code::CallbackStateUnknown);
        let slot = transaction::slot(state).ok_or_else(unknown)?;
        let key = self.slot_key(slot);
        let record = self.platform.get(Area::Shared, &key).await?;
        match record.and_then(|record| Record::read(&record, state)).ok_or_else(unknown)? {
            Record::Pending(transaction) => {
                // used up, whatever comes next: what cannot be marked so is not redeemed
                self.platform.set(Area::Shared, &key, &transaction.to_finished_record(false)).await?;
                self.exchange(params, transaction, &key).await
            }
            Record::Finished(Finished { return_to: Some(return_to), app_state }) => {
                let session = self.session().ok_or_else(unknown)?;
                Ok(CallbackOutcome { user: session.claims.clone(), return_to, app_state, replayed: true })
            }
            Record::Finished(_) => Err(unknown()),
        }
    }

    async fn exchange(&self, params: &CallbackParams, transaction: Transaction, key: &str) -> Outcome<CallbackOutcome> {
        if self.platform.is_framed_by_stranger() {
            return Err(Code::CallbackContext.into());
        }
        let callback = params.validate(transaction, &self.config.issuer, self.now())?;
        let request = token::code_request(&self.config, &callback);
        let response = self.send("token", request, self.config.timeout).await?;
        let mut tokens = token::process(&response)?;
        let id_token = tokens.id_token.take().ok_or(Code::IdTokenMissing)?;
        let transaction = callback.transaction;
        let origin = Origin::SignIn {
            nonce: &transaction.nonce,
            max_age: transaction.max_age,
            acr_values: transaction.acr_values.as_deref(),
        };
        let verified = self.verify(&id_token, &tokens.access_token, origin).await?;
        let skew = verified.skew;
        let session = Session::begin(tokens, id_token, verified, &transaction.scope, self.now());
        let user = session.claims.clone();
        self.keep(Rc::new(session)).await;
        // only the replay of this callback depends on it
        let _ = self.platform.set(Area::Shared, key, &transaction.to_finished_record(true)).await;
        if skew.0 != 0 {
            let mut detail = ObjectWriter::new();
            detail.whole("seconds", skew.0);
            self.platform.emit(Event::ClockSkew, &detail.finish());
        }
        Ok(CallbackOutcome { user, return_to: transaction.return_to, app_state: transaction.app_state, replayed: false })
    }

    /// An ID token, verified in full.
    pub(super) async fn verify(
        &self,
        id_token: &Secret,
        access_token: &Secret,
        origin: Origin<'_>,
    ) -> Outcome<VerifiedIdToken> {
        let metadata = self.metadata().await?;
        let token = UnverifiedIdToken::parse(id_token, metadata.algorithms)?;
        let proof = self.prove(token.jws(), &metadata).await?;
        let expected = Expected {
            issuer: &self.config.issuer,
            client_id: &self.config.client_id,
            origin,
            access_token,
            now: self.now(),
            tolerance: self.config.clock_tolerance,
        };
        Ok(token.verify(&proof, &expected)?)
    }
}
