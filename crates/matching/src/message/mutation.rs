//! The generic defects of a message: drop, duplicate, retype, reorder and empty each of its parts.

use super::{Edit, Editable};
use crate::limits::MUTATIONS_MAX;
use crate::pointer;
use serde_json::Value;

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

/// Fields that the transport writes or needs; breaking them breaks the connection, which faults do.
const LEFT_ALONE: [&str; 6] = ["connection", "content-length", "date", "host", "te", "transfer-encoding"];

/// Gives every generic defect of a message, at most 2,000, in a fixed order. A delay is the caller's.
#[must_use]
pub fn mutations(message: &dyn Editable) -> Vec<Mutation> {
    let mut found = Vec::new();
    headers(message, &mut found);
    status(message, &mut found);
    body(message, &mut found);
    found.truncate(MUTATIONS_MAX);
    found
}

fn push(found: &mut Vec<Mutation>, id: String, describe: String, edit: Edit) {
    if found.len() < MUTATIONS_MAX && !found.iter().any(|known| known.id == id) {
        found.push(Mutation { id, describe, edit });
    }
}

fn headers(message: &dyn Editable, found: &mut Vec<Mutation>) {
    for header in message.headers() {
        let name = header.name.as_str();
        let lower = name.to_ascii_lowercase();
        if LEFT_ALONE.contains(&lower.as_str()) {
            continue;
        }
        push(found, format!("header-drop:{lower}"), format!("without header `{name}`"), Edit::HeaderRemove(name.to_owned()));
        push(
            found,
            format!("header-duplicate:{lower}"),
            format!("header `{name}` twice"),
            Edit::HeaderDuplicate(name.to_owned()),
        );
        push(
            found,
            format!("header-empty:{lower}"),
            format!("header `{name}` empty"),
            Edit::HeaderSet(name.to_owned(), String::new()),
        );
        let other = "12345".to_owned();
        push(
            found,
            format!("header-retype:{lower}"),
            format!("header `{name}` a bare number"),
            Edit::HeaderSet(name.to_owned(), other),
        );
    }
    if message.headers().len() > 1 {
        push(found, "headers-reorder".to_owned(), "header fields in reverse order".to_owned(), Edit::HeadersReorder);
    }
}

fn status(message: &dyn Editable, found: &mut Vec<Mutation>) {
    let Some(status) = message.status() else { return };
    // One of the same class and one of another: checks of the class alone must miss the first.
    let same_class = if status % 100 == 2 { status - 1 } else { status - status % 100 + 2 };
    let other_class = if status >= 400 { 200 } else { 500 };
    for other in [same_class, other_class] {
        push(found, format!("status:{other}"), format!("status {other} in place of {status}"), Edit::Status(other));
    }
}

fn body(message: &dyn Editable, found: &mut Vec<Mutation>) {
    let content = message.body().plain_bytes();
    if content.is_empty() || message.body().decoded.is_some() {
        return;
    }
    push(found, "body-empty".to_owned(), "an empty body".to_owned(), Edit::Body(Vec::new()));
    push(found, "body-retype".to_owned(), "a body of plain text".to_owned(), Edit::Body(b"service is busy".to_vec()));
    let half = content.get(..content.len() / 2).unwrap_or_default().to_vec();
    push(found, "body-cut".to_owned(), "half of the body".to_owned(), Edit::Body(half));
    if let Ok(value) = serde_json::from_slice::<Value>(content) {
        nodes(&value, "", found);
    }
}

fn nodes(value: &Value, at: &str, found: &mut Vec<Mutation>) {
    if found.len() >= MUTATIONS_MAX {
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
    push(found, format!("json-retype:{at}"), format!("`{name}` of another type"), Edit::JsonRetype(at.to_owned()));
    let empty = match value {
        Value::Array(_) | Value::Object(_) => children.is_empty(),
        Value::Bool(flag) => !flag,
        Value::Null => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
    };
    if !empty {
        push(found, format!("json-empty:{at}"), format!("`{name}` empty"), Edit::JsonEmpty(at.to_owned()));
    }
    if children.len() > 1 {
        push(
            found,
            format!("json-reorder:{at}"),
            format!("members of `{name}` in reverse order"),
            Edit::JsonReorder(at.to_owned()),
        );
    }
    for (child, member) in children {
        push(found, format!("json-drop:{child}"), format!("without `{child}`"), Edit::JsonDrop(child.clone()));
        push(found, format!("json-duplicate:{child}"), format!("`{child}` twice"), Edit::JsonDuplicate(child.clone()));
        nodes(member, &child, found);
    }
}
