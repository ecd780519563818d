//! Tokens bound to a key of the browser's (RFC 9449): which requests prove that we hold it, and what the
//! proofs say.

use portcullis::error::{Code, Place};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{proofs::*, world::*};

#[test]
fn a_code_is_bound_and_redeemed_with_one_key() {
    let (world, tab, sign_in) = left(&json!({}));
    world.expect(TOKEN, answer_to(&world, &sign_in));
    tab.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
    let [sent] = &world.take_sent()[..] else {
        panic!("one request")
    };
    let proof = proof_of(sent);
    assert_eq!(sign_in.param("dpop_jkt"), Some(proof.jkt));
    let jti = proof.claims["jti"].as_str().unwrap();
    assert_eq!(
        proof.claims,
        json!({ "jti": jti, "htm": "POST", "htu": TOKEN, "iat": NOW })
    );
    assert_eq!(jti.len(), 43);
    assert!(sent.request.bearer.is_none());
    assert_eq!(tab.status(), "signed-in");
}

#[test]
fn nobody_who_did_not_ask_for_it_sends_a_proof() {
    let world = World::new();
    let tab = world.tab();
    world.expect_discovery();
    let sign_in = tab.leave(&json!({}));
    assert_eq!(sign_in.param("dpop_jkt"), None);
    let tab = tab.arrive(&sign_in.callback(&[("code", CODE)]));
    world.expect_tokens(&sign_in, &json!({}));
    tab.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
    world.expect(USERINFO, ok(&json!({ "sub": "alice" })));
    block_on(tab.client.userinfo()).unwrap();
    assert!(
        world
            .take_sent()
            .iter()
            .all(|sent| sent.request.proof.is_none())
    );
    let grant = tab.grant_for(API).unwrap();
    assert!(!grant.is_bound && tab.proof_for(&grant).unwrap().is_none());
    assert_eq!(tab.page.loads.get(), 0, "nor loads what it takes");
    assert!(world.inner().proof_keys.borrow().is_empty());
}

#[test]
fn every_request_has_a_proof_of_its_own_with_the_same_key() {
    let (world, tab) = signed_in();
    world.expect(USERINFO, ok(&json!({ "sub": "alice" })));
    block_on(tab.client.userinfo()).unwrap();
    world.advance(300);
    world.expect(
        TOKEN,
        ok(&bound(
            &json!({ "access_token": "fresh", "id_token": ABSENT }),
        )),
    );
    assert_eq!(tab.token().unwrap(), "fresh");
    // a reload changes nothing, since the key is the origin's
    let tab = tab.reload();
    world.expect(USERINFO, ok(&json!({ "sub": "alice" })));
    block_on(tab.client.userinfo()).unwrap();
    let sent = world.take_sent();
    let proofs: Vec<_> = sent.iter().map(proof_of).collect();
    assert!(proofs.iter().all(|proof| proof.jkt == proofs[0].jkt));
    for (at, proof) in proofs.iter().enumerate() {
        let is_again = |other: &Read| other.claims["jti"] == proof.claims["jti"];
        assert!(!proofs[..at].iter().any(is_again), "a jti came twice");
    }
    let ath = |token: &str| json!(encode(Sha256::digest(token)));
    let of = |name: &str| -> Vec<_> {
        proofs
            .iter()
            .map(|proof| proof.claims[name].clone())
            .collect()
    };
    assert_eq!(of("htm"), ["POST", "GET", "POST", "GET"]);
    assert_eq!(of("htu"), [TOKEN, USERINFO, TOKEN, USERINFO]);
    assert_eq!(
        of("ath"),
        [Value::Null, ath(ACCESS_TOKEN), Value::Null, ath("fresh")]
    );
    assert_eq!(of("iat"), [NOW, NOW, NOW + 300, NOW + 300]);
}

