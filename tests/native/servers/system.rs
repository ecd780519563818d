//! A system that keeps books: a refresh token is good for one use, a second use ends what it belongs to (RFC 9700
//! §4.14.2), and whatever no client should have done is written down as a fault.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    future::poll_fn,
    rc::Rc,
    task::{Poll, Waker},
};

use portcullis::{
    connection::{
        fault::Result,
        message::{Answer, Request},
    },
    error::Code,
};
use serde_json::{Value, json};

use super::{
    books::{Grant, Kind, Life, Token, What, begin, numbers},
    requests::recognise,
    step::{Reply, Setting},
};

/// A request that waits for its answer.
pub struct Call {
    pub server: usize,
    /// How often the server had signed out.
    era: u32,
    pub task: u32,
    pub what: What,
    /// When the server gives up, in milliseconds of the clock that nobody sets.
    pub until: i64,
    answer: RefCell<Option<Result<Answer>>>,
    pub is_over: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

pub struct System {
    setting: Setting,
    pub lives: RefCell<Vec<Life>>,
    pub grants: RefCell<Vec<Grant>>,
    calls: RefCell<Vec<Rc<Call>>>,
    /// What each task asked for.
    asked: RefCell<Vec<(u32, What)>>,
    pub faults: RefCell<Vec<String>>,
    /// Whether two may ask at once, since they cannot know better.
    pub is_excused: Cell<bool>,
}

/// A call whose server still waits.
struct Open(Rc<Call>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.is_over.set(true);
    }
}

impl System {
    pub fn new(setting: Setting) -> Self {
        Self {
            setting,
            lives: RefCell::default(),
            grants: RefCell::default(),
            calls: RefCell::default(),
            asked: RefCell::default(),
            faults: RefCell::default(),
            is_excused: Cell::default(),
        }
    }

    fn fault(&self, text: String) {
        self.faults.borrow_mut().push(text);
    }

    /// Somebody agrees: the number of a code.
    pub fn agree(&self, scope: usize) -> usize {
        let mut grants = self.grants.borrow_mut();
        grants.push(Grant {
            scope,
            life: None,
            is_used: false,
        });
        grants.len() - 1
    }

    /// A request by a task of a server that has signed out so often arrives at `now`.
    pub async fn answer(
        &self,
        (server, era, task): (usize, u32, u32),
        request: &Request,
        (now, seconds): (i64, u32),
    ) -> Result<Answer> {
        let what = recognise(request);
        self.mind((server, era), what);
        self.asked.borrow_mut().push((task, what));
        let call = Rc::new(Call {
            server,
            era,
            task,
            what,
            until: now + i64::from(seconds) * 1000,
            answer: RefCell::default(),
            is_over: Cell::default(),
            waker: RefCell::default(),
        });
        self.calls.borrow_mut().push(call.clone());
        let call = Open(call);
        poll_fn(|context| {
            let Some(answer) = call.0.answer.take() else {
                call.0.waker.replace(Some(context.waker().clone()));
                return Poll::Pending;
            };
            Poll::Ready(answer)
        })
        .await
    }

    /// Writes down what no client should do.
    fn mind(&self, (server, era): (usize, u32), what: What) {
        if !matches!(what, What::Revocation(..))
            && let Some(other) = self
                .open_calls()
                .iter()
                .find(|it| self.is_twin(it, (server, era), what))
            && !self.is_excused.get()
        {
            self.fault(format!(
                "{server} sent {what:?} beside {:?} of {}",
                other.what, other.server
            ));
        }
        let lives = self.lives.borrow();
        if let What::Refresh(life, number) = what {
            let book = &lives[life];
            if number < book.refresh && number >= book.lost_below && !book.is_excused {
                self.fault(format!(
                    "{server} used refresh token {number} of {life} again"
                ));
            }
            if book.out_at.contains(&server) && !book.is_excused {
                self.fault(format!("{server} refreshes {life}, which it signed out of"));
            }
        }
        if let What::Code(code) = what
            && self.grants.borrow()[code].is_used
        {
            self.fault(format!("{server} used code {code} again"));
        }
    }

