//! Tabs of one origin: what one of them does to the session, the others see.
//!
//! What a tab hears is a reason to look at the store, never a reason to believe: no message
//! carries anything. Sessions that tabs share (`device`) are read again; where every tab has its
//! own (`tab`), one that knows less asks the others. That a user signed out is written down for
//! every tab, whatever it keeps its session in.

use alloc::{rc::Rc, string::String};

use super::{Client, ENDED, MIN_VALIDITY, OPEN, OUTAGE, OVER, SESSION, STAYED, logout::Leaving};
use crate::{
    codec::{
        base64url,
        json::{ObjectWriter, quote},
    },
    config::Persist,
    error::Result,
    jose::alg::sha256,
    platform::{Event, Platform},
    session::{Session, Stored},
};

/// The member that tells when the last ended that somebody asked for.
const ASKED: &str = "asked";
/// How many members of an earlier mark are kept: the time, when one was asked for, and those that
/// ended last.
const REMEMBERED: usize = 11;

/// Why to look at the store again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// Another tab says that something has changed.
    Told,
    /// The user sees the page again.
    Seen,
    /// The machine is connected again.
    Online,
    /// The page was left, and the browser brought it back as it was.
    Restored,
    /// The time that was asked for is here.
    Due,
    /// The user does something.
    Active,
    /// The provider's session is no longer what it was.
    Changed,
}

impl<P: Platform> Client<P> {
    /// Looks at the store, and at the provider if a refresh has failed for want of one.
    pub async fn look(&self, occasion: Occasion) {
        if self.live.borrow().disposed {
            return;
        }
        let left_at = self.live.borrow().left_at;
        let has_stayed = left_at.is_some_and(|at| self.platform.steady() >= at + STAYED);
        if occasion == Occasion::Restored || has_stayed {
            // whatever was about to leave this page has left it, or never will
            self.change(|live| {
                live.arrive();
                live.left_at = None;
            });
            if matches!(self.live.borrow().leaving, Leaving::UnderWay) {
                self.stay();
            }
        }
        if matches!(occasion, Occasion::Told | Occasion::Restored) {
            // a sibling may know more than the store
            self.catch_up().await;
        } else if self.platform.pull(&self.keys).await.is_ok() {
            self.reread();
        }
        // too late is too late, also for whoever comes back now
        if occasion == Occasion::Active && self.limit_reached().is_none() {
            self.note_activity();
        }
        self.mind_limits().await;
        if matches!(occasion, Occasion::Online | Occasion::Restored) {
            let _ = self.save(OUTAGE, None);
        }
        if occasion == Occasion::Changed {
            self.check_session().await;
        }
        self.watch_provider().await;
        let is_stale = self.live.borrow().stale;
        let is_back = matches!(
            occasion,
            Occasion::Seen | Occasion::Online | Occasion::Restored
        );
        if is_stale && is_back {
            // the state says how it went
            let _ = self.access_token(MIN_VALIDITY, true).await;
        }
    }

    /// Takes over what other tabs know of the session, from the store or from themselves; whether
    /// there is one that keeps a session newer than this for itself. A store that cannot be read
    /// says nothing.
    pub(super) async fn catch_up(&self) -> bool {
        if self.platform.pull(&self.keys).await.is_err() {
            return false;
        }
        // what is over is over before anybody is asked
        self.reread();
        let mut is_there = false;
        if self.config.persist() == Persist::Tab {
            let since = self.session().map_or(0, |session| session.rank());
            if let Some(record) = self.platform.ask(self.name(), since).await {
                is_there = true;
                if let Some(found) = self.readable(record) {
                    let _ = self.save(SESSION, Some(found.as_record()));
                    self.adopt(found);
                }
            }
        }
        self.reread();
        is_there
    }

    /// Takes over the session of a tab that is open, in one that has none. Waits only if there
    /// may be such a tab.
    pub(super) async fn adopt_from_sibling(&self) {
        if self.config.persist() == Persist::Tab
            && self.session().is_none()
            && matches!(self.load(OPEN), Ok(Some(_)))
        {
            // one that did not answer in time may answer the next tab
            let is_there = self.catch_up().await;
            if !is_there && self.session().is_none() {
                let _ = self.save(OPEN, None);
            }
        }
    }

    /// Takes over what other tabs have written about the session.
    pub(super) fn reread(&self) {
        let record = self.load(SESSION).ok().flatten();
        if let Some(found) = record.and_then(|record| self.readable(record)) {
            let held = self.session().filter(|held| held.rank() > found.rank());
            match held.filter(|held| !self.is_ended(held)) {
                // a record that outlived a failed write, or of a tab that could not see this one yet
                Some(held) => {
                    let _ = self.save(SESSION, Some(held.as_record()));
                    self.platform.tell();
                }
                None => self.adopt(found),
            }
        }
        if let Some(session) = self.session()
            && let Some(reason) = self.ended_by(&session)
        {
            self.drop_session(reason);
            let _ = self.save(SESSION, None);
        }
    }

