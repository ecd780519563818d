//! The options of a client: checked once against a table, then read where they are used.

mod rules;
mod tenant;

use alloc::{string::String, vec::Vec};

use crate::{
    codec::{ascii::pieces, json::Json, record::Record, url::WebUrl},
    error::{Code, Error, Place, Result},
    jose::{alg::Algs, jwks::KeySet},
    time::Seconds,
};

pub(crate) use self::rules::{Rule, check, list, words};

/// How long a session lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persist {
    /// As long as the page.
    Memory,
    /// As long as the tab.
    Tab,
    /// Until it ends.
    Device,
}

/// Checked options; see the contract for what each means.
#[derive(Clone, Debug)]
pub struct Config {
    options: Record,
    /// Names the provider; compared byte for byte, trailing slash included.
    pub issuer: String,
    /// Names this application at the provider.
    pub client_id: String,
    /// Where answers arrive.
    pub redirect_uri: String,
    /// Where the portal lives: the origin of the redirect URI.
    pub origin: String,
    /// Keys known beforehand.
    pub keys: Option<KeySet>,
    /// The ID-token algorithms that are accepted.
    pub algorithms: Algs,
    /// Whether endpoints on this machine may be plain http, as the issuer itself is.
    pub loopback: bool,
}

const RULES: &[(Place, Rule)] = &[
    (Place::Issuer, Rule::Text),
    (Place::ClientId, Rule::Text),
    // no page can keep one
    (Place::ClientSecret, Rule::Never),
    (Place::ClientSecretParameter, Rule::Never),
    (Place::RedirectUri, Rule::Text),
    (Place::PostLogoutRedirectUri, Rule::Url),
    (Place::Scope, Rule::Words),
    (Place::DiscoveryUrl, Rule::Url),
    (Place::Metadata, Rule::Object),
    (Place::EndpointOrigins, Rule::Origins),
    (Place::Jwks, Rule::Object),
    (Place::AuthorizationParams, Rule::Parameters),
    (Place::Resource, Rule::Resources),
    (Place::Persist, Rule::OneOf("memory tab device")),
    (Place::ApiOrigins, Rule::Origins),
    (Place::Algorithms, Rule::Algorithms),
    (Place::ClockTolerance, Rule::Within(0, 300)),
    (Place::Timeout, Rule::Within(1, 120)),
    (Place::IdleTimeout, Rule::Within(1, i32::MAX)),
    (Place::IdleWarning, Rule::Within(0, i32::MAX)),
    (Place::MaxLifetime, Rule::Within(1, i32::MAX)),
    (Place::MonitorSession, Rule::Flag),
    (Place::Par, Rule::Flag),
    (Place::Dpop, Rule::Flag),
    (Place::Jarm, Rule::Flag),
    (Place::Name, Rule::Text),
    (Place::Tenants, Rule::Tenants),
    (Place::TrustedAudiences, Rule::Texts),
    (Place::LogoutRedirectParam, Rule::Text),
    (Place::AllowInsecureContext, Rule::Flag),
];

