//! A point in time as templates write it.

use alloc::string::String;

/// Now, as the platform told it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub millis: i64,
    /// How many minutes the local clock is ahead of UTC.
    pub offset: i32,
}

impl Moment {
    /// Seconds since 1970.
    #[must_use]
    pub const fn unix(self) -> i64 {
        self.millis.div_euclid(1000)
    }

    /// What a clock on the wall shows, as milliseconds.
    #[must_use]
    pub fn local(self) -> i64 {
        self.millis.saturating_add(i64::from(self.offset) * 60_000)
    }
}

/// `2015-07-16T16:08:10.655`, in the proleptic Gregorian calendar.
#[must_use]
pub fn iso(millis: i64) -> String {
    let days = millis.div_euclid(86_400_000);
    let rest = millis.rem_euclid(86_400_000);
    // Days are counted from the first of March of the year 0, so that a leap day is a year's last.
    let since_march = days + 719_468;
    let era = since_march.div_euclid(146_097);
    let day_of_era = since_march.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let months = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * months + 2) / 5 + 1;
    let month = if months < 10 { months + 3 } else { months - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);

    let mut text = String::new();
    for (value, width, after) in [
        (year, 4, "-"),
        (month, 2, "-"),
        (day, 2, "T"),
        (rest / 3_600_000, 2, ":"),
        (rest / 60_000 % 60, 2, ":"),
        (rest / 1000 % 60, 2, "."),
        (rest % 1000, 3, ""),
    ] {
        pad(&mut text, value, width);
        text.push_str(after);
    }
    text
}

fn pad(text: &mut String, value: i64, width: u32) {
    for place in (0..width).rev() {
        let digit = value.unsigned_abs() / 10_u64.pow(place) % 10;
        text.push(char::from(b'0' + u8::try_from(digit).unwrap_or(0)));
    }
}

#[cfg(test)]
mod tests {
    use super::iso;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (millis, expected) in [
            (0, "1970-01-01T00:00:00.000"),
            (-1, "1969-12-31T23:59:59.999"),
            (951_782_400_000, "2000-02-29T00:00:00.000"),
            (1_437_062_890_655, "2015-07-16T16:08:10.655"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000"),
        ] {
            assert_eq!(iso(millis), expected);
        }
    }
}
