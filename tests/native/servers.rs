//! Random histories of servers that hold a connection, alone or with a store between them, and what is true in
//! all of them:
//!
//! - for one token there is at most one request under way;
//! - a server that signed out, or gave a token up, neither hands it out nor sends it any more;
//! - a session that somebody agreed to ends by a refusal, a sign-out or with whoever had it, and by nothing else;
//! - a token that lives is enough, whatever a renewal comes to;
//! - a refresh token that was used is used again only if its successor may have been lost;
//! - in the end nobody waits, whoever may have a token gets one, and after a sign-out the store is empty.

mod books;
mod checks;
mod fleet;
mod host;
mod mishaps;
mod requests;
mod server;
mod step;
mod system;

use proptest::prelude::*;

use self::{
    fleet::Fleet,
    step::{Reply::*, Setting, Step, Step::*, settings, steps},
};
use crate::world::histories;

/// Plays a history.
fn played(setting: Setting, steps: &[Step]) -> Fleet {
    let mut fleet = Fleet::new(setting);
    for step in steps {
        fleet.take(step);
    }
    fleet
}

/// Plays a history to its end.
fn play(setting: Setting, steps: &[Step]) {
    played(setting, steps).finish();
}

proptest! {
    #![proptest_config(histories(1500))]

    #[test]
    fn whatever_happens_connections_are_kept_and_ended_as_promised((setting, steps) in (settings(), steps())) {
        play(setting, &steps);
    }
}

// Histories that went wrong once.

/// So many servers with a store between them, and a person who lets them in.
fn shared_by(servers: usize) -> Setting {
    Setting {
        servers,
        has_person: true,
        is_shared: true,
        is_on_the_edge: false,
        lifetime: None,
        idle_timeout: None,
        is_rough: false,
    }
}

/// The same for a client that asks for itself.
fn machines(servers: usize) -> Setting {
    Setting {
        has_person: false,
        ..shared_by(servers)
    }
}

fn on_the_edge(setting: Setting) -> Setting {
    Setting {
        is_on_the_edge: true,
        ..setting
    }
}

fn alone(setting: Setting) -> Setting {
    Setting {
        is_shared: false,
        ..setting
    }
}

#[test]
fn a_call_beside_a_sign_out_finds_nothing_in_the_store() {
    let signed_out = [Token(0, 0, false), Rest, Token(0, 0, false), SignOut(0)];
    play(machines(1), &[&signed_out[..], &[Poll(1)]].concat());
}

#[test]
fn whoever_waits_for_another_gets_no_token_after_a_sign_out() {
    let asked = [Token(0, 0, false), Token(0, 0, false), Pass(20)];
    let history = [&asked[..], &[Reply(0, Good), SignOut(0), Settle]].concat();
    play(alone(machines(1)), &history);
    play(on_the_edge(alone(machines(1))), &history);
}

#[test]
fn whoever_asks_gets_no_token_after_a_sign_out_at_any_moment() {
    for polls in 0..12 {
        let asked = [Token(0, 0, false), Pass(20), Reply(0, Good)];
        let polls = vec![Poll(0); polls];
        play(
            machines(1),
            &[&asked[..], &polls, &[SignOut(0), Poll(1)]].concat(),
        );
    }
}

#[test]
fn what_was_begun_before_a_sign_out_is_not_asked_for_after_it() {
    let begun = [SignOut(0), Call(0, 0), Poll(1), Settle];
    let history = [&begun[..], &[Token(0, 0, false), Pass(20)]].concat();
    play(alone(machines(2)), &history);
}

#[test]
fn what_is_refreshed_while_somebody_signs_out_ends_with_the_rest() {
    let refreshed = [SignIn(0, 1), Crash(0, false), Token(0, 1, true), Pass(20)];
    let history = [
        &refreshed[..],
        &[Reply(0, Good), SignOut(0), Poll(1), Call(0, 1)],
    ]
    .concat();
    play(on_the_edge(shared_by(1)), &history);
}

#[test]
fn a_sign_out_ends_what_another_server_put_in_the_store() {
    let history = [
        SignIn(0, 1),
        Token(1, 1, false),
        Rest,
        SignIn(0, 1),
        SignOut(1),
        Rest,
    ];
    let fleet = played(shared_by(2), &history);
    assert!(
        fleet
            .common
            .system
            .lives
            .borrow()
            .iter()
            .all(|life| life.is_ended)
    );
}

#[test]
fn a_refresh_does_not_undo_a_sign_in_at_another_server() {
    let setting = Setting {
        lifetime: Some(60),
        ..shared_by(2)
    };
    let begun = [
        Authorize(0, 0),
        SignIn(0, 0),
        SignIn(0, 0),
        Token(0, 0, true),
    ];
    play(setting, &[&begun[..], &[Return(1, 2), Pass(20)]].concat());
}

