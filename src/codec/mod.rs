//! Strict readers and writers for the few formats the protocol speaks.

pub mod ascii;
pub mod base64url;
pub mod form;
pub mod json;
pub mod record;
pub mod url;
