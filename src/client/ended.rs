//! The end of sessions: here first, then written down for every tab, whatever it keeps its session in.

use alloc::{rc::Rc, string::String};

use super::{Client, ENDED, OVER, SESSION, UNMARKED};
use crate::{
    codec::{
        base64url,
        json::{ObjectWriter, quote},
        record::Record,
    },
    config::Persist,
    error::Result,
    jose::alg::sha256,
    platform::{Event, Platform},
    session::Session,
};

/// Why a session ends that somebody asked for.
pub(super) const ASKED_FOR: &str = "logout";
/// The member that tells when the last of those ended.
const ASKED: &str = "asked";
/// Who signed out, and since when they were signed in, where there is no mark.
const WHO: &str = "who";
const BEGAN_AT: &str = "began_at";
/// How many members of an earlier mark are kept: the time, when one was asked for, and those that
/// ended last.
const REMEMBERED: usize = 11;

impl<P: Platform> Client<P> {
    /// Forgets the session, for every tab; nothing can stop it.
    pub(super) async fn forget(&self, reason: &'static str) {
        let ended = self.end(reason, self.session()).await;
        if let Err(error) = ended {
            self.problem(error);
        }
    }

    /// Forgets the session here and in the store, and marks `ended` as over wherever it is.
    pub(super) async fn end(&self, reason: &'static str, ended: Option<Rc<Session>>) -> Result<()> {
        // this makes room for that
        let removed = self.save(SESSION, None);
        let taken = self.platform.push();
        let marked = ended
            .as_ref()
            .map_or(Ok(()), |session| self.mark_ended(session, reason));
        let noted = self.platform.push();
        let ended = ended.filter(|_| reason == ASKED_FOR);
        self.note_unmarked(ended.as_ref(), marked);
        self.drop_session(reason);
        let pushed = taken.await;
        let noted = noted.await;
        self.note_unmarked(ended.as_ref(), noted);
        self.platform.tell();
        removed.and(marked).and(pushed).and(noted)
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
    fn mark_ended(&self, session: &Session, reason: &str) -> Result<()> {
        // a token or a lifetime is one session's own
        let is_its_own = matches!(reason, "refused" | "max-lifetime");
        if is_its_own && self.config.persist() != Persist::Device {
            return Ok(());
        }
        self.mark(ENDED, &unnamed(&session.subject()), reason == ASKED_FOR)
    }

    /// Remembers that somebody signed out of `session` here if the store took no mark: this tab takes over nothing
    /// more of that sign-in, also after a reload if it can store that at least. What else ended here may have done
    /// so for want of the store, and goes on elsewhere.
    fn note_unmarked(&self, session: Option<&Rc<Session>>, marked: Result<()>) {
        // who keeps sessions in memory cannot tell later whether somebody has signed in since, in another tab
        let is_known = self.config.persist() != Persist::Memory;
        let Some(session) = session.filter(|_| is_known && marked.is_err()) else {
            return;
        };
        let mut record = ObjectWriter::new();
        record
            .text(WHO, &unnamed(&session.subject()))
            .whole(BEGAN_AT, session.began_at());
        let record = record.finish();
        let _ = self.save(UNMARKED, Some(&record));
        self.live.borrow_mut().unmarked = Record::read(record);
    }

    /// Marks that now, unless somebody is signed in here since.
    pub(super) async fn mark_unmarked(&self) {
        let unmarked = self.live.borrow().unmarked.clone();
        if let Some(record) = unmarked
            && self.session().is_none()
            && self.mark(ENDED, &record.text(WHO), true).is_ok()
            && self.platform.push().await.is_ok()
        {
            self.forget_unmarked();
            self.platform.tell();
        }
    }

    pub(super) fn forget_unmarked(&self) {
        let unmarked = self.live.borrow_mut().unmarked.take();
        if unmarked.is_some() {
            let _ = self.save(UNMARKED, None);
        }
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

    /// Writes down that `who` is over from now on, which is [`unnamed`], and whether somebody asked
    /// for that, beside the last that ended before: a tab that slept looks for its own.
    pub(super) fn mark(&self, number: usize, who: &str, is_asked_for: bool) -> Result<()> {
        let at = self.platform.millis().max(self.last_ended() + 1);
        let mut record = ObjectWriter::new();
        record.whole("at", at).whole(who, at);
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
    pub(super) fn ended_by(&self, session: &Session) -> Option<&'static str> {
        let is_marked =
            |number, name: &str| self.is_marked_since(session.last_ended(), number, name);
        if is_marked(ENDED, &session.subject()) || self.is_unmarked(session) {
            return Some("other-tab");
        }
        session
            .sid()
            .filter(|sid| is_marked(OVER, sid))
            .map(|_| "provider")
    }

    /// Whether it is of a sign-in that somebody signed out of in this tab without a mark.
    fn is_unmarked(&self, session: &Session) -> bool {
        self.live.borrow().unmarked.as_ref().is_some_and(|ended| {
            ended.whole(BEGAN_AT) == Some(session.began_at())
                && ended.text(WHO) == unnamed(&session.subject())
        })
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
}

/// Tells users, or sessions, apart without naming them.
pub(super) fn unnamed(name: &str) -> String {
    base64url::encode(&sha256(name.as_bytes()))
}
