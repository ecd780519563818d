//! Base64url without padding, as JOSE writes it (RFC 7515 §2, RFC 4648 §5).
//!
//! Every byte string has exactly one text: padding, the standard alphabet, white space and
//! non-zero trailing bits are refused.

use alloc::{string::String, vec::Vec};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// The one text of `bytes`.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes that [`encode`] writes as `text`; `None` if there are none.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}
