//! Named values and conditions of rules while a request looks for its rule: each is worked out where something asks for it, and
//! once for all rules that name or ask the same.
//!
//! Most rules are tried and left again, and rules of one file begin with the same named values and conditions. Nothing is
//! remembered until a rule takes the request, so that what was worked out for one rule holds for the next.

use crate::answer::Asked;
use crate::directory::found;
use crate::rules::path_parts;
use crate::search::search;
use crate::store::Memory;
use counterpart_matching::{EvaluationFault, Expression, Names, Rule as MatchRule, holds};
use counterpart_plan::model::{NamedValue, Rule};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;

/// What the named values of all rules of an index are to one another.
#[derive(Debug, Default)]
pub(crate) struct Namings {
    of_rules: Vec<Naming>,
    shared: usize,
    patterns: Vec<String>,
}

/// The named values of one rule, and after them what must be true for it to take a request.
#[derive(Debug, Default)]
struct Naming {
    /// Those of the rule, and then what must be true, as values without a name.
    lets: Vec<Let>,
    /// What else must hold.
    others: Vec<MatchRule>,
    /// Which of the index's path patterns is its own.
    pattern: Option<usize>,
}

/// One named value.
#[derive(Debug)]
struct Let {
    value: NamedValue,
    /// Its place among those that several rules may have; none where it depends on what is the rule's alone.
    shared: Option<usize>,
    /// The named values before it that it reads itself.
    reads: Vec<usize>,
}

/// What makes two named values the same: how they are worked out, and from what.
#[derive(PartialEq, Eq, Hash)]
struct Identity {
    kind: &'static str,
    collection: String,
    text: String,
    from: Vec<(String, Source)>,
}

/// What a name in an expression stands for, where the rule itself gives it.
#[derive(PartialEq, Eq, Hash)]
enum Source {
    Let(usize),
    Pattern(usize),
}

impl Namings {
    /// Takes the named values of rules. What is known beforehand, by root name, is worked out now.
    pub(crate) fn new<'a>(rules: impl IntoIterator<Item = &'a Rule>, known: &Map<String, Value>) -> Self {
        let mut namings = Self::default();
        let mut places = HashMap::new();
        for rule in rules {
            let naming = namings.naming(rule, known, &mut places);
            namings.of_rules.push(naming);
        }
        namings.shared = places.len();
        namings
    }

    fn naming(&mut self, rule: &Rule, known: &Map<String, Value>, places: &mut HashMap<Identity, usize>) -> Naming {
        let pattern = rule.on.path.as_ref().map(|pattern| self.pattern(pattern));
        let (demands, others) = rule.when.as_ref().map(MatchRule::demands).unwrap_or_default();
        let is_hidden = rule.lets.iter().any(|named| known.contains_key(&named.name));
        let settled = |value: &NamedValue| if is_hidden { value.clone() } else { knowing(value, known) };
        let values: Vec<NamedValue> = rule.lets.iter().map(|named| settled(&named.value)).collect();
        let demands = demands.into_iter().map(NamedValue::Computed).map(|value| settled(&value));
        let mut lets: Vec<Let> = Vec::with_capacity(values.len());
        for value in values.into_iter().chain(undecided(demands.collect())) {
            let before: Vec<&str> = rule.lets.iter().take(lets.len()).map(|named| named.name.as_str()).collect();
            let names = expression(&value).map(Expression::names).unwrap_or_default();
            let reads: Vec<(&String, usize)> =
                names.iter().filter_map(|name| Some((name, before.iter().rposition(|known| known == name)?))).collect();
            let from = names.iter().map(|name| match reads.iter().find(|(known, _)| *known == name) {
                Some((_, at)) => lets.get(*at).and_then(|read| read.shared).map(|place| Some((name.clone(), Source::Let(place)))),
                // What failed so far differs from rule to rule.
                None if name == "failed" => None,
                None if name == "path" => Some(pattern.map(|pattern| (name.clone(), Source::Pattern(pattern)))),
                None => Some(None),
            });
            let shared = from.collect::<Option<Vec<_>>>().map(|from| {
                let (kind, collection) = kind(&value);
                let text = expression(&value).map(Expression::text).unwrap_or_default().to_owned();
                let identity = Identity { kind, collection, text, from: from.into_iter().flatten().collect() };
                let next = places.len();
                *places.entry(identity).or_insert(next)
            });
            let reads = reads.into_iter().map(|(_, at)| at).collect();
            lets.push(Let { value, shared, reads });
        }
        Naming { lets, others, pattern }
    }

    fn pattern(&mut self, pattern: &str) -> usize {
        self.patterns.iter().position(|known| known == pattern).unwrap_or_else(|| {
            self.patterns.push(pattern.to_owned());
            self.patterns.len() - 1
        })
    }

    /// Begins with a request.
    pub(crate) fn begin(&self) -> Worked<'_> {
        let paths = std::iter::repeat_with(OnceCell::new).take(self.patterns.len()).collect();
        let values = std::iter::repeat_with(OnceCell::new).take(self.shared).collect();
        Worked { namings: self, paths, values }
    }
}

