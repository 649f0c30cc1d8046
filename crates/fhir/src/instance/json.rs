//! Reads a resource in JSON.

use super::flat::{Flat, Kind};
use super::read::{Reader, Shape};
use super::tree::{ROOT, Scalar};
use crate::definitions::Element;
use crate::finding::{Code, Draft, shown};
use crate::primitive::{self, Written};
use counterpart_document::Json;
use std::borrow::Cow;
use std::collections::HashMap;

/// One child that is to be added.
#[derive(Clone, Copy)]
struct Child<'a> {
    shape: Shape<'a>,
    at: usize,
    element: &'a Element,
    type_name: &'a str,
}

impl<'a> Reader<'a> {
    /// Reads the resource; false where its type is not known.
    pub(super) fn json(&mut self, json: &'a Json) -> bool {
        let flat = Flat::new(json);
        self.tree.add(ROOT, "", "", 0..0);
        for duplicate in json.duplicates() {
            let message = format!("the name `{}` stands twice in its object, and only the last is looked at", duplicate.pointer);
            self.lose(message.clone(), duplicate.range.start);
            self.find(Draft::error(Code::Structure, ROOT, message).at(duplicate.range.start));
        }
        self.json_resource(&flat, 0, ROOT, 0)
    }

    /// Reads an object as a resource into a node that is there.
    fn json_resource(&mut self, flat: &Flat<'a>, number: usize, node: u32, depth: usize) -> bool {
        let (kind, place) = (flat.value(number).kind, flat.value(number).place.clone());
        if kind != Kind::Object {
            let message = format!("a resource must be an object, and this is {}", kind.words());
            self.lose(message.clone(), place.start);
            self.find(Draft::error(Code::Structure, node, message).at(place.start));
            return false;
        }
        let named = flat.member(number, "resourceType").and_then(|at| Some((flat.text_of(at)?, flat.value(at).range.start)));
        let Some((name, offset)) = named else {
            let message = "a resource must name its type in `resourceType`";
            self.lose(message, place.start);
            self.find(Draft::error(Code::Structure, node, message).at(place.start));
            return false;
        };
        let Some(profile) = self.resource_type(node, &name, offset) else {
            let keeps = node != ROOT && self.keeps_all();
            if keeps {
                self.json_unknown_members(flat, number, node, depth);
            }
            return keeps;
        };
        let into = self.tree.node_mut(node);
        into.type_name = &profile.type_name;
        into.is_resource = true;
        into.range = place;
        self.json_members(flat, number, node, Shape { profile, at: 0 }, depth);
        true
    }

    /// Reads the members of an object as children of a node.
    fn json_members(&mut self, flat: &Flat<'a>, number: usize, node: u32, shape: Shape<'a>, depth: usize) {
        if self.too_deep(node, depth, &flat.value(number).place) {
            return;
        }
        if flat.inside(number).next().is_none() {
            // STU3 and R4 §2.6.2: objects are never empty.
            let place = flat.value(number).place.start;
            self.find(Draft::error(Code::Structure, node, "an object must not be empty").at(place));
        }
        let is_resource = self.tree.node(node).is_resource;
        let mut under: HashMap<Cow<'a, str>, usize> = HashMap::new();
        let mut plain: HashMap<Cow<'a, str>, usize> = HashMap::new();
        for member in flat.inside(number) {
            let name = flat.name(member);
            match name.strip_prefix('_') {
                Some(rest) => under.insert(Cow::Owned(rest.to_owned()), member),
                None => plain.insert(name, member),
            };
        }
        for member in flat.inside(number) {
            let name = flat.name(member);
            let bare = name.strip_prefix('_').unwrap_or(&name);
            let is_under = bare.len() < name.len();
            // A name that stands twice was told of before; the last one counts.
            let counts = if is_under { under.get(bare) } else { plain.get(bare) };
            if counts != Some(&member) || (is_under && plain.contains_key(bare)) || (is_resource && name == "resourceType") {
                continue;
            }
            let Some((at, element, type_name)) = self.child(shape, bare) else {
                if self.keeps_all() {
                    self.json_unknown(flat, member, node, depth);
                    continue;
                }
                let message = format!("`{}` is no element of `{}`", shown(&name), shape.profile.elements[shape.at].path);
                let draft = Draft::error(Code::Structure, node, message).below(shown(&name));
                self.find(draft.at(flat.value(member).place.start).actual(&name));
                continue;
            };
            let child = Child { shape, at, element, type_name };
            let value = (!is_under).then_some(member);
            self.json_child(flat, node, child, bare, (value, under.get(bare).copied()), depth);
        }
    }

