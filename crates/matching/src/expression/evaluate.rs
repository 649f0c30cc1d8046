//! Walks the nodes of an expression, counting steps and bytes.

use super::node::{Loop, Node};
use super::value::Val;
use super::{Evaluated, EvaluationFault, Program, operate, path_of, trace};
use crate::Names;
use crate::limits::{BYTES_PER_STEP, EVALUATION_BYTES_MAX, EVALUATION_STEPS_MAX};
use indexmap::IndexMap;
use serde_json::Value;
use std::borrow::Cow;
use std::cell::OnceCell;
use std::rc::Rc;

type Root<'n> = OnceCell<Option<Cow<'n, Value>>>;

/// Most expressions use no more names than this; their values are kept without asking for memory.
const NAMES_FEW: usize = 6;

/// Gives the value of a program.
pub(super) fn evaluate(program: &Program, names: &dyn Names) -> Evaluated<Value> {
    with_evaluation(program, names, |evaluation| {
        let program = evaluation.program;
        match evaluation.node(&program.root)? {
            Val::Absent => {
                let fault = EvaluationFault::new("the value is absent; give another with `.orValue(...)`");
                Err(evaluation.blame(fault, [&program.root]))
            }
            value => Ok(value.into_json()),
        }
    })
}

/// Runs something on a program's evaluation.
pub(super) fn with_evaluation<T>(
    program: &Program,
    names: &dyn Names,
    run: impl for<'v, 'n> FnOnce(&mut Evaluation<'v, 'n>) -> T,
) -> T {
    let roots_count = if program.has_roots { program.names.len() } else { 0 };
    let count = roots_count + program.members.len();
    let (few, many): ([Root<'_>; NAMES_FEW], Vec<Root<'_>>);
    let cells = if count <= NAMES_FEW {
        few = [const { OnceCell::new() }; NAMES_FEW];
        few.get(..count).unwrap_or(&few)
    } else {
        many = std::iter::repeat_with(OnceCell::new).take(count).collect();
        &many
    };
    let (roots, members) = cells.split_at(roots_count);
    run(&mut Evaluation { program, names, roots, members, locals: Vec::new(), budget: Budget::default() })
}

/// What is left of the steps and bytes that one evaluation may take.
#[derive(Debug, Default)]
pub(super) struct Budget {
    steps: u64,
    bytes: usize,
}

impl Budget {
    /// Takes steps.
    pub(super) fn step(&mut self, count: usize) -> Evaluated<()> {
        self.steps = self.steps.saturating_add(count as u64);
        if self.steps > EVALUATION_STEPS_MAX {
            return Err(EvaluationFault::bound(format!("the expression took more than {EVALUATION_STEPS_MAX} steps")));
        }
        Ok(())
    }

    /// Takes bytes that are about to be made.
    pub(super) fn bytes(&mut self, count: usize) -> Evaluated<()> {
        self.bytes = self.bytes.saturating_add(count);
        if self.bytes > EVALUATION_BYTES_MAX {
            return Err(EvaluationFault::bound(format!("the expression made more than {EVALUATION_BYTES_MAX} bytes of text")));
        }
        self.step(count / BYTES_PER_STEP)
    }
}

pub(super) struct Evaluation<'v, 'n> {
    pub(super) program: &'v Program,
    names: &'n dyn Names,
    roots: &'v [Root<'n>],
    members: &'v [Root<'n>],
    pub(super) locals: Vec<Val<'v>>,
    budget: Budget,
}

