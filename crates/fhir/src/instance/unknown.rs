//! What no definition knows, for whoever carries a resource over: it keeps its name and its text, and has no type.
//!
//! The two forms say less without a type. From XML a value is a text, and what stands once is no list; in XML whatever JSON
//! has is an element with the attribute `value`. Nothing of it is checked here.

use super::flat::{Flat, Kind};
use super::read::Reader;
use super::tree::Scalar;
use super::xml::{SCHEMA_INSTANCE, XHTML};
use crate::finding::shown;
use counterpart_document::{Attribute, Element};
use std::borrow::Cow;
use std::collections::HashMap;

impl<'a> Reader<'a> {
    /// Keeps a member of an object, as one element or several.
    pub(super) fn json_unknown(&mut self, flat: &Flat<'a>, member: usize, parent: u32, depth: usize) {
        let name = flat.name(member);
        let place = flat.value(member).place.clone();
        let Cow::Borrowed(name) = name else { return self.lose(unnamed(&name), place.start) };
        if !is_name(name) {
            return self.lose(unnamed(name), place.start);
        }
        if flat.value(member).kind != Kind::Array {
            return self.json_unknown_item(flat, name, member, (parent, None), depth);
        }
        for (index, item) in flat.inside(member).enumerate() {
            let index = u32::try_from(index).ok();
            self.json_unknown_item(flat, name, item, (parent, index), depth);
        }
    }

    fn json_unknown_item(
        &mut self,
        flat: &Flat<'a>,
        name: &'a str,
        at: usize,
        (parent, index): (u32, Option<u32>),
        depth: usize,
    ) {
        let value = flat.value(at);
        let node = self.tree.add(parent, name, "", value.place.clone());
        self.tree.node_mut(node).index = index;
        let scalar = match value.kind {
            Kind::Array => return self.lose(format!("`{}` holds a list in a list", shown(name)), value.place.start),
            Kind::Bool => Scalar::Bool(flat.written(at) == "true"),
            Kind::Null => return,
            Kind::Number => Scalar::Number(Cow::Borrowed(flat.written(at))),
            Kind::Object => return self.json_unknown_members(flat, at, node, depth + 1),
            Kind::Text => Scalar::Text(flat.text_of(at).unwrap_or_default()),
        };
        self.tree.node_mut(node).value = Some(scalar);
    }

    /// Keeps the members of an object; what names its type is a resource.
    pub(super) fn json_unknown_members(&mut self, flat: &Flat<'a>, number: usize, node: u32, depth: usize) {
        if self.too_deep(node, depth, &flat.value(number).place) {
            return;
        }
        let named = flat.member(number, "resourceType").filter(|at| flat.value(*at).kind == Kind::Text);
        if let Some(at) = named {
            match flat.text_of(at) {
                Some(Cow::Borrowed(name)) if is_name(name) => self.is_resource(node, name),
                name => self.lose(unnamed(&name.unwrap_or_default()), flat.value(at).place.start),
            }
        }
        for member in flat.inside(number).filter(|member| Some(*member) != named) {
            self.json_unknown(flat, member, node, depth);
        }
    }

    fn is_resource(&mut self, node: u32, type_name: &'a str) {
        let into = self.tree.node_mut(node);
        into.type_name = type_name;
        into.is_resource = true;
    }

    /// Keeps a resource of a type that no definition has.
    pub(super) fn xml_unknown_resource(&mut self, text: &'a str, from: Element<'a>, node: u32, depth: usize) {
        self.is_resource(node, from.name());
        self.xml_unknown_members(text, from, node, depth);
    }

    /// Keeps an element; the number says which of several it is.
    pub(super) fn xml_unknown(&mut self, text: &'a str, from: Element<'a>, parent: u32, index: Option<u32>, depth: usize) {
        let node = self.tree.add(parent, from.name(), "", from.range());
        self.tree.node_mut(node).index = index;
        if from.namespace() == XHTML {
            self.tree.node_mut(node).type_name = "xhtml";
            self.tree.node_mut(node).value = Some(Scalar::Text(Cow::Borrowed(text.get(from.range()).unwrap_or_default())));
            return;
        }
        let mut inner = from.children();
        match (inner.next(), inner.next()) {
            (None, None) if from.attributes().all(|attribute| attribute.name() == "value") => {
                let value = from.attributes().next().map(|attribute| attribute.value());
                self.tree.node_mut(node).value = value.map(|value| Scalar::Text(Cow::Borrowed(value)));
            }
            // Names of resources are written with a capital, those of elements are not.
            (Some(only), None) if from.attributes().next().is_none() && only.name().starts_with(char::is_uppercase) => {
                self.xml_unknown_resource(text, only, node, depth + 1);
            }
            _ => self.xml_unknown_members(text, from, node, depth + 1),
        }
    }

    /// Keeps attributes and elements as children of a node.
    pub(super) fn xml_unknown_members(&mut self, text: &'a str, from: Element<'a>, node: u32, depth: usize) {
        self.xml_unknown_without(text, from, node, None, depth);
    }

    /// Keeps what stands beside the value of a primitive element.
    pub(super) fn xml_unknown_beside(&mut self, text: &'a str, from: Element<'a>, node: u32, depth: usize) {
        self.xml_unknown_without(text, from, node, Some("value"), depth);
    }

    fn xml_unknown_without(&mut self, text: &'a str, from: Element<'a>, node: u32, known: Option<&str>, depth: usize) {
        if self.too_deep(node, depth, &from.range()) {
            return;
        }
        let is_left = |attribute: &Attribute<'a>| attribute.namespace() != SCHEMA_INSTANCE && Some(attribute.name()) != known;
        for attribute in from.attributes().filter(is_left) {
            let child = self.tree.add(node, attribute.name(), "", attribute.range());
            self.tree.node_mut(child).value = Some(Scalar::Text(Cow::Borrowed(attribute.value())));
        }
        let mut names = Repeated::of(from);
        for inner in from.children() {
            let index = names.next(inner.name());
            self.xml_unknown(text, inner, node, index, depth);
        }
    }
}

/// Names of elements that stand several times in one, with the number of the next.
pub(super) struct Repeated<'a>(HashMap<&'a str, Option<u32>>);

impl<'a> Repeated<'a> {
    pub(super) fn of(from: Element<'a>) -> Self {
        let mut names = HashMap::new();
        for inner in from.children() {
            names.entry(inner.name()).and_modify(|next| *next = Some(0)).or_insert(None);
        }
        Self(names)
    }

    /// Gives the number of an element among those of its name; none where it is the only one.
    pub(super) fn next(&mut self, name: &str) -> Option<u32> {
        let next = self.0.get_mut(name)?.as_mut()?;
        *next += 1;
        Some(*next - 1)
    }
}

fn unnamed(name: &str) -> String {
    format!("`{}` is no name of an element", shown(name))
}

/// Tells whether XML can name an element so; FHIR's own names have nothing but letters and digits.
fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
