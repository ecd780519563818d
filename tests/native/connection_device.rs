//! The device grant: what a system says of a device, and how often it is asked.

use portcullis::{
    connection::{device, fault::Fault},
    error::Code,
};
use serde_json::json;

use super::{connection::definition, connection_answers::answered};

/// RFC 8628 §3.2.
#[test]
fn a_device_is_told_what_the_specification_prints() {
    let body = r#"{"device_code":"GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS","user_code":"WDJB-MJHT",
        "verification_uri":"https://example.com/device",
        "verification_uri_complete":"https://example.com/device?user_code=WDJB-MJHT","expires_in":1800,"interval":5}"#;
    let definition = definition(&json!({}));
    let authorization =
        device::process(&definition, &answered(200, "application/json", body), 100).unwrap();
    assert_eq!(authorization.user_code, "WDJB-MJHT");
    assert_eq!(
        authorization.verification_uri_complete.unwrap(),
        "https://example.com/device?user_code=WDJB-MJHT"
    );
    assert_eq!(
        (authorization.expires_at, authorization.polling.interval),
        (1900, 5)
    );
    for (from, to) in [
        ("\"device_code\"", "\"x\""),
        ("https://example.com/device\"", "javascript:alert(1)\""),
        ("1800", "0"),
        ("\"user_code\"", "\"y\""),
    ] {
        let broken = body.replace(from, to);
        let fault = device::process(
            &definition,
            &answered(200, "application/json", &broken),
            100,
        )
        .unwrap_err();
        assert_eq!(fault.code, Code::TokenInvalid, "{from}");
    }
}

/// As Google and the first version of Microsoft's endpoint have it.
#[test]
fn a_device_is_told_the_same_in_older_words() {
    let body = r#"{"device_code":"d","user_code":"u","verification_url":"https://a.example","expires_in":"900","interval":"7"}"#;
    let authorization = device::process(
        &definition(&json!({})),
        &answered(200, "application/json", body),
        100,
    )
    .unwrap();
    assert_eq!(authorization.verification_uri, "https://a.example");
    assert_eq!(
        (authorization.expires_at, authorization.polling.interval),
        (1000, 7)
    );
}

/// RFC 8628 §3.5.
#[test]
fn polling_obeys() {
    let body = r#"{"device_code":"d","user_code":"u","verification_uri":"https://a.example","expires_in":60}"#;
    let authorization = device::process(
        &definition(&json!({})),
        &answered(200, "application/json", body),
        0,
    )
    .unwrap();
    let refused = |error: &str| Fault::new(Code::TokenError).status(400).said(error, None);
    let mut polling = authorization.polling;
    for (fault, pause) in [
        (refused("authorization_pending"), 5),
        (refused("slow_down"), 10),
        (refused("slow_down"), 15),
        // a system that cannot answer is left alone for longer, and no longer than that
        (Fault::new(Code::Timeout), 30),
        (Fault::new(Code::Network), 60),
        (Fault::new(Code::Network), 60),
        (refused("authorization_pending"), 15),
        (Fault::new(Code::Network), 30),
    ] {
        polling.go_on(fault, 10).unwrap();
        assert_eq!(polling.pause, pause);
    }
    // whoever says yes at the last moment is heard
    polling.go_on(refused("authorization_pending"), 59).unwrap();
    for (fault, now, code, said) in [
        (
            refused("access_denied"),
            10,
            Code::AuthorizationError,
            "access_denied",
        ),
        (
            refused("expired_token"),
            10,
            Code::AuthorizationError,
            "expired_token",
        ),
        (
            refused("invalid_client"),
            10,
            Code::TokenError,
            "invalid_client",
        ),
        (
            refused("authorization_pending"),
            60,
            Code::AuthorizationError,
            "expired_token",
        ),
    ] {
        let ended = authorization.polling.clone().go_on(fault, now).unwrap_err();
        assert_eq!(ended.code, code);
        assert!(ended.is_called(said), "{said}");
    }
}
