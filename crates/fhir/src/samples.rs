//! A small FHIR of our own, for tests: a few data types, and the resources `Lamp`, `Owner` and `Shelf`.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use crate::check::{Policy, Report, Validator};
use crate::definitions::Definitions;
use crate::finding::{Code, Severity};
use crate::instance::Resource;
use crate::package::Package;
use crate::version::FhirVersion;
use serde_json::{Value, json};

const TYPES: &str = "
complex Element
 Element 0..* | ele-1: hasValue() | (children().count() > id.count())
 Element.id 0..1 string @
 Element.extension 0..* Extension
complex Extension
 Extension 0..*
 Extension.id 0..1 string @
 Extension.extension 0..* Extension
 Extension.url 1..1 uri @
 Extension.value[x] 0..1 string,integer,Coding,boolean
complex Reference
 Reference 0..* | ref-1: reference.startsWith('#').not() or (reference.substring(1) in %resource.contained.id)
 Reference.id 0..1 string @
 Reference.reference 0..1 string
 Reference.display 0..1 string
complex Coding
 Coding 0..*
 Coding.id 0..1 string @
 Coding.extension 0..* Extension
 Coding.system 0..1 uri
 Coding.code 0..1 code
complex CodeableConcept
 CodeableConcept 0..*
 CodeableConcept.coding 0..* Coding
 CodeableConcept.text 0..1 string
complex Meta
 Meta 0..*
 Meta.profile 0..* uri
resource Owner
 Owner 0..*
 Owner.id 0..1 id
 Owner.name 0..1 string
resource Shelf
 Shelf 0..*
 Shelf.entry 0..* BackboneElement
 Shelf.entry.fullUrl 0..1 uri
 Shelf.entry.resource 0..1 Resource
resource Lamp
 Lamp 0..* | lmp-1: status = 'off' implies watt.empty()
 Lamp.id 0..1 id
 Lamp.meta 0..1 Meta
 Lamp.contained 0..* Resource
 Lamp.extension 0..* Extension
 Lamp.modifierExtension 0..* Extension
 Lamp.status 1..1 code
 Lamp.made 0..1 date
 Lamp.watt 0..1 decimal
 Lamp.colour 0..* CodeableConcept
 Lamp.tag 0..* Coding
 Lamp.owner 0..1 Reference(Owner)
 Lamp.note 0..* string
 Lamp.value[x] 0..1 string,integer,Coding
 Lamp.part 0..* BackboneElement
 Lamp.part.id 0..1 string @
 Lamp.part.name 1..1 string
 Lamp.part.part 0..* #Lamp.part
 Lamp.part.spare 0..1 #Lamp.part
";

const CORE: &str = "http://hl7.org/fhir/StructureDefinition/";

/// Gives the structure definitions of a text like the one above.
fn structures(text: &str) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        if let Some(line) = line.strip_prefix(' ') {
            let element = element(line);
            all.last_mut().unwrap()["snapshot"]["element"].as_array_mut().unwrap().push(element);
            continue;
        }
        let (kind, name) = line.split_once(' ').unwrap();
        let kind = if kind == "complex" { "complex-type" } else { kind };
        all.push(json!({
            "resourceType": "StructureDefinition", "url": format!("{CORE}{name}"), "type": name, "kind": kind,
            "fhirVersion": "3.0.1", "derivation": "specialization", "snapshot": { "element": [] }
        }));
    }
    all
}

