//! The last steps, for whoever has to find out why a sign-in failed.
//!
//! Redacted by construction: an entry is made of words in this source and of numbers, so what
//! could be secret has no way in.

use alloc::{collections::VecDeque, string::String};
use core::cell::RefCell;

use crate::{
    codec::json::{ObjectWriter, push_decimal},
    error::{Error, Place},
};

/// How many entries are kept.
const CAPACITY: usize = 100;

/// Who tells whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrow {
    FromPortal,
    ToPortal,
    ToProvider,
    FromProvider,
    ToApi,
    FromApi,
    FromStorage,
}

#[derive(Debug)]
struct Entry {
    at: i64,
    step: &'static str,
    arrow: Arrow,
    status: u16,
    error: Option<Error>,
    took: Option<i64>,
}

/// A ring of entries, oldest first.
#[derive(Debug, Default)]
pub(super) struct Trace(RefCell<VecDeque<Entry>>);

impl Trace {
    /// Notes a step at a time in milliseconds; `status` is that of an answer or 0, `took` the
    /// milliseconds it was waited for.
    pub(super) fn note(
        &self,
        at: i64,
        step: &'static str,
        arrow: Arrow,
        status: u16,
        error: Option<Error>,
        took: Option<i64>,
    ) {
        let mut entries = self.0.borrow_mut();
        if entries.len() == CAPACITY {
            entries.pop_front();
        }
        entries.push_back(Entry {
            at,
            step,
            arrow,
            status,
            error,
            took,
        });
    }

    /// Every entry as a JSON array of the contract's `TraceEvent`.
    pub(super) fn to_json(&self) -> String {
        let mut json = String::from("[");
        for entry in self.0.borrow().iter() {
            if json.len() > 1 {
                json.push(',');
            }
            json.push_str(&entry.to_json());
        }
        json.push(']');
        json
    }
}

impl Entry {
    fn to_json(&self) -> String {
        let mut detail = ObjectWriter::new();
        if self.status != 0 {
            detail.whole("status", self.status.into());
        }
        if let Some(error) = self.error {
            detail.text("code", error.code().as_str());
            if error.place() != Place::None {
                detail.text("place", error.place().as_str());
            }
        }
        if let Some(took) = self.took {
            detail.whole("ms", took);
        }
        let (from, to) = self.arrow.ends();
        let mut event = ObjectWriter::new();
        event
            .raw("at", &seconds(self.at))
            .text("step", self.step)
            .text("from", from)
            .text("to", to);
        event.raw("detail", &detail.finish());
        event.finish()
    }
}

/// Seconds with three decimals, as a JSON number; no clock is before 1970 but a wrong one.
fn seconds(millis: i64) -> String {
    let millis = millis.max(0);
    let mut text = String::new();
    push_decimal(&mut text, millis / 1000);
    let fraction = millis % 1000;
    text.push_str(if fraction < 10 {
        ".00"
    } else if fraction < 100 {
        ".0"
    } else {
        "."
    });
    push_decimal(&mut text, fraction);
    text
}

impl Arrow {
    const fn ends(self) -> (&'static str, &'static str) {
        match self {
            Self::FromPortal => ("portal", "portcullis"),
            Self::ToPortal => ("portcullis", "portal"),
            Self::ToProvider => ("portcullis", "provider"),
            Self::FromProvider => ("provider", "portcullis"),
            Self::ToApi => ("portcullis", "api"),
            Self::FromApi => ("api", "portcullis"),
            Self::FromStorage => ("storage", "portcullis"),
        }
    }
}
