//! Somebody lets us in, with a browser.

use alloc::{rc::Rc, string::String};

use super::{Connector, trace::Log};
use crate::{
    codec::base64url,
    connection::{
        authorize::{PATIENCE, Pending, Response, state_of, url},
        fault::{Fault, Result},
        request::Exchange,
    },
    error::Code,
    platform::service::Service,
};

impl<P: Service + 'static> Connector<P> {
    /// Where to send somebody, and the state that their answer will carry.
    ///
    /// # Errors
    /// `config_invalid`.
    pub async fn authorize_url(
        &self,
        scope: Option<String>,
        audience: Option<String>,
    ) -> Result<(String, String)> {
        if !self.definition.has_authorization() {
            return Err(Fault::config("grant"));
        }
        let ask = self.ask(scope, audience).await?;
        let state = base64url::encode(&self.draw::<32>()?);
        let pending = Pending::new(&self.draw()?, &ask.scope, &ask.audience, self.now());
        let mut values = self.drawn(&self.values(&ask))?;
        let written = self
            .build(&mut values, |values| {
                url(&self.definition, &pending, &state, values)
            })
            .await?;
        if self.platform.is_shared() {
            let seconds = u32::try_from(PATIENCE).unwrap_or_default();
            self.platform
                .keep(&self.slot(&state), &pending.write(), seconds)
                .await?;
        } else {
            let mut live = self.live.borrow_mut();
            live.pending.add(&state, pending, self.now());
        }
        Ok((written.real.expose().into(), state))
    }

    /// Takes the answer at the redirect URI, and gets the token. What was asked is used up first.
    ///
    /// # Errors
    /// `callback_*`, `authorization_error`, and what a token request fails with.
    pub async fn complete_authorization(self: &Rc<Self>, url: &str) -> Result<()> {
        let era = self.era();
        let state = state_of(&self.definition, url)?;
        let pending = self
            .take_pending(&state)
            .await?
            .ok_or(Code::CallbackStateUnknown)?;
        let ask = self
            .ask(Some(pending.scope.clone()), Some(pending.audience.clone()))
            .await?;
        let mut values = self.values(&ask);
        let held = match pending.process(&self.definition, url, self.now())? {
            Response::Token(issued) => self.hold(issued, &values)?,
            Response::Code(code, verifier) => {
                values.secret("code", code.expose());
                if self.definition.pkce {
                    values.secret("code_verifier", verifier.expose());
                }
                let log = Log::default();
                let held = self.exchange(&log, era, Exchange::Grant, values).await;
                self.close(log);
                held?
            }
        };
        self.keep(&ask, held, era, None).await.map(drop)
    }

    async fn take_pending(&self, state: &str) -> Result<Option<Pending>> {
        if !self.platform.is_shared() {
            return Ok(self.live.borrow_mut().pending.take(state));
        }
        let slot = self.slot(state);
        // a store shows the same to two that look at once
        if self.live.borrow().taking.contains(&slot) {
            return Ok(None);
        }
        self.live.borrow_mut().taking.push(slot.clone());
        let text = self.take_stored(&slot).await;
        self.live.borrow_mut().taking.retain(|it| *it != slot);
        Ok(text?.as_deref().and_then(Pending::read))
    }

    async fn take_stored(&self, slot: &str) -> Result<Option<String>> {
        let text = self.platform.load(slot).await?;
        if text.is_some() {
            self.platform.forget(slot).await?;
        }
        Ok(text)
    }

    /// The state alone is not enough: whose URL somebody else opens would connect their account as
    /// that one's (RFC 6749 §10.12).
    fn slot(&self, state: &str) -> String {
        self.name("pending:", &[state])
    }
}
