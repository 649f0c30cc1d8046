//! Slices, by every discriminator and every rule.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use crate::samples::{at, definitions, findings, not_checked, profile};
use serde_json::{Value, json};

const URL: &str = "urn:sliced";

/// Slices `Lamp.tag` by its system: `a` must be there, `b` may.
fn by_system(rules: &str, ordered: bool) -> Value {
    let slicing = json!({ "discriminator": [{ "type": "value", "path": "system" }], "rules": rules, "ordered": ordered });
    sliced(
        "Lamp.tag",
        "Coding",
        slicing,
        vec![
            ("a", 1, vec![("system", json!({ "fixedUri": "urn:a" }))]),
            ("b", 0, vec![("system", json!({ "fixedUri": "urn:b" }))]),
        ],
    )
}

type Slice<'s> = (&'s str, u32, Vec<(&'s str, Value)>);

fn sliced(path: &str, type_name: &str, slicing: Value, slices: Vec<Slice<'_>>) -> Value {
    profile(URL, |elements| {
        let entry = at(elements, path);
        elements[entry]["slicing"] = slicing;
        let mut added = Vec::new();
        for (name, min, children) in slices {
            let id = format!("{path}:{name}");
            added.push(json!({ "id": id, "path": path, "sliceName": name, "min": min, "max": "1", "base": { "max": "*" }, "type": [{ "code": type_name }] }));
            for (child, states) in children {
                if child == "$" {
                    added.last_mut().unwrap().as_object_mut().unwrap().extend(states.as_object().unwrap().clone());
                    continue;
                }
                let mut element =
                    json!({ "id": format!("{id}.{child}"), "path": format!("{path}.{child}"), "min": 0, "max": "1" });
                element.as_object_mut().unwrap().extend(states.as_object().unwrap().clone());
                added.push(element);
            }
        }
        elements.splice(entry + 1..entry + 1, added);
    })
}

fn tags(systems: &[&str]) -> Value {
    let tags: Vec<Value> = systems.iter().map(|system| json!({ "system": system })).collect();
    json!({ "resourceType": "Lamp", "status": "on", "tag": tags })
}

fn found(profile: Value, lamp: &Value) -> Vec<String> {
    findings(&definitions(&[profile]), lamp, &[URL])
}

#[test]
fn slices_are_counted() {
    assert_eq!(found(by_system("open", false), &tags(&["urn:x", "urn:a"])), Vec::<String>::new());
    assert_eq!(found(by_system("open", false), &tags(&["urn:b"])), ["cardinality Lamp.tag:a: `tag:a` must be present"]);
    let twice = found(by_system("open", false), &tags(&["urn:a", "urn:b", "urn:b"]));
    assert_eq!(twice, ["cardinality Lamp.tag[2]: `tag:b` must stand once at most, and stands 2 times"]);
}

#[test]
fn rules_of_the_list_hold() {
    let closed = found(by_system("closed", false), &tags(&["urn:a", "urn:x"]));
    assert_eq!(closed, ["slice Lamp.tag[1]: it fits none of the slices a, b, and no other is allowed"]);
    let at_end = found(by_system("openAtEnd", false), &tags(&["urn:x", "urn:a"]));
    assert_eq!(at_end, ["slice Lamp.tag[1]: elements that fit no slice must stand at the end of the list"]);
    let ordered = found(by_system("open", true), &tags(&["urn:b", "urn:a"]));
    assert_eq!(ordered, ["slice Lamp.tag[1]: its slice must stand before that of the elements above it"]);
}

#[test]
fn existence_and_type_tell_slices_apart() {
    let slicing = json!({ "discriminator": [{ "type": "exists", "path": "code" }], "rules": "closed" });
    let with = ("with", 0, vec![("code", json!({ "min": 1 }))]);
    let without = ("without", 0, vec![("code", json!({ "max": "0" }))]);
    let by_code = sliced("Lamp.tag", "Coding", slicing, vec![with, without]);
    let lamp =
        json!({ "resourceType": "Lamp", "status": "on", "tag": [{ "code": "x" }, { "system": "urn:a" }, { "code": "y" }] });
    assert_eq!(found(by_code, &lamp), ["cardinality Lamp.tag[2]: `tag:with` must stand once at most, and stands 2 times"]);
    let slicing = json!({ "discriminator": [{ "type": "type", "path": "$this" }], "rules": "closed" });
    let by_type = sliced("Lamp.value[x]", "string", slicing, vec![("valueString", 1, vec![])]);
    let lamp = json!({ "resourceType": "Lamp", "status": "on", "valueInteger": 1 });
    let told = found(by_type, &lamp);
    assert!(told.iter().any(|finding| finding.contains("fits none of the slices valueString")), "{told:?}");
}

#[test]
fn a_profile_tells_slices_apart() {
    let narrow = json!({ "resourceType": "StructureDefinition", "url": "urn:narrow", "type": "Coding", "kind": "complex-type",
        "derivation": "constraint", "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Coding",
        "differential": { "element": [{ "id": "Coding.code", "path": "Coding.code", "min": 1 }] } });
    let slicing = json!({ "discriminator": [{ "type": "profile", "path": "$this" }], "rules": "closed" });
    let only = ("only", 0, vec![("$", json!({ "type": [{ "code": "Coding", "profile": "urn:narrow" }] }))]);
    let definitions = definitions(&[narrow, sliced("Lamp.tag", "Coding", slicing, vec![only])]);
    let lamp = |tag: Value| json!({ "resourceType": "Lamp", "status": "on", "tag": [tag] });
    assert_eq!(findings(&definitions, &lamp(json!({ "code": "x" })), &[URL]), Vec::<String>::new());
    let told = findings(&definitions, &lamp(json!({ "system": "urn:x" })), &[URL]);
    assert_eq!(told, ["slice Lamp.tag[0]: it fits none of the slices only, and no other is allowed"]);
}

#[test]
fn slices_of_slices_are_sorted_too() {
    let mut by_system = by_system("open", false);
    let elements = by_system["snapshot"]["element"].as_array_mut().unwrap();
    let a = elements.iter().position(|element| element["id"] == "Lamp.tag:a").unwrap();
    elements[a]["max"] = "*".into();
    elements[a]["slicing"] = json!({ "discriminator": [{ "type": "value", "path": "code" }], "rules": "closed" });
    elements.splice(a + 2..a + 2, [
        json!({ "id": "Lamp.tag:a/x", "path": "Lamp.tag", "sliceName": "a/x", "min": 1, "max": "1", "type": [{ "code": "Coding" }] }),
        json!({ "id": "Lamp.tag:a/x.code", "path": "Lamp.tag.code", "min": 1, "max": "1", "fixedCode": "x" }),
    ]);
    let lamp = json!({ "resourceType": "Lamp", "status": "on", "tag": [{ "system": "urn:a", "code": "y" }] });
    let told = found(by_system, &lamp);
    assert!(told.contains(&"cardinality Lamp.tag:a/x: `tag:a/x` must be present".to_owned()), "{told:?}");
    assert!(told.contains(&"slice Lamp.tag[0]: it fits none of the slices a/x, and no other is allowed".to_owned()), "{told:?}");
}

#[test]
fn what_cannot_be_told_apart_is_said() {
    let slicing = json!({ "discriminator": [{ "type": "value", "path": "code" }], "rules": "closed" });
    let nothing = sliced("Lamp.tag", "Coding", slicing, vec![("a", 1, vec![("system", json!({ "fixedUri": "urn:a" }))])]);
    let told = not_checked(&definitions(&[nothing]), &tags(&["urn:a"]), &[URL]);
    assert_eq!(told, ["not checked: the slices of `tag`: the slice states no value for `code`"]);
}

#[test]
fn contradictory_slices_are_told() {
    let slicing = json!({ "discriminator": [{ "type": "value", "path": "system" }], "rules": "closed" });
    let same = |name| (name, 0, vec![("system", json!({ "fixedUri": "urn:a" }))]);
    let both = sliced("Lamp.tag", "Coding", slicing, vec![same("a"), same("b")]);
    assert_eq!(
        found(both, &tags(&["urn:a"])),
        ["warningslice Lamp.tag[0]: it fits several slices, and is checked against the first of them"]
    );
}

#[test]
fn an_extension_that_need_not_be_there_tells_no_slices_apart() {
    let note = |max: &str| {
        let by_url = json!({ "slicing": { "discriminator": [{ "type": "value", "path": "url" }], "rules": "open" } });
        let slice =
            json!({ "id": "Lamp.tag:a.extension:note", "sliceName": "note", "max": max, "type": [{ "code": "Extension" }] });
        let url = json!({ "id": "Lamp.tag:a.extension:note.url", "fixedUri": "urn:note" });
        vec![("extension", by_url), ("extension", slice), ("extension.url", url), ("system", json!({ "fixedUri": "urn:a" }))]
    };
    let slicing = json!({ "discriminator": [{ "type": "value", "path": "$this" }], "rules": "closed" });
    let lamp = |extension: Value| json!({ "resourceType": "Lamp", "status": "on", "tag": [{ "extension": extension, "system": "urn:a" }] });
    let noted = json!([{ "url": "urn:note", "valueString": "x" }]);
    let other = json!([{ "url": "urn:other", "valueString": "x" }]);
    for (max, extension, fits) in
        [("0", json!(null), true), ("1", json!(null), true), ("1", noted.clone(), true), ("1", other, true), ("0", noted, false)]
    {
        let mut lamp = lamp(extension.clone());
        if extension.is_null() {
            lamp["tag"][0].as_object_mut().unwrap().remove("extension");
        }
        let told = found(sliced("Lamp.tag", "Coding", slicing.clone(), vec![("a", 1, note(max))]), &lamp);
        let outside = told.iter().any(|finding| finding.contains("fits none of the slices a"));
        assert_eq!(outside, !fits, "max {max}, {extension}: {told:?}");
    }
}
