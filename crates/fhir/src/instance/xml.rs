//! Reads a resource in XML. <https://hl7.org/fhir/STU3/xml.html>

use super::read::{Reader, Shape};
use super::tree::{ROOT, Scalar};
use super::unknown::Repeated;
use crate::definitions::Element as Definition;
use crate::finding::{Code, Draft, Severity, shown};
use crate::primitive::{self, Written};
use counterpart_document::{Element, Xml};
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

const FHIR: &str = "http://hl7.org/fhir";
pub(super) const XHTML: &str = "http://www.w3.org/1999/xhtml";
/// Says where schemas are; every XML document may have it, and FHIR allows it on the root.
pub(super) const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

impl<'a> Reader<'a> {
    /// Reads the resource; false where its type is not known.
    pub(super) fn xml(&mut self, xml: &'a Xml) -> bool {
        let text = std::str::from_utf8(xml.text()).unwrap_or_default();
        self.tree.add(ROOT, "", "", 0..0);
        self.xml_resource(text, xml.element(), ROOT, 0)
    }

    fn xml_resource(&mut self, text: &'a str, from: Element<'a>, node: u32, depth: usize) -> bool {
        if !self.is_fhir(from, node) {
            return false;
        }
        let Some(profile) = self.resource_type(node, from.name(), from.range().start) else {
            let keeps = node != ROOT && self.keeps_all();
            if keeps {
                self.xml_unknown_resource(text, from, node, depth);
            }
            return keeps;
        };
        let into = self.tree.node_mut(node);
        into.type_name = &profile.type_name;
        into.is_resource = true;
        into.range = from.range();
        self.xml_members(text, from, node, Shape { profile, at: 0 }, depth);
        true
    }

    fn is_fhir(&mut self, element: Element<'a>, node: u32) -> bool {
        let namespace = element.namespace();
        if namespace != FHIR {
            let message = format!("`{}` is in the namespace `{}`, and must be in `{FHIR}`", element.name(), shown(namespace));
            self.find(Draft::error(Code::Structure, node, message).at(element.range().start).expected(FHIR).actual(namespace));
        }
        namespace == FHIR
    }

    /// Reads attributes and elements as children of a node.
    fn xml_members(&mut self, text: &'a str, from: Element<'a>, node: u32, shape: Shape<'a>, depth: usize) {
        if self.too_deep(node, depth, &from.range()) {
            return;
        }
        self.xml_attributes(from, node, shape);
        if let Some(stray) = from.text() {
            let message = "text stands between the elements; values are written in the attribute `value`";
            self.find(Draft::error(Code::Structure, node, message).at(stray.start));
        }
        let mut counts: HashMap<usize, u32> = HashMap::new();
        let mut reached = 0;
        let mut names: Option<Repeated<'a>> = None;
        for inner in from.children() {
            let written = inner.name();
            let found = self.child(shape, written).filter(|(_, definition, _)| !definition.is_attribute);
            let Some((at, definition, type_name)) = found else {
                if self.keeps_all() {
                    let names = names.get_or_insert_with(|| Repeated::of(from));
                    let index = names.next(written);
                    self.xml_unknown(text, inner, node, index, depth);
                    continue;
                }
                let message = format!("`{}` is no element of `{}`", shown(written), shape.profile.elements[shape.at].path);
                let draft = Draft::error(Code::Structure, node, message).below(shown(written));
                self.find(draft.at(inner.range().start).actual(written));
                continue;
            };
            // XML fixes the order of elements; that of the definition's list is the order of its numbers.
            if at < reached {
                let message = format!("`{written}` stands too late: XML asks for the order of the definition");
                self.find(Draft::error(Code::Structure, node, message).below(written).at(inner.range().start));
            }
            reached = reached.max(at);
            let count = counts.entry(at).or_default();
            let index = *count;
            *count += 1;
            let child = self.xml_node(node, definition, type_name, inner.range());
            self.tree.node_mut(child).index = definition.is_list.then_some(index);
            if definition.is_choice {
                self.tree.node_mut(child).written = Cow::Borrowed(written);
            }
            self.xml_child(text, inner, child, Shape { profile: shape.profile, at }, depth);
        }
    }

    fn xml_node(&mut self, parent: u32, definition: &'a Definition, type_name: &'a str, range: Range<usize>) -> u32 {
        self.tree.add(parent, &definition.name, type_name, range)
    }

