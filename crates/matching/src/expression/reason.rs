//! Why an expression is false: the part of it that decided, the value that this part looked at, and what it asked of it.
//!
//! It is worked out after the verdict and never changes it: where no single value is to blame there is no reason, and the
//! reader is given the expression itself.

use super::Program;
use super::evaluate::{Evaluation, with_evaluation};
use super::function::Function;
use super::node::{Binary, Loop, Node};
use super::value::Val;
use crate::{Names, pointer};
use regex::Regex;
use serde_json::Value;

/// What made an expression false.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reason {
    /// The names from the root to the value that was looked at, such as `response`, `json`, `errors`, `0`, `status`.
    pub(crate) trail: Vec<String>,
    /// What was taken of that value, where it is not the value itself: `size`.
    pub(crate) taken: Option<&'static str>,
    /// What was there; nothing where it is missing.
    pub(crate) actual: Option<Value>,
    /// What was asked of it.
    pub(crate) expected: Asked,
}

/// What an expression asked of a value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Asked {
    /// Nothing there.
    Absent,
    /// Another value than this.
    AnythingBut(Value),
    /// A value that is one of these, or holds them.
    OneOf(Value),
    /// A value on this side of another; the sign stands before it.
    Order(&'static str, Value),
    /// Something there.
    Present,
    /// Text that matches this.
    Pattern(String),
    /// Text that does not match this.
    PatternNot(String),
    /// This value.
    Value(Value),
}

/// Gives what made a program false, where a single value did.
pub(super) fn reason(program: &Program, names: &dyn Names) -> Option<Reason> {
    with_evaluation(program, names, |evaluation| {
        let program = evaluation.program;
        Reasoner { evaluation, trails: Vec::new() }.why(&program.root, true)
    })
}

/// Walks down to the part that decided.
struct Reasoner<'e, 'v, 'n> {
    evaluation: &'e mut Evaluation<'v, 'n>,
    /// Beside each variable of a comprehension, where its value stands.
    trails: Vec<Option<Vec<String>>>,
}

