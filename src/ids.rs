//! Identifiers that look alike and must not be mixed up.

use alloc::string::String;

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// Takes the text in.
            #[must_use]
            pub const fn new(text: String) -> Self {
                Self(text)
            }

            /// The text, compared byte for byte.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

identifier!(
    /// Names a provider (OpenID Connect Core §1.2); compared byte for byte, trailing slash included.
    Issuer
);
identifier!(
    /// Names this application at the provider (RFC 6749 §2.2).
    ClientId
);