    /// Whether a request that is under way is for the same as `what`.
    fn is_twin(&self, call: &Call, (server, era): (usize, u32), what: What) -> bool {
        let scope = |what| match what {
            What::Grant(scope) => Some(scope),
            What::Refresh(life, _) => Some(self.lives.borrow()[life].scope),
            _ => None,
        };
        let is_near = if call.server == server {
            call.era == era // what was asked for before a sign-out is for nobody
        } else {
            self.setting.is_shared
        };
        is_near && scope(what).is_some() && scope(what) == scope(call.what)
    }

    pub fn open_calls(&self) -> Vec<Rc<Call>> {
        let mut calls = self.calls.borrow_mut();
        calls.retain(|call| !call.is_over.get());
        let open = calls.iter().filter(|call| call.answer.borrow().is_none());
        open.cloned().collect()
    }

    /// Answers the request with that number, among those that wait.
    pub fn reply(&self, which: usize, reply: Reply, now: i64) {
        let open = self.open_calls();
        if let Some(call) = open.get(which % open.len().max(1)) {
            let answer = self.outcome(call, reply, now);
            Self::put(call, answer);
        }
    }

    /// Those that waited for too long give up.
    pub fn expire(&self, now: i64) {
        for call in self.open_calls() {
            if call.until <= now {
                Self::put(&call, Err(Code::Timeout.into()));
            }
        }
    }

    /// What nobody waits for any more: it arrives all the same, or not.
    pub fn drop_calls(&self, is_of: impl Fn(&Call) -> bool, arrives: bool, now: i64) {
        for call in self.open_calls().iter().filter(|call| is_of(call)) {
            if arrives {
                let _ = self.outcome(call, Reply::Lost, now);
            }
            call.is_over.set(true);
        }
    }

    fn put(call: &Call, answer: Result<Answer>) {
        call.answer.replace(Some(answer));
        if let Some(waker) = call.waker.take() {
            waker.wake();
        }
    }

    fn outcome(&self, call: &Call, reply: Reply, now: i64) -> Result<Answer> {
        match reply {
            Reply::Good | Reply::Kept => {
                let is_refresh = matches!(call.what, What::Refresh(..));
                Ok(self.process(call, is_refresh && reply == Reply::Kept, now))
            }
            Reply::Lost | Reply::Garbled => {
                let processed = self.process(call, false, now);
                if processed.is_success() {
                    self.lose(call.what);
                }
                if reply == Reply::Lost {
                    return Err(Code::Network.into());
                }
                Ok(Answer {
                    status: 200,
                    content_type: "text/html".into(),
                    body: Some(b"<p>Welcome</p>".to_vec()),
                })
            }
            Reply::Offline => Err(Code::Network.into()),
            Reply::Busy => Ok(said(503, &json!({}))),
            Reply::Refused => Ok(self.refuse(call.what)),
            Reply::Odd => Ok(said(400, &json!({"error": "invalid_request"}))),
        }
    }

    /// What was handed out just now came to nobody.
    fn lose(&self, what: What) {
        let mut lives = self.lives.borrow_mut();
        let book = match what {
            What::Refresh(life, _) => lives.get_mut(life),
            What::Grant(_) | What::Code(_) => lives.last_mut(),
            What::Revocation(..) => None,
        };
        if let Some(book) = book {
            book.lost_below = book.refresh;
            book.forget_asker();
        }
    }

    fn refuse(&self, what: What) -> Answer {
        if let What::Refresh(life, _) = what {
            self.lives.borrow_mut()[life].is_ended = true;
        }
        said(400, &json!({"error": "invalid_grant"}))
    }