impl<'v, 'n: 'v> Evaluation<'v, 'n> {
    pub(super) fn node(&mut self, node: &'v Node) -> Evaluated<Val<'v>> {
        self.budget.step(1)?;
        match node {
            Node::And(left, right) => self.logic(left, right, false),
            Node::Binary(operator, left, right) => {
                let (left_value, right_value) = (self.present(left)?, self.present(right)?);
                operate::binary(*operator, left_value, right_value, &mut self.budget)
                    .map_err(|fault| self.blame(fault, [&**left, &**right]))
            }
            Node::Bytes(bytes) => Ok(Val::Bytes(bytes.clone())),
            Node::Call(function, arguments) => self.call(function, arguments),
            Node::Comprehension { kind, source, condition, body } => {
                self.comprehension(*kind, source, condition.as_deref(), body)
            }
            Node::Constant(value) => Ok(Val::borrowed(value)),
            Node::Has(operand, field) => match self.node(operand) {
                Ok(value) => Ok(Val::Bool(value.member(field).is_some())),
                // `has(a.b.c)` is false, not a fault, where `a.b` is missing: that is what it is asked for.
                Err(fault) if fault.path.is_some() => Ok(Val::Bool(false)),
                Err(fault) => Err(fault),
            },
            Node::HasRoot(at) => Ok(Val::Bool(self.member(*at).is_some())),
            Node::If(test, yes, no) => {
                let branch = if self.boolean(test)? { yes } else { no };
                self.node(branch)
            }
            Node::Index(list, index) => {
                let (value, key) = (self.present(list)?, self.present(index)?);
                let found = operate::index(&value, &key).map_err(|fault| self.blame(fault, [&**list, &**index]))?;
                found.ok_or_else(|| self.missing(node, Some(&key)))
            }
            Node::List(members) => members.iter().map(|member| self.present(member)).collect::<Result<_, _>>().map(Val::list),
            Node::Local(at, _) => self.locals.get(*at).cloned().ok_or_else(|| EvaluationFault::new("a variable is out of scope")),
            Node::Map(entries) => self.map(entries),
            Node::Matches(operand, pattern) => match self.present(operand)? {
                Val::Text(text) => {
                    self.budget.step(text.len() / BYTES_PER_STEP)?;
                    Ok(Val::Bool(pattern.is_match(&text)))
                }
                other => Err(self.wrong(operand, "`matches` takes a string", &other)),
            },
            Node::Name(at) => match self.root(*at) {
                Some(value) => Ok(Val::borrowed(value)),
                None => Err(self.missing(node, None)),
            },
            Node::Negate(operand) => {
                let value = self.present(operand)?;
                operate::negate(&value).ok_or_else(|| self.wrong(operand, "`-` takes a number", &value))
            }
            Node::Not(operand) => self.boolean(operand).map(|flag| Val::Bool(!flag)),
            Node::OptionalIndex(list, index) => {
                let value = self.node(list)?;
                let key = self.present(index)?;
                if matches!(value, Val::Absent) {
                    Ok(Val::Absent)
                } else {
                    let found = operate::index(&value, &key).map_err(|fault| self.blame(fault, [&**list, &**index]))?;
                    Ok(found.unwrap_or(Val::Absent))
                }
            }
            Node::OptionalRootMember(at) => Ok(self.member(*at).map_or(Val::Absent, Val::borrowed)),
            Node::OptionalSelect(operand, field) => match self.node(operand) {
                Ok(value) => Ok(value.member(field).unwrap_or(Val::Absent)),
                Err(fault) if fault.path.is_some() => Ok(Val::Absent),
                Err(fault) => Err(fault),
            },
            Node::Or(left, right) => self.logic(left, right, true),
            Node::RootMember(at) => match self.member(*at) {
                Some(value) => Ok(Val::borrowed(value)),
                None => Err(self.missing(node, None)),
            },
            Node::Select(operand, field) => match self.node(operand)? {
                Val::Absent => Ok(Val::Absent),
                value => value.member(field).ok_or_else(|| self.missing(node, None)),
            },
        }
    }

    fn root(&self, at: usize) -> Option<&'v Value> {
        let name = self.program.names.get(at)?;
        self.roots.get(at)?.get_or_init(|| self.names.value(name)).as_deref()
    }

    fn member(&self, at: usize) -> Option<&'v Value> {
        let (name, member) = self.program.members.get(at)?;
        self.members.get(at)?.get_or_init(|| self.names.member(name, member)).as_deref()
    }

    fn path(&self, node: &Node) -> Option<String> {
        path_of(node, &self.program.names, &self.program.members)
    }

    fn missing(&self, node: &Node, key: Option<&Val<'v>>) -> Box<EvaluationFault> {
        let path = self.path(node);
        let message = match (&path, key) {
            (Some(path), _) => format!("`{path}` is missing"),
            (None, Some(key)) => format!("there is no member {}", key.clone().into_json()),
            (None, None) => match node {
                Node::Select(_, field) => format!("there is no member `{field}`"),
                _ => "a value is missing".to_owned(),
            },
        };
        self.traced(EvaluationFault::of(path, message), [node])
    }

    fn wrong(&self, node: &Node, takes: &str, value: &Val<'v>) -> Box<EvaluationFault> {
        let path = self.path(node);
        let subject = path.as_ref().map_or_else(|| "the value".to_owned(), |path| format!("`{path}`"));
        let message = format!("{takes}; {subject} is a {}", value.type_name());
        self.traced(EvaluationFault::of(path, message), [node])
    }

    /// Gives a value that is there.
    fn present(&mut self, node: &'v Node) -> Evaluated<Val<'v>> {
        match self.node(node)? {
            Val::Absent => Err(self.missing(node, None)),
            value => Ok(value),
        }
    }

    fn boolean(&mut self, node: &'v Node) -> Evaluated<bool> {
        match self.present(node)? {
            Val::Bool(flag) => Ok(flag),
            other => Err(self.wrong(node, "a condition is a bool", &other)),
        }
    }

    /// `&&` and `||` are commutative: a side that decides hides the fault of the other (CEL language definition,
    /// "Logical Operators").
    fn logic(&mut self, left: &'v Node, right: &'v Node, decides: bool) -> Evaluated<Val<'v>> {
        let left = self.boolean(left);
        if left.as_ref().is_ok_and(|flag| *flag == decides) {
            return Ok(Val::Bool(decides));
        }
        let right = self.boolean(right)?;
        if right == decides { Ok(Val::Bool(decides)) } else { left.map(Val::Bool) }
    }

    fn map(&mut self, entries: &'v [(Node, Node)]) -> Evaluated<Val<'v>> {
        let mut map = IndexMap::with_capacity(entries.len());
        for (key, value) in entries {
            let name = match self.present(key)? {
                Val::Bool(flag) => flag.to_string(),
                Val::Int(number) => number.to_string(),
                Val::Text(text) => text.into_owned(),
                other => return Err(self.wrong(key, "a key is a string", &other)),
            };
            let value = self.present(value)?;
            if map.insert(name, value).is_some() {
                return Err(EvaluationFault::new("a map has one key twice"));
            }
        }
        Ok(Val::Map(Rc::new(map)))
    }

    fn call(&mut self, function: &'v super::function::Function, arguments: &'v [Node]) -> Evaluated<Val<'v>> {
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            values.push(if function.takes_absent { self.node(argument)? } else { self.present(argument)? });
        }
        function.call(values, &mut self.budget).map_err(|fault| self.blame(fault, arguments))
    }

    /// Names the first of the operands that is a path, where the fault does not name one.
    fn blame<'a>(&self, mut fault: Box<EvaluationFault>, operands: impl IntoIterator<Item = &'a Node>) -> Box<EvaluationFault> {
        if fault.is_bound {
            return fault;
        }
        let operands: Vec<&Node> = operands.into_iter().collect();
        fault.path = fault.path.take().or_else(|| operands.iter().find_map(|operand| self.path(operand)));
        self.traced(fault, operands)
    }

    /// Names the values that the part with the fault was worked out from, where neither they nor a single one are named yet.
    fn traced<'a>(&self, mut fault: Box<EvaluationFault>, nodes: impl IntoIterator<Item = &'a Node>) -> Box<EvaluationFault> {
        if fault.path.is_none() && fault.origins.is_empty() && fault.locals.is_empty() && !fault.is_bound {
            nodes.into_iter().for_each(|node| trace(node, &self.program.names, &self.program.members, &mut fault));
        }
        fault
    }

    /// Names what a comprehension runs over, where the fault is of something that its variable gave.
    fn traced_variable(&self, mut fault: Box<EvaluationFault>, variable: usize, source: &Node) -> Box<EvaluationFault> {
        if fault.locals.contains(&variable) {
            fault.locals.retain(|at| *at != variable);
            trace(source, &self.program.names, &self.program.members, &mut fault);
        }
        fault
    }

    fn comprehension(&mut self, kind: Loop, source: &'v Node, condition: Option<&'v Node>, body: &'v Node) -> Evaluated<Val<'v>> {
        let value = self.present(source)?;
        self.budget.step(value.size().unwrap_or(0))?;
        let members = match (value.members(), value.entries()) {
            (Some(members), _) => members,
            (None, Some(entries)) => entries.into_iter().map(|(name, _)| Val::Text(name)).collect(),
            (None, None) => return Err(self.wrong(source, "a comprehension runs over a list or a map", &value)),
        };
        let base = self.locals.len();
        let result = match kind {
            Loop::All | Loop::Exists => self.quantify(members, body, kind == Loop::Exists),
            Loop::ExistsOne => self.select(members, body).map(|kept| Val::Bool(kept.len() == 1)),
            Loop::Filter => self.select(members, body).map(Val::list),
            Loop::GroupBy => self.keyed(members, body).and_then(|pairs| operate::group(pairs, &mut self.budget)),
            Loop::Map => self.transform(members, condition, body).map(Val::list),
            Loop::SortBy => self.keyed(members, body).and_then(|pairs| operate::sort(pairs, &mut self.budget)),
        };
        self.locals.truncate(base);
        result.map_err(|fault| self.traced_variable(fault, base, source))
    }

    fn with<T>(&mut self, member: Val<'v>, run: impl FnOnce(&mut Self) -> Evaluated<T>) -> Evaluated<T> {
        self.locals.push(member);
        let result = run(self);
        self.locals.pop();
        result
    }

    /// As with `||` and `&&`, a member that decides hides the fault of another.
    fn quantify(&mut self, members: Vec<Val<'v>>, body: &'v Node, decides: bool) -> Evaluated<Val<'v>> {
        let mut first_fault = None;
        for member in members {
            match self.with(member, |evaluation| evaluation.boolean(body)) {
                Ok(flag) if flag == decides => return Ok(Val::Bool(decides)),
                Ok(_) => {}
                Err(fault) => {
                    first_fault.get_or_insert(fault);
                    self.budget.step(0)?;
                }
            }
        }
        first_fault.map_or(Ok(Val::Bool(!decides)), Err)
    }

    fn select(&mut self, members: Vec<Val<'v>>, body: &'v Node) -> Evaluated<Vec<Val<'v>>> {
        let mut kept = Vec::new();
        for member in members {
            if self.with(member.clone(), |evaluation| evaluation.boolean(body))? {
                kept.push(member);
            }
        }
        Ok(kept)
    }

    fn transform(&mut self, members: Vec<Val<'v>>, condition: Option<&'v Node>, body: &'v Node) -> Evaluated<Vec<Val<'v>>> {
        let mut made = Vec::with_capacity(members.len());
        for member in members {
            let value = self.with(member, |evaluation| {
                let keep = condition.map_or(Ok(true), |condition| evaluation.boolean(condition))?;
                if keep { evaluation.present(body).map(Some) } else { Ok(None) }
            })?;
            made.extend(value);
        }
        Ok(made)
    }

    fn keyed(&mut self, members: Vec<Val<'v>>, body: &'v Node) -> Evaluated<Vec<(Val<'v>, Val<'v>)>> {
        let mut pairs = Vec::with_capacity(members.len());
        for member in members {
            let key = self.with(member.clone(), |evaluation| evaluation.present(body))?;
            pairs.push((key, member));
        }
        Ok(pairs)
    }
}
