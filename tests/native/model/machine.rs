//! Tabs that do what a list of steps says, a poll at a time, and what must be true after each.

use std::rc::Rc;

use portcullis::client::Occasion;
use serde_json::{Value, json};

use super::{
    place::{Done, Place, Running, Work},
    provider::{Provider, USERS, generations},
    replies::Reply,
    step::{Limits, Setting, Step},
};
use crate::world::*;

/// How long nobody may be at the machine, in seconds, where that is limited.
pub const IDLE: i64 = 900;
/// How long a session lasts, in seconds, where that is limited.
pub const MAX_LIFETIME: i64 = 3600;
/// After how many polls nothing comes to an end any more.
const ENDLESS: u32 = 10_000;
/// How many tabs there are at most.
const TABS: usize = 4;

pub struct Machine {
    pub world: World,
    pub provider: Rc<Provider>,
    pub setting: Setting,
    pub tabs: Vec<Place>,
    /// Callbacks that a browser may come to, again and again.
    callbacks: Vec<String>,
    /// How often somebody signed out.
    sign_outs: u32,
    /// The latest that the machine's clock has ever shown, in milliseconds since 1970.
    pub latest: i64,
    /// Whether the machine's clock was ever set, and set back.
    pub was_set: bool,
    pub was_set_back: bool,
}

impl Machine {
    pub fn new(setting: Setting) -> Self {
        let world = World::new();
        let clocks = world.inner();
        let provider = Rc::new(Provider::new(world.signer.clone(), clocks, &setting));
        world.answered_by(provider.clone());
        world.turns_are(if setting.has_locks {
            TurnKind::Locks
        } else {
            TurnKind::Lease
        });
        let (inner, is_shared) = (world.inner(), setting.persist == "device");
        *provider.newest_kept.borrow_mut() = Box::new(move |family| {
            let mut pages = open_pages(&inner);
            pages.retain(|page| page.channel.borrow().is_some());
            let mut texts: Vec<_> = pages.iter().flat_map(Page::own_texts).collect();
            if is_shared {
                texts.extend(inner.shared.borrow().values().cloned());
            }
            let found = texts.iter().filter_map(|text| generations(text, family));
            found.max()
        });
        let mut machine = Self {
            world,
            provider,
            setting,
            tabs: Vec::new(),
            callbacks: Vec::new(),
            sign_outs: 0,
            latest: 0,
            was_set: false,
            was_set_back: false,
        };
        let page = machine.world.page();
        machine.open(page, None);
        machine.rest();
        machine
    }

    pub fn options(&self) -> Value {
        let limits = match self.setting.limits {
            Limits::None => json!({}),
            Limits::Idle => json!({ "idleTimeout": IDLE }),
            Limits::Lifetime => json!({ "maxLifetime": MAX_LIFETIME }),
        };
        let persist = json!({ "persist": self.setting.persist });
        let bound = json!({ "dpop": self.setting.is_bound });
        patched(patched(patched(options(), &persist), &limits), &bound)
    }

    /// Loads the portal in a page, whose tab had this session.
    pub fn open(&mut self, page: Page, had: Option<usize>) {
        if self.tabs.len() < TABS {
            self.tabs.push(Place::load(
                page,
                &self.options(),
                self.setting.is_sealed,
                had,
            ));
        }
    }

