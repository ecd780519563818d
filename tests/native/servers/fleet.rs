//! Servers that do what a list of steps says, a poll at a time.

use std::rc::Rc;

use portcullis::{connection::fault::Fault, error::Code};

use super::{
    checks::Asked,
    host::Common,
    server::{Done, Running, Server, Work},
    step::{Reply, Setting, Step},
    system::System,
};

/// How long whoever waits for something is waited for, in milliseconds.
const PATIENCE: i64 = 200_000;

pub struct Fleet {
    pub setting: Setting,
    pub common: Rc<Common>,
    pub servers: Vec<Server>,
    /// The ways to the system on which somebody came back, or may: state and code.
    ways: Vec<(String, usize)>,
    /// How many servers and tasks there were.
    started: usize,
    begun: u32,
    /// How many polls there were.
    pub polls: u64,
}

impl Fleet {
    pub fn new(setting: Setting) -> Self {
        let common = Rc::new(Common::new(System::new(setting), setting.is_shared));
        let mut fleet = Self {
            setting,
            common,
            servers: Vec::new(),
            ways: Vec::new(),
            started: 0,
            begun: 0,
            polls: 0,
        };
        for at in 0..setting.servers {
            fleet.start(at);
        }
        fleet
    }

    pub fn start(&mut self, at: usize) {
        let server = Server::start(self.started, &self.common, self.setting);
        self.started += 1;
        self.servers.insert(at, server);
    }

    pub fn now(&self) -> i64 {
        self.common.now.get()
    }

    /// A number for another task.
    fn next(&mut self) -> u32 {
        self.begun += 1;
        self.begun
    }

    /// Does one step.
    pub fn take(&mut self, step: &Step) {
        let at = |server: &usize| server % self.setting.servers;
        match step {
            Step::Token(server, scope, another) => self.ask_token(at(server), *scope, *another),
            Step::Call(server, scope) => {
                let (at, number) = (at(server), self.next());
                self.servers[at].call(number, *scope);
            }
            Step::Authorize(server, scope) if self.setting.has_person => {
                let (at, number) = (at(server), self.next());
                self.servers[at].authorize(number, *scope);
            }
            Step::Return(server, back) => self.come_back(at(server), *back),
            Step::SignIn(server, scope) if self.setting.has_person => {
                self.sign_in(at(server), *scope);
            }
            Step::SignOut(server) => self.sign_out(at(server)),
            Step::Revoke(server) => {
                let (at, number) = (at(server), self.next());
                self.servers[at].revoke(number);
            }
            Step::Kill(which) => self.kill(*which),
            Step::Reply(which, reply) => self.common.system.reply(*which, *reply, self.now()),
            Step::Crash(server, arrived) => self.crash(at(server), *arrived),
            Step::Abandon(which, arrived) if self.setting.is_on_the_edge => {
                self.abandon(*which, *arrived);
            }
            Step::Fail(is_failing) if self.setting.is_rough => {
                self.common.is_failing.set(*is_failing);
                self.excuse();
            }
            Step::Wipe if self.setting.is_rough => {
                self.common.kept.borrow_mut().clear();
                self.excuse();
            }
            Step::Damage(which) if self.setting.is_rough => self.damage(*which),
            Step::Set(server, seconds) if self.setting.is_rough => {
                let server = &mut self.servers[server % self.setting.servers];
                server
                    .host
                    .ahead
                    .set(server.host.ahead.get() + seconds * 1000);
                server.was_set = true;
                self.excuse();
            }
            Step::Pass(millis) => self.pass(*millis),
            Step::Poll(which) => drop(self.poll(*which)),
            Step::Settle => self.settle(),
            Step::Rest => self.rest(),
            // what the setting has no place for
            _ => {}
        }
        self.check();
    }

    pub fn ask_token(&mut self, at: usize, scope: usize, another: bool) {
        let number = self.next();
        self.servers[at].ask_token(number, scope, another);
    }

    pub fn sign_out(&mut self, at: usize) {
        let number = self.next();
        self.servers[at].sign_out(number);
    }

    fn come_back(&mut self, at: usize, back: usize) {
        let length = self.ways.len().max(1);
        if let Some((state, code)) = self.ways.iter().nth_back(back % length).cloned() {
            let number = self.next();
            self.servers[at].complete(number, &state, code);
        }
    }

    fn sign_in(&mut self, at: usize, scope: usize) {
        self.rest();
        let (before, number) = (self.ways.len(), self.next());
        self.servers[at].authorize(number, scope);
        self.rest();
        if self.ways.len() > before {
            self.come_back(at, 0);
        }
        self.rest();
    }

    /// One task gets on a little; whether there was one.
    fn poll(&mut self, which: usize) -> bool {
        let tasks = self.servers.iter().enumerate().flat_map(|(at, server)| {
            let awake = |running: &Running| running.task.is_awake() && !running.is_abandoned;
            let running = server.running.iter().enumerate();
            running
                .filter(move |(_, it)| awake(it))
                .map(move |(task, _)| (at, task))
        });
        let tasks: Vec<_> = tasks.collect();
        let Some((at, task)) = tasks.get(which % tasks.len().max(1)).copied() else {
            return false;
        };
        self.poll_task(at, task);
        self.check();
        true
    }

