//! One public key, and the policy it must meet to verify anything (RFC 7517 §4, RFC 7518 §6,
//! RFC 8037 §2, RFC 8725 §3.4). `WebCrypto` imports many keys that are refused here.

use super::alg::Alg;
use crate::codec::{
    base64url,
    json::{Json, JsonDefect, ObjectWriter},
};
use alloc::{borrow::Cow, string::String, vec::Vec};

/// A public key that passed the key policy. Whether an elliptic-curve point is on its curve is
/// for the verifier to say.
#[derive(Clone, Debug)]
pub struct PublicKey {
    kind: Kind,
    alg: Option<Alg>,
    kid: Option<String>,
    issuer: Option<String>,
    /// `n` or `x`.
    first: Vec<u8>,
    /// `e` or `y`; empty for Ed25519.
    second: Vec<u8>,
}

/// The type of a key, `kty`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kty {
    /// `RSA`.
    Rsa,
    /// `EC`.
    Ec,
    /// `OKP`.
    Okp,
}

/// The curve of a key, `crv`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    /// `P-256`.
    P256,
    /// `P-384`.
    P384,
    /// `P-521`.
    P521,
    /// `Ed25519`.
    Ed25519,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Rsa,
    Curve(Curve),
}

impl Curve {
    /// The name in the JOSE registry.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
            Self::Ed25519 => "Ed25519",
        }
    }

    const fn family(self) -> &'static str {
        match self {
            Self::Ed25519 => "OKP",
            _ => "EC",
        }
    }

    /// The length of a coordinate in bytes, which is half that of a signature.
    const fn length(self) -> usize {
        match self {
            Self::P256 | Self::Ed25519 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

impl PublicKey {
    /// The key that `jwk` describes; `None` if it is not a public key for signatures that we
    /// know, or does not meet the policy.
    #[must_use]
    pub fn from_jwk(jwk: Json<'_>) -> Option<Self> {
        if has_private_member(jwk) || !may_verify(jwk) {
            return None;
        }
        let kty = jwk.get("kty")?;
        let (kind, first, second) = if kty.is_text("RSA") {
            let (n, e) = (bytes(jwk, "n")?, bytes(jwk, "e")?);
            if !is_sound_rsa(&n, &e) {
                return None;
            }
            (Kind::Rsa, n, e)
        } else {
            let curve = curve_of(kty, jwk.get("crv")?)?;
            let x = bytes(jwk, "x")?;
            let y = if curve == Curve::Ed25519 {
                Vec::new()
            } else {
                bytes(jwk, "y")?
            };
            let sound = x.len() == curve.length()
                && if curve == Curve::Ed25519 {
                    is_sound_ed25519(&x)
                } else {
                    y.len() == x.len()
                };
            if !sound {
                return None;
            }
            (Kind::Curve(curve), x, y)
        };
        let alg = match optional_text(jwk, "alg").ok()? {
            Some(name) => Some(Alg::parse(&name).filter(|alg| kind.fits(*alg))?),
            None => None,
        };
        let text = |name| optional_text(jwk, name).map(|text| text.map(Cow::into_owned));
        Some(Self {
            kind,
            alg,
            kid: text("kid").ok()?,
            issuer: text("issuer").ok()?,
            first,
            second,
        })
    }

    /// The type of the key.
    #[must_use]
    pub const fn kty(&self) -> Kty {
        match self.kind {
            Kind::Rsa => Kty::Rsa,
            Kind::Curve(Curve::Ed25519) => Kty::Okp,
            Kind::Curve(_) => Kty::Ec,
        }
    }

    /// The curve; `None` for RSA.
    #[must_use]
    pub const fn curve(&self) -> Option<Curve> {
        match self.kind {
            Kind::Rsa => None,
            Kind::Curve(curve) => Some(curve),
        }
    }

    /// The key's name in its set.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Whose tokens the key may sign, where one set serves many issuers: no standard's member, but
    /// that of Microsoft Entra ID.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// Whether the key may verify signatures of `alg`.
    #[must_use]
    pub fn fits(&self, alg: Alg) -> bool {
        self.kind.fits(alg) && self.alg.is_none_or(|own| own.is_same_as(alg))
    }

    /// The RSA modulus, big-endian without leading zeros; empty for other keys.
    #[must_use]
    pub fn n(&self) -> &[u8] {
        if self.kind == Kind::Rsa {
            &self.first
        } else {
            &[]
        }
    }

    /// The RSA exponent, big-endian without leading zeros; empty for other keys.
    #[must_use]
    pub fn e(&self) -> &[u8] {
        if self.kind == Kind::Rsa {
            &self.second
        } else {
            &[]
        }
    }

    /// The x-coordinate, big-endian in the full length of the field, or the whole Ed25519 key;
    /// empty for RSA.
    #[must_use]
    pub fn x(&self) -> &[u8] {
        if self.kind == Kind::Rsa {
            &[]
        } else {
            &self.first
        }
    }

    /// The y-coordinate, like `x`; empty for RSA and Ed25519.
    #[must_use]
    pub fn y(&self) -> &[u8] {
        if self.kind == Kind::Rsa {
            &[]
        } else {
            &self.second
        }
    }

    /// Whether `signature` has the form of every signature of this key: its length, and for
    /// Ed25519 a point that is sound, since verifiers differ over others.
    pub(super) fn may_have_made(&self, signature: &[u8]) -> bool {
        signature.len() == self.signature_length()
            && (self.curve() != Some(Curve::Ed25519)
                || signature.get(..32).is_some_and(is_sound_ed25519))
    }

    fn signature_length(&self) -> usize {
        match self.kind {
            Kind::Rsa => self.first.len(),
            Kind::Curve(curve) => 2 * curve.length(),
        }
    }

    /// The key as a JWK to be imported by a verifier: the required public members alone, in the
    /// form whose digest is the key's thumbprint (RFC 7638 §3.2).
    #[must_use]
    pub fn to_jwk(&self) -> String {
        let mut jwk = ObjectWriter::new();
        let first = base64url::encode(&self.first);
        let second = base64url::encode(&self.second);
        match self.kind {
            Kind::Rsa => jwk.text("e", &second).text("kty", "RSA").text("n", &first),
            Kind::Curve(curve) => {
                jwk.text("crv", curve.as_str())
                    .text("kty", curve.family())
                    .text("x", &first);
                if !second.is_empty() {
                    jwk.text("y", &second);
                }
                &mut jwk
            }
        };
        jwk.finish()
    }
}

impl Kind {
    fn fits(self, alg: Alg) -> bool {
        let curve = match alg {
            Alg::Es256 => Curve::P256,
            Alg::Es384 => Curve::P384,
            Alg::Es512 => Curve::P521,
            Alg::EdDsa | Alg::Ed25519 => Curve::Ed25519,
            _ => return self == Self::Rsa,
        };
        self == Self::Curve(curve)
    }
}

/// Whether the key holds what only its owner may know.
pub(super) fn has_private_member(jwk: Json<'_>) -> bool {
    ["d", "p", "q", "dp", "dq", "qi", "oth", "k"]
        .iter()
        .any(|name| jwk.get(name).is_some())
}

/// Whether `use` and `key_ops`, where present, allow verifying and do not contradict each other
/// (RFC 7517 §4.2 and §4.3).
fn may_verify(jwk: Json<'_>) -> bool {
    let purpose = jwk.get("use");
    if purpose.is_some_and(|purpose| !purpose.is_text("sig")) {
        return false;
    }
    let Some(operations) = jwk.get("key_ops") else {
        return true;
    };
    operations
        .items()
        .any(|operation| operation.is_text("verify"))
        && (purpose.is_none()
            || operations
                .items()
                .all(|each| each.is_text("verify") || each.is_text("sign")))
}

fn curve_of(kty: Json<'_>, crv: Json<'_>) -> Option<Curve> {
    for curve in &[Curve::P256, Curve::P384, Curve::P521, Curve::Ed25519] {
        if crv.is_text(curve.as_str()) && kty.is_text(curve.family()) {
            return Some(*curve);
        }
    }
    None
}

/// A member that may be absent, but must be a string if it is there.
pub(super) fn optional_text<'a>(
    object: Json<'a>,
    name: &str,
) -> Result<Option<Cow<'a, str>>, JsonDefect> {
    match object.get(name) {
        Some(value) => value.text().map(Some).ok_or(JsonDefect::Malformed),
        None => Ok(None),
    }
}

