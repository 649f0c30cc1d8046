//! Changes messages that are to be sent. What is edited is decoded content; a body with a content coding is refused.

use super::xml::{self, XmlChange, XmlPath};
use crate::limits::{EDITED_BYTES_MAX, NODES_MAX, PATCH_OPERATIONS_MAX, VALUE_DEPTH_MAX};
use crate::pointer;
use counterpart_document::{Json, Limits};
use counterpart_evidence::{Body, Header, Headers, Request, Response};
use json_patch::PatchOperation;
use serde_json::{Map, Value, json};

/// A change of a message that is to be sent.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// Replaces the whole body.
    Body(Vec<u8>),
    /// Adds a field line at the end.
    HeaderAdd(String, String),
    /// Writes each field line of that name twice.
    HeaderDuplicate(String),
    /// Removes a header field.
    HeaderRemove(String),
    /// Sets a header field.
    HeaderSet(String, String),
    /// Turns the order of the header fields round.
    HeadersReorder,
    /// Removes a JSON node.
    JsonDrop(String),
    /// Writes a member of an object, or of a list, twice.
    JsonDuplicate(String),
    /// Empties a JSON node: `""`, `[]`, `{}`, 0, false.
    JsonEmpty(String),
    /// Applies a JSON Patch (RFC 6902).
    JsonPatch(Value),
    /// Turns the order of a list's or object's members round.
    JsonReorder(String),
    /// Gives a JSON node another type.
    JsonRetype(String),
    /// Sets the method of a request.
    Method(String),
    /// Sets the reason phrase of a response.
    Reason(String),
    /// Sets the status of a response.
    Status(u16),
    /// Sets the target of a request.
    Target(String),
    /// Changes elements or attributes of an XML body.
    Xml(XmlPath, XmlChange),
    /// Replaces text in the body, everywhere.
    TextReplace {
        /// What is replaced.
        from: String,
        /// By what.
        to: String,
    },
}

impl Edit {
    /// Tells whether it changes the JSON of a body.
    #[must_use]
    pub fn is_of_json(&self) -> bool {
        matches!(
            self,
            Self::JsonDrop(_)
                | Self::JsonDuplicate(_)
                | Self::JsonEmpty(_)
                | Self::JsonPatch(_)
                | Self::JsonReorder(_)
                | Self::JsonRetype(_)
        )
    }
}

/// Why a message could not be changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EditFault {
    /// One sentence without a full stop.
    pub message: String,
}

pub(super) fn fault(message: impl Into<String>) -> EditFault {
    EditFault { message: message.into() }
}

/// A message that edits can change: a request or a response.
pub trait Editable: sealed::Sealed {}

mod sealed {
    use super::{Body, Headers, Request, Response};

    /// Gives the parts of a message.
    pub trait Sealed {
        /// Its header fields.
        fn headers(&self) -> &Headers;
        /// Its header fields, to be changed.
        fn headers_mut(&mut self) -> &mut Headers;
        /// Its body.
        fn body(&self) -> &Body;
        /// Its body, to be changed.
        fn body_mut(&mut self) -> &mut Body;
        /// The request that it is.
        fn request(&mut self) -> Option<&mut Request>;
        /// The response that it is.
        fn response(&mut self) -> Option<&mut Response>;
        /// The status of the response that it is.
        fn status(&self) -> Option<u16>;
    }

    impl Sealed for Request {
        fn headers(&self) -> &Headers {
            &self.headers
        }
        fn headers_mut(&mut self) -> &mut Headers {
            &mut self.headers
        }
        fn body(&self) -> &Body {
            &self.body
        }
        fn body_mut(&mut self) -> &mut Body {
            &mut self.body
        }
        fn request(&mut self) -> Option<&mut Request> {
            Some(self)
        }
        fn response(&mut self) -> Option<&mut Response> {
            None
        }
        fn status(&self) -> Option<u16> {
            None
        }
    }

    impl Sealed for Response {
        fn headers(&self) -> &Headers {
            &self.headers
        }
        fn headers_mut(&mut self) -> &mut Headers {
            &mut self.headers
        }
        fn body(&self) -> &Body {
            &self.body
        }
        fn body_mut(&mut self) -> &mut Body {
            &mut self.body
        }
        fn request(&mut self) -> Option<&mut Request> {
            None
        }
        fn response(&mut self) -> Option<&mut Response> {
            Some(self)
        }
        fn status(&self) -> Option<u16> {
            Some(self.status)
        }
    }
}

