//! A connection tried out: a token by a request, a call with it, and a report.

use alloc::{rc::Rc, string::String, vec::Vec};

use serde::Serialize;

use super::{
    Connector,
    trace::{Log, Recorded},
};
use crate::{
    connection::{
        fault::Result,
        lifetime::Held,
        preview::API,
        request::{Exchange, test_request},
    },
    platform::service::Service,
};

/// What was found.
#[derive(Debug, Serialize)]
pub struct TestReport {
    ok: bool,
    steps: Vec<Recorded>,
    report: String,
}

impl<P: Service + 'static> Connector<P> {
    /// Tries the connection out.
    pub async fn test(self: &Rc<Self>) -> TestReport {
        let log = Log::default();
        let outcome = self.try_out(&log).await;
        if let Err(fault) = &outcome
            && !log.tells_failure()
        {
            log.note(Recorded::failure("test", self.now(), fault));
        }
        let steps = log.steps();
        let ok = steps.iter().all(Recorded::is_ok);
        let mut report = ["connection ", &*self.definition.id, "\n"].concat();
        for step in &steps {
            report.push_str(&step.line());
        }
        self.close(log);
        TestReport { ok, steps, report }
    }

    async fn try_out(self: &Rc<Self>, log: &Log) -> Result<()> {
        let ask = self.ask(None, None).await?;
        let era = self.era();
        let held = if self.definition.needs_person() || self.definition.persist {
            // only a person can get another, or it is meant to last: the one there is tried
            self.held(&ask).await?
        } else {
            let held = self
                .exchange(log, era, Exchange::Grant, self.values(&ask))
                .await?;
            self.keep(&ask, held, era, None).await?
        };
        self.call(log, &held).await
    }

    async fn call(self: &Rc<Self>, log: &Log, held: &Held) -> Result<()> {
        let ask = self.ask(None, None).await?;
        let definition = &self.definition;
        let mut values = self.drawn(&self.values_with(&ask, held))?;
        let request = self
            .build(&mut values, |values| test_request(definition, values))
            .await?;
        let Some(request) = request else {
            return Ok(());
        };
        self.check_origin(request.url.expose()).await?;
        let (answer, entry) = self
            .send(log, ("API request", API), &request, &values, &[])
            .await?;
        if !answer.is_success() {
            log.refuse(entry, answer.status);
        }
        Ok(())
    }
}
