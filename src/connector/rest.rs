//! A system that could not answer twice in a row is left alone for a moment, however many calls come meanwhile: they
//! fail as the one before did.

use alloc::string::String;

use super::Connector;
use crate::{
    connection::{
        fault::{Fault, Result},
        lifetime::Held,
    },
    platform::service::Service,
};

/// The first moment, in milliseconds, before jitter; each further one is twice as long.
const FIRST: i64 = 250;
const LONGEST: i64 = 30_000;

/// Why nobody asks.
#[derive(Debug)]
pub(super) struct Rest {
    /// Where the token is kept that cannot be had.
    key: String,
    fault: Fault,
    /// Milliseconds, before jitter; none after a first failure.
    pause: i64,
    since: i64,
    until: i64,
}

impl<P: Service + 'static> Connector<P> {
    /// Refuses to ask for the token that is kept under `key` while its system is left alone.
    pub(super) fn ensure_rested(&self, key: &str) -> Result<()> {
        let now = self.platform.millis();
        let rests = &self.live.borrow().rests;
        match rests.iter().find(|rest| rest.key == key) {
            // a clock that was set back must not make it longer
            Some(rest) if (rest.since..rest.until).contains(&now) => Err(rest.fault.clone()),
            _ => Ok(()),
        }
    }

    /// Notes how a request went. What was refused is no outage: whoever mends it should not have to wait.
    pub(super) fn note_outage(&self, key: &str, outcome: &Result<Held>) {
        let since = self.platform.millis();
        let [chance] = self.draw().unwrap_or([0x80]);
        let rests = &mut self.live.borrow_mut().rests;
        let before = rests.iter().find(|rest| rest.key == key);
        let before = before.map(|rest| rest.pause);
        rests.retain(|rest| rest.key != key && since < rest.until.saturating_add(LONGEST));
        if let Err(fault) = outcome
            && fault.is_retryable()
        {
            let pause = before.map_or(0, |pause| pause.saturating_mul(2).clamp(FIRST, LONGEST));
            // from half to one and a half of it, so that servers do not come back at once
            let until = since.saturating_add(pause * (128 + i64::from(chance)) / 256);
            let fault = fault.clone();
            rests.push(Rest {
                key: key.into(),
                fault,
                pause,
                since,
                until,
            });
        }
    }
}