    fn poll_task(&mut self, at: usize, task: usize) {
        self.polls += 1;
        let polls = self.polls;
        let server = &mut self.servers[at];
        let running = &mut server.running[task];
        if !std::mem::replace(&mut running.has_begun, true) {
            running.began = polls;
            running.era = server.host.era.get();
            if let Some(scope) = running.work.scope() {
                running.handed.clone_from(&server.handed[scope]);
            }
            if running.work == Work::SignOut {
                self.note_sign_out(at);
            }
        }
        let server = &mut self.servers[at];
        let running = &mut server.running[task];
        if let Some(scope) = running.work.scope() {
            server.met[scope] = true;
        }
        self.common.task.set(running.number);
        running.task.step();
        if running.work == Work::SignOut && self.common.is_failing.get() {
            self.common.system.excuse_sign_outs();
        }
        let sent = running.sent.take();
        let (began, scope) = (running.began, running.work.scope());
        for token in sent {
            self.check_token(at, &token, began);
            if let Some(scope) = scope {
                self.servers[at].handed[scope] = Some(token);
            }
        }
        let server = &mut self.servers[at];
        if !server.running[task].task.is_done() {
            return;
        }
        let running = server.running.remove(task);
        let (work, handed, number) = (running.work, running.handed, running.number);
        let asked = Asked {
            work,
            began,
            era: running.era,
        };
        let system = &self.common.system;
        match running.task.finish() {
            Done::Token(outcome) => {
                let Work::Token { scope, another } = work else {
                    return;
                };
                match outcome {
                    Ok(token) => {
                        self.check_token(at, &token, began);
                        assert!(
                            !another || handed.as_ref() != Some(&token),
                            "the same token again"
                        );
                        assert_eq!(system.scope_of(&token), scope, "of another scope");
                        self.servers[at].handed[scope] = Some(token);
                    }
                    Err(fault) => self.fail(at, &asked, &fault),
                }
            }
            Done::Called(outcome) => {
                if let Err(fault) = outcome {
                    self.fail(at, &asked, &fault);
                }
            }
            Done::Authorize(outcome) => {
                if let Ok((scope, state)) = outcome {
                    let code = system.agree(scope);
                    self.ways.push((state, code));
                }
            }
            Done::Completed(outcome) => {
                if let (Ok(()), Work::Complete { code }) = (outcome, work) {
                    let mut running = self.servers.iter().flat_map(|server| &server.running);
                    let is_safe = !running.any(|it| it.has_begun && it.work == Work::SignOut);
                    system.note_kept(code, polls, is_safe);
                }
            }
            Done::SignedOut(outcome) => {
                self.excuse_crossings(at);
                if outcome.is_err_and(|fault| fault.code == Code::StorageUnavailable) {
                    self.common.system.excuse_sign_outs();
                }
            }
            Done::Revoked(outcome) => {
                if outcome.is_ok() {
                    self.servers[at].handed[0] = None;
                    system.note_revoked(number, self.servers[at].host.number, polls);
                }
            }
        }
    }

    /// Something could not be done.
    fn fail(&mut self, at: usize, asked: &Asked, fault: &Fault) {
        self.check_failure(at, asked, fault);
        let server = &mut self.servers[at];
        if let Some(scope) = asked.work.scope()
            && fault.code == Code::LoginRequired
            && asked.era == server.host.era.get()
        {
            // it has none
            server.handed[scope] = None;
            let mut lives = self.common.system.lives.borrow_mut();
            for life in lives.iter_mut().filter(|life| life.scope == scope) {
                life.forget(server.host.number);
            }
        }
    }

    /// Everything gets as far as it can without the network and the clock.
    pub fn settle(&mut self) {
        while self.poll(0) {}
    }

    /// The network answers until nobody asks any more.
    pub fn rest(&mut self) {
        let until = self.now() + PATIENCE;
        loop {
            self.settle();
            if self.common.system.open_calls().is_empty() {
                let mut running = self.servers.iter().flat_map(|server| &server.running);
                let timer = self.common.next_timer();
                match timer.filter(|_| running.any(|it| !it.is_abandoned)) {
                    Some(at) if at <= until => self.common.advance(at),
                    _ => return,
                }
            } else {
                self.common.system.reply(0, Reply::Good, self.now());
            }
        }
    }

    /// Time passes; whoever waits for it does what is to be done then.
    pub fn pass(&mut self, millis: i64) {
        let end = self.now() + millis;
        loop {
            self.settle();
            let calls = self.common.system.open_calls();
            let times = calls
                .iter()
                .map(|call| call.until)
                .chain(self.common.next_timer());
            match times.filter(|at| *at <= end).min() {
                Some(at) => self.common.advance(at),
                None => return self.common.advance(end),
            }
        }
    }
}
