//! Connections from outside: their data, and their requests as the RFCs print them.

use portcullis::{
    connection::{
        definition::Definition,
        moment::Moment,
        parse::parse,
        request::{Exchange, hand_over, token_request, values_of},
        values::{ENTROPY, Values},
    },
    error::Code,
};
use serde_json::{Value, json};

use super::documents::read;

pub const PRESETS: &[&str] = &["case-manager", "compliance-auth", "iman", "cardsync"];

pub fn preset(name: &str) -> Value {
    let file: Value = serde_json::from_str(&read(&format!("presets/{name}.json"))).unwrap();
    file["connection"].clone()
}

/// A two-legged connection with these members.
pub fn with(members: &Value) -> Value {
    let mut data = json!({"id": "c", "type": "two-legged", "tokenUrl": "https://as.example/token"});
    for (name, value) in members.as_object().unwrap() {
        data[name] = value.clone();
    }
    data
}

pub fn definition(members: &Value) -> Definition {
    parse(&with(members)).unwrap()
}

pub fn fields_of(
    problems: Result<Definition, Vec<portcullis::connection::reader::Problem>>,
) -> Vec<String> {
    problems
        .err()
        .unwrap_or_default()
        .into_iter()
        .map(|problem| problem.field)
        .collect()
}

fn drawn(values: &Values) -> Values {
    values.for_request(
        &[7; ENTROPY],
        Moment {
            millis: 0,
            offset: 0,
        },
    )
}

/// The body of the token request.
fn body(members: &Value, secrets: &[(&str, &str)]) -> String {
    let definition = definition(members);
    let mut values = drawn(&values_of(&definition));
    for (name, secret) in secrets {
        hand_over(&mut values, name, secret);
    }
    let request = token_request(&definition, Exchange::Grant, &values).unwrap();
    request.body.unwrap().expose().to_string()
}

#[test]
fn presets_are_connections() {
    for name in PRESETS {
        assert_eq!(
            fields_of(parse(&preset(name))),
            Vec::<String>::new(),
            "{name}"
        );
    }
}

