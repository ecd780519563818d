//! Tokens verified alone, and signatures checked in software.
//!
//! A [`Verifier`] does what APIs need: it takes a token apart, finds its key, has the signature
//! checked, and judges the claims, all with the code that a sign-in uses. [`software`] is the
//! cryptography for machines that have none of their own, a sign-in's included.

mod keys;
mod options;
mod replays;
pub mod software;

use alloc::{string::String, vec::Vec};

use self::{
    keys::Keys,
    options::{Choice, Options},
    replays::Replays,
};
use crate::{
    codec::json::{ObjectWriter, for_page},
    error::{Code, Result},
    jose::{
        jwks::KeySet,
        jws::{Jws, SignatureCheck, SignatureValid},
    },
    platform::{Clock, Crypto, Http},
    protocol::logout_token::{self, Verified},
    time::UnixTime,
};

/// Verifies tokens, and remembers key sets.
pub struct Verifier<P> {
    platform: P,
    keys: Keys,
    replays: Replays,
}

/// Where the keys are.
#[derive(Clone, Copy, Debug)]
pub enum KeySource<'a> {
    /// The JSON text of a key set.
    Set(&'a str),
    /// A key set's URL.
    Url(&'a str),
}

/// A token whose signature holds.
#[derive(Debug)]
pub struct VerifiedJws {
    /// The header as JSON text, ready for the page.
    pub header: String,
    /// What was signed.
    pub payload: Vec<u8>,
}

impl<P: Http + Clock + Crypto> Verifier<P> {
    /// A verifier that knows no keys yet.
    #[must_use]
    pub fn new(platform: P) -> Self {
        Self {
            platform,
            keys: Keys::new(),
            replays: Replays::default(),
        }
    }

    /// The same where what one call waits for must not be waited for by another: on runtimes that end it with
    /// the request that it is part of. What it has brought is everybody's all the same.
    #[must_use]
    pub const fn on_the_edge(mut self) -> Self {
        self.keys.are_shared = false;
        self
    }

    /// Verifies a signature. `options` is the JSON text of the contract's `VerifyJwsOptions`
    /// without `keys`.
    ///
    /// # Errors
    /// `config_invalid`, `jwt_*`, `jwks_*`, and `unsupported` if the platform's cryptography was
    /// demanded and does not know the algorithm.
    pub async fn jws(
        &self,
        token: &str,
        keys: KeySource<'_>,
        options: String,
    ) -> Result<VerifiedJws> {
        let options = Options::parse(options)?;
        let jws = Jws::parse(token, options.algorithms)?;
        let proof = self.prove(&jws, keys, options.crypto).await?;
        Ok(VerifiedJws {
            header: for_page(jws.header()),
            payload: jws.payload(&proof).into(),
        })
    }

    /// Verifies a signature and judges the claims. `options` is the JSON text of the contract's
    /// `VerifyJwtOptions` without `keys`; the outcome is that of what it promises.
    ///
    /// # Errors
    /// As [`Self::jws`], and `claim_type`, `id_token_*`.
    pub async fn jwt(&self, token: &str, keys: KeySource<'_>, options: String) -> Result<String> {
        let options = Options::parse(options)?;
        let now = UnixTime(self.platform.millis().div_euclid(1000));
        let expected = options.expected(now)?;
        let jws = Jws::parse(token, options.algorithms)?;
        expected.check_typ(&jws)?;
        let proof = self.prove(&jws, keys, options.crypto).await?;
        let mut verified = ObjectWriter::new();
        verified
            .raw("header", &for_page(jws.header()))
            .raw("claims", &expected.verify(&jws, &proof)?);
        Ok(verified.finish())
    }

    /// Verifies a logout token, once. `options` is the JSON text of `VerifyLogoutTokenOptions` without `keys`; the
    /// outcome is that of what it promises.
    ///
    /// # Errors
    /// As [`Self::jwt`], and `logout_token` naming the claim: `jti` if the token has been here before.
    pub async fn logout_token(
        &self,
        token: &str,
        keys: KeySource<'_>,
        options: String,
    ) -> Result<String> {
        let options = Options::parse(options)?;
        let now = UnixTime(self.platform.millis().div_euclid(1000));
        let expected = options.expected(now)?;
        let jws = Jws::parse(token, options.algorithms)?;
        logout_token::check_typ(&jws)?;
        let proof = self.prove(&jws, keys, options.crypto).await?;
        let Verified {
            claims,
            jti,
            expires_at,
        } = logout_token::verify(&jws, &proof, &expected)?;
        self.replays.note(&expected, &jti, expires_at)?;
        let mut verified = ObjectWriter::new();
        verified
            .raw("header", &for_page(jws.header()))
            .raw("claims", &claims);
        Ok(verified.finish())
    }

    async fn prove(
        &self,
        jws: &Jws<'_>,
        keys: KeySource<'_>,
        choice: Choice,
    ) -> Result<SignatureValid> {
        let candidates = match keys {
            KeySource::Set(text) => {
                KeySet::parse(text.as_bytes())?.candidates(jws.alg(), jws.kid())?
            }
            KeySource::Url(url) => self.keys.candidates(&self.platform, url, jws).await?,
        };
        for check in jws.checks(&candidates)? {
            let valid = self.ask(&check, choice).await?;
            if let Some(proof) = check.answered(valid) {
                return Ok(proof);
            }
        }
        Err(Code::JwtSignature.into())
    }

    async fn ask(&self, check: &SignatureCheck<'_>, choice: Choice) -> Result<bool> {
        if choice == Choice::Software {
            return Ok(software::holds(check));
        }
        match self.platform.verify(check).await {
            Err(error) if choice == Choice::Auto && error.code() == Code::Unsupported => {
                Ok(software::holds(check))
            }
            verdict => verdict,
        }
    }
}
