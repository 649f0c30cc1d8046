//! Compiles the list of elements of a snapshot into a tree.
//!
//! What is missing or odd is passed over: packages are published with all kinds of faults, and the rest of a
//! definition is of use all the same. <https://hl7.org/fhir/STU3/elementdefinition.html>

use super::element::{Binding, By, Constraint, Discriminator, Element, MANY, Rules, Slicing, Strength, TypeRef};
use super::expressions::Expressions;
use crate::limits::ELEMENTS_MAX;
use serde_json::Value;

/// Says that a type code stands for one of the primitive types of the path language.
const SYSTEM_TYPE: &str = "http://hl7.org/fhirpath/System.";
const FHIR_TYPE: &str = "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type";
const MAX_VALUE_SET: &str = "http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet";

/// Compiles elements; the first is the root. An empty list gives an empty list.
pub(super) fn compile(raw: &[Value], expressions: &Expressions) -> Vec<Element> {
    let mut elements: Vec<Element> = Vec::with_capacity(raw.len().min(ELEMENTS_MAX));
    // The elements in which the next one may stand, outermost first.
    let mut open: Vec<usize> = Vec::new();
    for raw in raw.iter().take(ELEMENTS_MAX) {
        let Some(element) = element(raw, expressions) else { continue };
        let at = elements.len();
        let parent_path = element.path.rsplit_once('.').map(|(parent, _)| parent);
        while open.last().is_some_and(|last| Some(elements[*last].path.as_str()) != parent_path) {
            open.pop();
        }
        if at > 0 {
            // An element that stands in nothing known has no place in the tree.
            let Some(&parent) = open.last() else { continue };
            attach(&mut elements, parent, at, &element);
        }
        elements.push(element);
        open.push(at);
    }
    link_contents(&mut elements, raw);
    elements
}

/// Puts an element below its parent, or a slice below what it slices.
fn attach(elements: &mut [Element], parent: usize, at: usize, element: &Element) {
    let sliced = element.slice_name.as_deref().and_then(|name| sliced_by(elements, parent, element, name));
    match sliced {
        Some(sliced) => elements[sliced].slices.push(at),
        None => elements[parent].children.push(at),
    }
}

/// Finds what a slice slices: the element of its name, or for `a/b` the slice `a` of it.
fn sliced_by(elements: &[Element], parent: usize, slice: &Element, name: &str) -> Option<usize> {
    let mut entries = elements[parent].children.iter().rev().copied();
    let entry = entries.find(|child| elements[*child].name == slice.name && elements[*child].slice_name.is_none())?;
    // STU3 and R4 §5.1.0.14: a slice of a slice carries the name of the outer one before the last `/`.
    let outer = name.rsplit_once('/').map(|(outer, _)| outer);
    let found = outer.and_then(|outer| find_slice(elements, entry, outer, 0));
    Some(found.unwrap_or(entry))
}

fn find_slice(elements: &[Element], entry: usize, name: &str, depth: usize) -> Option<usize> {
    if depth > crate::limits::CHAIN_MAX {
        return None;
    }
    elements[entry].slices.iter().find_map(|slice| {
        if elements[*slice].slice_name.as_deref() == Some(name) {
            Some(*slice)
        } else {
            find_slice(elements, *slice, name, depth + 1)
        }
    })
}

/// Resolves `contentReference`: `#Questionnaire.item`, by id, else by path.
fn link_contents(elements: &mut [Element], raw: &[Value]) {
    for raw in raw {
        let Some(wanted) = raw.get("contentReference").and_then(Value::as_str) else { continue };
        let wanted = wanted.rsplit_once('#').map_or(wanted, |(_, id)| id);
        let id = raw.get("id").and_then(Value::as_str);
        let path = raw.get("path").and_then(Value::as_str);
        let target = elements
            .iter()
            .position(|element| element.id == wanted)
            .or_else(|| elements.iter().position(|element| element.path == wanted));
        for element in elements.iter_mut().filter(|element| id == Some(&element.id) && path == Some(&element.path)) {
            element.content = target;
        }
    }
}

fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key)?.as_str()
}

fn list<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn element(raw: &Value, expressions: &Expressions) -> Option<Element> {
    let path = text(raw, "path")?.to_owned();
    let last = path.rsplit_once('.').map_or(path.as_str(), |(_, last)| last);
    let name = last.strip_suffix("[x]").unwrap_or(last).to_owned();
    let is_root = !path.contains('.');
    let max = text(raw, "max");
    let base_max = raw.get("base").and_then(|base| text(base, "max")).or(max);
    Some(Element {
        id: text(raw, "id").unwrap_or(&path).to_owned(),
        is_choice: last.ends_with("[x]"),
        is_list: !is_root && !matches!(base_max, Some("0" | "1") | None),
        is_attribute: list(raw, "representation").any(|form| form == "xmlAttr"),
        // Some packages write the name of a slice on the element that is sliced; it slices then.
        slice_name: text(raw, "sliceName").filter(|_| !is_root).map(ToOwned::to_owned),
        min: raw.get("min").and_then(Value::as_u64).and_then(|min| u32::try_from(min).ok()).unwrap_or(0),
        max: max.map_or(MANY, |max| max.parse().unwrap_or(MANY)),
        types: types(raw, &path),
        content: None,
        fixed: member_that_begins(raw, "fixed"),
        pattern: member_that_begins(raw, "pattern"),
        min_value: member_that_begins(raw, "minValue"),
        max_value: member_that_begins(raw, "maxValue"),
        max_length: raw.get("maxLength").and_then(Value::as_u64).and_then(|max| u32::try_from(max).ok()),
        binding: raw.get("binding").and_then(binding),
        constraints: list(raw, "constraint").filter_map(|raw| constraint(raw, expressions)).collect(),
        slicing: raw.get("slicing").map(|raw| slicing(raw, expressions)),
        children: Vec::new(),
        slices: Vec::new(),
        name,
        path,
    })
}

