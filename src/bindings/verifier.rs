//! The verifier of tokens, and of signatures for a client whose platform cannot check them.

use alloc::{boxed::Box, rc::Rc, string::String, vec::Vec};

use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use super::thrown;
use crate::{
    config::Persist,
    platform::web::{Host, Web, task::promise},
    verify::{self, KeySource, software},
};

/// What remembers key sets.
#[wasm_bindgen]
pub struct Verifier(Rc<verify::Verifier<Web>>);

#[wasm_bindgen]
impl Verifier {
    /// Knows no keys yet; `on_the_edge` is for runtimes where no call may wait for another's request.
    #[wasm_bindgen(constructor)]
    pub fn new(host: Host, on_the_edge: bool) -> Self {
        let verifier = verify::Verifier::new(Web::new(host, Persist::Memory));
        Self(Rc::new(if on_the_edge {
            verifier.on_the_edge()
        } else {
            verifier
        }))
    }

    /// Header (JSON text) and payload (bytes) of a token, verified with the JSON text of a key set
    /// and of `VerifyJwsOptions`.
    pub fn jws(&self, token: String, keys: String, options: String) -> Promise {
        let this = self.0.clone();
        promise(Box::pin(async move {
            let jws = this.jws(&token, KeySource::Set(&keys), options).await;
            let jws = jws.map_err(|error| thrown(error.into()))?;
            let payload = Uint8Array::from(&*jws.payload);
            Ok(Array::of2(&jws.header.into(), &payload).into())
        }))
    }

    /// The JSON text of header and claims of a token, verified with the JSON text of a key set or
    /// with the set at a URL, and of `VerifyJwtOptions`.
    pub fn jwt(&self, token: String, keys: String, is_url: bool, options: String) -> Promise {
        let this = self.0.clone();
        promise(Box::pin(async move {
            let jwt = this.jwt(&token, source(&keys, is_url), options).await;
            jwt.map(JsValue::from).map_err(|error| thrown(error.into()))
        }))
    }

    /// The same of a logout token, which is good once, with the JSON text of `VerifyLogoutTokenOptions`.
    #[wasm_bindgen(js_name = logoutToken)]
    pub fn logout_token(
        &self,
        token: String,
        keys: String,
        is_url: bool,
        options: String,
    ) -> Promise {
        let this = self.0.clone();
        promise(Box::pin(async move {
            let source = source(&keys, is_url);
            let verified = this.logout_token(&token, source, options).await;
            verified
                .map(JsValue::from)
                .map_err(|error| thrown(error.into()))
        }))
    }

    /// Whether a signature holds, checked in software. `jwk` is JSON text.
    #[allow(clippy::unused_self, reason = "the module exports one class")]
    pub fn holds(&self, alg: &str, jwk: &str, data: &[u8], signature: &[u8]) -> bool {
        software::answer(alg, jwk, data, signature)
    }

    /// The SHA-2 digest of that many bits: 256, 384 or 512.
    #[allow(clippy::unused_self, reason = "the module exports one class")]
    pub fn digest(&self, bits: u32, data: &[u8]) -> Vec<u8> {
        software::digest(bits, data)
    }
}

/// Where the keys are: at a URL, or in a text.
const fn source(keys: &str, is_url: bool) -> KeySource<'_> {
    if is_url {
        KeySource::Url(keys)
    } else {
        KeySource::Set(keys)
    }
}
