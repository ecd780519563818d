//! The network: answers written down beforehand, in the order of the requests. A request nobody
//! expects fails the test at once, an answer nobody asked for fails it at the end.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    future::{Future, poll_fn},
    pin::Pin,
    rc::Rc,
    task::{Poll, Waker},
};

use portcullis::{
    error::{Code, Result},
    protocol::http::{BODY_LIMIT, HttpRequest, HttpResponse},
};
use serde_json::Value;

use super::{Page, form, run::yield_now};

/// Somebody who makes up the answers as requests come.
pub trait Responder {
    fn answer(&self, page: &Page, request: HttpRequest, seconds: u32) -> Response;
}

pub type Response = Pin<Box<dyn Future<Output = Result<HttpResponse>>>>;

#[derive(Default)]
pub struct Network {
    script: RefCell<VecDeque<Exchange>>,
    sent: RefCell<Vec<Sent>>,
}

/// A request that was sent.
#[derive(Clone)]
pub struct Sent {
    pub request: HttpRequest,
    /// How long the caller would have waited.
    pub seconds: u32,
}

struct Exchange {
    url: String,
    answer: Result<HttpResponse>,
    gate: Option<Gate>,
}

/// Keeps an answer back until it is opened.
#[derive(Clone, Default)]
pub struct Gate(Rc<(Cell<bool>, RefCell<Vec<Waker>>)>);

impl Gate {
    pub fn open(&self) {
        self.0.0.set(true);
        self.0.1.take().into_iter().for_each(Waker::wake);
    }

    async fn wait(&self) {
        poll_fn(|context| {
            if self.0.0.get() {
                return Poll::Ready(());
            }
            self.0.1.borrow_mut().push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

impl Network {
    pub fn expect(&self, url: &str, answer: Result<HttpResponse>, gate: Option<Gate>) {
        self.script.borrow_mut().push_back(Exchange {
            url: url.into(),
            answer,
            gate,
        });
    }

    pub async fn send(&self, request: HttpRequest, seconds: u32) -> Result<HttpResponse> {
        let exchange = self.script.borrow_mut().pop_front();
        let exchange = exchange.unwrap_or_else(|| panic!("unexpected request to {}", request.url));
        assert_eq!(request.url, exchange.url, "another request was expected");
        self.sent.borrow_mut().push(Sent { request, seconds });
        yield_now().await;
        if let Some(gate) = exchange.gate {
            gate.wait().await;
        }
        exchange.answer
    }

    /// What was sent since the last call.
    pub fn take_sent(&self) -> Vec<Sent> {
        self.sent.take()
    }

    pub fn assert_all_used(&self) {
        let urls: Vec<_> = self
            .script
            .borrow()
            .iter()
            .map(|exchange| exchange.url.clone())
            .collect();
        assert!(
            urls.is_empty(),
            "requests that were expected and never came: {urls:?}"
        );
    }
}

impl Sent {
    /// The fields of the form, in their order; none for a GET.
    pub fn fields(&self) -> Vec<(String, String)> {
        self.request
            .form
            .as_ref()
            .map(|form| form::parse(form.expose()))
            .unwrap_or_default()
    }

    /// The one field of that name.
    pub fn field(&self, name: &str) -> Option<String> {
        form::one(&self.fields(), name)
    }
}

/// An answer of that media type.
#[allow(
    clippy::unnecessary_wraps,
    reason = "an answer may also be none at all"
)]
pub fn answer(status: u16, content_type: &str, body: impl AsRef<[u8]>) -> Result<HttpResponse> {
    let body = body.as_ref();
    let body = (body.len() <= BODY_LIMIT).then(|| body.to_vec());
    Ok(HttpResponse {
        retry_after: 0,
        dpop_nonce: None,
        status,
        content_type: content_type.into(),
        body,
    })
}

pub fn json(status: u16, body: &Value) -> Result<HttpResponse> {
    answer(status, "application/json;charset=UTF-8", body.to_string())
}

pub fn ok(body: &Value) -> Result<HttpResponse> {
    json(200, body)
}

pub fn html(status: u16) -> Result<HttpResponse> {
    answer(status, "text/html", "<!doctype html><title>Sign in</title>")
}

/// A refusal to answer for so many seconds.
pub fn later(seconds: u32) -> Result<HttpResponse> {
    html(503).map(|answer| HttpResponse {
        retry_after: seconds,
        ..answer
    })
}

/// A redirect, which is never followed.
pub fn redirect() -> Result<HttpResponse> {
    answer(0, "", "")
}

/// An answer over a mebibyte.
pub fn endless() -> Result<HttpResponse> {
    answer(200, "application/json", vec![b' '; BODY_LIMIT + 1])
}

pub fn offline() -> Result<HttpResponse> {
    Err(Code::Network.into())
}

pub fn silence() -> Result<HttpResponse> {
    Err(Code::Timeout.into())
}
