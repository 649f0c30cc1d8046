//! The tree itself: nodes by number, in document order.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

/// The number of the resource itself.
pub(crate) const ROOT: u32 = 0;
const NONE: u32 = u32::MAX;

/// The value of a primitive element, as it was written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalar<'a> {
    Bool(bool),
    /// A JSON number, digit by digit.
    Number(Cow<'a, str>),
    Text(Cow<'a, str>),
}

impl Scalar<'_> {
    /// Gives the text that XML writes.
    pub(crate) fn lexical(&self) -> &str {
        match self {
            Self::Bool(true) => "true",
            Self::Bool(false) => "false",
            Self::Number(text) | Self::Text(text) => text,
        }
    }
}

/// One element of a resource.
#[derive(Clone, Debug)]
pub(crate) struct Node<'a> {
    /// Name as in the definition, without `[x]`; a resource inside has the name of the element that holds it.
    pub(crate) name: &'a str,
    /// Name as it is written: `valueQuantity` for `value[x]`.
    pub(crate) written: Cow<'a, str>,
    /// Type, such as `Quantity` or `Patient`; empty where none is known.
    pub(crate) type_name: &'a str,
    /// Place among the items of its list; `None` where it is no list.
    pub(crate) index: Option<u32>,
    pub(crate) is_resource: bool,
    /// Whether XML writes it as an attribute.
    pub(crate) is_attribute: bool,
    pub(crate) value: Option<Scalar<'a>>,
    /// Bytes in the text: the name in JSON, the element or attribute in XML.
    pub(crate) range: Range<usize>,
    pub(crate) parent: u32,
    first_child: u32,
    last_child: u32,
    next: u32,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Tree<'a> {
    nodes: Vec<Node<'a>>,
}

impl<'a> Tree<'a> {
    /// Adds a node below a parent; the first one is the root.
    pub(crate) fn add(&mut self, parent: u32, name: &'a str, type_name: &'a str, range: Range<usize>) -> u32 {
        let number = u32::try_from(self.nodes.len()).unwrap_or(NONE - 1);
        if number > 0
            && let Some(above) = self.nodes.get_mut(parent as usize)
        {
            let last = above.last_child;
            above.last_child = number;
            if last == NONE {
                above.first_child = number;
            } else if let Some(before) = self.nodes.get_mut(last as usize) {
                before.next = number;
            }
        }
        self.nodes.push(Node {
            name,
            written: Cow::Borrowed(name),
            type_name,
            index: None,
            is_resource: false,
            is_attribute: false,
            value: None,
            range,
            parent: if number == 0 { NONE } else { parent },
            first_child: NONE,
            last_child: NONE,
            next: NONE,
        });
        number
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Gives a node. Numbers come from this tree only, which always has a root.
    pub(crate) fn node(&self, number: u32) -> &Node<'a> {
        &self.nodes[number as usize]
    }

    pub(crate) fn node_mut(&mut self, number: u32) -> &mut Node<'a> {
        &mut self.nodes[number as usize]
    }

    pub(crate) fn children(&self, number: u32) -> Children<'_, 'a> {
        Children { tree: self, next: self.node(number).first_child }
    }

    pub(crate) fn has_children(&self, number: u32) -> bool {
        self.node(number).first_child != NONE
    }

    /// Gives the children with a name of the definition.
    pub(crate) fn named<'t>(&'t self, number: u32, name: &'t str) -> impl Iterator<Item = u32> + 't {
        self.children(number).filter(move |child| self.node(*child).name == name)
    }

    /// Gives the text of a child.
    pub(crate) fn text(&self, number: u32, name: &str) -> Option<&str> {
        self.named(number, name).find_map(|child| self.node(child).value.as_ref()).map(Scalar::lexical)
    }

    /// Gives the parent of a node, none for the root.
    pub(crate) fn parent(&self, number: u32) -> Option<u32> {
        Some(self.node(number).parent).filter(|parent| *parent != NONE)
    }

    /// Tells whether a node is another one, or stands in it.
    pub(crate) fn is_inside(&self, number: u32, outer: u32) -> bool {
        // Numbers are in document order, so that whatever stands in a node has a larger one.
        let mut at = Some(number);
        while let Some(current) = at.filter(|current| *current > outer) {
            at = self.parent(current);
        }
        at == Some(outer)
    }

    /// Gives the nearest resource: the node itself, or the one that holds it.
    pub(crate) fn resource_of(&self, mut number: u32) -> u32 {
        while !self.node(number).is_resource {
            match self.parent(number) {
                Some(parent) => number = parent,
                None => break,
            }
        }
        number
    }

    /// Gives the resource in which a contained one stands; any other resource is its own.
    pub(crate) fn container_of(&self, resource: u32) -> u32 {
        match self.parent(resource) {
            Some(parent) if self.node(resource).name == "contained" => self.resource_of(parent),
            _ => resource,
        }
    }

    /// Writes the path in the path language: `Appointment.participant[0].actor`.
    pub(crate) fn path(&self, number: u32) -> String {
        self.steps(number, |node, out| {
            if node.parent == NONE {
                out.push_str(node.type_name);
                return;
            }
            let _ = write!(out, ".{}", node.name);
            if let Some(index) = node.index {
                let _ = write!(out, "[{index}]");
            }
            if node.written != node.name {
                let _ = write!(out, ".ofType({})", node.type_name);
            }
        })
    }

    /// Writes the JSON Pointer (RFC 6901); names of elements need no escapes.
    pub(crate) fn pointer(&self, number: u32) -> String {
        self.steps(number, |node, out| {
            if node.parent == NONE {
                return;
            }
            let _ = write!(out, "/{}", node.written);
            if let Some(index) = node.index {
                let _ = write!(out, "/{index}");
            }
        })
    }

    /// Writes the XPath, with a position where XML may have several of the name.
    pub(crate) fn xpath(&self, number: u32) -> String {
        self.steps(number, |node, out| {
            let mark = if node.is_attribute { "@" } else { "" };
            let name: &str = if node.parent == NONE { node.type_name } else { &node.written };
            let _ = write!(out, "/{mark}{name}");
            if let Some(index) = node.index {
                let _ = write!(out, "[{}]", index + 1);
            }
            if node.is_resource && node.parent != NONE {
                let _ = write!(out, "/{}", node.type_name);
            }
        })
    }

    fn steps(&self, number: u32, write: impl Fn(&Node<'a>, &mut String)) -> String {
        let mut line = vec![number];
        while let Some(parent) = line.last().and_then(|last| self.parent(*last)) {
            line.push(parent);
        }
        let mut out = String::new();
        line.iter().rev().for_each(|number| write(self.node(*number), &mut out));
        out
    }
}

pub(crate) struct Children<'t, 'a> {
    tree: &'t Tree<'a>,
    next: u32,
}

impl Iterator for Children<'_, '_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let number = self.next;
        if number == NONE {
            return None;
        }
        self.next = self.tree.node(number).next;
        Some(number)
    }
}
