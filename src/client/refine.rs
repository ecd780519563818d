//! What an authorization request gets where the options ask for more than its URL: a signature below the answer, the
//! key that the code is bound to, and another way to the provider. All of it is in the late half.

use alloc::string::String;

use super::{Client, Outcome};
use crate::{
    codec::url::WebUrl,
    error::{Code, Place},
    platform::Platform,
    protocol::{discovery::ProviderMetadata, dpop::PublicKey, jarm, par},
};

impl<P: Platform> Client<P> {
    /// Where to go instead of `url`.
    pub(super) async fn refined(
        &self,
        metadata: &ProviderMetadata,
        mut url: String,
    ) -> Outcome<String> {
        if self.config.takes_signed_responses() {
            if !metadata.signs_responses() {
                return Err(Code::Unsupported.at(Place::ResponseModes).into());
            }
            url.push_str("&response_mode=");
            url.push_str(jarm::RESPONSE_MODE);
        }
        if self.config.binds_tokens() {
            if !metadata.takes_proofs() {
                return Err(Code::Unsupported.at(Place::DpopAlgorithms).into());
            }
            let key = self.platform.proof_key(self.name(), true).await?;
            let key = key.and_then(|jwk| PublicKey::read(&jwk));
            let key = key.ok_or(Code::Unsupported.at(Place::Dpop))?;
            // RFC 9449 §10: whoever takes the code away cannot redeem it
            url.push_str("&dpop_jkt=");
            url.push_str(&key.thumbprint());
        }
        if !self.config.pushes_requests() {
            return Ok(url);
        }
        let endpoint = metadata.required(Place::AuthorizationEndpoint)?;
        // behind the endpoint and what parts the two
        let query = url.split_at_checked(endpoint.len() + 1);
        let query: String = query.map(|(_, query)| query.into()).unwrap_or_default();
        let push = metadata.required(Place::ParEndpoint)?;
        let origin = WebUrl::parse(&push).map(|url| url.origin());
        if !self.config.may_have_endpoint(&origin.unwrap_or_default()) {
            return Err(Code::EndpointOrigin.at(Place::ParEndpoint).into());
        }
        let request = par::request(&push, query.clone());
        let answer = self.send(Place::Par, request, self.config.timeout()).await;
        let request_uri = par::process(&answer?, &query)?;
        Ok(par::url(&endpoint, &self.config, &request_uri))
    }
}
