//! No randomness. The RSA crate can also sign and therefore links a random source; checking a
//! signature draws nothing, and what would ask fails.

use getrandom_of_rsa::{Error, register_custom_getrandom};

register_custom_getrandom!(none);

fn none(_: &mut [u8]) -> Result<(), Error> {
    Err(Error::UNSUPPORTED)
}
