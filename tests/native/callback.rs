//! Callbacks that must not be redeemed (RFC 6749 §4.1.2, RFC 9207, RFC 9700 §2.1 and §4).

use portcullis::error::Code;

use crate::world::*;

type Params<'a> = &'a [(&'a str, &'a str)];

#[test]
fn what_answers_no_sign_in_leaves_every_one_of_them_waiting() {
    let scene = Scene::new();
    let state = scene.sign_in.state.clone();
    let other_slot = format!(
        "{}{}",
        if state.starts_with('0') { '1' } else { '0' },
        &state[1..]
    );
    let base = format!("{REDIRECT}?code={CODE}");
    let long = "x".repeat(10 << 10);
    for (what, url, code) in [
        ("no state", base.clone(), Code::CallbackStateMissing),
        (
            "an empty state",
            format!("{base}&state="),
            Code::CallbackStateMissing,
        ),
        (
            "a state in another parameter",
            format!("{base}&state[x]={state}&State={state}"),
            Code::CallbackStateMissing,
        ),
        (
            "nothing at all",
            REDIRECT.into(),
            Code::CallbackStateMissing,
        ),
        (
            "an error without a state",
            format!("{REDIRECT}?error=access_denied&error_description=Call+us"),
            Code::CallbackStateUnknown,
        ),
        (
            "an error with an empty state",
            format!("{REDIRECT}?error=access_denied&state="),
            Code::CallbackStateUnknown,
        ),
        (
            "an error with a state nobody issued",
            format!(
                "{REDIRECT}?error=access_denied&error_description=Call+us&state={}",
                "0".repeat(44)
            ),
            Code::CallbackStateUnknown,
        ),
        (
            "a state nobody issued",
            format!("{base}&state={}", "0".repeat(44)),
            Code::CallbackStateUnknown,
        ),
        (
            "a state in capitals",
            format!("{base}&state={}", state.to_uppercase()),
            Code::CallbackStateUnknown,
        ),
        (
            "a state of another slot",
            format!("{base}&state={other_slot}"),
            Code::CallbackStateUnknown,
        ),
        (
            "a state and a space",
            format!("{base}&state={state}+"),
            Code::CallbackStateUnknown,
        ),
        (
            "a state and a newline",
            format!("{base}&state={state}%0a"),
            Code::CallbackStateUnknown,
        ),
        (
            "a state cut short",
            format!("{base}&state={}", &state[..43]),
            Code::CallbackStateUnknown,
        ),
        (
            "a state escaped twice",
            format!("{base}&state=%25{:X}{}", state.as_bytes()[0], &state[1..]),
            Code::CallbackStateUnknown,
        ),
        (
            "__proto__",
            format!("{base}&state=__proto__"),
            Code::CallbackStateUnknown,
        ),
        (
            "constructor",
            format!("{base}&state=constructor"),
            Code::CallbackStateUnknown,
        ),
        (
            "a path",
            format!("{base}&state=../x"),
            Code::CallbackStateUnknown,
        ),
        (
            "10 kB",
            format!("{base}&state={long}"),
            Code::CallbackStateUnknown,
        ),
        (
            "a name of ours",
            format!("{base}&state=session"),
            Code::CallbackStateUnknown,
        ),
        (
            "two states",
            format!("{base}&state={state}&state={state}"),
            Code::CallbackDuplicateParam,
        ),
        (
            "two states, one escaped",
            format!("{base}&state={state}&st%61te=x"),
            Code::CallbackDuplicateParam,
        ),
        (
            "a state in query and fragment",
            format!("{base}&state={state}#state={state}"),
            Code::CallbackModeMismatch,
        ),
        (
            "a percent sign",
            format!("{base}&state={state}&x=%"),
            Code::CallbackMalformed,
        ),
        (
            "no hex digits",
            format!("{base}&state={state}&x=%zz"),
            Code::CallbackMalformed,
        ),
        (
            "what is not UTF-8",
            format!("{base}&state={state}&x=%ff"),
            Code::CallbackMalformed,
        ),
        (
            "an overlong NUL",
            format!("{base}&state={state}%c0%80"),
            Code::CallbackMalformed,
        ),
        (
            "a NUL in the state",
            format!("{base}&state={state}%00"),
            Code::CallbackMalformed,
        ),
        (
            "a NUL in the code",
            format!("{REDIRECT}?code=a%00&state={state}"),
            Code::CallbackMalformed,
        ),
        ("no URL", "callback".into(), Code::CallbackMalformed),
        (
            "another scheme",
            format!("javascript:{state}"),
            Code::CallbackMalformed,
        ),
        (
            "a URL over 64 KiB",
            format!("{base}&state={state}&{}", "a=b&".repeat(16 << 10)),
            Code::CallbackTooLarge,
        ),
        (
            "a value over 16 KiB",
            format!("{base}&state={state}&x={}", "x".repeat((16 << 10) + 1)),
            Code::CallbackTooLarge,
        ),
        (
            "a long value in the fragment",
            format!("{base}&state={state}#x={}", "x".repeat((16 << 10) + 1)),
            Code::CallbackTooLarge,
        ),
    ] {
        let failure = scene.refuses(what, &url, code);
        assert_eq!(failure.said, None, "{what}: an unknown sender is quoted");
    }
    scene.refuses_and_waits(
        "at last",
        &format!("{base}&state={}", "0".repeat(44)),
        Code::CallbackStateUnknown,
    );
}

