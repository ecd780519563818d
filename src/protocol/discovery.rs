//! Provider metadata (OpenID Connect Discovery 1.0 §3 and §4, RFC 8414).

use alloc::string::String;

use super::http::{HttpRequest, HttpResponse};
use crate::{
    codec::{json::Json, url::WebUrl},
    config::{self, Config},
    error::{Code, Error, Result},
    jose::alg::{Alg, Algs},
};

/// What a sign-in needs to know of a provider; every URL checked.
#[derive(Clone, Debug)]
pub struct ProviderMetadata {
    /// Where a sign-in starts.
    pub authorization_endpoint: String,
    /// Where codes and refresh tokens are exchanged.
    pub token_endpoint: String,
    /// Where the keys are; some providers cannot be read from a page and have them configured.
    pub jwks_uri: Option<String>,
    /// Where claims are.
    pub userinfo_endpoint: Option<String>,
    /// Where a sign-out goes (OpenID Connect RP-Initiated Logout 1.0 §2.1).
    pub end_session_endpoint: Option<String>,
    /// Where tokens are revoked (RFC 7009).
    pub revocation_endpoint: Option<String>,
    /// Whether every authorization response names its issuer (RFC 9207 §3).
    pub iss_parameter_supported: bool,
    /// The algorithms ID tokens may be signed with: those of the options the provider announces.
    pub algorithms: Algs,
}

/// Asks for the metadata.
#[must_use]
pub fn request(config: &Config) -> HttpRequest {
    HttpRequest::get(config.discovery_url.clone())
}

/// Reads the answer and returns the document's text, which [`ProviderMetadata::read`] takes.
///
/// # Errors
/// `discovery_http`, `discovery_invalid`, `discovery_too_large`, `discovery_issuer_mismatch`.
pub fn process(response: &HttpResponse, config: &Config) -> Result<String> {
    // OpenID Connect Discovery §4.2: 200 and a JSON object
    if response.status != 200 {
        return Err(Code::DiscoveryHttp.status(response.status));
    }
    if response.is_type("text/html") {
        return Err(Code::DiscoveryInvalid.at("content-type"));
    }
    let document = response.object(Code::DiscoveryInvalid, Code::DiscoveryTooLarge)?;
    check_issuer(document, config)?;
    Ok(document.raw().into())
}

/// §4.3: the issuer is the one asked for, byte for byte.
fn check_issuer(document: Json<'_>, config: &Config) -> Result<()> {
    let issuer = document.get("issuer").and_then(Json::text).ok_or(Code::DiscoveryInvalid.at("issuer"))?;
    if *issuer == *config.issuer.as_str() {
        Ok(())
    } else {
        Err(Code::DiscoveryIssuerMismatch.at("issuer"))
    }
}

impl ProviderMetadata {
    /// Reads the members a sign-in needs, from the configured metadata before the discovered.
    ///
    /// # Errors
    /// `discovery_invalid`, `insecure_endpoint`, `pkce_unsupported`, naming the member;
    /// `discovery_invalid` at `authorization_endpoint` or `token_endpoint` if neither has it.
    pub fn read(config: &Config, discovered: Option<&str>) -> Result<Self> {
        let configured = config.metadata.as_deref().map(parse).transpose()?;
        let discovered = discovered.map(parse).transpose()?;
        if let Some(document) = discovered {
            check_issuer(document, config)?;
        }
        let member = |name: &'static str| {
            let found = configured.and_then(|document| config::member(document, name));
            found.or_else(|| discovered.and_then(|document| config::member(document, name)))
        };
        let optional = |name: &'static str| match member(name) {
            Some(value) => endpoint(value, name, config.loopback).map(Some),
            None => Ok(None),
        };
        let required = |name: &'static str| optional(name)?.ok_or(Code::DiscoveryInvalid.at(name));
        check_lists(member("response_types_supported"), member("code_challenge_methods_supported"))?;
        Ok(Self {
            authorization_endpoint: required("authorization_endpoint")?,
            token_endpoint: required("token_endpoint")?,
            jwks_uri: optional("jwks_uri")?,
            userinfo_endpoint: optional("userinfo_endpoint")?,
            end_session_endpoint: optional("end_session_endpoint")?,
            revocation_endpoint: optional("revocation_endpoint")?,
            iss_parameter_supported: member("authorization_response_iss_parameter_supported")
                .and_then(Json::boolean)
                .unwrap_or(false),
            algorithms: algorithms(member("id_token_signing_alg_values_supported"), config.algorithms),
        })
    }

    /// Whether the configured metadata makes discovery needless.
    #[must_use]
    pub fn is_configured(config: &Config) -> bool {
        let Some(Ok(document)) = config.metadata.as_deref().map(parse) else { return false };
        let has = |name| config::member(document, name).is_some();
        has("authorization_endpoint") && has("token_endpoint") && (has("jwks_uri") || config.keys.is_some())
    }
}

fn parse(document: &str) -> Result<Json<'_>> {
    Json::parse(document.as_bytes()).map_err(|_| Code::DiscoveryInvalid.at("JSON"))
}

fn endpoint(value: Json<'_>, name: &'static str, loopback: bool) -> Result<String> {
    let invalid: Error = Code::DiscoveryInvalid.at(name);
    let text = value.text().ok_or(invalid)?;
    let url = WebUrl::parse(&text).filter(|url| !url.has_fragment()).ok_or(invalid)?;
    config::endpoint(url.as_str(), loopback).ok_or(Code::InsecureEndpoint.at(name))
}

/// What the provider says it cannot do. A list that is not one says nothing, unless it guards
/// the sign-in.
fn check_lists(response_types: Option<Json<'_>>, challenge_methods: Option<Json<'_>>) -> Result<()> {
    if let Some(types) = response_types
        && types.is_array()
        && !types.items().any(|entry| entry.is_text("code"))
    {
        return Err(Code::DiscoveryInvalid.at("response_types_supported"));
    }
    // RFC 8414 §2: absent means unknown here, since many providers leave it out
    if let Some(methods) = challenge_methods
        && !methods.items().any(|entry| entry.is_text("S256"))
    {
        return Err(Code::PkceUnsupported.at("code_challenge_methods_supported"));
    }
    Ok(())
}

/// The accepted algorithms the provider announces; all accepted ones if it announces none we know.
fn algorithms(announced: Option<Json<'_>>, accepted: Algs) -> Algs {
    let Some(list) = announced else { return accepted };
    let known = list.items().filter_map(|name| name.text().and_then(|name| Alg::parse(&name)));
    let announced = known.fold(Algs::NONE, |algs, alg| match alg {
        // RFC 9864: one algorithm, two names in the wild
        Alg::EdDsa | Alg::Ed25519 => algs.with(Alg::EdDsa).with(Alg::Ed25519),
        alg => algs.with(alg),
    });
    if announced.is_empty() { accepted } else { announced.intersection(accepted) }
}
