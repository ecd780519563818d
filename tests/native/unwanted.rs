//! Whoever signs out has no token and no code sent any more, whatever is waited for before: a proof, keys, metadata.

use std::{fmt::Debug, future::Future, pin::Pin};

use portcullis::{
    client::{MIN_VALIDITY, Outcome},
    error::Code,
};
use serde_json::json;

use crate::{proofs::*, world::*};

type Work<'a> = Pin<Box<dyn Future<Output = Outcome<()>> + 'a>>;

fn refresh(tab: &Tab) -> Work<'_> {
    Box::pin(async { tab.client.access_token(MIN_VALIDITY, true).await.map(drop) })
}

fn userinfo(tab: &Tab) -> Work<'_> {
    Box::pin(async { tab.client.userinfo().await.map(drop) })
}

fn sign_out(tab: &Tab) {
    tab.logout(&json!({ "localOnly": true })).unwrap();
}

/// After how many polls of `work` its first request is sent.
fn polls_until_sent<T: Debug>(world: &World, url: &str, mut work: Task<'_, Outcome<T>>) -> usize {
    world.expect(url, html(500));
    world.take_sent();
    let mut polls = 0;
    while world.take_sent().is_empty() {
        assert!(work.step(), "{url} is asked");
        polls += 1;
    }
    work.finish().unwrap_err();
    polls
}

/// What `work` comes to if the user signs out after so many polls of it.
fn cut_short<T>(tab: &Tab, mut work: Task<'_, Outcome<T>>, polls: usize) -> Code {
    for _ in 0..polls {
        work.step();
    }
    sign_out(tab);
    code_of(work.finish()).0
}

#[test]
fn no_token_is_sent_once_its_user_has_signed_out() {
    for (url, work) in [
        (TOKEN, refresh as fn(&Tab) -> Work<'_>),
        (USERINFO, userinfo),
    ] {
        let (world, tab) = signed_in();
        let polls = polls_until_sent(&world, url, Task::new(work(&tab)));
        assert!(polls > 2, "{url}: {polls}");
        for polls in 0..polls {
            let (_nobody_answers, tab) = signed_in();
            let code = cut_short(&tab, Task::new(work(&tab)), polls);
            assert_eq!(code, Code::LoginRequired, "{url} {polls}");
        }
    }
}

#[test]
fn a_nonce_that_is_wanted_after_a_sign_out_is_not_sent() {
    for (url, work, answer) in [
        (TOKEN, refresh as fn(&Tab) -> Work<'_>, demand()),
        (USERINFO, userinfo, html(401)),
    ] {
        let (world, tab) = signed_in();
        let gate = world.expect_held(url, with_nonce(answer, "n-1"));
        let task = Task::start(work(&tab));
        sign_out(&tab);
        gate.open();
        assert_eq!(code_of(task.finish()).0, Code::LoginRequired, "{url}");
    }
}

#[test]
fn no_token_is_sent_where_metadata_came_after_the_sign_out() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    // a clock that was set back makes a document one of the future, which is asked for anew
    world.set_clock(-7200);
    let gate = world.expect_held(DISCOVERY, ok(&metadata()));
    let task = Task::start(userinfo(&tab));
    sign_out(&tab);
    gate.open();
    assert_eq!(code_of(task.finish()).0, Code::LoginRequired);
}

#[test]
fn no_proof_is_handed_out_for_a_token_whose_user_has_signed_out() {
    let (_world, tab) = signed_in();
    let grant = tab.grant_for(API).unwrap();
    let mut task = Task::new(tab.client.proof_for(&grant));
    assert!(task.step() && !task.is_done());
    sign_out(&tab);
    assert_eq!(code_of(task.finish()).0, Code::LoginRequired);
}

#[test]
fn no_code_is_redeemed_for_whom_has_signed_out() {
    let callback = |world: &World, sign_in: &SignIn, is_signed: bool| {
        if is_signed {
            world.signed_callback(sign_in, &json!({}))
        } else {
            sign_in.callback(&[("code", CODE)])
        }
    };
    for (options, is_signed) in [
        (json!({}), false),
        (json!({ "dpop": false, "jarm": true }), true),
        (json!({ "jarm": true }), true),
    ] {
        let (world, tab, sign_in) = left(&options);
        let url = callback(&world, &sign_in, is_signed);
        let polls = polls_until_sent(&world, TOKEN, handling(&tab, &url));
        assert!(polls > 2, "{options}: {polls}");
        // one that begins after a sign-out is wanted
        for polls in 1..polls {
            let (world, tab, sign_in) = left(&options);
            let url = callback(&world, &sign_in, is_signed);
            let code = cut_short(&tab, handling(&tab, &url), polls);
            assert_eq!(code, Code::LoginRequired, "{options} {polls}");
        }
    }
}
