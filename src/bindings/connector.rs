//! Connections, gates, and the service behind a gate.

#![allow(
    clippy::needless_pass_by_value,
    reason = "values that cross the boundary are handed over"
)]
#![allow(
    unreachable_pub,
    reason = "a module's exports are public though nothing reaches them"
)]

use alloc::{rc::Rc, string::String, vec::Vec};

use js_sys::{Array, Function, JSON, Promise};
use serde::Serialize;
use serde_json::Value;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::{JsFuture, future_to_promise};

use crate::{
    connection::{
        fault::{Fault, Result},
        gate_service::{Decision, Question, Service, reply, unavailable},
        parse::parse,
        preview::Preview,
    },
    connector::{
        self, Authorized,
        gate::{self, Gatekeeper},
    },
    platform::web::{
        api_answer,
        service::{ServiceHost, WebService, thrown},
    },
    secret::Secret,
};

type Settled = core::result::Result<JsValue, JsValue>;

/// What is wrong with a connection: a list of fields and messages.
#[wasm_bindgen(js_name = validateConnection)]
pub fn validate_connection(data: JsValue) -> Settled {
    plain(&parse(&read(data)?).err().unwrap_or_default())
}

/// What a connection would send, as far as it can be told.
#[wasm_bindgen(js_name = previewConnection)]
pub fn preview_connection(data: JsValue) -> Settled {
    plain(&Preview::of(&read(data)?))
}

/// Asks the portal's back end whether an address may enter.
#[wasm_bindgen(js_name = askRelay)]
pub fn ask_relay(host: ServiceHost, url: String, email: String) -> Promise {
    future_to_promise(async move {
        let verdict = gate::ask_relay(&WebService::new(host), url, &email).await;
        plain(&verdict.map_err(|fault| thrown(&fault))?)
    })
}

/// One connection.
#[wasm_bindgen]
pub struct Connector(Rc<connector::Connector<WebService>>);

#[wasm_bindgen]
impl Connector {
    /// Reads the data of a connection, and settings beside it.
    #[wasm_bindgen(constructor)]
    pub fn new(
        data: JsValue,
        settings: JsValue,
        host: ServiceHost,
    ) -> core::result::Result<Self, JsValue> {
        let settings = connector::Settings::read(&read(settings)?);
        let connector = connector::Connector::new(&read(data)?, settings, WebService::new(host));
        connector.map(Self).map_err(|fault| thrown(&fault))
    }

    /// A live token.
    pub fn token(&self, scope: Option<String>, audience: Option<String>, another: bool) -> Promise {
        let this = self.0.clone();
        future_to_promise(async move {
            let token = this.token(scope, audience, another).await;
            token
                .map(|token| token.expose().into())
                .map_err(|fault| thrown(&fault))
        })
    }

    /// Has `send` make its call with headers, if `url` may have them, and again with others if the
    /// API no longer takes the first. Rejects with what `send` rejects with, too.
    pub fn fetch(
        &self,
        url: String,
        scope: Option<String>,
        audience: Option<String>,
        send: Function,
    ) -> Promise {
        let this = self.0.clone();
        future_to_promise(async move {
            let first = this.authorize_call(&url, scope, audience).await;
            let first = first.map_err(|fault| thrown(&fault))?;
            let response = call(&send, &first).await?;
            let answer = api_answer(&response);
            let second = this
                .answered(&first, answer.status, &answer.challenge)
                .await;
            match second.map_err(|fault| thrown(&fault))? {
                Some(second) => call(&send, &second).await,
                None => Ok(response),
            }
        })
    }

    /// Where to send somebody, and the state of it.
    #[wasm_bindgen(js_name = authorizeUrl)]
    pub fn authorize_url(&self, scope: Option<String>, audience: Option<String>) -> Promise {
        let this = self.0.clone();
        future_to_promise(async move {
            let (url, state) = this
                .authorize_url(scope, audience)
                .await
                .map_err(|fault| thrown(&fault))?;
            Ok(Array::of2(&url.into(), &state.into()).into())
        })
    }

    /// Takes the answer at the redirect URI.
    #[wasm_bindgen(js_name = completeAuthorization)]
    pub fn complete_authorization(&self, url: String) -> Promise {
        let this = self.0.clone();
        future_to_promise(async move { done(this.complete_authorization(&url).await) })
    }

    /// Asks for a code that somebody types in elsewhere, hands it to `prompted`, and resolves when they
    /// have decided. `timer` has the `wait` of a host, which rejects once nobody waits for that.
    pub fn device(
        &self,
        scope: Option<String>,
        audience: Option<String>,
        prompted: Function,
        timer: ServiceHost,
    ) -> Promise {
        let this = self.0.clone();
        future_to_promise(async move {
            let sign_in = this
                .device(scope, audience)
                .await
                .map_err(|fault| thrown(&fault))?;
            prompted.call1(&JsValue::UNDEFINED, &plain(&sign_in.prompt)?)?;
            done(this.await_device(sign_in, &WebService::new(timer)).await)
        })
    }

