//! Sign-ins that never came back: bounded in number and age, and none the worse for damage.

use std::collections::BTreeMap;

use portcullis::{error::Code, platform::Area};
use serde_json::json;

use crate::world::*;

#[test]
fn nothing_of_a_finished_sign_in_stays_secret_or_long() {
    let world = World::new();
    let tab = world.tab();
    world.expect_discovery();
    let sign_in = tab.leave(&json!({ "appState": "draft" }));
    world.expect_tokens(&sign_in, &json!({}));
    tab.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
    let record = &tab.page.stored()[&sign_in.record];
    for secret in [&sign_in.nonce, &sign_in.verifier, CODE] {
        assert!(!record.contains(secret));
    }
}

#[test]
fn pending_sign_ins_are_bounded_and_the_oldest_gives_way() {
    let world = World::new();
    let tab = world.tab();
    world.expect_discovery();
    let mut sign_ins = vec![];
    for _ in 0..10 {
        sign_ins.push(tab.leave(&json!({})));
        world.advance(1);
    }
    let count = world.shared().len();
    let eleventh = tab.leave(&json!({}));
    assert_eq!(
        (eleventh.record.clone(), world.shared().len()),
        (sign_ins[0].record.clone(), count)
    );
    let gone = sign_ins[0].callback(&[("code", CODE)]);
    assert_eq!(
        tab.handle(&gone).unwrap_err().error.code(),
        Code::CallbackStateUnknown
    );
    for sign_in in [&sign_ins[1], &sign_ins[9], &eleventh] {
        world.expect_tokens(sign_in, &json!({}));
        tab.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
    }
}

#[test]
fn a_sign_in_of_another_tab_is_seen_before_room_is_looked_for_though_the_store_is_slow() {
    let world = World::new();
    let tab = world.tab();
    world.expect_discovery();
    tab.page.mirror.replace(Some(BTreeMap::new()));
    let mut others = vec![];
    for _ in 0..9 {
        others.push(world.tab().leave(&json!({})));
    }
    world.expect_discovery();
    tab.leave(&json!({}));
    for other in others {
        assert!(world.shared()[&other.record].contains(&other.state));
    }
}

#[test]
fn leftovers_are_swept_after_an_hour_or_when_they_come_from_the_future() {
    for (shift, is_swept) in [(3600, false), (3601, true), (-60, false), (-61, true)] {
        let world = World::new();
        let tab = world.tab();
        world.expect_discovery();
        let old: Vec<_> = (0..5).map(|_| tab.leave(&json!({}))).collect();
        world.advance(shift);
        // what is known of the provider is as old, or from such a future
        if shift >= 3600 || shift <= -60 {
            world.expect_discovery();
        }
        tab.arrive(HOME).leave(&json!({}));
        let left = old.iter().filter(|sign_in| {
            tab.page
                .stored()
                .get(&sign_in.record)
                .is_some_and(|text| text.contains(&sign_in.nonce))
        });
        assert_eq!(left.count(), if is_swept { 0 } else { 5 }, "{shift}");
    }
}

#[test]
fn a_damaged_transaction_answers_nothing() {
    for text in ["", "x", "{}", "[]", "{\"v\":0}", "{\"v\":1,\"state\":1}"] {
        let scene = Scene::new();
        scene
            .tab
            .page
            .plant(Area::Shared, &scene.sign_in.record, text);
        assert_eq!(
            scene
                .tab
                .handle(&scene.callback())
                .unwrap_err()
                .error
                .code(),
            Code::CallbackStateUnknown,
            "{text}"
        );
        // and the slot is used again
        let scene_tab = scene.tab.reload();
        for _ in 0..10 {
            scene_tab.leave(&json!({}));
        }
        assert_ne!(
            scene.tab.page.stored()[&scene.sign_in.record],
            text,
            "{text}"
        );
    }
}

#[test]
fn a_storage_cleared_meanwhile_answers_nothing() {
    let scene = Scene::new();
    scene.world.shared().clear();
    scene.refuses("cleared", &scene.callback(), Code::CallbackStateUnknown);
    let tab = scene.tab.reload();
    assert!(!tab.is_callback(&scene.callback()));
}

#[test]
fn a_transaction_of_a_later_version_stays_until_there_is_no_other_room() {
    let scene = Scene::new();
    let (page, record) = (&scene.tab.page, &scene.sign_in.record);
    let later = page.stored()[record].replace("\"v\":1", "\"v\":2");
    page.plant(Area::Shared, record, &later);
    for _ in 0..20 {
        scene.tab.arrive(HOME).leave(&json!({}));
    }
    assert_eq!(page.stored().get(record), Some(&later));
    // where there is nothing else, a sign-in matters more
    let prefix = record
        .strip_suffix(|digit: char| digit.is_ascii_digit())
        .unwrap();
    for slot in 0..10 {
        page.plant(Area::Shared, &format!("{prefix}{slot}"), &later);
    }
    let sign_in = scene.tab.arrive(HOME).leave(&json!({}));
    assert!(page.stored()[&sign_in.record].contains(&sign_in.nonce));
}
