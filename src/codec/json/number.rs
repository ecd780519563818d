//! JSON numbers, read on their digits: no binary floating point, so no rounding.

const LIMIT: u64 = 1 << 53;

/// Whether `text`, a checked value, is a number without fraction and exponent.
pub(super) fn is_plain(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The floor of `text`, a checked value; `None` if it is not a number or lies beyond ±2^53.
pub(super) fn floor(text: &str) -> Option<i64> {
    let magnitude = text.strip_prefix('-').unwrap_or(text);
    if !magnitude.as_bytes().first()?.is_ascii_digit() {
        return None;
    }

    // 1. How many digits stand before the point, once the exponent has moved it.
    let (mut units, mut exponent, mut sign) = (0_i64, 0_i64, 1);
    let (mut in_units, mut in_exponent) = (true, false);
    for byte in magnitude.bytes() {
        match byte {
            b'0'..=b'9' if in_exponent => {
                exponent = (exponent * 10 + i64::from(byte - b'0')).min(1 << 32);
            }
            b'0'..=b'9' => units += i64::from(in_units),
            b'-' => sign = -1,
            b'.' => in_units = false,
            // `e`, `E`, and a plus behind them
            _ => (in_units, in_exponent) = (false, true),
        }
    }
    let mut before = units + sign * exponent;

    // 2. Those digits, and whether any behind them counts; digits not written are zeros.
    let (mut value, mut rest) = (0_u64, false);
    for byte in magnitude.bytes() {
        match byte {
            b'.' => continue,
            b'e' | b'E' => break,
            _ if before > 0 => {
                value = value
                    .saturating_mul(10)
                    .saturating_add(u64::from(byte - b'0'));
            }
            _ => rest |= byte != b'0',
        }
        before -= 1;
    }
    while before > 0 && (1..=LIMIT).contains(&value) {
        value *= 10;
        before -= 1;
    }

    // 3. Within the limit, and towards minus infinity.
    let above = value.saturating_add(u64::from(rest));
    if above > LIMIT {
        return None;
    }
    if magnitude.len() < text.len() {
        i64::try_from(above).ok().map(|above| -above)
    } else {
        i64::try_from(value).ok()
    }
}

#[cfg(test)]
mod tests {
    use crate::codec::json::tests::json;
    use alloc::format;

    #[test]
    fn whole_is_the_floor_of_a_number() {
        for (text, whole) in [
            ("0", Some(0)),
            ("-0", Some(0)),
            ("-0.0e5", Some(0)),
            ("1700000000", Some(1_700_000_000)),
            ("1.7e9", Some(1_700_000_000)),
            ("1.7E+9", Some(1_700_000_000)),
            ("1700000000.5", Some(1_700_000_000)),
            ("17000000005e-1", Some(1_700_000_000)),
            ("0.99999999999999999999", Some(0)),
            ("-0.00000000000000000001", Some(-1)),
            ("-1.0", Some(-1)),
            ("-1.5", Some(-2)),
            ("1e-400", Some(0)),
            ("-1e-400", Some(-1)),
            ("0e99999999999999999999", Some(0)),
            ("1e-99999999999999999999", Some(0)),
            ("1e99999999999999999999", None),
            ("1e400", None),
            ("1e18", None),
            ("9007199254740992", Some(1 << 53)),
            ("-9007199254740992", Some(-(1 << 53))),
            ("9007199254740992.0", Some(1 << 53)),
            ("9007199254740992.1", None),
            ("-9007199254740991.5", Some(-(1 << 53))),
            ("-9007199254740992.5", None),
            ("9007199254740993", None),
            ("-9007199254740993", None),
            ("90071992547409920e-1", Some(1 << 53)),
            ("18446744073709551617", None),
            ("340282366920938463463374607431768211457", None),
            ("true", None),
            ("null", None),
            ("\"1\"", None),
            ("[1]", None),
            ("{}", None),
        ] {
            assert_eq!(json(text).whole(), whole, "{text}");
        }
        let zeros = "0".repeat(1000);
        for (text, whole) in [
            (format!("0.{zeros}1e1001"), Some(1)),
            (format!("0.{zeros}15e1001"), Some(1)),
            (format!("1{zeros}e-1000"), Some(1)),
            (format!("1{zeros}"), None),
        ] {
            assert_eq!(json(&text).whole(), whole, "{text}");
        }
    }

    #[test]
    fn integer_wants_digits_alone() {
        for (text, integer) in [
            ("0", Some(0)),
            ("-0", Some(0)),
            ("-12", Some(-12)),
            ("9007199254740992", Some(1 << 53)),
            ("-9007199254740992", Some(-(1 << 53))),
            ("9007199254740993", None),
            ("1.0", None),
            ("1e3", None),
            ("1E3", None),
            ("\"1\"", None),
            ("false", None),
            ("null", None),
            ("[1]", None),
        ] {
            assert_eq!(json(text).integer(), integer, "{text}");
        }
    }
}
