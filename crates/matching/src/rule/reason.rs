//! Says in words why an expression that must be true is false: the value that decided, with its place, not the expression.

use super::Mismatch;
use super::shown::shown_json;
use crate::expression::{Asked, Reason};
use crate::subject::select::{Found, Seen, Spot, located};
use crate::{Subject, Subjects};
use counterpart_document::JsonPath;
use counterpart_evidence::{Part, Place};
use serde_json::Value;

/// Gives the mismatch of an expression that is false, where a single value made it so.
pub(super) fn of(subject: &Subject, seen: Option<&Seen<'_>>, subjects: &Subjects<'_>) -> Option<Mismatch> {
    let (Subject::Expression(expression) | Subject::Store(expression)) = subject else { return None };
    let false_now = matches!(seen.map(|seen| &seen.value), Some(Found::Json(value)) if **value == Value::Bool(false));
    let reason = expression.reason(subjects).filter(|_| false_now)?;
    let expected = expected(&reason);
    let what = match &reason.actual {
        Some(actual) => format!("is `{}`", told(actual, &reason.expected)),
        None if reason.expected == Asked::Absent => "is there".to_owned(),
        None => "is missing".to_owned(),
    };
    let in_body = reason.pointer().and_then(|(side, pointer)| {
        let whole = Subject::Json(JsonPath::compile(&pointer).ok()?);
        Some(whole.place(side, Some(&Spot::Pointer(pointer)), subjects))
    });
    Some(Mismatch {
        message: format!("{} {what}; expected {expected}", label(&reason)),
        expected: vec![expected],
        actual: reason.actual.as_ref().map(|actual| told(actual, &reason.expected)),
        place: Some(in_body.unwrap_or_else(|| beside_the_body(&reason))),
        ..Mismatch::default()
    })
}

/// Gives the place of a value that does not stand in a JSON body: the part of the exchange, and the names within it.
fn beside_the_body(reason: &Reason) -> Place {
    let (part, names) = match reason.trail.split_first() {
        Some((root, rest)) if root == "request" => (Part::Request, rest),
        Some((root, rest)) if root == "response" => (Part::Response, rest),
        Some((root, rest)) if root == "connection" => (Part::Connection, rest),
        _ => (Part::Exchange, reason.trail.as_slice()),
    };
    located(part, names.join("."), None, None)
}

/// Names the value that was looked at.
fn label(reason: &Reason) -> String {
    let name = match reason.pointer() {
        Some((_, pointer)) if pointer.is_empty() => "the body".to_owned(),
        Some((_, pointer)) => format!("`{pointer}`"),
        None => format!("`{}`", reason.trail.join(".")),
    };
    match reason.taken {
        Some(taken) => format!("`{taken}` of {name}"),
        None => name,
    }
}

fn expected(reason: &Reason) -> String {
    let value = |value: &Value| reason.actual.as_ref().map_or_else(|| shown_json(value), |actual| apart(value, actual));
    match &reason.expected {
        Asked::Absent => "none".to_owned(),
        Asked::AnythingBut(other) => format!("anything but `{}`", value(other)),
        Asked::OneOf(other) => format!("one of `{}`", shown_json(other)),
        Asked::Order(sign, other) => format!("`{sign} {}`", shown_json(other)),
        Asked::Pattern(pattern) => format!("text that matches `{pattern}`"),
        Asked::PatternNot(pattern) => format!("text that does not match `{pattern}`"),
        Asked::Present => "a value".to_owned(),
        Asked::Value(other) => format!("`{}`", value(other)),
    }
}

fn told(actual: &Value, asked: &Asked) -> String {
    match asked {
        Asked::AnythingBut(other) | Asked::Value(other) => apart(actual, other),
        _ => shown_json(actual),
    }
}

/// Shows a value; in its JSON form where it differs from the other by its type alone, as `400` and `"400"` do.
fn apart(value: &Value, other: &Value) -> String {
    let plain = shown_json(value);
    if value != other && plain == shown_json(other) { value.to_string() } else { plain }
}
