//! Every code the core can raise, provoked where secrets are: none of them is told.

use std::collections::BTreeSet;

use portcullis::{
    error::{Code, Failure, Result},
    platform::Area,
    protocol::http::HttpResponse,
};
use serde_json::{Value, json};

use super::{
    discreet_documents::refused_documents, discreet_proofs::refused_proofs, documents::ELSEWHERE,
};
use crate::world::*;

/// Handles `url` on a page that came to it.
fn arrived(ear: &mut Ear, url: &str) -> Option<Failure> {
    ear.scene.tab = ear.scene.tab.arrive(url);
    ear.scene.tab.handle(url).err()
}

fn refused_callbacks() -> Vec<String> {
    let long = format!("code={{code}}&state={{state}}&x={}", "x".repeat(17 << 10));
    [
        "code={code}",
        "state={state}",
        "code={code}&state={state}x",
        "code={code}&code={code}&state={state}",
        "code={code}&error={opaque}&state={state}",
        "code={code}&access_token={opaque}&state={state}",
        "code={code}&iss={opaque}&state={state}",
        "response={opaque}&state={state}",
        "code={code}&state={state}#code={code}",
        "code={code}&state={state}&x=%zz",
        "code={code}&state={state}&state={opaque}",
        "error={opaque}",
        "error=access_denied&state={state}&session_state={opaque}",
        &long,
    ]
    .map(|params| {
        discreet(params, |ear| {
            let query = params
                .replace("{code}", CODE)
                .replace("{state}", &ear.scene.sign_in.state)
                .replace("{opaque}", OPAQUE);
            arrived(ear, &format!("{REDIRECT}?{query}"))
        })
    })
    .into()
}

fn callbacks_out_of_place() -> Vec<String> {
    vec![
        discreet("elsewhere", |ear| {
            let url = ear.scene.callback().replace("/callback", "/other");
            arrived(ear, &url)
        }),
        discreet("late", |ear| {
            ear.scene.world.advance(601);
            let url = ear.scene.callback();
            arrived(ear, &url)
        }),
        discreet("in a frame", |ear| {
            ear.scene.tab.page.framed.set(true);
            let url = ear.scene.callback();
            arrived(ear, &url)
        }),
        discreet("without an issuer", |ear| {
            let supported = "authorization_response_iss_parameter_supported";
            let announced = json!({ "metadata": { supported: true } });
            let tab = ear.scene.world.tab_with(&announced);
            ear.scene.sign_in = tab.leave(&json!({}));
            ear.scene.tab = tab;
            ear.scene.tab.handle(&ear.scene.callback()).err()
        }),
    ]
}

fn refused_answers() -> Vec<String> {
    let good = tokens("a.b.c");
    let with = |patch: Value| ok(&patched(good.clone(), &patch));
    let broken = format!("{{\"access_token\":\"{OPAQUE}\"");
    [
        ("no connection", offline()),
        ("silence", silence()),
        ("a page with a token", answer(500, "text/html", OPAQUE)),
        ("broken JSON", answer(200, "application/json", broken)),
        (
            "an error that is no text",
            json(400, &json!({ "error": { "token": OPAQUE } })),
        ),
        (
            "a refusal",
            json(400, &json!({ "error": "e", "token": OPAQUE })),
        ),
        ("another type", with(json!({ "token_type": OPAQUE }))),
        ("a lifetime", with(json!({ "expires_in": OPAQUE }))),
        (
            "a token that is none",
            with(json!({ "access_token": format!("{OPAQUE}\n") })),
        ),
        (
            "a long token",
            with(json!({ "access_token": OPAQUE.repeat(20_000) })),
        ),
        ("no ID token", with(json!({ "id_token": ABSENT }))),
        (
            "an ID token that is none",
            with(json!({ "id_token": OPAQUE })),
        ),
        (
            "a long ID token",
            with(json!({ "id_token": OPAQUE.repeat(20_000) })),
        ),
    ]
    .map(|(what, answer)| {
        discreet(what, |ear| {
            ear.scene.world.expect(TOKEN, answer);
            ear.scene.tab.handle(&ear.scene.callback()).err()
        })
    })
    .into()
}