#[test]
fn what_another_server_signed_out_of_is_not_renewed() {
    let signed_out = [
        SignIn(0, 0),
        Token(1, 0, true),
        Pass(20),
        SignOut(0),
        Settle,
    ];
    let fleet = played(
        shared_by(2),
        &[&signed_out[..], &[Reply(0, Good), Rest]].concat(),
    );
    assert_eq!(fleet.servers[1].handed[0], None);
    assert!(fleet.common.kept.borrow().is_empty());
}

#[test]
fn who_had_to_wait_for_a_turn_looks_once_more() {
    for polls in 0..8 {
        let asked = [SignIn(0, 0), Token(0, 0, true), Pass(20), Reply(0, Good)];
        let polls = vec![Poll(1); polls];
        play(
            shared_by(2),
            &[&asked[..], &[Token(1, 0, true)], &polls, &[Rest]].concat(),
        );
    }
}

#[test]
fn a_token_that_lives_is_enough() {
    for reply in [Offline, Busy, Lost, Garbled] {
        let setting = Setting {
            lifetime: Some(60),
            ..machines(1)
        };
        let due = [
            Token(0, 0, false),
            Rest,
            Pass(50_000),
            Token(0, 0, false),
            Pass(20),
        ];
        let fleet = played(setting, &[&due[..], &[Reply(0, reply), Rest]].concat());
        assert_eq!(fleet.servers[0].handed[0].as_deref(), Some("t-0-0"));
    }
}

#[test]
fn another_token_may_be_one_that_another_server_has() {
    let handed = [Token(0, 0, false), Rest, Token(1, 0, false), Rest];
    let another = [Token(0, 0, true), Rest, Token(1, 0, true), Rest];
    let fleet = played(machines(2), &[handed, another].concat());
    assert_eq!(fleet.common.system.lives.borrow().len(), 2);
}

#[test]
fn what_is_given_up_is_used_by_nobody_here_though_another_server_changed_it() {
    let changed = [SignIn(0, 0), Token(1, 0, true), Rest, Revoke(0), Rest];
    play(
        shared_by(2),
        &[&changed[..], &[Token(0, 0, false)]].concat(),
    );
    let setting = Setting {
        idle_timeout: Some(30),
        ..shared_by(2)
    };
    let crossed = [
        SignIn(0, 0),
        Pass(50_000),
        Revoke(1),
        Token(0, 0, false),
        Pass(20),
    ];
    play(
        setting,
        &[&crossed[..], &[Reply(1, Kept), Rest, Call(1, 0)]].concat(),
    );
}

#[test]
fn a_sign_in_of_this_second_outranks_what_the_store_has_still() {
    let begun = [
        SignIn(0, 1),
        Authorize(0, 1),
        SignOut(1),
        Call(0, 1),
        Settle,
    ];
    let back = [Return(0, 0), Settle, Call(0, 0), Reply(0, Good)];
    let asked = [Token(0, 0, false), Token(0, 1, true), Poll(0)];
    play(
        on_the_edge(shared_by(2)),
        &[&begun[..], &back, &asked].concat(),
    );
}

#[test]
fn another_token_is_never_the_one_that_was_at_hand() {
    let handed = [Token(1, 0, false), Rest, Token(2, 0, true), Rest];
    play(
        machines(3),
        &[&handed[..], &[SignOut(2), Token(1, 0, true)]].concat(),
    );
    let begun = [
        Authorize(0, 0),
        SignIn(0, 0),
        Return(0, 1),
        Token(0, 0, true),
        Settle,
    ];
    let asked = [Token(0, 0, false), Token(0, 0, true), Reply(2, Good)];
    play(alone(shared_by(1)), &[&begun[..], &asked].concat());
}

#[test]
fn whoever_looks_late_on_the_edge_is_given_what_came_meanwhile() {
    let asked = [
        Call(0, 0),
        Token(0, 0, false),
        Token(0, 0, false),
        Settle,
        Reply(0, Lost),
    ];
    play(
        on_the_edge(alone(machines(1))),
        &[&asked[..], &[Token(0, 0, false), Rest]].concat(),
    );
}

#[test]
fn whoever_waits_long_for_a_turn_on_the_edge_is_not_given_up() {
    let begun = [Call(2, 0), Settle, Token(1, 0, false), Crash(2, false)];
    let waiting = [Call(2, 0), Call(0, 0), Token(2, 0, false), Pass(3_000_000)];
    play(on_the_edge(machines(3)), &[&begun[..], &waiting].concat());
}
