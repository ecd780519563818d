//! A look at the set-up against the live provider: what each check came to, as words of two tables.
//! Sentences and remedies are for the wrapper to load.
//!
//! Nothing is changed by it, neither the session nor what is known of the provider. Endpoints that
//! take secrets are sent made-up ones, but for userinfo, which gets the token of whoever is signed in.

mod checks;
mod findings;
mod keys;
mod page;
mod provider;
mod steps;

use alloc::string::String;

pub use self::findings::{Check, Finding};
use self::{checks::Checks, page::check_browser, provider::Learned, steps::STEPS};
use super::{Client, Outcome, dpop::Wanted};
use crate::{
    codec::json::ObjectWriter,
    error::Code,
    platform::{Platform, Probe, Probed},
};

/// After how many answers in a row that did not come in time nobody is asked any more: who waits for the diagnosis
/// has waited for each.
const MOST_SILENCES: u32 = 2;

impl<P: Platform> Client<P> {
    /// The JSON text of an object: whose set-up it is, and `checks`, a list with the `id` of each,
    /// whether it is `ok`, and either a `finding`, perhaps `about` something, or an `error`. An id is
    /// its row in [`Check`], a finding its row in [`Finding`].
    ///
    /// # Errors
    /// `disposed`. What is wrong otherwise is in the answer.
    pub async fn diagnose(&self) -> Outcome<String> {
        let usable = self.ensure_usable();
        if let Err(error) = usable
            && error.code() == Code::Disposed
        {
            return Err(error.into());
        }
        let mut checks = Checks::new();
        self.check_context(usable, &mut checks);
        for probe in [Probe::Compile, Probe::Inflate, Probe::Locks] {
            let seen = self.platform.probe(probe).await;
            check_browser(probe, seen, &mut checks);
        }
        let written = self.write_trials();
        let pushed = self.platform.push().await;
        let pulled = self.platform.pull(&[self.trial_key()]).await;
        self.read_trials(written, pushed.and(pulled), &mut checks);
        self.check_clock(&mut checks);
        // from a page that must not, nobody is asked
        let steps = if usable.is_ok() { STEPS } else { &[] };
        let mut learned = Learned::default();
        for step in steps {
            if self.live.borrow().disposed {
                return Err(Code::Disposed.into());
            }
            let Some(request) = self.request_of(*step, &mut learned, &mut checks) else {
                continue;
            };
            let url = request.url.clone();
            let answer = if learned.silences < MOST_SILENCES {
                let bound = self.session().filter(|session| session.is_bound());
                let bound = bound.filter(|_| request.bearer.is_some());
                let subject = bound.map(|session| session.subject());
                let wanted = subject.as_deref().map_or(Wanted::Always, Wanted::By);
                self.send_proven(step.exchange(), request, subject.is_some(), wanted)
                    .await
            } else {
                Err(Code::Timeout.at(step.exchange()))
            };
            learned.note_silence(&answer);
            let seen = match &answer {
                Err(error) if error.code() == Code::Network => {
                    self.platform.probe(Probe::Reach(&url)).await
                }
                _ => Probed::Unknown,
            };
            self.judge(*step, &url, answer, seen, &mut learned, &mut checks);
        }
        let mut diagnosis = ObjectWriter::new();
        diagnosis
            .text("issuer", &self.config.issuer)
            .text("clientId", &self.config.client_id)
            .text("origin", &self.config.origin)
            .raw("checks", &checks.finish());
        Ok(diagnosis.finish())
    }
}
