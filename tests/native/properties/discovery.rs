//! Metadata: a document is believed exactly if each member that matters may be, whatever else it
//! says.

use portcullis::{
    config::Config,
    error::{Code, Error, Place},
    jose::alg::Alg,
    protocol::discovery::{self, ProviderMetadata},
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::parts::{CONFIG, ISSUER, answer};

/// How an endpoint turns out: usable, there but not to be used, or a reason to stop.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Endpoint {
    Usable,
    Absent,
    Insecure,
    Fatal,
}

const ENDPOINTS: &[(Place, &str)] = &[
    (Place::AuthorizationEndpoint, "authorization_endpoint"),
    (Place::TokenEndpoint, "token_endpoint"),
    (Place::JwksUri, "jwks_uri"),
    (Place::UserinfoEndpoint, "userinfo_endpoint"),
];

fn endpoint() -> impl Strategy<Value = (Option<Value>, Endpoint)> {
    let all = vec![
        (Some(json!("https://op.example/x")), Endpoint::Usable),
        (
            Some(json!("https://other.example:8443/x?y=z")),
            Endpoint::Usable,
        ),
        (None, Endpoint::Absent),
        (Some(json!(null)), Endpoint::Absent),
        (Some(json!("http://op.example/x")), Endpoint::Insecure),
        (Some(json!("http://127.0.0.1/x")), Endpoint::Insecure),
        (Some(json!("https://op.example/x#y")), Endpoint::Fatal),
        (Some(json!("https://user@op.example/x")), Endpoint::Fatal),
        (Some(json!("javascript:alert(1)")), Endpoint::Fatal),
        (Some(json!("/x")), Endpoint::Fatal),
        (Some(json!("")), Endpoint::Fatal),
        (Some(json!(7)), Endpoint::Fatal),
        (Some(json!(["https://op.example/x"])), Endpoint::Fatal),
    ];
    prop_oneof![
        3 => Just(all[0].clone()),
        2 => prop::sample::select(all[..6].to_vec()),
        1 => prop::sample::select(all),
    ]
}

/// A list that a document may hold, whether it allows going on.
fn list(good: &[Value], bad: &[Value]) -> impl Strategy<Value = (Option<Value>, bool)> + use<> {
    let good: Vec<_> = good
        .iter()
        .map(|value| (Some(value.clone()), true))
        .chain([(None, true)])
        .collect();
    let bad: Vec<_> = bad
        .iter()
        .map(|value| (Some(value.clone()), false))
        .collect();
    prop_oneof![6 => prop::sample::select(good), 1 => prop::sample::select(bad)]
}

proptest! {
    #[test]
    fn a_document_is_believed_exactly_if_it_may_be(
        issuer in prop_oneof![8 => Just(json!(ISSUER)), 1 => prop::sample::select(vec![json!("https://op.example/"), json!("https://OP.example"), json!(null), json!([ISSUER])])],
        endpoints in prop::collection::vec(endpoint(), 4..5),
        (types, may_code) in list(&[json!(["code"]), json!(["id_token", "code"]), json!("id_token"), json!(null)], &[json!([]), json!(["id_token"]), json!(["CODE", 1])]),
        (methods, may_pkce) in list(&[json!(["S256"]), json!(["plain", "S256"]), json!(null)], &[json!([]), json!(["plain"]), json!("S256"), json!(["s256"])]),
        names in prop::option::of(prop::collection::vec(prop::sample::select(vec!["RS256", "EdDSA", "Ed25519", "ES512", "none", "HS256", "es256"]), 0..4)),
        others in prop::collection::btree_map("x_[a-z]{1,3}", prop::sample::select(vec![json!(1), json!({"issuer": "https://evil.example"}), json!([null])]), 0..3),
    ) {
        let mut document = Map::new();
        document.extend(others);
        document.insert("issuer".into(), issuer.clone());
        for ((_, name), (value, _)) in ENDPOINTS.iter().zip(&endpoints) {
            document.extend(value.clone().map(|value| (String::from(*name), value)));
        }
        document.extend(types.map(|types| ("response_types_supported".into(), types)));
        document.extend(methods.map(|methods| ("code_challenge_methods_supported".into(), methods)));
        document.extend(names.clone().map(|names| ("id_token_signing_alg_values_supported".into(), json!(names))));
        let text = Value::Object(document).to_string();

        let read = discovery::process(&answer(200, text.as_bytes())).unwrap();
        let verdict = ProviderMetadata::read(&CONFIG, Some(read));
        let expected = if issuer.as_str().is_none() {
            Err(Code::DiscoveryInvalid)
        } else if issuer != ISSUER {
            Err(Code::DiscoveryIssuerMismatch)
        } else if !may_code || endpoints.iter().any(|(_, how)| *how == Endpoint::Fatal) {
            Err(Code::DiscoveryInvalid)
        } else if !may_pkce {
            Err(Code::PkceUnsupported)
        } else {
            Ok(())
        };
        prop_assert_eq!(verdict.as_ref().map(drop).map_err(|error| error.code()), expected, "{}", text);
        let Ok(metadata) = verdict else {
            return Ok(());
        };
        for ((place, _), (value, how)) in ENDPOINTS.iter().zip(&endpoints) {
            let url = value.as_ref().and_then(Value::as_str).map(String::from);
            let (optional, required) = match how {
                Endpoint::Usable => (Ok(url.clone()), url.ok_or(Code::DiscoveryInvalid)),
                Endpoint::Absent => (Ok(None), Err(Code::DiscoveryInvalid)),
                _ => (Err(Code::InsecureEndpoint), Err(Code::InsecureEndpoint)),
            };
            prop_assert_eq!(metadata.optional(*place).map_err(Error::code), optional);
            prop_assert_eq!(metadata.required(*place).map_err(Error::code), required);
        }
        // what is announced narrows what is accepted; what we do not know announces nothing
        let names = names.unwrap_or_default();
        let announced = |alg: &Alg| names.iter().any(|name| Alg::parse(name).is_some_and(|named| named.is_same_as(*alg)));
        let any = Alg::ALL.iter().any(announced);
        for alg in Alg::ALL {
            prop_assert_eq!(metadata.algorithms.contains(*alg), !any || announced(alg), "{:?}", alg);
        }
    }
}

#[test]
fn discovery_is_needless_exactly_if_nothing_is_missing() {
    for case in 0..16 {
        let has = |bit: u32| case >> bit & 1 == 1;
        let url = |bit| json!(has(bit).then_some("https://op.example/x"));
        let mut options = json!({
            "issuer": ISSUER, "clientId": "portal", "redirectUri": "https://rp.example/callback",
            "metadata": { "authorization_endpoint": url(0), "token_endpoint": url(1), "jwks_uri": url(2) },
        });
        // what is not there is absent, not null
        let metadata = options["metadata"].as_object_mut().unwrap();
        metadata.retain(|_, value| !value.is_null());
        if has(3) {
            options["jwks"] = json!({ "keys": [] });
        }
        let config = Config::parse(options.to_string(), None).unwrap();
        let expected = has(0) && has(1) && (has(2) || has(3));
        assert_eq!(
            ProviderMetadata::is_configured(&config),
            expected,
            "{options}"
        );
    }
}
