//! Reports against their schemas, by `xmllint` and the run record's own schema.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a test may panic, and says what it leaves out")]

mod sample;

use counterpart_evidence::RunRecord;
use counterpart_report::{Format, NoBodies, Options, render};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Gives what `xmllint` has against a report, nothing where it is valid; `None` where it is not on this machine, which is then said.
fn complaints(name: &str, schema: &Path, report: &[u8]) -> Option<Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, report).unwrap();
    let output = Command::new("xmllint").args(["--noout", "--nonet", "--schema"]).arg(schema).arg(&file).output();
    if output.as_ref().is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        println!("left out: `xmllint` is not on this machine; the Debian package `libxml2-utils` has it");
        return None;
    }
    let output = output.unwrap();
    let words = String::from_utf8(output.stderr).unwrap();
    if output.status.success() {
        return Some(Vec::new());
    }
    Some(words.lines().filter(|line| line.contains("error")).map(str::to_owned).collect())
}

fn xml_of(record: &RunRecord, format: Format) -> Vec<u8> {
    render(record, &NoBodies, format, &Options::default()).unwrap()
}

fn records() -> Vec<(&'static str, RunRecord)> {
    let sample = sample::sample().record;
    let mut killed = sample.clone();
    killed.finished = None;
    killed.ended_early = Some("the journal ends in the middle of a line".to_owned());
    let mut empty = killed.clone();
    empty.scenarios.clear();
    empty.exchanges.clear();
    empty.requirements.clear();
    empty.unexpected.clear();
    empty.unexpected_findings.clear();
    empty.unmatched.clear();
    vec![("failing", sample), ("killed", killed), ("empty", empty), ("long", sample::long(10_000, 10).record)]
}

#[test]
fn xml_keeps_its_schema() {
    for (name, record) in records() {
        let found = complaints("report.xml", &root().join("reports/xml/report-1.xsd"), &xml_of(&record, Format::Xml));
        assert!(found.as_ref().is_none_or(Vec::is_empty), "{name}: {found:#?}");
    }
}

#[test]
fn junit_keeps_its_schema() {
    for (name, record) in records() {
        let found = complaints("junit.xml", &root().join("reports/xml/junit-1.xsd"), &xml_of(&record, Format::Junit));
        assert!(found.as_ref().is_none_or(Vec::is_empty), "{name}: {found:#?}");
    }
}

/// What the strict Ant schema has against our dialect, and nothing else; each entry must still be found.
const STRICT_REFUSES: [(&str, &str); 6] = [
    ("Element 'testsuites', attribute", "build servers read the sums at the root"),
    ("Element 'testsuite': The attribute", "it wants `package`, `id` and `hostname`, which mean nothing here"),
    ("attribute 'timestamp'", "it wants a time without an offset"),
    ("attribute 'assertions'", "build servers show how many checks a case holds"),
    ("Element 'properties': This element is not expected", "requirement ids stand on the case"),
    ("Element 'testsuite': Missing child element(s)", "it wants output elements in each suite, even empty"),
];

#[test]
fn junit_differs_from_the_strict_schema_in_known_ways_only() {
    let schema = Path::new("/work/shared/schemas-external/junit/JUnit-windyroad.xsd");
    if !schema.exists() {
        println!("not run: the strict schema is not on this machine");
        return;
    }
    let Some(found) = complaints("junit.xml", schema, &xml_of(&sample::sample().record, Format::Junit)) else { return };
    // What stands behind an element that was refused is refused too, and says nothing of its own.
    let follows = |one: &str| one.contains("This element is not expected") && !one.contains("Element 'properties'");
    let own: Vec<&String> = found.iter().filter(|one| !follows(one)).collect();
    for one in &own {
        assert!(STRICT_REFUSES.iter().any(|(pattern, _)| one.contains(pattern)), "{one}");
    }
    for (pattern, reason) in STRICT_REFUSES {
        assert!(own.iter().any(|one| one.contains(pattern)), "stale: {pattern} ({reason})");
    }
}
