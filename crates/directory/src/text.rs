//! Values of attributes as JSON: text where they are UTF-8, `{"base64": ...}` where they are not.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// Writes the bytes of a value as JSON.
#[must_use]
pub fn value_of(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => Value::String(text.to_owned()),
        Err(_) => json!({ "base64": STANDARD.encode(bytes) }),
    }
}

/// Gives the bytes that a JSON value stands for; what is neither text nor `{"base64": ...}` is written as JSON is.
#[must_use]
pub fn bytes_of(value: &Value) -> Vec<u8> {
    match value {
        Value::String(text) => text.clone().into_bytes(),
        // LDAP writes truth in capitals (RFC 4517 §3.3.3).
        Value::Bool(flag) => if *flag { "TRUE" } else { "FALSE" }.into(),
        other => {
            let coded = other.get("base64").and_then(Value::as_str).and_then(|text| STANDARD.decode(text).ok());
            coded.unwrap_or_else(|| other.to_string().into_bytes())
        }
    }
}

/// Gives the members of a list, or one value as a list of it; `null` is none.
pub(crate) fn list_of(value: &Value) -> &[Value] {
    match value {
        Value::Array(values) => values,
        Value::Null => &[],
        value => std::slice::from_ref(value),
    }
}

/// Brings a value into the form in which texts are compared: small letters, blanks at the ends dropped and in between
/// counted once (RFC 4518 §2.6.1, for the letters that Rust's own tables fold).
pub(crate) fn prepared(bytes: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase().into_bytes(),
        Err(_) => bytes.to_vec(),
    }
}
