//! The authority's checklist, through the binary.
use crate::command::Place;
use serde_json::Value;

/// Packs that declare a form.
const PACKS: [&str; 2] = ["harbour", "nhs-booking"];

fn demo(place: &Place, more: &[&str]) -> Vec<std::path::PathBuf> {
    drop(place.run([&["demo", "harbour"], more].concat()).exits(0));
    place.runs()
}

#[test]
fn a_run_fills_the_form_of_its_pack() {
    let place = Place::new();
    let runs = demo(&place, &["--scenario", "harbour/jobs", "--scenario", "harbour/notices/withdraw"]);
    let consumer = runs.iter().find(|run| run.display().to_string().contains("-consumer-")).unwrap();
    place.run(["report", &consumer.display().to_string(), "--format", "checklist"]).exits(0);
    let table = std::fs::read_to_string(consumer.join("checklist.csv")).unwrap();
    let row = |id: &str| {
        let line = table.lines().find(|line| line.trim_start_matches('\u{feff}').starts_with(&format!("\"{id}\","))).unwrap();
        line.trim_matches('"').split("\",\"").map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(row("Id")[3], "Verdict");
    let verdicts: Vec<String> = ["C1", "C2", "C8", "C9"].iter().map(|id| row(id)[3].clone()).collect();
    assert_eq!(verdicts, ["not-tested", "pass", "pass", "person"]);
    // What a link names is there.
    let report = std::fs::read_to_string(consumer.join("report.html")).unwrap();
    for link in row("C8")[8].split(' ') {
        let anchor = link.strip_prefix("report.html#").unwrap();
        assert!(report.contains(&format!("id=\"{anchor}\"")), "{anchor}");
    }
    // The folder is still as its manifest says.
    place.run(["verify", &consumer.display().to_string()]).exits(0);
}

#[test]
fn what_a_selection_left_out_leaves_a_row_open() {
    let place = Place::new();
    let runs = demo(&place, &["--scenario", "harbour/jobs/cancel", "--scenario", "harbour/notices/withdraw"]);
    let consumer = runs.iter().find(|run| run.display().to_string().contains("-consumer-")).unwrap();
    let record: Value = serde_json::from_slice(&std::fs::read(consumer.join("run.json")).unwrap()).unwrap();
    let rows = record.pointer("/checklist/rows").and_then(Value::as_array).unwrap();
    let jobs = rows.iter().find(|row| row["id"] == "C8").unwrap();
    assert_eq!(jobs["verdict"], "partial");
    assert!(jobs["open"].to_string().contains("not selected"), "{}", jobs["open"]);
}

#[test]
fn a_pack_without_a_form_fills_none() {
    let place = Place::with_lamp();
    place.run(["demo", "lamp"]);
    let run = place.runs().remove(0);
    place.run(["report", &run.display().to_string(), "--format", "checklist"]).exits(2).says("declares no checklist");
}

/// What a program asks: each row of a form with what shows it.
pub(crate) fn listed(pack: &str) -> Vec<Value> {
    let place = Place::new();
    let shown = place.run(["list", pack, "--checklist", "--json"]).exits(0);
    let mut listed: Value = serde_json::from_str(&shown.out).unwrap();
    listed.pointer_mut("/checklist").and_then(Value::as_array_mut).map(std::mem::take).unwrap()
}

/// Tells what of a row is missing: what is left to nobody and shown by nothing.
pub(crate) fn missing(row: &Value) -> Option<String> {
    let parts = row["parts"].as_array().unwrap();
    let empty = |part: &&Value| part["scenarios"].as_array().unwrap().is_empty();
    let reviewed = |part: &Value| part["checks"].as_array().unwrap().is_empty();
    match (parts.iter().find(empty), parts.is_empty() && row["by"].is_null()) {
        (Some(part), _) => Some(format!("{}: {} is in no scenario", row["id"], part["id"])),
        (None, true) => Some(format!("{}: shown by nothing", row["id"])),
        // A requirement without checks is for review: the pack says why no machine can test it.
        (None, false) => parts.iter().find(|part| part["kind"] == "check" && reviewed(part)).map(|part| format!("{part}")),
    }
}

/// The scenarios of the capacity interface, as our documents number them: of a supplier's system, and of a back-end.
#[test]
fn every_numbered_scenario_of_the_capacity_interface_is_there() {
    let shown = Place::new().run(["list", "irc-capacity", "--json"]).exits(0);
    let listed: Value = serde_json::from_str(&shown.out).unwrap();
    for (letter, last, role) in [("C", 46, "provider"), ("P", 40, "consumer")] {
        for number in 1..=last {
            let wanted = Value::from(format!("{letter}-{number:02}"));
            let has = |scenario: &&Value| scenario["tags"].as_array().is_some_and(|tags| tags.contains(&wanted));
            let found: Vec<&Value> = listed["scenarios"].as_array().unwrap().iter().filter(has).collect();
            assert!(!found.is_empty(), "{wanted} has no scenario");
            assert!(found.iter().all(|scenario| scenario["role"] == role), "{wanted}: {found:?}");
        }
    }
}

/// The ids of the assurance list, and of the checks of both original validators, as our documents number them.
#[test]
fn every_item_of_the_assurance_list_has_its_row() {
    let numbers = |letter: &str, ranges: &[(u32, u32)]| {
        let all = ranges.iter().flat_map(|(first, last)| *first..=*last);
        all.map(|number| format!("{letter}{number}")).collect::<Vec<_>>()
    };
    let mut wanted = numbers("P", &[(1, 5), (7, 27), (29, 29), (31, 31), (35, 36), (38, 42)]);
    wanted.extend(numbers("C", &[(1, 4), (6, 14), (16, 31)]));
    wanted.extend(numbers("RQ", &[(1, 49)]));
    wanted.extend(numbers("RS", &[(1, 31)]));
    let rows = listed("nhs-booking");
    let missing: Vec<&String> = wanted.iter().filter(|id| rows.iter().all(|row| row["id"] != id.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_row_is_shown_by_checks_in_scenarios_or_left_to_somebody() {
    for pack in PACKS {
        let faults: Vec<String> = listed(pack).iter().filter_map(missing).collect();
        assert!(faults.is_empty(), "{pack}: {faults:#?}");
    }
}
