//! Tabs of one origin: what one of them does to the session, the others see.
//!
//! What a tab hears is a reason to look at the store, never a reason to believe: no message
//! carries anything. Sessions that tabs share (`device`) are read again; where every tab has its
//! own (`tab`), one that knows less asks the others.

use alloc::rc::Rc;
use core::mem;

use super::{Client, MIN_VALIDITY, OPEN, OUTAGE, SESSION, STAYED, logout::Leaving};
use crate::{
    config::Persist,
    platform::{Event, Platform},
    session::{Session, Stored},
};

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
        self.mark_unmarked().await;
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
                let found = Session::read(record, &self.config);
                if let Some(found) = self.goes_on(found) {
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
        let stored = record.map(|record| Session::read(record, &self.config));
        if let Some(Stored::Session(found)) = &stored
            && self.is_ended(found)
        {
            // of a tab that did not know, or from before a start that could not look
            let _ = self.save(SESSION, None);
        }
        if let Some(found) = stored.and_then(|stored| self.goes_on(stored)) {
            let held = self.session().filter(|held| held.rank() > found.rank());
            match held.filter(|held| !self.is_ended(held)) {
                // a record that outlived a failed write, or of a tab that could not see this one yet
                Some(held) => {
                    let saved = self.save(SESSION, Some(held.as_record()));
                    // tabs that put back theirs, or cannot, would else keep each other awake for ever
                    let told = mem::replace(&mut self.live.borrow_mut().put_back, held.rank());
                    if saved.is_ok() && told != held.rank() {
                        self.platform.tell();
                    }
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

    /// The session that was in a record, if it is one of this client and goes on.
    fn goes_on(&self, stored: Stored) -> Option<Session> {
        match stored {
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

    /// What the tabs of this client call it.
    pub(super) fn name(&self) -> &str {
        self.keys.get(SESSION).map_or("", |key| key)
    }
}
