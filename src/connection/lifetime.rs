//! A token at hand: how long it may be sent, and when it is time for another.

use alloc::{string::String, vec::Vec};

use serde::{Deserialize, Serialize};

use super::template::is_header_value;
use crate::secret::Secret;

/// How long before its end a token counts as dead: what is sent takes a moment to arrive.
const MARGIN: i64 = 5;
/// The longest time before its end that a token is renewed.
const EARLIEST: i64 = 300;
/// How long after a renewal that failed there is no other, in seconds, at first and at most.
const REST: i64 = 5;
const LONGEST_REST: i64 = 60;
/// The longest time that a store is told, in seconds: a signed number of 32 bits holds it.
const LONGEST_KEPT: i64 = i32::MAX as i64;

/// A token and its times, in Unix time. This is what a store holds.
#[derive(Clone, Serialize, Deserialize)]
pub struct Held {
    token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    /// When it came.
    pub since: i64,
    /// When it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
    /// How long it may lie unused, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle: Option<i64>,
    /// When it was last sent.
    pub used: i64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    values: Vec<(String, String)>,
    /// Where between 0 and 255 this instance renews it, among all that share it. Not stored.
    #[serde(skip)]
    pub jitter: u8,
    /// Not renewed before this, since a renewal failed just now. Not stored.
    #[serde(skip)]
    rests_until: i64,
    /// For how long, in seconds.
    #[serde(skip)]
    rest: i64,
    /// Whether a store has it, or had it. Not stored.
    #[serde(skip)]
    shared: bool,
}

impl Held {
    /// A token that came just now. `lifetime` is how long it lives in any case.
    #[must_use]
    pub fn new(
        issued: super::answer::Issued,
        now: i64,
        idle: Option<i64>,
        longest: Option<i64>,
    ) -> Self {
        let lifetime = match (issued.lifetime, longest) {
            (Some(told), Some(longest)) => Some(told.min(longest)),
            (told, longest) => told.or(longest),
        };
        let exposed = |(name, value): (String, Secret)| (name, value.expose().into());
        Self {
            token: issued.token.expose().into(),
            refresh_token: issued.refresh_token.map(|token| token.expose().into()),
            since: now,
            until: lifetime.map(|lifetime| now.saturating_add(lifetime)),
            idle,
            used: now,
            values: issued.values.into_iter().map(exposed).collect(),
            jitter: 0,
            rests_until: 0,
            rest: 0,
            shared: false,
        }
    }

    /// A token that was saved by hand, without end.
    #[must_use]
    pub fn saved(token: &Secret, now: i64) -> Self {
        let issued = super::answer::Issued {
            token: token.clone(),
            refresh_token: None,
            lifetime: None,
            values: Vec::new(),
            ignored: None,
        };
        Self::new(issued, now, None, None)
    }

