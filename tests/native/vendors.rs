//! Providers as they are: one test for each way in which a well-known one differs.

use portcullis::{
    config::Config,
    error::{Code, Failure, Place},
};
use serde_json::{Value, json};

use crate::world::*;

/// A sign-in whose code is answered so.
fn redeemed(options: &Value, answer: &Value, status: u16) -> Result<Value, Failure> {
    let world = World::new();
    let tab = world.tab_with(options);
    world.expect_discovery();
    let sign_in = tab.leave(&json!({}));
    let tab = tab.arrive(&sign_in.callback(&[("code", CODE)]));
    let mut answer = answer.clone();
    if answer.get("id_token").is_some() {
        answer["id_token"] = world.id_token(&sign_in.nonce, &json!({})).into();
    }
    world.expect(TOKEN, json(status, &answer));
    tab.handle(&sign_in.callback(&[("code", CODE)]))
}

fn refused(error: &str, description: &str) -> Failure {
    let answer = json!({ "error": error, "error_description": description });
    redeemed(&json!({}), &answer, 400).unwrap_err()
}

#[test]
fn entra_wants_the_redirect_uri_to_be_a_single_page_applications() {
    let failure = refused(
        "invalid_request",
        "AADSTS9002326: Cross-origin token redemption is permitted only for the \
         'Single-Page Application' client-type. Request origin: 'https://portal.example'.\r\n\
         Trace ID: 0c7f2993-b612-434d-9cee-244e88f51600",
    );
    assert_eq!(failure.error.code(), Code::TokenError);
    assert!(failure.remedy().contains("as type SPA"));
    let failure = refused(
        "invalid_client",
        "AADSTS7000218: The request body must contain the following parameter: \
         'client_assertion' or 'client_secret'.",
    );
    assert!(failure.remedy().contains("as type SPA"));
}

#[test]
fn a_proof_that_is_refused_may_be_for_the_clock() {
    let failure = refused("invalid_dpop_proof", "DPoP proof iat is not recent enough");
    assert!(failure.remedy().contains("this machine's clock"));
}

#[test]
fn b2c_describes_itself_elsewhere_than_its_issuer_says() {
    let world = World::new();
    let issuer = "https://contoso.b2clogin.example/0c9f3c2e-9f3a-4a57-8a53-6a6b1c1d2e3f/v2.0/";
    let url = "https://contoso.b2clogin.example/contoso.onmicrosoft.example/B2C_1_in/v2.0/.well-known/openid-configuration";
    let tab = world.tab_with(&json!({ "issuer": issuer, "discoveryUrl": url }));
    let described = patched(
        metadata(),
        &json!({ "issuer": issuer, "userinfo_endpoint": ABSENT }),
    );
    world.expect(url, ok(&described));
    world.expect(JWKS, ok(&world.signer.jwks()));
    let sign_in = tab.leave(&json!({}));
    let tab = tab.arrive(&sign_in.callback(&[("code", CODE)]));
    let token = world.id_token(&sign_in.nonce, &json!({ "iss": issuer }));
    world.expect(TOKEN, ok(&tokens(&token)));
    let result = tab.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
    // it has no userinfo, and a sign-in asks for none
    assert_eq!(result["user"]["name"], "Alice");
    let failure = block_on(tab.client.userinfo()).unwrap_err();
    assert_eq!(failure.error.place(), Place::UserinfoEndpoint);
    assert!(failure.remedy().contains("claims of the ID token"));
}

#[test]
fn b2c_issues_no_access_token_unless_an_api_is_asked_for() {
    let answer = json!({ "id_token": "", "token_type": "Bearer", "not_before": NOW });
    let failure = redeemed(&json!({}), &answer, 200).unwrap_err();
    let error = failure.error;
    assert_eq!(
        (error.code(), error.place()),
        (Code::TokenInvalid, Place::AccessToken)
    );
    assert!(failure.remedy().contains("scope of an API"));
}

