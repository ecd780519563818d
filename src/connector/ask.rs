//! What a token is asked for, and what tells it from every other: scope and audience, the client, the user, and
//! whom the secrets speak of that it is got with.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use super::Connector;
use crate::{
    codec::base64url,
    connection::{fault::Result, request::values_of, values::Values},
    jose::alg::sha256,
    platform::service::Service,
    secret::Secret,
};

/// Secrets that say whom a token speaks of: one for one of them is none for another.
const SPOKEN_OF: &[&str] = &["user_name", "subject_token"];
/// Secrets that say so where they are texts. What a function makes is another one each time, of whomever.
const SPOKEN_OF_BY_TEXT: &[&str] = &["assertion", "saml_assertion", "actor_token"];

/// What a token is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Scopes, separated by spaces.
    pub scope: String,
    /// Whom the token is for.
    pub audience: String,
    /// Whom it speaks of: the secrets that say so, as they are now.
    whom: Vec<(&'static str, Secret)>,
}

impl<P: Service + 'static> Connector<P> {
    /// What is asked for by name, else as the data says.
    ///
    /// # Errors
    /// `config_invalid` if a secret cannot be had.
    pub(super) async fn ask(&self, scope: Option<String>, audience: Option<String>) -> Result<Ask> {
        let mut ask = self.ask_for_nobody(scope, audience);
        let fixed = SPOKEN_OF_BY_TEXT.iter().filter(|name| self.is_fixed(name));
        for name in SPOKEN_OF.iter().chain(fixed) {
            if self.is_handed_over(name)
                && let Some(secret) = self.platform.secret(name).await?
            {
                ask.whom.push((name, secret));
            }
        }
        Ok(ask)
    }

    /// Where no secret speaks of a person, or none can be had.
    pub(super) fn ask_for_nobody(&self, scope: Option<String>, audience: Option<String>) -> Ask {
        Ask {
            scope: scope.unwrap_or_else(|| self.definition.scope.clone()),
            audience: audience.unwrap_or_else(|| self.definition.audience.clone()),
            whom: Vec::new(),
        }
    }

    /// Where a token is kept: under what tells it from every other.
    pub(super) fn key(&self, ask: &Ask) -> String {
        let mut more = Vec::from([&*ask.scope, &*ask.audience]);
        for (name, secret) in &ask.whom {
            more.extend([*name, secret.expose()]);
        }
        self.name("", &more)
    }

    /// What a store has something of this user and client under. They, the values of the data, which may be
    /// a tenant, and `more` are hashed.
    pub(super) fn name(&self, kind: &str, more: &[&str]) -> String {
        let url = self.definition.urls.token.as_ref();
        let values = values_of(&self.definition);
        let url = url.and_then(|_| {
            values
                .get("token_url")
                .ok()
                .map(|url| url.real().to_string())
        });
        let whose = [
            self.definition.client_id.as_deref().unwrap_or_default(),
            url.as_deref().unwrap_or_default(),
            &self.settings.user,
        ];
        let mut text = String::new();
        for part in whose.iter().chain(more) {
            add(&mut text, part);
        }
        for (name, value) in &self.definition.values {
            add(&mut text, name);
            add(&mut text, value);
        }
        let hash = base64url::encode(&sha256(text.as_bytes()));
        ["portcullis:", &*self.definition.id, ":", kind, &*hash].concat()
    }

    /// The values of requests for `ask`.
    pub(super) fn values(&self, ask: &Ask) -> Values {
        let mut values = values_of(&self.definition);
        values
            .plain("scope", &ask.scope)
            .plain("audience", &ask.audience);
        // what is sent speaks of whom the token is kept for
        for (name, secret) in &ask.whom {
            if SPOKEN_OF.contains(name) {
                values.secret(name, secret.expose());
            }
        }
        values
    }

    fn is_fixed(&self, name: &str) -> bool {
        self.settings.fixed.iter().any(|fixed| fixed == name)
    }
}

/// A part behind others, so that where it begins is certain.
fn add(text: &mut String, part: &str) {
    text.push_str(&part.len().to_string());
    text.push(':');
    text.push_str(part);
}
