//! Official packages and examples, where they are at hand: `COUNTERPART_FHIR_PACKAGES` names the folder.
//!
//! Every example is valid, or stands in `official/exceptions.tsv` with the reason; an exception that is not needed any
//! more fails. Then each of hundreds of single defects, seeded into valid examples, must give its own finding.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, and shows its figures")]

#[path = "official/mutation.rs"]
mod mutation;
#[path = "official/packages.rs"]
mod packages;

use counterpart_fhir::{
    Definitions, FhirVersion, Finding, Format, Kind, Policy, Report, Resource, Severity, Validator, convert, expressions,
};
use mutation::mutants;
use packages::{definitions, examples, folder};
use std::collections::BTreeMap;

const EXCEPTIONS: &str = include_str!("official/exceptions.tsv");
const EXCEPTIONS_R4: &str = include_str!("official/exceptions-r4.tsv");
/// Fewer would say that the examples are not those that this test was written for.
const MUTANTS_MIN: usize = 300;

fn check(definitions: &Definitions, text: &[u8]) -> Report {
    let resource = Resource::parse(&text.to_vec().into(), &counterpart_document::Limits::default()).unwrap();
    Validator::new(definitions, Policy::default()).check(&resource, &[])
}

/// One line of the list: file, code, words of the message, reason.
fn exceptions(version: FhirVersion) -> Vec<[&'static str; 4]> {
    let text = if version == FhirVersion::R4 { EXCEPTIONS_R4 } else { EXCEPTIONS };
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split('\t').collect::<Vec<_>>().try_into().expect("four fields")).collect()
}

/// Tells whether an exception is for a file: by its name, or by how it begins.
fn is_for(known: &str, name: &str) -> bool {
    known.strip_suffix('*').map_or(known == name, |start| name.starts_with(start))
}

/// Gives our own samples, and each of so many of the others.
fn own_or_nth(all: BTreeMap<String, Vec<u8>>, step: usize) -> impl Iterator<Item = (String, Vec<u8>)> {
    let wanted = move |(at, (name, _)): &(usize, (String, Vec<u8>))| name.starts_with("own-") || at % step == 0;
    all.into_iter().enumerate().filter(wanted).map(|(_, one)| one)
}

#[test]
fn official_examples_have_no_false_errors() {
    no_false_errors(FhirVersion::Stu3);
}

#[test]
fn official_definitions_of_r4_have_no_false_errors_as_resources() {
    no_false_errors(FhirVersion::R4);
}

fn no_false_errors(version: FhirVersion) {
    let Some(folder) = folder("the official examples") else { return };
    let definitions = definitions(&folder, version);
    let exceptions = exceptions(version);
    let mut used = vec![false; exceptions.len()];
    let (mut wrong, mut valid, mut excepted, mut not_checked) = (Vec::new(), 0, 0, 0);
    let examples = examples(&folder, version);
    for (name, text) in &examples {
        let report = check(&definitions, text);
        assert!(!report.resource_type.is_empty(), "{name} is of no known type");
        not_checked += report.findings.iter().filter(|finding| finding.code.as_str() == "not-checked").count();
        let errors = report.findings.iter().filter(|finding| finding.severity == Severity::Error);
        let mut count = 0;
        for error in errors {
            count += 1;
            let known = exceptions.iter().position(|[file, code, words, _]| {
                is_for(file, name) && *code == error.code.as_str() && error.message.contains(words)
            });
            match known {
                Some(known) => used[known] = true,
                None => wrong.push(format!("{name}:{}: {} {}: {}", error.line, error.code, error.path, error.message)),
            }
        }
        if count == 0 {
            valid += 1;
        } else {
            excepted += 1;
        }
    }
    println!(
        "FHIR {version}: {} examples: {valid} valid, {excepted} with errors of their own, {not_checked} remarks `not-checked`",
        examples.len()
    );
    assert!(wrong.is_empty(), "{} errors that no exception explains:\n{}", wrong.len(), wrong.join("\n"));
    let stale: Vec<_> = exceptions.iter().zip(used).filter(|(_, used)| !used).map(|(exception, _)| exception).collect();
    assert!(stale.is_empty(), "exceptions that nothing needs: {stale:#?}");
}

#[test]
fn seeded_defects_are_found() {
    defects_are_found(FhirVersion::Stu3, 1);
}

#[test]
fn seeded_defects_are_found_in_r4() {
    defects_are_found(FhirVersion::R4, 5);
}

