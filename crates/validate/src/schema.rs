//! JSON Schema, offline: references lead to files of the pack or nowhere. <https://json-schema.org/specification>

use crate::limits::{PROBLEMS_MAX, RESOURCES_MAX, SHOWN_CHARS_MAX};
use jsonschema::error::ValidationErrorKind;
use jsonschema::{Retrieve, Uri, ValidationError, Validator};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Why a schema cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SchemaFault {
    /// One sentence without a full stop.
    pub message: String,
    /// JSON Pointer in the schema, where it is known.
    pub pointer: String,
}

/// One place where a value breaks a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// JSON Pointer of the place.
    pub pointer: String,
    /// One sentence without a full stop.
    pub message: String,
    /// All that would have been right.
    pub expected: Vec<String>,
    /// What was there, cut to a bound.
    pub actual: String,
}

/// A compiled JSON Schema.
#[derive(Clone)]
pub struct Schema {
    validator: Arc<Validator>,
}

impl std::fmt::Debug for Schema {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Schema")
    }
}

/// Gives the files of the pack that a schema refers to, and nothing else.
struct Files(BTreeMap<String, Value>);

impl Retrieve for Files {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        let wanted = uri.as_str().split('#').next().unwrap_or("");
        self.0
            .get(wanted)
            .cloned()
            .ok_or_else(|| format!("`{wanted}` is not a file of the pack, and nothing is ever fetched").into())
    }
}

impl Schema {
    /// Compiles a schema; its draft is taken from `$schema`, the newest without. `resolve` gives the files it refers to.
    ///
    /// # Errors
    /// What is wrong with it, or a reference that `resolve` does not know.
    pub fn compile(schema: &Value, resolve: &dyn Fn(&str) -> Option<Value>) -> Result<Self, SchemaFault> {
        let base = schema.get("$id").and_then(Value::as_str).unwrap_or("pack:/schemas/schema.json");
        let mut files = BTreeMap::new();
        gather(schema, base, resolve, &mut files);
        let options = jsonschema::options().with_base_uri(base).with_retriever(Files(files)).should_validate_formats(true);
        match options.build(schema) {
            Ok(validator) => Ok(Self { validator: Arc::new(validator) }),
            Err(error) => Err(SchemaFault { message: error.to_string(), pointer: error.instance_path().to_string() }),
        }
    }

    /// Tells whether a value is valid.
    #[must_use]
    pub fn is_valid(&self, value: &Value) -> bool {
        self.validator.is_valid(value)
    }

    /// Names the places where a value breaks the schema, up to a bound.
    #[must_use]
    pub fn problems(&self, value: &Value) -> Vec<Problem> {
        if self.validator.is_valid(value) {
            return Vec::new();
        }
        let mut problems = Vec::new();
        for error in self.validator.iter_errors(value).take(PROBLEMS_MAX) {
            problems.extend(problem(&error, value, 0));
        }
        problems.truncate(PROBLEMS_MAX);
        problems
    }
}

/// Reads every file that a schema refers to, directly or by way of others.
fn gather(schema: &Value, base: &str, resolve: &dyn Fn(&str) -> Option<Value>, files: &mut BTreeMap<String, Value>) {
    let mut references = BTreeSet::new();
    collect_references(schema, &mut references);
    for reference in references {
        let path = reference.split('#').next().unwrap_or("");
        let uri = if path.contains(':') { path.to_owned() } else { joined(base, path) };
        if path.is_empty() || files.contains_key(&uri) || files.len() >= RESOURCES_MAX {
            continue;
        }
        if let Some(content) = resolve(&uri) {
            files.insert(uri.clone(), content.clone());
            gather(&content, &uri, resolve, files);
        }
    }
}

fn collect_references(schema: &Value, references: &mut BTreeSet<String>) {
    match schema {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                references.insert(reference.clone());
            }
            members.values().for_each(|member| collect_references(member, references));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_references(item, references)),
        _ => {}
    }
}

/// Puts a relative reference in the folder of its base.
fn joined(base: &str, path: &str) -> String {
    let folder = base.rsplit_once('/').map_or("", |(folder, _)| folder);
    format!("{folder}/{}", path.trim_start_matches("./"))
}

/// How deep alternatives within alternatives are told apart.
const ALTERNATIVES_DEPTH_MAX: usize = 4;

/// Says what one error means; of alternatives, the one that came closest is told.
fn problem(error: &ValidationError<'_>, root: &Value, depth: usize) -> Vec<Problem> {
    match error.kind() {
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context }
            if depth < ALTERNATIVES_DEPTH_MAX =>
        {
            let closest = context.iter().filter(|errors| !errors.is_empty()).min_by_key(|errors| distance(errors));
            closest.map_or_else(
                || vec![plain(error, root)],
                |errors| errors.iter().flat_map(|error| problem(error, root, depth + 1)).collect(),
            )
        }
        _ => vec![plain(error, root)],
    }
}