#[test]
fn cognito_has_a_sign_out_of_its_own_on_another_host() {
    let world = World::new();
    let issuer = "https://cognito-idp.eu-west-1.example/eu-west-1_abc";
    let domain = "https://contoso.auth.eu-west-1.example";
    let options = json!({
        "issuer": issuer,
        "metadata": { "end_session_endpoint": format!("{domain}/logout") },
        "logoutRedirectParam": "logout_uri",
        "postLogoutRedirectUri": "https://portal.example/bye",
    });
    let tab = world.tab_with(&options);
    let described = patched(
        metadata(),
        &json!({
            "issuer": issuer, "token_endpoint": format!("{domain}/oauth2/token"),
            "end_session_endpoint": ABSENT, "revocation_endpoint": ABSENT,
        }),
    );
    world.expect(
        &format!("{issuer}/.well-known/openid-configuration"),
        ok(&described),
    );
    world.expect(JWKS, ok(&world.signer.jwks()));
    let sign_in = tab.leave(&json!({}));
    let tab = tab.arrive(&sign_in.callback(&[("code", CODE)]));
    let token = world.id_token(&sign_in.nonce, &json!({ "iss": issuer }));
    world.expect(&format!("{domain}/oauth2/token"), ok(&tokens(&token)));
    tab.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
    tab.page.navigations.take();
    tab.logout(&json!({})).unwrap();
    let expected =
        format!("{domain}/logout?client_id={CLIENT}&logout_uri=https%3A%2F%2Fportal.example%2Fbye");
    assert_eq!(*tab.page.navigations.borrow(), [expected]);
    // it sends no state back, and nobody waits for one
    tab.page.take_events();
    let tab = tab.arrive("https://portal.example/bye");
    assert!(tab.page.take_events().is_empty());
}

#[test]
fn google_wants_a_secret_that_no_page_can_keep() {
    let failure = refused("invalid_request", "client_secret is missing.");
    assert_eq!(failure.error.code(), Code::TokenError);
    assert!(failure.remedy().contains("Google"));
    // others that do are told apart
    let failure = refused("invalid_client", "client_secret required");
    assert!(failure.remedy().contains("public client"));
}

#[test]
fn google_lets_no_page_read_the_answer_to_a_revocation() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    tab.page.navigations.take();
    world.expect(REVOKE, offline());
    tab.logout(&json!({})).unwrap();
    assert_eq!(tab.status(), "signed-out");
    assert_eq!(tab.page.navigations.borrow().len(), 1);
    assert!(
        !tab.page
            .take_events()
            .iter()
            .any(|(event, _)| event.as_str() == "problem")
    );
}

#[test]
fn auth0_is_told_the_audience_and_ends_its_issuer_with_a_slash() {
    let world = World::new();
    let issuer = "https://op.example/";
    let audience = "https://api.portal.example";
    let params = json!({ "audience": audience });
    let tab = world.tab_with(&json!({ "issuer": issuer, "authorizationParams": params }));
    world.expect_discovery_with(&json!({ "issuer": issuer }));
    let sign_in = tab.leave(&json!({}));
    assert_eq!(sign_in.param("audience").as_deref(), Some(audience));
}

#[test]
fn auth0s_refusal_of_a_refresh_token_stops_no_page_from_loading() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    world.advance(400);
    let tab = tab.reload();
    assert_eq!(tab.status(), "signed-in");
    let refusal = json!({ "error": "invalid_grant", "error_description": "Unknown or invalid refresh token." });
    world.expect(TOKEN, json(403, &refusal));
    let failure = tab.token().unwrap_err();
    assert_eq!(failure.error.code(), Code::SessionExpired);
    assert_eq!(tab.reload().status(), "signed-out");
}

