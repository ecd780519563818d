//! Sequences under way: the few lines of an executor that a page needs.
//!
//! `tasks.js` holds each [`Task`] with its promise, polls it when something it waits for has
//! settled, and rejects the promise if the module stops meanwhile, so that no caller waits for
//! ever.

use alloc::{boxed::Box, sync::Arc, task::Wake};
use core::{
    cell::RefCell,
    convert::identity,
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use js_sys::Promise;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

/// What a sequence comes to: a value that is not `undefined`, or what its promise is rejected with.
pub type Settled = Result<JsValue, JsValue>;

#[wasm_bindgen(module = "/src/platform/web/tasks.js")]
extern "C" {
    /// A promise that is being waited for.
    #[derive(Debug)]
    type Watch;

    fn start(task: Task) -> Promise;
    fn wake(number: u32);
    fn watch(promise: &JsValue) -> Watch;
    #[wasm_bindgen(catch)]
    fn take(watch: &Watch) -> Result<JsValue, JsValue>;
}

/// One sequence.
#[wasm_bindgen]
pub struct Task(RefCell<Pin<Box<dyn Future<Output = Settled>>>>);

#[wasm_bindgen]
impl Task {
    /// Goes on as far as it can; `undefined` while there is something to wait for. `number` is
    /// what the shim knows the task by.
    ///
    /// # Errors
    /// What the sequence comes to, if that is a failure.
    pub fn poll(&self, number: u32) -> Settled {
        let waker = Waker::from(Arc::new(Number(number)));
        match self
            .0
            .borrow_mut()
            .as_mut()
            .poll(&mut Context::from_waker(&waker))
        {
            Poll::Ready(settled) => settled,
            Poll::Pending => Ok(JsValue::UNDEFINED),
        }
    }
}

/// Starts `work` and returns the promise of what it comes to.
pub fn promise(work: Pin<Box<dyn Future<Output = Settled>>>) -> Promise {
    start(Task(RefCell::new(work)))
}

/// Waits for a promise, or takes any other value as it is; `undefined` becomes null.
pub fn settled(promise: &JsValue) -> Settling<Settled> {
    settled_as(promise, identity)
}

/// The same, of which `read` makes what is wanted. It spares the platform's calls an `async fn`
/// each, which would be as many state machines.
pub fn settled_as<T>(promise: &JsValue, read: fn(Settled) -> T) -> Settling<T> {
    let watch = watch(promise);
    Settling { watch, read }
}

/// A promise on its way to a `T`.
#[derive(Debug)]
pub struct Settling<T> {
    watch: Watch,
    read: fn(Settled) -> T,
}

impl<T> Future for Settling<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<T> {
        // a task that waits is known to the shim: nothing has to be woken
        match take(&self.watch) {
            Ok(value) if value.is_undefined() => Poll::Pending,
            settled => Poll::Ready((self.read)(settled)),
        }
    }
}

/// Wakes one task.
struct Number(u32);

impl Wake for Number {
    fn wake(self: Arc<Self>) {
        wake(self.0);
    }
}
