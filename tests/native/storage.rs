//! What is stored, and what happens when it is damaged, foreign, full, blocked or gone.

use portcullis::{
    client::Occasion,
    error::Code,
    platform::{Area, Event},
};
use serde_json::{Value, json};

use crate::world::*;

/// The key and the record of the session in a tab.
fn session_of(tab: &Tab) -> (String, Value) {
    let stored = tab.page.stored();
    let (key, text) = stored
        .iter()
        .find(|(key, _)| key.ends_with(".session"))
        .expect("a stored session");
    (key.clone(), serde_json::from_str(text).unwrap())
}

fn problems(tab: &Tab) -> Vec<Value> {
    let events = tab.page.take_events().into_iter();
    events
        .filter(|(event, _)| *event == Event::Problem)
        .map(|(_, detail)| detail["error"]["code"].clone())
        .collect()
}

#[test]
fn a_session_lives_where_the_options_say() {
    for (persist, in_reload, in_other_tab, in_later_tab) in [
        ("memory", "signed-out", "signed-out", "signed-out"),
        ("tab", "signed-in", "signed-in", "signed-out"),
        ("device", "signed-in", "signed-in", "signed-in"),
    ] {
        let world = World::new();
        let options = json!({ "persist": persist });
        let tab = world.signed_in(&world.tab_with(&options), false);
        assert_eq!(tab.status(), "signed-in");
        assert_eq!(tab.reload().status(), in_reload, "{persist}");
        assert_eq!(world.tab_with(&options).status(), in_other_tab, "{persist}");
        let is_stored = tab
            .page
            .stored()
            .values()
            .any(|text| text.contains(ACCESS_TOKEN));
        assert_eq!(is_stored, persist != "memory");
        let asks = !tab.page.record("open").is_empty();
        assert_eq!(asks, persist == "tab", "{persist}");
        drop(tab);
        assert_eq!(world.tab_with(&options).status(), in_later_tab, "{persist}");
    }
}

#[test]
fn a_damaged_session_is_removed_and_told() {
    let good = {
        let world = World::new();
        session_of(&world.signed_in(&world.tab(), false)).1
    };
    let with = |patch: Value| patched(good.clone(), &patch).to_string();
    for (what, text) in [
        ("nothing", String::new()),
        ("no JSON", "session".into()),
        ("half of it", good.to_string()[..100].into()),
        ("a list", "[]".into()),
        ("null", "null".into()),
        ("an empty object", "{}".into()),
        (
            "a member twice",
            good.to_string().replacen('{', "{\"v\":1,", 1),
        ),
        ("no version", with(json!({ "v": ABSENT }))),
        ("a version that is text", with(json!({ "v": "1" }))),
        ("no access token", with(json!({ "access_token": ABSENT }))),
        (
            "an access token of two lines",
            with(json!({ "access_token": "a\r\nb" })),
        ),
        (
            "an access token that is a number",
            with(json!({ "access_token": 1 })),
        ),
        (
            "a refresh token that is a number",
            with(json!({ "refresh_token": 1 })),
        ),
        ("an end that is text", with(json!({ "expires_at": "soon" }))),
        ("a skew that is a list", with(json!({ "skew": [] }))),
        ("a scope that is a list", with(json!({ "scope": [] }))),
        ("no ID token", with(json!({ "id_token": ABSENT }))),
        (
            "an ID token that is none",
            with(json!({ "id_token": "alice" })),
        ),
        (
            "an ID token with a wrong payload",
            with(json!({ "id_token": "e30.e30.e30" })),
        ),
        (
            "an ID token of another issuer",
            with(
                json!({ "id_token": World::new().id_token("n", &json!({ "iss": "https://evil.example" })) }),
            ),
        ),
        (
            "an ID token for somebody else",
            with(json!({ "id_token": World::new().id_token("n", &json!({ "aud": "other" })) })),
        ),
        (
            "an ID token of nobody",
            with(json!({ "id_token": World::new().id_token("n", &json!({ "sub": "" })) })),
        ),
    ] {
        let world = World::new();
        let tab = world.signed_in(&world.tab(), false);
        let (key, _) = session_of(&tab);
        tab.page.plant(Area::Session, &key, &text);
        let tab = tab.reload();
        assert_eq!(tab.status(), "signed-out", "{what}");
        assert_eq!(problems(&tab), ["storage_corrupt"], "{what}");
        assert!(!tab.page.stored().contains_key(&key), "{what}");
        // told once, and the next sign-in works
        assert!(problems(&tab.reload()).is_empty(), "{what}");
        world.signed_in(&tab, true);
    }
}

