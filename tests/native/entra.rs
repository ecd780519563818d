//! Microsoft Entra ID with its common endpoint: one provider, many tenants, each an issuer.

use portcullis::{
    config::Config,
    error::{Code, Failure, Place},
};
use serde_json::{Value, json};

use crate::world::*;

const TEMPLATE: &str = "https://login.example/{tenantid}/v2.0";
const COMMON: &str = "https://login.example/common/v2.0/.well-known/openid-configuration";
const TENANT: &str = "0c9f3c2e-9f3a-4a57-8a53-6a6b1c1d2e3f";
const OTHER: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

fn issuer(tenant: &str) -> String {
    TEMPLATE.replace("{tenantid}", tenant)
}

fn options() -> Value {
    json!({ "issuer": TEMPLATE, "discoveryUrl": COMMON })
}

/// What Entra says of itself: the issuer is a template, PKCE and RFC 9207 are not spoken of.
fn described() -> Value {
    patched(
        metadata(),
        &json!({
            "issuer": TEMPLATE,
            "code_challenge_methods_supported": ABSENT,
            "id_token_signing_alg_values_supported": ["EdDSA"],
        }),
    )
}

/// The key set, with whose tokens its one key may sign.
fn keys(signer: &Signer, owner: &Value) -> Value {
    json!({ "keys": [patched(signer.jwk(), &json!({ "issuer": owner }))] })
}

/// The claims by which a token of that tenant differs.
fn of(tenant: &str) -> Value {
    json!({ "iss": issuer(tenant), "tid": tenant })
}

/// A tab back from a sign-in, whose code can be redeemed for a token with these claims.
fn back(settings: &Value, owner: &Value, claims: &Value, iss: &[(&str, &str)]) -> Signing {
    let world = World::new();
    let tab = world.tab_with(&patched(options(), settings));
    world.expect(COMMON, ok(&described()));
    world.expect(JWKS, ok(&keys(&world.signer, owner)));
    let sign_in = tab.leave(&json!({}));
    let callback = sign_in.callback(&[&[("code", CODE)], iss].concat());
    let tab = tab.arrive(&callback);
    let answer = ok(&tokens(&world.id_token(&sign_in.nonce, claims)));
    Signing {
        world,
        tab,
        callback,
        answer: Some(answer),
    }
}

struct Signing {
    world: World,
    tab: Tab,
    callback: String,
    answer: Option<portcullis::error::Result<portcullis::protocol::http::HttpResponse>>,
}

impl Signing {
    fn finish(&mut self) -> Result<Value, Failure> {
        self.world.expect(TOKEN, self.answer.take().unwrap());
        self.tab.handle(&self.callback)
    }
}

fn refused(settings: &Value, owner: &Value, claims: &Value) -> (Code, Place) {
    let failure = back(settings, owner, claims, &[]).finish().unwrap_err();
    (failure.error.code(), failure.error.place())
}

#[test]
fn a_user_of_any_tenant_signs_in_and_is_that_tenants() {
    for (tenant, owner) in [
        (TENANT, TEMPLATE.to_string()),
        (OTHER, TEMPLATE.to_string()),
        // personal accounts have keys of their own
        (OTHER, issuer(OTHER)),
    ] {
        let mut signing = back(&json!({}), &json!(owner), &of(tenant), &[]);
        let result = signing.finish().unwrap();
        assert_eq!(result["user"]["iss"], issuer(tenant));
        assert_eq!(result["user"]["tid"], tenant);
        // and is it after a reload
        let tab = signing.tab.reload();
        assert_eq!(tab.state()["user"]["iss"], issuer(tenant));
    }
}

