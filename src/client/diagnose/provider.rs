//! The checks for which the provider, and the portal's own server, are asked: which request each
//! takes, and what its answer means.

use alloc::string::String;

use super::{
    checks::{Checks, enter},
    findings::{Check, Finding},
    keys::{check_algorithms, check_keys},
    steps::Step,
};
use crate::{
    client::Client,
    codec::{ascii::before, form::Form, json::Json, url::WebUrl},
    config::discovery_url_of,
    error::{Code, Failure, Place, Result, Said},
    platform::{Platform, Probed},
    protocol::{
        discovery::{self, ProviderMetadata},
        http::{HttpRequest, HttpResponse},
        jwks, token, userinfo,
    },
    secret::Secret,
    time::Seconds,
};

/// What is sent in place of a code, a verifier or a token: long enough for each, and nobody's.
const MADE_UP: &str = "portcullis-asks-what-this-endpoint-says-to-nobody";

/// What the steps so far have brought.
#[derive(Debug, Default)]
pub(super) struct Learned {
    metadata: Option<ProviderMetadata>,
    /// Where Keycloak may be, if discovery failed.
    keycloak: Option<String>,
    /// How many answers in a row did not come in time.
    pub(super) silences: u32,
}

impl Learned {
    pub(super) fn note_silence(&mut self, answer: &Result<HttpResponse>) {
        self.silences = match answer {
            Err(error) if error.code() == Code::Timeout => self.silences + 1,
            _ => 0,
        };
    }
}

impl<P: Platform> Client<P> {
    /// The request of a step, if it takes one; what is known without is added to `checks`.
    pub(super) fn request_of(
        &self,
        step: Step,
        learned: &mut Learned,
        checks: &mut Checks,
    ) -> Option<HttpRequest> {
        match step {
            Step::RedirectUri => Some(HttpRequest::get(self.config.redirect_uri.clone())),
            Step::Discovery => {
                if !ProviderMetadata::is_configured(&self.config) {
                    return Some(discovery::request(&self.config));
                }
                checks.found(step.check(), Finding::Given, "");
                learned.metadata = self.read(None, checks);
                None
            }
            Step::Keycloak => {
                let issuer = learned.keycloak.as_deref()?;
                Some(HttpRequest::get(discovery_url_of(issuer)))
            }
            Step::Pushed if !self.config.pushes_requests() => None,
            _ => self.request_to(step, learned.metadata.as_ref()?, checks),
        }
    }

    /// The request to an endpoint, if the provider has it.
    fn request_to(
        &self,
        step: Step,
        metadata: &ProviderMetadata,
        checks: &mut Checks,
    ) -> Option<HttpRequest> {
        if step == Step::Keys
            && let Some(keys) = &self.config.keys
        {
            checks.found(step.check(), Finding::Given, "");
            check_algorithms(metadata, keys, checks);
            return None;
        }
        let endpoint = match metadata.optional(step.place()) {
            Ok(Some(endpoint)) => endpoint,
            Ok(None) => {
                match step {
                    Step::Token | Step::Pushed => {
                        checks.is(step.check(), metadata.required(step.place()).map(drop));
                    }
                    Step::Keys => checks.is(step.check(), Err(Code::JwksMissing.at(step.place()))),
                    _ => checks.found(step.check(), Finding::Absent, ""),
                }
                return None;
            }
            Err(error) => {
                checks.is(step.check(), Err(error));
                return None;
            }
        };
        let mut form = Form::new();
        form.push("client_id", &self.config.client_id);
        match step {
            Step::Keys => return Some(jwks::request(&endpoint)),
            Step::Userinfo => {
                // some providers tell strangers nothing at all
                let token = self.session().map(|session| session.access_token());
                let token = token.unwrap_or_else(|| Secret::new(MADE_UP.into()));
                return Some(userinfo::request(&endpoint, &token));
            }
            Step::Token => form
                .push("grant_type", "authorization_code")
                .push("code", MADE_UP)
                .push("redirect_uri", &self.config.redirect_uri)
                .push("code_verifier", MADE_UP),
            Step::Pushed => &mut form,
            _ => form.push("token", MADE_UP),
        };
        let mut request = HttpRequest::post(endpoint, form);
        if step == Step::Token && self.config.binds_tokens() {
            // the browser asks first whether it may send the header
            request.proof = Some(Secret::new(MADE_UP.into()));
        }
        Some(request)
    }

