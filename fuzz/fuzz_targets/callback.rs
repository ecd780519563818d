//! A callback is redeemed only if it says exactly what it should, and what is left in the
//! address bar says nothing of it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis::{
    codec::url::WebUrl,
    error::{Code, Said},
    protocol::callback::CallbackParams,
};
use portcullis_fuzz::{
    assert_brief,
    parts::{CONFIG, ISSUER, NOW, REDIRECT, pending},
};
use url::{Host, Url};

fuzz_target!(|text: &str| {
    if let Some(ours) = WebUrl::parse(text) {
        assert_same_url(ours, text);
    }
    let Ok(params) = CallbackParams::parse(text) else {
        return;
    };
    let state = params.state();

    // What stays in the address bar is no response, and has nothing more to lose.
    let clean = params.clean_url();
    let left = CallbackParams::parse(&clean).expect("a part of what could be read");
    assert_eq!(
        left.state().map_err(|error| error.code()),
        Err(Code::CallbackStateMissing)
    );
    assert_eq!(left.clean_url(), clean);
    assert_eq!(left.is_on(REDIRECT), params.is_on(REDIRECT));

    match params.validate(pending(), &CONFIG, NOW) {
        Ok(callback) => {
            // Read by another reader: one code, our redirect URI, nothing of another flow.
            let url = Url::parse(text).expect("a URL");
            assert_eq!(url.origin().ascii_serialization() + url.path(), REDIRECT);
            let all = |name: &str| -> Vec<String> {
                let pairs = url.query_pairs().filter(|pair| pair.0 == name);
                pairs.map(|pair| pair.1.into_owned()).collect()
            };
            assert_eq!(all("code"), [callback.code.expose()]);
            for name in [
                "error",
                "access_token",
                "id_token",
                "token_type",
                "response",
            ] {
                assert!(all(name).iter().all(String::is_empty), "{name}");
            }
            assert!(all("iss").iter().all(|iss| iss.is_empty() || iss == ISSUER));
            assert!(all("state").len() <= 1);
            assert!(state.is_ok() || all("state").iter().all(String::is_empty));
        }
        Err(failure) => {
            assert_brief(&failure, Code::AuthorizationError);
            if let Some(Said::OAuth { error, .. }) = failure.said.as_deref() {
                assert!(!error.is_empty());
            }
        }
    }
});

/// Where a browser reads a URL that we accept, it reads the same one.
fn assert_same_url(ours: WebUrl<'_>, text: &str) {
    let Ok(theirs) = Url::parse(text) else {
        return;
    };
    assert_eq!(
        theirs.query().unwrap_or_default().is_empty(),
        ours.query().is_empty()
    );
    assert_eq!(theirs.fragment().is_some(), ours.fragment().is_some());
    assert!(theirs.username().is_empty() && theirs.password().is_none());
    let is_loopback = match theirs.host().expect("a host") {
        Host::Domain(name) => {
            assert_eq!(ours.origin(), theirs.origin().ascii_serialization());
            name == "localhost" || name.ends_with(".localhost")
        }
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    // the other way round, a browser knows more spellings
    assert!(is_loopback || !ours.is_loopback(), "{text}");
}
