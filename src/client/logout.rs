//! Sign-out: here first, which cannot fail; then the refresh token; then the provider.
//!
//! Two sequences, for the first of them needs nothing that a page may be unable to load.

use alloc::{rc::Rc, string::String};
use core::{
    future::poll_fn,
    mem,
    task::{Poll, Waker},
};

use super::{Client, LOGOUT, Outcome, ended::ASKED_FOR, provider::FRESH, trace::Arrow};
use crate::{
    codec::{
        base64url,
        json::{Json, ObjectWriter},
        record::Record,
        url::path_on_origin,
    },
    config::{self, Rule, invalid},
    error::{Code, Place, Result},
    platform::{Platform, draw},
    protocol::{callback::CallbackParams, logout, revoke},
    session::Session,
};

/// How long the page waits for the revocation before it goes on.
const REVOCATION_SECONDS: u32 = 2;

const RULES: &[(Place, Rule)] = &[
    (Place::ReturnTo, Rule::Text),
    (Place::LocalOnly, Rule::Flag),
];

/// What the provider is told once the session is gone from here.
#[derive(Debug, Default)]
pub(super) enum Leaving {
    #[default]
    Nothing,
    /// That this session is over, as the options say.
    Due(Option<Rc<Session>>, Record),
    /// It is being told.
    UnderWay,
}

impl<P: Platform> Client<P> {
    /// Ends the session here, as the JSON text of `LogoutOptions` says; whether [`Self::leave`] is
    /// to follow.
    ///
    /// # Errors
    /// `disposed`, before anything happened; `config_invalid`, after the session has ended.
    pub async fn sign_out(&self, options: String) -> Outcome<bool> {
        if self.live.borrow().disposed {
            return Err(Code::Disposed.into());
        }
        let options = Record::read(options).ok_or(invalid(Place::Options));
        let options = options.and_then(|options| config::check(&options, RULES).map(|()| options));
        let session = self.session();
        self.live.borrow_mut().sign_outs += 1;
        self.note("logout", Arrow::FromPortal, None);
        let outcome = options.map(|options| {
            let goes_on = !options.is_set("localOnly") && self.ensure_usable().is_ok();
            let leaving = &mut self.live.borrow_mut().leaving;
            // a second click is for the same sign-out
            let is_again = session.is_none() && !matches!(leaving, Leaving::Nothing);
            if goes_on && !is_again {
                *leaving = Leaving::Due(session, options);
            }
            goes_on
        });
        self.forget(ASKED_FOR).await;
        Ok(outcome?)
    }

    /// Has the refresh token revoked and sends the page to the provider, if there is where to go.
    /// The sign-out stands whatever comes of it.
    pub async fn leave(&self) {
        let leaving = mem::replace(&mut self.live.borrow_mut().leaving, Leaving::UnderWay);
        let Leaving::Due(session, options) = leaving else {
            self.live.borrow_mut().leaving = leaving;
            return;
        };
        let is_left = self.tell_provider(session, &options).await.is_some();
        if !is_left && matches!(self.live.borrow().leaving, Leaving::UnderWay) {
            self.stay();
        }
    }

    /// The page is not left for a sign-out, as far as anybody can tell.
    pub fn stay(&self) {
        self.live.borrow_mut().leaving = Leaving::Nothing;
        let waiting = mem::take(&mut self.live.borrow_mut().waiting);
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Lets a sign-out leave the page first: a portal that signs in whenever it sees nobody would
    /// overtake it.
    pub(super) async fn let_leave(&self) {
        poll_fn(|context| {
            let mut live = self.live.borrow_mut();
            if matches!(live.leaving, Leaving::Nothing) {
                return Poll::Ready(());
            }
            live.waiting.push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Whether the page is being left.
    async fn tell_provider(&self, session: Option<Rc<Session>>, options: &Record) -> Option<()> {
        let return_to = self.after_logout(options);
        let metadata = self.metadata(FRESH).await.ok()?;
        let refresh_token = session.as_ref().and_then(|session| session.refresh_token());
        if let (Ok(Some(endpoint)), Some(token)) =
            (metadata.optional(Place::RevocationEndpoint), refresh_token)
        {
            // best effort: the sign-out stands whatever the provider says
            let _ = self
                .send(
                    Place::Revoke,
                    revoke::request(&self.config, &endpoint, &token),
                    REVOCATION_SECONDS,
                )
                .await;
        }
        if let Ok(Some(endpoint)) = metadata.optional(Place::EndSessionEndpoint) {
            let id_token = session.and_then(|session| session.id_token());
            // who does not follow the standard sends none back
            let state = return_to
                .as_deref()
                .filter(|_| self.config.logout_redirect_param().is_none())
                .and_then(|uri| self.logout_state(uri).ok());
            // if it is not kept, the answer is not looked for: the sign-out stands all the same
            let _ = self.platform.push().await;
            self.note("end-session", Arrow::ToProvider, None);
            let url = logout::url(
                &endpoint,
                &self.config,
                id_token.as_ref(),
                return_to.as_deref(),
                state.as_deref(),
            );
            return self.leave_for(&url).ok();
        }
        None
    }

    /// Where the provider sends the user afterwards: what was asked for if it is on this origin.
    fn after_logout(&self, options: &Record) -> Option<String> {
        if let Some(asked) = options.get("returnTo").and_then(Json::text) {
            if let Some(path) = path_on_origin(&asked, &self.config.origin) {
                let mut url = self.config.origin.clone();
                url.push_str(&path);
                return Some(url);
            }
            self.problem(Code::ReturnToRejected.at(Place::ReturnTo));
        }
        self.config.post_logout_redirect_uri()
    }

    /// A state for the way back to `return_to`, remembered so that it can be recognised there.
    fn logout_state(&self, return_to: &str) -> Result<String> {
        let state = base64url::encode(&draw(&self.platform)?);
        let mut record = ObjectWriter::new();
        record.text("state", &state).text("redirect_uri", return_to);
        self.save(LOGOUT, Some(&record.finish()))?;
        Ok(state)
    }

    /// Recognises the provider's answer to a sign-out on the page it was to come to. One that
    /// does not fit is reported and changes nothing: the sign-out has happened long before.
    pub(super) fn finish_logout(&self) -> Option<()> {
        let record = self.record(LOGOUT)?;
        let page = self.platform.location()?;
        let params = CallbackParams::parse(&page).ok()?;
        if params.is_on(&record.text("redirect_uri")) {
            let _ = self.save(LOGOUT, None);
            let state = params.state().ok();
            if state == Some(&*record.text("state")) {
                self.platform.replace_location(&params.clean_url());
            } else if !state.is_some_and(|state| self.has_issued(state)) {
                // nor is it the answer to a sign-in, which may come to the same page
                self.problem(Code::LogoutState.into());
            }
        }
        Some(())
    }
}
