//! Instances that share a store take turns with a request. A store has no locks, so this is a courtesy
//! and no guarantee: two that begin in the same moment may both ask, and one token is then unused.

use alloc::{boxed::Box, string::String};
use core::future::Future;

use serde::{Deserialize, Serialize};

use super::Connector;
use crate::{
    codec::base64url,
    connection::{fault::Result, lifetime::Held},
    platform::service::Service,
    secret::Secret,
};

/// How long a store may take to show everybody what was written.
const SETTLE: u32 = 20;
/// How often those that wait look again.
const LOOK_EVERY: u32 = 50;
/// How much longer than its request a turn may last, in seconds.
const GRACE: i64 = 5;
/// How often somebody begins a turn that the store does not show afterwards.
const TRIES: u32 = 8;

/// A turn.
#[derive(Debug)]
pub(super) struct Lease(Option<(String, String)>);

/// What came of waiting for one.
#[derive(Debug)]
pub(super) enum Turn {
    /// It is ours.
    Ours(Lease),
    /// It is not needed any more: this is what it would be for.
    Found(Box<Held>),
}

#[derive(Serialize, Deserialize)]
struct Record {
    by: String,
    until: i64,
}

/// Whose turn it is, and how often we have looked since it is theirs.
#[derive(Default)]
struct Theirs {
    by: String,
    looks: u32,
}

impl Theirs {
    /// Whether to wait for its end. Nobody's turn lasts longer than requests can, whatever its record says:
    /// that may be damaged, or of a clock that is ahead.
    fn goes_on(&mut self, by: &str, seconds: u32) -> bool {
        if by != self.by {
            *self = Self {
                by: by.into(),
                looks: 0,
            };
        }
        self.looks += 1;
        self.looks <= seconds.saturating_mul(1000) / LOOK_EVERY
    }
}

impl<P: Service + 'static> Connector<P> {
    /// Waits for a turn, or until `look` finds what it would be for.
    ///
    /// # Errors
    /// `aborted` if nobody waits any longer.
    pub(super) async fn lease<F: Future<Output = Option<Held>>>(
        &self,
        key: &str,
        look: impl Fn() -> F,
    ) -> Result<Turn> {
        if !self.platform.is_shared() {
            return Ok(Turn::Ours(Lease(None)));
        }
        let name = [key, ".turn"].concat();
        let Ok(me) = self.whose_turn() else {
            return Ok(Turn::Ours(Lease(None)));
        };
        let seconds = self.span();
        let mut theirs = Theirs::default();
        for _ in 0..TRIES {
            loop {
                match self.holder(&name).await {
                    Some(record) if record.by == me => {
                        return Ok(Turn::Ours(Lease(Some((name, me)))));
                    }
                    Some(record)
                        if record.until > self.now() && theirs.goes_on(&record.by, seconds) =>
                    {
                        self.platform.wait(LOOK_EVERY).await?;
                        if let Some(held) = look().await {
                            return Ok(Turn::Found(Box::new(held)));
                        }
                    }
                    _ => break,
                }
            }
            let record = Record {
                by: me.clone(),
                until: self.now().saturating_add(i64::from(seconds)),
            };
            let text = Secret::new(serde_json::to_string(&record).unwrap_or_default());
            if self.platform.keep(&name, &text, seconds).await.is_err() {
                break;
            }
            if self.platform.wait(SETTLE).await.is_err() {
                // nobody waits any longer: the request will fail, and the turn with it
                return Ok(Turn::Ours(Lease(Some((name, me)))));
            }
            if self.holder(&name).await.is_none() {
                break; // the store forgets at once
            }
        }
        Ok(Turn::Ours(Lease(None)))
    }

    /// Ends a turn, if it is still ours.
    pub(super) async fn release(&self, lease: Lease) {
        let Some((name, me)) = lease.0 else {
            return;
        };
        if self
            .holder(&name)
            .await
            .is_some_and(|record| record.by == me)
        {
            let _ = self.platform.forget(&name).await;
        }
    }

    /// Who takes the next turn. On the edge it is always the same, since only one at a time does so here: a
    /// turn that is ours already was left by somebody whose client went away.
    fn whose_turn(&self) -> Result<String> {
        if let Some(me) = self.live.borrow().me.clone() {
            return Ok(me);
        }
        let me = base64url::encode(&self.draw::<16>()?);
        if self.settings.on_the_edge {
            self.live.borrow_mut().me = Some(me.clone());
        }
        Ok(me)
    }

    async fn holder(&self, name: &str) -> Option<Record> {
        let text = self.platform.load(name).await.ok()??;
        serde_json::from_str(&text).ok()
    }

    /// How long a turn may last, in seconds.
    pub(super) fn span(&self) -> u32 {
        let requests = u32::try_from(self.definition.before.len()).unwrap_or(0) + 2;
        let each = if self.definition.timeout == 0 {
            120
        } else {
            self.definition.timeout
        };
        each.saturating_mul(requests)
            .saturating_add(u32::try_from(GRACE).unwrap_or(0))
    }
}
