//! Answers of the token endpoint that must not become a session (RFC 6749 §5, OpenID Connect
//! Core §3.1.3.3).

use portcullis::error::{Code, Said};
use serde_json::{Value, json};

use crate::world::*;

#[test]
fn an_answer_with_a_wrong_member_is_refused() {
    let crlf = "a\r\nAuthorization: b";
    let invalid = Code::TokenInvalid;
    let mut rows: Vec<(String, Value, Code)> = vec![];
    for (what, value) in [
        ("missing", json!(ABSENT)),
        ("null", json!(null)),
        ("empty", json!("")),
        ("a number", json!(1)),
        ("two lines", json!(crlf)),
        ("a NUL", json!("a\0")),
        ("a space", json!("a b")),
        ("a letter that is not ASCII", json!("ä")),
    ] {
        rows.push((
            format!("access_token: {what}"),
            json!({ "access_token": value.clone() }),
            invalid,
        ));
        let optional = value == ABSENT || value.is_null();
        if !optional {
            rows.push((
                format!("refresh_token: {what}"),
                json!({ "refresh_token": value.clone() }),
                invalid,
            ));
            rows.push((
                format!("id_token: {what}"),
                json!({ "id_token": value }),
                invalid,
            ));
        }
    }
    for (what, value) in [
        ("a space before", json!(" 3600")),
        ("a unit", json!("3600s")),
        ("negative text", json!("-1")),
        ("an exponent in text", json!("1e3")),
        ("hexadecimal", json!("0x10")),
        ("empty", json!("")),
        ("eleven digits", json!("12345678901")),
        ("negative", json!(-1)),
        ("a fraction", json!(3.7)),
        ("a small fraction", json!(3.05)),
        ("negative, with a point", json!(-1.0)),
        ("a list of one with a point", json!([1.0])),
        ("true", json!(true)),
        ("a list", json!([])),
        ("beyond every number", json!(1e300)),
    ] {
        rows.push((
            format!("expires_in: {what}"),
            json!({ "expires_in": value }),
            invalid,
        ));
    }
    rows.extend([
        (
            "a scope that is a list".into(),
            json!({ "scope": ["openid"] }),
            invalid,
        ),
        (
            "no token type".into(),
            json!({ "token_type": ABSENT }),
            invalid,
        ),
        (
            "a token type that is null".into(),
            json!({ "token_type": null }),
            invalid,
        ),
        (
            "a token type that is a number".into(),
            json!({ "token_type": 1 }),
            invalid,
        ),
        (
            "mac".into(),
            json!({ "token_type": "mac" }),
            Code::TokenTypeUnsupported,
        ),
        (
            "N_A".into(),
            json!({ "token_type": "N_A" }),
            Code::TokenTypeUnsupported,
        ),
        (
            "DPoP, which nobody asked for".into(),
            json!({ "token_type": "DPoP" }),
            Code::TokenTypeUnsupported,
        ),
        (
            "a token and an error".into(),
            json!({ "error": "server_error" }),
            invalid,
        ),
        (
            "a token and an error that is no text".into(),
            json!({ "error": { "code": 1 } }),
            invalid,
        ),
        (
            "a token and an error that is a flag".into(),
            json!({ "error": true }),
            invalid,
        ),
        (
            "a long access token".into(),
            json!({ "access_token": "x".repeat((256 << 10) + 1) }),
            Code::TokenTooLarge,
        ),
        (
            "a long refresh token".into(),
            json!({ "refresh_token": "x".repeat((256 << 10) + 1) }),
            Code::TokenTooLarge,
        ),
        (
            "no ID token".into(),
            json!({ "id_token": ABSENT }),
            Code::IdTokenMissing,
        ),
        (
            "an ID token that is null".into(),
            json!({ "id_token": null }),
            Code::IdTokenMissing,
        ),
    ]);
    for (what, patch, code) in rows {
        let scene = Scene::new();
        let answer = patched(tokens(&scene.id_token(&json!({}))), &patch);
        scene.refuses_answer(&what, ok(&answer), code);
    }
}

#[test]
fn an_answer_that_is_no_object_is_refused() {
    let rows: &[(&str, fn(&str) -> Vec<u8>, Code)] = &[
        ("nothing", |_| vec![], Code::TokenInvalid),
        ("null", |_| b"null".into(), Code::TokenInvalid),
        (
            "a list",
            |good| format!("[{good}]").into(),
            Code::TokenInvalid,
        ),
        ("text", |_| b"\"x\"".into(), Code::TokenInvalid),
        (
            "a form",
            |_| b"access_token=a&token_type=Bearer".into(),
            Code::TokenInvalid,
        ),
        (
            "half of it",
            |good| good[..good.len() / 2].into(),
            Code::TokenInvalid,
        ),
        (
            "two",
            |good| format!("{good}{good}").into(),
            Code::TokenInvalid,
        ),
        (
            "garbage behind",
            |good| format!("{good};").into(),
            Code::TokenInvalid,
        ),
        (
            "single quotes",
            |good| good.replace('"', "'").into(),
            Code::TokenInvalid,
        ),
        (
            "a comment",
            |good| format!("/**/{good}").into(),
            Code::TokenInvalid,
        ),
        (
            "NaN",
            |good| good.replace("300", "NaN").into(),
            Code::TokenInvalid,
        ),
        (
            "1e400",
            |good| good.replace("300", "1e400").into(),
            Code::TokenInvalid,
        ),
        (
            "a member twice",
            |good| good.replacen('{', "{\"access_token\":\"a\",", 1).into(),
            Code::TokenInvalid,
        ),
        (
            "a byte-order mark",
            |good| format!("\u{feff}{good}").into(),
            Code::TokenInvalid,
        ),
        (
            "a lone surrogate",
            |good| good.replacen('{', "{\"x\":\"\\ud800\",", 1).into(),
            Code::TokenInvalid,
        ),
        (
            "not UTF-8",
            |good| [&good.as_bytes()[..good.len() - 1], b",\"x\":\"\xff\"}"].concat(),
            Code::TokenInvalid,
        ),
        (
            "nesting",
            |good| {
                good.replacen(
                    '{',
                    &format!("{{\"x\":{}{},", "[".repeat(32), "]".repeat(32)),
                    1,
                )
                .into()
            },
            Code::TokenTooLarge,
        ),
        (
            "over a mebibyte",
            |_| vec![b' '; (1 << 20) + 1],
            Code::TokenTooLarge,
        ),
    ];
    for (what, bend, code) in rows {
        let scene = Scene::new();
        let body = bend(&tokens(&scene.id_token(&json!({}))).to_string());
        scene.refuses_answer(what, answer(200, "application/json", body), *code);
    }
    let scene = Scene::new();
    scene.refuses_answer("a page", html(200), Code::TokenInvalid);
}

