//! The start of a sign-in: everything the way back needs is fetched and written down before the
//! page is left.

use alloc::string::String;
use core::future;

use super::{Client, Outcome, Party};
use crate::{
    codec::{base64url, url::path_on_origin},
    error::{Code, Result},
    platform::{Area, Platform, draw},
    protocol::{
        authorize::{self, LoginOptions},
        pkce,
        transaction::{self, Transaction},
    },
    secret::Secret,
    time::{Seconds, UnixTime},
};

/// How long what is left of an old sign-in is kept, to tell a late callback from a forged one.
const LEFTOVER: Seconds = Seconds(3600);

impl<P: Platform> Client<P> {
    /// Starts a sign-in with the JSON text of `LoginOptions` and leaves the page: it never
    /// returns unless it fails before that. The way back is [`Self::handle_callback`].
    ///
    /// # Errors
    /// `config_invalid`, `insecure_context`, `disposed`, `entropy`, `storage_*`, `network`,
    /// `timeout`, every `discovery_*` and `jwks_*` code.
    pub async fn login(&self, options: &str) -> Outcome<()> {
        self.ensure_usable()?;
        let options = LoginOptions::parse(options)?;
        self.change(|live| live.signing_in += 1);
        match self.authorization_url(&options).await {
            Ok(url) => {
                self.note("authorize", (Party::Portcullis, Party::Provider), [None, None]);
                self.platform.navigate(&url);
                future::pending().await
            }
            Err(error) => {
                self.change(|live| live.signing_in = live.signing_in.saturating_sub(1));
                Err(error.into())
            }
        }
    }

    /// Writes the transaction down and returns where to go.
    async fn authorization_url(&self, options: &LoginOptions) -> Result<String> {
        let metadata = self.metadata().await?;
        // an ID token that cannot be verified on the way back is not worth asking for
        self.keys(&metadata, false).await?;
        // state, nonce and verifier are drawn apart: none can be told from another
        let state = draw::<32>(&self.platform)?;
        let slot = self.free_slot(state.first().copied().unwrap_or_default()).await?;
        let transaction = Transaction {
            state: transaction::state(slot, &state),
            nonce: Secret::new(base64url::encode(&draw::<32>(&self.platform)?)),
            code_verifier: pkce::code_verifier(&draw::<32>(&self.platform)?),
            redirect_uri: self.config.redirect_uri.as_str().into(),
            token_endpoint: metadata.token_endpoint.clone(),
            iss_required: metadata.iss_parameter_supported,
            started_at: self.now(),
            max_age: authorize::demanded_max_age(options, &self.config),
            acr_values: authorize::demanded_acr(options, &self.config),
            scope: options.scope.clone().unwrap_or_else(|| self.config.scope.clone()),
            return_to: self.return_to(options.return_to.as_deref()),
            app_state: options.app_state.clone().unwrap_or_else(|| "null".into()),
        };
        self.platform.set(Area::Shared, &self.slot_key(slot), &transaction.to_record()).await?;
        self.live.borrow_mut().states.push(transaction.state.clone());
        Ok(authorize::url(&metadata.authorization_endpoint, &self.config, options, &transaction))
    }

    /// Where to go on afterwards: what was asked for if it is on this origin, else this page.
    fn return_to(&self, asked: Option<&str>) -> String {
        let origin = self.config.redirect_uri.origin();
        if let Some(asked) = asked {
            if let Some(path) = path_on_origin(asked, origin) {
                return path;
            }
            self.problem(Code::ReturnToRejected.at("returnTo"));
        }
        let page = self.platform.location();
        page.and_then(|page| path_on_origin(&page, origin)).unwrap_or_else(|| "/".into())
    }

    /// A slot for one more sign-in, after clearing out what is too old to matter: an empty one,
    /// searched from a random start so that two tabs rarely meet, else the oldest.
    async fn free_slot(&self, start: u8) -> Result<usize> {
        let now = self.now();
        let mut best: Option<(usize, UnixTime)> = None;
        for offset in 0..transaction::SLOTS {
            let slot = (usize::from(start) + offset) % transaction::SLOTS;
            let key = self.slot_key(slot);
            let record = self.platform.get(Area::Shared, &key).await?;
            let started_at = record.as_deref().and_then(transaction::peek).map(|(_, started_at)| started_at);
            let kept = started_at.filter(|at| *at <= now && now.since(*at) <= LEFTOVER);
            if record.is_some() && kept.is_none() {
                self.platform.remove(Area::Shared, &key).await?;
            }
            let rank = kept.unwrap_or(UnixTime(i64::MIN));
            if best.is_none_or(|(_, oldest)| rank < oldest) {
                best = Some((slot, rank));
            }
        }
        Ok(best.map_or(0, |(slot, _)| slot))
    }
}
