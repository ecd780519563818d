//! Claims are accepted exactly if an independent reading of them says so.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use portcullis::{
    codec::{base64url, json::Json},
    jose::{
        alg::{Algs, sha256},
        jws::Jws,
    },
    protocol::{
        id_token::{Expected, Origin, UnverifiedIdToken},
        jwt,
    },
    secret::Secret,
    time::{Seconds, UnixTime},
};
use portcullis_fuzz::{CLIENT, CONFIG, ISSUER, NONCE, NOW, proof};
use serde_json::Value;

const ACCESS_TOKEN: &str = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
const TOLERANCE: i64 = 30;

static API: LazyLock<jwt::Expected> = LazyLock::new(|| jwt::Expected {
    issuer: ISSUER.into(),
    audience: vec![CLIENT.into(), "api".into()],
    typ: None,
    tolerance: Seconds(TOLERANCE),
    now: NOW,
});

fuzz_target!(|payload: &[u8]| {
    let payload_text = base64url::encode(payload);
    let token = ["eyJhbGciOiJFUzI1NiJ9.", &payload_text, ".AA"].concat();

    let secret = Secret::new(token.clone());
    let Ok(id_token) = UnverifiedIdToken::parse(&secret, Algs::ALL) else {
        assert!(token.len() > 256 << 10);
        return;
    };
    let expected = Expected {
        config: &CONFIG,
        origin: Origin::SignIn {
            nonce: NONCE,
            max_age: Some(3600),
            acr_values: None,
        },
        access_token: Ok(sha256(ACCESS_TOKEN.as_bytes()).to_vec()),
        now: NOW,
    };
    let verdict = id_token.verify(&proof(), &expected);
    let jws = Jws::parse(&token, Algs::ALL).expect("the same token");
    let api_verdict = API.verify(&jws, &proof());

    let Ok(json) = Json::parse(payload) else {
        assert!(verdict.is_err() && api_verdict.is_err());
        return;
    };
    // the other reader has no numbers beyond f64
    let Ok(claims) = serde_json::from_slice::<Value>(payload) else {
        return;
    };
    let times = Times::read(json);
    let text = String::from_utf8_lossy(payload);
    assert_eq!(
        verdict.is_ok(),
        is_our_id_token(&claims, &times),
        "{verdict:?} {text}"
    );
    assert_eq!(
        api_verdict.is_ok(),
        is_for_our_api(&claims, &times),
        "{api_verdict:?} {text}"
    );
    for page in [verdict.map(|verified| verified.claims), api_verdict]
        .into_iter()
        .flatten()
    {
        let page: Value = serde_json::from_str(&page).expect("JSON for the page");
        assert_eq!(
            (&page["sub"], &page["iss"]),
            (&claims["sub"], &claims["iss"])
        );
    }
});

/// Whole seconds, `Err` for what is there and no plausible time.
struct Times {
    iat: Result<Option<UnixTime>, ()>,
    exp: Result<Option<UnixTime>, ()>,
    nbf: Result<Option<UnixTime>, ()>,
    auth_time: Result<Option<UnixTime>, ()>,
}

impl Times {
    fn read(claims: Json<'_>) -> Self {
        let time = |name| match claims.get(name) {
            None => Ok(None),
            Some(value) => match value.whole() {
                Some(seconds @ 0..=9_999_999_999) => Ok(Some(UnixTime(seconds))),
                _ => Err(()),
            },
        };
        Self {
            iat: time("iat"),
            exp: time("exp"),
            nbf: time("nbf"),
            auth_time: time("auth_time"),
        }
    }
}

/// OpenID Connect Core §3.1.3.7 with §2, said once more.
fn is_our_id_token(claims: &Value, times: &Times) -> bool {
    let Times {
        iat: Ok(Some(iat)),
        exp: Ok(Some(exp)),
        nbf: Ok(nbf),
        auth_time: Ok(Some(auth_time)),
    } = *times
    else {
        return false;
    };
    let distance = iat.0 - NOW.0;
    // a clock that is wrong by more than the tolerance is ours
    let now = if distance.abs() > TOLERANCE {
        iat.0
    } else {
        NOW.0
    };
    let digest = sha256(ACCESS_TOKEN.as_bytes());
    let absent_or =
        |name: &str, expected: &str| claims.get(name).is_none_or(|value| value == expected);
    claims["iss"] == ISSUER
        && is_only(&claims["aud"], CLIENT)
        && absent_or("azp", CLIENT)
        && is_subject(&claims["sub"])
        && claims["nonce"] == NONCE
        && absent_or("at_hash", &base64url::encode(&digest[..16]))
        && distance.abs() <= 24 * 3600
        && now < exp.0 + TOLERANCE
        && iat.0 < exp.0 + TOLERANCE
        && nbf.is_none_or(|nbf| nbf.0 <= now + TOLERANCE)
        && auth_time.0 <= now + TOLERANCE
        && now - auth_time.0 <= 3600 + TOLERANCE
}

/// RFC 9068 §4 and RFC 7519 §4.1, said once more.
fn is_for_our_api(claims: &Value, times: &Times) -> bool {
    let Times {
        iat: Ok(Some(iat)),
        exp: Ok(Some(exp)),
        nbf: Ok(nbf),
        ..
    } = *times
    else {
        return false;
    };
    let ours = |value: &Value| *value == CLIENT || *value == "api";
    let audience = &claims["aud"];
    let list = audience.as_array().map_or(&[][..], Vec::as_slice);
    claims["iss"] == ISSUER
        && (ours(audience) || (list.iter().any(ours) && list.iter().all(Value::is_string)))
        && claims.get("sub").is_none_or(is_subject)
        && NOW.0 < exp.0 + TOLERANCE
        && iat.0 < exp.0 + TOLERANCE
        && iat.0 <= NOW.0 + TOLERANCE
        && nbf.is_none_or(|nbf| nbf.0 <= NOW.0 + TOLERANCE)
}

fn is_only(audience: &Value, client: &str) -> bool {
    let list = audience.as_array().map_or(&[][..], Vec::as_slice);
    audience == client || (!list.is_empty() && list.iter().all(|one| one == client))
}

fn is_subject(subject: &Value) -> bool {
    subject
        .as_str()
        .is_some_and(|text| (1..=255).contains(&text.len()))
}
