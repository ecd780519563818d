//! The values that templates name: what the data defines, secrets, what answers held, and what is
//! drawn or told for one request.

use alloc::{
    borrow::Cow,
    collections::BTreeMap,
    string::{String, ToString},
};

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    fault::{Fault, Result},
    moment::{Moment, iso},
};
use crate::secret::Secret;

/// Names that are the empty string where there is no such value.
const EMPTY: &[&str] = &[
    "code",
    "redirect_uri",
    "refresh_token",
    "token",
    "scope",
    "audience",
    "error_path",
    "version",
];

/// Names of secrets that a connection may be handed.
pub const SECRETS: &[&str] = &[
    "client_secret",
    "user_name",
    "password",
    "private_key",
    "assertion",
    "saml_assertion",
    "subject_token",
    "actor_token",
    "token",
];

/// Names that a request brings itself.
pub const DRAWN: &[&str] = &[
    "guid",
    "random_base64",
    "random_int",
    "random_smallint",
    "random_string",
    "timestamp",
    "timestamp_unix",
    "utc",
];

/// Names that a connection or its sequences bring.
pub const GIVEN: &[&str] = &[
    "client_id",
    "code",
    "redirect_uri",
    "refresh_token",
    "token_url",
    "token_path",
    "error_path",
    "scope",
    "audience",
    "version",
];

/// How many random bytes one request needs.
pub const ENTROPY: usize = 78;

/// Values by name.
#[derive(Clone, Debug, Default)]
pub struct Values {
    known: BTreeMap<String, Value>,
    /// Whether secrets that nobody handed over are placeholders, as in a preview.
    pretends: bool,
}

/// One value.
#[derive(Clone, Debug)]
pub enum Value {
    /// Everybody may see it.
    Plain(String),
    /// Nobody may see it.
    Secret(Secret),
}

impl Value {
    /// As it is sent.
    #[must_use]
    pub fn real(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Secret(secret) => secret.expose(),
        }
    }

    /// What people see in its place, if they must not see it.
    #[must_use]
    pub fn placeholder(&self, name: &str) -> Option<String> {
        match self {
            Self::Plain(_) => None,
            Self::Secret(secret) if secret.expose().is_empty() => None,
            Self::Secret(_) => Some(["‹", name, "›"].concat()),
        }
    }
}

impl Values {
    /// Secrets that nobody handed over are placeholders from now on.
    pub const fn pretend(&mut self) {
        self.pretends = true;
    }

    /// Sets what everybody may see.
    pub fn plain(&mut self, name: &str, value: &str) -> &mut Self {
        self.known.insert(name.into(), Value::Plain(value.into()));
        self
    }

    /// Sets what nobody may see.
    pub fn secret(&mut self, name: &str, value: &str) -> &mut Self {
        let secret = Value::Secret(Secret::new(value.into()));
        self.known.insert(name.into(), secret);
        self
    }

    /// Whether there is such a value.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.known.contains_key(name)
    }

    /// The value of a name.
    ///
    /// # Errors
    /// `config_invalid` with the name, if it is missing and must not be.
    pub fn get(&self, name: &str) -> Result<Cow<'_, Value>> {
        if let Some(value) = self.known.get(name) {
            return Ok(Cow::Borrowed(value));
        }
        let comes_later = matches!(name, "code" | "refresh_token" | "token");
        if EMPTY.contains(&name) && !(self.pretends && comes_later) {
            return Ok(Cow::Owned(Value::Plain(String::new())));
        }
        if self.pretends {
            return Ok(Cow::Owned(Value::Secret(Secret::new("x".into()))));
        }
        Err(Fault::config(["%[", name, "]"].concat()))
    }

    /// Every secret, so that answers can be shown without them.
    #[must_use]
    pub fn secrets(&self) -> alloc::vec::Vec<Secret> {
        let secrets = self.known.values().filter_map(|value| match value {
            Value::Secret(secret) => Some(secret.clone()),
            Value::Plain(_) => None,
        });
        secrets.collect()
    }

    /// Draws and tells what one request needs.
    #[must_use]
    pub fn for_request(&self, entropy: &[u8; ENTROPY], moment: Moment) -> Self {
        let mut values = self.clone();
        let (guid, rest) = entropy.split_at(16);
        let (bytes, rest) = rest.split_at(32);
        let (int, rest) = rest.split_at(4);
        let (small, letters) = rest.split_at(2);
        values
            .plain("guid", &guid_of(guid))
            .plain("random_base64", &STANDARD.encode(bytes))
            .plain("random_int", &(number_of(int) & 0x7fff_ffff).to_string())
            .plain("random_smallint", &(number_of(small) & 0x7fff).to_string())
            .plain("random_string", &letters_of(letters))
            .plain("timestamp_unix", &moment.unix().to_string())
            .plain("timestamp", &iso(moment.local()))
            .plain("utc", &[&*iso(moment.millis), "Z"].concat());
        values
    }
}

