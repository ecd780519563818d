//! What is checked, and what a check can come to where no code of [`crate::error`] says it: two tables.
//!
//! The module tells both by their row. Words are loaded when they are needed, like those of the codes.

use crate::codec::ascii::pieces;

macro_rules! findings {
    ($($variant:ident $word:literal $fine:literal $sentence:literal $remedy:literal)+) => {
        /// What a check came to.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Finding {
            $(#[doc = concat!("`", $word, "`: ", $sentence, ".")] $variant,)+
        }

        impl Finding {
            /// Every finding, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// Whether a portal can live with it; there may be a remedy all the same.
            #[must_use]
            pub const fn is_fine(self) -> bool {
                match self {
                    $(Self::$variant => $fine,)+
                }
            }
        }

        /// Word, sentence and remedy of each row, a line each; no part of the module.
        const FINDINGS: &str = concat!($($word, "\n", $sentence, "\n", $remedy, "\n",)+);
    };
}

macro_rules! checks {
    ($($variant:ident $id:literal)+) => {
        /// What is checked.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Check {
            $(#[doc = concat!("`", $id, "`.")] $variant,)+
        }

        impl Check {
            /// Every check, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];
        }

        /// The id of each row, a line each; no part of the module.
        const CHECKS: &str = concat!($($id, "\n",)+);
    };
}

checks! {
    SecureContext "secure-context"
    WebAssembly "webassembly"
    Inflate "inflate"
    Tabs "tabs"
    Storage "storage"
    StorageSession "storage-session"
    StorageTab "storage-tab"
    Clock "clock"
    RedirectUri "redirect-uri"
    Discovery "discovery"
    Keycloak "keycloak"
    Metadata "metadata"
    Issuer "issuer"
    Pkce "pkce"
    AuthorizationEndpoint "authorization-endpoint"
    EndSessionEndpoint "end-session-endpoint"
    TokenEndpoint "token-endpoint"
    Client "client"
    Keys "keys"
    Algorithms "algorithms"
    UserinfoEndpoint "userinfo-endpoint"
    RevocationEndpoint "revocation-endpoint"
    ParEndpoint "par-endpoint"
    Dpop "dpop"
    Jarm "jarm"
    Csp "csp"
}

impl Check {
    /// Its id, as the page gets it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        line(CHECKS, self as usize)
    }
}

