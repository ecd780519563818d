//! Tokens verified alone: what comes out, whose cryptography is asked, and how often a provider
//! is asked for its keys.

use portcullis::{
    error::{Code, Error},
    verify::{KeySource, Verifier},
};
use serde_json::{Value, json};

use super::world::{
    ISSUER, JWKS, NOW, Page, Signer, Task, World, all, answer, block_on, endless, html, offline,
    ok, patched, redirect, silence,
};

/// RFC 7515 A.2: an algorithm that the platform of these tests does not know.
const RS256_KEYS: &str = r#"{"keys":[{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}]}"#;
const RS256_TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

struct Scene {
    world: World,
    verifier: Verifier<Page>,
}

impl Scene {
    fn new() -> Self {
        let world = World::new();
        let verifier = Verifier::new(world.page());
        Self { world, verifier }
    }

    /// A good token of `signer`, some claims changed.
    fn token(&self, signer: &Signer, patch: &Value) -> String {
        let now = self.world.now();
        let claims = json!({ "iss": ISSUER, "aud": "api", "iat": now, "exp": now + 90_000 });
        signer.token(&patched(claims, patch))
    }

    async fn at(&self, url: &str, token: &str) -> Result<Value, Code> {
        let options = json!({ "algorithms": ["EdDSA"], "issuer": ISSUER, "audience": "api" });
        let verdict = self
            .verifier
            .jwt(token, KeySource::Url(url), options.to_string());
        let verdict = verdict.await.map_err(Error::code)?;
        Ok(serde_json::from_str(&verdict).unwrap())
    }

    /// The verdict on a good token of `signer` with the keys at the provider.
    fn verdict(&self, signer: &Signer) -> Result<(), Code> {
        let token = self.token(signer, &json!({}));
        block_on(self.at(JWKS, &token)).map(drop)
    }

    fn requests(&self) -> usize {
        self.world.take_sent().len()
    }
}

#[test]
fn header_and_claims_come_out_as_data_a_page_can_hold() {
    let scene = Scene::new();
    let signer = scene.world.signer.clone();
    scene.world.expect(JWKS, ok(&signer.jwks()));
    let patch = json!({ "id": 9_007_199_254_740_993_i64, "__proto__": { "admin": true } });
    let verified = block_on(scene.at(JWKS, &scene.token(&signer, &patch))).unwrap();
    assert_eq!(verified["claims"]["id"], "9007199254740993");
    assert_eq!(verified["claims"]["__proto__"]["admin"], true);
    assert_eq!(verified["header"]["kid"], signer.kid);
}

