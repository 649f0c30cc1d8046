//! Searches over the store: parameters as a peer sends them, rows that have what they ask for, and rows that these refer to.
//!
//! Rows are looked through one by one, each value of theirs against what was read once; the bounds are in `limits.rs`.

use crate::limits::{SEARCH_INCLUDED_MAX, SEARCH_ROUNDS_MAX, SEARCH_ROWS_MAX, SEARCH_VALUES_MAX};
use crate::store::{Memory, Rows, key_text};
use counterpart_matching::Sought;
use counterpart_plan::model::{Compared, Parameter, Reference, Search};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::collections::{HashSet, VecDeque};

/// Searches a collection by parameters: names to lists of values. Gives `rows`, `total`, `included`, `ignored` and `wrong`.
pub(crate) fn search(memory: &Memory, collection: &str, parameters: &Value) -> Value {
    let Some(rows) = memory.rows(collection) else { return Value::Null };
    let asked = Asked::read(memory, rows.search(), parameters);
    let mut found = Vec::new();
    // A value that cannot be read is one that no row has.
    if asked.wrong.is_empty() {
        found.extend(rows.iter().filter(|(_, row)| asked.holds(memory, row)));
    }
    let total = found.len();
    let given: Vec<(&str, Cow<'_, Value>)> =
        found.into_iter().skip(asked.offset).take(asked.limit.unwrap_or(SEARCH_ROWS_MAX).min(SEARCH_ROWS_MAX)).collect();
    json!({
        "included": included(memory, collection, &asked, &given),
        "rows": given.into_iter().map(|(_, row)| row.into_owned()).collect::<Vec<_>>(),
        "total": total,
        "ignored": asked.ignored,
        "wrong": asked.wrong,
    })
}

/// What a search asks for, read.
#[derive(Default)]
struct Asked<'a> {
    /// Each of them must hold.
    demands: Vec<Demand<'a>>,
    include: Vec<String>,
    iterate: Vec<String>,
    limit: Option<usize>,
    offset: usize,
    ignored: Vec<Value>,
    wrong: Vec<Value>,
}

/// One value of a parameter: one of its alternatives must hold.
struct Demand<'a> {
    compared: &'a Compared,
    alternatives: Vec<Sought>,
}

impl<'a> Asked<'a> {
    fn read(memory: &Memory, search: &'a Search, parameters: &Value) -> Self {
        let mut asked = Self::default();
        let Value::Object(parameters) = parameters else {
            asked.refuse("", "", "parameters are a map of names to values");
            return asked;
        };
        let mut values_left = SEARCH_VALUES_MAX;
        for (name, values) in parameters {
            let Some(parameter) = search.parameter(name) else {
                asked.ignored.push(told(name, values, "no parameter of this search"));
                continue;
            };
            for value in list_of(values) {
                asked.take(memory, name, parameter, &key_text(value), &mut values_left);
            }
        }
        // What is looked up in the row itself is cheaper than what other rows have.
        asked.demands.sort_by_key(|demand| demand.compared.through.len());
        asked
    }

    fn take(&mut self, memory: &Memory, name: &str, parameter: &'a Parameter, value: &str, values_left: &mut usize) {
        let separator = match parameter {
            Parameter::Compared(compared) => compared.separator.as_deref(),
            _ => None,
        };
        let parts: Vec<&str> = match separator {
            Some(separator) => value.split(separator).take(*values_left + 1).collect(),
            None => vec![value],
        };
        match values_left.checked_sub(parts.len()) {
            Some(left) => *values_left = left,
            None => return self.refuse(name, value, &format!("one search has at most {SEARCH_VALUES_MAX} values")),
        }
        match parameter {
            Parameter::Compared(compared) => match parts.iter().map(|part| compared.criterion.read(part)).collect() {
                Ok(alternatives) => self.demands.push(Demand { compared, alternatives }),
                Err(reason) => self.refuse(name, value, &reason),
            },
            Parameter::Include | Parameter::Iterate if !memory.has_include(value) => {
                self.ignored.push(told(name, &json!(value), "no reference that can be followed"));
            }
            Parameter::Include => self.include.push(value.to_owned()),
            Parameter::Iterate => self.iterate.push(value.to_owned()),
            Parameter::Limit(most) => match value.parse::<usize>() {
                Ok(limit) => self.limit = Some(self.limit.unwrap_or(*most).min(limit)),
                Err(_) => self.refuse(name, value, "is not a whole number from 0 on"),
            },
            Parameter::Nothing => {}
            Parameter::Offset => match value.parse::<usize>() {
                Ok(offset) => self.offset = offset,
                Err(_) => self.refuse(name, value, "is not a whole number from 0 on"),
            },
        }
    }

