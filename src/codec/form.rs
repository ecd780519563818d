//! `application/x-www-form-urlencoded`: query strings and request bodies (WHATWG URL §5,
//! RFC 6749 appendix B).

use alloc::{string::String, vec::Vec};

/// The names and values in `text`, in its order. `+` is a space, `;` is no separator, empty
/// pieces are skipped, a piece without `=` has an empty value.
///
/// Stricter than a browser: `None` for a `%` that two hex digits do not follow, for what is not
/// UTF-8, and for NUL.
#[must_use]
pub fn parse(text: &str) -> Option<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    for piece in text.split('&').filter(|piece| !piece.is_empty()) {
        let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
        pairs.push((decode(name)?, decode(value)?));
    }
    Some(pairs)
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex(rest.next()?)? << 4 | hex(rest.next()?)?,
            _ => byte,
        });
    }
    String::from_utf8(bytes)
        .ok()
        .filter(|text| !text.contains('\0'))
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Writes names and values, in the order they are pushed.
#[derive(Default)]
pub struct Form(String);

impl Form {
    /// A form without fields.
    #[must_use]
    pub const fn new() -> Self {
        Self(String::new())
    }

    /// Adds a field.
    pub fn push(&mut self, name: &str, value: &str) -> &mut Self {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        self.encode(name);
        self.0.push('=');
        self.encode(value);
        self
    }

    /// The text, without a leading `?`.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }

    fn encode(&mut self, text: &str) {
        for byte in text.bytes() {
            match byte {
                b' ' => self.0.push('+'),
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => {
                    self.0.push(char::from(byte));
                }
                _ => {
                    self.0.push('%');
                    self.digit(byte >> 4);
                    self.digit(byte & 15);
                }
            }
        }
    }

    fn digit(&mut self, value: u8) {
        self.0.push(char::from(
            value + if value < 10 { b'0' } else { b'A' - 10 },
        ));
    }
}
