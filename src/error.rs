//! Every way a call can fail: one table, grouped by who is at fault.
//!
//! [`Error`] is `Copy` and one word: a code, the place that failed and an HTTP status. What a
//! provider or an API said beside it travels in [`Failure`]. Neither has room for a token, a
//! code, a verifier or a key: the only text not written here is the provider's own `error`
//! members, cut and kept as inert data.

use alloc::{rc::Rc, string::String};
use core::{fmt, num::NonZeroU32};

use crate::codec::ascii::pieces;

macro_rules! codes {
    ($($variant:ident $code:literal $retryable:literal $sentence:literal $remedy:literal)+) => {
        /// A closed set: what went wrong, in the words of the public contract.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Code {
            $(#[doc = concat!("`", $code, "`: ", $sentence, ".")] $variant,)+
        }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The code that is `row` as a number. The compiler sees that nothing changes, and
            /// needs no table.
            const fn from_row(row: u32) -> Self {
                match row {
                    $(row if row == Self::$variant as u32 => Self::$variant,)+
                    _ => Self::Internal,
                }
            }

            /// Whether the same call can succeed later without anyone changing anything.
            #[must_use]
            pub const fn retryable(self) -> bool {
                match self {
                    $(Self::$variant => $retryable,)+
                }
            }
        }

        /// The code of each row, a line each: one text costs a page less than a table of pointers.
        const CODES: &str = concat!($($code, "\n",)+);

        /// Sentence and remedy of each row, a line each. The module never reads it, so that it is
        /// no part of it: pages load these words when something went wrong.
        const WORDS: &str = concat!($($sentence, "\n", $remedy, "\n",)+);
    };
}

macro_rules! places {
    ($($variant:ident $word:literal)+) => {
        /// Where it arose: an option, a member, a claim, a step. A closed set of words, so that
        /// nothing from outside can end up in a message.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Place {
            /// The code says it all.
            None,
            $(#[doc = concat!("`", $word, "`.")] $variant,)+
        }

        impl Place {
            #[cfg(test)]
            const ALL: &[Self] = &[Self::None, $(Self::$variant,)+];

            const fn from_row(row: u32) -> Self {
                match row {
                    $(row if row == Self::$variant as u32 => Self::$variant,)+
                    _ => Self::None,
                }
            }
        }

        const PLACES: &str = concat!($($word, "\n",)+);
    };
}

