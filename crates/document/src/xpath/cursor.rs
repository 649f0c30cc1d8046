//! A cursor over an XML tree, as the XPath engine wants it, that pays for every move.
//!
//! The engine has no bound on time. Once the budget is spent the cursor stops moving, so every walk comes to an end;
//! the result is then thrown away. <https://www.w3.org/TR/xpath-datamodel/>

use crate::limits::XPATH_STEPS_OF_VALUE;
use crate::xml::{Kind, NONE, Place, Tree};
use std::borrow::Cow;
use std::cell::Cell;
use std::time::{Duration, Instant};
use xsd_schema::ids::SimpleTypeKey;
use xsd_schema::navigator::{DomNavigator, DomNodeType, NamespaceAxisScope, TypedValue, XmlNodeOrder};

/// How many bytes of string values cost as much as one move.
const BYTES_PER_STEP: usize = 128;

/// The prefix that is bound without a declaration (Namespaces in XML §3).
const XML_PREFIX: &str = "xml";
const XML_URI: &str = "http://www.w3.org/XML/1998/namespace";

/// What one evaluation may still spend.
pub(super) struct Budget {
    steps: Cell<u64>,
    until: Instant,
}

impl Budget {
    pub(super) fn new(steps: u64, time: Duration) -> Self {
        Self { steps: Cell::new(steps), until: Instant::now() + time }
    }

    pub(super) fn is_spent(&self) -> bool {
        self.steps.get() == 0
    }

    fn spend(&self, steps: usize) -> bool {
        let left = self.steps.get().saturating_sub(u64::try_from(steps).unwrap_or(u64::MAX));
        self.steps.set(left);
        left > 0
    }

    /// Pays for a string value of so many steps. What a pattern makes of it is not seen here, so that the clock is asked too.
    fn spend_on_value(&self, steps: usize) -> bool {
        if Instant::now() > self.until {
            self.steps.set(0);
        }
        self.spend(XPATH_STEPS_OF_VALUE + steps)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Attribute(usize),
    /// The namespace node of an element: its place in the list, and the declaration (none for `xml`).
    Namespace {
        owner: usize,
        index: usize,
        declaration: Option<usize>,
    },
    Node(usize),
}

#[derive(Clone)]
pub(super) struct Cursor<'t> {
    tree: &'t Tree,
    budget: &'t Budget,
    at: At,
}

impl<'t> Cursor<'t> {
    pub(super) fn at_root(tree: &'t Tree, budget: &'t Budget) -> Self {
        Self { tree, budget, at: At::Node(0) }
    }

    /// Gives the node or attribute; a namespace node stands for its element.
    pub(super) fn place(&self) -> Place {
        match self.at {
            At::Attribute(number) => Place::Attribute(number),
            At::Namespace { owner, .. } => Place::Node(owner),
            At::Node(number) => Place::Node(number),
        }
    }

    /// Moves to a node, if there is one and the budget allows.
    fn go(&mut self, number: usize) -> bool {
        let may = number != NONE && self.budget.spend(1);
        if may {
            self.at = At::Node(number);
        }
        may
    }

    /// Gives the order of the place: node, then kind, then number within it (XPath data model §2.4).
    fn key(&self) -> (usize, u8, usize) {
        match self.at {
            At::Attribute(number) => (self.tree.owner(number), 2, number),
            At::Namespace { owner, index, .. } => (owner, 1, index),
            At::Node(number) => (number, 0, 0),
        }
    }

    /// Gives the declarations in scope of an element, innermost first.
    fn in_scope(&self, owner: usize, scope: NamespaceAxisScope) -> Vec<Option<usize>> {
        let mut seen: Vec<&str> = Vec::new();
        let mut found = if scope == NamespaceAxisScope::All { vec![None] } else { Vec::new() };
        let mut number = owner;
        while number != NONE {
            for index in self.tree.node(number).declarations.clone() {
                let Some(declaration) = self.tree.declaration(index) else { continue };
                if declaration.prefix.as_ref() == XML_PREFIX || seen.contains(&declaration.prefix.as_ref()) {
                    continue;
                }
                seen.push(&declaration.prefix);
                // An empty name takes a declaration back; the data model has no node for that.
                if declaration.uri != 0 || scope != NamespaceAxisScope::All {
                    found.push(Some(index));
                }
            }
            if scope == NamespaceAxisScope::Local {
                break;
            }
            number = self.tree.node(number).parent;
        }
        self.budget.spend(seen.len() + 1);
        found
    }

    fn go_to_namespace(&mut self, owner: usize, index: usize, scope: NamespaceAxisScope) -> bool {
        let Some(declaration) = self.in_scope(owner, scope).get(index).copied() else { return false };
        self.at = At::Namespace { owner, index, declaration };
        !self.budget.is_spent()
    }

    fn kind(&self, number: usize) -> DomNodeType {
        match self.tree.node(number).kind {
            Kind::Comment => DomNodeType::Comment,
            Kind::Element => DomNodeType::Element,
            Kind::Instruction => DomNodeType::ProcessingInstruction,
            Kind::Root => DomNodeType::Root,
            Kind::Text => DomNodeType::Text,
        }
    }
}

