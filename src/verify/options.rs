//! What a token is verified with, read from the options of one call.

use alloc::string::String;

use crate::{
    codec::{json::Json, record::Record},
    config::{Rule, check, invalid, list},
    error::{Place, Result},
    jose::alg::Algs,
    protocol::jwt::Expected,
    time::{Seconds, UnixTime},
};

/// The options of every call. Keys are handed over beside them.
pub(super) struct Options {
    record: Record,
    pub(super) algorithms: Algs,
    pub(super) crypto: Choice,
}

/// Whose cryptography is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// The platform's where it can, else ours.
    Auto,
    /// The platform's alone.
    Web,
    /// Ours alone.
    Software,
}

const RULES: &[(Place, Rule)] = &[
    (Place::Algorithms, Rule::Algorithms),
    (Place::Crypto, Rule::OneOf("auto web software")),
    (Place::Issuer, Rule::Text),
    (Place::Typ, Rule::Text),
    (Place::ClockTolerance, Rule::Within(0, 300)),
];

impl Options {
    /// Reads them from their JSON text.
    ///
    /// # Errors
    /// `config_invalid`, naming the option.
    pub(super) fn parse(text: String) -> Result<Self> {
        let record = Record::read(text).ok_or(invalid(Place::Options))?;
        check(&record, RULES)?;
        let algorithms = record.get("algorithms").map_or(Algs::NONE, Algs::named);
        if algorithms.is_empty() {
            return Err(invalid(Place::Algorithms));
        }
        let crypto = match record.text("crypto").as_bytes() {
            [b'w', ..] => Choice::Web,
            [b's', ..] => Choice::Software,
            _ => Choice::Auto,
        };
        Ok(Self {
            record,
            algorithms,
            crypto,
        })
    }

    /// What a JWT has to say; `now` is the platform's time.
    ///
    /// # Errors
    /// `config_invalid`, naming the option.
    pub(super) fn expected(&self, now: UnixTime) -> Result<Expected> {
        let issuer = self.record.text("issuer").into_owned();
        if issuer.is_empty() {
            return Err(invalid(Place::Issuer));
        }
        let audience = list(self.record.get("audience"));
        if audience.is_empty() || audience.iter().any(String::is_empty) {
            return Err(invalid(Place::Audience));
        }
        let typ = self.record.get("typ").and_then(Json::text);
        if typ.as_deref().is_some_and(str::is_empty) {
            return Err(invalid(Place::Typ));
        }
        let now = match self.record.get("now") {
            None => now,
            Some(now) => UnixTime(now.whole().ok_or(invalid(Place::Now))?),
        };
        Ok(Expected {
            issuer,
            audience,
            typ: typ.map(Into::into),
            tolerance: Seconds(self.record.whole("clockTolerance").unwrap_or(30)),
            now,
        })
    }
}
