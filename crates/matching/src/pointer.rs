//! JSON Pointers (RFC 6901) into values that are changed.

use serde_json::{Map, Value};

/// Splits a pointer into its unescaped parts.
pub(crate) fn parts(pointer: &str) -> Vec<String> {
    // RFC 6901 §4: `~1` first, then `~0`, so that `~01` is `~1`.
    pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect()
}

/// Escapes one part.
pub(crate) fn escape(part: &str) -> String {
    part.replace('~', "~0").replace('/', "~1")
}

/// Gives the pointer of the parent and the last part; `None` for the whole value.
pub(crate) fn split_last(pointer: &str) -> Option<(&str, String)> {
    let (parent, last) = pointer.rsplit_once('/')?;
    Some((parent, last.replace("~1", "/").replace("~0", "~")))
}

/// Sets what a pointer names; objects on the way are made where they are missing, `-` adds to a list.
pub(crate) fn set(whole: &mut Value, pointer: &str, value: Value) -> bool {
    let mut current = whole;
    for part in parts(pointer) {
        if current.is_null() {
            *current = Value::Object(Map::new());
        }
        current = match current {
            Value::Array(members) => {
                let at = if part == "-" { Some(members.len()) } else { part.parse().ok() };
                match at {
                    Some(at) if at == members.len() => members.push(Value::Null),
                    _ => {}
                }
                let Some(member) = at.and_then(|at| members.get_mut(at)) else { return false };
                member
            }
            Value::Object(members) => members.entry(part).or_insert(Value::Null),
            _ => return false,
        };
    }
    *current = value;
    true
}

/// Removes what a pointer names and gives it; the order of what stays is kept.
pub(crate) fn remove(whole: &mut Value, pointer: &str) -> Option<Value> {
    let (parent, last) = split_last(pointer)?;
    match whole.pointer_mut(parent)? {
        Value::Array(members) => {
            let at: usize = last.parse().ok()?;
            (at < members.len()).then(|| members.remove(at))
        }
        Value::Object(members) => members.shift_remove(&last),
        _ => None,
    }
}

/// Gives how deep a value nests.
pub(crate) fn depth(value: &Value) -> usize {
    match value {
        Value::Array(members) => 1 + members.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// Counts the nodes of a value.
pub(crate) fn weight(value: &Value) -> usize {
    match value {
        Value::Array(members) => 1 + members.iter().map(weight).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(weight).sum::<usize>(),
        _ => 1,
    }
}
