//! API calls: who may have the token, with which headers, and what an answer says of it.

use alloc::{rc::Rc, string::String, vec::Vec};

use super::{Ask, Connector};
use crate::{
    codec::url::WebUrl,
    connection::{
        fault::{Fault, Result},
        lifetime::Held,
        message::endpoint,
        request::{api_headers, values_of},
        template::Place,
        values::Values,
    },
    error::Code,
    platform::service::Service,
    protocol::challenge::{Demand, demand},
    secret::Secret,
};

/// A call that may be made.
#[derive(Debug)]
pub struct Authorized {
    ask: Ask,
    token: Secret,
    /// Its headers.
    pub headers: Vec<(String, Secret)>,
}

impl<P: Service + 'static> Connector<P> {
    /// What a call of `url` is made with.
    ///
    /// # Errors
    /// `origin_not_allowed`, and what [`Self::token`] fails with.
    pub async fn authorize_call(
        self: &Rc<Self>,
        url: &str,
        scope: Option<String>,
        audience: Option<String>,
    ) -> Result<Authorized> {
        self.check_origin(url).await?;
        let ask = self.ask(scope, audience).await?;
        let held = self.held(&ask).await?;
        self.authorized(ask, &held).await
    }

    /// What the call is made with again, if its answer asks for another token.
    ///
    /// # Errors
    /// What [`Self::token`] fails with.
    pub async fn answered(
        self: &Rc<Self>,
        call: &Authorized,
        status: u16,
        challenge: &str,
    ) -> Result<Option<Authorized>> {
        let is_refused = demand(challenge, false) == Some(Demand::AnotherToken);
        if status != 401 || !(is_refused || self.definition.renew_on_any_401) {
            return Ok(None);
        }
        // another call may have been told the same, and have got another token already
        let at_hand = self.at_hand(&self.key(&call.ask));
        let held = match at_hand {
            Some(held) if held.token() != call.token && held.is_alive(self.now()) => held,
            _ => self.renewed(&call.ask, Some(call.token.clone())).await?,
        };
        self.authorized(call.ask.clone(), &held).await.map(Some)
    }

    async fn authorized(&self, ask: Ask, held: &Held) -> Result<Authorized> {
        let era = self.era();
        let mut values = self.values_with(&ask, held);
        values = self.drawn(&values)?;
        let headers = self
            .build(&mut values, |values| api_headers(&self.definition, values))
            .await?;
        self.ensure_still(era)?;
        let key = self.key(&ask);
        if let Some(held) = self.live.borrow_mut().held.get_mut(&key) {
            held.used = held.used.max(self.now());
        }
        Ok(Authorized {
            ask,
            token: held.token(),
            headers: headers
                .into_iter()
                .map(|(name, value)| (name, value.real))
                .collect(),
        })
    }

    /// The values of requests with a token.
    pub(super) fn values_with(&self, ask: &Ask, held: &Held) -> Values {
        let mut values = self.values(ask);
        for (name, value) in held.values() {
            values.secret(name, value);
        }
        values.secret("token", held.token().expose());
        if let Some(token) = held.refresh_token() {
            values.secret("refresh_token", token.expose());
        }
        values
    }

    /// Whether the token may go there. Only what an origin is made of is written, since the rest may be
    /// drawn for each request.
    ///
    /// # Errors
    /// `origin_not_allowed`.
    pub(super) async fn check_origin(&self, url: &str) -> Result<()> {
        let refused = || Fault::new(Code::OriginNotAllowed);
        let origin = WebUrl::parse(url).ok_or_else(refused)?.origin();
        let mut values = values_of(&self.definition);
        for allowed in &self.definition.api_origins {
            let template = allowed.url.origin();
            let written = self
                .build(&mut values, |values| {
                    template.write(values, Place::Url, &allowed.at)
                })
                .await?;
            if endpoint(written.real.expose()).is_some_and(|url| url.origin() == origin) {
                return Ok(());
            }
        }
        Err(refused())
    }
}
