//! Provider metadata (OpenID Connect Discovery 1.0 §3 and §4, RFC 8414).

use alloc::string::String;

use super::{
    dpop,
    http::{HttpRequest, HttpResponse},
    jarm,
};
use crate::{
    codec::{json::Json, record::Record, url::WebUrl},
    config::Config,
    error::{Code, Place, Result},
    jose::alg::{Alg, Algs},
};

/// What a provider says of itself, checked; configured members go before discovered ones.
#[derive(Clone, Debug)]
pub struct ProviderMetadata {
    configured: Option<Record>,
    discovered: Option<Record>,
    /// The algorithms ID tokens may be signed with: those of the options the provider announces.
    pub algorithms: Algs,
    loopback: bool,
}

/// The endpoints we use; only the first two are indispensable.
const ENDPOINTS: &[Place] = &[
    Place::AuthorizationEndpoint,
    Place::TokenEndpoint,
    Place::JwksUri,
    Place::UserinfoEndpoint,
    Place::EndSessionEndpoint,
    Place::RevocationEndpoint,
];

/// Asks for the metadata.
#[must_use]
pub fn request(config: &Config) -> HttpRequest {
    HttpRequest::get(config.discovery_url())
}

/// Reads the answer and returns the document's text, which [`ProviderMetadata::read`] takes.
///
/// # Errors
/// `discovery_http`, `discovery_invalid`, `discovery_too_large`.
pub fn process(response: &HttpResponse) -> Result<String> {
    // OpenID Connect Discovery §4.2: 200 and a JSON object
    if response.status != 200 {
        return Err(Code::DiscoveryHttp
            .at(Place::None)
            .with_status(response.status));
    }
    if response.is_type("text/html") {
        return Err(Code::DiscoveryInvalid.at(Place::ContentType));
    }
    let document = response.object(Code::DiscoveryInvalid, Code::DiscoveryTooLarge)?;
    Ok(document.raw().into())
}

impl ProviderMetadata {
    /// Checks what was configured and what was discovered.
    ///
    /// # Errors
    /// `discovery_issuer_mismatch`, `discovery_invalid`, `endpoint_origin`, `pkce_unsupported`, naming the member.
    pub fn read(config: &Config, discovered: Option<String>) -> Result<Self> {
        let discovered = discovered
            .map(|document| Record::read(document).ok_or(Code::DiscoveryInvalid.at(Place::Object)));
        let discovered = discovered.transpose()?;
        // OpenID Connect Discovery §4.3: the issuer is the one asked for, byte for byte
        if let Some(document) = &discovered {
            let issuer = document
                .get("issuer")
                .and_then(Json::text)
                .ok_or(Code::DiscoveryInvalid.at(Place::Issuer))?;
            if *issuer != *config.issuer {
                return Err(Code::DiscoveryIssuerMismatch.at(Place::Issuer));
            }
        }
        let configured = config
            .metadata()
            .and_then(|metadata| Record::read(metadata.raw().into()));
        if let Some(issuer) = configured
            .as_ref()
            .and_then(|document| document.get("issuer"))
            && !issuer.is_text(&config.issuer)
        {
            return Err(Code::DiscoveryIssuerMismatch.at(Place::Issuer));
        }
        let mut metadata = Self {
            configured,
            discovered,
            algorithms: config.algorithms,
            loopback: config.loopback,
        };
        for place in ENDPOINTS {
            if let Some(value) = metadata.get(*place) {
                let text = value.text().unwrap_or_default();
                let url = WebUrl::parse(&text).filter(|url| url.fragment().is_none());
                let url = url.ok_or(Code::DiscoveryInvalid.at(*place))?;
                if !config.may_have_endpoint(&url.origin()) {
                    return Err(Code::EndpointOrigin.at(*place));
                }
            }
        }
        metadata.check_lists()?;
        metadata.algorithms =
            metadata.narrowed(config.algorithms, "id_token_signing_alg_values_supported");
        Ok(metadata)
    }

    /// Whether the configured metadata makes discovery needless.
    #[must_use]
    pub fn is_configured(config: &Config) -> bool {
        let Some(configured) = config.metadata() else {
            return false;
        };
        let has = |place: Place| {
            configured
                .get(place.as_str())
                .and_then(Json::text)
                .is_some()
        };
        has(Place::AuthorizationEndpoint)
            && has(Place::TokenEndpoint)
            && (has(Place::JwksUri) || config.keys.is_some())
            && (has(Place::ParEndpoint) || !config.pushes_requests())
    }

