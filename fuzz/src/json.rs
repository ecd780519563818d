//! The comparison with `serde_json` that the crate's own property tests make.

use portcullis::codec::json::{Json, JsonDefect, for_page};

#[path = "../../src/codec/json/oracle.rs"]
mod oracle;

/// Asserts that we accept `bytes` exactly if `serde_json` does, save for our own rules, and then
/// read the same.
pub fn assert_same_verdict(bytes: &[u8]) {
    oracle::assert_same_verdict(bytes);
}
