//! A provider that answers a refresh with neither tokens nor a refusal is left alone for a while, by every tab
//! together.

use super::{Client, OUTAGE, Outcome};
use crate::{
    codec::{json::ObjectWriter, record::Record},
    error::{Code, Failure},
    platform::{Platform, draw},
};

/// The first pause, in milliseconds, before jitter; each further one is twice as long.
const FIRST: i64 = 1000;
/// After this many failures in a row pauses grow no longer: about a minute.
const STEPS: i64 = 6;
/// The longest pause that a provider may ask for: an hour.
const LONGEST: i64 = 3_600_000;

impl<P: Platform> Client<P> {
    /// Refuses to ask a provider that is to be left alone, for the reason that it is.
    ///
    /// # Errors
    /// That of the last refresh of this page; `network` if another page had it.
    pub(super) fn ensure_rested(&self) -> Outcome<()> {
        let now = self.platform.millis();
        let rests = |record: Record| {
            // a clock that was set back must not make the pause longer
            record.whole("at").is_some_and(|at| at <= now)
                && record.whole("until").is_some_and(|until| until > now)
        };
        if self.record(OUTAGE).is_some_and(rests) {
            let live = self.live.borrow();
            return Err(live.failed.clone().unwrap_or(Code::Network.into()));
        }
        Ok(())
    }

    /// Notes that the provider gave no answer of use, and until when it is left alone.
    pub(super) fn note_outage(&self, failure: &Failure) {
        self.live.borrow_mut().failed = Some(failure.clone());
        let failures = self
            .record(OUTAGE)
            .and_then(|record| record.whole("failures"));
        let failures = failures.unwrap_or_default().clamp(0, STEPS);
        // from half to one and a half of it, so that tabs and machines do not come back at once
        let chance = draw(&self.platform).map_or(0x80, |[byte, ..]| i64::from(byte));
        let pause = (FIRST << failures) * (128 + chance) / 256;
        let asked = i64::from(self.live.borrow().retry_after) * 1000;
        let now = self.platform.millis();
        let mut record = ObjectWriter::new();
        record
            .whole("failures", failures + 1)
            .whole("at", now)
            .whole("until", now + pause.max(asked).min(LONGEST));
        let _ = self.save(OUTAGE, Some(&record.finish()));
    }

    /// Notes that it answers.
    pub(super) fn end_outage(&self) {
        if self.record(OUTAGE).is_some() {
            let _ = self.save(OUTAGE, None);
        }
    }
}
