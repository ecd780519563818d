//! Keys of tokens that are verified alone: where from, how long they are believed, and how often a provider is
//! asked for them.

use portcullis::error::Code;
use serde_json::json;

use super::{
    verify::Scene,
    world::{
        JWKS, Signer, Task, all, answer, block_on, endless, html, offline, ok, redirect, silence,
    },
};

#[test]
fn keys_are_fetched_once_for_all_who_ask_at_once() {
    let scene = Scene::new();
    let signer = scene.world.signer.clone();
    let gate = scene.world.expect_held(JWKS, ok(&signer.jwks()));
    let token = scene.token(&signer, &json!({}));
    let mut tasks: Vec<_> = (0..5)
        .map(|_| Task::start(scene.at(JWKS, &token)))
        .collect();
    assert!(tasks.iter().all(|task| !task.is_done()));
    gate.open();
    tasks.iter_mut().for_each(Task::run);
    for verdict in all(tasks) {
        assert!(verdict.is_ok());
    }
    assert_eq!(scene.verdict(&signer), Ok(()));
    let sent = scene.world.take_sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].seconds, 20);
}

#[test]
fn on_the_edge_nobody_waits_for_a_request_that_is_not_their_own() {
    let mut scene = Scene::new();
    scene.verifier = scene.verifier.on_the_edge();
    let [old, new] = [1, 2].map(Signer::new);
    let never = scene.world.expect_held(JWKS, ok(&old.jwks()));
    let token = scene.token(&old, &json!({}));
    let given_up = Task::start(scene.at(JWKS, &token));
    scene.world.expect(JWKS, ok(&old.jwks()));
    assert_eq!(scene.verdict(&old), Ok(()));
    assert_eq!(scene.verdict(&old), Ok(()), "what it brought is kept");
    assert_eq!(scene.world.take_sent().len(), 2);

    // an unknown key is looked for once a minute there, too, by whoever comes first
    let look = scene.world.expect_held(JWKS, ok(&new.jwks()));
    let unknown = scene.token(&new, &json!({}));
    let mut looking = Task::start(scene.at(JWKS, &unknown));
    assert_eq!(scene.verdict(&new), Err(Code::JwksNoKey));
    look.open();
    looking.run();
    assert!(all(vec![looking]).iter().all(Result::is_ok));
    assert_eq!(scene.verdict(&new), Ok(()));
    assert_eq!(scene.world.take_sent().len(), 1);

    // nor is it by more than one who comes after a look in vain
    scene.world.advance(60);
    scene.world.expect(JWKS, offline());
    assert_eq!(scene.verdict(&old), Err(Code::JwksHttp));
    scene.world.advance(5);
    let look = scene.world.expect_held(JWKS, ok(&old.jwks()));
    let mut looking = Task::start(scene.at(JWKS, &token));
    assert_eq!(scene.verdict(&old), Err(Code::JwksHttp));
    look.open();
    looking.run();
    assert!(all(vec![looking]).iter().all(Result::is_ok));
    drop((given_up, never));
}

#[test]
fn a_failure_to_fetch_is_shared_and_the_next_call_tries_again() {
    let scene = Scene::new();
    let signer = scene.world.signer.clone();
    let gate = scene.world.expect_held(JWKS, offline());
    let token = scene.token(&signer, &json!({}));
    let mut tasks: Vec<_> = (0..3)
        .map(|_| Task::start(scene.at(JWKS, &token)))
        .collect();
    gate.open();
    tasks.iter_mut().for_each(Task::run);
    for verdict in all(tasks) {
        assert_eq!(verdict.err(), Some(Code::JwksHttp));
    }
    scene.world.expect(JWKS, ok(&signer.jwks()));
    assert_eq!(scene.verdict(&signer), Ok(()));
}

#[test]
fn an_old_copy_serves_whatever_comes_in_place_of_a_new_one() {
    let scene = Scene::new();
    let signer = scene.world.signer.clone();
    scene.world.expect(JWKS, ok(&signer.jwks()));
    assert_eq!(scene.verdict(&signer), Ok(()));
    scene.world.advance(600);
    scene.world.expect(JWKS, html(200));
    for _ in 0..2 {
        assert_eq!(scene.verdict(&signer), Ok(()));
    }
}

