//! What is read is what the crate `form_urlencoded` reads, which is as lenient as browsers are;
//! what it reads and we refuse has no one meaning.

#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis::codec::form::{Form, parse};

fuzz_target!(|text: &str| {
    let lenient: Vec<_> = form_urlencoded::parse(text.as_bytes())
        .into_owned()
        .collect();
    let Some(pairs) = parse(text) else {
        assert!(!has_one_meaning(text, &lenient), "{text}");
        return;
    };
    assert_eq!(pairs, lenient);
    assert!(has_one_meaning(text, &lenient));

    let mut form = Form::new();
    let mut theirs = form_urlencoded::Serializer::new(String::new());
    for (name, value) in &pairs {
        form.push(name, value);
        theirs.append_pair(name, value);
    }
    let written = form.into_string();
    assert_eq!(written, theirs.finish());
    assert_eq!(parse(&written), Some(pairs));
});

/// Whether every escape is whole, and what it stands for is UTF-8 without NUL.
fn has_one_meaning(text: &str, lenient: &[(String, String)]) -> bool {
    let is_whole = |escape: &str| {
        let digits = escape.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    // a lenient reader puts U+FFFD where there was no UTF-8
    let count = |text: &str| text.matches('\u{fffd}').count();
    let written = count(text) + text.to_ascii_lowercase().matches("%ef%bf%bd").count();
    let read: usize = lenient
        .iter()
        .map(|(name, value)| count(name) + count(value))
        .sum();
    text.split('%').skip(1).all(is_whole)
        && !lenient
            .iter()
            .any(|(name, value)| name.contains('\0') || value.contains('\0'))
        && read <= written
}
