//! Claims are accepted exactly if an independent reading of them says so.

#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis::codec::json::Json;
use portcullis_fuzz::{
    parts::{as_access_token, as_id_token},
    restated::{Times, is_for_our_api, is_our_id_token},
};
use serde_json::Value;

fuzz_target!(|payload: &[u8]| {
    let verdict = as_id_token(payload).map(|verified| verified.claims);
    let api_verdict = as_access_token(payload);
    let Ok(json) = Json::parse(payload) else {
        assert!(verdict.is_err() && api_verdict.is_err());
        return;
    };
    // the other reader has no numbers beyond f64
    let Ok(claims) = serde_json::from_slice::<Value>(payload) else {
        return;
    };
    let times = Times::read(json);
    let text = json.raw();
    assert_eq!(
        verdict.is_ok(),
        is_our_id_token(&claims, &times),
        "{verdict:?} {text}"
    );
    assert_eq!(
        api_verdict.is_ok(),
        is_for_our_api(&claims, &times),
        "{api_verdict:?} {text}"
    );
    for page in [verdict, api_verdict].into_iter().flatten() {
        let page: Value = serde_json::from_str(&page).expect("JSON for the page");
        assert_eq!(
            (&page["sub"], &page["iss"]),
            (&claims["sub"], &claims["iss"])
        );
    }
});