    /// From a store; `None` for what is damaged.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut held: Self = serde_json::from_str(text).ok()?;
        held.share();
        (!held.token.is_empty() && is_header_value(&held.token)).then_some(held)
    }

    /// For a store.
    #[must_use]
    pub fn write(&self) -> Secret {
        Secret::new(serde_json::to_string(self).unwrap_or_default())
    }

    /// Notes that a store has it.
    pub const fn share(&mut self) {
        self.shared = true;
    }

    /// Whether a store has it, or had it.
    #[must_use]
    pub const fn is_shared(&self) -> bool {
        self.shared
    }

    /// How long a store need keep it, in seconds; 0 if that is not known.
    #[must_use]
    pub fn worth_keeping(&self, now: i64) -> u32 {
        let end = self.until.filter(|_| self.refresh_token.is_none());
        end.map_or(0, |end| {
            u32::try_from(end.saturating_sub(now).clamp(1, LONGEST_KEPT)).unwrap_or(1)
        })
    }

    /// The token.
    #[must_use]
    pub fn token(&self) -> Secret {
        Secret::new(self.token.clone())
    }

    /// What another one can be had with.
    #[must_use]
    pub fn refresh_token(&self) -> Option<Secret> {
        self.refresh_token.clone().map(Secret::new)
    }

    /// The refresh token stays where an answer brought none (RFC 6749 §6).
    pub fn inherit(&mut self, refresh_token: Option<Secret>) {
        if self.refresh_token.is_none() {
            self.refresh_token = refresh_token.map(|token| token.expose().into());
        }
    }

    /// Whether both are one and the same, whatever their times.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.token == other.token && self.refresh_token == other.refresh_token
    }

    /// Whether it came before `here`; of the same second, too, where no store has seen what is here.
    #[must_use]
    pub const fn is_older(&self, here: &Self) -> bool {
        self.since < here.since || self.since == here.since && !here.shared
    }

    /// The same as another server knows it, with what is known of it `here` alone: when it was sent, and that
    /// a renewal failed.
    #[must_use]
    pub fn resumed(self, here: &Self) -> Self {
        Self {
            used: self.used.max(here.used),
            rests_until: here.rests_until,
            rest: here.rest,
            ..self
        }
    }

    /// The same, at its end.
    #[must_use]
    pub fn spent(&self, now: i64) -> Self {
        Self {
            until: Some(now),
            ..self.clone()
        }
    }

    /// Other values that came with it, by name.
    pub fn values(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| (&**name, &**value))
    }

    /// When it dies if nobody sends it before.
    #[must_use]
    pub fn end(&self) -> Option<i64> {
        let idle = self.idle.map(|idle| self.used.saturating_add(idle));
        match (self.until, idle) {
            (Some(until), Some(idle)) => Some(until.min(idle)),
            (until, idle) => until.or(idle),
        }
    }

    /// Whether it may still be sent. A clock that was set to long before the token came ends it; one
    /// that was set back less far makes it live longer by as much.
    #[must_use]
    pub fn is_alive(&self, now: i64) -> bool {
        let margin = MARGIN.min(self.shortest() / 2);
        now >= self.since.saturating_sub(EARLIEST)
            && self
                .end()
                .is_none_or(|end| now < end.saturating_sub(margin))
    }

    /// Whether it is time for another: in the last fifth of its life, earlier on some instances
    /// than on others, so that not all of them ask at once. What may lie idle is not renewed.
    #[must_use]
    pub fn is_due(&self, now: i64) -> bool {
        let Some(until) = self.until else {
            return false;
        };
        let early = (until.saturating_sub(self.since) / 5).clamp(0, EARLIEST);
        let drawn = early.saturating_mul(i64::from(self.jitter)) / 256;
        now >= self.rests_until && now >= until.saturating_sub(early - drawn / 2)
    }

    /// A renewal failed: the next one is for later, each time twice as late, so that a system that is
    /// down is not asked, and waited for, with every call.
    pub fn postpone(&mut self, now: i64) {
        self.rest = self.rest.saturating_mul(2).clamp(REST, LONGEST_REST);
        self.rests_until = now.saturating_add(self.rest);
    }

    fn shortest(&self) -> i64 {
        let lifetime = self.until.map(|until| until.saturating_sub(self.since));
        match (lifetime, self.idle) {
            (Some(lifetime), Some(idle)) => lifetime.min(idle),
            (lifetime, idle) => lifetime.or(idle).unwrap_or(i64::MAX),
        }
    }
}

impl core::fmt::Debug for Held {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Held(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::Held;
    use crate::{connection::answer::Issued, secret::Secret};
    use std::{format, string::ToString, vec};

    fn held(lifetime: Option<i64>, idle: Option<i64>, longest: Option<i64>) -> Held {
        let issued = Issued {
            token: Secret::new("t".to_string()),
            refresh_token: None,
            lifetime,
            values: vec![],
            ignored: None,
        };
        Held::new(issued, 1000, idle, longest)
    }

    #[test]
    fn a_token_dies_at_its_end_or_idle_whichever_is_first() {
        for (lifetime, idle, longest, last) in [
            (Some(100), None, None, 1094),
            (Some(100), None, Some(50), 1044),
            (None, None, Some(50), 1044),
            (Some(100), Some(30), None, 1024),
            (None, Some(30), Some(20), 1014),
            (Some(4), None, None, 1001),
        ] {
            let held = held(lifetime, idle, longest);
            assert!(held.is_alive(last), "{lifetime:?} {idle:?} {longest:?}");
            assert!(
                !held.is_alive(last + 1),
                "{lifetime:?} {idle:?} {longest:?}"
            );
        }
        assert!(held(None, None, None).is_alive(i64::MAX));
        assert!(!held(Some(0), None, None).is_alive(1000));
    }

    #[test]
    fn being_sent_keeps_a_token_alive_but_not_beyond_its_end() {
        let mut held = held(None, Some(30), Some(60));
        held.used = 1029;
        assert!(held.is_alive(1050));
        held.used = 1050;
        assert!(!held.is_alive(1056));
    }

    #[test]
    fn a_token_is_renewed_early_and_not_everywhere_at_once() {
        let mut held = held(Some(1000), None, None);
        assert!(!held.is_due(1799));
        assert!(held.is_due(1800));
        held.jitter = 255;
        assert!(!held.is_due(1898));
        assert!(held.is_due(1901));
        assert!(held.is_alive(1901));
    }

    #[test]
    fn a_store_gives_back_what_it_was_given_and_damage_is_nothing() {
        let held = held(Some(100), Some(7), None);
        let read = Held::read(held.write().expose()).unwrap();
        assert_eq!(
            (read.until, read.idle, read.token()),
            (Some(1100), Some(7), held.token())
        );
        for damaged in [
            "",
            "{}",
            "null",
            "[1]",
            r#"{"token":"","since":1,"used":1}"#,
        ] {
            assert!(Held::read(damaged).is_none(), "{damaged}");
        }
        assert_eq!(format!("{held:?}"), "Held(..)");
    }

    #[test]
    fn a_clock_set_far_back_ends_a_token() {
        let held = held(Some(3600), None, None);
        assert!(held.is_alive(700) && !held.is_alive(699));
    }
}