    /// An endpoint that may be talked to, if the provider has it.
    ///
    /// # Errors
    /// `insecure_endpoint` if it is not https.
    pub fn optional(&self, place: Place) -> Result<Option<String>> {
        let Some(url) = self.get(place).and_then(Json::text) else {
            return Ok(None);
        };
        if WebUrl::parse(&url).is_some_and(|url| url.is_safe(self.loopback)) {
            Ok(Some(url.into_owned()))
        } else {
            Err(Code::InsecureEndpoint.at(place))
        }
    }

    /// An endpoint that no sign-in can do without.
    ///
    /// # Errors
    /// `discovery_invalid` if it is absent, `insecure_endpoint` if it is not https.
    pub fn required(&self, place: Place) -> Result<String> {
        self.optional(place)?
            .ok_or(Code::DiscoveryInvalid.at(place))
    }

    /// Where users are sent with a request in the URL.
    ///
    /// # Errors
    /// Those of [`Self::required`], and `par_required` if the provider takes no such request but those that were
    /// pushed (RFC 9126 §5), and `is_pushed` says that this one is not.
    pub fn authorization_endpoint(&self, is_pushed: bool) -> Result<String> {
        let demand = Place::PushedRequests;
        if !is_pushed && self.get(demand).and_then(Json::boolean) == Some(true) {
            return Err(Code::ParRequired.at(demand));
        }
        self.required(Place::AuthorizationEndpoint)
    }

    /// Whether every authorization response names its issuer (RFC 9207 §3).
    #[must_use]
    pub fn names_issuer(&self) -> bool {
        self.member("authorization_response_iss_parameter_supported")
            .and_then(Json::boolean)
            == Some(true)
    }

    /// Whether the provider takes proofs of possession as we make them, as far as it says (RFC 9449 §5.1).
    #[must_use]
    pub fn takes_proofs(&self) -> bool {
        let taken = self.get(Place::DpopAlgorithms);
        taken.is_none_or(|taken| taken.items().any(|alg| alg.is_text(dpop::ALG)))
    }

    /// Whether the provider signs its authorization responses as we ask for it, as far as it says (RFC 8414 §2).
    #[must_use]
    pub fn signs_responses(&self) -> bool {
        let modes = self.get(Place::ResponseModes);
        modes.is_none_or(|modes| modes.items().any(|mode| mode.is_text(jarm::RESPONSE_MODE)))
    }

    /// The algorithms those may be signed with (JARM §4): those of `accepted` that the provider announces.
    #[must_use]
    pub fn response_algorithms(&self, accepted: Algs) -> Algs {
        self.narrowed(accepted, "authorization_signing_alg_values_supported")
    }

    /// Whether the provider says that it knows PKCE: with `S256` then, or it was refused.
    #[must_use]
    pub fn announces_pkce(&self) -> bool {
        self.get(Place::ChallengeMethods).is_some()
    }

    fn get(&self, place: Place) -> Option<Json<'_>> {
        self.member(place.as_str())
    }

    fn member(&self, name: &str) -> Option<Json<'_>> {
        let configured = self
            .configured
            .as_ref()
            .and_then(|document| document.get(name));
        configured.or_else(|| self.discovered.as_ref()?.get(name))
    }

    /// What the provider says it cannot do. A list that is not one says nothing, unless it guards
    /// the sign-in.
    fn check_lists(&self) -> Result<()> {
        let has = |list: Json<'_>, word: &str| list.items().any(|entry| entry.is_text(word));
        let types = self
            .get(Place::ResponseTypes)
            .filter(|types| types.is_array());
        if types.is_some_and(|types| !has(types, "code")) {
            return Err(Code::DiscoveryInvalid.at(Place::ResponseTypes));
        }
        // RFC 8414 §2: absent means unknown here, since many providers leave it out
        if self
            .get(Place::ChallengeMethods)
            .is_some_and(|methods| !has(methods, "S256"))
        {
            return Err(Code::PkceUnsupported.at(Place::ChallengeMethods));
        }
        Ok(())
    }

    /// The accepted algorithms that the provider announces in `list`; all of them if it announces none we know.
    fn narrowed(&self, accepted: Algs, list: &str) -> Algs {
        let names = self.member(list);
        let mut announced = names.map_or(Algs::NONE, Algs::named);
        // RFC 9864: one algorithm, two names in the wild
        if announced.contains(Alg::EdDsa) || announced.contains(Alg::Ed25519) {
            announced = announced.with(Alg::EdDsa).with(Alg::Ed25519);
        }
        if announced.is_empty() {
            accepted
        } else {
            accepted.intersection(announced)
        }
    }
}
