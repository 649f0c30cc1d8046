//! Keys that signatures are verified with, and how they are written (RFC 7517, RFC 7518 §6, RFC 8037 §2).

use crate::Algorithm;
use crate::limits::MODULUS_BYTES_MAX;
use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

/// Why a key is none; the text reads after "the key ".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// A member is missing or has not its form.
    #[error("has a member `{name}` that {reason}")]
    Member {
        /// Which.
        name: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The kind of key, or its curve, is none of those known.
    #[error("is of kind `{0}`, which is none of RSA, EC (P-256, P-384, P-521) and OKP (Ed25519)")]
    Unknown(String),
    /// A private or a shared key stands where a public one should.
    #[error("is not public: it has a member `{0}`")]
    Secret(&'static str),
    /// What holds it is no set.
    #[error("set {0}")]
    Set(String),
    /// It is to sign with an algorithm that is not known, or not its own.
    #[error("cannot sign with `{0}`")]
    Algorithm(String),
    /// It is neither of the forms that are read.
    #[error("is neither PEM of a private key (PKCS #8), nor a private JSON Web Key")]
    Form,
    /// Neither the header nor the key says how to sign.
    #[error("names no algorithm: say `alg` in the header, or beside the key")]
    NoAlgorithm,
    /// A shared secret has too few bytes for its algorithm (RFC 7518 section 3.2).
    #[error("has fewer than the {0} bytes that its algorithm asks for")]
    Short(usize),
    /// The library refuses it.
    #[error("is no private key for {0} in PKCS #8")]
    Private(&'static str),
}

/// The curves of ECDSA, each with the length of a coordinate in bytes and its algorithm.
const CURVES: [(&str, usize, Algorithm); 3] =
    [("P-256", 32, Algorithm::Es256), ("P-384", 48, Algorithm::Es384), ("P-521", 66, Algorithm::Es512)];
/// Length of an Ed25519 key, in bytes.
const ED25519_BYTES: usize = 32;
/// Members that only a private or a shared key has.
const SECRET: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Material {
    /// The point, uncompressed.
    Curve(Algorithm, Vec<u8>),
    Ed25519(Vec<u8>),
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
}

/// A key that signatures are verified with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    pub(crate) id: Option<String>,
    /// The one algorithm that it is for, where it says so.
    pub(crate) algorithm: Option<Algorithm>,
    pub(crate) material: Material,
}

impl PublicKey {
    /// Reads a JSON Web Key.
    ///
    /// # Errors
    ///
    /// [`KeyFault`]: a key of another kind, one with members that are missing or wrong, one that is not public.
    pub fn from_jwk(jwk: &Value) -> Result<Self, KeyFault> {
        if let Some(name) = SECRET.into_iter().find(|name| jwk.get(name).is_some()) {
            return Err(KeyFault::Secret(name));
        }
        let material = match text(jwk, "kty")? {
            "EC" => curve_of(jwk)?,
            "OKP" if text(jwk, "crv")? == "Ed25519" => Material::Ed25519(sized(jwk, "x", ED25519_BYTES)?),
            "OKP" => return Err(KeyFault::Unknown(format!("OKP {}", text(jwk, "crv")?))),
            "RSA" => rsa(jwk)?,
            other => return Err(KeyFault::Unknown(other.to_owned())),
        };
        let algorithm = match jwk.get("alg") {
            None => None,
            Some(_) => Some(Algorithm::from_name(text(jwk, "alg")?).ok_or(member("alg", "is no algorithm of signatures"))?),
        };
        if algorithm.is_some_and(|algorithm| !material.fits(algorithm)) {
            return Err(member("alg", "is not of this kind of key"));
        }
        let id = jwk.get("kid").map(|_| text(jwk, "kid").map(ToOwned::to_owned)).transpose()?;
        Ok(Self { id, algorithm, material })
    }

    /// Writes it as a JSON Web Key for signatures.
    #[must_use]
    pub fn to_jwk(&self) -> Value {
        let encoded = |bytes: &[u8]| Value::from(URL_SAFE_NO_PAD.encode(bytes));
        let mut jwk = Map::new();
        match &self.material {
            Material::Curve(algorithm, point) => {
                let (curve, length, _) = CURVES.into_iter().find(|(.., own)| own == algorithm).unwrap_or(CURVES[0]);
                jwk.insert("kty".to_owned(), json!("EC"));
                jwk.insert("crv".to_owned(), json!(curve));
                jwk.insert("x".to_owned(), encoded(point.get(1..=length).unwrap_or_default()));
                jwk.insert("y".to_owned(), encoded(point.get(length + 1..).unwrap_or_default()));
            }
            Material::Ed25519(key) => {
                jwk.insert("kty".to_owned(), json!("OKP"));
                jwk.insert("crv".to_owned(), json!("Ed25519"));
                jwk.insert("x".to_owned(), encoded(key));
            }
            Material::Rsa { n, e } => {
                jwk.insert("kty".to_owned(), json!("RSA"));
                jwk.insert("n".to_owned(), encoded(n));
                jwk.insert("e".to_owned(), encoded(e));
            }
        }
        jwk.insert("use".to_owned(), json!("sig"));
        jwk.extend(self.algorithm.map(|algorithm| ("alg".to_owned(), json!(algorithm.name()))));
        jwk.extend(self.id.as_ref().map(|id| ("kid".to_owned(), json!(id))));
        Value::Object(jwk)
    }

    /// Gives its id.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Tells whether signatures of an algorithm can be verified with it.
    #[must_use]
    pub fn fits(&self, algorithm: Algorithm) -> bool {
        self.material.fits(algorithm) && self.algorithm.is_none_or(|own| own == algorithm)
    }

    /// Tells whether a signature over bytes was made with its private half.
    #[must_use]
    pub fn verifies(&self, algorithm: Algorithm, signed: &[u8], signature: &[u8]) -> bool {
        if !self.fits(algorithm) {
            return false;
        }
        let held = |key: &[u8], by: &'static dyn VerificationAlgorithm| {
            UnparsedPublicKey::new(by, key).verify(signed, signature).is_ok()
        };
        match (&self.material, algorithm) {
            (Material::Rsa { n, e }, algorithm) => rsa_parameters(algorithm)
                .is_some_and(|parameters| PublicKeyComponents { n, e }.verify(parameters, signed, signature).is_ok()),
            (Material::Ed25519(key), _) => held(key, &signature::ED25519),
            (Material::Curve(_, point), Algorithm::Es256) => held(point, &signature::ECDSA_P256_SHA256_FIXED),
            (Material::Curve(_, point), Algorithm::Es384) => held(point, &signature::ECDSA_P384_SHA384_FIXED),
            (Material::Curve(_, point), _) => held(point, &signature::ECDSA_P521_SHA512_FIXED),
        }
    }
}

