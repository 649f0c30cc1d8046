//! Reads a resource: what JSON and XML have in common.

use super::tree::{ROOT, Scalar, Tree};
use crate::definitions::{Definitions, Element, Profile};
use crate::error::Error;
use crate::finding::{Code, Draft, Severity, shown};
use crate::limits::{DEPTH_MAX, FINDINGS_MAX};
use crate::primitive;
use bytes::Bytes;
use counterpart_document::{Json, Limits, Xml};
use std::ops::Range;

/// How a resource is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `application/fhir+json`.
    Json,
    /// `application/fhir+xml`.
    Xml,
}

/// A text that was read, as JSON or as XML.
#[derive(Clone, Debug)]
pub enum Resource {
    /// JSON.
    Json(Json),
    /// XML.
    Xml(Xml),
}

impl Resource {
    /// Reads a text; the first character tells whether it is XML.
    ///
    /// # Errors
    /// [`Error::Resource`]: the text is not well-formed, or passes a bound.
    pub fn parse(text: &Bytes, limits: &Limits) -> Result<Self, Error> {
        let start = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text).iter().find(|byte| !byte.is_ascii_whitespace());
        let read = match start {
            Some(b'<') => Xml::parse(text, limits).map(Self::Xml),
            _ => Json::parse(text, limits).map(Self::Json),
        };
        read.map_err(|fault| Error::Resource(fault.to_string()))
    }

    /// Gives how it is written.
    #[must_use]
    pub fn format(&self) -> Format {
        match self {
            Self::Json(_) => Format::Json,
            Self::Xml(_) => Format::Xml,
        }
    }

    /// Gives the text as it came.
    #[must_use]
    pub fn text(&self) -> &Bytes {
        match self {
            Self::Json(json) => json.text(),
            Self::Xml(xml) => xml.text(),
        }
    }
}

/// Reads a resource into a tree, as the definition of its type says; `None` where the type is not known.
pub(crate) fn read<'a>(resource: &'a Resource, definitions: &'a Definitions) -> (Option<Tree<'a>>, Vec<Draft>) {
    let read = read_from(Source::from(resource), definitions, Keep::Defined);
    (read.tree, read.drafts)
}

/// A text that was read, by reference.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    Json(&'a Json),
    Xml(&'a Xml),
}

impl<'a> From<&'a Resource> for Source<'a> {
    fn from(resource: &'a Resource) -> Self {
        match resource {
            Resource::Json(json) => Self::Json(json),
            Resource::Xml(xml) => Self::Xml(xml),
        }
    }
}

/// What comes into the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// What the definitions do not know comes too, without a type: for whoever carries a resource over rather than checks it.
    All,
    /// What the definitions know.
    Defined,
}

/// What came of reading a resource.
pub(crate) struct Read<'a> {
    /// None where the type of the resource is not known.
    pub(crate) tree: Option<Tree<'a>>,
    pub(crate) drafts: Vec<Draft>,
    /// The first thing that is not in the tree though all was to be kept, and its byte.
    pub(crate) lost: Option<(String, usize)>,
}

/// Reads a resource into a tree.
pub(crate) fn read_from<'a>(source: Source<'a>, definitions: &'a Definitions, keep: Keep) -> Read<'a> {
    let mut reader = Reader { definitions, tree: Tree::default(), drafts: Vec::new(), keep, lost: None };
    let known = match source {
        Source::Json(json) => reader.json(json),
        Source::Xml(xml) => reader.xml(xml),
    };
    Read { tree: known.then_some(reader.tree), drafts: reader.drafts, lost: reader.lost }
}

/// Where the children of an element are defined.
#[derive(Clone, Copy)]
pub(super) struct Shape<'a> {
    pub(super) profile: &'a Profile,
    pub(super) at: usize,
}

pub(super) struct Reader<'a> {
    pub(super) definitions: &'a Definitions,
    pub(super) tree: Tree<'a>,
    pub(super) drafts: Vec<Draft>,
    keep: Keep,
    lost: Option<(String, usize)>,
}

