//! Random histories of tabs, clocks, answers and crashes, and what is true in all of them:
//!
//! - of one session there is at most one refresh under way;
//! - no token is used or handed out once the tab could know that its user signed out;
//! - a session ends by a refusal, a sign-out or a limit, and by nothing else;
//! - no page is left unless somebody asked for a sign-in or a sign-out;
//! - tokens that are bound to the browser's key come with a proof by that key, one for each request;
//! - a refresh token that was used is used again only if its successor may have been lost: the
//!   answer never came or could not be read, or the only tab that had it vanished, or was disposed,
//!   before another one asked;
//! - a tab that signed out while its store failed takes over nothing more of that sign-in, and once the store works,
//!   nobody has it;
//! - in the end nobody waits, whoever is signed in gets a token, and nothing is left of the others.

mod checks;
mod machine;
mod mishaps;
mod place;
mod provider;
mod replies;
mod step;

use portcullis::client::Occasion;
use proptest::prelude::*;

use self::{
    machine::Machine,
    replies::Reply::{Busy, Good, Refused},
    step::{Limits, Setting, Step, Step::*, settings, steps},
};
use crate::world::{Storage, histories};

/// Plays a history, which begins with alice in a tab.
fn played(setting: Setting, steps: &[Step]) -> Machine {
    let mut machine = Machine::new(setting);
    machine.take(&SignIn(0, ALICE));
    assert_eq!(machine.tabs[0].had, Some(0), "nobody is signed in");
    for step in steps {
        machine.take(step);
    }
    machine
}

/// Plays a history to its end.
fn play(setting: Setting, steps: &[Step]) {
    played(setting, steps).finish();
}

proptest! {
    #![proptest_config(histories(150))]

    #[test]
    fn whatever_happens_sessions_are_kept_and_ended_as_promised((setting, steps) in (settings(), steps())) {
        play(setting, &steps);
    }
}

// Histories that went wrong once.

const ALICE: usize = 0;
const BOB: usize = 1;
const TWO_HOURS: i64 = 7200;

fn kept_in(persist: &'static str) -> Setting {
    Setting {
        persist,
        is_sealed: persist == "device",
        has_locks: true,
        limits: Limits::None,
        has_id_tokens: false,
        is_bound: false,
        has_trouble: false,
    }
}

#[test]
fn the_newer_tokens_are_told_from_the_older_though_the_clock_was_set_back() {
    let refresh = |tab| [Token(tab, true), Rest];
    let history = [&[Open, Rest, Set(-TWO_HOURS)][..], &refresh(0), &refresh(1)].concat();
    play(kept_in("tab"), &history);
}

#[test]
fn a_sign_out_reaches_every_tab_though_the_clock_was_set_back() {
    for persist in ["device", "tab", "memory"] {
        let apart = [Open, SignIn(1, ALICE), Set(-TWO_HOURS), SignIn(1, ALICE)];
        let history = [&apart[..], &[Logout(1, true), Rest]].concat();
        play(kept_in(persist), &history);
    }
}

#[test]
fn a_sign_in_outlives_the_sign_out_before_it_though_the_clock_was_set_back() {
    let history = [
        Pass(15),
        Logout(0, true),
        Rest,
        Set(-TWO_HOURS),
        SignIn(0, ALICE),
        Reload(0, true),
        Rest,
    ];
    play(kept_in("device"), &history);
}

#[test]
fn a_pause_is_no_longer_for_a_clock_that_was_set_back() {
    let outage = [Token(0, true), Settle, Reply(0, Busy(80)), Settle];
    let later = [Set(-TWO_HOURS), Pass(4000), Token(0, true), Rest];
    let machine = played(kept_in("device"), &[&outage[..], &later].concat());
    assert_eq!(machine.tabs[0].given, 1);
}

/// A refresh in the first tab, while somebody signs in in the second; its answer comes when the
/// other has got on so far.
fn sign_in_during_a_refresh(user: usize, polls: usize) -> Vec<Step> {
    let begun = [Open, Rest, Token(0, true), Settle, Login(1, true), Settle];
    let back = [Agree(user), Return(1, 0), Settle, Reply(1, Good)];
    [&begun[..], &back, &vec![Poll(0); polls]].concat()
}

#[test]
fn a_refresh_does_not_undo_a_sign_in_of_another_tab() {
    for (persist, is_sealed) in [("device", true), ("device", false), ("tab", false)] {
        for (user, polls) in (0..14).flat_map(|polls| [(ALICE, polls), (BOB, polls)]) {
            let setting = Setting {
                is_sealed,
                ..kept_in(persist)
            };
            let answered = [Reply(0, Good), Rest];
            let history = [&sign_in_during_a_refresh(user, polls)[..], &answered].concat();
            let mut machine = played(setting, &history);
            // sealing takes time: who is sooner by less than that may be undone
            if !is_sealed || polls > 10 {
                assert_eq!(machine.tabs[0].had, Some(1), "{persist} {user} {polls}");
                assert_eq!(machine.tabs[1].had, Some(1), "{persist} {user} {polls}");
            }
            machine.finish();
        }
    }
}

