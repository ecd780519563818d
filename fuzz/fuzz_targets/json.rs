//! The verdict and every value are those of `serde_json`, save for what we refuse on purpose.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| portcullis_fuzz::json::assert_same_verdict(bytes));
