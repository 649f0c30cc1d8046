//! Checks against FHIR profiles, shown on a pack whose definitions are its own, and on one that needs a package of the user's.

use crate::command::{Place, Sut, findings, record};

const PACK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/crates/plan/tests/pack/clinic");

/// A missing element, a fixed value, a slice, a binding, an invariant and more: each mutant in JSON and in XML, from one template, and what
/// conditions on JSON find in XML.
#[test]
fn every_mutant_of_the_clinic_is_killed_in_both_forms() {
    let ended = Place::new().run(["prove", PACK, "--only", "named"]).exits(0);
    ended.gives("21 of 21 mutants killed").gives("3 of 3 mutants killed");
}

#[test]
fn report_marks_the_place_in_json_and_in_xml() {
    let marked = |pack: &str, form: &str, body: &str| {
        let place = letters(pack);
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/fhir+{form}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        let sut = Sut::saying(format!("{head}{body}"));
        place.write("letter.json", LETTER);
        place.run(["run", "letters", "--role", "consumer", "--target", &sut.url, "--fhir-package", "letter.json"]).exits(1);
        let run = place.runs().pop().unwrap();
        let found = record(&run)["scenarios"][0]["attempts"][0]["steps"][0]["findings"][0].clone();
        let html = std::fs::read_to_string(run.join("report.html")).unwrap();
        assert!(html.contains("<mark"), "nothing is marked in the report");
        (found["place"]["path"].clone(), found["place"]["line"].clone(), found["place"]["column"].clone())
    };
    let wished = pack("fhir-packages: [{ name: own, profiles: 'urn:letter', doc: Letters. }]");
    let json = "{ \"resourceType\": \"Letter\",\n  \"to\": 7 }";
    assert_eq!(marked(&wished, "json", json), ("/to".into(), 2.into(), 3.into()));
    let xml = "<Letter xmlns=\"http://hl7.org/fhir\">\n  <too value=\"x\"/>\n  <to value=\"x\"/></Letter>";
    assert_eq!(marked(&wished, "xml", xml), ("/Letter".into(), 2.into(), 3.into()));
}

const LETTER: &str = r#"{ "resourceType": "Bundle", "entry": [
  { "resource": { "resourceType": "StructureDefinition", "url": "http://hl7.org/fhir/StructureDefinition/Letter", "fhirVersion": "4.0.1",
    "type": "Letter", "kind": "resource", "derivation": "specialization", "snapshot": { "element": [
    { "path": "Letter" }, { "path": "Letter.to", "min": 0, "max": "1", "type": [{ "code": "string" }] } ] } } },
  { "resource": { "resourceType": "StructureDefinition", "url": "urn:letter", "fhirVersion": "4.0.1", "type": "Letter", "kind": "resource",
    "derivation": "constraint", "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Letter",
    "differential": { "element": [{ "path": "Letter.to", "min": 1 }] } } }
] }"#;

fn pack(more: &str) -> String {
    format!(
        "pack: letters\ntitle: Letters\nversion: 1.0.0\nlanguage: 1\n\
         documents: [{{ id: D, title: A document }}]\nroles: {{ consumer: {{ plays: a reader, tests: a writer }} }}\n\
         endpoints: [{{ name: main, kind: http, plays-in: [consumer], stubs: [] }}]\n{more}\n"
    )
}

/// A pack whose only must asks for a profile that it does not bring.
fn letters(pack: &str) -> Place {
    let place = Place::new();
    let file = |path: &str, text: &str| drop(place.write(&format!("scenarios/letters/{path}"), text));
    file("pack.yaml", pack);
    file(
        "requirements.yaml",
        "requirements:\n  - { id: L1, level: must, basis: published, text: A letter., source: D 1, roles: consumer }\n",
    );
    file(
        "reading/one.yaml",
        "id: letters/reading/one\ntitle: A letter\npurpose: A letter.\nrole: consumer\ncovers: [L1]\nsteps:\n  \
         - send: { method: GET, path: /letter }\n    \
         expect: [{ id: fits, requirement: L1, that: { fhir-profile: 'urn:letter' }, hint: Mend it. }]\n",
    );
    place
}

