//! The language through the command: pages of codes, schemas for editors, a pack that is proved, and mistakes told all at once.

use crate::command::Place;
use std::path::{Path, PathBuf};

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn every_code_has_a_page() {
    let place = Place::new();
    let codes: Vec<&str> = counterpart_scenario::CODES.iter().chain(counterpart_plan::CODES).map(|(code, _)| *code).collect();
    let mut once = codes.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), codes.len(), "a code has two pages");
    for code in codes {
        let page = place.run(["explain", code]).exits(0).out;
        assert!(page.starts_with(&format!("{code}: ")) && page.len() > 40, "{page}");
    }
}

#[test]
fn committed_schemas_are_what_the_command_prints() {
    let place = Place::new();
    let folder = repository("scenarios/schema");
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().replace(".schema.json", "");
        let printed = place.run(["schema", &name]).exits(0).out;
        assert!(
            std::fs::read_to_string(&path).unwrap() == printed,
            "`{}` is out of date: counterpart schema {name} > it",
            path.display()
        );
        count += 1;
    }
    assert!(count >= 12, "{count} schemas are too few");
    let run = place.run(["schema", "run"]).exits(0).out;
    assert!(std::fs::read_to_string(repository("reports/json/run-1.schema.json")).unwrap().trim() == run.trim());
}

#[test]
fn pack_of_the_guide_is_proved_in_both_roles() {
    let place = Place::new();
    let pack = repository("crates/plan/tests/pack/post");
    let ended = place.run(["prove", &pack.display().to_string(), "--only", "named"]).exits(0);
    ended.gives("role consumer: proved").gives("role provider: proved");
}

#[test]
fn same_mistake_at_two_places_is_told_twice_and_in_one_role_only() {
    let place = Place::with_lamp();
    place.write("scenarios/lamp/checks/more.yaml", "checks:\n  - { id: a, stauts: 1 }\n  - { id: b, stauts: 1 }\n");
    let ended = place.run(["check", "scenarios"]).exits(2);
    assert_eq!(ended.err.matches("unknown key `stauts` in a check").count(), 2, "{}", ended.err);
}

/// A request that comes while the action is still under way belongs to the step that waits for it.
#[test]
fn early_request_is_shown_at_the_step_that_waits_for_it() {
    let place = Place::new();
    place.run(["demo", &repository("crates/plan/tests/pack/post").display().to_string(), "--out", "out"]).exits(0);
    let folders = std::fs::read_dir(place.path().join("out")).unwrap().map(|entry| entry.unwrap().path());
    let provider = folders.into_iter().find(|path| path.to_string_lossy().contains("-provider-")).unwrap();
    let text = std::fs::read_to_string(provider.join("run.json")).unwrap();
    let record: serde_json::Value = serde_json::from_str(&text).unwrap();
    let of_scenario = |exchange: &&serde_json::Value| exchange["scenario"] == "post/outage/tries-again";
    let exchanges: Vec<&serde_json::Value> = record["exchanges"].as_array().unwrap().iter().filter(of_scenario).collect();
    assert!(!exchanges.is_empty());
    for exchange in exchanges {
        assert_eq!(exchange["step"], 2, "{exchange}");
    }
}