#[test]
fn adfs_without_cors_is_given_by_the_options() {
    let world = World::new();
    let options = json!({
        "issuer": "https://adfs.example/adfs",
        "metadata": {
            "authorization_endpoint": AUTHORIZE, "token_endpoint": TOKEN,
            "end_session_endpoint": END_SESSION, "jwks_uri": JWKS,
        },
        "jwks": world.signer.jwks(),
    });
    let tab = world.tab_with(&options);
    let sign_in = tab.leave(&json!({}));
    assert!(world.take_sent().is_empty());
    let tab = tab.arrive(&sign_in.callback(&[("code", CODE)]));
    let claims = json!({ "iss": "https://adfs.example/adfs" });
    world.expect_tokens(&sign_in, &claims);
    tab.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
    assert_eq!(world.take_sent().len(), 1);
}

#[test]
fn adfs_calls_itself_with_a_slash_or_without() {
    for (option, named) in [
        ("https://op.example", "https://op.example/"),
        ("https://op.example/", "https://op.example"),
    ] {
        let world = World::new();
        let tab = world.tab_with(&json!({ "issuer": option }));
        world.expect(
            DISCOVERY,
            ok(&patched(metadata(), &json!({ "issuer": named }))),
        );
        let failure = tab.login_fails(&json!({}));
        assert_eq!(failure.error.code(), Code::DiscoveryIssuerMismatch);
        assert!(failure.remedy().contains("trailing slash"));
    }
}

#[test]
fn github_is_refused_before_anything_is_asked() {
    for issuer in [
        "https://github.com",
        "https://github.com/login/oauth",
        "https://GitHub.com:443/",
    ] {
        let options = patched(options(), &json!({ "issuer": issuer }));
        let error = Config::parse(options.to_string(), None).unwrap_err();
        assert_eq!(
            (error.code(), error.place()),
            (Code::ConfigInvalid, Place::GitHub)
        );
        assert!(Failure::from(error).remedy().contains("broker"));
    }
    for issuer in ["https://token.actions.example", "https://github.example"] {
        let options = patched(options(), &json!({ "issuer": issuer }));
        assert!(Config::parse(options.to_string(), None).is_ok());
    }
}

#[test]
fn zitadel_names_its_project_and_its_other_clients_beside_us() {
    let signs_in = |options: &Value| {
        let scene = Scene::with(options, &json!({}));
        let audiences = json!({ "aud": [CLIENT, "29836626744180738", "30112233445566778"], "azp": CLIENT, "client_id": CLIENT });
        let answer = tokens(&scene.id_token(&audiences));
        scene.world.expect(TOKEN, ok(&answer));
        scene.tab.handle(&scene.callback())
    };
    let failure = signs_in(&json!({})).unwrap_err();
    assert_eq!(failure.error.code(), Code::IdTokenAud);
    assert!(failure.remedy().contains("trustedAudiences"));
    let trusted = json!({ "trustedAudiences": ["29836626744180738", "30112233445566778"] });
    signs_in(&trusted).unwrap();
}

#[test]
fn naver_tells_lifetimes_as_text() {
    let answer = patched(tokens(""), &json!({ "expires_in": "3600" }));
    assert!(redeemed(&json!({}), &answer, 200).is_ok());
    for expires_in in [json!("1h"), json!("-1"), json!(""), json!("1e3")] {
        let answer = patched(tokens(""), &json!({ "expires_in": expires_in }));
        let failure = redeemed(&json!({}), &answer, 200).unwrap_err();
        assert_eq!(failure.error.place(), Place::ExpiresIn);
    }
}

#[test]
fn ping_refreshes_without_an_id_token_and_others_without_a_refresh_token() {
    let world = World::new();
    let tab = world.signed_in(&world.tab(), false);
    let user = tab.state()["user"].clone();
    for round in 0..2 {
        world.advance(300);
        let fresh = json!({ "access_token": "fresh", "token_type": "bearer", "expires_in": 60 });
        world.expect(TOKEN, ok(&fresh));
        assert_eq!(tab.token().unwrap(), "fresh");
        assert_eq!(tab.state()["user"], user);
        let [sent] = &world.take_sent()[..] else {
            panic!("one request")
        };
        let token = sent.field("refresh_token");
        assert_eq!(token.as_deref(), Some(REFRESH_TOKEN), "round {round}");
    }
}
