//! What would be sent, for people to look at: nothing is sent, no secret is needed.

use alloc::{string::String, vec::Vec};

use serde::Serialize;
use serde_json::Value;

use super::{
    assertion::{Assertion, is_granted, proves_client},
    authorize::{self, Pending},
    definition::{Definition, Step},
    device,
    fault::Result,
    grant::Grant,
    message::{Request, Shown, ShownAnswer, endpoint},
    parse::draft,
    reader::Problem,
    request::{Exchange, step_request, test_request, token_request, values_of},
    template::Place,
    values::Values,
};

/// Who takes part.
pub const APPLICATION: &str = "application";
/// Somebody with a browser.
pub const USER: &str = "user";
/// What tokens come from.
pub const SYSTEM: &str = "system";
/// What takes them.
pub const API: &str = "api";

/// One arrow.
#[derive(Clone, Debug, Serialize)]
pub struct Arrow {
    /// Unix time, 0 in a preview.
    pub at: i64,
    /// What is done.
    pub step: String,
    /// Who does it.
    pub from: &'static str,
    /// To whom.
    pub to: &'static str,
    /// What else there is to know.
    pub detail: serde_json::Map<String, Value>,
    /// The request, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<Shown>,
    /// The answer, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<ShownAnswer>,
}

impl Arrow {
    /// From one to another.
    #[must_use]
    pub fn new(step: &str, from: &'static str, to: &'static str) -> Self {
        Self {
            at: 0,
            step: step.into(),
            from,
            to,
            detail: serde_json::Map::new(),
            request: None,
            answer: None,
        }
    }

    /// With something to know.
    #[must_use]
    pub fn detail(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.detail.insert(name.into(), value.into());
        self
    }

    fn of(step: &str, to: &'static str, request: &Request) -> Self {
        Self {
            request: Some(request.shown.clone()),
            ..Self::new(step, APPLICATION, to)
        }
    }
}

/// What would be sent.
#[derive(Debug, Default, Serialize)]
pub struct Preview {
    participants: Vec<Participant>,
    steps: Vec<Arrow>,
    problems: Vec<Problem>,
}

#[derive(Debug, Serialize)]
struct Participant {
    id: &'static str,
    label: String,
}

impl Preview {
    /// Of data that may be wrong.
    #[must_use]
    pub fn of(data: &Value) -> Self {
        let (definition, problems) = draft(data);
        let mut preview = definition.map_or_else(Self::default, |it| Self::of_connection(&it));
        if !problems.is_empty() {
            preview.problems = problems;
        }
        preview
    }

    /// Of a connection.
    #[must_use]
    pub fn of_connection(definition: &Definition) -> Self {
        let mut values = values_of(definition);
        values.pretend();
        let mut steps = Vec::new();
        let mut problems = Vec::new();
        let mut note = |drawn: Result<()>| {
            problems.extend(drawn.err().map(|fault| Problem {
                field: fault.place.into_owned(),
                message: "cannot be written: a value is missing, or must not stand there",
            }));
        };
        if definition.persist {
            let arrow = Arrow::new("look for the saved token", APPLICATION, APPLICATION);
            steps.push(arrow);
        }
        for step in &definition.before {
            note(before(step, &values, &mut steps));
        }
        // what cannot be drawn hides nothing of the rest
        for draw in [authorization, device, token, call, sign_out] {
            note(draw(definition, &mut values, &mut steps));
        }
        Self {
            participants: participants(definition, &values, &steps),
            steps,
            problems,
        }
    }
}

fn before(step: &Step, values: &Values, steps: &mut Vec<Arrow>) -> Result<()> {
    let request = step_request(step, values)?;
    steps.push(Arrow::of(&step.name, SYSTEM, &request));
    let arrow = Arrow::new("answer", SYSTEM, APPLICATION);
    let read = step
        .read
        .iter()
        .map(|(name, path)| (name.clone(), path.as_str().into()));
    steps.push(Arrow {
        detail: read.collect(),
        ..arrow
    });
    Ok(())
}

