//! What a page stores: for every tab or for itself, at once or after a while, or not at all.

use std::{cell::RefCell, collections::BTreeMap};

use portcullis::{
    error::{Code, Result},
    platform::{Area, Store},
};

use super::{Page, run::yield_now};

/// What storage does.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Storage {
    #[default]
    Works,
    /// Reads and removes, but takes nothing new.
    Full,
    /// The same for what tabs share; what is a tab's own it takes.
    Crowded,
    /// Refuses everything, as blocked cookies make it.
    Blocked,
    /// Takes everything, and keeps it once that is waited for, as an application's own store may.
    Slow,
    /// Takes everything and loses it afterwards.
    Late(Code),
    /// Takes everything and keeps nothing.
    Sieve,
}

/// A store that takes its time: what was read of it last, and what is yet to be written.
#[derive(Default)]
pub struct Sealed {
    read: BTreeMap<String, String>,
    writing: BTreeMap<String, String>,
}

impl Page {
    pub(super) fn area(&self, area: Area) -> &RefCell<BTreeMap<String, String>> {
        match area {
            Area::Session if self.device.get() => &self.world.shared,
            Area::Session | Area::Tab => &self.session,
            Area::Shared => &self.world.shared,
        }
    }

    /// From now on sessions of the device are read when the store is looked at, and written when it
    /// is waited for.
    pub fn seal(&self) {
        self.sealed.replace(Some(Sealed::default()));
    }

    fn is_sealed(&self, area: Area) -> bool {
        area == Area::Session && self.device.get() && self.sealed.borrow().is_some()
    }

    /// What is being written is written.
    fn settle_sealed(&self) {
        if let Some(sealed) = &mut *self.sealed.borrow_mut() {
            let mut shared = self.world.shared.borrow_mut();
            shared.append(&mut sealed.writing);
        }
    }
}

impl Store for Page {
    fn get(&self, area: Area, key: &str) -> Result<Option<String>> {
        if self.storage.get() == Storage::Blocked {
            return Err(Code::StorageUnavailable.into());
        }
        if self.is_sealed(area) {
            let sealed = self.sealed.borrow();
            return Ok(sealed
                .as_ref()
                .and_then(|sealed| sealed.read.get(key).cloned()));
        }
        if area == Area::Shared
            && let Some(mirror) = &*self.mirror.borrow()
        {
            return Ok(mirror.get(key).cloned());
        }
        Ok(self.area(area).borrow().get(key).cloned())
    }

    fn set(&self, area: Area, key: &str, value: Option<&str>) -> Result<()> {
        if self.is_sealed(area)
            && let Some(sealed) = &mut *self.sealed.borrow_mut()
        {
            sealed.read.remove(key);
            sealed.writing.remove(key);
            if let Some(value) = value {
                sealed.read.insert(key.into(), value.into());
                sealed.writing.insert(key.into(), value.into());
                return Ok(());
            }
        }
        if area == Area::Shared
            && let Some(mirror) = &mut *self.mirror.borrow_mut()
        {
            mirror.remove(key);
            mirror.extend(value.map(|value| (key.into(), value.into())));
        }
        match (self.storage.get(), value) {
            (Storage::Blocked, _) => return Err(Code::StorageUnavailable.into()),
            (Storage::Full, Some(_)) => return Err(Code::StorageFull.into()),
            (Storage::Crowded, Some(_)) if area == Area::Shared => {
                return Err(Code::StorageFull.into());
            }
            (Storage::Sieve, Some(_)) => return Ok(()),
            (Storage::Slow, Some(value)) => {
                let mut sealed = self.sealed.borrow_mut();
                let writing = &mut sealed.get_or_insert_default().writing;
                writing.insert(key.into(), value.into())
            }
            (_, Some(value)) => self
                .area(area)
                .borrow_mut()
                .insert(key.into(), value.into()),
            (_, None) => self.area(area).borrow_mut().remove(key),
        };
        Ok(())
    }

    async fn pull(&self, _keys: &[String]) -> Result<()> {
        yield_now().await;
        self.settle_sealed();
        if let Some(sealed) = &mut *self.sealed.borrow_mut() {
            sealed.read = self.world.shared.borrow().clone();
        }
        if let Some(mirror) = &mut *self.mirror.borrow_mut() {
            *mirror = self.world.shared.borrow().clone();
        }
        if self.storage.get() == Storage::Blocked {
            Err(Code::StorageUnavailable.into())
        } else {
            Ok(())
        }
    }

    async fn push(&self) -> Result<()> {
        yield_now().await;
        self.settle_sealed();
        match self.storage.get() {
            Storage::Late(code) => Err(code.into()),
            Storage::Blocked => Err(Code::StorageUnavailable.into()),
            _ => Ok(()),
        }
    }
}
