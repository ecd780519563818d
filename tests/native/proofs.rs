//! Portals whose tokens are bound (RFC 9449), and what their proofs say.

use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier};
use portcullis::{
    client::{Grant, Outcome},
    codec::base64url,
    error::{Code, Place, Result},
    protocol::http::HttpResponse,
    secret::Secret,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::world::*;

/// What a proof says, once its signature was held against the key in its header.
pub struct Read {
    pub claims: Value,
    /// The thumbprint of the key (RFC 7638).
    pub jkt: String,
}

pub fn read(proof: &Secret) -> Read {
    let (input, signature) = proof.expose().rsplit_once('.').expect("a JWS");
    let part = |text: &str| base64url::decode(text).expect("base64url");
    let parts: Vec<Value> = input
        .split('.')
        .map(|text| serde_json::from_slice(&part(text)).expect("JSON"))
        .collect();
    let jwk = &parts[0]["jwk"];
    let [x, y] = ["x", "y"].map(|name| jwk[name].as_str().expect("a coordinate"));
    let members = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y });
    assert_eq!(*jwk, members, "nothing private, nothing else");
    assert_eq!(
        (&parts[0]["typ"], &parts[0]["alg"]),
        (&json!("dpop+jwt"), &json!("ES256"))
    );
    let point = [&[4], &part(x)[..], &part(y)].concat();
    let key = VerifyingKey::from_sec1_bytes(&point).expect("a point of the curve");
    let signature = Signature::from_slice(&part(signature)).expect("64 bytes");
    key.verify(input.as_bytes(), &signature)
        .expect("a good signature");
    // RFC 7638 §3.2: the members in their order
    let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
    Read {
        claims: parts[1].clone(),
        jkt: encode(Sha256::digest(canonical)),
    }
}

pub fn proof_of(sent: &Sent) -> Read {
    read(sent.request.proof.as_ref().expect("a proof"))
}

/// What a call is made with.
pub fn proof_at(tab: &Tab, grant: &Grant) -> Read {
    read(&tab.proof_for(grant).unwrap().expect("a proof"))
}

pub fn bound(patch: &Value) -> Value {
    patched(patched(tokens(""), &json!({ "token_type": "DPoP" })), patch)
}

pub fn with_nonce(answer: Result<HttpResponse>, nonce: &str) -> Result<HttpResponse> {
    answer.map(|answer| HttpResponse {
        dpop_nonce: Some(nonce.into()),
        ..answer
    })
}

/// The token endpoint wants a nonce (RFC 9449 §8).
pub fn demand() -> Result<HttpResponse> {
    json(400, &json!({ "error": "use_dpop_nonce" }))
}

/// A portal whose page was left for a sign-in.
pub fn left(options: &Value) -> (World, Tab, SignIn) {
    let world = World::new();
    world.expect_discovery();
    let tab = world.tab_with(&patched(json!({ "dpop": true }), options));
    let sign_in = tab.leave(&json!({}));
    let tab = tab.arrive(&sign_in.callback(&[("code", CODE)]));
    world.take_sent();
    (world, tab, sign_in)
}

pub fn answer_to(world: &World, sign_in: &SignIn) -> Result<HttpResponse> {
    ok(&bound(
        &json!({ "id_token": world.id_token(&sign_in.nonce, &json!({})) }),
    ))
}

pub fn signed_in() -> (World, Tab) {
    signed_in_with(&json!({}))
}

pub fn signed_in_with(options: &Value) -> (World, Tab) {
    let (world, tab, sign_in) = left(options);
    world.expect(TOKEN, answer_to(&world, &sign_in));
    tab.handle(&sign_in.callback(&[("code", CODE)]))
        .expect("the sign-in succeeds");
    tab.page.take_events();
    (world, tab)
}

pub fn code_of<T>(outcome: Outcome<T>) -> (Code, Place, u16) {
    let error = outcome.err().expect("a failure").error;
    (error.code(), error.place(), error.status())
}
