//! Keys that tokens are signed with, and how tokens are written.

use crate::key::Material;
use crate::{Algorithm, KeyFault, PublicKey};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaSignatureEncoding};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

/// A key that tokens are signed with.
#[derive(Debug)]
pub struct PrivateKey {
    pub(crate) algorithm: Algorithm,
    pub(crate) id: Option<String>,
    pub(crate) pair: Pair,
}

#[derive(Debug)]
pub(crate) enum Pair {
    Curve(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(Box<RsaKeyPair>),
}

impl PrivateKey {
    /// Makes a new key; an RSA one has 2,048 bits.
    ///
    /// # Errors
    ///
    /// [`KeyFault::Private`] where the system has no random numbers.
    pub fn generate(algorithm: Algorithm, id: Option<String>) -> Result<Self, KeyFault> {
        let fault = |_| KeyFault::Private(algorithm.name());
        let pair = match (curve(algorithm), algorithm) {
            (Some(curve), _) => Pair::Curve(EcdsaKeyPair::generate(curve).map_err(fault)?),
            (None, Algorithm::EdDsa) => Pair::Ed25519(Ed25519KeyPair::generate().map_err(fault)?),
            (None, _) => Pair::Rsa(Box::new(RsaKeyPair::generate(KeySize::Rsa2048).map_err(fault)?)),
        };
        Ok(Self { algorithm, id, pair })
    }

    /// Reads a key (PKCS #8 in DER, RFC 5958).
    ///
    /// # Errors
    ///
    /// [`KeyFault::Private`] where it is no key for the algorithm.
    pub fn from_pkcs8(der: &[u8], algorithm: Algorithm, id: Option<String>) -> Result<Self, KeyFault> {
        let fault = |_| KeyFault::Private(algorithm.name());
        let pair = match (curve(algorithm), algorithm) {
            (Some(curve), _) => Pair::Curve(EcdsaKeyPair::from_pkcs8(curve, der).map_err(fault)?),
            (None, Algorithm::EdDsa) => Pair::Ed25519(Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map_err(fault)?),
            (None, _) => Pair::Rsa(Box::new(RsaKeyPair::from_pkcs8(der).map_err(fault)?)),
        };
        Ok(Self { algorithm, id, pair })
    }

    /// Writes it as it is read.
    ///
    /// # Errors
    ///
    /// [`KeyFault::Private`] where the library cannot.
    pub fn to_pkcs8(&self) -> Result<Vec<u8>, KeyFault> {
        let fault = |_| KeyFault::Private(self.algorithm.name());
        match &self.pair {
            Pair::Curve(pair) => pair.to_pkcs8v1().map(|der| der.as_ref().to_vec()).map_err(fault),
            Pair::Ed25519(pair) => pair.to_pkcs8v1().map(|der| der.as_ref().to_vec()).map_err(fault),
            Pair::Rsa(pair) => pair.as_der().map(|der| der.as_ref().to_vec()).map_err(fault),
        }
    }

    /// Gives the key that its signatures are verified with.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        let material = match &self.pair {
            Pair::Curve(pair) => Material::Curve(self.algorithm, pair.public_key().as_ref().to_vec()),
            Pair::Ed25519(pair) => Material::Ed25519(pair.public_key().as_ref().to_vec()),
            Pair::Rsa(pair) => Material::Rsa {
                n: pair.public_key().modulus().big_endian_without_leading_zero().to_vec(),
                e: pair.public_key().exponent().big_endian_without_leading_zero().to_vec(),
            },
        };
        PublicKey { id: self.id.clone(), algorithm: Some(self.algorithm), material }
    }

    /// Writes a signed token with the header `alg`, `typ` and, where the key has an id, `kid`; further members of the header
    /// take their place.
    ///
    /// # Errors
    ///
    /// [`KeyFault::Private`] where the library does not sign.
    pub fn mint(&self, header: &Map<String, Value>, claims: &Value) -> Result<String, KeyFault> {
        let mut whole = Map::new();
        whole.insert("alg".to_owned(), json!(self.algorithm.name()));
        whole.insert("typ".to_owned(), json!("JWT"));
        whole.extend(self.id.as_ref().map(|id| ("kid".to_owned(), json!(id))));
        whole.extend(header.clone());
        let signed = two_parts(&Value::Object(whole), claims);
        let signature = self.sign(signed.as_bytes())?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, KeyFault> {
        let fault = |_| KeyFault::Private(self.algorithm.name());
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Curve(pair) => pair.sign(&random, bytes).map(|signature| signature.as_ref().to_vec()).map_err(fault),
            Pair::Ed25519(pair) => Ok(pair.sign(bytes).as_ref().to_vec()),
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(encoding(self.algorithm), &random, bytes, &mut signature).map_err(fault)?;
                Ok(signature)
            }
        }
    }
}

/// Writes a token that is not signed (RFC 7519 section 6).
#[must_use]
pub fn unsecured(header: &Value, claims: &Value) -> String {
    format!("{}.", two_parts(header, claims))
}

pub(crate) fn two_parts(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

pub(crate) fn curve(algorithm: Algorithm) -> Option<&'static signature::EcdsaSigningAlgorithm> {
    match algorithm {
        Algorithm::Es256 => Some(&signature::ECDSA_P256_SHA256_FIXED_SIGNING),
        Algorithm::Es384 => Some(&signature::ECDSA_P384_SHA384_FIXED_SIGNING),
        Algorithm::Es512 => Some(&signature::ECDSA_P521_SHA512_FIXED_SIGNING),
        _ => None,
    }
}

fn encoding(algorithm: Algorithm) -> &'static RsaSignatureEncoding {
    match algorithm {
        Algorithm::Ps256 => &signature::RSA_PSS_SHA256,
        Algorithm::Ps384 => &signature::RSA_PSS_SHA384,
        Algorithm::Ps512 => &signature::RSA_PSS_SHA512,
        Algorithm::Rs384 => &signature::RSA_PKCS1_SHA384,
        Algorithm::Rs512 => &signature::RSA_PKCS1_SHA512,
        _ => &signature::RSA_PKCS1_SHA256,
    }
}
