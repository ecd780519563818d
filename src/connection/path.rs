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
    /// Reads it. A text that does not begin with `$` is a member's name, or goes on behind `$.`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let path = if text.starts_with('$') {
            JsonPath::parse(text)
        } else if is_name(text) {
            JsonPath::parse(&["$['", text, "']"].concat())
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

/// Whether it can be nothing but a member's name: no part of it means something in a path.
fn is_name(text: &str) -> bool {
    let is_plain = |c: char| !c.is_control() && !matches!(c, '.' | '[' | ']' | '*' | '\'' | '\\');
    !text.is_empty() && text.trim() == text && text.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::Path;
    use serde_json::json;

    #[test]
    fn a_name_and_a_path_lead_to_a_value() {
        let value = json!({"access_token": "a", "data": [{"token": "b"}, {"token": "c"}], "none": null, "a b": "d", "access-token": "e", "@t:é": "f"});
        for (path, expected) in [
            ("access_token", Some("a")),
            ("$.access_token", Some("a")),
            ("data[1].token", Some("c")),
            ("$..token", Some("b")),
            ("$['none', 'access_token']", Some("a")),
            ("$['a b']", Some("d")),
            ("a b", Some("d")),
            ("access-token", Some("e")),
            ("@t:é", Some("f")),
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
        for bad in [
            "$.", "$.a b", "$[", "..", "data[", "", " a", "a ", "a-b.c", "a'", "a\nb",
        ] {
            assert!(Path::parse(bad).is_none(), "{bad}");
        }
    }
}
