//! The corpus of tokens and keys, each with the verdict that every verifier gives
//! (`tests/corpus/generate.mjs` makes it; other tests hold browsers and Node to it).

use portcullis::verify::{KeySource, Verifier};
use serde_json::{Value, json};

use super::{
    documents::read,
    world::{World, block_on, patched},
};

/// Tokens too long to be written down are lists of parts.
fn whole(token: &Value) -> String {
    match token {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(whole).collect(),
        part => part["repeat"]
            .as_str()
            .unwrap()
            .repeat(usize::try_from(part["times"].as_u64().unwrap()).unwrap()),
    }
}

#[test]
fn every_token_gets_its_verdict() {
    let corpus: Value = serde_json::from_str(&read("tests/corpus/corpus.json")).unwrap();
    let world = World::new();
    let verifier = Verifier::new(world.page());
    let cases = corpus["cases"].as_array().unwrap();
    assert!(cases.len() > 400);
    for crypto in ["auto", "software"] {
        for case in cases {
            let token = whole(&case["token"]);
            let set = &corpus["sets"][usize::try_from(case["keys"].as_u64().unwrap()).unwrap()];
            let (text, algorithms) = (set.to_string(), &case["algorithms"]);
            let keys = KeySource::Set(&text);
            let base = json!({ "algorithms": algorithms, "crypto": crypto });
            let verdict = if case["jwt"].is_object() {
                let options = patched(base, &case["jwt"]).to_string();
                block_on(verifier.jwt(&token, keys, options)).map(drop)
            } else {
                block_on(verifier.jws(&token, keys, base.to_string())).map(drop)
            };
            let verdict = verdict.map_or_else(|error| error.code().as_str(), |()| "ok");
            assert_eq!(verdict, case["expect"], "{crypto}: {}", case["name"]);
        }
    }
}
