//! A signature of one length, as its bytes. Whether they are numbers in range is for the
//! algorithm to say, since that is the same answer: it does not hold.

use alloc::borrow::Cow;
use core::num::NonZeroUsize;

use jwt_compact::AlgorithmSignature;

/// `N` bytes.
pub(super) struct Raw<const N: usize>(pub [u8; N]);

impl<const N: usize> AlgorithmSignature for Raw<N> {
    const LENGTH: Option<NonZeroUsize> = NonZeroUsize::new(N);

    fn try_from_slice(slice: &[u8]) -> anyhow::Result<Self> {
        match slice.try_into() {
            Ok(bytes) => Ok(Self(bytes)),
            Err(_) => Err(anyhow::Error::msg("a signature of another length")),
        }
    }

    fn as_bytes(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.0)
    }
}
