//! What is known of the provider: its metadata and its keys, fetched once, kept for the way back
//! from a redirect, and looked at again when a token names a key nobody has seen.

use alloc::{rc::Rc, string::String};

use super::{Client, JWKS, METADATA};
use crate::{
    codec::json::{Json, ObjectWriter},
    error::{Code, Place, Result},
    jose::{
        jwks::KeySet,
        jws::{Jws, SignatureValid},
    },
    platform::Platform,
    protocol::{
        discovery::{self, ProviderMetadata},
        jwks,
    },
    time::{Seconds, UnixTime},
};

/// How long metadata and keys are believed without asking again: what was young enough when a
/// sign-in began (`ON_LEAVING`) still is when it comes back.
pub(super) const FRESH: Seconds = Seconds(3600 + 660);
/// What no document is as young as: the provider is asked.
pub(super) const ANEW: Seconds = Seconds(-BACKWARDS);
/// How far the clock may run backwards without making a document unknown.
const BACKWARDS: i64 = 60;
/// How long an unknown key does not lead to another look at the key set.
const COOL_DOWN: Seconds = Seconds(60);

/// What this page has learned.
#[derive(Debug, Default)]
pub(super) struct Known {
    metadata: Option<(UnixTime, Rc<ProviderMetadata>)>,
    /// And the URL they are from.
    keys: Option<(UnixTime, Rc<KeySet>, String)>,
    refetched_at: Option<UnixTime>,
}

impl<P: Platform> Client<P> {
    /// The provider's metadata: what this page knows, else the store, else the provider; younger
    /// than `max_age`.
    pub(super) async fn metadata(&self, max_age: Seconds) -> Result<Rc<ProviderMetadata>> {
        // no borrow is held while the host tells the time
        let known = self.known.borrow().metadata.clone();
        if let Some((at, metadata)) = known
            && self.is_fresh(at, max_age)
        {
            return Ok(metadata);
        }
        let (at, metadata) = if ProviderMetadata::is_configured(&self.config) {
            (self.now(), ProviderMetadata::read(&self.config, None)?)
        } else if let Some((at, document)) =
            self.cached(METADATA, &self.config.discovery_url(), max_age)
            && let Ok(metadata) = ProviderMetadata::read(&self.config, Some(document))
        {
            (at, metadata)
        } else {
            let response = self
                .send(
                    Place::Discovery,
                    discovery::request(&self.config),
                    self.config.timeout(),
                )
                .await?;
            let document = discovery::process(&response)?;
            let metadata = ProviderMetadata::read(&self.config, Some(document.clone()))?;
            self.cache(METADATA, &self.config.discovery_url(), &document);
            (self.now(), metadata)
        };
        let metadata = Rc::new(metadata);
        self.known.borrow_mut().metadata = Some((at, metadata.clone()));
        Ok(metadata)
    }

    /// The provider's keys, younger than `max_age`.
    pub(super) async fn keys(
        &self,
        metadata: &ProviderMetadata,
        max_age: Seconds,
    ) -> Result<Rc<KeySet>> {
        if let Some(keys) = &self.config.keys {
            return Ok(Rc::new(keys.clone()));
        }
        let jwks_uri = metadata
            .optional(Place::JwksUri)?
            .ok_or(Code::JwksMissing.at(Place::JwksUri))?;
        let known = self.known.borrow().keys.clone();
        if let Some((at, keys, source)) = known
            && source == jwks_uri
            && self.is_fresh(at, max_age)
        {
            return Ok(keys);
        }
        let (at, keys) = if let Some((at, document)) = self.cached(JWKS, &jwks_uri, max_age)
            && let Ok(keys) = KeySet::parse(document.as_bytes())
        {
            (at, keys)
        } else {
            let answer = self
                .send(Place::Jwks, jwks::request(&jwks_uri), self.config.timeout())
                .await;
            let response = answer.map_err(jwks::unreachable)?;
            let keys = jwks::process(&response)?;
            if keys.has_private_members() {
                self.platform
                    .warn("portcullis: the provider publishes a private key (jwks_private_key)");
            }
            self.cache(
                JWKS,
                &jwks_uri,
                core::str::from_utf8(response.body.as_deref().unwrap_or_default())
                    .unwrap_or("null"),
            );
            (self.now(), keys)
        };
        let keys = Rc::new(keys);
        self.known.borrow_mut().keys = Some((at, keys.clone(), jwks_uri));
        Ok(keys)
    }

    /// Finds the key a token is signed with and has the signature checked. A key nobody has
    /// seen is looked for at the provider once, unless that was just done; so is one that fits where the
    /// token names none and no known key does.
    pub(super) async fn prove(
        &self,
        jws: &Jws<'_>,
        metadata: &ProviderMetadata,
    ) -> Result<SignatureValid> {
        let mut max_age = FRESH;
        loop {
            let keys = self.keys(metadata, max_age).await?;
            if max_age == ANEW {
                let now = self.now();
                self.known.borrow_mut().refetched_at = Some(now);
            }
            let candidates = keys.candidates(jws.alg(), jws.kid()).unwrap_or_default();
            let failure = match jws.checks(&candidates) {
                Ok(checks) => {
                    for check in checks {
                        let valid = self.platform.verify(&check).await?;
                        if let Some(proof) = check.answered(valid) {
                            return Ok(proof);
                        }
                    }
                    Code::JwtSignature.into()
                }
                Err(failure) => failure,
            };
            // where the token names no key, the right one may look like those that are known
            let may_be_new = candidates.is_empty() || jws.kid().is_none();
            if max_age != FRESH || !may_be_new || !self.may_refetch() {
                return Err(failure);
            }
            max_age = ANEW;
        }
    }

    fn may_refetch(&self) -> bool {
        let now = self.now();
        let refetched_at = self.known.borrow().refetched_at;
        let cooling = refetched_at.is_some_and(|at| now >= at && now.since(at) < COOL_DOWN);
        self.config.keys.is_none() && !cooling
    }

    /// A document of `source` kept from before, if it is fresh.
    fn cached(&self, number: usize, source: &str, max_age: Seconds) -> Option<(UnixTime, String)> {
        let record = self.record(number)?;
        let at = UnixTime(record.whole("at")?);
        let is_same = record.text("source") == source;
        let document = record.get("document").map(Json::raw)?;
        if is_same && self.is_fresh(at, max_age) {
            Some((at, document.into()))
        } else {
            None
        }
    }

    /// Keeps a document of `source` for the way back. It is only a copy: if there is no room, it is fetched again.
    fn cache(&self, number: usize, source: &str, document: &str) {
        let mut record = ObjectWriter::new();
        record
            .whole("at", self.now().0)
            .text("source", source)
            .raw("document", document);
        let _ = self.save(number, Some(&record.finish()));
    }

    fn is_fresh(&self, at: UnixTime, max_age: Seconds) -> bool {
        let age = self.now().since(at);
        age > Seconds(-BACKWARDS) && age < max_age
    }
}
