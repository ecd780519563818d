//! Nothing leaks: whatever goes wrong, no error, event, trace or debug output holds a secret.

use portcullis::{
    error::{Failure, Place},
    report,
};
use serde_json::{Value, json};

use crate::world::*;

const OPAQUE: &str = "SECRET-of-the-attacker";

/// A place where secrets are, and everything that was said there.
struct Ear {
    scene: Scene,
    told: Vec<String>,
}

impl Ear {
    fn new() -> Self {
        Self {
            scene: Scene::new(),
            told: vec![],
        }
    }

    fn hear(&mut self, failure: &Failure) {
        self.told.push(report::to_json(failure));
        self.told.push(format!("{failure:?} {:?}", failure.error));
    }

    /// Listens to events, trace and debug output, and looks for every secret in all of it.
    fn close(mut self, what: &str) {
        let tab = &self.scene.tab;
        // the page is told its user's claims, nonce included, and nobody else's
        let user = tab.state()["user"]["nonce"]
            .as_str()
            .unwrap_or_default()
            .to_string();
        let events = tab.page.events.take().into_iter().map(|(_, detail)| detail);
        self.told.extend(events);
        self.told.push(tab.client.trace());
        self.told.push(format!("{:?}", tab.page.warnings.take()));
        self.told.extend(
            self.scene
                .world
                .take_sent()
                .iter()
                .map(|sent| format!("{:?}", sent.request)),
        );
        let sign_in = &self.scene.sign_in;
        for secret in [
            &sign_in.nonce,
            &sign_in.verifier,
            &sign_in.state,
            CODE,
            ACCESS_TOKEN,
            REFRESH_TOKEN,
            OPAQUE,
        ] {
            for text in self.told.iter().filter(|_| *secret != user) {
                assert!(!text.contains(secret), "{what}: `{secret}` in `{text}`");
            }
        }
    }
}

#[test]
fn no_refused_callback_tells_a_secret() {
    let state = |ear: &Ear| ear.scene.sign_in.state.clone();
    for params in [
        "code={code}",
        "state={state}",
        "code={code}&state={state}x",
        "code={code}&code={code}&state={state}",
        "code={code}&error={opaque}&state={state}",
        "code={code}&access_token={opaque}&state={state}",
        "code={code}&iss={opaque}&state={state}",
        "response={opaque}&state={state}",
        "code={code}&state={state}#code={code}",
        "code={code}&state={state}&x=%zz",
        "code={code}&state={state}&state={opaque}",
        "error={opaque}",
    ] {
        let mut ear = Ear::new();
        let query = params
            .replace("{code}", CODE)
            .replace("{state}", &state(&ear))
            .replace("{opaque}", OPAQUE);
        let url = format!("{REDIRECT}?{query}");
        let tab = ear.scene.tab.arrive(&url);
        let failure = tab.handle(&url).unwrap_err();
        ear.hear(&failure);
        ear.close(params);
    }
}

#[test]
fn no_refused_answer_tells_a_secret() {
    let good = tokens("a.b.c");
    let with = |patch: Value| ok(&patched(good.clone(), &patch));
    for (what, answer) in [
        ("no connection", offline()),
        ("silence", silence()),
        ("a page with a token", answer(500, "text/html", OPAQUE)),
        (
            "broken JSON",
            answer(
                200,
                "application/json",
                format!("{{\"access_token\":\"{OPAQUE}\""),
            ),
        ),
        (
            "an error that is no text",
            json(400, &json!({ "error": { "token": OPAQUE } })),
        ),
        ("another type", with(json!({ "token_type": OPAQUE }))),
        ("a lifetime", with(json!({ "expires_in": OPAQUE }))),
        (
            "a token that is none",
            with(json!({ "access_token": format!("{OPAQUE}\n") })),
        ),
        ("no ID token", with(json!({ "id_token": ABSENT }))),
        (
            "an ID token that is none",
            with(json!({ "id_token": OPAQUE })),
        ),
    ] {
        let mut ear = Ear::new();
        ear.scene.world.expect(TOKEN, answer);
        let failure = ear.scene.tab.handle(&ear.scene.callback()).unwrap_err();
        ear.hear(&failure);
        ear.close(what);
    }
}

#[test]
fn no_refused_token_tells_a_secret() {
    for (what, header, claims) in [
        ("an algorithm", json!({ "alg": OPAQUE }), json!({})),
        ("a key", json!({ "kid": 1, "x": OPAQUE }), json!({})),
        ("a kind", json!({ "typ": OPAQUE }), json!({})),
        ("an extension", json!({ "crit": [OPAQUE] }), json!({})),
        ("an issuer", json!({}), json!({ "iss": OPAQUE })),
        ("an audience", json!({}), json!({ "aud": OPAQUE })),
        ("a party", json!({}), json!({ "azp": OPAQUE })),
        ("a nonce", json!({}), json!({ "nonce": OPAQUE })),
        ("a time", json!({}), json!({ "exp": OPAQUE })),
        ("a hash", json!({}), json!({ "at_hash": OPAQUE })),
        ("a subject", json!({}), json!({ "sub": "", "name": OPAQUE })),
    ] {
        let mut ear = Ear::new();
        let scene = &ear.scene;
        let id_token = scene.world.signer.sign(
            &patched(scene.world.signer.header(), &header),
            &patched(claims_of(scene), &claims),
        );
        scene.world.expect(TOKEN, ok(&tokens(&id_token)));
        let failure = scene.tab.handle(&scene.callback()).unwrap_err();
        ear.hear(&failure);
        ear.close(what);
    }
}

fn claims_of(scene: &Scene) -> Value {
    claims(&scene.sign_in.nonce, scene.world.now())
}

#[test]
fn a_sign_in_that_succeeds_and_everything_after_it_tells_no_secret() {
    let mut ear = Ear::new();
    let scene = &ear.scene;
    let world = &scene.world;
    world.expect(TOKEN, ok(&tokens(&scene.id_token(&json!({})))));
    scene.tab.handle(&scene.callback()).unwrap();
    let mut failures = vec![];
    world.advance(300);
    world.expect(TOKEN, html(500));
    failures.push(scene.tab.token().unwrap_err());
    world.expect(
        TOKEN,
        ok(&json!({ "access_token": OPAQUE, "token_type": "Bearer" })),
    );
    scene.tab.token().unwrap();
    world.expect(USERINFO, ok(&json!({ "sub": OPAQUE })));
    failures.push(block_on(scene.tab.client.userinfo()).unwrap_err());
    failures.push(
        block_on(
            scene
                .tab
                .client
                .token_for(&format!("https://evil.example/{OPAQUE}")),
        )
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
            .filter(|(event, _)| *event != portcullis::platform::Event::SignedIn)
            .collect(),
    );
    for failure in &failures {
        ear.hear(failure);
    }
    ear.close("a whole life");
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
    for code in portcullis::error::Code::ALL {
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
