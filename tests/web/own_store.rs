//! Text kept in a store that the page brings along, and that may answer later.

use std::task::{Context, Waker};

use portcullis::{
    error::{Code, Error, Result},
    platform::{
        Area, Store,
        web::task::{promise, settled},
    },
};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{ask, holds, js, run, text, web};

/// A host with a store that notes what it is asked to do, and holds what `map` holds.
fn store() -> JsValue {
    js("{
        storage: {
            map: new Map(),
            log: [],
            async get(key) { this.log.push(`get ${key}`); return this.map.get(key) ?? null; },
            async set(key, value) { this.log.push(`set ${key}`); this.map.set(key, value); },
            async remove(key) { this.log.push(`remove ${key}`); this.map.delete(key); },
        },
    }")
}

async fn pull(host: &JsValue, keys: &[&str]) -> Result<()> {
    let (store, keys): (_, Vec<_>) = (web(host), keys.iter().map(|key| (*key).into()).collect());
    run(async move { store.pull(&keys).await }).await
}

async fn push(host: &JsValue) -> Result<()> {
    let store = web(host);
    run(async move { store.push().await }).await
}

#[wasm_bindgen_test]
async fn a_store_of_the_page_replaces_the_browsers() {
    let host = store();
    for (area, key) in [(Area::Shared, "s"), (Area::Session, "t")] {
        let store = web(&host);
        assert_eq!(store.get(area, key), Ok(None));
        store.set(area, key, Some("mine")).unwrap();
        assert_eq!(store.get(area, key), Ok(Some("mine".into())), "at once");
        assert!(holds(
            &key.into(),
            "localStorage.getItem(subject) === null && sessionStorage.getItem(subject) === null"
        ));
    }
    push(&host).await.unwrap();
    assert_eq!(
        text(&host, "JSON.stringify([...subject.storage.map])"),
        r#"[["s","mine"],["t","mine"]]"#
    );
    assert_eq!(text(&host, "subject.storage.log.join()"), "set s,set t");
}

#[wasm_bindgen_test]
async fn what_others_wrote_is_seen_after_a_pull() {
    let host = store();
    let store = web(&host);
    ask(
        &host,
        "subject.storage.map.set('a', 'theirs').set('b', 'too')",
    );
    assert_eq!(store.get(Area::Session, "a"), Ok(None));
    pull(&host, &["a", "c"]).await.unwrap();
    assert_eq!(store.get(Area::Session, "a"), Ok(Some("theirs".into())));
    assert_eq!(store.get(Area::Session, "b"), Ok(None), "not asked for");
    assert_eq!(text(&host, "subject.storage.log.join()"), "get a,get c");

    ask(
        &host,
        "(subject.storage.map.set('a', 'newer'), subject.storage.map.set('c', ''))",
    );
    pull(&host, &["a", "c"]).await.unwrap();
    assert_eq!(store.get(Area::Session, "a"), Ok(Some("newer".into())));
    assert_eq!(store.get(Area::Shared, "c"), Ok(Some(String::new())));

    ask(&host, "subject.storage.map.delete('a')");
    pull(&host, &["a"]).await.unwrap();
    assert_eq!(store.get(Area::Session, "a"), Ok(None));
}

#[wasm_bindgen_test]
async fn what_is_removed_stays_removed() {
    let host = store();
    let store = web(&host);
    ask(&host, "subject.storage.map.set('a', 'old')");
    pull(&host, &["a"]).await.unwrap();
    store.set(Area::Session, "a", None).unwrap();
    assert_eq!(store.get(Area::Session, "a"), Ok(None), "at once");
    push(&host).await.unwrap();
    assert!(holds(&host, "!subject.storage.map.has('a')"));
    pull(&host, &["a"]).await.unwrap();
    assert_eq!(store.get(Area::Session, "a"), Ok(None));
    assert_eq!(
        text(&host, "subject.storage.log.join()"),
        "get a,remove a,get a"
    );
}

#[wasm_bindgen_test]
async fn a_store_may_answer_at_once() {
    let host = js("{
        storage: {
            map: new Map([['a', 'theirs']]),
            get(key) { return this.map.get(key) ?? null; },
            set(key, value) { this.map.set(key, value); },
            remove(key) { this.map.delete(key); },
        },
    }");
    let store = web(&host);
    pull(&host, &["a"]).await.unwrap();
    assert_eq!(store.get(Area::Session, "a"), Ok(Some("theirs".into())));
    store.set(Area::Session, "a", None).unwrap();
    store.set(Area::Session, "b", Some("mine")).unwrap();
    push(&host).await.unwrap();
    assert_eq!(
        text(&host, "JSON.stringify([...subject.storage.map])"),
        r#"[["b","mine"]]"#
    );
}