    /// Does one step, and says what is wrong after it.
    pub fn take(&mut self, step: &Step) {
        let count = self.tabs.len();
        let at = |tab: &usize| tab % count.max(1);
        match step {
            Step::Open => {
                let page = self.world.page();
                self.open(page, None);
            }
            _ if count == 0 => {}
            Step::Duplicate(tab) => {
                let page = self.world.page();
                self.tabs[at(tab)].page.copy_to(&page);
                let had = self.kept_in(&page);
                if let Some(family) = had.filter(|_| self.tabs[at(tab)].is_disposed) {
                    // who asked for what a disposed tab kept to itself had no answer, and there is one now
                    self.provider.families.borrow_mut()[family].is_excused = true;
                }
                self.open(page, had);
            }
            Step::Close(tab, arrived) => {
                let place = self.tabs.remove(at(tab));
                self.vanish(place, *arrived);
            }
            Step::Reload(tab, arrived) => self.reload(at(tab), HOME, *arrived),
            Step::Return(tab, back) => {
                let length = self.callbacks.len();
                if let Some(url) = self.callbacks.iter().nth_back(back % length.max(1)) {
                    let url = url.clone();
                    self.reload(at(tab), &url, true);
                    self.tabs[at(tab)].callback = Some(url);
                }
            }
            Step::Login(tab, is_click) => self.tabs[at(tab)].login(*is_click),
            Step::Agree(user) => self.agree(*user),
            Step::Token(tab, force) => self.tabs[at(tab)].ask_token(*force),
            Step::Userinfo(tab) => self.tabs[at(tab)].ask_userinfo(),
            Step::Call(tab) => self.tabs[at(tab)].call_api(),
            Step::Logout(tab, local_only) => self.tabs[at(tab)].log_out(*local_only),
            Step::Look(tab, occasion) => self.tabs[at(tab)].look(*occasion),
            Step::Dispose(tab) => self.dispose(at(tab)),
            Step::Store(tab, storage) => self.store(at(tab), *storage),
            Step::Reply(which, reply) => self.provider.reply(*which, *reply),
            Step::Pass(seconds) => self.pass(*seconds),
            Step::Set(seconds) => {
                self.was_set_back |= *seconds < 0;
                self.was_set = true;
                self.excuse_lapses();
                self.world.set_clock(*seconds);
                self.latest = self.latest.max(self.world.inner().millis.get());
            }
            Step::Sleep(seconds) => {
                self.excuse_lapses();
                self.world.sleep(*seconds);
                self.latest = self.latest.max(self.world.inner().millis.get());
            }
            Step::Poll(which) => drop(self.poll(*which)),
            Step::Settle => self.settle(),
            Step::Rest => self.rest(),
            Step::SignIn(tab, user) => self.sign_in(at(tab), *user),
        }
        self.deliver();
        self.check();
    }

    /// A whole sign-in, with nothing in between.
    fn sign_in(&mut self, tab: usize, user: usize) {
        self.rest();
        self.tabs[tab].login(true);
        self.rest();
        self.agree(user);
        if let Some(url) = self.callbacks.last().cloned() {
            self.reload(tab, &url, true);
            self.tabs[tab].callback = Some(url);
        }
        self.rest();
    }

    /// One task gets on a little; whether there was one.
    fn poll(&mut self, which: usize) -> bool {
        let tasks = self.tabs.iter().enumerate();
        let tasks =
            tasks.flat_map(|(tab, place)| (0..place.running.len()).map(move |task| (tab, task)));
        let awake: Vec<_> = tasks
            .filter(|(tab, task)| self.tabs[*tab].running[*task].task.is_awake())
            .collect();
        let Some((tab, task)) = awake.get(which % awake.len().max(1)).copied() else {
            return false;
        };
        self.poll_task(tab, task);
        if self.tabs[tab].is_disposed {
            // what it gets, it keeps to itself
            self.note_losses();
        }
        self.deliver();
        self.check();
        true
    }

    fn poll_task(&mut self, tab: usize, number: usize) {
        let place = &mut self.tabs[tab];
        let before = self.provider.family_of(&place.nonce());
        let running = &mut place.running[number];
        let is_first = !std::mem::replace(&mut running.has_begun, true);
        if is_first {
            running.seen = self.sign_outs;
            running.is_blind = place.page.storage.get() == Storage::Blocked;
        }
        running.task.step();
        let is_sign_out = running.work == Work::Logout && is_first && !place.is_disposed;
        if is_sign_out && let Some(family) = before {
            self.sign_out(tab, family);
        }
        let place = &mut self.tabs[tab];
        if !place.running[number].task.is_done() {
            return;
        }
        let Running {
            work,
            task,
            seen,
            is_blind,
            ..
        } = place.running.remove(number);
        if matches!(work, Work::Restore | Work::Look) && !is_blind {
            place.aware = place.aware.max(seen);
            let mut aware = self.provider.aware.borrow_mut();
            aware.insert(place.page.number, place.aware);
        }
        if work == Work::Restore {
            place.ready();
        }
        match task.finish() {
            Done::Token(Ok(token)) => {
                place.given += 1;
                self.check_token(tab, token.expose());
            }
            Done::Called(sent) => self.check_call(&sent),
            Done::Token(Err(_)) | Done::Nothing => {}
        }
    }