fn expression(value: &NamedValue) -> Option<&Expression> {
    match value {
        NamedValue::Computed(expression) => Some(expression),
        NamedValue::Directory { .. } => None,
        NamedValue::Found { key, .. } => Some(key),
        NamedValue::Searched { with, .. } => Some(with),
    }
}

/// Puts what is known into a named value.
fn knowing(value: &NamedValue, known: &Map<String, Value>) -> NamedValue {
    match value {
        NamedValue::Computed(expression) => NamedValue::Computed(expression.knowing(known)),
        NamedValue::Directory { .. } => value.clone(),
        NamedValue::Found { collection, key } => NamedValue::Found { collection: collection.clone(), key: key.knowing(known) },
        NamedValue::Searched { collection, with } => {
            NamedValue::Searched { collection: collection.clone(), with: with.knowing(known) }
        }
    }
}

/// Leaves out what is true anyway; of several demands of which one is known to be false, that one says all.
fn undecided(demands: Vec<NamedValue>) -> Vec<NamedValue> {
    let is = |value: &NamedValue, flag: bool| {
        expression(value).and_then(Expression::constant).is_some_and(|constant| *constant == Value::Bool(flag))
    };
    match demands.iter().position(|demand| is(demand, false)) {
        Some(at) => demands.into_iter().skip(at).take(1).collect(),
        None => demands.into_iter().filter(|demand| !is(demand, true)).collect(),
    }
}

fn kind(value: &NamedValue) -> (&'static str, String) {
    match value {
        NamedValue::Computed(_) => ("computed", String::new()),
        NamedValue::Directory { collection } => ("directory", collection.clone()),
        NamedValue::Found { collection, .. } => ("found", collection.clone()),
        NamedValue::Searched { collection, .. } => ("searched", collection.clone()),
    }
}

/// What was worked out for one request so far.
pub(crate) struct Worked<'n> {
    namings: &'n Namings,
    /// By pattern, the parts of the path; none where it does not fit.
    paths: Vec<OnceCell<Option<Value>>>,
    values: Vec<OnceCell<Outcome>>,
}

/// A value, or why there is none.
#[derive(Default)]
struct Outcome {
    value: Value,
    /// Why it could not be worked out, where that is our doing.
    broken: Option<String>,
}

impl Worked<'_> {
    /// Gives the parts of the path that the rule at this place of the index names; `None` where the path does not fit, and
    /// nothing where it has no pattern.
    pub(crate) fn path(&self, at: usize, path: &str) -> Option<Option<&Value>> {
        let pattern = self.namings.of_rules.get(at).and_then(|naming| naming.pattern);
        let Some((cell, text)) =
            pattern.and_then(|pattern| Some((self.paths.get(pattern)?, self.namings.patterns.get(pattern)?)))
        else {
            return Some(None);
        };
        let parts = cell.get_or_init(|| path_parts(text, path).map(Value::Object)).as_ref()?;
        Some(Some(parts).filter(|parts| parts.as_object().is_some_and(|parts| !parts.is_empty())))
    }
}

/// The named values of a rule that is tried, as its conditions see them.
pub(crate) struct Tried<'a> {
    pub(crate) rule: &'a Rule,
    pub(crate) asked: &'a Asked<'a>,
    pub(crate) memory: &'a Memory,
    pub(crate) path: Option<&'a Value>,
    pub(crate) failed: &'a Value,
    naming: &'a Naming,
    worked: &'a Worked<'a>,
    own: Vec<OnceCell<Outcome>>,
}

