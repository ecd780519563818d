//! Text kept in web storage.

use portcullis::{
    config::Persist,
    error::Code,
    platform::{
        Area, Store,
        web::{Host, Web},
    },
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{ask, js, run, web};

const BOTH: [Area; 2] = [Area::Shared, Area::Session];

fn browser(persist: Persist) -> Web {
    Web::new(js("{}").unchecked_into::<Host>(), persist)
}

fn kept(area: &str, key: &str) -> Option<String> {
    ask(&key.into(), &format!("{area}.getItem(subject)")).as_string()
}

#[wasm_bindgen_test]
fn sessions_live_as_long_as_asked() {
    for (persist, area, kept_in, not_in) in [
        (Persist::Tab, Area::Shared, "localStorage", "sessionStorage"),
        (
            Persist::Tab,
            Area::Session,
            "sessionStorage",
            "localStorage",
        ),
        (
            Persist::Device,
            Area::Shared,
            "localStorage",
            "sessionStorage",
        ),
    ] {
        let store = browser(persist);
        store.set(area, "where", Some("here")).unwrap();
        let found = (kept(kept_in, "where"), kept(not_in, "where"));
        store.set(area, "where", None).unwrap();
        assert_eq!(found, (Some("here".into()), None), "{persist:?} {area:?}");
        assert_eq!(kept(kept_in, "where"), None);
    }
}

#[wasm_bindgen_test]
fn what_is_set_is_got_until_it_is_removed() {
    let store = browser(Persist::Tab);
    for area in BOTH {
        assert_eq!(store.get(area, "key"), Ok(None));
        assert_eq!(store.set(area, "key", None), Ok(()));
        for value in ["", "value", "\u{0}\"\\\u{e9}\u{2028}\u{10000}"] {
            assert_eq!(store.set(area, "key", Some(value)), Ok(()));
            assert_eq!(store.get(area, "key"), Ok(Some(value.into())));
            assert_eq!(
                browser(Persist::Tab).get(area, "key"),
                Ok(Some(value.into()))
            );
        }
        assert_eq!(store.get(area, "KEY"), Ok(None));
        assert_eq!(store.set(area, "key", None), Ok(()));
        assert_eq!(store.get(area, "key"), Ok(None));
    }
}

#[wasm_bindgen_test]
async fn the_browsers_storage_needs_no_mirror() {
    run(async {
        let store = web(&js("{}"));
        assert_eq!(store.pull(&["key".into()]).await, Ok(()));
        assert_eq!(store.push().await, Ok(()));
    })
    .await;
}

#[wasm_bindgen_test]
fn a_full_storage_says_so_and_keeps_what_it_has() {
    let store = browser(Persist::Tab);
    let large = "x".repeat(12 << 20);
    for area in BOTH {
        store.set(area, "full", Some("before")).unwrap();
        let refused = store.set(area, "full", Some(&large));
        let found = store.get(area, "full");
        store.set(area, "full", None).unwrap();
        assert_eq!(refused, Err(Code::StorageFull.into()));
        assert_eq!(found, Ok(Some("before".into())));
    }
}

#[wasm_bindgen_test]
fn a_blocked_storage_is_unavailable() {
    // Browsers that block site data throw at the very name; some web views hold null there.
    for (what, getter, is_read) in [
        (
            "throws",
            "throw new DOMException('', 'SecurityError');",
            false,
        ),
        ("null", "return null;", true),
        ("undefined", "return undefined;", true),
    ] {
        let own = ask(
            &JsValue::UNDEFINED,
            "Object.getOwnPropertyDescriptor(globalThis, 'localStorage')",
        );
        js(&format!(
            "Object.defineProperty(globalThis, 'localStorage', {{
                configurable: true, get() {{ {getter} }},
            }})"
        ));
        let store = browser(Persist::Device);
        let read = store.get(Area::Shared, "key");
        let written = store.set(Area::Shared, "key", Some("value"));
        let removed = store.set(Area::Shared, "key", None);
        ask(
            &own,
            "Object.defineProperty(globalThis, 'localStorage', subject)",
        );
        let unavailable = Code::StorageUnavailable.into();
        assert_eq!(written, Err(unavailable), "{what}");
        if is_read {
            assert_eq!((read, removed), (Ok(None), Ok(())), "{what}");
        } else {
            assert_eq!(
                (read, removed),
                (Err(unavailable), Err(unavailable)),
                "{what}"
            );
        }
    }
}
