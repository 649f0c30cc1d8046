//! `counterpart generate`: messages that are made and not sent.

use crate::command::Place;
use serde_json::Value;
use std::collections::BTreeSet;

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
