//! No reader takes long over anything: its time grows with the length of the input, not with its
//! square, and stays far below what a person notices.

use std::{hint::black_box, time::Duration};

use cpu_time::ThreadTime;
use portcullis::{
    codec::{
        base64url,
        form::{self, Form},
        json::{Json, for_page},
        record::Record,
    },
    jose::{
        alg::{Alg, Algs},
        jwks::KeySet,
        jws::Jws,
    },
    protocol::{
        callback::CallbackParams, challenge, discovery, discovery::ProviderMetadata, token,
        transaction,
    },
    session::Session,
};

use super::parts::*;

/// The promise: 50 ms for 64 KiB. Without optimisation everything takes ten times as long, so that
/// a quarter of it has to do.
const WHOLE: usize = if cfg!(debug_assertions) {
    16 << 10
} else {
    64 << 10
};
const LIMIT: Duration = Duration::from_millis(if cfg!(debug_assertions) { 125 } else { 50 });
/// Below this nothing can be said about growth.
const NOISE: Duration = Duration::from_millis(2);

/// Makes an input of about that many bytes.
type Make = fn(usize) -> String;

/// Asserts that four times the input takes four times as long, not sixteen times. What counts is
/// this thread's own time on a processor, and the shortest of several: a busy machine makes a time
/// longer, never shorter.
fn stays_fast(what: &str, whole: usize, make: &dyn Fn(usize) -> String, read: fn(&str)) {
    let inputs = [make(whole / 4), make(whole)];
    let mut best = [Duration::MAX; 2];
    for _ in 0..10 {
        for (input, best) in inputs.iter().zip(&mut best) {
            let start = ThreadTime::now();
            read(black_box(input));
            *best = start.elapsed().min(*best);
        }
        if best[1] <= LIMIT && best[1] <= best[0] * 8 + NOISE {
            return;
        }
    }
    panic!(
        "{what}: {best:?} for {} and {} bytes",
        inputs[0].len(),
        inputs[1].len()
    );
}

/// As many of `item`, numbered where it says `#`, as `length` holds.
fn many(item: &str, separator: &str, length: usize) -> String {
    // a number is three longer than its `#`
    let numbered = if item.contains('#') { 3 } else { 0 };
    let count = length / (item.len() + separator.len() + numbered);
    let items: Vec<_> = (0..count.max(1))
        .map(|at| item.replace('#', &format!("{at:04x}")))
        .collect();
    items.join(separator)
}

fn repeated(item: &str, length: usize) -> String {
    item.repeat(length / item.len())
}

/// JSON values that are hard on whoever passes over them.
const VALUES: &[(&str, Make)] = &[
    ("text", |length| format!("\"{}\"", repeated("a", length))),
    ("escapes", |length| {
        format!("\"{}\"", repeated("\\u0061", length))
    }),
    ("a number", |length| format!("1e{}", repeated("0", length))),
    ("a fraction", |length| {
        format!("0.{}", repeated("9", length))
    }),
    ("nesting", |length| {
        let deep = format!("{}{}", "[".repeat(29), "]".repeat(29));
        format!("[{}]", many(&deep, ",", length))
    }),
    ("members", |length| wide("\"#\":0", length)),
    ("members escaped", |length| wide("\"\\u0061#\":0", length)),
];