impl Material {
    fn fits(&self, algorithm: Algorithm) -> bool {
        match self {
            Self::Curve(own, _) => *own == algorithm,
            Self::Ed25519(_) => algorithm == Algorithm::EdDsa,
            Self::Rsa { .. } => rsa_parameters(algorithm).is_some(),
        }
    }
}

fn rsa_parameters(algorithm: Algorithm) -> Option<&'static signature::RsaParameters> {
    match algorithm {
        Algorithm::Ps256 => Some(&signature::RSA_PSS_2048_8192_SHA256),
        Algorithm::Ps384 => Some(&signature::RSA_PSS_2048_8192_SHA384),
        Algorithm::Ps512 => Some(&signature::RSA_PSS_2048_8192_SHA512),
        Algorithm::Rs256 => Some(&signature::RSA_PKCS1_2048_8192_SHA256),
        Algorithm::Rs384 => Some(&signature::RSA_PKCS1_2048_8192_SHA384),
        Algorithm::Rs512 => Some(&signature::RSA_PKCS1_2048_8192_SHA512),
        Algorithm::EdDsa | Algorithm::Es256 | Algorithm::Es384 | Algorithm::Es512 => None,
    }
}

fn member(name: &'static str, reason: &'static str) -> KeyFault {
    KeyFault::Member { name, reason }
}

pub(crate) fn text<'j>(jwk: &'j Value, name: &'static str) -> Result<&'j str, KeyFault> {
    jwk.get(name).ok_or(member(name, "is missing"))?.as_str().ok_or(member(name, "is no text"))
}

pub(crate) fn bytes(jwk: &Value, name: &'static str) -> Result<Vec<u8>, KeyFault> {
    URL_SAFE_NO_PAD.decode(text(jwk, name)?).map_err(|_| member(name, "is not base64url without padding"))
}

fn sized(jwk: &Value, name: &'static str, length: usize) -> Result<Vec<u8>, KeyFault> {
    // RFC 7518 §6.2.1.2: the whole size of a coordinate, with leading zeros.
    Some(bytes(jwk, name)?)
        .filter(|bytes| bytes.len() == length)
        .ok_or(member(name, "has another length than its curve asks for"))
}

pub(crate) fn curve_of(jwk: &Value) -> Result<Material, KeyFault> {
    let name = text(jwk, "crv")?;
    let known = CURVES.into_iter().find(|(curve, ..)| *curve == name);
    let (_, length, algorithm) = known.ok_or_else(|| KeyFault::Unknown(format!("EC {name}")))?;
    let mut point = vec![4];
    point.extend(sized(jwk, "x", length)?);
    point.extend(sized(jwk, "y", length)?);
    Ok(Material::Curve(algorithm, point))
}

fn rsa(jwk: &Value) -> Result<Material, KeyFault> {
    let number = |name| {
        let bytes = bytes(jwk, name)?;
        match bytes.first() {
            None => Err(member(name, "is empty")),
            // RFC 7518 §6.3.1.1: no leading zeros.
            Some(0) => Err(member(name, "begins with a zero")),
            Some(_) if bytes.len() > MODULUS_BYTES_MAX => Err(member(name, "has more than 8,192 bits")),
            Some(_) => Ok(bytes),
        }
    };
    Ok(Material::Rsa { n: number("n")?, e: number("e")? })
}

#[cfg(test)]
mod tests;