impl Editable for Request {}
impl Editable for Response {}

/// Applies edits in order.
///
/// A `Content-Length` that the message carries follows its body, so that a broken length is made by a fault of transport
/// and never by accident.
///
/// # Errors
/// The first edit that does not fit the message; those before it stay applied.
pub fn apply(edits: &[Edit], message: &mut dyn Editable) -> Result<(), EditFault> {
    edits.iter().try_for_each(|edit| apply_one(edit, message))
}

fn apply_one(edit: &Edit, message: &mut dyn Editable) -> Result<(), EditFault> {
    match edit {
        Edit::Body(bytes) => set_body(message, bytes.clone()),
        Edit::HeaderAdd(name, value) => {
            message.headers_mut().push(name, value);
            Ok(())
        }
        Edit::HeaderDuplicate(name) => duplicate_header(message, name),
        Edit::HeaderRemove(name) => {
            has_header(message, name)?;
            message.headers_mut().remove(name);
            Ok(())
        }
        Edit::HeaderSet(name, value) => {
            message.headers_mut().set(name, value.as_str());
            Ok(())
        }
        Edit::HeadersReorder => {
            let turned: Headers = message.headers().iter().rev().cloned().map(<(String, String)>::from).collect();
            *message.headers_mut() = turned;
            Ok(())
        }
        Edit::JsonDrop(at) => edit_json(message, |value| pointer::remove(value, at).map(drop).ok_or_else(|| no_node(at))),
        Edit::JsonDuplicate(at) => duplicate_json(message, at),
        Edit::JsonEmpty(at) => edit_json(message, |value| replace(value, at, emptied)),
        Edit::JsonPatch(operations) => edit_json(message, |value| patch(value, operations)),
        Edit::JsonReorder(at) => edit_json(message, |value| replace(value, at, reordered)),
        Edit::JsonRetype(at) => edit_json(message, |value| replace(value, at, retyped)),
        Edit::Method(method) => {
            message.request().ok_or_else(|| fault("a response has no method"))?.method.clone_from(method);
            Ok(())
        }
        Edit::Reason(reason) => {
            message.response().ok_or_else(|| fault("a request has no reason phrase"))?.reason.clone_from(reason);
            Ok(())
        }
        Edit::Status(status) => {
            message.response().ok_or_else(|| fault("a request has no status"))?.status = *status;
            Ok(())
        }
        Edit::Target(target) => {
            message.request().ok_or_else(|| fault("a response has no target"))?.target.clone_from(target);
            Ok(())
        }
        Edit::TextReplace { from, to } => replace_text(message, from, to),
        Edit::Xml(path, change) => {
            let edited = xml::edited(content(message)?, &path.0, change)?;
            set_body(message, edited)
        }
    }
}

fn has_header(message: &dyn Editable, name: &str) -> Result<(), EditFault> {
    message.headers().first(name).map(drop).ok_or_else(|| fault(format!("there is no header `{name}`")))
}

fn duplicate_header(message: &mut dyn Editable, name: &str) -> Result<(), EditFault> {
    has_header(message, name)?;
    let twice = |header: &Header| {
        let count = if header.name.eq_ignore_ascii_case(name) { 2 } else { 1 };
        std::iter::repeat_n(<(String, String)>::from(header.clone()), count)
    };
    let headers: Headers = message.headers().iter().flat_map(twice).collect();
    *message.headers_mut() = headers;
    Ok(())
}

/// Gives the body's bytes where they can be edited.
fn content(message: &dyn Editable) -> Result<&[u8], EditFault> {
    if message.body().decoded.is_some() {
        return Err(fault("the body has a content coding; edit it before it is encoded"));
    }
    Ok(&message.body().content)
}

fn set_body(message: &mut dyn Editable, bytes: Vec<u8>) -> Result<(), EditFault> {
    if bytes.len() > EDITED_BYTES_MAX {
        return Err(fault(format!("the edited body has {} bytes; at most {EDITED_BYTES_MAX} are allowed", bytes.len())));
    }
    if message.headers().first("content-length").is_some() {
        message.headers_mut().set("Content-Length", bytes.len().to_string());
    }
    *message.body_mut() = Body::plain(bytes);
    Ok(())
}

