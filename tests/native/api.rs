//! Calls to the portal's APIs: who may get the token, and what a 401 means.

use portcullis::error::{Code, Said};
use serde_json::json;

use crate::world::*;

#[test]
fn only_allowed_origins_get_the_token() {
    let world = World::new();
    let own = world.signed_in(&world.tab(), false);
    let listed = world
        .tab_with(&json!({ "apiOrigins": ["https://api.example:8443/", "http://localhost:3000"] }));
    let listed = world.signed_in(&listed, true);
    for (tab, url, is_allowed) in [
        (&own, API, true),
        (&own, "https://portal.example:443", true),
        (&own, "https://PORTAL.example/api", true),
        (&own, "https://api.example:8443/x", false),
        (&own, "http://portal.example/api", false),
        (&own, "https://portal.example:444/api", false),
        (&own, "https://portal.example.evil/api", false),
        (&own, "https://evil.example/?https://portal.example/", false),
        (&own, "https://portal.example@evil.example/", false),
        (&own, "//portal.example/api", false),
        (&own, "/api", false),
        (&own, "data:text/plain,x", false),
        (&own, "", false),
        (&listed, "https://api.example:8443/x?y#z", true),
        (&listed, "http://localhost:3000/", true),
        (&listed, "https://api.example/x", false),
        (&listed, API, false),
    ] {
        let before = Untouched::of(tab, &[]);
        match tab.grant_for(url) {
            Ok(grant) => assert!(is_allowed && grant.token.expose() == ACCESS_TOKEN, "{url}"),
            Err(failure) => assert!(
                !is_allowed && failure.error.code() == Code::OriginNotAllowed,
                "{url}"
            ),
        }
        assert_eq!(Untouched::of(tab, &[]), before, "{url}");
    }
}

#[test]
fn a_call_goes_with_a_token_that_is_good_for_half_a_minute_more() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    world.advance(270);
    assert_eq!(tab.grant_for(API).unwrap().token.expose(), ACCESS_TOKEN);
    world.advance(1);
    let fresh = json!({ "access_token": "fresh", "token_type": "Bearer", "expires_in": 60 });
    world.expect(TOKEN, ok(&fresh));
    assert_eq!(tab.grant_for(API).unwrap().token.expose(), "fresh");
}

#[test]
fn an_origin_is_judged_before_a_token_is_fetched_for_it() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    world.advance(300);
    let failure = tab.grant_for("https://evil.example/").unwrap_err();
    assert_eq!(failure.error.code(), Code::OriginNotAllowed);
    // and the token of an expired session is fetched once it is allowed
    world.expect(
        TOKEN,
        ok(&json!({ "access_token": "fresh", "token_type": "Bearer" })),
    );
    assert_eq!(tab.grant_for(API).unwrap().token.expose(), "fresh");
}

fn answered(tab: &Tab, token: &str, status: u16, challenge: &str) -> Result<Option<String>, Code> {
    let outcome = tab.answered(&grant(token), status, challenge);
    outcome
        .map(|again| again.map(|grant| grant.token.expose().into()))
        .map_err(|failure| failure.error.code())
}

#[test]
fn an_answer_that_demands_no_other_token_stands() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    for (status, challenge) in [
        (200, ""),
        (200, "Bearer error=\"invalid_token\""),
        (403, "Bearer error=\"invalid_token\""),
        (403, "Bearer error=\"insufficient_scope\""),
        (401, ""),
        (401, "Bearer"),
        (401, "Basic realm=\"x\""),
        (401, "Bearer error=\"invalid_request\""),
        (401, "DPoP error=\"invalid_token\""),
        (500, "Bearer error=\"invalid_token\""),
    ] {
        assert_eq!(
            answered(&tab, ACCESS_TOKEN, status, challenge),
            Ok(None),
            "{status} {challenge}"
        );
    }
}

