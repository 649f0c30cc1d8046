//! What a collection holds.

use crate::instance::{Node, Scalar, Tree};
use crate::primitive;
use std::borrow::Cow;

/// One item of a collection.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item<'t> {
    Boolean(bool),
    Decimal(f64),
    Integer(i64),
    /// A date, a dateTime, an instant or a time.
    Moment(Cow<'t, str>),
    /// An element of the resource.
    Node(u32),
    Text(Cow<'t, str>),
}

/// Gives the value of a primitive element; whatever has no value stays what it is.
pub(super) fn plain<'t>(tree: &'t Tree<'_>, item: &Item<'t>) -> Item<'t> {
    let Item::Node(number) = item else { return item.clone() };
    let node = tree.node(*number);
    match &node.value {
        Some(scalar) => of_scalar(node, scalar).unwrap_or_else(|| item.clone()),
        None => item.clone(),
    }
}

fn of_scalar<'t>(node: &Node<'_>, scalar: &'t Scalar<'_>) -> Option<Item<'t>> {
    let text = scalar.lexical();
    Some(match node.type_name {
        "boolean" => Item::Boolean(text.parse().ok()?),
        "integer" | "positiveInt" | "unsignedInt" => Item::Integer(text.parse().ok()?),
        "decimal" => Item::Decimal(text.parse().ok()?),
        "date" | "dateTime" | "instant" | "time" => Item::Moment(Cow::Borrowed(text)),
        _ => Item::Text(Cow::Borrowed(text)),
    })
}

/// Gives the text of a value, as `toString` does.
pub(super) fn text<'t>(item: &Item<'t>) -> Option<Cow<'t, str>> {
    Some(match item {
        Item::Boolean(value) => Cow::Borrowed(if *value { "true" } else { "false" }),
        Item::Decimal(value) => Cow::Owned(value.to_string()),
        Item::Integer(value) => Cow::Owned(value.to_string()),
        Item::Moment(text) | Item::Text(text) => text.clone(),
        Item::Node(_) => return None,
    })
}

/// Tells whether an item is of a type, or of one that specialises it.
pub(super) fn is_of_type(tree: &Tree<'_>, item: &Item<'_>, wanted: &str) -> bool {
    // The types of the path language begin with a capital letter, those of FHIR's primitives with a small one.
    let same = |name: &str| name == wanted || (is_system_type(wanted) && name.eq_ignore_ascii_case(wanted));
    match item {
        Item::Boolean(_) => same("boolean"),
        Item::Decimal(_) => same("decimal"),
        Item::Integer(_) => same("integer"),
        Item::Moment(_) => same("dateTime") || same("date") || same("time"),
        Item::Text(_) => same("string"),
        Item::Node(number) => {
            let node = tree.node(*number);
            if same(node.type_name) || primitive::parent(node.type_name).is_some_and(same) {
                return true;
            }
            match wanted {
                "Resource" => node.is_resource,
                "DomainResource" => node.is_resource && !matches!(node.type_name, "Binary" | "Bundle" | "Parameters"),
                "Element" => !node.is_resource,
                "Quantity" => matches!(node.type_name, "Age" | "Count" | "Distance" | "Duration" | "Money" | "SimpleQuantity"),
                _ => false,
            }
        }
    }
}

fn is_system_type(name: &str) -> bool {
    matches!(name, "Boolean" | "Date" | "DateTime" | "Decimal" | "Integer" | "String" | "Time")
}
