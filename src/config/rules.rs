//! What options may be: rules for their values, and the two shapes that lists come in.

use alloc::{string::String, vec::Vec};

use super::{invalid, tenant};
use crate::{
    codec::{
        ascii::{cut, has, pieces},
        json::Json,
        record::Record,
        url::WebUrl,
    },
    error::{Place, Result},
    jose::alg::Alg,
};

/// Parameters that belong to the protocol and cannot be set by hand.
const RESERVED: &str = "response_type response_mode client_id redirect_uri scope state nonce code_challenge \
     code_challenge_method code_verifier dpop_jkt request request_uri client_secret client_assertion client_assertion_type";

/// What an option may be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rule {
    /// Nothing: it must not be there.
    Never,
    Text,
    Flag,
    Object,
    /// An absolute `http(s)` URL without a fragment.
    Url,
    /// A whole number in this range.
    Within(i32, i32),
    /// One of these words.
    OneOf(&'static str),
    /// Space-separated words of RFC 6749 §3.3, as one text or as a list.
    Words,
    /// Names and values, none of them the protocol's own.
    Parameters,
    /// RFC 8707 §2: absolute URIs without a fragment.
    Resources,
    Origins,
    Algorithms,
    /// A list of texts.
    Texts,
    /// Tenants of Microsoft Entra ID, by their ids.
    Tenants,
    /// A text, or other JSON, of at most so many bytes.
    Json(usize),
}

/// Holds options against their rules. What is absent or null is fine.
pub(crate) fn check(options: &Record, rules: &[(Place, Rule)]) -> Result<()> {
    for (place, rule) in rules {
        if let Some(value) = options.get(place.as_str())
            && !rule.allows(value)
        {
            return Err(invalid(*place));
        }
    }
    Ok(())
}

impl Rule {
    fn allows(self, value: Json<'_>) -> bool {
        let text = value.text();
        match (self, text.as_deref()) {
            (Self::Never, _) => false,
            (Self::Text, text) => text.is_some(),
            (Self::Flag, _) => value.boolean().is_some(),
            (Self::Object, _) => value.is_object(),
            (Self::Url, text) => text
                .and_then(WebUrl::parse)
                .is_some_and(|url| url.fragment().is_none()),
            (Self::Within(least, most), _) => value
                .whole()
                .is_some_and(|n| n >= i64::from(least) && n <= i64::from(most)),
            (Self::OneOf(words), text) => {
                text.is_some_and(|text| pieces(words, b' ').any(|word| word == text))
            }
            (Self::Words, Some(text)) => is_words(text),
            (Self::Resources, Some(text)) => is_resource(text),
            (Self::Words, None) => each(value, &mut |text| is_words(text) && !has(text, b' ')),
            (Self::Resources, None) => each(value, &mut is_resource),
            (Self::Origins, _) => each(value, &mut |text| {
                // an origin and nothing else: a path would promise a check that is not made
                WebUrl::parse(text).is_some_and(|url| matches!(url.rest(), "" | "/"))
            }),
            (Self::Algorithms, _) => {
                each(value, &mut |text| Alg::parse(text).is_some())
                    && value.items().next().is_some()
            }
            (Self::Texts, _) => each(value, &mut |text| !text.is_empty()),
            (Self::Tenants, _) => each(value, &mut tenant::is_id),
            (Self::Parameters, _) => {
                let mut reserved = pieces(RESERVED, b' ');
                value.is_object()
                    && value.members().all(|(_, value)| value.text().is_some())
                    && !reserved.any(|name| value.get(name).is_some())
            }
            (Self::Json(limit), text) => text.unwrap_or(value.raw()).len() <= limit,
        }
    }
}

fn each(value: Json<'_>, allows: &mut dyn FnMut(&str) -> bool) -> bool {
    value.is_array()
        && value
            .items()
            .all(|item| item.text().is_some_and(|text| allows(&text)))
}

fn is_words(text: &str) -> bool {
    text.bytes()
        .all(|b| matches!(b, b' ' | b'!' | b'#'..=b'[' | b']'..=b'~'))
}

fn is_resource(text: &str) -> bool {
    cut(text, b':').is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty())
        && !has(text, b'#')
}

/// The texts of a list, or the one text that stands for it.
pub(crate) fn list(value: Option<Json<'_>>) -> Vec<String> {
    let mut texts = Vec::new();
    if let Some(value) = value {
        if let Some(text) = value.text() {
            texts.push(text.into_owned());
        }
        for item in value.items() {
            texts.push(item.text().unwrap_or_default().into_owned());
        }
    }
    texts
}

/// Words, space-separated, from one text or from a list.
pub(crate) fn words(value: Json<'_>) -> String {
    let mut joined = String::new();
    for word in list(Some(value)) {
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(&word);
    }
    joined
}
