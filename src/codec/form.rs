//! `application/x-www-form-urlencoded`: query strings and request bodies (WHATWG URL §5,
//! RFC 6749 appendix B).

use alloc::{string::String, vec::Vec};

use super::ascii::{cut, has, pieces};

/// The names and values in `text`, in its order. `+` is a space, `;` is no separator, empty
/// pieces are skipped, a piece without `=` has an empty value.
///
/// Stricter than a browser: `None` for a `%` that two hex digits do not follow, for what is not
/// UTF-8, and for NUL.
#[must_use]
pub fn parse(text: &str) -> Option<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    for piece in pieces(text, b'&') {
        let (name, value) = cut(piece, b'=').unwrap_or((piece, ""));
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
    String::from_utf8(bytes).ok().filter(|text| !has(text, 0))
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

    /// The fields behind what `url` asks already.
    #[must_use]
    pub fn appended_to(self, url: &str) -> String {
        let mut text = String::from(url);
        text.push(if has(url, b'?') { '&' } else { '?' });
        text.push_str(&self.0);
        text
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

#[cfg(test)]
mod tests {
    use super::{Form, parse};
    use proptest::prelude::*;
    use std::{string::String, vec::Vec};

    fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect()
    }

    #[test]
    fn parse_reads_what_a_browser_writes() {
        let examples: [(&str, &[(&str, &str)]); 12] = [
            ("", &[]),
            ("&&", &[]),
            ("code=a&state=b", &[("code", "a"), ("state", "b")]),
            ("&code=a&&state=b&", &[("code", "a"), ("state", "b")]),
            ("code", &[("code", "")]),
            ("code=", &[("code", "")]),
            ("=a", &[("", "a")]),
            ("a=b=c", &[("a", "b=c")]),
            ("a=b+c%2Bd%20e", &[("a", "b c+d e")]),
            ("a=b;c=d", &[("a", "b;c=d")]),
            ("code[]=a&c%6fde=b", &[("code[]", "a"), ("code", "b")]),
            ("a=1&a=%C3%a9&a=é", &[("a", "1"), ("a", "é"), ("a", "é")]),
        ];
        for (text, pairs) in examples {
            assert_eq!(parse(text), Some(owned(pairs)), "{text}");
        }
    }

    #[test]
    fn parse_refuses_what_has_no_one_meaning() {
        for (what, text) in [
            ("a percent sign alone", "code=%"),
            ("one hex digit", "code=%4"),
            ("no hex digits", "code=%zz"),
            ("a second digit that is none", "code=%4g"),
            ("a sign in place of a digit", "code=%+4"),
            ("an escape cut by the next field", "code=%4&1=2"),
            ("an escape cut by the equals sign", "cod%6=a"),
            ("a byte that is never UTF-8", "code=%ff"),
            ("an overlong NUL", "code=%c0%80"),
            ("half of a character", "code=%C3"),
            ("a surrogate", "code=%ed%a0%80"),
            ("an escaped NUL in a value", "code=a%00"),
            ("an escaped NUL in a name", "co%00de=a"),
            ("a raw NUL", "code=a\0"),
            ("a fault in a field nobody asks for", "code=a&x=%"),
        ] {
            assert_eq!(parse(text), None, "{what}");
        }
    }

    #[test]
    fn form_writes_what_the_standard_says() {
        let mut form = Form::new();
        form.push("scope", "openid a*b-c.d_e")
            .push("é", "~&=+%;\0")
            .push("", "");
        assert_eq!(
            form.into_string(),
            "scope=openid+a*b-c.d_e&%C3%A9=%7E%26%3D%2B%25%3B%00&="
        );
        assert_eq!(Form::default().into_string(), "");
    }

    #[test]
    fn fields_go_behind_what_a_url_asks_already() {
        for (url, expected) in [
            (
                "https://op.example/authorize",
                "https://op.example/authorize?a=+",
            ),
            (
                "https://op.example/authorize?b=1",
                "https://op.example/authorize?b=1&a=+",
            ),
        ] {
            let mut form = Form::new();
            form.push("a", " ");
            assert_eq!(form.appended_to(url), expected);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(pairs in prop::collection::vec(("[^\\x00]*", "[^\\x00]*"), 0..6)) {
            let mut form = Form::new();
            for (name, value) in &pairs {
                form.push(name, value);
            }
            let text = form.into_string();
            prop_assert!(text.is_ascii());
            prop_assert_eq!(parse(&text), Some(pairs));
        }

        #[test]
        fn what_is_read_is_written_with_the_same_meaning(text in "[%+&=;a0-9A-F\\x00é]{0,24}") {
            if let Some(pairs) = parse(&text) {
                let mut form = Form::new();
                for (name, value) in &pairs {
                    form.push(name, value);
                }
                prop_assert_eq!(parse(&form.into_string()), Some(pairs));
            }
        }
    }
}
