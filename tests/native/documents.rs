//! What is written elsewhere agrees with the source.

use std::{fs, path::Path};

use portcullis::error::Code;

pub fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The text between two marks.
fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(from)?;
    rest.split_once(to).map(|(inside, _)| inside)
}

#[test]
fn the_wrapper_knows_every_code_in_the_order_of_the_table() {
    let source = read("pkg/errors.ts");
    let union = between(&source, "export type AuthErrorCode =", ";").expect("the union of codes");
    let union: Vec<_> = union.split('"').skip(1).step_by(2).collect();
    let table: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(union, table);
}

/// Codes that no sequence of the core produces, but the wrapper or the platform.
pub const ELSEWHERE: &[Code] = &[Code::Internal];

fn is_web(path: &str) -> bool {
    path.starts_with("src/platform/web/")
}

#[test]
fn every_code_the_core_produces_is_expected_by_a_test() {
    let tests = super::architecture::sources("tests/native").into_iter();
    let tests: String = tests
        .filter(|(path, _)| !path.ends_with("documents.rs"))
        .map(|(_, text)| text)
        .collect();
    let source = |folder: fn(&str) -> bool| -> String {
        super::architecture::sources("src")
            .into_iter()
            .filter(|(path, _)| path != "src/error.rs" && folder(path))
            .map(|(_, text)| text)
            .collect()
    };
    let (core, platform) = (source(|path| !is_web(path)), source(is_web));
    for code in Code::ALL {
        let name = format!("Code::{code:?}");
        let is_named = |text: &str| {
            text.split(&*name)
                .skip(1)
                .any(|rest| !rest.starts_with(char::is_alphanumeric))
        };
        // what a test sees as an event is named by its text
        let is_expected = is_named(&tests) || tests.contains(&format!("\"{}\"", code.as_str()));
        assert_eq!(is_expected, !ELSEWHERE.contains(code), "{}", code.as_str());
        let is_elsewhere = ELSEWHERE.contains(code);
        let (is_in_core, is_in_platform) = (is_named(&core), is_named(&platform));
        assert!(
            is_in_core || is_in_platform || is_elsewhere,
            "nobody produces {}",
            code.as_str()
        );
        assert!(
            !(is_in_core && is_elsewhere),
            "the core produces {}",
            code.as_str()
        );
    }
}
