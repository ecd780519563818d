//! Key sets by URL: fetched once for everybody who asks, believed for a while, and looked at again
//! when a token names a key that nobody has seen.

use alloc::{boxed::Box, rc::Rc, string::String, vec::Vec};
use core::cell::RefCell;

use crate::{
    client::flight::Flight,
    codec::url::WebUrl,
    config::invalid,
    error::{Code, Error, Failure, Place, Result},
    jose::{jwk::PublicKey, jwks::KeySet, jws::Jws},
    platform::{Clock, Http},
    protocol::jwks,
    time::{Seconds, UnixTime},
};

/// How long a key set is believed without asking again.
const FRESH: Seconds = Seconds(600);
/// How long it is believed if its provider cannot be reached.
const USABLE: Seconds = Seconds(3600);
/// How long nobody asks again after asking because of an unknown key, or in vain while an old copy serves.
const COOL_DOWN: Seconds = Seconds(60);
/// The same after asking in vain because of an unknown key: it may be one of the provider's.
const RETRY: Seconds = Seconds(5);
/// How long a request may take, in seconds.
const TIMEOUT: u32 = 20;
/// How many URLs are remembered: more are no configuration but something an attacker chose.
const MAX_SETS: usize = 32;

/// The key sets that are known.
pub(super) struct Keys {
    sources: RefCell<Vec<Rc<Source>>>,
    /// Whether those who ask at once share one request.
    pub(super) are_shared: bool,
}

/// One URL, and what it showed.
struct Source {
    url: String,
    /// `None` where everybody has to ask alone.
    flight: Option<Flight>,
    known: RefCell<Known>,
}

#[derive(Default)]
struct Known {
    set: Option<(UnixTime, Rc<KeySet>)>,
    asked_again_at: Option<UnixTime>,
    /// When the provider did not answer as it should, if it has not since, and how.
    failed: Option<(UnixTime, Error)>,
}

impl Keys {
    pub(super) const fn new() -> Self {
        Self {
            sources: RefCell::new(Vec::new()),
            are_shared: true,
        }
    }

    /// The keys at `url` to try on a token.
    ///
    /// # Errors
    /// `config_invalid`, `insecure_endpoint`, `jwks_http`, `jwks_invalid`, `jwks_too_large`,
    /// `jwks_no_key`.
    pub(super) async fn candidates<P: Http + Clock>(
        &self,
        platform: &P,
        url: &str,
        jws: &Jws<'_>,
    ) -> Result<Vec<PublicKey>> {
        let source = self.source(url)?;
        let set = source.set(platform).await?;
        match set.candidates(jws.alg(), jws.kid()) {
            Err(_) if source.is_busy() || source.may_ask_again(now(platform)) => source
                .fetched(platform)
                .await?
                .candidates(jws.alg(), jws.kid()),
            // a key that could not be looked for is not one that nobody has
            Err(unknown) => Err(source.failure().unwrap_or(unknown)),
            found => found,
        }
    }

    fn source(&self, url: &str) -> Result<Rc<Source>> {
        let parsed = WebUrl::parse(url)
            .filter(|url| url.fragment().is_none())
            .ok_or(invalid(Place::Keys))?;
        if !parsed.is_safe(true) {
            return Err(Code::InsecureEndpoint.at(Place::Keys));
        }
        let mut sources = self.sources.borrow_mut();
        if let Some(source) = sources.iter().find(|source| source.url == url) {
            return Ok(source.clone());
        }
        if sources.len() == MAX_SETS {
            sources.remove(0);
        }
        let source = Rc::new(Source {
            url: url.into(),
            flight: self.are_shared.then(Flight::default),
            known: RefCell::default(),
        });
        sources.push(source.clone());
        Ok(source)
    }
}

impl Source {
    /// The key set, fetched if what is known of it is too old.
    async fn set<P: Http + Clock>(&self, platform: &P) -> Result<Rc<KeySet>> {
        if let Some(set) = self.younger_than(FRESH, now(platform)) {
            return Ok(set);
        }
        let last = self.younger_than(USABLE, now(platform));
        // an old copy serves while its provider is down, which is not asked, or waited for, at every token
        if let Some(set) = &last
            && (self.has_failed_within(COOL_DOWN, now(platform))
                || (!self.is_busy() && !self.may_ask_again(now(platform))))
        {
            return Ok(set.clone());
        }
        match (self.fetched(platform).await, last) {
            (Err(_), Some(set)) => Ok(set),
            (answer, _) => answer,
        }
    }

    /// The key set as the provider shows it now, to everybody who asks meanwhile.
    async fn fetched<P: Http + Clock>(&self, platform: &P) -> Result<Rc<KeySet>> {
        let work = Box::pin(async {
            let answer = platform.send(jwks::request(&self.url), TIMEOUT).await;
            let outcome = answer
                .map_err(jwks::unreachable)
                .and_then(|answer| jwks::process(&answer));
            let at = now(platform);
            let mut known = self.known.borrow_mut();
            known.failed = outcome.as_ref().err().map(|error| (at, *error));
            known.set = Some((at, Rc::new(outcome?)));
            Ok(String::new())
        });
        let outcome = match &self.flight {
            Some(flight) => flight.join("", work).await,
            None => work.await,
        };
        outcome.map_err(|failure: Failure| failure.error)?;
        let known = self.known.borrow();
        known
            .set
            .as_ref()
            .map(|(_, set)| set.clone())
            .ok_or(Code::JwksHttp.into())
    }

    fn is_busy(&self) -> bool {
        self.flight.as_ref().is_some_and(Flight::is_busy)
    }

    fn younger_than(&self, limit: Seconds, now: UnixTime) -> Option<Rc<KeySet>> {
        let known = self.known.borrow();
        let (at, set) = known.set.as_ref()?;
        is_within(limit, *at, now).then(|| set.clone())
    }

    /// Whether nobody has asked again just now; whoever may then does.
    fn may_ask_again(&self, now: UnixTime) -> bool {
        let asked_at = self.known.borrow().asked_again_at;
        let failed_at = self.known.borrow().failed.map(|(at, _)| at);
        let is_cooling = if failed_at >= asked_at {
            self.has_failed_within(RETRY, now)
        } else {
            asked_at.is_some_and(|at| is_within(COOL_DOWN, at, now))
        };
        if !is_cooling {
            self.known.borrow_mut().asked_again_at = Some(now);
        }
        !is_cooling
    }

    fn has_failed_within(&self, limit: Seconds, now: UnixTime) -> bool {
        let failed = self.known.borrow().failed;
        failed.is_some_and(|(at, _)| is_within(limit, at, now))
    }

    fn failure(&self) -> Option<Error> {
        self.known.borrow().failed.map(|(_, error)| error)
    }
}

/// A clock that was set back makes nothing young for ever.
fn is_within(limit: Seconds, at: UnixTime, now: UnixTime) -> bool {
    now >= at && now.since(at) < limit
}

fn now(platform: &impl Clock) -> UnixTime {
    UnixTime(platform.millis().div_euclid(1000))
}
