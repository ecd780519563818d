//! A session: what its tokens allow, until when, and how it is written down. Pure: it is handed
//! the time.

use alloc::string::String;

use crate::{
    codec::json::{Json, ObjectWriter, for_page},
    config::Config,
    jose::jws,
    protocol::{id_token::VerifiedIdToken, token::TokenResponse},
    secret::Secret,
    time::{Seconds, UnixTime},
};

const VERSION: i64 = 1;

/// Tokens of a user whose ID token was verified.
#[derive(Clone, Debug)]
pub struct Session {
    /// The verified ID token, as it came.
    pub id_token: Secret,
    /// Its claims as JSON text, ready for the page.
    pub claims: String,
    /// For APIs and userinfo.
    pub access_token: Secret,
    /// When the access token expires, by the local clock; `None` if the provider did not say.
    pub expires_at: Option<UnixTime>,
    /// For the next access token.
    pub refresh_token: Option<Secret>,
    /// What was granted, space-separated.
    pub scope: String,
    /// How far the provider's clock is ahead of ours.
    pub skew: Seconds,
}

/// What a stored record turned out to be.
#[derive(Debug)]
pub enum Stored {
    /// A session of this very client.
    Session(Session),
    /// Somebody else's, or a newer version's: not touched.
    Foreign,
    /// Nothing that could be read.
    Corrupt,
}

impl Session {
    /// The session a sign-in begins.
    #[must_use]
    pub fn begin(tokens: TokenResponse, id_token: Secret, verified: VerifiedIdToken, asked: &str, now: UnixTime) -> Self {
        Self {
            id_token,
            claims: verified.claims,
            access_token: tokens.access_token,
            expires_at: tokens.expires_in.map(|seconds| now + Seconds(seconds)),
            refresh_token: tokens.refresh_token,
            scope: tokens.scope.unwrap_or_else(|| asked.into()),
            skew: verified.skew,
        }
    }

    /// The session after a refresh: what the answer is silent about stays as it was
    /// (RFC 6749 §6, OpenID Connect Core §12.2).
    #[must_use]
    pub fn refreshed(&self, tokens: TokenResponse, verified: Option<VerifiedIdToken>, now: UnixTime) -> Self {
        let (id_token, claims) = match (tokens.id_token, verified) {
            (Some(id_token), Some(verified)) => (id_token, verified.claims),
            _ => (self.id_token.clone(), self.claims.clone()),
        };
        Self {
            id_token,
            claims,
            access_token: tokens.access_token,
            expires_at: tokens.expires_in.map(|seconds| now + Seconds(seconds)),
            refresh_token: tokens.refresh_token.or_else(|| self.refresh_token.clone()),
            scope: tokens.scope.unwrap_or_else(|| self.scope.clone()),
            skew: self.skew,
        }
    }

    /// Whether the access token is good for `span` more.
    #[must_use]
    pub fn is_valid_for(&self, span: Seconds, now: UnixTime) -> bool {
        self.expires_at.is_none_or(|expires_at| expires_at.since(now) >= span && expires_at > now)
    }

    /// Who is signed in: the ID token's `sub`.
    #[must_use]
    pub fn subject(&self) -> String {
        let claims = Json::parse(self.claims.as_bytes()).ok();
        claims.and_then(|claims| claims.get("sub")?.text().map(Into::into)).unwrap_or_default()
    }

    /// The record to store.
    #[must_use]
    pub fn to_record(&self, config: &Config) -> String {
        let mut record = ObjectWriter::new();
        record
            .whole("v", VERSION)
            .text("issuer", config.issuer.as_str())
            .text("client_id", config.client_id.as_str())
            .text("id_token", self.id_token.expose())
            .text("access_token", self.access_token.expose())
            .text("scope", &self.scope)
            .whole("skew", self.skew.0);
        if let Some(expires_at) = self.expires_at {
            record.whole("expires_at", expires_at.0);
        }
        if let Some(refresh_token) = &self.refresh_token {
            record.text("refresh_token", refresh_token.expose());
        }
        record.finish()
    }

    /// Reads a record. Claims come from the stored ID token alone, so nothing beside it can
    /// change who is signed in.
    #[must_use]
    pub fn read(record: &str, config: &Config) -> Stored {
        let Some(record) = Json::parse(record.as_bytes()).ok().filter(|record| record.is_object()) else {
            return Stored::Corrupt;
        };
        match record.get("v").and_then(Json::whole) {
            Some(VERSION) => {}
            Some(_) => return Stored::Foreign,
            None => return Stored::Corrupt,
        }
        let is = |name, expected: &str| record.get(name).is_some_and(|value| value.is_text(expected));
        if !is("issuer", config.issuer.as_str()) || !is("client_id", config.client_id.as_str()) {
            return Stored::Foreign;
        }
        read_members(record, config).map_or(Stored::Corrupt, Stored::Session)
    }
}

fn read_members(record: Json<'_>, config: &Config) -> Option<Session> {
    let text = |name| record.get(name).and_then(Json::text).map(String::from);
    let whole = |name| match record.get(name) {
        None => Some(None),
        Some(value) => value.whole().map(Some),
    };
    let id_token = text("id_token")?;
    let payload = jws::stored_payload(&id_token)?;
    let claims = Json::parse(&payload).ok()?;
    let us = |value: Json<'_>| value.is_text(config.client_id.as_str());
    let aud = claims.get("aud")?;
    let ours = claims.get("iss")?.is_text(config.issuer.as_str()) && (us(aud) || aud.items().any(us));
    claims.get("sub")?.text().filter(|sub| ours && !sub.is_empty())?;
    Some(Session {
        claims: for_page(claims),
        id_token: Secret::new(id_token),
        access_token: Secret::new(text("access_token").filter(|token| token.bytes().all(|b| matches!(b, b'!'..=b'~')))?),
        expires_at: whole("expires_at")?.map(UnixTime),
        refresh_token: match record.get("refresh_token") {
            None => None,
            Some(token) => Some(Secret::new(token.text()?.into_owned())),
        },
        scope: text("scope")?,
        skew: Seconds(whole("skew")??),
    })
}
