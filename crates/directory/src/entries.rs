//! Searches over entries: base, scope and filter as LDAP defines them (RFC 4511 §4.5.1).

use crate::filter::{FilterPart, has_pieces};
use crate::limits::{ENTRIES_MAX, STEPS_MAX};
use crate::name::{is_below, known_above};
use crate::operation::{Scope, Search};
use crate::result::{result_code, result_name};
use crate::text::{bytes_of, list_of, prepared};
use serde_json::{Map, Value, json};
use std::collections::HashSet;

/// What a search found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Name of the result code.
    pub result: &'static str,
    /// How far the base is known, where it is not known whole.
    pub matched: String,
    /// Entries, each with the attributes asked for.
    pub entries: Vec<Value>,
}

impl Found {
    /// Writes it as the JSON that an answer is made from, with its result.
    #[must_use]
    pub fn to_value(&self) -> Value {
        json!({
            "result": self.result,
            "status": result_code(self.result),
            "answer": { "matched": self.matched, "diagnostic": "", "entries": self.entries },
        })
    }
}

/// Searches rows, each a map with `dn` and `attributes`.
pub fn search<'a>(search: &Search, rows: impl Iterator<Item = &'a Value> + Clone) -> Found {
    let names = || rows.clone().map(name_of);
    let found = |code: u16, entries| Found { result: result_name(code), matched: String::new(), entries };
    if !search.base.trim().is_empty() && !names().any(|name| is_below(name, &search.base).is_some()) {
        return Found { matched: known_above(&search.base, names()), ..found(32, Vec::new()) };
    }
    let known: HashSet<String> =
        rows.clone().flat_map(|row| attributes(row).into_iter().flat_map(Map::keys)).map(|name| name.to_lowercase()).collect();
    let mut steps = STEPS_MAX;
    let mut entries = Vec::new();
    let most = usize::try_from(search.size_limit).ok().filter(|most| *most > 0).unwrap_or(ENTRIES_MAX).min(ENTRIES_MAX);
    for row in rows {
        let Some(depth) = is_below(name_of(row), &search.base) else { continue };
        let in_scope = match search.scope {
            Scope::Base => depth == 0,
            Scope::One => depth == 1,
            Scope::Sub => true,
        };
        if !in_scope {
            continue;
        }
        match holds(search.filter.parts(), row, &known, &mut steps) {
            Some(Truth::True) if entries.len() >= most => return found(4, entries),
            Some(Truth::True) => entries.push(selected(search, row)),
            Some(_) => {}
            None => return found(11, Vec::new()),
        }
    }
    found(0, entries)
}

fn name_of(row: &Value) -> &str {
    row.get("dn").and_then(Value::as_str).unwrap_or_default()
}

fn attributes(row: &Value) -> Option<&Map<String, Value>> {
    row.get("attributes").and_then(Value::as_object)
}

/// Gives the values of an attribute, whatever capitals its name has.
fn values<'a>(row: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    let attributes = attributes(row).into_iter().flatten();
    let name = name.to_owned();
    attributes.filter(move |(known, _)| known.eq_ignore_ascii_case(&name)).flat_map(|(_, values)| list_of(values))
}

/// Gives an entry with the attributes that are asked for (RFC 4511 §4.5.1.8).
fn selected(search: &Search, row: &Value) -> Value {
    let wanted = |name: &String| {
        let every = search.attributes.is_empty() || search.attributes.iter().any(|asked| asked == "*");
        every || search.attributes.iter().any(|asked| asked.eq_ignore_ascii_case(name))
    };
    let kept = attributes(row).into_iter().flatten().filter(|(name, _)| wanted(name));
    let value = |values: &Value| if search.types_only { json!([]) } else { json!(list_of(values)) };
    let kept: Map<String, Value> = kept.map(|(name, values)| (name.clone(), value(values))).collect();
    json!({ "dn": name_of(row), "attributes": kept })
}

/// What a part of a filter comes to; `Undefined` where the attribute or rule is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Truth {
    False,
    True,
    Undefined,
}

impl Truth {
    fn of(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }
}

