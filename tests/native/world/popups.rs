//! Windows of the origin: each knows where it was sent, and the page that opened it hears from it
//! by the sign-in's state.

use std::{cell::RefCell, collections::BTreeMap, future::poll_fn, task::Poll, task::Waker};

use portcullis::{
    error::{Code, Result},
    platform,
    time::Seconds,
};

use super::{ISSUER, Page, run::yield_now};

/// What a window came to.
type Answer = Result<String>;

/// The windows that somebody waits for, by state.
#[derive(Default)]
pub struct Waiting(RefCell<BTreeMap<String, (Option<Answer>, Vec<Waker>)>>);

/// What windows do.
#[derive(Clone, Copy, Default, PartialEq)]
pub enum Windows {
    #[default]
    Open,
    Blocked,
    /// The provider's site is another.
    Foreign,
}

/// A window, as its opener sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Window {
    Empty,
    Frame,
    At(String),
    Closed,
}

impl Waiting {
    /// The window of that sign-in says something; whether anybody waits for it.
    pub fn answer(&self, state: &str, answer: Answer) -> bool {
        match self.0.borrow_mut().get_mut(state) {
            Some((answered @ None, wakers)) => {
                *answered = Some(answer);
                wakers.drain(..).for_each(Waker::wake);
                true
            }
            _ => false,
        }
    }

    /// The page that waited has gone away.
    pub fn forget(&self, state: &str) {
        self.0.borrow_mut().remove(state);
    }

    async fn wait(&self, state: &str) -> Answer {
        self.0.borrow_mut().insert(state.into(), (None, Vec::new()));
        poll_fn(|context| {
            let mut waiting = self.0.borrow_mut();
            let (answer, wakers) = waiting.get_mut(state).unwrap();
            if let Some(answer) = answer.take() {
                waiting.remove(state);
                return Poll::Ready(answer);
            }
            wakers.push(context.waker().clone());
            Poll::Pending
        })
        .await
    }
}

impl Page {
    fn open(&self, window: Window) -> usize {
        let mut windows = self.windows.borrow_mut();
        windows.push(window);
        windows.len() - 1
    }
}

impl platform::Windows for Page {
    type Window = usize;

    fn open_popup(&self) -> Result<usize> {
        if self.windows_are.get() == Windows::Blocked {
            return Err(Code::PopupBlocked.into());
        }
        Ok(self.open(Window::Empty))
    }

    async fn open_frame(&self, issuer: &str) -> Result<usize> {
        assert_eq!(issuer, ISSUER);
        if self.windows_are.get() == Windows::Foreign {
            return Err(Code::Unsupported.into());
        }
        yield_now().await;
        Ok(self.open(Window::Frame))
    }

    async fn visit(&self, window: &usize, url: &str, state: &str, timeout: Seconds) -> Answer {
        let is_frame = self.windows.borrow()[*window] == Window::Frame;
        // a person takes a while, a provider alone answers as any request
        assert_eq!(timeout, Seconds(if is_frame { 20 } else { 600 }));
        self.windows.borrow_mut()[*window] = Window::At(url.into());
        self.waiting().wait(state).await
    }

    fn close(&self, window: &usize) {
        self.windows.borrow_mut()[*window] = Window::Closed;
    }

    async fn hand_over(&self, url: &str, state: &str) -> bool {
        self.waiting().answer(state, Ok(url.into()))
    }
}
