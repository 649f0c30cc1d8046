//! Values while an expression is evaluated: JSON borrowed where it can be, and the types that CEL has beside JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use indexmap::IndexMap;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Number, Value};
use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

/// A value. Lists and maps that come from JSON stay borrowed (`Json`); those that are computed are shared.
#[derive(Clone, Debug)]
pub(super) enum Val<'v> {
    /// What `a.?b` gives where there is no `b`.
    Absent,
    Bool(bool),
    Bytes(Arc<[u8]>),
    Double(f64),
    Int(i64),
    /// An array or object, nothing else.
    Json(&'v Value),
    List(Rc<Vec<Val<'v>>>),
    Map(Rc<IndexMap<String, Val<'v>>>),
    Null,
    Span(SignedDuration),
    Text(Cow<'v, str>),
    Time(Timestamp),
}

impl<'v> Val<'v> {
    /// Takes a JSON value without copying texts, lists and objects.
    pub(super) fn borrowed(value: &'v Value) -> Self {
        match value {
            Value::Array(_) | Value::Object(_) => Self::Json(value),
            Value::Bool(flag) => Self::Bool(*flag),
            Value::Null => Self::Null,
            Value::Number(number) => Self::number(number),
            Value::String(text) => Self::Text(Cow::Borrowed(text)),
        }
    }

    /// Takes a JSON value that nobody else keeps.
    pub(super) fn owned(value: Value) -> Self {
        match value {
            Value::Array(members) => Self::List(Rc::new(members.into_iter().map(Self::owned).collect())),
            Value::Bool(flag) => Self::Bool(flag),
            Value::Null => Self::Null,
            Value::Number(number) => Self::number(&number),
            Value::Object(members) => {
                Self::Map(Rc::new(members.into_iter().map(|(name, value)| (name, Self::owned(value))).collect()))
            }
            Value::String(text) => Self::Text(Cow::Owned(text)),
        }
    }

    /// CEL has 64-bit integers and doubles; a JSON number beyond the first becomes the second.
    fn number(number: &Number) -> Self {
        number.as_i64().map_or_else(|| Self::Double(number.as_f64().unwrap_or(f64::NAN)), Self::Int)
    }

    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(Cow::Owned(text.into()))
    }

    pub(super) fn list(members: Vec<Self>) -> Self {
        Self::List(Rc::new(members))
    }

    /// Gives the JSON form: times as RFC 3339, durations as seconds with `s`, bytes as base64 (the mapping of protobuf's
    /// JSON form, which CEL uses).
    pub(super) fn into_json(self) -> Value {
        match self {
            Self::Absent | Self::Null => Value::Null,
            Self::Bool(flag) => Value::Bool(flag),
            Self::Bytes(bytes) => Value::String(STANDARD.encode(&bytes)),
            Self::Double(number) => Number::from_f64(number).map_or(Value::Null, Value::Number),
            Self::Int(number) => Value::from(number),
            Self::Json(value) => value.clone(),
            Self::List(members) => Value::Array(Rc::unwrap_or_clone(members).into_iter().map(Self::into_json).collect()),
            Self::Map(members) => {
                Value::Object(Rc::unwrap_or_clone(members).into_iter().map(|(name, value)| (name, value.into_json())).collect())
            }
            Self::Span(span) => Value::String(span_text(span)),
            Self::Text(text) => Value::String(text.into_owned()),
            Self::Time(time) => Value::String(time.to_string()),
        }
    }

    /// Gives the type's name as `type(x)` and messages say it.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Absent => "absent value",
            Self::Bool(_) => "bool",
            Self::Bytes(_) => "bytes",
            Self::Double(_) => "double",
            Self::Int(_) => "int",
            Self::Json(Value::Object(_)) | Self::Map(_) => "map",
            Self::Json(_) | Self::List(_) => "list",
            Self::Null => "null_type",
            Self::Span(_) => "duration",
            Self::Text(_) => "string",
            Self::Time(_) => "timestamp",
        }
    }

    /// Gives the members of a list; `None` for anything else.
    pub(super) fn members(&self) -> Option<Vec<Self>> {
        match self {
            Self::Json(Value::Array(members)) => Some(members.iter().map(Self::borrowed).collect()),
            Self::List(members) => Some((**members).clone()),
            _ => None,
        }
    }

    /// Gives the entries of a map in order; `None` for anything else.
    pub(super) fn entries(&self) -> Option<Vec<(Cow<'v, str>, Self)>> {
        match self {
            Self::Json(Value::Object(members)) => {
                Some(members.iter().map(|(name, value)| (Cow::Borrowed(name.as_str()), Self::borrowed(value))).collect())
            }
            Self::Map(members) => Some(members.iter().map(|(name, value)| (Cow::Owned(name.clone()), value.clone())).collect()),
            _ => None,
        }
    }

    /// Counts members, characters or bytes; `None` for what has no size.
    pub(super) fn size(&self) -> Option<usize> {
        match self {
            Self::Bytes(bytes) => Some(bytes.len()),
            Self::Json(Value::Array(members)) => Some(members.len()),
            Self::Json(Value::Object(members)) => Some(members.len()),
            Self::List(members) => Some(members.len()),
            Self::Map(members) => Some(members.len()),
            Self::Text(text) => Some(text.chars().count()),
            _ => None,
        }
    }

    /// Gives a member of a map.
    pub(super) fn member(&self, name: &str) -> Option<Self> {
        match self {
            Self::Json(Value::Object(members)) => members.get(name).map(Self::borrowed),
            Self::Map(members) => members.get(name).cloned(),
            _ => None,
        }
    }

    /// Gives a member of a list.
    pub(super) fn at(&self, index: usize) -> Option<Self> {
        match self {
            Self::Json(Value::Array(members)) => members.get(index).map(Self::borrowed),
            Self::List(members) => members.get(index).cloned(),
            _ => None,
        }
    }

    /// Gives a number as a double.
    pub(super) fn as_double(&self) -> Option<f64> {
        match self {
            Self::Double(number) => Some(*number),
            #[expect(clippy::cast_precision_loss, reason = "CEL's double() loses it too")]
            Self::Int(number) => Some(*number as f64),
            _ => None,
        }
    }
}

/// Gives a duration as seconds with `s`, without needless zeros.
pub(super) fn span_text(span: SignedDuration) -> String {
    let nanos = span.subsec_nanos().unsigned_abs();
    let sign = if span.is_negative() { "-" } else { "" };
    if nanos == 0 {
        return format!("{sign}{}s", span.as_secs().unsigned_abs());
    }
    let fraction = format!("{nanos:09}");
    format!("{sign}{}.{}s", span.as_secs().unsigned_abs(), fraction.trim_end_matches('0'))
}
