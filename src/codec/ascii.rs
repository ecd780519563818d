//! Text taken apart at ASCII bytes. The standard library's searchers understand every pattern and
//! all of Unicode, which a page would have to load.

/// What is before and behind the first `mark`, if there is one.
#[must_use]
pub fn cut(text: &str, mark: u8) -> Option<(&str, &str)> {
    let (before, rest) = text.split_at_checked(text.bytes().position(|byte| byte == mark)?)?;
    Some((before, rest.get(1..)?))
}

/// What is before the first `mark`, or all of it.
#[must_use]
pub fn before(text: &str, mark: u8) -> &str {
    cut(text, mark).map_or(text, |(before, _)| before)
}

/// Whether `mark` occurs.
#[must_use]
pub fn has(text: &str, mark: u8) -> bool {
    text.bytes().any(|byte| byte == mark)
}

/// The number that one to ten digits are; `None` for any other text.
#[must_use]
pub fn number(text: &str) -> Option<i64> {
    if !(1..=10).contains(&text.len()) {
        return None;
    }
    let mut number = 0;
    for byte in text.bytes() {
        if !byte.is_ascii_digit() {
            return None;
        }
        number = 10 * number + i64::from(byte - b'0');
    }
    Some(number)
}

/// The pieces between marks that are not empty.
#[must_use]
pub fn pieces(text: &str, mark: u8) -> Pieces<'_> {
    Pieces { rest: text, mark }
}

/// Made by [`pieces`].
#[derive(Clone, Debug)]
pub struct Pieces<'a> {
    rest: &'a str,
    mark: u8,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        while !self.rest.is_empty() {
            let (piece, rest) = cut(self.rest, self.mark).unwrap_or((self.rest, ""));
            self.rest = rest;
            if !piece.is_empty() {
                return Some(piece);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{before, cut, has, number, pieces};
    use std::vec::Vec;

    #[test]
    fn text_comes_apart_at_the_first_mark() {
        assert_eq!(cut("a=b=c", b'='), Some(("a", "b=c")));
        assert_eq!(cut("=", b'='), Some(("", "")));
        assert_eq!(cut("\u{20ac}", b'='), None);
        assert_eq!((before("a#b#", b'#'), before("a", b'#')), ("a", "a"));
        assert!(has("a b", b' ') && !has("", b' '));
    }

    #[test]
    fn a_number_is_up_to_ten_digits_and_nothing_else() {
        for (text, expected) in [
            ("0", Some(0)),
            ("0042", Some(42)),
            ("9999999999", Some(9_999_999_999)),
            ("", None),
            ("00000000042", None),
            ("99999999999999999999999999999999999999999", None),
            ("+1", None),
            ("-1", None),
            (" 1", None),
            ("1.0", None),
            ("1e3", None),
            ("\u{0661}", None),
        ] {
            assert_eq!(number(text), expected, "{text}");
        }
    }

    #[test]
    fn pieces_are_what_split_leaves_when_empty_ones_are_dropped() {
        for text in ["", " ", "a", " a  b ", "\u{20ac} \u{e9}"] {
            let expected: Vec<_> = text.split(' ').filter(|piece| !piece.is_empty()).collect();
            assert_eq!(pieces(text, b' ').collect::<Vec<_>>(), expected, "{text}");
        }
    }
}