/// Seeds into each of so many.
fn defects_are_found(version: FhirVersion, step: usize) {
    let Some(folder) = folder("the seeded defects") else { return };
    let definitions = definitions(&folder, version);
    let systems = definitions.urls(Kind::CodeSystem).map(ToOwned::to_owned).collect();
    let mut figures: BTreeMap<&'static str, (usize, usize)> = BTreeMap::new();
    let mut missed = Vec::new();
    for (name, text) in own_or_nth(examples(&folder, version), step) {
        if !check(&definitions, &text).is_valid() {
            continue;
        }
        let resource: serde_json::Value = serde_json::from_slice(&text).unwrap();
        for mutant in mutants(&resource, &figures, &systems) {
            let report = check(&definitions, &serde_json::to_vec(&mutant.resource).unwrap());
            let found = report.findings.iter().any(|finding| {
                finding.severity == Severity::Error
                    && mutant.codes.contains(&finding.code)
                    && is_at(finding, &mutant.pointer)
                    && mutant.rule.is_none_or(|rule| finding.rule.as_deref() == Some(rule))
            });
            let figure = figures.entry(mutant.operator).or_default();
            figure.0 += 1;
            figure.1 += usize::from(found);
            if !found {
                let got: Vec<_> =
                    report.findings.iter().map(|f| format!("{} {} {}", f.code, f.path, f.message)).take(4).collect();
                missed.push(format!("{name}: {} at {}: {got:?}", mutant.operator, mutant.pointer));
            }
        }
    }
    let (seeded, caught) = figures.values().fold((0, 0), |sum, figure| (sum.0 + figure.0, sum.1 + figure.1));
    println!("FHIR {version}: {caught} of {seeded} seeded defects found, by kind (seeded, found): {figures:#?}");
    assert!(seeded >= MUTANTS_MIN, "{seeded} defects were seeded");
    assert!(missed.is_empty(), "{} were missed:\n{}", missed.len(), missed.join("\n"));
}

#[test]
fn every_expression_of_the_packages_is_understood() {
    let Some(folder) = folder("the expressions of the packages") else { return };
    for version in [FhirVersion::Stu3, FhirVersion::R4] {
        let all = expressions(&definitions(&folder, version));
        let refused: Vec<_> = all.iter().filter(|expression| expression.refused.is_some()).collect();
        println!("FHIR {version}: {} expressions of invariants and discriminators, {} not understood", all.len(), refused.len());
        assert!(all.len() > 150 && refused.is_empty(), "{refused:#?}");
    }
}

#[test]
fn examples_survive_the_way_to_xml_and_back() {
    way_to_xml_and_back(FhirVersion::Stu3, 1);
}

#[test]
fn resources_of_r4_survive_the_way_to_xml_and_back() {
    way_to_xml_and_back(FhirVersion::R4, 10);
}

/// Takes each of so many there and back.
fn way_to_xml_and_back(version: FhirVersion, step: usize) {
    let Some(folder) = folder("the conversion of the examples") else { return };
    let definitions = definitions(&folder, version);
    let (mut same, mut wrong) = (0, Vec::new());
    for (name, text) in own_or_nth(examples(&folder, version), step) {
        let before = check(&definitions, &text);
        let json = Resource::parse(&text.clone().into(), &counterpart_document::Limits::default()).unwrap();
        // XML does not tell a number in quotes from a number, so that such an error does not come back.
        if before.findings.iter().any(|finding| finding.message.contains("without quotes")) {
            continue;
        }
        let Ok(xml) = convert(&json, Format::Xml, &definitions) else { continue };
        let xml = Resource::parse(&xml.into(), &counterpart_document::Limits::default()).unwrap();
        let after = Validator::new(&definitions, Policy::default()).check(&xml, &[]);
        if after.count(Severity::Error) > before.count(Severity::Error) {
            let first = after.findings.iter().find(|finding| finding.severity == Severity::Error).unwrap();
            wrong.push(format!("{name}: as XML: {} {}", first.path, first.message));
        }
        let back = convert(&xml, Format::Json, &definitions).unwrap();
        let (first, second): (serde_json::Value, serde_json::Value) =
            (serde_json::from_slice(&text).unwrap(), serde_json::from_str(&back).unwrap());
        if sorted(&first) == sorted(&second) {
            same += 1;
        } else {
            wrong.push(format!("{name}: it does not come back as it was"));
        }
    }
    println!("FHIR {version}: {same} examples came back from XML as they were");
    assert!(same > 300 && wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Tells whether a finding is where a defect was seeded; what is missing or unknown has the place of what it is in.
fn is_at(finding: &Finding, pointer: &str) -> bool {
    let name = finding.path.rsplit('.').next().unwrap_or_default();
    finding.place.starts_with(pointer) || format!("{}/{name}", finding.place) == pointer
}

/// XML fixes the order of members; JSON leaves it open.
fn sorted(value: &serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Object(members) => {
            let ordered: BTreeMap<_, _> = members.iter().map(|(name, value)| (name.clone(), sorted(value))).collect();
            Value::Object(ordered.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}
