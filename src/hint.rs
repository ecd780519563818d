//! Remedies for what known providers are known to say, in place of a code's own: one table. It is no
//! part of the module; pages load it with the words of the codes.

use crate::error::{Code, Failure, Said};

macro_rules! hints {
    ($($code:ident $piece:literal $remedy:literal)+) => {
        /// Code, a piece of what was said or the place where it arose, remedy. The first that fits counts.
        const HINTS: &[(Code, &str, &str)] = &[$((Code::$code, $piece, $remedy),)+];
    };
}

hints! {
    ConfigInvalid "GitHub" "sign in through a broker or a back end: GitHub speaks no OpenID Connect to pages"
    UserinfoInvalid "userinfo_endpoint" "use the claims of the ID token: the provider has no userinfo, as Azure AD B2C"
    TokenError "AADSTS9002326" "register the redirect URI at Entra as type SPA (single-page application)"
    TokenError "AADSTS7000218" "register the redirect URI at Entra as type SPA (single-page application)"
    TokenError "client_secret is missing" "use a broker or a back end: Google's web clients need a secret, which no page keeps"
    TokenError "client_secret" "register a public client (single-page application): no page can keep a secret"
    TokenError "unauthorized_client" "check clientId; allow this client the authorization code with PKCE"
    TokenError "invalid_client" "check clientId; register a public client (single-page application)"
    TokenInvalid "access_token" "ask for a scope of an API: some, as Azure AD B2C, issue no access token without"
}

impl Failure {
    /// What to do about it, in view of what the other side said.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        let place = self.error.place().as_str();
        let (error, description) = match self.said.as_deref() {
            Some(Said::OAuth {
                error, description, ..
            }) => (&**error, description.as_deref().unwrap_or_default()),
            _ => ("", ""),
        };
        HINTS
            .iter()
            .find(|(code, piece, _)| {
                *code == self.error.code()
                    && (place == *piece || error == *piece || description.contains(piece))
            })
            .map_or_else(|| self.error.code().remedy(), |(_, _, remedy)| remedy)
    }
}

#[cfg(test)]
mod tests {
    use super::HINTS;
    use crate::error::{Code, Failure, Place, Said};

    #[test]
    fn remedies_are_short_plain_and_unfinished() {
        for (_, piece, remedy) in HINTS {
            assert!(!piece.is_empty() && remedy.len() <= 100, "{remedy}");
            assert!(!remedy.ends_with('.') && remedy.is_ascii(), "{remedy}");
        }
    }

    #[test]
    fn what_is_not_known_has_the_remedy_of_its_code() {
        let said = |error: &str, description: &str| Said::OAuth {
            error: error.into(),
            description: Some(description.into()),
            uri: None,
        };
        for (code, said) in [
            (Code::TokenError, said("invalid_grant", "the code is old")),
            (Code::SessionExpired, said("invalid_grant", "AADSTS9002326")),
        ] {
            let failure = Failure::said(code.into(), said);
            assert_eq!(failure.remedy(), code.remedy());
        }
        let elsewhere = Failure::from(Code::TokenInvalid.at(Place::ExpiresIn));
        assert_eq!(elsewhere.remedy(), Code::TokenInvalid.remedy());
    }
}
