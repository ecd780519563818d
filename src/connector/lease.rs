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
        let Ok(me) = self.draw::<16>().map(|bytes| base64url::encode(&bytes)) else {
            return Ok(Turn::Ours(Lease(None)));
        };
        loop {
            match self.holder(&name).await {
                Some(record) if record.by == me => {
                    return Ok(Turn::Ours(Lease(Some((name, me)))));
                }
                Some(record) if record.until > self.now() => {
                    self.platform.wait(LOOK_EVERY).await?;
                    if let Some(held) = look().await {
                        return Ok(Turn::Found(Box::new(held)));
                    }
                }
                _ => {
                    let seconds = self.span();
                    let record = Record {
                        by: me.clone(),
                        until: self.now().saturating_add(i64::from(seconds)),
                    };
                    let text = Secret::new(serde_json::to_string(&record).unwrap_or_default());
                    if self.platform.keep(&name, &text, seconds).await.is_err() {
                        return Ok(Turn::Ours(Lease(None)));
                    }
                    self.platform.wait(SETTLE).await?;
                    if self.holder(&name).await.is_none() {
                        return Ok(Turn::Ours(Lease(None))); // the store forgets at once
                    }
                }
            }
        }
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

    async fn holder(&self, name: &str) -> Option<Record> {
        let text = self.platform.load(name).await.ok()??;
        serde_json::from_str(&text).ok()
    }

    fn span(&self) -> u32 {
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
