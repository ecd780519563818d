//! Texts with names in them, `%[name]`: taken apart once, then written with values for each request.
//!
//! A text is written twice at once: as it is sent, and as people may see it. What a value may hold
//! never changes the meaning of what is around it: it is escaped for its place.

use alloc::{string::String, vec::Vec};

use super::{
    fault::{Fault, Result},
    values::Values,
};
use crate::{
    codec::ascii::{before, pieces},
    secret::Secret,
};

/// A text taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Name(String),
}

/// Where a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a field of a form or of a JSON object, which escapes the whole.
    Field,
    /// In a URL. A value at its very beginning is a URL itself and stays as it is; others are escaped. One that
    /// would be a segment of dots, which cannot be escaped, is refused.
    Url,
    /// In a header. Nothing may be escaped there, so what could end it is refused.
    Header,
}

/// A text with its values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// For the other side.
    pub real: Secret,
    /// For people: secrets are placeholders.
    pub shown: String,
}

/// What [`Template::parse`] refuses.
pub const UNCLOSED: &str = "a %[ is not closed by ], or holds more than letters, digits and _";

impl Template {
    /// Takes a text apart; `None` if a name in it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("%[") {
            let (name, after) = after.split_once(']')?;
            if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
                return None;
            }
            if !before.is_empty() {
                parts.push(Part::Text(before.into()));
            }
            parts.push(Part::Name(name.into()));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.into()));
        }
        Some(Self(parts))
    }

    /// A text of this source.
    #[must_use]
    pub fn known(text: &str) -> Self {
        Self::parse(text).unwrap_or(Self(Vec::new()))
    }

    /// A text in which nothing is a name.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self(Vec::from([Part::Text(text.into())]))
    }

    /// The names in it.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Name(name) => Some(&**name),
            Part::Text(_) => None,
        })
    }

    /// The text, if there is no name in it.
    #[must_use]
    pub fn literal(&self) -> Option<&str> {
        match &*self.0 {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The whole as it was written.
    #[must_use]
    pub fn source(&self) -> String {
        let parts = self.0.iter().map(|part| match part {
            Part::Text(text) => text.clone(),
            Part::Name(name) => ["%[", name, "]"].concat(),
        });
        parts.collect()
    }

    /// The text before the first name.
    #[must_use]
    pub fn beginning(&self) -> &str {
        match &*self.0 {
            [Part::Text(text), ..] => text,
            _ => "",
        }
    }

    /// The beginning of a URL, up to the first text in which its origin has ended: what stands behind
    /// that may be drawn for each request, or secret.
    #[must_use]
    pub fn origin(&self) -> Self {
        let mut parts = Vec::new();
        let mut scheme = String::new();
        for part in &self.0 {
            parts.push(part.clone());
            match part {
                Part::Text(text) => {
                    scheme.push_str(text);
                    let rest = scheme.split_once("://").map_or(&*scheme, |(_, rest)| rest);
                    if rest.contains(['/', '?']) {
                        break;
                    }
                }
                // at the beginning it is a URL itself, else some part of a name
                Part::Name(_) => {}
            }
        }
        Self(parts)
    }

    /// Writes the text; `field` is where it stands in the data.
    ///
    /// # Errors
    /// `config_invalid`: a value is missing (its name), or must not stand there (`field`).
    pub fn write(&self, values: &Values, place: Place, field: &str) -> Result<Written> {
        let mut written = Writer::default();
        for (at, part) in self.0.iter().enumerate() {
            match part {
                Part::Text(text) => written.both(text),
                Part::Name(name) => {
                    let value = values.get(name)?;
                    let is_raw = place != Place::Url || at == 0;
                    let real = if is_raw {
                        value.real().into()
                    } else {
                        escaped(value.real())
                    };
                    written.real.push_str(&real);
                    match value.placeholder(name) {
                        Some(placeholder) => written.shown.push_str(&placeholder),
                        None => written.shown.push_str(&real),
                    }
                }
            }
        }
        let is_good = match place {
            Place::Field => true,
            Place::Url => self.literal().is_some() || !has_dot_segment(&written.real),
            Place::Header => is_header_value(&written.real),
        };
        if !is_good {
            return Err(Fault::config(String::from(field)));
        }
        Ok(Written {
            real: Secret::new(written.real),
            shown: written.shown,
        })
    }
}

#[derive(Default)]
struct Writer {
    real: String,
    shown: String,
}

impl Writer {
    fn both(&mut self, text: &str) {
        self.real.push_str(text);
        self.shown.push_str(text);
    }
}

impl Written {
    /// A text that everybody may see.
    #[must_use]
    pub fn plain(text: &str) -> Self {
        Self {
            real: Secret::new(text.into()),
            shown: text.into(),
        }
    }
}

/// Whether a segment of the path takes away the one before it, or itself (RFC 3986 §5.2.4).
fn has_dot_segment(url: &str) -> bool {
    let path = before(before(url, b'#'), b'?');
    pieces(path, b'/').any(|segment| matches!(segment, "." | ".."))
}

/// Whether a header may hold it: visible ASCII, spaces and tabs inside (RFC 9110 §5.5).
#[must_use]
pub fn is_header_value(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b'\t' | b' '..=b'~')) && text.trim_ascii() == text
}

