//! Key sets: a key counts for itself, whatever stands beside it.

use portcullis::{
    error::{Code, Error},
    jose::{alg::Alg, jwk::PublicKey, jwks::KeySet},
};
use proptest::prelude::*;
use serde_json::{Value, json};

const ED: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
const P256: [&str; 2] = [
    "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
];

/// A published key, and the name under which it may be used for ES256.
fn published() -> impl Strategy<Value = (Value, Option<Option<&'static str>>)> {
    let kid = prop::sample::select(vec![None, Some("a"), Some("b"), Some("")]);
    let flaw = prop_oneof![
        6 => Just(json!({})),
        1 => prop::sample::select(vec![json!({"use":"sig"}), json!({"alg":"ES256"}), json!({"key_ops":["verify"]}), json!({"x5c":["AA=="],"x-own":{"a":[1]}})]),
    ].prop_map(|extra| (extra, true));
    let fatal = prop::sample::select(vec![
        json!({"use":"enc"}),
        json!({"alg":"ES384"}),
        json!({"alg":"RS256"}),
        json!({"alg":1}),
        json!({"key_ops":["sign"]}),
        json!({"key_ops":[]}),
        json!({"d":"AQ"}),
        json!({"k":"AQ"}),
        json!({"kid":1}),
        json!({"crv":"P-384"}),
        json!({"crv":"p-256"}),
        json!({"kty":"OKP"}),
        json!({"kty":"oct"}),
        json!({"x":"AQ"}),
        json!({"y":"AQ="}),
        json!({"y":null}),
    ])
    .prop_map(|extra| (extra, false));
    let ec =
        (kid.clone(), prop_oneof![2 => flaw, 1 => fatal]).prop_map(|(kid, (extra, is_sound))| {
            let mut key = json!({ "kty": "EC", "crv": "P-256", "x": P256[0], "y": P256[1] });
            if let Some(kid) = kid {
                key["kid"] = kid.into();
            }
            for (name, value) in extra.as_object().unwrap() {
                key[name] = value.clone();
            }
            (key, is_sound.then_some(kid))
        });
    let other = kid.prop_map(|kid| {
        (
            json!({ "kty": "OKP", "crv": "Ed25519", "x": ED, "kid": kid.unwrap_or("a") }),
            None,
        )
    });
    let nothing = prop::sample::select(vec![
        json!(null),
        json!([]),
        json!({}),
        json!("key"),
        json!({"kty":"EC"}),
    ])
    .prop_map(|key| (key, None));
    prop_oneof![6 => ec, 1 => other, 1 => nothing]
}

fn names(set: &KeySet, kid: Option<&str>) -> Result<Vec<Option<String>>, Code> {
    let keys = set.candidates(Alg::Es256, kid).map_err(Error::code)?;
    Ok(keys
        .iter()
        .map(|key: &PublicKey| key.kid().map(Into::into))
        .collect())
}

fn read(keys: &[Value]) -> KeySet {
    KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
}

proptest! {
    #[test]
    fn the_usable_keys_are_tried_in_their_order_and_no_others(
        keys in prop::collection::vec(published(), 0..16),
        wanted in prop::sample::select(vec![None, Some("a"), Some("b"), Some(""), Some("c")]),
    ) {
        let texts: Vec<_> = keys.iter().map(|(key, _)| key.clone()).collect();
        let usable = keys.iter().filter_map(|(_, kid)| *kid).filter(|kid| wanted.is_none() || *kid == wanted);
        let usable: Vec<_> = usable.take(10).map(|kid| kid.map(String::from)).collect();
        let expected = if usable.is_empty() { Err(Code::JwksNoKey) } else { Ok(usable) };
        prop_assert_eq!(names(&read(&texts), wanted), expected, "{:?}", texts);
    }

    #[test]
    fn a_key_counts_for_itself(
        one in prop::collection::vec(published(), 0..6),
        other in prop::collection::vec(published(), 0..6),
    ) {
        let texts = |keys: &[(Value, _)]| keys.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>();
        let (one, other) = (texts(&one), texts(&other));
        let (first, second) = (read(&one), read(&other));
        let both = read(&[one, other].concat());
        let all = [names(&first, None).unwrap_or_default(), names(&second, None).unwrap_or_default()].concat();
        prop_assert_eq!(names(&both, None).unwrap_or_default(), all.into_iter().take(10).collect::<Vec<_>>());
        prop_assert_eq!(both.has_private_members(), first.has_private_members() || second.has_private_members());
    }

    #[test]
    fn a_member_that_comes_twice_spoils_the_set(
        keys in prop::collection::vec(published(), 1..4),
        chosen: prop::sample::Index,
        value in prop::sample::select(vec!["1", "\"a\"", "null", "[]"]),
        escape: bool,
    ) {
        let keys: Vec<_> = keys.into_iter().map(|(key, _)| key).collect();
        let text = json!({ "keys": keys }).to_string();
        let colons: Vec<_> = text.match_indices("\":").map(|(at, _)| at).collect();
        let end = *chosen.get(&colons);
        let start = text[..end].rfind('"').unwrap() + 1;
        let name = &text[start..end];
        let again = if escape { format!("\\u{:04x}{}", name.as_bytes()[0], &name[1..]) } else { name.into() };
        let twice = [&text[..start - 1], "\"", &again, "\":", value, ",", &text[start - 1..]].concat();
        let code = KeySet::parse(twice.as_bytes()).err().map(Error::code);
        prop_assert_eq!(code, Some(Code::JwksInvalid), "{}", twice);
    }
}