fn element(line: &str) -> Value {
    let (line, invariant) = line.split_once(" | ").map_or((line, None), |(line, invariant)| (line, Some(invariant)));
    let mut words = line.split(' ');
    let (path, range) = (words.next().unwrap(), words.next().unwrap());
    let (min, max) = range.split_once("..").unwrap();
    let mut element = json!({ "id": path, "path": path, "min": min.parse::<u32>().unwrap(), "max": max });
    if let Some(types) = words.next() {
        if types.starts_with('#') {
            element["contentReference"] = types.into();
        } else {
            let types = types.split(',').map(|name| match name.split_once('(') {
                Some((name, target)) => {
                    json!({ "code": name, "targetProfile": format!("{CORE}{}", target.trim_end_matches(')')) })
                }
                None => json!({ "code": name }),
            });
            element["type"] = types.collect();
        }
    }
    if words.next() == Some("@") {
        element["representation"] = json!(["xmlAttr"]);
    }
    if path == "Lamp.status" {
        element["binding"] = json!({ "strength": "required", "valueSetReference": { "reference": "urn:set:status" } });
    }
    if let Some((key, expression)) = invariant.and_then(|invariant| invariant.split_once(": ")) {
        element["constraint"] = json!([{ "key": key, "severity": "error", "human": "a rule", "expression": expression }]);
    }
    element
}

/// Gives the definitions with others added.
pub(crate) fn definitions(more: &[Value]) -> Definitions {
    let mut definitions = Definitions::new(FhirVersion::Stu3);
    let codes = json!({ "resourceType": "CodeSystem", "url": "urn:codes", "content": "complete", "concept": [
        { "code": "on", "concept": [{ "code": "bright", "property": [{ "code": "level", "valueCode": "high" }] }, { "code": "dim" }] },
        { "code": "off" }
    ] });
    let status = json!({ "resourceType": "ValueSet", "url": "urn:set:status", "compose": {
        "include": [{ "system": "urn:codes" }], "exclude": [{ "system": "urn:codes", "concept": [{ "code": "dim" }] }]
    } });
    for value in structures(TYPES).iter().chain([&codes, &status]).chain(more) {
        let text = serde_json::to_vec(value).unwrap();
        definitions.add(Package::read("own.json", text.as_slice()).unwrap());
    }
    definitions
}

/// Gives a profile of `Lamp` that changes the snapshot as it is told.
pub(crate) fn profile(url: &str, change: impl FnOnce(&mut Vec<Value>)) -> Value {
    let mut profile = structures(TYPES).into_iter().find(|structure| structure["type"] == "Lamp").unwrap();
    profile["url"] = url.into();
    profile["derivation"] = "constraint".into();
    profile["baseDefinition"] = format!("{CORE}Lamp").into();
    change(profile["snapshot"]["element"].as_array_mut().unwrap());
    profile
}

/// Gives the place of an element in a list of them.
pub(crate) fn at(elements: &[Value], path: &str) -> usize {
    elements.iter().position(|element| element["path"] == path).unwrap()
}

pub(crate) fn check_text(definitions: &Definitions, text: &str, profiles: &[&str]) -> Report {
    let resource = Resource::parse(&text.to_owned().into(), &counterpart_document::Limits::default()).unwrap();
    let profiles: Vec<String> = profiles.iter().map(ToString::to_string).collect();
    Validator::new(definitions, Policy::default()).check(&resource, &profiles)
}

/// Gives the findings as `severity code path: message`, without those that say that something was not checked.
pub(crate) fn findings(definitions: &Definitions, resource: &Value, profiles: &[&str]) -> Vec<String> {
    let report = check_text(definitions, &resource.to_string(), profiles);
    let findings = report.findings.iter().filter(|finding| finding.code != Code::NotChecked);
    findings
        .map(|finding| {
            let mark = if finding.severity == Severity::Error { "" } else { finding.severity.as_str() };
            format!("{mark}{} {}: {}", finding.code, finding.path, finding.message)
        })
        .collect()
}

/// Gives the reasons of what was not checked.
pub(crate) fn not_checked(definitions: &Definitions, resource: &Value, profiles: &[&str]) -> Vec<String> {
    let report = check_text(definitions, &resource.to_string(), profiles);
    report.findings.into_iter().filter(|finding| finding.code == Code::NotChecked).map(|finding| finding.message).collect()
}
