//! Writing JSON.

use super::{Json, cursor::Cursor};
use crate::codec::ascii::pieces;
use alloc::string::String;

/// The same text for a page to read with `JSON.parse`: an integer beyond ±2^53, which would come
/// out as another one there, becomes the string of its digits. Everything else stays as it is.
#[must_use]
pub fn for_page(value: Json<'_>) -> String {
    let mut page = String::with_capacity(value.raw().len());
    let mut cursor = Cursor::new(value.raw());
    while !cursor.at_end() {
        let start = cursor.at;
        match cursor.peek() {
            b'"' => {
                cursor.string();
            }
            b'-' | b'0'..=b'9' => {
                while matches!(
                    cursor.peek(),
                    b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'
                ) {
                    cursor.at += 1;
                }
            }
            _ => cursor.at += 1,
        }
        let token = cursor.since(start);
        let unsafe_integer =
            super::number::is_plain(token) && super::number::floor(token).is_none();
        if unsafe_integer {
            page.push('"');
        }
        page.push_str(token);
        if unsafe_integer {
            page.push('"');
        }
    }
    page
}

/// Writes an object, member by member. The caller does not repeat a name.
#[derive(Default)]
pub struct ObjectWriter(String);

impl ObjectWriter {
    /// An object without members.
    #[must_use]
    pub const fn new() -> Self {
        Self(String::new())
    }

    /// Adds a string.
    pub fn text(&mut self, name: &str, value: &str) -> &mut Self {
        self.name(name);
        push_quoted(&mut self.0, value);
        self
    }

    /// Adds an integer.
    pub fn whole(&mut self, name: &str, value: i64) -> &mut Self {
        self.name(name);
        push_decimal(&mut self.0, value);
        self
    }

    /// Adds `true` or `false`.
    pub fn flag(&mut self, name: &str, value: bool) -> &mut Self {
        self.raw(name, if value { "true" } else { "false" })
    }

    /// Adds a value that is JSON already.
    pub fn raw(&mut self, name: &str, json: &str) -> &mut Self {
        self.name(name);
        self.0.push_str(json);
        self
    }

    /// The text of the object.
    #[must_use]
    pub fn finish(mut self) -> String {
        if self.0.is_empty() {
            self.0.push('{');
        }
        self.0.push('}');
        self.0
    }

    fn name(&mut self, name: &str) {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        push_quoted(&mut self.0, name);
        self.0.push(':');
    }
}

/// Space-separated words as a JSON array of strings.
#[must_use]
pub fn word_list(words: &str) -> String {
    let mut list = String::from("[");
    for word in pieces(words, b' ') {
        if list.len() > 1 {
            list.push(',');
        }
        push_quoted(&mut list, word);
    }
    list.push(']');
    list
}

/// `text` as a JSON string, quotes included.
#[must_use]
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_quoted(&mut out, text);
    out
}

fn push_quoted(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => out.push('\\'),
            '\0'..='\x1f' => {
                out.push_str(if character < '\x10' {
                    "\\u000"
                } else {
                    "\\u001"
                });
                out.extend(char::from_digit(u32::from(character) & 15, 16));
                continue;
            }
            _ => {}
        }
        out.push(character);
    }
    out.push('"');
}

/// Appends `value` in decimal.
pub fn push_decimal(out: &mut String, value: i64) {
    if value < 0 {
        out.push('-');
    }
    push_digits(out, value.unsigned_abs());
}

fn push_digits(out: &mut String, value: u64) {
    if value > 9 {
        push_digits(out, value / 10);
    }
    out.push(char::from(b'0' + (value % 10) as u8));
}

#[cfg(test)]
mod tests {
    use super::{ObjectWriter, for_page, push_decimal, quote, word_list};
    use crate::codec::json::tests::json;
    use alloc::{format, string::String};

    #[test]
    fn the_writer_writes_json() {
        let mut object = ObjectWriter::new();
        object
            .text("a\"", "b\\\n\0\u{1f}é")
            .whole("n", -12)
            .flag("t", true)
            .flag("f", false);
        object.raw("o", "{\"x\":[]}");
        let text = object.finish();
        assert_eq!(
            text,
            r#"{"a\"":"b\\\u000a\u0000\u001fé","n":-12,"t":true,"f":false,"o":{"x":[]}}"#
        );
        assert!(
            json(&text)
                .get("a\"")
                .is_some_and(|value| value.is_text("b\\\n\0\u{1f}é"))
        );
        assert_eq!(ObjectWriter::default().finish(), "{}");
        assert_eq!(quote(""), "\"\"");
    }

    #[test]
    fn every_control_character_is_escaped() {
        for code in 0..0x80_u8 {
            let text = String::from(char::from(code));
            let quoted = quote(&text);
            assert!(json(&quoted).is_text(&text), "{quoted}");
        }
    }

    #[test]
    fn words_become_a_list() {
        for (words, list) in [
            ("", "[]"),
            (" ", "[]"),
            ("openid", "[\"openid\"]"),
            (" openid  \"a\" ", "[\"openid\",\"\\\"a\\\"\"]"),
        ] {
            assert_eq!(word_list(words), list);
        }
    }

    #[test]
    fn decimals_are_written_whole() {
        for value in [0, 7, -7, 10, 1_700_000_000, i64::MAX, i64::MIN] {
            let mut out = String::from("x");
            push_decimal(&mut out, value);
            assert_eq!(out, format!("x{value}"));
        }
    }

    #[test]
    fn for_page_changes_nothing_but_unsafe_integers() {
        for (text, page) in [
            ("9007199254740992", "9007199254740992"),
            ("9007199254740993", "\"9007199254740993\""),
            ("-9007199254740993", "\"-9007199254740993\""),
            (
                "{ \"id\": 12345678901234567890 ,\"n\":[1,-2.5e3,1e400,12345678901234567890.0]}",
                "{ \"id\": \"12345678901234567890\" ,\"n\":[1,-2.5e3,1e400,12345678901234567890.0]}",
            ),
            (
                "{\"12345678901234567890\":\"12345678901234567890\",\"\\\"\":\"\\\"9007199254740993é\"}",
                "{\"12345678901234567890\":\"12345678901234567890\",\"\\\"\":\"\\\"9007199254740993é\"}",
            ),
            (
                "[true,false,null,\"\",{},[]]",
                "[true,false,null,\"\",{},[]]",
            ),
        ] {
            assert_eq!(for_page(json(text)), page);
        }
    }
}
