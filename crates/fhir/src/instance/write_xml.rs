//! Writes a resource as XML. <https://hl7.org/fhir/STU3/xml.html>

use super::tree::{ROOT, Scalar, Tree};
use super::write_json::Layout;
use crate::definitions::{Definitions, Profile};
use std::fmt::Write as _;

/// Writes a tree in the order that the definitions give.
pub(crate) fn write(tree: &Tree<'_>, definitions: &Definitions, layout: Layout) -> String {
    let mut writer = Writer { tree, definitions, layout, out: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>".to_owned() };
    writer.end_line();
    writer.resource(ROOT, 0);
    writer.out
}

struct Writer<'t, 'a> {
    tree: &'t Tree<'a>,
    definitions: &'t Definitions,
    layout: Layout,
    out: String,
}

/// Where the order of children is defined.
type Shape<'t> = Option<(&'t Profile, usize)>;

impl<'t> Writer<'t, '_> {
    fn indent(&mut self, level: usize) {
        if self.layout == Layout::Indented {
            let _ = write!(self.out, "{:1$}", "", level * 2);
        }
    }

    fn end_line(&mut self) {
        if self.layout == Layout::Indented {
            self.out.push('\n');
        }
    }

    fn resource(&mut self, node: u32, level: usize) {
        let name = self.tree.node(node).type_name;
        let namespace = if level == 0 { " xmlns=\"http://hl7.org/fhir\"" } else { "" };
        self.indent(level);
        let _ = write!(self.out, "<{name}{namespace}");
        let shape = self.definitions.resource_named(name).map(|profile| (profile, 0));
        self.rest(node, name, shape, level);
    }

    /// Writes attributes, children and the end tag of an element whose name is written.
    fn rest(&mut self, node: u32, name: &str, shape: Shape<'t>, level: usize) {
        let tree = self.tree;
        for child in tree.children(node).filter(|child| tree.node(*child).is_attribute) {
            self.attribute(tree.node(child).name, tree.node(child).value.as_ref());
        }
        if let Some(value) = &tree.node(node).value {
            self.attribute("value", Some(value));
        }
        let mut children: Vec<(usize, u32)> = tree
            .children(node)
            .filter(|child| !tree.node(*child).is_attribute)
            .map(|child| (position(shape, tree.node(child).name), child))
            .collect();
        if children.is_empty() {
            self.out.push_str("/>");
            self.end_line();
            return;
        }
        // A stable sort keeps the order of lists.
        children.sort_by_key(|(position, _)| *position);
        self.out.push('>');
        self.end_line();
        for (_, child) in children {
            self.child(child, shape, level + 1);
        }
        self.indent(level);
        let _ = write!(self.out, "</{name}>");
        self.end_line();
    }

    fn child(&mut self, node: u32, outer: Shape<'t>, level: usize) {
        let here = self.tree.node(node);
        self.indent(level);
        if here.type_name == "xhtml" {
            // The narrative is XML already.
            self.out.push_str(here.value.as_ref().map(Scalar::lexical).unwrap_or_default());
            return self.end_line();
        }
        let _ = write!(self.out, "<{}", here.written);
        if here.is_resource {
            self.out.push('>');
            self.end_line();
            self.resource(node, level + 1);
            self.indent(level);
            let _ = write!(self.out, "</{}>", here.written);
            return self.end_line();
        }
        let shape = self.shape(outer, here.name, here.type_name);
        self.rest(node, &here.written, shape, level);
    }

    fn shape(&self, outer: Shape<'t>, name: &str, type_name: &str) -> Shape<'t> {
        let own = outer.and_then(|(profile, at)| {
            let found = profile.children(at).iter().copied().find(|child| profile.elements[*child].name == name)?;
            (!profile.children(found).is_empty()).then_some((profile, found))
        });
        own.or_else(|| self.definitions.type_named(type_name).map(|profile| (profile, 0)))
    }

    fn attribute(&mut self, name: &str, value: Option<&Scalar<'_>>) {
        let _ = write!(self.out, " {name}=\"");
        for letter in value.map(Scalar::lexical).unwrap_or_default().chars() {
            match letter {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '"' => self.out.push_str("&quot;"),
                // A reader turns these into blanks unless they are written as references (XML 1.0 §3.3.3).
                '\n' | '\r' | '\t' => {
                    let _ = write!(self.out, "&#{};", u32::from(letter));
                }
                other => self.out.push(other),
            }
        }
        self.out.push('"');
    }
}

fn position(shape: Shape<'_>, name: &str) -> usize {
    let Some((profile, at)) = shape else { return usize::MAX };
    profile.children(at).iter().position(|child| profile.elements[*child].name == name).unwrap_or(usize::MAX)
}