fn bytes(jwk: Json<'_>, name: &str) -> Option<Vec<u8>> {
    base64url::decode(&jwk.get(name)?.text()?)
}

/// 2048 to 8192 bits, and numbers that can be a modulus and its exponent, in their shortest form.
/// Verifying costs as much as the exponent is long, hence its limit of 32 bits.
fn is_sound_rsa(n: &[u8], e: &[u8]) -> bool {
    let odd = |number: &[u8]| number.last().is_some_and(|low| low & 1 == 1);
    let bits = |number: &[u8]| {
        number
            .first()
            .map_or(0, |high| number.len() * 8 - high.leading_zeros() as usize)
    };
    let shortest = |number: &[u8]| number.first().is_some_and(|high| *high != 0);
    shortest(n)
        && shortest(e)
        && odd(n)
        && odd(e)
        && (2048..=8192).contains(&bits(n))
        && (2..=32).contains(&bits(e))
}

/// Whether the point is encoded in its one way (RFC 8032 §5.1.3) and is none of the eight whose
/// order is small, under which signatures verify that nobody made.
fn is_sound_ed25519(x: &[u8]) -> bool {
    /// The y-coordinates of the points of order 8, little-endian, without the last byte.
    const ORDER_8: [&[u8]; 2] = [
        b"\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0\
          \xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc",
        b"\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f\
          \x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03",
    ];
    let (Some((last, low)), Some(first)) = (x.split_last(), x.first()) else {
        return false;
    };
    let (last, middle) = (last & 0x7f, low.get(1..).unwrap_or_default());
    // y = 0 and y = 1: orders 4 and 1.
    let tiny = *first <= 1 && middle.iter().all(|byte| *byte == 0) && last == 0;
    // y = p - 1: order 2. y >= p: not the one encoding.
    let huge = *first >= 0xec && middle.iter().all(|byte| *byte == 0xff) && last == 0x7f;
    let order_8 = (low == ORDER_8[0] && last == 0x05) || (low == ORDER_8[1] && last == 0x7a);
    !(tiny || huge || order_8)
}

#[cfg(test)]
mod tests;
