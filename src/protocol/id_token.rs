//! ID tokens (OpenID Connect Core §2, §3.1.3.7 and §12.2).
//!
//! The order is typed: an [`UnverifiedIdToken`] shows nothing, a [`SignatureValid`] for it makes
//! its claims readable to the checks, and only what passed them all is a [`VerifiedIdToken`].
//!
//! # Whose clock
//! A token that answers our own nonce is fresh, so a large difference between its `iat` and our
//! clock is our clock's error, not the token's age: times are then judged by the provider's
//! clock. Tokens that answer no nonce use what was learned and teach nothing.

use alloc::{string::String, vec::Vec};

use super::claims::Claims;
use crate::{
    codec::{
        ascii::pieces,
        base64url,
        json::{Json, for_page},
    },
    config::Config,
    error::{Code, Place, Result},
    jose::{
        alg::{Algs, Hash},
        jws::{Jws, SignatureValid},
    },
    secret::{Secret, constant_time_eq},
    time::{Seconds, UnixTime},
};

/// The longest difference between clocks that is believed: a day.
pub(super) const SKEW_LIMIT: Seconds = Seconds(24 * 3600);

/// The longest `id_token_hint` that is sent: servers refuse long URLs, and do without.
const HINT_LIMIT: usize = 4096;

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

/// What goes into a URL of an ID token, as `id_token_hint`: nothing if it is too long.
#[must_use]
pub fn hint(id_token: &Secret) -> Option<&str> {
    Some(id_token.expose()).filter(|token| token.len() <= HINT_LIMIT)
}

/// What a token has to say.
#[derive(Debug)]
pub struct Expected<'a> {
    /// Who issues, whom it is for, and how far clocks may differ.
    pub config: &'a Config,
    /// Which sign-in it answers, or which session it continues.
    pub origin: Origin<'a>,
    /// The digest of the access token it came with, under [`UnverifiedIdToken::hash`]; the error
    /// counts only if the token speaks of it.
    pub access_token: Result<Vec<u8>>,
    /// The local time.
    pub now: UnixTime,
}

/// Why there is a token.
#[derive(Debug)]
pub enum Origin<'a> {
    /// It answers a sign-in (§3.1.3.7).
    SignIn {
        /// Its nonce must be this one.
        nonce: &'a str,
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
        if !jws.is_plain_jwt() {
            return Err(Code::JwtTyp.into());
        }
        Ok(Self(jws))
    }

    /// The token, for whoever checks its signature.
    #[must_use]
    pub fn jws(&self) -> &Jws<'a> {
        &self.0
    }

    /// The hash that `at_hash` is made with (§3.1.3.6).
    #[must_use]
    pub const fn hash(&self) -> Hash {
        self.0.alg().hash()
    }

    /// Checks every claim, in the order of §3.1.3.7; the signature (its step 6) holds already.
    ///
    /// # Errors
    /// `claim_type` and every `id_token_*` code; `refresh_id_token` for whatever is wrong with
    /// the token of a refresh, naming the claim, or [`Place::Now`] if that is our clock alone.
    pub fn verify(
        &self,
        proof: &SignatureValid,
        expected: &Expected<'_>,
    ) -> Result<VerifiedIdToken> {
        let claims = Claims::read(self.0.payload(proof))?;
        let checked_at =
            |now| check_issuer(claims, proof, expected).and_then(|()| check(claims, expected, now));
        let skew = checked_at(expected.now).map_err(|error| match expected.origin {
            Origin::SignIn { .. } => error,
            Origin::Refresh { .. } => {
                let issued_at = claims.time(Place::Iat).ok().flatten();
                let is_sound = issued_at.is_some_and(|then| checked_at(then).is_ok());
                let place = if is_sound { Place::Now } else { error.place() };
                Code::RefreshIdToken.at(place)
            }
        })?;
        Ok(VerifiedIdToken {
            claims: for_page(claims.0),
            skew,
        })
    }
}

/// 2. the issuer, byte for byte
fn check_issuer(claims: Claims<'_>, proof: &SignatureValid, expected: &Expected<'_>) -> Result<()> {
    let config = expected.config;
    let iss = claims.get(Place::Iss).and_then(Json::text);
    let iss = iss.unwrap_or_default();
    claims.demand(config.is_issuer(&iss), Code::IdTokenIss, Place::Iss)?;
    // where it has many tenants: the token is of the tenant it says, and so is the key
    if let Some(tenant) = config.tenant_of(&iss) {
        claims.demand(claims.is(Place::Tid, tenant), Code::IdTokenIss, Place::Tid)?;
        let is_its_key = signs_for(config, &iss, proof);
        claims.demand(is_its_key, Code::IdTokenIss, Place::Keys)?;
    }
    // §12.2: a refresh does not lead from one to another
    let Origin::Refresh { before, .. } = expected.origin else {
        return Ok(());
    };
    let same = Claims(before).is(Place::Iss, &iss);
    claims.demand(same, Code::IdTokenIss, Place::Iss)
}

/// Whether the key that signed may sign for `iss`. Where the issuer has many tenants it is that tenant's, or everybody's.
pub(super) fn signs_for(config: &Config, iss: &str, proof: &SignatureValid) -> bool {
    let of_key = proof.issuer().unwrap_or_default();
    config.tenant_of(iss).is_none() || of_key == config.issuer || of_key == iss
}

