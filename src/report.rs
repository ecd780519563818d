//! A failure on its way to the page: JSON text that the wrapper turns into an `AuthError`, with the
//! sentence and the remedy of its code, which a page loads only when something went wrong.

use alloc::string::String;

use crate::{
    codec::json::{ObjectWriter, word_list},
    error::{Error, Failure, Place, Said},
};

/// The members of the contract's `AuthError`, and the place in place of its words.
#[must_use]
pub fn to_json(failure: &Failure) -> String {
    let error = failure.error;
    let mut json = ObjectWriter::new();
    origin(&mut json, error);
    json.flag("retryable", error.is_retryable());
    if error.status() != 0 {
        json.whole("status", i64::from(error.status()));
    }
    match failure.said.as_deref() {
        None => {}
        Some(Said::OAuth {
            error,
            description,
            uri,
        }) => {
            let mut oauth = ObjectWriter::new();
            oauth.text("error", error);
            for (name, text) in [("description", description), ("uri", uri)] {
                if let Some(text) = text {
                    oauth.text(name, text);
                }
            }
            json.raw("oauth", &oauth.finish());
        }
        Some(Said::Causes(codes)) => {
            json.raw("causes", &word_list(codes));
        }
        Some(Said::StepUp {
            acr_values,
            max_age,
        }) => {
            json.raw("acrValues", &word_list(acr_values));
            if let Some(max_age) = max_age {
                json.whole("maxAge", i64::from(*max_age));
            }
        }
    }
    json.finish()
}

/// Adds the code, and the place if the code does not say it all.
pub(crate) fn origin(json: &mut ObjectWriter, error: Error) {
    json.text("code", error.code().as_str());
    if error.place() != Place::None {
        json.text("place", error.place().as_str());
    }
}
