//! A provider that keeps books: refresh tokens are good for one use, a second use ends the session
//! (RFC 9700 §4.14.2), and whatever no client should have done is written down as a fault.

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    rc::Rc,
    task::{Poll, Waker},
};

use portcullis::{
    error::Result,
    protocol::http::{HttpRequest, HttpResponse},
};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{replies::Reply, step::Setting};
use crate::{
    proofs::{self, Read},
    world::{
        API, DISCOVERY, Inner, JWKS, Page, REVOKE, Responder, Response, Sent, Signer, TOKEN,
        USERINFO, encode, silence,
    },
};

pub const USERS: [&str; 2] = ["alice", "bob"];
/// One sign-in and the tokens that came of it.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools)] // each is a circumstance of its own
pub struct Family {
    pub user: usize,
    pub nonce: String,
    /// The thumbprint of the key that its tokens are bound to.
    pub jkt: Option<String>,
    /// The number of the newest tokens.
    pub generation: u32,
    /// Refresh tokens below this one may come again: an answer that replaced one of them was lost.
    pub lost_below: u32,
    /// Whether a lease lapsed early because the clock was set while a refresh was under way.
    pub is_excused: bool,
    /// Whether a tab was ever seen with it.
    pub is_kept: bool,
    /// A definite no was sent.
    pub is_refused: bool,
    /// When its user signed out, as a number that grows with every sign-out.
    pub signed_out_at: Option<u32>,
    /// Whether its user signed out where the store took no note of it.
    pub is_ended: bool,
    /// By the machine's clock, in milliseconds since 1970.
    pub began_at: i64,
    /// How far that clock was ahead then, in milliseconds.
    pub ahead: i64,
}

/// A token's place in the books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    pub family: usize,
    pub generation: u32,
}

/// A code, and what it is good for.
pub struct Grant {
    pub user: usize,
    pub nonce: String,
    pub jkt: Option<String>,
    pub is_used: bool,
}

#[derive(Clone, Copy, PartialEq)]
pub enum What {
    Document(&'static str),
    Code(usize),
    Refresh(Numbers),
    Userinfo(Numbers),
    Revocation(Numbers),
    /// A call to the portal's own API.
    Api(Numbers),
}

/// A request that waits for its answer.
pub struct Call {
    page: u32,
    pub what: What,
    pub proof: Option<Read>,
    /// When the client gives up, by the clock that nobody sets.
    until: i64,
    answer: RefCell<Option<Result<HttpResponse>>>,
    is_over: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

pub struct Provider {
    pub signer: Signer,
    pub clocks: Rc<Inner>,
    pub has_id_tokens: bool,
    pub is_bound: bool,
    /// Whether a store has failed, so that tabs may know less than they should.
    pub is_excused: Cell<bool>,
    /// How many nonces for proofs there have been; the last is the one that is good.
    pub nonces: Cell<u32>,
    /// The `jti` of every proof that came.
    seen: RefCell<std::collections::BTreeSet<String>>,
    pub families: RefCell<Vec<Family>>,
    pub grants: RefCell<Vec<Grant>>,
    calls: RefCell<Vec<Rc<Call>>>,
    pub faults: RefCell<Vec<String>>,
    /// Which sign-outs each page has had the chance to see.
    pub aware: RefCell<std::collections::BTreeMap<u32, u32>>,
    /// The newest tokens of a family that an open tab could tell the others of.
    pub newest_kept: RefCell<Box<dyn Fn(usize) -> Option<u32>>>,
}

impl Responder for Provider {
    fn answer(&self, page: &Page, request: HttpRequest, seconds: u32) -> Response {
        let proof = request.proof.as_ref().map(proofs::read);
        let what = recognise(request, seconds);
        self.mind(page, what);
        self.mind_proof(what, proof.as_ref());
        let call = Rc::new(Call {
            page: page.number,
            what,
            proof,
            until: self.clocks.steady.get() + i64::from(seconds) * 1000,
            answer: RefCell::default(),
            is_over: Cell::new(false),
            waker: RefCell::default(),
        });
        self.calls.borrow_mut().push(call.clone());
        let call = Open(call);
        Box::pin(async move {
            poll_fn(|context| {
                let Some(answer) = call.0.answer.take() else {
                    call.0.waker.replace(Some(context.waker().clone()));
                    return Poll::Pending;
                };
                Poll::Ready(answer)
            })
            .await
        })
    }
}

/// A request whose page still waits.
struct Open(Rc<Call>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.is_over.set(true);
    }
}

impl Provider {
    pub fn new(signer: Signer, clocks: Rc<Inner>, setting: &Setting) -> Self {
        Self {
            signer,
            clocks,
            has_id_tokens: setting.has_id_tokens,
            is_bound: setting.is_bound,
            is_excused: Cell::default(),
            nonces: Cell::default(),
            seen: RefCell::default(),
            families: RefCell::default(),
            grants: RefCell::default(),
            calls: RefCell::default(),
            faults: RefCell::default(),
            aware: RefCell::default(),
            newest_kept: RefCell::new(Box::new(|_| None)),
        }
    }

