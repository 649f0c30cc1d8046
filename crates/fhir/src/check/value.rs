//! Checks values: fixed, pattern, smallest and largest, length.

use super::checker::Checker;
use crate::definitions::{Element, Profile};
use crate::finding::{Code, Draft, shown};
use crate::instance::{Scalar, Tree};
use serde_json::Value;

/// How much of a given value an element must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of it, and no more.
    Exact,
    /// At least all of it.
    Part,
}

/// Tells whether an element has a value that a definition gives.
pub(super) fn has(tree: &Tree<'_>, node: u32, wanted: &Value, extent: Extent) -> bool {
    match wanted {
        Value::Object(members) => {
            let known =
                |name: &str| members.contains_key(name) || name.strip_prefix('_').is_some_and(|name| members.contains_key(name));
            let no_more = extent == Extent::Part || tree.children(node).all(|child| known(&tree.node(child).written));
            no_more && members.iter().all(|(name, wanted)| has_member(tree, node, name, wanted, extent))
        }
        Value::Array(items) => items.len() == 1 && items.first().is_some_and(|item| has(tree, node, item, extent)),
        _ => tree.node(node).value.as_ref().is_some_and(|value| is_same(value, wanted)),
    }
}

fn has_member(tree: &Tree<'_>, node: u32, name: &str, wanted: &Value, extent: Extent) -> bool {
    let found: Vec<u32> = tree.children(node).filter(|child| tree.node(*child).written == name).collect();
    match (wanted, extent) {
        (Value::Array(items), Extent::Exact) => {
            items.len() == found.len() && items.iter().zip(&found).all(|(item, child)| has(tree, *child, item, extent))
        }
        (Value::Array(items), Extent::Part) => items.iter().all(|item| found.iter().any(|child| has(tree, *child, item, extent))),
        _ => matches!(found.as_slice(), [child] if has(tree, *child, wanted, extent)),
    }
}

fn is_same(value: &Scalar<'_>, wanted: &Value) -> bool {
    match wanted {
        Value::String(text) => value.lexical() == text,
        Value::Bool(wanted) => value.lexical().parse() == Ok(*wanted),
        // The text of the definition's number is not kept; `1.0` and `1` are the same here.
        Value::Number(number) => value.lexical().parse::<f64>().ok() == number.as_f64(),
        _ => false,
    }
}

impl<'c> Checker<'c> {
    /// Checks the value of an element.
    pub(super) fn value(&mut self, node: u32, profile: &'c Profile, element: &'c Element) {
        let tree = self.tree;
        let actual = tree.node(node).value.as_ref().map(Scalar::lexical);
        for (wanted, extent) in [(&element.fixed, Extent::Exact), (&element.pattern, Extent::Part)] {
            let Some(wanted) = wanted else { continue };
            if has(tree, node, wanted, extent) {
                continue;
            }
            let text = wanted.as_str().map_or_else(|| wanted.to_string(), ToOwned::to_owned);
            let message = match (extent, actual) {
                (Extent::Exact, Some(actual)) => format!("it must be `{}`, and is `{}`", shown(&text), shown(actual)),
                (Extent::Exact, None) => format!("it must be `{}`", shown(&text)),
                (Extent::Part, _) => format!("it must have at least `{}`", shown(&text)),
            };
            let mut draft = Draft::error(Code::Value, node, message).expected(shown(&text));
            draft.actual = actual.map(shown);
            self.tell_of(draft, profile, element);
        }
        let Some(actual) = actual else { return };
        if let Some(max) = element.max_length {
            let count = actual.chars().count();
            if count > max as usize {
                let message = format!("it has {count} characters, and at most {max} are allowed");
                let draft = Draft::error(Code::Value, node, message).expected(format!("at most {max} characters"));
                self.tell_of(draft.actual(actual), profile, element);
            }
        }
        self.range(node, actual, profile, element);
    }

    fn range(&mut self, node: u32, actual: &str, profile: &'c Profile, element: &'c Element) {
        for (bound, word, is_low) in [(&element.min_value, "at least", true), (&element.max_value, "at most", false)] {
            let Some(bound) = bound else { continue };
            let breaks = match (bound, actual.parse::<f64>()) {
                (Value::Number(bound), Ok(actual)) => {
                    bound.as_f64().is_some_and(|bound| (actual < bound) == is_low && actual != bound)
                }
                // Dates of the same precision are in the order of their texts; others are left to the reader.
                (Value::String(bound), _) if bound.len() == actual.len() => {
                    (actual < bound.as_str()) == is_low && actual != bound
                }
                _ => {
                    self.not_checked(node, &format!("that it is {word} `{bound}`"), profile, element);
                    continue;
                }
            };
            if breaks {
                let text = bound.as_str().map_or_else(|| bound.to_string(), ToOwned::to_owned);
                let draft = Draft::error(Code::Value, node, format!("it must be {word} {text}, and is {actual}"));
                self.tell_of(draft.expected(format!("{word} {text}")).actual(actual), profile, element);
            }
        }
    }
}
