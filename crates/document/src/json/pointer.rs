//! JSON Pointer: `/orders/0/id`, with `~1` for `/` and `~0` for `~`.
//!
//! Refuses a pointer that does not begin with `/` and a `~` that neither `0` nor `1` follows.
//! <https://www.rfc-editor.org/rfc/rfc6901>

use crate::fault::PathFault;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Appends one reference token to a pointer.
pub(crate) fn push_token(pointer: &mut String, token: &str) {
    pointer.push('/');
    for character in token.chars() {
        match character {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
}

/// Splits a pointer into its reference tokens, unescaped.
pub(crate) fn tokens(pointer: &str) -> Result<Vec<Cow<'_, str>>, PathFault> {
    if pointer.is_empty() {
        return Ok(Vec::new());
    }
    let Some(rest) = pointer.strip_prefix('/') else {
        return Err(PathFault::new("a JSON Pointer is empty or begins with `/`", 0));
    };
    let mut offset = 1;
    let mut found = Vec::new();
    for token in rest.split('/') {
        found.push(unescape(token).map_err(|at| PathFault::new("`~` must be followed by `0` or `1`", offset + at))?);
        offset += token.len() + 1;
    }
    Ok(found)
}

/// Gives the token's text, or the offset of a `~` that means nothing.
fn unescape(token: &str) -> Result<Cow<'_, str>, usize> {
    if !token.contains('~') {
        return Ok(Cow::Borrowed(token));
    }
    let mut text = String::with_capacity(token.len());
    let mut characters = token.char_indices();
    while let Some((at, character)) = characters.next() {
        text.push(match character {
            '~' => match characters.next() {
                Some((_, '0')) => '~',
                Some((_, '1')) => '/',
                _ => return Err(at),
            },
            other => other,
        });
    }
    Ok(Cow::Owned(text))
}

/// Gives the number of an array item.
///
/// RFC 6901 §4: digits without leading zeros; `-` names the item after the last, which does not exist.
pub(crate) fn index(token: &str) -> Option<usize> {
    let digits = token.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || (token.len() > 1 && token.starts_with('0')) {
        return None;
    }
    token.parse().ok()
}

/// Members up to this many are looked through faster than a name is hashed.
const FEW_MEMBERS: usize = 8;

/// Gives a member of an object.
fn member<'v>(members: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    if members.len() > FEW_MEMBERS {
        return members.get(name);
    }
    members.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// Finds the value that the tokens lead to.
pub(crate) fn find<'v, T: AsRef<str>>(value: &'v Value, tokens: &[T]) -> Option<&'v Value> {
    let mut current = value;
    for token in tokens {
        let token = token.as_ref();
        current = match current {
            Value::Object(members) => member(members, token)?,
            Value::Array(items) => items.get(index(token)?)?,
            _ => return None,
        };
    }
    Some(current)
}
