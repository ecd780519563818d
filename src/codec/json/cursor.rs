//! A place in a text, moved forward byte by byte. Only ASCII bytes delimit, so every cut falls
//! between characters.

/// Reads forward; past the end it reads NUL, which no JSON text may hold.
#[derive(Clone)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn peek(&self) -> u8 {
        self.text
            .as_bytes()
            .get(self.at)
            .copied()
            .unwrap_or_default()
    }

    pub(super) fn eat(&mut self, byte: u8) -> bool {
        let eaten = self.peek() == byte;
        self.at += usize::from(eaten);
        eaten
    }

    pub(super) const fn at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    /// What lies between `start` and here.
    pub(super) fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    pub(super) fn space(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
    }

    /// Digits, as many as there are; whether there was one.
    pub(super) fn digits(&mut self) -> bool {
        let start = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        self.at > start
    }

    /// A string: what stands between its quotes, escapes unread. `None` if there is no string
    /// here, or it does not end, or it holds a raw control character.
    pub(super) fn string(&mut self) -> Option<&'a str> {
        if !self.eat(b'"') {
            return None;
        }
        let start = self.at;
        loop {
            match self.peek() {
                b'"' => {
                    let inner = self.since(start);
                    self.at += 1;
                    return Some(inner);
                }
                b'\\' => self.at += 2,
                0..0x20 => return None,
                _ => self.at += 1,
            }
        }
    }

    /// The next element of a checked array or object, with the comma after it; `None` at its end.
    pub(super) fn element(&mut self) -> Option<&'a str> {
        self.space();
        let start = self.at;
        self.skip();
        let value = self.since(start);
        self.space();
        self.eat(b',');
        if value.is_empty() { None } else { Some(value) }
    }

    /// Moves past a checked value: up to whatever may stand behind one.
    fn skip(&mut self) {
        let mut depth = 0_usize;
        loop {
            match self.peek() {
                0 => return,
                b'"' => {
                    self.string();
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b' ' | b'\t' | b'\n' | b'\r' | b',' | b'}' | b']' if depth == 0 => return,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
        }
    }
}