fn refused_tokens() -> Vec<String> {
    let none = || json!({});
    let mut codes: Vec<_> = [
        ("an algorithm", json!({ "alg": OPAQUE }), none()),
        ("a key", json!({ "kid": 1, "x": OPAQUE }), none()),
        ("a kind", json!({ "typ": OPAQUE }), none()),
        ("an extension", json!({ "crit": [OPAQUE] }), none()),
        ("an issuer", none(), json!({ "iss": OPAQUE })),
        ("an audience", none(), json!({ "aud": OPAQUE })),
        ("a party", none(), json!({ "azp": OPAQUE })),
        ("a nonce", none(), json!({ "nonce": OPAQUE })),
        ("a time", none(), json!({ "exp": OPAQUE })),
        ("an end", none(), json!({ "exp": NOW - 60, "x": OPAQUE })),
        (
            "an age",
            none(),
            json!({ "iat": NOW - 100_000, "x": OPAQUE }),
        ),
        (
            "a beginning",
            none(),
            json!({ "nbf": NOW + 60, "x": OPAQUE }),
        ),
        (
            "a sign-in",
            none(),
            json!({ "auth_time": NOW + 60, "x": OPAQUE }),
        ),
        ("a hash", none(), json!({ "at_hash": OPAQUE })),
        ("a subject", none(), json!({ "sub": "", "name": OPAQUE })),
    ]
    .map(|(what, header, claims)| {
        discreet(what, |ear| {
            let scene = &ear.scene;
            let signer = &scene.world.signer;
            let id_token = signer.sign(
                &patched(signer.header(), &header),
                &patched(claims_of(scene), &claims),
            );
            scene.world.expect(TOKEN, ok(&tokens(&id_token)));
            scene.tab.handle(&scene.callback()).err()
        })
    })
    .into();
    codes.push(discreet("a signature", |ear| {
        let scene = &ear.scene;
        let forged = Signer::named(2, "key-1").token(&claims_of(scene));
        scene.world.expect(TOKEN, ok(&tokens(&forged)));
        scene.tab.handle(&scene.callback()).err()
    }));
    codes.push(discreet("an unknown key", |ear| {
        let scene = &ear.scene;
        let unknown = Signer::named(9, OPAQUE).token(&claims_of(scene));
        scene.world.expect(TOKEN, ok(&tokens(&unknown)));
        scene.world.expect(JWKS, ok(&scene.world.signer.jwks()));
        scene.tab.handle(&scene.callback()).err()
    }));
    codes.push(discreet("a context", |ear| {
        ear.scene.sign_in = ear.scene.tab.leave(&json!({ "acrValues": "gold" }));
        let scene = &ear.scene;
        let id_token = scene.id_token(&json!({ "acr": OPAQUE }));
        scene.world.expect(TOKEN, ok(&tokens(&id_token)));
        scene.tab.handle(&scene.callback()).err()
    }));
    codes
}

fn claims_of(scene: &Scene) -> Value {
    claims(&scene.sign_in.nonce, scene.world.now())
}

fn refused_surroundings() -> Vec<String> {
    let login = |ear: &Ear, options: Value| Some(ear.scene.tab.login_fails(&options));
    let of = |storage| {
        move |ear: &mut Ear| {
            ear.scene.tab.page.storage.set(storage);
            login(ear, json!({ "loginHint": OPAQUE }))
        }
    };
    vec![
        discreet("a full store", of(Storage::Full)),
        discreet("a blocked store", |ear| {
            ear.scene.world.expect_discovery(); // what was known is out of reach
            of(Storage::Blocked)(ear)
        }),
        discreet("a damaged store", |ear| {
            let stored = ear.scene.tab.page.stored();
            let key = stored.keys().find(|key| key.ends_with(".session"));
            let (tab, text) = (&ear.scene.tab, format!("{OPAQUE}{ACCESS_TOKEN}"));
            tab.page.plant(Area::Session, key.unwrap(), &text);
            ear.scene.tab = tab.reload();
            None
        }),
        discreet("options", |ear| login(ear, json!({ "maxAge": OPAQUE }))),
        discreet("a popup that is blocked", |ear| {
            ear.scene.tab.page.windows_are.set(Windows::Blocked);
            login(ear, json!({ "mode": "popup", "loginHint": OPAQUE }))
        }),
        discreet("a popup that is closed", |ear| {
            let (task, sign_in) = ear.scene.tab.open(&json!({ "loginHint": OPAQUE }));
            let closed = Err(Code::PopupClosed.into());
            ear.scene.tab.page.waiting().answer(&sign_in.state, closed);
            task.finish().err()
        }),
        discreet("a loop", |ear| {
            ear.scene.tab.page.clicked.set(false);
            for _ in 0..2 {
                ear.scene.tab.leave(&json!({ "loginHint": OPAQUE }));
                ear.scene.tab = ear.scene.tab.reload();
            }
            login(ear, json!({ "loginHint": OPAQUE }))
        }),
        discreet("plain http", |ear| {
            ear.scene.tab.page.secure.set(false);
            login(ear, json!({ "loginHint": OPAQUE }))
        }),
        discreet("no randomness", |ear| {
            ear.scene.world.randomness(Randomness::Broken);
            login(ear, json!({ "loginHint": OPAQUE }))
        }),
        discreet("the end", |ear| {
            ear.scene.tab.client.dispose();
            login(ear, json!({ "loginHint": OPAQUE }))
        }),
        discreet("a way back", |ear| {
            ear.scene.tab.leave(&json!({ "returnTo": OPAQUE }));
            None
        }),
        discreet("a crafted logout", |ear| {
            let tab = &ear.scene.tab;
            ear.scene.world.expect(REVOKE, html(500));
            tab.logout(&json!({ "returnTo": "/bye" })).unwrap();
            ear.scene.tab = tab.arrive(&format!("https://portal.example/bye?state={OPAQUE}"));
            None
        }),
    ]
}

