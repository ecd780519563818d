//! Servers that want a nonce of theirs in a proof of possession (RFC 9449 §8 and §9).

use portcullis::{
    client::{Grant, Outcome},
    error::{Code, Place},
    protocol::http::{ApiAnswer, HttpResponse},
};
use serde_json::{Value, json};

use crate::{proofs::*, world::*};

#[test]
fn a_nonce_that_the_token_endpoint_wants_is_sent_once_more() {
    let (world, tab, sign_in) = left(&json!({}));
    world.expect(TOKEN, with_nonce(demand(), "n-1"));
    world.expect(TOKEN, with_nonce(answer_to(&world, &sign_in), "n-2"));
    tab.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
    let sent = world.take_sent();
    assert_eq!(sent[0].fields(), sent[1].fields());
    let proofs: Vec<_> = sent.iter().map(|sent| proof_of(sent).claims).collect();
    assert_eq!(proofs[0].get("nonce"), None);
    assert_eq!(proofs[1]["nonce"], "n-1");
    assert_ne!(proofs[0]["jti"], proofs[1]["jti"]);
    // what came with the tokens is for the next request
    world.advance(300);
    world.expect(TOKEN, ok(&bound(&json!({ "id_token": ABSENT }))));
    tab.token().unwrap();
    assert_eq!(proof_of(&world.take_sent()[0]).claims["nonce"], "n-2");
}

#[test]
fn a_nonce_that_is_wanted_again_is_not_sent_a_third_time() {
    let (world, tab, sign_in) = left(&json!({}));
    world.expect(TOKEN, with_nonce(demand(), "n-1"));
    world.expect(TOKEN, with_nonce(demand(), "n-2"));
    let outcome = tab.handle(&sign_in.callback(&[("code", CODE)]));
    assert_eq!(code_of(outcome), (Code::DpopNonceLoop, Place::Token, 400));
    world.assert_all_used();
}

#[test]
fn a_nonce_that_is_wanted_and_cannot_be_used_is_told() {
    let long = "n".repeat(2049);
    for nonce in [None, Some(""), Some("one, two"), Some(&*long)] {
        let (world, tab, sign_in) = left(&json!({}));
        let answer = demand().map(|answer| HttpResponse {
            dpop_nonce: nonce.map(Into::into),
            ..answer
        });
        world.expect(TOKEN, answer);
        let outcome = tab.handle(&sign_in.callback(&[("code", CODE)]));
        assert_eq!(
            code_of(outcome),
            (Code::DpopNonceInvalid, Place::Token, 400),
            "{nonce:?}"
        );
        world.assert_all_used();
    }
}

#[test]
fn a_refresh_that_goes_round_in_circles_is_left_alone_for_a_while() {
    let (world, tab) = signed_in();
    world.advance(300);
    world.expect(TOKEN, with_nonce(demand(), "n-1"));
    world.expect(TOKEN, with_nonce(demand(), "n-2"));
    assert_eq!(code_of(tab.token()).0, Code::DpopNonceLoop);
    assert_eq!(tab.status(), "stale");
    // and nobody is asked meanwhile
    tab.token().unwrap_err();
    world.advance(PAUSE);
    world.expect(TOKEN, ok(&bound(&json!({ "id_token": ABSENT }))));
    tab.token().unwrap();
}

fn answered(tab: &Tab, grant: &Grant, nonce: Option<&str>) -> Outcome<Option<Grant>> {
    let answer = ApiAnswer {
        status: 401,
        challenge: "DPoP error=\"use_dpop_nonce\"".into(),
        dpop_nonce: nonce.map(Into::into),
        is_redirected: false,
    };
    block_on(tab.client.answered(grant.clone(), answer))
}

fn nonce_in(tab: &Tab, grant: &Grant) -> Value {
    proof_at(tab, grant).claims["nonce"].clone()
}

#[test]
fn an_api_that_wants_a_nonce_gets_it_once() {
    let (_world, tab) = signed_in();
    let grant = tab.grant_for(API).unwrap();
    let again = answered(&tab, &grant, Some("r-1")).unwrap().unwrap();
    assert_eq!(nonce_in(&tab, &again), "r-1");
    assert_eq!(again.token, grant.token);
    assert_eq!(
        code_of(answered(&tab, &again, Some("r-2"))),
        (Code::DpopNonceLoop, Place::None, 401)
    );
    for nonce in [None, Some("two words")] {
        let outcome = answered(&tab, &grant, nonce);
        assert_eq!(code_of(outcome), (Code::DpopNonceInvalid, Place::Dpop, 401));
    }
    // the next call knows better
    assert_eq!(nonce_in(&tab, &tab.grant_for(API).unwrap()), "r-2");
}

#[test]
fn each_server_has_nonces_of_its_own() {
    let apis = json!({ "apiOrigins": ["https://portal.example", "https://api.example", "https://op.example"] });
    let (world, tab) = signed_in_with(&apis);
    let note = |url: &str, nonce| {
        let grant = tab.grant_for(url).unwrap();
        let answer = ApiAnswer {
            status: 200,
            dpop_nonce: Some(str::to_owned(nonce)),
            ..ApiAnswer::default()
        };
        assert_eq!(
            block_on(tab.client.answered(grant, answer))
                .unwrap()
                .map(|_| ()),
            None
        );
    };
    world.advance(300);
    world.expect(
        TOKEN,
        with_nonce(ok(&bound(&json!({ "id_token": ABSENT }))), "of-tokens"),
    );
    tab.token().unwrap();
    note(API, "of-portal");
    for (url, expected) in [
        (API, json!("of-portal")),
        ("https://api.example/x", Value::Null),
        // the provider where it takes tokens is another than where it issues them
        ("https://op.example/api", Value::Null),
    ] {
        assert_eq!(
            nonce_in(&tab, &tab.grant_for(url).unwrap()),
            expected,
            "{url}"
        );
    }
    note("https://api.example/y", "of-api");
    assert_eq!(
        nonce_in(&tab, &tab.grant_for("https://api.example/x").unwrap()),
        "of-api"
    );
    assert_eq!(nonce_in(&tab, &tab.grant_for(API).unwrap()), "of-portal");
    world.take_sent();
    world.expect(TOKEN, ok(&bound(&json!({ "id_token": ABSENT }))));
    tab.token_with(30, true).unwrap();
    assert_eq!(proof_of(&world.take_sent()[0]).claims["nonce"], "of-tokens");
}

