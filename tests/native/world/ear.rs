//! An ear at the wall: whatever is said where secrets are, and whether one of them is in it.

use portcullis::{error::Failure, platform::Event, report};
use serde_json::Value;

use super::{ACCESS_TOKEN, CODE, REFRESH_TOKEN, Scene};

/// What an attacker put somewhere.
pub const OPAQUE: &str = "SECRET-of-the-attacker";

/// A place where secrets are, and everything that was said there.
pub struct Ear {
    pub scene: Scene,
    pub told: Vec<String>,
}

impl Ear {
    pub fn new() -> Self {
        Self {
            scene: Scene::new(),
            told: vec![],
        }
    }

    pub fn hear(&mut self, failure: &Failure) {
        self.told.push(report::to_json(failure));
        self.told.push(format!("{failure:?} {:?}", failure.error));
    }

    /// Listens to state, events, trace and debug output, and looks for every secret in all of it.
    /// Returns the code of the last problem that was told as an event.
    pub fn close(mut self, what: &str) -> Option<String> {
        let tab = &self.scene.tab;
        // the page is told its user's claims, nonce included, and nobody else's
        let user = tab.state()["user"]["nonce"]
            .as_str()
            .unwrap_or_default()
            .to_string();
        let events = tab.page.events.take();
        let problem = events.iter().rev().find_map(|(event, detail)| {
            let detail: Value = serde_json::from_str(detail).unwrap_or_default();
            let code = detail["error"]["code"].as_str()?;
            (*event == Event::Problem).then(|| code.to_string())
        });
        self.told
            .extend(events.into_iter().map(|(_, detail)| detail));
        self.told.push(tab.client.state());
        self.told.push(tab.client.trace());
        self.told.push(format!("{:?}", tab.page.warnings.take()));
        self.told.extend(
            self.scene
                .world
                .take_sent()
                .iter()
                .map(|sent| format!("{:?}", sent.request)),
        );
        let sign_in = &self.scene.sign_in;
        for secret in [
            &sign_in.nonce,
            &sign_in.verifier,
            &sign_in.state,
            CODE,
            ACCESS_TOKEN,
            REFRESH_TOKEN,
            OPAQUE,
        ] {
            for text in self.told.iter().filter(|_| *secret != user) {
                assert!(!text.contains(secret), "{what}: `{secret}` in `{text}`");
            }
        }
        problem
    }
}

/// What `provoke` makes fail, as an outcome or as an event, tells no secret. Returns the code.
pub fn discreet(what: &str, provoke: impl FnOnce(&mut Ear) -> Option<Failure>) -> String {
    let mut ear = Ear::new();
    let failure = provoke(&mut ear);
    if let Some(failure) = &failure {
        ear.hear(failure);
    }
    let problem = ear.close(what);
    failure
        .map(|failure| failure.error.code().as_str().to_string())
        .or(problem)
        .unwrap_or_else(|| panic!("{what}: nothing failed"))
}