    /// What the system says of a token.
    pub fn introspect(&self, token: Option<String>, hint: String) -> Promise {
        let this = self.0.clone();
        future_to_promise(async move {
            let described = this.introspect(token.map(Secret::new), &hint).await;
            JSON::parse(&described.map_err(|fault| thrown(&fault))?)
        })
    }

    /// Gives a token up.
    pub fn revoke(&self, token: Option<String>, hint: String) -> Promise {
        let this = self.0.clone();
        future_to_promise(async move { done(this.revoke(token.map(Secret::new), &hint).await) })
    }

    /// Forgets every token and ends it.
    #[wasm_bindgen(js_name = signOut)]
    pub fn sign_out(&self) -> Promise {
        let this = self.0.clone();
        future_to_promise(async move { done(this.sign_out().await) })
    }

    /// Tries the connection out.
    pub fn test(&self) -> Promise {
        let this = self.0.clone();
        future_to_promise(async move { plain(&this.test().await) })
    }

    /// What would be sent.
    pub fn preview(&self) -> Settled {
        plain(&self.0.preview())
    }

    /// What was sent.
    pub fn trace(&self) -> Settled {
        plain(&self.0.trace())
    }
}

/// Asks an e-mail gate.
#[wasm_bindgen]
pub struct Gate(Rc<Gatekeeper<WebService>>);

#[wasm_bindgen]
impl Gate {
    /// Reads the data of a gate.
    #[wasm_bindgen(constructor)]
    pub fn new(
        data: JsValue,
        is_page: bool,
        host: ServiceHost,
    ) -> core::result::Result<Self, JsValue> {
        let gate = Gatekeeper::new(&read(data)?, is_page, WebService::new(host));
        gate.map(Self).map_err(|fault| thrown(&fault))
    }

    /// Whether an address may enter.
    pub fn check(&self, email: String, user: String) -> Promise {
        let this = self.0.clone();
        future_to_promise(async move {
            let verdict = this.check(&email, &user).await;
            plain(&verdict.map_err(|fault| thrown(&fault))?)
        })
    }
}

/// The service behind a gate.
#[wasm_bindgen]
pub struct GateService(Service);

#[wasm_bindgen]
impl GateService {
    /// Sets it up.
    #[wasm_bindgen(constructor)]
    pub fn new(
        user: &str,
        password: String,
        addresses: Option<Vec<String>>,
        path: Option<String>,
    ) -> core::result::Result<Self, JsValue> {
        let service = Service::new(user, &Secret::new(password), addresses.as_deref(), path);
        service
            .map(Self)
            .map_err(|option| thrown(&Fault::config(option)))
    }

    /// The address to find out about, or what to answer at once.
    pub fn judge(
        &self,
        method: &str,
        path: &str,
        query: &str,
        authorization: &str,
        address: Option<String>,
    ) -> Settled {
        let question = Question {
            method,
            path,
            query,
            authorization,
            address: address.as_deref(),
        };
        match self.0.judge(&question) {
            Decision::Ask(email) => Ok(email.into()),
            Decision::Answer(answer) => plain(&answer),
        }
    }

    /// What to answer about an address; nothing is known if `authorised` is not there.
    #[allow(clippy::unused_self, reason = "it is the service that answers")]
    pub fn reply(&self, email: &str, authorised: Option<bool>) -> Settled {
        plain(&authorised.map_or_else(unavailable, |authorised| reply(email, authorised)))
    }
}

fn read(data: JsValue) -> core::result::Result<Value, JsValue> {
    serde_wasm_bindgen::from_value(data).map_err(|_| unusable())
}

/// By way of a text, whose members are their object's own whatever they are called.
fn plain(value: &impl Serialize) -> Settled {
    let text = serde_json::to_string(value).map_err(|_| unusable())?;
    JSON::parse(&text)
}

fn done(outcome: Result<()>) -> Settled {
    outcome
        .map(|()| JsValue::NULL)
        .map_err(|fault| thrown(&fault))
}

/// What is no data at all.
fn unusable() -> JsValue {
    thrown(&Fault::config("data"))
}

async fn call(send: &Function, with: &Authorized) -> Settled {
    let headers = with
        .headers
        .iter()
        .map(|(name, value)| Array::of2(&name.as_str().into(), &value.expose().into()));
    let headers: Array = headers.collect();
    let answer = send.call1(&JsValue::UNDEFINED, &headers)?;
    JsFuture::from(answer.unchecked_into::<Promise>()).await
}
