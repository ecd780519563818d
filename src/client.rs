//! The sequences: what happens in which order when a portal signs in, calls an API, signs out.
//!
//! A [`Client`] is driven through shared references and never holds a borrow across an await or
//! a call out. Each sequence has a file of its own; this one holds what they share.

mod api;
mod automatic;
mod callback;
pub mod diagnose;
pub(crate) mod flight;
mod limits;
mod login;
mod logout;
mod outage;
mod provider;
mod tabs;
mod tokens;
mod trace;

use alloc::{rc::Rc, string::String, vec::Vec};
use core::{cell::RefCell, fmt};

use self::{
    flight::Flight,
    logout::Leaving,
    provider::Known,
    trace::{Arrow, Trace},
};
pub use self::{tabs::Occasion, tokens::MIN_VALIDITY};
use crate::{
    codec::{
        base64url,
        json::{ObjectWriter, push_decimal, word_list},
        record::Record,
    },
    config::{Config, Persist},
    error::{Code, Error, Failure, Place, Result},
    jose::alg::sha256,
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
pub struct Client<P> {
    platform: P,
    config: Config,
    /// Where our records are: a slot for each pending sign-in, then [`SESSION`] and its kin.
    keys: Vec<String>,
    live: RefCell<Live>,
    known: RefCell<Known>,
    flight: Flight,
    trace: Trace,
}

/// The session's key, behind those of the slots.
const SESSION: usize = transaction::SLOTS;
/// The provider's metadata.
const METADATA: usize = SESSION + 1;
/// The provider's keys.
const JWKS: usize = SESSION + 2;
/// The state of a sign-out under way.
const LOGOUT: usize = SESSION + 3;
/// Whose session ended last, and when.
const ENDED: usize = SESSION + 4;
/// Since when the provider has not been able to answer.
const OUTAGE: usize = SESSION + 5;
/// Sign-ins that nobody clicked for.
const AUTOMATIC: usize = SESSION + 6;
/// When somebody was at the machine.
const ACTIVE: usize = SESSION + 7;
/// That a tab with a session of its own may be open.
const OPEN: usize = SESSION + 8;

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
    /// A sign-out whose provider is yet to be told.
    leaving: Option<Leaving>,
    disposed: bool,
    /// How many seconds the last answer asked to be left alone for.
    retry_after: u32,
    /// The time of inactivity that the page was last warned of, by its beginning.
    warned_since: Option<i64>,
}

impl<P: Platform> Client<P> {
    /// A client that has not looked at its store yet; call [`Self::restore`] next.
    #[must_use]
    pub fn new(config: Config, platform: P) -> Self {
        let mut identity = String::new();
        for part in &[&*config.issuer, &config.client_id, &config.name()] {
            identity.push_str(part);
            identity.push('\n');
        }
        // tells our records from those of every other client on this origin
        let digest = base64url::encode(&sha256(identity.as_bytes()));
        let mut keys = Vec::new();
        for number in 0..=OPEN {
            let mut key = String::from("portcullis.");
            key.push_str(digest.get(..16).unwrap_or_default());
            key.push('.');
            match number {
                SESSION => key.push_str("session"),
                METADATA => key.push_str("metadata"),
                JWKS => key.push_str("jwks"),
                LOGOUT => key.push_str("logout"),
                ENDED => key.push_str("ended"),
                OUTAGE => key.push_str("outage"),
                AUTOMATIC => key.push_str("automatic"),
                ACTIVE => key.push_str("active"),
                OPEN => key.push_str("open"),
                slot => push_decimal(&mut key, i64::try_from(slot).unwrap_or_default()),
            }
            keys.push(key);
        }
        Self {
            platform,
            config,
            keys,
            live: RefCell::default(),
            known: RefCell::default(),
            flight: Flight::default(),
            trace: Trace::default(),
        }
    }

    /// Loads what an earlier page left behind. Sends nothing; damaged data is removed and
    /// reported as a `problem`, never as a failure.
    pub async fn restore(&self) {
        self.platform.listen(self.name());
        if let Err(error) = self.platform.pull(&self.keys).await {
            self.problem(error);
        }
        let mut states = Vec::new();
        for slot in 0..transaction::SLOTS {
            if let Some((state, _)) = self.record(slot).as_ref().and_then(transaction::peek) {
                states.push(state);
            }
        }
        self.live.borrow_mut().states = states;
        self.finish_logout();
        match self.load(SESSION) {
            Ok(None) => {}
            Ok(Some(record)) => match Session::read(record, &self.config) {
                Stored::Session(session) if self.is_ended(&session) => {
                    let _ = self.save(SESSION, None);
                }
                Stored::Session(session) => {
                    self.note("restore", Arrow::FromStorage, None);
                    self.change(|live| live.session = Some(Rc::new(session)));
                }
                Stored::Foreign => {}
                Stored::Corrupt => {
                    // if it cannot be removed, the next start finds it again
                    let _ = self.save(SESSION, None);
                    self.problem(Code::StorageCorrupt.at(Place::Session));
                }
            },
            Err(error) => self.problem(error),
        }
        self.adopt_from_sibling().await;
        match self.limit_reached() {
            Some(reason) => self.forget(reason).await,
            // whoever opens a page is there
            None if self.session().is_some() => self.note_activity(),
            None => {}
        }
        self.look_at_limits();
    }

