//! Single defects of a JSON Schema: one rule broken at a time, each proved to be refused by the schema.

use crate::Schema;
use crate::limits::DEFECTS_MAX;
use serde_json::{Value, json};

/// One way to break one rule of a schema, which the schema refuses.
#[derive(Clone, Debug, PartialEq)]
pub struct SchemaDefect {
    /// What it is, such as `required:/id`.
    pub id: String,
    /// What it does, in words.
    pub describe: String,
    /// JSON Patch (RFC 6902) that makes it from the valid instance.
    pub patch: Value,
}

/// Gives the ways to break one rule of a schema at a time, each refused by it, up to a bound.
///
/// The walk follows `properties`, `items` and references within the schema itself; what lies behind other keywords is not
/// broken by itself.
#[must_use]
pub fn defects_of(schema: &Value, compiled: &Schema, instance: &Value) -> Vec<SchemaDefect> {
    let mut walk = Walk { root: schema, found: Vec::new() };
    walk.visit(schema, instance, "", 0);
    let refused = |defect: &SchemaDefect| changed(instance, &defect.patch).is_some_and(|value| !compiled.is_valid(&value));
    walk.found.into_iter().filter(refused).take(DEFECTS_MAX).collect()
}

/// How deep a schema is walked.
const DEPTH_MAX: usize = 24;

struct Walk<'a> {
    root: &'a Value,
    found: Vec<SchemaDefect>,
}

impl Walk<'_> {
    fn add(&mut self, kind: &str, pointer: &str, describe: String, operation: Value) {
        self.found.push(SchemaDefect { id: format!("{kind}:{pointer}"), describe, patch: json!([operation]) });
    }

    fn replace(&mut self, kind: &str, pointer: &str, describe: String, value: &Value) {
        self.add(kind, pointer, describe, json!({ "op": "replace", "path": pointer, "value": value }));
    }

    fn visit(&mut self, schema: &Value, instance: &Value, pointer: &str, depth: usize) {
        if depth > DEPTH_MAX || self.found.len() >= 2 * DEFECTS_MAX {
            return;
        }
        if let Some(target) = schema.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#')) {
            if let Some(target) = self.root.pointer(target) {
                let target = target.clone();
                self.visit(&target, instance, pointer, depth + 1);
            }
            return;
        }
        self.break_value(schema, instance, pointer);
        if let (Some(Value::Object(properties)), Value::Object(members)) = (schema.get("properties"), instance) {
            for (name, part) in properties {
                if let Some(value) = members.get(name) {
                    self.visit(part, value, &format!("{pointer}/{}", escaped(name)), depth + 1);
                }
            }
        }
        if let (Some(items), Value::Array(list)) = (schema.get("items"), instance)
            && let Some(first) = list.first()
        {
            self.visit(items, first, &format!("{pointer}/0"), depth + 1);
        }
    }

    fn break_value(&mut self, schema: &Value, instance: &Value, pointer: &str) {
        for name in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            let path = format!("{pointer}/{}", escaped(name));
            self.add("required", &path, format!("`{path}` is left out"), json!({ "op": "remove", "path": path }));
        }
        if schema.get("additionalProperties") == Some(&Value::Bool(false)) {
            let path = format!("{pointer}/unexpected");
            self.add("additional", &path, format!("`{path}` is added"), json!({ "op": "add", "path": path, "value": 1 }));
        }
        if schema.get("type").is_some() {
            let other = if instance.is_string() { json!(12_345) } else { json!("not this type") };
            self.replace("type", pointer, format!("`{pointer}` has another type"), &other);
        }
        if schema.get("enum").is_some() || schema.get("const").is_some() {
            self.replace(
                "value",
                pointer,
                format!("`{pointer}` has a value that is not allowed"),
                &json!("not-an-allowed-value"),
            );
        }
        if schema.get("pattern").is_some() || schema.get("format").is_some() {
            self.replace("form", pointer, format!("`{pointer}` has another form"), &json!("\u{1}?!"));
        }
        if let Some(least) = schema.get("minLength").and_then(Value::as_u64).filter(|least| *least > 0) {
            let short = "x".repeat(usize::try_from(least - 1).unwrap_or(0).min(10_000));
            self.replace("short", pointer, format!("`{pointer}` is too short"), &json!(short));
        }
        if let Some(most) = schema.get("maxLength").and_then(Value::as_u64) {
            let long = "x".repeat(usize::try_from(most + 1).unwrap_or(0).min(100_000));
            self.replace("long", pointer, format!("`{pointer}` is too long"), &json!(long));
        }
        if let Some(least) = schema.get("minimum").and_then(Value::as_f64) {
            self.replace("small", pointer, format!("`{pointer}` is too small"), &json!(least - 1.0));
        }
        if let Some(most) = schema.get("maximum").and_then(Value::as_f64) {
            self.replace("large", pointer, format!("`{pointer}` is too large"), &json!(most + 1.0));
        }
        if schema.get("minItems").and_then(Value::as_u64).is_some_and(|least| least > 0) {
            self.replace("empty", pointer, format!("`{pointer}` is empty"), &json!([]));
        }
    }
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Applies the one operation of a defect.
fn changed(instance: &Value, patch: &Value) -> Option<Value> {
    let operation = patch.get(0)?;
    let path = operation.get("path")?.as_str()?;
    let mut value = instance.clone();
    let (parent, name) = path.rsplit_once('/').unwrap_or(("", ""));
    let name = name.replace("~1", "/").replace("~0", "~");
    match operation.get("op")?.as_str()? {
        "remove" => drop(value.pointer_mut(parent)?.as_object_mut()?.shift_remove(&name)?),
        "add" => drop(value.pointer_mut(parent)?.as_object_mut()?.insert(name, operation.get("value")?.clone())),
        _ => *value.pointer_mut(path)? = operation.get("value")?.clone(),
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::defects_of;
    use crate::Schema;
    use serde_json::json;

    #[test]
    fn every_defect_is_refused_and_names_its_place() {
        let schema = json!({"type": "object", "required": ["id", "kind"], "additionalProperties": false, "properties": {
            "id": {"type": "string", "minLength": 2, "pattern": "^[a-z]+$"}, "kind": {"enum": ["a", "b"]}, "n": {"type": "integer", "maximum": 9}
        }});
        let compiled = Schema::compile(&schema, &|_| None).unwrap();
        let instance = json!({"id": "abc", "kind": "a", "n": 3});
        assert!(compiled.is_valid(&instance));
        let ids: Vec<String> = defects_of(&schema, &compiled, &instance).into_iter().map(|defect| defect.id).collect();
        for wanted in [
            "required:/id",
            "required:/kind",
            "additional:/unexpected",
            "type:/id",
            "form:/id",
            "short:/id",
            "value:/kind",
            "large:/n",
        ] {
            assert!(ids.iter().any(|id| id == wanted), "{wanted} is missing in {ids:?}");
        }
    }
}
