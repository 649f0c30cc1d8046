//! Equality of JSON values as the language means it: numbers by value, objects without order.

use serde_json::{Map, Number, Value};

/// Tells whether two values are the same; 1 and 1.0 are.
pub(crate) fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Number(left), Value::Number(right)) => same_number(left, right),
        (Value::Object(left), Value::Object(right)) => left.len() == right.len() && holds_members(left, right),
        _ => left == right,
    }
}

fn same_number(left: &Number, right: &Number) -> bool {
    match (left.as_i64(), right.as_i64()) {
        (Some(left), Some(right)) => left == right,
        _ => match (left.as_u64(), right.as_u64()) {
            (Some(left), Some(right)) => left == right,
            _ => left.as_f64() == right.as_f64(),
        },
    }
}

fn holds_members(whole: &Map<String, Value>, part: &Map<String, Value>) -> bool {
    part.iter().all(|(name, value)| whole.get(name).is_some_and(|own| same(own, value)))
}

/// Tells whether a value holds a part: text in text, a member in a list, members (deeply) in an object.
pub(crate) fn holds(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Array(members), Value::Array(parts)) => {
            same(whole, part) || parts.iter().all(|part| members.iter().any(|member| same(member, part) || within(member, part)))
        }
        (Value::Array(members), part) => members.iter().any(|member| same(member, part) || within(member, part)),
        (Value::Object(_), Value::Object(_)) => within(whole, part),
        (Value::String(text), Value::String(part)) => text.contains(part.as_str()),
        _ => same(whole, part),
    }
}

/// Tells whether an object has the members of another, each equal or, for objects and lists, holding the other's.
fn within(whole: &Value, part: &Value) -> bool {
    let (Value::Object(whole), Value::Object(part)) = (whole, part) else { return false };
    part.iter().all(|(name, value)| {
        whole.get(name).is_some_and(|own| match value {
            Value::Array(_) | Value::Object(_) => holds(own, value),
            _ => same(own, value),
        })
    })
}