    /// The state as JSON text of the contract's `AuthState`.
    #[must_use]
    pub fn state(&self) -> String {
        let live = self.live.borrow();
        let (status, user, scope) = match &live.session {
            Some(session) => (
                if live.stale { "stale" } else { "signed-in" },
                &*session.claims,
                session.scope(),
            ),
            None => (
                if live.signing_in > 0 {
                    "signing-in"
                } else {
                    "signed-out"
                },
                "null",
                String::new(),
            ),
        };
        let mut state = ObjectWriter::new();
        state.text("status", status).raw("user", user);
        expiry(&mut state, live.session.as_deref());
        state.raw("scope", &word_list(&scope));
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
        self.platform.hang_up();
    }

    fn now(&self) -> UnixTime {
        UnixTime(self.platform.millis() / 1000)
    }

    fn session(&self) -> Option<Rc<Session>> {
        self.live.borrow().session.clone()
    }

    fn area(&self, number: usize) -> Option<(Area, &str)> {
        let area = match number {
            SESSION => Area::Session,
            AUTOMATIC => Area::Tab,
            _ => Area::Shared,
        };
        let is_kept = number != SESSION || self.config.persist() != Persist::Memory;
        self.keys
            .get(number)
            .filter(|_| is_kept)
            .map(|key| (area, &**key))
    }

    /// One of our records; none where none are kept.
    fn load(&self, number: usize) -> Result<Option<String>> {
        self.area(number)
            .map_or(Ok(None), |(area, key)| self.platform.get(area, key))
    }

    /// One of our records, where whatever cannot be read is as good as none.
    fn record(&self, number: usize) -> Option<Record> {
        self.load(number).ok().flatten().and_then(Record::read)
    }

    /// Writes or removes one of our records.
    fn save(&self, number: usize, record: Option<&str>) -> Result<()> {
        self.area(number)
            .map_or(Ok(()), |(area, key)| self.platform.set(area, key, record))
    }

    /// Refuses to begin anything that could send a request from a page that must not.
    fn ensure_usable(&self) -> Result<()> {
        if self.live.borrow().disposed {
            return Err(Code::Disposed.into());
        }
        if self.platform.is_secure() {
            return Ok(());
        }
        if !self.config.allows_insecure_context() {
            return Err(Code::InsecureContext.into());
        }
        self.platform
            .warn("portcullis: plain http: anybody on the network can take over this session");
        Ok(())
    }

    /// Changes the state and says so.
    fn change(&self, change: impl FnOnce(&mut Live)) {
        change(&mut self.live.borrow_mut());
        self.platform.emit(Event::State, "");
    }

    /// One sign-in more, or one less, is under way.
    fn signing_in(&self, difference: i32) {
        self.change(|live| live.signing_in = live.signing_in.saturating_add_signed(difference));
    }

    /// Reports what no call can report.
    fn problem(&self, error: Error) {
        self.note("problem", Arrow::ToPortal, Some(error));
        self.emit(Event::Problem, "error", &report::to_json(&error.into()));
    }

    /// Emits an event with a detail of one member.
    fn emit(&self, event: Event, name: &str, json: &str) {
        let mut detail = ObjectWriter::new();
        detail.raw(name, json);
        self.platform.emit(event, &detail.finish());
    }

    /// Says that there are new tokens.
    fn emit_refreshed(&self, session: &Session) {
        let mut detail = ObjectWriter::new();
        expiry(&mut detail, Some(session));
        self.platform.emit(Event::Refreshed, &detail.finish());
    }

    fn note(&self, step: &'static str, arrow: Arrow, error: Option<Error>) {
        self.trace
            .note(self.platform.millis(), step, arrow, 0, error, None);
    }

    /// Sends a request to the provider, leaving a trace of it.
    async fn send(
        &self,
        step: &'static str,
        request: HttpRequest,
        seconds: u32,
    ) -> Result<HttpResponse> {
        let started = self.platform.millis();
        self.note(step, Arrow::ToProvider, None);
        let answer = self.platform.send(request, seconds).await;
        let status = answer.as_ref().map_or(0, |response| response.status);
        self.live.borrow_mut().retry_after =
            answer.as_ref().map_or(0, |response| response.retry_after);
        let now = self.platform.millis();
        self.trace.note(
            now,
            step,
            Arrow::FromProvider,
            status,
            answer.as_ref().err().copied(),
            Some(now - started),
        );
        answer
    }

    /// Makes `session` the current one, and keeps it as the options say. A full or blocked store
    /// costs the session's survival, not the session.
    async fn keep(&self, session: Rc<Session>) {
        self.change(|live| {
            live.session = Some(session.clone());
            live.stale = false;
        });
        let saved = self.save(SESSION, Some(session.as_record()));
        if self.config.persist() == Persist::Tab {
            // without it a new tab does not ask, and signs in
            let _ = self.save(OPEN, Some("{}"));
        }
        let kept = match saved {
            Ok(()) => self.platform.push().await,
            failed => failed,
        };
        self.platform.tell();
        self.look_at_limits();
        if let Err(error) = kept {
            // an outdated record is worse than none: its refresh token may be spent
            let _ = self.save(SESSION, None);
            self.problem(error);
        }
    }

    /// Forgets the session, here first and then in the store; nothing can stop it.
    async fn forget(&self, reason: &'static str) {
        if let Some(session) = self.session() {
            self.mark_ended(&session, reason);
        }
        self.drop_session(reason);
        let removed = self.save(SESSION, None);
        let pushed = self.platform.push().await;
        self.platform.tell();
        if let Err(error) = removed.and(pushed) {
            self.problem(error);
        }
    }
}

impl<P> fmt::Debug for Client<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client(..)")
    }
}

/// Adds when the access token expires, or null.
fn expiry(json: &mut ObjectWriter, session: Option<&Session>) {
    let name = "accessTokenExpiresAt";
    match session.and_then(Session::expires_at) {
        Some(expires_at) => json.whole(name, expires_at.0),
        None => json.raw(name, "null"),
    };
}
