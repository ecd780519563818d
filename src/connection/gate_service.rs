//! The e-mail gate itself: who may ask, what they must send, and what they are told.

use alloc::{string::String, vec::Vec};
use core::net::IpAddr;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Serialize;
use serde_json::json;

use super::gate::is_address;
use crate::{
    codec::form,
    jose::alg::sha256,
    secret::{Secret, constant_time_eq},
};

/// Who may ask.
#[derive(Debug)]
pub struct Service {
    /// Hashes of user and password, so that comparing them takes as long whatever they are.
    user: [u8; 32],
    password: [u8; 32],
    networks: Option<Vec<Network>>,
    path: Option<String>,
}

/// A question as it came.
#[derive(Debug)]
pub struct Question<'a> {
    /// The method.
    pub method: &'a str,
    /// The path and the query.
    pub path: &'a str,
    /// The query without its mark.
    pub query: &'a str,
    /// The `Authorization` header, empty if there is none.
    pub authorization: &'a str,
    /// Who asks, if that is known.
    pub address: Option<&'a str>,
}

/// What to do with it.
#[derive(Debug, PartialEq, Eq)]
pub enum Decision {
    /// Find out whether this address may enter.
    Ask(String),
    /// Answer at once.
    Answer(Reply),
}

/// An answer.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Headers beside those that every answer has.
    pub headers: Vec<(&'static str, &'static str)>,
    /// JSON text.
    pub body: String,
}

impl Service {
    /// Sets it up.
    ///
    /// # Errors
    /// The option that is wrong.
    pub fn new(
        user: &str,
        password: &Secret,
        addresses: Option<&[String]>,
        path: Option<String>,
    ) -> Result<Self, &'static str> {
        if user.is_empty() || user.contains(':') {
            return Err("user");
        }
        if password.expose().is_empty() {
            return Err("password");
        }
        let networks = match addresses {
            None => None,
            Some(list) => {
                let networks = list.iter().map(|text| Network::parse(text));
                Some(
                    networks
                        .collect::<Option<Vec<_>>>()
                        .ok_or("allowedAddresses")?,
                )
            }
        };
        Ok(Self {
            user: sha256(user.as_bytes()),
            password: sha256(password.expose().as_bytes()),
            networks,
            path,
        })
    }

    /// Judges a question: first who asks, then what.
    #[must_use]
    pub fn judge(&self, question: &Question<'_>) -> Decision {
        if !self.admits(question.address) {
            return refuse(403, "forbidden", "this address may not ask", &[]);
        }
        if !self.knows(question.authorization) {
            let challenge = (
                "www-authenticate",
                "Basic realm=\"gate\", charset=\"UTF-8\"",
            );
            return refuse(
                401,
                "unauthorized",
                "user and password are required",
                &[challenge],
            );
        }
        let is_here = match &self.path {
            Some(path) => question.path == path,
            None => question.path.ends_with("/authorize"),
        };
        if !is_here {
            return refuse(404, "not_found", "there is nothing here", &[]);
        }
        if question.method != "GET" {
            return refuse(
                405,
                "method_not_allowed",
                "ask with GET",
                &[("allow", "GET")],
            );
        }
        let pairs = form::parse(question.query).unwrap_or_default();
        let mut emails = pairs.iter().filter(|(name, _)| name == "email");
        match (emails.next(), emails.next()) {
            (Some((_, email)), None) if is_address(email) => Decision::Ask(email.clone()),
            (Some(_), None) => refuse(400, "invalid_request", "email is no address", &[]),
            _ => refuse(400, "invalid_request", "email is required, once", &[]),
        }
    }

    fn admits(&self, address: Option<&str>) -> bool {
        let Some(networks) = &self.networks else {
            return true;
        };
        let address = address.and_then(|text| text.parse::<IpAddr>().ok());
        address.is_some_and(|address| networks.iter().any(|network| network.holds(address)))
    }

    /// Whether the credentials are the right ones. Takes as long for wrong ones.
    fn knows(&self, authorization: &str) -> bool {
        let (scheme, token) = authorization.split_once(' ').unwrap_or_default();
        let decoded = STANDARD.decode(token.trim_ascii()).unwrap_or_default();
        let text = core::str::from_utf8(&decoded).unwrap_or_default();
        let (user, password) = text.split_once(':').unwrap_or_default();
        let user = constant_time_eq(&self.user, &sha256(user.as_bytes()));
        let password = constant_time_eq(&self.password, &sha256(password.as_bytes()));
        scheme.eq_ignore_ascii_case("basic") & user & password
    }
}

/// The answer about an address.
#[must_use]
pub fn reply(email: &str, authorised: bool) -> Reply {
    Reply {
        status: 200,
        headers: Vec::new(),
        body: serde_json::to_string(&json!({"email": email, "authorised": authorised}))
            .unwrap_or_default(),
    }
}

/// The answer where nobody could find out.
#[must_use]
pub fn unavailable() -> Reply {
    error(503, "unavailable", "try again later", &[])
}

fn refuse(
    status: u16,
    code: &str,
    message: &str,
    headers: &[(&'static str, &'static str)],
) -> Decision {
    Decision::Answer(error(status, code, message, headers))
}

fn error(
    status: u16,
    code: &str,
    message: &str,
    headers: &[(&'static str, &'static str)],
) -> Reply {
    Reply {
        status,
        headers: headers.into(),
        body: serde_json::to_string(&json!({"error": code, "error_message": message}))
            .unwrap_or_default(),
    }
}

/// Addresses with a common beginning.
#[derive(Clone, Copy, Debug)]
struct Network {
    bits: u128,
    length: u32,
    is_v4: bool,
}

impl Network {
    /// `10.0.0.0/8`, `2001:db8::/32`, or one address.
    fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.parse::<u32>().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let length = length.unwrap_or(width);
        // those within ::ffff:0:0/96 are IPv4
        let is_v4 = address.to_canonical().is_ipv4() && (width == 32 || length >= 96);
        let (address, length) = if is_v4 && width == 128 {
            (address.to_canonical(), length - 96)
        } else {
            (address, length)
        };
        (length <= width).then(|| Self {
            bits: bits_of(address),
            length,
            is_v4,
        })
    }

    fn holds(self, address: IpAddr) -> bool {
        // ::ffff:10.0.0.1 is 10.0.0.1 (RFC 4291 §2.5.5.2)
        let address = address.to_canonical();
        let width = if self.is_v4 { 32 } else { 128 };
        let difference = self.bits ^ bits_of(address);
        address.is_ipv4() == self.is_v4
            && difference.checked_shr(width - self.length).unwrap_or(0) == 0
    }
}

fn bits_of(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}
