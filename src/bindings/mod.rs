//! What the wrapper calls: plain data in, plain data out, no logic.
//!
//! Every method takes `&self` and returns at once; the work runs in a promise that owns its share
//! of the client. Failures are the JSON text of [`report::to_json`]. Each shipped module exports
//! what its wrapper calls and nothing else.

#[cfg(not(all(feature = "module", any(feature = "verify", feature = "connect"))))]
mod client;
#[cfg(feature = "connect")]
mod connector;
#[cfg(feature = "verify")]
mod verifier;

#[cfg(not(all(feature = "module", feature = "connect")))]
use wasm_bindgen::JsValue;

#[cfg(not(all(feature = "module", feature = "connect")))]
use crate::{error::Failure, report};

#[cfg(not(all(feature = "module", feature = "connect")))]
#[allow(
    clippy::needless_pass_by_value,
    reason = "it is what map_err hands over"
)]
fn thrown(failure: Failure) -> JsValue {
    report::to_json(&failure).into()
}
