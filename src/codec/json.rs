//! JSON (RFC 8259) that is checked once and stays text.
//!
//! [`Json::parse`] refuses whatever two readers could understand differently: duplicate member
//! names, lone surrogates, a byte-order mark, trailing bytes. After it a value is a piece of the
//! text, and members are looked up where they are used.

mod check;
mod cursor;
mod number;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
mod unescape;
mod write;

use alloc::borrow::Cow;
use core::fmt;
use cursor::Cursor;
use unescape::Unescape;

pub use write::{ObjectWriter, for_page, push_decimal, quote, word_list};

/// One checked value. It may be a token, so it cannot be printed.
#[derive(Clone, Copy)]
pub struct Json<'a>(&'a str);

impl fmt::Debug for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Json(..)")
    }
}

/// Why a text was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonDefect {
    /// It is not JSON, or JSON that is not the same to every reader.
    Malformed,
    /// It is longer than 1 MiB, nests deeper than 32, or has an object of over 1024 members.
    TooLarge,
}

impl<'a> Json<'a> {
    /// Checks a whole text: one value and white space around it.
    ///
    /// # Errors
    /// The first [`JsonDefect`] in reading order; the length comes before all others.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, JsonDefect> {
        check::text(bytes).map(Self)
    }

    /// A value that [`Json::parse`] accepted before and that was kept as text since.
    pub(crate) const fn checked(raw: &'a str) -> Self {
        Self(raw)
    }

    /// The value as it was written, without white space around it.
    #[must_use]
    pub const fn raw(self) -> &'a str {
        self.0
    }

    /// Whether it is an object.
    #[must_use]
    pub fn is_object(self) -> bool {
        self.0.starts_with('{')
    }

    /// Whether it is an array.
    #[must_use]
    pub fn is_array(self) -> bool {
        self.0.starts_with('[')
    }

    /// Whether it is `null`.
    #[must_use]
    pub fn is_null(self) -> bool {
        self.0 == "null"
    }

    /// The member of that name; `None` if it is absent or this is not an object.
    #[must_use]
    pub fn get(self, name: &str) -> Option<Self> {
        self.members().0.find(name)
    }

    /// The decoded string; `None` for any other type.
    #[must_use]
    pub fn text(self) -> Option<Cow<'a, str>> {
        self.inner().map(unescape::decode)
    }

    /// Whether it is the string `expected`.
    #[must_use]
    pub fn is_text(self, expected: &str) -> bool {
        self.inner()
            .is_some_and(|raw| Unescape::new(raw).eq(expected.chars()))
    }

    /// `true` or `false`; `None` for any other type.
    #[must_use]
    pub fn boolean(self) -> Option<bool> {
        match self.0 {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// The greatest integer that is not above the number, fractions and exponents understood;
    /// `None` if it is not a number or lies beyond ±2^53.
    #[must_use]
    pub fn whole(self) -> Option<i64> {
        number::floor(self.0)
    }

    /// The integer, if it is written as one: digits and perhaps a minus. `None` beyond ±2^53.
    #[must_use]
    pub fn integer(self) -> Option<i64> {
        if number::is_plain(self.0) {
            self.whole()
        } else {
            None
        }
    }

    /// The elements of an array; none for any other type.
    #[must_use]
    pub fn items(self) -> Items<'a> {
        Items(Cursor::new(self.0.strip_prefix('[').unwrap_or_default()))
    }

    /// The names and values of an object, in the order of the text; none for any other type.
    #[must_use]
    pub fn members(self) -> Members<'a> {
        Members(Fields(Cursor::new(
            self.0.strip_prefix('{').unwrap_or_default(),
        )))
    }

    fn inner(self) -> Option<&'a str> {
        self.0.strip_prefix('"')?.strip_suffix('"')
    }
}

/// The elements of an array. Made by [`Json::items`].
#[derive(Clone)]
pub struct Items<'a>(Cursor<'a>);

impl<'a> Iterator for Items<'a> {
    type Item = Json<'a>;

    fn next(&mut self) -> Option<Json<'a>> {
        self.0.element().map(Json)
    }
}

/// The names and values of an object. Made by [`Json::members`].
#[derive(Clone)]
pub struct Members<'a>(Fields<'a>);

impl<'a> Iterator for Members<'a> {
    type Item = (Cow<'a, str>, Json<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, value) = self.0.next()?;
        Some((unescape::decode(name), value))
    }
}

/// [`Members`] whose names are still escaped.
#[derive(Clone)]
struct Fields<'a>(Cursor<'a>);

impl<'a> Fields<'a> {
    fn next(&mut self) -> Option<(&'a str, Json<'a>)> {
        self.0.space();
        let name = self.0.string()?;
        self.0.space();
        self.0.eat(b':');
        Some((name, Json(self.0.element()?)))
    }

    fn find(&mut self, wanted: &str) -> Option<Json<'a>> {
        while let Some((name, value)) = self.next() {
            if Unescape::new(name).eq(wanted.chars()) {
                return Some(value);
            }
        }
        None
    }
}
