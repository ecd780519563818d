//! The browser, and whatever else runs its APIs.
//!
//! Everything that names a Web API is here: in `shim.js` and the files beside it, grouped by task,
//! and in the declarations below. A host may replace fetch, clock, navigation and storage.

mod http;
mod keys;
mod probe;
#[cfg(feature = "connect")]
pub mod service;
pub mod task;
mod windows;

use alloc::{string::String, vec::Vec};

pub use self::http::api_answer;
use self::{
    http::Answer,
    task::{Settled, settled_as},
    windows::window_error,
};
use js_sys::Promise;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

use super::{Area, Clock, Crypto, Event, Events, Navigator, Random, Store, Tabs, Watch};
use crate::{
    config::Persist,
    error::{Code, Error, Place, Result},
    jose::{alg::Hash, jws::SignatureCheck},
};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn steady() -> f64;

    /// What the wrapper hands in: `fetch`, `now`, `navigate`, `emit`, maybe `storage`, and the
    /// `signal` of the call that is beginning.
    #[derive(Clone, Debug)]
    pub type Host;

    #[wasm_bindgen(method, structural, catch)]
    fn now(this: &Host) -> core::result::Result<f64, JsValue>;
    #[wasm_bindgen(method, structural, catch)]
    fn navigate(this: &Host, url: &str) -> core::result::Result<(), JsValue>;
    #[wasm_bindgen(method, structural)]
    fn emit(this: &Host, event: &str, detail: &str);
}

#[wasm_bindgen(module = "/src/platform/web/shim.js")]
extern "C" {
    #[wasm_bindgen(catch)]
    fn load(host: &Host, name: &str, key: &str) -> core::result::Result<Option<String>, JsValue>;
    #[wasm_bindgen(catch)]
    fn save(
        host: &Host,
        name: &str,
        key: &str,
        text: Option<&str>,
    ) -> core::result::Result<(), JsValue>;
    fn pull(host: &Host, keys: &str, is_sealed: bool) -> Promise;
    fn push(host: &Host) -> Promise;
    fn verify(host: &Host, alg: &str, jwk: &str, data: &[u8], signature: &[u8]) -> Promise;
    fn digest(host: &Host, hash: &str, data: &[u8]) -> Promise;
    #[wasm_bindgen(js_name = pageUrl)]
    fn page_url() -> Option<String>;
    #[wasm_bindgen(js_name = isSecure)]
    fn is_secure() -> bool;
    #[wasm_bindgen(js_name = isUserActive)]
    fn is_user_active() -> bool;
    #[wasm_bindgen(js_name = isFramedByStranger)]
    fn is_framed_by_stranger() -> bool;
    #[wasm_bindgen(js_name = isFramed)]
    fn is_framed() -> bool;
    #[wasm_bindgen(js_name = replaceUrl)]
    fn replace_url(url: &str);
    #[wasm_bindgen(js_name = givenUp)]
    fn given_up(host: &Host) -> Promise;
    fn listen(host: &Host, name: &str, kept: &str);
    fn tell(host: &Host);
    fn ask(host: &Host, name: &str, since: f64) -> Promise;
    #[wasm_bindgen(js_name = hangUp)]
    fn hang_up(host: &Host);
    #[wasm_bindgen(js_name = wakeIn)]
    fn wake_in(host: &Host, millis: f64);
    #[wasm_bindgen(js_name = watchUser)]
    fn watch_user(host: &Host, millis: f64);
    #[wasm_bindgen(js_name = watchProvider)]
    fn watch_provider(host: &Host, url: &str, message: &str) -> Promise;
}

#[wasm_bindgen(module = "/src/platform/web/turns.js")]
extern "C" {
    fn turn(name: &str, seconds: u32) -> Promise;
}

/// The page's URL, for options that must fit it.
#[must_use]
pub fn location() -> Option<String> {
    page_url()
}

/// The browser with one client's host in front of it.
#[derive(Debug)]
pub struct Web {
    host: Host,
    persist: Persist,
}

impl Web {
    /// The browser, with sessions that live as long as `persist` says.
    #[must_use]
    pub const fn new(host: Host, persist: Persist) -> Self {
        Self { host, persist }
    }

    const fn storage(&self, area: Area) -> &'static str {
        match (area, self.persist) {
            (Area::Shared, _) => "localStorage",
            (Area::Session, Persist::Device) => "sealed",
            (Area::Session | Area::Tab, _) => "sessionStorage",
        }
    }
}

impl Store for Web {
    fn get(&self, area: Area, key: &str) -> Result<Option<String>> {
        load(&self.host, self.storage(area), key).map_err(storage_error)
    }

    fn set(&self, area: Area, key: &str, value: Option<&str>) -> Result<()> {
        save(&self.host, self.storage(area), key, value).map_err(storage_error)
    }

    fn pull(&self, keys: &[String]) -> impl Future<Output = Result<()>> {
        let mut list = String::new();
        for key in keys {
            list.push_str(key);
            list.push(' ');
        }
        let is_sealed = self.persist == Persist::Device;
        settled_as(&pull(&self.host, list.trim_ascii_end(), is_sealed), stored)
    }

