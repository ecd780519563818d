//! Foreign text that people may see: cut, and without what it must not hold.

use alloc::{string::String, vec::Vec};

use serde_json::Value;

use super::template::escaped;
use crate::secret::Secret;

/// The longest text of another side that is kept.
const LIMIT: usize = 1024;
/// The longest body that is shown.
const SHOWN: usize = 4096;
/// What stands for a value that nobody may see.
const MASK: &str = "‹redacted›";
/// What stands for a body that is no JSON, and may hold a token.
const UNREADABLE: &str = "‹not JSON; hidden, since it speaks of a token›";
/// The shortest text that could be a token.
const SHORTEST: usize = 16;
/// Shorter values are masked only where they are a member's whole value: they are found anywhere.
const TELLING: usize = 5;

/// At most 1 kB of `text`.
#[must_use]
pub fn cut(text: &str) -> String {
    cut_at(text, LIMIT)
}

fn cut_at(text: &str, limit: usize) -> String {
    let mut end = text.len().min(limit);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().into()
}

/// A body as people may see it: members with the name of a secret, and whatever is one of `secrets`,
/// are masked. Where a token comes from, so is all that could be one, since the data may be wrong about
/// where it is.
#[must_use]
pub fn redacted(body: &[u8], secrets: &[Secret], holds_token: bool) -> String {
    if let Ok(mut value) = serde_json::from_slice::<Value>(body) {
        mask(&mut value, secrets, holds_token);
        let text = serde_json::to_string_pretty(&value).unwrap_or_default();
        return cut_at(&without(&text, secrets), SHOWN);
    }
    let text = String::from_utf8_lossy(body);
    if holds_token && text.to_ascii_lowercase().contains("token") {
        return UNREADABLE.into();
    }
    cut_at(&without(&text, secrets), SHOWN)
}

/// `text` with every secret masked, also where it is escaped as in a URL or in a form.
#[must_use]
pub fn without(text: &str, secrets: &[Secret]) -> String {
    let mut telling = Vec::new();
    for secret in secrets.iter().map(Secret::expose) {
        if secret.len() >= TELLING {
            telling.extend([
                secret.into(),
                escaped(secret),
                escaped(secret).replace("%20", "+"),
            ]);
        }
    }
    // the longest first, so that no part of one stays behind
    telling.sort_by_key(|secret| core::cmp::Reverse(secret.len()));
    telling.dedup();
    let mut text = String::from(text);
    for secret in &telling {
        text = text.replace(secret, MASK);
    }
    text
}

fn mask(value: &mut Value, secrets: &[Secret], holds_token: bool) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if !is_structure(member) && names_a_secret(name) {
                    *member = MASK.into();
                } else {
                    mask(member, secrets, holds_token);
                }
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| mask(item, secrets, holds_token)),
        Value::String(text)
            if holds_token && could_be_token(text)
                || secrets.iter().any(|secret| secret.expose() == text) =>
        {
            *value = MASK.into();
        }
        _ => {}
    }
}

/// Long, and one word that is no URL.
fn could_be_token(text: &str) -> bool {
    text.len() >= SHORTEST && !text.contains(char::is_whitespace) && !text.contains("://")
}

const fn is_structure(value: &Value) -> bool {
    matches!(value, Value::Object(_) | Value::Array(_))
}

/// Whether a member or field of this name holds what nobody may see.
#[must_use]
pub fn names_a_secret(name: &str) -> bool {
    const TELLING: &[&str] = &[
        "access_token",
        "refresh_token",
        "id_token",
        "token",
        "password",
        "passwd",
        "secret",
        "assertion",
        "private_key",
        "authorization",
        "device_code",
        "code_verifier",
        "identifier",
        "accesstoken",
        "refreshtoken",
        "idtoken",
        "apikey",
        "api_key",
        "cookie",
    ];
    let name = name.to_ascii_lowercase().replace('-', "_");
    TELLING.contains(&&*name)
        || ["_secret", "_token", "_password", "_assertion", "_key"]
            .iter()
            .any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::{cut, redacted, without};
    use crate::secret::Secret;
    use std::{format, string::ToString};

    #[test]
    fn text_is_cut_between_characters() {
        assert_eq!(cut(&"\u{20ac}".repeat(1000)).len(), 1023);
    }

    #[test]
    fn a_body_is_shown_without_its_secrets() {
        let secrets = [
            Secret::new("s3cr3t".to_string()),
            Secret::new("abc".to_string()),
        ];
        let shown = redacted(
            br#"{"access_token":"t1","data":{"Client_Secret":"x","note":"echo s3cr3t!"},"list":["abc","abcd"],"expires_in":3600}"#,
            &secrets,
            false,
        );
        for gone in ["t1", "\"x\"", "s3cr3t", "\"abc\""] {
            assert!(!shown.contains(gone), "{gone} in {shown}");
        }
        for kept in ["\"abcd\"", "3600", "echo"] {
            assert!(shown.contains(kept), "{kept} not in {shown}");
        }
    }

    #[test]
    fn a_page_of_html_is_shown_without_its_secrets_and_cut() {
        let page = format!("<h1>no s3cr3t</h1>{}", "x".repeat(9000));
        let shown = redacted(page.as_bytes(), &[Secret::new("s3cr3t".to_string())], true);
        assert!(shown.starts_with("<h1>no ‹redacted›</h1>"));
        assert!(shown.len() <= 4096);
    }

    #[test]
    fn what_could_be_a_token_is_not_shown_where_one_comes_from() {
        let body = br#"{"data":{"value":"yVGBTUMqa_cqBA3T91ei3UZ2","kind":"short","page":"https://a.example/docs","text":"a sentence of words"}}"#;
        let shown = redacted(body, &[], true);
        assert!(!shown.contains("yVGB"), "{shown}");
        for kept in ["short", "https://a.example/docs", "a sentence of words"] {
            assert!(shown.contains(kept), "{shown}");
        }
        assert!(redacted(body, &[], false).contains("yVGB"));
        assert!(!redacted(br#"{"access_token": "half"#, &[], true).contains("half"));
    }

    #[test]
    fn a_secret_within_another_does_not_uncover_it() {
        let secrets = ["inner", "an-inner-and-more"].map(|text| Secret::new(text.to_string()));
        assert_eq!(
            without("an-inner-and-more inner", &secrets),
            "‹redacted› ‹redacted›"
        );
    }
}
