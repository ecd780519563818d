//! The checks for which nobody is asked: the page, the browser, the store, the clock.

use alloc::string::String;

use super::{
    checks::Checks,
    findings::{Check, Finding},
};
use crate::{
    client::{Client, SESSION},
    codec::json::push_decimal,
    config::Persist,
    error::Result,
    platform::{Area, Platform, Probe, Probed},
};

/// Where records live.
const AREAS: [(Check, Area); 3] = [
    (Check::Storage, Area::Shared),
    (Check::StorageSession, Area::Session),
    (Check::StorageTab, Area::Tab),
];

impl<P: Platform> Client<P> {
    pub(super) fn check_context(&self, usable: Result<()>, checks: &mut Checks) {
        let id = Check::SecureContext;
        if usable.is_ok() && !self.platform.is_secure() {
            checks.found(id, Finding::PlainHttp, "");
        } else {
            checks.is(id, usable);
        }
    }

    /// Writes a record to every area.
    pub(super) fn write_trials(&self) -> [Result<()>; 3] {
        let mut value = String::new();
        push_decimal(&mut value, self.platform.millis());
        let key = self.trial_key();
        AREAS.map(|(_, area)| self.platform.set(area, &key, Some(&value)))
    }

    /// Reads what was written, and removes it. `kept` is what became of it meanwhile.
    pub(super) fn read_trials(
        &self,
        written: [Result<()>; 3],
        kept: Result<()>,
        checks: &mut Checks,
    ) {
        let key = self.trial_key();
        // two areas may be one
        let found = AREAS.map(|(_, area)| self.platform.get(area, &key));
        let removed = AREAS.map(|(_, area)| self.platform.set(area, &key, None));
        let results = written.into_iter().zip(found).zip(removed);
        for ((id, area), ((written, found), removed)) in AREAS.into_iter().zip(results) {
            if area == Area::Session && self.config.persist() == Persist::Memory {
                checks.found(id, Finding::NotKept, "");
                continue;
            }
            match written.and(kept).and(removed).and(found) {
                Ok(None) => checks.found(id, Finding::Loses, ""),
                result => checks.is(id, result.map(drop)),
            }
        }
    }

    pub(super) fn trial_key(&self) -> String {
        let mut key = self.keys.get(SESSION).cloned().unwrap_or_default();
        key.push_str("-trial");
        key
    }

    /// As learned when somebody signed in: a page is told the time by nobody else.
    pub(super) fn check_clock(&self, checks: &mut Checks) {
        let id = Check::Clock;
        match self.session().map(|session| session.skew().0) {
            None => checks.found(id, Finding::ClockUnknown, ""),
            Some(0) => checks.is(id, Ok(())),
            Some(skew) => {
                let mut seconds = String::new();
                push_decimal(&mut seconds, skew);
                checks.found(id, Finding::ClockOff, &seconds);
            }
        }
    }
}

/// What the browser says to `probe`.
pub(super) fn check_browser(probe: Probe<'_>, seen: Probed, checks: &mut Checks) {
    let (id, otherwise) = match probe {
        Probe::Compile => (Check::WebAssembly, Finding::NoWebAssembly),
        Probe::Inflate => (Check::Inflate, Finding::CannotInflate),
        _ => (Check::Tabs, Finding::NoLocks),
    };
    let finding = match seen {
        Probed::Yes => Finding::AsItShouldBe,
        Probed::Forbidden(mut directive) => {
            directive.push_str(" 'wasm-unsafe-eval'");
            checks.forgone = directive;
            Finding::WebAssemblyForbidden
        }
        _ => otherwise,
    };
    checks.found(id, finding, "");
}
