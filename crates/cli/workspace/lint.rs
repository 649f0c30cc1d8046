//! Every mistake in the form of a workspace file at once, each with its place.
//!
//! The form is the JSON Schema of the file, which is made from the types that it is read into: one definition says what may
//! stand where.

use super::places::Places;
use super::{HookText, hook};
use counterpart_diag::{Diagnostic, suggest};
use serde_json::Value;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Holds a file against its schema.
pub(crate) fn lint(table: &DeTable<'_>, schema: &Value, places: &Places) -> Vec<Diagnostic> {
    let mut walk = Walk { places, root: schema, found: Vec::new() };
    walk.table("", 0..0, table, schema);
    walk.found
}

/// Says of each hook what keeps it from being one.
pub(crate) fn hooks(table: &DeTable<'_>, places: &Places) -> Vec<Diagnostic> {
    let Some(DeValue::Table(hooks)) = table.get("hooks").map(Spanned::get_ref) else { return Vec::new() };
    let mut found = Vec::new();
    for (name, value) in hooks {
        let DeValue::Table(parts) = value.get_ref() else { continue };
        let part = |key: &str| parts.get(key).and_then(|part| part.get_ref().as_str()).map(ToOwned::to_owned);
        if let Err(reason) = hook(&HookText { run: part("run"), http: part("http") }) {
            let diagnostic = Diagnostic::error("WS003", format!("`hooks.{}`: {reason}", name.get_ref()));
            found.push(diagnostic.at(places.span(value.span()), "stands here"));
        }
    }
    found
}

struct Walk<'a> {
    places: &'a Places,
    root: &'a Value,
    found: Vec<Diagnostic>,
}

impl<'a> Walk<'a> {
    fn push(&mut self, diagnostic: Diagnostic, span: Range<usize>, label: &str) {
        self.found.push(diagnostic.at(self.places.span(span), label));
    }

    /// Gives a schema with its reference followed, and the one that counts of `anyOf` with `null`.
    fn followed(&self, schema: &'a Value) -> &'a Value {
        let of = schema.get("anyOf").and_then(|any| any.get(0)).unwrap_or(schema);
        let name = of.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix('#'));
        name.and_then(|pointer| self.root.pointer(pointer)).unwrap_or(of)
    }

    fn table(&mut self, path: &str, span: Range<usize>, table: &DeTable<'_>, schema: &'a Value) {
        let properties = schema.get("properties").and_then(Value::as_object);
        for (key, value) in table {
            let name: &str = key.get_ref();
            let below = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            let known = properties.and_then(|properties| properties.get(name));
            match known.or_else(|| schema.get("additionalProperties").filter(|more| more.is_object())) {
                Some(known) => self.value(&below, value, self.followed(known)),
                // Any value may stand under any name.
                None if schema.get("additionalProperties") != Some(&Value::Bool(false)) => {}
                None => {
                    let names: Vec<&str> = properties.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
                    self.unknown(name, path, key.span(), &names);
                }
            }
        }
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        for lacking in required.filter(|name| !table.keys().any(|key| key.get_ref() == name)) {
            self.push(Diagnostic::error("WS003", format!("`[{path}]` lacks `{lacking}`")), span.clone(), "stands here");
        }
    }

    fn unknown(&mut self, name: &str, path: &str, span: Range<usize>, known: &[&str]) {
        let place = if path.is_empty() { "the workspace file".to_owned() } else { format!("`[{path}]`") };
        let diagnostic = Diagnostic::error("WS002", format!("unknown key `{name}` in {place}"));
        self.push(suggested(diagnostic, name, known), span, "not known");
    }

    fn value(&mut self, path: &str, value: &Spanned<DeValue<'_>>, schema: &'a Value) {
        match value.get_ref() {
            DeValue::Table(table) if is(schema, "object") => self.table(path, value.span(), table, schema),
            DeValue::Array(items) if is(schema, "array") => {
                let Some(item) = schema.get("items") else { return };
                items.iter().enumerate().for_each(|(at, one)| self.value(&format!("{path}[{at}]"), one, self.followed(item)));
            }
            DeValue::String(text) if words(schema).is_some_and(|words| !words.contains(&text.as_ref())) => {
                let words = words(schema).unwrap_or_default();
                let diagnostic = Diagnostic::error("WS003", format!("`{path}` is none of {}", words.join(", ")));
                self.push(suggested(diagnostic, text, &words), value.span(), "another word");
            }
            other if fits(other, schema) => {}
            other => {
                let wanted = wanted(schema);
                let diagnostic = Diagnostic::error("WS003", format!("`{path}` is {}; it is {wanted}", article(other.type_str())));
                self.push(diagnostic, value.span(), &format!("write {wanted}"));
            }
        }
    }
}

/// Adds the nearest known word, or all of them where none is near.
pub(crate) fn suggested(diagnostic: Diagnostic, word: &str, known: &[&str]) -> Diagnostic {
    match suggest(word, known.iter().copied()) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None if known.is_empty() => diagnostic.help("the pack has none"),
        None => diagnostic.help(format!("known are {}", known.join(", "))),
    }
}

/// The types that a schema allows; every type where it names none.
fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn is(schema: &Value, kind: &str) -> bool {
    let types = types(schema);
    types.is_empty() || types.contains(&kind)
}

/// The words that a schema allows, where it names them.
fn words(schema: &Value) -> Option<Vec<&str>> {
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return Some(words.iter().filter_map(Value::as_str).collect());
    }
    let one_of = schema.get("oneOf").and_then(Value::as_array)?;
    Some(one_of.iter().filter_map(|one| one.get("const").and_then(Value::as_str)).collect())
}

fn fits(value: &DeValue<'_>, schema: &Value) -> bool {
    match value {
        DeValue::Array(_) => is(schema, "array"),
        DeValue::Boolean(_) => is(schema, "boolean"),
        DeValue::Datetime(_) => schema.get("format").is_some(),
        DeValue::Float(_) => is(schema, "number"),
        DeValue::Integer(_) => is(schema, "integer") || is(schema, "number"),
        DeValue::String(_) => is(schema, "string") || words(schema).is_some(),
        DeValue::Table(_) => is(schema, "object"),
    }
}

/// Says in words what may stand there.
fn wanted(schema: &Value) -> String {
    if words(schema).is_some() {
        return "one of some words".to_owned();
    }
    let word = |kind: &&str| match *kind {
        "array" => Some("a list"),
        "boolean" => Some("`true` or `false`"),
        "integer" => Some("a whole number"),
        "number" => Some("a number"),
        "object" => Some("a table"),
        "string" if schema.get("format").is_some() => Some("a date"),
        "string" => Some("a text in quotes"),
        _ => None,
    };
    types(schema).iter().filter_map(word).collect::<Vec<_>>().join(" or ")
}

fn article(kind: &str) -> String {
    let vowel = kind.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {kind}", if vowel { "an" } else { "a" })
}
