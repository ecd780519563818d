//! What a provider says when it refuses (RFC 6749 §4.1.2.1 and §5.2): inert text, cut.

use alloc::string::String;

use crate::{
    codec::json::Json,
    error::{Error, Failure, Said},
};

/// The longest text that is kept, in bytes.
const LIMIT: usize = 1024;
/// How many bytes of a secret are looked for: providers choose how long a text and a token are.
const TELLING: usize = 64;

/// `error` with the provider's words.
#[must_use]
pub fn failure(error: Error, code: &str, description: Option<&str>, uri: Option<&str>) -> Failure {
    let said = Said::OAuth {
        error: cut(code),
        description: description.map(cut),
        uri: uri.map(cut),
    };
    Failure::said(error, said)
}

/// The same, from a JSON error response; `None` if it is none. A text that repeats one of `secrets`
/// is as good as absent.
#[must_use]
pub fn from_json(error: Error, body: Json<'_>, secrets: &[&str]) -> Option<Failure> {
    let is_secret = |text: &str| secrets.iter().any(|secret| repeats(text, secret));
    let member = |name| {
        let text = body.get(name).and_then(Json::text);
        text.filter(|text| !is_secret(text))
    };
    let code = member("error")?;
    let (description, uri) = (member("error_description"), member("error_uri"));
    Some(failure(
        error,
        &code,
        description.as_deref(),
        uri.as_deref(),
    ))
}

/// Whether the secret, or as much of it as tells, begins in the part of the text that is kept.
fn repeats(text: &str, secret: &str) -> bool {
    let secret = secret.as_bytes();
    let telling = secret.get(..TELLING).unwrap_or(secret);
    !telling.is_empty()
        && text
            .as_bytes()
            .windows(telling.len())
            .take(LIMIT)
            .any(|piece| piece == telling)
}

/// The beginning of a text that is kept.
#[must_use]
pub fn cut(text: &str) -> String {
    cut_at(text, LIMIT)
}

/// At most `limit` bytes of `text`, whole characters.
#[must_use]
pub fn cut_at(text: &str, limit: usize) -> String {
    let mut end = text.len().min(limit);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn text_is_cut_between_characters() {
        let long = "\u{20ac}".repeat(1000);
        let short = cut(&long);
        assert_eq!(short.len(), 1023);
        assert!(long.starts_with(&short));
        assert_eq!(cut("<b>\u{202e}x</b>"), "<b>\u{202e}x</b>");
    }
}