impl<'a> Reader<'a> {
    pub(super) fn keeps_all(&self) -> bool {
        self.keep == Keep::All
    }

    /// Says that something cannot be in the tree.
    pub(super) fn lose(&mut self, what: impl Into<String>, offset: usize) {
        self.lost.get_or_insert_with(|| (what.into(), offset));
    }

    pub(super) fn find(&mut self, draft: Draft) {
        if self.drafts.len() < FINDINGS_MAX {
            self.drafts.push(draft);
        }
    }

    /// Finds the element that a written name means, with its number and its type.
    pub(super) fn child(&self, shape: Shape<'a>, written: &str) -> Option<(usize, &'a Element, &'a str)> {
        let children = shape.profile.children(shape.at);
        children.iter().find_map(|at| {
            let element = &shape.profile.elements[*at];
            let type_name = if element.is_choice {
                self.choice(element, written)?
            } else if element.name == written {
                element.types.first().map_or("BackboneElement", |kind| kind.code.as_str())
            } else {
                return None;
            };
            Some((*at, element, type_name))
        })
    }

    /// Finds the type that `valueQuantity` gives to `value[x]`.
    fn choice(&self, element: &'a Element, written: &str) -> Option<&'a str> {
        let suffix = written.strip_prefix(element.name.as_str())?;
        let is = |code: &str| {
            let mut letters = code.chars();
            letters
                .next()
                .is_some_and(|first| suffix.strip_prefix(first.to_ascii_uppercase()).is_some_and(|rest| rest == letters.as_str()))
        };
        element.types.iter().map(|kind| kind.code.as_str()).find(|code| is(code))
    }

    /// Gives where the children of an element are defined: at the element, or at its type.
    pub(super) fn shape(&self, shape: Shape<'a>, at: usize, type_name: &str) -> Option<Shape<'a>> {
        if !shape.profile.children(at).is_empty() {
            return Some(Shape { profile: shape.profile, at });
        }
        self.definitions.type_named(type_name).map(|profile| Shape { profile, at: 0 })
    }

    pub(super) fn too_deep(&mut self, parent: u32, depth: usize, range: &Range<usize>) -> bool {
        if depth < DEPTH_MAX {
            return false;
        }
        let message = format!("more than {DEPTH_MAX} elements stand inside each other; what is deeper is not looked at");
        self.lose(message.clone(), range.start);
        self.find(Draft::error(Code::Structure, parent, message).at(range.start));
        true
    }

    /// Gives a primitive element its value, and judges its form.
    pub(super) fn set_value(&mut self, node: u32, value: Scalar<'a>) {
        let type_name = self.tree.node(node).type_name;
        if let Err(form) = primitive::check(type_name, value.lexical(), self.definitions.version()) {
            let actual = value.lexical().to_owned();
            let message = format!("`{}` is no {type_name}: it must be {form}", shown(&actual));
            self.find(Draft::error(Code::Value, node, message).expected(form).actual(&actual));
        }
        self.tree.node_mut(node).value = Some(value);
    }

    /// Finds the definition of a resource by the name that it gives itself.
    pub(super) fn resource_type(&mut self, node: u32, name: &str, offset: usize) -> Option<&'a Profile> {
        let known = self.definitions.resource_named(name);
        let abstract_type = matches!(name, "Resource" | "DomainResource");
        // Only the packages of FHIR itself have every type; without them one that is not known may be right all the same.
        if known.is_none() && !abstract_type && node != ROOT && !self.definitions.is_whole() {
            let message = format!("not checked: a resource of the type `{}`, which no package at hand has", shown(name));
            self.find(Draft::new(Severity::Information, Code::NotChecked, node, message).at(offset).actual(name));
            return None;
        }
        if known.is_none() || abstract_type {
            let message = format!("`{}` is no type of resource in the packages at hand", shown(name));
            self.find(Draft::error(Code::Structure, node, message).at(offset).actual(name));
            return None;
        }
        known
    }
}