    /// What the answer to a step means; `seen` is what stands between it and the page.
    pub(super) fn judge(
        &self,
        step: Step,
        url: &str,
        answer: Result<HttpResponse>,
        seen: Probed,
        learned: &mut Learned,
        checks: &mut Checks,
    ) {
        let id = step.check();
        // where it is, without what may be in its query
        let place = before(before(url, b'#'), b'?');
        if step == Step::RedirectUri {
            let finding = match answer.map(|response| response.status) {
                Ok(0) => Finding::RedirectMoves,
                Ok(404 | 410 | 500..) => Finding::RedirectMissing,
                Ok(200..300) => Finding::RedirectServed,
                _ => Finding::RedirectUnread,
            };
            return checks.found(id, finding, place);
        }
        if step == Step::Keycloak {
            let document = answer.and_then(|response| discovery::process(&response));
            let issuer = document.map(|document| issuer_of(&document));
            if issuer.as_ref().ok() == learned.keycloak.as_ref() {
                checks.found(id, Finding::KeycloakPath, &issuer.unwrap_or_default());
            }
            return;
        }
        if step == Step::Discovery {
            learned.keycloak = self.keycloak_elsewhere();
        }
        let response = match (answer, seen) {
            (Ok(response), _) => response,
            (_, Probed::Yes) => return checks.found(id, step.unreadable(), place),
            (_, Probed::No) => return checks.found(id, Finding::Unreachable, place),
            (_, Probed::Offline) => return checks.found(id, Finding::Offline, ""),
            (_, Probed::Forbidden(mut entry)) => {
                entry.push(' ');
                entry.push_str(
                    &WebUrl::parse(url)
                        .map(|url| url.origin())
                        .unwrap_or_default(),
                );
                checks.found(id, Finding::Forbidden, &entry);
                if !holds(&checks.forbidden, &entry) {
                    enter(&mut checks.forbidden, &entry);
                }
                return;
            }
            (Err(error), Probed::Unknown) => return checks.is(id, Err(error)),
        };
        match step {
            Step::Discovery => match discovery::process(&response) {
                Ok(document) => {
                    checks.is(id, Ok(()));
                    learned.keycloak = None;
                    learned.metadata = self.read(Some(document), checks);
                }
                Err(error) => checks.is(id, Err(error)),
            },
            Step::Keys => match jwks::process(&response) {
                Ok(keys) => {
                    check_keys(&keys, &response, checks);
                    if let Some(metadata) = &learned.metadata {
                        check_algorithms(metadata, &keys, checks);
                    }
                }
                Err(error) => checks.is(id, Err(error)),
            },
            // whatever is said to something made up is an answer, but not that there is nobody
            _ if matches!(response.status, 0 | 404 | 405 | 500..) => {
                let code = match step {
                    Step::Userinfo => Code::UserinfoInvalid,
                    Step::Pushed => Code::ParHttp,
                    _ => Code::TokenHttp,
                };
                checks.is(id, Err(code.at(Place::None).with_status(response.status)));
            }
            // with 200 it may be a page, as a proxy or the portal's own server gives it to everybody
            Step::Token => match token::process(&response, &[], self.config.binds_tokens()).err() {
                Some(failure) if response.status == 200 && failure.said.is_none() => {
                    checks.failed(id, &failure);
                }
                failure => {
                    checks.is(id, Ok(()));
                    check_client(failure, checks);
                }
            },
            Step::Revocation if matches!(response.status, 401 | 403) => {
                checks.found(id, Finding::RevokesNothing, "");
            }
            Step::Userinfo if response.status == 401 && self.has_live_token() => {
                let error = Code::UserinfoUnauthorized.at(Place::None);
                checks.is(id, Err(error.with_status(response.status)));
            }
            Step::Userinfo if response.status == 200 => match userinfo::process(&response, "") {
                Err(error) if error.code() == Code::UserinfoInvalid => checks.is(id, Err(error)),
                _ => checks.is(id, Ok(())),
            },
            _ => checks.is(id, Ok(())),
        }
    }

