//! The compact definitions that packs bring, held against the official ones: they must lead from one form to the other alike.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, and shows its figures")]

#[path = "official/packages.rs"]
mod packages;

use bytes::Bytes;
use counterpart_document::{Json, Limits, Xml};
use counterpart_fhir::{Definitions, FhirVersion, Kind, Package, Policy, Resource, Severity, Validator, as_json, as_xml};
use packages::{definitions, examples, folder};
use serde_json::Value;
use std::path::{Path, PathBuf};

const CORE: &str = "http://hl7.org/fhir/StructureDefinition/";

/// The folders of definitions of the packs here, with what they define of STU3.
fn packs() -> Vec<(PathBuf, Definitions)> {
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let packs = std::fs::read_dir(scenarios).unwrap().map(|pack| pack.unwrap().path().join("profiles"));
    let with_definitions = packs.filter(|folder| folder.is_dir()).map(|folder| {
        let mut own = Definitions::new(FhirVersion::Stu3);
        for file in files(&folder) {
            own.add(Package::read(&file.display().to_string(), std::fs::read(&file).unwrap().as_slice()).unwrap());
        }
        (folder, own)
    });
    with_definitions.filter(|(_, own)| !own.is_empty()).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Names the types of all resources in a resource.
fn types(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| types(item, into)),
        Value::Object(members) => {
            into.extend(members.get("resourceType").and_then(Value::as_str).map(ToOwned::to_owned));
            members.values().for_each(|value| types(value, into));
        }
        _ => {}
    }
}

/// Gives the examples that hold nothing but resources that are defined.
fn known(folder: &Path, own: &Definitions) -> Vec<(String, Json)> {
    let urls: Vec<&str> = own.urls(Kind::StructureDefinition).collect();
    let is_known = |name: &String| urls.contains(&format!("{CORE}{name}").as_str());
    let parsed = examples(folder, own.version()).into_iter().map(|(name, text)| {
        let json = Json::parse(&Bytes::from(text), &Limits::default()).unwrap();
        (name, json)
    });
    parsed
        .filter(|(_, json)| {
            let mut held = Vec::new();
            types(json.value(), &mut held);
            !held.is_empty() && held.iter().all(is_known)
        })
        .collect()
}

#[test]
fn compact_definitions_turn_examples_as_the_official_ones_do() {
    let Some(folder) = folder("compact definitions against official ones") else { return };
    let official = definitions(&folder, FhirVersion::Stu3);
    for (pack, own) in packs() {
        let examples = known(&folder, &own);
        assert!(examples.len() >= 30, "only {} examples are of types that {} defines", examples.len(), pack.display());
        for (name, json) in &examples {
            let xml = as_xml(json, &official).unwrap_or_else(|fault| panic!("{name}: {fault}"));
            assert_eq!(as_xml(json, &own).unwrap(), xml, "{name}");
            let xml = Xml::parse(&xml.into(), &Limits::default()).unwrap();
            let back = as_json(&xml, &official).unwrap();
            assert_eq!(as_json(&xml, &own).unwrap(), back, "{name}");
            assert_eq!(&serde_json::from_str::<Value>(&back).unwrap(), json.value(), "{name}");
        }
        println!("{}: {} examples turned alike", pack.display(), examples.len());
    }
}

/// What the official definitions allow, the compact ones allow too: they ask for less, never for something else.
#[test]
fn compact_types_find_no_errors_that_the_official_ones_do_not() {
    let Some(folder) = folder("compact types against official examples") else { return };
    let official = definitions(&folder, FhirVersion::Stu3);
    for (_, own) in packs() {
        for (name, json) in known(&folder, &own) {
            let errors = |definitions: &Definitions| -> Vec<String> {
                let mut plain = json.value().clone();
                // What profiles ask for is another matter than what types do.
                without_profiles(&mut plain);
                let resource = Resource::parse(&plain.to_string().into(), &Limits::default()).unwrap();
                let report = Validator::new(definitions, Policy::default()).check(&resource, &[]);
                report.findings.into_iter().filter(|one| one.severity == Severity::Error).map(|one| one.message).collect()
            };
            if errors(&official).is_empty() {
                assert_eq!(errors(&own), Vec::<String>::new(), "{name}");
            }
        }
    }
}

fn without_profiles(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(without_profiles),
        Value::Object(members) => {
            if let Some(Value::Object(meta)) = members.get_mut("meta") {
                meta.shift_remove("profile");
            }
            members.shift_remove("meta").into_iter().for_each(|meta| {
                if meta.as_object().is_none_or(|meta| !meta.is_empty()) {
                    members.insert("meta".to_owned(), meta);
                }
            });
            members.values_mut().for_each(without_profiles);
        }
        _ => {}
    }
}
