//! The tabs of an origin: turns in the order they were asked for, and who was told to look.

use std::{
    cell::RefCell,
    collections::{BTreeMap, VecDeque},
    future::poll_fn,
    rc::Rc,
    task::{Poll, Waker},
};

use portcullis::platform::Tabs;

use super::{Page, run::yield_now};

/// Who has the turn of that name, and who waits for it.
#[derive(Default)]
pub struct Turns(
    RefCell<BTreeMap<String, VecDeque<u32>>>,
    RefCell<Vec<Waker>>,
);

/// One tab's turn.
pub struct Turn {
    turns: Rc<Turns>,
    name: String,
    ticket: u32,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut queues = self.turns.0.borrow_mut();
        let queue = queues.get_mut(&self.name).unwrap();
        queue.retain(|ticket| *ticket != self.ticket);
        self.turns.1.take().into_iter().for_each(Waker::wake);
    }
}

impl Tabs for Page {
    type Turn = Turn;

    async fn turn(&self, name: &str, _seconds: u32) -> Turn {
        let turns = self.turns();
        let ticket = self.next_ticket();
        let first = |turns: &Turns| turns.0.borrow().get(name).and_then(|q| q.front().copied());
        turns
            .0
            .borrow_mut()
            .entry(name.into())
            .or_default()
            .push_back(ticket);
        let turn = Turn {
            turns: turns.clone(),
            name: name.into(),
            ticket,
        };
        yield_now().await;
        poll_fn(|context| {
            if first(&turns) == Some(ticket) {
                return Poll::Ready(());
            }
            turns.1.borrow_mut().push(context.waker().clone());
            Poll::Pending
        })
        .await;
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
        let kept_at = |text: &str| -> Option<i64> {
            serde_json::from_str::<serde_json::Value>(text).ok()?["kept_at"].as_i64()
        };
        let siblings = self.siblings();
        let records = siblings.iter().filter(|page| page.hears(name));
        let records = records.filter_map(|page| page.own(name));
        records
            .filter(|text| kept_at(text).is_some_and(|at| at > since))
            .max_by_key(|text| kept_at(text))
    }

    fn hang_up(&self) {
        self.channel.replace(None);
    }
}