#[test]
fn what_belongs_to_others_is_neither_used_nor_removed() {
    for (what, patch) in [
        ("a newer version", json!({ "v": 2 })),
        ("a version nobody has written", json!({ "v": 0 })),
        (
            "another issuer",
            json!({ "issuer": "https://other.example" }),
        ),
        ("another client", json!({ "client_id": "other" })),
    ] {
        let world = World::new();
        let tab = world.signed_in(&world.tab(), false);
        let (key, record) = session_of(&tab);
        let text = patched(record, &patch).to_string();
        tab.page.plant(Area::Session, &key, &text);
        let tab = tab.reload();
        assert_eq!(tab.status(), "signed-out", "{what}");
        assert_eq!(tab.page.stored()[&key], text, "{what}");
        assert!(tab.page.take_events().is_empty(), "{what}");
    }
}

#[test]
fn claims_come_from_the_id_token_whatever_else_was_changed() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    let state = tab.state();
    let (key, record) = session_of(&tab);
    let tampered = json!({ "claims": { "sub": "root" }, "user": { "sub": "root" }, "sub": "root", "__proto__": { "sub": "root" } });
    tab.page.plant(
        Area::Session,
        &key,
        &patched(record.clone(), &tampered).to_string(),
    );
    assert_eq!(tab.reload().state(), state);
    // a changed end leads to an early or a late refresh, no more
    for (expires_at, is_refreshed) in [(0, true), (NOW + 1_000_000, false)] {
        tab.page.plant(
            Area::Session,
            &key,
            &patched(record.clone(), &json!({ "expires_at": expires_at })).to_string(),
        );
        let tab = tab.reload();
        if is_refreshed {
            world.expect(
                TOKEN,
                ok(&json!({ "access_token": "fresh", "token_type": "Bearer" })),
            );
        }
        assert_eq!(tab.token().unwrap() == "fresh", is_refreshed);
    }
}

#[test]
fn clients_of_one_origin_share_nothing() {
    let world = World::new();
    let alice = world.signed_in(&world.tab_with(&json!({ "persist": "device" })), false);
    let keys: Vec<_> = world.shared().keys().cloned().collect();
    for patch in [
        json!({ "clientId": "other" }),
        json!({ "issuer": "https://op.example/" }),
        json!({ "name": "second" }),
    ] {
        let options = patched(json!({ "persist": "device" }), &patch);
        let other = world.tab_with(&options);
        assert_eq!(other.status(), "signed-out", "{patch}");
        let issuer = options["issuer"].as_str().unwrap_or(ISSUER);
        world.expect_discovery_with(&json!({ "issuer": issuer }));
        let sign_in = other.leave(&json!({}));
        assert!(!keys.contains(&sign_in.record), "{patch}");
        // its callback is none of the first one's business
        let url = sign_in.callback(&[("code", CODE)]);
        assert_eq!(
            alice.handle(&url).unwrap_err().error.code(),
            Code::CallbackStateUnknown,
            "{patch}"
        );
    }
    assert_eq!(alice.reload().status(), "signed-in");
}

#[test]
fn clients_whose_names_run_together_alike_share_nothing_either() {
    let world = World::new();
    let keys = [
        json!({ "clientId": "portal", "name": "desk" }),
        json!({ "clientId": "portald", "name": "esk" }),
    ];
    let [one, other] = keys.map(|options| world.tab_with(&options).page.key("session"));
    assert_ne!(one, other);
}

