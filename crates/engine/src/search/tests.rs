#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::search;
use crate::limits::{SEARCH_INCLUDED_MAX, SEARCH_ROUNDS_MAX, SEARCH_ROWS_MAX, SEARCH_VALUES_MAX};
use crate::store::Memory;
use counterpart_document::JsonPath;
use counterpart_matching::{Criterion, Generators, LetterCase, NoNames, Prefixes, Random, Relation, SoughtKind};
use counterpart_plan::model::{Collection, Compared, Parameter, Reference, Search, Store};
use serde_json::{Value, json};
use std::sync::Arc;

fn reference(at: &str, collection: &str, prefix: &str) -> Reference {
    Reference { at: JsonPath::compile(at).unwrap(), collection: collection.to_owned(), prefix: prefix.to_owned() }
}

fn compared(at: &str, kind: SoughtKind) -> Compared {
    let criterion = Criterion { kind, relation: Relation::Equal, prefixes: Prefixes::None, case: LetterCase::Exact };
    Compared { through: Vec::new(), at: JsonPath::compile(at).unwrap(), criterion, separator: None }
}

fn collection(name: &str, rows: Vec<(String, Value)>, search: Search) -> Collection {
    Collection { name: name.to_owned(), rows_max: 100_000, seed: rows, rows: Vec::new(), search: Arc::new(search) }
}

fn named<T>(pairs: Vec<(&str, T)>) -> Vec<(String, T)> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn memory(collections: Vec<Collection>) -> Memory {
    let store = Store { collections, variables: Vec::new() };
    Memory::new(&store, &NoNames, &mut Generators::new(0, Random::keyed(1, &[])))
}

/// Slots that stand in schedules, which have actors: a row in nine hours of a day is free or busy in turn.
fn calendar(slots: usize) -> Memory {
    let mut start = compared("/start", SoughtKind::DateTime);
    start.criterion.prefixes = Prefixes::Allowed;
    let status = Compared { separator: Some(",".to_owned()), ..compared("/status", SoughtKind::Text) };
    let way = || reference("/schedule", "schedules", "Schedule/");
    let actor = Compared { through: vec![way()], ..compared("$.actors[*]", SoughtKind::Text) };
    let of_slots = Search {
        parameters: named(vec![
            ("status", Parameter::Compared(status)),
            ("start", Parameter::Compared(start)),
            ("schedule.actor", Parameter::Compared(actor)),
            ("include", Parameter::Include),
            ("iterate", Parameter::Iterate),
            ("limit", Parameter::Limit(3)),
            ("offset", Parameter::Offset),
            ("format", Parameter::Nothing),
        ]),
        includes: named(vec![("Slot:schedule", vec![way()])]),
    };
    let of_schedules = Search {
        parameters: Vec::new(),
        includes: named(vec![(
            "Schedule:actor",
            vec![reference("/actors", "people", "Person/"), reference("/actors", "places", "Place/")],
        )]),
    };
    let slot = |at: usize| {
        let (status, schedule) = (if at.is_multiple_of(2) { "free" } else { "busy" }, at % 3);
        let start = format!("2026-11-{:02}T{:02}:00:00Z", 1 + at / 9 % 28, 8 + at % 9);
        (format!("slot-{at}"), json!({ "n": at, "status": status, "start": start, "schedule": format!("Schedule/{schedule}") }))
    };
    let schedules = vec![
        ("0".to_owned(), json!({ "id": 0, "actors": ["Person/ada", "Place/hall"] })),
        ("1".to_owned(), json!({ "id": 1, "actors": ["Person/ben", "Place/hall"] })),
    ];
    memory(vec![
        collection("slots", (0..slots).map(slot).collect(), of_slots),
        collection("schedules", schedules, of_schedules),
        collection("people", vec![("ada".to_owned(), json!("Ada")), ("ben".to_owned(), json!("Ben"))], Search::default()),
        collection("places", vec![("hall".to_owned(), json!("Hall"))], Search::default()),
    ])
}

