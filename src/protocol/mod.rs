//! The exchanges with a provider, one file each: `request` makes what is sent, `process` reads
//! what came back. Nothing here sends, waits, knows the time or draws randomness.

pub mod authorize;
pub mod callback;
pub mod challenge;
mod claims;
pub mod discovery;
pub mod dpop;
pub mod http;
pub mod id_token;
pub mod jarm;
pub mod jwks;
pub mod jwt;
pub mod logout;
pub mod logout_token;
pub mod oauth_error;
pub mod par;
pub mod pkce;
pub mod revoke;
pub mod token;
pub mod transaction;
pub mod userinfo;
