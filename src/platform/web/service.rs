//! The platform of a connection: Node, edge runtimes, pages.

use alloc::{string::String, vec::Vec};

use js_sys::{JSON, Promise, Uint8Array};
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;

use crate::{
    connection::{
        fault::{Fault, Result},
        message::{Answer, BODY_LIMIT, Request},
    },
    error::{Code, Result as Checked},
    platform::{
        Clock, Random,
        service::{Console, Network, Secrets, Signer, Timer, Vault},
    },
    secret::Secret,
};

#[wasm_bindgen]
extern "C" {
    /// What the wrapper hands in: `pkg/connector.ts` says what each member does.
    #[derive(Clone, Debug)]
    pub type ServiceHost;

    #[wasm_bindgen(method, structural)]
    fn now(this: &ServiceHost) -> f64;
    #[wasm_bindgen(method, structural)]
    fn offset(this: &ServiceHost) -> i32;
    #[wasm_bindgen(method, structural, catch)]
    fn random(this: &ServiceHost, length: u32) -> core::result::Result<Uint8Array, JsValue>;
    #[wasm_bindgen(method, structural)]
    fn wait(this: &ServiceHost, seconds: f64) -> Promise;
    #[wasm_bindgen(method, structural)]
    fn secret(this: &ServiceHost, name: &str) -> Promise;
    #[wasm_bindgen(method, structural, js_name = isShared)]
    fn is_shared(this: &ServiceHost) -> bool;
    #[wasm_bindgen(method, structural)]
    fn load(this: &ServiceHost, key: &str) -> Promise;
    #[wasm_bindgen(method, structural)]
    fn keep(this: &ServiceHost, key: &str, text: &str, seconds: u32) -> Promise;
    #[wasm_bindgen(method, structural)]
    fn forget(this: &ServiceHost, key: &str) -> Promise;
    #[wasm_bindgen(method, structural)]
    fn warn(this: &ServiceHost, text: &str);
}

#[wasm_bindgen(module = "/src/platform/web/service.js")]
extern "C" {
    /// What `exchange` resolves to.
    type Exchanged;
    #[wasm_bindgen(method, getter)]
    fn status(this: &Exchanged) -> i32;
    #[wasm_bindgen(method, getter, js_name = contentType)]
    fn content_type(this: &Exchanged) -> String;
    #[wasm_bindgen(method, getter)]
    fn body(this: &Exchanged) -> Option<Vec<u8>>;

    fn exchange(host: &ServiceHost, request: JsValue, seconds: u32, limit: u32) -> Promise;
    fn sign(alg: &str, key: &str, input: &str) -> Promise;
    fn steady() -> f64;
}

/// The status of a request that took too long; one that got no answer has -1.
const TIMED_OUT: i32 = -2;

/// The platform with one connection's host in front of it.
#[derive(Debug)]
pub struct WebService(ServiceHost);

impl WebService {
    /// The platform as `host` offers it.
    #[must_use]
    pub const fn new(host: ServiceHost) -> Self {
        Self(host)
    }
}

#[derive(Serialize)]
struct Plain<'a> {
    method: &'a str,
    url: &'a str,
    headers: Vec<(&'a str, &'a str)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
}

impl Network for WebService {
    async fn exchange(&self, request: &Request, seconds: u32) -> Result<Answer> {
        let headers = request.headers.iter();
        let plain = Plain {
            method: request.method,
            url: request.url.expose(),
            headers: headers
                .map(|(name, value)| (&**name, value.expose()))
                .collect(),
            body: request.body.as_ref().map(Secret::expose),
        };
        let plain = serde_json::to_string(&plain).unwrap_or_default();
        let plain = JSON::parse(&plain).map_err(|_| Code::Network)?;
        let sent = JsFuture::from(exchange(&self.0, plain, seconds, BODY_LIMIT)).await;
        let exchanged = sent.map_err(|_| Code::Network)?;
        let exchanged: &Exchanged = exchanged.unchecked_ref();
        match u16::try_from(exchanged.status()) {
            Ok(status) => Ok(Answer {
                status,
                content_type: exchanged.content_type(),
                body: exchanged.body(),
            }),
            Err(_) if exchanged.status() == TIMED_OUT => Err(Code::Timeout.into()),
            Err(_) => Err(Code::Network.into()),
        }
    }
}

impl Secrets for WebService {
    async fn secret(&self, name: &str) -> Result<Option<Secret>> {
        let fetched = JsFuture::from(self.0.secret(name)).await;
        let fetched = fetched.map_err(|_| Fault::config(["secrets.", name].concat()))?;
        Ok(fetched.as_string().map(Secret::new))
    }
}

impl Signer for WebService {
    async fn sign(&self, alg: &str, key: &Secret, input: &str) -> Option<Vec<u8>> {
        let signature = JsFuture::from(sign(alg, key.expose(), input)).await.ok()?;
        Some(signature.dyn_into::<Uint8Array>().ok()?.to_vec())
    }
}

impl Vault for WebService {
    fn is_shared(&self) -> bool {
        self.0.is_shared()
    }

    async fn load(&self, key: &str) -> Result<Option<String>> {
        let text = JsFuture::from(self.0.load(key))
            .await
            .map_err(|_| Code::StorageUnavailable)?;
        Ok(text.as_string())
    }

    async fn keep(&self, key: &str, text: &Secret, seconds: u32) -> Result<()> {
        let kept = JsFuture::from(self.0.keep(key, text.expose(), seconds)).await;
        kept.map(drop).map_err(|_| Code::StorageUnavailable.into())
    }

    async fn forget(&self, key: &str) -> Result<()> {
        let forgotten = JsFuture::from(self.0.forget(key)).await;
        forgotten
            .map(drop)
            .map_err(|_| Code::StorageUnavailable.into())
    }
}

impl Console for WebService {
    fn warn(&self, text: &str) {
        self.0.warn(text);
    }
}

impl Timer for WebService {
    async fn wait(&self, millis: u32) -> Result<()> {
        let waited = JsFuture::from(self.0.wait(f64::from(millis) / 1000.0)).await;
        waited.map(drop).map_err(|_| Code::Aborted.into())
    }

    fn offset(&self) -> i32 {
        self.0.offset()
    }
}

impl Clock for WebService {
    fn millis(&self) -> i64 {
        whole(self.0.now() * 1000.0)
    }

    fn steady(&self) -> i64 {
        whole(steady())
    }
}

/// A time in whole milliseconds.
#[allow(
    clippy::cast_possible_truncation,
    reason = "saturates; times of this aeon fit"
)]
const fn whole(millis: f64) -> i64 {
    millis as i64
}

impl Random for WebService {
    fn fill(&self, bytes: &mut [u8]) -> Checked<()> {
        let length = u32::try_from(bytes.len()).unwrap_or_default();
        let drawn = self.0.random(length).map_err(|_| Code::Entropy)?;
        if drawn.length() != length {
            return Err(Code::Entropy.into());
        }
        drawn.copy_to(bytes);
        Ok(())
    }
}

/// A failure on its way to the page, as the wrapper reads it.
#[must_use]
pub fn thrown(fault: &Fault) -> JsValue {
    serde_json::to_string(&fault.report())
        .unwrap_or_default()
        .into()
}
