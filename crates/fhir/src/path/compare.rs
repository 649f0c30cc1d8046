//! Equality, equivalence and order of items.

use super::item::{Item, plain, text};
use super::moment;
use crate::instance::Tree;
use std::cmp::Ordering;

/// Elements inside each other that are compared.
const DEPTH_MAX: usize = 32;

/// Tells whether two items are equal; `None` where their precision does not say.
pub(super) fn equal(tree: &Tree<'_>, left: &Item<'_>, right: &Item<'_>) -> Option<bool> {
    equal_within(tree, left, right, 0)
}

fn equal_within(tree: &Tree<'_>, left: &Item<'_>, right: &Item<'_>, depth: usize) -> Option<bool> {
    let (left, right) = (plain(tree, left), plain(tree, right));
    match (&left, &right) {
        (Item::Node(a), Item::Node(b)) => Some(a == b || (depth < DEPTH_MAX && same_children(tree, *a, *b, depth))),
        (Item::Node(_), _) | (_, Item::Node(_)) => Some(false),
        (Item::Moment(a), Item::Moment(b)) => match moment::compare(a, b) {
            Some(order) => Some(order == Ordering::Equal),
            None => (a == b).then_some(true),
        },
        (Item::Boolean(a), Item::Boolean(b)) => Some(a == b),
        _ => match (number(&left), number(&right)) {
            (Some(a), Some(b)) => Some(a == b),
            // The core invariants compare booleans and dates with texts; the text of both is compared then.
            _ => Some(text(&left)? == text(&right)?),
        },
    }
}

fn same_children(tree: &Tree<'_>, left: u32, right: u32, depth: usize) -> bool {
    let mut left = tree.children(left);
    let mut right = tree.children(right);
    loop {
        match (left.next(), right.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) => {
                let same_name = tree.node(a).written == tree.node(b).written;
                if !same_name || equal_within(tree, &Item::Node(a), &Item::Node(b), depth + 1) != Some(true) {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

/// Tells whether two items are equivalent: texts without regard to case and white space.
pub(super) fn equivalent(tree: &Tree<'_>, left: &Item<'_>, right: &Item<'_>) -> bool {
    match (plain(tree, left), plain(tree, right)) {
        (Item::Text(a), Item::Text(b)) => {
            let words = |text: &str| text.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>();
            words(&a) == words(&b)
        }
        (a, b) => equal(tree, &a, &b) == Some(true),
    }
}

pub(super) fn number(item: &Item<'_>) -> Option<f64> {
    match item {
        #[expect(clippy::cast_precision_loss, reason = "integers of FHIR have 32 bits")]
        Item::Integer(number) => Some(*number as f64),
        Item::Decimal(number) => Some(*number),
        _ => None,
    }
}

/// Orders two items; `Ok(None)` where their precision does not say, an error where they cannot be ordered.
pub(super) fn order(tree: &Tree<'_>, left: &Item<'_>, right: &Item<'_>) -> Result<Option<Ordering>, String> {
    let (left, right) = (plain(tree, left), plain(tree, right));
    match (&left, &right) {
        (Item::Moment(a), Item::Moment(b) | Item::Text(b)) | (Item::Text(a), Item::Moment(b)) => Ok(moment::compare(a, b)),
        (Item::Text(a), Item::Text(b)) => Ok(Some(a.cmp(b))),
        (Item::Node(a), Item::Node(b)) => quantities(tree, *a, *b),
        _ => match (number(&left), number(&right)) {
            (Some(a), Some(b)) => Ok(a.partial_cmp(&b)),
            _ => Err("values of different types have no order".to_owned()),
        },
    }
}

/// Orders quantities of the same system and code, or of the same unit where neither has a code.
fn quantities(tree: &Tree<'_>, left: u32, right: u32) -> Result<Option<Ordering>, String> {
    let value = |node: u32| tree.text(node, "value").and_then(|value| value.parse::<f64>().ok());
    let measure = |node: u32| match tree.text(node, "code") {
        Some(code) => (tree.text(node, "system"), Some(code)),
        None => (None, tree.text(node, "unit")),
    };
    let (Some(a), Some(b)) = (value(left), value(right)) else {
        return Err("elements without a value have no order".to_owned());
    };
    if measure(left) == measure(right) {
        Ok(a.partial_cmp(&b))
    } else {
        Err("quantities of different units are not converted".to_owned())
    }
}
