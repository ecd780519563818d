//! One client, one sign-in of it, and what a provider answers: what readers are handed, here and
//! by the fuzz targets.

use std::sync::LazyLock;

use portcullis::{
    codec::{base64url, json::Json, record::Record},
    config::Config,
    error::Result,
    jose::{
        alg::{Alg, Algs, sha256},
        jwk::PublicKey,
        jws::{Jws, SignatureCheck, SignatureValid},
    },
    protocol::{
        http::HttpResponse,
        id_token::{Expected, Origin, UnverifiedIdToken, VerifiedIdToken},
        jwt,
        transaction::{self, Slot, Start, Transaction},
    },
    secret::Secret,
    time::{Seconds, UnixTime},
};

pub const ISSUER: &str = "https://op.example";
pub const CLIENT: &str = "portal";
pub const REDIRECT: &str = "https://rp.example/callback";
pub const STATE: &str = "3AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
pub const NONCE: &str = "the-nonce-of-alice";
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// The access token that comes with the ID token.
pub const ACCESS_TOKEN: &str = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
/// How far clocks may differ, in seconds.
pub const TOLERANCE: i64 = 30;
/// How long ago the user may have signed in, in seconds.
pub const MAX_AGE: i64 = 3600;
pub const NOW: UnixTime = UnixTime(1_800_000_000);

pub static CONFIG: LazyLock<Config> = LazyLock::new(|| {
    let options = r#"{"issuer":"https://op.example","clientId":"portal","redirectUri":"https://rp.example/callback"}"#;
    Config::parse(options.into(), None).expect("options")
});

/// The key that a JWK describes.
pub fn key_of(jwk: &str) -> PublicKey {
    let jwk = Json::parse(jwk.as_bytes()).expect("JSON");
    PublicKey::from_jwk(jwk).expect("a key")
}

/// The leave to read a payload. What signatures are worth is not what these targets try.
pub fn proof() -> SignatureValid {
    // RFC 8037 A.2
    let key = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    let check = SignatureCheck {
        alg: Alg::Ed25519,
        key: &key_of(key),
        signing_input: &[],
        signature: &[],
    };
    check.answered(true).expect("a yes")
}

/// What becomes of a payload that an ID token of this sign-in carries.
pub fn as_id_token(payload: &[u8]) -> Result<VerifiedIdToken> {
    let token = Secret::new(token_with(payload));
    let expected = Expected {
        config: &CONFIG,
        origin: Origin::SignIn {
            nonce: NONCE,
            max_age: Some(MAX_AGE),
            acr_values: None,
        },
        access_token: Ok(sha256(ACCESS_TOKEN.as_bytes()).to_vec()),
        now: NOW,
    };
    UnverifiedIdToken::parse(&token, Algs::ALL)?.verify(&proof(), &expected)
}

/// What becomes of a payload that an access token for our API carries.
pub fn as_access_token(payload: &[u8]) -> Result<String> {
    let expected = jwt::Expected {
        issuer: ISSUER.into(),
        audience: vec![CLIENT.into(), "api".into()],
        typ: None,
        tolerance: Seconds(TOLERANCE),
        now: NOW,
    };
    expected.verify(&Jws::parse(&token_with(payload), Algs::ALL)?, &proof())
}

fn token_with(payload: &[u8]) -> String {
    let payload = base64url::encode(payload);
    ["eyJhbGciOiJFUzI1NiJ9.", &payload, ".AA"].concat()
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
        in_window: false,
        signed: false,
        started_at: NOW,
        max_age: None,
        acr_values: None,
        subject: None,
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
        dpop_nonce: None,
        body: Some(body.into()),
    }
}