/// An alternative is closer the fewer errors it has, and the deeper they lie: a wrong constant means another branch was meant.
fn distance(errors: &[ValidationError<'_>]) -> (usize, usize) {
    let constants = errors
        .iter()
        .filter(|error| matches!(error.kind(), ValidationErrorKind::Constant { .. } | ValidationErrorKind::Enum { .. }))
        .count();
    (constants, errors.len())
}

fn plain(error: &ValidationError<'_>, root: &Value) -> Problem {
    let pointer = error.instance_path().to_string();
    let (message, expected) = words(error.kind());
    let actual = match error.kind() {
        ValidationErrorKind::Required { .. } => "nothing".to_owned(),
        _ => shown(root.pointer(&pointer).unwrap_or(error.instance())),
    };
    let pointer = match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            unexpected.first().map_or(pointer.clone(), |name| format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1")))
        }
        _ => pointer,
    };
    Problem { pointer, message: message.unwrap_or_else(|| error.masked().to_string()), expected, actual }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// Says in plain words what a keyword asks for.
fn words(kind: &ValidationErrorKind) -> (Option<String>, Vec<String>) {
    let one = |message: &str, expected: String| (Some(message.to_owned()), vec![expected]);
    match kind {
        ValidationErrorKind::Required { property } => {
            one(&format!("member `{}` is missing", text(property)), format!("member `{}`", text(property)))
        }
        ValidationErrorKind::Type { kind } => {
            let types = match kind {
                jsonschema::error::TypeKind::Single(kind) => vec![kind.to_string()],
                jsonschema::error::TypeKind::Multiple(kinds) => kinds.iter().map(|kind| kind.to_string()).collect(),
            };
            (Some("the value is of the wrong type".to_owned()), types)
        }
        ValidationErrorKind::Enum { options } => {
            let options = options.as_array().map(|options| options.iter().map(text).collect()).unwrap_or_default();
            (Some("the value is none of those allowed".to_owned()), options)
        }
        ValidationErrorKind::Constant { expected_value } => one("the value is another one", text(expected_value)),
        ValidationErrorKind::Pattern { pattern } => one("the text has another form", format!("text that matches `{pattern}`")),
        ValidationErrorKind::Format { format } => one("the text has another form", format!("text in the format `{format}`")),
        ValidationErrorKind::MinLength { limit } => one("the text is too short", format!("at least {limit} characters")),
        ValidationErrorKind::MaxLength { limit } => one("the text is too long", format!("at most {limit} characters")),
        ValidationErrorKind::Minimum { limit } => one("the number is too small", format!("at least {limit}")),
        ValidationErrorKind::Maximum { limit } => one("the number is too large", format!("at most {limit}")),
        ValidationErrorKind::ExclusiveMinimum { limit } => one("the number is too small", format!("more than {limit}")),
        ValidationErrorKind::ExclusiveMaximum { limit } => one("the number is too large", format!("less than {limit}")),
        ValidationErrorKind::MinItems { limit } => one("the list is too short", format!("at least {limit} members")),
        ValidationErrorKind::MaxItems { limit } => one("the list is too long", format!("at most {limit} members")),
        ValidationErrorKind::MinProperties { limit } => {
            one("the object has too few members", format!("at least {limit} members"))
        }
        ValidationErrorKind::MaxProperties { limit } => {
            one("the object has too many members", format!("at most {limit} members"))
        }
        ValidationErrorKind::UniqueItems => one("the list has a member twice", "each member once".to_owned()),
        ValidationErrorKind::AdditionalProperties { unexpected } | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            one(&format!("member `{}` is not allowed here", unexpected.join("`, `")), "no further members".to_owned())
        }
        _ => (None, Vec::new()),
    }
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((at, _)) => format!("{}... ({} characters)", text.get(..at).unwrap_or(""), text.chars().count()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::Schema;
    use serde_json::{Value, json};

    fn compile(schema: &Value) -> Schema {
        Schema::compile(schema, &|_| None).unwrap()
    }

    #[test]
    fn each_problem_has_its_own_place() {
        let schema = compile(&json!({"properties": {"a": {"type": "string"}, "b": {"enum": ["x", "y"]}}, "required": ["c"]}));
        let problems = schema.problems(&json!({"a": 1, "b": "z"}));
        let places: Vec<&str> = problems.iter().map(|problem| problem.pointer.as_str()).collect();
        assert_eq!(places.len(), 3);
        assert!(places.contains(&"/a") && places.contains(&"/b") && places.contains(&""));
        assert!(problems.iter().any(|problem| problem.expected == ["x", "y"]));
    }

    #[test]
    fn a_reference_leads_to_a_file_of_the_pack_or_nowhere() {
        let resolve = |uri: &str| (uri == "pack:/schemas/part.json").then(|| json!({"type": "integer"}));
        let schema = json!({"$id": "pack:/schemas/whole.json", "properties": {"n": {"$ref": "part.json"}}});
        assert!(!Schema::compile(&schema, &resolve).unwrap().is_valid(&json!({"n": "1"})));
        let fault = Schema::compile(&json!({"$ref": "https://example.org/x.json"}), &resolve).unwrap_err();
        assert!(fault.message.contains("nothing is ever fetched"), "{fault}");
    }

    #[test]
    fn of_alternatives_the_closest_is_told() {
        let schema = compile(&json!({"oneOf": [
            {"properties": {"kind": {"const": "a"}, "n": {"type": "integer"}}, "required": ["kind", "n"]},
            {"properties": {"kind": {"const": "b"}, "t": {"type": "string"}}, "required": ["kind", "t"]},
        ]}));
        let problems = schema.problems(&json!({"kind": "b", "t": 5}));
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].pointer, "/t");
    }
}