fn check(claims: Claims<'_>, expected: &Expected<'_>, now: UnixTime) -> Result<Seconds> {
    let config = expected.config;
    let tolerance = config.clock_tolerance();
    // 3. meant for us and nobody we do not know
    claims.demand(is_for(claims, config), Code::IdTokenAud, Place::Aud)?;
    // 4. and 5. issued to us
    let azp = claims.get(Place::Azp).is_none() || claims.is(Place::Azp, &config.client_id);
    claims.demand(azp, Code::IdTokenAzp, Place::Azp)?;
    claims.demand(claims.names_somebody(), Code::IdTokenSub, Place::Sub)?;
    // 9. and 10. times, by the provider's clock
    let issued_at = claims
        .time(Place::Iat)?
        .ok_or(Code::IdTokenIat.at(Place::Iat))?;
    let skew = learn_skew(issued_at.since(now), &expected.origin, tolerance)?;
    let now = now + skew;
    let soon = now + tolerance;
    let expires_at = claims
        .time(Place::Exp)?
        .ok_or(Code::IdTokenExp.at(Place::Exp))?;
    // a token that expires before it was issued was never valid
    let alive = now < expires_at + tolerance && issued_at < expires_at + tolerance;
    claims.demand(alive, Code::IdTokenExp, Place::Exp)?;
    claims.demand(issued_at <= soon, Code::IdTokenIat, Place::Iat)?;
    let not_before = claims.time(Place::Nbf)?;
    claims.demand(
        not_before.is_none_or(|nbf| nbf <= soon),
        Code::IdTokenNbf,
        Place::Nbf,
    )?;
    let auth_time = claims.time(Place::AuthTime)?;
    let mut recent = auth_time.is_none_or(|at| at <= soon);
    match expected.origin {
        Origin::SignIn {
            nonce,
            max_age,
            acr_values,
        } => {
            // 11. answers this very sign-in
            let found = claims
                .get(Place::Nonce)
                .and_then(Json::text)
                .unwrap_or_default();
            let fresh = !nonce.is_empty() && constant_time_eq(found.as_bytes(), nonce.as_bytes());
            claims.demand(fresh, Code::IdTokenNonce, Place::Nonce)?;
            // 12. as strong as asked for
            let strong = acr_values.is_none_or(|values| {
                pieces(values, b' ').any(|value| claims.is(Place::Acr, value))
            });
            claims.demand(strong, Code::IdTokenAcr, Place::Acr)?;
            // 13. as recent as asked for
            if let Some(max_age) = max_age {
                let limit = Seconds(max_age + tolerance.0);
                recent &= auth_time.is_some_and(|at| now.since(at) <= limit);
            }
        }
        Origin::Refresh { before, .. } => {
            // §12.2: the same user, and the same sign-in
            let before = Claims(before);
            let same =
                |place: Place| claims.get(place).map(Json::raw) == before.get(place).map(Json::raw);
            let user = claims.get(Place::Sub).and_then(Json::text)
                == before.get(Place::Sub).and_then(Json::text);
            claims.demand(user, Code::IdTokenSub, Place::Sub)?;
            let party = claims.get(Place::Azp).is_none() || before.get(Place::Azp).is_some();
            claims.demand(party, Code::IdTokenAzp, Place::Azp)?;
            let nonce = claims.get(Place::Nonce).is_none() || same(Place::Nonce);
            claims.demand(nonce, Code::IdTokenNonce, Place::Nonce)?;
            recent &= auth_time.is_none()
                || before.get(Place::AuthTime).is_none()
                || same(Place::AuthTime);
        }
    }
    claims.demand(recent, Code::IdTokenAuthTime, Place::AuthTime)?;
    // §3.1.3.8: the access token that came along, if the token speaks of it
    if let Some(at_hash) = claims.get(Place::AtHash) {
        let digest = expected.access_token.as_deref().map_err(|error| *error)?;
        // the left half
        let half = digest.get(..digest.len() / 2).unwrap_or_default();
        let belongs = at_hash.is_text(&base64url::encode(half));
        claims.demand(belongs, Code::IdTokenAtHash, Place::AtHash)?;
    }
    Ok(skew)
}

/// Us, alone; or beside others that are trusted, if it says to whom it was issued.
fn is_for(claims: Claims<'_>, config: &Config) -> bool {
    let Some(aud) = claims.get(Place::Aud) else {
        return false;
    };
    let us = |one: Json<'_>| one.is_text(&config.client_id);
    let is_issued = claims.get(Place::Azp).is_some();
    us(aud)
        || (aud.items().any(us)
            && aud
                .items()
                .all(|one| us(one) || (is_issued && config.trusts_audience(one))))
}

fn learn_skew(difference: Seconds, origin: &Origin<'_>, tolerance: Seconds) -> Result<Seconds> {
    if let Origin::Refresh { skew, .. } = origin {
        // no nonce, nothing to learn; but a clock that is right again needs no correction
        let is_right = difference.0.abs() <= tolerance.0;
        return Ok(if is_right { Seconds(0) } else { *skew });
    }
    if difference.0.abs() > SKEW_LIMIT.0 {
        return Err(Code::IdTokenIat.at(Place::Iat));
    }
    Ok(if difference.0.abs() > tolerance.0 {
        difference
    } else {
        Seconds(0)
    })
}
