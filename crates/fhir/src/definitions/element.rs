//! A structure definition, compiled: its elements as a tree, with what each asks for.

use crate::path::Expression;
use serde_json::Value;
use std::sync::Arc;

/// The maximum that a definition writes as `*`.
pub(crate) const MANY: u32 = u32::MAX;

/// What a structure definition does to the one it rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Derivation {
    /// A profile: it narrows a type.
    Constraint,
    /// A type of its own.
    Specialization,
}

/// What a structure definition describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StructureKind {
    Complex,
    Logical,
    Primitive,
    Resource,
}

/// A compiled structure definition; its first element is the root.
#[derive(Debug)]
pub(crate) struct Profile {
    pub(crate) url: String,
    /// The type that it defines or narrows, such as `Patient`.
    pub(crate) type_name: String,
    pub(crate) kind: StructureKind,
    pub(crate) derivation: Derivation,
    /// Where an extension may stand; empty for anything else.
    pub(crate) contexts: Vec<Context>,
    pub(crate) elements: Vec<Element>,
    /// Definitions on which its own snapshot rests and that are not at hand, so that their rules are not in it.
    pub(crate) missing: Vec<String>,
}

/// Where an extension may stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Context {
    /// Path of an element, `Patient.name`, or a type.
    Element(String),
    /// Address of the extension in which it stands.
    Extension(String),
    /// Something that is not judged here: a mapping, or an expression.
    Other(String),
}

/// An element, or a slice of one.
#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) id: String,
    pub(crate) path: String,
    /// Last part of the path, without `[x]`.
    pub(crate) name: String,
    /// Whether the path ends in `[x]`.
    pub(crate) is_choice: bool,
    /// Whether the base allows several, so that JSON writes an array.
    pub(crate) is_list: bool,
    /// Whether XML writes it as an attribute.
    pub(crate) is_attribute: bool,
    pub(crate) slice_name: Option<String>,
    pub(crate) min: u32,
    pub(crate) max: u32,
    pub(crate) types: Vec<TypeRef>,
    /// The element whose children are used here.
    pub(crate) content: Option<usize>,
    pub(crate) fixed: Option<Value>,
    pub(crate) pattern: Option<Value>,
    pub(crate) min_value: Option<Value>,
    pub(crate) max_value: Option<Value>,
    pub(crate) max_length: Option<u32>,
    pub(crate) binding: Option<Binding>,
    pub(crate) constraints: Vec<Constraint>,
    pub(crate) slicing: Option<Slicing>,
    /// Elements below, in their order; slices stand at the element that they slice.
    pub(crate) children: Vec<usize>,
    pub(crate) slices: Vec<usize>,
}

/// A type that an element may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TypeRef {
    pub(crate) code: String,
    /// Profiles of which a value must meet one.
    pub(crate) profiles: Vec<String>,
    /// Profiles of which a reference's target must meet one.
    pub(crate) targets: Vec<String>,
}

/// How binding a value set is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Strength {
    Example,
    Preferred,
    Extensible,
    Required,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Binding {
    pub(crate) strength: Strength,
    pub(crate) value_set: Option<String>,
    /// A value set that bounds what an extensible binding lets in.
    pub(crate) value_set_max: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Constraint {
    pub(crate) key: String,
    pub(crate) is_error: bool,
    pub(crate) human: String,
    /// The expression, or why it cannot be evaluated. The same text is the same value in all definitions.
    pub(crate) expression: Arc<Result<Expression, String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rules {
    Closed,
    Open,
    OpenAtEnd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Exists,
    Pattern,
    Profile,
    Type,
    Value,
}

/// What tells the slices of an element apart.
#[derive(Clone, Debug)]
pub(crate) struct Discriminator {
    pub(crate) by: By,
    pub(crate) path: String,
    /// The path, ready to be asked of an instance.
    pub(crate) expression: Arc<Result<Expression, String>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Slicing {
    pub(crate) discriminators: Vec<Discriminator>,
    pub(crate) is_ordered: bool,
    pub(crate) rules: Rules,
}

impl Profile {
    /// Gives the first element. There always is one: nothing is compiled to an empty list.
    pub(crate) fn root(&self) -> &Element {
        &self.elements[0]
    }

    /// Gives the children of an element, through a reference to another element's content.
    pub(crate) fn children(&self, at: usize) -> &[usize] {
        let Some(element) = self.elements.get(at) else { return &[] };
        match element.content.and_then(|content| self.elements.get(content)) {
            Some(other) if element.children.is_empty() => &other.children,
            _ => &element.children,
        }
    }
}

impl Element {
    /// Tells whether a type is among those allowed; an element without types allows any.
    pub(crate) fn allows(&self, type_name: &str) -> bool {
        self.types.is_empty() || self.types.iter().any(|allowed| allowed.code == type_name || allowed.code == "*")
    }
}