#[test]
fn what_answers_ours_wrongly_uses_it_up() {
    let good: Params = &[("code", CODE)];
    let rows: &[(&str, Params, &str, Code)] = &[
        (
            "two codes",
            &[("code", CODE), ("code", CODE)],
            "",
            Code::CallbackDuplicateParam,
        ),
        (
            "two different codes",
            &[("code", CODE), ("code", "b")],
            "",
            Code::CallbackDuplicateParam,
        ),
        (
            "two issuers",
            &[("code", CODE), ("iss", ISSUER), ("iss", ISSUER)],
            "",
            Code::CallbackDuplicateParam,
        ),
        (
            "two errors",
            &[("error", "a"), ("error", "b")],
            "",
            Code::CallbackDuplicateParam,
        ),
        (
            "two session states",
            &[
                ("code", CODE),
                ("session_state", "a"),
                ("session_state", "a"),
            ],
            "",
            Code::CallbackDuplicateParam,
        ),
        (
            "two responses",
            &[("response", "a"), ("response", "a")],
            "",
            Code::CallbackDuplicateParam,
        ),
        (
            "a code and an error",
            &[("code", CODE), ("error", "access_denied")],
            "",
            Code::CallbackAmbiguous,
        ),
        ("neither", &[], "", Code::CallbackMalformed),
        (
            "an empty code",
            &[("code", "")],
            "",
            Code::CallbackMalformed,
        ),
        (
            "a code of another name",
            &[("code[]", CODE)],
            "",
            Code::CallbackMalformed,
        ),
        (
            "an access token",
            &[("code", CODE), ("access_token", "a")],
            "",
            Code::CallbackUnexpectedToken,
        ),
        (
            "an ID token",
            &[("code", CODE), ("id_token", "a.b.c")],
            "",
            Code::CallbackUnexpectedToken,
        ),
        (
            "a token type",
            &[("code", CODE), ("token_type", "Bearer")],
            "",
            Code::CallbackUnexpectedToken,
        ),
        (
            "a token in the fragment",
            good,
            "#access_token=a",
            Code::CallbackUnexpectedToken,
        ),
        (
            "another code in the fragment",
            good,
            "#code=b",
            Code::CallbackModeMismatch,
        ),
        (
            "the same code in the fragment",
            good,
            "#code=the-code-of-alice",
            Code::CallbackModeMismatch,
        ),
        (
            "an issuer in the fragment",
            good,
            "#iss=https://op.example",
            Code::CallbackModeMismatch,
        ),
        (
            "a signed response",
            &[("response", "a.b.c")],
            "",
            Code::CallbackModeMismatch,
        ),
        (
            "a signed response beside a code",
            &[("code", CODE), ("response", "a.b.c")],
            "",
            Code::CallbackModeMismatch,
        ),
        (
            "another issuer",
            &[("code", CODE), ("iss", "https://evil.example")],
            "",
            Code::CallbackIssMismatch,
        ),
        (
            "an issuer in capitals",
            &[("code", CODE), ("iss", "https://OP.example")],
            "",
            Code::CallbackIssMismatch,
        ),
        (
            "an issuer with a slash",
            &[("code", CODE), ("iss", "https://op.example/")],
            "",
            Code::CallbackIssMismatch,
        ),
        (
            "an issuer escaped twice",
            &[("code", CODE), ("iss", "https%3A%2F%2Fop.example")],
            "",
            Code::CallbackIssMismatch,
        ),
        (
            "an error of another issuer",
            &[("error", "server_error"), ("iss", "https://evil.example")],
            "",
            Code::CallbackIssMismatch,
        ),
    ];
    for (what, params, fragment, code) in rows {
        let scene = Scene::new();
        let failure = scene.refuses_for_good(
            what,
            &format!("{}{fragment}", scene.sign_in.callback(params)),
            *code,
        );
        assert_eq!(failure.said, None, "{what}");
    }
}

#[test]
fn an_answer_in_the_fragment_is_not_read() {
    let scene = Scene::new();
    let (_, answer) = scene
        .callback()
        .split_once('?')
        .map(|(a, b)| (a.to_string(), b.to_string()))
        .unwrap();
    scene.refuses_for_good(
        "a fragment",
        &format!("{REDIRECT}#{answer}"),
        Code::CallbackModeMismatch,
    );
}