#[test]
fn proofs_tell_the_time_by_the_providers_clock() {
    let (world, tab, sign_in) = left(&json!({}));
    let theirs = world.now() + 7200;
    let times = json!({ "iat": theirs, "exp": theirs + 300, "auth_time": theirs });
    let id_token = world.id_token(&sign_in.nonce, &times);
    world.expect(TOKEN, ok(&bound(&json!({ "id_token": id_token }))));
    tab.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
    let proof = proof_at(&tab, &tab.grant_for(API).unwrap());
    assert_eq!(proof.claims["iat"], theirs);
}

#[test]
fn a_call_to_an_api_proves_its_method_its_url_and_its_token() {
    let (_world, tab) = signed_in();
    let url = format!("{API}/accounts?page=2#top");
    let grant = block_on(tab.client.token_for("DELETE".into(), url)).unwrap();
    let claims = proof_at(&tab, &grant).claims;
    assert_eq!(claims["htm"], "DELETE");
    assert_eq!(claims["htu"], format!("{API}/accounts"));
    assert_eq!(claims["ath"], encode(Sha256::digest(ACCESS_TOKEN)));
    assert_eq!(claims.get("nonce"), None);
}

/// Somebody who signed in before the portal set the option.
fn signed_in_before() -> (World, Tab) {
    let world = World::new();
    let page = world.signed_in(&world.tab(), false).page.clone();
    let tab = Tab::load(page, patched(options(), &json!({ "dpop": true })));
    (world, tab)
}

#[test]
fn a_token_of_before_is_a_bearer_token_until_it_is_refreshed() {
    let (world, tab) = signed_in_before();
    assert!(!tab.grant_for(API).unwrap().is_bound);
    assert!(world.inner().proof_keys.borrow().is_empty());
    world.advance(300);
    world.expect(TOKEN, ok(&bound(&json!({ "id_token": ABSENT }))));
    tab.token().unwrap();
    proof_of(&world.take_sent()[0]);
    assert!(tab.grant_for(API).unwrap().is_bound);
}

#[test]
fn a_bound_token_stays_so_where_the_option_is_gone() {
    let (world, tab) = signed_in();
    world.take_sent();
    let tab = Tab::load(tab.page.clone(), options());
    assert!(tab.grant_for(API).unwrap().is_bound);
    world.advance(300);
    world.expect(TOKEN, ok(&bound(&json!({ "id_token": ABSENT }))));
    tab.token().unwrap();
    proof_of(&world.take_sent()[0]);
    assert!(tab.grant_for(API).unwrap().is_bound);
    // until the next sign-in
    let sign_in = tab.leave(&json!({}));
    assert_eq!(sign_in.param("dpop_jkt"), None);
    let tab = tab.arrive(&sign_in.callback(&[("code", CODE)]));
    world.expect_tokens(&sign_in, &json!({}));
    tab.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
    assert!(!tab.grant_for(API).unwrap().is_bound);
}

#[test]
fn a_token_that_is_not_bound_is_not_taken() {
    for (token_type, code) in [
        ("Bearer", Code::DpopDowngrade),
        ("bearer", Code::DpopDowngrade),
        ("mac", Code::TokenTypeUnsupported),
    ] {
        let (world, tab, sign_in) = left(&json!({}));
        let id_token = world.id_token(&sign_in.nonce, &json!({}));
        let tokens = bound(&json!({ "id_token": id_token, "token_type": token_type }));
        world.expect(TOKEN, ok(&tokens));
        let outcome = tab.handle(&sign_in.callback(&[("code", CODE)]));
        assert_eq!(code_of(outcome).0, code, "{token_type}");
        assert_eq!(tab.status(), "signed-out");
    }
    for token_type in ["DPoP", "dpop", "dPoP"] {
        let (world, tab, sign_in) = left(&json!({}));
        let id_token = world.id_token(&sign_in.nonce, &json!({}));
        let tokens = bound(&json!({ "id_token": id_token, "token_type": token_type }));
        world.expect(TOKEN, ok(&tokens));
        tab.handle(&sign_in.callback(&[("code", CODE)]))
            .expect(token_type);
    }
}

