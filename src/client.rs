//! The sequences: what happens in which order when a portal signs in, calls an API, signs out.
//!
//! A [`Client`] is driven through shared references and never holds a borrow across an await or
//! a call out. Each sequence has a file of its own; this one holds what they share.

mod api;
mod automatic;
mod callback;
mod check_session;
pub mod diagnose;
mod dpop;
mod ended;
mod exchange;
pub(crate) mod flight;
mod front_channel;
mod initiate;
mod limits;
mod login;
mod logout;
mod outage;
mod provider;
mod records;
mod refine;
mod signed_response;
mod tabs;
mod tokens;
mod trace;

use alloc::{rc::Rc, string::String, vec::Vec};
use core::{cell::RefCell, fmt, task::Waker};

pub use self::{api::Grant, tabs::Occasion, tokens::MIN_VALIDITY};
use self::{
    dpop::Nonces,
    flight::Flight,
    logout::Leaving,
    provider::Known,
    records::{
        ACTIVE, AUTOMATIC, ENDED, JWKS, LOGOUT, METADATA, OPEN, OUTAGE, OVER, SESSION, UNMARKED,
    },
    trace::{Arrow, Trace},
};
use crate::{
    codec::{
        json::{ObjectWriter, word_list},
        record::Record,
    },
    config::{Config, Persist},
    error::{Code, Error, Failure, Place, Result},
    platform::{Event, Platform},
    protocol::transaction,
    report,
    secret::Secret,
    session::{Session, Stored},
    time::{Seconds, UnixTime},
};

/// After how many milliseconds a page that was to be left counts as kept.
const STAYED: i64 = 10_000;

/// A result whose error carries the other side's words.
pub type Outcome<T> = core::result::Result<T, Failure>;

/// One portal's client at one provider.
pub struct Client<P> {
    platform: P,
    config: Config,
    /// Where our records are, see [`records`].
    keys: Vec<String>,
    live: RefCell<Live>,
    known: RefCell<Known>,
    flight: Flight,
    trace: Trace,
}

/// What changes while the page lives.
#[derive(Debug, Default)]
struct Live {
    session: Option<Rc<Session>>,
    /// How many sign-ins are under way in this page.
    signing_in: u32,
    /// How many of them began here, and are to leave the page or have a window.
    begun: u32,
    /// The state of the sign-in that was completed last, which can be given up no more.
    entered: Option<String>,
    /// Whether the last refresh failed without being refused.
    stale: bool,
    /// How it did, if it was this page's.
    failed: Option<Failure>,
    /// When the access token expires by the steady clock, as far as this page can tell.
    expires_at: Option<i64>,
    /// States issued by this client, for which a slot was found at the start or written since.
    states: Vec<String>,
    /// Where taking a callback out of the address bar left the page, and the callback.
    callback: Option<(String, Secret)>,
    /// The last sign-in that somebody signed out of here while the store took no note of that.
    unmarked: Option<Record>,
    /// The rank of the session that was put back over an older one last.
    put_back: i64,
    /// How many sign-outs were asked for in this page.
    sign_outs: u32,
    /// What a sign-out has to tell the provider.
    leaving: Leaving,
    /// Sign-ins that let it go first.
    waiting: Vec<Waker>,
    disposed: bool,
    /// When this page was to be left, by the steady clock.
    left_at: Option<i64>,
    /// How many seconds the last answer asked to be left alone for.
    retry_after: u32,
    /// What servers want in proofs of possession.
    nonces: Nonces,
    /// Whether it was said that the provider's session cannot be watched.
    unwatchable: bool,
    /// The time of inactivity that the page was last warned of, by its beginning.
    warned_since: Option<i64>,
}

impl Live {
    /// No sign-in is under way any more.
    fn arrive(&mut self) {
        self.signing_in = 0;
        self.begun = 0;
    }
}

impl<P: Platform> Client<P> {
    /// A client that has not looked at its store yet; call [`Self::restore`] next.
    #[must_use]
    pub fn new(config: Config, platform: P) -> Self {
        let keys = records::keys(&config);
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
        if self.config.needs_all() {
            drop(self.platform.complete());
        }
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
        self.live.borrow_mut().unmarked = self.record(UNMARKED);
        self.finish_logout();
        match self.load(SESSION) {
            Ok(None) => {}
            Ok(Some(record)) => match Session::read(record, &self.config) {
                Stored::Session(session) if self.is_ended(&session) => {
                    let _ = self.save(SESSION, None);
                }
                Stored::Session(session) => {
                    self.note("restore", Arrow::FromStorage, None);
                    self.hold(Rc::new(session));
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
            // whoever opens a page is there; nobody need be for a frame
            None if self.session().is_some() && !self.platform.is_framed() => {
                self.note_activity();
            }
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

    /// The session, while it is this user's.
    fn session_of(&self, subject: &str) -> Result<Rc<Session>> {
        let session = self.session().filter(|now| now.subject() == subject);
        session.ok_or(Code::LoginRequired.into())
    }

    /// How many seconds a tab that has its turn is waited for: the time of its request, and as much again for
    /// metadata, for keys, and for a nonce.
    fn longest_turn(&self) -> u32 {
        let requests = if self.config.binds_tokens() { 4 } else { 3 };
        requests * self.config.timeout()
    }

    /// Whether nobody has put another session in place of this one, or ended it.
    fn is_current(&self, session: &Rc<Session>) -> bool {
        self.session().is_some_and(|now| Rc::ptr_eq(&now, session))
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

    /// Leaves the page; somebody may stay all the same.
    fn leave_for(&self, url: &str) -> Result<()> {
        self.live.borrow_mut().left_at = Some(self.platform.steady());
        self.platform.wake_in(STAYED);
        self.platform.navigate(url)
    }

    /// Makes `session` the current one, whose token ages from now on by two clocks: one of them
    /// can be set back, the other stands still in a machine that sleeps.
    fn hold(&self, session: Rc<Session>) {
        let left = session
            .expires_at()
            .map(|at| at.0 * 1000 - self.platform.millis());
        let expires_at = left.map(|left| self.platform.steady() + left);
        self.forget_unmarked();
        self.change(|live| {
            live.session = Some(session);
            live.stale = false;
            live.expires_at = expires_at;
        });
    }

    /// Whether the current session's token is good for `span` more.
    fn is_valid_for(&self, session: &Session, span: Seconds) -> bool {
        let expires_at = self.live.borrow().expires_at;
        let needed = self.platform.steady() + span.0 * 1000;
        session.is_valid_for(span, self.now()) && expires_at.is_none_or(|at| at >= needed)
    }

    /// Makes `session` the current one, and keeps it as the options say. A full or blocked store
    /// costs the session's survival, not the session.
    async fn keep(&self, session: Rc<Session>) {
        if self.config.persist() == Persist::Tab {
            // without it a new tab does not ask, and signs in
            let _ = self.save(OPEN, Some("{}"));
        }
        let saved = self.save(SESSION, Some(session.as_record()));
        // written before anybody hears of it, who may sign out at once
        self.hold(session);
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