    /// Reads `id` and `url`, which are attributes; `value` is read with the primitive that has it.
    fn xml_attributes(&mut self, from: Element<'a>, node: u32, shape: Shape<'a>) {
        let is_primitive = primitive::written(self.tree.node(node).type_name).is_some();
        for attribute in from.attributes() {
            if (is_primitive && attribute.name() == "value") || attribute.namespace() == SCHEMA_INSTANCE {
                continue;
            }
            let found = self.child(shape, attribute.name()).filter(|(_, definition, _)| definition.is_attribute);
            let Some((_, definition, type_name)) = found.filter(|_| attribute.namespace().is_empty()) else {
                let message = format!("`{}` is no attribute of `{}`", shown(attribute.name()), from.name());
                let draft = Draft::error(Code::Structure, node, message).below(shown(attribute.name()));
                self.find(draft.at(attribute.range().start).actual(attribute.name()));
                continue;
            };
            let child = self.xml_node(node, definition, type_name, attribute.range());
            self.tree.node_mut(child).is_attribute = true;
            self.set_value(child, Scalar::Text(Cow::Borrowed(attribute.value())));
        }
    }

    fn xml_child(&mut self, text: &'a str, from: Element<'a>, node: u32, shape: Shape<'a>, depth: usize) {
        let type_name = self.tree.node(node).type_name;
        if type_name == "xhtml" {
            return self.xml_narrative(text, from, node);
        }
        if !self.is_fhir(from, node) {
            return;
        }
        if primitive::written(type_name).is_some() {
            self.xml_primitive(text, from, node, depth);
        } else if matches!(type_name, "Resource" | "DomainResource") || self.is_resource_type(type_name) {
            self.xml_holder(text, from, node, depth);
        } else {
            match self.shape(shape, shape.at, type_name) {
                Some(shape) => self.xml_members(text, from, node, shape, depth + 1),
                None if self.keeps_all() => self.xml_unknown_members(text, from, node, depth + 1),
                None => {
                    let message = format!("not checked: the definition of the type `{type_name}` is not at hand");
                    self.find(Draft::new(Severity::Information, Code::NotChecked, node, message));
                }
            }
        }
        if from.attributes().next().is_none() && from.children().next().is_none() {
            // STU3 and R4 §2.6.1: elements are never empty.
            self.find(Draft::error(Code::Structure, node, format!("`{}` must not be empty", from.name())));
        }
    }

    fn xml_primitive(&mut self, text: &'a str, from: Element<'a>, node: u32, depth: usize) {
        let wanted = primitive::written(self.tree.node(node).type_name);
        if let Some(value) = from.attributes().find(|attribute| attribute.name() == "value" && attribute.namespace().is_empty()) {
            let value = value.value();
            let scalar = match (wanted, value) {
                (Some(Written::Boolean), "true") => Scalar::Bool(true),
                (Some(Written::Boolean), "false") => Scalar::Bool(false),
                (Some(Written::Number), _) => Scalar::Number(Cow::Borrowed(value)),
                _ => Scalar::Text(Cow::Borrowed(value)),
            };
            self.set_value(node, scalar);
        }
        if let Some(profile) = self.definitions.type_named("Element") {
            self.xml_members(text, from, node, Shape { profile, at: 0 }, depth + 1);
        } else if self.keeps_all() {
            self.xml_unknown_beside(text, from, node, depth + 1);
        }
    }

    /// Keeps the narrative as it is written.
    fn xml_narrative(&mut self, text: &'a str, from: Element<'a>, node: u32) {
        if from.namespace() != XHTML {
            let message = format!("the narrative must be in the namespace `{XHTML}`");
            self.find(Draft::error(Code::Structure, node, message).expected(XHTML).actual(from.namespace()));
        }
        self.set_value(node, Scalar::Text(Cow::Borrowed(text.get(from.range()).unwrap_or_default())));
    }

    /// Reads the one resource that `contained` or `resource` holds.
    fn xml_holder(&mut self, text: &'a str, from: Element<'a>, node: u32, depth: usize) {
        let mut inner = from.children();
        match (inner.next(), inner.next()) {
            (Some(resource), None) => {
                if !self.too_deep(node, depth, &from.range()) {
                    self.xml_resource(text, resource, node, depth + 1);
                }
            }
            _ => {
                let message = format!("`{}` must hold exactly one resource", from.name());
                self.find(Draft::error(Code::Structure, node, message));
            }
        }
    }
}
