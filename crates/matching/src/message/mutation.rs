//! The generic defects of a message: drop, duplicate, retype, reorder and empty each of its parts.

use super::{Edit, Editable};
use crate::limits::{ALIKE_MAX, MUTATIONS_MAX};
use crate::pointer;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// One generic defect of a message.
#[derive(Clone, Debug, PartialEq)]
pub struct Mutation {
    /// What it is, such as `json-drop:/id`; unique within its message.
    pub id: String,
    /// What it does, in words.
    pub describe: String,
    /// How.
    pub edit: Edit,
}

/// The generic defects of one message, and what of it is not spoilt.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mutations {
    /// The defects, in a fixed order.
    pub found: Vec<Mutation>,
    /// Places of the entries of long lists that are left as they are, because one before them is alike in shape.
    pub alike: BTreeSet<String>,
    /// Whether there are more defects than the bound allows.
    pub is_cut: bool,
}

/// Fields that the transport writes or needs; breaking them breaks the connection, which faults do.
const LEFT_ALONE: [&str; 6] = ["connection", "content-length", "date", "host", "te", "transfer-encoding"];

/// Gives every generic defect of a message, at most 2,000, in a fixed order. A delay is the caller's.
///
/// Of more than three entries of a list that are alike in shape, only the first is spoilt.
#[must_use]
pub fn mutations(message: &dyn Editable) -> Mutations {
    let mut all = Mutations::default();
    headers(message, &mut all);
    status(message, &mut all);
    body(message, &mut all);
    all
}

fn push(all: &mut Mutations, id: String, describe: String, edit: Edit) {
    if all.found.iter().any(|known| known.id == id) {
        return;
    }
    if all.found.len() < MUTATIONS_MAX {
        all.found.push(Mutation { id, describe, edit });
    } else {
        all.is_cut = true;
    }
}

fn headers(message: &dyn Editable, all: &mut Mutations) {
    for header in message.headers() {
        let name = header.name.as_str();
        let lower = name.to_ascii_lowercase();
        if LEFT_ALONE.contains(&lower.as_str()) {
            continue;
        }
        push(all, format!("header-drop:{lower}"), format!("without header `{name}`"), Edit::HeaderRemove(name.to_owned()));
        push(all, format!("header-duplicate:{lower}"), format!("header `{name}` twice"), Edit::HeaderDuplicate(name.to_owned()));
        push(
            all,
            format!("header-empty:{lower}"),
            format!("header `{name}` empty"),
            Edit::HeaderSet(name.to_owned(), String::new()),
        );
        let other = "12345".to_owned();
        push(
            all,
            format!("header-retype:{lower}"),
            format!("header `{name}` a bare number"),
            Edit::HeaderSet(name.to_owned(), other),
        );
    }
    if message.headers().len() > 1 {
        push(all, "headers-reorder".to_owned(), "header fields in reverse order".to_owned(), Edit::HeadersReorder);
    }
}

fn status(message: &dyn Editable, all: &mut Mutations) {
    let Some(status) = message.status() else { return };
    // One of the same class and one of another: checks of the class alone must miss the first.
    let same_class = if status % 100 == 2 { status - 1 } else { status - status % 100 + 2 };
    let other_class = if status >= 400 { 200 } else { 500 };
    for other in [same_class, other_class] {
        push(all, format!("status:{other}"), format!("status {other} in place of {status}"), Edit::Status(other));
    }
}

fn body(message: &dyn Editable, all: &mut Mutations) {
    let content = message.body().plain_bytes();
    if content.is_empty() || message.body().decoded.is_some() {
        return;
    }
    push(all, "body-empty".to_owned(), "an empty body".to_owned(), Edit::Body(Vec::new()));
    push(all, "body-retype".to_owned(), "a body of plain text".to_owned(), Edit::Body(b"service is busy".to_vec()));
    let half = content.get(..content.len() / 2).unwrap_or_default().to_vec();
    push(all, "body-cut".to_owned(), "half of the body".to_owned(), Edit::Body(half));
    if let Ok(value) = serde_json::from_slice::<Value>(content) {
        nodes(&value, "", all);
    }
}

fn nodes(value: &Value, at: &str, all: &mut Mutations) {
    if all.is_cut {
        return;
    }
    let children: Vec<(String, &Value)> = match value {
        Value::Array(members) => members.iter().enumerate().map(|(index, member)| (format!("{at}/{index}"), member)).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, member)| (format!("{at}/{}", pointer::escape(name)), member)).collect()
        }
        _ => Vec::new(),
    };
    let name = if at.is_empty() { "the body" } else { at };
    push(all, format!("json-retype:{at}"), format!("`{name}` of another type"), Edit::JsonRetype(at.to_owned()));
    let empty = match value {
        Value::Array(_) | Value::Object(_) => children.is_empty(),
        Value::Bool(flag) => !flag,
        Value::Null => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
    };
    if !empty {
        push(all, format!("json-empty:{at}"), format!("`{name}` empty"), Edit::JsonEmpty(at.to_owned()));
    }
    if children.len() > 1 {
        push(
            all,
            format!("json-reorder:{at}"),
            format!("members of `{name}` in reverse order"),
            Edit::JsonReorder(at.to_owned()),
        );
    }
    let left = if let Value::Array(members) = value { left_as_they_are(members) } else { BTreeSet::new() };
    for (index, (child, member)) in children.into_iter().enumerate() {
        if left.contains(&index) {
            all.alike.insert(child);
            continue;
        }
        push(all, format!("json-drop:{child}"), format!("without `{child}`"), Edit::JsonDrop(child.clone()));
        push(all, format!("json-duplicate:{child}"), format!("`{child}` twice"), Edit::JsonDuplicate(child.clone()));
        nodes(member, &child, all);
    }
}

/// Gives the entries of a list that are not spoilt: all but the first of those that are alike, where they are more than a few.
fn left_as_they_are(members: &[Value]) -> BTreeSet<usize> {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, member) in members.iter().enumerate() {
        groups.entry(shape(member)).or_default().push(index);
    }
    groups.into_values().filter(|group| group.len() > ALIKE_MAX).flat_map(|group| group.into_iter().skip(1)).collect()
}

/// Gives the shape of a value: names and types, not what stands there, nor how often an entry of a list is repeated.
fn shape(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "flag".to_owned(),
        Value::Number(_) => "number".to_owned(),
        Value::String(_) => "text".to_owned(),
        Value::Array(members) => {
            let shapes: BTreeSet<String> = members.iter().map(shape).collect();
            format!("[{}]", shapes.into_iter().collect::<Vec<_>>().join(","))
        }
        Value::Object(members) => {
            let shapes: BTreeMap<&str, String> = members.iter().map(|(name, member)| (name.as_str(), shape(member))).collect();
            let shapes: Vec<String> = shapes.into_iter().map(|(name, shape)| format!("{name:?}:{shape}")).collect();
            format!("{{{}}}", shapes.join(","))
        }
    }
}
