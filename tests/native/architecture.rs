//! The rules of the house, held against the source.

use std::{fs, path::Path};

use super::documents::read;

/// Every Rust file below `folder`, path and text.
pub fn sources(folder: &str) -> Vec<(String, String)> {
    let mut files = vec![];
    collect(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join(folder),
        &mut files,
    );
    assert!(files.len() > 5, "{folder} is empty");
    files
}

fn collect(folder: &Path, files: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let root = Path::new(env!("CARGO_MANIFEST_DIR"));
            files.push((
                path.strip_prefix(root)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .replace('\\', "/"),
                text,
            ));
        }
    }
}

/// The files of the crate without their tests and comments.
fn shipped() -> Vec<(String, String)> {
    let all = sources("src");
    let tests: Vec<_> = all
        .iter()
        .flat_map(|(path, text)| test_modules(path, text))
        .collect();
    let is_test = |path: &str| {
        tests
            .iter()
            .any(|module| path == format!("{module}.rs") || path.starts_with(&format!("{module}/")))
    };
    let rest = all.into_iter().filter(|(path, _)| !is_test(path));
    rest.map(|(path, text)| (path, code_of(&text))).collect()
}

/// Modules that are declared for tests only, as paths without an ending.
fn test_modules(path: &str, text: &str) -> Vec<String> {
    let folder = path.strip_suffix("mod.rs").map_or_else(
        || format!("{}/", path.trim_end_matches(".rs")),
        str::to_string,
    );
    let declared = text
        .split("#[cfg(test)]\nmod ")
        .skip(1)
        .filter_map(|rest| rest.split_once(';'));
    declared
        .filter(|(name, _)| !name.contains(['{', '\n']))
        .map(|(name, _)| format!("{folder}{name}"))
        .collect()
}

fn code_of(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines
        .map(|line| line.split(" // ").next().unwrap().to_string() + "\n")
        .collect()
}

fn assert_absent(files: &[(String, String)], words: &[&str], why: &str) {
    for (path, text) in files {
        for word in words {
            assert!(!text.contains(word), "{path} names `{word}`: {why}");
        }
    }
}

const WEB: &[&str] = &["wasm_bindgen", "js_sys", "web_sys", "getrandom"];

#[test]
fn web_apis_are_named_in_two_places_only() {
    let rest: Vec<_> = shipped()
        .into_iter()
        .filter(|(path, _)| {
            !path.starts_with("src/platform/web/")
                && !path.starts_with("src/bindings/")
                // it registers a source of randomness that always fails
                && path != "src/verify/software/entropy.rs"
        })
        .collect();
    assert!(rest.len() > 30);
    assert_absent(&rest, WEB, "web APIs belong to platform/web and bindings");
    assert_absent(
        &rest,
        &["platform::web", "crate::bindings"],
        "the core knows no particular platform",
    );
}

#[test]
fn the_core_is_pure() {
    const PURE: &[&str] = &[
        "codec",
        "jose",
        "protocol",
        "session",
        "connection",
        "config",
        "error",
        "report",
        "secret",
        "time",
    ];
    let is_pure = |path: &str| {
        PURE.iter().any(|name| {
            path.starts_with(&format!("src/{name}/")) || path == format!("src/{name}.rs")
        })
    };
    let pure: Vec<_> = shipped()
        .into_iter()
        .filter(|(path, _)| is_pure(path))
        .collect();
    assert!(pure.len() > 25);
    assert_absent(
        &pure,
        &["std::", "Instant", "SystemTime", "Date::", "millis()"],
        "it is handed the time",
    );
    assert_absent(
        &pure,
        &["rand::", "getrandom", "OsRng", "fill(&mut"],
        "it is handed its randomness",
    );
    assert_absent(
        &pure,
        &["platform", "crate::client", "async fn", "await"],
        "it takes data and returns data",
    );
}

