//! Whether the provider's session is still what it was (OpenID Connect Session Management 1.0), for
//! portals that ask for it.
//!
//! The provider's frame says that something has changed, not what. So nothing ends because of it:
//! the provider is asked in a hidden frame who is signed in, and its answer decides.

use alloc::{boxed::Box, string::String};

use super::{Client, provider::FRESH};
use crate::{
    codec::json::ObjectWriter,
    config::has_openid,
    error::{Code, Place, Said},
    platform::Platform,
    session::Session,
};

impl<P: Platform> Client<P> {
    /// Has the provider's session watched, where it can be. What stands in the way is reported once.
    pub(super) async fn watch_provider(&self) {
        let session = self.session().filter(|_| self.config.monitors_session());
        let Some(session) = session else { return };
        let state = session.session_state();
        if state.is_empty() {
            return;
        }
        let Ok(metadata) = self.metadata(FRESH).await else {
            return;
        };
        let frame = metadata.optional(Place::CheckSessionIframe);
        let watched = match frame {
            Ok(None) => return,
            Ok(Some(url)) => {
                // §3.1: the client's identifier, a space, and what came with the callback
                let mut message = String::from(&*self.config.client_id);
                message.push(' ');
                message.push_str(&state);
                self.platform.watch_provider(&url, &message).await
            }
            Err(error) => Err(error),
        };
        if let Err(error) = watched {
            let is_told = core::mem::replace(&mut self.live.borrow_mut().unwatchable, true);
            if !is_told {
                self.problem(error);
            }
        }
    }

    /// Asks the provider who is signed in there, and ends the session if nobody is, or somebody else.
    pub(super) async fn check_session(&self) {
        let Some(before) = self.session() else {
            return;
        };
        let asked = Box::pin(self.login_as(question(&before), Some(before.subject()))).await;
        let Err(failure) = asked else {
            return;
        };
        // whatever else went wrong says nothing about the user
        let is_over = match failure.error.code() {
            // §3.1: another user there is a logout of the one here
            Code::IdTokenSub => true,
            Code::AuthorizationError => {
                matches!(failure.said.as_deref(), Some(Said::OAuth { error, .. }) if is_absence(error))
            }
            _ => false,
        };
        if is_over
            && self
                .session()
                .is_some_and(|now| now.as_record() == before.as_record())
        {
            self.forget("provider").await;
        }
    }
}

/// The sign-in that goes on from `session`: for its user, whom its ID token names (§3.1) where nobody is asked
/// anything, and for what was granted then.
fn question(session: &Session) -> String {
    let mut options = ObjectWriter::new();
    options.text("mode", "frame");
    let scope = session.scope();
    if has_openid(&scope) {
        options.text("scope", &scope);
    }
    options.finish()
}

/// OpenID Connect Core §3.1.2.6: the provider would have had to ask the user something.
pub(super) fn is_absence(error: &str) -> bool {
    matches!(
        error,
        "login_required"
            | "interaction_required"
            | "account_selection_required"
            | "consent_required"
    )
}
