//! What is JSON, and what its values say, by examples.

use super::{Json, JsonDefect, for_page};
use alloc::{borrow::Cow, format, string::String, vec::Vec};

pub(super) fn json(text: &str) -> Json<'_> {
    Json::parse(text.as_bytes()).unwrap_or_else(|defect| panic!("{defect:?}: {text}"))
}

fn defect(text: impl AsRef<[u8]>) -> Option<JsonDefect> {
    Json::parse(text.as_ref()).err()
}

#[test]
fn white_space_any_order_and_unknown_members_are_fine() {
    let text = " \t\r\n{ \"b\" :\n[ 1 , {} ,\t[ ] ] , \"a\"\r:null}\n";
    let value = json(text);
    assert_eq!(value.raw(), text.trim());
    assert!(value.get("a").is_some_and(Json::is_null));
    let items: Vec<_> = value.get("b").unwrap().items().map(Json::raw).collect();
    assert_eq!(items, ["1", "{}", "[ ]"]);
}

#[test]
fn what_is_not_json_is_refused() {
    for (what, text) in [
        ("nothing", ""),
        ("white space alone", " \n"),
        ("white space of another kind", "\u{a0}1"),
        ("a form feed", "\u{c}1"),
        ("a byte-order mark", "\u{feff}{}"),
        ("bytes after the value", "{} x"),
        ("two values", "{}{}"),
        ("a closing bracket too many", "[]]"),
        ("a NUL after the value", "{}\0"),
        ("a NUL for a value", "\0"),
        ("a comment", "{}//"),
        ("a truncated object", "{\"a\":1"),
        ("a truncated array", "[1"),
        ("a truncated string", "\"a"),
        ("a string that ends in a backslash", "\"a\\"),
        ("a string whose quote is escaped", "\"a\\\""),
        ("a truncated word", "nul"),
        ("a capital word", "True"),
        ("a word and more", "nullx"),
        ("not a number", "NaN"),
        ("infinity", "-Infinity"),
        ("single quotes", "{'a':1}"),
        ("a name without quotes", "{a:1}"),
        ("a name that is a number", "{1:1}"),
        ("a member without a value", "{\"a\":}"),
        ("a member without a colon", "{\"a\" 1}"),
        ("a comma before the end of an object", "{\"a\":1,}"),
        ("a comma before the end of an array", "[1,]"),
        ("a comma at the start", "[,1]"),
        ("two commas", "[1,,2]"),
        ("no comma", "[1 2]"),
        ("an object closed as an array", "{\"a\":1]"),
        ("an array closed as an object", "[1}"),
        ("a leading plus", "+1"),
        ("a leading zero", "01"),
        ("a leading zero after a minus", "-01"),
        ("a minus alone", "-"),
        ("a leading point", ".5"),
        ("a point without a fraction", "1."),
        ("a point before the exponent", "1.e3"),
        ("an exponent without digits", "1e"),
        ("an exponent with a sign alone", "1e+"),
        ("a fractional exponent", "1e0.5"),
        ("hexadecimal", "0x10"),
        ("a raw control character", "\"a\nb\""),
        ("a raw NUL in a string", "\"a\0b\""),
        ("a raw control character in a name", "{\"a\tb\":1}"),
        ("an unknown escape", "\"\\x\""),
        ("an escape of a character that needs none", "\"\\'\""),
        ("an escaped line break", "\"\\\n\""),
        ("a short unicode escape", "\"\\u12\""),
        ("a unicode escape cut by the end", "\"\\u12"),
        ("a unicode escape with a sign", "\"\\u+123\""),
        ("a unicode escape in braces", "\"\\u{1}\""),
        ("a leading surrogate alone", "\"\\ud800\""),
        ("a leading surrogate before a character", "\"\\ud800a\""),
        (
            "a leading surrogate before another escape",
            "\"\\ud800\\n\"",
        ),
        ("two leading surrogates", "\"\\ud800\\ud800\""),
        ("a trailing surrogate alone", "\"\\udc00\""),
        ("a surrogate pair in the wrong order", "\"\\udc00\\ud800\""),
        ("a lone surrogate in a name", "{\"\\udfff\":1}"),
        ("a member twice", "{\"a\":1,\"a\":1}"),
        ("a member twice, not in a row", "{\"a\":1,\"b\":2,\"a\":3}"),
        (
            "a member twice, once escaped",
            "{\"alg\":1,\"al\\u0067\":2}",
        ),
        (
            "a member twice, escaped in two ways",
            "{\"\\/\":1,\"\\u002f\":2}",
        ),
        (
            "an astral member twice, once as a pair",
            "{\"😀\":1,\"\\ud83d\\uDE00\":2}",
        ),
        ("an empty member twice", "{\"\":1,\"\":2}"),
        ("a member twice, far inside", "[{\"a\":{\"b\":1,\"b\":2}}]"),
        (
            "a member twice, with an object between",
            "{\"a\":{\"a\":1,\"b\":2},\"a\":3}",
        ),
        (
            "a member twice as a later sibling",
            "[{\"a\":1},{\"b\":1,\"b\":2}]",
        ),
    ] {
        assert_eq!(defect(text), Some(JsonDefect::Malformed), "{what}");
    }
}

