//! ID tokens (OpenID Connect Core §2, §3.1.3.7 and §12.2).
//!
//! The order is typed: an [`UnverifiedIdToken`] shows nothing, a [`SignatureValid`] for it makes
//! its claims readable to the checks, and only what passed them all is a [`VerifiedIdToken`].
//!
//! # Whose clock
//! A token that answers our own nonce is fresh, so a large difference between its `iat` and our
//! clock is our clock's error, not the token's age: times are then judged by the provider's
//! clock. Tokens that answer no nonce use what was learned and teach nothing.

use alloc::string::String;

use crate::{
    codec::{
        base64url,
        json::{Json, for_page},
    },
    error::{Code, Error, Result},
    ids::{ClientId, Issuer},
    jose::{
        alg::{Alg, Algs},
        jws::{Jws, SignatureValid},
    },
    secret::{Secret, constant_time_eq},
    time::{Seconds, UnixTime},
};

/// The longest difference between clocks that is believed: a day.
const SKEW_LIMIT: Seconds = Seconds(24 * 3600);
/// The greatest plausible time: the year 2286, when seconds get an eleventh digit.
const TIME_LIMIT: i64 = 9_999_999_999;

/// A signed token of which nothing has been believed yet.
pub struct UnverifiedIdToken<'a>(Jws<'a>);

/// Claims of a user, verified in full.
#[derive(Debug)]
pub struct VerifiedIdToken {
    /// The claims as JSON text, ready for the page.
    pub claims: String,
    /// How far the provider's clock is ahead of ours; 0 within the tolerance.
    pub skew: Seconds,
}

/// What a token has to say.
#[derive(Debug)]
pub struct Expected<'a> {
    /// Who issued it.
    pub issuer: &'a Issuer,
    /// Whom it is for.
    pub client_id: &'a ClientId,
    /// Which sign-in it answers, or which session it continues.
    pub origin: Origin<'a>,
    /// The access token it came with.
    pub access_token: &'a Secret,
    /// The local time.
    pub now: UnixTime,
    /// How far clocks may differ without a word.
    pub tolerance: Seconds,
}

/// Why there is a token.
#[derive(Debug)]
pub enum Origin<'a> {
    /// It answers a sign-in (§3.1.3.7).
    SignIn {
        /// Its nonce must be this one.
        nonce: &'a Secret,
        /// The greatest age of the user's sign-in that was asked for.
        max_age: Option<i64>,
        /// Acceptable authentication contexts, space-separated, that were asked for.
        acr_values: Option<&'a str>,
    },
    /// It came with a refresh (§12.2).
    Refresh {
        /// The claims of the session's token.
        before: Json<'a>,
        /// How far the provider's clock is ahead of ours, as learned from the sign-in.
        skew: Seconds,
    },
}

impl<'a> UnverifiedIdToken<'a> {
    /// Takes the token apart.
    ///
    /// # Errors
    /// `jwt_malformed`, `jwt_too_large`, `jwt_alg`, `jwt_crit`, `jwt_typ`.
    pub fn parse(token: &'a Secret, algorithms: Algs) -> Result<Self> {
        let jws = Jws::parse(token.expose(), algorithms)?;
        // RFC 8725 §3.11: a token of another kind says so
        if jws.typ().is_some_and(|typ| !typ.eq_ignore_ascii_case("JWT")) {
            return Err(Code::JwtTyp.into());
        }
        Ok(Self(jws))
    }

    /// The token, for whoever checks its signature.
    #[must_use]
    pub fn jws(&self) -> &Jws<'a> {
        &self.0
    }

    /// Checks every claim, in the order of §3.1.3.7; the signature (its step 6) holds already.
    ///
    /// # Errors
    /// `claim_type` and every `id_token_*` code; `refresh_id_token` for whatever is wrong with
    /// the token of a refresh, naming the claim.
    pub fn verify(&self, proof: &SignatureValid, expected: &Expected<'_>) -> Result<VerifiedIdToken> {
        let claims = Json::parse(self.0.payload(proof)).map_err(|_| Code::JwtMalformed.at("payload"))?;
        if !claims.is_object() {
            return Err(Code::JwtMalformed.at("payload"));
        }
        let skew = match &expected.origin {
            Origin::SignIn { .. } => self.check(Claims(claims), expected),
            Origin::Refresh { .. } => self.check(Claims(claims), expected).map_err(|error| Error {
                place: error.code.as_str(),
                ..Code::RefreshIdToken.into()
            }),
        }?;
        Ok(VerifiedIdToken { claims: for_page(claims), skew })
    }

    fn check(&self, claims: Claims<'_>, expected: &Expected<'_>) -> Result<Seconds> {
        // 2. the issuer, byte for byte
        if claims.text("iss", Code::IdTokenIss)? != expected.issuer.as_str() {
            return Err(Code::IdTokenIss.into());
        }
        // 3. meant for us and nobody we do not know
        claims.check_audience(expected.client_id)?;
        // 4. and 5. issued to us
        if let Some(azp) = claims.0.get("azp")
            && !azp.is_text(expected.client_id.as_str())
        {
            return Err(Code::IdTokenAzp.into());
        }
        claims.check_subject()?;
        // 9. and 10. times, by the provider's clock
        let issued_at = claims.time("iat")?.ok_or(Code::IdTokenIat.at("missing"))?;
        let skew = learn_skew(issued_at, expected)?;
        let now = expected.now + skew;
        let expires_at = claims.time("exp")?.ok_or(Code::IdTokenExp.at("missing"))?;
        if now >= expires_at + expected.tolerance {
            return Err(Code::IdTokenExp.into());
        }
        if issued_at > now + expected.tolerance {
            return Err(Code::IdTokenIat.into());
        }
        if claims.time("nbf")?.is_some_and(|nbf| nbf > now + expected.tolerance) {
            return Err(Code::IdTokenNbf.into());
        }
        let auth_time = claims.time("auth_time")?;
        if auth_time.is_some_and(|auth_time| auth_time > now + expected.tolerance) {
            return Err(Code::IdTokenAuthTime.into());
        }
        match &expected.origin {
            Origin::SignIn { nonce, max_age, acr_values } => {
                // 11. answers this very sign-in
                let same = |found: &str| constant_time_eq(found, nonce.expose());
                if !claims.0.get("nonce").and_then(Json::text).is_some_and(|found| same(&found)) {
                    return Err(Code::IdTokenNonce.into());
                }
                // 12. as strong as asked for
                claims.check_acr(*acr_values)?;
                // 13. as recent as asked for
                if let Some(max_age) = max_age {
                    let auth_time = auth_time.ok_or(Code::IdTokenAuthTime.at("missing"))?;
                    if now.since(auth_time) > Seconds(max_age.saturating_add(expected.tolerance.0)) {
                        return Err(Code::IdTokenAuthTime.into());
                    }
                }
            }
            Origin::Refresh { before, .. } => claims.check_continuity(*before)?,
        }
        // §3.1.3.8: the access token that came along, if the token speaks of it
        if let Some(at_hash) = claims.0.get("at_hash")
            && !at_hash.is_text(&half_hash(self.0.alg(), expected.access_token))
        {
            return Err(Code::IdTokenAtHash.into());
        }
        Ok(skew)
    }
}

