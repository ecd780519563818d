//! A live token for whoever asks: at hand, from the store, or by one request for all.

use alloc::{
    rc::Rc,
    string::{String, ToString},
    vec::Vec,
};

use super::{Ask, Connector, lease::Turn, trace::Log};
use crate::{
    connection::{
        answer::{self, span},
        fault::{Fault, Result},
        grant::Grant,
        lifetime::Held,
        preview::SYSTEM,
        request::{Exchange, step_request, token_request},
        values::Values,
    },
    error::Code,
    platform::service::Service,
    secret::Secret,
};

impl<P: Service + 'static> Connector<P> {
    /// A live token. `another` asks for one that is not the one at hand.
    ///
    /// # Errors
    /// `login_required` if only a person can get one; what a token request fails with.
    pub async fn token(
        self: &Rc<Self>,
        scope: Option<String>,
        audience: Option<String>,
        another: bool,
    ) -> Result<Secret> {
        let ask = self.ask(scope, audience).await?;
        let held = if another {
            let key = self.key(&ask);
            let here = self.at_hand(&key);
            let known = self.known(&key).await?;
            let refused = here.or(known.clone());
            let is_last = |known: &Held| refused.as_ref().is_some_and(|it| it.is_same(known));
            if known.is_some_and(|known| is_last(&known) && !self.can_renew(&known)) {
                return Err(Code::LoginRequired.into()); // in vain, and the one at hand is good
            }
            self.renewed(&ask, refused.map(|held| held.token())).await?
        } else {
            self.held(&ask).await?
        };
        Ok(held.token())
    }

    /// The token at hand, or another if it is time for that.
    pub(super) async fn held(self: &Rc<Self>, ask: &Ask) -> Result<Held> {
        match self.at_hand(&self.key(ask)) {
            Some(held) if self.is_good(&held) => Ok(held),
            _ => self.renewed(ask, None).await,
        }
    }

    /// Whether there is no need of another one yet.
    fn is_good(&self, held: &Held) -> bool {
        let now = self.now();
        held.is_alive(now) && !(held.is_due(now) && self.can_renew(held))
    }

    /// Whether it may be sent by whom `refused` does not help.
    fn is_fit(&self, held: &Held, refused: Option<&Secret>) -> bool {
        held.is_alive(self.now()) && refused != Some(&held.token())
    }

    fn can_renew(&self, held: &Held) -> bool {
        self.definition.can_renew(held.refresh_token().is_some())
    }

    /// Another token than `refused`: one request, however many callers wait for it.
    pub(super) async fn renewed(
        self: &Rc<Self>,
        ask: &Ask,
        refused: Option<Secret>,
    ) -> Result<Held> {
        let key = self.key(ask);
        // whoever needs another one cannot join those who may get the same
        let (mut name, mut other) = (key.clone(), [&*key, "!"].concat());
        if refused.is_some() {
            core::mem::swap(&mut name, &mut other);
        }
        let era = self.era();
        let is_fit = |held: &Held| self.is_fit(held, refused.as_ref());
        loop {
            if let Some(flight) = self.flight(&name) {
                let outcome = self.landing(&name, flight).await;
                self.ensure_still(era)?;
                // where nobody is woken another may have come meanwhile
                let newer = self.at_hand(&key).filter(is_fit);
                match outcome {
                    Some(Ok(held)) if refused.as_ref() != Some(&held.token()) => return Ok(held),
                    Some(Err(fault)) => return newer.ok_or(fault),
                    // it helps others
                    _ => {}
                }
            } else if let Some(before) = self.flight(&other) {
                // but comes after them, since a refresh token is good for one request
                let _ = self.landing(&other, before).await;
            } else {
                break;
            }
        }
        let work = async {
            let log = Log::default();
            let outcome = self.obtain(&log, era, ask, refused.as_ref()).await;
            self.close(log);
            outcome
        };
        let outcome = self.fly(&name, work).await;
        self.ensure_still(era)?;
        outcome
    }

    /// Waits until nothing is under way for `key`.
    pub(super) async fn landed(&self, key: &str) {
        for name in [key.to_string(), [key, "!"].concat()] {
            if let Some(flight) = self.flight(&name) {
                let _ = self.landing(&name, flight).await;
            }
        }
    }

    /// Looks into the store, then asks; for as long as the old token lives, a failure to ask is none.
    async fn obtain(
        self: &Rc<Self>,
        log: &Log,
        era: u64,
        ask: &Ask,
        refused: Option<&Secret>,
    ) -> Result<Held> {
        let key = &*self.key(ask);
        let is_fit = |held: &Held| self.is_fit(held, refused);
        let mut known = match self.known(key).await {
            Ok(known) => known,
            Err(fault) => return self.make_do(key, era, self.at_hand(key).filter(is_fit), fault),
        };
        let is_good = |held: &Held| is_fit(held) && self.is_good(held);
        if let Some(held) = known.clone().filter(is_good) {
            return self.take(key, held, era);
        }
        self.ensure_still(era)?; // a turn is for whom it may help
        let lease = self.lease(key, || async {
            let shared = self.stored(key).await.ok().flatten();
            shared.filter(is_good)
        });
        let lease = match lease.await? {
            Turn::Ours(lease) => lease,
            Turn::Found(shared) => return self.take(key, *shared, era),
        };
        if self.platform.is_shared() {
            // somebody may have been there before our turn
            known = self.known(key).await.unwrap_or(known);
        }
        let obtained = if let Some(held) = known.clone().filter(is_good) {
            self.take(key, held, era)
        } else {
            self.obtain_by_request(log, era, ask, known, is_fit).await
        };
        self.release(lease).await;
        obtained
    }

    /// Asks for a token; for as long as the old one lives and is fit, a failure to ask is none.
    async fn obtain_by_request(
        self: &Rc<Self>,
        log: &Log,
        era: u64,
        ask: &Ask,
        known: Option<Held>,
        is_fit: impl Fn(&Held) -> bool,
    ) -> Result<Held> {
        let key = &*self.key(ask);
        let before = self.at_hand(key);
        let outcome = if let Err(fault) = self.ensure_rested(key) {
            Err(fault)
        } else {
            let outcome = self.request(log, era, ask, known.as_ref()).await;
            self.note_outage(key, &outcome);
            outcome
        };
        // who signed in anew meanwhile has another session, of which this is no renewal
        let held = self.at_hand(key).filter(|_| era == self.era());
        let is_newer = |held: &Held| before.as_ref().is_none_or(|it| !it.is_same(held));
        if let Some(newer) = held.filter(|held| is_newer(held) && is_fit(held)) {
            return Ok(newer);
        }
        match outcome {
            Ok(held) => self.keep(ask, held, era, known.as_ref()).await,
            Err(fault) if fault.is_silence() => self.make_do(key, era, known.filter(is_fit), fault),
            Err(fault) if fault.code == Code::LoginRequired => {
                if let Some(known) = &known {
                    self.drop_token(key, known).await;
                }
                // turns are a courtesy: another server may have been faster
                let newer = self.known(key).await.ok().flatten();
                newer
                    .filter(is_fit)
                    .map_or(Err(fault), |held| self.take(key, held, era))
            }
            Err(fault) => Err(fault),
        }
    }

    /// The old token, if there is one that may be sent; the next renewal is for later.
    fn make_do(&self, key: &str, era: u64, old: Option<Held>, fault: Fault) -> Result<Held> {
        let mut held = old.ok_or(fault)?;
        held.postpone(self.now());
        self.take(key, held, era)
    }

    /// Asks the system: with the refresh token if there is one, else as the grant says.
    async fn request(
        self: &Rc<Self>,
        log: &Log,
        era: u64,
        ask: &Ask,
        known: Option<&Held>,
    ) -> Result<Held> {
        let refresh_token = known
            .and_then(Held::refresh_token)
            .filter(|_| !self.definition.persist);
        if let Some(refresh_token) = refresh_token {
            let values = known.map(|known| self.values_with(ask, known));
            let values = values.unwrap_or_default();
            let refreshed = self.exchange(log, era, Exchange::Refresh, values).await;
            match refreshed {
                Ok(mut held) => {
                    held.inherit(Some(refresh_token));
                    return Ok(held);
                }
                // a person's session is over if the grant is refused, and by nothing else
                Err(fault) if self.definition.needs_person() && !self.is_over(&fault) => {
                    return Err(fault);
                }
                // a machine can ask as at first, whatever an answer says
                Err(fault) if !fault.is_final() => return Err(fault),
                Err(_) => {}
            }
        }
        if self.definition.needs_person() {
            return Err(Code::LoginRequired.into());
        }
        self.exchange(log, era, Exchange::Grant, self.values(ask))
            .await
    }

    fn is_over(&self, fault: &Fault) -> bool {
        answer::refuses_grant(&self.definition.answer, fault)
    }

    /// One token request, after what has to be asked before it, if nobody signed out since `era`.
    pub(super) async fn exchange(
        self: &Rc<Self>,
        log: &Log,
        era: u64,
        exchange: Exchange,
        mut values: Values,
    ) -> Result<Held> {
        if self.definition.grant == Grant::Implicit {
            return Err(Fault::new(Code::LoginRequired));
        }
        let mut read = self.ask_before(log, &mut values).await?;
        self.prove(&mut values, Some(exchange)).await?;
        let mut values = self.drawn(&values)?;
        let definition = &self.definition;
        let request = self
            .build(&mut values, |values| {
                token_request(definition, exchange, values)
            })
            .await?;
        let step = match exchange {
            Exchange::Grant => "token request",
            Exchange::Refresh => "refresh request",
        };
        let reads = definition.answer.secrets();
        self.ensure_still(era)?;
        let (answer, entry) = self
            .send(log, (step, SYSTEM), &request, &values, &reads)
            .await?;
        let issued = match exchange {
            Exchange::Grant => answer::token(definition, &answer),
            Exchange::Refresh => answer::refreshed(definition, &answer, &values),
        };
        let mut issued = log.judge(entry, issued)?;
        read.append(&mut issued.values); // which count where both have the same name
        issued.values = read;
        if let Some(names) = issued.ignored {
            log.remark(entry, "ignored", names);
            let id = &*definition.id;
            let text = [
                "connection ",
                id,
                ": ignored in the answer to client credentials: ",
                names,
            ];
            self.platform.warn(&text.concat());
        }
        self.hold(issued, &values)
    }

    /// The token with the times that the data gives it.
    pub(super) fn hold(&self, mut issued: answer::Issued, values: &Values) -> Result<Held> {
        let mut values = values.clone();
        if self.definition.persist {
            issued.lifetime = None; // it is used until it is refused
        }
        for (name, value) in &issued.values {
            values.secret(name, value.expose());
        }
        let definition = &self.definition;
        let idle = span(definition.idle_timeout.as_ref(), "idleTimeout", &values)?;
        let longest = span(definition.max_lifetime.as_ref(), "maxLifetime", &values)?;
        Ok(Held::new(issued, self.now(), idle, longest))
    }

    /// Asks what has to be known before a token can be asked for; what was read.
    async fn ask_before(&self, log: &Log, values: &mut Values) -> Result<Vec<(String, Secret)>> {
        let mut all = Vec::new();
        for step in &self.definition.before {
            let mut drawn = self.drawn(values)?;
            let request = self
                .build(&mut drawn, |values| step_request(step, values))
                .await?;
            let reads: Vec<_> = step.read.iter().map(|(_, path)| path).collect();
            let (answer, entry) = self
                .send(log, (&step.name, SYSTEM), &request, &drawn, &reads)
                .await?;
            let read = log.judge(entry, answer::step(&self.definition, step, &answer));
            for (name, value) in read? {
                values.secret(&name, value.expose());
                all.push((name, value));
            }
        }
        Ok(all)
    }
}
