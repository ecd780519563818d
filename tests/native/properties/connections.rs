//! Connections: assertions that we sign, records of a store, and what people are shown.

use portcullis::{
    codec::base64url,
    connection::{
        assertion::{Assertion, signing_input},
        lifetime::Held,
        moment::Moment,
        request::values_of,
        said::redacted,
        values::ENTROPY,
    },
};
use proptest::{array::uniform, prelude::*};
use serde_json::{Value, json};

use crate::connection::definition;

/// The longest life that FAPI 2.0 and most servers take, in seconds.
const LONGEST: i64 = 300;

/// The claims of an assertion for these data, made at `millis` of what was drawn.
fn claims(which: Assertion, audience: &str, drawn: &[u8; ENTROPY], millis: i64) -> Value {
    let definition = definition(&json!({
        "clientId": "c", "grant": "jwt_bearer", "clientAuth": "private_key_jwt", "assertionAudience": audience,
    }));
    let moment = Moment { millis, offset: 0 };
    let values = values_of(&definition).for_request(drawn, moment);
    let input = signing_input(which, &definition, &values, moment.unix()).unwrap();
    let claims = base64url::decode(input.split_once('.').unwrap().1).unwrap();
    serde_json::from_slice(&claims).unwrap()
}

proptest! {
    /// RFC 7523 §3, FAPI 2.0 §5.3.3: whatever the data and the clock say.
    #[test]
    fn an_assertion_is_short_lived_for_one_and_never_the_same(
        audience in "[^%\u{0}]{1,20}",
        one in uniform::<_, ENTROPY>(any::<u8>()),
        other in uniform::<_, ENTROPY>(any::<u8>()),
        millis in any::<i64>(),
        grants in any::<bool>(),
    ) {
        let which = if grants { Assertion::Grant } else { Assertion::Client };
        let claims = [&one, &other].map(|drawn| claims(which, &audience, drawn, millis));
        for claims in &claims {
            prop_assert_eq!(&claims["aud"], &json!(audience));
            let [iat, exp] = ["iat", "exp"].map(|name| claims[name].as_i64().unwrap());
            prop_assert!(iat < exp && exp - iat <= LONGEST, "{} {}", iat, exp);
        }
        // 122 of the first 128 bits make it
        let is_same = one[..6] == other[..6] && one[9..16] == other[9..16];
        prop_assert!(is_same || claims[0]["jti"] != claims[1]["jti"]);
    }

    /// Whoever can write to the store chooses these; nothing overflows, and no header is broken.
    #[test]
    fn a_record_is_read_without_harm(
        token in "[ -~\u{0}\r\né]{0,6}",
        times in uniform::<_, 2>(any::<i64>()),
        more in uniform::<_, 2>(any::<Option<i64>>()),
        now in any::<i64>(),
        jitter in any::<u8>(),
    ) {
        let ([since, used], [until, idle]) = (times, more);
        let record = json!({"token": token, "since": since, "used": used, "until": until, "idle": idle});
        let held = Held::read(&record.to_string());
        prop_assert!(held.is_none() || token.bytes().all(|b| (b' '..=b'~').contains(&b)));
        if let Some(mut held) = held {
            held.jitter = jitter;
            let _ = (held.is_alive(now), held.is_due(now), held.end());
            prop_assert!(i32::try_from(held.worth_keeping(now)).is_ok());
            held.postpone(now);
            held.postpone(now);
        }
    }

    /// A token is not shown where one comes from, whatever is around it.
    #[test]
    fn no_answer_shows_its_token(
        token in "[A-Za-z0-9_.~+/-]{16,40}",
        around in prop::sample::select(vec![
            "{}", "<jwt>{}</jwt>", r#"{"a":{"header":"Bearer {}"}}"#, r#"{"next":"https://a.example/?x={}&y"}"#,
            r#"{"jwt":"{}"#, "jwt={}&kind=x", r#"["a {} b"]"#, r#"{"{}":1}"#, "'{}'",
        ]),
    ) {
        let shown = redacted(around.replace("{}", &token).as_bytes(), &[], true);
        prop_assert!(!shown.contains(&token), "{}", shown);
    }
}
