//! Tabs of one origin: what one of them does to the session, the others see.
//!
//! What a tab hears is a reason to look at the store, never a reason to believe: no message
//! carries anything. Sessions that tabs share (`device`) are read again; that a user signed out is
//! written down for every tab, whatever it keeps its session in.

use alloc::{rc::Rc, string::String};

use super::{Client, ENDED, MIN_VALIDITY, OUTAGE, SESSION, expiry};
use crate::{
    codec::{
        base64url,
        json::{ObjectWriter, quote},
        record::Record,
    },
    config::Persist,
    jose::alg::Hash,
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
}

impl<P: Platform> Client<P> {
    /// Looks at the store, and at the provider if a refresh has failed for want of one.
    pub async fn look(&self, occasion: Occasion) {
        if self.live.borrow().disposed {
            return;
        }
        if occasion == Occasion::Restored {
            // whatever was about to leave this page has left it
            self.change(|live| live.signing_in = 0);
        }
        if self.platform.pull(&self.keys).await.is_err() {
            return;
        }
        self.reread();
        // too late is too late, also for whoever comes back now
        if occasion == Occasion::Active && self.limit_reached().is_none() {
            self.note_activity();
        }
        self.mind_limits().await;
        if matches!(occasion, Occasion::Online | Occasion::Restored) {
            let _ = self.save(OUTAGE, None);
        }
        let is_stale = self.live.borrow().stale;
        let is_told = matches!(occasion, Occasion::Told | Occasion::Due | Occasion::Active);
        if is_stale && !is_told {
            // the state says how it went
            let _ = self.access_token(MIN_VALIDITY, true).await;
        }
    }

    /// Takes over what other tabs have written about the session.
    pub(super) fn reread(&self) {
        let record = self.load(SESSION).ok().flatten();
        if let Some(record) = record
            && let Stored::Session(found) = Session::read(record, &self.config)
            && !self.is_ended(&found)
        {
            self.adopt(found);
        }
        if let Some(session) = self.session()
            && self.is_ended(&session)
        {
            self.drop_session("other-tab");
            let _ = self.save(SESSION, None);
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
        self.change(|live| {
            live.session = Some(found.clone());
            live.stale = false;
        });
        if goes_on {
            let mut detail = ObjectWriter::new();
            expiry(&mut detail, Some(&found));
            self.platform.emit(Event::Refreshed, &detail.finish());
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
    pub(super) fn mark_ended(&self, session: &Session, reason: &str) {
        if reason == "refused" && self.config.persist() != Persist::Device {
            return;
        }
        let mut record = ObjectWriter::new();
        record
            .whole("at", self.platform.millis())
            .text("who", &who(session));
        let _ = self.save(ENDED, Some(&record.finish()));
    }

    /// Whether a tab has ended this user's sessions since this one began.
    pub(super) fn is_ended(&self, session: &Session) -> bool {
        let record = self.load(ENDED).ok().flatten().and_then(Record::read);
        record.is_some_and(|record| {
            record.whole("at").is_some_and(|at| at > session.began_at())
                && record.text("who") == who(session)
        })
    }

    /// What the tabs of this client call it.
    pub(super) fn name(&self) -> &str {
        self.keys.get(SESSION).map_or("", |key| key)
    }
}

/// Tells users apart without naming them.
fn who(session: &Session) -> String {
    base64url::encode(&Hash::Sha256.digest(session.subject().as_bytes()))
}
