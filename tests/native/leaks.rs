//! Nothing leaks: a whole life of a session, what is printed, and what every code says by itself.

use portcullis::{
    error::{Code, Place, Said},
    platform::Event,
    report,
};
use serde_json::{Value, json};

use crate::world::*;

#[test]
fn a_sign_in_that_succeeds_and_everything_after_it_tells_no_secret() {
    let mut ear = Ear::new();
    let scene = &ear.scene;
    let world = &scene.world;
    world.expect_tokens(&scene.sign_in, &json!({}));
    scene.tab.handle(&scene.callback()).unwrap();
    let mut failures = vec![];
    world.advance(300);
    world.expect(TOKEN, html(500));
    failures.push(scene.tab.token().unwrap_err());
    world.advance(PAUSE);
    world.expect(
        TOKEN,
        ok(&json!({ "access_token": OPAQUE, "token_type": "Bearer" })),
    );
    scene.tab.token().unwrap();
    world.expect(USERINFO, ok(&json!({ "sub": OPAQUE })));
    failures.push(block_on(scene.tab.client.userinfo()).unwrap_err());
    failures.push(
        scene
            .tab
            .grant_for(&format!("https://evil.example/{OPAQUE}"))
            .unwrap_err(),
    );
    world.expect(TOKEN, json(400, &json!({ "error": "invalid_grant" })));
    failures.push(scene.tab.token_with(30, true).unwrap_err());
    world.expect(DISCOVERY, html(500));
    world.advance(7200);
    failures.push(scene.tab.login_fails(&json!({ "loginHint": OPAQUE })));
    // the claims of the signed-in event are the page's to see
    let events = scene.tab.page.events.take();
    scene.tab.page.events.replace(
        events
            .into_iter()
            .filter(|(event, _)| *event != Event::SignedIn)
            .collect(),
    );
    for failure in &failures {
        ear.hear(failure);
    }
    ear.close("a whole life");
}

#[test]
fn a_refusal_that_repeats_what_was_sent_loses_its_words() {
    let scene = Scene::new();
    let verifier = &scene.sign_in.verifier;
    let said = json!({
        "error": "invalid_grant", "error_uri": format!("https://op.example/{CODE}"),
        "error_description": format!("{}{CODE} does not fit {verifier}", "x".repeat(1020)),
    });
    let failure = scene.refuses_answer("an echo", json(400, &said), Code::TokenError);
    let expected = Said::OAuth {
        error: "invalid_grant".into(),
        description: None,
        uri: None,
    };
    assert_eq!(failure.said.as_deref(), Some(&expected));
    // and where the whole of it is that
    let scene = Scene::new();
    let said = json!({ "error": scene.sign_in.verifier });
    let failure = scene.refuses_answer("an echo", json(400, &said), Code::TokenHttp);
    assert_eq!(failure.said, None);
}

#[test]
fn a_refresh_token_that_is_still_good_is_not_told() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    world.advance(300);
    let said = json!({ "error": "temporarily_unavailable", "error_description": format!("try {REFRESH_TOKEN} again") });
    world.expect(TOKEN, json(503, &said));
    let failure = tab.token().unwrap_err();
    assert_eq!(tab.status(), "stale");
    assert!(!report::to_json(&failure).contains(REFRESH_TOKEN));
}

#[test]
fn a_client_says_nothing_of_its_secrets_when_it_is_printed() {
    let scene = Scene::new();
    let printed = format!("{:?}", scene.tab.client);
    for secret in [
        &*scene.sign_in.nonce,
        &scene.sign_in.verifier,
        CODE,
        ACCESS_TOKEN,
        REFRESH_TOKEN,
    ] {
        assert!(!printed.contains(secret), "`{secret}` in `{printed}`");
    }
}

#[test]
fn every_code_is_reported_whole_and_without_a_secret() {
    for code in Code::ALL {
        let report: Value = serde_json::from_str(&report::to_json(&(*code).into())).unwrap();
        assert_eq!(report["code"], code.as_str());
        assert_eq!(report["retryable"], json!(code.retryable()));
        assert_eq!(report.as_object().unwrap().len(), 2);
        let report = report::to_json(&code.at(Place::Nonce).into());
        let report: Value = serde_json::from_str(&report).unwrap();
        assert_eq!(report["place"], "nonce");
        assert_eq!(report.as_object().unwrap().len(), 3);
    }
}
