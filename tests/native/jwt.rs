//! ID tokens that are none: wrong form, algorithm, header or signature (RFC 7515 §5.2, RFC 8725).

use portcullis::error::Code;
use serde_json::{Value, json};

use crate::world::*;

#[test]
fn a_token_that_is_not_well_formed_is_refused() {
    let rows: &[(&str, fn(&str) -> String)] = &[
        ("one segment", |token| token.replace('.', "")),
        ("two segments", |token| {
            token.rsplit_once('.').unwrap().0.into()
        }),
        ("four segments", |token| format!("{token}.e30")),
        ("five segments, as if encrypted", |token| {
            format!("{token}.e30.e30")
        }),
        ("a dot before", |token| format!(".{token}")),
        ("a dot behind", |token| format!("{token}.")),
        ("an empty header", |token| {
            token[token.find('.').unwrap()..].into()
        }),
        ("padding", |token| format!("{token}==")),
        ("the standard alphabet", |token| {
            format!("{}+/", &token[..token.len() - 2])
        }),
        ("one character too many", |token| format!("{token}AAA")),
        ("trailing bits", |token| {
            format!("{}B", &token[..token.len() - 1])
        }),
        ("JSON serialisation", |token| {
            json!({ "payload": token }).to_string().replace(' ', "")
        }),
        ("another character", |token| token.replacen('e', "!", 1)),
    ];
    for (what, bend) in rows {
        let scene = Scene::new();
        scene.refuses_token(what, &bend(&scene.id_token(&json!({}))), Code::JwtMalformed);
    }
}

