//! What must be true after every poll, and in the end.

use portcullis::{connection::fault::Fault, error::Code};

use super::{
    books::{Life, SCOPES, numbers},
    fleet::Fleet,
    server::Work,
};

/// How long before its end a token counts as dead, and a moment more, in milliseconds.
const MARGIN: i64 = 6000;

/// What was asked for, when, as a number of polls, and how often the server had signed out then.
pub struct Asked {
    pub work: Work,
    pub began: u64,
    pub era: u32,
}

impl Fleet {
    pub fn check(&self) {
        let faults = self.common.system.faults.borrow();
        assert!(faults.is_empty(), "{faults:?}");
    }

    /// A token that an application was given, or an API was called with.
    pub fn check_token(&self, at: usize, token: &str, began: u64) {
        let host = &self.servers[at].host;
        let (life, number) = numbers(token);
        let book = &self.common.system.lives.borrow()[life];
        let is_out = book.out_at.contains(&host.number) && !book.is_excused;
        assert!(!is_out, "{token} at {at}, which signed out");
        let issued = &book.tokens[number as usize];
        let asked_then = issued
            .by
            .filter(|(by, era)| *by == host.number && *era != host.era.get());
        assert!(
            asked_then.is_none(),
            "{token}, for which {at} asked before it signed out"
        );
        let revoked_at = issued.revoked_at.get(&host.number);
        assert!(
            book.is_excused || revoked_at.is_none_or(|polls| *polls > began),
            "{token} at {at}, which gave it up"
        );
        let is_over = issued
            .until
            .is_some_and(|until| until <= self.common.now.get());
        assert!(
            !is_over || book.is_excused || self.servers[at].was_set,
            "{token} at {at}, which is over"
        );
    }

    /// A token could not be had. With one at hand that is alive that does not matter, unless `another` is wanted.
    pub fn check_failure(&self, at: usize, asked: &Asked, fault: &Fault) {
        let server = &self.servers[at];
        let Some(scope) = asked
            .work
            .scope()
            .filter(|_| asked.era == server.host.era.get())
        else {
            return; // somebody signed out meanwhile
        };
        let another = !matches!(asked.work, Work::Token { another: false, .. });
        let lives = self.common.system.lives.borrow();
        if fault.code == Code::LoginRequired && self.setting.has_person {
            let session = self.session_of(at, scope, &lives);
            // whoever looked before it came has not seen it
            let session = session.filter(|life| lives[*life].kept_at < Some(asked.began));
            assert!(
                session.is_none(),
                "{at} has lost {session:?} without a cause"
            );
        }
        let Some(token) = &server.handed[scope] else {
            return;
        };
        let (life, number) = numbers(token);
        let (book, issued) = (&lives[life], &lives[life].tokens[number as usize]);
        let ends_later = |until| self.common.now.get() + MARGIN < until;
        let is_alive = issued.until.is_none_or(ends_later) && self.setting.idle_timeout.is_none();
        let is_over =
            book.is_ended || book.is_gone || book.is_excused || !issued.revoked_at.is_empty();
        assert!(
            another || is_over || !is_alive || server.was_set || !fault.is_silence(),
            "{at} has {token}, and fails with {fault:?}"
        );
    }

    /// The session that a server must have: what somebody agreed to last, if nothing can have ended it.
    fn session_of(&self, at: usize, scope: usize, lives: &[Life]) -> Option<usize> {
        let number = self.servers[at].host.number;
        let near = |life: &Life| life.scope == scope && life.home.is_none_or(|home| home == number);
        let kept = lives.iter().enumerate().filter(|(_, life)| near(life));
        let (last, life) = kept.max_by_key(|(_, life)| life.kept_at)?;
        let may_be_over = life.is_ended || life.is_gone || life.is_excused || life.is_loose;
        (life.kept_at.is_some() && !may_be_over).then_some(last)
    }

    /// In the end the network and the store work, time passes, and everything is as it should be.
    pub fn finish(&mut self) {
        self.common.is_failing.set(false);
        self.rest();
        self.pass(4_000_000);
        self.rest();
        self.check_nobody_waits();
        for (at, scope) in self.everywhere() {
            self.servers[at].handed[scope] = None;
            self.ask_token(at, scope, false);
            self.rest();
            let lives = self.common.system.lives.borrow();
            let session = self.session_of(at, scope, &lives);
            let handed = self.servers[at].handed[scope].as_deref();
            if self.setting.has_person {
                let has = handed.map(|token| numbers(token).0);
                // one that never ends is not changed for another's; and who began a later one may have gone away
                let never_ends = self.setting.lifetime.is_none();
                let is_fit = |it| has >= Some(it) || has.is_some() && never_ends;
                assert!(
                    session.is_none_or(is_fit),
                    "{at} has {has:?} for {session:?}"
                );
            } else {
                assert!(handed.is_some(), "{at} gets no token");
            }
        }
        self.check_nobody_waits();
        for at in 0..self.setting.servers {
            self.sign_out(at);
            self.rest();
        }
        self.pass(1_000_000);
        let kept = self.common.kept.borrow();
        let is_lost = self.common.system.is_excused.get(); // for whoever could forget it
        assert!(
            is_lost || kept.is_empty(),
            "left in the store: {:?}",
            kept.keys()
        );
    }

    fn everywhere(&self) -> Vec<(usize, usize)> {
        let servers = 0..self.setting.servers;
        servers
            .flat_map(|at| (0..SCOPES.len()).map(move |scope| (at, scope)))
            .collect()
    }

    fn check_nobody_waits(&self) {
        for (at, server) in self.servers.iter().enumerate() {
            let running = server
                .running
                .iter()
                .filter(|running| !running.is_abandoned);
            let stuck: Vec<Work> = running.map(|running| running.work).collect();
            assert!(stuck.is_empty(), "{at} waits: {stuck:?}");
        }
    }
}
