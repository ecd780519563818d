//! The requests that checks take, in their order.

use super::findings::{Check, Finding};
use crate::error::Place;

/// A request that a check takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    RedirectUri,
    Discovery,
    Keycloak,
    Token,
    Keys,
    Userinfo,
    Revocation,
    Pushed,
}

/// All of them, in their order.
pub(super) const STEPS: &[Step] = &[
    Step::RedirectUri,
    Step::Discovery,
    Step::Keycloak,
    Step::Token,
    Step::Keys,
    Step::Userinfo,
    Step::Revocation,
    Step::Pushed,
];

impl Step {
    pub(super) const fn check(self) -> Check {
        match self {
            Self::RedirectUri => Check::RedirectUri,
            Self::Discovery => Check::Discovery,
            Self::Keycloak => Check::Keycloak,
            Self::Token => Check::TokenEndpoint,
            Self::Keys => Check::Keys,
            Self::Userinfo => Check::UserinfoEndpoint,
            Self::Revocation => Check::RevocationEndpoint,
            Self::Pushed => Check::ParEndpoint,
        }
    }

    /// The exchange, as a trace and an error call it.
    pub(super) const fn exchange(self) -> Place {
        match self {
            Self::RedirectUri => Place::RedirectUri,
            Self::Discovery | Self::Keycloak => Place::Discovery,
            Self::Token => Place::Token,
            Self::Keys => Place::Jwks,
            Self::Userinfo => Place::Userinfo,
            Self::Revocation => Place::Revoke,
            Self::Pushed => Place::Par,
        }
    }

    /// The endpoint it is about.
    pub(super) const fn place(self) -> Place {
        match self {
            Self::Token => Place::TokenEndpoint,
            Self::Keys => Place::JwksUri,
            Self::Userinfo => Place::UserinfoEndpoint,
            Self::Revocation => Place::RevocationEndpoint,
            Self::Pushed => Place::ParEndpoint,
            _ => Place::None,
        }
    }

    /// What it means that there is an answer, but not for this page.
    pub(super) const fn unreadable(self) -> Finding {
        match self {
            Self::Token => Finding::NoCorsToken,
            Self::Userinfo => Finding::NoCorsUserinfo,
            Self::Revocation => Finding::NoCorsRevocation,
            _ => Finding::NoCors,
        }
    }
}