    /// The user agreed; the code for the callback.
    pub fn grant(&self, user: usize, nonce: &str, jkt: Option<String>) -> String {
        if jkt.is_some() != self.is_bound {
            self.fault(format!("a sign-in with the key {jkt:?}"));
        }
        let mut grants = self.grants.borrow_mut();
        grants.push(Grant {
            user,
            nonce: nonce.into(),
            jkt,
            is_used: false,
        });
        format!("code-{}", grants.len() - 1)
    }

    /// The family a user's claims belong to.
    pub fn family_of(&self, nonce: &str) -> Option<usize> {
        let families = self.families.borrow();
        families.iter().position(|family| family.nonce == nonce)
    }

    pub fn fault(&self, text: String) {
        self.faults.borrow_mut().push(text);
    }

    /// Writes down what a client should not have sent.
    fn mind(&self, page: &Page, what: What) {
        let (What::Refresh(numbers) | What::Userinfo(numbers) | What::Api(numbers)) = what else {
            return;
        };
        let Numbers { family, generation } = numbers;
        let families = self.families.borrow();
        let book = &families[family];
        let aware = self.aware.borrow().get(&page.number).copied();
        if book.signed_out_at.is_some_and(|at| Some(at) <= aware) {
            self.fault(format!(
                "a token of session {family} sent after its sign-out"
            ));
        }
        if !matches!(what, What::Refresh(_)) {
            return;
        }
        let calls = self.calls.borrow();
        let is_same = |call: &Rc<Call>| {
            matches!(call.what, What::Refresh(other) if other.family == family)
                && !call.is_over.get()
        };
        let is_excused = book.is_excused || self.is_excused.get();
        if calls.iter().any(is_same) && !is_excused {
            self.fault(format!("two refreshes at once of session {family}"));
        }
        let kept = (self.newest_kept.borrow())(family);
        let is_known = kept.is_some_and(|kept| kept > generation);
        let may_come_again = is_excused || !is_known && generation < book.lost_below;
        if generation < book.generation && !may_come_again {
            self.fault(format!(
                "refresh token {generation} of session {family} used again, while {kept:?} is known"
            ));
        }
    }

    /// Writes down what a proof should not have been, or that there should have been one.
    fn mind_proof(&self, what: What, proof: Option<&Read>) {
        let jkt = match what {
            What::Code(number) => self.grants.borrow()[number].jkt.clone(),
            What::Refresh(numbers) | What::Userinfo(numbers) | What::Api(numbers) => {
                self.families.borrow()[numbers.family].jkt.clone()
            }
            What::Document(_) | What::Revocation(_) => None,
        };
        if proof.map(|proof| &proof.jkt) != jkt.as_ref() {
            let with = if proof.is_some() { "another" } else { "no" };
            self.fault(format!("a request with {with} key"));
        }
        let Some(Read { claims, .. }) = proof else {
            return;
        };
        let target = match what {
            What::Userinfo(_) => ("GET", USERINFO),
            What::Api(_) => ("GET", API),
            _ => ("POST", TOKEN),
        };
        // RFC 9449 §4.2: where a token goes with it, the proof is for that one
        let ath = match what {
            What::Userinfo(Numbers { family, generation })
            | What::Api(Numbers { family, generation }) => {
                json!(encode(Sha256::digest(access_token(family, generation))))
            }
            _ => json!(null),
        };
        if claims["htm"] != target.0 || claims["htu"] != target.1 || claims["ath"] != ath {
            self.fault(format!("a proof of another request: {claims}"));
        }
        let jti = claims["jti"].as_str().unwrap_or_default();
        if !self.seen.borrow_mut().insert(jti.into()) {
            self.fault("a proof used twice".into());
        }
    }

