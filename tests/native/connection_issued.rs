//! What is taken of a token answer, and what is not.

use portcullis::{connection::answer, error::Code};
use serde_json::{Value, json};

use super::{connection::definition, connection_answers::answered};

/// RFC 6749 §4.4.3: whoever asks for itself can ask again, and nobody has signed in.
#[test]
fn client_credentials_bring_neither_a_refresh_token_nor_an_id_token() {
    let issued = |members, body: Value| {
        let answer = answered(200, "application/json", &body.to_string());
        answer::token(&definition(&members), &answer).unwrap()
    };
    let machine = json!({"grant": "client_credentials", "clientId": "c"});
    for (body, ignored) in [
        (json!({"access_token": "a"}), None),
        (
            json!({"access_token": "a", "refresh_token": "r"}),
            Some("refresh_token"),
        ),
        (
            json!({"access_token": "a", "refresh_token": {}}),
            Some("refresh_token"),
        ),
        (
            json!({"access_token": "a", "id_token": "i"}),
            Some("id_token"),
        ),
        (
            json!({"access_token": "a", "id_token": "i", "refresh_token": "r"}),
            Some("refresh_token and id_token"),
        ),
        (
            json!({"access_token": "a", "id_token": null, "refresh_token": null}),
            None,
        ),
    ] {
        let issued = issued(machine.clone(), body);
        assert!(issued.refresh_token.is_none());
        assert_eq!(issued.ignored, ignored);
    }
    let both = json!({"access_token": "a", "id_token": "i", "refresh_token": "r"});
    let described = issued(json!({}), both.clone());
    assert!(described.refresh_token.is_some() && described.ignored.is_none());
    let mut wanted = machine;
    wanted["tokenPath"] = "id_token".into();
    assert_eq!(issued(wanted, both).ignored, Some("refresh_token"));
}

/// 64 bits hold every integer that they can; a longer one would be read as another.
#[test]
fn a_number_that_is_read_is_the_one_that_was_said() {
    let definition = definition(&json!({"tokenValues": {"n": "$.n"}}));
    for (n, expected) in [
        ("9007199254740993", Some("9007199254740993")),
        ("18446744073709551615", Some("18446744073709551615")),
        ("18446744073709551616", None),
        ("-12345678901234567890123", None),
        ("1.5", Some("1.5")),
        ("1e300", None),
    ] {
        let body = ["{\"access_token\":\"a\",\"n\":", n, "}"].concat();
        let issued = answer::token(&definition, &answered(200, "application/json", &body));
        match expected {
            Some(text) => assert_eq!(issued.unwrap().values[0].1.expose(), text),
            None => assert_eq!(issued.unwrap_err().code, Code::TokenInvalid, "{n}"),
        }
    }
}

#[test]
fn a_token_of_another_type_is_not_sent_as_a_bearer_token() {
    let answer = |kind: &str| {
        let body = json!({"access_token": "a", "token_type": kind}).to_string();
        answered(200, "application/json", &body)
    };
    let header =
        |name: &str, value: &str| json!({"requestHeaders": [{"name": name, "value": value}]});
    for (members, mac) in [
        (json!({}), false),
        (header("Authorization", "Bearer %[token]"), false),
        (header("authorization", "bearer %[token]"), false),
        (header("Authorization", "MAC %[token]"), true),
        (header("Authorization", "BearerX %[token]"), true),
        (header("X-Auth", "Bearer %[token]"), true),
    ] {
        let definition = definition(&members);
        let outcome = answer::token(&definition, &answer("mac"));
        assert_eq!(outcome.is_ok(), mac, "{members}");
        if let Err(fault) = outcome {
            assert_eq!(fault.code, Code::TokenTypeUnsupported);
        }
        assert!(answer::token(&definition, &answer("bearer")).is_ok());
    }
}
