//! Writes a resource as JSON. <https://hl7.org/fhir/STU3/json.html>

use super::tree::{Node, ROOT, Scalar, Tree};
use crate::primitive;
use std::fmt::Write as _;

/// How a text is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// In one line.
    Compact,
    /// Two blanks for each level.
    Indented,
}

/// Writes a tree.
pub(crate) fn write(tree: &Tree<'_>, layout: Layout) -> String {
    let mut writer = Writer { tree, layout, out: String::new() };
    writer.object(ROOT, 0);
    if layout == Layout::Indented {
        writer.out.push('\n');
    }
    writer.out
}

struct Writer<'t, 'a> {
    tree: &'t Tree<'a>,
    layout: Layout,
    out: String,
}

/// One member: its name and its lines of nodes.
struct Member<'t> {
    name: &'t str,
    nodes: Vec<u32>,
}

impl<'t> Writer<'t, '_> {
    fn line(&mut self, level: usize) {
        if self.layout == Layout::Compact {
            return;
        }
        let _ = write!(self.out, "\n{:1$}", "", level * 2);
    }

    fn text(&mut self, text: &str) {
        // A text always has a JSON form.
        self.out.push_str(&serde_json::to_string(text).unwrap_or_default());
    }

    fn object(&mut self, node: u32, level: usize) {
        self.out.push('{');
        let mut first = true;
        let here = self.tree.node(node);
        if here.is_resource {
            self.next(&mut first, level + 1);
            self.out.push_str("\"resourceType\": ");
            self.text(here.type_name);
        }
        for member in self.members(node) {
            self.member(&member, &mut first, level + 1);
        }
        if !first {
            self.line(level);
        }
        self.out.push('}');
    }

    fn next(&mut self, first: &mut bool, level: usize) {
        if !std::mem::take(first) {
            self.out.push(',');
        }
        self.line(level);
    }

    /// Gathers the children by name, in the order in which the names come first.
    fn members(&self, node: u32) -> Vec<Member<'t>> {
        let tree = self.tree;
        let mut members: Vec<Member<'t>> = Vec::new();
        for child in tree.children(node) {
            let name: &'t str = &tree.node(child).written;
            // Items of a list follow each other in both forms.
            match members.last_mut().filter(|last| last.name == name) {
                Some(last) => last.nodes.push(child),
                None => members.push(Member { name, nodes: vec![child] }),
            }
        }
        members
    }

    fn member(&mut self, member: &Member<'_>, first: &mut bool, level: usize) {
        let tree = self.tree;
        // A value without a type is what no definition knows.
        let is_value = |node: &Node<'_>| match node.type_name {
            "" => node.value.is_some(),
            name => primitive::written(name).is_some(),
        };
        let is_primitive = member.nodes.iter().all(|node| is_value(tree.node(*node)));
        if !is_primitive {
            self.next(first, level);
            self.text(member.name);
            self.out.push_str(": ");
            self.several(member, level, |writer, node, level| match writer.tree.node(node).value {
                Some(_) => writer.value(node),
                None => writer.object(node, level),
            });
            return;
        }
        if member.nodes.iter().any(|node| tree.node(*node).value.is_some()) {
            self.next(first, level);
            self.text(member.name);
            self.out.push_str(": ");
            self.several(member, level, |writer, node, _| writer.value(node));
        }
        if member.nodes.iter().any(|node| tree.has_children(*node)) {
            self.next(first, level);
            self.text(&format!("_{}", member.name));
            self.out.push_str(": ");
            self.several(member, level, |writer, node, level| {
                if writer.tree.has_children(node) { writer.object(node, level) } else { writer.out.push_str("null") }
            });
        }
    }

    /// Writes one item, or a list of them.
    fn several(&mut self, member: &Member<'_>, level: usize, write: impl Fn(&mut Self, u32, usize)) {
        let is_list = member.nodes.iter().any(|node| self.tree.node(*node).index.is_some());
        match member.nodes.as_slice() {
            [only] if !is_list => write(self, *only, level),
            nodes => {
                self.out.push('[');
                for (at, node) in nodes.iter().enumerate() {
                    if at > 0 {
                        self.out.push(',');
                    }
                    self.line(level + 1);
                    write(self, *node, level + 1);
                }
                self.line(level);
                self.out.push(']');
            }
        }
    }

    fn value(&mut self, node: u32) {
        let here: &Node<'_> = self.tree.node(node);
        match &here.value {
            None => self.out.push_str("null"),
            Some(Scalar::Bool(value)) => {
                let _ = write!(self.out, "{value}");
            }
            // What is no number in JSON's grammar was told of; as a text nothing is lost.
            Some(Scalar::Number(text)) if serde_json::from_str::<serde_json::Number>(text).is_ok() => self.out.push_str(text),
            Some(Scalar::Number(text) | Scalar::Text(text)) => self.text(text),
        }
    }
}