    /// The nonce that proofs have to have now.
    pub fn proof_nonce(&self) -> String {
        format!("nonce-{}", self.nonces.get())
    }

    /// Requests that wait, the oldest first.
    fn open(&self) -> Vec<Rc<Call>> {
        let mut calls = self.calls.borrow_mut();
        calls.retain(|call| !call.is_over.get());
        let waits = |call: &&Rc<Call>| call.answer.borrow().is_none();
        calls.iter().filter(waits).cloned().collect()
    }

    pub fn open_count(&self) -> usize {
        self.open().len()
    }

    /// Responder one of the requests that wait.
    pub fn reply(&self, which: usize, reply: Reply) {
        let open = self.open();
        if let Some(call) = open.get(which % open.len().max(1)) {
            let answer = self.work(call, reply);
            close(call, answer);
        }
    }

    /// Time has passed: clients give up.
    pub fn expire(&self) {
        for call in self.open() {
            if call.until <= self.clocks.steady.get() {
                close(&call, silence());
            }
        }
    }

    /// A page vanishes. Its requests are on their way all the same, if `arrived`.
    pub fn vanish(&self, page: &Page, arrived: bool) {
        for call in self.open() {
            if call.page == page.number && arrived {
                self.work(&call, Reply::Lost).ok();
            }
        }
    }

    /// Whether a refresh of that session is under way, answered or not.
    pub fn is_on_its_way(&self, family: usize) -> bool {
        let calls = self.calls.borrow();
        let mut open = calls.iter().filter(|call| !call.is_over.get());
        open.any(|call| matches!(call.what, What::Refresh(other) if other.family == family))
    }

    /// The newest tokens of that session may be known to nobody now.
    pub fn may_be_lost(&self, family: usize) {
        let book = &mut self.families.borrow_mut()[family];
        book.lost_below = book.generation;
    }
}

/// What a request asks for.
fn recognise(request: HttpRequest, seconds: u32) -> What {
    let sent = Sent { request, seconds };
    match &*sent.request.url {
        DISCOVERY => What::Document(DISCOVERY),
        JWKS => What::Document(JWKS),
        USERINFO => {
            let token = sent.request.bearer.as_ref().unwrap();
            What::Userinfo(numbers(token.expose()))
        }
        API => What::Api(numbers(sent.request.bearer.as_ref().unwrap().expose())),
        REVOKE => What::Revocation(numbers(&sent.field("token").unwrap())),
        TOKEN => match sent.field("code") {
            Some(code) => What::Code(code.strip_prefix("code-").unwrap().parse().unwrap()),
            None => What::Refresh(numbers(&sent.field("refresh_token").unwrap())),
        },
        url => panic!("a request to {url}"),
    }
}

fn close(call: &Call, answer: Result<HttpResponse>) {
    call.answer.replace(Some(answer));
    if let Some(waker) = call.waker.take() {
        waker.wake();
    }
}

/// What a token of this provider says.
pub fn numbers(token: &str) -> Numbers {
    let mut parts = token.split('-').skip(1);
    let mut next = || parts.next().unwrap();
    Numbers {
        family: next().parse().unwrap(),
        generation: next().parse().unwrap(),
    }
}

/// An access token of this provider's.
pub fn access_token(family: usize, generation: u32) -> String {
    format!("access-{family}-{generation}-")
}

/// The newest tokens of each session that a text holds.
pub fn generations(text: &str, family: usize) -> Option<u32> {
    let name = format!("refresh-{family}-");
    let found = text.match_indices(&name);
    found.map(|(at, _)| numbers(&text[at..]).generation).max()
}
