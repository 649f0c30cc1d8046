//! Keys as users give them: PEM (PKCS #8), private JSON Web Keys (RFC 7517, RFC 7518 §6), shared secrets; and tokens signed with
//! them. No fault quotes a key.

use crate::key::{Material, bytes, curve_of, text};
use crate::limits::KEYS_KNOWN_MAX;
use crate::private::{Pair, curve, two_parts};
use crate::{Algorithm, KeyFault, KeySet, PrivateKey};
use aws_lc_rs::hmac;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeyPairComponents, PublicKeyComponents};
use aws_lc_rs::signature::{EcdsaKeyPair, Ed25519KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

const PEM_BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const PEM_END: &str = "-----END PRIVATE KEY-----";

/// Algorithms with a shared secret, each with the bytes that the secret has at least (RFC 7518 §3.2). They are for signing only:
/// what verifies with a set of public keys must never take one for a secret.
const SHARED: [(&str, hmac::Algorithm, usize); 3] =
    [("HS256", hmac::HMAC_SHA256, 32), ("HS384", hmac::HMAC_SHA384, 48), ("HS512", hmac::HMAC_SHA512, 64)];

/// Signs claims with a key as it is given: PEM (PKCS #8), a private JSON Web Key or its text, or for HS256 and its kin a secret.
///
/// The algorithm is `alg` of the header, else that of the JSON Web Key, whose `kid` the token names too. With RS and EdDSA, and with a shared
/// secret, the same claims give the same token; PS and ES signatures have something random in them.
///
/// # Errors
///
/// [`KeyFault`]: no algorithm is named, it is not known, or the key is none for it.
pub fn sign(claims: &Value, header: &Map<String, Value>, key: &Value) -> Result<String, KeyFault> {
    let jwk = jwk(key);
    let name = header.get("alg").or_else(|| jwk.as_ref()?.get("alg")).and_then(Value::as_str).ok_or(KeyFault::NoAlgorithm)?;
    if let Some((name, algorithm, least)) = SHARED.into_iter().find(|(known, ..)| *known == name) {
        let secret = secret(key, jwk.as_deref(), least)?;
        let mut whole = Map::new();
        whole.insert("alg".to_owned(), json!(name));
        whole.insert("typ".to_owned(), json!("JWT"));
        whole.extend(jwk.as_ref().and_then(|jwk| jwk.get("kid")).map(|id| ("kid".to_owned(), id.clone())));
        whole.extend(header.clone());
        let signed = two_parts(&Value::Object(whole), claims);
        let tag = hmac::sign(&hmac::Key::new(algorithm, &secret), signed.as_bytes());
        return Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag)));
    }
    let algorithm = Algorithm::from_name(name).ok_or_else(|| KeyFault::Algorithm(name.to_owned()))?;
    with_key(key, algorithm, |key| key.mint(header, claims))
}

/// A key as it was given, for an algorithm, and as it was read.
type Known = (Value, Algorithm, Rc<PrivateKey>);

thread_local! {
    /// The keys used last: to read an RSA key, which is tried out then, takes about as long as to sign with it.
    static KNOWN: RefCell<VecDeque<Known>> = const { RefCell::new(VecDeque::new()) };
}

/// Does something with a key, which is read the first time.
fn with_key<T>(
    given: &Value,
    algorithm: Algorithm,
    work: impl FnOnce(&PrivateKey) -> Result<T, KeyFault>,
) -> Result<T, KeyFault> {
    let known = KNOWN.with_borrow(|known| {
        known.iter().find(|(text, of, _)| *of == algorithm && text == given).map(|(.., key)| Rc::clone(key))
    });
    if let Some(key) = known {
        return work(&key);
    }
    let key = Rc::new(read(given, algorithm)?);
    KNOWN.with_borrow_mut(|known| {
        known.truncate(KEYS_KNOWN_MAX - 1);
        known.push_front((given.clone(), algorithm, Rc::clone(&key)));
    });
    work(&key)
}