impl Config {
    /// Reads the options from their JSON text. `page` is the URL of the page, if there is one.
    ///
    /// # Errors
    /// `config_invalid`, naming the option.
    pub fn parse(options: String, page: Option<&str>) -> Result<Self> {
        let options = Record::read(options).ok_or(invalid(Place::Options))?;
        check(&options, RULES)?;
        let (issuer, redirect_uri) = (options.text("issuer"), options.text("redirectUri"));
        let issuer_url = WebUrl::parse(&issuer).filter(|url| url.path().len() == url.rest().len());
        let loopback = issuer_url.is_some_and(|url| url.is_loopback());
        if !issuer_url.is_some_and(|url| url.is_safe(loopback)) {
            return Err(invalid(Place::Issuer));
        }
        if issuer_url.is_some_and(|url| url.origin() == "https://github.com") {
            return Err(invalid(Place::GitHub));
        }
        if options.text("clientId").is_empty() {
            return Err(invalid(Place::ClientId));
        }
        // on this very origin: whoever serves another one must not complete a sign-in here
        let own = WebUrl::parse(&redirect_uri).filter(|url| url.fragment().is_none());
        let origin = own.map(|url| url.origin()).unwrap_or_default();
        let page = page.and_then(WebUrl::parse).map(|page| page.origin());
        if origin.is_empty() || page.is_some_and(|page| page != origin) {
            return Err(invalid(Place::RedirectUri));
        }
        let after_logout = options.text("postLogoutRedirectUri");
        if WebUrl::parse(&after_logout).is_some_and(|url| url.origin() != origin) {
            return Err(invalid(Place::PostLogoutRedirectUri));
        }
        let keys = match options.get("jwks") {
            None => None,
            Some(jwks) => {
                Some(KeySet::parse(jwks.raw().as_bytes()).map_err(|_| invalid(Place::Jwks))?)
            }
        };
        let algorithms = options.get("algorithms").map_or(Algs::ALL, Algs::named);
        let config = Self {
            issuer: issuer.into_owned(),
            client_id: options.text("clientId").into_owned(),
            redirect_uri: redirect_uri.into_owned(),
            origin,
            keys,
            algorithms,
            loopback,
            options,
        };
        // RFC 6750 §5.3: no token in the clear
        let in_the_clear =
            |origin: &String| WebUrl::parse(origin).is_some_and(|url| !url.is_safe(true));
        if !config.allows_insecure_context()
            && list(config.options.get("apiOrigins"))
                .iter()
                .any(in_the_clear)
        {
            return Err(invalid(Place::ApiOrigins));
        }
        // a list that would not be looked at promises a check that is not made
        let is_template = config.tenant_of(&config.issuer).is_some();
        if config.options.get("tenants").is_some() && !is_template {
            return Err(invalid(Place::Tenants));
        }
        if WebUrl::parse(&config.discovery_url()).is_some_and(|url| url.is_safe(loopback)) {
            has_openid(&config.scope())
                .then_some(config)
                .ok_or(invalid(Place::Scope))
        } else {
            Err(invalid(Place::DiscoveryUrl))
        }
    }

    /// Where the provider describes itself (OpenID Connect Discovery §4).
    #[must_use]
    pub fn discovery_url(&self) -> String {
        if let Some(url) = self.options.get("discoveryUrl").and_then(Json::text) {
            return url.into_owned();
        }
        discovery_url_of(&self.issuer)
    }

    /// What is asked for, space-separated.
    #[must_use]
    pub fn scope(&self) -> String {
        self.options
            .get("scope")
            .map_or_else(|| "openid".into(), words)
    }