// variant, code, retryable, sentence, remedy
codes! {
    // ours to fix: configuration and environment
    ConfigInvalid "config_invalid" false
        "the configuration is not usable" "correct the option named in the message"
    Unsupported "unsupported" false
        "this environment lacks something sign-in needs" "see the message; use a current browser, and allow 'wasm-unsafe-eval' in script-src"
    InsecureContext "insecure_context" false
        "the page was not served securely" "serve it over https or from localhost"
    Entropy "entropy" true
        "no usable randomness" "reload; if it stays, the browser's random source is broken"
    Aborted "aborted" true
        "the call was aborted" "call again when wanted"
    Disposed "disposed" false
        "the client was disposed of" "create a new client"
    Internal "internal" true
        "the module stopped unexpectedly and was started anew" "call again; the stored session is intact; please report it"
    // storage
    StorageUnavailable "storage_unavailable" false
        "the browser blocks storage for this page, or a store that was handed over failed" "allow site data for this page, or see to the store"
    StorageFull "storage_full" true
        "the storage is full" "free space in this origin's storage and try again"
    StorageCorrupt "storage_corrupt" false
        "stored data was damaged and has been removed" "sign in again"
    // transport
    Network "network" true
        "a request got no answer" "check the connection, CORS for this origin, and connect-src of the CSP"
    Timeout "timeout" true
        "the provider did not answer in time" "try again; raise timeout if the provider is slow"
    // discovery and endpoints
    DiscoveryHttp "discovery_http" true
        "the discovery request was refused" "check issuer or discoveryUrl: it must answer 200 without a redirect"
    DiscoveryInvalid "discovery_invalid" false
        "the discovery document is not valid" "have the provider correct the member named in the message"
    DiscoveryIssuerMismatch "discovery_issuer_mismatch" false
        "the discovery document names another issuer" "set issuer to the provider's exact value, trailing slash included"
    DiscoveryTooLarge "discovery_too_large" false
        "the discovery document is too large" "check that discoveryUrl points to provider metadata"
    InsecureEndpoint "insecure_endpoint" false
        "an endpoint is not https" "have the provider offer the endpoint over https"
    PkceUnsupported "pkce_unsupported" false
        "the provider does not offer PKCE with S256" "enable PKCE S256 at the provider"
    EndpointOrigin "endpoint_origin" false
        "an endpoint is on an origin that is not allowed" "name its origin in endpointOrigins, if it is the provider's"
    ParRequired "par_required" false
        "the provider takes pushed authorization requests alone" "set par: true"
    ParHttp "par_http" true
        "the pushed authorization request was refused" "see oauth.error; check the client's registration"
    ParInvalid "par_invalid" false
        "the answer to the pushed authorization request is not valid" "have the provider correct what the message names"
    // the callback
    CallbackMalformed "callback_malformed" false
        "the callback URL is not well-formed" "start the sign-in again"
    CallbackTooLarge "callback_too_large" false
        "the callback URL is too large" "start the sign-in again"
    CallbackDuplicateParam "callback_duplicate_param" false
        "a response parameter came twice" "start the sign-in again"
    CallbackAmbiguous "callback_ambiguous" false
        "the response holds both a code and an error" "start the sign-in again; tell the provider"
    CallbackModeMismatch "callback_mode_mismatch" false
        "the response came in the wrong part of the URL" "have the provider answer in the query"
    CallbackRedirectMismatch "callback_redirect_mismatch" false
        "the callback is not on the redirect URI of this sign-in" "handle callbacks only on redirectUri"
    CallbackUnexpectedToken "callback_unexpected_token" false
        "the callback carries a token that was not asked for" "disable implicit and hybrid flows for this client"
    CallbackContext "callback_context" false
        "the callback runs inside a foreign frame" "forbid framing with frame-ancestors 'self'"
    CallbackStateMissing "callback_state_missing" false
        "the callback carries no state" "start the sign-in again"
    CallbackStateUnknown "callback_state_unknown" false
        "no sign-in in this browser fits the callback" "start the sign-in again"
    CallbackExpired "callback_expired" false
        "the sign-in took too long" "start the sign-in again"
    CallbackIssMissing "callback_iss_missing" false
        "the response does not name its issuer" "start the sign-in again; tell the provider"
    CallbackIssMismatch "callback_iss_mismatch" false
        "the response comes from another issuer" "start the sign-in again"
    JarmIss "jarm_iss" false
        "the signed response comes from another issuer" "start the sign-in again; tell the provider"
    JarmAud "jarm_aud" false
        "the signed response is for another client" "check clientId; tell the provider"
    JarmExp "jarm_exp" false
        "the signed response is no longer valid, or not yet" "start the sign-in again; set this machine's clock"
    AuthorizationError "authorization_error" false
        "the provider refused the sign-in" "see oauth.error; offer the sign-in again"
    // the token endpoint
    TokenHttp "token_http" true
        "the token endpoint failed" "try again later"
    TokenError "token_error" false
        "the token endpoint refused the request" "see oauth.error; check the client's registration"
    TokenInvalid "token_invalid" false
        "the token response is not valid" "have the provider correct what the message names"
    TokenTooLarge "token_too_large" false
        "the token response is too large" "have the provider issue smaller tokens"
    TokenTypeUnsupported "token_type_unsupported" false
        "the token type is not the one that was asked for" "have the provider issue bearer tokens to this client; or set dpop"
    DpopDowngrade "dpop_downgrade" false
        "the tokens are not bound to this browser's key" "enable DPoP at the provider, or leave dpop out"
    DpopKeyLost "dpop_key_lost" false
        "the key that the tokens are bound to is gone" "call login(): a new key comes with it"
    DpopNonceInvalid "dpop_nonce_invalid" false
        "a nonce was demanded for DPoP, and none came that can be used" "have the server send one DPoP-Nonce, named in Access-Control-Expose-Headers"
    DpopNonceLoop "dpop_nonce_loop" true
        "a nonce was demanded for DPoP again" "have the server accept the nonce that it gave last"
    IdTokenMissing "id_token_missing" false
        "the token response holds no ID token" "ask for the scope openid; check the client's registration"
    RefreshIdToken "refresh_id_token" false
        "the refreshed ID token does not continue the session" "sign in again"
    SessionExpired "session_expired" false
        "the provider ended the session" "sign in again"
    LoginRequired "login_required" false
        "only a sign-in can help" "call login(); have a connection authorized anew"
    // JWT, keys
    JwtMalformed "jwt_malformed" false
        "the token is not a well-formed JWT" "have the provider correct its tokens"
    JwtTooLarge "jwt_too_large" false
        "the token is too large" "have the provider issue smaller tokens"
    JwtAlg "jwt_alg" false
        "the token's algorithm is not accepted" "sign with an asymmetric algorithm the options and metadata allow"
    JwtCrit "jwt_crit" false
        "the token demands an unknown extension" "have the provider issue tokens without crit"
    JwtTyp "jwt_typ" false
        "the token is of another kind" "pass the kind of token that is asked for"
    JwtSignature "jwt_signature" false
        "the token's signature is wrong" "do not trust the token; sign in again"
    JwksHttp "jwks_http" true
        "the provider's keys could not be fetched" "check jwks_uri; or pass jwks"
    JwksInvalid "jwks_invalid" false
        "the provider's key set is not valid" "have the provider correct it; or pass jwks"
    JwksTooLarge "jwks_too_large" false
        "the provider's key set is too large" "check that jwks_uri points to a key set"
    JwksMissing "jwks_missing" false
        "the provider names no key set" "pass jwks, or metadata with a jwks_uri"
    JwksNoKey "jwks_no_key" true
        "no published key fits the token" "try again; the provider may be rotating its keys"
    // ID-token claims
    ClaimType "claim_type" false
        "a claim has the wrong type" "have the provider correct the claim named in the message"
    IdTokenIss "id_token_iss" false
        "the token comes from another issuer" "set issuer to the provider's exact value"
    IdTokenAud "id_token_aud" false
        "the token is meant for somebody else" "check clientId, or audience"
    IdTokenAzp "id_token_azp" false
        "the ID token was issued to another client" "check clientId"
    IdTokenExp "id_token_exp" false
        "the token has expired" "sign in again; check this machine's clock"
    IdTokenIat "id_token_iat" false
        "the token's issue time is not plausible" "check this machine's clock"
    IdTokenNbf "id_token_nbf" false
        "the token is not valid yet" "check this machine's clock"
    IdTokenNonce "id_token_nonce" false
        "the ID token answers another request, or none" "start the sign-in again; if that fails, too, the provider loses the nonce"
    IdTokenSub "id_token_sub" false
        "the token names nobody" "have the provider send a valid sub"
    IdTokenAtHash "id_token_at_hash" false
        "the access token does not belong to the ID token" "start the sign-in again"
    IdTokenAuthTime "id_token_auth_time" false
        "the user signed in too long ago, or nobody says when" "call login() with prompt: \"login\"; leave maxAge out where the provider has no auth_time"
    IdTokenAcr "id_token_acr" false
        "the sign-in was weaker than asked for" "enable the asked acr at the provider"
    // userinfo and APIs
    UserinfoSubMismatch "userinfo_sub_mismatch" false
        "userinfo speaks of another user" "do not use the answer; sign in again"
    UserinfoUnauthorized "userinfo_unauthorized" false
        "userinfo refused the access token" "get another by forceRefresh; or sign in again, with the scope openid"
    UserinfoInvalid "userinfo_invalid" false
        "the userinfo answer is not valid" "check userinfo_endpoint at the provider"
    OriginNotAllowed "origin_not_allowed" false
        "the URL's origin may not receive the token" "add the origin to apiOrigins if it is trusted"
    StepUpRequired "step_up_required" false
        "the API asks for a stronger sign-in" "call login() with the error's acrValues and maxAge"
    // windows, navigation, logout
    PopupBlocked "popup_blocked" false
        "the browser blocked the popup" "call login() directly in a click handler"
    PopupClosed "popup_closed" true
        "the popup was closed before the sign-in finished" "offer the sign-in again"
    ReturnToRejected "return_to_rejected" false
        "returnTo is not on this origin" "pass a same-origin URL"
    RedirectLoop "redirect_loop" false
        "the sign-in keeps coming back without success" "look at the causes; offer a button instead of an automatic sign-in"
    LogoutState "logout_state" false
        "the logout answer does not fit the request" "none needed: the local sign-out stands"
    LogoutToken "logout_token" false
        "the logout token cannot be acted upon" "answer 400; have the provider correct what the message names"
    // third-party-initiated login
    InitiateIss "initiate_iss" false
        "the sign-in was initiated for another issuer" "check initiate_login_uri at the provider"
}