#[test]
fn a_refresh_that_loses_the_binding_is_discarded() {
    let (world, tab) = signed_in();
    world.advance(300);
    let before = Untouched::of(&tab, &[]);
    world.expect(
        TOKEN,
        ok(&bound(
            &json!({ "token_type": "Bearer", "id_token": ABSENT }),
        )),
    );
    assert_eq!(code_of(tab.token()).0, Code::DpopDowngrade);
    assert_eq!(Untouched::of(&tab, &["outage"]), before.but_stale());
}

#[test]
fn a_provider_that_takes_no_such_proof_is_not_gone_to() {
    let world = World::new();
    let algorithms = json!({ "dpop_signing_alg_values_supported": ["RS256", "EdDSA"] });
    world.expect_discovery_with(&algorithms);
    let tab = world.tab_with(&json!({ "dpop": true }));
    let failure = login_fails(
        "no ES256",
        &tab,
        &json!({}),
        &[".metadata", ".jwks"],
        Code::Unsupported,
    );
    assert_eq!(failure.error.place(), Place::DpopAlgorithms);
}

#[test]
fn a_lost_key_is_told_and_the_next_sign_in_brings_another() {
    let (world, tab) = signed_in();
    let before = proof_of(&world.take_sent()[0]).jkt;
    tab.page.lose_keys();
    let session = tab.page.record("session");
    let grant = tab.grant_for(API).unwrap();
    assert_eq!(code_of(tab.proof_for(&grant)).0, Code::DpopKeyLost);
    assert_eq!(
        code_of(block_on(tab.client.userinfo())).0,
        Code::DpopKeyLost
    );
    assert_eq!(code_of(tab.token_with(30, true)).0, Code::DpopKeyLost);
    assert!(world.take_sent().is_empty(), "nobody is asked");
    assert_eq!(tab.page.record("session"), session);
    assert_eq!(
        tab.status(),
        "signed-in",
        "that there is a session is still true"
    );
    let sign_in = tab.leave(&json!({}));
    assert_ne!(sign_in.param("dpop_jkt"), Some(before));
    let tab = tab.arrive(&sign_in.callback(&[("code", CODE)]));
    world.expect(TOKEN, answer_to(&world, &sign_in));
    tab.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
    assert!(tab.grant_for(API).unwrap().is_bound);
}

#[test]
fn a_code_that_was_bound_to_a_lost_key_is_not_redeemed_with_another() {
    let (world, tab, sign_in) = left(&json!({}));
    tab.page.lose_keys();
    let outcome = tab.handle(&sign_in.callback(&[("code", CODE)]));
    assert_eq!(code_of(outcome).0, Code::DpopKeyLost);
    assert!(world.take_sent().is_empty());
    assert!(world.inner().proof_keys.borrow().is_empty());
}

#[test]
fn where_no_key_can_be_kept_nobody_leaves() {
    for (keys, code) in [
        (Keys::Missing, Code::Unsupported),
        (Keys::Blocked, Code::StorageUnavailable),
    ] {
        let world = World::new();
        world.expect_discovery();
        let tab = world.tab_with(&json!({ "dpop": true }));
        tab.page.keys_are.set(keys);
        login_fails("no key", &tab, &json!({}), &[".metadata", ".jwks"], code);
    }
}

#[test]
fn a_sign_in_waits_for_the_rest_of_the_module_before_anything_is_used_up() {
    let (world, tab, sign_in) = left(&json!({}));
    tab.page.is_cut_off.set(true);
    let failure = tab
        .handle(&sign_in.callback(&[("code", CODE)]))
        .unwrap_err();
    assert_eq!(failure.error.code(), Code::Network);
    assert!(failure.error.is_retryable());
    login_fails("cut off", &tab, &json!({}), &[], Code::Network);
    tab.page.is_cut_off.set(false);
    world.expect(TOKEN, answer_to(&world, &sign_in));
    tab.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
    // what is done already needs none of it
    tab.page.is_cut_off.set(true);
    let replayed = tab.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
    assert_eq!(replayed["replayed"], true);
}