fn no_node(at: &str) -> EditFault {
    fault(format!("there is no node `{at}` in the body"))
}

fn edit_json(message: &mut dyn Editable, change: impl FnOnce(&mut Value) -> Result<(), EditFault>) -> Result<(), EditFault> {
    let mut value: Value =
        serde_json::from_slice(content(message)?).map_err(|error| fault(format!("the body is not JSON: {error}")))?;
    change(&mut value)?;
    set_body(message, value.to_string().into_bytes())
}

fn replace(whole: &mut Value, at: &str, change: fn(&Value) -> Value) -> Result<(), EditFault> {
    let node = whole.pointer_mut(at).ok_or_else(|| no_node(at))?;
    *node = change(node);
    Ok(())
}

/// Gives a value of the same type without content.
fn emptied(value: &Value) -> Value {
    match value {
        Value::Array(_) => json!([]),
        Value::Bool(_) => json!(false),
        Value::Null => Value::Null,
        Value::Number(_) => json!(0),
        Value::Object(_) => json!({}),
        Value::String(_) => json!(""),
    }
}

/// Gives a value of another type that looks much the same.
fn retyped(value: &Value) -> Value {
    match value {
        Value::Array(_) => json!({}),
        Value::Bool(flag) => json!(flag.to_string()),
        Value::Null => json!("null"),
        Value::Number(number) => json!(number.to_string()),
        Value::Object(_) => json!([]),
        Value::String(_) => json!(12345),
    }
}

fn reordered(value: &Value) -> Value {
    match value {
        Value::Array(members) => members.iter().rev().cloned().collect(),
        Value::Object(members) => {
            Value::Object(members.iter().rev().map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

/// Applies a JSON Patch one operation at a time, since a copy of the whole into itself doubles it.
fn patch(value: &mut Value, operations: &Value) -> Result<(), EditFault> {
    let operations: Vec<PatchOperation> =
        serde_json::from_value(operations.clone()).map_err(|error| fault(format!("the patch is no JSON Patch: {error}")))?;
    if operations.len() > PATCH_OPERATIONS_MAX {
        return Err(fault(format!("the patch has more than {PATCH_OPERATIONS_MAX} operations")));
    }
    for operation in &operations {
        json_patch::patch(value, std::slice::from_ref(operation))
            .map_err(|error| fault(format!("the patch does not fit: {error}")))?;
        if pointer::weight(value) > NODES_MAX || pointer::depth(value) > VALUE_DEPTH_MAX {
            return Err(fault("the patch makes the body too big or too deep"));
        }
    }
    Ok(())
}

/// A value in memory has each name once; the second is written into the text.
fn duplicate_json(message: &mut dyn Editable, at: &str) -> Result<(), EditFault> {
    let text = bytes::Bytes::copy_from_slice(content(message)?);
    let parsed = Json::parse(&text, &Limits::default()).map_err(|error| fault(format!("the body is not JSON: {error}")))?;
    let range = parsed.locate(at).ok_or_else(|| no_node(at))?;
    let (parent, name) = pointer::split_last(at).ok_or_else(|| fault("the whole body cannot stand twice"))?;
    let name = match parsed.at(parent) {
        Some(Value::Object(_)) => format!("{}:", Value::from(name)),
        _ => String::new(),
    };
    // `locate` gives a range within the text.
    let (head, value, tail) = (text.slice(..range.end), text.slice(range.clone()), text.slice(range.end..));
    set_body(message, [&head, b",".as_slice(), name.as_bytes(), &value, &tail].concat())
}

fn replace_text(message: &mut dyn Editable, from: &str, to: &str) -> Result<(), EditFault> {
    let text = std::str::from_utf8(content(message)?).map_err(|_| fault("the body is not UTF-8 text"))?;
    let count = if from.is_empty() { 0 } else { text.matches(from).count() };
    if count == 0 {
        return Err(fault(format!("there is no text `{from}` in the body")));
    }
    if text.len().saturating_add(count.saturating_mul(to.len())) > EDITED_BYTES_MAX {
        return Err(fault(format!("the edited body has more than {EDITED_BYTES_MAX} bytes")));
    }
    let edited = text.replace(from, to).into_bytes();
    set_body(message, edited)
}
