//! A look at the set-up against the live provider: per check what is wrong and how to mend it.

use alloc::string::String;

use super::{Client, Outcome, SESSION, provider::ANEW};
use crate::{
    codec::json::{ObjectWriter, quote},
    error::{Code, Error, Place, Result},
    platform::Platform,
    report,
};

/// Checks in the making: a JSON array, and the same as text.
struct Diagnosis {
    ok: bool,
    checks: String,
    report: String,
}

impl<P: Platform> Client<P> {
    /// The contract's `Diagnosis` as JSON text. Asks the provider anew, whatever is known of it;
    /// the session stays as it is.
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
        let mut diagnosis = Diagnosis {
            ok: true,
            checks: String::new(),
            report: String::from("portcullis\n"),
        };
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
        self.ok &= result.is_ok();
        let mut check = ObjectWriter::new();
        check.text("id", id).flag("ok", result.is_ok());
        self.report
            .push_str(if result.is_ok() { "ok    " } else { "wrong " });
        self.report.push_str(id);
        match result {
            Ok(()) => {
                check.text("detail", "as it should be");
            }
            Err(error) => self.add_error(&mut check, error),
        }
        self.report.push('\n');
        if !self.checks.is_empty() {
            self.checks.push(',');
        }
        self.checks.push_str(&check.finish());
    }

    fn add_error(&mut self, check: &mut ObjectWriter, error: Error) {
        let message = report::message(error);
        check
            .text("detail", &message)
            .text("remedy", error.code().remedy());
        for text in [": ", &message, "; ", error.code().remedy()] {
            self.report.push_str(text);
        }
    }

    fn finish(self) -> String {
        let mut list = String::from("[");
        list.push_str(&self.checks);
        list.push(']');
        let mut json = ObjectWriter::new();
        json.flag("ok", self.ok)
            .raw("checks", &list)
            .raw("report", &quote(&self.report));
        json.finish()
    }
}
