//! The one pass that decides whether a text is JSON for us.

use super::{JsonDefect, cursor::Cursor, unescape::Unescape};
use alloc::vec::Vec;

const MAX_LENGTH: usize = 1 << 20;
const MAX_DEPTH: usize = 32;
const MAX_MEMBERS: usize = 1024;

/// The one value in `bytes`, without the white space around it.
pub(super) fn text(bytes: &[u8]) -> Result<&str, JsonDefect> {
    if bytes.len() > MAX_LENGTH {
        return Err(JsonDefect::TooLarge);
    }
    let text = core::str::from_utf8(bytes).map_err(|_| JsonDefect::Malformed)?;
    let mut check = Check {
        cursor: Cursor::new(text),
        names: Vec::new(),
    };
    check.cursor.space();
    let start = check.cursor.at;
    check.value(0)?;
    let value = check.cursor.since(start);
    check.cursor.space();
    require(check.cursor.at_end())?;
    Ok(value)
}

fn require(held: bool) -> Result<(), JsonDefect> {
    if held {
        Ok(())
    } else {
        Err(JsonDefect::Malformed)
    }
}

struct Check<'a> {
    cursor: Cursor<'a>,
    /// The names met so far in the objects that are open, innermost last; those of one object
    /// are sorted, so that many members cost n log n comparisons.
    names: Vec<&'a str>,
}

impl<'a> Check<'a> {
    fn value(&mut self, depth: usize) -> Result<(), JsonDefect> {
        match self.cursor.peek() {
            b'{' => self.container(b'}', depth),
            b'[' => self.container(b']', depth),
            b'"' => self.string().map(drop),
            b'-' | b'0'..=b'9' => self.number(),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            _ => self.word("null"),
        }
    }

    fn container(&mut self, close: u8, depth: usize) -> Result<(), JsonDefect> {
        if depth == MAX_DEPTH {
            return Err(JsonDefect::TooLarge);
        }
        let outer = self.names.len();
        self.cursor.at += 1;
        self.cursor.space();
        if self.cursor.eat(close) {
            return Ok(());
        }
        loop {
            self.cursor.space();
            if close == b'}' {
                self.name(outer)?;
            }
            self.value(depth + 1)?;
            self.cursor.space();
            if self.cursor.eat(close) {
                break;
            }
            require(self.cursor.eat(b','))?;
        }
        self.names.truncate(outer);
        Ok(())
    }

    /// A member's name, which must be new among `names[outer..]`, and the colon after it.
    fn name(&mut self, outer: usize) -> Result<(), JsonDefect> {
        let name = self.string()?;
        let siblings = self.names.get(outer..).unwrap_or_default();
        if siblings.len() == MAX_MEMBERS {
            return Err(JsonDefect::TooLarge);
        }
        match siblings.binary_search_by(|other| Unescape::new(other).cmp(Unescape::new(name))) {
            Ok(_) => return Err(JsonDefect::Malformed),
            Err(place) => self.names.insert(outer + place, name),
        }
        self.cursor.space();
        require(self.cursor.eat(b':'))?;
        self.cursor.space();
        Ok(())
    }

    fn string(&mut self) -> Result<&'a str, JsonDefect> {
        let raw = self.cursor.string().ok_or(JsonDefect::Malformed)?;
        let mut characters = Unescape::new(raw);
        while characters.next().is_some() {}
        require(!characters.bad)?;
        Ok(raw)
    }

    fn number(&mut self) -> Result<(), JsonDefect> {
        self.cursor.eat(b'-');
        if !self.cursor.eat(b'0') {
            require(self.cursor.digits())?;
        }
        if self.cursor.eat(b'.') {
            require(self.cursor.digits())?;
        }
        if self.cursor.eat(b'e') || self.cursor.eat(b'E') {
            let _sign = self.cursor.eat(b'+') || self.cursor.eat(b'-');
            require(self.cursor.digits())?;
        }
        Ok(())
    }

    fn word(&mut self, word: &str) -> Result<(), JsonDefect> {
        for byte in word.bytes() {
            require(self.cursor.eat(byte))?;
        }
        Ok(())
    }
}
