//! The comparison with `serde_json` that the crate's own property tests make.

use portcullis::codec::json::{Json, JsonDefect, for_page};

#[path = "../../src/codec/json/oracle.rs"]
pub mod oracle;
