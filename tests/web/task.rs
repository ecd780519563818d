//! Sequences and the promises they wait for.

use std::{cell::Cell, future::poll_fn, rc::Rc, task::Poll};

use js_sys::Promise;
use portcullis::platform::web::task::{Settled, promise, settled};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{holds, js, run};

/// A promise that settles in a later turn of the event loop.
pub const LATER: &str = "new Promise((go) => setTimeout(() => go('later'), 0))";

pub fn start(work: impl Future<Output = Settled> + 'static) -> Promise {
    promise(Box::pin(work))
}

#[wasm_bindgen_test]
async fn a_task_ends_with_its_value() {
    assert_eq!(
        start(async { Ok("value".into()) }).await,
        Ok("value".into())
    );
    let later = start(async { settled(&js(LATER)).await });
    assert_eq!(later.await, Ok("later".into()));
}

#[wasm_bindgen_test]
async fn a_task_ends_with_its_failure() {
    let failure = js("new Error('reason')");
    let given = failure.clone();
    assert_eq!(start(async { Err(given) }).await, Err(failure));
    let later = start(async {
        settled(&js(LATER)).await?;
        Err("reason".into())
    });
    assert_eq!(later.await, Err("reason".into()));
}

#[wasm_bindgen_test]
async fn a_rejection_is_a_value_to_go_on_with() {
    run(async {
        for reason in ["'reason'", "null", "undefined", "0", "false"] {
            let rejected = settled(&js(&format!("Promise.reject({reason})"))).await;
            assert_eq!(rejected, Err(js(reason)), "{reason}");
        }
        assert_eq!(settled(&js(LATER)).await, Ok("later".into()));
    })
    .await;
}

#[wasm_bindgen_test]
async fn what_is_no_promise_is_taken_as_it_is() {
    run(async {
        for value in ["'text'", "null", "0", "false", "''"] {
            assert_eq!(settled(&js(value)).await, Ok(js(value)), "{value}");
        }
        let thenable = js("{ then(go) { go('thenable'); } }");
        assert_eq!(settled(&thenable).await, Ok("thenable".into()));
    })
    .await;
}

#[wasm_bindgen_test]
async fn undefined_becomes_null() {
    run(async {
        for value in [
            "undefined",
            "Promise.resolve()",
            "Promise.resolve(undefined)",
        ] {
            assert_eq!(settled(&js(value)).await, Ok(JsValue::NULL), "{value}");
        }
    })
    .await;
}

#[wasm_bindgen_test]
async fn promises_are_waited_for_one_after_the_other() {
    let passed = run(async {
        let mut passed = Vec::new();
        for source in [LATER, "Promise.resolve('soon')", "'now'", LATER] {
            passed.push(settled(&js(source)).await.unwrap().as_string().unwrap());
        }
        passed
    });
    assert_eq!(passed.await, ["later", "soon", "now", "later"]);
}

#[wasm_bindgen_test]
async fn a_task_runs_up_to_its_first_wait_at_once() {
    let reached = Rc::new(Cell::new(0));
    let progress = reached.clone();
    let end = start(async move {
        progress.set(1);
        settled(&js("Promise.resolve()")).await?;
        progress.set(2);
        Ok(JsValue::NULL)
    });
    assert_eq!(reached.get(), 1);
    end.await.unwrap();
    assert_eq!(reached.get(), 2);
}

#[wasm_bindgen_test]
async fn several_promises_are_waited_for_at_once() {
    let order = run(async {
        let sources = [
            "new Promise((go) => setTimeout(() => go('second'), 0))",
            "Promise.resolve('first')",
        ];
        let promises = sources.map(js);
        let mut waiting: Vec<_> = promises
            .iter()
            .map(|each| Box::pin(settled(each)))
            .collect();
        let mut order = Vec::new();
        poll_fn(|context| {
            waiting.retain_mut(|each| match each.as_mut().poll(context) {
                Poll::Ready(value) => {
                    order.push(value.unwrap().as_string().unwrap());
                    false
                }
                Poll::Pending => true,
            });
            if waiting.is_empty() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
        order
    });
    assert_eq!(order.await, ["first", "second"]);
}

#[wasm_bindgen_test]
async fn a_promise_may_settle_while_its_task_waits_for_another() {
    let both = run(async {
        let quick = js("Promise.resolve('quick')");
        let mut quick = Box::pin(settled(&quick));
        let looked = poll_fn(|context| Poll::Ready(quick.as_mut().poll(context)));
        assert!(looked.await.is_pending());
        (settled(&js(LATER)).await, quick.await)
    });
    assert_eq!(both.await, (Ok("later".into()), Ok("quick".into())));
}

#[wasm_bindgen_test]
async fn the_end_of_the_module_rejects_what_was_under_way() {
    let stopped = start(async {
        settled(&js(LATER)).await?;
        core::arch::wasm32::unreachable()
    });
    let error = stopped.await.unwrap_err();
    assert!(holds(&error, "subject instanceof WebAssembly.RuntimeError"));
}
