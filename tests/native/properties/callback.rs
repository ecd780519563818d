//! Callbacks: what counts is what the parameters say, not where and how they are written.

use portcullis::{
    codec::form,
    error::Code,
    protocol::callback::{CallbackParams, ValidatedCallback},
};
use proptest::prelude::*;

use super::spelled;
use crate::parts::{CONFIG, ISSUER, NOW, REDIRECT, STATE, pending};

/// Names that a response may use.
const RESPONSE: &[&str] = &[
    "state",
    "code",
    "iss",
    "error",
    "error_description",
    "error_uri",
    "session_state",
    "response",
    "access_token",
    "id_token",
    "token_type",
    "expires_in",
];

/// A response of distinct parameters, right or wrong, and others beside it.
fn response() -> impl Strategy<Value = Vec<(String, String)>> {
    let one = |name: &'static str, values: &'static [&'static str]| {
        prop::option::of(
            prop::sample::select(values).prop_map(move |value| (name.into(), value.into())),
        )
    };
    let known = (
        one("state", &[STATE, "", "other"]),
        prop::option::weighted(
            0.8,
            Just((String::from("code"), String::from("a+b c&d=é%"))),
        ),
        one("iss", &[ISSUER, ISSUER, "", "https://evil.example"]),
        prop::option::weighted(
            0.2,
            Just((String::from("error"), String::from("access_denied"))),
        ),
        prop::option::weighted(0.1, Just((String::from("access_token"), String::from("a")))),
        prop::option::weighted(0.1, Just((String::from("response"), String::from("a.b.c")))),
    );
    let others = prop::collection::btree_map("[a-d\u{e9}]{1,2}", "[^\u{0}]{0,4}", 0..3);
    (known, others).prop_map(|((state, code, iss, error, token, response), others)| {
        let known = [state, code, iss, error, token, response]
            .into_iter()
            .flatten();
        known.chain(others).collect()
    })
}

fn url(params: &[(String, String)], choices: &[u8]) -> String {
    let mut choices = choices.iter().copied().cycle();
    let params = params
        .iter()
        .map(|(name, value)| [spelled(name, &mut choices), spelled(value, &mut choices)].join("="));
    format!("{REDIRECT}?{}", params.collect::<Vec<_>>().join("&"))
}

/// What becomes of a callback: the code to redeem, or why not.
fn verdict(url: &str) -> (Option<String>, Result<String, Code>) {
    let params = CallbackParams::parse(url).expect("a well-formed callback");
    let state = params.state().ok().map(Into::into);
    let code = |callback: ValidatedCallback| callback.code.expose().to_string();
    let outcome = params.validate(pending(), &CONFIG, NOW).map(code);
    (state, outcome.map_err(|failure| failure.error.code()))
}

proptest! {
    #[test]
    fn order_and_spelling_of_parameters_do_not_matter(
        (params, shuffled) in response().prop_flat_map(|params| (Just(params.clone()), Just(params).prop_shuffle())),
        choices in prop::collection::vec(any::<u8>(), 1..40),
    ) {
        let plain = url(&params, &[1]);
        prop_assert_eq!(verdict(&url(&shuffled, &choices)), verdict(&plain), "{}", plain);
    }

    #[test]
    fn a_response_is_redeemed_exactly_if_it_is_ours(params in response()) {
        let value = |name: &str| {
            let found = params.iter().find(|(found, value)| found == name && !value.is_empty());
            found.map(|(_, value)| &**value)
        };
        let is_ours = value("code").is_some()
            && ["error", "access_token", "response"].iter().all(|name| value(name).is_none())
            && value("iss").is_none_or(|iss| iss == ISSUER);
        let (state, outcome) = verdict(&url(&params, &[0, 1, 2]));
        prop_assert_eq!(state.as_deref(), value("state"));
        prop_assert_eq!(outcome.is_ok(), is_ours, "{:?}", outcome);
        let expected = value("code").filter(|_| is_ours).map(String::from);
        prop_assert_eq!(outcome.ok(), expected);
    }

    #[test]
    fn a_parameter_of_a_response_that_comes_twice_is_refused(
        params in response(),
        name in prop::sample::select(RESPONSE),
        values in ["[ab]?", "[ab]?"],
        places: [prop::sample::Index; 2],
        in_fragment: bool,
        choices in prop::collection::vec(any::<u8>(), 1..40),
    ) {
        let mut params = params;
        params.retain(|(found, _)| found != name);
        for (place, value) in places.iter().zip(values) {
            params.insert(place.index(params.len() + 1), (name.into(), value));
        }
        let mut url = url(&params, &choices);
        if in_fragment {
            url = url.replacen('?', "#", 1);
        }
        let callback = CallbackParams::parse(&url).unwrap();
        let outcome = callback.validate(pending(), &CONFIG, NOW).map_err(|failure| failure.error.code());
        prop_assert_eq!(outcome.err(), Some(Code::CallbackDuplicateParam), "{}", url);
        prop_assert!(name != "state" || callback.state().is_err());
    }

    #[test]
    fn the_address_bar_keeps_everything_else(
        params in response(),
        choices in prop::collection::vec(any::<u8>(), 1..40),
        route in prop::option::of("#/[a-z]{0,4}"),
    ) {
        let url = url(&params, &choices) + route.as_deref().unwrap_or_default();
        let clean = CallbackParams::parse(&url).unwrap().clean_url();
        let (rest, fragment) = clean.split_once('#').unwrap_or((&clean, ""));
        let (base, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut kept = params;
        kept.retain(|(name, _)| !RESPONSE.contains(&&**name));
        prop_assert_eq!(base, REDIRECT);
        prop_assert_eq!(form::parse(query), Some(kept));
        prop_assert_eq!(fragment, route.as_deref().unwrap_or("#").trim_start_matches('#'));
    }
}
