//! A session: what its tokens allow, until when, and how it is written down. Pure: it is handed
//! the time.

use alloc::string::String;

use crate::{
    codec::{
        json::{Json, ObjectWriter, for_page},
        record::Record,
    },
    config::Config,
    jose::jws,
    protocol::{
        id_token::VerifiedIdToken,
        token::{TokenResponse, is_token},
    },
    secret::Secret,
    time::{Seconds, UnixTime},
};

const VERSION: i64 = 1;
/// The member that tells the newer of two records.
const RANK: &str = "rank";
/// The member that tells when the tokens came.
const AT: &str = "at";
/// Whether the access token is bound to our key.
const BOUND: &str = "bound";
/// What the provider calls its own session.
const SESSION_STATE: &str = "session_state";

/// Tokens of a user whose ID token was verified.
#[derive(Clone, Debug)]
pub struct Session {
    record: Record,
    /// The claims of the ID token as JSON text, ready for the page.
    pub claims: String,
}

/// What a session has of its sign-in alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beginning<'a> {
    /// When it began, in milliseconds, if it goes on from another one.
    pub began_at: Option<i64>,
    /// What the callback brought.
    pub session_state: Option<&'a str>,
    /// Above that of the session it replaces.
    pub rank: i64,
    /// The last end of a session before it.
    pub last_ended: i64,
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
    /// The session that `tokens` begin, or continue if there is one `before`: what a refresh is
    /// silent about stays as it was (RFC 6749 §6, OpenID Connect Core §12.2). `asked` is the
    /// scope granted unless the answer says otherwise (RFC 6749 §5.1). It is `millis` now. A refresh
    /// has no `beginning`.
    #[must_use]
    pub fn from_tokens(
        config: &Config,
        tokens: &TokenResponse,
        verified: Option<VerifiedIdToken>,
        before: Option<&Self>,
        asked: &str,
        millis: i64,
        beginning: Beginning<'_>,
    ) -> Option<Self> {
        let now = UnixTime(millis / 1000);
        let skew = verified
            .as_ref()
            .map(|verified| verified.skew)
            .or_else(|| before.map(Self::skew));
        let kept = |name| {
            tokens
                .0
                .get(name)
                .or_else(|| before?.record.get(name))
                .and_then(Json::text)
        };
        let mut record = ObjectWriter::new();
        record
            .whole("v", VERSION)
            .text("issuer", &config.issuer)
            .text("client_id", &config.client_id)
            .text("access_token", &tokens.0.text("access_token"))
            .text(
                "scope",
                &tokens
                    .0
                    .get("scope")
                    .and_then(Json::text)
                    .unwrap_or_else(|| asked.into()),
            )
            .whole("skew", skew.unwrap_or(Seconds(0)).0)
            .whole(
                "began_at",
                before.map_or(beginning.began_at.unwrap_or(millis), Self::began_at),
            )
            .whole(
                "last_ended",
                before.map_or(beginning.last_ended, Self::last_ended),
            )
            .whole(RANK, before.map_or(beginning.rank, Self::next_rank))
            .whole(AT, millis);
        for name in &["id_token", "refresh_token"] {
            if let Some(token) = kept(name) {
                record.text(name, &token);
            }
        }
        if let Some(state) = beginning.session_state {
            record.text(SESSION_STATE, state);
        } else if let Some(state) = kept(SESSION_STATE) {
            record.text(SESSION_STATE, &state);
        }
        if tokens.is_bound() {
            record.flag(BOUND, true);
        }
        if let Some(expires_at) = tokens.expires_at(now) {
            record.whole("expires_at", expires_at.0);
        }
        let claims = verified
            .map(|verified| verified.claims)
            .or_else(|| before.map(|before| before.claims.clone()))?;
        Some(Self {
            record: Record::read(record.finish())?,
            claims,
        })
    }

    /// This session with the refresh token of `tokens`, if they hold one, and nothing else of them.
    #[must_use]
    pub fn with_refresh_token(&self, tokens: &TokenResponse) -> Option<Self> {
        let mut record = ObjectWriter::new();
        let name = "refresh_token";
        let rotated = tokens.0.get(name).or_else(|| self.record.get(name));
        for (member, value) in self.record.view().members() {
            if member != name && member != RANK {
                record.raw(&member, value.raw());
            }
        }
        if let Some(token) = rotated {
            record.raw(name, token.raw());
        }
        record.whole(RANK, self.next_rank());
        Some(Self {
            record: Record::read(record.finish())?,
            claims: self.claims.clone(),
        })
    }

    /// Whether the access token is good for `span` more.
    #[must_use]
    pub fn is_valid_for(&self, span: Seconds, now: UnixTime) -> bool {
        self.expires_at()
            .is_none_or(|expires_at| expires_at.since(now) >= span && expires_at > now)
    }

    /// When the access token expires, by the local clock; `None` if the provider did not say.
    #[must_use]
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.record.whole("expires_at").map(UnixTime)
    }

    /// For APIs and userinfo.
    #[must_use]
    pub fn access_token(&self) -> Secret {
        self.record.secret("access_token").unwrap_or_default()
    }

    /// Whether the access token is of use only with a proof of possession (RFC 9449 §7.1).
    #[must_use]
    pub fn is_bound(&self) -> bool {
        self.record.is_set(BOUND)
    }

    /// For the next access token.
    #[must_use]
    pub fn refresh_token(&self) -> Option<Secret> {
        self.record.secret("refresh_token")
    }

    /// The verified ID token, as it came.
    #[must_use]
    pub fn id_token(&self) -> Option<Secret> {
        self.record.secret("id_token")
    }

    /// What was granted, space-separated.
    #[must_use]
    pub fn scope(&self) -> String {
        self.record.text("scope").into_owned()
    }

    /// When the user signed in, by the local clock, in milliseconds since 1970. A refresh does not
    /// change it.
    #[must_use]
    pub fn began_at(&self) -> i64 {
        self.record.whole("began_at").unwrap_or_default()
    }

    /// The last end of a session on this machine when the user signed in: a later one may be theirs.
    #[must_use]
    pub fn last_ended(&self) -> i64 {
        self.record.whole("last_ended").unwrap_or_default()
    }

    /// Grows with every refresh, and further with every sign-in: milliseconds pass faster than
    /// tokens are refreshed.
    #[must_use]
    pub fn rank(&self) -> i64 {
        self.record.whole(RANK).unwrap_or_default()
    }

    fn next_rank(&self) -> i64 {
        self.rank() + 1
    }

    /// When its tokens came, by the local clock, in milliseconds since 1970.
    #[must_use]
    pub fn came_at(&self) -> i64 {
        self.record.whole(AT).unwrap_or_default()
    }

    /// How far the provider's clock is ahead of ours.
    #[must_use]
    pub fn skew(&self) -> Seconds {
        Seconds(self.record.whole("skew").unwrap_or_default())
    }

    /// The claims.
    #[must_use]
    pub fn view(&self) -> Json<'_> {
        Json::checked(&self.claims)
    }

    /// Who is signed in: the ID token's `sub`.
    #[must_use]
    pub fn subject(&self) -> String {
        self.view()
            .get("sub")
            .and_then(Json::text)
            .unwrap_or_default()
            .into_owned()
    }

    /// What the provider calls the session that this one came from, in its own words and opaque
    /// (OpenID Connect Session Management §2); empty if it does not say.
    #[must_use]
    pub fn session_state(&self) -> String {
        self.record.text(SESSION_STATE).into_owned()
    }

    /// What the provider calls that session in a logout (Front-Channel Logout §3): the claim `sid`.
    #[must_use]
    pub fn sid(&self) -> Option<String> {
        Some(self.view().get("sid")?.text()?.into_owned())
    }

    /// The record to store.
    #[must_use]
    pub fn as_record(&self) -> &str {
        self.record.as_str()
    }

    /// Reads a record. Claims come from the stored ID token alone, so nothing beside it can
    /// change who is signed in.
    #[must_use]
    pub fn read(record: String, config: &Config) -> Stored {
        let Some(record) = Record::read(record) else {
            return Stored::Corrupt;
        };
        match record.whole("v") {
            Some(VERSION) if record.text("issuer") != config.issuer => Stored::Foreign,
            Some(VERSION) if record.text("client_id") != config.client_id => Stored::Foreign,
            Some(VERSION) => match read_claims(&record, config) {
                Some(claims) => Stored::Session(Self { record, claims }),
                None => Stored::Corrupt,
            },
            Some(_) => Stored::Foreign,
            None => Stored::Corrupt,
        }
    }
}

fn read_claims(record: &Record, config: &Config) -> Option<String> {
    let payload = jws::payload_of(&record.text("id_token"))?;
    let claims = Json::parse(&payload).ok()?;
    let us = |value: Json<'_>| value.is_text(&config.client_id);
    let aud = claims.get("aud")?;
    let is_ours = config.is_issuer(&claims.get("iss")?.text()?) && (us(aud) || aud.items().any(us));
    let is_whole = |name| record.get(name).is_none_or(|value| value.whole().is_some());
    let is_text = |name| record.get(name).is_none_or(|value| value.text().is_some());
    let is_sound = is_whole("expires_at")
        && is_whole("skew")
        && is_text("refresh_token")
        && is_text("scope")
        && is_token(&record.text("access_token"))
        && claims.get("sub")?.text().is_some_and(|sub| !sub.is_empty());
    if is_ours && is_sound {
        Some(for_page(claims))
    } else {
        None
    }
}
