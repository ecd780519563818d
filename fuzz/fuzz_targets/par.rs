//! A pushed request that is believed has a reference, and what the page is left for says nothing beside it; a
//! nonce that is believed is one word. The first byte chooses the status.

#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis::{
    error::Code,
    protocol::{dpop, par},
};
use portcullis_fuzz::{
    assert_brief,
    parts::{CONFIG, answer},
};
use serde_json::Value;
use url::Url;

const ENDPOINT: &str = "https://op.example/authorize?realm=a";

fuzz_target!(|input: &[u8]| {
    let Some((choice, body)) = input.split_first() else {
        return;
    };
    if let Ok(text) = core::str::from_utf8(body)
        && let Ok(nonce) = dpop::nonce(Some(text))
    {
        assert_eq!(nonce, text);
        assert!((1..=2048).contains(&nonce.len()));
        assert!(
            nonce
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte))
        );
    }
    let status = [201, 200, 400, 500, 0][usize::from(*choice) % 5];
    let request_uri = match par::process(&answer(status, body), "state=s&nonce=n") {
        Ok(request_uri) => request_uri,
        Err(failure) => {
            let code = failure.error.code();
            assert!(matches!(code, Code::ParHttp | Code::ParInvalid));
            // not every refusal is in words
            if failure.said.is_some() {
                assert_brief(&failure, Code::ParHttp);
            }
            return;
        }
    };
    assert_eq!(status, 201);
    assert!(!request_uri.to_ascii_lowercase().starts_with("http:"));
    // the other reader has no numbers beyond f64
    if let Ok(read) = serde_json::from_slice::<Value>(body) {
        assert_eq!(read["request_uri"], *request_uri);
        let lifetime = &read["expires_in"];
        assert!(lifetime.is_null() || lifetime.as_f64().is_some_and(|seconds| seconds >= 1.0));
    }
    let url = Url::parse(&par::url(ENDPOINT, &CONFIG, &request_uri)).expect("a URL");
    let query: Vec<_> = url.query_pairs().collect();
    let names: Vec<_> = query.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["realm", "client_id", "request_uri"]);
    assert_eq!(query[2].1, request_uri);
});
