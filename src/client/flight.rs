//! One piece of work for everybody who asks for it while it is under way.

use alloc::{boxed::Box, rc::Rc, string::String, vec::Vec};
use core::{
    cell::RefCell,
    future::{Future, poll_fn},
    pin::Pin,
    task::{Poll, Waker},
};

use super::Outcome;

/// At most one piece of work at a time; callers with the same key share its outcome.
#[derive(Debug, Default)]
pub(crate) struct Flight(RefCell<Option<Rc<Shared>>>);

#[derive(Debug)]
struct Shared {
    key: String,
    progress: RefCell<Progress>,
}

#[derive(Debug)]
enum Progress {
    UnderWay(Vec<Waker>),
    Done(Outcome<String>),
    /// The caller that did the work went away.
    Abandoned,
}

/// Work that can be shared: its outcome is text.
pub(crate) type Work<'a> = Pin<Box<dyn Future<Output = Outcome<String>> + 'a>>;

impl Flight {
    /// Whether work is under way.
    #[cfg(feature = "verify")]
    pub(crate) fn is_busy(&self) -> bool {
        self.0.borrow().is_some()
    }

    /// Shares the work under way for `key`, or does `work`, which is not started otherwise.
    pub(crate) async fn join(&self, key: &str, work: Work<'_>) -> Outcome<String> {
        loop {
            let Some(shared) = self.0.borrow().clone() else {
                break;
            };
            let outcome = shared.outcome().await;
            if let Some(outcome) = outcome.filter(|_| shared.key == key) {
                return outcome;
            }
        }
        let progress = RefCell::new(Progress::UnderWay(Vec::new()));
        let shared = Rc::new(Shared {
            key: key.into(),
            progress,
        });
        self.0.replace(Some(shared.clone()));
        let lead = Lead {
            flight: self,
            shared,
        };
        let outcome = work.await;
        lead.shared.finish(Progress::Done(outcome.clone()));
        outcome
    }
}

impl Shared {
    async fn outcome(&self) -> Option<Outcome<String>> {
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

    fn finish(&self, progress: Progress) {
        if let Progress::UnderWay(wakers) = self.progress.replace(progress) {
            wakers.into_iter().for_each(Waker::wake);
        }
    }
}

/// Clears the way when the work is done, or given up.
struct Lead<'a> {
    flight: &'a Flight,
    shared: Rc<Shared>,
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        self.flight.0.replace(None);
        if matches!(*self.shared.progress.borrow(), Progress::Done(_)) {
            return;
        }
        self.shared.finish(Progress::Abandoned);
    }
}
