//! A token that is read is written in its one way and demands nothing we do not do; one that
//! verifies under a key of the standards is the one that the standard prints.

#![no_main]

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use libfuzzer_sys::fuzz_target;
use portcullis::{
    jose::{alg::Algs, jws::Jws},
    verify::software,
};
use portcullis_fuzz::{SIGNED, parts::proof};
use serde_json::Value;

fuzz_target!(|token: &str| {
    let Ok(jws) = Jws::parse(token, Algs::ALL) else {
        return;
    };
    // Read by others: three segments, canonical, and a header that says what ours says.
    let segments: Vec<_> = token.split('.').collect();
    let [header, payload, signature] = segments[..] else {
        panic!("{token}");
    };
    let decode = |segment| URL_SAFE_NO_PAD.decode(segment).expect("base64url");
    assert_eq!(decode(payload), jws.payload(&proof()));
    match serde_json::from_slice::<Value>(&decode(header)) {
        Ok(read) => {
            assert_eq!(read["alg"], jws.alg().as_str());
            assert_eq!(read["kid"].as_str(), jws.kid());
            assert_eq!(read["typ"].as_str(), jws.typ());
            let has = |name| read.get(name).is_some();
            assert!(!has("crit") && !has("zip"));
            assert!(read.get("b64").is_none_or(|b64| *b64 == Value::Bool(true)));
        }
        Err(error) => assert!(error.to_string().starts_with("number out of range")),
    }
    // Nothing can be added and nothing taken away at either end.
    for other in [
        &[token, "="].concat(),
        &[token, "."].concat(),
        &[" ", token].concat(),
    ] {
        assert!(Jws::parse(other, Algs::ALL).is_err());
    }
    assert!(Jws::parse(token, Algs::NONE).is_err());

    // Cryptography takes a thousand times as long as the rest, so one length in eight is asked.
    let is_asked = token.len() % 8 == 0;
    let signing_input = [header, ".", payload, "."].concat();
    let is_genuine = SIGNED
        .iter()
        .any(|(printed, _)| printed.starts_with(&signing_input));
    for (printed, key) in SIGNED.iter() {
        let Ok(checks) = jws.checks(core::slice::from_ref(key)) else {
            continue;
        };
        for check in &checks {
            assert_eq!(check.signature, decode(signature));
            if *printed == token {
                assert!(software::holds(check));
            } else if is_asked && !is_genuine {
                assert!(!software::holds(check), "forged: {token}");
            }
        }
    }
});
