//! An e-mail gate asked, by a server itself and by a page through the portal's back end.

use alloc::{rc::Rc, string::String, vec::Vec};

use serde_json::Value;

use super::trace::hidden;
use crate::{
    connection::{
        fault::{Fault, Result},
        gate::{Gate, TIMEOUT, Verdict, is_address, process},
        message::{Request, Shown},
        values::Values,
    },
    platform::service::{Network, Service},
    secret::Secret,
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
        // a service may repeat what it was sent
        let mut secrets = hidden(&request, &Values::default());
        secrets.push(password);
        Ok(ask(&self.platform, &request, self.gate.timeout, email, &secrets).await)
    }
}

/// Asks the portal's back end at `url`, which asks the gate about the user whose request it is.
///
/// # Errors
/// `config_invalid` if `email` is no address.
pub async fn ask_relay<P: Network>(platform: &P, url: String, email: &str) -> Result<Verdict> {
    if !is_address(email) {
        return Err(Fault::config("email"));
    }
    let request = Request {
        method: "GET",
        url: Secret::new(url),
        headers: Vec::new(),
        body: None,
        shown: Shown::default(),
    };
    Ok(ask(platform, &request, TIMEOUT, email, &[]).await)
}

async fn ask<P: Network>(
    platform: &P,
    request: &Request,
    timeout: u32,
    email: &str,
    secrets: &[Secret],
) -> Verdict {
    match platform.exchange(request, timeout).await {
        Ok(answer) => process(&answer, email, secrets),
        Err(_) => Verdict::UNREACHABLE,
    }
}
