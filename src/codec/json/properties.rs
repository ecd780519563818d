//! Properties of the reader and of the writer.

use super::{
    Json, ObjectWriter, for_page, oracle::assert_same, oracle::assert_same_verdict, push_decimal,
    quote,
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt::Write as _;
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeSet;

/// Any value that stays within the limits.
fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1000_i64..1000).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[a-c\\\\\"/\u{0}-\u{1f}é😀]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((".{0,4}", inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Writes `value` in one of its many spellings, as `choices` has it.
fn spell(value: &Value, choices: &mut impl Iterator<Item = u8>, out: &mut String) {
    let space = |choices: &mut dyn Iterator<Item = u8>, out: &mut String| {
        let spaces = ["", "", "", " ", "\n", "\t", "\r\n  "];
        out.push_str(spaces[usize::from(choices.next().unwrap()) % spaces.len()]);
    };
    space(choices, out);
    match value {
        Value::Array(items) => {
            out.push('[');
            space(choices, out);
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                spell(item, choices, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            space(choices, out);
            for (at, (name, value)) in members.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                space(choices, out);
                spell_text(name, choices, out);
                space(choices, out);
                out.push(':');
                spell(value, choices, out);
            }
            out.push('}');
        }
        Value::String(text) => spell_text(text, choices, out),
        other => out.push_str(&other.to_string()),
    }
    space(choices, out);
}

fn spell_text(text: &str, choices: &mut impl Iterator<Item = u8>, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        let must = character < ' ' || character == '"' || character == '\\';
        match choices.next().unwrap() % 4 {
            0 => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}").unwrap();
                }
            }
            1 => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04X}").unwrap();
                }
            }
            _ if must => {
                out.push_str(serde_json::to_string(&character).unwrap().trim_matches('"'));
                if character == '"' {
                    out.push('"');
                }
            }
            2 if character == '/' => out.push_str("\\/"),
            _ => out.push(character),
        }
    }
    out.push('"');
}

/// Bytes that matter to a reader of JSON.
fn telling_byte() -> impl Strategy<Value = u8> {
    prop_oneof![
        prop::sample::select(b"{}[]:,\"\\/ \t\r\nbfnrtu0123456789abcdefDd.+-eE'".as_slice()),
        any::<u8>(),
    ]
}

