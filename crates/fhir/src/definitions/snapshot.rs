//! Makes the snapshot of a profile that comes with a differential only.
//!
//! The elements of the base are walked, each is overlaid with what the differential says of it, slices are put behind
//! what they slice, and where the differential looks into a type the elements of the type are brought in.
//! <https://hl7.org/fhir/STU3/profiling.html#snapshot>

use crate::limits::{CHAIN_MAX, ELEMENTS_MAX};
use serde_json::{Map, Value};

/// Gives the snapshot elements of a type by its name or of a profile by its address.
pub(super) type Lookup<'l> = dyn Fn(&str) -> Option<Vec<Value>> + 'l;

/// Overlays the elements of a base with a differential.
pub(super) fn generate(base: &[Value], differential: &[Value], lookup: &Lookup<'_>) -> Vec<Value> {
    let mut elements: Vec<Value> = base.to_vec();
    // What the base says of itself as a type is no part of what rests on it.
    let root_from = base.first().map(path).unwrap_or_default().to_owned();
    let root_to = differential.first().map(path).and_then(|path| path.split('.').next()).unwrap_or_default().to_owned();
    if !root_to.is_empty() && root_from != root_to {
        elements.iter_mut().for_each(|element| rename(element, &root_from, &root_to));
    }
    for change in differential {
        if elements.len() < ELEMENTS_MAX {
            apply(&mut elements, change, lookup);
        }
    }
    narrow_choices(&mut elements, differential);
    elements
}

/// Leaves a choice only the types that a differential names in the short form: `valueQuantity` says that the value is a quantity. Where it
/// slices the choice in so many words, the slicing says what else may stand there.
fn narrow_choices(elements: &mut [Value], differential: &[Value]) {
    let named: Vec<String> = differential.iter().map(id).collect();
    for element in elements {
        let sliced = id(element);
        let Some(stem) = sliced.strip_suffix("[x]") else { continue };
        let is_sliced = differential.iter().any(|change| id(change) == sliced && change.get("slicing").is_some());
        let types: Vec<String> = named
            .iter()
            .filter_map(|name| name.strip_prefix(stem))
            .filter(|rest| rest.starts_with(|letter: char| letter.is_ascii_uppercase()) && !rest.contains(['.', ':', '[']))
            .map(str::to_ascii_lowercase)
            .collect();
        if let Some(Value::Array(all)) = element.get_mut("type").filter(|_| !is_sliced && !types.is_empty()) {
            let is_named = |one: &Value| {
                one.get("code").and_then(Value::as_str).is_some_and(|code| types.contains(&code.to_ascii_lowercase()))
            };
            all.retain(is_named);
        }
    }
}

fn path(element: &Value) -> &str {
    element.get("path").and_then(Value::as_str).unwrap_or_default()
}

/// The id of an element; where it has none its path, with the slice's name at the end.
fn id(element: &Value) -> String {
    if let Some(id) = element.get("id").and_then(Value::as_str).filter(|id| id.contains('.') || !path(element).contains('.')) {
        return id.to_owned();
    }
    match element.get("sliceName").and_then(Value::as_str) {
        Some(slice) => format!("{}:{slice}", path(element)),
        None => path(element).to_owned(),
    }
}

fn rename(element: &mut Value, from: &str, to: &str) {
    for key in ["id", "path"] {
        let Some(text) = element.get(key).and_then(Value::as_str) else { continue };
        if let Some(rest) = text.strip_prefix(from).filter(|rest| rest.is_empty() || rest.starts_with(['.', ':'])) {
            let text = format!("{to}{rest}");
            element[key] = text.into();
        }
    }
}

fn position(elements: &[Value], wanted: &str) -> Option<usize> {
    elements.iter().position(|element| id(element) == wanted)
}

/// Gives the number after the last element that stands in another, slices of it included.
fn end_of(elements: &[Value], at: usize) -> usize {
    let outer = id(&elements[at]);
    let inside = |element: &Value| id(element).strip_prefix(&outer).is_some_and(|rest| rest.starts_with(['.', ':', '/']));
    at + 1 + elements[at + 1..].iter().take_while(|element| inside(element)).count()
}

fn apply(elements: &mut Vec<Value>, change: &Value, lookup: &Lookup<'_>) {
    let wanted = id(change);
    let Some(at) = find(elements, &wanted, lookup, 0) else {
        // A type that adds an element of its own: it comes last in its parent.
        let parent = wanted.rsplit_once('.').and_then(|(parent, _)| position(elements, parent));
        let at = parent.map_or(elements.len(), |parent| end_of(elements, parent));
        let mut added = change.clone();
        added["id"] = wanted.into();
        elements.insert(at, added);
        return;
    };
    overlay(&mut elements[at], change);
}

/// Finds the element that a change speaks of, and brings it in where it is a slice or stands inside a type.
fn find(elements: &mut Vec<Value>, wanted: &str, lookup: &Lookup<'_>, depth: usize) -> Option<usize> {
    if let Some(at) = position(elements, wanted) {
        return Some(at);
    }
    if depth > CHAIN_MAX || elements.len() >= ELEMENTS_MAX {
        return None;
    }
    let last_dot = wanted.rfind('.')?;
    let (parent, last) = (&wanted[..last_dot], &wanted[last_dot + 1..]);
    let parent_at = find(elements, parent, lookup, depth + 1)?;
    // What stands in `valueQuantity` stands in the slice of `value[x]` that this means.
    let parent = id(&elements[parent_at]);
    let wanted = format!("{parent}.{last}");
    if let Some((name, slice)) = last.rsplit_once(['/', ':']) {
        let sliced_id = format!("{parent}.{name}");
        let sliced = find(elements, &sliced_id, lookup, depth + 1)?;
        return Some(add_slice(elements, sliced, &wanted, last, slice));
    }
    if end_of(elements, parent_at) == parent_at + 1 || !has_child(elements, parent_at) {
        unfold(elements, parent_at, lookup);
    }
    position(elements, &wanted).or_else(|| choice(elements, &parent, last))
}

