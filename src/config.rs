//! The options of a client, read once into types that cannot be wrong.

use alloc::{string::String, vec::Vec};

use crate::{
    codec::{json::Json, url::WebUrl},
    error::{Code, Error, Result},
    ids::{ClientId, Issuer},
    jose::{
        alg::{Alg, Algs},
        jwks::KeySet,
    },
    time::Seconds,
};

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
#[allow(missing_docs, reason = "the public contract documents each option")]
pub struct Config {
    pub issuer: Issuer,
    pub client_id: ClientId,
    pub redirect_uri: WebUrl,
    pub scope: String,
    pub post_logout_redirect_uri: Option<String>,
    pub discovery_url: String,
    /// JSON text of metadata known beforehand.
    pub metadata: Option<String>,
    pub keys: Option<KeySet>,
    pub authorization_params: Vec<(String, String)>,
    pub resource: Vec<String>,
    pub persist: Persist,
    pub api_origins: Vec<String>,
    pub algorithms: Algs,
    pub clock_tolerance: Seconds,
    pub timeout: u32,
    pub name: String,
    pub allow_insecure_context: bool,
    /// Whether endpoints on this machine may be plain http, as the issuer itself is.
    pub loopback: bool,
}

/// Parameters that belong to the protocol and cannot be set by hand.
const RESERVED: &[&str] = &[
    "response_type", "response_mode", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge",
    "code_challenge_method", "request", "request_uri",
];

impl Config {
    /// Reads the options from their JSON text. `page` is the URL of the page, if there is one.
    ///
    /// # Errors
    /// `config_invalid`, naming the option.
    pub fn parse(options: &str, page: Option<&str>) -> Result<Self> {
        let options = Json::parse(options.as_bytes()).map_err(|_| invalid("options"))?;
        let page = page.and_then(WebUrl::parse);
        let issuer = required_text(options, "issuer")?;
        let issuer_url = WebUrl::parse(&issuer).filter(|url| url.query().is_empty() && !url.has_fragment());
        let issuer_url = issuer_url
            .filter(|url| !url.as_str().contains('?') && (url.is_https() || url.is_loopback()))
            .ok_or(invalid("issuer"))?;
        let redirect_uri = own_url(options, "redirectUri", page.as_ref())?.ok_or(invalid("redirectUri"))?;
        let post_logout = own_url(options, "postLogoutRedirectUri", page.as_ref())?;
        let scope = words(options, "scope")?.unwrap_or_else(|| "openid".into());
        if !scope.split(' ').any(|word| word == "openid") {
            return Err(invalid("scope"));
        }
        let discovery_url = match text(options, "discoveryUrl")? {
            Some(url) => endpoint(&url, issuer_url.is_loopback()).ok_or(invalid("discoveryUrl"))?,
            None => {
                let mut url = String::from(issuer.strip_suffix('/').unwrap_or(&issuer));
                url.push_str("/.well-known/openid-configuration");
                url
            }
        };
        let origin = |entry: Json<'_>| {
            let url = WebUrl::parse(&entry.text()?)?;
            // an origin and nothing else: a path here would promise a check that is not made
            (url.path_and_rest() == "/").then(|| String::from(url.origin()))
        };
        let api_origins = match member(options, "apiOrigins") {
            Some(list) if list.is_array() => {
                list.items().map(origin).collect::<Option<_>>().ok_or(invalid("apiOrigins"))?
            }
            Some(_) => return Err(invalid("apiOrigins")),
            None => page.iter().map(|page| page.origin().into()).collect(),
        };
        Ok(Self {
            loopback: issuer_url.is_loopback(),
            issuer: Issuer::new(issuer),
            client_id: ClientId::new(required_text(options, "clientId")?),
            redirect_uri,
            scope,
            post_logout_redirect_uri: post_logout.map(|url| url.as_str().into()),
            discovery_url,
            metadata: object(options, "metadata")?.map(|metadata| metadata.raw().into()),
            keys: keys(options)?,
            authorization_params: parameters(options)?,
            resource: resources(options)?,
            persist: match text(options, "persist")?.as_deref() {
                None | Some("tab") => Persist::Tab,
                Some("memory") => Persist::Memory,
                Some("device") => Persist::Device,
                Some(_) => return Err(invalid("persist")),
            },
            api_origins,
            algorithms: algorithms(options)?,
            clock_tolerance: Seconds(number(options, "clockTolerance", 30, 0, 300)?),
            timeout: u32::try_from(number(options, "timeout", 20, 1, 120)?).unwrap_or(20),
            name: text(options, "name")?.unwrap_or_default(),
            allow_insecure_context: match member(options, "dangerouslyAllowInsecureContext") {
                None => false,
                Some(flag) => flag.boolean().ok_or(invalid("dangerouslyAllowInsecureContext"))?,
            },
        })
    }
}

