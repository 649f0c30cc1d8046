//! Whether a token is signed by one of the keys that are trusted.

use crate::{Algorithm, KeySet, Token};
use serde_json::Value;

/// Why a token is not to be trusted; the text reads after "the token ".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    /// It is signed with an algorithm that is not accepted here.
    #[error("is signed with {name}, which is not among {}", accepted.join(", "))]
    Algorithm {
        /// What its header says.
        name: String,
        /// What is accepted.
        accepted: Vec<&'static str>,
    },
    /// It has extensions that must be understood, and are not (RFC 7515 section 4.1.11).
    #[error("has critical extensions, which are not understood: {0}")]
    Critical(String),
    /// No trusted key has its id, or is of its kind.
    #[error("{}", match .0 { Some(id) => format!("names the key `{id}`, and no trusted key of that id fits its algorithm"), None => "names no key, and no trusted key fits its algorithm".to_owned() })]
    Key(Option<String>),
    /// The signature is not that of the key.
    #[error("has a signature that is not that of a trusted key over this header and these claims")]
    Signature,
    /// It is not signed.
    #[error("is not signed: its algorithm is `none`")]
    Unsecured,
}

/// Verifies the signature of a token with the keys that are trusted; its times and its audience are for others to judge.
///
/// # Errors
///
/// [`Unverified`]: why it is not to be trusted.
pub fn verify(token: &Token, keys: &KeySet, accepted: &[Algorithm]) -> Result<(), Unverified> {
    if let Some(critical) = token.header().get("crit") {
        return Err(Unverified::Critical(listed(critical)));
    }
    let name = token.algorithm();
    if name == Algorithm::UNSECURED {
        return Err(Unverified::Unsecured);
    }
    let Some(algorithm) = Algorithm::from_name(name).filter(|algorithm| accepted.contains(algorithm)) else {
        let accepted = accepted.iter().map(|algorithm| algorithm.name()).collect();
        return Err(Unverified::Algorithm { name: name.to_owned(), accepted });
    };
    let mut candidates = keys.candidates(token.key_id(), algorithm).peekable();
    if candidates.peek().is_none() {
        return Err(Unverified::Key(token.key_id().map(ToOwned::to_owned)));
    }
    let held = candidates.any(|key| key.verifies(algorithm, token.signed(), token.signature()));
    if held { Ok(()) } else { Err(Unverified::Signature) }
}

fn listed(critical: &Value) -> String {
    let names = critical.as_array().into_iter().flatten().filter_map(Value::as_str);
    let names = names.collect::<Vec<_>>().join(", ");
    if names.is_empty() { "none is named".to_owned() } else { names }
}

#[cfg(test)]
mod tests;
