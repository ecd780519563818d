//! Logout tokens, as a provider posts them to a server (OpenID Connect Back-Channel Logout 1.0 §2.6): each defect
//! of them, and that each is good once.

use portcullis::{
    error::{Code, Place},
    verify::{KeySource, Verifier},
};
use serde_json::{Value, json};

use crate::world::*;

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

fn claims(patch: &Value) -> Value {
    let claims = json!({
        "iss": ISSUER,
        "aud": CLIENT,
        "sub": "alice",
        "sid": "08a5019c-17e1-4977-8f42-65a12843ea02",
        "iat": NOW,
        "exp": NOW + 120,
        "jti": "bWJq",
        "events": { EVENT: {} },
    });
    patched(claims, patch)
}

struct Server {
    world: World,
    verifier: Verifier<Page>,
}

impl Server {
    fn new() -> Self {
        let world = World::new();
        let verifier = Verifier::new(world.page());
        Self { world, verifier }
    }

    fn verdict(&self, header: &Value, claims: &Value) -> Result<Value, (Code, Place)> {
        let signer = &self.world.signer;
        let token = signer.sign(&patched(signer.header(), header), claims);
        self.verdict_on(&token)
    }

    fn verdict_on(&self, token: &str) -> Result<Value, (Code, Place)> {
        let keys = self.world.signer.jwks().to_string();
        let options = json!({ "algorithms": ["EdDSA"], "issuer": ISSUER, "audience": CLIENT });
        let keys = KeySource::Set(&keys);
        let verdict = block_on(self.verifier.logout_token(token, keys, options.to_string()));
        verdict
            .map(|text| serde_json::from_str(&text).unwrap())
            .map_err(|error| (error.code(), error.place()))
    }
}

#[test]
fn a_logout_token_says_whose_sessions_are_over() {
    for (typ, patch) in [
        (json!("logout+jwt"), json!({})),
        (json!("application/LOGOUT+JWT"), json!({})),
        // what providers of before the type do
        (json!("JWT"), json!({})),
        (json!(ABSENT), json!({})),
        // somebody's every session, and one of nobody knows whose
        (json!("logout+jwt"), json!({ "sid": ABSENT })),
        (json!("logout+jwt"), json!({ "sub": ABSENT })),
        (
            json!("logout+jwt"),
            json!({ "aud": ["other", CLIENT], "another": { "claim": 1 } }),
        ),
        (
            json!("logout+jwt"),
            json!({ "events": { EVENT: {}, "https://op.example/event": { "a": 1 } } }),
        ),
    ] {
        let claims = claims(&patch);
        let verified = Server::new().verdict(&json!({ "typ": typ }), &claims);
        assert_eq!(
            verified.expect("accepted")["claims"],
            claims,
            "{typ} {patch}"
        );
    }
}