fn authorization(
    definition: &Definition,
    values: &mut Values,
    steps: &mut Vec<Arrow>,
) -> Result<()> {
    if !definition.has_authorization() {
        return Ok(());
    }
    let pending = Pending::new(&[0; 32], &definition.scope, &definition.audience, 0);
    let url = authorize::url(definition, &pending, "x", values)?;
    let request = Shown {
        method: "GET",
        url: url.shown,
        ..Shown::default()
    };
    steps.push(Arrow::new("send the user to the system", APPLICATION, USER));
    steps.push(Arrow {
        request: Some(request),
        ..Arrow::new("authorization request", USER, SYSTEM)
    });
    let what = if definition.grant == Grant::Implicit {
        "token"
    } else {
        "code"
    };
    steps.push(Arrow::new("send the user back", SYSTEM, USER).detail("with", what));
    let uri = definition.redirect_uri.clone().unwrap_or_default();
    steps.push(Arrow::new(what, USER, APPLICATION).detail("redirectUri", uri));
    if definition.pkce {
        values.secret("code_verifier", "x");
    }
    Ok(())
}

fn device(definition: &Definition, values: &mut Values, steps: &mut Vec<Arrow>) -> Result<()> {
    if definition.grant != Grant::DeviceCode {
        return Ok(());
    }
    let request = device::request(definition, values)?;
    steps.push(Arrow::of("device authorization request", SYSTEM, &request));
    steps.push(Arrow::new("code for the user", SYSTEM, APPLICATION));
    steps.push(Arrow::new("show the code", APPLICATION, USER));
    steps.push(Arrow::new("type in the code", USER, SYSTEM));
    Ok(())
}

fn token(definition: &Definition, values: &mut Values, steps: &mut Vec<Arrow>) -> Result<()> {
    if definition.grant == Grant::Implicit {
        return Ok(());
    }
    for (needed, which) in [
        (proves_client(definition), Assertion::Client),
        (is_granted(definition, values), Assertion::Grant),
    ] {
        if needed {
            let arrow = Arrow::new("sign an assertion", APPLICATION, APPLICATION);
            steps.push(
                arrow
                    .detail("name", which.name())
                    .detail("alg", which.alg(definition)),
            );
        }
    }
    let request = token_request(definition, Exchange::Grant, values)?;
    steps.push(Arrow::of("token request", SYSTEM, &request));
    let paths = &definition.answer;
    let arrow = Arrow::new("token", SYSTEM, APPLICATION).detail("token", paths.token.as_str());
    steps.push(arrow.detail("expires", paths.expires_in.as_str()));
    Ok(())
}

fn call(definition: &Definition, values: &mut Values, steps: &mut Vec<Arrow>) -> Result<()> {
    if let Some(request) = test_request(definition, values)? {
        steps.push(Arrow::of("API request", API, &request));
        steps.push(Arrow::new("answer", API, APPLICATION));
    }
    Ok(())
}

fn sign_out(definition: &Definition, values: &mut Values, steps: &mut Vec<Arrow>) -> Result<()> {
    if let Some(step) = &definition.sign_out {
        let request = step_request(step, values)?;
        steps.push(Arrow::of("sign-out", SYSTEM, &request));
    }
    Ok(())
}

fn participants(definition: &Definition, values: &Values, steps: &[Arrow]) -> Vec<Participant> {
    let takes_part = |id: &str| steps.iter().any(|arrow| arrow.from == id || arrow.to == id);
    let urls = &definition.urls;
    let host = |template: Option<&super::template::Template>| {
        let url = template?.write(values, Place::Url, "").ok()?.shown;
        Some(endpoint(&url)?.origin())
    };
    let label = |name: &str, host: Option<String>| {
        host.map_or_else(|| name.into(), |host| [name, " ", &*host].concat())
    };
    let all = [
        (USER, String::from("User")),
        (APPLICATION, "Application".into()),
        (
            SYSTEM,
            label(
                "System",
                host(urls.token.as_ref().or(urls.authorization.as_ref())),
            ),
        ),
        (API, label("API", host(urls.test.as_ref()))),
    ];
    let all = all.into_iter().filter(|(id, _)| takes_part(id));
    all.map(|(id, label)| Participant { id, label }).collect()
}
