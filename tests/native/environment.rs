//! Machines and pages that are not as they should be.

use portcullis::{
    error::{Code, Place},
    platform::Event,
};
use serde_json::json;

use crate::world::*;

#[test]
fn without_randomness_nothing_is_written_sent_or_left() {
    for randomness in [Randomness::Zeros, Randomness::Broken] {
        let world = World::new();
        let tab = world.signed_in(&world.tab(), false);
        world.randomness(randomness);
        login_fails("no randomness", &tab, &json!({}), &[], Code::Entropy);
        // a sign-out needs none
        world.expect(REVOKE, answer(200, "", ""));
        tab.logout(&json!({})).unwrap();
        assert_eq!(tab.status(), "signed-out");
        // the next attempt, when the user is back, finds it mended
        world.randomness(Randomness::Works);
        tab.reload().leave(&json!({}));
    }
}

/// Whatever would send something fails with `code`, and changes nothing.
fn refuses_everything(what: &str, scene: &Scene, code: Code) {
    let tab = &scene.tab;
    login_fails(what, tab, &json!({}), &[], code);
    scene.refuses(what, &scene.callback(), code);
    let before = Untouched::of(tab, &[]);
    let userinfo = block_on(tab.client.userinfo());
    let failures = [
        tab.token().unwrap_err(),
        tab.grant_for(HOME).unwrap_err(),
        userinfo.unwrap_err(),
    ];
    for failure in failures {
        assert_eq!(failure.error.code(), code, "{what}");
    }
    assert_eq!(Untouched::of(tab, &[]), before, "{what}");
}

#[test]
fn a_page_over_plain_http_sends_nothing() {
    let scene = Scene::new();
    scene.tab.page.secure.set(false);
    refuses_everything("insecure", &scene, Code::InsecureContext);
    assert!(scene.tab.page.warnings.borrow().is_empty());
    // a sign-out works, here and without a request
    scene.tab.logout(&json!({})).unwrap();
    assert_eq!(scene.tab.status(), "signed-out");
}

#[test]
fn plain_http_that_is_asked_for_warns_each_time() {
    let world = World::new();
    let tab = world.tab_with(&json!({ "dangerouslyAllowInsecureContext": true }));
    tab.page.secure.set(false);
    let tab = world.signed_in(&tab, false);
    assert_eq!(
        tab.page.warnings.borrow().len(),
        2,
        "one for the login, one for the callback"
    );
    tab.token().unwrap();
    assert_eq!(tab.page.warnings.borrow().len(), 3);
    assert!(
        tab.page
            .warnings
            .borrow()
            .iter()
            .all(|text| text.contains("plain http"))
    );
}

#[test]
fn a_disposed_client_does_nothing_and_keeps_the_session() {
    let scene = Scene::new();
    scene.tab.client.dispose();
    refuses_everything("disposed", &scene, Code::Disposed);
    let logout = scene.tab.logout(&json!({})).unwrap_err();
    assert_eq!(logout.error.code(), Code::Disposed);
    // whatever the URL asks for
    let initiated = block_on(scene.tab.client.initiated_login(HOME.into()));
    assert_eq!(initiated.unwrap_err().error.code(), Code::Disposed);
    assert!(scene.tab.page.take_events().is_empty());
    assert_eq!(scene.tab.reload().status(), "signed-in");
}

#[test]
fn a_return_to_elsewhere_is_rejected_and_the_sign_in_goes_on() {
    for target in [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "/\t/evil.example/",
        "/\n/evil.example/",
        " /inbox",
        "https://portal.example@evil.example/",
        "https://me:pw@portal.example/",
        "https://portal.example:8443/",
        "http://portal.example/",
        "/.//evil.example/",
        "%2f%2fevil.example/",
        "\u{feff}//evil.example/",
        "/\r/evil.example/",
        "inbox",
        "",
    ] {
        let world = World::new();
        let tab = world.tab();
        world.expect_discovery();
        tab.page.take_events();
        let sign_in = tab.leave(&json!({ "returnTo": target }));
        let [(Event::Problem, detail)] = &tab.page.take_events()[..] else {
            panic!("{target}: no problem")
        };
        assert_eq!(detail["error"]["code"], "return_to_rejected", "{target}");
        world.expect_tokens(&sign_in, &json!({}));
        let result = tab.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
        assert_eq!(result["returnTo"], "/desk?tab=1#top", "{target}");
    }
}

#[test]
fn a_return_to_on_this_origin_is_kept_as_a_path() {
    for (target, expected) in [
        ("/inbox?a=1#b", "/inbox?a=1#b"),
        ("https://portal.example/inbox", "/inbox"),
        ("https://portal.example", "/"),
        ("https://PORTAL.example:443/x", "/x"),
        (
            "/search?q=https://evil.example/",
            "/search?q=https://evil.example/",
        ),
        ("/%2f%2fevil.example", "/%2f%2fevil.example"),
    ] {
        let world = World::new();
        let tab = world.tab();
        world.expect_discovery();
        let sign_in = tab.leave(&json!({ "returnTo": target }));
        world.expect_tokens(&sign_in, &json!({}));
        // what the callback says of it is not listened to
        let url = sign_in.callback(&[
            ("code", CODE),
            ("returnTo", "https://evil.example/"),
            ("return_to", "/evil"),
        ]);
        assert_eq!(tab.handle(&url).unwrap()["returnTo"], expected);
    }
}