fn member_that_begins(raw: &Value, start: &str) -> Option<Value> {
    let members = raw.as_object()?.iter();
    let mut found = members.filter(|(name, _)| {
        name.strip_prefix(start).is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_uppercase()))
    });
    found.next().map(|(_, value)| value.clone())
}

/// Reads the types: STU3 gives one entry for each target of a reference, R4 one with all of them.
fn types(raw: &Value, path: &str) -> Vec<TypeRef> {
    let mut types: Vec<TypeRef> = Vec::new();
    let base = raw.get("base").and_then(|base| text(base, "path")).unwrap_or(path);
    for raw in list(raw, "type") {
        // R4 4.0.1 says string of it; its text says id (https://hl7.org/fhir/R4/resource.html#id).
        let code = if base == "Resource.id" { "id".to_owned() } else { type_code(raw, path) };
        let at = types.iter().position(|known| known.code == code).unwrap_or_else(|| {
            types.push(TypeRef { code, profiles: Vec::new(), targets: Vec::new() });
            types.len() - 1
        });
        types[at].profiles.extend(texts(raw, "profile"));
        types[at].targets.extend(texts(raw, "targetProfile"));
    }
    types
}

fn texts(raw: &Value, key: &str) -> Vec<String> {
    match raw.get(key) {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// Gives the name of a type; the types of the path language stand for those of FHIR, which an extension may name.
fn type_code(raw: &Value, path: &str) -> String {
    let named = list(raw, "extension").find(|extension| text(extension, "url") == Some(FHIR_TYPE));
    let named = named.and_then(|extension| member_that_begins(extension, "value"));
    // R4 writes `Extension.url` and ids as system strings.
    let code = text(raw, "code").unwrap_or(SYSTEM_TYPE);
    if !code.starts_with(SYSTEM_TYPE) {
        return code.strip_prefix("http://hl7.org/fhir/StructureDefinition/").unwrap_or(code).to_owned();
    }
    match named.as_ref().and_then(Value::as_str) {
        Some(name) => name.to_owned(),
        None if path.ends_with(".url") => "uri".to_owned(),
        None if path.ends_with(".div") => "xhtml".to_owned(),
        None => "string".to_owned(),
    }
}

fn binding(raw: &Value) -> Option<Binding> {
    let strength = match text(raw, "strength")? {
        "required" => Strength::Required,
        "extensible" => Strength::Extensible,
        "preferred" => Strength::Preferred,
        _ => Strength::Example,
    };
    let reference = raw.get("valueSetReference").and_then(|reference| text(reference, "reference"));
    let value_set = text(raw, "valueSet").or_else(|| text(raw, "valueSetUri")).or(reference).map(ToOwned::to_owned);
    let max = list(raw, "extension").find(|extension| text(extension, "url") == Some(MAX_VALUE_SET));
    let max = max.and_then(|max| {
        let reference = max.get("valueReference").and_then(|reference| text(reference, "reference"));
        text(max, "valueCanonical").or_else(|| text(max, "valueUri")).or(reference)
    });
    Some(Binding { strength, value_set, value_set_max: max.map(ToOwned::to_owned) })
}

fn constraint(raw: &Value, expressions: &Expressions) -> Option<Constraint> {
    Some(Constraint {
        key: text(raw, "key")?.to_owned(),
        is_error: text(raw, "severity") != Some("warning"),
        human: text(raw, "human").unwrap_or_default().to_owned(),
        expression: match text(raw, "expression") {
            Some(expression) => expressions.compile(expression),
            None => Err("it has no expression".to_owned()).into(),
        },
    })
}

fn slicing(raw: &Value, expressions: &Expressions) -> Slicing {
    let discriminators = list(raw, "discriminator").filter_map(|raw| {
        let path = text(raw, "path")?.to_owned();
        let by = match text(raw, "type")? {
            "exists" => By::Exists,
            "pattern" => By::Pattern,
            "profile" => By::Profile,
            "type" => By::Type,
            _ => By::Value,
        };
        // STU3 texts write `reference.resolve()` where the reference itself is resolved.
        let expression = expressions.compile(&path.replace("reference.resolve()", "resolve()"));
        Some(Discriminator { by, path, expression })
    });
    Slicing {
        discriminators: discriminators.collect(),
        is_ordered: raw.get("ordered").and_then(Value::as_bool).unwrap_or(false),
        rules: match text(raw, "rules") {
            Some("closed") => Rules::Closed,
            Some("openAtEnd") => Rules::OpenAtEnd,
            _ => Rules::Open,
        },
    }
}