#[test]
fn an_api_may_refuse_a_bound_token_like_any_other() {
    let (world, tab) = signed_in();
    let grant = tab.grant_for(API).unwrap();
    for challenge in [
        "DPoP error=\"invalid_token\"",
        "Bearer error=\"invalid_token\"",
    ] {
        world.expect(
            TOKEN,
            ok(&bound(
                &json!({ "access_token": challenge.len().to_string(), "id_token": ABSENT }),
            )),
        );
        let current = tab.grant_for(API).unwrap();
        let again = tab.answered(&current, 401, challenge).unwrap().unwrap();
        let claims = proof_at(&tab, &again).claims;
        assert_eq!(claims["ath"], encode(Sha256::digest(again.token.expose())));
        assert_ne!(again.token, grant.token);
    }
    let stronger = "DPoP error=\"insufficient_user_authentication\", acr_values=\"mfa\"";
    assert_eq!(
        code_of(tab.answered(&grant, 401, stronger)).0,
        Code::StepUpRequired
    );
    // a demand in an answer that is no refusal is none
    assert!(
        tab.answered(&grant, 200, "DPoP error=\"use_dpop_nonce\"")
            .unwrap()
            .is_none()
    );
}

#[test]
fn a_refresh_whose_proof_is_of_another_key_needs_a_sign_in() {
    let (world, tab) = signed_in();
    // lost, and made anew by a sign-in of another tab
    tab.page.lose_keys();
    world.tab_with(&json!({ "dpop": true })).leave(&json!({}));
    world.advance(300);
    world.expect(TOKEN, json(400, &json!({ "error": "invalid_dpop_proof" })));
    assert_eq!(
        code_of(tab.token()),
        (Code::LoginRequired, Place::Refresh, 400)
    );
}

#[test]
fn why_there_is_no_key_is_told_by_its_place() {
    let (world, tab) = signed_in();
    tab.page.keys_are.set(Keys::Missing);
    world.advance(300);
    let failure = tab.token().unwrap_err();
    assert_eq!(
        code_of::<()>(Err(failure.clone())),
        (Code::Unsupported, Place::Dpop, 0)
    );
    assert!(failure.remedy().contains("https"));
    // and where there is none, by that of the request
    tab.page.keys_are.set(Keys::Blocked);
    world.advance(PAUSE);
    assert_eq!(
        code_of(tab.token()),
        (Code::StorageUnavailable, Place::Refresh, 0)
    );
}

#[test]
fn a_sign_in_that_is_used_up_while_the_module_is_loaded_is_not_redeemed() {
    let (world, tab, sign_in) = left(&json!({}));
    // in a store that is looked at now and then
    tab.page.mirror.replace(Some(world.shared().clone()));
    let (inner, record) = (world.inner(), sign_in.record.clone());
    let elsewhere = move || drop(inner.shared.borrow_mut().remove(&record));
    tab.page.meanwhile.replace(Some(Box::new(elsewhere)));
    let outcome = tab.handle(&sign_in.callback(&[("code", CODE)]));
    assert_eq!(code_of(outcome).0, Code::CallbackStateUnknown);
    assert!(world.take_sent().is_empty());
}

#[test]
fn a_call_goes_on_with_a_bound_token_where_it_began_with_another() {
    let (world, tab) = signed_in_before();
    let grant = tab.grant_for(API).unwrap();
    world.expect(
        TOKEN,
        ok(&bound(
            &json!({ "access_token": "fresh", "id_token": ABSENT }),
        )),
    );
    let again = tab
        .answered(&grant, 401, "Bearer error=\"invalid_token\"")
        .unwrap()
        .unwrap();
    assert_eq!(
        proof_at(&tab, &again).claims["ath"],
        encode(Sha256::digest("fresh"))
    );
}
