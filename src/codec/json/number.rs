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
