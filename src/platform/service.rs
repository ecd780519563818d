//! What a connection asks of the machine it runs on, beside [`super::Clock`] and [`super::Random`].

use alloc::{string::String, vec::Vec};

use super::{Clock, Random};
use crate::{
    connection::{
        fault::Result,
        message::{Answer, Request},
    },
    secret::Secret,
};

/// All of it. Implemented by having the parts.
pub trait Service: Network + Secrets + Signer + Vault + Timer + Clock + Random + Console {}
impl<T: Network + Secrets + Signer + Vault + Timer + Clock + Random + Console> Service for T {}

/// Tells whoever runs this.
pub trait Console {
    /// Tells what is not as it should be, though it goes on.
    fn warn(&self, text: &str);
}

/// Sends requests.
#[allow(async_fn_in_trait, reason = "one thread: a page, a worker, a test")]
pub trait Network {
    /// Sends `request` without cookies, cache or referrer, follows no redirect and reads at most
    /// [`crate::connection::message::BODY_LIMIT`] bytes.
    ///
    /// # Errors
    /// `network` if there was no answer, `timeout` if it took longer than `seconds`; 0 is no limit.
    async fn exchange(&self, request: &Request, seconds: u32) -> Result<Answer>;
}

/// Has secrets that the application handed over, or fetches them.
#[allow(async_fn_in_trait, reason = "one thread: a page, a worker, a test")]
pub trait Secrets {
    /// The secret of that name; `None` if there is none.
    ///
    /// # Errors
    /// `config_invalid` if what was to fetch it failed.
    async fn secret(&self, name: &str) -> Result<Option<Secret>>;
}

/// Signs assertions.
#[allow(async_fn_in_trait, reason = "one thread: a page, a worker, a test")]
pub trait Signer {
    /// The JWS signature over `input`; `key` is a JWK, PKCS #8 as PEM, or the secret itself for HMAC.
    /// `None` if the key does not fit or this machine cannot sign so.
    async fn sign(&self, alg: &str, key: &Secret, input: &str) -> Option<Vec<u8>>;
}

/// Keeps tokens where others may share them.
#[allow(async_fn_in_trait, reason = "one thread: a page, a worker, a test")]
pub trait Vault {
    /// Whether there is such a place at all.
    fn is_shared(&self) -> bool;
    /// The text under `key`; `None` also if the place cannot be read.
    ///
    /// # Errors
    /// `storage_unavailable`.
    async fn load(&self, key: &str) -> Result<Option<String>>;
    /// Keeps text; it may be gone after `seconds`, if that is not 0.
    ///
    /// # Errors
    /// `storage_unavailable`.
    async fn keep(&self, key: &str, text: &Secret, seconds: u32) -> Result<()>;
    /// Forgets text.
    ///
    /// # Errors
    /// `storage_unavailable`.
    async fn forget(&self, key: &str) -> Result<()>;
}

/// Waits, and knows the local time.
#[allow(async_fn_in_trait, reason = "one thread: a page, a worker, a test")]
pub trait Timer {
    /// Returns after so many milliseconds.
    ///
    /// # Errors
    /// `aborted` if nobody waits any longer, at once.
    async fn wait(&self, millis: u32) -> Result<()>;
    /// How many minutes the local clock is ahead of UTC.
    fn offset(&self) -> i32;
}
