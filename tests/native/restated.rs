//! What makes claims acceptable, said once more and in other words, on another reader of JSON. The
//! properties here and the fuzz target `claims` hold the code against it.

use portcullis::{
    codec::{base64url, json::Json},
    jose::alg::sha256,
    time::UnixTime,
};
use serde_json::Value;

use super::parts::{ACCESS_TOKEN, CLIENT, ISSUER, MAX_AGE, NONCE, NOW, TOLERANCE};

/// Whole seconds, `Err` for what is there and no plausible time.
pub struct Times {
    iat: Result<Option<UnixTime>, ()>,
    exp: Result<Option<UnixTime>, ()>,
    nbf: Result<Option<UnixTime>, ()>,
    auth_time: Result<Option<UnixTime>, ()>,
}

impl Times {
    pub fn read(claims: Json<'_>) -> Self {
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
pub fn is_our_id_token(claims: &Value, times: &Times) -> bool {
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
        && now - auth_time.0 <= MAX_AGE + TOLERANCE
}

/// RFC 9068 §4 and RFC 7519 §4.1, said once more.
pub fn is_for_our_api(claims: &Value, times: &Times) -> bool {
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
