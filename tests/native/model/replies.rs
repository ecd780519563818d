//! What the provider does with a request, and what becomes of its answer.

use portcullis::{
    error::Result,
    protocol::http::{ApiAnswer, HttpResponse},
};
use serde_json::{Value, json};

use super::provider::{Call, Family, Numbers, Provider, USERS, What, access_token};
use crate::{
    proofs::{demand, with_nonce},
    world::{ABSENT, DISCOVERY, NOW, at_hash, claims, html, later, metadata, offline, ok, patched},
};

/// How many seconds an access token lives.
const LIFETIME: i64 = 300;

/// What comes back for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    Good,
    /// Done, but the answer is lost on the way.
    Lost,
    /// Done, but the answer cannot be read.
    Garbled,
    /// The request never arrives.
    Offline,
    /// Not now (429), and not for so many seconds.
    Busy(u32),
    /// A fault of the provider's own (503).
    Broken,
    /// A definite no.
    Refused,
    /// An error that says nothing about the session.
    Odd,
    /// From now on proofs have to have another nonce; the first without it does.
    OtherNonce,
}

impl Provider {
    pub fn work(&self, call: &Call, reply: Reply) -> Result<HttpResponse> {
        if reply == Reply::OtherNonce {
            self.nonces.set(self.nonces.get() + 1);
        }
        let Some(proof) = &call.proof else {
            return self.answer_to(call.what, reply);
        };
        let nonce = self.proof_nonce();
        let is_current = proof.claims["nonce"] == nonce;
        let answer = match reply {
            Reply::Good | Reply::Refused | Reply::OtherNonce if !is_current => match call.what {
                What::Userinfo(_) => html(401),
                What::Api(_) => challenge("DPoP", "use_dpop_nonce"),
                _ => demand(),
            },
            Reply::Lost if !is_current => offline(),
            Reply::Garbled if !is_current => html(200),
            _ => self.answer_to(call.what, reply),
        };
        with_nonce(answer, &nonce)
    }

    fn answer_to(&self, what: What, reply: Reply) -> Result<HttpResponse> {
        let scheme = if self.is_bound { "DPoP" } else { "Bearer" };
        let refusal = crate::world::json(400, &json!({ "error": "invalid_grant" }));
        match (reply, what) {
            (Reply::Offline, _) => return offline(),
            (Reply::Busy(seconds), _) => {
                return later(seconds).map(|answer| HttpResponse {
                    status: 429,
                    ..answer
                });
            }
            (Reply::Broken, _) => return html(503),
            (Reply::Odd, What::Api(_)) => {
                return challenge(scheme, "insufficient_user_authentication");
            }
            (Reply::Odd, _) => {
                return crate::world::json(400, &json!({ "error": "temporarily_unavailable" }));
            }
            (Reply::Refused, What::Refresh(numbers)) => {
                self.families.borrow_mut()[numbers.family].is_refused = true;
                return refusal;
            }
            (Reply::Refused, What::Userinfo(_)) => return html(401),
            (Reply::Refused, What::Api(_)) => return challenge(scheme, "invalid_token"),
            (Reply::Refused, _) => return refusal,
            (Reply::Good | Reply::OtherNonce | Reply::Lost | Reply::Garbled, _) => {}
        }
        let answer = match what {
            What::Document(DISCOVERY) => ok(&metadata()),
            What::Document(_) => ok(&self.signer.jwks()),
            What::Revocation(numbers) => {
                self.families.borrow_mut()[numbers.family].is_refused = true;
                ok(&json!({}))
            }
            What::Code(number) => self.redeem(number).map_or(refusal, |body| ok(&body)),
            What::Userinfo(numbers) => {
                let user = self.families.borrow()[numbers.family].user;
                ok(&json!({ "sub": USERS[user] }))
            }
            What::Api(numbers) if self.families.borrow()[numbers.family].is_refused => {
                challenge(scheme, "invalid_token")
            }
            What::Api(_) => html(200),
            What::Refresh(numbers) => self.rotate(numbers).map_or(refusal, |body| ok(&body)),
        };
        if matches!(reply, Reply::Good | Reply::OtherNonce) {
            return answer;
        }
        if let What::Refresh(numbers) = what {
            self.may_be_lost(numbers.family);
        }
        if reply == Reply::Lost {
            offline()
        } else {
            html(200)
        }
    }

    /// How far the machine's clock is ahead, in milliseconds.
    fn ahead(&self) -> i64 {
        self.clocks.millis.get() - NOW * 1000 - self.clocks.elapsed.get()
    }

    fn redeem(&self, number: usize) -> Option<Value> {
        let grant = &mut self.grants.borrow_mut()[number];
        if std::mem::replace(&mut grant.is_used, true) {
            self.fault(format!("code {number} used twice"));
            return None;
        }
        let mut families = self.families.borrow_mut();
        families.push(Family {
            user: grant.user,
            nonce: grant.nonce.clone(),
            jkt: grant.jkt.clone(),
            generation: 0,
            lost_below: 0,
            is_excused: false,
            is_kept: false,
            is_refused: false,
            signed_out_at: None,
            is_ended: false,
            began_at: self.clocks.millis.get(),
            ahead: self.ahead(),
        });
        let family = families.len() - 1;
        Some(self.tokens(&families[family], family, true))
    }

    fn rotate(&self, numbers: Numbers) -> Option<Value> {
        let mut families = self.families.borrow_mut();
        let book = &mut families[numbers.family];
        if book.is_refused || numbers.generation != book.generation {
            book.is_refused = true;
            return None;
        }
        book.generation += 1;
        if self.has_id_tokens && self.ahead() != book.ahead {
            // ID tokens are judged by the clock of the sign-in: this one may be turned down, and
            // its refresh token with it
            book.lost_below = book.generation;
        }
        Some(self.tokens(book, numbers.family, self.has_id_tokens))
    }

    fn tokens(&self, book: &Family, family: usize, has_id_token: bool) -> Value {
        let generation = book.generation;
        let access_token = access_token(family, generation);
        let patch = json!({
            "sub": USERS[book.user],
            "auth_time": ABSENT,
            "at_hash": at_hash(&access_token),
        });
        let id_token = if has_id_token {
            let claims = claims(&book.nonce, NOW + self.clocks.elapsed.get() / 1000);
            json!(self.signer.token(&patched(claims, &patch)))
        } else {
            json!(null)
        };
        json!({
            "access_token": access_token,
            "token_type": if book.jkt.is_some() { "DPoP" } else { "Bearer" },
            "expires_in": LIFETIME,
            "refresh_token": format!("refresh-{family}-{generation}-"),
            "id_token": id_token,
        })
    }
}

/// An API's demand, where [`api_answer`] finds it.
fn challenge(scheme: &str, error: &str) -> Result<HttpResponse> {
    html(401).map(|answer| HttpResponse {
        body: Some(format!(r#"{scheme} error="{error}""#).into()),
        ..answer
    })
}

/// What the API answered, for whoever sent the token.
pub fn api_answer(response: HttpResponse) -> ApiAnswer {
    let HttpResponse {
        status,
        dpop_nonce,
        body,
        ..
    } = response;
    let text = String::from_utf8(body.unwrap_or_default()).unwrap();
    ApiAnswer {
        status,
        challenge: if status == 401 { text } else { String::new() },
        dpop_nonce,
        is_redirected: false,
    }
}
