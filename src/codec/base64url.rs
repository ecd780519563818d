//! Base64url without padding, as JOSE writes it (RFC 7515 §2, RFC 4648 §5).
//!
//! Every byte string has exactly one text: padding, the standard alphabet, white space and
//! non-zero trailing bits are refused.

use alloc::{string::String, vec::Vec};
use base64ct::{Base64UrlUnpadded, Encoding};

/// The one text of `bytes`.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// The bytes that [`encode`] writes as `text`; `None` if there are none.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(text).ok()
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};
    use alloc::vec::Vec;
    use proptest::prelude::*;

    #[test]
    fn encode_and_decode_agree_with_the_standards() {
        let examples: [(&[u8], &str); 8] = [
            (b"", ""),
            (b"f", "Zg"),
            (b"fo", "Zm8"),
            (b"foo", "Zm9v"),
            (b"foob", "Zm9vYg"),
            (b"fooba", "Zm9vYmE"),
            (b"foobar", "Zm9vYmFy"),
            (&[3, 236, 255, 224, 193], "A-z_4ME"),
        ];
        for (bytes, text) in examples {
            assert_eq!(encode(bytes), text);
            assert_eq!(decode(text).as_deref(), Some(bytes), "{text}");
        }
    }

    #[test]
    fn decode_refuses_every_other_spelling() {
        for (what, text) in [
            ("padding of one", "Zm8="),
            ("padding of two", "Zg=="),
            ("padding alone", "="),
            ("padding that is one too many", "Zm9v="),
            ("the standard alphabet's plus", "A+z_4ME"),
            ("the standard alphabet's slash", "A-z/4ME"),
            ("a leading space", " Zm9v"),
            ("a trailing newline", "Zm9v\n"),
            ("a line break inside", "Zm\r\n9v"),
            ("a NUL", "Zm9v\0"),
            ("a character that is not ASCII", "Zm9é"),
            ("a dot", "Zm.v"),
            ("one character", "Z"),
            ("one character after a full group", "Zm9vY"),
            ("trailing bits after one byte", "Zh"),
            ("another trailing bit after one byte", "Zo"),
            ("trailing bits after two bytes", "Zm9"),
        ] {
            assert_eq!(decode(text), None, "{what}");
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes(bytes: Vec<u8>) {
            prop_assert_eq!(decode(&encode(&bytes)), Some(bytes));
        }

        #[test]
        fn what_decodes_has_no_other_text(text in "[A-Za-z0-9_-]{0,8}") {
            if let Some(bytes) = decode(&text) {
                prop_assert_eq!(encode(&bytes), text);
            }
        }
    }
}
