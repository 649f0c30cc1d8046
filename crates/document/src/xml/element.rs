//! A walk over the elements of a document, from the outermost inwards.

use super::tree::{Kind, Place, Tree};
use std::ops::Range;

/// An element of a document.
#[derive(Clone, Copy, Debug)]
pub struct Element<'x> {
    tree: &'x Tree,
    number: usize,
}

/// An attribute of an element; namespace declarations are none.
#[derive(Clone, Copy, Debug)]
pub struct Attribute<'x> {
    tree: &'x Tree,
    number: usize,
}

impl<'x> Element<'x> {
    pub(super) fn new(tree: &'x Tree, number: usize) -> Self {
        Self { tree, number }
    }

    /// Gives the local name.
    #[must_use]
    pub fn name(self) -> &'x str {
        self.tree.local_name(Place::Node(self.number))
    }

    /// Gives the namespace name, empty where there is none.
    #[must_use]
    pub fn namespace(self) -> &'x str {
        self.tree.namespace(Place::Node(self.number))
    }

    /// Gives the bytes of the element in the text, tags included.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.tree.range(Place::Node(self.number))
    }

    /// Gives the attributes in the order of the text.
    pub fn attributes(self) -> impl Iterator<Item = Attribute<'x>> {
        self.tree.node(self.number).attributes.clone().map(move |number| Attribute { tree: self.tree, number })
    }

    /// Gives the elements inside, in the order of the text.
    pub fn children(self) -> impl Iterator<Item = Self> {
        let tree = self.tree;
        tree.children(self.number).filter(|child| tree.node(*child).kind == Kind::Element).map(|number| Self { tree, number })
    }

    /// Gives the place of the first text directly inside that is not white space only.
    #[must_use]
    pub fn text(self) -> Option<Range<usize>> {
        let tree = self.tree;
        let mut texts = tree.children(self.number).filter(|child| tree.node(*child).kind == Kind::Text).map(Place::Node);
        // XML 1.0 §2.3: white space is these four characters and no other.
        texts.find(|place| !tree.own_text(*place).trim_matches([' ', '\t', '\r', '\n']).is_empty()).map(|place| tree.range(place))
    }
}

impl<'x> Attribute<'x> {
    /// Gives the local name.
    #[must_use]
    pub fn name(self) -> &'x str {
        self.tree.local_name(Place::Attribute(self.number))
    }

    /// Gives the namespace name, empty where the name has no prefix.
    #[must_use]
    pub fn namespace(self) -> &'x str {
        self.tree.namespace(Place::Attribute(self.number))
    }

    /// Gives the value, references resolved and white space normalised.
    #[must_use]
    pub fn value(self) -> &'x str {
        self.tree.own_text(Place::Attribute(self.number))
    }

    /// Gives the bytes of the attribute in the text, name and quotes included.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.tree.range(Place::Attribute(self.number))
    }
}