#[test]
fn a_header_that_can_be_read_in_two_ways_is_refused() {
    for (what, header) in [
        ("an array", "[\"EdDSA\"]"),
        ("a string", "\"EdDSA\""),
        ("a number", "1"),
        ("null", "null"),
        ("nothing", ""),
        (
            "alg twice",
            r#"{"alg":"EdDSA","alg":"EdDSA","kid":"key-1"}"#,
        ),
        (
            "alg twice, once escaped",
            r#"{"alg":"EdDSA","al\u0067":"none","kid":"key-1"}"#,
        ),
        (
            "kid twice",
            r#"{"alg":"EdDSA","kid":"key-1","kid":"key-2"}"#,
        ),
        ("trailing bytes", r#"{"alg":"EdDSA","kid":"key-1"}}"#),
        (
            "a byte-order mark",
            "\u{feff}{\"alg\":\"EdDSA\",\"kid\":\"key-1\"}",
        ),
        ("a lone surrogate", r#"{"alg":"EdDSA","kid":"\ud800"}"#),
        (
            "a control character",
            "{\"alg\":\"EdDSA\",\"kid\":\"key-1\n\"}",
        ),
        ("a kid that is a number", r#"{"alg":"EdDSA","kid":1}"#),
        ("a kid that is null", r#"{"alg":"EdDSA","kid":null}"#),
        (
            "a typ that is a list",
            r#"{"alg":"EdDSA","kid":"key-1","typ":["JWT"]}"#,
        ),
        (
            "compression",
            r#"{"alg":"EdDSA","kid":"key-1","zip":"DEF"}"#,
        ),
        (
            "a token inside",
            r#"{"alg":"EdDSA","kid":"key-1","cty":"JWT"}"#,
        ),
        (
            "a token inside, in full",
            r#"{"alg":"EdDSA","kid":"key-1","cty":"application/jwt"}"#,
        ),
    ] {
        let scene = Scene::new();
        let id_token = scene
            .world
            .signer
            .sign_text(header, claims(&scene.sign_in.nonce, NOW).to_string());
        scene.refuses_token(what, &id_token, Code::JwtMalformed);
    }
}

#[test]
fn a_header_with_an_invalid_byte_is_refused() {
    let scene = Scene::new();
    let good = scene.id_token(&json!({}));
    let (_, rest) = good.split_once('.').unwrap();
    let header = encode(b"{\"alg\":\"EdDSA\",\"kid\":\"\xff\"}");
    scene.refuses_token("not UTF-8", &format!("{header}.{rest}"), Code::JwtMalformed);
}

#[test]
fn claims_that_can_be_read_in_two_ways_are_refused() {
    let rows: &[(&str, fn(String) -> Vec<u8>)] = &[
        ("nothing", |_| vec![]),
        ("an array", |text| format!("[{text}]").into()),
        ("a string", |_| b"\"alice\"".into()),
        ("null", |_| b"null".into()),
        ("a claim twice", |text| {
            text.replacen('{', "{\"sub\":\"alice\",", 1).into()
        }),
        ("a claim twice, once escaped", |text| {
            text.replacen('{', "{\"\\u0073ub\":\"alice\",", 1).into()
        }),
        ("two objects", |text| format!("{text}{text}").into()),
        ("a byte-order mark", |text| format!("\u{feff}{text}").into()),
        ("a control character", |text| {
            text.replace("Alice", "Al\nice").into()
        }),
        ("half of it", |text| text[..text.len() / 2].into()),
        ("not UTF-8", |text| {
            [&text.as_bytes()[..text.len() - 1], b",\"x\":\"\xff\"}"].concat()
        }),
    ];
    for (what, bend) in rows {
        let scene = Scene::new();
        let signer = &scene.world.signer;
        let payload = bend(claims(&scene.sign_in.nonce, NOW).to_string());
        let id_token = signer.sign_text(&signer.header().to_string(), payload);
        scene.refuses_token(what, &id_token, Code::JwtMalformed);
    }
}

#[test]
fn only_an_expected_algorithm_is_accepted() {
    for (what, alg) in [
        ("none", json!("none")),
        ("None", json!("None")),
        ("NONE", json!("NONE")),
        ("nOnE", json!("nOnE")),
        ("a shared secret", json!("HS256")),
        ("a longer shared secret", json!("HS512")),
        ("another case", json!("eddsa")),
        ("a space behind", json!("EdDSA ")),
        ("no algorithm", json!(ABSENT)),
        ("null", json!(null)),
        ("a number", json!(1)),
        ("a list", json!(["EdDSA"])),
        ("one that is not announced", json!("ES256")),
        ("one of encryption", json!("RSA-OAEP")),
    ] {
        let scene = Scene::new();
        let signer = &scene.world.signer;
        let header = patched(signer.header(), &json!({ "alg": alg }));
        let id_token = signer.sign(&header, &claims(&scene.sign_in.nonce, NOW));
        scene.refuses_token(what, &id_token, Code::JwtAlg);
        // nor does it help to leave the signature out
        let scene = Scene::new();
        let id_token = scene
            .world
            .signer
            .sign(&header, &claims(&scene.sign_in.nonce, NOW));
        let unsigned = format!("{}.", id_token.rsplit_once('.').unwrap().0);
        scene.refuses_token(what, &unsigned, Code::JwtAlg);
    }
}

fn refuses_header(what: &str, patch: &Value, code: Code) {
    let scene = Scene::new();
    let signer = &scene.world.signer;
    let id_token = signer.sign(
        &patched(signer.header(), patch),
        &claims(&scene.sign_in.nonce, NOW),
    );
    scene.refuses_token(what, &id_token, code);
}

#[test]
fn an_extension_that_must_be_understood_is_refused() {
    for (what, patch) in [
        ("an unknown one", json!({ "crit": ["exp"], "exp": 1 })),
        ("none at all", json!({ "crit": [] })),
        ("no list", json!({ "crit": "b64" })),
        ("null", json!({ "crit": null })),
        ("one that is not there", json!({ "crit": ["x"] })),
        ("a registered one", json!({ "crit": ["alg"] })),
        (
            "an unencoded payload",
            json!({ "crit": ["b64"], "b64": false }),
        ),
        ("an unencoded payload in secret", json!({ "b64": false })),
        ("an encoding that is no flag", json!({ "b64": "true" })),
    ] {
        refuses_header(what, &patch, Code::JwtCrit);
    }
}

#[test]
fn a_token_of_another_kind_is_refused() {
    for typ in [
        "at+jwt",
        "logout+jwt",
        "dpop+jwt",
        "oauth-authz-req+jwt",
        "JWT ",
        "",
        "secevent+jwt",
    ] {
        refuses_header(typ, &json!({ "typ": typ }), Code::JwtTyp);
    }
}

#[test]
fn a_token_over_its_limits_is_refused() {
    refuses_header(
        "a header over 8 KiB",
        &json!({ "x": "x".repeat(8 << 10) }),
        Code::JwtTooLarge,
    );
    let mut deep = json!(1);
    for _ in 0..32 {
        deep = json!([deep]);
    }
    refuses_header(
        "a header that nests too deep",
        &json!({ "x": deep }),
        Code::JwtTooLarge,
    );
}
