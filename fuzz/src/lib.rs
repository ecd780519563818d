//! What the targets share: one client, one sign-in of it, keys that the standards print, and the
//! oracle for JSON.

use std::sync::LazyLock;

use portcullis::{
    codec::{json::Json, record::Record},
    config::Config,
    jose::{
        alg::Alg,
        jwk::PublicKey,
        jws::{SignatureCheck, SignatureValid},
    },
    protocol::{
        http::HttpResponse,
        transaction::{self, Slot, Start, Transaction},
    },
    time::UnixTime,
};

pub mod json;
#[allow(dead_code)]
#[path = "../../src/jose/vectors.rs"]
mod vectors;

pub const ISSUER: &str = "https://op.example";
pub const CLIENT: &str = "portal";
pub const REDIRECT: &str = "https://rp.example/callback";
pub const STATE: &str = "3AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
pub const NONCE: &str = "the-nonce-of-alice";
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const NOW: UnixTime = UnixTime(1_800_000_000);

pub static CONFIG: LazyLock<Config> = LazyLock::new(|| {
    let options = r#"{"issuer":"https://op.example","clientId":"portal","redirectUri":"https://rp.example/callback"}"#;
    Config::parse(options.into(), None).expect("options")
});

/// Tokens that the standards print, and the keys of those that signed them.
pub static SIGNED: LazyLock<[(&str, PublicKey); 7]> = LazyLock::new(|| {
    [
        (vectors::RS256_TOKEN, vectors::RS256_KEY),
        (vectors::ES256_TOKEN, vectors::ES256_KEY),
        (vectors::ES512_TOKEN, vectors::ES512_KEY),
        (vectors::EDDSA_TOKEN, vectors::EDDSA_KEY),
        (vectors::COOKBOOK_RS256_TOKEN, vectors::COOKBOOK_RSA_KEY),
        (vectors::COOKBOOK_PS384_TOKEN, vectors::COOKBOOK_RSA_KEY),
        (vectors::COOKBOOK_ES512_TOKEN, vectors::COOKBOOK_EC_KEY),
    ]
    .map(|(token, jwk)| (token, key(jwk)))
});

fn key(jwk: &str) -> PublicKey {
    let jwk = Json::parse(jwk.as_bytes()).expect("JSON");
    PublicKey::from_jwk(jwk).expect("a key")
}

/// The leave to read a payload. What signatures are worth is not what these targets try.
pub fn proof() -> SignatureValid {
    let check = SignatureCheck {
        alg: Alg::Es256,
        key: &SIGNED[1].1,
        signing_input: &[],
        signature: &[],
    };
    check.answered(true).expect("a yes")
}

/// A sign-in that waits for its callback.
pub fn pending() -> Transaction {
    let record = Start {
        state: STATE,
        nonce: NONCE,
        code_verifier: VERIFIER,
        redirect_uri: REDIRECT,
        token_endpoint: "https://op.example/token",
        iss_required: false,
        is_popup: false,
        started_at: NOW,
        max_age: None,
        acr_values: None,
        scope: "openid",
        return_to: "/",
        app_state: "null",
    };
    let record = Record::read(record.to_record()).expect("a record");
    match transaction::read(record, STATE) {
        Some(Slot::Pending(transaction)) => transaction,
        other => panic!("no sign-in: {other:?}"),
    }
}

/// An answer of a provider.
pub fn answer(status: u16, body: &[u8]) -> HttpResponse {
    HttpResponse {
        status,
        content_type: "application/json".into(),
        retry_after: 0,
        body: Some(body.into()),
    }
}
