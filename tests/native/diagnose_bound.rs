//! `diagnose()` where requests are pushed, responses are signed and tokens are bound to a key.

use portcullis::client::diagnose::{Check, Finding};
use portcullis::error::{Code, Result};
use portcullis::platform::Probed;
use portcullis::protocol::http::HttpResponse;
use serde_json::{Value, json};

use crate::diagnose::{came_to, check, diagnosed, failed, found, wrong};
use crate::world::*;

const PUSH: &str = "https://op.example/par";

/// The diagnosis of a portal with these options, at a provider that says this of itself and answers what is
/// pushed so, if it is asked; and what was sent.
fn seen(
    options: &Value,
    provider: &Value,
    pushed: Option<Result<HttpResponse>>,
) -> (Value, Vec<Sent>) {
    let world = World::new();
    let tab = world.tab_with(options);
    world.expect(REDIRECT, html(200));
    world.expect(DISCOVERY, ok(&patched(metadata(), provider)));
    world.expect(TOKEN, json(400, &json!({ "error": "invalid_grant" })));
    world.expect(JWKS, ok(&world.signer.jwks()));
    world.expect(USERINFO, json(401, &json!({})));
    world.expect(REVOKE, answer(200, "", ""));
    if let Some(pushed) = pushed {
        world.expect(PUSH, pushed);
    }
    tab.page
        .probes
        .borrow_mut()
        .insert(PUSH.into(), Probed::Yes);
    let diagnosis = diagnosed(&tab);
    assert!(
        world.inner().proof_keys.borrow().is_empty(),
        "nothing is changed"
    );
    (diagnosis, world.take_sent())
}

#[test]
fn the_endpoint_for_what_is_pushed_is_looked_at_if_it_is_used() {
    let has = json!({ "pushed_authorization_request_endpoint": PUSH });
    let pushes = json!({ "par": true });
    let (diagnosis, _) = seen(&json!({}), &has, None);
    let ids = diagnosis["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| check["id"].clone());
    let unused = [Check::ParEndpoint, Check::Dpop, Check::Jarm].map(Check::as_str);
    assert!(
        ids.into_iter()
            .all(|id| unused.iter().all(|unused| id != *unused))
    );
    let refusal = json(400, &json!({ "error": "invalid_request" }));
    for (answer, expected) in [
        (refusal, found(Finding::AsItShouldBe, "")),
        (html(404), failed(Code::ParHttp, "")),
        (offline(), found(Finding::NoCors, PUSH)),
    ] {
        let (diagnosis, sent) = seen(&pushes, &has, Some(answer));
        assert_eq!(came_to(check(&diagnosis, "par-endpoint")), expected);
        // nothing is asked for in anybody's name
        assert_eq!(
            sent.last().unwrap().fields(),
            [("client_id".into(), CLIENT.into())]
        );
    }
    let (diagnosis, _) = seen(&pushes, &json!({}), None);
    let expected = failed(
        Code::DiscoveryInvalid,
        "pushed_authorization_request_endpoint",
    );
    assert_eq!(came_to(check(&diagnosis, "par-endpoint")), expected);
}

#[test]
fn a_provider_that_demands_what_is_done_is_all_right() {
    let provider = json!({
        "pushed_authorization_request_endpoint": PUSH,
        "require_pushed_authorization_requests": true,
    });
    let (diagnosis, _) = seen(
        &json!({ "par": true }),
        &provider,
        Some(json(400, &json!({}))),
    );
    assert!(wrong(&diagnosis).is_empty(), "{diagnosis}");
}

#[test]
fn whether_the_provider_takes_proofs_is_told() {
    let dpop = json!({ "dpop": true });
    for (algorithms, expected) in [
        (json!(ABSENT), found(Finding::AsItShouldBe, "")),
        (json!(["RS256", "ES256"]), found(Finding::AsItShouldBe, "")),
        (
            json!(["RS256"]),
            failed(Code::Unsupported, "dpop_signing_alg_values_supported"),
        ),
    ] {
        let provider = json!({ "dpop_signing_alg_values_supported": algorithms });
        let (diagnosis, sent) = seen(&dpop, &provider, None);
        assert_eq!(came_to(check(&diagnosis, "dpop")), expected);
        // the header is there, or nobody sees whether the browser may send it
        let proofs = sent.iter().map(|sent| sent.request.proof.is_some());
        let expected = sent.iter().map(|sent| sent.request.url == TOKEN);
        assert!(proofs.eq(expected));
    }
}

#[test]
fn whether_the_provider_signs_its_responses_is_told() {
    let jarm = json!({ "jarm": true });
    for (modes, expected) in [
        (json!(ABSENT), found(Finding::AsItShouldBe, "")),
        (
            json!(["query", "query.jwt"]),
            found(Finding::AsItShouldBe, ""),
        ),
        (
            json!(["query", "fragment.jwt"]),
            failed(Code::Unsupported, "response_modes_supported"),
        ),
    ] {
        let provider = json!({ "response_modes_supported": modes });
        let (diagnosis, _) = seen(&jarm, &provider, None);
        assert_eq!(came_to(check(&diagnosis, "jarm")), expected);
    }
}
