//! What must be true after every poll.

use portcullis::secret::Secret;

use super::{
    machine::{IDLE, MAX_LIFETIME, Machine},
    place::Place,
    provider::{Family, generations, numbers},
    step::Limits,
};
use crate::world::{AUTHORIZE, END_SESSION};

/// How many seconds a dead tab holds up the others at most, where proofs may have to be made anew.
const TURN: i64 = 81;

impl Machine {
    pub fn check(&mut self) {
        let faults = self.provider.faults.borrow();
        assert!(faults.is_empty(), "{faults:?}");
        drop(faults);
        for tab in 0..self.tabs.len() {
            self.check_redirects(tab);
            if self.tabs[tab].is_ready && !self.tabs[tab].is_disposed {
                self.check_session(tab);
            }
        }
    }

    /// The page was left only for who asked to leave it.
    fn check_redirects(&mut self, tab: usize) {
        let place = &mut self.tabs[tab];
        let navigations = place.page.navigations.borrow();
        for url in &navigations[place.navigated..] {
            assert!(
                url.starts_with(AUTHORIZE) || url.starts_with(END_SESSION),
                "tab {tab} went to {url}"
            );
            let left = place.may_leave.checked_sub(1);
            place.may_leave = left.unwrap_or_else(|| panic!("tab {tab} went to {url} for nobody"));
        }
        place.navigated = navigations.len();
    }

    /// A session goes on until something ends it.
    fn check_session(&mut self, tab: usize) {
        let families = &self.provider.families;
        let has = self.provider.family_of(&self.tabs[tab].nonce());
        let had = std::mem::replace(&mut self.tabs[tab].had, has);
        if let Some(family) = has {
            let ended = &mut self.tabs[tab].ended;
            assert!(
                !ended.contains(&family),
                "tab {tab} takes over session {family}, which it signed out of"
            );
            ended.clear();
            families.borrow_mut()[family].is_kept = true;
            let signed_out_at = families.borrow()[family].signed_out_at;
            let aware = self.tabs[tab].aware;
            assert!(
                signed_out_at.is_none_or(|at| at > aware),
                "tab {tab} is signed in with session {family}, which was signed out"
            );
        }
        let Some(family) = had.filter(|had| has != Some(*had)) else {
            return;
        };
        // of two sessions that do not know of each other, the clock tells the newer; of two that
        // are being sealed at the same moment, the slower one stays
        let is_blurred =
            self.setting.persist == "tab" && self.was_set_back || self.setting.is_sealed;
        let is_blurred = is_blurred || self.provider.is_excused.get();
        let is_replaced = has.is_some_and(|has| has > family || is_blurred);
        // of one that took its place in the store of the device, perhaps only the end was seen
        let later = family + 1..families.borrow().len();
        let is_past = self.setting.persist == "device"
            && later
                .into_iter()
                .any(|later| families.borrow()[later].is_kept && self.is_over(later));
        assert!(
            self.is_over(family) || is_replaced || has.is_none() && is_past,
            "tab {tab} lost session {family} for {has:?} without a cause"
        );
    }

    /// Whether there is a cause for a session to end.
    fn is_over(&self, family: usize) -> bool {
        let families = self.provider.families.borrow();
        let book = &families[family];
        let is_of_user = |it: &&Family| it.user == book.user;
        book.signed_out_at.is_some()
            || book.is_refused
            || families.iter().filter(is_of_user).any(|it| it.is_ended)
            || self.is_at_limit(family)
    }

    /// Whether the time of a session may be over.
    fn is_at_limit(&self, family: usize) -> bool {
        let age = self.latest - self.provider.families.borrow()[family].began_at;
        match self.setting.limits {
            Limits::None => false,
            // where somebody was seen is not in the books
            Limits::Idle => self.was_set_back || age >= IDLE * 1000,
            Limits::Lifetime => age >= MAX_LIFETIME * 1000,
        }
    }

    /// A token that a page was given.
    pub fn check_token(&self, tab: usize, token: &str) {
        let numbers = numbers(token);
        let signed_out_at = self.provider.families.borrow()[numbers.family].signed_out_at;
        let aware = self.tabs[tab].aware;
        assert!(
            signed_out_at.is_none_or(|at| at > aware),
            "tab {tab} was given a token of session {}, which was signed out",
            numbers.family
        );
    }

