//! Foreign text that people may see: cut, and without what it must not hold.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use serde_json::Value;

use super::{client_auth::form_encoded, template::escaped};
use crate::{protocol::oauth_error::cut_at, secret::Secret};

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

/// A body as people may see it: members with the name of a secret, and whatever is one of `secrets`,
/// are masked. Where a token comes from, so is all that could be one, since the data may be wrong about
/// where it is.
#[must_use]
pub fn redacted(body: &[u8], secrets: &[Secret], holds_token: bool) -> String {
    let hidden = Hidden::of(secrets);
    if let Ok(value) = serde_json::from_slice(body) {
        let value = hidden.mask(value, holds_token);
        let text = serde_json::to_string_pretty(&value).unwrap_or_default();
        return cut_at(&text, SHOWN);
    }
    let text = String::from_utf8_lossy(body);
    if holds_token && text.to_ascii_lowercase().contains("token") {
        return UNREADABLE.into();
    }
    cut_at(&hidden.shown(&text, holds_token), SHOWN)
}

/// `text` with every secret masked, also where it is escaped as in a URL, in a form or in JSON.
#[must_use]
pub fn without(text: &str, secrets: &[Secret]) -> String {
    Hidden::of(secrets).without(text)
}

/// What nobody may see, and how it may be written.
struct Hidden<'a> {
    secrets: &'a [Secret],
    /// The longest first, so that no part of one stays behind.
    forms: Vec<String>,
}

impl<'a> Hidden<'a> {
    fn of(secrets: &'a [Secret]) -> Self {
        let mut forms = Vec::new();
        for secret in secrets.iter().map(Secret::expose) {
            if secret.len() >= TELLING {
                let json = serde_json::to_string(secret).unwrap_or_default();
                let inside = json.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
                forms.extend([
                    secret.into(),
                    escaped(secret),
                    escaped(secret).replace("%20", "+"),
                    form_encoded(secret),
                    inside.unwrap_or(secret).into(),
                ]);
            }
        }
        forms.sort_by_key(|form| core::cmp::Reverse(form.len()));
        forms.dedup();
        Self { secrets, forms }
    }

    fn without(&self, text: &str) -> String {
        let mut text = String::from(text);
        for form in &self.forms {
            text = text.replace(form, MASK);
        }
        text
    }

    /// The same, and without words that could be a token where one comes from.
    fn shown(&self, text: &str, holds_token: bool) -> String {
        let text = self.without(text);
        if holds_token {
            without_tokens(&text)
        } else {
            text
        }
    }

    fn is_one(&self, text: &str) -> bool {
        self.secrets.iter().any(|secret| secret.expose() == text)
    }

    fn mask(&self, value: Value, holds_token: bool) -> Value {
        match value {
            Value::Object(members) => {
                let members = members.into_iter().map(|(name, member)| {
                    let is_told = !is_structure(&member) && names_a_secret(&name);
                    let member = if is_told {
                        MASK.into()
                    } else {
                        self.mask(member, holds_token)
                    };
                    (self.shown(&name, holds_token), member)
                });
                Value::Object(members.collect())
            }
            Value::Array(items) => {
                let items = items.into_iter().map(|item| self.mask(item, holds_token));
                Value::Array(items.collect())
            }
            Value::String(text) if holds_token && could_be_token(&text) || self.is_one(&text) => {
                MASK.into()
            }
            Value::String(text) => self.shown(&text, holds_token).into(),
            Value::Number(number) if self.is_one(&number.to_string()) => MASK.into(),
            other => other,
        }
    }
}

/// A token stands behind its scheme, between the tags of a page, in the query of a URL.
fn without_tokens(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let is_between = |c: char| c.is_whitespace() || "\"'<>=&?#,;".contains(c);
        let end = rest.find(is_between).unwrap_or(rest.len());
        let (word, behind) = rest.split_at_checked(end).unwrap_or_default();
        out.push_str(if could_be_token(word) { MASK } else { word });
        let mut letters = behind.chars();
        out.extend(letters.next());
        rest = letters.as_str();
    }
    out
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
        "clientsecret",
        "apikey",
        "api_key",
        "cookie",
    ];
    let is_one = |name: &str| {
        TELLING.contains(&name)
            || ["_secret", "_token", "_password", "_assertion", "_key"]
                .iter()
                .any(|end| name.ends_with(end))
    };
    // `passWord` is one word to some
    is_one(&snake_case(name)) || is_one(&name.to_ascii_lowercase().replace('-', "_"))
}

/// `clientSecret`, `Client-Secret` and `clientSECRET` as `client_secret`.
fn snake_case(name: &str) -> String {
    let mut out = String::new();
    let mut letters = name.chars().peekable();
    let (mut was_lower, mut was_upper) = (false, false);
    while let Some(letter) = letters.next() {
        let is_upper = letter.is_ascii_uppercase();
        // a word begins after a small letter, and at the last capital of several (`APIKey`)
        let begins_small = letters.peek().is_some_and(char::is_ascii_lowercase);
        if is_upper && (was_lower || was_upper && begins_small) {
            out.push('_');
        }
        (was_lower, was_upper) = (letter.is_ascii_alphanumeric() && !is_upper, is_upper);
        out.push(if letter == '-' {
            '_'
        } else {
            letter.to_ascii_lowercase()
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{names_a_secret, redacted, without};
    use crate::{connection::client_auth::form_encoded, secret::Secret};
    use std::{format, string::ToString};

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
    fn a_name_tells_a_secret_however_its_words_are_parted() {
        for name in [
            "client_secret",
            "clientSecret",
            "ClientSecret",
            "Client-Secret",
            "samlToken",
            "userPassword",
            "oauth2Token",
            "APIKey",
            "xAPIKey",
            "X-API-Key",
            "TOKEN",
            "passWord",
            "idToken",
            "privateKey",
        ] {
            assert!(names_a_secret(name), "{name}");
        }
        for name in [
            "tokenType",
            "expiresIn",
            "monkey",
            "secretary",
            "passwordHint",
        ] {
            assert!(!names_a_secret(name), "{name}");
        }
        let shown = redacted(
            br#"{"clientSecret":"x","samlToken":"y","id":"z"}"#,
            &[],
            false,
        );
        assert!(!shown.contains("\"x\"") && !shown.contains("\"y\"") && shown.contains("\"z\""));
    }

    #[test]
    fn a_secret_is_masked_however_it_is_written() {
        let odd = "a \"quoted\"\nline \\ & more *~'!";
        let secrets = [odd, "48151", "abc"].map(|text| Secret::new(text.to_string()));
        let json = serde_json::to_string(odd).unwrap();
        for body in [
            format!(r#"{{"error":"no","echo":{json}}}"#),
            format!(r#"{{"message":"the body {json} and 48151"}}"#)
                .replace(&json, json.trim_matches('"')),
            format!(r#"{{"list":[{{{json}:1}},48151]}}"#),
            format!(r#"{{"nested":{}}}"#, serde_json::to_string(&json).unwrap()),
            format!("no JSON: {json} 48151"),
            format!("asked with a=b&c={}", form_encoded(odd)),
        ] {
            let shown = redacted(body.as_bytes(), &secrets, false);
            assert!(shown.contains("‹redacted›"), "{shown}");
            for gone in ["quoted", "line", "48151"] {
                assert!(!shown.contains(gone), "{gone} in {shown}");
            }
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
