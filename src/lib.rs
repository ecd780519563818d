//! Portcullis signs people in to single-page portals: OpenID Connect authorization code with
//! PKCE, every check on by default, and a session that survives real life.
//!
//! # Map
//! Data goes one way: page → wrapper → bindings → client → protocol (pure) → client → platform.
//!
//! - [`client`]: the sequences (sign-in, callback, refresh, sign-out) over a [`platform`].
//! - [`protocol`]: one file per exchange, each a pair of `request` and `process`. Pure.
//! - [`jose`]: algorithms, keys, signed tokens: what must hold for a signature to count. Pure.
//! - [`session`]: what is stored, what it says about the user, and for how long. Pure.
//! - [`codec`]: strict base64url, form encoding, JSON and URLs. Pure.
//! - `connection`: systems described by data: requests, answers, previews. Pure.
//! - `connector`: their sequences.
//! - [`config`]: options parsed once into types that cannot be wrong.
//! - `verify`: tokens verified alone, and signatures checked in software, for machines that cannot.
//! - [`error`]: the one table of what can go wrong; [`report`] tells the page of it.
//! - `hint`: remedies for what known providers are known to say, and for each option.
//! - [`secret`], [`time`]: values that cannot be printed; points in time without a clock.
//! - [`platform`]: the traits a host implements; `platform::web` is the browser.
//! - `bindings`: what the wrapper calls; wasm32 only, no logic.

#![no_std]

extern crate alloc;
#[cfg(any(not(feature = "module"), feature = "connect"))]
extern crate std;

#[cfg(target_arch = "wasm32")]
mod bindings;
pub mod client;
pub mod codec;
pub mod config;
#[cfg(feature = "connect")]
pub mod connection;
#[cfg(feature = "connect")]
pub mod connector;
pub mod error;
mod hint;
pub mod jose;
pub mod platform;
pub mod protocol;
pub mod report;
pub mod secret;
pub mod session;
pub mod time;
#[cfg(feature = "verify")]
pub mod verify;

/// What only the shipped module has: an allocator, and an end for what must never happen.
#[cfg(all(feature = "module", not(feature = "connect"), target_arch = "wasm32"))]
mod module {
    use lol_alloc::{FreeListAllocator, LockedAllocator};

    /// One list of free blocks, those beside each other joined. It is walked from end to end, which
    /// takes no time where a sequence keeps a few dozen blocks and gives them back.
    #[global_allocator]
    static ALLOCATOR: LockedAllocator<FreeListAllocator> =
        LockedAllocator::new(FreeListAllocator::new());

    #[panic_handler]
    fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
        core::arch::wasm32::unreachable()
    }
}
