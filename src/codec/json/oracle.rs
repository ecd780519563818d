//! `serde_json` as the oracle: what both read must be the same, and what only one of them reads
//! must be what we refuse on purpose. The fuzz target `json` makes the same comparison.

use super::{Json, JsonDefect, for_page};
use serde_json::Value;
use std::{
    string::{String, ToString},
    vec::Vec,
};

/// Asserts that every way of reading `json` gives what the oracle read.
pub(super) fn assert_same(json: Json<'_>, value: &Value) {
    assert_eq!(&serde_json::from_str::<Value>(json.raw()).unwrap(), value);
    assert_eq!(json.is_null(), value.is_null());
    assert_eq!(json.is_array(), value.is_array());
    assert_eq!(json.is_object(), value.is_object());
    assert_eq!(json.boolean(), value.as_bool());
    assert_eq!(json.text().as_deref(), value.as_str());
    if let Some(text) = value.as_str() {
        assert!(json.is_text(text));
    }
    let exact = value
        .as_i64()
        .filter(|number| number.unsigned_abs() <= 1 << 53);
    if json.raw() == "-0" {
        assert_eq!((json.integer(), json.whole()), (Some(0), Some(0)));
    } else if value.is_i64() || value.is_u64() {
        assert_eq!((json.integer(), json.whole()), (exact, exact));
    } else if let Some(number) = value.as_f64() {
        // the oracle rounds to 53 bits, so that its word counts only away from that border
        let limit = 2_f64.powi(53);
        assert_eq!(json.integer(), None);
        if (number.abs() - limit).abs() > 4.0 {
            assert_eq!(json.whole().is_some(), number.abs() < limit);
        }
    } else {
        assert_eq!((json.integer(), json.whole()), (None, None));
    }
    let items: Vec<_> = json.items().collect();
    let expected = value.as_array().map_or(&[][..], Vec::as_slice);
    assert_eq!(items.len(), expected.len());
    for (item, expected) in items.into_iter().zip(expected) {
        assert_same(item, expected);
    }
    let members: Vec<_> = json.members().collect();
    let width = value.as_object().map_or(0, serde_json::Map::len);
    assert_eq!(members.len(), width);
    for (name, member) in members {
        if width <= 64 {
            assert_eq!(json.get(&name).unwrap().raw(), member.raw());
        }
        assert_same(member, &value[&*name]);
    }
}

/// How many members the text writes down: an oracle drops those that come twice.
fn written_members(text: &str) -> usize {
    let (mut inside, mut escaped, mut colons) = (false, false, 0);
    for character in text.chars() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = inside,
            '"' => inside = !inside,
            ':' if !inside => colons += 1,
            _ => {}
        }
    }
    colons
}

fn read_members(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(read_members).sum(),
        Value::Object(members) => members.values().map(|value| 1 + read_members(value)).sum(),
        _ => 0,
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

fn widest(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(widest).max().unwrap_or(0),
        Value::Object(members) => {
            let inner = members.values().map(widest).max().unwrap_or(0);
            members.len().max(inner)
        }
        _ => 0,
    }
}

/// Asserts that a page reads the same, but for integers it could not hold, which are text.
fn assert_same_on_page(page: &Value, value: &Value) {
    match (page, value) {
        (Value::Array(page), Value::Array(value)) => {
            assert_eq!(page.len(), value.len());
            for (page, value) in page.iter().zip(value) {
                assert_same_on_page(page, value);
            }
        }
        (Value::Object(page), Value::Object(value)) => {
            assert_eq!(page.len(), value.len());
            for (page, value) in page.iter().zip(value) {
                assert_eq!(page.0, value.0);
                assert_same_on_page(page.1, value.1);
            }
        }
        (Value::String(digits), Value::Number(number)) => {
            assert!(number.as_f64().unwrap().abs() >= 2_f64.powi(53));
            assert!(number.is_f64() || *digits == number.to_string());
            assert_eq!(serde_json::from_str::<f64>(digits).ok(), number.as_f64());
        }
        _ => {
            assert_eq!(page, value);
            let number = value.as_i64().or(value.as_u64().map(|_| i64::MAX));
            assert!(number.is_none_or(|number| number.unsigned_abs() <= 1 << 53));
        }
    }
}

/// Asserts that we accept `bytes` exactly if the oracle does, save for our own rules.
pub(super) fn assert_same_verdict(bytes: &[u8]) {
    let ours = Json::parse(bytes);
    match serde_json::from_slice::<Value>(bytes) {
        Ok(value) => {
            let text = core::str::from_utf8(bytes).unwrap();
            let repeats = written_members(text) != read_members(&value);
            let is_large = depth(&value) > 32 || widest(&value) > 1024;
            match ours {
                Ok(json) => {
                    assert!(!repeats && !is_large, "{text}");
                    assert_same(json, &value);
                    let page = serde_json::from_str(&for_page(json)).unwrap();
                    assert_same_on_page(&page, &value);
                }
                // what is both gets the verdict of what is met first
                Err(JsonDefect::Malformed) => assert!(repeats, "{text}"),
                Err(JsonDefect::TooLarge) => assert!(is_large, "{text}"),
            }
        }
        // The oracle has no numbers beyond f64, and stops reading there.
        Err(error) if error.to_string().starts_with("number out of range") => {}
        Err(error) => assert!(
            ours.is_err(),
            "{error}: {:?}",
            String::from_utf8_lossy(bytes)
        ),
    }
}