fn refused_calls() -> Vec<String> {
    let answers = |answer: fn(&Scene) -> Result<HttpResponse>| {
        move |ear: &mut Ear| {
            let answer = answer(&ear.scene);
            ear.scene.world.expect(TOKEN, answer);
            ear.scene.tab.token_with(30, true).err()
        }
    };
    let tells = |answer| {
        move |ear: &mut Ear| {
            ear.scene.world.expect(USERINFO, answer);
            block_on(ear.scene.tab.client.userinfo()).err()
        }
    };
    vec![
        discreet(
            "another user",
            answers(|scene| {
                let id_token = scene.world.id_token("n", &json!({ "sub": OPAQUE }));
                ok(&tokens(&id_token))
            }),
        ),
        discreet(
            "a refusal",
            answers(|_| json(400, &json!({ "error": "invalid_grant", "token": OPAQUE }))),
        ),
        discreet("nobody", |ear| {
            ear.scene.tab.logout(&json!({ "localOnly": true })).unwrap();
            ear.scene.tab.token().err()
        }),
        discreet("claims of another", tells(ok(&json!({ "sub": OPAQUE })))),
        discreet("an algorithm the machine lacks", |ear| {
            let n = encode([&[0x80][..], &[0; 254], &[1]].concat());
            let key = json!({ "kty": "RSA", "n": n, "e": "AQAB" });
            let world = &ear.scene.world;
            let tab = world.tab_with(&json!({ "jwks": { "keys": [key] } }));
            let sign_in = tab.leave(&json!({}));
            let claims = claims(&sign_in.nonce, world.now());
            let signed = world.signer.sign(&json!({ "alg": "RS256" }), &claims);
            let id_token = format!(
                "{}.{}",
                signed.rsplit_once('.').unwrap().0,
                encode([1; 256])
            );
            world.expect(TOKEN, ok(&tokens(&id_token)));
            (ear.scene.tab, ear.scene.sign_in) = (tab, sign_in);
            ear.scene.tab.handle(&ear.scene.callback()).err()
        }),
        discreet("no claims", tells(answer(200, "text/html", OPAQUE))),
        discreet("claims refused", tells(answer(401, "", OPAQUE))),
        discreet("a sign-in that another provider initiates", |ear| {
            let url = format!("https://portal.example/start?iss=https://{OPAQUE}.example");
            block_on(ear.scene.tab.client.initiated_login(url)).err()
        }),
        discreet("a sign-in given up", |ear| {
            let tab = &ear.scene.tab;
            let options = format!("{{\"loginHint\":\"{OPAQUE}\"}}");
            let login = Task::start(tab.client.login(options));
            tab.page.give_up();
            login.finish().err()
        }),
        discreet("a stranger", |ear| {
            let url = format!("https://evil.example/{OPAQUE}");
            ear.scene.tab.grant_for(&url).err()
        }),
        discreet("a challenge", |ear| {
            let grant = grant(ACCESS_TOKEN);
            let challenge =
                format!("Bearer error=\"insufficient_user_authentication\", scope=\"{OPAQUE}\"");
            ear.scene.tab.answered(&grant, 401, &challenge).err()
        }),
    ]
}

#[test]
fn no_code_the_core_raises_comes_with_a_secret() {
    let raised: BTreeSet<_> = [
        refused_callbacks(),
        callbacks_out_of_place(),
        refused_answers(),
        refused_tokens(),
        refused_documents(),
        refused_surroundings(),
        refused_calls(),
        refused_proofs(),
    ]
    .concat()
    .into_iter()
    .collect();
    for code in Code::ALL {
        let is_raised = raised.contains(code.as_str());
        assert_eq!(is_raised, !ELSEWHERE.contains(code), "{}", code.as_str());
    }
}
