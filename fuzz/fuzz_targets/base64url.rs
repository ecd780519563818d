//! Every byte string has one text, and every other text is refused: as the crate `base64` has it.

#![no_main]

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use libfuzzer_sys::fuzz_target;
use portcullis::codec::base64url::{decode, encode};

fuzz_target!(|bytes: &[u8]| {
    let text = encode(bytes);
    assert_eq!(text, URL_SAFE_NO_PAD.encode(bytes));
    assert_eq!(decode(&text).as_deref(), Some(bytes));
    if let Ok(text) = core::str::from_utf8(bytes) {
        let decoded = decode(text);
        assert_eq!(decoded, URL_SAFE_NO_PAD.decode(text).ok());
        assert!(decoded.is_none_or(|bytes| encode(&bytes) == text));
    }
});