#[test]
fn a_refused_token_is_replaced_by_one_refresh() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    world.expect(
        TOKEN,
        ok(&json!({ "access_token": "fresh", "token_type": "Bearer", "expires_in": 300 })),
    );
    let challenge = "Bearer realm=\"x\", error=\"invalid_token\"";
    assert_eq!(
        answered(&tab, ACCESS_TOKEN, 401, challenge),
        Ok(Some("fresh".into()))
    );
    // whoever comes later with the old one gets the new one without a request
    assert_eq!(
        answered(&tab, ACCESS_TOKEN, 401, challenge),
        Ok(Some("fresh".into()))
    );
    world.expect(TOKEN, json(400, &json!({ "error": "invalid_grant" })));
    assert_eq!(
        answered(&tab, "fresh", 401, challenge),
        Err(Code::SessionExpired)
    );
    assert_eq!(
        answered(&tab, "fresh", 401, challenge),
        Err(Code::LoginRequired)
    );
}

#[test]
fn a_call_is_repeated_once_and_its_second_answer_may_demand_more_too() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    world.expect(
        TOKEN,
        ok(&json!({ "access_token": "fresh", "token_type": "Bearer", "expires_in": 300 })),
    );
    let refused = "Bearer error=\"invalid_token\"";
    let first = grant(ACCESS_TOKEN);
    let again = tab.answered(&first, 401, refused).unwrap();
    let again = again.expect("another token");
    assert_eq!(
        (again.token.expose(), &*again.subject, again.is_again),
        ("fresh", "alice", true)
    );
    // a token that was just issued is not replaced: the page has to see why it is refused
    assert!(matches!(tab.answered(&again, 401, refused), Ok(None)));
    let stronger = "Bearer error=\"insufficient_user_authentication\", acr_values=\"gold\"";
    let failure = tab.answered(&again, 401, stronger).unwrap_err();
    assert_eq!(failure.error.code(), Code::StepUpRequired);
}

#[test]
fn a_call_and_its_answer_are_steps_of_the_trace() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    let before = tab.trace().as_array().unwrap().len();
    let grant = tab.grant_for(API).unwrap();
    tab.answered(&grant, 403, "").unwrap();
    let trace = tab.trace();
    let steps: Vec<_> = trace.as_array().unwrap()[before..]
        .iter()
        .map(|event| json!([event["step"], event["from"], event["to"], event["detail"]]))
        .collect();
    assert_eq!(
        steps,
        [
            json!(["api", "portcullis", "api", {}]),
            json!(["api", "api", "portcullis", { "status": 403 }]),
        ]
    );
}

#[test]
fn without_a_refresh_token_the_portal_sees_the_401() {
    let world = World::new();
    let tab = world.tab();
    world.expect_discovery();
    let sign_in = tab.leave(&json!({}));
    let answer = patched(
        tokens(&world.id_token(&sign_in.nonce, &json!({}))),
        &json!({ "refresh_token": ABSENT }),
    );
    world.expect(TOKEN, ok(&answer));
    tab.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
    assert_eq!(
        answered(&tab, ACCESS_TOKEN, 401, "Bearer error=\"invalid_token\""),
        Ok(None)
    );
}

#[test]
fn a_step_up_is_told_with_its_demands() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    let before = Untouched::of(&tab, &[]);
    let challenge = "Bearer error=\"insufficient_user_authentication\", acr_values=\"gold silver\", max_age=\"5\"";
    let failure = tab
        .answered(&grant(ACCESS_TOKEN), 401, challenge)
        .unwrap_err();
    assert_eq!(
        (failure.error.code(), failure.error.status()),
        (Code::StepUpRequired, 401)
    );
    let said = Said::StepUp {
        acr_values: "gold silver".into(),
        max_age: Some(5),
    };
    assert_eq!(failure.said.as_deref(), Some(&said));
    let json: serde_json::Value =
        serde_json::from_str(&portcullis::report::to_json(&failure)).unwrap();
    assert_eq!(
        (&json["acrValues"], &json["maxAge"]),
        (&json!(["gold", "silver"]), &json!(5))
    );
    assert_eq!(Untouched::of(&tab, &[]), before);
    // what the API demands can be asked for as it is
    let sign_in = tab.leave(&json!({ "acrValues": json["acrValues"], "maxAge": json["maxAge"] }));
    assert_eq!(
        (
            sign_in.param("acr_values").unwrap(),
            sign_in.param("max_age").unwrap()
        ),
        ("gold silver".into(), "5".into())
    );
}
