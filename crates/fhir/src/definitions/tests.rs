//! Snapshots of our own, and definitions that rest on each other.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use crate::package::Package;
use crate::samples::{definitions, findings, not_checked};
use serde_json::{Value, json};

const URL: &str = "urn:own";

fn differential(base: &str, elements: Value) -> Value {
    json!({ "resourceType": "StructureDefinition", "url": URL, "type": "Lamp", "kind": "resource", "derivation": "constraint",
        "baseDefinition": base, "differential": { "element": elements } })
}

const LAMP: &str = "http://hl7.org/fhir/StructureDefinition/Lamp";

#[test]
fn a_differential_gives_the_rules_that_a_snapshot_would() {
    let profile = differential(
        LAMP,
        json!([
            { "id": "Lamp", "path": "Lamp" },
            { "id": "Lamp.owner", "path": "Lamp.owner", "min": 1 },
            { "id": "Lamp.owner.display", "path": "Lamp.owner.display", "min": 1 },
            { "id": "Lamp.tag", "path": "Lamp.tag", "slicing": { "discriminator": [{ "type": "value", "path": "system" }], "rules": "open" } },
            { "id": "Lamp.tag:main", "path": "Lamp.tag", "sliceName": "main", "min": 1, "max": "1" },
            { "id": "Lamp.tag:main.system", "path": "Lamp.tag.system", "min": 1, "fixedUri": "urn:main" },
            { "id": "Lamp.tag:main.code", "path": "Lamp.tag.code", "min": 1 },
            { "id": "Lamp.valueInteger", "path": "Lamp.valueInteger", "min": 1 }
        ]),
    );
    let definitions = definitions(&[profile]);
    let lamp = |more: Value| {
        let mut lamp = json!({ "resourceType": "Lamp", "status": "on" });
        lamp.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        lamp
    };
    let right = lamp(json!({ "owner": { "display": "x" }, "tag": [{ "system": "urn:main", "code": "c" }], "valueInteger": 1 }));
    assert_eq!(findings(&definitions, &right, &[URL]), Vec::<String>::new());
    let wrong = lamp(json!({ "owner": { "reference": "Owner/1" }, "tag": [{ "system": "urn:main" }] }));
    assert_eq!(
        findings(&definitions, &wrong, &[URL]),
        [
            "cardinality Lamp.value:valueInteger: `value:valueInteger` must be present",
            "cardinality Lamp.owner.display: `display` must be present",
            "cardinality Lamp.tag[0].code: `code` must be present",
        ]
    );
    let none = lamp(json!({ "owner": { "display": "x" }, "valueInteger": 1 }));
    assert_eq!(findings(&definitions, &none, &[URL]), ["cardinality Lamp.tag:main: `tag:main` must be present"]);
}

/// The short form of a choice, in several lines: they are about one slice, and other types may not stand there.
#[test]
fn a_choice_in_the_short_form_is_narrowed_to_its_type() {
    let profile = differential(
        LAMP,
        json!([
            { "id": "Lamp.valueCoding", "path": "Lamp.valueCoding", "min": 0 },
            { "id": "Lamp.valueCoding.system", "path": "Lamp.valueCoding.system", "min": 1, "fixedUri": "urn:main" },
            { "id": "Lamp.valueCoding.code", "path": "Lamp.valueCoding.code", "min": 1 }
        ]),
    );
    let definitions = definitions(&[profile]);
    let found = |value: Value| {
        let mut lamp = json!({ "resourceType": "Lamp", "status": "on" });
        lamp.as_object_mut().unwrap().extend(value.as_object().unwrap().clone());
        findings(&definitions, &lamp, &[URL])
    };
    assert_eq!(found(json!({ "valueCoding": { "system": "urn:main", "code": "c" } })), Vec::<String>::new());
    assert_eq!(found(json!({})), Vec::<String>::new());
    assert_eq!(
        found(json!({ "valueCoding": { "system": "urn:main" } })),
        ["cardinality Lamp.value.ofType(Coding).code: `code` must be present"]
    );
    assert_eq!(
        found(json!({ "valueString": "x" })),
        ["structure Lamp.value.ofType(string): `string` is not allowed here; allowed: Coding"]
    );
}

#[test]
fn rules_of_a_base_that_is_not_at_hand_are_not_passed() {
    let profile = differential("urn:base", json!([{ "id": "Lamp.owner", "path": "Lamp.owner", "min": 1 }]));
    let definitions = definitions(&[profile]);
    let lamp = json!({ "resourceType": "Lamp", "status": "on", "owner": { "display": "x" } });
    assert_eq!(
        not_checked(&definitions, &lamp, &[URL]),
        ["not checked: what `urn:own` takes from `urn:base`, which is not at hand"]
    );
}

#[test]
fn circles_of_definitions_end() {
    let circle = differential(URL, json!([{ "id": "Lamp.owner", "path": "Lamp.owner", "min": 1 }]));
    let lamp = json!({ "resourceType": "Lamp", "status": "on", "meta": { "profile": [URL] } });
    assert!(findings(&definitions(&[circle]), &lamp, &[]).len() < 3);
    let set = json!({ "resourceType": "ValueSet", "url": "urn:set:status", "compose": { "include": [{ "valueSet": ["urn:set:status"] }] } });
    assert_eq!(findings(&definitions(&[set]), &lamp, &[]), Vec::<String>::new(), "what cannot be told is no error");
}

#[test]
fn a_callers_file_stands_before_a_package_and_other_versions_are_left_out() {
    let mut definitions = definitions(&[]);
    let other = json!({ "resourceType": "StructureDefinition", "url": LAMP, "type": "Lamp", "kind": "resource", "fhirVersion": "4.0.1",
        "snapshot": { "element": [{ "id": "Lamp", "path": "Lamp" }] } });
    definitions.add(Package::read("r4.json", other.to_string().as_bytes()).unwrap());
    assert_eq!(definitions.notices(), ["r4.json: it is of FHIR 4.0, and is left out: 3.0 is checked"]);
    let set = json!({ "resourceType": "ValueSet", "url": "urn:set:status", "compose": { "include": [{ "system": "urn:x", "concept": [{ "code": "mine" }] }] } });
    definitions.add(Package::read("set.json", set.to_string().as_bytes()).unwrap());
    assert_eq!(findings(&definitions, &json!({ "resourceType": "Lamp", "status": "mine" }), &[]), Vec::<String>::new());
}