#[test]
fn a_full_or_blocked_storage_stops_a_sign_in_before_the_page_is_left() {
    for (storage, code) in [
        (Storage::Full, Code::StorageFull),
        (Storage::Blocked, Code::StorageUnavailable),
        (Storage::Late(Code::StorageFull), Code::StorageFull),
        (
            Storage::Late(Code::StorageUnavailable),
            Code::StorageUnavailable,
        ),
    ] {
        let world = World::new();
        let tab = world.signed_in(&world.tab(), false);
        tab.page.storage.set(storage);
        let failure = tab.login_fails(&json!({}));
        assert_eq!(failure.error.code(), code);
        assert_eq!(tab.status(), "signed-in");
        assert!(tab.page.take_events().is_empty());
    }
}

#[test]
fn what_cannot_be_marked_as_used_is_not_redeemed() {
    for (storage, code) in [
        (Storage::Full, Code::StorageFull),
        (Storage::Blocked, Code::StorageUnavailable),
        (Storage::Late(Code::StorageFull), Code::StorageFull),
    ] {
        let scene = Scene::new();
        scene.tab.page.storage.set(storage);
        scene.refuses("unmarked", &scene.callback(), code);
    }
}

#[test]
fn a_session_that_cannot_be_kept_works_until_the_page_goes() {
    for (storage, code) in [
        (Storage::Full, "storage_full"),
        (Storage::Blocked, "storage_unavailable"),
        (Storage::Late(Code::StorageFull), "storage_full"),
    ] {
        let scene = Scene::new();
        let url = scene.callback();
        let gate = scene.world.expect_held(
            TOKEN,
            ok(&tokens(&scene.id_token(&json!({ "sub": "bob" })))),
        );
        let mut task = handling(&scene.tab, &url);
        task.run();
        scene.tab.page.storage.set(storage);
        if storage == Storage::Blocked {
            // nor can this page read what the last one learned of the provider
            scene.world.expect_discovery();
        }
        gate.open();
        task.finish().unwrap();
        assert_eq!(scene.tab.state()["user"]["sub"], "bob");
        assert_eq!(scene.tab.token().unwrap(), ACCESS_TOKEN);
        assert_eq!(problems(&scene.tab), [code]);
        // nor does the session before it come back
        scene.tab.page.storage.set(Storage::Works);
        let status = scene.tab.reload().status();
        assert_eq!(
            status,
            if code == "storage_unavailable" {
                "signed-in"
            } else {
                "signed-out"
            }
        );
    }
}

#[test]
fn a_blocked_storage_does_not_stop_the_start() {
    let world = World::new();
    for persist in ["memory", "tab", "device"] {
        let page = world.page();
        page.storage.set(Storage::Blocked);
        let tab = Tab::load(page, patched(options(), &json!({ "persist": persist })));
        assert_eq!(tab.status(), "signed-out", "{persist}");
        let problems = problems(&tab);
        assert!(!problems.is_empty(), "{persist}");
        assert!(problems.iter().all(|code| code == "storage_unavailable"));
    }
}

/// A store that refuses what a tab puts back at once, and one that does so after a while.
#[test]
fn tabs_that_cannot_put_back_what_they_have_tell_each_other_once() {
    for storage in [Storage::Full, Storage::Late(Code::StorageFull)] {
        let world = World::new();
        let options = json!({ "persist": "device" });
        let tab = world.signed_in(&world.tab_with(&options), false);
        let older = tab.page.record("session");
        world.advance(300);
        world.expect(
            TOKEN,
            ok(&json!({ "access_token": "fresh", "token_type": "Bearer", "expires_in": 600 })),
        );
        tab.page.storage.set(storage);
        tab.token().unwrap();
        let told = tab.page.told.get();
        for _ in 0..3 {
            // as it was before, for whoever reads it
            tab.page
                .plant(Area::Session, &tab.page.key("session"), &older);
            tab.look(Occasion::Told);
            assert_eq!(tab.token().unwrap(), "fresh");
        }
        assert!(tab.page.told.get() <= told + 1);
    }
}
