//! Walks the nodes of a template, counting steps and bytes.

use super::Program;
use super::compile::{Node, Route, Start, Term};
use super::escape::Output;
use super::helper::Call;
use crate::limits::{RENDER_BYTES_MAX, RENDER_STEPS_MAX};
use crate::{Generators, Names};
use serde_json::Value;
use std::borrow::Cow;

/// Renders a program.
pub(super) fn render(program: &Program, names: &dyn Names, generators: &mut Generators) -> Result<String, String> {
    let mut rendering =
        Rendering { names, generators, output: Output::new(program.escape), scopes: Vec::new(), steps: 0, bytes: 0 };
    rendering.nodes(&program.nodes)?;
    Ok(rendering.output.text)
}

/// An open `each` or `with`.
struct Scope<'a> {
    this: Cow<'a, Value>,
    item: Option<&'a str>,
    key_name: Option<&'a str>,
    key: Value,
    index: usize,
    last: bool,
}

struct Rendering<'a, 'g> {
    names: &'a dyn Names,
    generators: &'g mut Generators,
    output: Output,
    scopes: Vec<Scope<'a>>,
    steps: u64,
    /// Bytes that helpers made, beside what was written.
    bytes: usize,
}

impl<'a> Rendering<'a, '_> {
    fn step(&mut self) -> Result<(), String> {
        self.steps += 1;
        if self.steps > RENDER_STEPS_MAX {
            return Err(format!("it takes more than {RENDER_STEPS_MAX} steps"));
        }
        if self.output.text.len().saturating_add(self.bytes) > RENDER_BYTES_MAX {
            return Err(format!("it gives more than {RENDER_BYTES_MAX} bytes"));
        }
        Ok(())
    }

    fn nodes(&mut self, nodes: &'a [Node]) -> Result<(), String> {
        for node in nodes {
            self.step()?;
            match node {
                Node::Each { list, item, key, body, empty } => self.each(list, (item.as_deref(), key.as_deref()), body, empty)?,
                Node::If { test, sense, yes, no } => {
                    let holds = self.asked(test)?.is_some_and(|value| truthy(&value));
                    self.nodes(if holds == *sense { yes } else { no })?;
                }
                Node::Text(text) => self.output.literal(text),
                Node::With { value, name, body, absent } => match self.asked(value)?.filter(|value| truthy(value)) {
                    Some(this) => self.scope(
                        Scope { this, item: name.as_deref(), key_name: None, key: Value::Null, index: 0, last: true },
                        body,
                    )?,
                    None => self.nodes(absent)?,
                },
                Node::Write(term) => {
                    let value = self.term(term)?;
                    let whole = matches!(term, Term::Call { helper, .. } if helper.name == "raw-json");
                    let written = if whole { self.output.json(&value) } else { self.output.value(&value) };
                    written.map_err(|reason| match term {
                        Term::Path(route) => format!("`{}`: {reason}", route.raw),
                        _ => reason,
                    })?;
                }
            }
        }
        Ok(())
    }

    fn scope(&mut self, scope: Scope<'a>, body: &'a [Node]) -> Result<(), String> {
        self.scopes.push(scope);
        let result = self.nodes(body);
        self.scopes.pop();
        result
    }

    fn each(
        &mut self,
        list: &'a Term,
        (item, key_name): (Option<&'a str>, Option<&'a str>),
        body: &'a [Node],
        empty: &'a [Node],
    ) -> Result<(), String> {
        let entries: Vec<(Value, Cow<'a, Value>)> = match self.term(list)? {
            Cow::Borrowed(Value::Array(members)) => {
                members.iter().enumerate().map(|(at, member)| (Value::from(at), Cow::Borrowed(member))).collect()
            }
            Cow::Borrowed(Value::Object(members)) => {
                members.iter().map(|(name, member)| (Value::from(name.as_str()), Cow::Borrowed(member))).collect()
            }
            Cow::Owned(Value::Array(members)) => {
                members.into_iter().enumerate().map(|(at, member)| (Value::from(at), Cow::Owned(member))).collect()
            }
            Cow::Owned(Value::Object(members)) => {
                members.into_iter().map(|(name, member)| (Value::from(name), Cow::Owned(member))).collect()
            }
            _ => return Err("`#each` takes a list or an object".to_owned()),
        };
        if entries.is_empty() {
            return self.nodes(empty);
        }
        let count = entries.len();
        for (index, (key, this)) in entries.into_iter().enumerate() {
            self.step()?;
            self.scope(Scope { this, item, key_name, key, index, last: index + 1 == count }, body)?;
        }
        Ok(())
    }

    /// Gives a value, or nothing where a path of it is missing: what `if` and `default` ask for.
    fn asked(&mut self, term: &'a Term) -> Result<Option<Cow<'a, Value>>, String> {
        match term {
            Term::Path(route) => Ok(self.route(route)),
            term => self.term(term).map(Some),
        }
    }

    fn term(&mut self, term: &'a Term) -> Result<Cow<'a, Value>, String> {
        self.step()?;
        match term {
            Term::Call { helper, arguments, options } => {
                let mut values = Vec::with_capacity(arguments.len());
                for argument in arguments {
                    // Helpers that ask whether there is something take null for what is missing.
                    values.push(if helper.asks {
                        self.asked(argument)?.unwrap_or(Cow::Owned(Value::Null))
                    } else {
                        self.term(argument)?
                    });
                }
                let mut named = Vec::with_capacity(options.len());
                for (name, option) in options {
                    named.push((name.as_str(), self.term(option)?));
                }
                let call = Call { arguments: &values, options: &named, generators: self.generators };
                let value = (helper.body)(call).map_err(|reason| format!("`{}`: {reason}", helper.name))?;
                self.bytes = self.bytes.saturating_add(value.as_str().map_or(16, str::len));
                Ok(Cow::Owned(value))
            }
            Term::Literal(value) => Ok(Cow::Borrowed(value)),
            Term::Path(route) => self.route(route).ok_or_else(|| format!("`{}` is missing", route.raw)),
        }
    }

    fn route(&self, route: &Route) -> Option<Cow<'a, Value>> {
        let visible = self.scopes.len().checked_sub(route.up)?;
        let scopes = self.scopes.get(..visible)?;
        let members = route.members.as_slice();
        match &route.start {
            Start::Loop(name) => {
                let scope = scopes.last()?;
                let value = match name.as_str() {
                    "@first" => Value::from(scope.index == 0),
                    "@index" => Value::from(scope.index),
                    "@key" => scope.key.clone(),
                    _ => Value::from(scope.last),
                };
                members.is_empty().then_some(Cow::Owned(value))
            }
            Start::Name(name) => {
                for scope in scopes.iter().rev() {
                    if scope.item == Some(name) {
                        return walk(&scope.this, members);
                    }
                    if scope.key_name == Some(name) {
                        return members.is_empty().then(|| Cow::Owned(scope.key.clone()));
                    }
                }
                if let Some(scope) = scopes.last()
                    && let Some(value) = step(&scope.this, name)
                {
                    return walk(&value, members);
                }
                self.root(name, members)
            }
            Start::Root => members.split_first().and_then(|(name, members)| self.root(name, members)),
            Start::This => walk(&scopes.last()?.this, members),
        }
    }

    fn root(&self, name: &str, members: &[String]) -> Option<Cow<'a, Value>> {
        match members.split_first() {
            Some((member, rest)) if member.parse::<usize>().is_err() => walk(&self.names.member(name, member)?, rest),
            _ => walk(&self.names.value(name)?, members),
        }
    }
}

