//! Claims of a token whose signature holds, as the checks read them (RFC 7519 §4.1).

use crate::{
    codec::json::{Json, JsonDefect},
    error::{Code, Place, Result},
    time::UnixTime,
};

/// The greatest plausible time: the year 2286, when seconds get an eleventh digit.
const TIME_LIMIT: i64 = 9_999_999_999;

/// The claims.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claims<'a>(pub Json<'a>);

impl<'a> Claims<'a> {
    /// Reads a payload.
    pub(super) fn read(payload: &'a [u8]) -> Result<Self> {
        match Json::parse(payload) {
            Ok(claims) if claims.is_object() => Ok(Self(claims)),
            Err(JsonDefect::TooLarge) => Err(Code::JwtTooLarge.at(Place::Payload)),
            _ => Err(Code::JwtMalformed.at(Place::Payload)),
        }
    }

    pub(super) fn get(self, place: Place) -> Option<Json<'a>> {
        self.0.get(place.as_str())
    }

    pub(super) fn is(self, place: Place, expected: &str) -> bool {
        self.get(place).is_some_and(|value| value.is_text(expected))
    }

    #[allow(clippy::unused_self, reason = "reads as a sentence where it is used")]
    pub(super) fn demand(self, holds: bool, code: Code, place: Place) -> Result<()> {
        if holds { Ok(()) } else { Err(code.at(place)) }
    }

    /// A `NumericDate` (RFC 7519 §2), which may have a fraction.
    pub(super) fn time(self, place: Place) -> Result<Option<UnixTime>> {
        let Some(value) = self.get(place) else {
            return Ok(None);
        };
        match value.whole() {
            Some(seconds) if (0..=TIME_LIMIT).contains(&seconds) => Ok(Some(UnixTime(seconds))),
            _ => Err(Code::ClaimType.at(place)),
        }
    }

    /// OIDC Core §2: at most 255 ASCII characters; what is longer names nobody.
    pub(super) fn names_somebody(self) -> bool {
        let subject = self
            .get(Place::Sub)
            .and_then(Json::text)
            .unwrap_or_default();
        !subject.is_empty() && subject.len() <= 255
    }
}
