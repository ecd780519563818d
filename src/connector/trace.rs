//! What was sent and answered, for whoever has to find out why a connection fails. Redacted: requests
//! are kept as they may be seen, answers without their secrets.

use alloc::{collections::VecDeque, string::String, vec::Vec};
use core::cell::RefCell;

use serde::Serialize;

use crate::{
    connection::{
        fault::{Fault, Result, Words},
        message::{Answer, Request},
        preview::{APPLICATION, Arrow, SYSTEM},
        values::Values,
    },
    error::Code,
    secret::Secret,
};

/// How many steps are kept.
const CAPACITY: usize = 100;

/// One step.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Recorded {
    #[serde(flatten)]
    arrow: Arrow,
    ok: bool,
    took_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Explained>,
    /// What the other side's words must not repeat.
    #[serde(skip)]
    hidden: Vec<Secret>,
}

/// A failure in words.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Explained {
    code: &'static str,
    message: String,
    remedy: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    oauth: Option<Words>,
}

impl Explained {
    fn of(fault: &Fault) -> Self {
        let mut message = [fault.code.as_str(), ": ", fault.code.sentence()].concat();
        if !fault.place.is_empty() {
            message.push_str(" (");
            message.push_str(&fault.place);
            message.push(')');
        }
        Self {
            code: fault.code.as_str(),
            message,
            remedy: fault.code.remedy(),
            oauth: fault.said.clone(),
        }
    }
}

impl Recorded {
    /// Marks a call of an API that was answered without success.
    fn refuse(&mut self, status: u16) {
        let refused = matches!(status, 401 | 403);
        self.ok = false;
        self.error = Some(Explained {
            code: if refused {
                Code::TokenError
            } else {
                Code::Network
            }
            .as_str(),
            message: String::from(if refused {
                "the API does not take the token"
            } else {
                "the API did not answer with success"
            }),
            remedy: if refused {
                "check scope, audience and requestHeaders"
            } else {
                "check testUrl, and see the answer"
            },
            oauth: None,
        });
    }

    /// A request and its answer, which is shown without what is `hidden`.
    #[must_use]
    pub fn exchange(
        step: &str,
        to: &'static str,
        at: i64,
        took: i64,
        request: &Request,
        answer: &Result<Answer>,
        hidden: Vec<Secret>,
    ) -> Self {
        let mut arrow = Arrow::new(step, APPLICATION, to);
        arrow.at = at;
        arrow.request = Some(request.shown.clone());
        if let Ok(answer) = answer {
            arrow = arrow.detail("status", answer.status);
            arrow.answer = Some(answer.shown(&hidden, to == SYSTEM));
        }
        Self {
            arrow,
            ok: answer.is_ok(),
            took_ms: took,
            error: answer.as_ref().err().map(Explained::of),
            hidden,
        }
    }

    /// Something that failed without a request.
    #[must_use]
    pub fn failure(step: &str, at: i64, fault: &Fault) -> Self {
        let mut arrow = Arrow::new(step, APPLICATION, APPLICATION);
        arrow.at = at;
        Self {
            arrow,
            ok: false,
            took_ms: 0,
            error: Some(Explained::of(fault)),
            hidden: Vec::new(),
        }
    }

    /// Whether it did what it should.
    #[must_use]
    pub const fn is_ok(&self) -> bool {
        self.ok
    }

    /// One line for a ticket.
    #[must_use]
    pub fn line(&self) -> String {
        let mut line = String::from(if self.ok { "ok    " } else { "FAIL  " });
        line.push_str(&self.arrow.step);
        if let Some(request) = &self.arrow.request {
            line.push_str(": ");
            line.push_str(request.method);
            line.push(' ');
            line.push_str(&request.url);
        }
        if let Some(answer) = &self.arrow.answer {
            line.push_str(" -> ");
            line.push_str(&serde_json::to_string(&answer.status).unwrap_or_default());
        }
        if let Some(error) = &self.error {
            line.push_str("\n      ");
            line.push_str(&error.message);
            if let Some(said) = &error.oauth {
                line.push_str("\n      it said: ");
                line.push_str(&said.error);
            }
            line.push_str("\n      ");
            line.push_str(error.remedy);
        }
        line.push('\n');
        line
    }
}

/// All that an answer may repeat of its request and nobody is to see: secrets, and headers made of them.
pub(super) fn hidden(request: &Request, values: &Values) -> Vec<Secret> {
    let mut secrets = values.secrets();
    for ((_, value), line) in request.headers.iter().zip(&request.shown.headers) {
        if value.expose() != line.value {
            let credentials = value
                .expose()
                .split_once(' ')
                .map(|(_, credentials)| credentials);
            secrets.extend(credentials.map(|text| Secret::new(text.into())));
            secrets.push(value.clone());
        }
    }
    secrets
}

/// The steps of one sequence.
#[derive(Debug, Default)]
pub(super) struct Log(RefCell<Vec<Recorded>>);

impl Log {
    /// Notes a step; its number.
    pub(super) fn note(&self, step: Recorded) -> usize {
        let mut steps = self.0.borrow_mut();
        steps.push(step);
        steps.len() - 1
    }

    /// What an answer turned out to mean: that of the step with this number. Words of the other side
    /// come back without the secrets that they may repeat.
    pub(super) fn judge<T>(&self, number: usize, outcome: Result<T>) -> Result<T> {
        let mut steps = self.0.borrow_mut();
        let Some(step) = steps.get_mut(number) else {
            return outcome;
        };
        outcome.map_err(|fault| {
            let fault = fault.discreet(&step.hidden);
            step.ok = false;
            step.error = Some(Explained::of(&fault));
            fault
        })
    }

    /// Adds what else there is to know of the step with this number.
    pub(super) fn remark(&self, number: usize, name: &str, text: &str) {
        if let Some(step) = self.0.borrow_mut().get_mut(number) {
            step.arrow.detail.insert(name.into(), text.into());
        }
    }

    /// An API's answer turned out to be without success.
    pub(super) fn refuse(&self, number: usize, status: u16) {
        if let Some(step) = self.0.borrow_mut().get_mut(number) {
            step.refuse(status);
        }
    }

    /// Whether a step failed already.
    pub(super) fn tells_failure(&self) -> bool {
        self.0.borrow().last().is_some_and(|step| !step.ok)
    }

    /// All steps.
    pub(super) fn steps(&self) -> Vec<Recorded> {
        self.0.borrow().clone()
    }
}

/// The last steps of all sequences.
#[derive(Debug, Default)]
pub(super) struct Trace(RefCell<VecDeque<Recorded>>);

impl Trace {
    /// Adds those of a sequence, without requests and answers unless they are wanted.
    pub(super) fn add(&self, log: Log, in_full: bool) {
        let mut kept = self.0.borrow_mut();
        for mut step in log.0.into_inner() {
            step.hidden.clear();
            if !in_full {
                step.arrow.request = None;
                step.arrow.answer = None;
            }
            if kept.len() == CAPACITY {
                kept.pop_front();
            }
            kept.push_back(step);
        }
    }

    /// All of them, oldest first.
    pub(super) fn list(&self) -> Vec<Recorded> {
        self.0.borrow().iter().cloned().collect()
    }
}
