//! What is known of the provider: its metadata and its keys, fetched once, kept for the way back
//! from a redirect, and looked at again when a token names a key nobody has seen.

use alloc::{rc::Rc, string::String};

use super::Client;
use crate::{
    codec::json::{Json, ObjectWriter},
    error::{Code, Result},
    jose::{
        jwk::PublicKey,
        jwks::KeySet,
        jws::{Jws, SignatureValid},
    },
    platform::{Area, Platform},
    protocol::{
        discovery::{self, ProviderMetadata},
        jwks,
    },
    time::{Seconds, UnixTime},
};

/// How long metadata and keys are believed without asking again.
const FRESH: Seconds = Seconds(3600);
/// How long an unknown key does not lead to another look at the key set.
const COOL_DOWN: Seconds = Seconds(60);

/// What this page has learned.
#[derive(Debug, Default)]
pub(super) struct Known {
    metadata: Option<(UnixTime, Rc<ProviderMetadata>)>,
    keys: Option<(UnixTime, Rc<KeySet>)>,
    refetched_at: Option<UnixTime>,
}

impl<P: Platform> Client<P> {
    /// The provider's metadata: what this page knows, else the store, else the provider.
    pub(super) async fn metadata(&self) -> Result<Rc<ProviderMetadata>> {
        let known = self.known.borrow().metadata.clone();
        if let Some((at, metadata)) = known
            && is_fresh(at, self.now())
        {
            return Ok(metadata);
        }
        let (at, metadata) = if ProviderMetadata::is_configured(&self.config) {
            (self.now(), ProviderMetadata::read(&self.config, None)?)
        } else {
            self.discover().await?
        };
        let metadata = Rc::new(metadata);
        self.known.borrow_mut().metadata = Some((at, metadata.clone()));
        Ok(metadata)
    }

    async fn discover(&self) -> Result<(UnixTime, ProviderMetadata)> {
        if let Some((at, document)) = self.cached("metadata").await
            && let Ok(metadata) = ProviderMetadata::read(&self.config, Some(&document))
        {
            return Ok((at, metadata));
        }
        let response = self.send("discovery", discovery::request(&self.config), self.config.timeout).await?;
        let document = discovery::process(&response, &self.config)?;
        let metadata = ProviderMetadata::read(&self.config, Some(&document))?;
        self.cache("metadata", &document).await;
        Ok((self.now(), metadata))
    }

    /// The provider's keys; `anew` asks the provider whatever is known.
    pub(super) async fn keys(&self, metadata: &ProviderMetadata, anew: bool) -> Result<Rc<KeySet>> {
        if let Some(keys) = &self.config.keys {
            return Ok(Rc::new(keys.clone()));
        }
        let jwks_uri = metadata.jwks_uri.as_deref().ok_or(Code::JwksMissing.at("jwks_uri"))?;
        let known = self.known.borrow().keys.clone();
        if let Some((at, keys)) = known
            && !anew
            && is_fresh(at, self.now())
        {
            return Ok(keys);
        }
        let cached = if anew { None } else { self.cached("jwks").await };
        let parse = |(at, document): (UnixTime, String)| Some((at, KeySet::parse(document.as_bytes()).ok()?));
        let (at, keys) = match cached.and_then(parse) {
            Some(cached) => cached,
            None => (self.now(), self.fetch_keys(jwks_uri).await?),
        };
        let keys = Rc::new(keys);
        self.known.borrow_mut().keys = Some((at, keys.clone()));
        Ok(keys)
    }

    async fn fetch_keys(&self, jwks_uri: &str) -> Result<KeySet> {
        let answer = self.send("jwks", jwks::request(jwks_uri), self.config.timeout).await;
        let response = answer.map_err(jwks::unreachable)?;
        let keys = jwks::process(&response)?;
        if let Some(Ok(document)) = response.body.as_deref().map(core::str::from_utf8) {
            self.cache("jwks", document).await;
        }
        Ok(keys)
    }

    /// Finds the key a token is signed with and has the signature checked. A key nobody has
    /// seen is looked for at the provider once, unless that was just done.
    pub(super) async fn prove(&self, jws: &Jws<'_>, metadata: &ProviderMetadata) -> Result<SignatureValid> {
        let keys = self.keys(metadata, false).await?;
        let candidates = match keys.candidates(jws.alg(), jws.kid()) {
            Err(error) if error.code == Code::JwksNoKey && self.may_refetch() => {
                let keys = self.keys(metadata, true).await?;
                keys.candidates(jws.alg(), jws.kid())
            }
            found => found,
        }?;
        self.check_signature(jws, &candidates).await
    }

    async fn check_signature(&self, jws: &Jws<'_>, candidates: &[PublicKey]) -> Result<SignatureValid> {
        for check in jws.checks(candidates)? {
            let valid = self.platform.verify(&check).await?;
            if let Some(proof) = check.answered(valid) {
                return Ok(proof);
            }
        }
        Err(Code::JwtSignature.into())
    }

    fn may_refetch(&self) -> bool {
        let now = self.now();
        let mut known = self.known.borrow_mut();
        let cooling = known.refetched_at.is_some_and(|at| now >= at && now.since(at) < COOL_DOWN);
        if self.config.keys.is_some() || cooling {
            return false;
        }
        known.refetched_at = Some(now);
        true
    }

    /// A document kept from before, if it is fresh.
    async fn cached(&self, name: &str) -> Option<(UnixTime, String)> {
        let record = self.platform.get(Area::Shared, &self.key(name)).await.ok()??;
        let record = Json::parse(record.as_bytes()).ok()?;
        let at = UnixTime(record.get("at")?.whole()?);
        let same = record.get("source")?.is_text(&self.config.discovery_url);
        (same && is_fresh(at, self.now())).then(|| record.get("document").map(|document| (at, document.raw().into())))?
    }

    /// Keeps a document for the way back. It is only a copy: if there is no room, it is fetched again.
    async fn cache(&self, name: &str, document: &str) {
        let mut record = ObjectWriter::new();
        record.whole("at", self.now().0).text("source", &self.config.discovery_url).raw("document", document);
        let _ = self.platform.set(Area::Shared, &self.key(name), &record.finish()).await;
    }
}

fn is_fresh(at: UnixTime, now: UnixTime) -> bool {
    now >= at && now.since(at) < FRESH
}