fn has_child(elements: &[Value], at: usize) -> bool {
    let start = format!("{}.", id(&elements[at]));
    elements.get(at + 1).is_some_and(|next| id(next).starts_with(&start))
}

/// Finds the slice of `value[x]` that `valueQuantity` stands for, or brings it in.
fn choice(elements: &mut Vec<Value>, parent: &str, last: &str) -> Option<usize> {
    let at = elements.iter().position(|element| {
        let id = id(element);
        let stem = id.strip_prefix(parent).and_then(|rest| rest.strip_prefix('.')).and_then(|rest| rest.strip_suffix("[x]"));
        stem.is_some_and(|stem| {
            last.strip_prefix(stem).is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_uppercase()))
        })
    })?;
    let wanted = format!("{}:{last}", id(&elements[at]));
    if let Some(known) = position(elements, &wanted) {
        return Some(known);
    }
    let added = add_slice(elements, at, &wanted, last, last);
    let stem = id(&elements[at]).len() - "[x]".len();
    let suffix = last.get(stem - parent.len() - 1..).unwrap_or_default().to_ascii_lowercase();
    if let Some(Value::Array(types)) = elements[added].get_mut("type") {
        types.retain(|one| one.get("code").and_then(Value::as_str).is_some_and(|code| code.to_ascii_lowercase() == suffix));
    }
    Some(added)
}

fn add_slice(elements: &mut Vec<Value>, sliced: usize, wanted: &str, last: &str, slice: &str) -> usize {
    let mut added = elements[sliced].clone();
    if let Some(members) = added.as_object_mut() {
        members.remove("slicing");
        members.insert("id".into(), wanted.into());
        // A slice may be absent, whatever is asked of all slices together.
        members.insert("min".into(), 0.into());
        let name = last.split_once(':').map_or(slice, |(_, name)| name);
        members.insert("sliceName".into(), name.into());
    }
    let end = end_of(elements, sliced);
    // The children of what is sliced are those of the slice, until the differential says more.
    let (outer, path_of) = (id(&elements[sliced]), format!("{}.", id(&elements[sliced])));
    let mut copied: Vec<Value> =
        elements[sliced + 1..end].iter().filter(|element| id(element).starts_with(&path_of)).cloned().collect();
    copied.iter_mut().for_each(|element| rename_id(element, &outer, wanted));
    elements.splice(end..end, std::iter::once(added).chain(copied));
    end
}

fn rename_id(element: &mut Value, from: &str, to: &str) {
    let id = id(element);
    if let Some(rest) = id.strip_prefix(from) {
        element["id"] = format!("{to}{rest}").into();
    }
}

/// Brings in the elements of the type, or of the other element, that an element has.
fn unfold(elements: &mut Vec<Value>, at: usize, lookup: &Lookup<'_>) {
    let (outer_id, outer_path) = (id(&elements[at]), path(&elements[at]).to_owned());
    let inside = |list: &[Value], from: &str, from_path: &str| -> Vec<Value> {
        let start = format!("{from}.");
        let found = list.iter().filter(|element| id(element).starts_with(&start));
        let moved = found.map(|element| {
            let mut element = element.clone();
            let rest = id(&element)[from.len()..].to_owned();
            let rest_path = path(&element).strip_prefix(from_path).unwrap_or_default().to_owned();
            element["id"] = format!("{outer_id}{rest}").into();
            element["path"] = format!("{outer_path}{rest_path}").into();
            element
        });
        moved.collect()
    };
    let added = if let Some(content) = elements[at].get("contentReference").and_then(Value::as_str) {
        let from = content.trim_start_matches('#').to_owned();
        let from_path = position(elements, &from).map(|at| path(&elements[at]).to_owned()).unwrap_or_default();
        inside(elements, &from, &from_path)
    } else {
        let types = elements[at].get("type").and_then(Value::as_array);
        let Some(kind) = types.and_then(|types| types.first()) else { return };
        let profile = kind.get("profile").and_then(|profile| profile.as_str().or_else(|| profile.get(0)?.as_str()));
        let code = kind.get("code").and_then(Value::as_str).unwrap_or_default();
        let Some(list) = profile.and_then(lookup).or_else(|| lookup(code)) else { return };
        let from = list.first().map(|root| path(root).to_owned()).unwrap_or_default();
        inside(&list, &from, &from)
    };
    elements.splice(at + 1..at + 1, added);
}

/// Lays what a differential says over an element; constraints add up, everything else takes the place of what was.
fn overlay(element: &mut Value, change: &Value) {
    let (Some(into), Some(from)) = (element.as_object_mut(), change.as_object()) else { return };
    let base = into.clone();
    if !into.contains_key("base") {
        let mut kept = Map::new();
        for key in ["path", "min", "max"] {
            if let Some(value) = base.get(key) {
                kept.insert(key.into(), value.clone());
            }
        }
        into.insert("base".into(), Value::Object(kept));
    }
    for (key, value) in from {
        match (key.as_str(), into.get_mut(key), value) {
            // `value[x]` and its slices keep the path under which their children are found.
            ("id" | "path" | "base", _, _) => {}
            ("constraint", Some(Value::Array(known)), Value::Array(added)) => known.extend(added.iter().cloned()),
            _ => {
                into.insert(key.clone(), value.clone());
            }
        }
    }
}