fn numbers(found: &Value) -> Vec<u64> {
    found["rows"].as_array().unwrap().iter().map(|row| row["n"].as_u64().unwrap()).collect()
}

#[test]
fn repeats_must_all_hold_and_separated_values_are_alternatives() {
    let memory = calendar(9);
    let by = |query: Value| numbers(&search(&memory, "slots", &query));
    assert_eq!(by(json!({})), (0..9).collect::<Vec<_>>());
    assert_eq!(by(json!({ "status": ["free"] })), [0, 2, 4, 6, 8]);
    assert_eq!(
        by(json!({ "status": ["free,busy"], "start": ["ge2026-11-01T10:00:00Z", "lt2026-11-01T13:00:00+01:00"] })),
        [2, 3]
    );
    assert_eq!(by(json!({ "status": ["free", "busy"] })), [0; 0]);
    assert_eq!(by(json!({ "status": "free", "start": "2026-11-01T10:00:00Z" })), [2], "one value needs no list");
}

#[test]
fn value_of_another_collection_is_reached_through_references() {
    let memory = calendar(9);
    let by = |actor: &str| numbers(&search(&memory, "slots", &json!({ "schedule.actor": [actor], "status": ["free"] })));
    assert_eq!(by("Person/ada"), [0, 6]);
    assert_eq!(by("Place/hall"), [0, 4, 6], "schedule 2 is not there");
    assert_eq!(by("Place/barn"), [0; 0]);
}

#[test]
fn limit_and_offset_cut_rows_and_the_total_counts_all() {
    let memory = calendar(9);
    let found = search(&memory, "slots", &json!({ "limit": ["2"], "offset": ["3"], "status": ["free"] }));
    assert_eq!((numbers(&found), &found["total"]), (vec![6, 8], &json!(5)));
    let found = search(&memory, "slots", &json!({ "limit": ["900"] }));
    assert_eq!((numbers(&found), &found["total"]), (vec![0, 1, 2], &json!(9)), "no more than declared");
    assert_eq!(numbers(&search(&memory, "slots", &json!({ "limit": ["0"] }))), [0; 0]);
    assert_eq!(numbers(&search(&memory, "slots", &json!({ "offset": ["99"] }))), [0; 0]);
}

#[test]
fn unknown_parameters_are_told_and_ignored() {
    let memory = calendar(3);
    let found = search(&memory, "slots", &json!({ "colour": ["red"], "format": ["json"], "include": ["Slot:moon"] }));
    assert_eq!(numbers(&found), [0, 1, 2]);
    assert_eq!(
        found["ignored"],
        json!([
            { "parameter": "colour", "value": ["red"], "reason": "no parameter of this search" },
            { "parameter": "include", "value": "Slot:moon", "reason": "no reference that can be followed" },
        ])
    );
    assert_eq!(found["wrong"], json!([]));
}

#[test]
fn wrong_values_are_told_and_no_row_has_them() {
    let memory = calendar(3);
    let found = search(&memory, "slots", &json!({ "start": ["tomorrow"], "limit": ["-1"], "status": ["free,"] }));
    let told = found["wrong"].as_array().unwrap();
    let parameters: Vec<&str> = told.iter().map(|one| one["parameter"].as_str().unwrap()).collect();
    assert_eq!(parameters, ["start", "limit", "status"]);
    assert_eq!(told[0]["value"], "tomorrow");
    assert_eq!((numbers(&found), &found["total"]), (vec![], &json!(0)));
    for strange in [json!(null), json!([1]), json!("status=free")] {
        assert_eq!(search(&memory, "slots", &strange)["wrong"].as_array().unwrap().len(), 1, "{strange}");
    }
}

