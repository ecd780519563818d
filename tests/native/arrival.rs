//! Where and when a callback counts, and what it leaves behind in the address bar.

use portcullis::error::Code;
use serde_json::json;

use crate::world::*;

#[test]
fn a_callback_counts_only_on_its_own_redirect_uri() {
    for (what, base) in [
        ("another origin", "https://evil.example/callback"),
        ("another port", "https://portal.example:8443/callback"),
        ("another scheme", "http://portal.example/callback"),
        ("another path", "https://portal.example/callback2"),
        ("another case", "https://portal.example/Callback"),
        ("a slash more", "https://portal.example/callback/"),
        ("no path", "https://portal.example/"),
    ] {
        let scene = Scene::new();
        let url = scene.callback().replace(REDIRECT, base);
        assert!(!scene.tab.is_callback(&url), "{what}");
        scene.refuses_for_good(what, &url, Code::CallbackRedirectMismatch);
    }
    // the default port is no other origin
    let scene = Scene::new();
    let url = scene
        .callback()
        .replace("portal.example", "portal.example:443");
    scene.world.expect_tokens(&scene.sign_in, &json!({}));
    scene.tab.handle(&url).unwrap();
}

#[test]
fn another_clients_redirect_uri_is_not_ours() {
    // the same client id, two redirect URIs, one storage
    let scene = Scene::new();
    let elsewhere = scene
        .world
        .tab_with(&json!({ "redirectUri": "https://portal.example/other" }));
    let url = scene.callback().replace("/callback", "/other");
    let failure = elsewhere.handle(&url).unwrap_err();
    assert_eq!(failure.error.code(), Code::CallbackRedirectMismatch);
}

#[test]
fn a_sign_in_expires_after_ten_minutes_however_the_clock_runs() {
    for (seconds, is_alive) in [
        (0, true),
        (600, true),
        (601, false),
        (86_400, false),
        (-60, true),
        (-61, false),
    ] {
        let scene = Scene::new();
        scene.world.advance(seconds);
        let url = scene.callback();
        if is_alive {
            scene.world.expect_tokens(&scene.sign_in, &json!({}));
            if seconds < 0 {
                // what was learned in the future is learned again
                scene.world.expect_discovery();
            }
            scene.tab.handle(&url).unwrap();
        } else {
            scene.refuses_for_good(&seconds.to_string(), &url, Code::CallbackExpired);
        }
    }
}

#[test]
fn a_foreign_frame_gets_no_session() {
    let scene = Scene::new();
    scene.tab.page.framed.set(true);
    let url = scene.callback();
    scene.refuses("framed", &url, Code::CallbackContext);
    scene.tab.page.framed.set(false);
    scene.refuses("used up", &url, Code::CallbackStateUnknown);
}

#[test]
fn a_callback_is_the_same_one_for_as_long_as_the_page_stays_where_it_left_it() {
    let scene = Scene::new();
    let url = scene.callback();
    let tab = scene.tab.arrive(&url);
    scene.world.expect_tokens(&scene.sign_in, &json!({}));
    let first = tab.handle(&url).unwrap();
    // a framework that mounts everything twice hands over what is left
    let left = tab.page.location.borrow().clone().unwrap();
    assert_eq!(left, REDIRECT);
    assert_eq!(tab.handle(&left).unwrap()["user"], first["user"]);

    // what comes later is another one
    let other = format!("{REDIRECT}?code=1&state={}", "0".repeat(43));
    tab.page.location.replace(Some(other.clone()));
    for url in [&other, &left] {
        let failure = tab.handle(url).unwrap_err();
        assert_eq!(failure.error.code(), Code::CallbackStateUnknown, "{url}");
    }
}

#[test]
fn a_session_state_that_is_not_one_does_no_harm() {
    for session_state in ["a b", &"x".repeat(2048)] {
        let scene = Scene::new();
        let url = scene
            .sign_in
            .callback(&[("code", CODE), ("session_state", session_state)]);
        scene.world.expect_tokens(&scene.sign_in, &json!({}));
        scene.tab.handle(&url).unwrap();
        let is_kept = |text: &String| text.contains(session_state);
        assert!(!scene.tab.page.stored().values().any(is_kept));
    }
}