#[test]
fn an_unknown_key_is_looked_for_at_once_and_then_once_a_minute() {
    let scene = Scene::new();
    let [old, new] = [1, 2].map(Signer::new);
    scene.world.expect(JWKS, ok(&old.jwks()));
    assert_eq!(scene.verdict(&old), Ok(()));
    // the provider changed its keys: found at the first token
    scene.world.expect(JWKS, ok(&new.jwks()));
    assert_eq!(scene.verdict(&new), Ok(()));
    assert_eq!(scene.world.take_sent().len(), 2);
    // whoever makes up key names causes no more than a request a minute
    for round in 0..3 {
        if round > 0 {
            scene.world.expect(JWKS, ok(&new.jwks()));
        }
        for seed in 100..140 {
            assert_eq!(scene.verdict(&Signer::new(seed)), Err(Code::JwksNoKey));
        }
        assert_eq!(scene.world.take_sent().len(), usize::from(round > 0));
        assert_eq!(scene.verdict(&new), Ok(()));
        scene.world.advance(60);
    }
}

#[test]
fn a_look_that_failed_says_so_and_is_made_up_for_soon() {
    let scene = Scene::new();
    let [old, new] = [1, 2].map(Signer::new);
    scene.world.expect(JWKS, ok(&old.jwks()));
    assert_eq!(scene.verdict(&old), Ok(()));
    for answer in [offline(), html(503)] {
        scene.world.expect(JWKS, answer);
        // whether that key is the provider's is not known: none of these is the token's fault
        for _ in 0..40 {
            assert_eq!(scene.verdict(&new), Err(Code::JwksHttp));
        }
        assert_eq!(scene.verdict(&old), Ok(()), "a key that is known is");
        scene.world.advance(5);
    }
    scene.world.expect(JWKS, ok(&new.jwks()));
    assert_eq!(scene.verdict(&new), Ok(()));
    assert_eq!(scene.world.take_sent().len(), 4);
    // what failed is forgotten: now the provider has said which keys there are
    scene.world.advance(60);
    scene.world.expect(JWKS, ok(&new.jwks()));
    for _ in 0..2 {
        assert_eq!(scene.verdict(&old), Err(Code::JwksNoKey));
    }
}

#[test]
fn a_first_fetch_that_failed_delays_no_look() {
    let scene = Scene::new();
    let [old, new] = [1, 2].map(Signer::new);
    scene.world.expect(JWKS, offline());
    assert_eq!(scene.verdict(&old), Err(Code::JwksHttp));
    scene.world.expect(JWKS, ok(&old.jwks()));
    assert_eq!(scene.verdict(&old), Ok(()));
    scene.world.expect(JWKS, ok(&new.jwks()));
    assert_eq!(scene.verdict(&new), Ok(()));
}

#[test]
fn many_unknown_keys_at_once_share_one_look() {
    let scene = Scene::new();
    let [old, new] = [1, 2].map(Signer::new);
    scene.world.expect(JWKS, ok(&old.jwks()));
    assert_eq!(scene.verdict(&old), Ok(()));
    let gate = scene.world.expect_held(JWKS, ok(&new.jwks()));
    let token = scene.token(&new, &json!({}));
    let mut tasks: Vec<_> = (0..50)
        .map(|_| Task::start(scene.at(JWKS, &token)))
        .collect();
    gate.open();
    tasks.iter_mut().for_each(Task::run);
    assert!(all(tasks).iter().all(Result::is_ok));
    assert_eq!(scene.world.take_sent().len(), 2);
}

#[test]
fn a_key_set_is_believed_for_ten_minutes() {
    let scene = Scene::new();
    let [old, new] = [1, 2].map(Signer::new);
    scene.world.expect(JWKS, ok(&old.jwks()));
    assert_eq!(scene.verdict(&old), Ok(()));
    scene.world.advance(599);
    assert_eq!(scene.verdict(&old), Ok(()));
    scene.world.advance(1);
    // a key that was taken out is no longer believed
    scene.world.expect(JWKS, ok(&new.jwks()));
    assert_eq!(scene.verdict(&old), Err(Code::JwksNoKey));
}

#[test]
fn an_old_key_set_serves_while_the_provider_is_down_but_not_for_ever() {
    let scene = Scene::new();
    let signer = scene.world.signer.clone();
    scene.world.expect(JWKS, ok(&signer.jwks()));
    assert_eq!(scene.verdict(&signer), Ok(()));
    scene.world.advance(600);
    for _ in 0..3 {
        scene.world.expect(JWKS, html(503));
        assert_eq!(scene.verdict(&signer), Ok(()));
        assert_eq!(scene.verdict(&signer), Ok(()), "asked again at once");
        scene.world.advance(60);
    }
    scene.world.advance(3600);
    scene.world.expect(JWKS, offline());
    assert_eq!(scene.verdict(&signer), Err(Code::JwksHttp));
}