    /// The session in a record, if it is one of this client and goes on.
    fn readable(&self, record: String) -> Option<Session> {
        match Session::read(record, &self.config) {
            Stored::Session(found) if !self.is_ended(&found) && !self.is_too_old(&found) => {
                Some(found)
            }
            _ => None,
        }
    }

    fn adopt(&self, found: Session) {
        let before = self.session();
        let same = |session: &Rc<Session>| session.as_record() == found.as_record();
        if before.as_ref().is_some_and(same) {
            return;
        }
        let goes_on = before.is_some_and(|before| before.subject() == found.subject());
        let found = Rc::new(found);
        self.hold(found.clone());
        if !self.is_current(&found) {
            // whoever heard of the state has signed out
        } else if goes_on {
            self.emit_refreshed(&found);
        } else {
            self.emit(Event::SignedIn, "user", &found.claims);
        }
    }

    /// Forgets the session here, and says so.
    pub(super) fn drop_session(&self, reason: &'static str) {
        let was_there = self.session().is_some();
        self.change(|live| {
            live.session = None;
            live.stale = false;
        });
        if was_there {
            self.emit(Event::SignedOut, "reason", &quote(reason));
        }
    }

    /// Writes down for every tab that this user's sessions are over. A refusal ends the sessions
    /// that share the refused token, which are those that share the store.
    pub(super) fn mark_ended(&self, session: &Session, reason: &str) -> Result<()> {
        // a token or a lifetime is one session's own
        let is_its_own = matches!(reason, "refused" | "max-lifetime");
        if is_its_own && self.config.persist() != Persist::Device {
            return Ok(());
        }
        self.mark(ENDED, &session.subject(), reason == "logout")
    }

    /// Whether somebody has signed the user of `session` out in any tab since the mark `before`, or the provider
    /// has said that this very session is over. Sessions end for other reasons, too, which say nothing about a
    /// new one.
    pub(super) fn is_signed_out_since(&self, before: i64, session: &Session) -> bool {
        let is_asked_for = self
            .record(ENDED)
            .is_some_and(|record| record.whole(ASKED) > Some(before));
        (is_asked_for && self.is_marked_since(before, ENDED, &session.subject()))
            || session
                .sid()
                .is_some_and(|sid| self.is_marked_since(before, OVER, &sid))
    }

    fn is_marked_since(&self, before: i64, number: usize, name: &str) -> bool {
        let record = self.record(number);
        record.and_then(|record| record.whole(&unnamed(name))) > Some(before)
    }

    /// Writes down that what `name` stands for is over from now on, without naming it, and whether
    /// somebody asked for that, beside the last that ended before: a tab that slept looks for its own.
    pub(super) fn mark(&self, number: usize, name: &str, is_asked_for: bool) -> Result<()> {
        let at = self.platform.millis().max(self.last_ended() + 1);
        let who = unnamed(name);
        let mut record = ObjectWriter::new();
        record.whole("at", at).whole(&who, at);
        if is_asked_for {
            record.whole(ASKED, at);
        }
        if let Some(before) = self.record(number) {
            for (member, value) in before.view().members().take(REMEMBERED) {
                if member != "at" && member != who && !(is_asked_for && member == ASKED) {
                    record.raw(&member, value.raw());
                }
            }
        }
        self.save(number, Some(&record.finish()))
    }

    /// Whether a tab has ended this user's sessions since this one began, or the provider this one,
    /// whatever clocks say.
    pub(super) fn is_ended(&self, session: &Session) -> bool {
        self.ended_by(session).is_some()
    }

    /// Which of the two it was, as the reason that a tab tells.
    fn ended_by(&self, session: &Session) -> Option<&'static str> {
        let is_marked =
            |number, name: &str| self.is_marked_since(session.last_ended(), number, name);
        if is_marked(ENDED, &session.subject()) {
            return Some("other-tab");
        }
        session
            .sid()
            .filter(|sid| is_marked(OVER, sid))
            .map(|_| "provider")
    }

    /// The last end of a session that is written down, as a number that grows with each.
    pub(super) fn last_ended(&self) -> i64 {
        self.ended_at(ENDED).max(self.ended_at(OVER))
    }

    fn ended_at(&self, number: usize) -> i64 {
        let record = self.record(number);
        record
            .and_then(|record| record.whole("at"))
            .unwrap_or_default()
    }

    /// What the tabs of this client call it.
    pub(super) fn name(&self) -> &str {
        self.keys.get(SESSION).map_or("", |key| key)
    }
}

/// Tells users, or sessions, apart without naming them.
fn unnamed(name: &str) -> String {
    base64url::encode(&sha256(name.as_bytes()))
}