#[test]
fn a_signed_response_must_be_of_the_tenant_its_key_is_of() {
    for (owner, code) in [
        (TEMPLATE.to_string(), None),
        (issuer(TENANT), None),
        (issuer(OTHER), Some(Code::JarmIss)),
    ] {
        let mut signing = back(&json!({ "jarm": true }), &json!(owner), &of(TENANT), &[]);
        let state = signing.callback.rsplit_once("state=").unwrap().1;
        let claims = patched(response(state, NOW), &json!({ "iss": issuer(TENANT) }));
        let token = signing.world.signer.token(&claims);
        signing.callback = responded(&token);
        let outcome = if code.is_none() {
            signing.finish()
        } else {
            signing.tab.handle(&signing.callback)
        };
        assert_eq!(outcome.err().map(|failure| failure.error.code()), code);
    }
}

#[test]
fn a_token_must_be_of_the_tenant_it_says() {
    let anyone = json!(TEMPLATE);
    let mine = issuer(TENANT);
    for (what, claims, place) in [
        (
            "another tenant",
            json!({ "iss": mine, "tid": OTHER }),
            Place::Tid,
        ),
        ("no tenant", json!({ "iss": mine }), Place::Tid),
        (
            "a list",
            json!({ "iss": mine, "tid": [TENANT] }),
            Place::Tid,
        ),
        ("the template", of("{tenantid}"), Place::Iss),
        ("a name", of("contoso.onmicrosoft.com"), Place::Iss),
        ("capitals", of(&TENANT.to_uppercase()), Place::Iss),
        ("more of a path", of(&format!("{TENANT}/x")), Place::Iss),
        ("nothing", of(""), Place::Iss),
        (
            "another host",
            json!({ "iss": mine.replace("login", "evil"), "tid": TENANT }),
            Place::Iss,
        ),
        (
            "the first version's",
            json!({ "iss": format!("https://sts.example/{TENANT}/"), "tid": TENANT }),
            Place::Iss,
        ),
        (
            "no issuer",
            json!({ "iss": ABSENT, "tid": TENANT }),
            Place::Iss,
        ),
    ] {
        let expected = (Code::IdTokenIss, place);
        assert_eq!(refused(&json!({}), &anyone, &claims), expected, "{what}");
    }
}

#[test]
fn a_key_must_be_one_of_that_tenant() {
    for owner in [
        json!(ABSENT),
        json!(issuer(OTHER)),
        json!("https://login.example/{tenantid}/v2.0/"),
        json!(""),
    ] {
        let expected = (Code::IdTokenIss, Place::Keys);
        assert_eq!(refused(&json!({}), &owner, &of(TENANT)), expected);
    }
}

#[test]
fn only_tenants_on_the_list_are_let_in() {
    let list = json!({ "tenants": [TENANT] });
    let owner = json!(TEMPLATE);
    assert!(back(&list, &owner, &of(TENANT), &[]).finish().is_ok());
    let expected = (Code::IdTokenIss, Place::Iss);
    assert_eq!(refused(&list, &owner, &of(OTHER)), expected);
    let nobody = json!({ "tenants": [] });
    assert_eq!(refused(&nobody, &owner, &of(TENANT)), expected);
}

#[test]
fn a_list_is_one_of_ids_and_needs_the_template() {
    let refused = |patch: Value| {
        let options = patched(patched(crate::world::options(), &options()), &patch);
        let error = Config::parse(options.to_string(), None).unwrap_err();
        assert_eq!(error.code(), Code::ConfigInvalid);
        error.place()
    };
    for tenants in [
        json!(TENANT),
        json!(["contoso.onmicrosoft.com"]),
        json!([TENANT.to_uppercase()]),
        json!([TENANT, 1]),
        json!({}),
    ] {
        assert_eq!(refused(json!({ "tenants": tenants })), Place::Tenants);
    }
    for single in [TENANT, "{tenantId}", "{tenant}", "{tenantid"] {
        let single = json!({ "issuer": issuer(single), "tenants": [TENANT] });
        assert_eq!(refused(single), Place::Tenants);
    }
}

