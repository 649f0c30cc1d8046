//! Tokens of our own for expressions and templates: one way to sign, whoever asks.

use counterpart_jwt::{Algorithm, KeySet, Token, verify};
use serde_json::{Map, Value};

/// Signs claims with a key as it is given; what is wrong is told without quoting the key.
pub(crate) fn signed(claims: &Value, header: Option<&Value>, key: &Value) -> Result<String, String> {
    if !claims.is_object() {
        return Err("it takes claims, an object".to_owned());
    }
    let header = match header {
        None | Some(Value::Null) => &Map::new(),
        Some(Value::Object(header)) => header,
        Some(_) => return Err("it takes a header, an object".to_owned()),
    };
    counterpart_jwt::sign(claims, header, key).map_err(|fault| format!("the key {fault}"))
}

/// Gives the public halves of keys as a set.
pub(crate) fn set(keys: &[Value]) -> Result<Value, String> {
    counterpart_jwt::public_set(keys).map(|set| set.to_json()).map_err(|fault| format!("the key {fault}"))
}

/// Tells whether a token is signed with a key of a set, by whatever algorithm the key is for; a shared secret is never one.
pub(crate) fn is_signed(token: &str, keys: &Value) -> Result<bool, String> {
    let keys = KeySet::from_json(keys).map_err(|fault| format!("among the keys, the key {fault}"))?;
    let accepted = Algorithm::ALL.map(|(algorithm, _)| algorithm);
    Ok(Token::parse(token).is_ok_and(|token| verify(&token, &keys, &accepted).is_ok()))
}
