//! Takes values out of exchanges, to be used by later steps.

use crate::subject::select::{Blocked, Seen, evaluate, select, side_name, text_of, tls_field};
use crate::subject::token;
use crate::{Expression, JwtPart, Pattern, Side, Subject, Subjects, TlsField};
use counterpart_document::{JsonPath, XPath};
use serde_json::Value;
use std::sync::Arc;

/// What is kept of an exchange under a name.
#[derive(Clone, Debug)]
pub enum Capture {
    /// A fact of the connection.
    Connection(TlsField),
    /// The value of an expression.
    Expression(Expression),
    /// A header field, whole or the first group of a pattern.
    Header {
        /// The field.
        name: String,
        /// The pattern; without a group in it, the whole match is taken.
        pattern: Option<Pattern>,
    },
    /// A node of what a hook returned.
    Hook(JsonPath),
    /// A node of the JSON body.
    Json(JsonPath),
    /// A node of a JSON Web Token.
    Jwt {
        /// The header field that carries it.
        header: String,
        /// Which part.
        part: JwtPart,
        /// The node.
        path: JsonPath,
    },
    /// The status of the response.
    Status,
    /// The text of a node of the XML body.
    Xml(Arc<XPath>),
}

/// Takes a value out of an exchange; of several nodes, the first.
///
/// # Errors
/// Why there is none, as a sentence without a full stop.
pub fn capture(capture: &Capture, side: Side, subjects: &Subjects<'_>) -> Result<Value, String> {
    let message = |blocked| match blocked {
        Blocked::Peer(message, _) | Blocked::Us(message) => message,
    };
    let select =
        |subject: &Subject| select(subject, side, subjects).map_err(message).and_then(|seen| first(&seen, &subject.label()));
    match capture {
        Capture::Connection(field) => {
            let tls = subjects.exchange().and_then(|exchange| exchange.connection.tls.as_ref());
            let seen = tls.map(|tls| tls_field(tls, *field)).unwrap_or_default();
            first(&seen, &Subject::Tls(*field).label())
        }
        Capture::Expression(expression) => evaluate(expression, subjects).map_err(message),
        Capture::Header { name, pattern } => {
            let value = subjects.headers(side).and_then(|headers| headers.first(name));
            let value = value.ok_or_else(|| format!("header `{name}` of the {} is missing", side_name(side)))?;
            match pattern {
                Some(pattern) => {
                    let group = pattern.first_group(value);
                    group.map(Value::from).ok_or_else(|| format!("header `{name}` does not match `{}`", pattern.text()))
                }
                None => Ok(Value::from(value)),
            }
        }
        Capture::Hook(path) => select(&Subject::Hook(path.clone())),
        Capture::Json(path) => select(&Subject::Json(path.clone())),
        Capture::Jwt { header, part, path } => {
            let seen = token::part(header, *part, path, side, subjects).map_err(message)?;
            first(&seen, &format!("token `{}`", path.expression()))
        }
        Capture::Status => select(&Subject::Status),
        Capture::Xml(path) => {
            let value = select(&Subject::Xml(path.clone()))?;
            Ok(text_of(&value).map_or(Value::Null, |text| Value::from(&*text)))
        }
    }
}

fn first(seen: &[Seen<'_>], label: &str) -> Result<Value, String> {
    seen.first().map(|seen| seen.value.to_json().into_owned()).ok_or_else(|| format!("{label} is missing"))
}
