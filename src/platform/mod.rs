//! What the client asks of the machine it runs on: small traits, one idea each.
//!
//! The core decides, a platform does. `web` is the browser's; tests bring a world of their own.

#[cfg(feature = "connect")]
pub mod service;
#[cfg(target_arch = "wasm32")]
pub mod web;

use alloc::{string::String, vec::Vec};

use crate::{
    error::{Code, Result},
    jose::{alg::Hash, jws::SignatureCheck},
    protocol::http::{HttpRequest, HttpResponse},
    time::Seconds,
};

/// All of them. Implemented by having the parts.
pub trait Platform:
    Http
    + Store
    + Clock
    + Random
    + Crypto
    + ProofKeys
    + Parts
    + Navigator
    + Windows
    + Tabs
    + Watch
    + Events
    + Probes
{
}
impl<T> Platform for T where
    T: Http
        + Store
        + Clock
        + Random
        + Crypto
        + ProofKeys
        + Parts
        + Navigator
        + Windows
        + Tabs
        + Watch
        + Events
        + Probes
{
}

/// Sends requests.
pub trait Http {
    /// Sends `request` without cookies, cache or referrer, follows no redirect and reads at most
    /// [`crate::protocol::http::BODY_LIMIT`] bytes.
    ///
    /// # Errors
    /// `network` if there was no answer, `timeout` if it took longer than `seconds`.
    #[allow(async_fn_in_trait, reason = "one thread: a page, a worker, a test")]
    async fn send(&self, request: HttpRequest, seconds: u32) -> Result<HttpResponse>;
}

/// Where a record lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    /// What every tab of the origin may see: pending sign-ins, a provider's metadata and keys.
    Shared,
    /// The session, as long-lived as `persist` says.
    Session,
    /// What this tab alone did.
    Tab,
}

/// Keeps text under keys.
///
/// Reading and writing are immediate, so that what is read and what is decided from it cannot be
/// torn apart. A store that answers later is mirrored: [`Store::pull`] looks at it before a
/// sequence begins, [`Store::push`] waits until it has taken everything.
#[allow(async_fn_in_trait, reason = "one thread: a page, a worker, a test")]
pub trait Store {
    /// The value, or `None` if there is none.
    ///
    /// # Errors
    /// `storage_unavailable`.
    fn get(&self, area: Area, key: &str) -> Result<Option<String>>;
    /// Writes the value whole or not at all; `None` removes it.
    ///
    /// # Errors
    /// `storage_unavailable`, `storage_full`.
    fn set(&self, area: Area, key: &str, value: Option<&str>) -> Result<()>;
    /// Sees what others wrote under `keys`.
    ///
    /// # Errors
    /// `storage_unavailable`.
    async fn pull(&self, keys: &[String]) -> Result<()>;
    /// Returns once everything written is kept. What a sequence depends on it writes last: only
    /// a refusal of the write just before this call is told.
    ///
    /// # Errors
    /// `storage_unavailable`, `storage_full`.
    async fn push(&self) -> Result<()>;
}

/// Tells the time.
pub trait Clock {
    /// Milliseconds since 1970-01-01T00:00:00Z by the machine's wall clock.
    fn millis(&self) -> i64;
    /// Milliseconds since some moment, by a clock that nobody sets. It may stand still while the
    /// machine sleeps.
    fn steady(&self) -> i64;
}

/// Draws randomness fit for secrets.
pub trait Random {
    /// Fills `bytes` from the system's source.
    ///
    /// # Errors
    /// `entropy`.
    fn fill(&self, bytes: &mut [u8]) -> Result<()>;
}

