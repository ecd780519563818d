//! Windows and frames of the browser, opened for sign-ins.

use alloc::string::String;

use js_sys::Promise;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

use super::{Web, float, task::settled_as};
use crate::{
    error::{Code, Error, Place, Result},
    platform::Windows,
    time::Seconds,
};

#[wasm_bindgen(module = "/src/platform/web/shim.js")]
extern "C" {
    /// A window that was opened, or what stands for a frame.
    pub type Window;
    #[wasm_bindgen(method)]
    fn close(this: &Window);
    #[wasm_bindgen(js_name = openPopup)]
    fn open_popup() -> Option<Window>;
    #[wasm_bindgen(js_name = openFrame)]
    fn open_frame(issuer: &str) -> Promise;
    #[wasm_bindgen(js_name = visitWindow)]
    fn visit_window(window: &Window, url: &str, state: &str, seconds: f64) -> Promise;
    #[wasm_bindgen(js_name = handOver)]
    fn hand_over(url: &str, state: &str) -> Promise;
}

impl Windows for Web {
    type Window = Window;

    fn open_popup(&self) -> Result<Window> {
        open_popup().ok_or(Code::PopupBlocked.into())
    }

    fn open_frame(&self, issuer: &str) -> impl Future<Output = Result<Window>> {
        settled_as(&open_frame(issuer), |frame| {
            frame.map(JsCast::unchecked_into).map_err(window_error)
        })
    }

    fn visit(
        &self,
        window: &Window,
        url: &str,
        state: &str,
        timeout: Seconds,
    ) -> impl Future<Output = Result<String>> {
        let visit = visit_window(window, url, state, float(timeout.0));
        settled_as(&visit, |callback| {
            let callback = callback.map_err(window_error)?;
            callback.as_string().ok_or(Code::CallbackMalformed.into())
        })
    }

    fn close(&self, window: &Window) {
        window.close();
    }

    fn hand_over(&self, url: &str, state: &str) -> impl Future<Output = bool> {
        settled_as(&hand_over(url, state), |taken| {
            taken.is_ok_and(|taken| taken.as_bool() == Some(true))
        })
    }
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "it is what map_err hands over"
)]
pub(super) fn window_error(thrown: JsValue) -> Error {
    let code = thrown.as_string().unwrap_or_default();
    match &*code {
        "popup_closed" => Code::PopupClosed.into(),
        "timeout" => Code::Timeout.at(Place::Mode),
        "unsupported" => Code::Unsupported.at(Place::Mode),
        // the chunk that does it did not come
        _ => Code::Network.into(),
    }
}
