//! Challenges: what is written by the grammar of RFC 9110 §11.6.1 is understood as it was meant.

use portcullis::protocol::challenge::{Demand, demand};
use proptest::prelude::*;

/// A challenge: its scheme, and an opaque credential or parameters.
#[derive(Clone, Debug)]
struct Challenge {
    scheme: &'static str,
    credential: Option<&'static str>,
    params: Vec<(&'static str, String)>,
}

fn challenge() -> impl Strategy<Value = Challenge> {
    let scheme = prop::sample::select(
        &[
            "Bearer",
            "bearer",
            "BEARER",
            "Basic",
            "DPoP",
            "Negotiate",
            "error",
        ][..],
    );
    let error = prop::sample::select(
        &[
            "invalid_token",
            "insufficient_user_authentication",
            "invalid_request",
            "INVALID_TOKEN",
            "",
        ][..],
    );
    let param = prop_oneof![
        2 => error.prop_map(|error| ("error", String::from(error))),
        1 => "[ -~]{0,6}".prop_map(|realm| ("realm", realm)),
        1 => "[a-z:]{1,5}( [a-z:]{1,5})?".prop_map(|values| ("acr_values", values)),
        1 => "[0-9]{1,4}|soon|-1|".prop_map(|age| ("max_age", age)),
        1 => "[ -~]{0,6}Bearer error=\"invalid_token\"".prop_map(|text| ("error_description", text)),
    ];
    // names come once; what a repeated one means is nobody's business
    let params = prop::collection::vec(param, 0..4).prop_map(|mut params| {
        let mut seen = std::collections::BTreeSet::new();
        params.retain(|(name, _)| seen.insert(*name));
        params
    });
    let credential = prop::option::weighted(
        0.2,
        prop::sample::select(&["dG9rZW4=", "a.b_c~d+/==", "abc"][..]),
    );
    (scheme, credential, params).prop_map(|(scheme, credential, params)| Challenge {
        scheme,
        credential,
        params,
    })
}

/// Writes a list of challenges in one of its many ways.
fn write(challenges: &[Challenge], choices: &mut impl Iterator<Item = u8>) -> String {
    let mut choose = |among: &[&str]| {
        let choice = usize::from(choices.next().expect("endless choices"));
        among[choice % among.len()].to_string()
    };
    let mut list = Vec::new();
    for challenge in challenges {
        let mut parts = Vec::new();
        for (name, value) in &challenge.params {
            let is_token = !value.is_empty()
                && value
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
            let quoted = value.chars().map(|character| match character {
                '"' | '\\' => format!("\\{character}"),
                'a'..='e' => choose(&["", "", "\\"]) + &character.to_string(),
                _ => character.to_string(),
            });
            let quoted = format!("\"{}\"", quoted.collect::<String>());
            let value = if is_token {
                choose(&[value, &quoted])
            } else {
                quoted
            };
            let name = choose(&[name, &name.to_uppercase()]);
            parts.push(name + &choose(&["=", "=", " = ", "=\t"]) + &value);
        }
        let mut text = challenge.scheme.to_string();
        if let Some(credential) = challenge.credential {
            text += " ";
            text += credential;
        } else if !parts.is_empty() {
            text += &choose(&[" ", "  "]);
            text += &parts.join(&choose(&[", ", ",", " ,\t", ",,"]));
        }
        list.push(text);
    }
    list.join(&choose(&[", ", ",", " , ,"]))
}

/// What the first Bearer challenge with an error we know asks for.
fn meant(challenges: &[Challenge]) -> Option<Demand> {
    let bearers = challenges
        .iter()
        .filter(|one| one.scheme.eq_ignore_ascii_case("bearer") && one.credential.is_none());
    bearers.into_iter().find_map(|bearer| {
        let value = |name| {
            bearer
                .params
                .iter()
                .find(|param| param.0 == name)
                .map(|param| &*param.1)
        };
        match value("error")? {
            "invalid_token" => Some(Demand::AnotherToken),
            "insufficient_user_authentication" => Some(Demand::StepUp {
                acr_values: value("acr_values").unwrap_or_default().into(),
                max_age: value("max_age").and_then(|age| age.parse().ok()),
            }),
            _ => None,
        }
    })
}

proptest! {
    #[test]
    fn a_list_is_understood_as_it_was_meant(
        challenges in prop::collection::vec(challenge(), 0..4),
        choices in prop::collection::vec(any::<u8>(), 1..60),
    ) {
        let header = write(&challenges, &mut choices.into_iter().cycle());
        prop_assert_eq!(demand(&header, false), meant(&challenges), "{}", header);
    }

    #[test]
    fn what_ends_within_a_quoted_text_asks_for_nothing(
        challenges in prop::collection::vec(challenge(), 0..3),
        open in "[ a-z,=]{0,12}",
    ) {
        let header = write(&challenges, &mut [0].into_iter().cycle());
        let cut = format!("{header}, Bearer error=invalid_token, realm=\"{open}");
        prop_assert_eq!(demand(&cut, false), None, "{}", cut);
    }
}