/// Checks signatures, and hashes what they speak of.
#[allow(async_fn_in_trait, reason = "one thread: a page, a worker, a test")]
pub trait Crypto {
    /// Whether the signature holds. A key that cannot be used counts as a signature that does not.
    ///
    /// # Errors
    /// `unsupported` if this machine cannot check such a signature at all.
    async fn verify(&self, check: &SignatureCheck<'_>) -> Result<bool>;
    /// The digest of `data`: 32, 48 or 64 bytes.
    ///
    /// # Errors
    /// `unsupported` if this machine lacks the hash.
    async fn digest(&self, hash: Hash, data: &[u8]) -> Result<Vec<u8>>;
}

/// Keeps keys that tokens are bound to: one P-256 key under each name, for every tab of the origin, and for good.
/// Nobody can export the private half.
#[allow(async_fn_in_trait, reason = "one thread: a page, a worker, a test")]
pub trait ProofKeys {
    /// The public half of a key, as a JWK; `None` if there is no such key and none is to be made.
    ///
    /// # Errors
    /// `unsupported`, `storage_unavailable`, `network` if what does it could not be loaded.
    async fn proof_key(&self, name: &str, make: bool) -> Result<Option<String>>;
    /// The ES256 signature of `input` in base64url, by the key that [`Self::proof_key`] returned.
    ///
    /// # Errors
    /// Those of [`Self::proof_key`], and `dpop_key_lost` if it did not return that key in this page.
    async fn sign(&self, key: &str, input: &str) -> Result<String>;
}

/// Loads what is not there yet of the module.
pub trait Parts {
    /// Loads the late half, and what [`ProofKeys`] takes, unless it is there: from the call on, whether or not
    /// anybody waits.
    ///
    /// # Errors
    /// `network`.
    fn complete(&self) -> impl Future<Output = Result<()>>;
}

/// Knows the page and moves it.
pub trait Navigator {
    /// The page's URL; `None` where there is no page.
    fn location(&self) -> Option<String>;
    /// Whether the page is a secure context.
    fn is_secure(&self) -> bool;
    /// Whether a page of another origin frames this one.
    fn is_framed_by_stranger(&self) -> bool;
    /// Whether this page is in a frame, which nobody need see.
    fn is_framed(&self) -> bool;
    /// Whether the user has just done something here: clicked, pressed a key.
    fn is_user_active(&self) -> bool;
    /// Rewrites the address bar without loading anything.
    fn replace_location(&self, url: &str);
    /// Leaves the page for `url`.
    ///
    /// # Errors
    /// `unsupported`, if whoever does it for the application does not.
    fn navigate(&self, url: &str) -> Result<()>;
    /// Resolves when whoever made the call that is beginning gives it up, or the client is disposed
    /// of. Asked for before anything is awaited.
    #[allow(async_fn_in_trait, reason = "one thread: a page, a worker, a test")]
    async fn given_up(&self);
}

/// Opens windows for sign-ins, and hears from them. The provider may cut every tie between such
/// a window and the page that opened it, so the two meet again by the sign-in's state alone.
#[allow(async_fn_in_trait, reason = "one thread: a page, a worker, a test")]
pub trait Windows {
    /// A window that was opened, or a frame.
    type Window;
    /// Opens an empty window, while the user's click still counts.
    ///
    /// # Errors
    /// `popup_blocked`.
    fn open_popup(&self) -> Result<Self::Window>;
    /// Adds an empty frame to the page, unseen, for a provider of the same site: one of another
    /// would not see its own cookies there.
    ///
    /// # Errors
    /// `unsupported` if `issuer` is of another site.
    async fn open_frame(&self, issuer: &str) -> Result<Self::Window>;
    /// Sends the window to `url` and returns the callback URL that comes back for `state`.
    ///
    /// # Errors
    /// `popup_closed` if the user closed it, `timeout` if nothing came back for so long.
    async fn visit(
        &self,
        window: &Self::Window,
        url: &str,
        state: &str,
        timeout: Seconds,
    ) -> Result<String>;
    /// Closes the window, if it is still there.
    fn close(&self, window: &Self::Window);
    /// Hands the callback URL of this page to the one that waits for `state`, and closes this one
    /// if it was taken; whether it was.
    async fn hand_over(&self, url: &str, state: &str) -> bool;
}

/// Other tabs of this origin, with clients like this one.
#[allow(async_fn_in_trait, reason = "one thread: a page, a worker, a test")]
pub trait Tabs {
    /// A turn; it ends when this is dropped.
    type Turn;
    /// Waits for a turn that no two tabs have at once. A tab that dies loses its turn, and one
    /// that holds it longer than `seconds` is not waited for.
    async fn turn(&self, name: &str, seconds: u32) -> Self::Turn;
    /// Begins to hear what the tabs that know `name` tell each other, and notices when the page
    /// comes back: each is a call of [`crate::client::Client::look`]. Until it is told otherwise.
    fn listen(&self, name: &str);
    /// Asks the other tabs to look at the store.
    fn tell(&self);
    /// The session's record of another tab whose `rank` is above `since`, where every tab has a
    /// store of its own. `None` soon if nobody has one; no text if whoever has one did not answer.
    async fn ask(&self, name: &str, since: i64) -> Option<String>;
    /// Hears no more.
    fn hang_up(&self);
}

/// Watches the time, the user and the provider's session, for portals that ask for it; ends with
/// [`Tabs::hang_up`].
#[allow(async_fn_in_trait, reason = "one thread: a page, a worker, a test")]
pub trait Watch {
    /// Calls [`crate::client::Client::look`] after so many milliseconds or soon after that,
    /// instead of when it was asked for before.
    fn wake_in(&self, millis: i64);
    /// Calls it whenever the user does something, at most once in so many milliseconds.
    fn watch_user(&self, millis: i64);
    /// Calls it once the provider's frame at `url` says that something has changed, when it is
    /// asked `message` now and then (OpenID Connect Session Management §3.1). What is being
    /// watched already goes on as it is; what could not be told once is not asked again.
    ///
    /// # Errors
    /// `unsupported` if the frame is of another site.
    async fn watch_provider(&self, url: &str, message: &str) -> Result<()>;
}

/// Looks at what no request tells; only a diagnosis asks.
pub trait Probes {
    /// What there is to be seen; changes nothing.
    #[allow(async_fn_in_trait, reason = "one thread: a page, a worker, a test")]
    async fn probe(&self, probe: Probe<'_>) -> Probed;
}

/// A question to [`Probes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe<'a> {
    /// Does anything answer at this URL, be it unreadable for this page?
    Reach(&'a str),
    /// May the page compile WebAssembly?
    Compile,
    /// Can the browser inflate?
    Inflate,
    /// Has it Web Locks?
    Locks,
}

/// An answer of [`Probes`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probed {
    /// Yes.
    Yes,
    /// No.
    No,
    /// No, for the browser is not connected.
    Offline,
    /// No, for this directive of the page's Content-Security-Policy forbids it.
    Forbidden(String),
    /// It could not be looked at.
    Unknown,
}

/// Hears what happens.
pub trait Events {
    /// Called after every change; `detail` is JSON text, empty for [`Event::State`].
    fn emit(&self, event: Event, detail: &str);
    /// Warns a developer, in words of this source.
    fn warn(&self, text: &'static str);
}

/// The names of [`Events`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The snapshot of the state changed.
    State,
    /// A sign-in completed.
    SignedIn,
    /// The session ended.
    SignedOut,
    /// New tokens arrived.
    Refreshed,
    /// The session ends soon unless the user does something.
    IdleWarning,
    /// The machine's clock is wrong.
    ClockSkew,
    /// Something failed that no call reports.
    Problem,
}

impl Event {
    /// The name as the contract spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::SignedIn => "signed-in",
            Self::SignedOut => "signed-out",
            Self::Refreshed => "refreshed",
            Self::IdleWarning => "idle-warning",
            Self::ClockSkew => "clock-skew",
            Self::Problem => "problem",
        }
    }
}

/// Draws 32 bytes; refuses a source that returns nothing but zeros.
///
/// # Errors
/// `entropy`.
pub(crate) fn draw(source: &impl Random) -> Result<[u8; 32]> {
    let mut bytes = [0; 32];
    source.fill(&mut bytes)?;
    if bytes == [0; 32] {
        Err(Code::Entropy.into())
    } else {
        Ok(bytes)
    }
}