/// Claims whose signature holds.
#[derive(Clone, Copy)]
struct Claims<'a>(Json<'a>);

impl Claims<'_> {
    fn text(&self, name: &'static str, code: Code) -> Result<String> {
        self.0.get(name).and_then(Json::text).map(Into::into).ok_or(code.at(name))
    }

    /// A `NumericDate` (RFC 7519 §2), which may have a fraction.
    fn time(&self, name: &'static str) -> Result<Option<UnixTime>> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        let plausible = |seconds: &i64| (0..=TIME_LIMIT).contains(seconds);
        value.whole().filter(plausible).map(|seconds| Some(UnixTime(seconds))).ok_or(Code::ClaimType.at(name))
    }

    /// Us, alone; no other audience is trusted.
    fn check_audience(&self, client_id: &ClientId) -> Result<()> {
        let aud = self.0.get("aud").ok_or(Code::IdTokenAud.at("missing"))?;
        let us = |value: Json<'_>| value.is_text(client_id.as_str());
        let alone = us(aud) || (aud.items().next().is_some() && aud.items().all(us));
        if alone { Ok(()) } else { Err(Code::IdTokenAud.into()) }
    }

    /// §2: at most 255 ASCII characters; what is longer names nobody.
    fn check_subject(&self) -> Result<()> {
        let subject = self.text("sub", Code::IdTokenSub)?;
        if subject.is_empty() || subject.chars().count() > 255 { Err(Code::IdTokenSub.into()) } else { Ok(()) }
    }

    fn check_acr(&self, demanded: Option<&str>) -> Result<()> {
        let Some(demanded) = demanded else { return Ok(()) };
        let acr = self.text("acr", Code::IdTokenAcr)?;
        if demanded.split(' ').any(|value| value == acr) { Ok(()) } else { Err(Code::IdTokenAcr.into()) }
    }

    /// §12.2: the same user, and the same sign-in.
    fn check_continuity(&self, before: Json<'_>) -> Result<()> {
        let same = |name: &str| match (self.0.get(name), before.get(name)) {
            (Some(now), Some(before)) => match (now.text(), before.text()) {
                (Some(now), Some(before)) => now == before,
                _ => now.whole() == before.whole(),
            },
            _ => false,
        };
        let same_or_silent = |name: &str| self.0.get(name).is_none() || same(name);
        if !same("sub") {
            return Err(Code::IdTokenSub.into());
        }
        if before.get("auth_time").is_some() && !same_or_silent("auth_time") {
            return Err(Code::IdTokenAuthTime.into());
        }
        if same_or_silent("nonce") { Ok(()) } else { Err(Code::IdTokenNonce.into()) }
    }
}

fn learn_skew(issued_at: UnixTime, expected: &Expected<'_>) -> Result<Seconds> {
    if let Origin::Refresh { skew, .. } = expected.origin {
        return Ok(skew);
    }
    let difference = issued_at.since(expected.now);
    if difference.0.abs() <= expected.tolerance.0 {
        Ok(Seconds(0))
    } else if difference.0.abs() <= SKEW_LIMIT.0 {
        Ok(difference)
    } else {
        Err(Code::IdTokenIat.into())
    }
}

/// The left half of the hash that belongs to the algorithm (§3.1.3.6).
fn half_hash(alg: Alg, access_token: &Secret) -> String {
    let digest = alg.hash().digest(access_token.expose().as_bytes());
    base64url::encode(digest.get(..digest.len() / 2).unwrap_or_default())
}
