//! A JSON object kept as the text it is read from.

use alloc::{borrow::Cow, string::String};
use core::fmt;

use super::json::Json;
use crate::secret::Secret;

/// A checked object. Members are read where they are used, which costs a page less than a
/// structure for each kind. It may hold secrets, so it cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Record(String);

impl Record {
    /// Keeps `text` if it is an object.
    #[must_use]
    pub fn read(text: String) -> Option<Self> {
        let is_object = Json::parse(text.as_bytes()).is_ok_and(Json::is_object);
        if is_object { Some(Self(text)) } else { None }
    }

    /// The object.
    #[must_use]
    pub fn view(&self) -> Json<'_> {
        // white space around it is of no use to anybody
        Json::checked(self.0.trim_ascii())
    }

    /// A member that is there and not null.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Json<'_>> {
        self.view().get(name).filter(|value| !value.is_null())
    }

    /// A text member; empty if it is absent or no text.
    #[must_use]
    pub fn text(&self, name: &str) -> Cow<'_, str> {
        self.get(name).and_then(Json::text).unwrap_or_default()
    }

    /// A text member that must not be seen; `None` if it is absent or no text.
    #[must_use]
    pub fn secret(&self, name: &str) -> Option<Secret> {
        Some(Secret::new(self.get(name)?.text()?.into_owned()))
    }

    /// A number, rounded down; `None` if it is absent or no number.
    #[must_use]
    pub fn whole(&self, name: &str) -> Option<i64> {
        self.get(name)?.whole()
    }

    /// Whether the member is `true`.
    #[must_use]
    pub fn is_set(&self, name: &str) -> bool {
        self.get(name).and_then(Json::boolean) == Some(true)
    }

    /// The text, to be stored or sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Record(..)")
    }
}
