//! One sign-in between its start and its callback.
//!
//! A [`Transaction`] is single-use: taking it out of the store leaves a [`Finished`] record behind,
//! so that a callback seen again is recognised and never redeemed twice. Records live in a fixed
//! number of slots; the state names its slot, so nothing needs to be listed and nothing piles up.

use alloc::string::String;

use crate::{
    codec::{
        base64url,
        json::{Json, ObjectWriter},
    },
    secret::{Secret, constant_time_eq},
    time::{Seconds, UnixTime},
};

/// How many sign-ins can be pending at once; one more takes the place of the oldest.
pub const SLOTS: usize = 10;

/// How long a sign-in may take.
pub const LIFETIME: Seconds = Seconds(600);

const VERSION: i64 = 1;

/// A pending sign-in: what was sent, and what must come back.
#[derive(Debug)]
pub struct Transaction {
    /// Ties the callback to this browser; also the record's name.
    pub state: String,
    /// Ties the ID token to this sign-in.
    pub nonce: Secret,
    /// Proves that the code is redeemed by who asked for it.
    pub code_verifier: Secret,
    /// Where the answer must arrive.
    pub redirect_uri: String,
    /// Where the code is redeemed, fixed at the start.
    pub token_endpoint: String,
    /// Whether the answer must name its issuer (RFC 9207).
    pub iss_required: bool,
    /// When it started.
    pub started_at: UnixTime,
    /// The greatest age of the user's sign-in, if asked for.
    pub max_age: Option<i64>,
    /// The acceptable authentication contexts, space-separated, if asked for.
    pub acr_values: Option<String>,
    /// Scopes asked for, which are granted unless the answer says otherwise (RFC 6749 §5.1).
    pub scope: String,
    /// Where to go on afterwards, on this origin.
    pub return_to: String,
    /// The application's own JSON text.
    pub app_state: String,
}

/// What stays behind of a sign-in.
#[derive(Debug, PartialEq, Eq)]
pub struct Finished {
    /// Where it went on; `None` if it failed.
    pub return_to: Option<String>,
    /// The application's own JSON text.
    pub app_state: String,
}

/// A slot's content.
#[derive(Debug)]
pub enum Record {
    /// Waiting for its callback.
    Pending(Transaction),
    /// Its callback was seen.
    Finished(Finished),
}

/// A state for 32 random bytes, kept in `slot`.
#[must_use]
pub fn state(slot: usize, random: &[u8]) -> String {
    let mut state = String::new();
    state.push(char::from_digit(u32::try_from(slot % SLOTS).unwrap_or(0), 10).unwrap_or('0'));
    state.push_str(&base64url::encode(random));
    state
}

/// The slot a state names, if it can be one of ours.
#[must_use]
pub fn slot(state: &str) -> Option<usize> {
    let slot = state.chars().next()?.to_digit(10)?;
    (state.len() == 44).then(|| usize::try_from(slot).ok()).flatten()
}

/// The state and the start of the record in a slot; what cannot be read counts as empty.
#[must_use]
pub fn peek(record: &str) -> Option<(String, UnixTime)> {
    let record = versioned(record)?;
    Some((record.get("state")?.text()?.into_owned(), UnixTime(record.get("started_at")?.whole()?)))
}

impl Transaction {
    /// The record to store.
    #[must_use]
    pub fn to_record(&self) -> String {
        let mut record = ObjectWriter::new();
        record
            .whole("v", VERSION)
            .text("state", &self.state)
            .whole("started_at", self.started_at.0)
            .text("nonce", self.nonce.expose())
            .text("code_verifier", self.code_verifier.expose())
            .text("redirect_uri", &self.redirect_uri)
            .text("token_endpoint", &self.token_endpoint)
            .flag("iss_required", self.iss_required)
            .text("scope", &self.scope)
            .text("return_to", &self.return_to)
            .raw("app_state", &self.app_state);
        if let Some(max_age) = self.max_age {
            record.whole("max_age", max_age);
        }
        if let Some(acr_values) = &self.acr_values {
            record.text("acr_values", acr_values);
        }
        record.finish()
    }

    /// The record that takes this one's place: where a finished sign-in went on, or nothing but
    /// the state if it is not (yet) finished.
    #[must_use]
    pub fn to_finished_record(&self, succeeded: bool) -> String {
        let mut record = ObjectWriter::new();
        record.whole("v", VERSION).text("state", &self.state).whole("started_at", self.started_at.0);
        if succeeded {
            record.text("return_to", &self.return_to).raw("app_state", &self.app_state);
        }
        record.finish()
    }

    /// Whether the sign-in took longer than [`LIFETIME`], or the clock ran backwards meanwhile
    /// by more than a minute.
    #[must_use]
    pub fn is_expired(&self, now: UnixTime) -> bool {
        let age = now.since(self.started_at);
        age > LIFETIME || age < Seconds(-60)
    }
}

impl Record {
    /// Reads a slot's record, if it is that of `state`.
    #[must_use]
    pub fn read(record: &str, state: &str) -> Option<Self> {
        let record = versioned(record)?;
        let text = |name| record.get(name).and_then(Json::text).map(String::from);
        if !constant_time_eq(&text("state")?, state) {
            return None;
        }
        let app_state = record.get("app_state").map_or("null", Json::raw);
        let Some(nonce) = text("nonce") else {
            let finished = Finished { return_to: text("return_to"), app_state: app_state.into() };
            return Some(Self::Finished(finished));
        };
        Some(Self::Pending(Transaction {
            state: state.into(),
            nonce: Secret::new(nonce),
            code_verifier: Secret::new(text("code_verifier")?),
            redirect_uri: text("redirect_uri")?,
            token_endpoint: text("token_endpoint")?,
            iss_required: record.get("iss_required")?.boolean()?,
            started_at: UnixTime(record.get("started_at")?.whole()?),
            max_age: record.get("max_age").and_then(Json::whole),
            acr_values: text("acr_values"),
            scope: text("scope")?,
            return_to: text("return_to")?,
            app_state: app_state.into(),
        }))
    }
}

fn versioned(record: &str) -> Option<Json<'_>> {
    let record = Json::parse(record.as_bytes()).ok()?;
    (record.get("v")?.whole()? == VERSION).then_some(record)
}
