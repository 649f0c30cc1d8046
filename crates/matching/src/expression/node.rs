//! The compiled form of an expression.

use super::function::Function;
use regex::Regex;
use serde_json::Value;
use std::sync::Arc;

/// An operator on two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binary {
    Add,
    Divide,
    Equal,
    Greater,
    GreaterEqual,
    In,
    Less,
    LessEqual,
    Multiply,
    NotEqual,
    Remainder,
    Subtract,
}

impl Binary {
    /// Operators by the parser's name, with the sign that messages show.
    pub(super) const ALL: [(Self, &'static str, &'static str); 12] = [
        (Self::Add, "_+_", "+"),
        (Self::Divide, "_/_", "/"),
        (Self::Equal, "_==_", "=="),
        (Self::Greater, "_>_", ">"),
        (Self::GreaterEqual, "_>=_", ">="),
        (Self::In, "@in", "in"),
        (Self::Less, "_<_", "<"),
        (Self::LessEqual, "_<=_", "<="),
        (Self::Multiply, "_*_", "*"),
        (Self::NotEqual, "_!=_", "!="),
        (Self::Remainder, "_%_", "%"),
        (Self::Subtract, "_-_", "-"),
    ];

    pub(super) fn sign(self) -> &'static str {
        Self::ALL.iter().find(|(operator, _, _)| *operator == self).map_or("", |(_, _, sign)| sign)
    }
}

/// What a comprehension makes of the members of a list, or of the keys of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loop {
    All,
    Exists,
    ExistsOne,
    Filter,
    GroupBy,
    Map,
    SortBy,
}

impl Loop {
    /// Comprehensions by name.
    pub(super) const ALL: [(Self, &'static str); 8] = [
        (Self::All, "all"),
        (Self::Exists, "exists"),
        (Self::ExistsOne, "exists_one"),
        (Self::ExistsOne, "existsOne"),
        (Self::Filter, "filter"),
        (Self::GroupBy, "group_by"),
        (Self::Map, "map"),
        (Self::SortBy, "sort_by"),
    ];
}

impl Node {
    /// Gives the nodes that it is made of.
    pub(super) fn parts(&self) -> Vec<&Self> {
        match self {
            Self::And(left, right)
            | Self::Binary(_, left, right)
            | Self::Index(left, right)
            | Self::OptionalIndex(left, right)
            | Self::Or(left, right) => vec![left, right],
            Self::Call(_, arguments) => arguments.iter().collect(),
            Self::Comprehension { source, condition, body, .. } => {
                [Some(source), condition.as_ref(), Some(body)].into_iter().flatten().map(|part| &**part).collect()
            }
            Self::Has(operand, _)
            | Self::Matches(operand, _)
            | Self::Negate(operand)
            | Self::Not(operand)
            | Self::OptionalSelect(operand, _)
            | Self::Select(operand, _) => vec![operand],
            Self::If(test, yes, no) => vec![test, yes, no],
            Self::List(members) => members.iter().collect(),
            Self::Map(entries) => entries.iter().flat_map(|(key, value)| [key, value]).collect(),
            Self::Bytes(_)
            | Self::Constant(_)
            | Self::HasRoot(_)
            | Self::Local(..)
            | Self::Name(_)
            | Self::OptionalRootMember(_)
            | Self::RootMember(_) => Vec::new(),
        }
    }
}

/// One node.
#[derive(Clone, Debug)]
pub(super) enum Node {
    And(Box<Node>, Box<Node>),
    Binary(Binary, Box<Node>, Box<Node>),
    Bytes(Arc<[u8]>),
    Call(&'static Function, Vec<Node>),
    Comprehension {
        kind: Loop,
        source: Box<Node>,
        /// Kept members only, for `map` with three arguments.
        condition: Option<Box<Node>>,
        body: Box<Node>,
    },
    Constant(Value),
    Has(Box<Node>, String),
    HasRoot(usize),
    If(Box<Node>, Box<Node>, Box<Node>),
    Index(Box<Node>, Box<Node>),
    List(Vec<Node>),
    /// A comprehension's variable: its place on the stack, and the path of what it runs over.
    Local(usize, Option<String>),
    Map(Vec<(Node, Node)>),
    /// A pattern that is known when the expression is compiled.
    Matches(Box<Node>, Regex),
    Name(usize),
    Negate(Box<Node>),
    Not(Box<Node>),
    OptionalIndex(Box<Node>, Box<Node>),
    /// As `RootMember`, absent where the root or the member is.
    OptionalRootMember(usize),
    OptionalSelect(Box<Node>, String),
    Or(Box<Node>, Box<Node>),
    /// A member of a root name, asked for without building the root.
    RootMember(usize),
    Select(Box<Node>, String),
}
