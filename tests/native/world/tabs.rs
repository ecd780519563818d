//! The tabs of an origin: turns in the order they were asked for, and who was told to look.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
    future::poll_fn,
    task::{Poll, Waker},
};

use portcullis::platform::{Clock, Tabs};

use super::{Page, run::yield_now};

/// What keeps two tabs from having a turn at once.
#[derive(Clone, Copy, Default, PartialEq)]
pub enum TurnKind {
    /// Web Locks: a queue, which a tab that vanishes leaves.
    #[default]
    Locks,
    /// A lease in storage: a tab that vanishes keeps it until it lapses, by the machine's clock.
    Lease,
}

/// Who has the turn of that name, and who waits for it.
#[derive(Default)]
pub struct Turns {
    pub kind: Cell<TurnKind>,
    queues: RefCell<BTreeMap<String, VecDeque<u32>>>,
    /// Who holds a lease, and until when in milliseconds since 1970.
    leases: RefCell<BTreeMap<String, (u32, i64)>>,
    wakers: RefCell<Vec<Waker>>,
}

impl Turns {
    /// Has everybody who waits look again.
    pub fn wake(&self) {
        self.wakers.take().into_iter().for_each(Waker::wake);
    }

    fn begin(&self, page: &Page, name: &str) -> Turn {
        let ticket = page.next_ticket();
        let mut queues = self.queues.borrow_mut();
        queues.entry(name.into()).or_default().push_back(ticket);
        Turn {
            page: page.clone(),
            name: name.into(),
            ticket,
        }
    }

    fn is_at(&self, turn: &Turn, now: i64, span: i64) -> bool {
        if self.kind.get() == TurnKind::Lease {
            return self.take_lease(&turn.name, turn.ticket, now, span);
        }
        let queues = self.queues.borrow();
        let queue = queues.get(&turn.name);
        queue.and_then(VecDeque::front) == Some(&turn.ticket)
    }

    /// Takes the lease if nobody has it, or it has lapsed, or the clock was set back.
    fn take_lease(&self, name: &str, ticket: u32, now: i64, span: i64) -> bool {
        let mut leases = self.leases.borrow_mut();
        let left = leases.get(name).map_or(0, |(_, until)| until - now);
        let is_free = left <= 0 || left > span;
        if is_free {
            leases.insert(name.into(), (ticket, now + span));
        }
        is_free
    }
}

/// One tab's turn.
pub struct Turn {
    page: Page,
    name: String,
    ticket: u32,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let turns = self.page.turns();
        if let Some(queue) = turns.queues.borrow_mut().get_mut(&self.name) {
            queue.retain(|ticket| *ticket != self.ticket);
        }
        if !self.page.is_vanishing.get() {
            let mut leases = turns.leases.borrow_mut();
            leases.retain(|_, (ticket, _)| *ticket != self.ticket);
        }
        turns.wake();
    }
}

impl Tabs for Page {
    type Turn = Turn;

    async fn turn(&self, name: &str, seconds: u32) -> Turn {
        let turns = self.turns();
        let mut name = String::from(name);
        let mut turn = turns.begin(self, &name);
        let mut since = self.steady();
        let span = i64::from(seconds) * 1000;
        poll_fn(|context| {
            if turns.kind.get() == TurnKind::Locks && self.steady() - since >= span {
                // whoever waited for too long goes on with those who did the same
                name.push('\'');
                turn = turns.begin(self, &name);
                since = self.steady();
            }
            if turns.is_at(&turn, self.millis(), span) {
                return Poll::Ready(());
            }
            turns.wakers.borrow_mut().push(context.waker().clone());
            Poll::Pending
        })
        .await;
        yield_now().await;
        turn
    }

    fn listen(&self, name: &str) {
        self.channel.replace(Some(name.into()));
    }

    fn tell(&self) {
        self.told.set(self.told.get() + 1);
    }

    async fn ask(&self, name: &str, since: i64) -> Option<String> {
        yield_now().await;
        let rank = |text: &str| -> Option<i64> {
            serde_json::from_str::<serde_json::Value>(text).ok()?["rank"].as_i64()
        };
        let siblings = self.siblings();
        let records = siblings.iter().filter(|page| page.hears(name));
        let records = records.filter_map(|page| page.own(name));
        records
            .filter(|text| rank(text).is_some_and(|at| at > since))
            .max_by_key(|text| rank(text))
    }

    fn hang_up(&self) {
        self.channel.replace(None);
    }
}
