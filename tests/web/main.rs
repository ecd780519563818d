//! The browser's side of the platform, in a browser: what the crate asks of it, through the traits
//! it asks by. Hosts are made in JavaScript, beside the test that needs them.

#![cfg(target_arch = "wasm32")]
#![allow(
    unreachable_pub,
    missing_docs,
    reason = "a test binary exports nothing"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that stumbles has failed"
)]

mod crypto;
mod http;
mod own_store;
mod page;
mod store;
mod support;
mod task;
mod tasks;
mod vectors;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
