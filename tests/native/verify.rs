//! Tokens verified alone: what comes out, whose cryptography is asked, and what time it is.

use portcullis::{
    error::{Code, Error},
    verify::{KeySource, Verifier},
};
use serde_json::{Value, json};

use super::world::{ISSUER, JWKS, NOW, Page, Signer, World, block_on, ok, patched};

/// RFC 7515 A.2: an algorithm that the platform of these tests does not know.
const RS256_KEYS: &str = r#"{"keys":[{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}]}"#;
const RS256_TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

pub struct Scene {
    pub world: World,
    pub verifier: Verifier<Page>,
}

impl Scene {
    pub fn new() -> Self {
        let world = World::new();
        let verifier = Verifier::new(world.page());
        Self { world, verifier }
    }

    /// A good token of `signer`, some claims changed.
    pub fn token(&self, signer: &Signer, patch: &Value) -> String {
        let now = self.world.now();
        let claims = json!({ "iss": ISSUER, "aud": "api", "iat": now, "exp": now + 90_000 });
        signer.token(&patched(claims, patch))
    }

    pub async fn at(&self, url: &str, token: &str) -> Result<Value, Code> {
        let options = json!({ "algorithms": ["EdDSA"], "issuer": ISSUER, "audience": "api" });
        let verdict = self
            .verifier
            .jwt(token, KeySource::Url(url), options.to_string());
        let verdict = verdict.await.map_err(Error::code)?;
        Ok(serde_json::from_str(&verdict).unwrap())
    }

    /// The verdict on a good token of `signer` with the keys at the provider.
    pub fn verdict(&self, signer: &Signer) -> Result<(), Code> {
        let token = self.token(signer, &json!({}));
        block_on(self.at(JWKS, &token)).map(drop)
    }
}

#[test]
fn header_and_claims_come_out_as_data_a_page_can_hold() {
    let scene = Scene::new();
    let signer = scene.world.signer.clone();
    scene.world.expect(JWKS, ok(&signer.jwks()));
    let patch = json!({ "id": 9_007_199_254_740_993_i64, "__proto__": { "admin": true } });
    let verified = block_on(scene.at(JWKS, &scene.token(&signer, &patch))).unwrap();
    assert_eq!(verified["claims"]["id"], "9007199254740993");
    assert_eq!(verified["claims"]["__proto__"]["admin"], true);
    assert_eq!(verified["header"]["kid"], signer.kid);
}

#[test]
fn a_signature_alone_opens_the_payload() {
    let scene = Scene::new();
    let options = json!({ "algorithms": ["RS256"] }).to_string();
    let jws = scene
        .verifier
        .jws(RS256_TOKEN, KeySource::Set(RS256_KEYS), options);
    let verified = block_on(jws).unwrap();
    assert_eq!(verified.header, r#"{"alg":"RS256"}"#);
    assert!(verified.payload.starts_with(br#"{"iss":"joe","#));
}

#[test]
fn the_platform_is_asked_first_and_the_software_where_it_cannot_tell() {
    let scene = Scene::new();
    let ask = |crypto: &str| {
        let options = json!({ "algorithms": ["RS256"], "crypto": crypto }).to_string();
        let keys = KeySource::Set(RS256_KEYS);
        block_on(scene.verifier.jws(RS256_TOKEN, keys, options))
            .map(drop)
            .map_err(Error::code)
    };
    // the platform of these tests knows Ed25519 alone
    assert_eq!(ask("auto"), Ok(()));
    assert_eq!(ask("software"), Ok(()));
    assert_eq!(ask("web"), Err(Code::Unsupported));
    assert_eq!(ask("magic"), Err(Code::ConfigInvalid));
}

#[test]
fn a_token_that_cannot_be_good_causes_no_request() {
    let scene = Scene::new();
    for (token, expected) in [
        ("x", Code::JwtMalformed),
        (RS256_TOKEN, Code::JwtAlg),
        (
            "eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.e30.AA",
            Code::JwtTyp,
        ),
    ] {
        assert_eq!(block_on(scene.at(JWKS, token)).err(), Some(expected));
    }
}

#[test]
fn the_time_is_the_platforms_unless_one_is_given() {
    let scene = Scene::new();
    let signer = scene.world.signer.clone();
    let keys = signer.jwks().to_string();
    let token = scene.token(&signer, &json!({ "exp": NOW + 100 }));
    let at = |now: Value| {
        let options = json!({
            "algorithms": ["EdDSA"], "issuer": ISSUER, "audience": ["x", "api"], "now": now,
        });
        block_on(
            scene
                .verifier
                .jwt(&token, KeySource::Set(&keys), options.to_string()),
        )
        .map(drop)
        .map_err(Error::code)
    };
    assert_eq!(at(json!(null)), Ok(()));
    assert_eq!(at(json!(NOW + 200)), Err(Code::IdTokenExp));
    assert_eq!(at(json!(1_800_000_100.75)), Ok(()));
    scene.world.advance(200);
    assert_eq!(at(json!(null)), Err(Code::IdTokenExp));
    assert_eq!(at(json!(NOW)), Ok(()));
}
