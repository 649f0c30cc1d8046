//! The scalar types of the language.

use crate::node::{Data, Node};
use crate::read::{Read, Reader};
use crate::schema::Schemas;
use counterpart_diag::{Diagnostic, Span};
use serde_json::{Value, json};

/// A value with its place.
#[derive(Clone, Debug)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

/// A name or other text.
pub type Text = Spanned<String>;

/// `true` or `false`.
pub type Flag = Spanned<bool>;

/// Text that is a CEL expression.
#[derive(Clone, Debug)]
pub struct Cel {
    /// The expression.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// A duration: `250ms`, `30s`, `5min`, `2h`, or a CEL expression that gives milliseconds.
#[derive(Clone, Debug)]
pub enum Time {
    /// A CEL expression that gives milliseconds.
    Computed(Cel),
    /// Milliseconds.
    Fixed(Spanned<u64>),
}

/// One word, or a list of words.
#[derive(Clone, Debug, Default)]
pub struct WordList(pub Vec<Text>);

impl Read for Text {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.data {
            Data::Text(text) => Some(Self { value: text.clone(), span: node.span }),
            Data::Integer(_) | Data::Float(_) | Data::Bool(_) => {
                reader.report(
                    Diagnostic::error("SC011", format!("expected text, found {}", node.kind()))
                        .at(node.span, "read as a value of its own type")
                        .help("put it in quotes"),
                );
                None
            }
            _ => reader.mismatch(node, "text"),
        }
    }

    fn schema(_: &mut Schemas) -> Value {
        json!({ "type": "string" })
    }
}

impl Read for Flag {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match node.data {
            Data::Bool(value) => Some(Self { value, span: node.span }),
            _ => reader.mismatch_with(node, "`true` or `false`", meant_flag(node)),
        }
    }

    fn schema(_: &mut Schemas) -> Value {
        json!({ "type": "boolean" })
    }
}

/// Tells what was meant by a boolean of YAML 1.1 or one in quotes.
fn meant_flag(node: &Node) -> Option<String> {
    let meant = match node.text()?.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "y" => "true",
        "false" | "no" | "off" | "n" => "false",
        _ => return None,
    };
    Some(format!("write `{meant}`, without quotes"))
}

impl Read for Spanned<i64> {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match node.data {
            Data::Integer(value) => Some(Self { value, span: node.span }),
            _ => reader.mismatch(node, "a whole number"),
        }
    }

    fn schema(_: &mut Schemas) -> Value {
        json!({ "type": "integer" })
    }
}

impl Read for Spanned<f64> {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match node.data {
            #[expect(clippy::cast_precision_loss, reason = "numbers of the language are small")]
            Data::Integer(value) => Some(Self { value: value as f64, span: node.span }),
            Data::Float(value) => Some(Self { value, span: node.span }),
            _ => reader.mismatch(node, "a number"),
        }
    }

    fn schema(_: &mut Schemas) -> Value {
        json!({ "type": "number" })
    }
}

impl Read for Cel {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.data {
            Data::Text(text) => Some(Self { text: text.clone(), span: node.span }),
            // `true`, `3` and the like are expressions too.
            Data::Bool(value) => Some(Self { text: value.to_string(), span: node.span }),
            Data::Integer(value) => Some(Self { text: value.to_string(), span: node.span }),
            Data::Float(value) => Some(Self { text: value.to_string(), span: node.span }),
            _ => reader.mismatch(node, "an expression"),
        }
    }

    fn schema(_: &mut Schemas) -> Value {
        json!({ "type": ["string", "boolean", "number"], "description": "a CEL expression" })
    }
}

impl Read for Time {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        if matches!(node.data, Data::Unknown) {
            return None;
        }
        let Data::Text(text) = &node.data else {
            let help = "write `250ms`, `30s`, `5min`, `2h`, or an expression that gives milliseconds";
            let diagnostic = Diagnostic::error("SC013", format!("expected a duration, found {}", node.kind()));
            reader.report(diagnostic.at(node.span, "no unit").help(help));
            return None;
        };
        if !text.starts_with(|first: char| first.is_ascii_digit()) {
            return Some(Self::Computed(Cel { text: text.clone(), span: node.span }));
        }
        let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let factor = match unit.trim() {
            "ms" => 1,
            "s" => 1_000,
            "min" => 60_000,
            "h" => 3_600_000,
            unit if is_one_unit(unit) => {
                let diagnostic = Diagnostic::error("SC013", format!("`{text}` is not a duration"));
                reader.report(diagnostic.at(node.span, "a whole number and a unit").note("units: `ms`, `s`, `min`, `h`"));
                return None;
            }
            _ => return Some(Self::Computed(Cel { text: text.clone(), span: node.span })),
        };
        let value = number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
        let Some(value) = value else {
            reader.report(Diagnostic::error("SC013", "the duration is too large").at(node.span, ""));
            return None;
        };
        Some(Self::Fixed(Spanned { value, span: node.span }))
    }

    fn schema(_: &mut Schemas) -> Value {
        json!({ "type": "string", "description": "a duration such as 250ms, 30s, 5min, 2h, or a CEL expression that gives milliseconds" })
    }
}

/// Tells whether what stands after a number can only have been meant as a unit, and not as the rest of an expression.
fn is_one_unit(text: &str) -> bool {
    let word = text.trim_start_matches(|character: char| character == '.' || character.is_ascii_digit());
    !word.is_empty() && word.chars().all(char::is_alphabetic)
}

impl Read for WordList {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.data {
            Data::List(items) => Some(Self(items.iter().filter_map(|item| Text::read(item, reader)).collect())),
            _ => Text::read(node, reader).map(|word| Self(vec![word])),
        }
    }

    fn schema(schemas: &mut Schemas) -> Value {
        let word = Text::schema(schemas);
        json!({ "anyOf": [word, { "type": "array", "items": word }] })
    }
}

/// Any value, kept as it stands; `!value NAME` within it passes a typed value.
impl Read for Node {
    fn read(node: &Node, _: &mut Reader<'_>) -> Option<Self> {
        Some(node.clone())
    }

    fn schema(_: &mut Schemas) -> Value {
        json!({})
    }
}
