//! The way back where the provider signs its response (JARM). All of it is in the late half.

use super::{Client, dpop::Wanted, provider::FRESH};
use crate::{
    error::{Code, Place, Result},
    platform::Platform,
    protocol::{
        callback::CallbackParams,
        jarm::{Expected, SignedResponse},
        transaction::Transaction,
    },
};

impl<P: Platform> Client<P> {
    /// The callback with what the provider signed in place of what anybody can have written, unless
    /// somebody has signed out meanwhile in this page, where so many had.
    pub(super) async fn signed<'a>(
        &self,
        callback: &CallbackParams<'a>,
        transaction: &Transaction,
        sign_outs: u32,
    ) -> Result<CallbackParams<'a>> {
        // what was asked to be signed counts in no other form
        let response = callback
            .in_query("response")?
            .ok_or(Code::CallbackModeMismatch.at(Place::Response))?;
        let metadata = self.metadata(FRESH).await?;
        let algorithms = metadata.response_algorithms(self.config.algorithms);
        let response = SignedResponse::parse(response, algorithms)?;
        let proof = self.prove(response.jws(), &metadata).await?;
        self.ensure_wanted(Wanted::Since(sign_outs))?;
        let expected = Expected {
            config: &self.config,
            started_at: transaction.started_at(),
            now: self.now(),
        };
        response.verify(&proof, &expected, callback)
    }
}
