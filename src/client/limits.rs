//! Limits of a session that a portal asks for: without a user at the machine, and in all. Both by
//! the wall clock, so that a machine that slept has lost the time it slept.

use alloc::string::String;

use super::{ACTIVE, Client};
use crate::{
    codec::json::{ObjectWriter, push_decimal},
    platform::{Event, Platform},
    session::Session,
};

/// How many milliseconds the clock may have run back since somebody was seen.
const BACKWARDS: i64 = 60_000;

impl<P: Platform> Client<P> {
    /// Has somebody look at the limits soon, if there are any.
    pub(super) fn look_at_limits(&self) {
        let has_limits = self.config.idle_timeout().or(self.config.max_lifetime());
        let has_reason = has_limits.is_some() || self.config.monitors_session();
        if has_reason && self.session().is_some() {
            self.platform.wake_in(0);
        }
    }

    /// Ends the session if its time is over, else looks again when it may be.
    pub(super) async fn mind_limits(&self) {
        match self.limit_reached() {
            Some(reason) => self.forget(reason).await,
            None => self.wait_for_limits(),
        }
    }

    /// Why the session is over, if it is.
    pub(super) fn limit_reached(&self) -> Option<&'static str> {
        let session = self.session()?;
        let now = self.platform.millis();
        if self.is_too_old(&session) {
            return Some("max-lifetime");
        }
        let (_, end) = self.idle_ends(&session)?;
        if end <= now { Some("idle") } else { None }
    }

    /// Somebody is at the machine. Every tab is to know.
    pub(super) fn note_activity(&self) {
        if self.config.idle_timeout().is_none() {
            return;
        }
        let mut record = ObjectWriter::new();
        record.whole("at", self.platform.millis());
        // who cannot write it down is idle sooner, never later
        let _ = self.save(ACTIVE, Some(&record.finish()));
    }

    /// Sees to it that somebody looks when the session may be over, or a warning is due.
    fn wait_for_limits(&self) {
        let Some(session) = self.session() else {
            return;
        };
        let now = self.platform.millis();
        let mut next = self.lifetime_ends(&session).unwrap_or(i64::MAX);
        if let Some((since, end)) = self.idle_ends(&session) {
            self.platform.watch_user(end.saturating_sub(since) / 20);
            let warning = end - self.config.idle_warning() * 1000;
            next = next.min(end);
            if now < warning {
                next = next.min(warning);
            } else if self.live.borrow_mut().warned_since.replace(since) != Some(since) {
                let mut left = String::new();
                push_decimal(&mut left, (end - now + 999) / 1000);
                self.emit(Event::IdleWarning, "secondsLeft", &left);
            }
        }
        if next < i64::MAX {
            self.platform.wake_in(next - now);
        }
    }

    /// Whether a session has lasted for as long as it may.
    pub(super) fn is_too_old(&self, session: &Session) -> bool {
        let now = self.platform.millis();
        self.lifetime_ends(session).is_some_and(|end| end <= now)
    }

    fn lifetime_ends(&self, session: &Session) -> Option<i64> {
        let limit = self.config.max_lifetime()?;
        Some(session.began_at() + limit * 1000)
    }

    /// Since when nobody has been seen, and until when that is put up with.
    fn idle_ends(&self, session: &Session) -> Option<(i64, i64)> {
        let limit = self.config.idle_timeout()?;
        let now = self.platform.millis();
        let seen = self.record(ACTIVE).and_then(|record| record.whole("at"));
        // a clock that was set back must keep nobody signed in
        let unless_ahead = |at| if at <= now + BACKWARDS { at } else { 0 };
        let seen = unless_ahead(seen.unwrap_or_default());
        let since = seen.min(now).max(unless_ahead(session.began_at()));
        Some((since, since + limit * 1000))
    }
}
