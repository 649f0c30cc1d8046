//! Tokens that are signed with keys of our own, and the sets that others verify them with.

use crate::command::Place;

const PACK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/crates/plan/tests/pack/badge");
/// The private halves of the pack's two keys.
const PRIVATE: [&str; 2] = ["nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A", "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"];

/// A wrong key, a wrong subject, a set with private halves: each is told.
#[test]
fn every_mutant_of_the_badge_office_is_killed() {
    let ended = Place::new().run(["prove", PACK, "--only", "named"]).exits(0);
    ended.gives("4 of 4 mutants killed").gives("1 of 1 mutants killed");
}

/// Every file below a folder, as text where it is some.
fn texts(folder: &std::path::Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts(&path, found);
        } else {
            found.push(String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned());
        }
    }
}

#[test]
fn private_keys_stand_nowhere_in_the_evidence() {
    let place = Place::new();
    place.run(["demo", PACK, "--clock", "virtual"]).exits(0);
    let mut all = Vec::new();
    place.runs().iter().for_each(|run| texts(run, &mut all));
    assert!(all.iter().any(|text| text.contains("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU")), "the public half is there");
    for private in PRIVATE {
        assert!(all.iter().all(|text| !text.contains(private)), "{private} stands in a run folder");
    }
}

#[test]
fn a_key_of_the_test_authority_signs_and_its_set_verifies() {
    let place = Place::new();
    place.run(["certs", "init"]).exits(0);
    place.run(["certs", "issue", "--name", "office", "--key", "ec-p256"]).exits(0);
    place.run(["demo", PACK, "--set", "office_key=file:certs/office-key.pem"]).exits(0);
    let mut all = Vec::new();
    place.runs().iter().for_each(|run| texts(run, &mut all));
    let pem = std::fs::read_to_string(place.path().join("certs/office-key.pem")).unwrap();
    let line = pem.lines().nth(1).unwrap();
    assert!(all.iter().all(|text| !text.contains(line)), "the key stands in a run folder");
}
