//! Sign-ins that somebody else initiates: a launcher, the provider's own dashboard.

use portcullis::error::Code;
use serde_json::json;

use crate::world::{form, *};

const HERE: &str = "https://portal.example/start";

fn url(params: &[(&str, &str)]) -> String {
    format!("{HERE}?{}", form::write(params))
}

/// The sign-in that the URL leads to.
fn begun(world: &World, params: &[(&str, &str)]) -> (Tab, SignIn) {
    world.expect_discovery();
    let tab = world.tab().arrive(&url(params));
    let before = tab.page.stored();
    let task = Task::start(tab.client.initiated_login(url(params)));
    assert!(!task.is_done());
    let visited = tab.page.navigations.borrow().concat();
    let sign_in = tab.begun(&before, &visited, visited.split_once('?').unwrap().1);
    drop(task);
    (tab, sign_in)
}

fn return_to(world: &World, tab: &Tab, sign_in: &SignIn) -> String {
    world.expect_tokens(sign_in, &json!({}));
    let result = tab.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
    result["returnTo"].as_str().unwrap().into()
}

#[test]
fn the_hint_and_the_target_are_taken_over() {
    let world = World::new();
    let hint = "alice&prompt=none#?";
    let target = "https://portal.example/desk?day=1#noon";
    let (tab, sign_in) = begun(
        &world,
        &[
            ("iss", ISSUER),
            ("login_hint", hint),
            ("target_link_uri", target),
        ],
    );
    assert_eq!(sign_in.param("login_hint").as_deref(), Some(hint));
    assert_eq!(sign_in.param("prompt"), None, "a hint is opaque");
    assert_eq!(return_to(&world, &tab, &sign_in), "/desk?day=1#noon");
}

#[test]
fn a_target_elsewhere_is_ignored_and_so_is_this_page() {
    for target in [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "https://portal.example:444/",
        "",
    ] {
        let world = World::new();
        let (tab, sign_in) = begun(&world, &[("iss", ISSUER), ("target_link_uri", target)]);
        assert_eq!(return_to(&world, &tab, &sign_in), "/", "{target}");
    }
}

#[test]
fn only_this_clients_issuer_may_send_somebody_here() {
    for params in [
        &[][..],
        &[("iss", "")],
        &[("iss", "https://op.example/")],
        &[("iss", "https://OP.example")],
        &[("iss", "https://evil.example")],
        &[("iss", ISSUER), ("iss", ISSUER)],
        &[("issuer", ISSUER)],
    ] {
        let world = World::new();
        let tab = world.tab();
        let before = Untouched::of(&tab, &[]);
        let failure = block_on(tab.client.initiated_login(url(params))).unwrap_err();
        assert_eq!(failure.error.code(), Code::InitiateIss, "{params:?}");
        assert_eq!(Untouched::of(&tab, &[]), before);
        assert!(world.take_sent().is_empty());
        assert!(tab.page.navigations.borrow().is_empty());
    }
}

#[test]
fn who_sends_somebody_round_in_circles_is_stopped() {
    let world = World::new();
    let (tab, _) = begun(&world, &[("iss", ISSUER)]);
    tab.page.clicked.set(false);
    let mut codes = Vec::new();
    for _ in 0..4 {
        let tab = tab.reload();
        let task = Task::start(tab.client.initiated_login(url(&[("iss", ISSUER)])));
        if task.is_done() {
            codes.push(task.finish().unwrap_err().error.code());
        }
    }
    assert_eq!(codes, [Code::RedirectLoop]);
}
