//! A YAML tree in which every value remembers its place.

use counterpart_diag::Span;
use serde_json::Value;

/// One value with its place.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub data: Data,
    /// Its local tag, such as `!value`.
    pub tag: Option<Tag>,
}

/// A local tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Name without `!`.
    pub name: String,
}

/// What a node holds.
#[derive(Clone, Debug)]
pub enum Data {
    /// Nothing: empty, `~` or `null`.
    Null,
    /// `true` or `false`, nothing else.
    Bool(bool),
    /// A whole number without leading zeros.
    Integer(i64),
    /// A number with a fraction or exponent.
    Float(f64),
    /// Text.
    Text(String),
    /// What could not be read and was reported already.
    Unknown,
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in order; a key that stands twice is kept once and reported.
    Map(Vec<Entry>),
}

/// One key with its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Key.
    pub key: String,
    /// Place of the key.
    pub key_span: Span,
    /// Value.
    pub value: Node,
}

impl Node {
    /// Gives the value of a key.
    #[must_use]
    pub fn key(&self, key: &str) -> Option<&Self> {
        match &self.data {
            Data::Map(entries) => entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value),
            _ => None,
        }
    }

    /// Gives the text of a text node without a tag.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Names its kind in words, for diagnostics.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match &self.data {
            Data::Null => "nothing",
            Data::Bool(_) => "a boolean",
            Data::Integer(_) => "a whole number",
            Data::Float(_) => "a number",
            Data::Text(_) => "text",
            Data::Unknown => "what could not be read",
            Data::List(_) => "a list",
            Data::Map(_) => "a map",
        }
    }

    /// Gives it as JSON, tags passed over.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match &self.data {
            Data::Null | Data::Unknown => Value::Null,
            Data::Bool(value) => Value::Bool(*value),
            Data::Integer(value) => Value::from(*value),
            Data::Float(value) => Value::from(*value),
            Data::Text(value) => Value::String(value.clone()),
            Data::List(items) => items.iter().map(Self::to_json).collect(),
            Data::Map(entries) => Value::Object(entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect()),
        }
    }

    /// Merges a patch into it as RFC 7396 says: maps merge by key, `null` removes, everything else replaces.
    #[must_use]
    pub fn merged(&self, patch: &Self) -> Self {
        let (Data::Map(own), Data::Map(changes)) = (&self.data, &patch.data) else {
            return patch.clone();
        };
        let mut entries = own.clone();
        for change in changes {
            let at = entries.iter().position(|entry| entry.key == change.key);
            match (at, matches!(change.value.data, Data::Null)) {
                (Some(at), true) => {
                    entries.remove(at);
                }
                (Some(at), false) => {
                    // Invariant: `at` comes from `position` on the same list.
                    let merged = entries[at].value.merged(&change.value);
                    entries[at].value = merged;
                }
                (None, true) => {}
                (None, false) => entries.push(change.clone()),
            }
        }
        Self { span: self.span, data: Data::Map(entries), tag: self.tag.clone() }
    }

    /// Tells whether it holds the same as another node, wherever the two stand.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        let same = match (&self.data, &other.data) {
            (Data::Null, Data::Null) => true,
            (Data::Bool(one), Data::Bool(two)) => one == two,
            (Data::Integer(one), Data::Integer(two)) => one == two,
            (Data::Float(one), Data::Float(two)) => one.to_bits() == two.to_bits(),
            (Data::Text(one), Data::Text(two)) => one == two,
            (Data::List(one), Data::List(two)) => {
                one.len() == two.len() && one.iter().zip(two).all(|(one, two)| one.same_as(two))
            }
            (Data::Map(one), Data::Map(two)) => {
                one.len() == two.len()
                    && one.iter().zip(two).all(|(one, two)| one.key == two.key && one.value.same_as(&two.value))
            }
            _ => false,
        };
        same && self.tag == other.tag
    }
}
