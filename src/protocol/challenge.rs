//! What an API demands in `WWW-Authenticate` (RFC 9110 §11.6.1, RFC 6750 §3, RFC 9470 §3).

use alloc::string::String;

use crate::codec::ascii::number;

/// The demand of a challenge for a token.
#[derive(Debug, PartialEq, Eq)]
pub enum Demand {
    /// Another access token: `error="invalid_token"`.
    AnotherToken,
    /// A proof of possession with the nonce beside it: `error="use_dpop_nonce"` (RFC 9449 §9).
    AnotherProof,
    /// A stronger or more recent sign-in: `error="insufficient_user_authentication"`.
    StepUp {
        /// Acceptable authentication contexts, best first, space-separated.
        acr_values: String,
        /// Greatest allowed age of the sign-in, in seconds.
        max_age: Option<u32>,
    },
}

/// The longest header that is read.
const LIMIT: usize = 8 << 10;

/// What the first challenge for a bearer token with an error we know asks for, or for one that `is_bound` to a key
/// (RFC 9449 §7.1); nothing if the header is not a list of challenges.
#[must_use]
pub fn demand(header: &str, is_bound: bool) -> Option<Demand> {
    let mut reader = Reader(if header.len() <= LIMIT { header } else { "" });
    let mut found = None;
    let mut challenge = Challenge::default();
    loop {
        reader.skip(|b| matches!(b, b' ' | b'\t' | b','));
        if reader.0.is_empty() {
            return found.or_else(|| challenge.demand());
        }
        let word = reader.take(is_token);
        if word.is_empty() {
            return None;
        }
        reader.skip(is_space);
        match reader.0.as_bytes() {
            [b'=', next, ..] if challenge.begun && *next != b'=' => {
                reader.0 = reader.0.get(1..)?;
                reader.skip(is_space);
                challenge.set(word, reader.value()?);
            }
            _ => {
                found = found.or_else(|| challenge.demand());
                challenge = Challenge {
                    begun: true,
                    is_ours: word.eq_ignore_ascii_case("bearer")
                        || is_bound && word.eq_ignore_ascii_case("dpop"),
                    ..Challenge::default()
                };
                reader.skip_token68();
            }
        }
    }
}

#[derive(Default)]
struct Challenge {
    begun: bool,
    is_ours: bool,
    error: String,
    acr_values: String,
    max_age: String,
}

impl Challenge {
    fn set(&mut self, name: &str, value: String) {
        if name.eq_ignore_ascii_case("error") {
            self.error = value;
        } else if name.eq_ignore_ascii_case("acr_values") {
            self.acr_values = value;
        } else if name.eq_ignore_ascii_case("max_age") {
            self.max_age = value;
        }
    }

    fn demand(&mut self) -> Option<Demand> {
        match &*self.error {
            _ if !self.is_ours => None,
            "invalid_token" => Some(Demand::AnotherToken),
            "use_dpop_nonce" => Some(Demand::AnotherProof),
            "insufficient_user_authentication" => Some(Demand::StepUp {
                acr_values: core::mem::take(&mut self.acr_values),
                max_age: number(&self.max_age).and_then(|age| u32::try_from(age).ok()),
            }),
            _ => None,
        }
    }
}

struct Reader<'a>(&'a str);

impl<'a> Reader<'a> {
    fn take(&mut self, belongs: fn(u8) -> bool) -> &'a str {
        let end = self
            .0
            .bytes()
            .position(|b| !belongs(b))
            .unwrap_or(self.0.len());
        let (word, rest) = self.0.split_at_checked(end).unwrap_or_default();
        self.0 = rest;
        word
    }

    fn skip(&mut self, belongs: fn(u8) -> bool) {
        self.take(belongs);
    }

    /// A scheme may be followed by one opaque credential instead of parameters.
    fn skip_token68(&mut self) {
        let before = self.0;
        let word = self.take(|b| {
            b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b'+' | b'/')
        });
        self.skip(|b| b == b'=');
        self.skip(is_space);
        if word.is_empty() || !matches!(self.0.as_bytes(), [] | [b',', ..]) {
            self.0 = before;
        }
    }

    /// A token or a quoted string.
    fn value(&mut self) -> Option<String> {
        let Some(quoted) = self.0.strip_prefix('"') else {
            let word = self.take(is_token);
            return if word.is_empty() {
                None
            } else {
                Some(word.into())
            };
        };
        let mut value = String::new();
        let mut chars = quoted.chars();
        loop {
            match chars.next()? {
                '"' => break,
                '\\' => value.push(chars.next()?),
                c => value.push(c),
            }
        }
        self.0 = chars.as_str();
        Some(value)
    }
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Whether a token may hold it (RFC 9110 §5.6.2).
pub(crate) const fn is_token(byte: u8) -> bool {
    matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'z' | b'|' | b'~' | b'0'..=b'9' | b'A'..=b'Z')
}

#[cfg(test)]
mod tests {
    use super::{Demand, demand};
    use std::string::{String, ToString};

    #[test]
    fn reads_the_examples_of_the_specifications() {
        // RFC 6750 §3
        let header = "Bearer realm=\"example\", error=\"invalid_token\", error_description=\"The access token expired\"";
        assert_eq!(demand(header, false), Some(Demand::AnotherToken));
        // RFC 9470 §3
        let header = "Bearer error=\"insufficient_user_authentication\", error_description=\"A different authentication level is required\", acr_values=\"myACR\"";
        let acr_values = "myACR".to_string();
        assert_eq!(
            demand(header, false),
            Some(Demand::StepUp {
                acr_values,
                max_age: None
            })
        );
        let header = "Bearer error=\"insufficient_user_authentication\", error_description=\"More recent authentication is required\", max_age=\"5\"";
        assert_eq!(
            demand(header, false),
            Some(Demand::StepUp {
                acr_values: String::new(),
                max_age: Some(5)
            })
        );
    }

    #[test]
    fn finds_the_bearer_challenge_among_others() {
        for header in [
            "Basic realm=\"Bearer error=invalid_token\", bearer error=invalid_token",
            "Negotiate dG9rZW4=, Bearer error = \"invalid_\\token\"",
            "Negotiate, , BEARER realm=\"a, b\",error=\"invalid_token\"",
        ] {
            assert_eq!(
                demand(header, false),
                Some(Demand::AnotherToken),
                "{header}"
            );
        }
    }

    #[test]
    fn asks_for_nothing_when_nothing_is_asked() {
        for header in [
            "",
            "Bearer",
            "Bearer realm=\"x\"",
            "Basic realm=\"x\", error=\"invalid_token\"",
            "DPoP error=\"invalid_token\"",
            "Bearer error=\"invalid_request\"",
            "Bearer error=\"invalid_token",
            "Bearer error=\"\\",
            "=",
            "\"",
            "Bearer error=",
            // a parameter of no challenge
            "error=invalid_token, Bearer error=invalid_token",
            "Basic realm=\"Bearer error=\\\"invalid_token\\\"\"",
        ] {
            assert_eq!(demand(header, false), None, "{header}");
        }
    }
}