#[test]
fn no_more_nonces_are_kept_than_there_are_servers_to_expect() {
    let origins: Vec<_> = (0..17)
        .map(|at| format!("https://api{at}.example"))
        .collect();
    let (_world, tab) = signed_in_with(&json!({ "apiOrigins": origins }));
    for origin in &origins {
        let grant = tab.grant_for(origin).unwrap();
        answered(&tab, &grant, Some("n")).unwrap();
    }
    let kept = |origin: &String| nonce_in(&tab, &tab.grant_for(origin).unwrap()) == "n";
    let kept: Vec<_> = origins.iter().map(kept).collect();
    assert_eq!(kept, [&[false][..], &[true; 16]].concat());
}

#[test]
fn whoever_wants_a_proof_of_a_bearer_token_is_not_asked_again() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    let grant = tab.grant_for(API).unwrap();
    for challenge in [
        "Bearer error=\"use_dpop_nonce\"",
        "DPoP error=\"use_dpop_nonce\"",
    ] {
        assert!(tab.answered(&grant, 401, challenge).unwrap().is_none());
    }
}

#[test]
fn userinfo_with_a_nonce_is_asked_once_more() {
    let (world, tab) = signed_in();
    world.take_sent();
    world.expect(USERINFO, with_nonce(html(401), "u-1"));
    world.expect(USERINFO, ok(&json!({ "sub": "alice" })));
    block_on(tab.client.userinfo()).unwrap();
    let nonces = |sent: Vec<Sent>| -> Vec<_> {
        let nonce = |sent| proof_of(sent).claims["nonce"].clone();
        sent.iter().map(nonce).collect()
    };
    assert_eq!(nonces(world.take_sent()), [Value::Null, json!("u-1")]);
    // whoever refuses for another reason is not asked for ever
    world.expect(USERINFO, with_nonce(html(401), "u-1"));
    assert_eq!(
        code_of(block_on(tab.client.userinfo())).0,
        Code::UserinfoUnauthorized
    );
    world.expect(USERINFO, with_nonce(html(401), "u-2"));
    world.expect(USERINFO, with_nonce(html(401), "u-3"));
    assert_eq!(
        code_of(block_on(tab.client.userinfo())).0,
        Code::UserinfoUnauthorized
    );
}

#[test]
fn whoever_signed_out_meanwhile_does_not_call_again() {
    let (_world, tab) = signed_in();
    let grant = tab.grant_for(API).unwrap();
    tab.logout(&json!({ "localOnly": true })).unwrap();
    assert_eq!(
        code_of(answered(&tab, &grant, Some("r-1"))).0,
        Code::LoginRequired
    );
}

#[test]
fn whom_a_call_was_redirected_to_is_not_heard() {
    let (_world, tab) = signed_in();
    let grant = tab.grant_for(API).unwrap();
    for challenge in [
        "DPoP error=\"use_dpop_nonce\"",
        "DPoP error=\"invalid_token\"",
    ] {
        let answer = ApiAnswer {
            status: 401,
            challenge: challenge.into(),
            dpop_nonce: Some("of-another".into()),
            is_redirected: true,
        };
        assert!(
            block_on(tab.client.answered(grant.clone(), answer))
                .unwrap()
                .is_none()
        );
    }
    assert_eq!(nonce_in(&tab, &tab.grant_for(API).unwrap()), Value::Null);
}

#[test]
fn a_token_that_came_in_the_middle_of_a_call_may_need_another_nonce() {
    let (world, tab) = signed_in();
    let grant = tab.grant_for(API).unwrap();
    let again = answered(&tab, &grant, Some("r-1")).unwrap().unwrap();
    world.expect(
        TOKEN,
        ok(&bound(
            &json!({ "access_token": "fresh", "id_token": ABSENT }),
        )),
    );
    let fresh = tab
        .answered(&again, 401, "DPoP error=\"invalid_token\"")
        .unwrap()
        .unwrap();
    assert_eq!(fresh.token.expose(), "fresh");
    let last = answered(&tab, &fresh, Some("r-2")).unwrap().unwrap();
    assert_eq!(nonce_in(&tab, &last), "r-2");
    assert_eq!(
        code_of(answered(&tab, &last, Some("r-3"))).0,
        Code::DpopNonceLoop
    );
    assert!(
        tab.answered(&last, 401, "DPoP error=\"invalid_token\"")
            .unwrap()
            .is_none()
    );
}

#[test]
fn a_refresh_whose_server_gives_no_nonce_is_tried_again_later() {
    let (world, tab) = signed_in();
    world.advance(300);
    world.expect(TOKEN, demand());
    let failure = tab.token().unwrap_err();
    assert_eq!(failure.error.code(), Code::DpopNonceInvalid);
    assert_eq!(tab.status(), "stale");
    assert_eq!(tab.token().unwrap_err(), failure, "nobody is asked");
}
