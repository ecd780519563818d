//! The sequences of a connection: what is sent in which order when a token is needed, an API called,
//! somebody asked. The only code that sends.
//!
//! A [`Connector`] is driven through shared references and never holds a borrow across an await or a
//! call out. Each sequence has a file of its own; this one holds what they share.

mod api;
mod ask;
mod authorize;
mod device;
mod flight;
pub mod gate;
mod kept;
mod lease;
mod manage;
mod rest;
mod test;
mod tokens;
mod trace;

use alloc::{collections::BTreeMap, rc::Rc, string::String, vec::Vec};
use core::cell::RefCell;

use serde_json::Value;

pub use self::{
    api::Authorized,
    ask::Ask,
    device::{DevicePrompt, DeviceSignIn},
    test::TestReport,
    trace::Recorded,
};
use self::{
    flight::Flight,
    rest::Rest,
    trace::{Log, Trace, hidden},
};
use crate::{
    codec::base64url,
    connection::{
        answer::told,
        assertion::{Assertion, is_granted, proves_client, signing_input},
        authorize::Waiting,
        definition::Definition,
        fault::{Fault, Result},
        grant::Grant,
        lifetime::Held,
        message::{Answer, Request},
        moment::Moment,
        parse::parse,
        path::Path,
        preview::Preview,
        reader::Problem,
        request::{Exchange, hand_over, refresh_token_url},
        template::Place,
        values::{ENTROPY, Values},
    },
    error::Code,
    platform::service::Service,
};

/// The longest assertion that is handed over, in bytes.
const ASSERTION_LIMIT: usize = 64 << 10;

/// What a connection is told beside its data.
#[derive(Debug)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a setting of its own"
)]
pub struct Settings {
    /// Names of the secrets that were handed over.
    pub secrets: Vec<String>,
    /// Those of them that are texts, and stay what they are.
    pub fixed: Vec<String>,
    /// Whose tokens these are.
    pub user: String,
    /// Whether the password grant may be used.
    pub allow_password_grant: bool,
    /// Whether everybody can read what is here.
    pub is_page: bool,
    /// Whether that does not matter.
    pub dangerously_allow_secrets_in_page: bool,
    /// Whether no call may wait for another's request, which may end without a word.
    pub on_the_edge: bool,
}

impl Settings {
    /// As the wrapper writes them.
    #[must_use]
    pub fn read(settings: &Value) -> Self {
        let is = |name: &str| settings.get(name) == Some(&Value::Bool(true));
        let names = |list: &str| {
            let list = settings.get(list).and_then(Value::as_array);
            let names = list.into_iter().flatten().filter_map(Value::as_str);
            names.map(String::from).collect()
        };
        let user = settings.get("user").and_then(Value::as_str);
        Self {
            secrets: names("secrets"),
            fixed: names("fixed"),
            user: user.unwrap_or_default().into(),
            allow_password_grant: is("allowPasswordGrant"),
            is_page: is("isPage"),
            dangerously_allow_secrets_in_page: is("dangerouslyAllowSecretsInPage"),
            on_the_edge: is("onTheEdge"),
        }
    }
}

/// One connection.
#[derive(Debug)]
pub struct Connector<P> {
    platform: P,
    definition: Definition,
    settings: Settings,
    live: RefCell<Live>,
    trace: Trace,
}

/// What changes.
#[derive(Default)]
struct Live {
    held: BTreeMap<String, Held>,
    /// How many sign-outs there were: what was asked for before one is worth nothing after it.
    era: u64,
    flights: BTreeMap<String, Rc<Flight>>,
    rests: Vec<Rest>,
    /// Whose our turns in the store are, where one of ours is taken over when it was left.
    me: Option<String>,
    pending: Waiting,
    /// Where in the store answers are looked for right now.
    taking: Vec<String>,
}

impl core::fmt::Debug for Live {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Live(..)")
    }
}

