//! What the wrapper calls: plain data in, plain data out, no logic.
//!
//! Every method takes `&self` and returns at once; the work runs in a promise that owns its share
//! of the client. Failures are the JSON text of [`report::to_json`].

use alloc::{boxed::Box, rc::Rc, string::String};
use core::{future::Future, pin::Pin};

use js_sys::{Function, Promise};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::{JsFuture, future_to_promise};

use crate::{
    client::{self, ApiCall, Outcome},
    config::Config,
    error::Failure,
    platform::web::{self, Host, Web},
    report,
    secret::Secret,
    time::Seconds,
};

/// One portal's client.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Client(Rc<client::Client<Web>>);

#[wasm_bindgen]
impl Client {
    /// Reads the options (JSON text of `AuthOptions`).
    #[wasm_bindgen(constructor)]
    pub fn new(options: &str, host: Host) -> Result<Self, JsValue> {
        let page = web::location();
        let config = Config::parse(options, page.as_deref()).map_err(|error| thrown(&error.into()))?;
        let platform = Web::new(host, config.persist);
        Ok(Self(Rc::new(client::Client::new(config, platform))))
    }

    /// Loads what an earlier page left behind; never rejects.
    pub fn restore(&self) -> Promise {
        let client = self.0.clone();
        promise(Box::pin(async move {
            client.restore().await;
            Ok(JsValue::UNDEFINED)
        }))
    }

    /// The JSON text of `AuthState`.
    pub fn state(&self) -> String {
        self.0.state()
    }

    /// The JSON text of an array of `TraceEvent`.
    pub fn trace(&self) -> String {
        self.0.trace()
    }

    /// Starts a sign-in with the JSON text of `LoginOptions`.
    pub fn login(&self, options: String) -> Promise {
        let client = self.0.clone();
        promise(Box::pin(async move { nothing(client.login(&options).await) }))
    }

    /// Whether `url` answers a sign-in of this client.
    #[wasm_bindgen(js_name = isCallback)]
    pub fn is_callback(&self, url: &str) -> bool {
        self.0.is_callback(url)
    }

    /// Completes a sign-in; the JSON text of `CallbackResult`.
    #[wasm_bindgen(js_name = handleCallback)]
    pub fn handle_callback(&self, url: String) -> Promise {
        let client = self.0.clone();
        promise(Box::pin(async move { text(client.handle_callback(&url).await.map(|outcome| outcome.to_json())) }))
    }

    /// A valid access token.
    #[wasm_bindgen(js_name = getAccessToken)]
    pub fn get_access_token(&self, min_validity: Option<i32>, force_refresh: bool) -> Promise {
        let client = self.0.clone();
        let span = min_validity.map_or(client::MIN_VALIDITY, |seconds| Seconds(seconds.into()));
        promise(Box::pin(async move {
            let token = client.access_token(span, force_refresh).await;
            token.map(|token| token.expose().into()).map_err(|failure| thrown(&failure))
        }))
    }

    /// Has `send` make its call with an access token, if `url` may have one.
    pub fn fetch(&self, url: String, send: Function) -> Promise {
        let client = self.0.clone();
        promise(Box::pin(async move {
            let response = client.fetch(&url, &Call(send)).await;
            response.map(Into::into).map_err(|Thrown(error)| error)
        }))
    }

    /// The JSON text of the userinfo claims.
    pub fn userinfo(&self) -> Promise {
        let client = self.0.clone();
        promise(Box::pin(async move { text(client.userinfo().await) }))
    }

    /// Signs out with the JSON text of `LogoutOptions`.
    pub fn logout(&self, options: String) -> Promise {
        let client = self.0.clone();
        promise(Box::pin(async move { nothing(client.logout(&options).await) }))
    }

    /// Ends this client; the stored session stays.
    pub fn dispose(&self) {
        self.0.dispose();
    }
}

/// A function of the wrapper's that sends one request with one token.
struct Call(Function);

/// What a rejected promise carries: our JSON text, or what the platform threw.
struct Thrown(JsValue);

impl From<Failure> for Thrown {
    fn from(failure: Failure) -> Self {
        Self(thrown(&failure))
    }
}

impl ApiCall for Call {
    type Response = web_sys::Response;
    type Error = Thrown;

    async fn send(&self, access_token: &Secret) -> Result<web_sys::Response, Thrown> {
        let sent = self.0.call1(&JsValue::UNDEFINED, &access_token.expose().into());
        let response = JsFuture::from(sent.and_then(JsCast::dyn_into::<Promise>).map_err(Thrown)?).await;
        Ok(response.map_err(Thrown)?.unchecked_into())
    }

    fn status(response: &web_sys::Response) -> u16 {
        response.status()
    }

    fn challenge(response: &web_sys::Response) -> String {
        response.headers().get("www-authenticate").ok().flatten().unwrap_or_default()
    }
}

/// One way into the executor, so that its machinery is compiled once.
fn promise(work: Pin<Box<dyn Future<Output = Result<JsValue, JsValue>>>>) -> Promise {
    future_to_promise(work)
}

fn text(outcome: Outcome<String>) -> Result<JsValue, JsValue> {
    outcome.map(Into::into).map_err(|failure| thrown(&failure))
}

fn nothing(outcome: Outcome<()>) -> Result<JsValue, JsValue> {
    outcome.map(|()| JsValue::UNDEFINED).map_err(|failure| thrown(&failure))
}

fn thrown(failure: &Failure) -> JsValue {
    report::to_json(failure).into()
}
