//! The sequences: what happens in which order when a portal signs in, calls an API, signs out.
//!
//! A [`Client`] is driven through shared references and never holds a borrow across an await or
//! a call out. Each sequence has a file of its own; this one holds what they share.

mod api;
mod callback;
mod flight;
mod login;
mod logout;
mod provider;
mod tokens;
mod trace;

use alloc::{rc::Rc, string::String, vec::Vec};
use core::cell::RefCell;

pub use self::{api::ApiCall, callback::CallbackOutcome, tokens::MIN_VALIDITY};
use self::{
    flight::Flight,
    provider::Known,
    trace::{Detail, Party, Trace},
};
use crate::{
    codec::{
        base64url,
        json::{ObjectWriter, push_decimal, quote},
    },
    config::{Config, Persist},
    error::{Code, Error, Failure, Result},
    jose::alg::Hash,
    platform::{Area, Event, Platform},
    protocol::{
        http::{HttpRequest, HttpResponse},
        transaction,
    },
    report,
    session::{Session, Stored},
    time::UnixTime,
};

/// A result whose error carries the other side's words.
pub type Outcome<T> = core::result::Result<T, Failure>;

/// One portal's client at one provider.
#[derive(Debug)]
pub struct Client<P> {
    platform: P,
    config: Config,
    /// Tells our records from those of every other client on this origin.
    namespace: String,
    live: RefCell<Live>,
    known: RefCell<Known>,
    refresh: Flight<(), Outcome<Rc<Session>>>,
    callback: Flight<String, Outcome<CallbackOutcome>>,
    trace: Trace,
}

/// What changes while the page lives.
#[derive(Debug, Default)]
struct Live {
    session: Option<Rc<Session>>,
    /// How many sign-ins are under way in this page.
    signing_in: u32,
    /// Whether the last refresh failed for want of a provider.
    stale: bool,
    /// States issued by this client, for which a slot was found at the start or written since.
    states: Vec<String>,
    disposed: bool,
}

impl<P: Platform> Client<P> {
    /// A client that has not looked at its store yet; call [`Self::restore`] next.
    #[must_use]
    pub fn new(config: Config, platform: P) -> Self {
        let mut identity = String::new();
        for part in [config.issuer.as_str(), config.client_id.as_str(), &config.name] {
            identity.push_str(part);
            identity.push('\n');
        }
        let digest = Hash::Sha256.digest(identity.as_bytes());
        let mut namespace = String::from("portcullis.");
        namespace.push_str(&base64url::encode(digest.get(..12).unwrap_or_default()));
        namespace.push('.');
        Self {
            platform,
            config,
            namespace,
            live: RefCell::default(),
            known: RefCell::default(),
            refresh: Flight::default(),
            callback: Flight::default(),
            trace: Trace::default(),
        }
    }

    /// Loads what an earlier page left behind. Sends nothing; damaged data is removed and
    /// reported as a `problem`, never as a failure.
    pub async fn restore(&self) {
        let mut states = Vec::new();
        for slot in 0..transaction::SLOTS {
            match self.platform.get(Area::Shared, &self.slot_key(slot)).await {
                Ok(Some(record)) => states.extend(transaction::peek(&record).map(|(state, _)| state)),
                Ok(None) => {}
                Err(_) => break,
            }
        }
        self.live.borrow_mut().states = states;
        if self.config.persist == Persist::Memory {
            return;
        }
        match self.platform.get(Area::Session, &self.key("session")).await {
            Ok(Some(record)) => match Session::read(&record, &self.config) {
                Stored::Session(session) => {
                    self.note("restore", (Party::Storage, Party::Portcullis), [None, None]);
                    self.change(|live| live.session = Some(Rc::new(session)));
                }
                Stored::Foreign => {}
                Stored::Corrupt => {
                    // nothing is lost if it stays: the next start finds it again
                    let _ = self.platform.remove(Area::Session, &self.key("session")).await;
                    self.problem(Code::StorageCorrupt.at("session"));
                }
            },
            Ok(None) => {}
            Err(error) => self.problem(error),
        }
    }

    /// The state as JSON text of the contract's `AuthState`.
    #[must_use]
    pub fn state(&self) -> String {
        let live = self.live.borrow();
        let session = live.session.as_deref();
        let status = match session {
            Some(_) if live.stale => "stale",
            Some(_) => "signed-in",
            None if live.signing_in > 0 => "signing-in",
            None => "signed-out",
        };
        let mut scope = String::from("[");
        for word in session.map_or("", |session| &session.scope).split(' ').filter(|word| !word.is_empty()) {
            if scope.len() > 1 {
                scope.push(',');
            }
            scope.push_str(&quote(word));
        }
        scope.push(']');
        let mut state = ObjectWriter::new();
        state.text("status", status).raw("user", session.map_or("null", |session| &session.claims));
        match session.and_then(|session| session.expires_at) {
            Some(expires_at) => state.whole("accessTokenExpiresAt", expires_at.0),
            None => state.raw("accessTokenExpiresAt", "null"),
        };
        state.raw("scope", &scope);
        state.finish()
    }

