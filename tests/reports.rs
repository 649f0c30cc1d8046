//! Reports of a run folder, rendered through the binary.
use crate::command::Place;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const RENDERED: [&str; 3] = ["report.html", "report.xml", "junit.xml"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// One scenario of the demo in each role, played once for all tests here; gives the run folders.
fn demo() -> &'static (Place, Vec<PathBuf>) {
    static DEMO: OnceLock<(Place, Vec<PathBuf>)> = OnceLock::new();
    DEMO.get_or_init(|| {
        let place = Place::new();
        let wanted = ["--scenario", "ihub/submission/success-is-201", "--scenario", "ihub/delivery/one-request"];
        // The verdict is not the subject here: on a busy machine a scaled clock can be missed.
        place.run([&["demo"], &wanted[..]].concat());
        let runs = place.runs();
        assert_eq!(runs.len(), 2);
        (place, runs)
    })
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

/// Gives what `xmllint` has against a report; nothing where it is not on this machine, which is then said.
fn lint(schema: &str, report: &Path) -> String {
    let schema = root().join("reports/xml").join(schema);
    let output = Command::new("xmllint").args(["--noout", "--nonet", "--schema"]).arg(schema).arg(report).output();
    if output.as_ref().is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        eprintln!("left out: `xmllint` is not on this machine; the Debian package `libxml2-utils` has it");
        return String::new();
    }
    let output = output.unwrap();
    if output.status.success() { String::new() } else { String::from_utf8(output.stderr).unwrap() }
}

#[test]
fn reports_are_rendered_again_byte_for_byte() {
    for run in &demo().1 {
        let kept: Vec<Vec<u8>> = RENDERED.iter().map(|name| std::fs::read(run.join(name)).unwrap()).collect();
        let place = Place::new();
        // The name of the folder stands in the report, so the copy keeps it.
        let folder = place.path().join(run.file_name().unwrap());
        copy(run, &folder);
        RENDERED.iter().for_each(|name| std::fs::remove_file(folder.join(name)).unwrap());
        let shown = folder.display().to_string();
        place.run(["report", &shown, "--format", "html,xml,json,junit"]).exits(0);
        for (name, kept) in RENDERED.iter().zip(&kept) {
            assert!(*kept == std::fs::read(folder.join(name)).unwrap(), "{name} differs");
        }
        place.run(["verify", &shown]).exits(0);
    }
}

#[test]
fn every_report_names_the_digest_of_its_evidence() {
    for run in &demo().1 {
        let manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(run.join("manifest.json")).unwrap()).unwrap();
        let digest = manifest["journal"]["digest"].as_str().unwrap();
        assert_eq!(digest.len(), 64);
        for name in ["report.html", "report.xml"] {
            assert!(std::fs::read_to_string(run.join(name)).unwrap().contains(digest), "{name}");
        }
    }
}

#[test]
fn reports_of_a_demo_keep_their_schemas() {
    let printed = demo().0.run(["schema", "run"]).exits(0).out;
    let file = std::fs::read_to_string(root().join("reports/json/run-1.schema.json")).unwrap();
    assert!(printed == file, "`schema run` is the file");
    let schema: serde_json::Value = serde_json::from_str(&printed).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for run in &demo().1 {
        assert_eq!(lint("report-1.xsd", &run.join("report.xml")), "");
        assert_eq!(lint("junit-1.xsd", &run.join("junit.xml")), "");
        let record: serde_json::Value = serde_json::from_slice(&std::fs::read(run.join("run.json")).unwrap()).unwrap();
        let found: Vec<String> =
            validator.iter_errors(&record).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(found.is_empty(), "{found:#?}");
    }
}

#[test]
fn a_killed_run_still_gives_valid_reports() {
    let run = demo().1.first().unwrap();
    let place = Place::new();
    let killed = place.path().join("killed");
    copy(run, &killed);
    for name in ["run.json", "manifest.json"].iter().chain(&RENDERED) {
        std::fs::remove_file(killed.join(name)).unwrap();
    }
    let journal = std::fs::read(killed.join("journal.ndjson")).unwrap();
    // Behind the first line, which says what run it is, and in the middle of a later one.
    let first = journal.iter().position(|byte| *byte == b'\n').unwrap();
    let end = (first + (journal.len() - first) * 2 / 3..).find(|at| journal[*at] != b'\n' && journal[*at - 1] != b'\n').unwrap();
    std::fs::write(killed.join("journal.ndjson"), &journal[..end]).unwrap();
    place.run(["report", &killed.display().to_string()]).exits(0);
    assert_eq!(lint("report-1.xsd", &killed.join("report.xml")), "");
    assert_eq!(lint("junit-1.xsd", &killed.join("junit.xml")), "");
    assert!(std::fs::read_to_string(killed.join("report.html")).unwrap().contains("Cut off:"));
}