    /// The user of a session has signed out, everywhere.
    fn sign_out(&mut self, tab: usize, family: usize) {
        if self.tabs[tab].page.storage.get() != Storage::Works {
            self.tabs[tab].ended.push(family);
            self.provider.families.borrow_mut()[family].is_ended = true;
            return;
        }
        self.sign_outs += 1;
        let mut families = self.provider.families.borrow_mut();
        let user = families[family].user;
        let seen: Vec<_> = self.tabs.iter().filter_map(|place| place.had).collect();
        for (number, book) in families.iter_mut().enumerate() {
            let has_begun = number == family || seen.contains(&number) || book.is_kept;
            if book.user == user && has_begun && book.signed_out_at.is_none() {
                book.signed_out_at = Some(self.sign_outs);
            }
        }
        let place = &mut self.tabs[tab];
        place.aware = self.sign_outs;
        self.provider
            .aware
            .borrow_mut()
            .insert(place.page.number, place.aware);
    }

    /// Messages reach every other tab that hears.
    fn deliver(&mut self) {
        for from in 0..self.tabs.len() {
            let place = &mut self.tabs[from];
            let told = place.page.told.get();
            if std::mem::replace(&mut place.told, told) == told {
                continue;
            }
            for to in (0..self.tabs.len()).filter(|to| *to != from) {
                let place = &mut self.tabs[to];
                if place.page.channel.borrow().is_some() {
                    place.look(Occasion::Told);
                }
            }
        }
    }

    /// Everything gets as far as it can without the network and the clock.
    fn settle(&mut self) {
        let mut polls = 0;
        while self.poll(0) {
            polls += 1;
            assert!(polls < ENDLESS, "tabs keep each other awake");
        }
    }

    /// The network answers until nobody asks any more.
    pub fn rest(&mut self) {
        self.settle();
        while self.provider.open_count() > 0 {
            self.provider.reply(0, Reply::Good);
            self.settle();
        }
    }

    pub fn pass(&mut self, seconds: i64) {
        // nobody thinks for so long, and every request comes to something
        let mut seconds = seconds;
        for _ in 0..6 {
            if seconds > 20 {
                self.settle();
                self.pass_at_once(20);
                self.settle();
                seconds -= 20;
            }
        }
        self.pass_at_once(seconds);
    }

    fn pass_at_once(&mut self, seconds: i64) {
        self.world.advance(seconds);
        self.latest = self.latest.max(self.world.inner().millis.get());
        self.provider.expire();
        let now = self.world.inner().millis.get();
        for place in &mut self.tabs {
            if place.page.wake_at.get().is_some_and(|at| at <= now) {
                place.page.wake_at.set(None);
                place.look(Occasion::Due);
            }
        }
    }

    /// The user agrees to the sign-in that was asked for last and not answered yet.
    fn agree(&mut self, user: usize) {
        let urls = self.tabs.iter();
        let urls: Vec<_> = urls
            .flat_map(|place| place.page.navigations.borrow().clone())
            .collect();
        let state_of = |url: &str| {
            let pairs = parse_form(url.split_once('?')?.1);
            let get = |name| Some(pairs.iter().find(|(found, _)| found == name)?.1.clone());
            Some((get("state")?, get("nonce")?, get("dpop_jkt")))
        };
        let is_new = |state: &str| !self.callbacks.iter().any(|url| url.contains(state));
        let asked = urls
            .iter()
            .find_map(|url| state_of(url).filter(|(state, ..)| is_new(state)));
        // nobody agrees within a millisecond
        self.pass(1);
        if let Some((state, nonce, jkt)) = asked {
            let code = self.provider.grant(user % USERS.len(), &nonce, jkt);
            self.callbacks
                .push(format!("{REDIRECT}?state={state}&code={code}"));
        }
    }
}
