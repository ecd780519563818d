//! Base64url without padding, as JOSE writes it (RFC 7515 §2, RFC 4648 §5).
//!
//! Every byte string has exactly one text: padding, the standard alphabet, white space and
//! non-zero trailing bits are refused.

use alloc::{string::String, vec::Vec};

/// The one text of `bytes`.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    // the last `held` bits of `bits` have not been written yet
    let (mut bits, mut held) = (0_u32, 0);
    for byte in bytes {
        bits = bits << 8 | u32::from(*byte);
        held += 8;
        while held >= 6 {
            held -= 6;
            text.push(letter(bits >> held));
        }
    }
    if held > 0 {
        text.push(letter(bits << (6 - held)));
    }
    text
}

/// The bytes that [`encode`] writes as `text`; `None` if there are none.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let (mut bits, mut held) = (0_u32, 0);
    for byte in text.bytes() {
        bits = bits << 6 | u32::from(sextet(byte)?);
        held += 6;
        if held >= 8 {
            held -= 8;
            let [.., byte] = (bits >> held).to_be_bytes();
            bytes.push(byte);
        }
    }
    // what is left over belongs to the last byte's letter, and is zero; a whole letter is too much
    if held < 6 && bits & ((1 << held) - 1) == 0 {
        Some(bytes)
    } else {
        None
    }
}

/// The letter of the last six of `bits`.
fn letter(bits: u32) -> char {
    let sextet = (bits & 63) as u8;
    char::from(match sextet {
        0..26 => b'A' + sextet,
        26..52 => b'a' - 26 + sextet,
        52..62 => sextet - 52 + b'0',
        62 => b'-',
        _ => b'_',
    })
}

/// The six bits that a letter stands for.
fn sextet(letter: u8) -> Option<u8> {
    Some(match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'-' => 62,
        b'_' => 63,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};
    use alloc::vec::Vec;
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
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

    #[test]
    fn every_byte_is_a_letter_or_refused_as_another_implementation_has_it() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes));
        for letter in '\0'..='\u{ff}' {
            for text in [["A", "A"], ["AA", ""], ["AAA", ""], ["", "AAA"]] {
                let text = text.join(letter.encode_utf8(&mut [0; 2]));
                assert_eq!(decode(&text), URL_SAFE_NO_PAD.decode(&text).ok(), "{text}");
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_what_another_implementation_writes(bytes: Vec<u8>) {
            prop_assert_eq!(encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes));
            prop_assert_eq!(decode(&encode(&bytes)), Some(bytes));
        }

        #[test]
        fn what_decodes_is_what_another_implementation_reads(text in "[A-Za-z0-9_-]{0,12}|[A-D_=+/ .-]{0,6}") {
            prop_assert_eq!(decode(&text), URL_SAFE_NO_PAD.decode(&text).ok());
        }

        #[test]
        fn what_decodes_has_no_other_text(text in "[A-Za-z0-9_-]{0,8}") {
            if let Some(bytes) = decode(&text) {
                prop_assert_eq!(encode(&bytes), text);
            }
        }
    }
}
