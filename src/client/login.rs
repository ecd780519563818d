//! The start of a sign-in: everything the way back needs is fetched and written down before the
//! page is left.

use alloc::{boxed::Box, string::String};
use core::{
    cell::RefCell,
    future::{self, poll_fn},
    pin::pin,
    task::Poll,
};

use super::{Client, Outcome, exchange::Late, trace::Arrow};
use crate::{
    codec::{base64url, record::Record, url::path_on_origin},
    error::{Code, Place, Result},
    platform::{Platform, draw},
    protocol::{
        authorize::{self, LoginOptions, Mode},
        callback::CallbackParams,
        discovery::ProviderMetadata,
        transaction::{self, BACKWARDS, Start},
    },
    time::{Seconds, UnixTime},
};

/// How long what is left of an old sign-in is kept, to tell a late callback from a forged one.
const LEFTOVER: Seconds = Seconds(3600);
/// How old what is known of the provider may be when the page is left.
const ON_LEAVING: Seconds = Seconds(3600);

/// What `work` comes to; `None` if `over` comes first, and `work` is dropped then.
async fn unless<T>(over: impl Future, work: impl Future<Output = T>) -> Option<T> {
    let (mut over, mut work) = (pin!(over), pin!(work));
    poll_fn(|context| match over.as_mut().poll(context) {
        Poll::Ready(_) => Poll::Ready(None),
        Poll::Pending => work.as_mut().poll(context).map(Some),
    })
    .await
}

impl<P: Platform> Client<P> {
    /// Starts a sign-in with the JSON text of `LoginOptions`. It leaves the page, and never
    /// returns unless it fails before that; the way back is [`Self::handle_callback`]. Or it opens
    /// a popup or a hidden frame, and returns what its callback came to.
    ///
    /// # Errors
    /// `config_invalid`, `insecure_context`, `disposed`, `aborted`, `entropy`, `storage_*`, `network`,
    /// `timeout`, `redirect_loop`, `unsupported` if the host does not navigate, every `discovery_*` and
    /// `jwks_*` code; with `par` every `par_*` code; with `jarm` or `dpop` `unsupported` if the provider knows none of
    /// it; with a popup also `popup_*` and those of [`Self::handle_callback`]; with a frame those, and `unsupported` if
    /// the provider is of another site.
    pub fn login(&self, options: String) -> impl Future<Output = Outcome<String>> {
        self.login_as(options, None)
    }

    /// The same for one user: `id_token_sub` if somebody else comes back.
    pub(super) async fn login_as(
        &self,
        options: String,
        subject: Option<String>,
    ) -> Outcome<String> {
        self.ensure_usable()?;
        let options = LoginOptions::parse(options)?;
        let given_up = self.platform.given_up();
        let mode = options.mode();
        // a frame leaves no page
        if mode != Mode::Frame {
            self.ensure_no_loop()?;
        }
        let window = match mode {
            Mode::Redirect => None,
            // before anything is waited for: a click is forgotten soon
            Mode::Popup => Some((self.platform.open_popup()?, transaction::LIFETIME)),
            Mode::Frame => {
                let frame = self.platform.open_frame(&self.config.issuer).await?;
                Some((frame, Seconds(self.config.timeout().into())))
            }
        };
        self.signing_in(1);
        let counts = u32::from(mode != Mode::Frame);
        self.live.borrow_mut().begun += counts;
        let begun = RefCell::default();
        let work = self.enter(&options, subject.as_deref(), window.as_ref(), &begun);
        let over = async {
            given_up.await;
            // who is signed in already, and only not written down yet, is told so
            if self.live.borrow().entered.as_ref() == Some(&*begun.borrow()) {
                future::pending::<()>().await;
            }
        };
        let outcome = unless(over, work).await;
        let mut live = self.live.borrow_mut();
        live.begun = live.begun.saturating_sub(counts);
        drop(live);
        if let Some((window, _)) = window {
            self.platform.close(&window);
        }
        if !matches!(outcome, Some(Ok(_))) {
            self.abandon(&begun.take());
        }
        if let Some(outcome) = outcome {
            self.signing_in(-1);
            return outcome;
        }
        self.change(|live| live.signing_in = 0);
        Err(Code::Aborted.into())
    }

    /// Goes to the provider, in the window if there is one. `begun` is the state of a sign-in that
    /// can still be given up.
    async fn enter(
        &self,
        options: &LoginOptions,
        subject: Option<&str>,
        window: Option<&(P::Window, Seconds)>,
        begun: &RefCell<String>,
    ) -> Outcome<String> {
        let (state, url) = self.authorization_url(options, subject, begun).await?;
        self.note("authorize", Arrow::ToProvider, None);
        if let Some((window, patience)) = window {
            return self.in_window(window, *patience, &state, &url).await;
        }
        self.let_leave().await;
        self.leave_for(&url)?;
        begun.take();
        future::pending().await
    }

