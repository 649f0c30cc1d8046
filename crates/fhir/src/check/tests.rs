//! Checks with small definitions of our own.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::{Part, Policy, Validator};
use crate::instance::Resource;
use crate::package::Package;
use crate::samples::{at, check_text, definitions, findings, not_checked, profile};
use counterpart_document::Limits;
use serde_json::{Value, json};

const URL: &str = "urn:profile";

fn lamp(more: Value) -> Value {
    let mut lamp = json!({ "resourceType": "Lamp", "status": "on" });
    lamp.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    lamp
}

/// The findings on a lamp with something added, without a profile.
fn plain(more: Value) -> Vec<String> {
    findings(&definitions(&[]), &lamp(more), &[])
}

#[test]
fn a_right_resource_has_no_findings() {
    let more = json!({
        "id": "a", "made": "2020-02-29", "watt": 1.50, "note": ["x", null], "_note": [null, { "extension": [{ "url": "urn:e", "valueString": "v" }] }],
        "valueInteger": 3, "part": [{ "name": "p", "part": [{ "name": "q" }] }],
        "contained": [{ "resourceType": "Owner", "id": "o" }], "owner": { "reference": "#o" }
    });
    assert_eq!(plain(more), Vec::<String>::new());
}

#[test]
fn structure_and_values_are_judged() {
    let cases = [
        (json!({ "colour_": 1 }), "structure Lamp.colour_: `colour_` is no element of `Lamp`"),
        (json!({ "part": [{ "name": "x", "size": 1 }] }), "structure Lamp.part[0].size: `size` is no element of `Lamp.part`"),
        (json!({ "part": [{}] }), "structure Lamp.part[0]: an object must not be empty"),
        (json!({ "note": "x" }), "structure Lamp.note: `note` may stand several times, so it must be an array"),
        (json!({ "made": ["2020"] }), "structure Lamp.made: `made` stands once at most, so it must be no array"),
        (json!({ "note": [] }), "structure Lamp.note: the array `note` must not be empty"),
        (
            json!({ "made": "2021-02-29" }),
            "value Lamp.made: `2021-02-29` is no date: it must be a date: `YYYY`, `YYYY-MM` or `YYYY-MM-DD`",
        ),
        (
            json!({ "watt": "1" }),
            "value Lamp.watt: a value of the type decimal must be a number, without quotes, and this is a string",
        ),
        (
            json!({ "made": null }),
            "structure Lamp.made: `null` stands for a value only where `_` with the same name has something beside it",
        ),
        (json!({ "valueDate": "2020" }), "structure Lamp.valueDate: `valueDate` is no element of `Lamp`"),
        (
            json!({ "valueString": "a", "valueInteger": 1 }),
            "cardinality Lamp.value.ofType(integer): `value` must stand once at most, and stands 2 times",
        ),
        (
            json!({ "_owner": { "id": "x" } }),
            "structure Lamp._owner: `_owner` stands for what a primitive value has beside it, and `owner` is none",
        ),
        (json!({ "part": [{ "id": "x" }] }), "cardinality Lamp.part[0].name: `name` must be present"),
    ];
    for (more, expected) in cases {
        let found = plain(more.clone());
        assert!(found.iter().any(|finding| finding == expected), "{more}: {found:#?}");
    }
    assert_eq!(
        findings(&definitions(&[]), &json!({ "resourceType": "Lamp" }), &[]),
        ["cardinality Lamp.status: `status` must be present"]
    );
}

/// Definitions of one's own may be a part of FHIR, where the packages of FHIR itself are the whole.
#[test]
fn a_type_that_is_not_at_hand_is_wrong_only_where_all_types_are() {
    let rock = lamp(json!({ "contained": [{ "resourceType": "Rock" }] }));
    let mut definitions = definitions(&[]);
    assert_eq!(
        not_checked(&definitions, &rock, &[]),
        ["not checked: a resource of the type `Rock`, which no package at hand has"]
    );
    assert_eq!(findings(&definitions, &rock, &[]), Vec::<String>::new());
    definitions.add(Package { name: "hl7.fhir.core#3.0.1".to_owned(), ..Package::default() });
    let found = ["structure Lamp.contained[0]: `Rock` is no type of resource in the packages at hand"];
    assert_eq!(findings(&definitions, &rock, &[]), found);
}

