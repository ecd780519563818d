//! A server, and the connector in it: what an application can ask of it, as tasks that get on by a poll at a time.

use std::{cell::RefCell, future::Future, rc::Rc};

use portcullis::{
    connection::fault::Result,
    connector::{Connector, Settings},
    secret::Secret,
};
use serde_json::{Value, json};

use super::{
    books::SCOPES,
    host::{Common, Host},
    requests::{REVOKE, TOKEN},
    step::Setting,
};
use crate::world::Task;

const API: &str = "https://api.example/orders";
const REDIRECT: &str = "https://app.example/back";

pub struct Server {
    pub host: Host,
    connector: Rc<Connector<Host>>,
    pub running: Vec<Running>,
    /// Whether its clock was set.
    pub was_set: bool,
    /// The last token that it handed out, for each scope.
    pub handed: [Option<String>; 2],
    /// For which scopes it may have one, since a task asked for that.
    pub met: [bool; 2],
}

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    Token { scope: usize, another: bool },
    Call { scope: usize },
    Authorize { scope: usize },
    Complete { code: usize },
    SignOut,
    Revoke,
}

impl Work {
    /// What a token is needed for it for.
    pub const fn scope(self) -> Option<usize> {
        match self {
            Self::Token { scope, .. } | Self::Call { scope } => Some(scope),
            _ => None,
        }
    }
}

pub struct Running {
    pub number: u32,
    pub work: Work,
    pub task: Task<'static, Done>,
    pub has_begun: bool,
    /// Whether nobody runs it any more.
    pub is_abandoned: bool,
    /// When it began, as a number of polls.
    pub began: u64,
    /// How often its server had signed out then.
    pub era: u32,
    /// What the server had handed out for that scope when it began.
    pub handed: Option<String>,
    /// The tokens that an API was called with.
    pub sent: Rc<RefCell<Vec<String>>>,
}

pub enum Done {
    Token(Result<String>),
    /// The status of the last call.
    Called(Result<u16>),
    Authorize(Result<(usize, String)>),
    Completed(Result<()>),
    SignedOut(Result<()>),
    Revoked(Result<()>),
}

fn data(setting: Setting) -> Value {
    let mut data = json!({
        "id": "c", "type": "two-legged", "grant": "client_credentials", "clientId": "app", "clientAuth": "basic", "tokenUrl": TOKEN, "revocationUrl": REVOKE,
        "scope": SCOPES[0], "apiOrigins": ["https://api.example"],
    });
    if setting.has_person {
        data["type"] = json!("three-legged");
        data["grant"] = json!("authorization_code");
        data["authorizationUrl"] = json!("https://id.example/authorize");
        data["redirectUri"] = json!(REDIRECT);
    }
    if let Some(seconds) = setting.idle_timeout {
        data["idleTimeout"] = json!(seconds);
    }
    data
}

impl Server {
    pub fn start(number: usize, common: &Rc<Common>, setting: Setting) -> Self {
        let host = Host {
            number,
            common: common.clone(),
            ahead: Rc::default(),
            era: Rc::default(),
        };
        let settings = Settings::read(&json!({
            "secrets": ["client_secret"], "fixed": ["client_secret"], "onTheEdge": setting.is_on_the_edge,
        }));
        let connector = Connector::new(&data(setting), settings, host.clone());
        Self {
            host,
            connector: connector.unwrap(),
            running: Vec::new(),
            was_set: false,
            handed: [None, None],
            met: [false; 2],
        }
    }

    /// Has work done; `number` tells the task from all others.
    fn begin(&mut self, number: u32, work: Work, future: impl Future<Output = Done> + 'static) {
        self.running.push(Running {
            number,
            work,
            task: Task::new(future),
            has_begun: false,
            is_abandoned: false,
            began: 0,
            era: 0,
            handed: None,
            sent: Rc::default(),
        });
    }

    pub fn ask_token(&mut self, number: u32, scope: usize, another: bool) {
        let connector = self.connector.clone();
        self.begin(number, Work::Token { scope, another }, async move {
            let token = connector.token(named(scope), None, another).await;
            Done::Token(token.map(|token| token.expose().into()))
        });
    }

    /// Calls an API, and once more if it wants another token.
    pub fn call(&mut self, number: u32, scope: usize) {
        let (connector, common) = (self.connector.clone(), self.host.common.clone());
        let sent = Rc::<RefCell<Vec<String>>>::default();
        let noted = sent.clone();
        let call = async move {
            let respond = |headers: &[(String, Secret)]| {
                let (_, value) = &headers[0];
                let token = value.expose().strip_prefix("Bearer ").unwrap();
                noted.borrow_mut().push(token.into());
                if common.system.takes(token, common.now.get()) {
                    200
                } else {
                    401
                }
            };
            let call = connector.authorize_call(API, named(scope), None).await?;
            let status = respond(&call.headers);
            let challenge = r#"Bearer error="invalid_token""#;
            match connector.answered(&call, status, challenge).await? {
                Some(again) => Ok(respond(&again.headers)),
                None => Ok(status),
            }
        };
        self.begin(number, Work::Call { scope }, async move {
            Done::Called(call.await)
        });
        if let Some(running) = self.running.last_mut() {
            running.sent = sent;
        }
    }

    pub fn authorize(&mut self, number: u32, scope: usize) {
        let connector = self.connector.clone();
        self.begin(number, Work::Authorize { scope }, async move {
            let asked = connector.authorize_url(named(scope), None).await;
            Done::Authorize(asked.map(|(_, state)| (scope, state)))
        });
    }

    /// Somebody comes back, with the code of that number.
    pub fn complete(&mut self, number: u32, state: &str, code: usize) {
        let connector = self.connector.clone();
        let url = format!("{REDIRECT}?state={state}&code=code-{code}");
        self.begin(number, Work::Complete { code }, async move {
            Done::Completed(connector.complete_authorization(&url).await)
        });
    }

    pub fn sign_out(&mut self, number: u32) {
        let connector = self.connector.clone();
        self.begin(number, Work::SignOut, async move {
            Done::SignedOut(connector.sign_out().await)
        });
    }

    pub fn revoke(&mut self, number: u32) {
        let connector = self.connector.clone();
        self.begin(number, Work::Revoke, async move {
            Done::Revoked(connector.revoke(None, "").await)
        });
    }
}

fn named(scope: usize) -> Option<String> {
    (scope > 0).then(|| SCOPES[scope].into())
}