#[wasm_bindgen_test]
async fn a_push_waits_until_all_is_taken() {
    let host = js("(() => {
        const taken = [];
        const later = (key) =>
            new Promise((go) => setTimeout(go, 0)).then(() => { taken.push(key); });
        return { taken, storage: { set: later, remove: later } };
    })()");
    let store = web(&host);
    store.set(Area::Session, "a", Some("1")).unwrap();
    store.set(Area::Session, "b", None).unwrap();
    assert_eq!(text(&host, "subject.taken.join()"), "");
    push(&host).await.unwrap();
    assert_eq!(text(&host, "subject.taken.join()"), "a,b");
}

#[wasm_bindgen_test]
async fn stores_keep_what_belongs_to_them() {
    let (mine, theirs) = (store(), store());
    web(&mine).set(Area::Session, "a", Some("mine")).unwrap();
    assert_eq!(web(&mine).get(Area::Session, "a"), Ok(Some("mine".into())));
    assert_eq!(web(&theirs).get(Area::Session, "a"), Ok(None));
    push(&mine).await.unwrap();
    assert!(holds(&theirs, "subject.storage.map.size === 0"));
}

#[wasm_bindgen_test]
async fn a_store_that_refuses_fails_the_sequence() {
    let full = "throw new DOMException('', 'QuotaExceededError')";
    let broken = "throw new Error('broken')";
    for (refusal, is_async, code) in [
        (full, true, Code::StorageFull),
        (full, false, Code::StorageFull),
        (broken, true, Code::StorageUnavailable),
        (broken, false, Code::StorageUnavailable),
        ("throw undefined", true, Code::StorageUnavailable),
        ("throw null", false, Code::StorageUnavailable),
    ] {
        let word = if is_async { "async" } else { "" };
        let method = format!("{word} () => {{ {refusal}; }}");
        let host = js(&format!(
            "{{ storage: {{ get: {method}, set: {method}, remove: {method} }} }}"
        ));
        let what = format!("{refusal} {word}");
        let read = pull(&host, &["a"]).await;
        assert_eq!(read, Err(Code::StorageUnavailable.into()), "{what}");
        for value in [Some("value"), None] {
            let written = match web(&host).set(Area::Session, "a", value) {
                Ok(()) => push(&host).await,
                refused => refused,
            };
            assert_eq!(written, Err(code.into()), "{what}");
        }
        assert_eq!(push(&host).await, Ok(()), "{what}: said once");
    }
}

#[wasm_bindgen_test]
async fn a_store_that_answers_nonsense_holds_nothing() {
    for value in ["undefined", "null", "1", "{}", "['text']"] {
        let host = js(&format!("{{ storage: {{ get: async () => ({value}) }} }}"));
        pull(&host, &["a"]).await.unwrap();
        assert_eq!(web(&host).get(Area::Session, "a"), Ok(None), "{value}");
    }
}

#[wasm_bindgen_test]
async fn what_is_written_during_a_look_at_the_store_is_not_overwritten() {
    let host = js("(() => {
        let open;
        const gate = new Promise((go) => { open = go; });
        return { open, storage: { get: () => gate.then(() => 'old'), set: async () => {} } };
    })()");
    let (store, looking) = (web(&host), web(&host));
    let look = promise(Box::pin(async move {
        looking.pull(&["a".into(), "b".into()]).await.unwrap();
        Ok(JsValue::NULL)
    }));
    // the look begins once the writes before it are taken
    run(async { settled(&js("Promise.resolve()")).await.map(drop) })
        .await
        .unwrap();
    store.set(Area::Session, "a", Some("new")).unwrap();
    ask(&host, "subject.open()");
    run(async move { settled(&look).await.map(drop) })
        .await
        .unwrap();
    assert_eq!(
        store.get(Area::Session, "a").unwrap().as_deref(),
        Some("new")
    );
    assert_eq!(
        store.get(Area::Session, "b").unwrap().as_deref(),
        Some("old")
    );
}

#[wasm_bindgen_test]
async fn a_value_that_is_refused_at_once_is_not_held() {
    let host = js("{ storage: { set() { throw new DOMException('', 'QuotaExceededError'); } } }");
    let store = web(&host);
    let refused = store.set(Area::Session, "a", Some("new"));
    assert_eq!(refused, Err(Code::StorageFull.into()));
    assert_eq!(store.get(Area::Session, "a"), Ok(None));
}

#[wasm_bindgen_test]
async fn every_push_waits_for_every_write() {
    let host = js("(() => {
        let open;
        const order = [];
        const gate = new Promise((go) => { open = () => { order.push('taken'); go(); }; });
        return { open, order, storage: { set: () => gate } };
    })()");
    web(&host).set(Area::Session, "a", Some("1")).unwrap();
    let waiting: Vec<_> = (0..2)
        .map(|_| {
            let (store, host) = (web(&host), host.clone());
            promise(Box::pin(async move {
                store.push().await.unwrap();
                ask(&host, "subject.order.push('pushed')");
                Ok(JsValue::NULL)
            }))
        })
        .collect();
    run(async { settled(&js("Promise.resolve()")).await.map(drop) })
        .await
        .unwrap();
    ask(&host, "subject.open()");
    for push in waiting {
        run(async move { settled(&push).await.map(drop) })
            .await
            .unwrap();
    }
    assert_eq!(text(&host, "subject.order.join()"), "taken,pushed,pushed");
}

