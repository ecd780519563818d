//! Systems that are described by data: what is sent to them, and what their answers mean. Pure.
//!
//! - Data in: [`parse`] and its parts make a [`definition`] of it, [`reader`] notes what is wrong, [`path`] and
//!   [`template`] are what it is made of.
//! - Requests: [`values`] for templates, [`message`] for what is sent, [`request`] for tokens, steps
//!   and APIs, [`grant`], [`client_auth`] and [`assertion`] for what goes into them.
//! - Exchanges, each a pair: [`authorize`], [`device`], [`inquiry`], [`gate`]; [`answer`] reads tokens.
//! - [`lifetime`]: how long a token lives. [`gate_service`]: the other side of a gate.
//! - For people: [`preview`] and [`said`]; [`fault`] is how all of it fails.

pub mod answer;
pub mod assertion;
pub mod authorize;
pub mod client_auth;
pub mod definition;
pub mod device;
pub mod fault;
pub mod gate;
pub mod gate_service;
pub mod grant;
pub mod inquiry;
pub mod lifetime;
pub mod message;
pub mod moment;
pub mod parse;
mod parts;
pub mod path;
pub mod preview;
pub mod reader;
pub mod request;
pub mod said;
pub mod template;
pub mod values;
