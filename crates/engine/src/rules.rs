//! Which rule of a stub answers: an index by endpoint, method, path and compared field, then the first that holds.

use crate::lets::Namings;
use counterpart_evidence::Request;
use counterpart_matching::{Condition, Operand, Operator, Rule as MatchRule, Sense, Side, Subject, Subjects, query_pairs};
use counterpart_plan::model::{Rule, RuleOn, Stub};
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A field that rules compare with a literal, so that they can be looked up by it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum FieldKey {
    Header(String),
    Json(String),
    Query(String),
}

/// The rules of several stubs in order, indexed.
#[derive(Debug, Default)]
pub(crate) struct RuleIndex {
    rules: Vec<Arc<Rule>>,
    /// Rules that compare a field with a literal: positions by the literal's text.
    by_field: Vec<(FieldKey, HashMap<String, Vec<usize>>)>,
    /// Rules that must be looked at for every request.
    rest: Vec<usize>,
    namings: Namings,
    is_stateless: bool,
}

impl RuleIndex {
    /// Indexes the rules of stubs. What is known beforehand, by root name, is worked out now.
    pub(crate) fn new<'a>(stubs: impl IntoIterator<Item = &'a Arc<Stub>>, known: &Map<String, Value>) -> Self {
        let rules: Vec<Arc<Rule>> = stubs.into_iter().flat_map(|stub| stub.rules.iter().cloned()).collect();
        let is_stateless = rules.iter().all(|rule| needs_no_memory(rule));
        let namings = Namings::new(rules.iter().map(AsRef::as_ref), known);
        let mut index = Self { rules, namings, is_stateless, ..Self::default() };
        let compared: Vec<Vec<(FieldKey, String)>> =
            index.rules.iter().map(|rule| rule.when.as_ref().map(compared_fields).unwrap_or_default()).collect();
        let values = values_by_field(&compared);
        let mut fields: HashMap<FieldKey, HashMap<String, Vec<usize>>> = HashMap::new();
        for (at, of_rule) in compared.into_iter().enumerate() {
            // The field that tells most rules apart: one that they all compare with the same value narrows nothing.
            match of_rule.into_iter().max_by_key(|(field, _)| values.get(field).copied()) {
                Some((field, literal)) => fields.entry(field).or_default().entry(literal).or_default().push(at),
                None => index.rest.push(at),
            }
        }
        index.by_field = fields.into_iter().collect();
        index
    }

    /// Tells whether no rule reads, changes or counts anything that is remembered, given a store without content.
    pub(crate) fn is_stateless(&self) -> bool {
        self.is_stateless
    }

    /// Gives the rules in order.
    pub(crate) fn rules(&self) -> &[Arc<Rule>] {
        &self.rules
    }

    /// Gives what the named values of its rules are to one another.
    pub(crate) fn namings(&self) -> &Namings {
        &self.namings
    }

    /// Gives the rules that a request could match, in order, each with its place.
    pub(crate) fn candidates<'a>(
        &'a self,
        subjects: &Subjects<'_>,
        request: &Request,
    ) -> impl Iterator<Item = (usize, &'a Arc<Rule>)> {
        let mut lists: Vec<&[usize]> = vec![&self.rest];
        for (field, positions) in &self.by_field {
            if let Some(found) = field_text(field, subjects, request).and_then(|text| positions.get(&text)) {
                lists.push(found);
            }
        }
        Merged { lists }.filter_map(|at| Some((at, self.rules.get(at)?)))
    }
}

/// Tells whether a rule answers alike whatever came before.
fn needs_no_memory(rule: &Rule) -> bool {
    rule.then.is_empty() && rule.attempts_by.is_none() && rule.respond.len() <= 1
}

/// Tells whether a condition reads one of these names.
pub(crate) fn reads(rule: &MatchRule, names: &[&str]) -> bool {
    match rule {
        MatchRule::All(rules) => rules.iter().any(|rule| reads(rule, names)),
        MatchRule::Any(alternatives) => alternatives.iter().any(|alternative| reads(&alternative.rule, names)),
        MatchRule::Condition(condition) => condition.reads(names),
        MatchRule::Whole(_) => false,
    }
}

/// Walks several ascending lists in ascending order.
struct Merged<'a> {
    lists: Vec<&'a [usize]>,
}

impl Iterator for Merged<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let list = self.lists.iter_mut().filter(|list| !list.is_empty()).min_by_key(|list| list.first().copied())?;
        let (first, rest) = list.split_first()?;
        *list = rest;
        Some(*first)
    }
}

/// Finds the comparisons of request fields with text literals that must hold.
fn compared_fields(rule: &MatchRule) -> Vec<(FieldKey, String)> {
    match rule {
        MatchRule::All(rules) => rules.iter().flat_map(compared_fields).collect(),
        MatchRule::Any(_) | MatchRule::Whole(_) => Vec::new(),
        MatchRule::Condition(condition) => compared(condition).into_iter().collect(),
    }
}

/// Counts the different values that rules compare each field with.
fn values_by_field(compared: &[Vec<(FieldKey, String)>]) -> HashMap<FieldKey, usize> {
    let mut values: HashMap<&FieldKey, HashSet<&str>> = HashMap::new();
    for (field, literal) in compared.iter().flatten() {
        values.entry(field).or_default().insert(literal);
    }
    values.into_iter().map(|(field, literals)| (field.clone(), literals.len())).collect()
}

