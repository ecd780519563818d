//! Where errors happen: somebody is signed in, two sign-ins are pending, and whatever goes wrong
//! with one of them must leave the rest as it was and say nothing secret.

use std::collections::BTreeMap;

use portcullis::{
    error::{Code, Failure, Result, Said},
    platform::Event,
    protocol::http::HttpResponse,
    report,
};
use serde_json::{Value, json};

use super::{ACCESS_TOKEN, CODE, REFRESH_TOKEN, SignIn, TOKEN, Tab, Task, World, ok, tokens};

pub struct Scene {
    pub world: World,
    pub tab: Tab,
    /// The sign-in that is about to fail.
    pub sign_in: SignIn,
    /// One that must stay as it is.
    pub other: SignIn,
}

/// What an error must not change.
#[derive(Debug, PartialEq)]
pub struct Untouched {
    stored: BTreeMap<String, String>,
    state: Value,
    navigations: usize,
}

impl Untouched {
    /// How things stand; records of `keys` aside.
    pub fn of(tab: &Tab, keys: &[&str]) -> Self {
        let mut stored = tab.page.stored();
        stored.retain(|key, _| !keys.iter().any(|end| key.ends_with(end)));
        Self {
            stored,
            state: tab.state(),
            navigations: tab.page.navigations.borrow().len(),
        }
    }

    /// The same but for the status, which tells that the last refresh failed.
    pub fn but_stale(mut self) -> Self {
        self.state["status"] = "stale".into();
        self
    }
}

impl Scene {
    pub fn new() -> Self {
        Self::with(&json!({}), &json!({}))
    }

    /// The scene with client options and login options.
    pub fn with(client: &Value, login: &Value) -> Self {
        let world = World::new();
        let tab = world.signed_in(&world.tab_with(client), false);
        let other = tab.leave(&json!({}));
        let sign_in = tab.leave(login);
        let tab = tab.arrive(&sign_in.callback(&[("code", CODE)]));
        Self {
            world,
            tab,
            sign_in,
            other,
        }
    }

    /// The usual callback.
    pub fn callback(&self) -> String {
        self.sign_in.callback(&[("code", CODE)])
    }

    /// A good ID token for this sign-in, some claims changed.
    pub fn id_token(&self, patch: &Value) -> String {
        self.world.id_token(&self.sign_in.nonce, patch)
    }

    /// Handles `url`, which must fail with `code`, send nothing that is not expected, and leave
    /// everything as it was but this sign-in's transaction.
    pub fn refuses(&self, what: &str, url: &str, code: Code) -> Failure {
        let aside = [&*self.sign_in.record];
        let before = Untouched::of(&self.tab, &aside);
        let outcome = self.tab.handle(url);
        let Err(failure) = outcome else {
            panic!("{what}: accepted")
        };
        assert_eq!(failure.error.code(), code, "{what}");
        self.world.assert_all_used();
        assert_eq!(Untouched::of(&self.tab, &aside), before, "{what}");
        assert!(self.tab.page.take_events().is_empty(), "{what}: an event");
        self.assert_discreet(what, &failure);
        failure
    }

    /// The same, and the transaction is used up: its secrets are gone, and the real callback
    /// comes too late.
    pub fn refuses_for_good(&self, what: &str, url: &str, code: Code) -> Failure {
        let failure = self.refuses(what, url, code);
        let record = self
            .tab
            .page
            .stored()
            .remove(&self.sign_in.record)
            .unwrap_or_default();
        for secret in [&self.sign_in.nonce, &self.sign_in.verifier] {
            assert!(
                !record.contains(secret.as_str()),
                "{what}: a secret outlives its use"
            );
        }
        self.refuses(what, &self.callback(), Code::CallbackStateUnknown);
        failure
    }

    /// The same, and the transaction is still there: the real callback succeeds afterwards.
    pub fn refuses_and_waits(&self, what: &str, url: &str, code: Code) -> Failure {
        let failure = self.refuses(what, url, code);
        self.world.take_sent();
        self.world.expect_tokens(&self.sign_in, &json!({}));
        self.tab
            .handle(&self.callback())
            .unwrap_or_else(|failure| panic!("{what}: spoilt by {:?}", failure.error));
        failure
    }

    /// The token endpoint's answer makes the sign-in fail, after that one request.
    pub fn refuses_answer(&self, what: &str, answer: Result<HttpResponse>, code: Code) -> Failure {
        self.world.take_sent();
        self.world.expect(TOKEN, answer);
        let failure = self.refuses_for_good(what, &self.callback(), code);
        let urls: Vec<_> = self
            .world
            .take_sent()
            .into_iter()
            .map(|sent| sent.request.url)
            .collect();
        assert_eq!(urls, [TOKEN], "{what}");
        failure
    }

    /// An ID token makes the sign-in fail.
    pub fn refuses_token(&self, what: &str, id_token: &str, code: Code) -> Failure {
        self.refuses_answer(what, ok(&tokens(id_token)), code)
    }

    /// Nothing that was told to anybody holds a secret of this sign-in.
    pub fn assert_discreet(&self, what: &str, failure: &Failure) {
        let told = [
            format!("{failure:?}"),
            report::to_json(failure),
            self.tab.client.trace(),
        ];
        for secret in [
            &self.sign_in.state,
            &self.sign_in.nonce,
            &self.sign_in.verifier,
            CODE,
            ACCESS_TOKEN,
            REFRESH_TOKEN,
        ] {
            assert!(
                !told.iter().any(|text| text.contains(secret)),
                "{what}: tells {secret}"
            );
        }
    }
}

/// A login that must fail with `code` before anything is written down or left, records of `keys`
/// aside. Somebody is signed in meanwhile, and stays so.
pub fn login_fails(what: &str, tab: &Tab, options: &Value, keys: &[&str], code: Code) -> Failure {
    let before = Untouched::of(tab, keys);
    let failure = tab.login_fails(options);
    assert_eq!(failure.error.code(), code, "{what}");
    assert_eq!(Untouched::of(tab, keys), before, "{what}");
    let events = tab.page.take_events();
    assert!(
        events.iter().all(|(event, _)| *event == Event::Problem),
        "{what}: {events:?}"
    );
    failure
}

/// What a failure quotes of the provider: its error, and the description of that.
pub fn quoted(failure: &Failure) -> (&str, Option<&str>) {
    match failure.said.as_deref() {
        Some(Said::OAuth {
            error, description, ..
        }) => (error, description.as_deref()),
        said => panic!("the provider is not quoted: {said:?}"),
    }
}

/// The page is left and comes back to a callback that is never finished.
pub fn handling<'a>(tab: &'a Tab, url: &str) -> Task<'a, portcullis::client::Outcome<String>> {
    Task::new(tab.client.handle_callback(url.into()))
}
