//! One tab of a browser: a page, and the client that runs in it.

use std::{collections::BTreeMap, ops::Deref};

use portcullis::{
    client::{Client, Grant, Occasion, Outcome},
    config::Config,
    error::Failure,
    protocol::http::ApiAnswer,
    secret::Secret,
};
use serde_json::{Value, json};

use super::{API, AUTHORIZE, Page, REDIRECT, Task, Window, block_on, form, patched};

pub struct Tab {
    pub client: Client<Page>,
    pub page: Page,
    options: Value,
}

/// A sign-in whose page was left.
#[derive(Clone)]
pub struct SignIn {
    pub url: String,
    pub state: String,
    pub nonce: String,
    pub verifier: String,
    /// Where its transaction is stored.
    pub record: String,
}

impl Tab {
    /// Loads the portal in `page`, and what an earlier page left behind.
    pub fn load(page: Page, options: Value) -> Self {
        page.device.set(options["persist"] == "device");
        let config = Config::parse(options.to_string(), page.location.borrow().as_deref());
        let config = config.expect("the options are good");
        let client = Client::new(config, page.clone());
        block_on(client.restore());
        Self {
            client,
            page,
            options,
        }
    }

    /// The same tab after it went to `url`: another client with the same storage.
    pub fn arrive(&self, url: &str) -> Self {
        self.page.location.replace(Some(url.into()));
        Self::load(self.page.clone(), self.options.clone())
    }

    /// The same tab, reloaded.
    pub fn reload(&self) -> Self {
        Self::load(self.page.clone(), self.options.clone())
    }

    /// Whether responses are to be signed.
    pub fn takes_signed_responses(&self) -> bool {
        self.options["jarm"] == true
    }

    /// Starts a sign-in and leaves the page.
    pub fn leave(&self, options: &Value) -> SignIn {
        let before = self.page.stored();
        let left = self.page.navigations.borrow().len();
        let task = Task::start(self.client.login(options.to_string()));
        assert!(
            !task.is_done(),
            "login failed: {:?}",
            task.finish().map_err(|failure| failure.error)
        );
        let url = self.page.navigations.borrow()[left..].concat();
        let (endpoint, query) = url.split_once('?').expect("a query");
        assert_eq!(endpoint, AUTHORIZE);
        self.begun(&before, &url, query)
    }

    /// Starts a sign-in in a popup, as far as it gets.
    pub fn open(&self, options: &Value) -> (Task<'_, Outcome<String>>, SignIn) {
        let before = self.page.stored();
        let task = Task::start(
            self.client
                .login(patched(json!({ "mode": "popup" }), options).to_string()),
        );
        let windows = self.page.windows.borrow();
        let Some(Window::At(url)) = windows.last() else {
            panic!("no window at the provider: {windows:?}");
        };
        let (_, query) = url.split_once('?').expect("a query");
        (task, self.begun(&before, url, query))
    }

    /// The sign-in that `url` asks for, with what was stored since `before`.
    pub fn begun(&self, before: &BTreeMap<String, String>, url: &str, query: &str) -> SignIn {
        let pairs = form::parse(query);
        let get = |name| form::one(&pairs, name).unwrap_or_default();
        let after = self.page.stored();
        let mut written = after
            .iter()
            .filter(|(key, value)| before.get(*key) != Some(*value));
        let (record, text) = written
            .find(|(_, text)| text.contains(&get("state")))
            .expect("a transaction");
        let text: Value = serde_json::from_str(text).unwrap();
        SignIn {
            state: get("state"),
            nonce: get("nonce"),
            verifier: text["code_verifier"].as_str().unwrap().into(),
            record: record.clone(),
            url: url.into(),
        }
    }

    /// Starts a sign-in that fails before the page is left.
    pub fn login_fails(&self, options: &Value) -> Failure {
        let left = self.page.navigations.borrow().len();
        let task = Task::start(self.client.login(options.to_string()));
        assert_eq!(
            self.page.navigations.borrow().len(),
            left,
            "the page was left"
        );
        task.finish().expect_err("login must not succeed")
    }

    /// Handles a callback to its end.
    pub fn handle(&self, url: &str) -> Outcome<Value> {
        block_on(self.client.handle_callback(url.into())).map(|text| parse(&text))
    }

    /// The access token that `getAccessToken()` resolves with.
    pub fn token(&self) -> Outcome<String> {
        self.token_with(30, false)
    }

    pub fn token_with(&self, min_validity: i64, force: bool) -> Outcome<String> {
        let span = portcullis::time::Seconds(min_validity);
        block_on(self.client.access_token(span, force)).map(|token| token.expose().into())
    }

    /// What a call to `url` is made with.
    pub fn grant_for(&self, url: &str) -> Outcome<Grant> {
        block_on(self.client.token_for("GET".into(), url.into()))
    }

    /// The proof that it goes with.
    pub fn proof_for(&self, grant: &Grant) -> Outcome<Option<Secret>> {
        block_on(self.client.proof_for(grant))
    }

    /// What it is made with again.
    pub fn answered(&self, grant: &Grant, status: u16, challenge: &str) -> Outcome<Option<Grant>> {
        let answer = ApiAnswer {
            status,
            challenge: challenge.into(),
            ..ApiAnswer::default()
        };
        block_on(self.client.answered(grant.clone(), answer))
    }

    /// Looks at the store again.
    pub fn look(&self, occasion: Occasion) {
        block_on(self.client.look(occasion));
    }

    pub fn logout(&self, options: &Value) -> Outcome<()> {
        block_on(self.leave_with(options.to_string()))
    }

    /// What the wrapper makes of `logout()`.
    pub async fn leave_with(&self, options: String) -> Outcome<()> {
        if self.client.sign_out(options).await? {
            self.client.leave().await;
        }
        Ok(())
    }

    pub fn state(&self) -> Value {
        parse(&self.client.state())
    }

    /// The one word of the state.
    pub fn status(&self) -> String {
        self.state()["status"].as_str().unwrap().into()
    }

    pub fn trace(&self) -> Value {
        parse(&self.client.trace())
    }
}

impl Deref for Tab {
    type Target = Client<Page>;
    fn deref(&self) -> &Client<Page> {
        &self.client
    }
}

impl SignIn {
    /// The callback with our state and these parameters.
    pub fn callback(&self, params: &[(&str, &str)]) -> String {
        let state = [("state", &*self.state)];
        format!("{REDIRECT}?{}", form::write(&[params, &state].concat()))
    }

    /// The parameters of the authorization request.
    pub fn params(&self) -> Vec<(String, String)> {
        form::parse(self.url.split_once('?').unwrap().1)
    }

    pub fn param(&self, name: &str) -> Option<String> {
        form::one(&self.params(), name)
    }
}

/// The callback of a provider that signs what it answers.
pub fn responded(response: &str) -> String {
    format!("{REDIRECT}?{}", form::write(&[("response", response)]))
}

fn parse(text: &str) -> Value {
    if text.is_empty() {
        json!(null)
    } else {
        serde_json::from_str(text).expect("JSON")
    }
}

/// A bearer token of Alice's for a call.
pub fn grant(token: &str) -> Grant {
    Grant {
        token: Secret::new(token.into()),
        is_bound: false,
        method: "GET".into(),
        url: API.into(),
        subject: "alice".into(),
        is_again: false,
        is_proven_again: false,
    }
}