#[test]
fn nothing_shipped_can_panic_or_is_unsafe() {
    let shipped = shipped();
    let words = [
        ".unwrap()",
        ".expect(",
        ".unwrap_err()",
        ".expect_err(",
        "panic!(",
        "todo!(",
        "unimplemented!(",
        "unreachable!(",
        "assert!(",
        "assert_eq!(",
        "unwrap_unchecked",
        "unsafe {",
        "unsafe fn",
        "unsafe impl",
        "unsafe extern",
    ];
    assert_absent(&shipped, &words, "a module must never stop");
    assert_absent(
        &shipped,
        &["RefMut<", "static mut", "thread_local!", "Rc<RefCell"],
        "no globals, no borrows handed around",
    );
}

#[test]
fn nothing_shipped_brings_what_bloats_the_module() {
    let rest: Vec<_> = shipped()
        .into_iter()
        .filter(|(path, _)| !path.starts_with("src/platform/web/"))
        .collect();
    assert_absent(
        &rest,
        &["format!(", "write!(", "println!(", "HashMap", "f64", "f32"],
        "it is measured in kilobytes",
    );
    // a module of its own, which no sign-in loads, reads data of every shape
    let sign_in: Vec<_> = rest
        .into_iter()
        .filter(|(path, _)| !is_of_connections(path))
        .collect();
    assert_absent(
        &sign_in,
        &["serde", "std::collections"],
        "it is measured in kilobytes",
    );
}

fn is_of_connections(path: &str) -> bool {
    ["src/connection/", "src/connector/"]
        .iter()
        .any(|folder| path.starts_with(folder))
        || ["src/bindings/connector.rs", "src/platform/service.rs"].contains(&path)
}

/// Longer files, and why.
const LONG: &[(&str, &str)] = &[("src/error.rs", "one table, which is the point of it")];

#[test]
fn a_file_is_one_idea() {
    let files = [sources("src"), sources("tests")].concat();
    for (path, text) in &files {
        let lines = code_lines(path, text);
        let is_long = LONG.iter().any(|(long, _)| long == path);
        assert!(
            lines <= 400 || is_long,
            "{path} has {lines} lines: split it"
        );
        assert!(
            lines > 400 || !is_long,
            "{path} is no longer long: take it off the list"
        );
        assert!(
            text.starts_with("//!") || is_test_part(path),
            "{path} does not say what it is"
        );
    }
}

/// Tests inside a file do not count: they belong to the idea.
fn code_lines(path: &str, text: &str) -> usize {
    if is_test_part(path) {
        0
    } else {
        text.split("#[cfg(test)]\nmod tests {")
            .next()
            .unwrap()
            .lines()
            .count()
    }
}

/// Unit tests and vectors in files of their own.
fn is_test_part(path: &str) -> bool {
    let names = ["tests.rs", "oracle.rs", "properties.rs", "vectors.rs"];
    path.starts_with("src/")
        && (path.contains("/tests/") || names.iter().any(|name| path.ends_with(name)))
}

#[test]
fn the_wrapper_can_be_bundled_anywhere() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("pkg");
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "ts") {
            let text = read(&format!(
                "pkg/{}",
                path.file_name().unwrap().to_str().unwrap()
            ));
            assert!(
                !text.contains("import.meta.url"),
                "{}: not every bundler understands it",
                path.display()
            );
            count += 1;
        }
    }
    assert!(count > 3);
}

#[test]
fn only_wasm_depends_on_the_web() {
    let manifest = read("Cargo.toml");
    let section = |name: &str| {
        manifest
            .split(&format!("[{name}]\n"))
            .nth(1)
            .unwrap()
            .split("\n[")
            .next()
            .unwrap()
            .to_string()
    };
    for name in ["wasm-bindgen", "web-sys", "js-sys", "getrandom"] {
        assert!(
            !section("dependencies").contains(name),
            "{name} would hide a slip from the native build"
        );
        assert!(section("target.'cfg(target_arch = \"wasm32\")'.dependencies").contains(name));
    }
}