#[test]
fn every_field_is_checked_and_named() {
    for (members, field) in [
        (json!({"id": ""}), "id"),
        (json!({"id": "a b"}), "id"),
        (json!({"id": 7}), "id"),
        (json!({"type": null}), "type"),
        (json!({"type": "four-legged"}), "type"),
        (json!({"grant": "authorization_code"}), "grant"),
        (json!({"grant": "magic"}), "grant"),
        (json!({"clientAuth": "basic"}), "clientId"),
        (
            json!({"clientId": "c", "clientAuth": "post", "signingAlg": "none"}),
            "signingAlg",
        ),
        (
            json!({"clientId": "c", "clientAuth": "client_secret_jwt", "signingAlg": "RS256"}),
            "signingAlg",
        ),
        (json!({"tokenUrl": null}), "tokenUrl"),
        (json!({"tokenUrl": "http://as.example/token"}), "tokenUrl"),
        (
            json!({"tokenUrl": "https://user:pw@as.example/token"}),
            "tokenUrl",
        ),
        (
            json!({"tokenUrl": "https://as.example/token#x"}),
            "tokenUrl",
        ),
        (
            json!({"tokenUrl": "https://as.example/%[nothing]"}),
            "tokenUrl",
        ),
        (json!({"tokenUrl": "https://as.example/%[open"}), "tokenUrl"),
        (json!({"type": "three-legged"}), "authorizationUrl"),
        (
            json!({"type": "three-legged", "grant": "device_code"}),
            "deviceAuthorizationUrl",
        ),
        (json!({"pkce": "yes"}), "pkce"),
        (json!({"timeout": 121}), "timeout"),
        (json!({"timeout": -1}), "timeout"),
        (json!({"timeout": 1.5}), "timeout"),
        (
            json!({"values": {"client_secret": "x"}}),
            "values.client_secret",
        ),
        (json!({"values": {"token": "x"}}), "values.token"),
        (json!({"values": {"api_key": "x"}}), "values.api_key"),
        (
            json!({"tokenUrl": "https://as.example/token?v=1&api_key=x"}),
            "tokenUrl",
        ),
        (
            json!({"values": {"base": "https://as.example"}, "testUrl": "%[base]/me?access_token=x"}),
            "testUrl",
        ),
        (json!({"tokenRequest": {}}), "tokenRequest"),
        (
            json!({"tokenRequest": [{"name": "a", "value": "b", "x": 1}]}),
            "tokenRequest[0].x",
        ),
        (
            json!({"tokenRequest": [{"name": "a"}, {"name": "client_secret", "value": "literal"}]}),
            "tokenRequest[1].value",
        ),
        (
            json!({"tokenRequest": [{"name": "a", "value": "%[typo]"}]}),
            "tokenRequest[0].value",
        ),
        (
            json!({"tokenHeaders": [{"name": "a b", "value": "c"}]}),
            "tokenHeaders[0].name",
        ),
        (
            json!({"tokenHeaders": [{"name": "Host", "value": "c"}]}),
            "tokenHeaders[0].name",
        ),
        (
            json!({"tokenHeaders": [{"name": "a", "value": "c\r\nX: y"}]}),
            "tokenHeaders[0].value",
        ),
        (
            json!({"requestHeaders": [{"name": "Authorization", "value": "Bearer literal"}]}),
            "requestHeaders[0].value",
        ),
        (json!({"credentials": {"a": []}}), "credential"),
        (json!({"versions": {"1": {}}, "version": "2"}), "version"),
        (
            json!({"versions": {"1": {"tokenPath": "$["}}, "version": "1"}),
            "versions.1.tokenPath",
        ),
        (json!({"tokenPath": "a.b c"}), "tokenPath"),
        (
            json!({"before": [{"url": "https://a.example", "body": [{"name": "a", "value": "b"}]}]}),
            "before[0].body",
        ),
        (
            json!({"before": [{"method": "PATCH", "url": "https://a.example"}]}),
            "before[0].method",
        ),
        (json!({"apiOrigins": ["ftp://x"]}), "apiOrigins[0]"),
        (json!({"idleTimeout": "%[nothing]"}), "idleTimeout"),
        (json!({"typo": 1}), "typo"),
    ] {
        let fields = fields_of(parse(&with(&members)));
        assert!(
            fields.iter().any(|named| named == field),
            "{members}: {fields:?}"
        );
    }
    assert_eq!(fields_of(parse(&json!([]))).len(), 4);
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let fields = fields_of(parse(&with(
        &json!({"id": "", "timeout": 500, "testUrl": "x"}),
    )));
    assert_eq!(fields, ["id", "testUrl", "timeout"]);
}

/// RFC 6749 §4.4.2 and §4.3.2, RFC 8693 §2.3, RFC 7522 §2.1, RFC 7523 §2.1.
#[test]
fn grants_are_as_their_specifications_print_them() {
    assert_eq!(
        body(&json!({"grant": "client_credentials"}), &[]),
        "grant_type=client_credentials"
    );
    assert_eq!(
        body(
            &json!({"grant": "password"}),
            &[("user_name", "johndoe"), ("password", "A3ddj3w")]
        ),
        "grant_type=password&username=johndoe&password=A3ddj3w"
    );
    assert_eq!(
        body(
            &json!({"grant": "token_exchange", "tokenRequest": [{"name": "resource", "value": "https://backend.example.com/api"}]}),
            &[(
                "subject_token",
                "accVkjcJyb4BWCxGsndESCJQbdFMogUC5PbRDqceLTC"
            )]
        ),
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange\
         &subject_token=accVkjcJyb4BWCxGsndESCJQbdFMogUC5PbRDqceLTC\
         &subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token\
         &resource=https%3A%2F%2Fbackend.example.com%2Fapi"
    );
    assert_eq!(
        body(
            &json!({"grant": "saml2_bearer"}),
            &[("saml_assertion", "<a>?</a>")]
        ),
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Asaml2-bearer&assertion=PGE-PzwvYT4"
    );
    assert_eq!(
        body(&json!({"grant": "jwt_bearer"}), &[("assertion", "e.y.J")]),
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=e.y.J"
    );
}

#[test]
fn values_are_escaped_for_their_place() {
    let members = json!({
        "bodyType": "json", "values": {"odd": "a\"\\\u{1}&=é"},
        "tokenRequest": [{"name": "odd\"", "value": "x%[odd]"}],
    });
    assert_eq!(
        body(&members, &[]),
        "{\"odd\\\"\":\"xa\\\"\\\\\\u0001&=é\"}"
    );
    let members =
        json!({"values": {"odd": "a&b=c é"}, "tokenRequest": [{"name": "f", "value": "%[odd]"}]});
    assert_eq!(body(&members, &[]), "f=a%26b%3Dc+%C3%A9");
}

