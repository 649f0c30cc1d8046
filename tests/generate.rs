//! `counterpart generate`: messages that are made and not sent.

use crate::command::{Place, ended};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

fn documents(text: &str) -> Vec<Value> {
    serde_json::Deserializer::from_str(text).into_iter().map(Result::unwrap).collect()
}

#[test]
fn the_same_seed_makes_the_same_messages_and_each_is_another() {
    let place = Place::new();
    let made = |seed: &str| {
        let ended = place.run(["generate", "ihub", "submit-crime-report", "--count", "3", "--seed", seed]).exits(0);
        documents(&ended.out)
    };
    let (one, again, other) = (made("1"), made("1"), made("2"));
    assert_eq!(one.len(), 3);
    let texts = |made: &[Value]| made.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
    assert_eq!(texts(&one).len(), 3, "{one:?}");
    assert!(texts(&one).is_disjoint(&texts(&other)));
    let ids = |made: &[Value]| made.iter().map(|one| one["data"]["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&one), ids(&again));
}

#[test]
fn each_defect_has_a_file_that_is_named_after_it() {
    let place = Place::new();
    place.run(["generate", "harbour", "notice", "--broken", "--out", "data"]).exits(0).says("messages in data");
    let names: BTreeSet<String> = std::fs::read_dir(place.path().join("data"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    let whole = documents(&place.run(["generate", "harbour", "notice"]).exits(0).out).remove(0);
    for member in whole.as_object().unwrap().keys() {
        let name = format!("notice-001-json-drop--{}.json", member.replace(|letter: char| !letter.is_ascii_alphanumeric(), "-"));
        assert!(names.contains(&name), "no {name} in {names:?}");
        let spoilt: Value = serde_json::from_str(&place.read(&format!("data/{name}"))).unwrap();
        assert!(spoilt.get(member).is_none(), "{name} has {member}");
        assert_eq!(spoilt.as_object().unwrap().len() + 1, whole.as_object().unwrap().len(), "{name} lacks one member alone");
    }
}

#[test]
fn what_is_asked_for_wrongly_is_told_with_a_way_out() {
    let place = Place::new();
    assert!(place.run(["generate", "harbour"]).exits(0).gives("notice\n").out.lines().count() > 3);
    place.run(["generate", "harbour", "notise"]).exits(2).says("did you mean `notice`?");
    place.run(["generate", "nhs-booking", "book"]).exits(2).says("--with NAME=VALUE");
    let whole = place.run(["generate", "nhs-booking", "capability", "--whole"]).exits(0);
    assert!(whole.out.starts_with("GET ") && whole.out.contains("\r\nAuthorization: Bearer "), "{}", whole.out);
}

/// Where `.ci/run` puts a JSON Schema validator that others wrote.
fn validator() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/validator")
}

/// For each document by name, for each schema of the pack by name: the members with which the validator of others finds fault.
type Verdicts = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// Makes messages and holds them against the schemas of the pack; none where the validator is not there.
fn held_against_schemas(place: &Place, request: &str, further: &[&str]) -> Option<Verdicts> {
    let packages = validator().join("packages");
    if !packages.join("jsonschema").is_dir() {
        eprintln!(
            "left out: no JSON Schema validator of others is there; `python3 -m pip install --no-deps --require-hashes \
             --target packages -r requirements.txt` in tests/validator fetches it"
        );
        return None;
    }
    let folder = format!("{request}-{}", further.len());
    let made = ["generate", "irc-capacity", request, "--count", "40", "--out", &folder];
    place.run(made.iter().chain(further).copied()).exits(0);
    let mut python = Command::new("python3");
    python.env("PYTHONPATH", packages).arg("-B").arg(validator().join("validate.py"));
    python.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/irc-capacity/schemas")).arg(place.path().join(folder));
    Some(serde_json::from_str(&ended(python).exits(0).out).unwrap())
}

#[test]
fn a_validator_of_others_accepts_forty_events_each_by_one_schema_and_refuses_broken_ones_for_the_member() {
    let place = Place::new();
    let Some(whole) = held_against_schemas(&place, "sample-event", &[]) else { return };
    assert_eq!(whole.len(), 40);
    let mut shape_of = BTreeMap::new();
    for (name, verdicts) in &whole {
        let accepting: Vec<_> =
            verdicts.iter().filter(|(_, faults)| faults.is_empty()).map(|(schema, _)| schema.clone()).collect();
        let [only] = accepting.as_slice() else { panic!("{name} is accepted by {accepting:?}: {verdicts:?}") };
        shape_of.insert(name.clone(), only.clone());
    }
    assert_eq!(shape_of.values().collect::<BTreeSet<_>>().len(), 8, "all eight shapes are among forty: {shape_of:?}");

    let spoilt = held_against_schemas(&place, "sample-event", &["--broken"]).unwrap();
    // RFC 3339 is a check of its own, and a name of no characters is one.
    let refused = refusals(&spoilt, |name| shape_of[name].clone(), &["bed_ref", "timestamp"], &[]);
    assert!(refused.values().sum::<usize>() >= 40, "{refused:?}");
    let members: BTreeSet<&str> = refused.keys().map(String::as_str).collect();
    let all =
        "bed_ref centre centre_to cid_id gender nationality operation person_id reason single_occupancy_person_id timestamp";
    assert_eq!(members, all.split(' ').collect());
}

#[test]
fn a_validator_of_others_accepts_forty_heartbeats_and_refuses_broken_ones_for_the_member() {
    let place = Place::new();
    let Some(whole) = held_against_schemas(&place, "sample-heartbeat", &[]) else { return };
    assert_eq!(whole.len(), 40);
    assert!(whole.values().all(|verdicts| verdicts["heartbeat"].is_empty()), "{whole:?}");
    let spoilt = held_against_schemas(&place, "sample-heartbeat", &["--broken"]).unwrap();
    // The schema lets the totals be left out; that they must be there is a check of its own.
    let totals = ["male_total_configured", "female_total_configured"];
    let refused = refusals(&spoilt, |_| "heartbeat".to_owned(), &[], &totals);
    assert!(refused.values().sum::<usize>() >= 40, "{refused:?}");
    assert_eq!(refused.len(), 7, "{refused:?}");
}

/// Asserts that each document which lacks a member, or has one of another type or without content, is refused for that member and no
/// other, by the schema that accepts the whole one; counts them by member. Those listed may be empty, or lacking, and are accepted so.
fn refusals(
    spoilt: &Verdicts,
    schema_of: impl Fn(&str) -> String,
    may_be_empty: &[&str],
    may_be_lacking: &[&str],
) -> BTreeMap<String, usize> {
    let mut refused = BTreeMap::new();
    for (name, verdicts) in spoilt {
        // Such as `sample-event-001-json-drop--bed-ref`.
        let Some((front, member)) = name.split_once("--") else { continue };
        let (whole, operator) = front.split_once("-json-").unwrap();
        let member = member.replace('-', "_");
        let faults = &verdicts[&schema_of(whole)];
        let accepted = match operator {
            "drop" => may_be_lacking.contains(&member.as_str()),
            // A number becomes 0, which is one.
            "empty" => may_be_empty.contains(&member.as_str()) || is_number(&member),
            "retype" => false,
            _ => continue,
        };
        if accepted {
            assert!(faults.is_empty(), "{name}: {faults:?}");
            continue;
        }
        assert_eq!(faults.as_slice(), [member.as_str()], "{name}");
        *refused.entry(member).or_default() += 1;
    }
    refused
}

fn is_number(member: &str) -> bool {
    member.ends_with("_id") || ["occupied", "outofcommission", "total_configured"].iter().any(|kind| member.ends_with(kind))
}