/// A random UUID (RFC 9562 §5.4).
fn guid_of(bytes: &[u8]) -> String {
    let mut text = String::new();
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        let byte = match at {
            6 => byte & 0x0f | 0x40,
            8 => byte & 0x3f | 0x80,
            _ => *byte,
        };
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(digit.into(), 16).unwrap_or('0'));
        }
    }
    text
}

fn number_of(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// A lower-case letter of every two bytes, so that each is as likely as the next.
fn letters_of(bytes: &[u8]) -> String {
    let letter = |pair: &[u8]| char::from(b'a' + u8::try_from(number_of(pair) % 26).unwrap_or(0));
    bytes.chunks(2).map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::{ENTROPY, Values};
    use crate::connection::moment::Moment;
    use std::string::{String, ToString};

    const NOON: Moment = Moment {
        millis: 1_437_062_890_655,
        offset: 120,
    };

    fn drawn(name: &str) -> String {
        let mut entropy = [0; ENTROPY];
        for (at, byte) in entropy.iter_mut().enumerate() {
            *byte = u8::try_from(255 - at).unwrap();
        }
        let values = Values::default().for_request(&entropy, NOON);
        values.get(name).unwrap().real().to_string()
    }

    #[test]
    fn what_is_drawn_and_told_has_the_documented_shape() {
        for (name, expected) in [
            ("guid", "fffefdfc-fbfa-49f8-b7f6-f5f4f3f2f1f0"),
            (
                "random_base64",
                "7+7t7Ovq6ejn5uXk4+Lh4N/e3dzb2tnY19bV1NPS0dA=",
            ),
            ("random_int", "1338953164"),
            ("random_smallint", "19402"),
            ("random_string", "bzxvtrpnljhf"),
            ("timestamp", "2015-07-16T18:08:10.655"),
            ("timestamp_unix", "1437062890"),
            ("utc", "2015-07-16T16:08:10.655Z"),
        ] {
            assert_eq!(drawn(name).len(), expected.len(), "{name}");
            if !name.starts_with("random_s") {
                assert_eq!(drawn(name), expected, "{name}");
            }
        }
        let letters = drawn("random_string");
        assert!(
            letters.bytes().all(|b| b.is_ascii_lowercase()) && letters.len() == 12,
            "{letters}"
        );
        assert!(drawn("random_smallint").parse::<u16>().unwrap() < 1 << 15);
    }

    #[test]
    fn some_names_may_be_missing() {
        let values = Values::default();
        for name in [
            "code",
            "redirect_uri",
            "refresh_token",
            "token",
            "scope",
            "audience",
        ] {
            assert_eq!(values.get(name).unwrap().real(), "", "{name}");
        }
        for name in [
            "client_id",
            "client_secret",
            "user_name",
            "password",
            "other",
        ] {
            assert!(values.get(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_preview_has_placeholders_for_what_is_missing() {
        let mut values = Values::default();
        values.pretend();
        for name in ["client_secret", "code", "refresh_token"] {
            let value = values.get(name).unwrap();
            assert_eq!(value.placeholder(name).unwrap(), ["‹", name, "›"].concat());
        }
        assert_eq!(values.get("scope").unwrap().real(), "");
    }
}
