//! Somebody lets a connection in: with a browser, and on another device.

use portcullis::{
    connection::{
        authorize::{self, PATIENCE, Pending, Response, Waiting, state_of},
        definition::Definition,
        device,
        request::{Exchange, token_request, values_of},
    },
    error::Code,
};
use serde_json::{Value, json};

use super::connection::definition;

fn three_legged(members: &Value) -> Definition {
    let mut all = json!({
        "type": "three-legged", "clientId": "s6BhdRkqt3", "redirectUri": "https://client.example/cb",
        "authorizationUrl": "https://as.example/authorize",
    });
    for (name, value) in members.as_object().unwrap() {
        all[name] = value.clone();
    }
    definition(&all)
}

/// RFC 6749 §4.1.1 and RFC 7636 appendix B.
#[test]
fn an_authorization_request_is_as_the_specification_prints_it() {
    let definition = three_legged(&json!({"scope": "a b"}));
    let pending = Pending::new(
        &[
            116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212,
            37, 77, 105, 214, 191, 240, 91, 88, 5, 88, 83, 132, 141, 121,
        ],
        "a b",
        "",
        0,
    );
    let url = authorize::url(&definition, &pending, "xyz", &values_of(&definition)).unwrap();
    assert_eq!(
        url.real.expose(),
        "https://as.example/authorize?response_type=code&client_id=s6BhdRkqt3\
         &redirect_uri=https%3A%2F%2Fclient.example%2Fcb&scope=a%20b&state=xyz\
         &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
    );
    let own = three_legged(&json!({"authorizationUrl": "https://as.example/authorize?state=mine"}));
    assert!(authorize::url(&own, &pending, "xyz", &values_of(&own)).is_err());
}

#[test]
fn an_authorization_response_has_to_fit() {
    let plain = three_legged(&json!({}));
    let strict = three_legged(&json!({"issuer": "https://as.example"}));
    let process = |definition: &Definition, rest: &str, now| {
        let pending = Pending::new(&[1; 32], "", "", 1000);
        let outcome = pending.process(
            definition,
            &format!("https://client.example/cb?{rest}"),
            now,
        );
        outcome
            .map(|response| matches!(response, Response::Code(..)))
            .map_err(|fault| fault.code)
    };
    for (definition, rest, now, expected) in [
        (&plain, "state=s&code=c", 1600, Ok(true)),
        (&plain, "state=s&code=c", 1601, Err(Code::CallbackExpired)),
        // the clock of another server, which shares the store, may be behind
        (&plain, "state=s&code=c", 700, Ok(true)),
        (&plain, "state=s&code=c", 699, Err(Code::CallbackExpired)),
        (&plain, "state=s", 1000, Err(Code::CallbackMalformed)),
        (&plain, "state=s&code=", 1000, Err(Code::CallbackMalformed)),
        (
            &plain,
            "state=s&code=c&code=d",
            1000,
            Err(Code::CallbackDuplicateParam),
        ),
        (
            &plain,
            "state=s&error=e&code=c",
            1000,
            Err(Code::CallbackAmbiguous),
        ),
        (
            &plain,
            "state=s&error=e",
            1000,
            Err(Code::AuthorizationError),
        ),
        (
            &strict,
            "state=s&code=c",
            1000,
            Err(Code::CallbackIssMissing),
        ),
        (
            &strict,
            "state=s&code=c&iss=https%3A%2F%2Fevil.example",
            1000,
            Err(Code::CallbackIssMismatch),
        ),
        (
            &strict,
            "state=s&code=c&iss=https%3A%2F%2Fas.example",
            1000,
            Ok(true),
        ),
    ] {
        assert_eq!(process(definition, rest, now), expected, "{rest}");
    }
    assert_eq!(
        state_of(&plain, "https://client.example/cb?state=s&code=c").unwrap(),
        "s"
    );
    for (url, code) in [
        (
            "https://client.example/other?state=s",
            Code::CallbackRedirectMismatch,
        ),
        (
            "https://evil.example/cb?state=s",
            Code::CallbackRedirectMismatch,
        ),
        (
            "https://client.example/cb?code=c",
            Code::CallbackStateMissing,
        ),
        (
            "https://client.example/cb?state=a&state=b",
            Code::CallbackDuplicateParam,
        ),
        ("nonsense", Code::CallbackMalformed),
    ] {
        assert_eq!(state_of(&plain, url).unwrap_err().code, code, "{url}");
    }
}

/// RFC 6749 §4.2.2 and §7.1.
#[test]
fn a_token_in_the_fragment_has_a_type_too() {
    let definition = three_legged(&json!({"type": "two-legged", "grant": "implicit"}));
    for (kind, expected) in [
        ("bearer", Ok(())),
        ("Bearer", Ok(())),
        ("mac", Err(Code::TokenTypeUnsupported)),
    ] {
        let url = [
            "https://client.example/cb#state=s&access_token=t&token_type=",
            kind,
        ]
        .concat();
        let response = Pending::new(&[1; 32], "", "", 1000).process(&definition, &url, 1000);
        let outcome = response.map(drop).map_err(|fault| fault.code);
        assert_eq!(outcome, expected, "{kind}");
    }
}

#[test]
fn what_nobody_came_back_from_is_not_kept_for_ever() {
    let begun = |scope: &str, now| Pending::new(&[1; 32], scope, "", now);
    let mut waiting = Waiting::default();
    waiting.add("first", begun("a", 1000), 1000);
    waiting.add("second", begun("b", 1001), 1001);
    waiting.add("late", begun("c", 1001 + PATIENCE), 1001 + PATIENCE);
    assert!(waiting.take("first").is_none());
    assert_eq!(waiting.take("second").unwrap().scope, "b");
    assert!(waiting.take("second").is_none());
    // one more than there may be pushes out the oldest, in the same second too
    let mut waiting = Waiting::default();
    for number in 0..=4096 {
        waiting.add(&number.to_string(), begun("", 5000), 5000);
    }
    assert!(waiting.take("0").is_none());
    assert!(waiting.take("1").is_some() && waiting.take("4096").is_some());
}

/// RFC 8628 §3.1.
#[test]
fn a_device_request_is_as_the_specification_prints_it() {
    let definition = definition(&json!({
        "type": "three-legged", "grant": "device_code", "clientId": "1406020730", "scope": "example_scope",
        "deviceAuthorizationUrl": "https://server.example.com/device_authorization",
    }));
    let request = device::request(&definition, &values_of(&definition)).unwrap();
    assert_eq!(
        request.body.unwrap().expose(),
        "scope=example_scope&client_id=1406020730"
    );
    let mut values = values_of(&definition);
    values.secret("device_code", "GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS");
    let request = token_request(&definition, Exchange::Grant, &values).unwrap();
    assert_eq!(
        request.body.unwrap().expose(),
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code\
         &device_code=GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS&client_id=1406020730"
    );
    assert_eq!(request.shown.body.unwrap()[1].value, "‹device_code›");
}
