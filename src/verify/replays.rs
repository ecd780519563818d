//! Logout tokens that were acted upon: each is good once.

use alloc::collections::VecDeque;
use core::cell::RefCell;

use crate::{
    error::{Code, Place, Result},
    jose::alg::sha256,
    protocol::jwt::Expected,
    time::UnixTime,
};

/// How many are remembered, so that nobody can fill the memory: the oldest go first.
const MOST: usize = 1000;

/// What tells each from every other, as a digest, and until when it would be accepted.
#[derive(Debug, Default)]
pub(super) struct Replays(RefCell<VecDeque<([u8; 32], UnixTime)>>);

impl Replays {
    /// Takes note of the token that its issuer calls `jti`, which was `expected` so.
    ///
    /// # Errors
    /// `logout_token` if it has been here before.
    pub(super) fn note(&self, expected: &Expected, jti: &str, expires_at: UnixTime) -> Result<()> {
        // one token may be for several clients of one server
        let name = [&*expected.issuer, &expected.audience.join("\n"), jti].join("\n");
        let name = sha256(name.as_bytes());
        let mut seen = self.0.borrow_mut();
        seen.retain(|(_, until)| *until > expected.now);
        if seen.iter().any(|(known, _)| *known == name) {
            return Err(Code::LogoutToken.at(Place::Jti));
        }
        if seen.len() == MOST {
            seen.pop_front();
        }
        seen.push_back((name, expires_at));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, Replays};
    use crate::{
        protocol::jwt::Expected,
        time::{Seconds, UnixTime},
    };
    use std::{string::ToString, vec};

    fn expected(issuer: &str, audience: &str, now: i64) -> Expected {
        Expected {
            issuer: issuer.into(),
            audience: vec![audience.into()],
            typ: None,
            tolerance: Seconds(0),
            now: UnixTime(now),
        }
    }

    #[test]
    fn a_token_is_good_once_for_its_issuer_and_its_audience() {
        let replays = Replays::default();
        let is_new = |issuer, audience, jti| {
            let expected = expected(issuer, audience, 10);
            replays.note(&expected, jti, UnixTime(20)).is_ok()
        };
        assert!(is_new("a", "x", "1"));
        assert!(!is_new("a", "x", "1"));
        assert!(is_new("b", "x", "1") && is_new("a", "y", "1") && is_new("a", "x", "2"));
        assert!(!is_new("b", "x", "1") && !is_new("a", "y", "1") && !is_new("a", "x", "2"));
    }

    #[test]
    fn what_has_expired_is_forgotten_and_the_oldest_goes_first() {
        let replays = Replays::default();
        let note = |jti: usize, now| {
            replays.note(&expected("a", "x", now), &jti.to_string(), UnixTime(20))
        };
        for jti in 0..=MOST {
            note(jti, 10).unwrap();
        }
        assert_eq!(replays.0.borrow().len(), MOST);
        note(1, 19).unwrap_err();
        note(0, 19).unwrap();
        note(7, 20).unwrap();
        assert_eq!(replays.0.borrow().len(), 1);
    }
}
