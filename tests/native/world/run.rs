//! A deterministic executor: futures run on this thread, as far as they get, in a known order.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll, Wake, Waker},
};

/// One future and its outcome.
pub struct Task<'a, T> {
    future: Pin<Box<dyn Future<Output = T> + 'a>>,
    woken: Arc<Woken>,
    outcome: Option<T>,
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Relaxed);
    }
}

impl<'a, T> Task<'a, T> {
    /// A task that has not begun.
    pub fn new(future: impl Future<Output = T> + 'a) -> Self {
        Self {
            future: Box::pin(future),
            woken: Arc::new(Woken(AtomicBool::new(true))),
            outcome: None,
        }
    }

    /// A task that has run as far as it gets.
    pub fn start(future: impl Future<Output = T> + 'a) -> Self {
        let mut task = Self::new(future);
        task.run();
        task
    }

    /// Polls once, if somebody asked for it; says whether it did.
    pub fn step(&mut self) -> bool {
        if self.is_done() || !self.woken.0.swap(false, Relaxed) {
            return false;
        }
        let waker = Waker::from(self.woken.clone());
        if let Poll::Ready(outcome) = self.future.as_mut().poll(&mut Context::from_waker(&waker)) {
            self.outcome = Some(outcome);
        }
        true
    }

    /// Runs as far as it gets.
    pub fn run(&mut self) {
        while self.step() {}
    }

    /// Whether a poll would get it further.
    pub fn is_awake(&self) -> bool {
        !self.is_done() && self.woken.0.load(Relaxed)
    }

    pub fn is_done(&self) -> bool {
        self.outcome.is_some()
    }

    /// The outcome of a task that nothing outside has to happen for.
    pub fn finish(mut self) -> T {
        self.run();
        self.outcome
            .expect("the task waits for something nobody will do")
    }
}

/// Runs one future to its end.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    Task::new(future).finish()
}

/// Runs tasks in turns, a poll each, to their ends.
pub fn all<T>(mut tasks: Vec<Task<'_, T>>) -> Vec<T> {
    while tasks.iter_mut().fold(false, |any, task| task.step() | any) {}
    tasks.into_iter().map(Task::finish).collect()
}

/// Gives way to everybody else once.
pub async fn yield_now() {
    let mut yielded = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
