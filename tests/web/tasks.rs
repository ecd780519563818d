//! Several sequences at once: started by each other, woken by each other, ended.

use std::{
    cell::{Cell, RefCell},
    future::{pending, poll_fn},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use js_sys::Promise;
use portcullis::platform::web::task::{Settled, settled};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::{
    support::{holds, js, run},
    task::{LATER, start},
};

#[wasm_bindgen_test]
async fn a_task_starts_another_and_goes_on() {
    let order = Rc::new(RefCell::new(Vec::new()));
    let (outer, inner) = (order.clone(), order.clone());
    run(async move {
        outer.borrow_mut().push("outer starts");
        let end = start(async move {
            inner.borrow_mut().push("inner starts");
            settled(&js(LATER)).await?;
            inner.borrow_mut().push("inner ends");
            Ok("inner".into())
        });
        outer.borrow_mut().push("outer goes on");
        settled(&js("Promise.resolve()")).await.unwrap();
        outer.borrow_mut().push("outer waits");
        assert_eq!(settled(&end).await, Ok("inner".into()));
        outer.borrow_mut().push("outer ends");
    })
    .await;
    assert_eq!(
        *order.borrow(),
        [
            "outer starts",
            "inner starts",
            "outer goes on",
            "outer waits",
            "inner ends",
            "outer ends"
        ]
    );
}

#[wasm_bindgen_test]
async fn a_task_that_ends_at_once_leaves_its_starter_running() {
    run(async {
        for _ in 0..3 {
            let ended = start(async { Err("at once".into()) });
            assert_eq!(settled(&ended).await, Err("at once".into()));
        }
        assert_eq!(settled(&js(LATER)).await, Ok("later".into()));
    })
    .await;
}

/// Work that several tasks wait for, and that wakes them when it is done.
#[derive(Default)]
struct Shared {
    outcome: Cell<Option<&'static str>>,
    waiting: RefCell<Vec<Waker>>,
}

impl Shared {
    async fn outcome(&self) -> &'static str {
        poll_fn(|context| {
            if let Some(outcome) = self.outcome.get() {
                return Poll::Ready(outcome);
            }
            self.waiting.borrow_mut().push(context.waker().clone());
            Poll::Pending
        })
        .await
    }

    fn finish(&self, outcome: &'static str) {
        self.outcome.set(Some(outcome));
        self.waiting.take().into_iter().for_each(Waker::wake);
    }
}

#[wasm_bindgen_test]
async fn one_task_wakes_others() {
    let shared = Rc::new(Shared::default());
    let followers = [(); 3].map(|()| {
        let shared = shared.clone();
        start(async move { Ok(shared.outcome().await.into()) })
    });
    let leader = shared.clone();
    let led = start(async move {
        settled(&js(LATER)).await?;
        leader.finish("done");
        Ok("led".into())
    });
    for follower in followers {
        assert_eq!(follower.await, Ok("done".into()));
    }
    assert_eq!(led.await, Ok("led".into()));
}

#[wasm_bindgen_test]
async fn a_task_may_wake_itself() {
    let turns = run(async {
        let mut turns = 0;
        poll_fn(|context| {
            turns += 1;
            context.waker().wake_by_ref();
            if turns < 5 {
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        })
        .await;
        turns
    });
    assert_eq!(turns.await, 5);
}

#[wasm_bindgen_test]
async fn waking_too_early_or_too_late_does_no_harm() {
    let kept = Rc::new(RefCell::new(None::<Waker>));
    let keep = kept.clone();
    let ended = run(async move {
        poll_fn(|context| {
            keep.replace(Some(context.waker().clone()));
            Poll::Ready(())
        })
        .await;
        // woken while it waits for something else
        keep.borrow().as_ref().unwrap().wake_by_ref();
        settled(&js(LATER)).await
    });
    assert_eq!(ended.await, Ok("later".into()));
    let uncaught = js("(() => {
        const errors = [];
        addEventListener('error', (event) => errors.push(event.message));
        return errors;
    })()");
    kept.take().unwrap().wake();
    let another = start(async { settled(&js(LATER)).await });
    assert_eq!(another.await, Ok("later".into()));
    assert!(holds(&uncaught, "subject.length === 0"));
}

/// Ends when it is first asked, and notes when it is dropped.
struct Noted(Rc<Cell<bool>>);

impl Future for Noted {
    type Output = Settled;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Settled> {
        Poll::Ready(Ok(JsValue::NULL))
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        self.0.set(true);
    }
}

#[wasm_bindgen_test]
fn a_task_that_ended_is_gone() {
    let dropped = Rc::new(Cell::new(false));
    let _: Promise = start(Noted(dropped.clone()));
    assert!(dropped.get());
}

#[wasm_bindgen_test]
async fn a_task_without_end_holds_up_no_other() {
    let _: Promise = start(pending());
    assert_eq!(
        start(async { settled(&js(LATER)).await }).await,
        Ok("later".into())
    );
}