impl<'a> Tried<'a> {
    /// Takes the rule at a place of the index that the values belong to.
    pub(crate) fn new(
        (at, rule): (usize, &'a Rule),
        worked: &'a Worked<'a>,
        (asked, memory): (&'a Asked<'a>, &'a Memory),
        (path, failed): (Option<&'a Value>, &'a Value),
    ) -> Self {
        static NONE: Naming = Naming { lets: Vec::new(), others: Vec::new(), pattern: None };
        let naming = worked.namings.of_rules.get(at).unwrap_or(&NONE);
        let own = naming.lets.iter().filter(|one| one.shared.is_none()).count();
        // The places of what is shared stay empty here.
        let own = std::iter::repeat_with(OnceCell::new).take(if own == 0 { 0 } else { naming.lets.len() }).collect();
        Self { rule, asked, memory, path, failed, naming, worked, own }
    }

    /// Tells whether the rule takes the request, as far as its conditions go.
    pub(crate) fn holds(&self) -> bool {
        let demands = self.rule.lets.len()..self.naming.lets.len();
        let is_true = |at: usize| self.outcome(at).is_some_and(|outcome| outcome.value == Value::Bool(true));
        let subjects = self.asked.subjects.renamed(self);
        demands.into_iter().all(is_true) && self.naming.others.iter().all(|other| holds(other, &subjects))
    }

    /// Gives all its names, as the answer is built with them, and why one could not be worked out, where that is our doing.
    pub(crate) fn names(&self) -> (Map<String, Value>, Option<String>) {
        let mut names = Map::new();
        names.extend(self.path.map(|path| ("path".to_owned(), path.clone())));
        names.insert("failed".to_owned(), self.failed.clone());
        let mut broken = None;
        for (at, named) in self.rule.lets.iter().enumerate() {
            let Some(outcome) = self.outcome(at) else { continue };
            if let Some(reason) = &outcome.broken {
                broken.get_or_insert_with(|| format!("`{}`: {reason}", named.name));
            }
            names.insert(named.name.clone(), outcome.value.clone());
        }
        (names, broken)
    }

    fn cell(&self, at: usize) -> Option<&OnceCell<Outcome>> {
        match self.naming.lets.get(at)?.shared {
            Some(place) => self.worked.values.get(place),
            None => self.own.get(at),
        }
    }

    /// Works out a named value, after those that it reads: by a list of what is still to do, since a file may chain many.
    fn outcome(&self, at: usize) -> Option<&Outcome> {
        let cell = self.cell(at)?;
        let mut to_do = if cell.get().is_some() { Vec::new() } else { vec![at] };
        while let Some(top) = to_do.last().copied() {
            let is_missing = |read: &&usize| self.cell(**read).is_some_and(|cell| cell.get().is_none());
            if let Some(read) = self.naming.lets.get(top).and_then(|one| one.reads.iter().find(is_missing)) {
                to_do.push(*read);
                continue;
            }
            if let Some((cell, one)) = self.cell(top).zip(self.naming.lets.get(top)) {
                cell.get_or_init(|| self.work_out(&one.value, &Before { tried: self, upto: top }));
            }
            to_do.pop();
        }
        cell.get()
    }

    fn work_out(&self, value: &NamedValue, names: &dyn Names) -> Outcome {
        let result = match value {
            NamedValue::Computed(expression) => expression.evaluate(names),
            NamedValue::Found { collection, key } => key.evaluate(names).map(|key| self.memory.find(collection, &key)),
            NamedValue::Directory { collection } => Ok(found(self.memory, collection, self.asked.request)),
            NamedValue::Searched { collection, with } => {
                with.evaluate(names).map(|asked| search(self.memory, collection, &asked))
            }
        };
        match result {
            Ok(value) => Outcome { value, broken: None },
            Err(fault) => Outcome { value: Value::Null, broken: is_ours(&fault).then_some(fault.message) },
        }
    }

    fn named(&self, name: &str, upto: usize) -> Option<&Value> {
        let at = self.rule.lets.iter().take(upto).rposition(|named| named.name == name);
        match (at, name) {
            (Some(at), _) => self.outcome(at).map(|outcome| &outcome.value),
            (None, "failed") => Some(self.failed),
            (None, "path") => self.path,
            (None, _) => None,
        }
    }
}

/// Tells whether a value could not be worked out for a reason of ours: a bound, or nothing but what the pack and its user gave. What a request
/// does not have, or the store does not know, is null for a rule, which asks for it under `when`.
fn is_ours(fault: &EvaluationFault) -> bool {
    const OURS: [&str; 6] = ["claim", "clock", "endpoint", "pack", "profile", "setting"];
    let mut blamed = fault.path.iter().chain(&fault.origins).map(|path| path.split(['.', '[']).next().unwrap_or(path));
    fault.is_bound || blamed.all(|root| OURS.contains(&root))
}

impl Names for Tried<'_> {
    fn value(&self, name: &str) -> Option<Cow<'_, Value>> {
        Before { tried: self, upto: usize::MAX }.look_up(name)
    }

    fn member(&self, name: &str, member: &str) -> Option<Cow<'_, Value>> {
        Before { tried: self, upto: usize::MAX }.look_up_member(name, member)
    }
}

/// The names that a named value sees: those before it.
struct Before<'a> {
    tried: &'a Tried<'a>,
    upto: usize,
}

impl<'a> Before<'a> {
    fn look_up(&self, name: &str) -> Option<Cow<'a, Value>> {
        let tried = self.tried;
        if name == "store" {
            return Some(Cow::Owned(tried.memory.as_value()));
        }
        tried.named(name, self.upto).map(Cow::Borrowed).or_else(|| tried.asked.subjects.value(name))
    }

    fn look_up_member(&self, name: &str, member: &str) -> Option<Cow<'a, Value>> {
        let tried = self.tried;
        if name == "store" {
            return tried.memory.member_value(member).map(Cow::Owned);
        }
        match tried.named(name, self.upto) {
            Some(value) => value.get(member).map(Cow::Borrowed),
            None => tried.asked.subjects.member(name, member),
        }
    }
}

impl Names for Before<'_> {
    fn value(&self, name: &str) -> Option<Cow<'_, Value>> {
        self.look_up(name)
    }

    fn member(&self, name: &str, member: &str) -> Option<Cow<'_, Value>> {
        self.look_up_member(name, member)
    }
}
