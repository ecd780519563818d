//! Remedies for what known providers are known to say and for each option, in place of a code's own: one
//! table. It is no part of the module; pages load it with the words of the codes.

use crate::error::{Code, Failure, Said};

macro_rules! hints {
    ($($code:ident $piece:literal $remedy:literal)+) => {
        /// Code, a piece of what was said or the place where it arose, remedy. The first that fits counts.
        const HINTS: &[(Code, &str, &str)] = &[$((Code::$code, $piece, $remedy),)+];
    };
}

hints! {
    ConfigInvalid "GitHub" "sign in through a broker or a back end: GitHub speaks no OpenID Connect to pages"
    ConfigInvalid "issuer" "give the issuer as its metadata writes it: https (http on loopback only), without query and fragment"
    ConfigInvalid "clientId" "give the client's identifier at the provider"
    ConfigInvalid "clientSecret" "leave it out and register a public client: no page can keep a secret"
    ConfigInvalid "client_secret" "leave it out and register a public client: no page can keep a secret"
    ConfigInvalid "redirectUri" "give an absolute URL of this page's origin, without a fragment"
    ConfigInvalid "postLogoutRedirectUri" "give an absolute URL of the origin of redirectUri, without a fragment"
    ConfigInvalid "scope" "give scopes of printable ASCII, as one text or a list; a sign-in needs openid among them"
    ConfigInvalid "discoveryUrl" "give an absolute URL: https, or http on loopback where the issuer is there, too"
    ConfigInvalid "metadata" "give an object with the members of the provider's metadata"
    ConfigInvalid "jwks" "give a key set of public keys: { keys: [...] }"
    ConfigInvalid "authorizationParams" "give texts by name, and leave out what the protocol sets itself, as state or redirect_uri"
    ConfigInvalid "resource" "give absolute URIs without a fragment"
    ConfigInvalid "persist" "give memory, tab or device"
    ConfigInvalid "apiOrigins" "give a list of origins without a path, as https://api.example.com; http on loopback only"
    ConfigInvalid "endpointOrigins" "give a list of origins without a path, as https://keys.example.com"
    ConfigInvalid "algorithms" "give a list of asymmetric algorithms: RS, PS or ES with 256, 384 or 512, EdDSA, Ed25519"
    ConfigInvalid "clockTolerance" "give whole seconds from 0 to 300"
    ConfigInvalid "timeout" "give whole seconds from 1 to 120"
    ConfigInvalid "idleTimeout" "give whole seconds from 1 on, or leave it out for no limit"
    ConfigInvalid "idleWarning" "give whole seconds from 0 on"
    ConfigInvalid "maxLifetime" "give whole seconds from 1 on, or leave it out for no limit"
    ConfigInvalid "monitorSession" "give true or false"
    ConfigInvalid "par" "give true or false"
    ConfigInvalid "dpop" "give true or false"
    ConfigInvalid "jarm" "give true or false"
    ConfigInvalid "name" "give a text"
    ConfigInvalid "tenants" "give a list of tenant ids, together with an issuer that holds {tenantid}"
    ConfigInvalid "trustedAudiences" "give a list of texts, as they stand in aud beside this client"
    ConfigInvalid "logoutRedirectParam" "give the name of a parameter, as logout_uri"
    ConfigInvalid "dangerouslyAllowInsecureContext" "give true or false"
    ConfigInvalid "mode" "give redirect, popup or frame"
    ConfigInvalid "returnTo" "give a text: a URL of this origin"
    ConfigInvalid "appState" "give what JSON can express in at most 16 KiB"
    ConfigInvalid "prompt" "give none, login, consent, select_account or create; a frame takes none alone"
    ConfigInvalid "loginHint" "give a text"
    ConfigInvalid "maxAge" "give whole seconds from 0 on"
    ConfigInvalid "acrValues" "give values of printable ASCII, as one text or a list"
    ConfigInvalid "uiLocales" "give a text: language tags, separated by spaces"
    ConfigInvalid "signal" "give the signal of an AbortController, not the controller"
    ConfigInvalid "host, storage" "give objects whose members are functions"
    Unsupported "mode" "use mode redirect or popup: a hidden frame needs a page, and a provider of the page's site"
    Unsupported "navigate" "give host.navigate something that leaves the page, or start the sign-in in one"
    Unsupported "dpop_signing_alg_values_supported" "have the provider take ES256 for DPoP, or leave dpop out"
    Unsupported "dpop" "serve the page over https: a key that cannot be exported needs WebCrypto"
    Unsupported "response_modes_supported" "have the provider answer with query.jwt, or leave jarm out"
    JwtMalformed "response" "have the response signed, not encrypted; at Keycloak, exclude the issuer from responses"
    CallbackModeMismatch "response" "set jarm where the provider signs its responses, and only there"
    DiscoveryInvalid "pushed_authorization_request_endpoint" "leave par out: the provider has no endpoint for it"
    Timeout "mode" "try again; a hidden frame comes to nothing where the provider shows a page: use redirect then"
    UserinfoInvalid "userinfo_endpoint" "use the claims of the ID token: the provider has no userinfo, as Azure AD B2C"
    IdTokenAud "aud" "check clientId, or audience; where the provider adds some on purpose, set trustedAudiences"
    TokenError "AADSTS9002326" "register the redirect URI at Entra as type SPA (single-page application)"
    TokenError "AADSTS7000218" "register the redirect URI at Entra as type SPA (single-page application)"
    TokenError "invalid_dpop_proof" "set this machine's clock; or have the provider ask for nonces, which need none"
    TokenError "client_secret is missing" "use a broker or a back end: Google's web clients need a secret, which no page keeps"
    TokenError "client_secret" "register a public client (single-page application): no page can keep a secret"
    TokenError "unauthorized_client" "check clientId; allow this client the authorization code with PKCE"
    TokenError "invalid_client" "check clientId, and the secret of a server's client; register a page's as public"
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
