//! Claims: each is judged as the specification has it, said once more in `restated.rs`, and a
//! token is the one that was signed or none.

use portcullis::{
    codec::json::Json,
    jose::{alg::Algs, jws::Jws},
    verify::software,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::{
    parts::{CLIENT, ISSUER, NONCE, NOW, as_access_token, as_id_token, key_of},
    restated::{Times, is_for_our_api, is_our_id_token},
};

/// Values of a claim: what is right comes often, so that whole sets of claims are right sometimes.
fn claim(right: Value, others: Vec<Value>) -> impl Strategy<Value = Option<Value>> {
    prop_oneof![
        12 => Just(Some(right)),
        1 => Just(None),
        2 => prop::sample::select(others).prop_map(Some),
    ]
}

fn time() -> impl Strategy<Value = Option<Value>> {
    let edges = [
        -86_431_i64,
        -86_400,
        -3631,
        -3630,
        -31,
        -30,
        -29,
        -1,
        0,
        1,
        29,
        30,
        31,
        300,
        86_400,
        86_401,
    ];
    prop_oneof![
        8 => prop::sample::select(edges.to_vec()).prop_map(|offset| Some(json!(NOW.0 + offset))),
        1 => prop::sample::select(vec![json!("1800000000"), json!(null), json!(-1), json!(1.8e9), json!(1_800_000_000.5), json!(10_000_000_000_i64)]).prop_map(Some),
        1 => Just(None),
    ]
}

fn claims() -> impl Strategy<Value = Map<String, Value>> {
    let digest = portcullis::jose::alg::sha256(crate::parts::ACCESS_TOKEN.as_bytes());
    let at_hash = portcullis::codec::base64url::encode(&digest[..16]);
    let strange = || {
        vec![
            json!(null),
            json!(7),
            json!([]),
            json!({}),
            json!(true),
            json!(""),
        ]
    };
    let with = |more: &[Value]| [strange(), more.to_vec()].concat();
    (
        claim(
            json!(ISSUER),
            with(&[json!("https://op.example/"), json!([ISSUER])]),
        ),
        claim(
            json!(CLIENT),
            with(&[
                json!([CLIENT]),
                json!([CLIENT, CLIENT]),
                json!([CLIENT, "other"]),
                json!("api"),
                json!(["api", 1]),
                json!("Portal"),
            ]),
        ),
        claim(
            json!("alice"),
            with(&[
                json!("x".repeat(255)),
                json!("x".repeat(256)),
                json!(["alice"]),
            ]),
        ),
        claim(
            json!(NONCE),
            with(&[json!([NONCE]), json!("the-nonce-of-bob")]),
        ),
        prop_oneof![
            Just(None),
            claim(json!(CLIENT), with(&[json!([CLIENT]), json!("other")]))
        ],
        prop_oneof![
            Just(None),
            claim(
                json!(at_hash),
                with(&[json!([at_hash]), json!(at_hash.to_lowercase())])
            )
        ],
        [time(), time(), time(), time()],
        prop_oneof![3 => Just(None), 1 => time()],
    )
        .prop_map(
            |(iss, aud, sub, nonce, azp, at_hash, [iat, exp, auth_time, _], nbf)| {
                let all = [
                    ("iss", iss),
                    ("aud", aud),
                    ("sub", sub),
                    ("nonce", nonce),
                    ("azp", azp),
                    ("at_hash", at_hash),
                    ("iat", iat),
                    ("exp", exp),
                    ("auth_time", auth_time),
                    ("nbf", nbf),
                ];
                let present = all
                    .into_iter()
                    .filter_map(|(name, value)| Some((name.to_string(), value?)));
                present.collect()
            },
        )
}

/// A standard's token and its key: RFC 7515 A.3 and RFC 8037 A.4.
const SIGNED: &[(&str, &str)] = &[
    (
        "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
        r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#,
    ),
    (
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
        r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
    ),
];

fn verifies(token: &str, jwk: &str) -> bool {
    let keys = [key_of(jwk)];
    Jws::parse(token, Algs::ALL).is_ok_and(|jws| {
        jws.checks(&keys)
            .is_ok_and(|checks| checks.iter().any(software::holds))
    })
}

proptest! {
    #[test]
    fn claims_are_judged_as_the_specifications_have_it(claims in claims()) {
        let claims = Value::Object(claims);
        let text = claims.to_string();
        let times = Times::read(Json::parse(text.as_bytes()).unwrap());
        let verdict = as_id_token(text.as_bytes());
        prop_assert_eq!(verdict.is_ok(), is_our_id_token(&claims, &times), "{:?}: {}", verdict, text);
        let verdict = as_access_token(text.as_bytes());
        prop_assert_eq!(verdict.is_ok(), is_for_our_api(&claims, &times), "{:?}: {}", verdict, text);
    }

    #[test]
    fn the_order_of_claims_does_not_matter(
        (claims, shuffled) in claims().prop_flat_map(|claims| {
            let members: Vec<_> = claims.into_iter().collect();
            (Just(members.clone()), Just(members).prop_shuffle())
        }),
    ) {
        let text = |members: &[(String, Value)]| {
            let members = members.iter().map(|(name, value)| format!("{}:{value}", json!(name)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        };
        let code = |members: &[(String, Value)]| {
            as_id_token(text(members).as_bytes()).map(drop).map_err(|error| (error.code(), error.place()))
        };
        prop_assert_eq!(code(&shuffled), code(&claims));
    }

    #[test]
    fn a_byte_changed_anywhere_in_a_signed_token_is_noticed(
        (token, jwk) in prop::sample::select(SIGNED),
        at: prop::sample::Index,
        other in "[A-Za-z0-9_.=-]",
    ) {
        let at = at.index(token.len());
        let changed = [&token[..at], &*other, &token[at + 1..]].concat();
        prop_assert!(verifies(token, jwk));
        prop_assert_eq!(verifies(&changed, jwk), changed == token, "{}", changed);
    }

    #[test]
    fn no_part_of_a_signed_token_is_a_token(
        (token, jwk) in prop::sample::select(SIGNED),
        (from, to) in any::<[prop::sample::Index; 2]>().prop_map(|[from, to]| (from, to)),
    ) {
        let (from, to) = (from.index(token.len()), to.index(token.len()));
        let part = &token[from.min(to)..from.max(to)];
        prop_assert!(!verifies(part, jwk), "{}", part);
    }
}