    /// A call is for one user, is repeated with another token once, and with each for another proof once.
    pub fn check_call(&self, sent: &[Secret]) {
        let families = self.provider.families.borrow();
        let mut sent: Vec<_> = sent.iter().map(|token| numbers(token.expose())).collect();
        assert!(sent.len() <= 4, "a call was made {} times", sent.len());
        let users = sent.iter().map(|numbers| families[numbers.family].user);
        assert!(
            users.clone().all(|user| Some(user) == users.clone().next()),
            "a call of two users"
        );
        sent.dedup();
        assert!(
            sent.len() <= 2,
            "a call was made with {} tokens",
            sent.len()
        );
    }

    /// In the end the network answers, time passes, and everything is as it should be.
    pub fn finish(&mut self) {
        self.rest();
        if self.setting.has_trouble {
            self.mend_stores();
            self.check_made_up_for();
        }
        self.pass(7200 + 100);
        self.rest();
        for tab in 0..self.tabs.len() {
            self.check_goes_on(tab);
        }
        self.check_nobody_waits();
        self.check_nothing_is_left();
    }

    /// Whoever is signed in gets a new token, unless the provider has to refuse.
    fn check_goes_on(&mut self, tab: usize) {
        self.tabs[tab].ask_token(true);
        let Some(family) = self.tabs[tab].had else {
            return self.rest();
        };
        // an ID token is judged by the clock of the sign-in
        let is_judged = self.setting.has_id_tokens && self.was_set;
        let is_excused = self.provider.is_excused.get();
        let may_fail =
            is_excused || is_judged || self.may_be_refused(family) || self.tabs[tab].is_disposed;
        let before = self.tabs[tab].given;
        self.rest();
        // what a dead tab holds is waited for, within a bound
        self.pass(TURN);
        self.rest();
        let has = self.tabs[tab].had;
        if !may_fail && has.is_some_and(|has| has != family) {
            // no token of somebody else's, whose session the tab has gone over to, but one when asked again
            return self.check_goes_on(tab);
        }
        // a session that ended had a cause, or would have been a fault by now
        let is_over = has.is_none();
        assert!(
            may_fail || is_over || self.tabs[tab].given > before,
            "tab {tab} gets no token"
        );
    }

    /// Whether the provider may say no to that session, or to a later one of its user's that the tab
    /// goes over to when it hears of it.
    fn may_be_refused(&self, family: usize) -> bool {
        let families = self.provider.families.borrow();
        let user = families[family].user;
        families.iter().skip(family).any(|book| {
            let is_unknown = book.is_excused || book.lost_below > 0;
            book.user == user && (book.is_refused || book.signed_out_at.is_some() || is_unknown)
        })
    }

    /// What somebody signed out of while the store failed is over everywhere.
    fn check_made_up_for(&self) {
        let is_known = |place: &&Place| !place.is_disposed && self.setting.persist != "memory";
        for ended in self.tabs.iter().filter(is_known).flat_map(|it| &it.ended) {
            for (tab, place) in self.tabs.iter().enumerate().filter(|(_, it)| is_known(it)) {
                assert_ne!(place.had, Some(*ended), "tab {tab} goes on");
                let stored = place.page.stored();
                let is_left = stored
                    .values()
                    .any(|text| generations(text, *ended).is_some());
                assert!(!is_left, "tokens of session {ended} are left");
            }
        }
    }

    fn check_nobody_waits(&self) {
        for (tab, place) in self.tabs.iter().enumerate() {
            let left = place.navigated > 0;
            let stuck = place.running.iter().map(|running| running.work);
            let stuck: Vec<_> = stuck
                .filter(|work| *work != super::place::Work::Login)
                .collect();
            assert!(stuck.is_empty() || left, "tab {tab} waits: {stuck:?}");
        }
    }

    /// Where a session was signed out, none of its tokens is stored, once a tab has looked.
    fn check_nothing_is_left(&mut self) {
        let page = self.world.page();
        self.tabs.pop();
        self.open(page, None);
        self.rest();
        let families = self.provider.families.borrow();
        for (family, book) in families.iter().enumerate() {
            for place in &self.tabs {
                if book.signed_out_at.is_some() && !place.is_disposed {
                    let stored = place.page.stored();
                    let found = stored
                        .values()
                        .any(|text| generations(text, family).is_some());
                    assert!(!found, "tokens of session {family} outlive its sign-out");
                }
            }
        }
    }
}
