//! Requests of the browser's, to the provider and to whatever takes its tokens.

use alloc::{string::String, vec::Vec};

use js_sys::Promise;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

use super::{Host, Web, task::settled_as};
use crate::{
    error::{Code, Result},
    platform::Http,
    protocol::http::{ApiAnswer, BODY_LIMIT, HttpRequest, HttpResponse},
    secret::Secret,
};

/// The status the shim gives a request that took too long; one that got no answer has -1.
const TIMED_OUT: i32 = -2;

#[wasm_bindgen(module = "/src/platform/web/shim.js")]
extern "C" {
    /// What `send` resolves to, and `digest` without status and type.
    pub type Answer;

    #[wasm_bindgen(method, getter)]
    fn status(this: &Answer) -> i32;
    #[wasm_bindgen(method, getter, js_name = contentType)]
    fn content_type(this: &Answer) -> String;
    #[wasm_bindgen(method, getter, js_name = retryAfter)]
    fn retry_after(this: &Answer) -> u32;
    #[wasm_bindgen(method, getter, js_name = dpopNonce)]
    fn dpop_nonce(this: &Answer) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    pub fn body(this: &Answer) -> Option<Vec<u8>>;

    fn send(
        host: &Host,
        url: &str,
        form: Option<&str>,
        bearer: Option<&str>,
        proof: Option<&str>,
        seconds: u32,
        limit: u32,
    ) -> Promise;
}

impl Http for Web {
    fn send(
        &self,
        request: HttpRequest,
        seconds: u32,
    ) -> impl Future<Output = Result<HttpResponse>> {
        let form = request.form.as_ref().map(Secret::expose);
        let bearer = request.bearer.as_ref().map(Secret::expose);
        let proof = request.proof.as_ref().map(Secret::expose);
        let limit = u32::try_from(BODY_LIMIT).unwrap_or(u32::MAX);
        let sent = send(
            &self.host,
            &request.url,
            form,
            bearer,
            proof,
            seconds,
            limit,
        );
        settled_as(&sent, |answer| {
            let answer = answer.map_err(|_| Code::Network)?;
            let answer: &Answer = answer.unchecked_ref();
            match u16::try_from(answer.status()) {
                Ok(status) => Ok(HttpResponse {
                    status,
                    content_type: answer.content_type(),
                    retry_after: answer.retry_after(),
                    dpop_nonce: answer.dpop_nonce(),
                    body: answer.body(),
                }),
                Err(_) if answer.status() == TIMED_OUT => Err(Code::Timeout.into()),
                Err(_) => Err(Code::Network.into()),
            }
        })
    }
}

/// What there is to be read in an API's answer.
#[must_use]
pub fn api_answer(response: &JsValue) -> ApiAnswer {
    if response.is_null() {
        // what a host's fetch came to is for the caller to judge
        return ApiAnswer::default();
    }
    let response: &web_sys::Response = response.unchecked_ref();
    let headers = response.headers();
    let header = |name| headers.get(name).ok().flatten();
    ApiAnswer {
        status: response.status(),
        challenge: header("www-authenticate").unwrap_or_default(),
        dpop_nonce: header("dpop-nonce"),
        is_redirected: response.redirected(),
    }
}