impl<P: Service + 'static> Connector<P> {
    /// Reads the data.
    ///
    /// # Errors
    /// `config_invalid`, naming the first field or option that is wrong.
    pub fn new(data: &Value, settings: Settings, platform: P) -> Result<Rc<Self>> {
        let definition = parse(data).map_err(|problems| {
            let field = problems
                .into_iter()
                .next()
                .map(|problem: Problem| problem.field);
            Fault::config(field.unwrap_or_default())
        })?;
        if settings.is_page
            && !settings.secrets.is_empty()
            && !settings.dangerously_allow_secrets_in_page
        {
            return Err(Fault::config("secrets"));
        }
        if definition.may_send_password() && !settings.allow_password_grant {
            return Err(Fault::config("allowPasswordGrant"));
        }
        Ok(Rc::new(Self {
            platform,
            definition,
            settings,
            live: RefCell::default(),
            trace: Trace::default(),
        }))
    }

    /// What would be sent.
    #[must_use]
    pub fn preview(&self) -> Preview {
        Preview::of_connection(&self.definition)
    }

    /// What was sent, oldest first.
    #[must_use]
    pub fn trace(&self) -> Vec<Recorded> {
        self.trace.list()
    }

    fn era(&self) -> u64 {
        self.live.borrow().era
    }

    /// Refuses to go on with what was begun in `era` if somebody signed out since.
    fn ensure_still(&self, era: u64) -> Result<()> {
        if era == self.era() {
            Ok(())
        } else {
            Err(Code::LoginRequired.into())
        }
    }

    fn now(&self) -> i64 {
        self.platform.millis().div_euclid(1000)
    }

    fn moment(&self) -> Moment {
        Moment {
            millis: self.platform.millis(),
            offset: self.platform.offset(),
        }
    }

    fn draw<const N: usize>(&self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.platform.fill(&mut bytes)?;
        if bytes == [0; N] {
            return Err(Code::Entropy.into());
        }
        Ok(bytes)
    }

    /// Values with what one request draws.
    fn drawn(&self, values: &Values) -> Result<Values> {
        let entropy: [u8; ENTROPY] = self.draw()?;
        let mut values = values.for_request(&entropy, self.moment());
        refresh_token_url(&self.definition, &mut values);
        Ok(values)
    }

    /// Builds what is made of values, fetching each secret that it turns out to need.
    async fn build<T>(
        &self,
        values: &mut Values,
        make: impl Fn(&Values) -> Result<T>,
    ) -> Result<T> {
        loop {
            match make(values) {
                Err(fault) if self.fetch_missing(&fault, values).await? => {}
                built => return built,
            }
        }
    }

    /// Fetches the secret whose absence is the failure; whether there was one to fetch.
    async fn fetch_missing(&self, fault: &Fault, values: &mut Values) -> Result<bool> {
        let url = self.definition.urls.token.as_ref();
        // what that is made of is missing
        let within = (fault.place == "%[token_url]")
            .then(|| url?.write(values, Place::Url, "tokenUrl").err())
            .flatten();
        let fault = within.as_ref().unwrap_or(fault);
        let missing = fault
            .place
            .strip_prefix("%[")
            .and_then(|name| name.strip_suffix(']'));
        let Some(name) = missing.filter(|_| fault.code == Code::ConfigInvalid) else {
            return Ok(false);
        };
        let name = if name == "saml_assertion_encoded" {
            "saml_assertion"
        } else {
            name
        };
        if values.has(name) || !self.is_handed_over(name) {
            return Ok(false);
        }
        let Some(secret) = self.platform.secret(name).await? else {
            return Ok(false);
        };
        let is_assertion = matches!(name, "assertion" | "saml_assertion");
        if is_assertion && !(1..=ASSERTION_LIMIT).contains(&secret.expose().len()) {
            return Err(Fault::config(["secrets.", name].concat()));
        }
        hand_over(values, name, secret.expose());
        refresh_token_url(&self.definition, values);
        Ok(true)
    }

    fn is_handed_over(&self, name: &str) -> bool {
        self.settings.secrets.iter().any(|handed| handed == name)
    }

    /// Has what a request to an endpoint needs beside its templates: the client's proof, and what the grant's
    /// `exchange` is about, if it is the token request.
    async fn prove(&self, values: &mut Values, exchange: Option<Exchange>) -> Result<()> {
        let definition = &self.definition;
        if proves_client(definition) {
            self.sign(Assertion::Client, values).await?;
        }
        let granted = is_granted(definition, values) && !self.is_handed_over("assertion");
        if exchange == Some(Exchange::Grant) && granted {
            self.sign(Assertion::Grant, values).await?;
        }
        if exchange == Some(Exchange::Grant) && definition.grant == Grant::TokenExchange {
            // no request needs it: it is there if it was handed over
            let wanted = Fault::config("%[actor_token]");
            self.fetch_missing(&wanted, values).await?;
        }
        Ok(())
    }

    async fn sign(&self, which: Assertion, values: &mut Values) -> Result<()> {
        let definition = &self.definition;
        let mut drawn = self.drawn(values)?;
        let input = self.build(&mut drawn, |values| {
            signing_input(which, definition, values, self.now())
        });
        let input = input.await?;
        let name = which.key(definition);
        let missing = || Fault::config(["secrets.", name].concat());
        let key = self.platform.secret(name).await?.ok_or_else(missing)?;
        let signature = self
            .platform
            .sign(which.alg(definition), &key, &input)
            .await;
        let signature = signature.ok_or_else(missing)?;
        values.secret(
            which.name(),
            &[&*input, ".", &*base64url::encode(&signature)].concat(),
        );
        Ok(())
    }

    /// Sends a request, and notes it with its answer, in which nobody sees what stands at `reads`.
    async fn send(
        &self,
        log: &Log,
        (step, to): (&str, &'static str),
        request: &Request,
        values: &Values,
        reads: &[&Path],
    ) -> Result<(Answer, usize)> {
        let (at, began) = (self.now(), self.platform.steady());
        let answer = self
            .platform
            .exchange(request, self.definition.timeout)
            .await;
        let took = self.platform.steady().saturating_sub(began);
        let mut hidden = hidden(request, values);
        hidden.extend(answer.iter().flat_map(|answer| told(reads, answer)));
        let entry = log.note(Recorded::exchange(
            step, to, at, took, request, &answer, hidden,
        ));
        Ok((answer?, entry))
    }

    /// Adds what a sequence noted to the trace.
    fn close(&self, log: Log) {
        self.trace.add(log, self.definition.trace);
    }
}
