//! The ID token that comes with a refresh: it continues the session, or is refused (OpenID Connect
//! Core §12.2).

use portcullis::error::Code;
use serde_json::{Value, json};

use super::refresh::{Expired, fresh};
use crate::world::*;

#[test]
fn an_id_token_that_does_not_continue_the_session_is_refused_with_its_tokens() {
    let rows: &[(&str, Value)] = &[
        ("another user", json!({ "sub": "bob" })),
        ("nobody", json!({ "sub": ABSENT })),
        ("another issuer", json!({ "iss": "https://evil.example" })),
        ("somebody else's", json!({ "aud": "other" })),
        ("us and somebody else", json!({ "aud": [CLIENT, "other"] })),
        ("issued to another", json!({ "azp": "other" })),
        (
            "issued to us, which it never said",
            json!({ "azp": CLIENT }),
        ),
        ("no time of issue", json!({ "iat": ABSENT })),
        ("a time that is text", json!({ "iat": "1800000300" })),
        ("another sign-in", json!({ "auth_time": NOW - 4 })),
        ("another nonce", json!({ "nonce": "another" })),
        ("expired when it was issued", json!({ "exp": NOW })),
        ("not yet valid", json!({ "nbf": NOW + 300 + 31 })),
        (
            "of another access token",
            json!({ "at_hash": at_hash("another") }),
        ),
    ];
    for (what, patch) in rows {
        let expired = Expired::new();
        let Expired { world, tab, .. } = &expired;
        let id_token = expired.id_token(patch);
        world.expect(
            TOKEN,
            ok(&patched(
                fresh(),
                &json!({ "id_token": id_token, "refresh_token": "next" }),
            )),
        );
        let before = Untouched::of(tab, &[]);
        let failure = tab.token().unwrap_err();
        assert_eq!(failure.error.code(), Code::RefreshIdToken, "{what}");
        assert_eq!(
            Untouched::of(tab, &["outage"]),
            before.but_stale(),
            "{what}"
        );
        assert!(tab.page.take_events().is_empty(), "{what}");
    }
}

/// The refresh token is spent, and the clock may be right again by the next one.
#[test]
fn an_id_token_that_is_refused_for_our_clock_alone_leaves_the_new_refresh_token() {
    for times in [
        json!({ "iat": NOW + 300 + 31, "exp": NOW + 900 }),
        json!({ "iat": NOW, "exp": NOW + 300 - 31 }),
    ] {
        let expired = Expired::new();
        let Expired { world, tab, .. } = &expired;
        let rotated = json!({ "id_token": expired.id_token(&times), "refresh_token": "next" });
        world.expect(TOKEN, ok(&patched(fresh(), &rotated)));
        assert_eq!(tab.token().unwrap_err().error.code(), Code::RefreshIdToken);
        assert_eq!(tab.state()["status"], "stale");
        assert_eq!(tab.state()["user"]["sub"], "alice");

        world.advance(600);
        let claims = json!({ "iat": NOW + 900, "exp": NOW + 1200 });
        let answer = json!({ "id_token": expired.id_token(&claims) });
        world.expect(TOKEN, ok(&patched(fresh(), &answer)));
        assert_eq!(tab.token().unwrap(), "fresh");
        let sent = world.take_sent().pop().unwrap();
        assert_eq!(sent.field("refresh_token").as_deref(), Some("next"));
    }
}

#[test]
fn an_id_token_may_leave_out_what_it_said_before() {
    for patch in [
        json!({ "nonce": ABSENT }),
        json!({ "auth_time": ABSENT }),
        json!({ "at_hash": ABSENT }),
        json!({ "sub": "alice" }),
    ] {
        let expired = Expired::new();
        let id_token = expired.id_token(&patch);
        expired.world.expect(
            TOKEN,
            ok(&patched(fresh(), &json!({ "id_token": id_token }))),
        );
        assert_eq!(expired.tab.token().unwrap(), "fresh");
    }
}

#[test]
fn the_signature_of_a_refreshed_id_token_is_checked_too() {
    let expired = Expired::new();
    let claims = patched(
        claims(&expired.nonce, NOW + 300),
        &json!({ "auth_time": NOW - 5, "at_hash": at_hash("fresh") }),
    );
    let forged = Signer::named(2, "key-1").token(&claims);
    expired
        .world
        .expect(TOKEN, ok(&patched(fresh(), &json!({ "id_token": forged }))));
    let before = Untouched::of(&expired.tab, &[]);
    assert_eq!(
        expired.tab.token().unwrap_err().error.code(),
        Code::JwtSignature
    );
    assert_eq!(Untouched::of(&expired.tab, &["outage"]), before.but_stale());
}

#[test]
fn a_rotated_refresh_token_survives_a_key_set_that_cannot_be_used() {
    let rsa = json!({ "kty": "RSA", "kid": "rsa", "n": encode([0xff; 256]), "e": "AQAB" });
    for (answer, code) in [
        (ok(&json!({ "keys": "none" })), Code::JwksInvalid),
        (endless(), Code::JwksTooLarge),
        (html(500), Code::JwksHttp),
        // here nobody can check such a signature
        (ok(&json!({ "keys": [rsa] })), Code::Unsupported),
    ] {
        let expired = Expired::new();
        let Expired { world, tab, .. } = &expired;
        // what is known of the keys is too old to be believed
        world.advance(2 * 3600);
        let claims = claims(&expired.nonce, world.now());
        let id_token = match code {
            Code::Unsupported => {
                let header = json!({ "alg": "RS256", "kid": "rsa" });
                let parts = [encode(header.to_string()), encode(claims.to_string())];
                format!("{}.{}", parts.join("."), encode([1; 256]))
            }
            _ => world.signer.token(&claims),
        };
        let rotated = json!({ "id_token": id_token, "refresh_token": "next" });
        world.expect(DISCOVERY, ok(&metadata()));
        world.expect(TOKEN, ok(&patched(fresh(), &rotated)));
        world.expect(JWKS, answer);
        assert_eq!(tab.token().unwrap_err().error.code(), code);
        assert_eq!(tab.status(), "stale");
        world.take_sent();
        world.advance(PAUSE);
        world.expect(TOKEN, ok(&fresh()));
        tab.token().unwrap();
        let sent = world.take_sent().pop().unwrap();
        assert_eq!(sent.field("refresh_token").as_deref(), Some("next"));
    }
}

#[test]
fn a_rotated_refresh_token_survives_a_key_that_is_not_shown_yet() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    world.advance(300);
    let nonce = tab.state()["user"]["nonce"].as_str().unwrap().to_string();
    let claims = patched(
        claims(&nonce, world.now()),
        &json!({ "auth_time": NOW - 5, "at_hash": at_hash("fresh") }),
    );
    let new = Signer::new(9);
    let answer = patched(
        fresh(),
        &json!({ "id_token": new.token(&claims), "refresh_token": "next" }),
    );
    world.expect(TOKEN, ok(&answer));
    // the key set lags behind
    world.expect(JWKS, ok(&world.signer.jwks()));
    assert_eq!(tab.token().unwrap_err().error.code(), Code::JwksNoKey);
    world.take_sent();
    world.advance(PAUSE);
    world.expect(TOKEN, ok(&fresh()));
    tab.token().unwrap();
    assert_eq!(world.take_sent()[0].field("refresh_token").unwrap(), "next");
}
