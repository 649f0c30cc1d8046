//! Filters: as bytes (RFC 4511 §4.5.1.7), as text (RFC 4515), and what they demand.

mod bytes;
mod parse;

use crate::text::{prepared, value_of};
use serde_json::{Map, Value};
use std::fmt::Write as _;

/// A filter: its parts in the order of its text, a part before those that stand in it.
///
/// It is a list and no tree, so that none of its walks needs a stack of calls, however deep a peer nests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter(pub(crate) Vec<FilterPart>);

/// One part of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilterPart {
    /// All of the next parts, so many, must hold.
    And(usize),
    /// The attribute sounds like the value; taken as equality.
    Approx(String, Vec<u8>),
    /// The attribute has the value.
    Equal(String, Vec<u8>),
    /// A matching rule of its own.
    Extensible {
        /// Attribute.
        name: Option<String>,
        /// Matching rule.
        rule: Option<String>,
        /// Value.
        value: Vec<u8>,
        /// Whether the names of the entry count too.
        of_name: bool,
    },
    /// The attribute is at least the value.
    From(String, Vec<u8>),
    /// The next part must not hold.
    Not,
    /// One of the next parts, so many, must hold.
    Or(usize),
    /// The attribute is there.
    Present(String),
    /// The attribute has a value with these pieces in order.
    Substrings {
        /// Attribute.
        name: String,
        /// What it begins with.
        initial: Option<Vec<u8>>,
        /// What stands in it, in order.
        any: Vec<Vec<u8>>,
        /// What it ends with.
        last: Option<Vec<u8>>,
    },
    /// The attribute is at most the value.
    Until(String, Vec<u8>),
}

impl FilterPart {
    /// Counts the parts that stand directly in it.
    pub(crate) fn arity(&self) -> usize {
        match self {
            Self::And(count) | Self::Or(count) => *count,
            Self::Not => 1,
            _ => 0,
        }
    }
}

impl Filter {
    /// Reads a filter written as text.
    ///
    /// # Errors
    /// [`crate::Fault::Filter`] with the place, or a bound that was passed.
    pub fn parse(text: &str) -> Result<Self, crate::Fault> {
        parse::parse(text)
    }

    /// Gives the parts, each before those that stand in it.
    #[must_use]
    pub fn parts(&self) -> &[FilterPart] {
        &self.0
    }

    /// Gives what every entry it finds must be equal to: attribute names in small letters with their values.
    ///
    /// Only what stands in `and` counts; below `or` and `not` nothing is demanded for certain.
    #[must_use]
    pub fn demands(&self) -> Value {
        let mut demands: Map<String, Value> = Map::new();
        let mut at = 0;
        // How many of the next parts stand in an `and` of `and`s; the filter itself is the first.
        let mut open = 1_usize;
        while open > 0 {
            let Some(part) = self.0.get(at) else { break };
            open -= 1;
            match part {
                FilterPart::And(count) => {
                    open += count;
                    at += 1;
                }
                FilterPart::Equal(name, value) => {
                    let list = demands.entry(name.to_lowercase()).or_insert_with(|| Value::Array(Vec::new()));
                    if let Value::Array(list) = list {
                        list.push(value_of(value));
                    }
                    at += 1;
                }
                _ => at = self.end_of(at),
            }
        }
        Value::Object(demands)
    }

    /// Gives the place after a part and all that stands in it.
    pub(crate) fn end_of(&self, from: usize) -> usize {
        let (mut at, mut open) = (from, 1_usize);
        while open > 0 {
            let Some(part) = self.0.get(at) else { break };
            open = open - 1 + part.arity();
            at += 1;
        }
        at
    }
}

/// Writes a filter as text, each value so that it stays one (RFC 4515 §3).
impl std::fmt::Display for Filter {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // How many parts are still to come at each level.
        let mut open: Vec<usize> = Vec::new();
        for part in &self.0 {
            formatter.write_char('(')?;
            write_part(formatter, part)?;
            if part.arity() > 0 {
                open.push(part.arity());
                continue;
            }
            formatter.write_char(')')?;
            close(formatter, &mut open)?;
        }
        Ok(())
    }
}

fn close(formatter: &mut std::fmt::Formatter<'_>, open: &mut Vec<usize>) -> std::fmt::Result {
    while let Some(left) = open.last_mut() {
        *left -= 1;
        if *left > 0 {
            break;
        }
        open.pop();
        formatter.write_char(')')?;
    }
    Ok(())
}

fn write_part(out: &mut std::fmt::Formatter<'_>, part: &FilterPart) -> std::fmt::Result {
    match part {
        FilterPart::And(_) => out.write_char('&'),
        FilterPart::Or(_) => out.write_char('|'),
        FilterPart::Not => out.write_char('!'),
        FilterPart::Approx(name, value) => write!(out, "{name}~={}", escaped(value)),
        FilterPart::Equal(name, value) => write!(out, "{name}={}", escaped(value)),
        FilterPart::From(name, value) => write!(out, "{name}>={}", escaped(value)),
        FilterPart::Until(name, value) => write!(out, "{name}<={}", escaped(value)),
        FilterPart::Present(name) => write!(out, "{name}=*"),
        FilterPart::Substrings { name, initial, any, last } => {
            write!(out, "{name}={}*", escaped(initial.as_deref().unwrap_or_default()))?;
            any.iter().try_for_each(|piece| write!(out, "{}*", escaped(piece)))?;
            out.write_str(&escaped(last.as_deref().unwrap_or_default()))
        }
        FilterPart::Extensible { name, rule, value, of_name } => {
            out.write_str(name.as_deref().unwrap_or_default())?;
            out.write_str(if *of_name { ":dn" } else { "" })?;
            rule.iter().try_for_each(|rule| write!(out, ":{rule}"))?;
            write!(out, ":={}", escaped(value))
        }
    }
}

fn escaped(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) => escape_value(text),
        Err(_) => value.iter().fold(String::new(), |mut out, byte| {
            let _ = write!(out, "\\{byte:02x}");
            out
        }),
    }
}

/// Writes a value so that it stays one value of a filter (RFC 4515 §3).
#[must_use]
pub fn escape_value(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\0' | '(' | ')' | '*' | '\\' => {
                let _ = write!(out, "\\{:02x}", u32::from(letter));
            }
            _ => out.push(letter),
        }
    }
    out
}

/// Tells whether a text is the name of an attribute with its options, or of a matching rule (RFC 4512 §2.5). Older software
/// has `_` in names, too.
fn is_description(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | ';' | '_'))
}

/// Tells whether a value has pieces in order, all in the form in which texts are compared.
pub(crate) fn has_pieces(value: &[u8], initial: Option<&[u8]>, any: &[Vec<u8>], last: Option<&[u8]>) -> bool {
    let (initial, last) = (prepared(initial.unwrap_or_default()), prepared(last.unwrap_or_default()));
    let value = prepared(value);
    let Some(mut rest) = value.strip_prefix(initial.as_slice()) else { return false };
    for piece in any {
        let piece = prepared(piece);
        let Some(at) = find(rest, &piece) else { return false };
        rest = rest.get(at + piece.len()..).unwrap_or_default();
    }
    rest.ends_with(&last)
}

fn find(text: &[u8], piece: &[u8]) -> Option<usize> {
    if piece.is_empty() {
        return Some(0);
    }
    text.windows(piece.len()).position(|window| window == piece)
}

#[cfg(test)]
mod tests;
