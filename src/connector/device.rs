//! Somebody lets us in on another device (RFC 8628).

use alloc::{rc::Rc, string::String};

use serde::Serialize;

use super::{Ask, Connector, trace::Log};
use crate::{
    connection::{
        device::{Polling, process, request},
        fault::Result,
        preview::SYSTEM,
        request::Exchange,
    },
    platform::service::{Service, Timer},
    secret::Secret,
};

/// What to show somebody.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DevicePrompt {
    /// What to type in.
    pub user_code: String,
    /// Where.
    pub verification_uri: String,
    /// The same with the code in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verification_uri_complete: Option<String>,
    /// When the code dies, in Unix time.
    pub expires_at: i64,
}

/// A sign-in under way.
#[derive(Debug)]
pub struct DeviceSignIn {
    ask: Ask,
    device_code: Secret,
    polling: Polling,
    /// What to show somebody.
    pub prompt: DevicePrompt,
}

impl<P: Service + 'static> Connector<P> {
    /// Asks for a code.
    ///
    /// # Errors
    /// As a token request.
    pub async fn device(
        self: &Rc<Self>,
        scope: Option<String>,
        audience: Option<String>,
    ) -> Result<DeviceSignIn> {
        let ask = self.ask(scope, audience).await?;
        let log = Log::default();
        let mut values = self.values(&ask);
        self.prove(&mut values, None).await?;
        let mut values = self.drawn(&values)?;
        let definition = &self.definition;
        let request = self
            .build(&mut values, |values| request(definition, values))
            .await?;
        let sent = self
            .send(
                &log,
                ("device authorization request", SYSTEM),
                &request,
                &values,
                &[],
            )
            .await;
        let authorization = sent
            .and_then(|(answer, entry)| log.judge(entry, process(definition, &answer, self.now())));
        self.close(log);
        let authorization = authorization?;
        Ok(DeviceSignIn {
            ask,
            device_code: authorization.device_code,
            polling: authorization.polling,
            prompt: DevicePrompt {
                user_code: authorization.user_code,
                verification_uri: authorization.verification_uri,
                verification_uri_complete: authorization.verification_uri_complete,
                expires_at: authorization.expires_at,
            },
        })
    }

    /// Asks again and again until somebody has decided. `timer` waits in between, and fails once nobody waits for
    /// that.
    ///
    /// # Errors
    /// `authorization_error` if that was not for us, `aborted`.
    pub async fn await_device(
        self: &Rc<Self>,
        sign_in: DeviceSignIn,
        timer: &impl Timer,
    ) -> Result<()> {
        let mut polling = sign_in.polling;
        let era = self.era();
        loop {
            let seconds = u32::try_from(polling.pause).unwrap_or(u32::MAX);
            timer.wait(seconds.saturating_mul(1000)).await?;
            let mut values = self.values(&sign_in.ask);
            values.secret("device_code", sign_in.device_code.expose());
            let log = Log::default();
            let outcome = self.exchange(&log, era, Exchange::Grant, values).await;
            self.close(log);
            match outcome {
                Ok(held) => return self.keep(&sign_in.ask, held, era, None).await.map(drop),
                Err(fault) => polling.go_on(fault, self.now())?,
            }
        }
    }
}
