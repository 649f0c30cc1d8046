//! Puts values that are known beforehand into an expression, and works out what follows from them.

use super::evaluate::Budget;
use super::node::Node;
use super::value::Val;
use super::{Expression, operate};
use serde_json::{Map, Value};
use std::sync::Arc;

impl Expression {
    /// Gives an expression that has the same value wherever these root names have these values, and asks less for it. Members of
    /// the roots stand in it as constants, lists and objects aside; its text, its names and what is said of it stay as they are.
    ///
    /// ```
    /// use counterpart_matching::{Expression, NoNames};
    /// use serde_json::{Map, json};
    /// let expression = Expression::compile("profile.strict == 'no' && request.path == '/a'")?;
    /// let known = Map::from_iter([("profile".to_owned(), json!({"strict": "yes"}))]);
    /// assert_eq!(expression.knowing(&known).evaluate(&NoNames), Ok(json!(false)));
    /// # Ok::<(), counterpart_matching::ExpressionFault>(())
    /// ```
    #[must_use]
    pub fn knowing(&self, roots: &Map<String, Value>) -> Self {
        let program = &self.program;
        if !program.members.iter().any(|(root, _)| roots.contains_key(root)) {
            return self.clone();
        }
        let known = |at: usize| {
            let (root, member) = program.members.get(at)?;
            // A list or an object may be big, and decides nothing by itself: it is looked up.
            roots.get(root)?.get(member).filter(|value| !value.is_array() && !value.is_object())
        };
        let mut folded = (**program).clone();
        fold(&mut folded.root, &known);
        Self { program: Arc::new(folded) }
    }
}

/// Replaces a node by what is known of it, its parts first where they can decide it.
fn fold<'k>(node: &mut Node, known: &impl Fn(usize) -> Option<&'k Value>) {
    match node {
        Node::And(left, right) | Node::Binary(_, left, right) | Node::Or(left, right) => {
            fold(left, known);
            fold(right, known);
        }
        Node::Call(_, arguments) => arguments.iter_mut().for_each(|argument| fold(argument, known)),
        Node::If(test, yes, no) => [test, yes, no].into_iter().for_each(|part| fold(part, known)),
        Node::Not(operand) => fold(operand, known),
        _ => {}
    }
    let settled = match node {
        Node::OptionalRootMember(at) | Node::RootMember(at) => known(*at).cloned().map(Node::Constant),
        Node::HasRoot(at) => known(*at).map(|_| Node::Constant(Value::Bool(true))),
        // As when it is evaluated, a side that decides hides the other, whatever that is.
        Node::And(left, right) if is(left, false) || is(right, false) => Some(Node::Constant(Value::Bool(false))),
        Node::Or(left, right) if is(left, true) || is(right, true) => Some(Node::Constant(Value::Bool(true))),
        Node::Not(operand) if is(operand, true) || is(operand, false) => Some(Node::Constant(Value::Bool(is(operand, false)))),
        Node::If(test, yes, _) if is(test, true) => Some(take(yes)),
        Node::If(test, _, no) if is(test, false) => Some(take(no)),
        Node::Binary(operator, left, right) => match (&**left, &**right) {
            (Node::Constant(left), Node::Constant(right)) => {
                // What has no value has none later either, and says so then.
                let value = operate::binary(*operator, Val::borrowed(left), Val::borrowed(right), &mut Budget::default()).ok();
                value.and_then(scalar).map(Node::Constant)
            }
            _ => None,
        },
        _ => None,
    };
    if let Some(settled) = settled {
        *node = settled;
    }
}

fn is(node: &Node, flag: bool) -> bool {
    matches!(node, Node::Constant(Value::Bool(own)) if *own == flag)
}

fn take(node: &mut Node) -> Node {
    std::mem::replace(node, Node::Constant(Value::Null))
}

/// Gives a value that is the same in JSON; `None` for types that JSON does not have.
fn scalar(value: Val<'_>) -> Option<Value> {
    match value {
        Val::Bool(_) | Val::Double(_) | Val::Int(_) | Val::Null | Val::Text(_) => Some(value.into_json()),
        _ => None,
    }
}
