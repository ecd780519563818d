//! A token asked about, given up, and the end of all of them.

use alloc::{collections::BTreeSet, rc::Rc, string::String, vec::Vec};

use super::{Ask, Connector, Live, trace::Log};
use crate::{
    connection::{
        answer,
        fault::{Fault, Result},
        inquiry::{described, given_up, introspection, revocation},
        lifetime::Held,
        message::{Answer, Request},
        preview::SYSTEM,
        request::step_request,
        values::Values,
    },
    error::Code,
    platform::service::Service,
    secret::Secret,
};

/// Where others see that a sign-out is under way. No token is kept there.
const SIGN_OUT: &str = "";

impl<P: Service + 'static> Connector<P> {
    /// What the system says of a token, as JSON; of the current one if none is named.
    ///
    /// # Errors
    /// `login_required` if there is none; as a token request.
    pub async fn introspect(self: &Rc<Self>, token: Option<Secret>, hint: &str) -> Result<String> {
        let token = match token {
            Some(token) => token,
            None => self.held(&self.ask(None, None).await?).await?.token(),
        };
        let definition = &self.definition;
        self.inquire(
            "introspection",
            &token,
            |values| introspection(definition, hint, values),
            |answer| described(definition, answer),
        )
        .await
    }

    /// Gives a token up; the refresh token, or else the current one, if none is named. What was given up
    /// is neither kept nor sent any more; where that failed it is.
    ///
    /// # Errors
    /// As a token request.
    pub async fn revoke(self: &Rc<Self>, token: Option<Secret>, hint: &str) -> Result<()> {
        let key = self.key(&self.ask(None, None).await?);
        if token.is_none() {
            self.landed(&key).await; // what is being renewed is not the current one for long
        }
        let known = self.known(&key).await;
        let token = if let Some(token) = token {
            self.give_up(&token, hint).await?;
            token
        } else {
            let held = known.clone()?.ok_or(Fault::new(Code::LoginRequired))?;
            let (token, hint) = worth_most(&held);
            let here = self.at_hand(&key);
            self.give_up(&token, hint).await?;
            if let Some(here) = here.filter(|here| !here.is_same(&held)) {
                self.drop_here(&key, &here); // another server had changed it for that
            }
            token
        };
        let mut all: Vec<(String, Held)> = self.live.borrow().held.clone().into_iter().collect();
        all.extend(known.ok().flatten().map(|held| (key.clone(), held)));
        // another server may have got another one with it meanwhile
        let stored = self.stored(&key).await.ok().flatten();
        all.extend(stored.map(|held| (key, held)));
        for (key, held) in all {
            if held.refresh_token().unwrap_or_else(|| held.token()) == token {
                self.drop_token(&key, &held).await;
            } else if held.token() == token {
                // another one can be had
                self.spend(&key, &held).await;
            }
        }
        Ok(())
    }

    async fn give_up(self: &Rc<Self>, token: &Secret, hint: &str) -> Result<()> {
        let definition = &self.definition;
        self.inquire(
            "revocation",
            token,
            |values| revocation(definition, hint, values),
            |answer| given_up(definition, answer),
        )
        .await
    }

    async fn inquire<T>(
        self: &Rc<Self>,
        step: &str,
        token: &Secret,
        make: impl Fn(&Values) -> Result<Request>,
        process: impl Fn(&Answer) -> Result<T>,
    ) -> Result<T> {
        let mut values = self.values(&self.ask(None, None).await?);
        values.secret("asked_token", token.expose());
        self.prove(&mut values, None).await?;
        self.ask_once(step, self.drawn(&values)?, make, process)
            .await
    }

    /// One request whose answer is all there is to it.
    async fn ask_once<T>(
        self: &Rc<Self>,
        step: &str,
        mut values: Values,
        make: impl Fn(&Values) -> Result<Request>,
        process: impl Fn(&Answer) -> Result<T>,
    ) -> Result<T> {
        let request = self.build(&mut values, make).await?;
        let log = Log::default();
        let sent = self
            .send(&log, (step, SYSTEM), &request, &values, &[])
            .await;
        let outcome = sent.and_then(|(answer, entry)| log.judge(entry, process(&answer)));
        self.close(log);
        outcome
    }

    /// Forgets every token, here and in the store, then ends them at the system.
    ///
    /// # Errors
    /// `storage_unavailable` if the store does not forget; what the first of them fails with at the system.
    /// All are tried.
    pub async fn sign_out(self: &Rc<Self>) -> Result<()> {
        let earlier = self.flight(SIGN_OUT);
        let now = Live {
            era: self.era() + 1,
            ..Live::default()
        };
        // what is under way lands in an era that is over
        let before = core::mem::replace(&mut *self.live.borrow_mut(), now);
        self.live.borrow_mut().pending = before.pending;
        let mut ended: Vec<(String, Held)> = before.held.into_iter().collect();
        let (mut ask, mut outcome) = (self.ask_for_nobody(None, None), Ok(()));
        let forgetting = async {
            if let Some(earlier) = earlier {
                let _ = self.landing(SIGN_OUT, earlier).await;
            }
            // nor does it fail for want of a secret
            ask = self.ask(None, None).await.unwrap_or_else(|_| ask.clone());
            outcome = self.forget_stored(&ask, &mut ended).await;
            Err(Code::LoginRequired.into()) // that is what is left to those who wait for it
        };
        let _ = self.fly(SIGN_OUT, forgetting).await;
        for (_, held) in &ended {
            let ended = self.end(&ask, held).await;
            outcome = outcome.and(ended);
        }
        outcome
    }

    /// Has the store forget what it has where the tokens were that `ended` here, and for `ask`. What that is ends
    /// with them.
    async fn forget_stored(&self, ask: &Ask, ended: &mut Vec<(String, Held)>) -> Result<()> {
        if !self.platform.is_shared() {
            return Ok(());
        }
        let mut outcome = Ok(());
        let mut keys = BTreeSet::from([self.key(ask)]);
        keys.extend(ended.iter().map(|(key, _)| key.clone()));
        for key in keys {
            let stored = self.platform.load(&key).await;
            // what stays in the store is no sign-out
            let forgotten = self.platform.forget(&key).await;
            outcome = outcome
                .and(stored.as_ref().map(drop).map_err(Fault::clone))
                .and(forgotten);
            let stored = stored.ok().flatten().as_deref().and_then(Held::read);
            if let Some(held) = stored.filter(|held| ended.iter().all(|(_, it)| !it.is_same(held)))
            {
                ended.push((key, held));
            }
        }
        outcome
    }

    /// Waits until a sign-out that has begun is through with the store: what is in it until then is nobody's.
    pub(super) async fn signed_out(&self) {
        if let Some(sign_out) = self.flight(SIGN_OUT) {
            let _ = self.landing(SIGN_OUT, sign_out).await;
        }
    }

    pub(super) async fn end(self: &Rc<Self>, ask: &Ask, held: &Held) -> Result<()> {
        let definition = &self.definition;
        let Some(step) = &definition.sign_out else {
            if definition.urls.revocation.is_none() {
                return Ok(());
            }
            let (token, hint) = worth_most(held);
            return self.give_up(&token, hint).await;
        };
        let values = self.drawn(&self.values_with(ask, held))?;
        // what the system does not know has ended already
        let process = |answer: &Answer| match answer.status {
            401 | 404 | 410 => Ok(()),
            _ => answer::success(definition, answer),
        };
        self.ask_once(
            "sign-out",
            values,
            |values| step_request(step, values),
            process,
        )
        .await
    }
}

/// The token that most can be done with, and what it is called.
fn worth_most(held: &Held) -> (Secret, &'static str) {
    held.refresh_token().map_or_else(
        || (held.token(), "access_token"),
        |token| (token, "refresh_token"),
    )
}