places! {
    Options "options"
    Issuer "issuer"
    ClientId "clientId"
    ClientSecret "clientSecret"
    ClientSecretParameter "client_secret"
    RedirectUri "redirectUri"
    PostLogoutRedirectUri "postLogoutRedirectUri"
    Scope "scope"
    DiscoveryUrl "discoveryUrl"
    Metadata "metadata"
    Jwks "jwks"
    AuthorizationParams "authorizationParams"
    Resource "resource"
    Persist "persist"
    ApiOrigins "apiOrigins"
    Algorithms "algorithms"
    ClockTolerance "clockTolerance"
    Timeout "timeout"
    Name "name"
    AllowInsecureContext "dangerouslyAllowInsecureContext"
    IdleTimeout "idleTimeout"
    IdleWarning "idleWarning"
    MaxLifetime "maxLifetime"
    MonitorSession "monitorSession"
    Mode "mode"
    ReturnTo "returnTo"
    AppState "appState"
    LocalOnly "localOnly"
    Audience "audience"
    Crypto "crypto"
    Now "now"
    Prompt "prompt"
    LoginHint "loginHint"
    MaxAge "maxAge"
    AcrValues "acrValues"
    UiLocales "uiLocales"
    Discovery "discovery"
    Token "token"
    Refresh "refresh"
    Revoke "revoke"
    ContentType "content-type"
    Json "JSON"
    Object "JSON object"
    Body "body"
    Url "url"
    Query "query"
    Fragment "fragment"
    Parameter "parameter"
    State "state"
    Code "code"
    Response "response"
    AuthorizationEndpoint "authorization_endpoint"
    TokenEndpoint "token_endpoint"
    JwksUri "jwks_uri"
    UserinfoEndpoint "userinfo_endpoint"
    EndSessionEndpoint "end_session_endpoint"
    RevocationEndpoint "revocation_endpoint"
    CheckSessionIframe "check_session_iframe"
    ResponseTypes "response_types_supported"
    ChallengeMethods "code_challenge_methods_supported"
    Error "error"
    AccessToken "access_token"
    RefreshToken "refresh_token"
    IdToken "id_token"
    TokenType "token_type"
    ExpiresIn "expires_in"
    Header "header"
    Payload "payload"
    Signature "signature"
    Zip "zip"
    Cty "cty"
    Kid "kid"
    Typ "typ"
    Alg "alg"
    Keys "keys"
    Iss "iss"
    Sub "sub"
    Aud "aud"
    Azp "azp"
    Exp "exp"
    Iat "iat"
    Nbf "nbf"
    Nonce "nonce"
    AuthTime "auth_time"
    Acr "acr"
    AtHash "at_hash"
    Userinfo "userinfo"
    Session "session"
    GitHub "GitHub"
    Tenants "tenants"
    TrustedAudiences "trustedAudiences"
    EndpointOrigins "endpointOrigins"
    PushedRequests "require_pushed_authorization_requests"
    ParEndpoint "pushed_authorization_request_endpoint"
    Par "par"
    RequestUri "request_uri"
    Dpop "dpop"
    Sid "sid"
    Jti "jti"
    Events "events"
    DpopAlgorithms "dpop_signing_alg_values_supported"
    LogoutRedirectParam "logoutRedirectParam"
    Tid "tid"
    Navigate "navigate"
    Jarm "jarm"
    ResponseModes "response_modes_supported"
}