/// A part with others in it, while these are worked out.
struct Level<'a> {
    part: &'a FilterPart,
    left: usize,
    all: Truth,
    any: Truth,
}

impl Level<'_> {
    fn take(&mut self, truth: Truth) {
        self.left -= 1;
        self.all = match (self.all, truth) {
            (Truth::False, _) | (_, Truth::False) => Truth::False,
            (Truth::Undefined, _) | (_, Truth::Undefined) => Truth::Undefined,
            _ => Truth::True,
        };
        self.any = match (self.any, truth) {
            (Truth::True, _) | (_, Truth::True) => Truth::True,
            (Truth::Undefined, _) | (_, Truth::Undefined) => Truth::Undefined,
            _ => Truth::False,
        };
    }

    fn truth(&self) -> Truth {
        match (self.part, self.all) {
            (FilterPart::Or(_), _) => self.any,
            (FilterPart::Not, Truth::True) => Truth::False,
            (FilterPart::Not, Truth::False) => Truth::True,
            (_, all) => all,
        }
    }
}

/// Works a filter out for a row; `None` where the steps are spent.
fn holds(parts: &[FilterPart], row: &Value, known: &HashSet<String>, steps: &mut usize) -> Option<Truth> {
    let mut open: Vec<Level<'_>> = Vec::new();
    for part in parts {
        let mut truth = match part {
            FilterPart::And(count @ 1..) | FilterPart::Or(count @ 1..) => {
                open.push(Level { part, left: *count, all: Truth::True, any: Truth::False });
                continue;
            }
            FilterPart::Not => {
                open.push(Level { part, left: 1, all: Truth::True, any: Truth::False });
                continue;
            }
            // RFC 4526 §2: `and` of nothing is true, `or` of nothing false.
            FilterPart::And(_) => Truth::True,
            FilterPart::Or(_) => Truth::False,
            simple => one(simple, row, known, steps)?,
        };
        loop {
            let Some(level) = open.last_mut() else { return Some(truth) };
            level.take(truth);
            if level.left > 0 {
                break;
            }
            truth = level.truth();
            open.pop();
        }
    }
    Some(Truth::Undefined)
}

fn one(part: &FilterPart, row: &Value, known: &HashSet<String>, steps: &mut usize) -> Option<Truth> {
    let name = match part {
        FilterPart::Approx(name, _) | FilterPart::Equal(name, _) | FilterPart::From(name, _) | FilterPart::Until(name, _) => name,
        FilterPart::Present(name) | FilterPart::Substrings { name, .. } => name,
        // A matching rule by name is none that is known here; without one it is equality.
        FilterPart::Extensible { name: Some(name), rule: None, of_name: false, .. } => name,
        _ => return Some(Truth::Undefined),
    };
    if !known.contains(&name.to_lowercase()) {
        return Some(Truth::Undefined);
    }
    for value in values(row, name) {
        *steps = steps.checked_sub(1)?;
        let value = bytes_of(value);
        let held = match part {
            FilterPart::Approx(_, wanted) | FilterPart::Equal(_, wanted) | FilterPart::Extensible { value: wanted, .. } => {
                prepared(&value) == prepared(wanted)
            }
            FilterPart::From(_, wanted) => order(&value, wanted).is_ge(),
            FilterPart::Until(_, wanted) => order(&value, wanted).is_le(),
            FilterPart::Present(_) => true,
            FilterPart::Substrings { initial, any, last, .. } => has_pieces(&value, initial.as_deref(), any, last.as_deref()),
            FilterPart::And(_) | FilterPart::Not | FilterPart::Or(_) => false,
        };
        if held {
            return Some(Truth::True);
        }
    }
    Some(Truth::of(false))
}

/// Compares as numbers what are numbers, anything else as text.
fn order(value: &[u8], wanted: &[u8]) -> std::cmp::Ordering {
    let number = |bytes: &[u8]| std::str::from_utf8(bytes).ok().and_then(|text| text.trim().parse::<i64>().ok());
    match (number(value), number(wanted)) {
        (Some(value), Some(wanted)) => value.cmp(&wanted),
        _ => prepared(value).cmp(&prepared(wanted)),
    }
}

#[cfg(test)]
mod tests;
