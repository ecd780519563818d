//! The checks of the provider's keys.

use alloc::string::String;

use super::{
    checks::{Checks, enter},
    findings::{Check, Finding},
};
use crate::{
    codec::json::{Json, push_decimal},
    error::{Code, Place},
    jose::{alg::Alg, jwks::KeySet},
    protocol::{discovery::ProviderMetadata, http::HttpResponse},
};

/// How many of the published keys can be used.
pub(super) fn check_keys(keys: &KeySet, response: &HttpResponse, checks: &mut Checks) {
    let id = Check::Keys;
    if keys.has_private_members() {
        return checks.found(id, Finding::KeysPrivate, "");
    }
    if keys.is_empty() {
        return checks.found(id, Finding::KeysNone, "");
    }
    let published = count_keys(response);
    let mut count = String::new();
    push_decimal(&mut count, i64::try_from(keys.len()).unwrap_or_default());
    if keys.len() == published {
        return checks.found(id, Finding::AsItShouldBe, &count);
    }
    count.push_str(" of ");
    push_decimal(&mut count, i64::try_from(published).unwrap_or_default());
    checks.found(id, Finding::KeysUnusable, &count);
}

/// Which algorithms are accepted and have a key.
pub(super) fn check_algorithms(metadata: &ProviderMetadata, keys: &KeySet, checks: &mut Checks) {
    let id = Check::Algorithms;
    if metadata.algorithms.is_empty() {
        return checks.is(id, Err(Code::JwtAlg.at(Place::Algorithms)));
    }
    let mut fitting = String::new();
    for alg in Alg::ALL {
        if metadata.algorithms.contains(*alg) && keys.candidates(*alg, None).is_ok() {
            enter(&mut fitting, alg.as_str());
        }
    }
    let finding = if fitting.is_empty() {
        Finding::KeysFitNone
    } else {
        Finding::AsItShouldBe
    };
    checks.found(id, finding, &fitting);
}

/// How many keys for signatures a set has, whether or not they can be used.
fn count_keys(response: &HttpResponse) -> usize {
    let body = response.body.as_deref().unwrap_or_default();
    let keys = Json::parse(body).ok().and_then(|set| set.get("keys"));
    let for_signatures = |key: &Json<'_>| !key.get("use").is_some_and(|it| it.is_text("enc"));
    keys.map_or(0, |keys| keys.items().filter(for_signatures).count())
}