#[test]
fn a_bad_escape_in_the_fragment_hides_nothing() {
    for (fragment, code) in [
        (
            "#access_token=stolen&token_type=Bearer&x=%",
            Code::CallbackUnexpectedToken,
        ),
        ("#%&code=another&x=%ff", Code::CallbackModeMismatch),
    ] {
        let scene = Scene::new();
        let url = format!("{}{fragment}", scene.callback());
        let tab = scene.tab.arrive(&url);
        assert_eq!(tab.handle(&url).unwrap_err().error.code(), code);
        assert_eq!(tab.page.location.borrow().as_deref(), Some(REDIRECT));
    }
}

#[test]
fn a_code_is_decoded_as_a_form_and_sent_as_it_was() {
    let scene = Scene::new();
    let url = format!(
        "{REDIRECT}?code=a+b%2Bc;d%3D%C3%A9&state={}",
        scene.sign_in.state
    );
    scene.world.take_sent();
    scene.world.expect_tokens(&scene.sign_in, &json!({}));
    scene.tab.handle(&url).unwrap();
    assert_eq!(
        scene.world.take_sent()[0].field("code").unwrap(),
        "a b+c;d=é"
    );
}

#[test]
fn the_response_leaves_the_address_bar_also_when_it_is_refused() {
    for (params, kept) in [
        (
            "code=a&iss=x&session_state=s&error=e&error_description=d&error_uri=u",
            "",
        ),
        ("theme=dark&code=a&code=b&lang=de", "?theme=dark&lang=de"),
        (
            "access_token=a&id_token=b&token_type=c&expires_in=1&response=d",
            "",
        ),
    ] {
        let scene = Scene::new();
        let url = format!("{REDIRECT}?{params}&state={}", scene.sign_in.state);
        let tab = scene.tab.arrive(&url);
        assert!(tab.handle(&url).is_err());
        assert_eq!(
            tab.page.location.borrow().as_deref(),
            Some(&*format!("{REDIRECT}{kept}"))
        );
    }
}

/// A router may write the page's URL in its own way before it hands it over.
#[test]
fn the_response_leaves_the_address_bar_however_it_was_handed_over() {
    for (page, asked) in [
        (
            "&iss=https%3A%2F%2Fop.example#_=_",
            "&iss=https%3A%2F%2Fop.example",
        ),
        ("&iss=https%3A%2F%2Fop.example", "&iss=https://op.example"),
        (
            "&iss=https%3A%2F%2Fop.example",
            "&iss=https%3A%2F%2Fop.example#",
        ),
    ] {
        let scene = Scene::new();
        let token = scene.id_token(&json!({}));
        scene.world.expect(TOKEN, ok(&tokens(&token)));
        let url = scene.callback();
        let tab = scene.tab.arrive(&format!("{url}{page}"));
        tab.handle(&format!("{url}{asked}")).unwrap();
        let shown = tab.page.location.borrow().clone().unwrap();
        assert_eq!(shown.trim_end_matches("#_=_"), REDIRECT, "{page} {asked}");
    }
    // but not that of another sign-in
    let scene = Scene::new();
    let page = scene.other.callback(&[("code", CODE)]);
    let tab = scene.tab.arrive(&page);
    scene.world.expect(TOKEN, html(500));
    assert!(tab.handle(&scene.callback()).is_err());
    assert_eq!(tab.page.location.borrow().as_deref(), Some(&*page));
}

#[test]
fn a_response_that_cannot_be_read_leaves_the_address_bar_whole() {
    let long = format!("x={}", "x".repeat((16 << 10) + 1));
    for rest in ["&x=%zz", "&x=%ff#code=b", &format!("&{long}")] {
        let scene = Scene::new();
        let url = format!("{}{rest}", scene.callback());
        let tab = scene.tab.arrive(&url);
        assert!(tab.handle(&url).is_err());
        assert_eq!(tab.page.location.borrow().as_deref(), Some(REDIRECT));
        // but not where it is somewhere else
        let elsewhere = scene.tab.arrive(HOME);
        assert!(elsewhere.handle(&url).is_err());
        assert_eq!(elsewhere.page.location.borrow().as_deref(), Some(HOME));
        // nor where it is none of ours
        let url = url.replace("/callback", "/search");
        let tab = scene.tab.arrive(&url);
        assert!(tab.handle(&url).is_err());
        assert_eq!(tab.page.location.borrow().as_deref(), Some(&*url));
    }
}

