//! The codes of one system, with what is above each and what is said of it.

use crate::limits::{CHAIN_MAX, CODES_MAX};
use serde_json::Value;
use std::collections::HashMap;

#[derive(Debug)]
pub(crate) struct CodeSystem {
    /// Whether all codes of the system are listed.
    pub(crate) is_complete: bool,
    is_case_sensitive: bool,
    codes: HashMap<Box<str>, usize>,
    concepts: Vec<Concept>,
}

#[derive(Debug)]
struct Concept {
    parents: Vec<usize>,
    properties: Vec<(String, String)>,
}

impl CodeSystem {
    /// Compiles the JSON of a code system.
    pub(crate) fn compile(text: &[u8]) -> Option<Self> {
        let raw: Value = serde_json::from_slice(text).ok()?;
        let content = raw.get("content").and_then(Value::as_str).unwrap_or_default();
        if content == "supplement" {
            return None;
        }
        let mut system = Self {
            is_complete: content == "complete",
            is_case_sensitive: raw.get("caseSensitive").and_then(Value::as_bool).unwrap_or(true),
            codes: HashMap::new(),
            concepts: Vec::new(),
        };
        system.add(&raw);
        system.link();
        Some(system)
    }

    /// Adds the concepts of the text, level by level.
    fn add(&mut self, raw: &Value) {
        let mut open: Vec<(&Value, Option<usize>)> = vec![(raw, None)];
        while let Some((outer, parent)) = open.pop() {
            for concept in outer.get("concept").and_then(Value::as_array).into_iter().flatten() {
                let Some(code) = concept.get("code").and_then(Value::as_str) else { continue };
                if self.concepts.len() >= CODES_MAX {
                    self.is_complete = false;
                    return;
                }
                let number = self.concepts.len();
                let key = if self.is_case_sensitive { code.to_owned() } else { code.to_lowercase() };
                self.codes.insert(key.into(), number);
                self.concepts.push(Concept { parents: parent.into_iter().collect(), properties: properties(concept) });
                open.push((concept, Some(number)));
            }
        }
    }

    /// Adds the parents that stand as properties.
    fn link(&mut self) {
        for at in 0..self.concepts.len() {
            let named = self.concepts[at].properties.iter();
            let named = named.filter(|(name, _)| matches!(name.as_str(), "parent" | "subsumedBy"));
            let found: Vec<usize> = named.filter_map(|(_, code)| self.find(code)).collect();
            self.concepts[at].parents.extend(found);
        }
    }

    fn find(&self, code: &str) -> Option<usize> {
        if self.is_case_sensitive { self.codes.get(code).copied() } else { self.codes.get(code.to_lowercase().as_str()).copied() }
    }

    /// Tells whether a code is listed.
    pub(crate) fn has(&self, code: &str) -> bool {
        self.find(code).is_some()
    }

    /// Tells whether a code is another one, or stands below it.
    pub(crate) fn is_a(&self, code: &str, above: &str) -> bool {
        let (Some(code), Some(above)) = (self.find(code), self.find(above)) else { return false };
        let mut level = vec![code];
        for _ in 0..CHAIN_MAX {
            if level.contains(&above) {
                return true;
            }
            level = level.iter().flat_map(|at| self.concepts[*at].parents.iter().copied()).collect();
            // Several ways up may meet again; they are looked at once.
            level.sort_unstable();
            level.dedup();
        }
        false
    }

    /// Gives the values of a property of a code; the code itself is `concept` and `code`.
    pub(crate) fn property<'s>(&'s self, code: &'s str, name: &'s str) -> Vec<&'s str> {
        if matches!(name, "concept" | "code") {
            return vec![code];
        }
        let concept = self.find(code).and_then(|at| self.concepts.get(at));
        let properties = concept.into_iter().flat_map(|concept| &concept.properties);
        properties.filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }
}

fn properties(concept: &Value) -> Vec<(String, String)> {
    let listed = concept.get("property").and_then(Value::as_array).into_iter().flatten();
    listed
        .filter_map(|property| {
            let value = property.as_object()?.iter().find(|(name, _)| name.starts_with("value"))?.1;
            let value = match value {
                Value::String(text) => text.clone(),
                Value::Object(coding) => coding.get("code")?.as_str()?.to_owned(),
                other => other.to_string(),
            };
            Some((property.get("code")?.as_str()?.to_owned(), value))
        })
        .collect()
}
