//! What the wrapper calls: plain data in, plain data out, no logic.
//!
//! Every method takes `&self` and returns at once; the work runs in a promise that owns its share
//! of the client. Failures are the JSON text of [`report::to_json`]. Each shipped module exports
//! one class.

#[cfg(not(all(feature = "module", feature = "verify")))]
mod client;
#[cfg(feature = "verify")]
mod verifier;

use wasm_bindgen::JsValue;

use crate::{error::Failure, report};

#[allow(
    clippy::needless_pass_by_value,
    reason = "it is what map_err hands over"
)]
fn thrown(failure: Failure) -> JsValue {
    report::to_json(&failure).into()
}