// variant, word, fine, sentence, remedy or `-`
findings! {
    AsItShouldBe "fine" true
        "as it should be" "-"
    // this page
    PlainHttp "plain_http" true
        "plain http, which the options permit: anybody on the way can take over" "serve the portal over https"
    NoWebAssembly "no_webassembly" true
        "this browser has no WebAssembly: the module runs translated to JavaScript" "none needed; it loads more and is slower"
    WebAssemblyForbidden "webassembly_forbidden" true
        "the page's policy forbids WebAssembly: the module runs translated to JavaScript" "add 'wasm-unsafe-eval' to script-src of the Content-Security-Policy"
    CannotInflate "cannot_inflate" true
        "this browser lacks DecompressionStream: the main entry runs translated to JavaScript" "none needed; it loads more and is slower"
    Loses "loses" false
        "what is written cannot be read back" "allow site data for this origin, or mend the storage option"
    NotKept "not_kept" true
        "nothing is kept: persist is \"memory\"" "-"
    NoLocks "no_locks" true
        "no Web Locks here: tabs take turns by a lease in localStorage" "serve the portal over https"
    RedirectServed "redirect_served" true
        "this origin serves it; whether the provider knows it shows only when a sign-in goes there" "register exactly this text at the provider"
    RedirectUnread "redirect_unread" true
        "whether this origin serves it could not be seen" "open it in the browser: it must show the portal"
    RedirectMissing "redirect_missing" false
        "this origin does not serve it" "have the server answer with the portal there, as for its other routes"
    RedirectMoves "redirect_moves" false
        "the server redirects from there, which can cost the answer" "set redirectUri to where it leads, or have the portal answer there"
    ClockUnknown "clock_unknown" true
        "not known before somebody signs in" "-"
    ClockOff "clock_off" false
        "seconds by which the provider's clock is ahead of this machine's" "set this machine's clock; sign-ins succeed up to a day off"
    // what stands between the page and the provider
    Offline "offline" false
        "the browser is offline" "connect, and look again"
    Unreachable "unreachable" false
        "nothing answers there" "check address, DNS, firewall, certificate, and extensions that block requests"
    Forbidden "forbidden" false
        "the page's policy forbids to ask" "add this source to that directive of the Content-Security-Policy"
    NoCors "no_cors" false
        "it answers, but not to pages of this origin (CORS)" "have the provider allow this origin; or pass metadata and jwks in the options"
    NoCorsToken "no_cors_token" false
        "it answers, but not to pages of this origin (CORS): no sign-in can complete" "register this client as a single-page application, with this origin allowed"
    NoCorsUserinfo "no_cors_userinfo" false
        "it answers, but not to pages of this origin (CORS): userinfo() cannot work" "have the provider allow this origin; or use the claims of the ID token"
    NoCorsRevocation "no_cors_revocation" true
        "it answers, but not to pages of this origin (CORS): refresh tokens outlive a sign-out" "have the provider allow this origin"
    RevokesNothing "revokes_nothing" true
        "it lets this client revoke nothing: refresh tokens outlive a sign-out" "have the provider let public clients revoke"
    // the provider's documents
    Given "given" true
        "given by the options: nobody is asked" "-"
    IssuerSlash "issuer_slash" false
        "the provider's differs from the option by the slash at its end" "set issuer to exactly this text"
    IssuerDiffers "issuer_differs" false
        "the provider calls itself something else" "set issuer to exactly this text, and discoveryUrl to the address that was asked"
    IssuerTemplate "issuer_template" false
        "the provider serves many tenants, each an issuer of its own" "set issuer to exactly this text, and tenants to those you let in"
    KeycloakPath "keycloak_path" false
        "Keycloak answers under another path" "set issuer to exactly this text"
    PkceUnannounced "pkce_unannounced" true
        "not announced; S256 is used all the same" "-"
    Absent "absent" true
        "the provider has none" "-"
    AbsentEndSession "absent_end_session" true
        "the provider names none: a sign-out ends the session here alone" "pass metadata.end_session_endpoint if there is one"
    ClientUnsure "client_unsure" true
        "the token endpoint's answer says nothing about this client" "-"
    KeysNone "keys_none" false
        "none of the provider's keys can be used" "have it publish one for signatures: RSA of 2048 bits or more, P-256 or more, Ed25519"
    KeysUnusable "keys_unusable" true
        "some keys are weak, malformed or of an unknown kind, and not used" "have the provider replace RSA keys under 2048 bits"
    KeysPrivate "keys_private" false
        "the provider publishes private keys: whoever reads them can sign in as anybody" "tell the provider at once"
    KeysFitNone "keys_fit_none" false
        "no key fits an algorithm that is accepted" "widen algorithms, or have the provider publish a key for one of them"
    // the policy as a whole
    PolicyForbids "policy_forbids" false
        "the Content-Security-Policy forbids what a sign-in needs" "add what is listed"
    PolicyTranslates "policy_translates" true
        "the Content-Security-Policy forbids what a sign-in can do without" "add what is listed"
}

impl Finding {
    /// The word that stands for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        line(FINDINGS, 3 * self as usize)
    }

    /// What was found, in half a sentence.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        line(FINDINGS, 3 * self as usize + 1)
    }

    /// What to do about it; `-` if nothing.
    #[must_use]
    pub fn remedy(self) -> &'static str {
        line(FINDINGS, 3 * self as usize + 2)
    }
}

fn line(text: &'static str, number: usize) -> &'static str {
    pieces(text, b'\n').nth(number).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Check, Finding};

    #[test]
    fn words_are_unique_and_whatever_is_wrong_has_a_remedy() {
        for (at, finding) in Finding::ALL.iter().enumerate() {
            assert!(
                Finding::ALL
                    .iter()
                    .skip(at + 1)
                    .all(|other| other.as_str() != finding.as_str())
            );
            for text in [finding.sentence(), finding.remedy()] {
                assert!(!text.is_empty() && text.len() <= 100, "{text}");
                assert!(!text.ends_with('.') && text.is_ascii(), "{text}");
            }
            assert!(finding.is_fine() || finding.remedy() != "-");
        }
        assert_eq!(Finding::AsItShouldBe.as_str(), "fine");
        assert_eq!(Finding::PolicyTranslates.as_str(), "policy_translates");
        assert_eq!(
            Check::ALL.first().map(|check| check.as_str()),
            Some("secure-context")
        );
        assert_eq!(Check::Csp.as_str(), "csp");
    }
}
