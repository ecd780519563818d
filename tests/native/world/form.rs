//! Forms, read and written independently of the crate.

/// The pairs of a query or body; panics on what is not well-formed.
pub fn parse(text: &str) -> Vec<(String, String)> {
    let pieces = text.split('&').filter(|piece| !piece.is_empty());
    pieces
        .map(|piece| piece.split_once('=').unwrap_or((piece, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

/// The query that says `pairs`.
pub fn write(pairs: &[(&str, &str)]) -> String {
    let pieces: Vec<_> = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    pieces.join("&")
}

/// The one value of `name`; panics if there are two.
pub fn one(pairs: &[(String, String)], name: &str) -> Option<String> {
    let values: Vec<_> = pairs.iter().filter(|(found, _)| found == name).collect();
    assert!(values.len() < 2, "`{name}` twice");
    values.first().map(|(_, value)| value.clone())
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        bytes.push(match first {
            b'+' => b' ',
            b'%' => {
                let digits = std::str::from_utf8(&rest[..2]).unwrap();
                rest = &rest[2..];
                u8::from_str_radix(digits, 16).unwrap()
            }
            byte => *byte,
        });
    }
    String::from_utf8(bytes).unwrap()
}

fn encode(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.extend(char::from_digit(u32::from(byte >> 4), 16));
            out.extend(char::from_digit(u32::from(byte & 15), 16));
        }
    }
    out
}
