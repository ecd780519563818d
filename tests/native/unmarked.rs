//! Sign-outs that the store did not take: told at once, and made up for when it takes them.

use portcullis::{client::Occasion, platform::Event};
use serde_json::{Value, json};

use crate::world::*;

/// Two tabs with one session, which the first signs out of while its store does as `storage` says.
fn signed_out_while(persist: &str, storage: Storage) -> (World, Tab, Tab) {
    let options = json!({ "persist": persist });
    let world = World::new();
    let first = world.signed_in(&world.tab_with(&options), false);
    let second = world.tab_with(&options);
    assert_eq!(second.status(), "signed-in");
    world.advance(1);
    first.page.storage.set(storage);
    first.page.take_events();
    first.logout(&json!({ "localOnly": true })).unwrap();
    assert_eq!(
        first.page.take_event_kinds(),
        [Event::SignedOut, Event::Problem]
    );
    second.look(Occasion::Told);
    assert_eq!(second.status(), "signed-in", "nothing says otherwise");
    (world, first, second)
}

fn fresh() -> Value {
    json!({
        "access_token": "fresh", "token_type": "Bearer", "expires_in": 600, "refresh_token": "next",
    })
}

fn holds_tokens(tab: &Tab) -> bool {
    let stored = tab.page.stored();
    let is_token = |text: &String| text.contains(REFRESH_TOKEN) || text.contains("next");
    stored.values().any(is_token)
}

const FAILING: [Storage; 3] = [Storage::Full, Storage::Crowded, Storage::Blocked];
const SHARED: [&str; 2] = ["device", "tab"];

#[test]
fn it_is_written_down_once_the_store_takes_it() {
    for (persist, storage) in SHARED.iter().flat_map(|kind| FAILING.map(|it| (kind, it))) {
        let (_world, first, second) = signed_out_while(persist, storage);
        first.look(Occasion::Seen);
        let told = first.page.told.get();
        first.page.storage.set(Storage::Works);
        first.look(Occasion::Seen);
        assert!(first.page.told.get() > told, "{persist}");
        second.look(Occasion::Told);
        assert_eq!(
            second.page.take_events().last(),
            Some(&(Event::SignedOut, json!({ "reason": "other-tab" }))),
            "{persist}"
        );
        for tab in [&first, &second] {
            assert_eq!(tab.status(), "signed-out", "{persist}");
            assert!(!holds_tokens(tab), "{persist}");
        }
        // and the problem was told once
        assert_eq!(first.page.take_event_kinds(), [], "{persist}");
        assert_eq!(first.reload().status(), "signed-out", "{persist}");
    }
}

#[test]
fn what_another_tab_makes_of_the_session_is_not_taken_over() {
    for (persist, storage) in SHARED.iter().flat_map(|kind| FAILING.map(|it| (kind, it))) {
        let (world, first, second) = signed_out_while(persist, storage);
        world.advance(300);
        world.expect(TOKEN, ok(&fresh()));
        assert_eq!(second.token().unwrap(), "fresh");
        first.look(Occasion::Told);
        assert_eq!(first.status(), "signed-out", "{persist}");
        first.page.storage.set(Storage::Works);
        first.look(Occasion::Told);
        assert_eq!(first.status(), "signed-out", "{persist}");
        second.look(Occasion::Told);
        assert_eq!(second.status(), "signed-out", "{persist}");
        assert!(!holds_tokens(&second), "{persist}");
    }
}

/// The page is left for the provider, and comes back.
#[test]
fn it_is_known_to_the_next_page_of_the_tab_if_that_could_be_stored() {
    for persist in SHARED {
        let (world, first, second) = signed_out_while(persist, Storage::Crowded);
        world.advance(300);
        world.expect(TOKEN, ok(&fresh()));
        assert_eq!(second.token().unwrap(), "fresh");
        let first = first.reload();
        assert_eq!(first.status(), "signed-out", "{persist}");
        first.look(Occasion::Told);
        assert_eq!(first.status(), "signed-out", "{persist}");
        first.page.storage.set(Storage::Works);
        first.look(Occasion::Seen);
        second.look(Occasion::Told);
        assert_eq!(second.status(), "signed-out", "{persist}");
        for tab in [&first, &second] {
            assert!(!holds_tokens(tab), "{persist}");
            assert!(tab.page.record("unmarked").is_empty(), "{persist}");
        }
    }
}

#[test]
fn it_ends_nobody_who_has_signed_in_since() {
    for persist in ["device", "tab", "memory"] {
        let options = json!({ "persist": persist });
        let world = World::new();
        let first = world.signed_in(&world.tab_with(&options), false);
        world.advance(1);
        first.page.storage.set(Storage::Crowded);
        first.logout(&json!({ "localOnly": true })).unwrap();
        let second = world.signed_in(&world.tab_with(&options), true);
        first.page.storage.set(Storage::Works);
        for _ in 0..2 {
            first.look(Occasion::Told);
            second.look(Occasion::Told);
        }
        assert_eq!(second.status(), "signed-in", "{persist}");
        assert_eq!(second.reload().status() == "signed-in", persist != "memory");
        let heard = if persist == "memory" {
            "signed-out"
        } else {
            "signed-in"
        };
        assert_eq!(first.status(), heard, "{persist}");
        assert!(first.page.record("unmarked").is_empty(), "{persist}");
    }
}

#[test]
fn a_refusal_that_was_not_written_down_ends_no_session_but_its_own() {
    let options = json!({ "persist": "tab" });
    let world = World::new();
    let first = world.signed_in(&world.tab_with(&options), false);
    let second = world.signed_in(&world.tab_with(&options), true);
    world.advance(300);
    first.page.storage.set(Storage::Blocked);
    world.expect(TOKEN, json(400, &json!({ "error": "invalid_grant" })));
    first.token().unwrap_err();
    assert_eq!(first.status(), "signed-out");
    first.page.storage.set(Storage::Works);
    first.look(Occasion::Seen);
    second.look(Occasion::Told);
    assert_eq!(second.status(), "signed-in");
}

#[test]
fn whoever_seemed_idle_for_want_of_the_store_is_signed_out_nowhere_else() {
    let options = json!({ "persist": "device", "idleTimeout": 900 });
    let world = World::new();
    let first = world.signed_in(&world.tab_with(&options), false);
    let second = world.tab_with(&options);
    first.page.storage.set(Storage::Blocked);
    world.advance(800);
    second.look(Occasion::Active);
    world.advance(200);
    first.look(Occasion::Due);
    assert_eq!(first.status(), "signed-out");
    first.page.storage.set(Storage::Works);
    first.look(Occasion::Seen);
    second.look(Occasion::Told);
    assert_eq!(second.status(), "signed-in");
    assert_eq!(first.status(), "signed-in", "somebody was seen there");
}

#[test]
fn a_page_that_could_not_look_removes_what_has_ended_before_it_came() {
    let options = json!({ "persist": "device" });
    let world = World::new();
    let first = world.signed_in(&world.tab_with(&options), false);
    let session = first.page.record("session");
    let key = first.page.key("session");
    world.advance(1);
    first.logout(&json!({ "localOnly": true })).unwrap();
    // of a tab whose last write took its time
    world.shared().insert(key, session);
    let page = world.page();
    page.storage.set(Storage::Blocked);
    let second = Tab::load(page, patched(crate::world::options(), &options));
    assert_eq!(second.status(), "signed-out");
    second.page.storage.set(Storage::Works);
    second.look(Occasion::Seen);
    assert_eq!(second.status(), "signed-out");
    assert!(!holds_tokens(&second));
}