    fn refuse(&mut self, name: &str, value: &str, reason: &str) {
        self.wrong.push(told(name, &json!(value), reason));
    }

    fn holds(&self, memory: &Memory, row: &Value) -> bool {
        self.demands.iter().all(|demand| demand.holds(memory, row, &demand.compared.through))
    }
}

impl Demand<'_> {
    fn holds(&self, memory: &Memory, row: &Value, through: &[Reference]) -> bool {
        match through.split_first() {
            Some((reference, rest)) => reached(memory, reference, row).any(|(_, row)| self.holds(memory, &row, rest)),
            None => self.compared.at.any(row, |found| {
                // A list is as many values, so that a pointer to one needs no query.
                list_of(found).iter().any(|value| self.alternatives.iter().any(|sought| sought.holds(value)))
            }),
        }
    }
}

/// Follows references from the rows given; each row comes once, and none that was given.
fn included(memory: &Memory, collection: &str, asked: &Asked<'_>, given: &[(&str, Cow<'_, Value>)]) -> Value {
    let mut lists: Map<String, Value> =
        memory.include_targets().map(|name| (name.to_owned(), Value::Array(Vec::new()))).collect();
    let mut seen: HashSet<(&str, &str)> = given.iter().map(|(key, _)| (collection, *key)).collect();
    let mut waiting: VecDeque<(&str, Cow<'_, Value>, usize)> =
        given.iter().map(|(_, row)| (collection, Cow::Borrowed(&**row), 0)).collect();
    let mut count = 0;
    while let Some((collection, row, round)) = waiting.pop_front() {
        let Some(search) = memory.rows(collection).map(Rows::search) else { continue };
        let is_asked = |name: &String| asked.iterate.contains(name) || (round == 0 && asked.include.contains(name));
        for (_, references) in search.includes.iter().filter(|(name, _)| is_asked(name)) {
            for reference in references {
                for (key, row) in reached(memory, reference, &row) {
                    let target = reference.collection.as_str();
                    if count >= SEARCH_INCLUDED_MAX || !seen.insert((target, key)) {
                        continue;
                    }
                    count += 1;
                    if let Some(Value::Array(list)) = lists.get_mut(target) {
                        list.push(row.clone().into_owned());
                    }
                    if round < SEARCH_ROUNDS_MAX {
                        waiting.push_back((target, row, round + 1));
                    }
                }
            }
        }
    }
    Value::Object(lists)
}

/// Gives the rows that a row refers to, with their keys.
fn reached<'m>(memory: &'m Memory, reference: &Reference, row: &Value) -> impl Iterator<Item = (&'m str, Cow<'m, Value>)> {
    let target = memory.rows(&reference.collection);
    let mut keys = Vec::new();
    for found in reference.at.query(row) {
        let texts = list_of(found.value).iter().filter_map(Value::as_str);
        keys.extend(texts.filter_map(|text| text.strip_prefix(&reference.prefix)).map(ToOwned::to_owned));
    }
    keys.into_iter().filter_map(move |key| target?.entry(&key))
}

/// Gives the members of a list, or one value as a list of it.
fn list_of(value: &Value) -> &[Value] {
    match value {
        Value::Array(values) => values,
        value => std::slice::from_ref(value),
    }
}

fn told(parameter: &str, value: &Value, reason: &str) -> Value {
    json!({ "parameter": parameter, "value": value, "reason": reason })
}

#[cfg(test)]
mod tests;
