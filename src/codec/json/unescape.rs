//! The characters of a JSON string.

use alloc::{borrow::Cow, string::String};
use core::str::Chars;

/// Reads what stands between the quotes of a string. Ends early, and is `bad` from then on, at
/// an escape that RFC 8259 §7 does not know or that is half of a surrogate pair.
pub(super) struct Unescape<'a> {
    rest: Chars<'a>,
    pub(super) bad: bool,
}

/// The string whose text between the quotes is `raw`; copied only if something is escaped.
pub(super) fn decode(raw: &str) -> Cow<'_, str> {
    if raw.bytes().any(|byte| byte == b'\\') {
        let mut text = String::new();
        for character in Unescape::new(raw) {
            text.push(character);
        }
        Cow::Owned(text)
    } else {
        Cow::Borrowed(raw)
    }
}

impl<'a> Unescape<'a> {
    pub(super) fn new(raw: &'a str) -> Self {
        Self {
            rest: raw.chars(),
            bad: false,
        }
    }

    fn escape(&mut self) -> Option<char> {
        Some(match self.rest.next()? {
            same @ ('"' | '\\' | '/') => same,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let mut code = self.unit()?;
                if code & 0xfc00 == 0xd800 {
                    if self.rest.next()? != '\\' || self.rest.next()? != 'u' {
                        return None;
                    }
                    let low = self.unit()? ^ 0xdc00;
                    if low > 0x3ff {
                        return None;
                    }
                    code = 0x10000 + ((code & 0x3ff) << 10 | low);
                }
                char::from_u32(code)?
            }
            _ => return None,
        })
    }

    fn unit(&mut self) -> Option<u32> {
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit << 4 | self.rest.next()?.to_digit(16)?;
        }
        Some(unit)
    }
}

impl Iterator for Unescape<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let next = self.rest.next()?;
        if next != '\\' {
            return Some(next);
        }
        let escaped = self.escape();
        self.bad |= escaped.is_none();
        escaped
    }
}
