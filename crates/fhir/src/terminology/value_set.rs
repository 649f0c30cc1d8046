//! A value set: what it includes and excludes.

use serde_json::Value;
use std::collections::HashSet;

#[derive(Debug, Default)]
pub(crate) struct ValueSet {
    pub(super) include: Vec<Part>,
    pub(super) exclude: Vec<Part>,
}

/// Codes of one system, of other value sets, or of both.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) system: Option<String>,
    /// The codes, where they are listed.
    pub(super) codes: Option<HashSet<String>>,
    pub(super) filters: Vec<Filter>,
    /// Value sets all of which must have the code.
    pub(super) value_sets: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Filter {
    pub(super) property: String,
    pub(super) operator: String,
    pub(super) value: String,
}

impl ValueSet {
    /// Compiles the JSON of a value set; without a definition its expansion counts.
    pub(crate) fn compile(text: &[u8]) -> Option<Self> {
        let raw: Value = serde_json::from_slice(text).ok()?;
        let parts = |name: &str| list(raw.get("compose")?, name).map(|parts| parts.iter().map(part).collect::<Vec<_>>());
        let mut set = Self { include: parts("include").unwrap_or_default(), exclude: parts("exclude").unwrap_or_default() };
        // STU3 drafts import other sets beside what they include.
        if let Some(imports) = raw.get("compose").and_then(|compose| list(compose, "import")) {
            let imports = imports.iter().filter_map(Value::as_str);
            set.include.extend(imports.map(|url| Part { value_sets: vec![url.to_owned()], ..Part::default() }));
        }
        if set.include.is_empty() {
            set.include = expansion(&raw);
        }
        Some(set)
    }
}

fn list<'v>(value: &'v Value, key: &str) -> Option<&'v Vec<Value>> {
    value.get(key)?.as_array()
}

fn part(raw: &Value) -> Part {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let codes = list(raw, "concept").map(|concepts| concepts.iter().map(|concept| text(concept, "code")).collect());
    let filters = list(raw, "filter").into_iter().flatten();
    let value_sets = list(raw, "valueSet").into_iter().flatten().filter_map(Value::as_str);
    Part {
        system: raw.get("system").and_then(Value::as_str).map(ToOwned::to_owned),
        codes,
        filters: filters
            .map(|filter| Filter {
                property: text(filter, "property"),
                operator: text(filter, "op"),
                value: text(filter, "value"),
            })
            .collect(),
        value_sets: value_sets.map(ToOwned::to_owned).collect(),
    }
}

/// Reads the codes of an expansion, one part for each system.
fn expansion(raw: &Value) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut open: Vec<&Value> =
        raw.get("expansion").and_then(|expansion| list(expansion, "contains")).into_iter().flatten().collect();
    while let Some(entry) = open.pop() {
        open.extend(list(entry, "contains").into_iter().flatten());
        let (Some(system), Some(code)) = (entry.get("system").and_then(Value::as_str), entry.get("code").and_then(Value::as_str))
        else {
            continue;
        };
        let at = parts.iter().position(|part| part.system.as_deref() == Some(system)).unwrap_or_else(|| {
            parts.push(Part { system: Some(system.to_owned()), codes: Some(HashSet::new()), ..Part::default() });
            parts.len() - 1
        });
        parts[at].codes.get_or_insert_default().insert(code.to_owned());
    }
    parts
}
