//! A tab, and the client in it: what a page can ask of the client, as tasks that get on by a poll
//! at a time and end with the page.

use std::{future::Future, rc::Rc};

use portcullis::{
    client::{Client, MIN_VALIDITY, Occasion, Outcome},
    config::Config,
    platform::Http,
    protocol::http::HttpRequest,
    secret::Secret,
};
use serde_json::{Value, json};

use super::replies::api_answer;
use crate::world::{API, Page, Task};

/// How many seconds the portal waits for its API.
const PATIENCE: u32 = 60;

pub struct Place {
    pub page: Page,
    client: Rc<Client<Page>>,
    pub running: Vec<Running>,
    /// The callback that is handled once the client is ready.
    pub callback: Option<String>,
    /// Whether what an earlier page left behind has been looked at.
    pub is_ready: bool,
    pub is_disposed: bool,
    /// The session that the tab was last seen with.
    pub had: Option<usize>,
    /// How many of the page's messages were delivered, and how many of its navigations had a
    /// cause.
    pub told: u32,
    pub navigated: usize,
    /// How many sign-ins and sign-outs that may leave the page were asked for.
    pub may_leave: usize,
    /// How many tokens the page was given.
    pub given: u32,
    /// The sign-outs this tab has had the chance to see.
    pub aware: u32,
    /// The sessions that somebody signed out of here while the store failed, unless there was another since.
    pub ended: Vec<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    Restore,
    Callback,
    Token,
    Userinfo,
    Call,
    Look,
    Logout,
    Login,
}

pub struct Running {
    pub work: Work,
    pub task: Task<'static, Done>,
    pub has_begun: bool,
    /// The sign-outs there had been when it began.
    pub seen: u32,
    /// Whether the store could not be read meanwhile.
    pub is_blind: bool,
}

pub enum Done {
    Nothing,
    Token(Outcome<Secret>),
    /// The tokens that a call was made with, one after the other.
    Called(Vec<Secret>),
}

impl Place {
    /// Loads the portal in a page, whose tab had this session.
    pub fn load(page: Page, options: &Value, is_sealed: bool, had: Option<usize>) -> Self {
        page.device.set(options["persist"] == "device");
        if is_sealed {
            page.seal();
        }
        let config = Config::parse(options.to_string(), page.location.borrow().as_deref());
        let mut place = Self {
            client: Rc::new(Client::new(config.unwrap(), page.clone())),
            running: Vec::new(),
            callback: None,
            is_ready: false,
            is_disposed: false,
            had,
            told: page.told.get(),
            navigated: 0,
            may_leave: 0,
            given: 0,
            aware: 0,
            ended: Vec::new(),
            page,
        };
        let client = place.client.clone();
        place.start(Work::Restore, async move {
            client.restore().await;
            Done::Nothing
        });
        place
    }

    fn start(&mut self, work: Work, future: impl Future<Output = Done> + 'static) {
        self.running.push(Running {
            work,
            task: Task::new(future),
            has_begun: false,
            seen: 0,
            is_blind: false,
        });
    }

    /// The client has looked at what was left behind; now it can be used.
    pub fn ready(&mut self) {
        self.is_ready = true;
        if let Some(url) = self.callback.take() {
            let client = self.client.clone();
            self.start(Work::Callback, async move {
                let _ = client.handle_callback(url).await;
                Done::Nothing
            });
        }
    }

    fn can_be_used(&self) -> bool {
        self.is_ready && !self.is_disposed
    }

    pub fn login(&mut self, is_click: bool) {
        if self.can_be_used() {
            self.page.clicked.set(is_click);
            self.may_leave += 1;
            let client = self.client.clone();
            self.start(Work::Login, async move {
                let _ = client.login("{}".into()).await;
                Done::Nothing
            });
        }
    }

    pub fn ask_token(&mut self, force: bool) {
        if self.can_be_used() {
            let client = self.client.clone();
            self.start(Work::Token, async move {
                Done::Token(client.access_token(MIN_VALIDITY, force).await)
            });
        }
    }

    pub fn ask_userinfo(&mut self) {
        if self.can_be_used() {
            let client = self.client.clone();
            self.start(Work::Userinfo, async move {
                let _ = client.userinfo().await;
                Done::Nothing
            });
        }
    }

    pub fn call_api(&mut self) {
        if self.can_be_used() {
            let (client, page) = (self.client.clone(), self.page.clone());
            self.start(Work::Call, async move {
                let mut sent = Vec::new();
                let _ = call(&client, &page, &mut sent).await;
                Done::Called(sent)
            });
        }
    }

    pub fn log_out(&mut self, local_only: bool) {
        if self.can_be_used() {
            self.may_leave += 1;
            let client = self.client.clone();
            let options = json!({ "localOnly": local_only }).to_string();
            self.start(Work::Logout, async move {
                if client.sign_out(options).await == Ok(true) {
                    client.leave().await;
                }
                Done::Nothing
            });
        }
    }

    /// What the page listens for has happened.
    pub fn look(&mut self, occasion: Occasion) {
        if self.page.channel.borrow().is_some() {
            let client = self.client.clone();
            self.start(Work::Look, async move {
                client.look(occasion).await;
                Done::Nothing
            });
        }
    }

    pub fn dispose(&mut self) {
        self.client.dispose();
        self.is_disposed = true;
    }

    pub fn state(&self) -> Value {
        serde_json::from_str(&self.client.state()).unwrap()
    }

    /// What tells the sessions of one user apart.
    pub fn nonce(&self) -> String {
        let state = self.state();
        state["user"]["nonce"].as_str().unwrap_or_default().into()
    }
}

/// What the wrapper makes of `fetch()`.
async fn call(client: &Client<Page>, page: &Page, sent: &mut Vec<Secret>) -> Outcome<()> {
    let mut next = Some(client.token_for("GET".into(), API.into()).await?);
    while let Some(grant) = next {
        let proof = client.proof_for(&grant).await?;
        sent.push(grant.token.clone());
        let request = HttpRequest {
            bearer: Some(grant.token.clone()),
            proof,
            ..HttpRequest::get(API.into())
        };
        let response = page.send(request, PATIENCE).await?;
        next = client.answered(grant, api_answer(response)).await?;
    }
    Ok(())
}
