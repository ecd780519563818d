//! What an API demands in `WWW-Authenticate` (RFC 9110 §11.6.1, RFC 6750 §3, RFC 9470 §3).

use alloc::{string::String, vec::Vec};

/// The demand of a Bearer challenge.
#[derive(Debug, PartialEq, Eq)]
pub enum Demand {
    /// Another access token: `error="invalid_token"`.
    AnotherToken,
    /// A stronger or more recent sign-in: `error="insufficient_user_authentication"`.
    StepUp {
        /// Acceptable authentication contexts, best first.
        acr_values: Vec<String>,
        /// Greatest allowed age of the sign-in, in seconds.
        max_age: Option<u64>,
    },
}

/// The longest header that is read.
const LIMIT: usize = 8 << 10;

/// What the first Bearer challenge with an error we know asks for.
#[must_use]
pub fn demand(header: &str) -> Option<Demand> {
    let challenges = if header.len() <= LIMIT { parse(header) } else { None }?;
    let mut bearer = challenges.iter().filter(|challenge| challenge.scheme.eq_ignore_ascii_case("bearer"));
    bearer.find_map(|challenge| match challenge.get("error")? {
        "invalid_token" => Some(Demand::AnotherToken),
        "insufficient_user_authentication" => Some(Demand::StepUp {
            acr_values: challenge.get("acr_values").unwrap_or_default().split_whitespace().map(Into::into).collect(),
            max_age: challenge.get("max_age").and_then(|age| age.parse().ok()),
        }),
        _ => None,
    })
}

struct Challenge<'a> {
    scheme: &'a str,
    params: Vec<(&'a str, String)>,
}

impl Challenge<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// Every challenge, or `None` if the header is not a list of them.
fn parse(header: &str) -> Option<Vec<Challenge<'_>>> {
    let mut rest = header;
    let mut challenges: Vec<Challenge<'_>> = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            return Some(challenges);
        }
        let (word, after) = token(rest)?;
        let after_space = after.trim_start_matches([' ', '\t']);
        match after_space.strip_prefix('=') {
            Some(value) if !challenges.is_empty() && !value.starts_with('=') => {
                let (value, after) = parameter_value(value.trim_start_matches([' ', '\t']))?;
                challenges.last_mut()?.params.push((word, value));
                rest = after;
            }
            _ => {
                challenges.push(Challenge { scheme: word, params: Vec::new() });
                rest = after_token68(after_space);
            }
        }
    }
}

/// A scheme may be followed by one opaque credential instead of parameters; it is skipped.
fn after_token68(text: &str) -> &str {
    let is_token68 = |c: char| c.is_ascii_alphanumeric() || "-._~+/=".contains(c);
    let end = text.find(|c| !is_token68(c)).unwrap_or(text.len());
    let (word, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    let alone = rest.is_empty() || rest.trim_start_matches([' ', '\t']).starts_with(',');
    let named = word.trim_end_matches('=').contains('=');
    if alone && !named && !word.is_empty() { rest } else { text }
}

fn token(text: &str) -> Option<(&str, &str)> {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let end = text.find(|c| !is_token(c)).unwrap_or(text.len());
    text.split_at_checked(end).filter(|(word, _)| !word.is_empty())
}

fn parameter_value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        return token(text).map(|(value, rest)| (value.into(), rest));
    };
    let mut value = String::new();
    let mut chars = quoted.chars();
    loop {
        match chars.next()? {
            '"' => return Some((value, chars.as_str())),
            '\\' => value.push(chars.next()?),
            c => value.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Demand, demand};
    use std::string::ToString;

    #[test]
    fn reads_the_examples_of_the_specifications() {
        // RFC 6750 §3
        let header = "Bearer realm=\"example\", error=\"invalid_token\", error_description=\"The access token expired\"";
        assert_eq!(demand(header), Some(Demand::AnotherToken));
        // RFC 9470 §3
        let header = "Bearer error=\"insufficient_user_authentication\", error_description=\"A different authentication level is required\", acr_values=\"myACR\"";
        let acr_values = ["myACR".to_string()].into();
        assert_eq!(demand(header), Some(Demand::StepUp { acr_values, max_age: None }));
        let header = "Bearer error=\"insufficient_user_authentication\", error_description=\"More recent authentication is required\", max_age=\"5\"";
        assert_eq!(demand(header), Some(Demand::StepUp { acr_values: [].into(), max_age: Some(5) }));
    }

    #[test]
    fn finds_the_bearer_challenge_among_others() {
        for header in [
            "Basic realm=\"Bearer error=invalid_token\", bearer error=invalid_token",
            "Negotiate dG9rZW4=, Bearer error = \"invalid_\\token\"",
            "Negotiate, , BEARER realm=\"a, b\",error=\"invalid_token\"",
        ] {
            assert_eq!(demand(header), Some(Demand::AnotherToken), "{header}");
        }
    }

    #[test]
    fn asks_for_nothing_when_nothing_is_asked() {
        for header in [
            "", "Bearer", "Bearer realm=\"x\"", "Basic realm=\"x\", error=\"invalid_token\"", "DPoP error=\"invalid_token\"",
            "Bearer error=\"invalid_request\"", "Bearer error=\"invalid_token", "Bearer error=\"\\", "=", "\"", "Bearer error=",
            "Basic realm=\"Bearer error=\\\"invalid_token\\\"\"",
        ] {
            assert_eq!(demand(header), None, "{header}");
        }
    }
}
