//! `diagnose()` where an answer cannot be had: what stands between it and the page.

use portcullis::client::diagnose::Finding;
use portcullis::error::{Code, Result};
use portcullis::platform::Probed;
use portcullis::protocol::http::HttpResponse;
use serde_json::{Value, json};

use crate::diagnose::{Answers, came_to, check, failed, found, only, seen, seen_with, wrong};
use crate::world::*;

#[test]
fn an_answer_that_cannot_be_had_is_told_by_its_cause() {
    let forbids = || Probed::Forbidden("connect-src".into());
    for (url, id, exchange, unreadable) in [
        (DISCOVERY, "discovery", "discovery", Finding::NoCors),
        (TOKEN, "token-endpoint", "token", Finding::NoCorsToken),
        (JWKS, "keys", "jwks", Finding::NoCors),
        (
            USERINFO,
            "userinfo-endpoint",
            "userinfo",
            Finding::NoCorsUserinfo,
        ),
    ] {
        for (probed, expected) in [
            (Probed::Yes, found(unreadable, url)),
            (Probed::No, found(Finding::Unreachable, url)),
            (Probed::Offline, found(Finding::Offline, "")),
            (Probed::Unknown, failed(Code::Network, exchange)),
        ] {
            let diagnosis = with_probe(url, probed, offline());
            assert_eq!(only(&diagnosis, id), expected);
        }
        let diagnosis = with_probe(url, forbids(), offline());
        assert_eq!(wrong(&diagnosis), [id, "csp"]);
        let entry = "connect-src https://op.example";
        assert_eq!(
            came_to(check(&diagnosis, id)),
            found(Finding::Forbidden, entry)
        );
        let expected = found(Finding::PolicyForbids, entry);
        assert_eq!(came_to(check(&diagnosis, "csp")), expected);
        let diagnosis = with_probe(url, Probed::Yes, silence());
        assert_eq!(only(&diagnosis, id), failed(Code::Timeout, exchange));
    }
}

#[test]
fn what_the_policy_lacks_is_told_once_for_all_that_it_forbids() {
    let answers = Answers::good().with(TOKEN, offline()).with(JWKS, offline());
    let diagnosis = seen_with(&json!({}), answers, |page| {
        for url in [TOKEN, JWKS] {
            let forbidden = Probed::Forbidden("connect-src".into());
            page.probes.borrow_mut().insert(url.into(), forbidden);
        }
    });
    let expected = found(Finding::PolicyForbids, "connect-src https://op.example");
    assert_eq!(came_to(check(&diagnosis, "csp")), expected);
}

#[test]
fn an_endpoint_that_sends_whoever_asks_elsewhere_is_none() {
    let diagnosis = seen(Answers::good().with(TOKEN, redirect()));
    assert_eq!(
        only(&diagnosis, "token-endpoint"),
        failed(Code::TokenHttp, "")
    );
}

#[test]
fn a_server_that_is_silent_is_not_waited_for_again_and_again() {
    let diagnosis = seen(
        Answers::good()
            .with(TOKEN, silence())
            .with(JWKS, silence())
            .until(JWKS),
    );
    let silent = [
        ("token-endpoint", "token"),
        ("keys", "jwks"),
        ("userinfo-endpoint", "userinfo"),
        ("revocation-endpoint", "revoke"),
    ];
    assert_eq!(wrong(&diagnosis), silent.map(|(id, _)| id));
    for (id, exchange) in silent {
        let expected = failed(Code::Timeout, exchange);
        assert_eq!(came_to(check(&diagnosis, id)), expected, "{id}");
    }
    // one that is slow at times is asked on
    let diagnosis = seen(
        Answers::good()
            .with(TOKEN, silence())
            .with(USERINFO, silence()),
    );
    assert_eq!(wrong(&diagnosis), ["token-endpoint", "userinfo-endpoint"]);
}

/// The diagnosis where `url` gives no answer that can be read.
fn with_probe(url: &'static str, probed: Probed, answer: Result<HttpResponse>) -> Value {
    let answers = Answers::good().with(url, answer);
    let answers = if url == DISCOVERY {
        answers.until(DISCOVERY)
    } else {
        answers
    };
    seen_with(&json!({}), answers, |page| {
        page.probes.borrow_mut().insert(url.into(), probed);
    })
}

#[test]
fn a_revocation_that_cannot_be_asked_for_is_put_up_with() {
    let diagnosis = with_probe(REVOKE, Probed::Yes, offline());
    assert!(wrong(&diagnosis).is_empty());
    let expected = found(Finding::NoCorsRevocation, REVOKE);
    assert_eq!(came_to(check(&diagnosis, "revocation-endpoint")), expected);
}
