//! Sign-outs that the provider tells of in a frame (OpenID Connect Front-Channel Logout 1.0).

use alloc::{rc::Rc, string::String};

use super::{Client, OVER, Outcome, ended::unnamed, trace::Arrow};
use crate::{
    error::Code, platform::Platform, protocol::callback::CallbackParams, session::Session,
};

impl<P: Platform> Client<P> {
    /// Ends the session that `url` names by `iss` and `sid` (§2), here and in every tab; whether it
    /// named one of this client's provider. Anything else is ignored: anybody can load a URL.
    ///
    /// # Errors
    /// `disposed`, `callback_malformed`, `callback_too_large`, `storage_*`.
    pub async fn front_channel_logout(&self, url: String) -> Outcome<bool> {
        if self.live.borrow().disposed {
            return Err(Code::Disposed.into());
        }
        let params = CallbackParams::parse(&url)?;
        let Some(sid) = params.get("sid").filter(|_| {
            params
                .get("iss")
                .is_some_and(|iss| self.config.is_issuer(iss))
        }) else {
            return Ok(false);
        };
        self.note("front-channel-logout", Arrow::FromProvider, None);
        self.platform.pull(&self.keys).await?;
        // a tab may hold the session in its own memory alone: each looks for itself
        let marked = self.mark(OVER, &unnamed(sid), false);
        let noted = self.platform.push();
        let named = |session: Rc<Session>| session.sid().as_deref() == Some(sid);
        if self.session().is_some_and(named) {
            // the mark names this session, and no other of its user's
            if let Err(error) = self.end("provider", None).await {
                self.problem(error);
            }
        }
        marked.and(noted.await)?;
        self.platform.tell();
        Ok(true)
    }
}
