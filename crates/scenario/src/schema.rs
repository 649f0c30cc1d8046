//! JSON Schemas for editors and the language reference, from the same definitions as the reader.

use crate::read::{Field, Read, Record};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Gathers the definitions that a schema refers to.
#[derive(Default)]
pub struct Schemas {
    definitions: BTreeMap<String, Value>,
    records: BTreeMap<String, RecordDoc>,
}

/// One record in the language reference.
#[derive(Clone, Debug)]
pub struct RecordDoc {
    /// Name in words.
    pub name: String,
    /// What it is for.
    pub doc: String,
    /// Its keys in order.
    pub keys: Vec<KeyDoc>,
}

/// One key in the language reference.
#[derive(Clone, Debug)]
pub struct KeyDoc {
    /// Key.
    pub key: String,
    /// `required`, `optional`, `list`, `map` or `one-of`.
    pub how: String,
    /// Type in words.
    pub kind: String,
    /// What it is for.
    pub doc: String,
}

impl Schemas {
    /// Gives a reference to a record's definition, making it the first time.
    pub fn record<T: Record>(&mut self) -> Value {
        let name = T::NAME.replace([' ', '`'], "-");
        if !self.definitions.contains_key(&name) {
            // A place is taken first, since records refer to themselves.
            self.definitions.insert(name.clone(), Value::Null);
            let fields = T::keys(self);
            self.records.insert(name.clone(), describe::<T>(&fields));
            self.definitions.insert(name.clone(), definition(&T::doc(), &fields));
        }
        json!({ "$ref": format!("#/$defs/{name}") })
    }
}

fn describe<T: Record>(fields: &[Field]) -> RecordDoc {
    let keys = fields.iter().map(|field| KeyDoc {
        key: field.key.to_owned(),
        how: field.how.to_owned(),
        kind: field.kind.clone(),
        doc: plain_text(&field.doc),
    });
    RecordDoc { name: T::NAME.to_owned(), doc: plain_text(&T::doc()), keys: keys.collect() }
}

fn definition(doc: &str, fields: &[Field]) -> Value {
    let mut properties = Map::new();
    for field in fields {
        let value = match field.how {
            "list" => json!({ "type": "array", "items": field.schema }),
            "map" => json!({ "type": "object", "additionalProperties": field.schema }),
            _ => field.schema.clone(),
        };
        // A description beside `$ref` is read by editors from draft 2019-09 on.
        let value = match value {
            Value::Object(mut value) => {
                value.entry("description").or_insert_with(|| Value::String(plain_text(&field.doc)));
                Value::Object(value)
            }
            other => other,
        };
        properties.insert(field.key.to_owned(), value);
    }
    let mut schema =
        json!({ "type": "object", "description": plain_text(doc), "properties": properties, "additionalProperties": false });
    let required: Vec<&str> = fields.iter().filter(|field| field.how == "required").map(|field| field.key).collect();
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    let one_of: Vec<Value> =
        fields.iter().filter(|field| field.how == "one-of").map(|field| json!({ "required": [field.key] })).collect();
    if !one_of.is_empty() {
        schema["oneOf"] = Value::Array(one_of);
    }
    schema
}

/// Joins the lines of a documentation comment into flowing text.
fn plain_text(doc: &str) -> String {
    doc.split("\n\n")
        .map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect::<Vec<_>>()
        .join("\n\n")
        .trim()
        .to_owned()
}

/// Gives the JSON Schema (2020-12) of a file kind.
#[must_use]
pub fn schema_of<T: Read>(title: &str) -> Value {
    let mut schemas = Schemas::default();
    let root = T::schema(&mut schemas);
    let mut schema = json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "title": title });
    if let (Value::Object(schema), Value::Object(root)) = (&mut schema, root) {
        schema.extend(root);
    }
    schema["$defs"] = json!(schemas.definitions);
    schema
}

/// Gives every record that a file kind is made of, by name.
#[must_use]
pub fn reference<T: Read>() -> Vec<RecordDoc> {
    let mut schemas = Schemas::default();
    let _ = T::schema(&mut schemas);
    schemas.records.into_values().collect()
}