/// A store that holds back its answers until `answer(at)` is called, and answers what was so when it
/// was asked; `refuse(at)` instead is a refusal.
fn slow_store() -> JsValue {
    js("(() => {
        const asked = [];
        const map = new Map();
        const later = (value) => new Promise((go, stop) => asked.push({ go: () => go(value), stop }));
        return {
            map,
            answer: (at) => asked[at].go(),
            refuse: (at) => asked[at].stop(new Error('refused')),
            storage: {
                get: (key) => later(map.get(key)),
                set: (key, value) => later(map.set(key, value)),
                remove: (key) => later(map.delete(key)),
            },
        };
    })()")
}

/// Lets everything go on that waits for nothing outside.
async fn a_moment() {
    run(async {
        settled(&js("new Promise((go) => setTimeout(go, 0))"))
            .await
            .map(drop)
    })
    .await
    .unwrap();
}

/// Begins `work` now; what it comes to is for whoever waits.
fn begin<T: 'static>(work: impl Future<Output = T> + 'static) -> impl Future<Output = T> {
    let mut begun = Box::pin(run(work));
    let waiting = begun.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(waiting.is_pending());
    begun
}

fn begin_pull(host: &JsValue, keys: &'static [&str]) -> impl Future<Output = Result<()>> {
    let host = host.clone();
    begin(async move { pull(&host, keys).await })
}

#[wasm_bindgen_test]
async fn an_old_refusal_fails_no_later_write() {
    let host = js("{
        storage: {
            map: new Map(),
            async get() { return null; },
            async set(key, value) {
                if (key === 'active') throw new Error('a hiccup');
                this.map.set(key, value);
            },
            async remove(key) { if (key === 'session') throw new Error('a hiccup'); },
        },
    }");
    let store = web(&host);
    // nobody waits for either
    store.set(Area::Shared, "active", Some("{}")).unwrap();
    store.set(Area::Session, "session", None).unwrap();
    a_moment().await;
    store.set(Area::Session, "session", Some("tokens")).unwrap();
    assert_eq!(push(&host).await, Ok(()));
    assert!(holds(
        &host,
        "subject.storage.map.get('session') === 'tokens'"
    ));
}

#[wasm_bindgen_test]
async fn a_push_tells_of_the_write_before_it_alone() {
    for (refused, outcome) in [
        ("0", Ok(())),
        ("1", Err(Error::from(Code::StorageUnavailable))),
    ] {
        let host = slow_store();
        let (store, pushed) = (web(&host), web(&host));
        store.set(Area::Shared, "outage", None).unwrap();
        store.set(Area::Session, "session", Some("tokens")).unwrap();
        let pushing = begin(async move { pushed.push().await });
        // somebody else's
        store.set(Area::Shared, "active", Some("{}")).unwrap();
        ask(&host, &format!("subject.refuse({refused})"));
        ask(&host, &format!("subject.answer(1 - {refused})"));
        ask(&host, "subject.refuse(2)");
        assert_eq!(pushing.await, outcome, "{refused}");
    }
}

#[wasm_bindgen_test]
async fn a_look_that_was_overtaken_is_forgotten() {
    let host = slow_store();
    let store = web(&host);
    ask(
        &host,
        "subject.map.set('session', 'tokens').set('jwks', 'keys')",
    );
    let first = begin_pull(&host, &["session", "jwks"]);
    a_moment().await;
    // another tab signs out
    ask(&host, "subject.map.delete('session')");
    let second = begin_pull(&host, &["session"]);
    a_moment().await;
    ask(&host, "subject.answer(2)");
    second.await.unwrap();
    assert_eq!(store.get(Area::Session, "session"), Ok(None));
    ask(&host, "[subject.answer(0), subject.answer(1)]");
    first.await.unwrap();
    assert_eq!(store.get(Area::Session, "session"), Ok(None));
    let keys = store.get(Area::Shared, "jwks");
    assert_eq!(keys, Ok(Some("keys".into())), "only it was asked for that");
}

#[wasm_bindgen_test]
async fn what_is_written_while_a_look_waits_for_others_is_not_overwritten() {
    let host = slow_store();
    let store = web(&host);
    store.set(Area::Shared, "outage", Some("{}")).unwrap();
    let look = begin_pull(&host, &["session"]);
    store.set(Area::Session, "session", Some("new")).unwrap();
    // the store is slow to take it
    ask(&host, "subject.map.delete('session')");
    ask(&host, "subject.answer(0)");
    a_moment().await;
    ask(&host, "subject.answer(2)");
    look.await.unwrap();
    let kept = store.get(Area::Session, "session");
    assert_eq!(kept, Ok(Some("new".into())));
}