impl Code {
    /// The code as the contract spells it, e.g. `token_error`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        line(CODES, self as usize)
    }

    /// What went wrong, in half a sentence.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        line(WORDS, 2 * self as usize)
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(self) -> &'static str {
        line(WORDS, 2 * self as usize + 1)
    }

    /// The failure at `place`.
    #[must_use]
    pub const fn at(self, place: Place) -> Error {
        Error(NonZeroU32::MIN.saturating_add((place as u32) << 8 | self as u32))
    }
}

impl Place {
    /// The word; empty for [`Place::None`].
    #[must_use]
    pub fn as_str(self) -> &'static str {
        (self as usize)
            .checked_sub(1)
            .map_or("", |row| line(PLACES, row))
    }
}

fn line(text: &'static str, number: usize) -> &'static str {
    pieces(text, b'\n').nth(number).unwrap_or_default()
}

/// The highest bit of an error, above its status.
const FOR_GOOD: u32 = 1 << 31;

/// A code, where it arose, and an HTTP status: one word of memory, with nothing from outside. The
/// status is its upper half, so that a constant without one is a small number, which is short.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Error(NonZeroU32);

impl Error {
    /// What went wrong.
    #[must_use]
    pub fn code(self) -> Code {
        Code::from_row(self.word() & 0xff)
    }

    /// Where it arose.
    #[must_use]
    pub fn place(self) -> Place {
        Place::from_row(self.word() >> 8 & 0xff)
    }

    /// The HTTP status that caused it, else 0.
    #[must_use]
    pub const fn status(self) -> u16 {
        ((self.word() & !FOR_GOOD) >> 16) as u16
    }

    /// The same failure, caused by an answer with `status`, which is an HTTP status or 0.
    #[must_use]
    pub const fn with_status(self, status: u16) -> Self {
        let word = (self.word() & 0xffff) | (status as u32) << 16;
        Self(NonZeroU32::MIN.saturating_add(word))
    }

    /// The same failure of a call that used up what it was made with.
    #[must_use]
    pub const fn for_good(self) -> Self {
        Self(NonZeroU32::MIN.saturating_add(self.word() | FOR_GOOD))
    }

    /// Whether the same call can succeed later: an endpoint that failed may recover; one that said no
    /// with a client error will not.
    #[must_use]
    pub fn is_retryable(self) -> bool {
        let status = self.status();
        let refused = (300..500).contains(&status) && status != 408 && status != 429;
        self.code().retryable() && !refused && self.word() & FOR_GOOD == 0
    }

    const fn word(self) -> u32 {
        self.0.get() - 1
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code().as_str())?;
        f.write_str(" at ")?;
        f.write_str(self.place().as_str())
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        code.at(Place::None)
    }
}

