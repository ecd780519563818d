//! Metadata that is believed names its issuer, and no endpoint of it is one that a secret must
//! not be sent to.

#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis::{
    error::{Code, Place},
    jose::alg::{Alg, Algs},
    protocol::discovery::{self, ProviderMetadata},
};
use portcullis_fuzz::parts::{CONFIG, ISSUER, answer};
use serde_json::Value;
use url::Url;

const ENDPOINTS: &[(Place, &str)] = &[
    (Place::AuthorizationEndpoint, "authorization_endpoint"),
    (Place::TokenEndpoint, "token_endpoint"),
    (Place::JwksUri, "jwks_uri"),
    (Place::UserinfoEndpoint, "userinfo_endpoint"),
    (Place::EndSessionEndpoint, "end_session_endpoint"),
    (Place::RevocationEndpoint, "revocation_endpoint"),
];

fuzz_target!(|body: &[u8]| {
    let document = match discovery::process(&answer(200, body)) {
        Ok(document) => document,
        Err(error) => {
            assert!(matches!(
                error.code(),
                Code::DiscoveryInvalid | Code::DiscoveryTooLarge
            ));
            return;
        }
    };
    let metadata = match ProviderMetadata::read(&CONFIG, Some(document.clone())) {
        Ok(metadata) => metadata,
        Err(error) => {
            assert!(matches!(
                error.code(),
                Code::DiscoveryInvalid | Code::DiscoveryIssuerMismatch | Code::PkceUnsupported
            ));
            return;
        }
    };
    let Ok(read) = serde_json::from_str::<Value>(&document) else {
        return;
    };
    assert_eq!(read["issuer"], ISSUER);
    for (place, name) in ENDPOINTS {
        match metadata.optional(*place) {
            Ok(None) => {
                assert!(read[name].is_null());
                assert_eq!(
                    metadata.required(*place).map_err(|error| error.code()),
                    Err(Code::DiscoveryInvalid)
                );
            }
            Ok(Some(endpoint)) => {
                assert_eq!(read[name], *endpoint);
                // a browser would resolve a host that is not quite an address differently
                if let Ok(url) = Url::parse(&endpoint) {
                    assert!(url.scheme() == "https" && url.fragment().is_none());
                }
            }
            Err(error) => {
                assert_eq!(
                    (error.code(), error.place()),
                    (Code::InsecureEndpoint, *place)
                );
                assert!(
                    read[name]
                        .as_str()
                        .is_some_and(|url| url.starts_with("http://"))
                );
            }
        }
    }
    assert_eq!(
        metadata.names_issuer(),
        read["authorization_response_iss_parameter_supported"] == true
    );
    let methods = &read["code_challenge_methods_supported"];
    assert!(methods.is_null() || has(methods, "S256"));
    let types = &read["response_types_supported"];
    assert!(!types.is_array() || has(types, "code"));
    let announced = &read["id_token_signing_alg_values_supported"];
    let any_known = Alg::ALL.iter().any(|alg| has(announced, alg.as_str()));
    assert!(!metadata.algorithms.is_empty());
    if any_known {
        for alg in Alg::ALL {
            let is_announced = Alg::ALL
                .iter()
                .any(|other| alg.is_same_as(*other) && has(announced, other.as_str()));
            assert_eq!(metadata.algorithms.contains(*alg), is_announced);
        }
    } else {
        assert_eq!(metadata.algorithms, Algs::ALL);
    }
});

fn has(list: &Value, word: &str) -> bool {
    list.as_array()
        .is_some_and(|list| list.iter().any(|entry| entry == word))
}
