//! Keys that tokens are bound to, kept for the origin, by an implementation that is not ours; and whether
//! the late half of the module can be loaded.

use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use portcullis::{
    error::{Code, Place, Result},
    platform::{Parts, ProofKeys},
};
use serde_json::json;

use super::{Page, encode, run::yield_now};

/// What the browser's keys do.
#[derive(Clone, Copy, Default, PartialEq)]
pub enum Keys {
    #[default]
    Work,
    /// There is no cryptography, as on plain http.
    Missing,
    /// The database is blocked.
    Blocked,
}

impl Page {
    /// Deletes the origin's keys, as whoever clears site data does.
    pub fn lose_keys(&self) {
        self.world.proof_keys.borrow_mut().clear();
    }

    fn signing_key(&self, name: &str) -> Result<Option<SigningKey>> {
        match self.keys_are.get() {
            Keys::Work => Ok(self.world.proof_keys.borrow().get(name).cloned()),
            Keys::Missing => Err(Code::Unsupported.at(Place::Dpop)),
            Keys::Blocked => Err(Code::StorageUnavailable.into()),
        }
    }
}

impl ProofKeys for Page {
    async fn proof_key(&self, name: &str, make: bool) -> Result<Option<String>> {
        yield_now().await;
        let mut key = self.signing_key(name)?;
        if key.is_none() && make {
            let scalar = [(); 32].map(|()| self.world.draw());
            let drawn = SigningKey::from_slice(&scalar).expect("a scalar");
            let mut keys = self.world.proof_keys.borrow_mut();
            keys.insert(name.into(), drawn.clone());
            key = Some(drawn);
        }
        Ok(key.as_ref().map(jwk_of))
    }

    async fn sign(&self, key: &str, input: &str) -> Result<String> {
        yield_now().await;
        let keys = self.world.proof_keys.borrow();
        let found = keys.values().find(|known| jwk_of(known) == key);
        let signature: Signature = found.ok_or(Code::DpopKeyLost)?.sign(input.as_bytes());
        Ok(encode(signature.to_bytes()))
    }
}

impl Parts for Page {
    /// It is asked for at once, whether or not anybody waits for it.
    fn complete(&self) -> impl Future<Output = Result<()>> {
        self.loads.set(self.loads.get() + 1);
        async {
            yield_now().await;
            if let Some(happen) = self.meanwhile.take() {
                happen();
            }
            if self.is_cut_off.get() {
                Err(Code::Network.into())
            } else {
                Ok(())
            }
        }
    }
}

/// The public half as a browser writes it.
fn jwk_of(key: &SigningKey) -> String {
    let point = key.verifying_key().to_sec1_point(false);
    let (x, y) = (encode(point.x().unwrap()), encode(point.y().unwrap()));
    json!({ "key_ops": ["verify"], "ext": true, "kty": "EC", "x": x, "y": y, "crv": "P-256" })
        .to_string()
}