#[test]
fn what_is_not_utf8_is_refused() {
    for (what, bytes) in [
        ("a byte that never occurs", &b"\"\xff\""[..]),
        ("an overlong NUL", b"\"\xc0\x80\""),
        ("an encoded surrogate", b"\"\xed\xa0\x80\""),
        ("half of a character", b"\"\xc3\""),
        ("beyond the last character", b"\"\xf4\x90\x80\x80\""),
        ("UTF-16", b"{\0}\0"),
        ("a fault behind the value", b"{} \xff"),
    ] {
        assert_eq!(defect(bytes), Some(JsonDefect::Malformed), "{what}");
    }
}

#[test]
fn equal_names_in_different_objects_are_fine() {
    for text in [
        "{\"a\":{\"a\":{\"a\":1}}}",
        "[{\"a\":1},{\"a\":1}]",
        "{\"b\":{\"a\":1},\"a\":{\"b\":1}}",
        "{\"a\":1,\"A\":2,\"a \":3,\"\\u0000a\":4,\"a\\u0000\":5}",
        "{\"é\":1,\"e\u{301}\":2}",
    ] {
        assert_eq!(defect(text), None, "{text}");
    }
}

#[test]
fn the_limits_are_exact() {
    let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let mixed = |depth| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
    let members = |count| {
        let members: Vec<_> = (0..count).map(|at| format!("\"{at}\":{{}}")).collect();
        format!("{{{}}}", members.join(","))
    };
    let long = |length: usize| format!("\"{}\"", "a".repeat(length - 2));
    for (what, text, expected) in [
        ("32 arrays", nested(32), None),
        ("33 arrays", nested(33), Some(JsonDefect::TooLarge)),
        ("32 objects", mixed(32), None),
        ("33 objects", mixed(33), Some(JsonDefect::TooLarge)),
        (
            "100,000 arrays",
            nested(100_000),
            Some(JsonDefect::TooLarge),
        ),
        ("33 side by side", format!("[{}[]]", "[],".repeat(33)), None),
        ("1024 members", members(1024), None),
        ("1025 members", members(1025), Some(JsonDefect::TooLarge)),
        (
            "2048 members in two objects",
            format!("[{0},{0}]", members(1024)),
            None,
        ),
        ("1 MiB", long(1 << 20), None),
        (
            "a byte more",
            long((1 << 20) + 1),
            Some(JsonDefect::TooLarge),
        ),
        (
            "white space counts",
            format!("1{}", " ".repeat(1 << 20)),
            Some(JsonDefect::TooLarge),
        ),
        (
            "too long and malformed",
            "x".repeat((1 << 20) + 1),
            Some(JsonDefect::TooLarge),
        ),
    ] {
        assert_eq!(defect(&text), expected, "{what}");
    }
}

#[test]
fn a_value_answers_only_for_its_own_type() {
    for (text, is_object, is_array, is_null, boolean, string, whole) in [
        ("{}", true, false, false, None, None, None),
        ("[]", false, true, false, None, None, None),
        ("null", false, false, true, None, None, None),
        ("true", false, false, false, Some(true), None, None),
        ("false", false, false, false, Some(false), None, None),
        ("\"\"", false, false, false, None, Some(""), None),
        ("\"true\"", false, false, false, None, Some("true"), None),
        ("\"null\"", false, false, false, None, Some("null"), None),
        ("\"12\"", false, false, false, None, Some("12"), None),
        ("\"[{\"", false, false, false, None, Some("[{"), None),
        ("12", false, false, false, None, None, Some(12)),
    ] {
        let value = json(text);
        assert_eq!(value.is_object(), is_object, "{text}");
        assert_eq!(value.is_array(), is_array, "{text}");
        assert_eq!(value.is_null(), is_null, "{text}");
        assert_eq!(value.boolean(), boolean, "{text}");
        assert_eq!(value.text().as_deref(), string, "{text}");
        assert_eq!(value.whole(), whole, "{text}");
        assert_eq!(value.integer(), whole, "{text}");
        assert!(value.get("").is_none(), "{text}");
        assert_eq!(value.items().count() + value.members().count(), 0, "{text}");
    }
}

