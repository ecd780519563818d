//! The last steps, for whoever has to find out why a sign-in failed.
//!
//! Redacted by construction: an entry is made of words in this source and of numbers, so what
//! could be secret has no way in.

use alloc::{collections::VecDeque, string::String};
use core::cell::RefCell;

use crate::codec::json::{ObjectWriter, push_decimal};

/// How many entries are kept.
const CAPACITY: usize = 100;

/// Who takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Party {
    Portal,
    Portcullis,
    Provider,
    Api,
    Storage,
}

/// One detail of a step.
#[derive(Clone, Copy, Debug)]
pub(super) enum Detail {
    Word(&'static str),
    Number(i64),
}

#[derive(Debug)]
struct Entry {
    millis: i64,
    step: &'static str,
    from: Party,
    to: Party,
    details: [Option<(&'static str, Detail)>; 2],
}

/// A ring of entries, oldest first.
#[derive(Debug, Default)]
pub(super) struct Trace(RefCell<VecDeque<Entry>>);

impl Trace {
    /// Notes that `from` told `to` something at `millis` (Unix time).
    pub(super) fn note(
        &self,
        millis: i64,
        step: &'static str,
        (from, to): (Party, Party),
        details: [Option<(&'static str, Detail)>; 2],
    ) {
        let mut entries = self.0.borrow_mut();
        if entries.len() == CAPACITY {
            entries.pop_front();
        }
        entries.push_back(Entry { millis, step, from, to, details });
    }

    /// Every entry as a JSON array of the contract's `TraceEvent`; `at` in seconds.
    pub(super) fn to_json(&self) -> String {
        let mut json = String::from("[");
        for entry in self.0.borrow().iter() {
            if json.len() > 1 {
                json.push(',');
            }
            let mut details = ObjectWriter::new();
            for (name, detail) in entry.details.iter().flatten() {
                match detail {
                    Detail::Word(word) => details.text(name, word),
                    Detail::Number(number) => details.whole(name, *number),
                };
            }
            let mut event = ObjectWriter::new();
            event
                .raw("at", &seconds(entry.millis))
                .text("step", entry.step)
                .text("from", entry.from.as_str())
                .text("to", entry.to.as_str())
                .raw("detail", &details.finish());
            json.push_str(&event.finish());
        }
        json.push(']');
        json
    }
}

/// Seconds with three decimals, as a JSON number.
fn seconds(millis: i64) -> String {
    let mut text = String::new();
    push_decimal(&mut text, millis.max(0) / 1000);
    text.push('.');
    let fraction = text.len();
    // a leading one keeps the zeros; it becomes the dot's neighbour and is dropped
    push_decimal(&mut text, 1000 + millis.max(0) % 1000);
    text.remove(fraction);
    text
}

impl Party {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Portal => "portal",
            Self::Portcullis => "portcullis",
            Self::Provider => "provider",
            Self::Api => "api",
            Self::Storage => "storage",
        }
    }
}