#[test]
fn a_clock_set_back_makes_no_key_set_young() {
    let scene = Scene::new();
    let signer = scene.world.signer.clone();
    scene.world.expect(JWKS, ok(&signer.jwks()));
    assert_eq!(scene.verdict(&signer), Ok(()));
    scene.world.advance(-7200);
    scene.world.expect(JWKS, ok(&signer.jwks()));
    assert_eq!(scene.verdict(&signer), Ok(()));
}

#[test]
fn what_is_no_key_set_is_refused() {
    for (what, response, expected) in [
        ("no answer", offline(), Code::JwksHttp),
        ("no answer in time", silence(), Code::JwksHttp),
        ("a redirect", redirect(), Code::JwksHttp),
        ("an error page", html(404), Code::JwksHttp),
        ("a page", html(200), Code::JwksInvalid),
        ("more than a mebibyte", endless(), Code::JwksTooLarge),
        ("no keys", ok(&json!({ "keys": null })), Code::JwksInvalid),
        (
            "a member twice",
            answer(200, "application/json", r#"{"keys":[],"keys":[]}"#),
            Code::JwksInvalid,
        ),
    ] {
        let scene = Scene::new();
        scene.world.expect(JWKS, response);
        let signer = scene.world.signer.clone();
        assert_eq!(scene.verdict(&signer), Err(expected), "{what}");
    }
}

#[test]
fn keys_are_fetched_over_https_or_on_this_machine() {
    let scene = Scene::new();
    let signer = scene.world.signer.clone();
    let token = scene.token(&signer, &json!({}));
    for (url, expected) in [
        ("http://op.example/jwks", Code::InsecureEndpoint),
        ("ftp://op.example/jwks", Code::ConfigInvalid),
        ("data:application/json,{}", Code::ConfigInvalid),
        ("https://user@op.example/jwks", Code::ConfigInvalid),
        ("https://op.example/jwks#keys", Code::ConfigInvalid),
        ("/jwks", Code::ConfigInvalid),
        ("", Code::ConfigInvalid),
    ] {
        let verdict = block_on(scene.at(url, &token));
        assert_eq!(verdict.err(), Some(expected), "{url}");
    }
    for url in ["http://127.0.0.1:8080/jwks", "http://localhost/jwks"] {
        scene.world.expect(url, ok(&signer.jwks()));
        assert!(block_on(scene.at(url, &token)).is_ok(), "{url}");
    }
}

#[test]
fn each_url_has_keys_of_its_own_and_the_oldest_is_forgotten() {
    let scene = Scene::new();
    let signer = scene.world.signer.clone();
    let token = scene.token(&signer, &json!({}));
    let url = |number: usize| format!("https://op.example/{number}");
    for number in 0..33 {
        scene.world.expect(&url(number), ok(&signer.jwks()));
        assert!(block_on(scene.at(&url(number), &token)).is_ok());
    }
    assert!(block_on(scene.at(&url(1), &token)).is_ok(), "still known");
    scene.world.expect(&url(0), ok(&signer.jwks()));
    assert!(block_on(scene.at(&url(0), &token)).is_ok(), "forgotten");
}
#[test]
fn whoever_has_a_known_key_does_not_wait_while_an_unknown_one_is_looked_for() {
    let scene = Scene::new();
    let [old, new] = [1, 2].map(Signer::new);
    scene.world.expect(JWKS, ok(&old.jwks()));
    assert_eq!(scene.verdict(&old), Ok(()));
    scene.world.advance(600);
    scene.world.expect(JWKS, offline());
    assert_eq!(scene.verdict(&old), Ok(()));
    scene.world.advance(5);
    let look = scene.world.expect_held(JWKS, ok(&new.jwks()));
    let unknown = scene.token(&new, &json!({}));
    let mut looking = Task::start(scene.at(JWKS, &unknown));
    assert_eq!(scene.verdict(&old), Ok(()));
    look.open();
    looking.run();
    assert!(all(vec![looking]).iter().all(Result::is_ok));
    assert_eq!(scene.verdict(&old), Err(Code::JwksNoKey));
}
