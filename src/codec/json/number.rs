//! JSON numbers, read on their digits: no binary floating point, so no rounding.

const LIMIT: u64 = 1 << 53;

/// Whether `text`, a checked value, is a number without fraction and exponent.
pub(super) fn is_plain(text: &str) -> bool {
    text.strip_prefix('-')
        .unwrap_or(text)
        .bytes()
        .all(|byte| byte.is_ascii_digit())
}

/// The floor of `text`, a checked value; `None` if it is not a number or lies beyond ±2^53.
pub(super) fn floor(text: &str) -> Option<i64> {
    let (negative, magnitude) = match text.strip_prefix('-') {
        Some(magnitude) => (true, magnitude),
        None => (false, text),
    };
    if !magnitude.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let (mantissa, exponent) = magnitude.split_once(['e', 'E']).unwrap_or((magnitude, ""));
    let (units, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));

    // 1. How many digits stand before the point, once the exponent has moved it.
    let mut before = 0_i64;
    for byte in exponent.bytes().filter(u8::is_ascii_digit) {
        before = (before * 10 + i64::from(byte - b'0')).min(1 << 32);
    }
    if exponent.starts_with('-') {
        before = -before;
    }
    before += i64::try_from(units.len()).ok()?;

    // 2. Those digits, and whether any of the others counts; digits not written are zeros.
    let mut value = 0_u64;
    let mut rest = false;
    for byte in units.bytes().chain(fraction.bytes()) {
        if before > 0 {
            value = value * 10 + u64::from(byte - b'0');
        } else {
            rest |= byte != b'0';
        }
        if value > LIMIT {
            return None;
        }
        before -= 1;
    }
    while before > 0 && value != 0 {
        value *= 10;
        if value > LIMIT {
            return None;
        }
        before -= 1;
    }

    // 3. Towards minus infinity.
    if value == LIMIT && rest {
        return None;
    }
    let value = i64::try_from(value).ok()?;
    Some(if negative {
        -value - i64::from(rest)
    } else {
        value
    })
}
