//! Keys for the RSA that `jwt-compact` brings along (RFC 8017 §8.1.2 and §8.2.2).

use jwt_compact::alg::RsaPublicKey;
use rsa::BigUint;

use crate::jose::jwk::PublicKey;

/// Bits: as many as the key policy allows, which is more than the crate would by itself.
const LONGEST: usize = 8192;

/// The key; `None` if it is no RSA key.
pub(super) fn key(key: &PublicKey) -> Option<RsaPublicKey> {
    let (n, e) = (
        BigUint::from_bytes_be(key.n()),
        BigUint::from_bytes_be(key.e()),
    );
    RsaPublicKey::new_with_max_size(n, e, LONGEST).ok()
}
