//! Proofs of possession (RFC 9449): what says, request by request, that we hold the key that tokens
//! are bound to. The key is the platform's, ES256, and never leaves it.

use alloc::string::String;

use super::http::{HttpRequest, HttpResponse};
use crate::{
    codec::{
        ascii::before,
        base64url,
        json::{Json, ObjectWriter},
    },
    error::{Code, Place, Result},
    jose::alg::sha256,
    secret::Secret,
    time::UnixTime,
};

/// The longest nonce that is used, in bytes: some servers put a token into it.
const NONCE_LIMIT: usize = 2048;
/// How an algorithm of proofs is called in metadata and headers.
pub const ALG: &str = "ES256";

/// The public half of a key, without anything else: the members that its thumbprint is made of, in their order
/// (RFC 7638 §3.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(String);

impl PublicKey {
    /// Reads a JWK, of which nothing but the point is taken; `None` if it has none.
    #[must_use]
    pub fn read(jwk: &str) -> Option<Self> {
        let jwk = Json::parse(jwk.as_bytes()).ok()?;
        let mut key = ObjectWriter::new();
        key.text("crv", "P-256").text("kty", "EC");
        for coordinate in ["x", "y"] {
            key.text(coordinate, &jwk.get(coordinate)?.text()?);
        }
        Some(Self(key.finish()))
    }

    /// What the authorization request names the key by (§10).
    #[must_use]
    pub fn thumbprint(&self) -> String {
        base64url::encode(&sha256(self.0.as_bytes()))
    }
}

/// What one proof is for.
#[derive(Debug)]
pub struct Target<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// The URL, of which query and fragment are left out.
    pub url: &'a str,
    /// The access token that goes with it.
    pub access_token: Option<&'a Secret>,
    /// What the server gave last for such a request.
    pub nonce: Option<&'a str>,
}

impl<'a> Target<'a> {
    /// Of a request to the provider.
    #[must_use]
    pub fn of(request: &'a HttpRequest, nonce: Option<&'a str>) -> Self {
        Self {
            method: if request.form.is_some() {
                "POST"
            } else {
                "GET"
            },
            url: &request.url,
            access_token: request.bearer.as_ref(),
            nonce,
        }
    }

    /// What is to be signed (§4.2). `jti` is drawn for this proof alone; it is `now` by the server's clock.
    #[must_use]
    pub fn signing_input(&self, key: &PublicKey, jti: &[u8], now: UnixTime) -> String {
        let mut header = ObjectWriter::new();
        header
            .text("typ", "dpop+jwt")
            .text("alg", ALG)
            .raw("jwk", &key.0);
        let mut claims = ObjectWriter::new();
        claims
            .text("jti", &base64url::encode(jti))
            .text("htm", self.method)
            .text("htu", before(before(self.url, b'#'), b'?'))
            .whole("iat", now.0);
        if let Some(token) = self.access_token {
            let hash = sha256(token.expose().as_bytes());
            claims.text("ath", &base64url::encode(&hash));
        }
        if let Some(nonce) = self.nonce {
            claims.text("nonce", nonce);
        }
        let mut input = base64url::encode(header.finish().as_bytes());
        input.push('.');
        input.push_str(&base64url::encode(claims.finish().as_bytes()));
        input
    }
}

/// Whether the authorization server wants a proof with its nonce (§8).
#[must_use]
pub fn demands_nonce(response: &HttpResponse) -> bool {
    let body = response.object(Code::TokenHttp, Code::TokenHttp).ok();
    let error = body.and_then(|body| body.get("error"));
    (400..500).contains(&response.status)
        && error.is_some_and(|error| error.is_text("use_dpop_nonce"))
}

/// The nonce in a header.
///
/// # Errors
/// `dpop_nonce_invalid` if there is none, more than one, or one that is too long.
pub fn nonce(header: Option<&str>) -> Result<&str> {
    // §8.1: NQCHAR, which has no space; several headers are read as one, with a comma and a space between
    let is_nonce = |text: &&str| {
        (1..=NONCE_LIMIT).contains(&text.len())
            && text
                .bytes()
                .all(|b| matches!(b, b'!' | b'#'..=b'[' | b']'..=b'~'))
    };
    let nonce = header.filter(is_nonce);
    nonce.ok_or(Code::DpopNonceInvalid.at(Place::Dpop))
}