    /// Whether somebody is signed in with an access token that should be good.
    fn has_live_token(&self) -> bool {
        let session = self.session();
        session.is_some_and(|session| self.is_valid_for(&session, Seconds(1)))
    }

    /// Issuer, PKCE and the endpoints nobody is asked about; the metadata if it is all right.
    fn read(&self, document: Option<String>, checks: &mut Checks) -> Option<ProviderMetadata> {
        let issuer = document.as_deref().map(issuer_of).unwrap_or_default();
        let metadata = match ProviderMetadata::read(&self.config, document) {
            Ok(metadata) => metadata,
            Err(error) => {
                match error.code() {
                    Code::DiscoveryIssuerMismatch => self.judge_issuer(&issuer, checks),
                    Code::PkceUnsupported => checks.is(Check::Pkce, Err(error)),
                    _ => checks.is(Check::Metadata, Err(error)),
                }
                return None;
            }
        };
        checks.is(Check::Issuer, Ok(()));
        if metadata.announces_pkce() {
            checks.is(Check::Pkce, Ok(()));
        } else {
            checks.found(Check::Pkce, Finding::PkceUnannounced, "");
        }
        checks.is(
            Check::AuthorizationEndpoint,
            metadata
                .authorization_endpoint(self.config.pushes_requests())
                .map(drop),
        );
        if self.config.binds_tokens() {
            let takes_proofs = metadata.takes_proofs().then_some(());
            checks.is(
                Check::Dpop,
                takes_proofs.ok_or(Code::Unsupported.at(Place::DpopAlgorithms)),
            );
        }
        if self.config.takes_signed_responses() {
            let signs = metadata.signs_responses().then_some(());
            checks.is(
                Check::Jarm,
                signs.ok_or(Code::Unsupported.at(Place::ResponseModes)),
            );
        }
        match metadata.optional(Place::EndSessionEndpoint) {
            Ok(None) => checks.found(Check::EndSessionEndpoint, Finding::AbsentEndSession, ""),
            endpoint => checks.is(Check::EndSessionEndpoint, endpoint.map(drop)),
        }
        Some(metadata)
    }

    /// How the provider's issuer differs from ours.
    fn judge_issuer(&self, issuer: &str, checks: &mut Checks) {
        let finding = if bare(issuer) == bare(&self.config.issuer) {
            Finding::IssuerSlash
        } else if holds(issuer, "/{tenantid}/") {
            Finding::IssuerTemplate
        } else {
            Finding::IssuerDiffers
        };
        checks.found(Check::Issuer, finding, issuer);
    }

    /// Keycloak lives below `/auth`, or did until its version 17: the issuer at the other one.
    fn keycloak_elsewhere(&self) -> Option<String> {
        let issuer = WebUrl::parse(&self.config.issuer)?;
        let mut other = issuer.origin();
        if issuer.path().starts_with("/realms/") {
            other.push_str("/auth");
            other.push_str(issuer.path());
        } else {
            other.push_str(issuer.path().strip_prefix("/auth")?);
        }
        Some(other)
    }
}

/// What the refusal of a made-up code says about the client.
fn check_client(failure: Option<Failure>, checks: &mut Checks) {
    let id = Check::Client;
    if let Some(failure) = failure
        && let Some(Said::OAuth {
            error, description, ..
        }) = failure.said.as_deref()
    {
        // what providers say of clients that must have a secret, or are not for pages
        let description = description.as_deref().unwrap_or_default();
        if matches!(&**error, "invalid_client" | "unauthorized_client")
            || holds(description, "client_secret")
            || holds(description, "AADSTS9002326")
        {
            return checks.failed(id, &failure);
        }
        if error == "invalid_grant" {
            return checks.is(id, Ok(()));
        }
    }
    checks.found(id, Finding::ClientUnsure, "");
}

/// The issuer that a document names.
fn issuer_of(document: &str) -> String {
    let issuer = Json::checked(document).get("issuer").and_then(Json::text);
    issuer.unwrap_or_default().into_owned()
}

fn bare(issuer: &str) -> &str {
    issuer.strip_suffix('/').unwrap_or(issuer)
}

/// Whether a piece of text occurs in another.
fn holds(text: &str, piece: &str) -> bool {
    let mut windows = text.as_bytes().windows(piece.len());
    windows.any(|window| window == piece.as_bytes())
}
