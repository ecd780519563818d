//! What only a diagnosis asks of the browser.

use js_sys::Promise;
use wasm_bindgen::prelude::wasm_bindgen;

use super::{Host, Web, task::settled_as};
use crate::platform::{Probe, Probed, Probes};

#[wasm_bindgen(module = "/src/platform/web/shim.js")]
extern "C" {
    fn probe(host: &Host, what: &str, url: &str) -> Promise;
}

impl Probes for Web {
    fn probe(&self, question: Probe<'_>) -> impl Future<Output = Probed> {
        let (what, url) = match question {
            Probe::Reach(url) => ("reach", url),
            Probe::Compile => ("compile", ""),
            Probe::Inflate => ("inflate", ""),
            Probe::Locks => ("locks", ""),
        };
        settled_as(&probe(&self.host, what, url), |answer| {
            let Some(answer) = answer.ok().and_then(|answer| answer.as_string()) else {
                return Probed::Unknown;
            };
            match &*answer {
                "yes" => Probed::Yes,
                "no" => Probed::No,
                "offline" => Probed::Offline,
                _ => Probed::Forbidden(answer),
            }
        })
    }
}