#[test]
fn a_trace_tells_each_step_and_forgets_the_oldest() {
    let world = World::new();
    let tab = world.tab();
    world.expect_discovery();
    tab.leave(&json!({}));
    let trace = tab.trace();
    let steps: Vec<_> = trace
        .as_array()
        .unwrap()
        .iter()
        .map(|event| (event["step"].clone(), event["to"].clone()))
        .collect();
    let expected = [
        ("discovery", "provider"),
        ("discovery", "portcullis"),
        ("jwks", "provider"),
        ("jwks", "portcullis"),
        ("authorize", "provider"),
    ];
    assert_eq!(steps, expected.map(|(step, to)| (json!(step), json!(to))));
    assert_eq!(
        trace[1],
        json!({
            "at": 1.8e9, "step": "discovery", "from": "provider", "to": "portcullis", "detail": { "status": 200, "ms": 0 },
        })
    );
    for _ in 0..200 {
        tab.leave(&json!({}));
    }
    assert_eq!(tab.trace().as_array().unwrap().len(), 100);
}

#[test]
fn a_trace_tells_the_way_back_and_the_way_out() {
    let told = |tab: &Tab| -> Vec<String> {
        let trace = tab.trace();
        let steps = trace.as_array().unwrap().iter();
        let told = steps.map(|event| {
            let [from, to, step] = ["from", "to", "step"].map(|name| event[name].as_str().unwrap());
            format!("{from} > {to}: {step} {}", event["detail"])
        });
        told.collect()
    };
    let scene = Scene::new();
    let gate = scene
        .world
        .expect_held(TOKEN, ok(&tokens(&scene.id_token(&json!({})))));
    let url = scene.callback();
    let mut callback = handling(&scene.tab, &url);
    callback.run();
    scene.world.advance(3);
    gate.open();
    callback.finish().unwrap();
    let refused = scene.other.callback(&[("error", "access_denied")]);
    scene.tab.handle(&refused).unwrap_err();
    let way_back = [
        "storage > portcullis: restore {}",
        "provider > portcullis: callback {}",
        "portcullis > provider: token {}",
        r#"provider > portcullis: token {"ms":3000,"status":200}"#,
        "provider > portcullis: callback {}",
        r#"portcullis > portal: callback {"code":"authorization_error"}"#,
    ];
    assert_eq!(told(&scene.tab), way_back);

    let tab = scene.tab.reload();
    scene.world.expect(REVOKE, answer(200, "", ""));
    let elsewhere = json!({ "returnTo": "https://evil.example/" });
    tab.logout(&elsewhere).unwrap();
    let way_out = [
        "storage > portcullis: restore {}",
        "portal > portcullis: logout {}",
        r#"portcullis > portal: problem {"code":"return_to_rejected","place":"returnTo"}"#,
        "portcullis > provider: revoke {}",
        r#"provider > portcullis: revoke {"ms":0,"status":200}"#,
        "portcullis > provider: end-session {}",
    ];
    assert_eq!(told(&tab), way_out);
}

#[test]
fn an_exchange_without_an_answer_is_named() {
    for (answer, code) in [(offline(), Code::Network), (silence(), Code::Timeout)] {
        let scene = Scene::new();
        scene.world.expect(TOKEN, answer);
        let failure = scene.tab.handle(&scene.callback()).unwrap_err();
        assert_eq!(failure.error, code.at(Place::Token).for_good());
    }
}

#[test]
fn a_trace_names_a_place_only_where_there_is_one() {
    let world = World::new();
    let tab = world.tab();
    world.expect(DISCOVERY, offline());
    login_fails("offline", &tab, &json!({}), &[], Code::Network);
    let details = tab.trace();
    let details = details.as_array().unwrap().iter();
    let details: Vec<_> = details.map(|event| event["detail"].clone()).collect();
    assert!(details.contains(&json!({ "code": "network", "ms": 0 })));
}

#[test]
fn a_trace_can_be_read_whatever_the_clock_says() {
    let world = World::new();
    let tab = world.tab();
    for millis in [-1500, -1, 0, 1, i64::MAX, i64::MIN] {
        world.inner().millis.set(millis);
        let _ = tab.handle("https://portal.example/callback");
        tab.logout(&json!({ "localOnly": true })).unwrap();
        assert!(tab.trace().is_array(), "{millis}");
    }
    for (millis, at) in [(5, 0.005), (50, 0.05), (500, 0.5), (61_234, 61.234)] {
        world.inner().millis.set(millis);
        tab.logout(&json!({ "localOnly": true })).unwrap();
        let trace = tab.trace();
        assert_eq!(trace.as_array().unwrap().last().unwrap()["at"], at);
    }
}