/// JSON values that are hard on whoever looks into them.
const LISTS: &[(&str, Make)] = &[
    ("escapes", |length| {
        format!("\"{}\"", repeated("\\u0061", length))
    }),
    ("texts", |length| {
        format!("[{}]", many("\"#\"", ",", length))
    }),
    ("algorithms", |length| {
        format!("[{}]", many("\"RS256\"", ",", length))
    }),
    ("us", |length| {
        format!("[{}]", many("\"portal\"", ",", length))
    }),
    ("keys", |length| {
        let n = "q".repeat((length / 200).clamp(342, 1365));
        let key = format!(r#"{{"kid":"k","kty":"RSA","n":"{n}x","e":"AQAB"}}"#);
        format!(
            "[{}]",
            vec![key.as_str(); (length / key.len()).clamp(1, 200)].join(",")
        )
    }),
];

/// Objects of at most 1024 members, as many as `length` holds.
fn wide(item: &str, length: usize) -> String {
    let object = format!("{{{}}}", many(item, ",", length.min(8 << 10)));
    format!("[{}]", vec![object; (length >> 13).max(1)].join(","))
}

/// Objects with hard values in front of the members that are looked for, and in the place of each.
fn each_object(name: &str, members: &[(&str, &str)], read: fn(&str)) {
    for (what, value) in VALUES {
        let good: Vec<_> = members
            .iter()
            .map(|(name, value)| format!("\"{name}\":{value}"))
            .collect();
        let make = |length| format!("{{\"\":{},{}}}", value(length), good.join(","));
        stays_fast(&format!("{name}: {what}"), WHOLE, &make, read);
    }
    for (what, list) in LISTS {
        for (replaced, _) in members {
            let make = |length| {
                let members = members.iter().map(|(name, good)| {
                    let value = if name == replaced {
                        list(length)
                    } else {
                        (*good).to_string()
                    };
                    format!("\"{name}\":{value}")
                });
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            };
            stays_fast(
                &format!("{name}: {what} for {replaced}"),
                WHOLE,
                &make,
                read,
            );
        }
    }
}

#[test]
fn texts() {
    let cases: &[(&str, &str, &str, fn(&str))] = &[
        ("letters", "aaaa", "", |text| {
            drop(black_box(base64url::decode(text)));
        }),
        ("bytes", "\u{ff}", "", |text| {
            drop(black_box(base64url::encode(text.as_bytes())));
        }),
        ("fields", "a#=b", "&", read_form),
        ("the same field", "a=b", "&", read_form),
        ("empty fields", "", "&", read_form),
        ("escapes", "%C3%A9", "", read_form),
        ("equals signs", "==", "", read_form),
    ];
    for (what, item, separator, read) in cases {
        stays_fast(what, WHOLE, &|length| many(item, separator, length), *read);
    }
}

fn read_form(text: &str) {
    let mut form = Form::new();
    for (name, value) in form::parse(text).unwrap_or_default() {
        form.push(&name, &value);
    }
    black_box(form.into_string());
}

#[test]
fn callbacks() {
    for (what, item, separator) in [
        ("parameters", "a#=b", "&"),
        ("codes", "code=#", "&"),
        ("nothing", "&&&&", ""),
        ("escapes", "c%6fde=%2525#", "&"),
        ("a value", "aaaa", ""),
        ("slashes", "/", ""),
        ("question marks", "?", ""),
    ] {
        for mark in ["?", "#", "?code=a&state=b&", "#code=a&", "/"] {
            let make =
                |length: usize| format!("{REDIRECT}{mark}{}", many(item, separator, length - 64));
            stays_fast(&format!("{mark} {what}"), WHOLE, &make, read_callback);
        }
    }
}

fn read_callback(url: &str) {
    if let Ok(params) = CallbackParams::parse(url) {
        black_box((
            params.state().is_ok(),
            params.clean_url(),
            params.is_on(REDIRECT),
        ));
        black_box(params.validate(pending(), &CONFIG, NOW).is_ok());
    }
}

#[test]
fn challenges() {
    for (what, item, separator) in [
        ("challenges", "Basic realm=\"#\"", ", "),
        ("demands", "Bearer error=\"invalid_token\"", ", "),
        ("schemes", "a", " "),
        ("commas", ",", ""),
        ("parameters", "Bearer a=b, a=\"#\"", ","),
        ("opaque credentials", "Negotiate aaaa==", ", "),
        ("almost credentials", "a a a", " "),
        ("backslashes", "Bearer error=\"\\\\\\\\", ""),
        ("equals signs", "Bearer a====", ""),
        ("spaces", "Bearer    ", " "),
    ] {
        let make = |length| many(item, separator, length);
        // longer ones are not read
        stays_fast(what, 8 << 10, &make, |header| {
            drop(black_box(challenge::demand(header, false)));
        });
    }
}

#[test]
fn tokens() {
    let reads: fn(&str) = |token| drop(black_box(Jws::parse(token, Algs::ALL)));
    for (what, item) in [("dots", "."), ("letters", "aaaa"), ("no letters", "=")] {
        stays_fast(what, WHOLE, &|length| repeated(item, length), reads);
        stays_fast(
            what,
            WHOLE,
            &|length| format!("e30.{}", repeated(item, length)),
            reads,
        );
    }
    // longer headers are not read
    for (what, value) in VALUES {
        let make = |length| {
            let header = format!("{{\"alg\":\"RS256\",\"x\":{}}}", value(length));
            format!("{}.e30.AAAA", base64url::encode(header.as_bytes()))
        };
        stays_fast(what, 5 << 10, &make, reads);
    }
}

#[test]
fn json() {
    for (what, value) in VALUES.iter().chain(LISTS) {
        stays_fast(what, WHOLE, value, |text| {
            if let Ok(json) = Json::parse(text.as_bytes()) {
                black_box((
                    for_page(json),
                    json.items().count(),
                    json.whole(),
                    json.text(),
                ));
            }
        });
    }
}

#[test]
fn claims() {
    let members = [
        ("iss", "\"https://op.example\""),
        ("sub", "\"alice\""),
        ("aud", "\"portal\""),
        ("nonce", "\"the-nonce-of-alice\""),
        ("iat", "1800000000"),
        ("exp", "1800000300"),
        ("auth_time", "1800000000"),
    ];
    each_object("claims", &members, |payload| {
        black_box(as_id_token(payload.as_bytes()).is_ok());
        black_box(as_access_token(payload.as_bytes()).is_ok());
    });
}

#[test]
fn key_sets() {
    each_object("keys", &[("keys", "[]")], |set| {
        if let Ok(set) = KeySet::parse(set.as_bytes()) {
            black_box(set.candidates(Alg::Rs256, Some("k")).is_ok());
        }
    });
}

#[test]
fn documents() {
    let members = [
        ("issuer", "\"https://op.example\""),
        ("token_endpoint", "\"https://op.example/token\""),
        ("response_types_supported", "[\"code\"]"),
        ("code_challenge_methods_supported", "[\"S256\"]"),
        ("id_token_signing_alg_values_supported", "[\"ES256\"]"),
    ];
    each_object("metadata", &members, |document| {
        if let Ok(document) = discovery::process(&answer(200, document.as_bytes())) {
            black_box(ProviderMetadata::read(&CONFIG, Some(document)).is_ok());
        }
    });
    let members = [
        ("access_token", "\"a\""),
        ("token_type", "\"Bearer\""),
        ("expires_in", "60"),
        ("scope", "\"openid\""),
    ];
    each_object("tokens", &members, |body| {
        for status in [200, 400] {
            black_box(token::process(&answer(status, body.as_bytes()), &[], false).is_ok());
        }
    });
}

#[test]
fn an_echo_of_what_was_sent() {
    let make = |length| repeated("a", length);
    stays_fast("a refusal", 4 * WHOLE, &make, |text| {
        let body = format!("{{\"error\":\"e\",\"error_description\":\"{text}\"}}");
        let secret = format!("{}b", &text[..text.len() / 2]);
        black_box(token::process(&answer(400, body.as_bytes()), &[&secret], false).is_ok());
    });
}

#[test]
fn records() {
    let members = [
        ("v", "1"),
        ("state", "\"3AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\""),
        ("started_at", "1800000000"),
        ("nonce", "\"n\""),
        ("issuer", "\"https://op.example\""),
        ("client_id", "\"portal\""),
        ("access_token", "\"a\""),
        ("id_token", "\"e30.e30.AAAA\""),
    ];
    each_object("records", &members, |text| {
        black_box(matches!(
            Session::read(text.into(), &CONFIG),
            portcullis::session::Stored::Session(_)
        ));
        if let Some(record) = Record::read(text.into()) {
            black_box(transaction::read(record, STATE).is_some());
        }
    });
}
