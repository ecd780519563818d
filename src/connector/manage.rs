//! A token asked about, given up, and the end of all of them.

use alloc::{rc::Rc, string::String, vec::Vec};

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
            self.give_up(&token, hint).await?;
            token
        };
        let mut all: Vec<(String, Held)> = self.live.borrow().held.clone().into_iter().collect();
        all.extend(known.ok().flatten().map(|held| (key, held)));
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
        let now = Live {
            era: self.era() + 1,
            ..Live::default()
        };
        // what is under way lands in an era that is over
        let before = core::mem::replace(&mut *self.live.borrow_mut(), now);
        self.live.borrow_mut().pending = before.pending;
        let mut ended: Vec<(String, Held)> = before.held.into_iter().collect();
        let mut outcome = Ok(());
        // nor does it fail for want of a secret
        let ask = self.ask(None, None).await;
        let ask = ask.unwrap_or_else(|_| self.ask_for_nobody(None, None));
        let key = self.key(&ask);
        if self.platform.is_shared() {
            match self.stored(&key).await {
                Ok(Some(held)) if ended.iter().all(|(_, it)| !it.is_same(&held)) => {
                    ended.push((key, held));
                }
                Ok(_) => {}
                Err(fault) => outcome = Err(fault),
            }
            for (key, _) in &ended {
                // what stays in the store is no sign-out
                outcome = outcome.and(self.platform.forget(key).await);
            }
        }
        for (_, held) in &ended {
            let ended = self.end(&ask, held).await;
            outcome = outcome.and(ended);
        }
        outcome
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