proptest! {
    #[test]
    fn every_spelling_of_a_value_is_read_alike(
        value in any_value(),
        choices in prop::collection::vec(any::<u8>(), 1..200),
    ) {
        let mut text = String::new();
        spell(&value, &mut choices.into_iter().cycle(), &mut text);
        let read = serde_json::from_str(&text).unwrap();
        let json = Json::parse(text.as_bytes()).unwrap();
        prop_assert_eq!(json.raw(), text.trim());
        assert_same(json, &read);
    }

    #[test]
    fn a_damaged_text_gets_the_verdict_of_the_oracle(
        value in any_value(),
        choices in prop::collection::vec(any::<u8>(), 1..200),
        damage in prop::collection::vec((any::<prop::sample::Index>(), 0..4, telling_byte()), 1..4),
    ) {
        let mut text = String::new();
        spell(&value, &mut choices.into_iter().cycle(), &mut text);
        let mut bytes = text.into_bytes();
        for (at, kind, byte) in damage {
            let at = at.index(bytes.len() + 1);
            match kind {
                0 => bytes.insert(at, byte),
                1 => bytes.truncate(at),
                _ if at == bytes.len() => bytes.push(byte),
                2 => bytes[at] = byte,
                _ => drop(bytes.remove(at)),
            }
        }
        assert_same_verdict(&bytes);
    }

    #[test]
    fn a_string_of_telling_bytes_gets_the_verdict_of_the_oracle(
        bytes in prop::collection::vec(telling_byte(), 0..12),
    ) {
        assert_same_verdict(&bytes);
        assert_same_verdict(&[b"\"", bytes.as_slice(), b"\""].concat());
        assert_same_verdict(&[b"[", bytes.as_slice(), b"]"].concat());
    }

    #[test]
    fn a_string_of_escapes_gets_the_verdict_of_the_oracle(
        pieces in prop::collection::vec("\\\\u[dD][789a-fA-F][0-9a-f]{2}|\\\\u00[0-9a-f]{2}|\\\\[bfnrtu\"/\\\\x]|[a-z]", 0..6),
    ) {
        assert_same_verdict(format!("\"{}\"", pieces.concat()).as_bytes());
    }

    #[test]
    fn any_bytes_get_a_verdict(bytes: Vec<u8>) {
        assert_same_verdict(&bytes);
    }

    #[test]
    fn a_number_gets_the_verdict_of_the_oracle(text in "-?[0-9]{1,3}(\\.[0-9]{0,3})?([eE][+-]?[0-9]{0,3})?") {
        assert_same_verdict(text.as_bytes());
    }

    #[test]
    fn names_are_distinct_or_refused(
        names in prop::collection::vec("[ab\u{e9}\u{ff5e}\u{10000}]{0,2}", 0..6),
        choices in prop::collection::vec(any::<u8>(), 1..40),
    ) {
        let mut choices = choices.into_iter().cycle();
        let mut text = String::from("{");
        for (at, name) in names.iter().enumerate() {
            text.push_str(if at > 0 { "," } else { "" });
            spell_text(name, &mut choices, &mut text);
            text.push_str(":{\"a\":1,\"b\":2}");
        }
        text.push('}');
        let distinct = names.iter().collect::<BTreeSet<_>>().len() == names.len();
        prop_assert_eq!(Json::parse(text.as_bytes()).is_ok(), distinct, "{}", text);
    }

    #[test]
    fn whole_is_exact(
        negative: bool,
        units in 0_i128..10_000_000_000,
        fraction in "[0-9]{0,5}",
        exponent in -14_i32..15,
    ) {
        let sign = if negative { "-" } else { "" };
        let point = if fraction.is_empty() { "" } else { "." };
        let text = format!("{sign}{units}{point}{fraction}e{exponent}");
        let digits: i128 = format!("{sign}{units}{fraction}").parse().unwrap();
        let scale = exponent - i32::try_from(fraction.len()).unwrap();
        let power = 10_i128.pow(scale.unsigned_abs());
        let (floor, beyond) = if scale < 0 {
            (digits.div_euclid(power), digits.abs() > (1 << 53) * power)
        } else {
            (digits * power, digits.abs() * power > 1 << 53)
        };
        let expected = if beyond { None } else { Some(i64::try_from(floor).unwrap()) };
        prop_assert_eq!(Json::parse(text.as_bytes()).unwrap().whole(), expected, "{}", text);
    }

    #[test]
    fn a_page_gets_the_same_value_with_unsafe_integers_as_text(value in any_value()) {
        fn expected(value: &Value) -> Value {
            match value {
                Value::Array(items) => items.iter().map(expected).collect(),
                Value::Object(members) => Value::Object(
                    members.iter().map(|(name, value)| (name.clone(), expected(value))).collect(),
                ),
                Value::Number(number) if !number.is_f64() => {
                    let exact = number.as_i64().is_some_and(|n| n.unsigned_abs() <= 1 << 53);
                    if exact { value.clone() } else { number.to_string().into() }
                }
                other => other.clone(),
            }
        }
        let text = value.to_string();
        let page = for_page(Json::parse(text.as_bytes()).unwrap());
        prop_assert_eq!(page, expected(&value).to_string());
    }

    #[test]
    fn what_is_written_is_read(name: String, text: String, number: i64, flag: bool) {
        prop_assert_eq!(&serde_json::from_str::<String>(&quote(&text)).unwrap(), &text);
        let mut decimal = String::new();
        push_decimal(&mut decimal, number);
        prop_assert_eq!(decimal.parse(), Ok(number));

        let mut object = ObjectWriter::new();
        object.text(&format!("{name}1"), &text).whole(&format!("{name}2"), number);
        object.flag(&format!("{name}3"), flag).raw(&format!("{name}4"), "[null]");
        let read: Value = serde_json::from_str(&object.finish()).unwrap();
        prop_assert_eq!(
            read,
            serde_json::json!({
                format!("{name}1"): text,
                format!("{name}2"): number,
                format!("{name}3"): flag,
                format!("{name}4"): [null],
            })
        );
    }
}