fn compared(condition: &Condition) -> Option<(FieldKey, String)> {
    if condition.side != Side::Request {
        return None;
    }
    let literal = condition.tests.iter().find_map(|test| match (&test.operator, test.sense) {
        (Operator::Equals(Operand::Literal(Value::String(text))), Sense::Is) => Some(text.clone()),
        _ => None,
    })?;
    match &condition.subject {
        Subject::Header(name) => Some((FieldKey::Header(name.to_ascii_lowercase()), literal)),
        Subject::Json(path) => {
            let pointer = path.expression();
            (pointer.is_empty() || pointer.starts_with('/')).then(|| (FieldKey::Json(pointer.to_owned()), literal))
        }
        Subject::Query(name) => Some((FieldKey::Query(name.clone()), literal)),
        _ => None,
    }
}

fn field_text(field: &FieldKey, subjects: &Subjects<'_>, request: &Request) -> Option<String> {
    match field {
        FieldKey::Header(name) => request.headers.first(name).map(ToOwned::to_owned),
        FieldKey::Json(pointer) => match subjects.json(Side::Request)? {
            Ok(json) => json.at(pointer).and_then(Value::as_str).map(ToOwned::to_owned),
            Err(_) => None,
        },
        FieldKey::Query(name) => {
            // Decoded, as the condition itself reads it: a value that misses the index is a rule that is never tried.
            query_pairs(request.query()?).find(|(key, _)| key == name).map(|(_, value)| value)
        }
    }
}

/// Tells whether a rule is about a request, whatever its path.
pub(crate) fn concerns(on: &RuleOn, endpoint: &str, request: &Request) -> bool {
    let endpoint_fits = on.endpoint.as_ref().is_none_or(|name| name == endpoint);
    let method_fits = on.methods.is_empty() || on.methods.contains(&request.method);
    endpoint_fits && method_fits && on.action.is_none()
}

/// Tells criterion by criterion how a rule's `on` misses a request; empty where it fits.
pub(crate) fn misses(on: &RuleOn, endpoint: &str, request: &Request, path: &str) -> Vec<String> {
    let mut missed = Vec::new();
    if let Some(name) = on.endpoint.as_ref().filter(|name| *name != endpoint) {
        missed.push(format!("endpoint is `{endpoint}`, the rule's is `{name}`"));
    }
    if !on.methods.is_empty() && !on.methods.contains(&request.method) {
        missed.push(format!("method is `{}`, the rule takes {}", request.method, on.methods.join(", ")));
    }
    if let Some(pattern) = on.path.as_ref().filter(|pattern| path_parts(pattern, path).is_none()) {
        missed.push(format!("path is `{path}`, the rule takes `{pattern}`"));
    }
    missed
}

/// Matches a path with a pattern: `{name}` stands for one segment, `{*rest}` for the rest.
pub(crate) fn path_parts(pattern: &str, path: &str) -> Option<Map<String, Value>> {
    let mut parts = Map::new();
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(parts),
            (Some(part), segment) if part.starts_with("{*") && part.ends_with('}') => {
                let rest = segment.into_iter().chain(given).collect::<Vec<_>>().join("/");
                parts.insert(part.trim_matches(|character| matches!(character, '{' | '}' | '*')).to_owned(), Value::String(rest));
                return Some(parts);
            }
            (Some(part), Some(segment)) if part.starts_with('{') && part.ends_with('}') && !segment.is_empty() => {
                parts.insert(
                    part.trim_matches(|character| matches!(character, '{' | '}')).to_owned(),
                    Value::String(decoded(segment)),
                );
            }
            (Some(part), Some(segment)) if part == segment => {}
            _ => return None,
        }
    }
}

/// Undoes percent-encoding (RFC 3986 §2.1); bytes that are not UTF-8 become replacement characters.
fn decoded(segment: &str) -> String {
    let bytes = segment.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let pair = segment.get(at + 1..at + 3).filter(|_| *byte == b'%').and_then(|pair| u8::from_str_radix(pair, 16).ok());
        out.push(pair.unwrap_or(*byte));
        at += if pair.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{FieldKey, Merged, path_parts, values_by_field};
    use serde_json::json;

    #[test]
    fn the_field_with_most_values_tells_rules_apart() {
        let kind = || (FieldKey::Header("x-kind".to_owned()), "echo".to_owned());
        let id = |value: &str| (FieldKey::Json("/id".to_owned()), value.to_owned());
        let values = values_by_field(&[vec![kind(), id("1")], vec![kind(), id("2")], vec![], vec![id("2")]]);
        assert_eq!((values.get(&kind().0), values.get(&id("").0)), (Some(&1), Some(&2)));
    }

    #[test]
    fn a_pattern_names_parts_of_a_path() {
        let parts = |pattern, path| path_parts(pattern, path).map(serde_json::Value::Object);
        assert_eq!(parts("/a/{id}", "/a/x%20y"), Some(json!({"id": "x y"})));
        assert_eq!(parts("/a/{id}", "/a/"), None);
        assert_eq!(parts("/a/{id}", "/a/b/c"), None);
        assert_eq!(parts("/a/{*rest}", "/a/b/c"), Some(json!({"rest": "b/c"})));
        assert_eq!(parts("/a", "/a/"), None);
    }

    #[test]
    fn ascending_lists_are_merged_in_order() {
        let merged: Vec<usize> = Merged { lists: vec![&[1, 4, 9], &[], &[2, 3, 10]] }.collect();
        assert_eq!(merged, [1, 2, 3, 4, 9, 10]);
    }
}