#[test]
fn a_failure_is_told_from_a_refusal() {
    let refusal = json!({ "error": "invalid_client", "error_description": "No", "error_uri": "https://op.example/e" });
    for (what, answer, code, status, said) in [
        ("400", json(400, &refusal), Code::TokenError, 400, true),
        ("401", json(401, &refusal), Code::TokenError, 401, true),
        (
            "500 with words",
            json(500, &refusal),
            Code::TokenError,
            500,
            true,
        ),
        ("200 with words", ok(&refusal), Code::TokenError, 200, true),
        ("400 with a page", html(400), Code::TokenHttp, 400, false),
        ("401 with a page", html(401), Code::TokenHttp, 401, false),
        (
            "400 with nothing",
            answer(400, "", ""),
            Code::TokenHttp,
            400,
            false,
        ),
        (
            "400 with a number",
            json(400, &json!({ "error": 1 })),
            Code::TokenHttp,
            400,
            false,
        ),
        ("500", html(500), Code::TokenHttp, 500, false),
        ("429", html(429), Code::TokenHttp, 429, false),
        (
            "201 with tokens",
            json(201, &tokens("a.b.c")),
            Code::TokenHttp,
            201,
            false,
        ),
        ("a redirect", redirect(), Code::TokenHttp, 0, false),
        ("no connection", offline(), Code::Network, 0, false),
        ("silence", silence(), Code::Timeout, 0, false),
    ] {
        let scene = Scene::new();
        let failure = scene.refuses_answer(what, answer, code);
        assert_eq!(
            (failure.error.status(), failure.said.is_some()),
            (status, said),
            "{what}"
        );
        if let Some(words) = failure.said {
            let expected = Said::OAuth {
                error: "invalid_client".into(),
                description: Some("No".into()),
                uri: Some("https://op.example/e".into()),
            };
            assert_eq!(*words, expected, "{what}");
        }
    }
}

#[test]
fn what_many_providers_do_is_put_up_with() {
    for (what, patch, expires_at) in [
        (
            "a lifetime in text",
            json!({ "expires_in": "3600" }),
            json!(NOW + 3600),
        ),
        (
            "an unknown lifetime",
            json!({ "expires_in": ABSENT }),
            json!(null),
        ),
        (
            "a lifetime that is null",
            json!({ "expires_in": null }),
            json!(null),
        ),
        ("no lifetime at all", json!({ "expires_in": 0 }), json!(NOW)),
        (
            "2^31",
            json!({ "expires_in": 1_i64 << 31 }),
            json!(NOW + 315_360_000),
        ),
        (
            "2^53",
            json!({ "expires_in": 1_i64 << 53 }),
            json!(NOW + 315_360_000),
        ),
        (
            "9e15",
            json!({ "expires_in": 9_000_000_000_000_000_i64 }),
            json!(NOW + 315_360_000),
        ),
        (
            "bearer",
            json!({ "token_type": "bearer" }),
            json!(NOW + 300),
        ),
        (
            "BEARER",
            json!({ "token_type": "BEARER" }),
            json!(NOW + 300),
        ),
        (
            "members nobody knows",
            json!({ "x": {}, "ext": [1] }),
            json!(NOW + 300),
        ),
        (
            "nulls",
            json!({ "refresh_token": null, "scope": null }),
            json!(NOW + 300),
        ),
    ] {
        let scene = Scene::new();
        let body = patched(tokens(&scene.id_token(&json!({}))), &patch);
        scene
            .world
            .expect(TOKEN, answer(200, "text/plain", format!("\n {body} \r\n")));
        scene
            .tab
            .handle(&scene.callback())
            .unwrap_or_else(|failure| panic!("{what}: {:?}", failure.error));
        assert_eq!(
            scene.tab.state()["accessTokenExpiresAt"],
            expires_at,
            "{what}"
        );
    }
}

#[test]
fn a_resource_is_named_at_the_token_endpoint_too() {
    let scene = Scene::with(
        &json!({ "resource": ["https://a.example", "https://b.example"] }),
        &json!({}),
    );
    scene.world.take_sent();
    scene.world.expect_tokens(&scene.sign_in, &json!({}));
    scene.tab.handle(&scene.callback()).unwrap();
    let fields = scene.world.take_sent()[0].fields();
    let resources: Vec<_> = fields
        .iter()
        .filter(|(name, _)| name == "resource")
        .map(|(_, value)| &**value)
        .collect();
    assert_eq!(resources, ["https://a.example", "https://b.example"]);
}