#[test]
fn each_defect_of_one_has_its_code() {
    let logout = |place| (Code::LogoutToken, place);
    for (patch, expected) in [
        (
            json!({ "iss": "https://op.example/" }),
            (Code::IdTokenIss, Place::Iss),
        ),
        (json!({ "aud": "other" }), (Code::IdTokenAud, Place::Aud)),
        (json!({ "aud": ABSENT }), (Code::IdTokenAud, Place::Aud)),
        (json!({ "iat": ABSENT }), (Code::IdTokenIat, Place::Iat)),
        (json!({ "iat": NOW + 31 }), (Code::IdTokenIat, Place::Iat)),
        (json!({ "exp": ABSENT }), (Code::IdTokenExp, Place::Exp)),
        (json!({ "exp": NOW - 30 }), (Code::IdTokenExp, Place::Exp)),
        (json!({ "exp": "soon" }), (Code::ClaimType, Place::Exp)),
        (json!({ "sub": ABSENT, "sid": ABSENT }), logout(Place::Sub)),
        (json!({ "sub": 7 }), (Code::IdTokenSub, Place::Sub)),
        (json!({ "sub": "" }), (Code::IdTokenSub, Place::Sub)),
        (json!({ "sid": "" }), logout(Place::Sid)),
        (json!({ "sid": 7 }), logout(Place::Sid)),
        (json!({ "sid": null }), logout(Place::Sid)),
        (json!({ "events": ABSENT }), logout(Place::Events)),
        (json!({ "events": {} }), logout(Place::Events)),
        (json!({ "events": EVENT }), logout(Place::Events)),
        (json!({ "events": [EVENT] }), logout(Place::Events)),
        (json!({ "events": { EVENT: null } }), logout(Place::Events)),
        (json!({ "events": { EVENT: [] } }), logout(Place::Events)),
        (
            json!({ "events": { EVENT: { "a": 1 } } }),
            logout(Place::Events),
        ),
        (
            json!({ "events": { "https://op.example/event": {} } }),
            logout(Place::Events),
        ),
        (json!({ "nonce": "n" }), logout(Place::Nonce)),
        (json!({ "nonce": null }), logout(Place::Nonce)),
        (json!({ "jti": ABSENT }), logout(Place::Jti)),
        (json!({ "jti": "" }), logout(Place::Jti)),
        (json!({ "jti": 1 }), logout(Place::Jti)),
    ] {
        let verdict = Server::new().verdict(&json!({ "typ": "logout+jwt" }), &claims(&patch));
        assert_eq!(verdict, Err(expected), "{patch}");
    }
    for typ in ["at+jwt", "dpop+jwt", "logout", ""] {
        let verdict = Server::new().verdict(&json!({ "typ": typ }), &claims(&json!({})));
        assert_eq!(verdict, Err((Code::JwtTyp, Place::None)), "{typ}");
    }
}

#[test]
fn what_nobody_signed_or_another_did_is_refused() {
    let server = Server::new();
    let header = json!({ "alg": "none", "typ": "logout+jwt" });
    let unsigned = format!(
        "{}.{}.",
        encode(header.to_string()),
        encode(claims(&json!({})).to_string())
    );
    assert_eq!(server.verdict_on(&unsigned).unwrap_err().0, Code::JwtAlg);
    let header = json!({ "alg": "HS256", "typ": "logout+jwt" });
    assert_eq!(
        server.verdict(&header, &claims(&json!({}))).unwrap_err().0,
        Code::JwtAlg
    );
    let stranger = Signer::named(9, &server.world.signer.kid);
    let token = stranger.token(&claims(&json!({})));
    assert_eq!(server.verdict_on(&token).unwrap_err().0, Code::JwtSignature);
    // and leaves no trace: the real one with that name is still good
    server.verdict(&json!({}), &claims(&json!({}))).unwrap();
}

#[test]
fn a_token_is_good_once() {
    let server = Server::new();
    let verdict = |patch| server.verdict(&json!({}), &claims(&patch)).map(drop);
    let again = Err((Code::LogoutToken, Place::Jti));
    assert_eq!(verdict(json!({})), Ok(()));
    assert_eq!(verdict(json!({})), again);
    assert_eq!(verdict(json!({ "jti": "another" })), Ok(()));
    // for as long as it would be taken
    server.world.advance(149);
    assert_eq!(verdict(json!({})), again);
    server.world.advance(1);
    assert_eq!(verdict(json!({})), Err((Code::IdTokenExp, Place::Exp)));
}

#[test]
fn no_id_token_passes_for_one_nor_one_for_an_id_token() {
    let server = Server::new();
    let id_token = server.world.id_token("n", &json!({}));
    assert_eq!(
        server.verdict_on(&id_token).unwrap_err().0,
        Code::LogoutToken
    );
    let scene = Scene::new();
    let logout_token =
        scene.id_token(&json!({ "events": { EVENT: {} }, "nonce": ABSENT, "jti": "x" }));
    scene.refuses_token("a logout token", &logout_token, Code::IdTokenNonce);
}
