//! What goes wrong from outside: pages that vanish, clocks that are set, and what that excuses.

use portcullis::client::Occasion;

use super::{
    machine::Machine,
    place::{Place, Work},
    provider::generations,
};
use crate::world::{Page, Storage};

impl Machine {
    /// The clock is set, or runs on while the machine sleeps. A lease counts by it, and may lapse
    /// before its holder is done.
    pub fn excuse_lapses(&self) {
        let refreshes = [Work::Token, Work::Userinfo, Work::Call, Work::Look];
        let is_busy = |place: &&Place| {
            let mut running = place.running.iter();
            running.any(|running| refreshes.contains(&running.work))
        };
        for place in self.tabs.iter().filter(is_busy) {
            let family = place.had.filter(|_| !self.setting.has_locks);
            if let Some(family) = family {
                self.provider.families.borrow_mut()[family].is_excused = true;
            }
        }
    }

    pub fn vanish(&mut self, place: Place, arrived: bool) -> Page {
        self.provider.vanish(&place.page, arrived);
        let page = place.page.clone();
        page.is_vanishing.set(true);
        page.channel.replace(None);
        page.wake_at.set(None);
        drop(place);
        page.is_vanishing.set(false);
        self.note_losses();
        page
    }

    /// Whatever nobody who is open can tell of may be lost, unless it is still on its way.
    pub fn note_losses(&self) {
        let count = self.provider.families.borrow().len();
        for family in 0..count {
            let newest = self.provider.families.borrow()[family].generation;
            let kept = (self.provider.newest_kept.borrow())(family);
            if kept.is_none_or(|kept| kept < newest) && !self.provider.is_on_its_way(family) {
                self.provider.may_be_lost(family);
            }
        }
    }

    pub fn reload(&mut self, tab: usize, url: &str, arrived: bool) {
        let place = self.tabs.remove(tab);
        let is_kept = self.setting.persist != "memory" && !place.is_disposed;
        let had = place
            .had
            .filter(|_| is_kept && !self.provider.is_excused.get());
        let ended = place.ended.clone();
        let page = self.vanish(place, arrived);
        page.location.replace(Some(url.into()));
        page.navigations.take();
        let mut place = Place::load(page, &self.options(), self.setting.is_sealed, had);
        if place
            .page
            .stored()
            .keys()
            .any(|key| key.ends_with(".unmarked"))
        {
            place.ended = ended;
        }
        self.tabs.insert(tab, place);
    }

    pub fn store(&mut self, tab: usize, storage: Storage) {
        if self.setting.has_trouble {
            let place = &mut self.tabs[tab];
            place.page.storage.set(storage);
            // what is looked for now is perhaps not found
            place.had = place.had.filter(|_| place.is_ready);
            let is_blind = storage == Storage::Blocked;
            for running in &mut place.running {
                running.is_blind |= is_blind;
            }
            self.provider.is_excused.set(true);
        }
    }

    /// Every store works from now on, and whoever is there looks at it.
    pub fn mend_stores(&mut self) {
        for occasion in [Occasion::Seen, Occasion::Told] {
            for place in &mut self.tabs {
                place.page.storage.set(Storage::Works);
                place.look(occasion);
            }
            self.rest();
        }
    }

    pub fn dispose(&mut self, tab: usize) {
        self.tabs[tab].dispose();
        self.note_losses();
    }

    /// The session whose record a page finds.
    pub fn kept_in(&self, page: &Page) -> Option<usize> {
        let count = self.provider.families.borrow().len();
        let texts = page.own_texts();
        (0..count).rfind(|family| {
            texts
                .iter()
                .any(|text| generations(text, *family).is_some())
        })
    }
}