    /// Reads one member, with the member of the same name and `_` before it, as one element or several.
    fn json_child(
        &mut self,
        flat: &Flat<'a>,
        parent: u32,
        child: Child<'a>,
        written: &str,
        (value, under): (Option<usize>, Option<usize>),
        depth: usize,
    ) {
        let Some(first) = value.or(under) else { return };
        let is_primitive = primitive::written(child.type_name).is_some();
        if under.is_some() && !is_primitive {
            let message = format!("`_{written}` stands for what a primitive value has beside it, and `{written}` is none");
            let offset = under.map_or(0, |under| flat.value(under).place.start);
            self.lose(message.clone(), offset);
            self.find(Draft::error(Code::Structure, parent, message).below(format!("_{written}")).at(offset));
        }
        let under = under.filter(|_| is_primitive);
        let is_array = |at: Option<usize>| at.is_some_and(|at| flat.value(at).kind == Kind::Array);
        if child.element.is_list != (is_array(value) || is_array(under)) {
            let (wanted, place) = (child.element.is_list, flat.value(first).place.start);
            let message = if wanted {
                format!("`{written}` may stand several times, so it must be an array")
            } else {
                format!("`{written}` stands once at most, so it must be no array")
            };
            self.find(Draft::error(Code::Structure, parent, message).below(written.to_owned()).at(place));
        }
        let items = |at: Option<usize>| -> Vec<usize> {
            match at {
                Some(at) if flat.value(at).kind == Kind::Array => flat.inside(at).collect(),
                Some(at) => vec![at],
                None => Vec::new(),
            }
        };
        let (values, unders) = (items(value), items(under));
        if values.is_empty() && unders.is_empty() {
            let place = flat.value(first).place.start;
            let message = format!("the array `{written}` must not be empty");
            self.find(Draft::error(Code::Structure, parent, message).below(written.to_owned()).at(place));
        }
        if value.is_some() && under.is_some() && values.len() != unders.len() {
            let message =
                format!("`{written}` has {} items and `_{written}` {}: they must be as many", values.len(), unders.len());
            self.find(
                Draft::error(Code::Structure, parent, message).below(format!("_{written}")).at(flat.value(first).place.start),
            );
        }
        for item in 0..values.len().max(unders.len()) {
            let index = child.element.is_list.then_some(u32::try_from(item).unwrap_or(u32::MAX));
            let is = |at: &&usize| flat.value(**at).kind != Kind::Null;
            let (value, under) = (values.get(item), unders.get(item));
            let Some(shown) = value.filter(is).or(under.filter(is)).or(value).or(under) else { continue };
            let place = if values.len() + unders.len() > 1 || child.element.is_list {
                flat.value(*shown).place.clone()
            } else {
                flat.value(first).place.clone()
            };
            let node = self.tree.add(parent, &child.element.name, child.type_name, place);
            let into = self.tree.node_mut(node);
            into.index = index;
            into.is_attribute = child.element.is_attribute;
            if child.element.is_choice {
                into.written = Cow::Owned(written.to_owned());
            }
            if is_primitive {
                self.json_primitive(flat, node, value.copied(), under.copied(), depth);
            } else if let Some(value) = value {
                self.json_complex(flat, node, *value, child, depth);
            }
        }
    }