impl DomNavigator for Cursor<'_> {
    fn is_same_position(&self, other: &Self) -> bool {
        self.at == other.at
    }

    fn compare_position(&self, other: &Self) -> XmlNodeOrder {
        match self.key().cmp(&other.key()) {
            std::cmp::Ordering::Less => XmlNodeOrder::Before,
            std::cmp::Ordering::Equal => XmlNodeOrder::Same,
            std::cmp::Ordering::Greater => XmlNodeOrder::After,
        }
    }

    fn move_to(&mut self, other: &Self) -> bool {
        self.at = other.at;
        true
    }

    fn move_to_root(&mut self) {
        self.at = At::Node(0);
    }

    fn move_to_parent(&mut self) -> bool {
        // Going up ends by itself, and the engine counts on coming back, so it is paid for but never refused.
        self.budget.spend(1);
        let parent = match self.at {
            At::Attribute(number) => self.tree.owner(number),
            At::Namespace { owner, .. } => owner,
            At::Node(number) => self.tree.node(number).parent,
        };
        if parent != NONE {
            self.at = At::Node(parent);
        }
        parent != NONE
    }

    fn move_to_first_child(&mut self) -> bool {
        let At::Node(number) = self.at else { return false };
        self.go(self.tree.node(number).first_child)
    }

    fn move_to_next_sibling(&mut self) -> bool {
        let At::Node(number) = self.at else { return false };
        self.go(self.tree.node(number).next)
    }

    fn move_to_prev_sibling(&mut self) -> bool {
        let At::Node(number) = self.at else { return false };
        self.go(self.tree.node(number).previous)
    }

    fn move_to_first_attribute(&mut self) -> bool {
        let At::Node(number) = self.at else { return false };
        let attributes = self.tree.node(number).attributes.clone();
        let may = !attributes.is_empty() && self.budget.spend(1);
        if may {
            self.at = At::Attribute(attributes.start);
        }
        may
    }

    fn move_to_next_attribute(&mut self) -> bool {
        let At::Attribute(number) = self.at else { return false };
        let last = self.tree.node(self.tree.owner(number)).attributes.end;
        let may = number + 1 < last && self.budget.spend(1);
        if may {
            self.at = At::Attribute(number + 1);
        }
        may
    }

    fn move_to_first_namespace(&mut self, scope: NamespaceAxisScope) -> bool {
        let At::Node(number) = self.at else { return false };
        self.tree.node(number).kind == Kind::Element && self.go_to_namespace(number, 0, scope)
    }

    fn move_to_next_namespace(&mut self, scope: NamespaceAxisScope) -> bool {
        let At::Namespace { owner, index, .. } = self.at else { return false };
        self.go_to_namespace(owner, index + 1, scope)
    }

    fn move_to_following(&mut self, kind: DomNodeType, end: Option<&Self>) -> bool {
        let start = match self.at {
            // What follows an attribute is what follows its place in the tree: its element's children come first.
            At::Attribute(number) => self.tree.node(self.tree.owner(number)).end,
            At::Namespace { owner, .. } => self.tree.node(owner).end,
            At::Node(number) => self.tree.node(number).end,
        };
        let stop = end.map_or(self.tree.len(), |end| end.key().0);
        for number in start..stop.min(self.tree.len()) {
            if !self.budget.spend(1) {
                return false;
            }
            if kind == DomNodeType::All || kind == self.kind(number) {
                self.at = At::Node(number);
                return true;
            }
        }
        false
    }

    fn node_type(&self) -> DomNodeType {
        match self.at {
            At::Attribute(_) => DomNodeType::Attribute,
            At::Namespace { .. } => DomNodeType::Namespace,
            At::Node(number) => self.kind(number),
        }
    }

    fn local_name(&self) -> &str {
        match self.at {
            At::Namespace { declaration, .. } => {
                declaration.map_or(XML_PREFIX, |number| self.tree.declaration(number).map_or("", |found| &found.prefix))
            }
            _ => self.tree.local_name(self.place()),
        }
    }

    fn name(&self) -> &str {
        match self.at {
            At::Namespace { .. } => self.local_name(),
            _ => self.tree.name(self.place()),
        }
    }

    fn namespace_uri(&self) -> &str {
        match self.at {
            At::Namespace { .. } => "",
            _ => self.tree.namespace(self.place()),
        }
    }

    fn prefix(&self) -> &str {
        match self.at {
            At::Namespace { .. } => "",
            _ => self.tree.prefix(self.place()),
        }
    }

    fn value(&self) -> String {
        self.value_ref().into_owned()
    }

    fn value_ref(&self) -> Cow<'_, str> {
        match self.at {
            At::Namespace { declaration, .. } => Cow::Borrowed(
                declaration.map_or(XML_URI, |number| self.tree.declaration(number).map_or("", |found| self.tree.uri(found.uri))),
            ),
            At::Node(number) if matches!(self.tree.node(number).kind, Kind::Element | Kind::Root) => {
                let node = self.tree.node(number);
                // Paid before it is made: a value is never longer than its source.
                if !self.budget.spend_on_value(node.end - number + node.range.len() / BYTES_PER_STEP) {
                    return Cow::Borrowed("");
                }
                let mut texts = self.tree.texts(number);
                match (texts.next(), texts.next()) {
                    (None, _) => Cow::Borrowed(""),
                    (Some(only), None) => Cow::Borrowed(self.tree.own_text(Place::Node(only))),
                    _ => Cow::Owned(self.tree.string_value(Place::Node(number))),
                }
            }
            _ => {
                let text = self.tree.own_text(self.place());
                if self.budget.spend_on_value(text.len() / BYTES_PER_STEP) { Cow::Borrowed(text) } else { Cow::Borrowed("") }
            }
        }
    }

    fn base_uri(&self) -> &str {
        ""
    }

    fn schema_type(&self) -> Option<SimpleTypeKey> {
        None
    }

    fn typed_value(&self) -> TypedValue {
        TypedValue::Untyped
    }
}