/// The result of everything that can only fail for reasons of its own.
pub type Result<T> = core::result::Result<T, Error>;

/// An [`Error`] with what the other side said about it. Cheap to clone, so that callers who
/// shared one request share its failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The code, the place and the status.
    pub error: Error,
    /// The other side's words, if any.
    pub said: Option<Rc<Said>>,
}

/// Data from an error response; inert text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// `error`, `error_description` and `error_uri` (RFC 6749 §4.1.2.1 and §5.2), each cut at 1 kB.
    OAuth {
        /// The provider's error code, e.g. `access_denied`.
        error: String,
        /// Text for a developer; never markup to render.
        description: Option<String>,
        /// A page about the error; never followed.
        uri: Option<String>,
    },
    /// The demands of a step-up challenge (RFC 9470 §3).
    StepUp {
        /// Acceptable authentication contexts, best first, space-separated.
        acr_values: String,
        /// Greatest allowed age of the sign-in, in seconds.
        max_age: Option<u32>,
    },
    /// The codes of what failed before, oldest first, space-separated.
    Causes(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, said: None }
    }
}

impl From<Code> for Failure {
    fn from(code: Code) -> Self {
        Self::from(Error::from(code))
    }
}

impl Failure {
    /// `error` together with what the other side said.
    #[must_use]
    pub fn said(error: Error, said: Said) -> Self {
        Self {
            error,
            said: Some(Rc::new(said)),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::{Code, Place};

    #[test]
    fn an_error_gives_back_what_it_was_made_of() {
        for code in Code::ALL {
            for place in Place::ALL {
                for status in [0, 200, 404, u16::MAX >> 1] {
                    let error = code.at(*place).with_status(status);
                    assert_eq!(
                        (error.code(), error.place(), error.status()),
                        (*code, *place, status)
                    );
                    let over = error.for_good();
                    assert_eq!(
                        (over.code(), over.place(), over.status()),
                        (*code, *place, status)
                    );
                    assert!(!over.is_retryable());
                }
            }
        }
    }

    #[test]
    fn what_can_succeed_later_is_what_nobody_said_no_to() {
        let hopeful: Vec<_> = Code::ALL.iter().filter(|code| code.retryable()).collect();
        let hopeful: Vec<_> = hopeful.iter().map(|code| code.as_str()).collect();
        assert_eq!(
            hopeful.join(" "),
            "entropy aborted internal storage_full network timeout discovery_http par_http token_http dpop_nonce_loop \
             jwks_http jwks_no_key popup_closed"
        );
        for code in [Code::DiscoveryHttp, Code::TokenHttp, Code::JwksHttp] {
            for (status, expected) in [
                (0, true),
                (200, true),
                (299, true),
                (302, false),
                (400, false),
                (404, false),
                (408, true),
                (429, true),
                (499, false),
                (500, true),
                (503, true),
            ] {
                let error = code.at(Place::None).with_status(status);
                assert_eq!(error.is_retryable(), expected, "{error:?}, {status}");
            }
        }
        let refused = Code::TokenError.at(Place::None).with_status(503);
        assert!(!refused.is_retryable());
    }

    #[test]
    fn every_row_has_its_own_lines() {
        assert_eq!(Code::ConfigInvalid.as_str(), "config_invalid");
        assert_eq!(Code::InitiateIss.as_str(), "initiate_iss");
        assert_eq!(
            Code::InitiateIss.remedy(),
            "check initiate_login_uri at the provider"
        );
        assert_eq!(
            (
                Place::None.as_str(),
                Place::Options.as_str(),
                Place::Tid.as_str()
            ),
            ("", "options", "tid")
        );
    }

    #[test]
    fn codes_are_unique_and_every_text_is_short_plain_and_unfinished() {
        for (at, code) in Code::ALL.iter().enumerate() {
            assert!(
                Code::ALL
                    .iter()
                    .skip(at + 1)
                    .all(|other| other.as_str() != code.as_str())
            );
            for text in [code.sentence(), code.remedy()] {
                assert!(!text.is_empty() && text.len() <= 100, "{text}");
                assert!(!text.ends_with('.') && text.is_ascii(), "{text}");
            }
        }
    }
}