#[cfg(test)]
mod tests {
    use super::{HttpRequest, PublicKey, Target, nonce};
    use crate::{
        codec::{base64url, form::Form},
        error::Code,
        secret::Secret,
        time::UnixTime,
    };
    use serde_json::{Value, json};
    use std::{string::String, vec::Vec};

    /// The key of the examples in RFC 9449, with what must not get out of it.
    const KEY: &str = r#"{"kty":"EC","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
        "y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA","crv":"P-256","d":"private","ext":true}"#;

    fn parts(input: &str) -> Vec<Value> {
        let parts = input
            .split('.')
            .map(|part| base64url::decode(part).unwrap());
        parts
            .map(|part| serde_json::from_slice(&part).unwrap())
            .collect()
    }

    #[test]
    fn the_thumbprint_is_that_of_the_specification() {
        // RFC 9449 §6.1
        let thumbprint = PublicKey::read(KEY).unwrap().thumbprint();
        assert_eq!(thumbprint, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    }

    #[test]
    fn what_is_no_key_is_none() {
        for jwk in ["", "{}", r#"{"x":"a"}"#, r#"{"x":"a","y":1}"#] {
            assert_eq!(PublicKey::read(jwk), None, "{jwk}");
        }
    }

    #[test]
    fn a_proof_for_the_token_endpoint_is_that_of_the_specification() {
        // RFC 9449 §4.2, its second and third figure
        let request = HttpRequest::post("https://server.example.com/token".into(), Form::new());
        let key = PublicKey::read(KEY).unwrap();
        let jti = base64url::decode("-BwC3ESc6acc2lTc").unwrap();
        let input = Target::of(&request, None).signing_input(&key, &jti, UnixTime(1_562_262_616));
        let parts = parts(&input);
        assert_eq!(
            parts[0],
            json!({
                "typ": "dpop+jwt",
                "alg": "ES256",
                "jwk": {
                    "kty": "EC",
                    "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
                    "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
                    "crv": "P-256",
                },
            })
        );
        assert_eq!(
            parts[1],
            json!({
                "jti": "-BwC3ESc6acc2lTc",
                "htm": "POST",
                "htu": "https://server.example.com/token",
                "iat": 1_562_262_616,
            })
        );
    }

    #[test]
    fn a_proof_for_a_resource_names_token_and_nonce_and_no_query() {
        // RFC 9449 §7.1 and §9
        let token = Secret::new("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU".into());
        let target = Target {
            method: "GET",
            url: "https://resource.example.org/protectedresource?page=2#top",
            access_token: Some(&token),
            nonce: Some("eyJ7S_zG.eyJH0-Z.HX4w-7v"),
        };
        let key = PublicKey::read(KEY).unwrap();
        let input = target.signing_input(&key, &[1; 32], UnixTime(1_562_262_618));
        assert_eq!(
            parts(&input)[1],
            json!({
                "jti": "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE",
                "htm": "GET",
                "htu": "https://resource.example.org/protectedresource",
                "iat": 1_562_262_618,
                "ath": "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo",
                "nonce": "eyJ7S_zG.eyJH0-Z.HX4w-7v",
            })
        );
    }

    #[test]
    fn a_nonce_is_one_word_of_the_letters_it_may_have() {
        let longest = "n".repeat(2048);
        for good in ["eyJ7S_zG.eyJH0-Z.HX4w-7v", "!", "a,b", &longest] {
            assert_eq!(nonce(Some(good)), Ok(good));
        }
        let too_long = String::from("n") + &longest;
        for bad in [
            "",
            "a b",
            "first, second",
            "a\"b",
            "a\\b",
            "\u{e4}",
            "a\tb",
            &too_long,
        ] {
            assert_eq!(
                nonce(Some(bad)).unwrap_err().code(),
                Code::DpopNonceInvalid,
                "{bad}"
            );
        }
        assert_eq!(nonce(None).unwrap_err().code(), Code::DpopNonceInvalid);
    }
}
