//! JavaScript in a test, and sequences run as the bindings run them.

use std::{cell::RefCell, rc::Rc};

use portcullis::{
    config::Persist,
    platform::web::{
        Host, Web,
        task::{promise, settled},
    },
};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

#[wasm_bindgen(
    inline_js = "export const ask = (subject, source) => new Function('subject', `return (${source});`)(subject);"
)]
extern "C" {
    /// What the JavaScript expression `source` comes to, where `subject` is known by that name.
    pub fn ask(subject: &JsValue, source: &str) -> JsValue;
}

/// What the JavaScript expression `source` comes to.
pub fn js(source: &str) -> JsValue {
    ask(&JsValue::UNDEFINED, source)
}

/// As [`ask`], where text is expected.
pub fn text(subject: &JsValue, source: &str) -> String {
    ask(subject, source)
        .as_string()
        .unwrap_or_else(|| panic!("no text: {source}"))
}

/// As [`ask`], where true or false is expected.
pub fn holds(subject: &JsValue, source: &str) -> bool {
    ask(subject, source)
        .as_bool()
        .unwrap_or_else(|| panic!("neither true nor false: {source}"))
}

/// The platform over `host`, with sessions as long as the tab.
pub fn web(host: &JsValue) -> Web {
    Web::new(host.clone().unchecked_into::<Host>(), Persist::Tab)
}

/// Runs `work` as a task; a panic inside fails the test.
pub async fn run<T: 'static>(work: impl Future<Output = T> + 'static) -> T {
    let outcome = Rc::new(RefCell::new(None));
    let place = outcome.clone();
    let end = promise(Box::pin(async move {
        let value = work.await;
        place.replace(Some(value));
        Ok(JsValue::NULL)
    }));
    end.await.expect("the task stopped");
    outcome.take().expect("the task left no value")
}

/// Waits for what the JavaScript expression `source` promises; to be used within [`run`].
pub async fn answer(subject: &JsValue, source: &str) -> JsValue {
    settled(&ask(subject, source))
        .await
        .unwrap_or_else(|error| panic!("rejected: {error:?}"))
}