    /// Waits for the window's callback and completes the sign-in here, where the session is to be.
    async fn in_window(
        &self,
        window: &P::Window,
        patience: Seconds,
        state: &str,
        url: &str,
    ) -> Outcome<String> {
        let callback = self.platform.visit(window, url, state, patience).await?;
        self.complete_once(&CallbackParams::parse(&callback)?).await
    }

    /// A sign-in that goes no further leaves no secret behind.
    fn abandon(&self, state: &str) {
        if let Some(slot) = transaction::slot(state)
            && self.transaction(state).is_some()
        {
            let _ = self.save(slot, None);
        }
        let mut live = self.live.borrow_mut();
        live.states.retain(|issued| issued != state);
    }

    /// Writes the transaction down and returns its state and where to go.
    async fn authorization_url(
        &self,
        options: &LoginOptions,
        subject: Option<&str>,
        begun: &RefCell<String>,
    ) -> Outcome<(String, String)> {
        if self.config.needs_all() {
            self.platform.complete().await?;
        }
        // and it must still be known when the answer comes
        let metadata = self.metadata(ON_LEAVING).await?;
        metadata.authorization_endpoint(self.config.pushes_requests())?;
        metadata.required(Place::TokenEndpoint)?;
        // an ID token that cannot be verified on the way back is not worth asking for
        self.keys(&metadata, ON_LEAVING).await?;
        self.platform.pull(&self.keys).await?;
        let (state, mut url) = self.begin(options, &metadata, subject)?;
        begun.replace(state.clone());
        self.platform.push().await?;
        if self.config.needs_all() {
            let work: Late<'_, Outcome<String>> = Box::pin(self.refined(&metadata, url));
            url = work.await?;
        }
        Ok((state, url))
    }

    fn begin(
        &self,
        options: &LoginOptions,
        metadata: &ProviderMetadata,
        subject: Option<&str>,
    ) -> Result<(String, String)> {
        // state, nonce and verifier are drawn apart: none can be told from another
        let random = draw(&self.platform)?;
        let slot = self.free_slot(random.first().copied().unwrap_or_default())?;
        let state = transaction::state(slot, &random);
        let acr_values = options.demanded_acr(&self.config);
        let start = Start {
            state: &state,
            nonce: &base64url::encode(&draw(&self.platform)?),
            code_verifier: &base64url::encode(&draw(&self.platform)?),
            redirect_uri: &self.config.redirect_uri,
            token_endpoint: &metadata.required(Place::TokenEndpoint)?,
            iss_required: metadata.names_issuer(),
            in_window: options.mode() != Mode::Redirect,
            signed: self.config.takes_signed_responses(),
            started_at: self.now(),
            max_age: options.demanded_max_age(&self.config),
            acr_values: acr_values.as_deref(),
            subject,
            scope: &options.scope().unwrap_or_else(|| self.config.scope()),
            return_to: &self.return_to(options.return_to().as_deref()),
            app_state: options.app_state(),
        };
        let endpoint = metadata.required(Place::AuthorizationEndpoint)?;
        self.save(slot, Some(&start.to_record()))?;
        self.live.borrow_mut().states.push(state.clone());
        let id_token = self.session().and_then(|session| session.id_token());
        let url = authorize::url(&endpoint, &self.config, options, &start, id_token.as_ref());
        Ok((state, url))
    }

    /// Where to go on afterwards: what was asked for if it is on this origin, else this page.
    fn return_to(&self, asked: Option<&str>) -> String {
        if let Some(asked) = asked {
            if let Some(path) = path_on_origin(asked, &self.config.origin) {
                return path;
            }
            self.problem(Code::ReturnToRejected.at(Place::ReturnTo));
        }
        let page = self.platform.location().unwrap_or_default();
        // a callback page is where it is without its response
        let page = match CallbackParams::parse(&page) {
            Ok(params) if params.is_on(&self.config.redirect_uri) => params.clean_url(),
            _ => page,
        };
        path_on_origin(&page, &self.config.origin).unwrap_or_else(|| "/".into())
    }

    /// A slot for one more sign-in, after clearing out what is too old to matter: an empty one,
    /// searched from a random start so that two tabs rarely meet, else the oldest.
    fn free_slot(&self, start: u8) -> Result<usize> {
        let now = self.now();
        let mut best = (0, UnixTime(i64::MAX));
        for offset in 0..transaction::SLOTS {
            let slot = (usize::from(start) + offset) % transaction::SLOTS;
            let record = self.load(slot)?;
            let is_used = record.is_some();
            let record = record.and_then(Record::read);
            let is_newer = record.as_ref().is_some_and(transaction::is_newer);
            let age = match record.as_ref().and_then(transaction::peek) {
                // where the clock was set back a little it still goes on
                Some((_, at)) if (-BACKWARDS.0..=LEFTOVER.0).contains(&now.since(at).0) => at,
                _ if is_newer => UnixTime(i64::MAX - 1),
                _ => {
                    if is_used {
                        self.save(slot, None)?;
                    }
                    UnixTime(0)
                }
            };
            if age < best.1 {
                best = (slot, age);
            }
        }
        Ok(best.0)
    }
}
