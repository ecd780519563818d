//! An e-mail gate asked.

use alloc::rc::Rc;

use serde_json::Value;

use crate::{
    connection::{
        fault::{Fault, Result},
        gate::{Gate, Verdict, process},
    },
    platform::service::Service,
};

/// Asks a gate.
#[derive(Debug)]
pub struct Gatekeeper<P> {
    platform: P,
    gate: Gate,
}

impl<P: Service> Gatekeeper<P> {
    /// Reads the data of a gate. `is_page`: whether everybody can read what is here.
    ///
    /// # Errors
    /// `config_invalid`, naming the first field that is wrong.
    pub fn new(data: &Value, is_page: bool, platform: P) -> Result<Rc<Self>> {
        if is_page {
            return Err(Fault::config("password"));
        }
        let gate = Gate::parse(data).map_err(|problems| {
            let field = problems.into_iter().next().map(|problem| problem.field);
            Fault::config(field.unwrap_or_default())
        })?;
        Ok(Rc::new(Self { platform, gate }))
    }

    /// Whether an address may enter.
    ///
    /// # Errors
    /// `config_invalid` if it is no address, or there is no password.
    pub async fn check(&self, email: &str, user: &str) -> Result<Verdict> {
        let password = self.platform.secret("password").await?;
        let password = password.ok_or_else(|| Fault::config("password"))?;
        let request = self.gate.request(email, user, &password)?;
        let answer = self.platform.exchange(&request, self.gate.timeout).await;
        Ok(answer.map_or(Verdict::UNREACHABLE, |answer| process(&answer, email)))
    }
}
