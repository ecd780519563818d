//! Signed tokens: what must hold for a signature to count. No cryptography happens here.