#[test]
fn a_refusal_ends_the_session_that_was_refused_and_no_other() {
    for (persist, polls) in (0..14).flat_map(|polls| [("device", polls), ("tab", polls)]) {
        let refused = [Set(TWO_HOURS), Reply(0, Refused), Rest];
        let history = [&sign_in_during_a_refresh(BOB, polls)[..], &refused].concat();
        play(kept_in(persist), &history);
    }
}

#[test]
fn a_sign_out_while_metadata_is_fetched_keeps_the_refresh_token_at_home() {
    let history = [
        Set(TWO_HOURS),
        Token(0, false),
        Settle,
        Logout(0, true),
        Rest,
    ];
    play(kept_in("device"), &history);
}

#[test]
fn whoever_waits_for_a_refresh_gets_no_token_after_a_sign_out() {
    let history = [Token(0, true), Token(0, true), Settle, Reply(0, Good)];
    for polls in 0..8 {
        let polls = vec![Poll(0); polls];
        let history = [&history[..], &polls, &[Logout(0, true), Poll(9), Rest]].concat();
        play(kept_in("memory"), &history);
    }
}

#[test]
fn an_api_that_takes_no_token_is_called_with_two() {
    let refused = [Reply(0, Refused), Settle];
    let refreshed = [Reply(0, Good), Settle];
    let history = [
        &[Call(0), Settle][..],
        &refused,
        &refreshed,
        &refused,
        &[Rest],
    ]
    .concat();
    play(kept_in("device"), &history);
}

#[test]
fn whoever_signs_out_while_a_proof_is_made_calls_nothing() {
    let setting = Setting {
        is_bound: true,
        ..kept_in("device")
    };
    for polls in 0..8 {
        let polls = vec![Poll(0); polls];
        let history = [&[Call(0)][..], &polls, &[Logout(0, true), Poll(1), Rest]].concat();
        play(setting.clone(), &history);
    }
}

#[test]
fn a_provider_that_is_slow_three_times_over_is_asked_by_one_tab() {
    let setting = Setting {
        has_id_tokens: true,
        ..kept_in("device")
    };
    let forgotten = [Open, Rest, Pass(4000), Pass(600)];
    let asked = [Token(0, true), Token(1, true), Settle];
    let slow = [Pass(15), Settle, Reply(0, Good), Settle].repeat(3);
    play(setting, &[&forgotten[..], &asked, &slow, &[Rest]].concat());
}

#[test]
fn a_page_the_browser_brought_back_and_a_stale_one_refresh_once() {
    let history = [Open, Rest, Token(0, true), Settle, Pass(25)];
    let back = [Look(0, Occasion::Restored), Look(1, Occasion::Online)];
    play(
        kept_in("tab"),
        &[&history[..], &back, &[Settle, Rest]].concat(),
    );
}

#[test]
fn a_tab_that_is_disposed_during_a_refresh_keeps_its_tokens_to_itself() {
    let setting = Setting {
        has_locks: false,
        ..kept_in("tab")
    };
    let signed_in = [Open, Open, Settle, Login(0, false), Settle, Dispose(0)];
    let again = [Agree(ALICE), Return(1, 0), Rest];
    let disposed = [Token(2, true), Poll(0), Dispose(2), Rest, Reload(0, false)];
    play(setting, &[&signed_in[..], &again, &disposed].concat());
}

#[test]
fn a_page_that_heard_nothing_of_a_sign_in_goes_over_to_it_when_it_asks() {
    let setting = Setting {
        has_locks: false,
        ..kept_in("tab")
    };
    let unheard = [Dispose(0), Open, SignIn(1, BOB), Open, Reload(0, false)];
    play(setting, &unheard);
}

#[test]
fn a_machine_that_sleeps_in_a_refresh_past_the_limit_refreshes_nothing_more() {
    let setting = Setting {
        limits: Limits::Lifetime,
        has_id_tokens: true,
        ..kept_in("tab")
    };
    let asked = [Open, Settle, Token(0, true), Token(1, true), Settle];
    let mut machine = played(setting, &[&asked[..], &[Sleep(7200), Rest]].concat());
    assert_eq!([0, 1].map(|tab| machine.tabs[tab].had), [None; 2]);
    machine.finish();
}

#[test]
fn a_store_that_works_again_during_a_sign_out_brings_nothing_back() {
    let setting = Setting {
        has_trouble: true,
        ..kept_in("device")
    };
    for polls in 0..6 {
        let blocked = [Open, Rest, Store(0, Storage::Blocked), Logout(0, true)];
        let polls = vec![Poll(0); polls];
        let works = [
            Store(0, Storage::Works),
            Look(0, Occasion::Seen),
            Poll(1),
            Poll(1),
            Poll(1),
            Rest,
        ];
        play(setting.clone(), &[&blocked[..], &polls, &works].concat());
    }
}

#[test]
fn a_session_that_another_took_the_place_of_may_be_missed_with_that_ones_end() {
    let asked = [
        Login(0, false),
        Settle,
        Open,
        Agree(BOB),
        Return(0, 0),
        Settle,
    ];
    let ended = [Reply(0, Good), Logout(0, false), Settle, Return(1, 0), Rest];
    let setting = Setting {
        has_locks: false,
        ..kept_in("device")
    };
    play(setting, &[&asked[..], &ended].concat());
}