    /// The last steps as JSON text, an array of the contract's `TraceEvent`.
    #[must_use]
    pub fn trace(&self) -> String {
        self.trace.to_json()
    }

    /// Makes every later call fail with `disposed`. The stored session stays.
    pub fn dispose(&self) {
        self.live.borrow_mut().disposed = true;
    }

    fn now(&self) -> UnixTime {
        UnixTime(self.platform.millis().div_euclid(1000))
    }

    fn key(&self, name: &str) -> String {
        let mut key = self.namespace.clone();
        key.push_str(name);
        key
    }

    fn slot_key(&self, slot: usize) -> String {
        let mut key = self.key("transaction.");
        push_decimal(&mut key, i64::try_from(slot).unwrap_or_default());
        key
    }

    fn session(&self) -> Option<Rc<Session>> {
        self.live.borrow().session.clone()
    }

    /// Refuses to begin anything that could send a request from a page that must not.
    fn ensure_usable(&self) -> Result<()> {
        if self.live.borrow().disposed {
            return Err(Code::Disposed.into());
        }
        if self.platform.is_secure() {
            return Ok(());
        }
        if !self.config.allow_insecure_context {
            return Err(Code::InsecureContext.into());
        }
        self.platform.warn("portcullis: dangerouslyAllowInsecureContext: anybody on the network can take over this session");
        Ok(())
    }

    /// Changes the state and says so.
    fn change(&self, change: impl FnOnce(&mut Live)) {
        change(&mut self.live.borrow_mut());
        self.platform.emit(Event::State, "");
    }

    /// Reports what no call can report.
    fn problem(&self, error: Error) {
        self.note("problem", (Party::Portcullis, Party::Portal), [Some(("code", Detail::Word(error.code.as_str()))), None]);
        let mut detail = ObjectWriter::new();
        detail.raw("error", &report::to_json(&error.into()));
        self.platform.emit(Event::Problem, &detail.finish());
    }

    fn note(&self, step: &'static str, between: (Party, Party), details: [Option<(&'static str, Detail)>; 2]) {
        self.trace.note(self.platform.millis(), step, between, details);
    }

    /// Sends a request to the provider, leaving a trace of it.
    async fn send(&self, step: &'static str, request: HttpRequest, seconds: u32) -> Result<HttpResponse> {
        let started = self.platform.millis();
        let method = if request.form.is_some() { "POST" } else { "GET" };
        self.note(step, (Party::Portcullis, Party::Provider), [Some(("method", Detail::Word(method))), None]);
        let answer = self.platform.send(request, seconds).await;
        let result = match &answer {
            Ok(response) => ("status", Detail::Number(i64::from(response.status))),
            Err(error) => ("code", Detail::Word(error.code.as_str())),
        };
        let took = ("ms", Detail::Number(self.platform.millis() - started));
        self.note(step, (Party::Provider, Party::Portcullis), [Some(result), Some(took)]);
        answer
    }

    /// Makes `session` the current one, and keeps it as the options say. A full or blocked store
    /// costs the session's survival, not the session.
    async fn keep(&self, session: Rc<Session>) {
        let record = (self.config.persist != Persist::Memory).then(|| session.to_record(&self.config));
        self.change(|live| {
            live.session = Some(session);
            live.stale = false;
        });
        let Some(record) = record else { return };
        let key = self.key("session");
        if let Err(error) = self.platform.set(Area::Session, &key, &record).await {
            // an outdated record is worse than none: its refresh token may be spent
            let _ = self.platform.remove(Area::Session, &key).await;
            self.problem(error);
        }
    }

    /// Forgets the session, here first and then in the store; nothing can stop it.
    async fn forget(&self, reason: &'static str) {
        let was_signed_in = self.session().is_some();
        self.change(|live| {
            live.session = None;
            live.stale = false;
        });
        if was_signed_in {
            let mut detail = ObjectWriter::new();
            detail.text("reason", reason);
            self.platform.emit(Event::SignedOut, &detail.finish());
        }
        if self.config.persist != Persist::Memory
            && let Err(error) = self.platform.remove(Area::Session, &self.key("session")).await
        {
            self.problem(error);
        }
    }
}
