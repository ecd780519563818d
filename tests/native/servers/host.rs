//! What a connector finds on its server: a clock, timers, randomness, a store that others share, the network.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    future::poll_fn,
    rc::Rc,
    task::{Poll, Waker},
};

use portcullis::{
    connection::{
        fault::Result,
        message::{Answer, Request},
    },
    error::{Code, Result as Checked},
    platform::{
        Clock, Random,
        service::{Console, Network, Secrets, Signer, Timer, Vault},
    },
    secret::Secret,
};

use super::system::System;
use crate::world::yield_now;

/// When histories begin, in milliseconds since 1970.
const EPOCH: i64 = 1_700_000_000_000;

/// What the servers have in common.
pub struct Common {
    pub system: System,
    pub is_shared: bool,
    /// Milliseconds since the history began, by a clock that nobody sets.
    pub now: Cell<i64>,
    /// When somebody wants to be woken.
    timers: RefCell<Vec<(i64, Waker)>>,
    /// The store: texts, and until when it keeps them.
    pub kept: RefCell<BTreeMap<String, (String, Option<i64>)>>,
    /// Whether it fails.
    pub is_failing: Cell<bool>,
    drawn: Cell<u64>,
    /// The task that is on.
    pub task: Cell<u32>,
}

impl Common {
    pub fn new(system: System, is_shared: bool) -> Self {
        Self {
            system,
            is_shared,
            now: Cell::default(),
            timers: RefCell::default(),
            kept: RefCell::default(),
            is_failing: Cell::default(),
            drawn: Cell::default(),
            task: Cell::default(),
        }
    }

    /// When the next timer goes off.
    pub fn next_timer(&self) -> Option<i64> {
        self.timers.borrow().iter().map(|(at, _)| *at).min()
    }

    /// Lets time pass up to `now`.
    pub fn advance(&self, now: i64) {
        self.now.set(now);
        let (due, later) = self
            .timers
            .take()
            .into_iter()
            .partition(|(at, _)| *at <= now);
        self.timers.replace(later);
        let due: Vec<(i64, Waker)> = due;
        for (_, waker) in due {
            waker.wake();
        }
        let is_worth = |until: &Option<i64>| until.is_none_or(|until| now < until);
        self.kept
            .borrow_mut()
            .retain(|_, (_, until)| is_worth(until));
        self.system.expire(now);
    }

    async fn until(&self, at: i64) {
        poll_fn(|context| {
            if at <= self.now.get() {
                return Poll::Ready(());
            }
            self.timers.borrow_mut().push((at, context.waker().clone()));
            Poll::Pending
        })
        .await;
    }
}

/// One server.
#[derive(Clone)]
pub struct Host {
    pub number: usize,
    pub common: Rc<Common>,
    /// How far its clock is ahead, in milliseconds.
    pub ahead: Rc<Cell<i64>>,
    /// How often it signed out.
    pub era: Rc<Cell<u32>>,
}

impl Host {
    /// The store, if it works, after a moment.
    async fn store(&self) -> Result<&RefCell<BTreeMap<String, (String, Option<i64>)>>> {
        yield_now().await;
        if self.common.is_failing.get() {
            return Err(Code::StorageUnavailable.into());
        }
        Ok(&self.common.kept)
    }
}

impl Network for Host {
    async fn exchange(&self, request: &Request, seconds: u32) -> Result<Answer> {
        let by = (self.number, self.era.get(), self.common.task.get());
        let when = (self.common.now.get(), seconds);
        self.common.system.answer(by, request, when).await
    }
}

impl Secrets for Host {
    async fn secret(&self, name: &str) -> Result<Option<Secret>> {
        yield_now().await;
        Ok((name == "client_secret").then(|| Secret::new("s3cret".into())))
    }
}

impl Signer for Host {
    async fn sign(&self, _: &str, _: &Secret, _: &str) -> Option<Vec<u8>> {
        None
    }
}

impl Vault for Host {
    fn is_shared(&self) -> bool {
        self.common.is_shared
    }

    async fn load(&self, key: &str) -> Result<Option<String>> {
        let kept = self.store().await?.borrow();
        Ok(kept.get(key).map(|(text, _)| text.clone()))
    }

    async fn keep(&self, key: &str, text: &Secret, seconds: u32) -> Result<()> {
        let until = (seconds > 0).then(|| self.common.now.get() + i64::from(seconds) * 1000);
        let mut kept = self.store().await?.borrow_mut();
        kept.insert(key.into(), (text.expose().into(), until));
        Ok(())
    }

    async fn forget(&self, key: &str) -> Result<()> {
        self.store().await?.borrow_mut().remove(key);
        Ok(())
    }
}

impl Timer for Host {
    async fn wait(&self, millis: u32) -> Result<()> {
        self.common
            .until(self.common.now.get() + i64::from(millis))
            .await;
        Ok(())
    }

    fn offset(&self) -> i32 {
        0
    }
}

impl Clock for Host {
    fn millis(&self) -> i64 {
        EPOCH + self.common.now.get() + self.ahead.get()
    }

    fn steady(&self) -> i64 {
        self.common.now.get()
    }
}

impl Random for Host {
    /// `SplitMix64`: whatever is drawn is another each time, and the same in each run.
    fn fill(&self, bytes: &mut [u8]) -> Checked<()> {
        for chunk in bytes.chunks_mut(8) {
            let drawn = self.common.drawn.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
            self.common.drawn.set(drawn);
            let mixed = (drawn ^ (drawn >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(mixed ^ (mixed >> 31)).to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

impl Console for Host {
    fn warn(&self, _: &str) {}
}