#[test]
fn debug_shows_nothing() {
    assert_eq!(
        format!("{:?}", json("{\"access_token\":\"secret\"}")),
        "Json(..)"
    );
}

#[test]
fn strings_are_decoded_and_compared_decoded() {
    for (text, decoded) in [
        ("\"plain é 😀\"", "plain é 😀"),
        (r#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
        (r#""\u0041\u00e9\u20AC\ud83d\ude00""#, "Aé€😀"),
        (r#""\ud800\udc00\udbff\udfff""#, "\u{10000}\u{10ffff}"),
        (r#""\u0000\ue000\ud7ff""#, "\0\u{e000}\u{d7ff}"),
        (r#""\\u0041""#, "\\u0041"),
        ("\"\u{7f}\u{85}\u{2028}\"", "\u{7f}\u{85}\u{2028}"),
    ] {
        let value = json(text);
        assert_eq!(value.text().as_deref(), Some(decoded));
        assert!(value.is_text(decoded), "{text}");
        assert!(!value.is_text(&format!("{decoded}x")), "{text}");
        assert!(
            !value.is_text(decoded.get(..decoded.len() - 1).unwrap_or("")),
            "{text}"
        );
    }
    assert!(!json("12").is_text("12") && !json("null").is_text(""));
    assert!(matches!(json("\"a\"").text(), Some(Cow::Borrowed("a"))));
}

#[test]
fn members_are_found_by_their_decoded_name() {
    let value = json(
        r#"{"a":{"b":"}\",\"b\":1,{"},"\u0062":[1,[2,"]"]],"__proto__":1,"constructor":2,"":3}"#,
    );
    for (name, raw) in [
        ("a", Some(r#"{"b":"}\",\"b\":1,{"}"#)),
        ("b", Some(r#"[1,[2,"]"]]"#)),
        ("__proto__", Some("1")),
        ("constructor", Some("2")),
        ("", Some("3")),
        (r"\u0062", None),
        ("toString", None),
        ("A", None),
        ("a\0", None),
    ] {
        assert_eq!(value.get(name).map(Json::raw), raw, "{name}");
    }
    let names: Vec<_> = value.members().map(|(name, _)| name).collect();
    assert_eq!(names, ["a", "b", "__proto__", "constructor", ""]);
}

#[test]
fn no_input_is_slow() {
    let length = 1 << 16;
    let members = |names: &mut dyn Iterator<Item = String>| {
        let members: Vec<_> = names.map(|name| format!("\"{name}\":0")).collect();
        format!("{{{}}}", members.join(","))
    };
    let fill = |item: &str| {
        format!(
            "[{}0]",
            format!("{item},").repeat(length / (item.len() + 1))
        )
    };
    let prefix = ["a".repeat(54), "\\u0061".repeat(9)];
    for (what, text) in [
        ("a string", format!("\"{}\"", "a".repeat(length))),
        ("escapes", format!("\"{}\"", "\\n".repeat(length / 2))),
        ("digits", "1".repeat(length)),
        (
            "digits after the point",
            format!("0.{}", "1".repeat(length)),
        ),
        ("an exponent", format!("1e{}", "1".repeat(length))),
        ("arrays", fill("[]")),
        (
            "deep arrays",
            fill(&format!("{}{}", "[".repeat(31), "]".repeat(31))),
        ),
        ("unclosed arrays", fill("[")),
        (
            "full objects",
            fill(&members(&mut (0..1024).map(|at| format!("{at:x}")))),
        ),
        (
            "names backwards",
            fill(&members(&mut (0..1024).rev().map(|at| format!("{at:03x}")))),
        ),
        (
            "long names",
            members(&mut (0..1024).rev().map(|at| format!("{}{at:03x}", prefix[0]))),
        ),
        (
            "escaped names",
            members(&mut (0..1024).rev().map(|at| format!("{}{at:03x}", prefix[1]))),
        ),
    ] {
        let start = std::time::Instant::now();
        if let Ok(value) = Json::parse(text.as_bytes()) {
            let read = value
                .items()
                .filter(|item| item.get("absent").is_none())
                .count()
                + value.members().count()
                + usize::from(value.whole().is_some());
            assert!(
                read + value.text().map_or(0, |text| text.len()) < 2 * length,
                "{what}"
            );
            assert!(for_page(value).len() >= text.len(), "{what}");
        }
        // What takes milliseconds when it is linear takes minutes when it is not; the rest is
        // for a busy machine.
        assert!(start.elapsed().as_secs() < 5, "{what}");
    }
}