#[test]
fn included_rows_are_those_referred_to_each_once() {
    let memory = calendar(9);
    let include = |query: Value| search(&memory, "slots", &query)["included"].clone();
    let none = json!({ "schedules": [], "people": [], "places": [] });
    assert_eq!(include(json!({})), none);
    assert_eq!(
        include(json!({ "include": ["Slot:schedule"], "start": ["2026-12-24T08:00:00Z"] })),
        none,
        "no row, no row with it"
    );
    let one = include(json!({ "include": ["Slot:schedule", "Schedule:actor"], "schedule.actor": ["Person/ada"] }));
    assert_eq!((one["schedules"].as_array().unwrap().len(), &one["people"]), (1, &json!([])), "not from rows reached");
    let all = include(json!({ "include": ["Slot:schedule"], "iterate": ["Schedule:actor"] }));
    assert_eq!((&all["people"], &all["places"]), (&json!(["Ada", "Ben"]), &json!(["Hall"])));
}

#[test]
fn references_in_a_circle_end() {
    let next = || Search {
        parameters: named(vec![("go", Parameter::Iterate)]),
        includes: named(vec![("next", vec![reference("/next", "rows", "")])]),
    };
    let ring = |size: usize| {
        let rows = (0..size).map(|at| (at.to_string(), json!({ "n": at, "next": ((at + 1) % size).to_string() }))).collect();
        memory(vec![collection("rows", rows, next())])
    };
    let found = search(&ring(3), "rows", &json!({ "go": ["next"] }));
    assert_eq!(found["included"], json!({ "rows": [] }), "all of them were found already");
    let mut search_by_n = next();
    search_by_n.parameters.push(("n".to_owned(), Parameter::Compared(compared("/n", SoughtKind::Number))));
    let rows = (0..100).map(|at| (at.to_string(), json!({ "n": at, "next": ((at + 1) % 100).to_string() }))).collect();
    let found = search(&memory(vec![collection("rows", rows, search_by_n)]), "rows", &json!({ "n": ["0"], "go": ["next"] }));
    assert_eq!(found["included"]["rows"].as_array().unwrap().len(), SEARCH_ROUNDS_MAX + 1);
}

#[test]
fn every_bound_holds() {
    let memory = calendar(SEARCH_ROWS_MAX + 10);
    let found = search(&memory, "slots", &json!({}));
    assert_eq!((numbers(&found).len(), &found["total"]), (SEARCH_ROWS_MAX, &json!(SEARCH_ROWS_MAX + 10)));
    let many = vec!["free"; SEARCH_VALUES_MAX];
    assert_eq!(search(&memory, "slots", &json!({ "status": [many.join(",")] }))["wrong"], json!([]));
    let found = search(&memory, "slots", &json!({ "status": [many.join(","), "free"] }));
    assert!(found["wrong"][0]["reason"].as_str().unwrap().contains("at most"), "{}", found["wrong"]);
    let wide = reference("/all", "others", "");
    let of_rows = Search { parameters: named(vec![("include", Parameter::Include)]), includes: named(vec![("all", vec![wide])]) };
    let names: Vec<String> = (0..SEARCH_INCLUDED_MAX + 10).map(|at| at.to_string()).collect();
    let others = names.iter().map(|name| (name.clone(), json!(name))).collect();
    let memory = self::memory(vec![
        collection("rows", vec![("one".to_owned(), json!({ "all": names }))], of_rows),
        collection("others", others, Search::default()),
    ]);
    let found = search(&memory, "rows", &json!({ "include": ["all"] }));
    assert_eq!(found["included"]["others"].as_array().unwrap().len(), SEARCH_INCLUDED_MAX);
}

/// Not a measurement: ten thousand rows and two parameters must stay far from what a client would notice, even unoptimised.
#[test]
fn search_of_ten_thousand_rows_is_quick() {
    let memory = calendar(10_000);
    let query = json!({ "status": ["free"], "start": ["ge2026-11-03T08:00:00Z", "le2026-11-03T12:00:00Z"] });
    let begun = std::time::Instant::now();
    let found = search(&memory, "slots", &query);
    let took = begun.elapsed();
    assert!(found["total"].as_u64().unwrap() > 50, "{}", found["total"]);
    assert!(took.as_millis() < 2_000, "{took:?}");
}
