//! One piece of work for everybody who asks for it while it is under way.

use alloc::{rc::Rc, vec::Vec};
use core::{
    cell::RefCell,
    future::{Future, poll_fn},
    task::{Poll, Waker},
};

/// At most one piece of work at a time; callers with the same key share its outcome.
#[derive(Debug)]
pub(super) struct Flight<K, T>(RefCell<Option<Rc<Shared<K, T>>>>);

#[derive(Debug)]
struct Shared<K, T> {
    key: K,
    progress: RefCell<Progress<T>>,
}

#[derive(Debug)]
enum Progress<T> {
    UnderWay(Vec<Waker>),
    Done(T),
    /// The caller that did the work went away.
    Abandoned,
}

impl<K, T> Default for Flight<K, T> {
    fn default() -> Self {
        Self(RefCell::new(None))
    }
}

impl<K: PartialEq + Clone, T: Clone> Flight<K, T> {
    /// Shares the work under way for `key`, or does `work`, which is not started otherwise.
    pub(super) async fn join(&self, key: K, work: impl Future<Output = T>) -> T {
        loop {
            let Some(shared) = self.0.borrow().clone() else { break };
            let outcome = shared.outcome().await;
            if let Some(outcome) = outcome.filter(|_| shared.key == key) {
                return outcome;
            }
        }
        let shared = Rc::new(Shared { key, progress: RefCell::new(Progress::UnderWay(Vec::new())) });
        self.0.replace(Some(shared.clone()));
        let lead = Lead { flight: self, shared };
        let outcome = work.await;
        lead.shared.finish(Progress::Done(outcome.clone()));
        outcome
    }
}

impl<K, T: Clone> Shared<K, T> {
    async fn outcome(&self) -> Option<T> {
        poll_fn(|context| match &mut *self.progress.borrow_mut() {
            Progress::UnderWay(wakers) => {
                wakers.push(context.waker().clone());
                Poll::Pending
            }
            Progress::Done(outcome) => Poll::Ready(Some(outcome.clone())),
            Progress::Abandoned => Poll::Ready(None),
        })
        .await
    }
}

impl<K, T> Shared<K, T> {
    fn finish(&self, progress: Progress<T>) {
        if let Progress::UnderWay(wakers) = self.progress.replace(progress) {
            wakers.into_iter().for_each(Waker::wake);
        }
    }
}

/// Clears the way when the work is done, or given up.
struct Lead<'a, K, T> {
    flight: &'a Flight<K, T>,
    shared: Rc<Shared<K, T>>,
}

impl<K, T> Drop for Lead<'_, K, T> {
    fn drop(&mut self) {
        self.flight.0.replace(None);
        let under_way = matches!(*self.shared.progress.borrow(), Progress::UnderWay(_));
        if under_way {
            self.shared.finish(Progress::Abandoned);
        }
    }
}