#[test]
fn only_the_parts_that_a_path_selects_are_checked() {
    let definitions = definitions(&[]);
    let on = r#"{"fullUrl": "urn:1", "resource": {"resourceType": "Lamp", "status": "on"}}"#;
    let wrong = r#"{"resource": {"resourceType": "Lamp", "statu": "on"}}"#;
    let text = format!(r#"{{"resourceType": "Shelf", "other": 1, "entry": [{on}, {wrong}]}}"#);
    let resource = Resource::parse(&text.into(), &Limits::default()).unwrap();
    let checked = |path: &str, profile: &str| {
        let part = Part::parse(path).unwrap();
        let report = Validator::new(&definitions, Policy::default()).check_part(&resource, &[profile.to_owned()], Some(&part));
        report.findings.into_iter().map(|finding| format!("{} {}", finding.path, finding.message)).collect::<Vec<_>>()
    };
    let none: Vec<String> = Vec::new();
    let lamp = "http://hl7.org/fhir/StructureDefinition/Lamp";
    assert_eq!(checked("Shelf.entry.where(fullUrl.exists()).resource", lamp), none);
    let both = [
        "Shelf.entry[1].resource.status `status` must be present",
        "Shelf.entry[1].resource.statu `statu` is no element of `Lamp`",
    ];
    assert_eq!(checked("entry.resource", lamp), both);
    assert_eq!(checked("Shelf.entry.id", lamp), ["Shelf there is nothing at `Shelf.entry.id`"]);
    let owner = "http://hl7.org/fhir/StructureDefinition/Owner";
    let other = format!("Shelf.entry[0].resource the profile `{owner}` is for `Owner`, and this is `Lamp`");
    assert_eq!(checked("entry[0].resource", owner), [other]);
}

#[test]
fn place_is_line_column_and_pointer() {
    let text = "{\n  \"resourceType\": \"Lamp\",\n  \"status\": \"on\",\n  \"part\": [\n    {\"name\": \"é\", \"nam\": 1}]\n}";
    let report = check_text(&definitions(&[]), text, &[]);
    let finding = &report.findings[0];
    assert_eq!((finding.line, finding.column, finding.place.as_str()), (5, 19, "/part/0"));
}

#[test]
fn codes_are_held_against_value_sets() {
    assert_eq!(plain(json!({ "status": "bright" })), Vec::<String>::new());
    let out =
        |code: &str| format!("binding Lamp.status: `{code}` is not in the value set `urn:set:status`; the code must be from it");
    assert_eq!(plain(json!({ "status": "gone" })), [out("gone")]);
    assert_eq!(plain(json!({ "status": "dim" })), [out("dim")]);
    let tag = json!({ "tag": [{ "system": "urn:codes", "code": "none" }] });
    assert_eq!(plain(tag), ["binding Lamp.tag[0]: the code system `urn:codes` has no code `none`"]);
}

fn bound(strength: &str, include: Value) -> crate::Definitions {
    let set = json!({ "resourceType": "ValueSet", "url": "urn:set:own", "compose": { "include": [include] } });
    let profile = profile(URL, |elements| {
        let at = at(elements, "Lamp.colour");
        elements[at]["binding"] = json!({ "strength": strength, "valueSetUri": "urn:set:own" });
    });
    definitions(&[set, profile])
}

#[test]
fn strength_of_a_binding_is_the_severity() {
    let colour = |system: &str, code: &str| lamp(json!({ "colour": [{ "coding": [{ "system": system, "code": code }] }] }));
    let below = json!({ "system": "urn:codes", "filter": [{ "property": "concept", "op": "descendent-of", "value": "on" }] });
    for (strength, severity) in [("required", ""), ("extensible", "warning"), ("preferred", "information")] {
        let definitions = bound(strength, below.clone());
        assert_eq!(findings(&definitions, &colour("urn:codes", "dim"), &[URL]), Vec::<String>::new());
        let found = findings(&definitions, &colour("urn:codes", "on"), &[URL]);
        assert!(found.len() == 1 && found[0].starts_with(&format!("{severity}binding Lamp.colour[0]")), "{found:?}");
    }
    let level = json!({ "system": "urn:codes", "filter": [{ "property": "level", "op": "=", "value": "high" }] });
    assert_eq!(findings(&bound("required", level.clone()), &colour("urn:codes", "bright"), &[URL]), Vec::<String>::new());
    assert_eq!(findings(&bound("required", level), &colour("urn:codes", "dim"), &[URL]).len(), 1);
}

#[test]
fn code_system_that_is_not_at_hand_is_never_a_pass() {
    let definitions = bound("required", json!({ "system": "urn:elsewhere" }));
    let colour = lamp(json!({ "colour": [{ "coding": [{ "system": "urn:elsewhere", "code": "x" }] }] }));
    let told = ["not checked: the code system `urn:elsewhere` is not at hand, and the value set `urn:set:own` needs it"];
    assert_eq!(not_checked(&definitions, &colour, &[URL]), told);
    let text = lamp(json!({ "colour": [{ "text": "red" }] }));
    assert_eq!(findings(&definitions, &text, &[URL]).len(), 1, "a required binding asks for a code");
}

#[test]
fn invariants_are_evaluated_or_told() {
    assert_eq!(plain(json!({ "status": "off", "watt": 3 })), ["invariant Lamp: lmp-1: a rule"]);
    let definitions = definitions(&[profile(URL, |elements| {
        elements[0]["constraint"] = json!([{ "key": "x-1", "severity": "error", "human": "odd", "expression": "now() > made" }]);
    })]);
    assert_eq!(not_checked(&definitions, &lamp(json!({})), &[URL]), ["not checked: x-1 (odd): the function `now` is not known"]);
}

#[test]
fn references_lead_to_the_right_type() {
    let found = plain(json!({ "owner": { "reference": "#gone" } }));
    assert!(found.contains(&"reference Lamp.owner: no contained resource has the id that `#gone` names".to_owned()), "{found:?}");
    assert!(found.contains(&"invariant Lamp.owner: ref-1: a rule".to_owned()), "{found:?}");
    let wrong = ["reference Lamp.owner: it leads to `Lamp`, and must lead to Owner"];
    assert_eq!(plain(json!({ "owner": { "reference": "Lamp/1" } })), wrong);
    assert_eq!(plain(json!({ "owner": { "reference": "https://x.org/fhir/Lamp/1/_history/2" } })), wrong);
    assert_eq!(plain(json!({ "owner": { "reference": "Owner/1" } })), Vec::<String>::new());
    let shelf = json!({ "resourceType": "Shelf", "entry": [
        { "fullUrl": "urn:uuid:1", "resource": lamp(json!({ "owner": { "reference": "urn:uuid:2" } })) },
        { "fullUrl": "urn:uuid:2", "resource": lamp(json!({})) }
    ] });
    let found = findings(&definitions(&[]), &shelf, &[]);
    assert_eq!(found, ["reference Shelf.entry[0].resource.owner: it leads to `Lamp`, and must lead to Owner"]);
}

#[test]
fn extensions_are_known_and_in_place() {
    let mut extension = json!({ "resourceType": "StructureDefinition", "url": "urn:ext", "type": "Extension", "kind": "complex-type",
        "derivation": "constraint", "contextType": "resource", "context": ["Lamp.part"], "snapshot": { "element": [
            { "id": "Extension", "path": "Extension", "min": 0, "max": "*" },
            { "id": "Extension.url", "path": "Extension.url", "min": 1, "max": "1", "fixedUri": "urn:ext", "type": [{ "code": "uri" }] },
            { "id": "Extension.value[x]", "path": "Extension.value[x]", "min": 1, "max": "1", "type": [{ "code": "integer" }] }
        ] } });
    let with = |value: Value| lamp(json!({ "extension": [value] }));
    let right = with(json!({ "url": "urn:ext", "valueInteger": 1 }));
    let outside = ["extension Lamp.extension[0]: the extension `urn:ext` may stand only in Lamp.part"];
    assert_eq!(findings(&definitions(&[extension.clone()]), &right, &[]), outside);
    // A spare part is a part again, by reference: what may stand at the name of a part may stand at its name.
    extension["context"] = json!(["Lamp.part.name"]);
    let at_name = |of: Value| lamp(json!({ "part": [{ "name": "p", "spare": of }] }));
    let named = json!({ "name": "q", "_name": { "extension": [{ "url": "urn:ext", "valueInteger": 1 }] } });
    assert_eq!(findings(&definitions(&[extension.clone()]), &at_name(named), &[]), Vec::<String>::new());
    let beside = json!({ "name": "q", "_id": { "extension": [{ "url": "urn:ext", "valueInteger": 1 }] }, "id": "i" });
    assert_eq!(
        findings(&definitions(&[extension.clone()]), &at_name(beside), &[]),
        ["extension Lamp.part[0].spare.id.extension[0]: the extension `urn:ext` may stand only in Lamp.part.name"]
    );
    extension["context"] = json!(["Element,Lamp"]);
    let definitions = definitions(&[extension]);
    assert_eq!(findings(&definitions, &right, &[]), Vec::<String>::new());
    let wrong = findings(&definitions, &with(json!({ "url": "urn:ext", "valueString": "x" })), &[]);
    assert_eq!(wrong, ["structure Lamp.extension[0].value.ofType(string): `string` is not allowed here; allowed: integer"]);
    let unknown = with(json!({ "url": "urn:other", "valueString": "x" }));
    assert_eq!(not_checked(&definitions, &unknown, &[]), ["not checked: the extension `urn:other` is not at hand"]);
}

#[test]
fn fixed_values_patterns_lengths_and_ranges() {
    let definitions = definitions(&[profile(URL, |elements| {
        for (path, name, value) in [
            ("Lamp.made", "fixedDate", json!("2020-01-01")),
            ("Lamp.colour", "patternCodeableConcept", json!({ "coding": [{ "code": "a" }] })),
            ("Lamp.note", "maxLength", json!(3)),
            ("Lamp.watt", "minValueDecimal", json!(2.5)),
        ] {
            let at = at(elements, path);
            elements[at][name] = value;
        }
    })]);
    let found = |more: Value| findings(&definitions, &lamp(more), &[URL]);
    assert_eq!(
        found(json!({ "made": "2020-01-01", "colour": [{ "coding": [{ "code": "b" }, { "system": "s", "code": "a" }] }] })),
        Vec::<String>::new()
    );
    assert_eq!(found(json!({ "made": "2020" })), ["value Lamp.made: it must be `2020-01-01`, and is `2020`"]);
    assert_eq!(
        found(json!({ "colour": [{ "text": "x" }] })),
        ["value Lamp.colour[0]: it must have at least `{\"coding\":[{\"code\":\"a\"}]}`"]
    );
    assert_eq!(found(json!({ "note": ["four"] })), ["value Lamp.note[0]: it has 4 characters, and at most 3 are allowed"]);
    assert_eq!(found(json!({ "watt": 2 })), ["value Lamp.watt: it must be at least 2.5, and is 2"]);
}

#[test]
fn claimed_profiles_are_checked_and_unknown_ones_told() {
    let definitions = definitions(&[profile(URL, |elements| {
        let at = at(elements, "Lamp.owner");
        elements[at]["min"] = 1.into();
    })]);
    let claim = |url: &str| lamp(json!({ "meta": { "profile": [url] } }));
    assert_eq!(findings(&definitions, &claim(URL), &[]), ["cardinality Lamp.owner: `owner` must be present"]);
    assert_eq!(not_checked(&definitions, &claim("urn:none"), &[]), ["not checked: the profile `urn:none` is not at hand"]);
    let owner = json!({ "resourceType": "Owner" });
    assert_eq!(
        findings(&definitions, &owner, &[URL]),
        ["structure Owner: the profile `urn:profile` is for `Lamp`, and this is `Owner`"]
    );
}

#[test]
fn hostile_resources_end() {
    let definitions = definitions(&[]);
    let mut deep = json!({ "name": "x" });
    for _ in 0..115 {
        deep = json!({ "name": "x", "part": [deep] });
    }
    let text = lamp(json!({ "part": [deep] })).to_string();
    let limits = Limits { depth_max: 1_000, ..Default::default() };
    let resource = Resource::parse(&text.into(), &limits).unwrap();
    let report = Validator::new(&definitions, Policy::default()).check(&resource, &[]);
    assert!(report.findings.iter().any(|finding| finding.message.contains("more than 100 elements")), "{:?}", report.findings);
    let entries: Vec<Value> =
        (0..50_000).map(|at| json!({ "resource": { "resourceType": "Owner", "id": format!("{at}"), "nme": 1 } })).collect();
    let report = check_text(&definitions, &json!({ "resourceType": "Shelf", "entry": entries }).to_string(), &[]);
    assert_eq!(report.findings.len(), 1_000);
    let looped = lamp(json!({ "contained": [
        { "resourceType": "Lamp", "id": "a", "status": "on", "owner": { "reference": "#b" } },
        { "resourceType": "Lamp", "id": "b", "status": "on", "owner": { "reference": "#a" } }
    ] }));
    assert!(!findings(&definitions, &looped, &[]).is_empty(), "lamps own no lamps");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]
    #[test]
    fn any_text_is_checked_without_a_panic(text in "[\\[\\]{}\":,a-z_#<>/= ]{0,80}") {
        if let Ok(resource) = Resource::parse(&text.into(), &Limits::default()) {
            let definitions = crate::Definitions::new(crate::FhirVersion::R4);
            let _ = Validator::new(&definitions, Policy::default()).check(&resource, &[]);
        }
    }
}
