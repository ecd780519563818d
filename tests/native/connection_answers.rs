//! What systems answer: tokens and errors.

use portcullis::{
    connection::{answer, fault::Fault, inquiry::described, message::Answer, path::Path},
    error::Code,
    secret::Secret,
};
use serde_json::json;

use super::connection::definition;

pub fn answered(status: u16, content_type: &str, body: &str) -> Answer {
    Answer {
        status,
        content_type: content_type.into(),
        body: Some(body.as_bytes().to_vec()),
    }
}

/// RFC 6749 §5.1, RFC 8693 §2.3, and what systems make of it.
#[test]
fn a_token_is_where_the_data_says() {
    let plain = json!({});
    let nested = json!({"tokenPath": "$.result.list[1].t", "expiresInPath": "$.result.s", "refreshTokenPath": "$.r"});
    for (members, body, token, lifetime, refresh) in [
        (
            &plain,
            r#"{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"example","expires_in":3600,"refresh_token":"tGzv3JOkF0XG5Qx2TlKWIA"}"#,
            None,
            None,
            None,
        ),
        (
            &plain,
            r#"{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"Bearer","expires_in":3600,"refresh_token":"tGzv3JOkF0XG5Qx2TlKWIA"}"#,
            Some("2YotnFZFEjr1zCsicMWpAA"),
            Some(3600),
            Some("tGzv3JOkF0XG5Qx2TlKWIA"),
        ),
        (
            &plain,
            r#"{"access_token":"eyJhbGciOiJFUzI1NiIsImtpZCI6IjllciJ9","issued_token_type":"urn:ietf:params:oauth:token-type:access_token","token_type":"Bearer","expires_in":60}"#,
            Some("eyJhbGciOiJFUzI1NiIsImtpZCI6IjllciJ9"),
            Some(60),
            None,
        ),
        (
            &plain,
            r#"{"access_token":"a","expires_in":"31536000"}"#,
            Some("a"),
            Some(31_536_000),
            None,
        ),
        (
            &plain,
            r#"{"access_token":"a","expires_in":3600.0}"#,
            Some("a"),
            Some(3600),
            None,
        ),
        (
            &plain,
            r#"{"access_token":"a","expires_in":3600.7}"#,
            None,
            None,
            None,
        ),
        (
            &plain,
            r#"{"access_token":"a","expires_in":null,"refresh_token":""}"#,
            Some("a"),
            None,
            None,
        ),
        (
            &nested,
            r#"{"result":{"list":[{"t":"a"},{"t":"b"}],"s":"9"},"r":"c"}"#,
            Some("b"),
            Some(9),
            Some("c"),
        ),
        (&nested, r#"{"access_token":"a"}"#, None, None, None),
    ] {
        let issued = answer::token(
            &definition(members),
            &answered(200, "application/json;charset=UTF-8", body),
        )
        .ok();
        assert_eq!(
            issued.as_ref().map(|issued| issued.token.expose()),
            token,
            "{body}"
        );
        let Some(issued) = issued else { continue };
        assert_eq!(issued.lifetime, lifetime, "{body}");
        assert_eq!(
            issued
                .refresh_token
                .as_ref()
                .map(portcullis::secret::Secret::expose),
            refresh,
            "{body}"
        );
    }
}

#[test]
fn everything_else_is_an_error_with_a_place() {
    let definition = definition(&json!({}));
    for (status, content_type, body, code, place) in [
        (
            200,
            "text/html",
            "<h1>It works!</h1>",
            Code::TokenInvalid,
            "content-type",
        ),
        (200, "", "{}", Code::TokenInvalid, "content-type"),
        (
            200,
            "application/json",
            "{\"access_token\":\"a",
            Code::TokenInvalid,
            "JSON",
        ),
        (
            200,
            "application/json",
            "{\"access_token\":\"a\",\"access_token\":\"b\"}",
            Code::TokenInvalid,
            "JSON",
        ),
        (
            200,
            "application/json",
            "{}",
            Code::TokenInvalid,
            "access_token",
        ),
        (
            200,
            "application/json",
            "{\"access_token\":\"\"}",
            Code::TokenInvalid,
            "access_token",
        ),
        (
            200,
            "application/json",
            "{\"access_token\":7}",
            Code::TokenInvalid,
            "access_token",
        ),
        (
            200,
            "application/json",
            "{\"access_token\":\"a\\r\\nX: y\"}",
            Code::TokenInvalid,
            "access_token",
        ),
        (
            200,
            "application/json",
            "{\"access_token\":\"a\",\"expires_in\":\"soon\"}",
            Code::TokenInvalid,
            "expires_in",
        ),
        (
            200,
            "application/json",
            "{\"access_token\":\"a\",\"expires_in\":-1}",
            Code::TokenInvalid,
            "expires_in",
        ),
        (
            200,
            "application/json",
            "{\"access_token\":\"a\",\"refresh_token\":{}}",
            Code::TokenInvalid,
            "refresh_token",
        ),
        (
            200,
            "application/json",
            "{\"access_token\":\"a\",\"token_type\":\"mac\"}",
            Code::TokenTypeUnsupported,
            "",
        ),
        (
            200,
            "application/json",
            "{\"access_token\":\"a\",\"error\":\"odd\"}",
            Code::TokenInvalid,
            "error",
        ),
        (
            200,
            "application/json",
            "{\"access_token\":\"\",\"error\":\"odd\"}",
            Code::TokenError,
            "",
        ),
        (
            400,
            "application/json",
            "{\"error\":\"invalid_client\"}",
            Code::TokenError,
            "",
        ),
        (
            400,
            "text/html",
            "{\"error\":\"invalid_client\"}",
            Code::TokenHttp,
            "",
        ),
        (404, "text/html", "", Code::TokenHttp, ""),
        (0, "", "", Code::TokenHttp, ""),
        (
            429,
            "application/json",
            "{\"error\":\"slow\"}",
            Code::TokenHttp,
            "",
        ),
        (
            503,
            "application/json",
            "{\"error\":\"x\"}",
            Code::TokenHttp,
            "",
        ),
    ] {
        let fault = answer::token(&definition, &answered(status, content_type, body)).unwrap_err();
        assert_eq!(
            (fault.code, &*fault.place),
            (code, place),
            "{status} {content_type} {body}"
        );
    }
    let endless = Answer {
        status: 200,
        content_type: "application/json".into(),
        body: None,
    };
    assert_eq!(
        answer::token(&definition, &endless).unwrap_err().code,
        Code::TokenTooLarge
    );
}

#[test]
fn an_error_is_told_in_the_systems_words() {
    for (members, body, error, description) in [
        (
            json!({}),
            r#"{"error":"invalid_grant","error_description":"no","error_uri":"https://x"}"#,
            "invalid_grant",
            Some("no"),
        ),
        (
            json!({"errorPath": "$.fault.code"}),
            r#"{"fault":{"code":17},"message":"no"}"#,
            "17",
            Some("no"),
        ),
        (
            json!({"errorPath": "$.errors[0].text"}),
            r#"{"errors":[{"text":"a <b>"}]}"#,
            "a <b>",
            None,
        ),
    ] {
        let fault = answer::token(
            &definition(&members),
            &answered(400, "application/json", body),
        )
        .unwrap_err();
        let said = fault.said.unwrap();
        assert_eq!(
            (&*said.error, said.description.as_deref()),
            (error, description),
            "{body}"
        );
    }
}

/// RFC 6749 §5.2, §4.1.2.1; systems with words of their own.
#[test]
fn a_grant_is_refused_by_one_word_or_by_the_systems_own() {
    let (oauth, own) = (json!({}), json!({"errorPath": "$.fault.code"}));
    for (members, code, error, expected) in [
        (&oauth, Code::TokenError, "invalid_grant", true),
        (&oauth, Code::TokenError, "invalid_client", false),
        (&oauth, Code::TokenError, "temporarily_unavailable", false),
        (&oauth, Code::TokenError, "E-17", false),
        (&own, Code::TokenError, "invalid_grant", true),
        (&own, Code::TokenError, "E-17", true),
        (&own, Code::TokenError, "invalid_client", false),
        (&own, Code::TokenError, "server_error", false),
        (&own, Code::TokenHttp, "E-17", false),
    ] {
        let fault = Fault::new(code).status(400).said(error, None);
        let paths = definition(members).answer;
        assert_eq!(
            answer::refuses_grant(&paths, &fault),
            expected,
            "{members} {error}"
        );
    }
}

/// A secret that is longer than what is kept of the words would not be known in what is left of it.
#[test]
fn words_are_cut_behind_their_secrets() {
    let secret = Secret::new("<saml/>".repeat(300));
    let echo = format!("no: {} {}", secret.expose(), "x".repeat(2000));
    let words = Fault::new(Code::TokenError).said(&echo, Some(&echo));
    let said = words.discreet(&[secret]).said.unwrap();
    for text in [said.error, said.description.unwrap()] {
        assert!(text.starts_with("no: ‹redacted› xxx"), "{text}");
        assert!(!text.contains("saml"), "{text}");
        assert_eq!(text.len(), 1024);
    }
    let structured = answer::token(
        &definition(&json!({})),
        &answered(
            400,
            "application/json",
            r#"{"error":{"sent":"a\"b\\c\nd"}}"#,
        ),
    );
    let words = structured.unwrap_err();
    let said = words.discreet(&[Secret::new("a\"b\\c\nd".into())]).said;
    assert_eq!(said.unwrap().error, r#"{"sent":"‹redacted›"}"#);
}

/// What an answer is read for is hidden in it, whatever it looks like.
#[test]
fn what_is_read_is_not_shown() {
    let paths = ["$.t", "r", "$.data[0].v", "list", "missing"];
    let paths = paths.map(|text| Path::parse(text).unwrap());
    let paths: Vec<_> = paths.iter().collect();
    let body = r#"{"t":"abc","r":12345,"data":[{"v":"x y"}],"list":[1],"kept":7,"flag":true}"#;
    for content_type in ["application/json", "text/html"] {
        let answer = answered(200, content_type, body);
        let told = answer::told(&paths, &answer);
        let shown = answer.shown(&told, true).body;
        for gone in ["abc", "12345", "x y"] {
            assert!(!shown.contains(gone), "{gone} in {shown}");
        }
        assert!(
            shown.contains("\"kept\": 7") && shown.contains("true"),
            "{shown}"
        );
    }
}

/// RFC 7662 §2.2.
#[test]
fn what_is_said_of_a_token_says_whether_it_is_active() {
    let definition = definition(&json!({}));
    let described = |body| described(&definition, &answered(200, "application/json", body));
    for (body, page) in [
        (r#"{"active":false}"#, r#"{"active":false}"#),
        // 2^53 + 1 would be another number in a page
        (
            r#"{"active":true,"n":9007199254740993}"#,
            r#"{"active":true,"n":"9007199254740993"}"#,
        ),
    ] {
        assert_eq!(described(body).unwrap(), page);
    }
    for body in ["{}", r#"{"active":"true"}"#, "[]"] {
        assert_eq!(
            described(body).unwrap_err().code,
            Code::TokenInvalid,
            "{body}"
        );
    }
}
