//! The client of a sign-in.

use alloc::{boxed::Box, rc::Rc, string::String};

use js_sys::{Function, Promise};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use super::thrown;
use crate::{
    client::{self, MIN_VALIDITY, Occasion, Outcome},
    config::Config,
    platform::web::{
        self, Host, Web,
        task::{Settled, promise, settled},
    },
    secret::Secret,
    time::Seconds,
};

/// One portal's client.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Client(Rc<client::Client<Web>>);

#[wasm_bindgen]
impl Client {
    /// Reads the options (JSON text of `AuthOptions`).
    #[wasm_bindgen(constructor)]
    pub fn new(options: String, host: Host) -> Result<Self, JsValue> {
        let page = web::location();
        let config =
            Config::parse(options, page.as_deref()).map_err(|error| thrown(error.into()))?;
        let platform = Web::new(host, config.persist());
        Ok(Self(Rc::new(client::Client::new(config, platform))))
    }

    /// Loads what an earlier page left behind; never rejects.
    pub fn restore(&self) -> Promise {
        let client = self.0.clone();
        promise(Box::pin(async move {
            client.restore().await;
            Ok(JsValue::NULL)
        }))
    }

    /// The JSON text of `AuthState`.
    pub fn state(&self) -> JsValue {
        self.0.state().into()
    }

    /// The JSON text of an array of `TraceEvent`.
    pub fn trace(&self) -> JsValue {
        self.0.trace().into()
    }

    /// Starts a sign-in with the JSON text of `LoginOptions`, in which `appState` is text.
    pub fn login(&self, options: String) -> Promise {
        let client = self.0.clone();
        promise(Box::pin(async move { text(client.login(options).await) }))
    }

    /// Whether `url` answers a sign-in of this client.
    #[wasm_bindgen(js_name = isCallback)]
    pub fn is_callback(&self, url: &str) -> bool {
        self.0.is_callback(url)
    }

    /// Completes a sign-in; the JSON text of `CallbackResult`, with `appState` as it was given.
    #[wasm_bindgen(js_name = handleCallback)]
    pub fn handle_callback(&self, url: String) -> Promise {
        let client = self.0.clone();
        promise(Box::pin(
            async move { text(client.handle_callback(url).await) },
        ))
    }

    /// A valid access token if one is at hand, else `undefined`: [`Self::get_access_token`] asks
    /// for another.
    #[wasm_bindgen(js_name = tokenAtHand)]
    pub fn token_at_hand(&self, min_validity: Option<i32>, force_refresh: bool) -> Settled {
        match self.0.token_at_hand(span(min_validity), force_refresh) {
            Ok(Some(token)) => Ok(token.expose().into()),
            Ok(None) => Ok(JsValue::UNDEFINED),
            Err(failure) => Err(thrown(failure)),
        }
    }

    /// A valid access token.
    #[wasm_bindgen(js_name = getAccessToken)]
    pub fn get_access_token(&self, min_validity: Option<i32>, force_refresh: bool) -> Promise {
        let client = self.0.clone();
        let span = span(min_validity);
        promise(Box::pin(async move {
            let token = client.access_token(span, force_refresh).await;
            text(token.map(|token| token.expose().into()))
        }))
    }

    /// Has `send` make its call with an access token, if `url` may have one, and with a proof of possession if
    /// the token is bound; and again with others if the API does not take the first. Rejects with what `send`
    /// rejects with, too.
    pub fn fetch(&self, method: String, url: String, send: Function) -> Promise {
        let client = self.0.clone();
        promise(Box::pin(async move {
            let mut grant = client.token_for(method, url).await.map_err(thrown)?;
            loop {
                let proof = client.proof_for(&grant).await.map_err(thrown)?;
                let response = call(&send, &grant.token, proof.as_ref()).await?;
                let again = client.answered(grant, web::api_answer(&response)).await;
                match again.map_err(thrown)? {
                    Some(again) => grant = again,
                    None => return Ok(response),
                }
            }
        }))
    }

    /// The JSON text of the userinfo claims.
    pub fn userinfo(&self) -> Promise {
        let client = self.0.clone();
        promise(Box::pin(async move { text(client.userinfo().await) }))
    }

    /// Ends the session here, with the JSON text of `LogoutOptions`; whether [`Self::leave`] is to
    /// follow.
    #[wasm_bindgen(js_name = signOut)]
    pub fn sign_out(&self, options: String) -> Promise {
        let client = self.0.clone();
        promise(Box::pin(async move {
            let goes_on = client.sign_out(options).await;
            goes_on.map(JsValue::from).map_err(thrown)
        }))
    }

    /// Tells the provider of a sign-out; never rejects.
    pub fn leave(&self) -> Promise {
        let client = self.0.clone();
        promise(Box::pin(async move {
            client.leave().await;
            Ok(JsValue::NULL)
        }))
    }

    /// No [`Self::leave`] follows after all.
    pub fn stay(&self) {
        self.0.stay();
    }

    /// Ends the session that the provider says is over; whether `url` named one of its own.
    #[wasm_bindgen(js_name = frontChannelLogout)]
    pub fn front_channel_logout(&self, url: String) -> Promise {
        let client = self.0.clone();
        promise(Box::pin(async move {
            let is_ours = client.front_channel_logout(url).await;
            is_ours.map(JsValue::from).map_err(thrown)
        }))
    }

    /// Starts the sign-in that `url` asks for.
    #[wasm_bindgen(js_name = initiatedLogin)]
    pub fn initiated_login(&self, url: String) -> Promise {
        let client = self.0.clone();
        promise(Box::pin(
            async move { text(client.initiated_login(url).await) },
        ))
    }

    /// The JSON text of `Diagnosis`.
    pub fn diagnose(&self) -> Promise {
        let client = self.0.clone();
        promise(Box::pin(async move { text(client.diagnose().await) }))
    }

    /// Looks at the store again; `occasion` is the place of an [`Occasion`] in its list.
    pub fn look(&self, occasion: u8) -> Promise {
        let client = self.0.clone();
        let occasion = match occasion {
            0 => Occasion::Told,
            1 => Occasion::Seen,
            2 => Occasion::Online,
            3 => Occasion::Restored,
            4 => Occasion::Due,
            5 => Occasion::Active,
            _ => Occasion::Changed,
        };
        promise(Box::pin(async move {
            client.look(occasion).await;
            Ok(JsValue::NULL)
        }))
    }

    /// Ends this client; the stored session stays.
    pub fn dispose(&self) {
        self.0.dispose();
    }
}

fn span(min_validity: Option<i32>) -> Seconds {
    min_validity.map_or(MIN_VALIDITY, |seconds| Seconds(seconds.into()))
}

async fn call(send: &Function, token: &Secret, proof: Option<&Secret>) -> Result<JsValue, JsValue> {
    let (token, proof) = (token.expose().into(), proof.map(Secret::expose).into());
    let answer = send.call2(&JsValue::UNDEFINED, &token, &proof)?;
    settled(&answer).await
}

fn text(outcome: Outcome<String>) -> Result<JsValue, JsValue> {
    outcome.map(JsValue::from).map_err(thrown)
}