#[test]
fn only_a_callback_of_ours_is_one() {
    let scene = Scene::new();
    let url = scene.callback();
    assert!(scene.tab.is_callback(&url));
    assert!(
        scene
            .tab
            .is_callback(&scene.other.callback(&[("error", "access_denied")]))
    );
    for other in [
        HOME.into(),
        REDIRECT.into(),
        String::new(),
        url.replace("state=", "status="),
        url.replace(&scene.sign_in.state, "x"),
        url.replace("/callback", "/other"),
        format!("{url}&state=x"),
        format!("{url}&x=%"),
    ] {
        assert!(!scene.tab.is_callback(&other), "{other}");
    }
    assert!(
        scene
            .world
            .take_sent()
            .iter()
            .all(|sent| sent.request.url != TOKEN || sent.field("code").is_some())
    );
}

#[test]
fn a_response_that_cannot_be_read_leaves_the_address_bar_however_the_redirect_uri_is_written() {
    for (redirect, page) in [
        ("https://portal.example", "https://portal.example/"),
        ("https://portal.example:443/callback", REDIRECT),
        ("https://PORTAL.example/callback", REDIRECT),
    ] {
        let world = World::new();
        world.expect_discovery();
        let tab = world.tab_with(&json!({ "redirectUri": redirect }));
        let sign_in = tab.leave(&json!({}));
        let url = format!("{page}?code={CODE}&state={}&x=%zz", sign_in.state);
        let tab = tab.arrive(&url);
        let refused = tab.handle(&url).unwrap_err();
        assert_eq!(refused.error.code(), Code::CallbackMalformed);
        assert_eq!(tab.page.location.borrow().as_deref(), Some(page));
    }
}

/// A server that adds a slash sends a callback to a page that cannot complete it.
#[test]
fn the_response_leaves_the_address_bar_of_another_page_if_it_is_ours() {
    let page = "https://portal.example/callback/";
    let scene = Scene::new();
    let url = scene.callback().replace(REDIRECT, page);
    let tab = scene.tab.arrive(&url);
    let failure = tab.handle(&url).unwrap_err();
    assert_eq!(failure.error.code(), Code::CallbackRedirectMismatch);
    assert_eq!(tab.page.location.borrow().as_deref(), Some(page));
    // but not what may be somebody else's
    let url = format!("{page}?code=1&state={}", "0".repeat(44));
    let tab = tab.arrive(&url);
    let failure = tab.handle(&url).unwrap_err();
    assert_eq!(failure.error.code(), Code::CallbackStateUnknown);
    assert_eq!(tab.page.location.borrow().as_deref(), Some(&*url));
}

/// RFC 6749 §3.1.2: the endpoint URI may have a query, which has to be kept.
#[test]
fn a_redirect_uri_may_have_a_query_of_its_own() {
    let page = "https://portal.example:8443/app/index.html";
    let own = "view=callback&v=a%2Fb";
    for (query, shown) in [
        ("view=callback&v=a%2Fb&CODE", Some("view=callback&v=a%2Fb")),
        ("CODE&v=a%2fb&view=callback", Some("v=a%2fb&view=callback")),
        (
            "view=callback&CODE&v=a/b&x=1",
            Some("view=callback&v=a/b&x=1"),
        ),
        ("view=callback&CODE", None),
        ("view=callback&v=a&CODE", None),
        ("view=callback&v=A%2FB&CODE", None),
        ("CODE", None),
    ] {
        let world = World::new();
        world.expect_discovery();
        let client = json!({ "redirectUri": format!("{page}?{own}") });
        let home = world.page();
        home.location.replace(Some(page.into()));
        let tab = Tab::load(home, patched(options(), &client));
        let sign_in = tab.leave(&json!({}));
        assert_eq!(sign_in.param("redirect_uri"), Some(format!("{page}?{own}")));
        let code = format!("code={CODE}&state={}", sign_in.state);
        let url = format!("{page}?{}", query.replace("CODE", &code));
        let tab = tab.arrive(&url);
        assert_eq!(tab.is_callback(&url), shown.is_some(), "{query}");
        if let Some(shown) = shown {
            world.take_sent();
            world.expect_tokens(&sign_in, &json!({}));
            tab.handle(&url).unwrap();
            let sent = world.take_sent()[0].field("redirect_uri");
            assert_eq!(sent, Some(format!("{page}?{own}")), "as it was, {query}");
            let left = tab.page.location.borrow().clone().unwrap();
            assert_eq!(left, format!("{page}?{shown}"));
        } else {
            let failure = tab.handle(&url).unwrap_err();
            assert_eq!(
                failure.error.code(),
                Code::CallbackRedirectMismatch,
                "{query}"
            );
        }
    }
}
