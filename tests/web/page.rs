//! The page itself: where it is, what time it has, what it draws and what it says.

use portcullis::{
    error::Code,
    platform::{Clock, Event, Events, Navigator, Random, web},
};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{ask, holds, js, text, web as platform};

#[wasm_bindgen_test]
fn the_location_is_that_of_the_address_bar() {
    let shown = js("location.href").as_string();
    assert!(shown.is_some());
    assert_eq!(platform(&js("{}")).location(), shown);
    assert_eq!(web::location(), shown);
}

#[wasm_bindgen_test]
fn a_page_from_this_machine_is_secure_and_its_own() {
    let page = platform(&js("{}"));
    assert_eq!(
        js("location.protocol").as_string().as_deref(),
        Some("http:")
    );
    assert!(page.is_secure());
    assert!(!page.is_framed_by_stranger() && !page.is_framed());
}

#[wasm_bindgen_test]
fn the_address_is_rewritten_in_place() {
    let page = platform(&js("{}"));
    let before = js("{ href: location.href, state: history.state, length: history.length }");
    js("history.replaceState({ of: 'the page' }, '')");
    page.replace_location("/elsewhere?a=1#b");
    let shown = page.location();
    let kept = text(&JsValue::NULL, "JSON.stringify(history.state)");
    let in_place = holds(&before, "history.length === subject.length");
    ask(
        &before,
        "history.replaceState(subject.state, '', subject.href)",
    );
    let origin = js("location.origin").as_string().unwrap();
    assert_eq!(shown, Some(origin + "/elsewhere?a=1#b"));
    assert_eq!(kept, r#"{"of":"the page"}"#);
    assert!(in_place);
}

#[wasm_bindgen_test]
fn the_host_leaves_the_page() {
    let host = js("{ navigate(url) { this.url = url; } }");
    let left = platform(&host).navigate("https://provider.example/authorize?a=1");
    assert_eq!(left, Ok(()));
    assert_eq!(
        text(&host, "subject.url"),
        "https://provider.example/authorize?a=1"
    );
}

#[wasm_bindgen_test]
fn the_hosts_seconds_become_milliseconds() {
    for (seconds, millis) in [
        ("0", 0),
        ("1700000000", 1_700_000_000_000),
        ("1700000000.5", 1_700_000_000_500),
        ("1700000000.0625", 1_700_000_000_062),
        ("4102444800.25", 4_102_444_800_250),
        ("-1.5", -1500),
        ("NaN", 0),
        ("Infinity", i64::MAX),
        ("{ throw new Error('no clock'); }", 0),
    ] {
        let host = js(&format!("{{ now: () => {seconds} }}"));
        assert_eq!(platform(&host).millis(), millis, "{seconds}");
    }
}

#[wasm_bindgen_test]
fn the_time_is_asked_for_each_time() {
    let host = js("{ seconds: 0, now() { return ++this.seconds; } }");
    let clock = platform(&host);
    assert_eq!([clock.millis(), clock.millis()], [1000, 2000]);
}

#[wasm_bindgen_test]
fn randomness_fills_what_it_is_given() {
    let page = platform(&js("{}"));
    let mut draws = [[0; 32]; 2];
    for draw in &mut draws {
        page.fill(draw).unwrap();
        assert_ne!(*draw, [0; 32]);
    }
    assert_ne!(draws[0], draws[1]);
    // more than getRandomValues gives at once
    let mut long = vec![0; 100_000];
    page.fill(&mut long).unwrap();
    assert!(
        long.chunks(32)
            .all(|part| part.iter().any(|byte| *byte != 0))
    );
}

#[wasm_bindgen_test]
fn no_randomness_is_not_made_up_for() {
    js("crypto.getRandomValues = () => { throw new DOMException('', 'OperationError'); }");
    let refused = platform(&js("{}")).fill(&mut [0; 32]);
    js("delete crypto.getRandomValues");
    assert_eq!(refused, Err(Code::Entropy.into()));
}

#[wasm_bindgen_test]
fn events_reach_the_host() {
    let host = js("{ heard: [], emit(...args) { this.heard.push(args); } }");
    let page = platform(&host);
    page.emit(Event::State, "");
    page.emit(Event::Problem, r#"{"error":{}}"#);
    assert_eq!(
        text(&host, "JSON.stringify(subject.heard)"),
        r#"[["state",""],["problem","{\"error\":{}}"]]"#
    );
}

#[wasm_bindgen_test]
fn warnings_go_to_the_console() {
    let page = platform(&js("{}"));
    let own = js("{ warn: console.warn }");
    ask(
        &own,
        "(console.warn = (...args) => { subject.said = args; })",
    );
    page.warn("words of the source");
    ask(&own, "(console.warn = subject.warn)");
    assert_eq!(
        text(&own, "JSON.stringify(subject.said)"),
        r#"["words of the source"]"#
    );
}
