//! A look at the set-up against the live provider: per check whether it is as it should be. What is
//! wrong and how to mend it is for the wrapper to say, which has the words.

use alloc::string::String;

use super::{Client, Outcome, SESSION, provider::ANEW};
use crate::{
    codec::json::ObjectWriter,
    error::{Code, Place, Result},
    platform::Platform,
    report,
};

/// Checks in the making: a JSON array that is not closed yet.
struct Diagnosis(String);

impl<P: Platform> Client<P> {
    /// The checks of the contract's `Diagnosis` as JSON text, a list: the name of each, and where it
    /// failed the code and the place. Asks the provider anew, whatever is known of it; the session
    /// stays as it is.
    ///
    /// # Errors
    /// `disposed`. What is wrong otherwise is in the answer.
    pub async fn diagnose(&self) -> Outcome<String> {
        let usable = self.ensure_usable();
        if let Err(error) = usable
            && error.code() == Code::Disposed
        {
            return Err(error.into());
        }
        let mut diagnosis = Diagnosis("[".into());
        diagnosis.add("secure-context", usable);
        diagnosis.add("storage", self.check_storage().await);
        if usable.is_err() {
            return Ok(diagnosis.finish());
        }
        let metadata = self.metadata(ANEW).await;
        diagnosis.add(
            "discovery",
            metadata.as_ref().map(drop).map_err(|error| *error),
        );
        if let Ok(metadata) = metadata {
            for (id, place) in [
                ("authorization-endpoint", Place::AuthorizationEndpoint),
                ("token-endpoint", Place::TokenEndpoint),
            ] {
                diagnosis.add(id, metadata.required(place).map(drop));
            }
            let keys = self.keys(&metadata, ANEW).await;
            let usable = keys.and_then(|keys| {
                if keys.is_empty() {
                    Err(Code::JwksNoKey.into())
                } else {
                    Ok(())
                }
            });
            diagnosis.add("keys", usable);
            let none = metadata.algorithms.is_empty();
            diagnosis.add(
                "algorithms",
                if none {
                    Err(Code::JwtAlg.at(Place::Algorithms))
                } else {
                    Ok(())
                },
            );
        }
        let skewed = self.session().is_some_and(|session| session.skew().0 != 0);
        diagnosis.add(
            "clock",
            if skewed {
                Err(Code::IdTokenIat.at(Place::Iat))
            } else {
                Ok(())
            },
        );
        Ok(diagnosis.finish())
    }

    async fn check_storage(&self) -> Result<()> {
        self.platform.pull(&self.keys).await?;
        let record = self.load(SESSION)?;
        self.save(SESSION, record.as_deref())?;
        self.platform.push().await
    }
}

impl Diagnosis {
    fn add(&mut self, id: &str, result: Result<()>) {
        let mut check = ObjectWriter::new();
        check.text("id", id);
        if let Err(error) = result {
            report::origin(&mut check, error);
        }
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.0.push_str(&check.finish());
    }

    fn finish(mut self) -> String {
        self.0.push(']');
        self.0
    }
}