/// Goes down a path; what was borrowed stays borrowed.
fn walk<'a>(value: &Cow<'a, Value>, members: &[String]) -> Option<Cow<'a, Value>> {
    match value {
        Cow::Borrowed(value) => members.iter().try_fold(*value, |value, member| down(value, member)).map(Cow::Borrowed),
        Cow::Owned(value) => {
            members.iter().try_fold(value, |value, member| down(value, member)).map(|value| Cow::Owned(value.clone()))
        }
    }
}

fn step<'a>(value: &Cow<'a, Value>, member: &str) -> Option<Cow<'a, Value>> {
    match value {
        Cow::Borrowed(value) => down(value, member).map(Cow::Borrowed),
        Cow::Owned(value) => down(value, member).map(|value| Cow::Owned(value.clone())),
    }
}

fn down<'a>(value: &'a Value, member: &str) -> Option<&'a Value> {
    match value {
        Value::Array(members) => members.get(member.parse::<usize>().ok()?),
        Value::Object(members) => members.get(member),
        _ => None,
    }
}

/// Tells what handlebars takes for true: not null, false, zero, empty text or an empty list.
pub(super) fn truthy(value: &Value) -> bool {
    match value {
        Value::Array(members) => !members.is_empty(),
        Value::Bool(flag) => *flag,
        Value::Null => false,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::Object(_) => true,
        Value::String(text) => !text.is_empty(),
    }
}
