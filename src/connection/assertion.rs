//! Assertions that we sign ourselves: the client's own (RFC 7523 §3), and a grant's (RFC 7523 §2.1).
//! The platform signs; here is what.

use alloc::string::String;

use serde_json::{Map, Value};

use super::{
    definition::{ClientAuth, Definition},
    fault::{Fault, Result},
    grant::Grant,
    template::Place,
    values::Values,
};
use crate::codec::base64url;

/// How long an assertion is good for, in seconds.
const LIFETIME: i64 = 60;

/// Which assertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assertion {
    /// Proves who the client is.
    Client,
    /// Is exchanged for a token.
    Grant,
}

impl Assertion {
    /// The name of the value.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client_assertion",
            Self::Grant => "assertion",
        }
    }

    /// The name of the secret that it is signed with.
    #[must_use]
    pub fn key(self, definition: &Definition) -> &'static str {
        match self {
            Self::Client if definition.client_auth == ClientAuth::SecretJwt => "client_secret",
            _ => "private_key",
        }
    }

    /// The algorithm that it is signed with.
    #[must_use]
    pub fn alg(self, definition: &Definition) -> &'static str {
        let alg = definition.signing.alg;
        if self == Self::Grant && alg == "HS256" {
            "RS256"
        } else {
            alg
        }
    }
}

/// Whether the client's own is needed.
#[must_use]
pub const fn proves_client(definition: &Definition) -> bool {
    matches!(
        definition.client_auth,
        ClientAuth::SecretJwt | ClientAuth::PrivateKeyJwt
    )
}

/// Whether a grant's is needed, since nobody handed one over.
#[must_use]
pub fn is_granted(definition: &Definition, values: &Values) -> bool {
    definition.grant == Grant::JwtBearer && !values.has("assertion")
}

/// What is to be signed: header and claims. `values` are those of one request; `now` is Unix time.
///
/// # Errors
/// `config_invalid`, naming what is missing.
pub fn signing_input(
    which: Assertion,
    definition: &Definition,
    values: &Values,
    now: i64,
) -> Result<String> {
    let client_id = values.get("client_id")?;
    let write = |template: &super::template::Template, field: &'static str| {
        template.write(values, Place::Field, field)
    };
    let audience = write(&definition.signing.audience, "assertionAudience")?;
    let subject = match which {
        Assertion::Client => String::from(client_id.real()),
        Assertion::Grant => {
            let subject = write(&definition.signing.subject, "assertionSubject")?;
            subject.real.expose().into()
        }
    };
    let jti = values.get("guid")?;

    let mut header = Map::new();
    header.insert("alg".into(), which.alg(definition).into());
    header.insert("typ".into(), "JWT".into());
    if let Some(key_id) = &definition.signing.key_id {
        header.insert("kid".into(), (&**key_id).into());
    }
    let mut claims = Map::new();
    claims.insert("iss".into(), client_id.real().into());
    claims.insert("sub".into(), subject.into());
    claims.insert("aud".into(), audience.real.expose().into());
    claims.insert("jti".into(), jti.real().into());
    claims.insert("iat".into(), now.into());
    claims.insert("exp".into(), now.saturating_add(LIFETIME).into());
    let segment = |members| {
        let json = serde_json::to_vec(&Value::Object(members));
        json.map(|json| base64url::encode(&json))
            .map_err(|_| Fault::config("clientId"))
    };
    Ok([&*segment(header)?, ".", &*segment(claims)?].concat())
}

#[cfg(test)]
mod tests {
    use super::{Assertion, signing_input};
    use crate::{
        codec::base64url,
        connection::{moment::Moment, parse::parse, request::values_of, values::ENTROPY},
    };
    use serde_json::{Value, json};

    /// The claims of RFC 7523 §4, with the times that it leaves to the client.
    #[test]
    fn an_assertion_says_who_for_whom_and_until_when() {
        let definition = parse(&json!({
            "id": "c", "type": "two-legged", "grant": "jwt_bearer", "clientAuth": "private_key_jwt",
            "clientId": "https://jwt-idp.example.com", "assertionSubject": "mailto:mike@example.com",
            "assertionAudience": "https://jwt-rp.example.net", "signingAlg": "ES256", "signingKeyId": "16",
            "tokenUrl": "https://authz.example.net/token.oauth2",
        })).unwrap();
        let moment = Moment {
            millis: 1_300_819_320_000,
            offset: 0,
        };
        let values = values_of(&definition).for_request(&[7; ENTROPY], moment);
        for (which, subject) in [
            (Assertion::Grant, "mailto:mike@example.com"),
            (Assertion::Client, "https://jwt-idp.example.com"),
        ] {
            let input = signing_input(which, &definition, &values, moment.unix()).unwrap();
            let (header, claims) = input.split_once('.').unwrap();
            let json = |segment: &str| -> Value {
                serde_json::from_slice(&base64url::decode(segment).unwrap()).unwrap()
            };
            assert_eq!(
                json(header),
                json!({"alg": "ES256", "kid": "16", "typ": "JWT"})
            );
            assert_eq!(
                json(claims),
                json!({
                    "iss": "https://jwt-idp.example.com", "sub": subject, "aud": "https://jwt-rp.example.net",
                    "jti": "07070707-0707-4707-8707-070707070707", "iat": 1_300_819_320, "exp": 1_300_819_380,
                })
            );
        }
    }
}
