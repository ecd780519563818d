//! Keys that tokens are bound to, kept by the browser, and the late half of the module.

use alloc::string::String;

use js_sys::Promise;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use super::{Host, Web, task::settled_as};
use crate::{
    error::{Code, Error, Place, Result},
    platform::{Parts, ProofKeys},
};

#[wasm_bindgen(module = "/src/platform/web/shim.js")]
extern "C" {
    #[wasm_bindgen(js_name = useKey)]
    fn use_key(task: &str, key: &str, input: &str) -> Promise;
    fn complete(host: &Host) -> Promise;
}

impl ProofKeys for Web {
    fn proof_key(&self, name: &str, make: bool) -> impl Future<Output = Result<Option<String>>> {
        let task = if make { "make" } else { "find" };
        settled_as(&use_key(task, name, ""), |key| {
            key.map(|key| key.as_string()).map_err(key_error)
        })
    }

    fn sign(&self, key: &str, input: &str) -> impl Future<Output = Result<String>> {
        settled_as(&use_key("sign", key, input), |signature| {
            let signature = signature.map_err(key_error)?.as_string();
            signature.ok_or(Code::DpopKeyLost.into())
        })
    }
}

impl Parts for Web {
    fn complete(&self) -> impl Future<Output = Result<()>> {
        settled_as(&complete(&self.host), |loaded| {
            loaded.map(drop).map_err(|_| Code::Network.into())
        })
    }
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "it is what map_err hands over"
)]
fn key_error(thrown: JsValue) -> Error {
    let code = thrown.as_string().unwrap_or_default();
    match &*code {
        "unsupported" => Code::Unsupported.at(Place::Dpop),
        "storage_unavailable" => Code::StorageUnavailable.into(),
        // the chunk that does it did not come
        _ => Code::Network.into(),
    }
}