#[test]
fn metadata_must_name_the_very_template() {
    for named in [issuer(TENANT), issuer("{tenantId}"), issuer("common")] {
        let world = World::new();
        let tab = world.tab_with(&options());
        let document = patched(described(), &json!({ "issuer": named }));
        world.expect(COMMON, ok(&document));
        let failure = tab.login_fails(&json!({}));
        assert_eq!(failure.error.code(), Code::DiscoveryIssuerMismatch);
    }
    // nor does a template in the metadata make one of an issuer that is none
    let world = World::new();
    let tab = world.tab_with(&json!({ "issuer": issuer(TENANT), "discoveryUrl": COMMON }));
    world.expect(COMMON, ok(&described()));
    let failure = tab.login_fails(&json!({}));
    assert_eq!(failure.error.code(), Code::DiscoveryIssuerMismatch);
}

#[test]
fn an_answer_may_name_a_tenant_that_is_let_in() {
    let list = json!({ "tenants": [TENANT] });
    let owner = json!(TEMPLATE);
    let mine = issuer(TENANT);
    let mut signing = back(&list, &owner, &of(TENANT), &[("iss", &mine)]);
    assert!(signing.finish().is_ok());
    for iss in [TEMPLATE, &*issuer(OTHER), "https://evil.example"] {
        let signing = back(&list, &owner, &of(TENANT), &[("iss", iss)]);
        let failure = signing.tab.handle(&signing.callback).unwrap_err();
        assert_eq!(failure.error.code(), Code::CallbackIssMismatch);
    }
}

#[test]
fn a_refresh_does_not_lead_to_another_tenant() {
    for (tenant, succeeds) in [(TENANT, true), (OTHER, false)] {
        let mut signing = back(&json!({}), &json!(TEMPLATE), &of(TENANT), &[]);
        let user = signing.finish().unwrap()["user"].clone();
        let Signing { world, tab, .. } = signing;
        let patch = patched(
            of(tenant),
            &json!({ "auth_time": user["auth_time"], "nonce": user["nonce"] }),
        );
        let token = world.id_token(user["nonce"].as_str().unwrap(), &patch);
        world.expect(TOKEN, ok(&tokens(&token)));
        match tab.token_with(30, true) {
            Ok(_) => assert!(succeeds),
            Err(failure) => {
                assert!(!succeeds);
                let error = failure.error;
                assert_eq!(
                    (error.code(), error.place()),
                    (Code::RefreshIdToken, Place::Iss)
                );
            }
        }
    }
}

#[test]
fn a_stored_session_of_a_tenant_that_is_no_longer_let_in_is_none() {
    let mut signing = back(&json!({}), &json!(TEMPLATE), &of(TENANT), &[]);
    signing.finish().unwrap();
    let page = signing.tab.page.clone();
    let narrowed = json!({ "tenants": [OTHER] });
    let options = patched(patched(crate::world::options(), &options()), &narrowed);
    assert_eq!(Tab::load(page, options).status(), "signed-out");
}

#[test]
fn one_tenant_alone_needs_no_template_and_its_keys_no_owner() {
    let world = World::new();
    let mine = issuer(TENANT);
    let tab = world.tab_with(&json!({ "issuer": mine }));
    let discovery = format!("{mine}/.well-known/openid-configuration");
    let document = patched(described(), &json!({ "issuer": mine }));
    world.expect(&discovery, ok(&document));
    // its key set says of whom its keys are all the same, and does so by the template
    world.expect(JWKS, ok(&keys(&world.signer, &json!(TEMPLATE))));
    let sign_in = tab.leave(&json!({}));
    let tab = tab.arrive(&sign_in.callback(&[("code", CODE)]));
    let token = world.id_token(&sign_in.nonce, &json!({ "iss": mine, "tid": TENANT }));
    world.expect(TOKEN, ok(&tokens(&token)));
    tab.handle(&sign_in.callback(&[("code", CODE)])).unwrap();
}