#[test]
fn a_header_is_not_injected() {
    let members = json!({"values": {"odd": "a\r\nX-Evil: 1"}, "tokenHeaders": [{"name": "X-A", "value": "%[odd]"}]});
    let definition = definition(&members);
    let refused = token_request(
        &definition,
        Exchange::Grant,
        &drawn(&values_of(&definition)),
    );
    let fault = refused.unwrap_err();
    assert_eq!(
        (fault.code, &*fault.place),
        (Code::ConfigInvalid, "tokenHeaders[0].value")
    );
}

#[test]
fn a_value_cannot_lead_a_secret_elsewhere() {
    for base in [
        "http://evil.example",
        "https://a@evil.example",
        "javascript:x",
        "",
    ] {
        let members = json!({"tokenUrl": "%[base]/token", "values": {"base": base}});
        let definition = definition(&members);
        let fault = token_request(
            &definition,
            Exchange::Grant,
            &drawn(&values_of(&definition)),
        )
        .unwrap_err();
        assert_eq!(fault.code, Code::ConfigInvalid, "{base}");
    }
}

/// `..` is made of letters that nothing escapes, and takes away the segment before it.
#[test]
fn a_value_cannot_take_away_what_is_before_it() {
    for (url, value, is_good) in [
        ("https://as.example/t/%[v]/token", "..", false),
        ("https://as.example/t/%[v]/token", ".", false),
        ("https://as.example/t/.%[v]", ".", false),
        ("%[base]/%[v]?x", "..", false),
        ("https://as.example/t/a%[v]", "..", true),
        ("https://as.example/t?x=/%[v]/", "..", true),
        ("https://as.example/t/%[v]", "...", true),
    ] {
        let members =
            json!({"tokenUrl": url, "values": {"v": value, "base": "https://as.example/t"}});
        let definition = definition(&members);
        let values = drawn(&values_of(&definition));
        let made = token_request(&definition, Exchange::Grant, &values);
        let place = made.err().map(|fault| fault.place);
        let expected = (!is_good).then_some("tokenUrl");
        assert_eq!(place.as_deref(), expected, "{url} {value}");
    }
}

/// What is named with a template is no secret yet.
#[test]
fn a_url_may_name_a_secret() {
    let url = "https://as.example/token?api_key=%[k]&token_type=jwt&secret=";
    definition(&json!({"tokenUrl": url, "secrets": ["k"]}));
}

#[test]
fn a_grant_type_that_may_be_the_password_grant_counts_as_one() {
    let sent = |value: &str| json!([{"name": "grant_type", "value": value}]);
    let values = json!({"x": "password", "y": "client", "z": "client"});
    for (members, expected) in [
        (json!({}), false),
        (json!({"grant": "client_credentials"}), false),
        (json!({"grant": "password"}), true),
        (json!({"tokenRequest": sent("password")}), true),
        (json!({"tokenRequest": sent("client_credentials")}), false),
        (json!({"tokenRequest": sent("%[x]")}), true),
        (json!({"tokenRequest": sent("%[y]_credentials")}), false),
        (json!({"tokenRequest": sent("%[scope]")}), true),
        (
            json!({"tokenRequest": sent("%[own]"), "secrets": ["own"]}),
            true,
        ),
        (
            json!({"tokenRequest": sent("%[z]"), "tokenValues": {"z": "next"}}),
            true,
        ),
        (json!({"refreshRequest": sent("%[x]")}), true),
        (
            json!({"tokenUrl": "https://as.example/t?a=1&grant%5ftype=pass%77ord"}),
            true,
        ),
        (
            json!({"tokenUrl": "https://as.example/t?grant_type=%[x]"}),
            true,
        ),
        (
            json!({"tokenUrl": "https://as.example/t?grant_type=client_credentials&x=%[x]"}),
            false,
        ),
        (
            json!({"before": [{"method": "POST", "url": "https://as.example/", "body": sent("pass%[w]")}],
                "values": {"w": "word"}}),
            true,
        ),
    ] {
        let mut members = members.clone();
        if members.get("values").is_none() {
            members["values"] = values.clone();
        }
        assert_eq!(
            definition(&members).may_send_password(),
            expected,
            "{members}"
        );
    }
}
