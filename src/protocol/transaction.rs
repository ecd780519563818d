//! One sign-in between its start and its callback.
//!
//! A [`Transaction`] is single-use: taking it leaves a finished record in its place, so that a
//! callback seen again is recognised and never redeemed twice. Records live in a fixed number of
//! slots; the state names its slot, so nothing needs to be listed and nothing piles up.

use alloc::string::String;

use crate::{
    codec::{
        base64url,
        json::{Json, ObjectWriter, push_decimal},
        record::Record,
    },
    secret::constant_time_eq,
    time::{Seconds, UnixTime},
};

/// How many sign-ins can be pending at once; one more takes the place of the oldest.
pub const SLOTS: usize = 10;

/// How long a sign-in may take.
pub const LIFETIME: Seconds = Seconds(600);
/// How far the clock may run backwards meanwhile.
pub const BACKWARDS: Seconds = Seconds(60);

const VERSION: i64 = 1;

/// A pending sign-in: what was sent, and what must come back. Not to be cloned: whoever holds it
/// is the one who may redeem its code.
#[derive(Debug)]
pub struct Transaction(pub(crate) Record);

/// What a sign-in starts with.
#[derive(Debug)]
#[allow(
    missing_docs,
    reason = "each is a member of the record, documented where it is read"
)]
pub struct Start<'a> {
    pub state: &'a str,
    pub nonce: &'a str,
    pub code_verifier: &'a str,
    pub redirect_uri: &'a str,
    pub token_endpoint: &'a str,
    pub iss_required: bool,
    pub in_window: bool,
    /// Whether the response is to be signed.
    pub signed: bool,
    pub started_at: UnixTime,
    pub max_age: Option<i64>,
    pub acr_values: Option<&'a str>,
    /// Who has to come back, and nobody else.
    pub subject: Option<&'a str>,
    pub scope: &'a str,
    pub return_to: &'a str,
    pub app_state: &'a str,
}

/// A slot's content.
#[derive(Debug)]
pub enum Slot {
    /// Waiting for its callback.
    Pending(Transaction),
    /// Its callback was seen: a record with `sub`, `began_at`, `return_to` and `app_state` if it
    /// succeeded.
    Finished(Record),
}

/// A state for 32 random bytes, kept in `slot`.
#[must_use]
pub fn state(slot: usize, random: &[u8]) -> String {
    let mut state = String::new();
    push_decimal(&mut state, i64::try_from(slot % SLOTS).unwrap_or_default());
    state.push_str(&base64url::encode(random));
    state
}

/// The slot a state names, if it can be one of ours.
#[must_use]
pub fn slot(state: &str) -> Option<usize> {
    let digit = state.bytes().next().filter(u8::is_ascii_digit)?;
    if state.len() == 44 {
        Some(usize::from(digit - b'0'))
    } else {
        None
    }
}

/// The state and the start of the record in a slot; what cannot be read counts as empty.
#[must_use]
pub fn peek(record: &Record) -> Option<(String, UnixTime)> {
    let known = record.whole("v") == Some(VERSION);
    let started_at = record.whole("started_at").filter(|_| known)?;
    Some((record.text("state").into_owned(), UnixTime(started_at)))
}

/// Whether a slot's record is of a later version of this library, whose business it is.
#[must_use]
pub fn is_newer(record: &Record) -> bool {
    record.whole("v").is_some_and(|version| version > VERSION)
}

/// Whether the page that began it waits for what comes back to a window of its own.
#[must_use]
pub fn is_in_window(record: &Record) -> bool {
    record.is_set("window")
}

/// Whether its response was asked to be signed.
#[must_use]
pub fn is_signed(record: &Record) -> bool {
    record.is_set("jarm")
}

/// Whether it waits for its callback.
#[must_use]
pub fn is_pending(record: &Record) -> bool {
    record.get("nonce").is_some()
}

/// Whether a slot's record is that of `state`.
#[must_use]
pub fn is_of(record: &Record, state: &str) -> bool {
    constant_time_eq(record.text("state").as_bytes(), state.as_bytes())
}

/// Reads a slot's record, if it is that of `state`.
#[must_use]
pub fn read(record: Record, state: &str) -> Option<Slot> {
    peek(&record).filter(|_| is_of(&record, state))?;
    Some(if is_pending(&record) {
        Slot::Pending(Transaction(record))
    } else {
        Slot::Finished(record)
    })
}

impl Start<'_> {
    /// The record to store.
    #[must_use]
    pub fn to_record(&self) -> String {
        let mut record = begin(self.state, self.started_at);
        record
            .text("nonce", self.nonce)
            .text("code_verifier", self.code_verifier)
            .text("redirect_uri", self.redirect_uri)
            .text("token_endpoint", self.token_endpoint)
            .flag("iss_required", self.iss_required)
            .text("scope", self.scope)
            .text("return_to", self.return_to)
            .raw("app_state", self.app_state);
        if self.in_window {
            record.flag("window", true);
        }
        if self.signed {
            record.flag("jarm", true);
        }
        if let Some(max_age) = self.max_age {
            record.whole("max_age", max_age);
        }
        if let Some(acr_values) = self.acr_values {
            record.text("acr_values", acr_values);
        }
        if let Some(subject) = self.subject {
            record.text("subject", subject);
        }
        record.finish()
    }
}

impl Transaction {
    /// The record that takes this one's place: whose session began when, in milliseconds, and where
    /// that went on, if it succeeded, and none of its secrets.
    #[must_use]
    pub fn to_finished_record(&self, session: Option<(&str, i64)>) -> String {
        let mut record = begin(&self.0.text("state"), self.started_at());
        if let Some((subject, began_at)) = session {
            record
                .text("sub", subject)
                .whole("began_at", began_at)
                .text("return_to", &self.0.text("return_to"))
                .raw("app_state", self.app_state());
        }
        record.finish()
    }

    /// When the sign-in began.
    #[must_use]
    pub fn started_at(&self) -> UnixTime {
        UnixTime(self.0.whole("started_at").unwrap_or_default())
    }

    /// The application's own JSON text.
    #[must_use]
    pub fn app_state(&self) -> &str {
        app_state(&self.0)
    }

    /// Whether the sign-in took longer than ten minutes, or the clock ran backwards meanwhile.
    #[must_use]
    pub fn is_expired(&self, now: UnixTime) -> bool {
        let age = now.since(self.started_at());
        age > LIFETIME || age < Seconds(-BACKWARDS.0)
    }
}

/// The application's JSON text in a record.
#[must_use]
pub fn app_state(record: &Record) -> &str {
    record.get("app_state").map_or("null", Json::raw)
}

fn begin(state: &str, started_at: UnixTime) -> ObjectWriter {
    let mut record = ObjectWriter::new();
    record
        .whole("v", VERSION)
        .text("state", state)
        .whole("started_at", started_at.0);
    record
}
