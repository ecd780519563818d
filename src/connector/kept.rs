//! Tokens at hand and in the store: which of them counts, and until when.
//!
//! A person's token that the store had and has no more was ended by another server: who signs out there signs
//! out here.

use alloc::{
    rc::Rc,
    string::{String, ToString},
};

use super::{Ask, Connector};
use crate::{
    connection::{fault::Result, lifetime::Held},
    error::Code,
    platform::service::Service,
};

impl<P: Service + 'static> Connector<P> {
    pub(super) fn at_hand(&self, key: &str) -> Option<Held> {
        self.live.borrow().held.get(key).cloned()
    }

    /// What is at hand or in the store, whichever is younger, and is at hand from now on, where whoever signs out
    /// finds it; a token saved by hand if there is neither.
    pub(super) async fn known(&self, key: &str) -> Result<Option<Held>> {
        let (era, here) = (self.era(), self.at_hand(key));
        let text = self.text(key).await?;
        let known = match (here.clone(), text.as_deref().and_then(Held::read)) {
            (Some(here), Some(stored)) if stored.is_same(&here) => Some(stored.resumed(&here)),
            (Some(here), Some(stored)) if stored.is_older(&here) => Some(here),
            (Some(here), None) if text.is_none() && self.is_a_session(&here) => {
                self.drop_here(key, &here);
                None
            }
            (here, stored) => stored.or(here),
        };
        if let Some(known) = &known
            && era == self.era()
            && self.is_at_hand(key, here.as_ref())
        {
            let mut live = self.live.borrow_mut();
            live.held.insert(key.to_string(), known.clone());
        }
        if known.is_none() && self.definition.persist && self.is_handed_over("token") {
            let saved = self.platform.secret("token").await?;
            return Ok(saved.map(|token| Held::saved(&token, self.now())));
        }
        Ok(known)
    }

    /// Whether it is still that which is at hand, or nothing.
    fn is_at_hand(&self, key: &str, held: Option<&Held>) -> bool {
        match (self.at_hand(key), held) {
            (Some(here), Some(held)) => here.is_same(held),
            (here, held) => here.is_none() && held.is_none(),
        }
    }

    /// Whether it is somebody's, who may end it at any server that shares the store.
    fn is_a_session(&self, held: &Held) -> bool {
        held.is_shared() && self.definition.needs_person()
    }

    pub(super) async fn stored(&self, key: &str) -> Result<Option<Held>> {
        Ok(self.text(key).await?.as_deref().and_then(Held::read))
    }

    async fn text(&self, key: &str) -> Result<Option<String>> {
        if !self.platform.is_shared() {
            return Ok(None);
        }
        self.signed_out().await;
        self.platform.load(key).await
    }

    /// Holds a token from now on, if nobody signed out since `era`.
    pub(super) fn take(&self, key: &str, mut held: Held, era: u64) -> Result<Held> {
        self.ensure_still(era)?;
        let [jitter] = self.draw().unwrap_or_default();
        held.jitter = jitter;
        self.live
            .borrow_mut()
            .held
            .insert(key.to_string(), held.clone());
        Ok(held)
    }

    /// Holds a token that was asked for in `era`, in place of `before`, and shares it. A store that fails costs
    /// nothing but the sharing. If somebody signed out meanwhile, here or elsewhere, it ends like those that were
    /// there; if somebody let us in anew, that token is the one to hold.
    pub(super) async fn keep(
        self: &Rc<Self>,
        ask: &Ask,
        held: Held,
        era: u64,
        before: Option<&Held>,
    ) -> Result<Held> {
        let key = self.key(ask);
        self.signed_out().await;
        let was_ended = match before.filter(|before| self.is_a_session(before)) {
            None => false,
            Some(before) => match self.text(&key).await {
                Ok(None) => true,
                Ok(Some(text)) => {
                    let anew = Held::read(&text).filter(|stored| !stored.is_same(before));
                    if let Some(anew) = anew.filter(|anew| anew.is_alive(self.now())) {
                        return self.take(&key, anew, era);
                    }
                    false
                }
                Err(_) => false,
            },
        };
        if !was_ended {
            let taken = self.take(&key, held.clone(), era);
            if taken.is_ok() && self.platform.is_shared() {
                self.share(&key, &held).await;
            }
            if era == self.era() {
                return taken;
            }
        }
        if let Some(before) = before {
            self.drop_token(&key, before).await;
        }
        self.drop_token(&key, &held).await;
        let _ = self.end(ask, &held).await;
        Err(Code::LoginRequired.into())
    }

    /// Puts a token that is held into the store.
    async fn share(&self, key: &str, held: &Held) {
        let seconds = held.worth_keeping(self.now());
        let kept = self.platform.keep(key, &held.write(), seconds).await;
        if let Some(here) = self.live.borrow_mut().held.get_mut(key)
            && kept.is_ok()
            && here.is_same(held)
        {
            here.share();
        }
    }

    /// Drops a token, unless another has come in its place.
    pub(super) async fn drop_token(&self, key: &str, known: &Held) {
        self.drop_here(key, known);
        let stored = self.stored(key).await.ok().flatten();
        if stored.is_some_and(|held| held.is_same(known)) {
            let _ = self.platform.forget(key).await;
        }
    }

    pub(super) fn drop_here(&self, key: &str, known: &Held) {
        if self.at_hand(key).is_some_and(|held| held.is_same(known)) {
            self.live.borrow_mut().held.remove(key);
        }
    }

    /// Ends the life of a token here and in the store. What another one is had with stays.
    pub(super) async fn spend(&self, key: &str, known: &Held) {
        let spent = known.spent(self.now());
        if let Some(held) = self.live.borrow_mut().held.get_mut(key)
            && held.is_same(known)
        {
            *held = spent.clone();
        }
        let stored = self.stored(key).await.ok().flatten();
        if stored.is_some_and(|held| held.is_same(known)) {
            let _ = self.platform.keep(key, &spent.write(), 0).await;
        }
    }
}
