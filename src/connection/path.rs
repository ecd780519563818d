//! Where something is in an answer: a member's name, or a `JSONPath` (RFC 9535).

use alloc::string::String;

use serde_json::Value;
use serde_json_path::JsonPath;

/// A way into a JSON value.
#[derive(Clone, Debug)]
pub struct Path {
    text: String,
    path: JsonPath,
}

impl Path {
    /// Reads it; a text that does not begin with `$` goes on behind `$.`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let path = if text.starts_with('$') {
            JsonPath::parse(text)
        } else {
            JsonPath::parse(&["$.", text].concat())
        };
        Some(Self {
            text: text.into(),
            path: path.ok()?,
        })
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The first thing there. Null counts as nothing.
    #[must_use]
    pub fn find<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        self.path
            .query(value)
            .into_iter()
            .find(|found| !found.is_null())
    }
}

#[cfg(test)]
mod tests {
    use super::Path;
    use serde_json::json;

    #[test]
    fn a_name_and_a_path_lead_to_a_value() {
        let value = json!({"access_token": "a", "data": [{"token": "b"}, {"token": "c"}], "none": null, "a b": "d"});
        for (path, expected) in [
            ("access_token", Some("a")),
            ("$.access_token", Some("a")),
            ("data[1].token", Some("c")),
            ("$..token", Some("b")),
            ("$['none', 'access_token']", Some("a")),
            ("$['a b']", Some("d")),
            ("none", None),
            ("other", None),
            ("data[7].token", None),
        ] {
            let found = Path::parse(path).unwrap();
            assert_eq!(
                found.find(&value).and_then(|it| it.as_str()),
                expected,
                "{path}"
            );
        }
        for bad in ["$.", "a b", "$[", "..", "data[", ""] {
            assert!(Path::parse(bad).is_none(), "{bad}");
        }
    }
}