#[test]
fn must_whose_profile_was_not_given_is_inconclusive_and_judged_once_it_is() {
    let place = letters(&pack("fhir-packages: [{ name: own, version: '1', profiles: 'urn:letter', doc: Letters. }]"));
    place.run(["check", "scenarios"]).exits(0);
    let sut = Sut::json(r#"{ "resourceType": "Letter", "to": "Ada" }"#);
    let line = ["run", "letters", "--role", "consumer", "--target", &sut.url];
    place.run(line).exits(4);
    let run = place.runs().pop().unwrap();
    assert_eq!(findings(&record(&run)), [("letters/reading/one#fits".to_owned(), "skip".to_owned())]);
    let reason = "the profile `urn:letter` is in the package `own#1`, which was not given: add it with `--fhir-package`";
    assert!(record(&run).to_string().contains(reason));
    place.write("letter.json", LETTER);
    place.run(line.iter().chain(&["--fhir-package", "letter.json"])).exits(0);
    place.write("counterpart.toml", "fhir-package = [\"letter.json\"]\n");
    place.run(line).exits(0);
    let wrong = Sut::json(r#"{ "resourceType": "Letter" }"#);
    place.run(["run", "letters", "--role", "consumer", "--target", &wrong.url]).exits(1);
}

#[test]
fn package_that_cannot_be_read_and_a_profile_that_nobody_has_are_told_before_anything_is_sent() {
    let place = letters(&pack(""));
    place.run(["check", "scenarios"]).exits(2).says("there is no FHIR profile `urn:letter`");
    let line = ["run", "letters", "--role", "consumer", "--target", "http://127.0.0.1:9", "--fhir-package"];
    place.run(line.iter().chain(&["none.tgz"])).exits(2).says("could not read none.tgz");
    place.write("broken.tgz", "no archive");
    place.run(line.iter().chain(&["broken.tgz"])).exits(2).says("could not read the package `broken.tgz`");
    place.write("other.json", LETTER.replace("urn:letter", "urn:lettre"));
    place.run(line.iter().chain(&["other.json"])).exits(2).says("did you mean `urn:lettre`?");
}

#[test]
fn package_is_kept_once_and_a_kept_file_that_is_not_whole_is_written_anew() {
    let place = letters(&pack("fhir-packages: [{ name: own, profiles: 'urn:letter', doc: Letters. }]"));
    place.write("package/letter.json", LETTER);
    place.write("package/package.json", r#"{ "name": "own", "version": "1", "fhirVersions": ["4.0.1"] }"#);
    let packed = std::process::Command::new("tar").args(["-czf", "own.tgz", "package"]).current_dir(place.path()).status();
    assert!(packed.unwrap().success());
    let sut = Sut::json(r#"{ "resourceType": "Letter", "to": "Ada" }"#);
    let run = || {
        let line =
            ["run", "letters", "--role", "consumer", "--target", &sut.url, "--fhir-package", "own.tgz", "--fhir-cache", "kept"];
        place.run(line).exits(0);
        let files: Vec<_> = std::fs::read_dir(place.path().join("kept")).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(files.len(), 1, "{files:?}");
        let written = files[0].metadata().unwrap().modified().unwrap();
        (files[0].clone(), std::fs::read(&files[0]).unwrap(), written)
    };
    let (file, whole, written) = run();
    assert_eq!(run(), (file.clone(), whole.clone(), written), "what is kept is taken");
    for broken in [&whole[..whole.len() / 2], b"", &[&whole[..whole.len() - 1], b"x"].concat()] {
        std::fs::write(&file, broken).unwrap();
        assert_eq!(run().1, whole, "what is broken is read and kept anew");
    }
    place.write("letter.json", r#"{ "resourceType": "Letter" }"#);
    let validate = ["fhir", "validate", "letter.json", "--package", "own.tgz", "--cache", "kept", "--profile", "urn:letter"];
    place.run(validate).exits(1).gives("`to` must be present");
}
