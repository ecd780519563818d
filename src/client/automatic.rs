//! Sign-ins that nobody clicked for. A portal that starts one whenever it sees no user goes round
//! in circles when something keeps the sign-in from succeeding; the breaker ends that.

use alloc::string::String;

use super::{AUTOMATIC, Client, Outcome};
use crate::{
    codec::json::{Json, ObjectWriter, push_decimal},
    error::{Code, Failure, Place, Said},
    platform::Platform,
};

/// How many in a row are too many.
const LIMIT: usize = 3;
/// Within how many milliseconds.
const SPAN: i64 = 30_000;
/// How many causes are remembered, in bytes of their codes.
const CAUSES: usize = 400;

impl<P: Platform> Client<P> {
    /// Counts a sign-in, unless the user asked for it.
    ///
    /// # Errors
    /// `redirect_loop`, with the codes of the callbacks that failed meanwhile.
    pub(super) fn ensure_no_loop(&self) -> Outcome<()> {
        // two calls before the page is left are one sign-in; a callback under way is none that was counted
        if self.platform.is_user_active() || self.live.borrow().begun > 0 {
            return Ok(());
        }
        let now = self.platform.millis();
        let record = self.record(AUTOMATIC);
        let causes = record.as_ref().map(|record| record.text("causes"));
        let causes = causes.unwrap_or_default().into_owned();
        let before = record.as_ref().and_then(|record| record.get("at"));
        let recent = before
            .into_iter()
            .flat_map(Json::items)
            .filter_map(Json::whole);
        let recent = recent.filter(|at| (now - SPAN..=now).contains(at));
        let (mut count, mut times) = (1, String::from("["));
        for at in recent {
            push_decimal(&mut times, at);
            times.push(',');
            count += 1;
        }
        if count == LIMIT {
            let _ = self.save(AUTOMATIC, None);
            let error = Code::RedirectLoop.at(Place::None);
            return Err(Failure::said(error, Said::Causes(causes)));
        }
        push_decimal(&mut times, now);
        times.push(']');
        let causes = if count == 1 { "" } else { &causes };
        self.write_automatic(&times, causes);
        Ok(())
    }

    /// Remembers why a callback failed, if an automatic sign-in led to it.
    pub(super) fn note_cause(&self, code: Code) {
        let Some(record) = self.record(AUTOMATIC) else {
            return;
        };
        let mut causes = record.text("causes").into_owned();
        if causes.len() > CAUSES {
            return;
        }
        causes.push(' ');
        causes.push_str(code.as_str());
        let times = record.get("at").map_or("[]", Json::raw);
        self.write_automatic(times, &causes);
    }

    fn write_automatic(&self, times: &str, causes: &str) {
        let mut record = ObjectWriter::new();
        record.raw("at", times).text("causes", causes);
        // without a store there is no way to see a loop
        let _ = self.save(AUTOMATIC, Some(&record.finish()));
    }
}
