//! ECDSA on the three curves of RFC 7518 §3.4 (FIPS 186-5 §6.4.2). Both halves of the range of
//! `s` are good: JOSE does not forbid the higher one.

use alloc::borrow::Cow;
use core::convert::Infallible;

use jwt_compact::Algorithm;
use p256::elliptic_curve::point::AffineCoordinates;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::raw::Raw;
use crate::jose::jwk::{Curve, PublicKey};

/// A curve, with the hash and the length of signatures that its algorithm goes with: r and s,
/// each in the full length of the field.
macro_rules! ecdsa {
    ($algorithm:ident $name:literal: $library:ident, $curve:expr, $hash:ident, $length:literal) => {
        #[doc = concat!("The algorithm `", $name, "`.")]
        pub(super) struct $algorithm;

        impl $algorithm {
            /// The key; `None` if it is of another curve, or its point not on this one.
            pub(super) fn key(key: &PublicKey) -> Option<$library::ecdsa::VerifyingKey> {
                if key.curve() != Some($curve) {
                    return None;
                }
                // not from SEC 1 bytes, which would bring along how to decompress a point
                let point = $library::AffinePoint::from_coordinates(
                    key.x().try_into().ok()?,
                    key.y().try_into().ok()?,
                );
                $library::ecdsa::VerifyingKey::from_affine(point.into_option()?).ok()
            }
        }

        impl Algorithm for $algorithm {
            type SigningKey = Infallible;
            type VerifyingKey = $library::ecdsa::VerifyingKey;
            type Signature = Raw<$length>;

            fn name(&self) -> Cow<'static, str> {
                Cow::Borrowed($name)
            }

            fn sign(&self, never: &Infallible, _: &[u8]) -> Raw<$length> {
                match *never {}
            }

            fn verify_signature(
                &self,
                signature: &Raw<$length>,
                key: &Self::VerifyingKey,
                message: &[u8],
            ) -> bool {
                use $library::ecdsa::{Signature, signature::hazmat::PrehashVerifier};
                let digest = $hash::digest(message);
                Signature::from_slice(&signature.0)
                    .is_ok_and(|signature| key.verify_prehash(&digest, &signature).is_ok())
            }
        }
    };
}

ecdsa!(Es256 "ES256": p256, Curve::P256, Sha256, 64);
ecdsa!(Es384 "ES384": p384, Curve::P384, Sha384, 96);
ecdsa!(Es512 "ES512": p521, Curve::P521, Sha512, 132);