impl<'e, 'v, 'n: 'v> Reasoner<'e, 'v, 'n> {
    /// Gives why `node` is not `wanted`.
    fn why(&mut self, node: &'v Node, wanted: bool) -> Option<Reason> {
        match node {
            Node::And(left, right) if wanted => {
                let first = if self.is(left, false) { left } else { right };
                self.why(first, true)
            }
            // The right side of `!has(a) || a == b` is what the author asks for; the left is when it is not asked.
            Node::Or(left, right) if wanted => self.why(right, true).or_else(|| self.why(left, true)),
            Node::Or(left, right) => {
                let first = if self.is(left, true) { left } else { right };
                self.why(first, false)
            }
            Node::Not(operand) => self.why(operand, !wanted),
            Node::If(test, yes, no) => {
                let branch = if self.is(test, true) { yes } else { no };
                self.why(branch, wanted)
            }
            Node::Comprehension { kind: Loop::All, source, body, .. } if wanted => self.member(source, body, true),
            Node::Comprehension { kind: Loop::Exists, source, body, .. } if !wanted => self.member(source, body, false),
            Node::Binary(operator, left, right) => self.compared(*operator, left, right, wanted),
            Node::Matches(operand, pattern) => self.matched(operand, pattern, wanted),
            Node::Has(operand, field) => {
                let mut trail = self.trail(operand)?;
                trail.push(field.clone());
                self.present(trail, wanted)
            }
            Node::Local(..)
            | Node::Name(_)
            | Node::OptionalRootMember(_)
            | Node::RootMember(_)
            | Node::Select(..)
            | Node::OptionalSelect(..) => {
                let actual = self.value(node)?.into_json();
                self.reason(node, Some(actual), Asked::Value(Value::Bool(wanted)))
            }
            _ => None,
        }
    }

    /// Gives why the first member for which `body` is not `wanted` is not.
    fn member(&mut self, source: &'v Node, body: &'v Node, wanted: bool) -> Option<Reason> {
        let list = self.value(source)?;
        let members = list.members()?;
        let trail = self.trail(source);
        for (at, member) in members.into_iter().enumerate() {
            let place = trail.as_ref().map(|trail| trail.iter().cloned().chain([at.to_string()]).collect());
            self.evaluation.locals.push(member);
            self.trails.push(place);
            let found = self.is(body, !wanted).then(|| self.why(body, wanted));
            self.trails.pop();
            self.evaluation.locals.pop();
            if let Some(reason) = found {
                return reason;
            }
        }
        None
    }

    fn compared(&mut self, operator: Binary, left: &'v Node, right: &'v Node, wanted: bool) -> Option<Reason> {
        // The side that is a path is what was looked at; the other is what it was held against.
        let turned = self.looked_at(left).is_none();
        let (looked, against) = if turned { (right, left) } else { (left, right) };
        let actual = self.value(looked)?.into_json();
        let other = self.value(against)?.into_json();
        let sign = |operator: Binary| Asked::Order(operator.sign(), other.clone());
        let asked = match (operator, wanted) {
            (Binary::Equal, true) | (Binary::NotEqual, false) => Asked::Value(other),
            (Binary::Equal, false) | (Binary::NotEqual, true) => Asked::AnythingBut(other),
            (Binary::In, true) if !turned => Asked::OneOf(other),
            (Binary::Less | Binary::LessEqual | Binary::Greater | Binary::GreaterEqual, _) => {
                sign(order(operator, turned, wanted)?)
            }
            _ => return None,
        };
        self.reason(looked, Some(actual), asked)
    }

    fn matched(&mut self, operand: &'v Node, pattern: &Regex, wanted: bool) -> Option<Reason> {
        let actual = self.value(operand)?.into_json();
        let text = pattern.as_str().to_owned();
        self.reason(operand, Some(actual), if wanted { Asked::Pattern(text) } else { Asked::PatternNot(text) })
    }

    fn present(&mut self, trail: Vec<String>, wanted: bool) -> Option<Reason> {
        let expected = if wanted { Asked::Present } else { Asked::Absent };
        Some(Reason { trail, taken: None, actual: None, expected })
    }

    fn reason(&mut self, node: &'v Node, actual: Option<Value>, expected: Asked) -> Option<Reason> {
        let (trail, taken) = self.looked_at(node)?;
        Some(Reason { trail, taken, actual, expected })
    }

    /// Gives the path that a node looks at, and what it takes of the value there.
    fn looked_at(&mut self, node: &'v Node) -> Option<(Vec<String>, Option<&'static str>)> {
        match node {
            Node::Call(function, arguments) => {
                let (trail, inner) = self.looked_at(arguments.first()?)?;
                let taken = inner.or_else(|| taken(function));
                Some((trail, taken))
            }
            other => self.trail(other).map(|trail| (trail, None)),
        }
    }

    fn trail(&mut self, node: &'v Node) -> Option<Vec<String>> {
        let (operand, part) = match node {
            Node::Name(at) => return Some(vec![self.evaluation.program.names.get(*at)?.clone()]),
            Node::OptionalRootMember(at) | Node::RootMember(at) => {
                let (name, member) = self.evaluation.program.members.get(*at)?;
                return Some(vec![name.clone(), member.clone()]);
            }
            Node::Local(at, _) => return self.trails.get(*at)?.clone(),
            Node::Select(operand, field) | Node::OptionalSelect(operand, field) => (operand, field.clone()),
            Node::Index(list, index) | Node::OptionalIndex(list, index) => (list, key(&self.value(index)?)?),
            _ => return None,
        };
        let mut trail = self.trail(operand)?;
        trail.push(part);
        Some(trail)
    }

    fn value(&mut self, node: &'v Node) -> Option<Val<'v>> {
        self.evaluation.node(node).ok()
    }

    fn is(&mut self, node: &'v Node, wanted: bool) -> bool {
        matches!(self.value(node), Some(Val::Bool(flag)) if flag == wanted)
    }
}

/// Functions that give a default say nothing of their own about the value.
fn taken(function: &Function) -> Option<&'static str> {
    (function.name != "orValue").then_some(function.name)
}

fn key(value: &Val<'_>) -> Option<String> {
    match value {
        Val::Int(number) => Some(number.to_string()),
        Val::Text(text) => Some(text.to_string()),
        _ => None,
    }
}

/// Gives the order that was asked of the side looked at: turned where it stands on the right, and refused where it should not hold.
fn order(operator: Binary, turned: bool, wanted: bool) -> Option<Binary> {
    let turned_over = match (operator, turned) {
        (Binary::Less, true) => Binary::Greater,
        (Binary::LessEqual, true) => Binary::GreaterEqual,
        (Binary::Greater, true) => Binary::Less,
        (Binary::GreaterEqual, true) => Binary::LessEqual,
        (other, _) => other,
    };
    Some(match (turned_over, wanted) {
        (operator, true) => operator,
        (Binary::Less, false) => Binary::GreaterEqual,
        (Binary::LessEqual, false) => Binary::Greater,
        (Binary::Greater, false) => Binary::LessEqual,
        (Binary::GreaterEqual, false) => Binary::Less,
        _ => return None,
    })
}

impl Reason {
    /// Gives the side and the JSON Pointer, where the value stands in the body of the message that is judged.
    pub(crate) fn pointer(&self) -> Option<(crate::Side, String)> {
        let [root, json, parts @ ..] = self.trail.as_slice() else { return None };
        let side = match root.as_str() {
            "request" => crate::Side::Request,
            "response" => crate::Side::Response,
            _ => return None,
        };
        (json == "json").then(|| (side, parts.iter().map(|part| format!("/{}", pointer::escape(part))).collect()))
    }
}