/// A URL that tokens and codes may be sent to: https, or plain http on this machine.
pub(crate) fn endpoint(text: &str, loopback: bool) -> Option<String> {
    let url = WebUrl::parse(text).filter(|url| !url.has_fragment())?;
    (url.is_https() || (loopback && url.is_loopback())).then(|| text.into())
}

/// The extra authorization-request parameters of `options`, here or of one sign-in.
pub(crate) fn parameters(options: Json<'_>) -> Result<Vec<(String, String)>> {
    let Some(params) = object(options, "authorizationParams")? else { return Ok(Vec::new()) };
    let pair = |(name, value): (alloc::borrow::Cow<'_, str>, Json<'_>)| {
        let value = value.text()?;
        (!RESERVED.contains(&&*name)).then(|| (name.into_owned(), value.into_owned()))
    };
    params.members().map(pair).collect::<Option<_>>().ok_or(invalid("authorizationParams"))
}

/// A space-separated list, given as one text or as an array of words.
pub(crate) fn words(options: Json<'_>, name: &'static str) -> Result<Option<String>> {
    let Some(value) = member(options, name) else { return Ok(None) };
    let mut joined = String::new();
    if let Some(text) = value.text() {
        joined.push_str(&text);
    } else if value.is_array() {
        for item in value.items() {
            let word = item.text().filter(|word| !word.contains(' ')).ok_or(invalid(name))?;
            if !joined.is_empty() {
                joined.push(' ');
            }
            joined.push_str(&word);
        }
    } else {
        return Err(invalid(name));
    }
    // RFC 6749 §3.3: visible ASCII without quote and backslash
    let is_word = |b: u8| matches!(b, b' ' | b'!' | b'#'..=b'[' | b']'..=b'~');
    if joined.bytes().all(is_word) { Ok(Some(joined)) } else { Err(invalid(name)) }
}

/// A member that is there and not null; the wrapper writes null for what JSON cannot say.
pub(crate) fn member<'a>(options: Json<'a>, name: &str) -> Option<Json<'a>> {
    options.get(name).filter(|value| !value.is_null())
}

/// A text member.
pub(crate) fn text(options: Json<'_>, name: &'static str) -> Result<Option<String>> {
    member(options, name).map(|value| value.text().map(Into::into).ok_or(invalid(name))).transpose()
}

/// A whole number between `least` and `most`.
pub(crate) fn number(options: Json<'_>, name: &'static str, default: i64, least: i64, most: i64) -> Result<i64> {
    let Some(value) = member(options, name) else { return Ok(default) };
    value.whole().filter(|n| (least..=most).contains(n)).ok_or(invalid(name))
}

pub(crate) const fn invalid(option: &'static str) -> Error {
    Code::ConfigInvalid.at(option)
}

fn required_text(options: Json<'_>, name: &'static str) -> Result<String> {
    text(options, name)?.filter(|text| !text.is_empty()).ok_or(invalid(name))
}

fn object<'a>(options: Json<'a>, name: &'static str) -> Result<Option<Json<'a>>> {
    match member(options, name) {
        Some(value) if !value.is_object() => Err(invalid(name)),
        value => Ok(value),
    }
}

/// A URL of this very origin, without a fragment.
fn own_url(options: Json<'_>, name: &'static str, page: Option<&WebUrl>) -> Result<Option<WebUrl>> {
    let Some(text) = text(options, name)? else { return Ok(None) };
    let url = WebUrl::parse(&text).filter(|url| !url.has_fragment()).ok_or(invalid(name))?;
    match page {
        Some(page) if page.origin() != url.origin() => Err(invalid(name)),
        _ => Ok(Some(url)),
    }
}

fn keys(options: Json<'_>) -> Result<Option<KeySet>> {
    let Some(jwks) = object(options, "jwks")? else { return Ok(None) };
    KeySet::parse(jwks.raw().as_bytes()).map(Some).map_err(|_| invalid("jwks"))
}

fn resources(options: Json<'_>) -> Result<Vec<String>> {
    // RFC 8707 §2: an absolute URI without a fragment
    let one = |value: Json<'_>| {
        let text = value.text()?;
        let (scheme, rest) = text.split_once(':')?;
        (!scheme.is_empty() && !rest.is_empty() && !text.contains('#')).then(|| text.into_owned())
    };
    let Some(value) = member(options, "resource") else { return Ok(Vec::new()) };
    let list: Option<Vec<_>> = if value.is_array() {
        value.items().map(one).collect()
    } else {
        one(value).map(|resource| alloc::vec![resource])
    };
    list.ok_or(invalid("resource"))
}

fn algorithms(options: Json<'_>) -> Result<Algs> {
    let Some(list) = member(options, "algorithms") else { return Ok(Algs::ALL) };
    let mut algorithms = Algs::NONE;
    for name in list.items() {
        let alg = name.text().and_then(|name| Alg::parse(&name)).ok_or(invalid("algorithms"))?;
        algorithms = algorithms.with(alg);
    }
    if algorithms.is_empty() { Err(invalid("algorithms")) } else { Ok(algorithms) }
}
