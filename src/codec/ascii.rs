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
    use super::{before, cut, has, pieces};
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
    fn pieces_are_what_split_leaves_when_empty_ones_are_dropped() {
        for text in ["", " ", "a", " a  b ", "\u{20ac} \u{e9}"] {
            let expected: Vec<_> = text.split(' ').filter(|piece| !piece.is_empty()).collect();
            assert_eq!(pieces(text, b' ').collect::<Vec<_>>(), expected, "{text}");
        }
    }
}
