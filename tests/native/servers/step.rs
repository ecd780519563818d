//! What may happen next, as data that can be drawn at random and cut down to the least that fails.

use proptest::prelude::*;

/// What does not change while a history goes on.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_excessive_bools)] // each is a circumstance of its own
pub struct Setting {
    pub servers: usize,
    /// Whether a person lets the connection in; else it asks for itself.
    pub has_person: bool,
    /// Whether the servers share a store.
    pub is_shared: bool,
    /// Whether a request ends with its client, and wakes no other.
    pub is_on_the_edge: bool,
    /// For how many seconds the system says that a token lives.
    pub lifetime: Option<i64>,
    /// For how many seconds it may lie unused.
    pub idle_timeout: Option<i64>,
    /// Whether the store may fail and clocks may be wrong.
    pub is_rough: bool,
}

/// One thing that happens. Numbers of servers, tasks and requests are taken modulo how many there are; what a
/// token is asked for is one of two scopes.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// A token is asked for, or another one.
    Token(usize, usize, bool),
    /// An API is called.
    Call(usize, usize),
    /// Somebody is sent to let us in.
    Authorize(usize, usize),
    /// Somebody comes back to a server, the latest or one before.
    Return(usize, usize),
    /// Both, and nothing in between.
    SignIn(usize, usize),
    SignOut(usize),
    Revoke(usize),
    /// The system gives an access token up.
    Kill(usize),
    Reply(usize, Reply),
    /// A server ends without a word, and starts anew; its requests arrive all the same or not.
    Crash(usize, bool),
    /// On the edge: the client of a request goes away.
    Abandon(usize, bool),
    /// The store fails from now on, or works again.
    Fail(bool),
    /// The store loses everything.
    Wipe,
    /// The store has something damaged in place of a token.
    Damage(usize),
    /// Milliseconds pass.
    Pass(i64),
    /// A server's clock is set, by so many seconds.
    Set(usize, i64),
    /// One task gets on by one poll.
    Poll(usize),
    /// Everything gets as far as it can without the network and the clock.
    Settle,
    /// And the network answers until nobody asks.
    Rest,
}

/// How the system, or the way there, answers a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    Good,
    /// The same, without another refresh token: the old one stays.
    Kept,
    /// It did what it was asked for, but its answer never came.
    Lost,
    /// Nor can it be read.
    Garbled,
    /// The request never arrived.
    Offline,
    Busy,
    /// A definite no.
    Refused,
    /// An error that says nothing about the grant.
    Odd,
}

pub fn settings() -> impl Strategy<Value = Setting> {
    let lifetime = prop_oneof![1 => Just(None), 2 => Just(Some(60)), 3 => Just(Some(3600))];
    let idle_timeout = prop_oneof![4 => Just(None), 1 => Just(Some(30))];
    (
        1..4_usize,
        prop::bool::weighted(0.6),
        prop::bool::weighted(0.7),
        prop::bool::weighted(0.3),
        lifetime,
        idle_timeout,
        prop::bool::weighted(0.3),
    )
        .prop_map(
            |(servers, has_person, is_shared, is_on_the_edge, lifetime, idle_timeout, is_rough)| {
                Setting {
                    servers,
                    has_person,
                    is_shared,
                    is_on_the_edge,
                    lifetime,
                    idle_timeout,
                    is_rough,
                }
            },
        )
}

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    let server = || 0..3_usize;
    let scope = || (0..4_usize).prop_map(|drawn| drawn / 3);
    let step = prop_oneof![
        10 => (server(), scope(), prop::bool::weighted(0.3)).prop_map(|(server, scope, another)| Step::Token(server, scope, another)),
        8 => (server(), scope()).prop_map(|(server, scope)| Step::Call(server, scope)),
        2 => (server(), scope()).prop_map(|(server, scope)| Step::Authorize(server, scope)),
        2 => (server(), 0..3_usize).prop_map(|(server, back)| Step::Return(server, back)),
        3 => (server(), scope()).prop_map(|(server, scope)| Step::SignIn(server, scope)),
        2 => server().prop_map(Step::SignOut),
        1 => server().prop_map(Step::Revoke),
        3 => (0..4_usize).prop_map(Step::Kill),
        8 => (0..4_usize, replies()).prop_map(|(which, reply)| Step::Reply(which, reply)),
        1 => (server(), any::<bool>()).prop_map(|(server, arrived)| Step::Crash(server, arrived)),
        2 => (0..8_usize, any::<bool>()).prop_map(|(task, arrived)| Step::Abandon(task, arrived)),
        1 => prop::bool::weighted(0.4).prop_map(Step::Fail),
        1 => prop_oneof![2 => Just(None), 1 => scope().prop_map(Some)].prop_map(|scope| scope.map_or(Step::Wipe, Step::Damage)),
        6 => prop_oneof![Just(20), Just(300), Just(3000), Just(11_000), Just(50_000), Just(3_000_000)].prop_map(Step::Pass),
        1 => (server(), prop_oneof![Just(-7200), Just(-30), Just(30), Just(7200)]).prop_map(|(server, seconds)| Step::Set(server, seconds)),
        16 => (0..8_usize).prop_map(Step::Poll),
        8 => Just(Step::Settle),
        5 => Just(Step::Rest),
    ];
    prop::collection::vec(step, 1..60)
}

fn replies() -> impl Strategy<Value = Reply> {
    prop_oneof![
        8 => Just(Reply::Good),
        1 => Just(Reply::Kept),
        1 => Just(Reply::Lost),
        1 => Just(Reply::Garbled),
        1 => Just(Reply::Offline),
        1 => Just(Reply::Busy),
        1 => Just(Reply::Refused),
        1 => Just(Reply::Odd),
    ]
}
