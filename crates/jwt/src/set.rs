//! Sets of keys (RFC 7517 §5).

use crate::limits::KEYS_MAX;
use crate::{Algorithm, KeyFault, PublicKey};
use serde_json::{Value, json};

/// Keys that signatures can be verified with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeySet {
    keys: Vec<PublicKey>,
    /// Keys of the set that are of another kind, or for something else than signatures, which are passed over.
    passed_over: usize,
}

impl KeySet {
    /// Reads a set, or one key as a set of it. Keys of kinds that are not known, and those for something else than signatures,
    /// are passed over (RFC 7517 section 5).
    ///
    /// # Errors
    ///
    /// [`KeyFault`] where it is no set, holds more than 256 keys, or a key of a known kind is wrong.
    pub fn from_json(json: &Value) -> Result<Self, KeyFault> {
        let all = match json.get("keys") {
            Some(Value::Array(keys)) => keys.as_slice(),
            Some(_) => return Err(KeyFault::Set("has a member `keys` that is no list".to_owned())),
            None if json.get("kty").is_some() => std::slice::from_ref(json),
            None => return Err(KeyFault::Set("has no member `keys`".to_owned())),
        };
        if all.len() > KEYS_MAX {
            return Err(KeyFault::Set(format!("holds more than {KEYS_MAX} keys")));
        }
        let mut set = Self::default();
        for jwk in all {
            if jwk.get("use").is_some_and(|purpose| purpose != "sig") {
                set.passed_over += 1;
                continue;
            }
            match PublicKey::from_jwk(jwk) {
                Ok(key) => set.keys.push(key),
                Err(KeyFault::Unknown(_)) => set.passed_over += 1,
                Err(fault) => return Err(fault),
            }
        }
        Ok(set)
    }

    /// Writes it as others fetch it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({ "keys": self.keys.iter().map(PublicKey::to_jwk).collect::<Vec<_>>() })
    }

    /// Gives its keys.
    #[must_use]
    pub fn keys(&self) -> &[PublicKey] {
        &self.keys
    }

    /// Gives how many keys it had that no signature is verified with.
    #[must_use]
    pub fn passed_over(&self) -> usize {
        self.passed_over
    }

    /// Gives the keys that a token may be signed with: those of its id, where it has one.
    pub(crate) fn candidates(&self, id: Option<&str>, algorithm: Algorithm) -> impl Iterator<Item = &PublicKey> {
        self.keys.iter().filter(move |key| (id.is_none() || key.id() == id) && key.fits(algorithm))
    }
}

impl FromIterator<PublicKey> for KeySet {
    fn from_iter<I: IntoIterator<Item = PublicKey>>(keys: I) -> Self {
        Self { keys: keys.into_iter().collect(), passed_over: 0 }
    }
}
