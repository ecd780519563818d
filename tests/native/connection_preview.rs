//! What a connection would send, for people to look at.

use portcullis::connection::preview::Preview;
use serde_json::{Value, json};

use super::{
    connection::{PRESETS, preset, with},
    documents::read,
};

#[test]
fn a_preview_shows_what_would_be_sent_and_no_secret_is_needed() {
    for name in PRESETS {
        let preview = serde_json::to_value(Preview::of(&preset(name))).unwrap();
        assert_eq!(preview["problems"], json!([]), "{name}");
        let steps = preview["steps"].as_array().unwrap();
        let token = steps
            .iter()
            .find(|step| step["step"] == "token request")
            .unwrap();
        assert!(
            token["request"]["url"]
                .as_str()
                .unwrap()
                .ends_with("/token")
                || name == &"cardsync",
            "{name}"
        );
        let text = preview.to_string();
        for secret in ["client_secret", "password"] {
            let is_used = read(&format!("presets/{name}.json")).contains(&format!("%[{secret}]"));
            assert!(
                !is_used || text.contains(&format!("‹{secret}›")),
                "{name} {secret}"
            );
        }
    }
    let preview = serde_json::to_value(Preview::of(&with(&json!({"timeout": 500})))).unwrap();
    assert_eq!(preview["problems"][0]["field"], "timeout");
    assert_eq!(preview["steps"][0]["step"], "token request");
}

#[test]
fn an_assertion_is_shown_with_the_algorithm_that_signs_it() {
    let members =
        json!({"grant": "jwt_bearer", "clientId": "c", "clientAuth": "client_secret_jwt"});
    let preview = serde_json::to_value(Preview::of(&with(&members))).unwrap();
    let signed = preview["steps"].as_array().unwrap().iter();
    let signed: Vec<_> = signed
        .filter(|step| step["step"] == "sign an assertion")
        .map(|step| step["detail"].clone())
        .collect();
    assert_eq!(
        signed,
        [
            json!({"name": "client_assertion", "alg": "HS256"}),
            json!({"name": "assertion", "alg": "RS256"}),
        ]
    );
}

#[test]
fn what_cannot_be_drawn_hides_nothing_of_the_rest() {
    let steps = |members: &Value| -> (Vec<String>, Vec<String>) {
        let preview = serde_json::to_value(Preview::of(&with(members))).unwrap();
        let all = |list: &str, member: &str| {
            let items = preview[list].as_array().unwrap().iter();
            items
                .map(|item| item[member].as_str().unwrap().into())
                .collect()
        };
        (all("steps", "step"), all("problems", "field"))
    };
    let url = "https://as.example/x";
    let whole = json!({
        "before": [{"name": "policy", "url": url}, {"name": "key", "url": url}],
        "testUrl": "https://api.example/", "signOut": {"method": "DELETE", "url": url},
    });
    let mut names = steps(&whole).0;
    names.retain(|name| name != "answer");
    assert_eq!(
        names,
        [
            "policy",
            "key",
            "token request",
            "token",
            "API request",
            "sign-out"
        ]
    );
    for (pointer, value, gone, problems) in [
        (
            "/tokenUrl",
            "http://as.example/",
            "token request",
            "tokenUrl",
        ),
        ("/tokenUrl", "%[", "token request", "tokenUrl"),
        ("/before/0/url", "ftp://x", "policy", "before[0].url"),
        ("/testUrl", "nonsense", "API request", "testUrl"),
    ] {
        let mut members = whole.clone();
        members["tokenUrl"] = json!("https://as.example/token");
        *members.pointer_mut(pointer).unwrap() = json!(value);
        let (left, found) = steps(&members);
        for name in ["policy", "key", "token request", "API request", "sign-out"] {
            assert_eq!(
                left.iter().any(|it| it == name),
                name != gone,
                "{pointer} {value} {name}"
            );
        }
        assert_eq!(found, [problems], "{pointer} {value}");
    }
}