    fn process(&self, call: &Call, keeps_refresh_token: bool, now: i64) -> Answer {
        let mut lives = self.lives.borrow_mut();
        let life = match call.what {
            What::Grant(scope) => begin(&mut lives, scope, self.home(call.server)),
            What::Code(code) => {
                let grant = &mut self.grants.borrow_mut()[code];
                if std::mem::replace(&mut grant.is_used, true) {
                    drop(lives);
                    return self.refuse(call.what);
                }
                let life = begin(&mut lives, grant.scope, self.home(call.server));
                grant.life = Some(life);
                life
            }
            What::Refresh(life, number) => {
                let book = &mut lives[life];
                if book.is_ended || number < book.refresh {
                    drop(lives);
                    return self.refuse(call.what);
                }
                book.refresh += u32::from(!keeps_refresh_token);
                life
            }
            What::Revocation(life, kind, number) => {
                let book = &mut lives[life];
                match kind {
                    Kind::Access => book.tokens[number as usize].is_dead = true,
                    Kind::Refresh => book.is_ended = true,
                }
                return said(200, &json!({}));
            }
        };
        let book = &mut lives[life];
        book.is_excused |= self.is_excused.get();
        book.tokens.push(Token {
            refresh: book.refresh,
            by: Some((call.server, call.era)),
            until: self.setting.lifetime.map(|lifetime| now + lifetime * 1000),
            is_dead: false,
            revoked_at: BTreeMap::new(),
        });
        let mut answer = json!({
            "access_token": format!("t-{life}-{}", book.tokens.len() - 1),
            "token_type": "Bearer",
            "expires_in": self.setting.lifetime,
        });
        if !matches!(call.what, What::Grant(_)) && !keeps_refresh_token {
            answer["refresh_token"] = json!(format!("r-{life}-{}", book.refresh));
        }
        said(200, &answer)
    }

    fn home(&self, server: usize) -> Option<usize> {
        (!self.setting.is_shared).then_some(server)
    }

    /// A server has what the code was for; safe from whoever is signing out, or not.
    pub fn note_kept(&self, code: usize, polls: u64, is_safe: bool) {
        if let Some(life) = self.grants.borrow()[code].life {
            let book = &mut self.lives.borrow_mut()[life];
            book.kept_at = Some(polls);
            book.is_loose |= !is_safe;
        }
    }

    /// What a task gave up, its server must not use any more.
    pub fn note_revoked(&self, task: u32, server: usize, polls: u64) {
        for (_, what) in self.asked.borrow().iter().filter(|(by, _)| *by == task) {
            let What::Revocation(life, kind, number) = *what else {
                continue;
            };
            let mut lives = self.lives.borrow_mut();
            for (at, token) in lives[life].tokens.iter_mut().enumerate() {
                let is_given_up = match kind {
                    Kind::Access => at == number as usize,
                    Kind::Refresh => token.refresh <= number,
                };
                if is_given_up {
                    token.revoked_at.insert(server, polls);
                }
            }
        }
    }

    /// A sign-out came to nothing half-way: what the store had it may have for good.
    pub fn excuse_sign_outs(&self) {
        let mut lives = self.lives.borrow_mut();
        for life in lives
            .iter_mut()
            .filter(|life| life.home.is_none() && !life.out_at.is_empty())
        {
            life.is_excused = true;
            life.out_at.clear();
            for token in &mut life.tokens {
                token.by = None;
            }
        }
    }

    pub fn scope_of(&self, token: &str) -> usize {
        self.lives.borrow()[numbers(token).0].scope
    }

    /// Whether an API takes a token.
    pub fn takes(&self, token: &str, now: i64) -> bool {
        let (life, number) = numbers(token);
        let book = &self.lives.borrow()[life];
        let token = &book.tokens[number as usize];
        !book.is_ended && !token.is_dead && token.until.is_none_or(|until| now < until)
    }
}

fn said(status: u16, body: &Value) -> Answer {
    Answer {
        status,
        content_type: "application/json".into(),
        body: Some(body.to_string().into_bytes()),
    }
}
