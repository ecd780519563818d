//! One request for everybody who asks while it is under way.

use alloc::{rc::Rc, vec::Vec};
use core::{
    cell::{Cell, RefCell},
    future::{Future, poll_fn},
    pin::pin,
    task::{Poll, Waker},
};

use futures_util::future::{Either, select};

use super::Connector;
use crate::{
    connection::{fault::Result, lifetime::Held},
    error::Code,
    platform::service::Service,
};

/// How often somebody shows that they are still at it, in milliseconds.
const BEAT: u32 = 500;
/// How often those look who cannot be woken, in milliseconds.
const LOOK_EVERY: u32 = 50;
/// After how many looks that saw no beat nobody is at it any more: two seconds.
const SILENCE: u32 = 40;
/// How many turns somebody may be at it.
const TURNS: u32 = 10;

/// What others see of a request. On the edge nobody can wait for it: one ends with its client, without a word,
/// and wakes nobody else. There they look, each by a timer of their own, for what it left, or whether it goes on.
#[derive(Default)]
pub(super) struct Flight {
    outcome: RefCell<Option<Result<Held>>>,
    waiting: RefCell<Vec<Waker>>,
    beats: Cell<u32>,
}

impl<P: Service + 'static> Connector<P> {
    pub(super) fn flight(&self, name: &str) -> Option<Rc<Flight>> {
        self.live.borrow().flights.get(name).cloned()
    }

    /// What comes of the flight of that name; `None` if whoever asks there has gone away.
    pub(super) async fn landing(&self, name: &str, flight: Rc<Flight>) -> Option<Result<Held>> {
        let (mut seen, mut silent) = (flight.beats.get(), 0);
        loop {
            let outcome = flight.outcome.borrow().clone();
            if outcome.is_some() {
                return outcome;
            }
            if !self.settings.on_the_edge {
                flight.lands().await;
                continue;
            }
            if flight.beats.get() != seen {
                (seen, silent) = (flight.beats.get(), 0);
            }
            if silent == SILENCE {
                self.clear(name, &flight);
                return None;
            }
            silent += 1;
            if self.platform.wait(LOOK_EVERY).await.is_err() {
                return Some(Err(Code::Aborted.into()));
            }
        }
    }

    /// Does `work` where others see what comes of it.
    pub(super) async fn fly(
        &self,
        name: &str,
        work: impl Future<Output = Result<Held>>,
    ) -> Result<Held> {
        let flight = Rc::<Flight>::default();
        let under_way = flight.clone();
        self.live
            .borrow_mut()
            .flights
            .insert(name.into(), under_way);
        let mut work = pin!(work);
        // as long as turns of others, ours and what is done in it may last
        let mut beats = if self.settings.on_the_edge {
            self.span().saturating_mul(TURNS * 1000) / BEAT
        } else {
            0
        };
        let outcome = loop {
            if beats == 0 {
                break work.await;
            }
            beats -= 1;
            match select(work.as_mut(), pin!(self.platform.wait(BEAT))).await {
                Either::Left((outcome, _)) => break outcome,
                Either::Right((Ok(()), _)) => flight.beats.set(beats),
                Either::Right((Err(_), _)) => beats = 0,
            }
        };
        self.clear(name, &flight);
        flight.outcome.replace(Some(outcome.clone()));
        let waiting = flight.waiting.take();
        waiting.into_iter().for_each(Waker::wake);
        outcome
    }

    fn clear(&self, name: &str, flight: &Rc<Flight>) {
        let flights = &mut self.live.borrow_mut().flights;
        if flights.get(name).is_some_and(|it| Rc::ptr_eq(it, flight)) {
            flights.remove(name);
        }
    }
}

impl Flight {
    async fn lands(&self) {
        poll_fn(|context| {
            if self.outcome.borrow().is_some() {
                return Poll::Ready(());
            }
            self.waiting.borrow_mut().push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}
