//! One request to the provider, and the trace that it leaves.

use alloc::boxed::Box;
use core::pin::Pin;

use super::{Client, trace::Arrow};
use crate::{
    error::{Place, Result},
    platform::Platform,
    protocol::http::{HttpRequest, HttpResponse},
};

/// Work of the late half that the first half begins: it is called through the table.
pub(super) type Late<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

impl<P: Platform> Client<P> {
    /// Sends a request to the provider, leaving a trace of it. An error names the exchange.
    pub(super) async fn send(
        &self,
        exchange: Place,
        request: HttpRequest,
        seconds: u32,
    ) -> Result<HttpResponse> {
        let step = exchange.as_str();
        let started = self.platform.millis();
        self.note(step, Arrow::ToProvider, None);
        let answer = self.platform.send(request, seconds).await;
        let status = answer.as_ref().map_or(0, |response| response.status);
        self.live.borrow_mut().retry_after =
            answer.as_ref().map_or(0, |response| response.retry_after);
        let now = self.platform.millis();
        self.trace.note(
            now,
            step,
            Arrow::FromProvider,
            status,
            answer.as_ref().err().copied(),
            Some(now - started),
        );
        answer.map_err(|error| error.code().at(exchange))
    }
}