    /// Metadata known beforehand.
    #[must_use]
    pub fn metadata(&self) -> Option<Json<'_>> {
        self.options.get("metadata")
    }

    /// Extra parameters of every authorization request.
    #[must_use]
    pub fn authorization_params(&self) -> Option<Json<'_>> {
        self.options.get("authorizationParams")
    }

    /// RFC 8707 resource indicators.
    #[must_use]
    pub fn resources(&self) -> Vec<String> {
        list(self.options.get("resource"))
    }

    /// Whether a URL of this origin may get the access token.
    #[must_use]
    pub fn may_receive_token(&self, origin: &str) -> bool {
        self.is_among("apiOrigins", origin)
            .unwrap_or(origin == self.origin)
    }

    /// Whether discovery may name an endpoint of this origin.
    #[must_use]
    pub fn may_have_endpoint(&self, origin: &str) -> bool {
        self.is_among("endpointOrigins", origin).unwrap_or(true)
            || origin_of(&self.issuer) == origin
    }

    /// Whether a list of origins has this one, if there is a list.
    fn is_among(&self, option: &str, origin: &str) -> Option<bool> {
        let origins = list(Some(self.options.get(option)?));
        Some(origins.iter().any(|url| origin_of(url) == origin))
    }

    /// Whether ID tokens for us may be for this one, too.
    #[must_use]
    pub fn trusts_audience(&self, audience: Json<'_>) -> bool {
        let audience = audience.text().unwrap_or_default();
        let trusted = self.options.get("trustedAudiences");
        trusted.is_some_and(|trusted| trusted.items().any(|one| one.is_text(&audience)))
    }

    /// How long a session lives.
    #[must_use]
    pub fn persist(&self) -> Persist {
        match self.options.text("persist").as_bytes() {
            [b'm', ..] => Persist::Memory,
            [b'd', ..] => Persist::Device,
            _ => Persist::Tab,
        }
    }

    /// How far clocks may differ without a word.
    #[must_use]
    pub fn clock_tolerance(&self) -> Seconds {
        Seconds(self.options.whole("clockTolerance").unwrap_or(30))
    }

    /// How long a request may take, in seconds.
    #[must_use]
    pub fn timeout(&self) -> u32 {
        self.options
            .whole("timeout")
            .and_then(|seconds| u32::try_from(seconds).ok())
            .unwrap_or(20)
    }

    /// After how many seconds without a user at the machine the session ends.
    #[must_use]
    pub fn idle_timeout(&self) -> Option<i64> {
        self.options.whole("idleTimeout")
    }

    /// How many seconds before that the page is warned.
    #[must_use]
    pub fn idle_warning(&self) -> i64 {
        self.options.whole("idleWarning").unwrap_or(60)
    }

    /// How many seconds a session lives at most, whatever is refreshed meanwhile.
    #[must_use]
    pub fn max_lifetime(&self) -> Option<i64> {
        self.options.whole("maxLifetime")
    }

    /// Whether the provider is asked, in a frame, if its session is still what it was.
    #[must_use]
    pub fn monitors_session(&self) -> bool {
        self.options.is_set("monitorSession")
    }

    /// Whether authorization requests are pushed (RFC 9126).
    #[must_use]
    pub fn pushes_requests(&self) -> bool {
        self.options.is_set("par")
    }

    /// Whether tokens are to be bound to a key of this browser's (RFC 9449).
    #[must_use]
    pub fn binds_tokens(&self) -> bool {
        self.options.is_set("dpop")
    }

    /// Whether authorization responses are to be signed (JARM).
    #[must_use]
    pub fn takes_signed_responses(&self) -> bool {
        self.options.is_set("jarm")
    }

    /// Whether a sign-in takes more of us than what pages load first.
    #[must_use]
    pub fn needs_all(&self) -> bool {
        self.pushes_requests() || self.binds_tokens() || self.takes_signed_responses()
    }

    /// Where the provider sends the user after a sign-out.
    #[must_use]
    pub fn post_logout_redirect_uri(&self) -> Option<String> {
        self.options
            .get("postLogoutRedirectUri")
            .and_then(Json::text)
            .map(Into::into)
    }

    /// How the provider calls the parameter that says where a sign-out comes back to, if not as
    /// the standard does.
    #[must_use]
    pub fn logout_redirect_param(&self) -> Option<String> {
        let name = self.options.get("logoutRedirectParam")?.text()?;
        Some(name.into_owned())
    }

    /// Tells apart clients with the same issuer and client id.
    #[must_use]
    pub fn name(&self) -> String {
        self.options.text("name").into_owned()
    }

    /// Whether plain http is put up with.
    #[must_use]
    pub fn allows_insecure_context(&self) -> bool {
        self.options.is_set("dangerouslyAllowInsecureContext")
    }
}

/// The origin of a URL; empty if it is none.
fn origin_of(url: &str) -> String {
    WebUrl::parse(url)
        .map(|url| url.origin())
        .unwrap_or_default()
}

/// Whether a scope asks for an ID token.
pub(crate) fn has_openid(scope: &str) -> bool {
    pieces(scope, b' ').any(|word| word == "openid")
}

pub(crate) const fn invalid(option: Place) -> Error {
    Code::ConfigInvalid.at(option)
}

/// Where an issuer describes itself (OpenID Connect Discovery §4).
pub(crate) fn discovery_url_of(issuer: &str) -> String {
    let mut url = String::from(issuer.strip_suffix('/').unwrap_or(issuer));
    url.push_str("/.well-known/openid-configuration");
    url
}