#[test]
fn a_signature_alone_opens_the_payload() {
    let scene = Scene::new();
    let options = json!({ "algorithms": ["RS256"] }).to_string();
    let jws = scene
        .verifier
        .jws(RS256_TOKEN, KeySource::Set(RS256_KEYS), options);
    let verified = block_on(jws).unwrap();
    assert_eq!(verified.header, r#"{"alg":"RS256"}"#);
    assert!(verified.payload.starts_with(br#"{"iss":"joe","#));
}

#[test]
fn the_platform_is_asked_first_and_the_software_where_it_cannot_tell() {
    let scene = Scene::new();
    let ask = |crypto: &str| {
        let options = json!({ "algorithms": ["RS256"], "crypto": crypto }).to_string();
        let keys = KeySource::Set(RS256_KEYS);
        block_on(scene.verifier.jws(RS256_TOKEN, keys, options))
            .map(drop)
            .map_err(Error::code)
    };
    // the platform of these tests knows Ed25519 alone
    assert_eq!(ask("auto"), Ok(()));
    assert_eq!(ask("software"), Ok(()));
    assert_eq!(ask("web"), Err(Code::Unsupported));
    assert_eq!(ask("magic"), Err(Code::ConfigInvalid));
}

#[test]
fn keys_are_fetched_once_for_all_who_ask_at_once() {
    let scene = Scene::new();
    let signer = scene.world.signer.clone();
    let gate = scene.world.expect_held(JWKS, ok(&signer.jwks()));
    let token = scene.token(&signer, &json!({}));
    let mut tasks: Vec<_> = (0..5)
        .map(|_| Task::start(scene.at(JWKS, &token)))
        .collect();
    assert!(tasks.iter().all(|task| !task.is_done()));
    gate.open();
    tasks.iter_mut().for_each(Task::run);
    for verdict in all(tasks) {
        assert!(verdict.is_ok());
    }
    assert_eq!(scene.verdict(&signer), Ok(()));
    let sent = scene.world.take_sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].seconds, 20);
}

#[test]
fn on_the_edge_nobody_waits_for_a_request_that_is_not_their_own() {
    let mut scene = Scene::new();
    scene.verifier = scene.verifier.on_the_edge();
    let [old, new] = [1, 2].map(Signer::new);
    let never = scene.world.expect_held(JWKS, ok(&old.jwks()));
    let token = scene.token(&old, &json!({}));
    let given_up = Task::start(scene.at(JWKS, &token));
    scene.world.expect(JWKS, ok(&old.jwks()));
    assert_eq!(scene.verdict(&old), Ok(()));
    assert_eq!(scene.verdict(&old), Ok(()), "what it brought is kept");
    assert_eq!(scene.requests(), 2);

    // an unknown key is looked for once a minute there, too, by whoever comes first
    let look = scene.world.expect_held(JWKS, ok(&new.jwks()));
    let unknown = scene.token(&new, &json!({}));
    let mut looking = Task::start(scene.at(JWKS, &unknown));
    assert_eq!(scene.verdict(&new), Err(Code::JwksNoKey));
    look.open();
    looking.run();
    assert!(all(vec![looking]).iter().all(Result::is_ok));
    assert_eq!(scene.verdict(&new), Ok(()));
    assert_eq!(scene.requests(), 1);
    drop((given_up, never));
}

#[test]
fn a_failure_to_fetch_is_shared_and_the_next_call_tries_again() {
    let scene = Scene::new();
    let signer = scene.world.signer.clone();
    let gate = scene.world.expect_held(JWKS, offline());
    let token = scene.token(&signer, &json!({}));
    let mut tasks: Vec<_> = (0..3)
        .map(|_| Task::start(scene.at(JWKS, &token)))
        .collect();
    gate.open();
    tasks.iter_mut().for_each(Task::run);
    for verdict in all(tasks) {
        assert_eq!(verdict.err(), Some(Code::JwksHttp));
    }
    scene.world.expect(JWKS, ok(&signer.jwks()));
    assert_eq!(scene.verdict(&signer), Ok(()));
}

#[test]
fn an_old_copy_serves_whatever_comes_in_place_of_a_new_one() {
    let scene = Scene::new();
    let signer = scene.world.signer.clone();
    scene.world.expect(JWKS, ok(&signer.jwks()));
    assert_eq!(scene.verdict(&signer), Ok(()));
    scene.world.advance(600);
    scene.world.expect(JWKS, html(200));
    for _ in 0..2 {
        assert_eq!(scene.verdict(&signer), Ok(()));
    }
}

#[test]
fn an_unknown_key_is_looked_for_at_once_and_then_once_a_minute() {
    let scene = Scene::new();
    let [old, new] = [1, 2].map(Signer::new);
    scene.world.expect(JWKS, ok(&old.jwks()));
    assert_eq!(scene.verdict(&old), Ok(()));
    // the provider changed its keys: found at the first token
    scene.world.expect(JWKS, ok(&new.jwks()));
    assert_eq!(scene.verdict(&new), Ok(()));
    assert_eq!(scene.requests(), 2);
    // whoever makes up key names causes no more than a request a minute
    for round in 0..3 {
        if round > 0 {
            scene.world.expect(JWKS, ok(&new.jwks()));
        }
        for seed in 100..140 {
            assert_eq!(scene.verdict(&Signer::new(seed)), Err(Code::JwksNoKey));
        }
        assert_eq!(scene.requests(), usize::from(round > 0));
        assert_eq!(scene.verdict(&new), Ok(()));
        scene.world.advance(60);
    }
}

#[test]
fn many_unknown_keys_at_once_share_one_look() {
    let scene = Scene::new();
    let [old, new] = [1, 2].map(Signer::new);
    scene.world.expect(JWKS, ok(&old.jwks()));
    assert_eq!(scene.verdict(&old), Ok(()));
    let gate = scene.world.expect_held(JWKS, ok(&new.jwks()));
    let token = scene.token(&new, &json!({}));
    let mut tasks: Vec<_> = (0..50)
        .map(|_| Task::start(scene.at(JWKS, &token)))
        .collect();
    gate.open();
    tasks.iter_mut().for_each(Task::run);
    assert!(all(tasks).iter().all(Result::is_ok));
    assert_eq!(scene.requests(), 2);
}

#[test]
fn a_key_set_is_believed_for_ten_minutes() {
    let scene = Scene::new();
    let [old, new] = [1, 2].map(Signer::new);
    scene.world.expect(JWKS, ok(&old.jwks()));
    assert_eq!(scene.verdict(&old), Ok(()));
    scene.world.advance(599);
    assert_eq!(scene.verdict(&old), Ok(()));
    scene.world.advance(1);
    // a key that was taken out is no longer believed
    scene.world.expect(JWKS, ok(&new.jwks()));
    assert_eq!(scene.verdict(&old), Err(Code::JwksNoKey));
}

#[test]
fn an_old_key_set_serves_while_the_provider_is_down_but_not_for_ever() {
    let scene = Scene::new();
    let signer = scene.world.signer.clone();
    scene.world.expect(JWKS, ok(&signer.jwks()));
    assert_eq!(scene.verdict(&signer), Ok(()));
    scene.world.advance(600);
    for _ in 0..3 {
        scene.world.expect(JWKS, html(503));
        assert_eq!(scene.verdict(&signer), Ok(()));
        assert_eq!(scene.verdict(&signer), Ok(()), "asked again at once");
        scene.world.advance(60);
    }
    scene.world.advance(3600);
    scene.world.expect(JWKS, offline());
    assert_eq!(scene.verdict(&signer), Err(Code::JwksHttp));
}

#[test]
fn a_clock_set_back_makes_no_key_set_young() {
    let scene = Scene::new();
    let signer = scene.world.signer.clone();
    scene.world.expect(JWKS, ok(&signer.jwks()));
    assert_eq!(scene.verdict(&signer), Ok(()));
    scene.world.advance(-7200);
    scene.world.expect(JWKS, ok(&signer.jwks()));
    assert_eq!(scene.verdict(&signer), Ok(()));
}

#[test]
fn what_is_no_key_set_is_refused() {
    for (what, response, expected) in [
        ("no answer", offline(), Code::JwksHttp),
        ("no answer in time", silence(), Code::JwksHttp),
        ("a redirect", redirect(), Code::JwksHttp),
        ("an error page", html(404), Code::JwksHttp),
        ("a page", html(200), Code::JwksInvalid),
        ("more than a mebibyte", endless(), Code::JwksTooLarge),
        ("no keys", ok(&json!({ "keys": null })), Code::JwksInvalid),
        (
            "a member twice",
            answer(200, "application/json", r#"{"keys":[],"keys":[]}"#),
            Code::JwksInvalid,
        ),
    ] {
        let scene = Scene::new();
        scene.world.expect(JWKS, response);
        let signer = scene.world.signer.clone();
        assert_eq!(scene.verdict(&signer), Err(expected), "{what}");
    }
}

#[test]
fn keys_are_fetched_over_https_or_on_this_machine() {
    let scene = Scene::new();
    let signer = scene.world.signer.clone();
    let token = scene.token(&signer, &json!({}));
    for (url, expected) in [
        ("http://op.example/jwks", Code::InsecureEndpoint),
        ("ftp://op.example/jwks", Code::ConfigInvalid),
        ("data:application/json,{}", Code::ConfigInvalid),
        ("https://user@op.example/jwks", Code::ConfigInvalid),
        ("https://op.example/jwks#keys", Code::ConfigInvalid),
        ("/jwks", Code::ConfigInvalid),
        ("", Code::ConfigInvalid),
    ] {
        let verdict = block_on(scene.at(url, &token));
        assert_eq!(verdict.err(), Some(expected), "{url}");
    }
    for url in ["http://127.0.0.1:8080/jwks", "http://localhost/jwks"] {
        scene.world.expect(url, ok(&signer.jwks()));
        assert!(block_on(scene.at(url, &token)).is_ok(), "{url}");
    }
}

#[test]
fn a_token_that_cannot_be_good_causes_no_request() {
    let scene = Scene::new();
    for (token, expected) in [
        ("x", Code::JwtMalformed),
        (RS256_TOKEN, Code::JwtAlg),
        (
            "eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.e30.AA",
            Code::JwtTyp,
        ),
    ] {
        assert_eq!(block_on(scene.at(JWKS, token)).err(), Some(expected));
    }
}

#[test]
fn each_url_has_keys_of_its_own_and_the_oldest_is_forgotten() {
    let scene = Scene::new();
    let signer = scene.world.signer.clone();
    let token = scene.token(&signer, &json!({}));
    let url = |number: usize| format!("https://op.example/{number}");
    for number in 0..33 {
        scene.world.expect(&url(number), ok(&signer.jwks()));
        assert!(block_on(scene.at(&url(number), &token)).is_ok());
    }
    assert!(block_on(scene.at(&url(1), &token)).is_ok(), "still known");
    scene.world.expect(&url(0), ok(&signer.jwks()));
    assert!(block_on(scene.at(&url(0), &token)).is_ok(), "forgotten");
}

#[test]
fn the_time_is_the_platforms_unless_one_is_given() {
    let scene = Scene::new();
    let signer = scene.world.signer.clone();
    let keys = signer.jwks().to_string();
    let token = scene.token(&signer, &json!({ "exp": NOW + 100 }));
    let at = |now: Value| {
        let options = json!({
            "algorithms": ["EdDSA"], "issuer": ISSUER, "audience": ["x", "api"], "now": now,
        });
        block_on(
            scene
                .verifier
                .jwt(&token, KeySource::Set(&keys), options.to_string()),
        )
        .map(drop)
        .map_err(Error::code)
    };
    assert_eq!(at(json!(null)), Ok(()));
    assert_eq!(at(json!(NOW + 200)), Err(Code::IdTokenExp));
    assert_eq!(at(json!(1_800_000_100.75)), Ok(()));
    scene.world.advance(200);
    assert_eq!(at(json!(null)), Err(Code::IdTokenExp));
    assert_eq!(at(json!(NOW)), Ok(()));
}