    fn json_primitive(&mut self, flat: &Flat<'a>, node: u32, value: Option<usize>, under: Option<usize>, depth: usize) {
        let kind_of = |at: Option<usize>| at.map(|at| flat.value(at).kind);
        let type_name = self.tree.node(node).type_name;
        let wanted = primitive::written(type_name);
        match (kind_of(value), wanted) {
            (None, _) => {}
            (Some(Kind::Null), _) => {
                if !matches!(kind_of(under), Some(Kind::Object)) {
                    let message = "`null` stands for a value only where `_` with the same name has something beside it";
                    self.find(Draft::error(Code::Structure, node, message));
                }
            }
            (Some(Kind::Bool), Some(Written::Boolean)) => {
                let value = value.is_some_and(|value| flat.written(value) == "true");
                self.set_value(node, Scalar::Bool(value));
            }
            (Some(Kind::Number), Some(Written::Number)) => {
                let value = value.map_or("", |value| flat.written(value));
                self.set_value(node, Scalar::Number(Cow::Borrowed(value)));
            }
            (Some(Kind::Text), Some(Written::Text)) => {
                let value = value.and_then(|value| flat.text_of(value)).unwrap_or_default();
                self.set_value(node, Scalar::Text(value));
            }
            (Some(kind), wanted) => {
                let wanted = match wanted {
                    Some(Written::Boolean) => "`true` or `false`, without quotes",
                    Some(Written::Number) => "a number, without quotes",
                    _ => "a string",
                };
                let message = format!("a value of the type {type_name} must be {wanted}, and this is {}", kind.words());
                if matches!(kind, Kind::Array | Kind::Object) {
                    self.lose(message.clone(), value.map_or(0, |value| flat.value(value).place.start));
                }
                self.find(Draft::error(Code::Value, node, message).expected(wanted).actual(kind.words()));
                // The value is there all the same: rules that ask for one are not broken too.
                if let Some(value) = value {
                    let text = flat.text_of(value).unwrap_or(Cow::Borrowed(flat.written(value)));
                    self.tree.node_mut(node).value = Some(Scalar::Text(text));
                }
            }
        }
        let Some(under) = under else { return };
        match flat.value(under).kind {
            Kind::Object => {
                if let Some(profile) = self.definitions.type_named("Element") {
                    self.json_members(flat, under, node, Shape { profile, at: 0 }, depth + 1);
                } else if self.keeps_all() {
                    self.json_unknown_members(flat, under, node, depth + 1);
                }
            }
            Kind::Null => {}
            kind => {
                let message = format!("what stands beside a primitive value must be an object, and this is {}", kind.words());
                self.lose(message.clone(), flat.value(under).place.start);
                self.find(Draft::error(Code::Structure, node, message).at(flat.value(under).place.start));
            }
        }
    }

    fn json_complex(&mut self, flat: &Flat<'a>, node: u32, value: usize, child: Child<'a>, depth: usize) {
        if matches!(child.type_name, "Resource" | "DomainResource") || self.is_resource_type(child.type_name) {
            if !self.too_deep(node, depth, &flat.value(value).place) {
                self.json_resource(flat, value, node, depth + 1);
            }
            return;
        }
        let kind = flat.value(value).kind;
        if kind != Kind::Object {
            let message = format!("`{}` must be an object, and this is {}", child.element.name, kind.words());
            self.lose(message.clone(), flat.value(value).place.start);
            self.find(Draft::error(Code::Structure, node, message).actual(kind.words()));
            return;
        }
        match self.shape(child.shape, child.at, child.type_name) {
            Some(shape) => self.json_members(flat, value, node, shape, depth + 1),
            None if self.keeps_all() => self.json_unknown_members(flat, value, node, depth + 1),
            None => {
                let message = format!("not checked: the definition of the type `{}` is not at hand", child.type_name);
                self.find(Draft::new(crate::finding::Severity::Information, Code::NotChecked, node, message));
            }
        }
    }

    /// Tells whether an element holds a resource of a named type, as some profiles of `Bundle` ask for.
    pub(super) fn is_resource_type(&self, type_name: &str) -> bool {
        self.definitions.resource_named(type_name).is_some()
    }
}
