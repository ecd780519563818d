//! A failure as the page sees it: JSON text that the wrapper turns into an `AuthError`.

use alloc::string::String;

use crate::{
    codec::json::{ObjectWriter, word_list},
    error::{Error, Failure, Place, Said},
};

/// The members of the contract's `AuthError`.
#[must_use]
pub fn to_json(failure: &Failure) -> String {
    let error = failure.error;
    let mut json = ObjectWriter::new();
    json.text("code", error.code().as_str())
        .text("message", &message(error))
        .flag("retryable", is_retryable(failure))
        .text("remedy", error.code().remedy());
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

/// The code, what went wrong, and where.
#[must_use]
pub fn message(error: Error) -> String {
    let mut message = String::from(error.code().as_str());
    for text in [": ", error.code().sentence()] {
        message.push_str(text);
    }
    if error.place() != Place::None {
        for text in [" (", error.place().as_str(), ")"] {
            message.push_str(text);
        }
    }
    message
}

/// An endpoint that failed may recover; one that said no with a client error will not.
fn is_retryable(failure: &Failure) -> bool {
    let status = failure.error.status();
    let refused = (300..500).contains(&status) && status != 408 && status != 429;
    failure.error.code().retryable() && !refused
}