/// Escapes everything but unreserved characters (RFC 3986 §2.3).
#[must_use]
pub fn escaped(text: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |value: u8| {
        DIGITS
            .get(usize::from(value))
            .map_or('0', |digit| char::from(*digit))
    };
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(digit(byte >> 4));
            out.push(digit(byte & 15));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Place, Template};
    use crate::{connection::values::Values, error::Code};
    use std::{string::ToString, vec::Vec};

    fn values() -> Values {
        let mut values = Values::default();
        values.plain("base_url", "https://a.example/x");
        values.plain("odd", "a b&c=d/e?#\u{e9}\"\\");
        values.plain("line", "a\r\nX-Evil: 1");
        values.secret("client_secret", "p@ss word");
        values
    }

    fn write(text: &str, place: Place) -> (std::string::String, std::string::String) {
        let written = Template::parse(text)
            .unwrap()
            .write(&values(), place, "f")
            .unwrap();
        (written.real.expose().to_string(), written.shown)
    }

    #[test]
    fn a_template_is_taken_apart() {
        let template = Template::parse("a%[b]c%[d]%[e_1]").unwrap();
        assert_eq!(template.names().collect::<Vec<_>>(), ["b", "d", "e_1"]);
        assert_eq!(
            Template::parse("100% [x]").unwrap().literal(),
            Some("100% [x]")
        );
        for bad in ["%[", "%[a", "%[]", "%[a b]", "%[a%[b]]", "%[é]"] {
            assert_eq!(Template::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_value_in_a_url_is_escaped_unless_it_is_the_urls_beginning() {
        assert_eq!(
            write("%[base_url]/t?q=%[odd]", Place::Url).0,
            "https://a.example/x/t?q=a%20b%26c%3Dd%2Fe%3F%23%C3%A9%22%5C"
        );
        assert_eq!(
            write("https://b.example/%[base_url]", Place::Url).0,
            "https://b.example/https%3A%2F%2Fa.example%2Fx"
        );
    }

    #[test]
    fn an_origin_needs_no_more_than_it_is_made_of() {
        for (text, origin) in [
            ("https://a.example/x/%[guid]?%[y]", "https://a.example/x/"),
            ("https://a.example?%[guid]", "https://a.example?"),
            ("%[base_url]/x/%[guid]", "%[base_url]/x/"),
            ("%[base_url]", "%[base_url]"),
            (
                "https://%[h].example:%[p]/%[guid]",
                "https://%[h].example:%[p]/",
            ),
            ("%[s]://%[h]/%[guid]", "%[s]://%[h]/"),
        ] {
            let template = Template::parse(text).unwrap();
            assert_eq!(
                template.origin(),
                Template::parse(origin).unwrap(),
                "{text}"
            );
        }
    }

    #[test]
    fn people_see_placeholders_for_secrets() {
        assert_eq!(
            write("k=%[client_secret]", Place::Url),
            (
                "k=p%40ss%20word".to_string(),
                "k=‹client_secret›".to_string()
            )
        );
        assert_eq!(
            write("%[odd] %[client_secret]", Place::Field).1,
            "a b&c=d/e?#\u{e9}\"\\ ‹client_secret›"
        );
    }

    #[test]
    fn a_header_cannot_be_ended_by_a_value() {
        for text in ["%[line]", "x %[odd]", " x", "x ", "a\u{7f}b"] {
            let refused =
                Template::parse(text)
                    .unwrap()
                    .write(&values(), Place::Header, "h[0].value");
            let fault = refused.unwrap_err();
            assert_eq!(
                (fault.code, &*fault.place),
                (Code::ConfigInvalid, "h[0].value"),
                "{text}"
            );
        }
        assert_eq!(
            write("HWS %[client_secret]", Place::Header).0,
            "HWS p@ss word"
        );
    }
}