    fn push(&self) -> impl Future<Output = Result<()>> {
        settled_as(&push(&self.host), stored)
    }
}

impl Clock for Web {
    fn millis(&self) -> i64 {
        // a clock that throws tells no more than one that says NaN
        #[allow(
            clippy::cast_possible_truncation,
            reason = "saturates; times of this aeon fit"
        )]
        let millis = (self.host.now().unwrap_or_default() * 1000.0) as i64;
        millis
    }

    fn steady(&self) -> i64 {
        #[allow(clippy::cast_possible_truncation, reason = "a page's age fits")]
        let millis = steady() as i64;
        millis
    }
}

impl Random for Web {
    fn fill(&self, bytes: &mut [u8]) -> Result<()> {
        getrandom::fill(bytes).map_err(|_| Code::Entropy.into())
    }
}

impl Crypto for Web {
    fn verify(&self, check: &SignatureCheck<'_>) -> impl Future<Output = Result<bool>> {
        let verdict = verify(
            &self.host,
            check.alg.as_str(),
            &check.key.to_jwk(),
            check.signing_input,
            check.signature,
        );
        settled_as(&verdict, |verdict| {
            let verdict = verdict.ok().and_then(|verdict| verdict.as_bool());
            verdict.ok_or(Code::Unsupported.at(Place::Alg))
        })
    }

    fn digest(&self, hash: Hash, data: &[u8]) -> impl Future<Output = Result<Vec<u8>>> {
        settled_as(&digest(&self.host, hash.as_str(), data), |digest| {
            let body = digest
                .ok()
                .and_then(|it| it.unchecked_ref::<Answer>().body());
            body.ok_or(Code::Unsupported.at(Place::AtHash))
        })
    }
}

impl Navigator for Web {
    fn location(&self) -> Option<String> {
        page_url()
    }

    fn is_secure(&self) -> bool {
        is_secure()
    }

    fn is_user_active(&self) -> bool {
        is_user_active()
    }

    fn is_framed_by_stranger(&self) -> bool {
        is_framed_by_stranger()
    }

    fn is_framed(&self) -> bool {
        is_framed()
    }

    fn replace_location(&self, url: &str) {
        replace_url(url);
    }

    fn navigate(&self, url: &str) -> Result<()> {
        let left = self.host.navigate(url);
        left.map_err(|_| Code::Unsupported.at(Place::Navigate))
    }

    fn given_up(&self) -> impl Future<Output = ()> {
        settled_as(&given_up(&self.host), |_| ())
    }
}

/// Calls the function that ends a turn.
#[derive(Debug)]
pub struct Turn(JsValue);

impl Drop for Turn {
    fn drop(&mut self) {
        let end: &js_sys::Function = self.0.unchecked_ref();
        let _ = end.call0(&JsValue::UNDEFINED);
    }
}

impl Tabs for Web {
    type Turn = Option<Turn>;

    fn turn(&self, name: &str, seconds: u32) -> impl Future<Output = Option<Turn>> {
        settled_as(&turn(name, seconds), |turn| turn.ok().map(Turn))
    }

    fn listen(&self, name: &str) {
        let kept = match self.persist {
            Persist::Memory => "",
            _ => self.storage(Area::Session),
        };
        listen(&self.host, name, kept);
    }

    fn tell(&self) {
        tell(&self.host);
    }

    fn ask(&self, name: &str, since: i64) -> impl Future<Output = Option<String>> {
        let asked = ask(&self.host, name, float(since));
        settled_as(&asked, |answer| answer.ok()?.as_string())
    }

    fn hang_up(&self) {
        hang_up(&self.host);
    }
}

impl Watch for Web {
    fn wake_in(&self, millis: i64) {
        wake_in(&self.host, float(millis));
    }

    fn watch_user(&self, millis: i64) {
        watch_user(&self.host, float(millis));
    }

    fn watch_provider(&self, url: &str, message: &str) -> impl Future<Output = Result<()>> {
        let watched = watch_provider(&self.host, url, message);
        settled_as(&watched, |watched| watched.map(drop).map_err(window_error))
    }
}

/// Time as the browser counts it.
#[allow(clippy::cast_precision_loss, reason = "spans of this aeon fit")]
const fn float(span: i64) -> f64 {
    span as f64
}

impl Events for Web {
    fn emit(&self, event: Event, detail: &str) {
        self.host.emit(event.as_str(), detail);
    }

    fn warn(&self, text: &'static str) {
        web_sys::console::warn_1(&JsValue::from_str(text));
    }
}

/// Whether a store took, or showed, what it was to.
fn stored(settled: Settled) -> Result<()> {
    settled.map(drop).map_err(storage_error)
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "it is what map_err hands over"
)]
fn storage_error(code: JsValue) -> Error {
    let is_full = code
        .as_string()
        .is_some_and(|code| code == Code::StorageFull.as_str());
    if is_full {
        Code::StorageFull.into()
    } else {
        Code::StorageUnavailable.into()
    }
}
