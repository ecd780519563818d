//! What may happen next, as data that can be drawn at random and cut down to the least that fails.

use portcullis::client::Occasion;
use proptest::prelude::*;

use super::replies::Reply;
use crate::world::Storage;

/// What does not change while a history goes on.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools)] // each is a circumstance of its own
pub struct Setting {
    pub persist: &'static str,
    /// Whether the session of a device is sealed, which takes time.
    pub is_sealed: bool,
    /// Web Locks; else a lease.
    pub has_locks: bool,
    pub limits: Limits,
    /// Whether refreshes bring ID tokens.
    pub has_id_tokens: bool,
    /// Whether tokens are bound to the browser's key, at a provider that wants its nonce in proofs.
    pub is_bound: bool,
    /// Whether stores fail at times.
    pub has_trouble: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limits {
    None,
    Idle,
    Lifetime,
}

/// One thing that happens. Numbers of tabs, tasks and requests are taken modulo how many there are.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    Open,
    Duplicate(usize),
    /// The tab is gone; its requests arrive all the same or not.
    Close(usize, bool),
    Reload(usize, bool),
    /// The tab comes to a callback, the latest or one before it.
    Return(usize, usize),
    /// Somebody clicked, or the portal did it on its own.
    Login(usize, bool),
    /// At the provider, that user agrees to the sign-in asked for first.
    Agree(usize),
    Token(usize, bool),
    /// The portal asks for the userinfo claims.
    Userinfo(usize),
    /// It calls its API.
    Call(usize),
    Logout(usize, bool),
    Look(usize, Occasion),
    Dispose(usize),
    /// From now on the tab's store does that.
    Store(usize, Storage),
    Reply(usize, Reply),
    /// Seconds pass.
    Pass(i64),
    /// The machine's clock is set, by so many seconds.
    Set(i64),
    /// The machine sleeps for so many seconds.
    Sleep(i64),
    /// One task gets on by one poll.
    Poll(usize),
    /// Everything gets as far as it can without the network and the clock.
    Settle,
    /// And the network answers until nobody asks.
    Rest,
    /// A whole sign-in.
    SignIn(usize, usize),
}

pub fn settings() -> impl Strategy<Value = Setting> {
    (
        prop_oneof![2 => Just("device"), 2 => Just("tab"), 1 => Just("memory")],
        prop::bool::weighted(0.8),
        prop_oneof![4 => Just(Limits::None), 1 => Just(Limits::Idle), 1 => Just(Limits::Lifetime)],
        any::<bool>(),
        any::<bool>(),
        prop::bool::weighted(0.3),
        prop::bool::weighted(0.2),
    )
        .prop_map(
            |(persist, has_locks, limits, has_id_tokens, is_sealed, is_bound, has_trouble)| {
                Setting {
                    persist,
                    is_sealed: is_sealed && persist == "device",
                    has_locks,
                    limits,
                    has_id_tokens,
                    is_bound,
                    has_trouble,
                }
            },
        )
}

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    let tab = || 0..4_usize;
    let step = prop_oneof![
        3 => Just(Step::Open),
        1 => tab().prop_map(Step::Duplicate),
        2 => (tab(), any::<bool>()).prop_map(|(tab, arrived)| Step::Close(tab, arrived)),
        2 => (tab(), any::<bool>()).prop_map(|(tab, arrived)| Step::Reload(tab, arrived)),
        2 => (tab(), 0..3_usize).prop_map(|(tab, back)| Step::Return(tab, back)),
        2 => (tab(), any::<bool>()).prop_map(|(tab, click)| Step::Login(tab, click)),
        2 => (0..2_usize).prop_map(Step::Agree),
        10 => (tab(), any::<bool>()).prop_map(|(tab, force)| Step::Token(tab, force)),
        2 => tab().prop_map(Step::Userinfo),
        4 => tab().prop_map(Step::Call),
        2 => (tab(), any::<bool>()).prop_map(|(tab, local)| Step::Logout(tab, local)),
        3 => (tab(), occasions()).prop_map(|(tab, occasion)| Step::Look(tab, occasion)),
        1 => tab().prop_map(Step::Dispose),
        3 => (tab(), storages()).prop_map(|(tab, storage)| Step::Store(tab, storage)),
        8 => (0..4_usize, replies()).prop_map(|(which, reply)| Step::Reply(which, reply)),
        5 => prop_oneof![Just(1), Just(15), Just(25), Just(290), Just(600), Just(4000)].prop_map(Step::Pass),
        2 => prop_oneof![Just(-7200), Just(-30), Just(30), Just(7200)].prop_map(Step::Set),
        1 => prop_oneof![Just(290), Just(7200)].prop_map(Step::Sleep),
        16 => (0..8_usize).prop_map(Step::Poll),
        8 => Just(Step::Settle),
        4 => Just(Step::Rest),
        3 => (tab(), 0..4_usize).prop_map(|(tab, user)| Step::SignIn(tab, user / 3)),
    ];
    prop::collection::vec(step, 1..60)
}

fn occasions() -> impl Strategy<Value = Occasion> {
    prop_oneof![
        Just(Occasion::Seen),
        Just(Occasion::Online),
        Just(Occasion::Restored),
        Just(Occasion::Due),
        Just(Occasion::Active),
    ]
}

fn storages() -> impl Strategy<Value = Storage> {
    prop_oneof![
        3 => Just(Storage::Works),
        1 => Just(Storage::Full),
        1 => Just(Storage::Crowded),
        1 => Just(Storage::Blocked),
    ]
}

fn replies() -> impl Strategy<Value = Reply> {
    prop_oneof![
        8 => Just(Reply::Good),
        1 => Just(Reply::Lost),
        1 => Just(Reply::Garbled),
        1 => Just(Reply::Offline),
        1 => (0..3_u32).prop_map(|many| Reply::Busy(many * 40)),
        1 => Just(Reply::Broken),
        1 => Just(Reply::Refused),
        1 => Just(Reply::Odd),
        1 => Just(Reply::OtherNonce),
    ]
}