/// Gives the public halves of keys as a set that others fetch. Each is a private JSON Web Key with `alg`, or a map of `key` (PEM), `alg` and,
/// where tokens name it, `kid`.
///
/// # Errors
///
/// [`KeyFault`]: one of them is no private key, or names no algorithm.
pub fn public_set(keys: &[Value]) -> Result<KeySet, KeyFault> {
    let public = |given: &Value| {
        let jwk = jwk(given).ok_or(KeyFault::NoAlgorithm)?;
        let name = jwk.get("alg").and_then(Value::as_str).ok_or(KeyFault::NoAlgorithm)?;
        // A shared secret has no public half, and must never stand in a set.
        let algorithm = Algorithm::from_name(name).ok_or_else(|| KeyFault::Algorithm(name.to_owned()))?;
        let key = read(jwk.get("key").unwrap_or(given), algorithm)?;
        let id = jwk.get("kid").and_then(Value::as_str).map(ToOwned::to_owned);
        let mut public = key.public();
        public.id = id.or(public.id);
        Ok(public)
    };
    keys.iter().map(public).collect()
}

/// Gives the JSON Web Key that a value is, or whose text it is.
fn jwk(given: &Value) -> Option<Cow<'_, Value>> {
    match given {
        Value::Object(_) => Some(Cow::Borrowed(given)),
        Value::String(text) if text.trim_start().starts_with('{') => {
            serde_json::from_str(text).ok().filter(Value::is_object).map(Cow::Owned)
        }
        _ => None,
    }
}

fn read(given: &Value, algorithm: Algorithm) -> Result<PrivateKey, KeyFault> {
    match (jwk(given), given) {
        (Some(jwk), _) => from_jwk(&jwk, algorithm),
        (None, Value::String(pem)) => PrivateKey::from_pkcs8(&der(pem).ok_or(KeyFault::Form)?, algorithm, None),
        _ => Err(KeyFault::Form),
    }
}

/// Takes the DER out of PEM (RFC 7468): the first private key in it, whatever stands around it.
fn der(pem: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once(PEM_BEGIN)?;
    let (body, _) = rest.split_once(PEM_END)?;
    let body: String = body.chars().filter(|letter| !letter.is_whitespace()).collect();
    STANDARD.decode(body).ok()
}

fn from_jwk(jwk: &Value, algorithm: Algorithm) -> Result<PrivateKey, KeyFault> {
    let fault = |_| KeyFault::Private(algorithm.name());
    if let Some(own) = jwk.get("alg").and_then(Value::as_str).filter(|own| *own != algorithm.name()) {
        return Err(KeyFault::Algorithm(format!("{}`, being one for `{own}", algorithm.name())));
    }
    let pair = match (text(jwk, "kty")?, curve(algorithm), algorithm) {
        ("EC", Some(wanted), _) => {
            let Material::Curve(own, point) = curve_of(jwk)? else { return Err(KeyFault::Form) };
            if own != algorithm {
                return Err(KeyFault::Private(algorithm.name()));
            }
            Pair::Curve(EcdsaKeyPair::from_private_key_and_public_key(wanted, &bytes(jwk, "d")?, &point).map_err(fault)?)
        }
        ("OKP", None, Algorithm::EdDsa) if text(jwk, "crv")? == "Ed25519" => {
            Pair::Ed25519(Ed25519KeyPair::from_seed_and_public_key(&bytes(jwk, "d")?, &bytes(jwk, "x")?).map_err(fault)?)
        }
        ("RSA", None, algorithm) if algorithm != Algorithm::EdDsa => {
            let [n, e, d, p, q, dp, dq, inverse] = ["n", "e", "d", "p", "q", "dp", "dq", "qi"].map(|name| bytes(jwk, name));
            let components = KeyPairComponents {
                public_key: PublicKeyComponents { n: n?, e: e? },
                d: d?,
                p: p?,
                q: q?,
                dP: dp?,
                dQ: dq?,
                qInv: inverse?,
            };
            Pair::Rsa(Box::new(RsaKeyPair::from_components(&components).map_err(fault)?))
        }
        _ => return Err(KeyFault::Private(algorithm.name())),
    };
    let id = jwk.get("kid").and_then(Value::as_str).map(ToOwned::to_owned);
    Ok(PrivateKey { algorithm, id, pair })
}

/// Gives a shared secret: `k` of a JSON Web Key, or a text as it is.
fn secret(given: &Value, jwk: Option<&Value>, least: usize) -> Result<Vec<u8>, KeyFault> {
    let secret = match (jwk, given) {
        (Some(jwk), _) => bytes(jwk, "k")?,
        // RFC 8725 section 2.1: a key for signatures must not become a secret.
        (None, Value::String(text)) if text.contains("-----BEGIN") => return Err(KeyFault::Form),
        (None, Value::String(text)) => text.as_bytes().to_vec(),
        _ => return Err(KeyFault::Form),
    };
    if secret.len() < least { Err(KeyFault::Short(least)) } else { Ok(secret) }
}

#[cfg(test)]
mod tests;
