//! `diagnose()`: what is asked of the provider, and what its answers mean.

use portcullis::client::diagnose::{Check, Finding};
use portcullis::error::{Code, Result};
use portcullis::protocol::http::HttpResponse;
use serde_json::{Value, json};

use crate::world::*;

/// The diagnosis, its rows in words.
pub fn diagnosed(tab: &Tab) -> Value {
    let text = block_on(tab.client.diagnose()).unwrap();
    let mut diagnosis: Value = serde_json::from_str(&text).unwrap();
    let row = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
    for check in diagnosis["checks"].as_array_mut().unwrap() {
        check["id"] = Check::ALL[row(&check["id"])].as_str().into();
        if let Some(finding) = check.get("finding").map(row) {
            check["finding"] = Finding::ALL[finding].as_str().into();
        }
    }
    diagnosis
}

/// What a check came to: a finding or a code, and what it is about or where it arose.
pub fn came_to(check: &Value) -> (String, String) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
    match check.get("error") {
        Some(error) => (text(&error["code"]), text(&error["place"])),
        None => (text(&check["finding"]), text(&check["about"])),
    }
}

pub fn check<'a>(diagnosis: &'a Value, id: &str) -> &'a Value {
    let mut checks = diagnosis["checks"].as_array().unwrap().iter();
    checks
        .find(|check| check["id"] == id)
        .unwrap_or_else(|| panic!("no {id} in {diagnosis}"))
}

/// The ids of the checks that failed.
pub fn wrong(diagnosis: &Value) -> Vec<String> {
    let checks = diagnosis["checks"].as_array().unwrap().iter();
    checks
        .filter(|check| check["ok"] == false)
        .map(|check| check["id"].as_str().unwrap().into())
        .collect()
}

