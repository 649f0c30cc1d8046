//! CEL expressions (<https://github.com/google/cel-spec>): typed, bounded, without side effects.
//!
//! The `cel` crate parses. Evaluation is ours, over borrowed JSON: it resolves only the names that are used, keeps the
//! order of maps, counts every step and byte, and knows which path of a message had no value. Unsigned integers are
//! integers here; named message types are refused.

mod compile;
mod conjunct;
mod evaluate;
mod fold;
mod function;
mod guard;
mod node;
mod operate;
mod reason;
#[cfg(test)]
mod tests;
mod value;

pub(crate) use compile::pattern;
pub(crate) use reason::{Asked, Reason};

use crate::Names;
use crate::limits::EXPRESSIONS_KEPT_MAX;
use crate::memo::Memo;
use node::Node;
use serde_json::Value;
use std::sync::Arc;

/// Why a text is no expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExpressionFault {
    /// One sentence without a full stop.
    pub message: String,
    /// Byte offset in the text.
    pub offset: usize,
    /// What to write instead, where that is known.
    pub help: Option<String>,
}

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EvaluationFault {
    /// One sentence without a full stop.
    pub message: String,
    /// The path of the value that is to blame, such as `request.json.id`: it is missing or has another type.
    pub path: Option<String>,
    /// Paths of the values that the part with the fault was worked out from, where no single one is to blame.
    pub origins: Vec<String>,
    /// Whether a bound of ours was passed, for which no value is to blame.
    pub is_bound: bool,
    /// Places on the stack of comprehension variables that it was worked out from, whose lists are not named yet.
    pub(crate) locals: Vec<usize>,
}

impl EvaluationFault {
    pub(crate) fn new(message: impl Into<String>) -> Box<Self> {
        Self::of(None, message)
    }

    /// Blames the value at a path, where there is one.
    fn of(path: Option<String>, message: impl Into<String>) -> Box<Self> {
        Box::new(Self { message: message.into(), path, origins: Vec::new(), is_bound: false, locals: Vec::new() })
    }

    /// Says that a bound was passed.
    pub(crate) fn bound(message: String) -> Box<Self> {
        let mut fault = Self::new(message);
        fault.is_bound = true;
        fault
    }
}

/// What an expression gives. Each of its parts hands this on, so that a fault, which is seldom, must not make it big.
pub type Evaluated<T> = Result<T, Box<EvaluationFault>>;

/// A compiled expression; copies share it.
#[derive(Clone, Debug)]
pub struct Expression {
    program: Arc<Program>,
}

#[derive(Clone, Debug)]
struct Program {
    text: String,
    root: Node,
    names: Vec<String>,
    members: Vec<(String, String)>,
    member_names: Vec<String>,
    /// Whether it uses a root name whole.
    has_roots: bool,
}

impl Expression {
    /// Gives how each function is written, by name, for the language reference.
    #[must_use]
    pub fn functions() -> Vec<(&'static str, &'static str)> {
        function::usages()
    }

    /// Compiles a text.
    ///
    /// ```
    /// use counterpart_matching::{Expression, NameTable};
    /// use serde_json::json;
    /// let expression = Expression::compile("setting.limit * 2 > 5")?;
    /// let names = NameTable::default().with("setting", json!({"limit": 3}));
    /// assert_eq!(expression.evaluate(&names), Ok(json!(true)));
    /// # Ok::<(), counterpart_matching::ExpressionFault>(())
    /// ```
    ///
    /// # Errors
    /// What is wrong with the text, and where; also that it passes a bound of length, nesting or parts.
    pub fn compile(text: &str) -> Result<Self, ExpressionFault> {
        static KEPT: Memo<Expression> = Memo::new(EXPRESSIONS_KEPT_MAX);
        KEPT.get_or_compile(text, || compile::compile(text).map(|program| Self { program: Arc::new(program) }))
    }

    /// Gives the text that it was compiled from.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.program.text
    }

    /// Gives the root names that it uses, each once.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.program.names
    }

    /// Gives root and member of everything that it reads, `request` and `json` for `request.?json.id`.
    pub(crate) fn reads(&self) -> &[(String, String)] {
        &self.program.members
    }

    /// Gives the members of root names that it uses, such as `setting.client_id`, each once.
    #[must_use]
    pub fn members(&self) -> &[String] {
        &self.program.member_names
    }

    /// Gives its value, where that is written in it.
    #[must_use]
    pub fn constant(&self) -> Option<&Value> {
        match &self.program.root {
            Node::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// Tells whether it uses no name, so that its value is always the same.
    #[must_use]
    pub fn is_constant(&self) -> bool {
        self.program.names.is_empty()
    }

    /// Gives its value.
    ///
    /// # Errors
    /// A name without value, a value of another type than the operation takes, or a bound that was passed.
    pub fn evaluate(&self, names: &dyn Names) -> Evaluated<Value> {
        evaluate::evaluate(&self.program, names)
    }

    /// Gives what made it false, where a single value did.
    pub(crate) fn reason(&self, names: &dyn Names) -> Option<Reason> {
        reason::reason(&self.program, names)
    }
}

/// Adds to a fault the paths that a node and its parts spell, each once, and the variables that have none.
fn trace(node: &Node, names: &[String], members: &[(String, String)], fault: &mut EvaluationFault) {
    match (path_of(node, names, members), node) {
        (Some(path), _) if !fault.origins.contains(&path) => fault.origins.push(path),
        (Some(_), _) => {}
        (None, Node::Local(at, _)) => fault.locals.push(*at),
        (None, node) => node.parts().into_iter().for_each(|part| trace(part, names, members, fault)),
    }
}

/// Gives the path that a node spells, such as `request.json.items[*].id`.
fn path_of(node: &Node, names: &[String], members: &[(String, String)]) -> Option<String> {
    match node {
        Node::Index(list, index) | Node::OptionalIndex(list, index) => {
            let list = path_of(list, names, members)?;
            match &**index {
                Node::Constant(Value::String(name)) => Some(format!("{list}.{name}")),
                Node::Constant(index) => Some(format!("{list}[{index}]")),
                _ => Some(format!("{list}[*]")),
            }
        }
        Node::Local(_, path) => path.clone(),
        Node::Name(at) => names.get(*at).cloned(),
        Node::OptionalSelect(operand, field) | Node::Select(operand, field) => {
            path_of(operand, names, members).map(|path| format!("{path}.{field}"))
        }
        Node::OptionalRootMember(at) | Node::RootMember(at) => members.get(*at).map(|(name, member)| format!("{name}.{member}")),
        _ => None,
    }
}