/// What is answered, in the order in which it is asked. `None`: nobody comes that far.
pub struct Answers(pub Vec<(&'static str, Option<Result<HttpResponse>>)>);

impl Answers {
    /// As a provider answers whose client is registered well.
    pub fn good() -> Self {
        let refusal = |error: &str| json(400, &json!({ "error": error }));
        Self(vec![
            (REDIRECT, Some(html(200))),
            (DISCOVERY, Some(ok(&metadata()))),
            (TOKEN, Some(refusal("invalid_grant"))),
            (JWKS, Some(ok(&Signer::new(1).jwks()))),
            (USERINFO, Some(json(401, &json!({})))),
            (REVOKE, Some(answer(200, "", ""))),
        ])
    }

    pub fn with(mut self, url: &str, answer: Result<HttpResponse>) -> Self {
        let row = self.0.iter_mut().find(|(known, _)| *known == url).unwrap();
        row.1 = Some(answer);
        self
    }

    /// The same where somebody is signed in.
    pub fn known() -> Self {
        Self::good().with(USERINFO, ok(&json!({ "sub": "alice" })))
    }

    pub fn metadata(self, patch: &Value) -> Self {
        self.with(DISCOVERY, ok(&patched(metadata(), patch)))
    }

    /// Nothing is asked after `url`.
    pub fn until(mut self, url: &str) -> Self {
        let end = self.0.iter().position(|(known, _)| *known == url).unwrap();
        self.0.truncate(end + 1);
        self
    }

    pub fn without(mut self, url: &str) -> Self {
        self.0.retain(|(known, _)| *known != url);
        self
    }

    pub fn expect(self, world: &World) {
        for (url, answer) in self.0 {
            world.expect(url, answer.unwrap());
        }
    }
}

/// The diagnosis of a tab where nobody is signed in.
pub fn seen(answers: Answers) -> Value {
    seen_with(&json!({}), answers, |_| {})
}

pub fn seen_with(options: &Value, answers: Answers, prepare: impl FnOnce(&Page)) -> Value {
    let world = World::new();
    let tab = world.tab_with(options);
    prepare(&tab.page);
    answers.expect(&world);
    let before = Untouched::of(&tab, &[]);
    let diagnosis = diagnosed(&tab);
    assert_eq!(Untouched::of(&tab, &[]), before);
    assert!(tab.page.take_events().is_empty());
    diagnosis
}

/// One check's outcome where all others are fine.
pub fn only(diagnosis: &Value, id: &str) -> (String, String) {
    assert_eq!(wrong(diagnosis), [id], "{diagnosis}");
    came_to(check(diagnosis, id))
}

pub fn found(finding: Finding, about: &str) -> (String, String) {
    (finding.as_str().into(), about.into())
}

pub fn failed(code: Code, place: &str) -> (String, String) {
    (code.as_str().into(), place.into())
}

#[test]
fn a_query_is_left_out_of_what_is_told() {
    let url = "https://op.example/jwks?tenant=secret";
    let answers = Answers(vec![
        (REDIRECT, Some(html(200))),
        (
            DISCOVERY,
            Some(ok(&patched(metadata(), &json!({ "jwks_uri": url })))),
        ),
        (TOKEN, Some(json(400, &json!({ "error": "invalid_grant" })))),
        (url, Some(offline())),
        (USERINFO, Some(html(401))),
        (REVOKE, Some(html(200))),
    ]);
    let diagnosis = seen(answers);
    assert_eq!(only(&diagnosis, "keys"), found(Finding::NoCors, JWKS));
}

#[test]
fn what_is_wrong_with_discovery_is_named() {
    for (answer, code, place) in [
        (html(404), Code::DiscoveryHttp, ""),
        (redirect(), Code::DiscoveryHttp, ""),
        (html(200), Code::DiscoveryInvalid, "content-type"),
        (answer(200, "", "{"), Code::DiscoveryInvalid, "JSON object"),
        (endless(), Code::DiscoveryTooLarge, "body"),
    ] {
        let diagnosis = seen(Answers::good().with(DISCOVERY, answer).until(DISCOVERY));
        assert_eq!(only(&diagnosis, "discovery"), failed(code, place));
    }
    let broken = Answers::good().metadata(&json!({ "response_types_supported": ["token"] }));
    let diagnosis = seen(broken.until(DISCOVERY));
    let expected = failed(Code::DiscoveryInvalid, "response_types_supported");
    assert_eq!(only(&diagnosis, "metadata"), expected);
}

#[test]
fn an_issuer_that_differs_is_spelled_out() {
    for (issuer, finding) in [
        ("https://op.example/", Finding::IssuerSlash),
        ("https://other.example", Finding::IssuerDiffers),
        (
            "https://login.example/{tenantid}/v2.0",
            Finding::IssuerTemplate,
        ),
    ] {
        let answers = Answers::good().metadata(&json!({ "issuer": issuer }));
        let diagnosis = seen(answers.until(DISCOVERY));
        assert_eq!(only(&diagnosis, "issuer"), found(finding, issuer));
    }
}

#[test]
fn keycloak_is_looked_for_under_its_other_path() {
    let old = "https://op.example/auth/realms/demo";
    let new = "https://op.example/realms/demo";
    let configuration = |issuer: &str| format!("{issuer}/.well-known/openid-configuration");
    for (issuer, other) in [(old, new), (new, old)] {
        for (told, finds) in [(other, true), ("https://evil.example", false)] {
            let world = World::new();
            let tab = world.tab_with(&json!({ "issuer": issuer }));
            world.expect(REDIRECT, html(200));
            world.expect(&configuration(issuer), html(404));
            world.expect(
                &configuration(other),
                ok(&patched(metadata(), &json!({ "issuer": told }))),
            );
            let diagnosis = diagnosed(&tab);
            let expected = failed(Code::DiscoveryHttp, "");
            assert_eq!(came_to(check(&diagnosis, "discovery")), expected);
            if finds {
                assert_eq!(wrong(&diagnosis), ["discovery", "keycloak"]);
                let expected = found(Finding::KeycloakPath, other);
                assert_eq!(came_to(check(&diagnosis, "keycloak")), expected);
            } else {
                assert_eq!(wrong(&diagnosis), ["discovery"]);
            }
        }
    }
}

#[test]
fn pkce_is_looked_at_by_itself() {
    let methods = |value: Value| {
        let patch = json!({ "code_challenge_methods_supported": value });
        Answers::good().metadata(&patch)
    };
    let diagnosis = seen(methods(json!(["plain"])).until(DISCOVERY));
    let expected = failed(Code::PkceUnsupported, "code_challenge_methods_supported");
    assert_eq!(only(&diagnosis, "pkce"), expected);
    let diagnosis = seen(methods(json!(ABSENT)));
    assert!(wrong(&diagnosis).is_empty());
    let expected = found(Finding::PkceUnannounced, "");
    assert_eq!(came_to(check(&diagnosis, "pkce")), expected);
}

#[test]
fn endpoints_are_looked_at_one_by_one() {
    let plain = "http://op.example/x";
    for (member, id, url) in [
        ("token_endpoint", "token-endpoint", TOKEN),
        ("jwks_uri", "keys", JWKS),
        ("userinfo_endpoint", "userinfo-endpoint", USERINFO),
        ("revocation_endpoint", "revocation-endpoint", REVOKE),
        ("end_session_endpoint", "end-session-endpoint", ""),
        ("authorization_endpoint", "authorization-endpoint", ""),
    ] {
        let answers = Answers::good().metadata(&json!({ member: plain }));
        let diagnosis = seen(answers.without(url));
        let expected = failed(Code::InsecureEndpoint, member);
        assert_eq!(only(&diagnosis, id), expected);
    }
    for (member, url, id, finding) in [
        (
            "userinfo_endpoint",
            USERINFO,
            "userinfo-endpoint",
            Finding::Absent,
        ),
        (
            "revocation_endpoint",
            REVOKE,
            "revocation-endpoint",
            Finding::Absent,
        ),
        (
            "end_session_endpoint",
            "",
            "end-session-endpoint",
            Finding::AbsentEndSession,
        ),
    ] {
        let answers = Answers::good().metadata(&json!({ member: ABSENT }));
        let diagnosis = seen(answers.without(url));
        assert!(wrong(&diagnosis).is_empty());
        assert_eq!(came_to(check(&diagnosis, id)), found(finding, ""));
    }
    for (url, id, code) in [
        (TOKEN, "token-endpoint", Code::TokenHttp),
        (USERINFO, "userinfo-endpoint", Code::UserinfoInvalid),
        (REVOKE, "revocation-endpoint", Code::TokenHttp),
    ] {
        for status in [404, 405, 503] {
            let diagnosis = seen(Answers::good().with(url, html(status)));
            assert_eq!(only(&diagnosis, id), failed(code, ""));
            let check = check(&diagnosis, id);
            assert_eq!(check["error"]["status"], status);
        }
    }
}

#[test]
fn what_the_token_endpoint_says_of_the_client_is_heard() {
    let says = |error: &str, description: &str| {
        let body = json!({ "error": error, "error_description": description });
        seen(Answers::good().with(TOKEN, json(400, &body)))
    };
    for (error, description) in [
        ("invalid_client", ""),
        ("unauthorized_client", ""),
        ("invalid_request", "client_secret is missing."),
        (
            "invalid_request",
            "AADSTS9002326: Cross-origin token redemption",
        ),
    ] {
        let diagnosis = says(error, description);
        assert_eq!(only(&diagnosis, "client"), failed(Code::TokenError, ""));
        let said = &check(&diagnosis, "client")["error"]["oauth"];
        assert_eq!(said["error"], error);
    }
    for answer in [
        json(400, &json!({ "error": "invalid_request" })),
        html(400),
        answer(403, "", ""),
        ok(&json!({ "access_token": "x", "token_type": "Bearer" })),
    ] {
        let diagnosis = seen(Answers::good().with(TOKEN, answer));
        assert!(wrong(&diagnosis).is_empty());
        let expected = found(Finding::ClientUnsure, "");
        assert_eq!(came_to(check(&diagnosis, "client")), expected);
    }
}

#[test]
fn a_provider_that_takes_pushed_requests_alone_is_told_of() {
    let demand = json!({ "require_pushed_authorization_requests": true });
    let diagnosis = seen(Answers::good().metadata(&demand));
    let demand = "require_pushed_authorization_requests";
    assert_eq!(
        only(&diagnosis, "authorization-endpoint"),
        failed(Code::ParRequired, demand)
    );
}

#[test]
fn a_client_that_may_not_revoke_is_told_of() {
    for status in [401, 403] {
        let answer = json(status, &json!({ "error": "invalid_client" }));
        let diagnosis = seen(Answers::good().with(REVOKE, answer));
        assert!(wrong(&diagnosis).is_empty());
        let expected = found(Finding::RevokesNothing, "");
        assert_eq!(
            came_to(check(&diagnosis, "revocation-endpoint")),
            expected,
            "{status}"
        );
    }
    // what is made up is unknown, and some say so though they need not (RFC 7009 section 2.2)
    let answer = json(400, &json!({ "error": "invalid_request" }));
    let diagnosis = seen(Answers::good().with(REVOKE, answer));
    let expected = found(Finding::AsItShouldBe, "");
    assert_eq!(came_to(check(&diagnosis, "revocation-endpoint")), expected);
}

#[test]
fn a_live_token_that_userinfo_refuses_is_told_of() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    Answers::good().expect(&world);
    let expected = failed(Code::UserinfoUnauthorized, "");
    assert_eq!(only(&diagnosed(&tab), "userinfo-endpoint"), expected);
    // one that has expired is refused rightly
    world.advance(400);
    Answers::good().expect(&world);
    assert!(wrong(&diagnosed(&tab)).is_empty());
}

/// As where a portal's own server answers, or a proxy's page to sign in.
#[test]
fn a_page_with_status_200_is_no_endpoint() {
    for (url, id, code, place) in [
        (TOKEN, "token-endpoint", Code::TokenInvalid, "JSON object"),
        (
            USERINFO,
            "userinfo-endpoint",
            Code::UserinfoInvalid,
            "JSON object",
        ),
    ] {
        let diagnosis = seen(Answers::good().with(url, html(200)));
        assert_eq!(only(&diagnosis, id), failed(code, place));
    }
    let diagnosis = seen(Answers::good().with(TOKEN, ok(&json!({}))));
    let expected = failed(Code::TokenInvalid, "access_token");
    assert_eq!(only(&diagnosis, "token-endpoint"), expected);
    // whoever is told of may be anybody
    for claims in [json!({ "sub": "somebody" }), json!({})] {
        assert!(wrong(&seen(Answers::good().with(USERINFO, ok(&claims)))).is_empty());
    }
}

#[test]
fn what_the_options_give_is_not_asked_for() {
    let options = json!({ "metadata": metadata(), "jwks": Signer::new(1).jwks() });
    let answers = Answers::good().without(DISCOVERY).without(JWKS);
    let diagnosis = seen_with(&options, answers, |_| {});
    assert!(wrong(&diagnosis).is_empty());
    for id in ["discovery", "keys"] {
        assert_eq!(came_to(check(&diagnosis, id)), found(Finding::Given, ""));
    }
    check(&diagnosis, "algorithms");
}
