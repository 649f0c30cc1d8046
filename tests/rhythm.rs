//! What a run over time leaves in the evidence: what went wrong on purpose and when, when a peer gave up, and which gaps are wrong.

use crate::command::{Ended, Place, record};
use serde_json::Value;
use std::path::Path;
use std::time::{Duration, Instant};

/// Plays a scenario of role provider against the mirror; gives the record of that run.
fn demo(scenario: &str, settings: &[&str], exit: i32) -> Value {
    let place = Place::new();
    place.run(["demo", "irc-capacity", "--scenario", scenario].iter().chain(settings).copied()).exits(exit);
    let played = place.runs().into_iter().find(|run| run.to_string_lossy().contains("-provider-"));
    record(&played.unwrap())
}

fn attempt_of(record: &Value) -> &Value {
    let mut scenarios = record["scenarios"].as_array().unwrap().iter();
    &scenarios.find(|one| !one["attempts"].as_array().unwrap().is_empty()).unwrap()["attempts"][0]
}

#[test]
fn an_outage_is_told_with_its_times_and_the_moments_at_which_the_peer_gave_up() {
    let record = demo("irc-capacity/client-heartbeats/outage", &[], 0);
    let attempt = attempt_of(&record);
    let steps = attempt["steps"].as_array().unwrap();
    let observed = steps.iter().find(|step| step["kind"] == "observe").unwrap();
    let began = observed["started-us"].as_u64().unwrap();
    let spans: Vec<(u64, u64, &str)> = observed["spans"]
        .as_array()
        .unwrap()
        .iter()
        .map(|span| {
            let minutes = |member: &str| (span[member].as_u64().unwrap() - began) / 60_000_000;
            (minutes("from-us"), minutes("to-us"), span["what"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        spans,
        [
            (3, 6, "answers 503 (`unavailable`)"),
            (6, 8, "answers 503 (`unavailable`), delayed by 30000 ms, reset after nothing"),
            (8, 9, "answers 302"),
            (9, 10, "answers 503 (`unavailable`), reset after nothing"),
            (12, 13, "answers 200 (`login-page`)"),
        ]
    );
    let left: Vec<&Value> = record["exchanges"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|exchange| exchange["fault"] == "delayed by 30000 ms, reset after nothing")
        .collect();
    assert!(left.len() >= 3, "{left:#?}");
    for exchange in left {
        assert_eq!(exchange["outcome"], "closed", "{exchange}");
        assert_eq!(exchange["timing"]["total-us"], 5_000_000, "{exchange}");
    }
}

#[test]
fn an_endpoint_that_is_away_is_told_with_its_times() {
    let record = demo("irc-capacity/client-heartbeats/down", &[], 0);
    let spans: Vec<&Value> = attempt_of(&record)["steps"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|step| step["spans"].as_array().into_iter().flatten())
        .collect();
    let [span] = spans.as_slice() else { panic!("{spans:?}") };
    assert_eq!((span["endpoint"].as_str(), span["what"].as_str()), (Some("api"), Some("refuses connections")));
    assert_eq!(span["to-us"].as_u64().unwrap() - span["from-us"].as_u64().unwrap(), 600_000_000);
}

#[test]
fn a_gap_that_is_wrong_is_named() {
    // The mirror tries again after a minute sharp, which these limits leave out.
    let record = demo("irc-capacity/client-retry/once-500", &["--set", "slack_ms=-1"], 1);
    let findings = attempt_of(&record)["steps"].as_array().unwrap().iter().flat_map(|step| step["findings"].as_array().unwrap());
    let wrong: Vec<&Value> = findings.filter(|finding| finding["check"] == "again-after-interval").collect();
    let [finding] = wrong.as_slice() else { panic!("{wrong:?}") };
    let [gap] = finding["gaps"].as_array().unwrap().as_slice() else { panic!("{finding}") };
    assert_eq!(gap["to"], finding["exchange"]);
    let exchanges = record["exchanges"].as_array().unwrap();
    let began = |id: &Value| exchanges.iter().find(|one| one["id"] == *id).unwrap()["started-us"].as_u64().unwrap();
    assert_eq!(began(&gap["to"]) - began(&gap["from"]), 60_000_000);
}

/// A pack whose client knocks every two seconds, after work of its own; in each round at three doors, half a second after one another.
const KNOCKS: [(&str, &str); 5] = [
    (
        "pack.yaml",
        "pack: door\ntitle: A door\nversion: 0.1.0\nlanguage: 1\ndocuments: [{ id: DOC, title: Door }]\n\
         actions:\n  - { name: knock, does: knock, roles: [provider], arguments: { doors: How many doors } }\n\
         endpoints: [{ name: door, kind: http, stubs: [door], client-certificate: \"'none'\" }]\n",
    ),
    (
        "requirements.yaml",
        "requirements:\n  - { id: R1, level: must, basis: published, text: Somebody knocks., source: DOC 1, roles: provider }\n",
    ),
    ("stubs/door.yaml", "title: A door\nrules:\n  - { id: any, respond: 204 }\n"),
    (
        "players/client.yaml",
        "title: A client\nrules:\n\
         \x20 - id: knock\n    on: [knock]\n    every: 2s\n    first: [{ pause: 400ms }]\n\
         \x20   do:\n      - each:\n          of: range(args.doors)\n          as: number\n          do:\n\
         \x20             - send: { to: door, method: GET, path: '/{{number}}' }\n\
         \x20             - pause: 500ms\n",
    ),
    (
        "knock/often.yaml",
        "id: door/knock/often\ntitle: Knocks\npurpose: Knocks come in time.\nrole: provider\ncovers: [R1]\n\
         needs: { actions: [knock] }\nsteps:\n\
         \x20 - observe:\n      for: 19s\n      do: [{ at: 1ms, ask: { action: knock, with: { doors: !value '3' } } }]\n\
         \x20 - ask: { action: knock, with: { doors: !value '0' } }\n  - observe: { for: 10s }\n\
         \x20 - assert:\n      that:\n\
         \x20       - { id: even, requirement: R1, on: sequence, that: { series: { key: request.path }, gaps: { range: { min: 2000, max: 2000 } } }, hint: Knock. }\n\
         \x20       - { id: count, requirement: R1, on: sequence, that: { series: { of: [{ method: GET }] }, per-key: { min: 29, max: 29 } }, hint: Stop. }\n",
    ),
];

/// The work before each round does not stretch the rhythm, and a rhythm that is started anew leaves what the one before had still to do:
/// after nineteen seconds, that is the last knock of the tenth round.
#[test]
fn a_rhythm_keeps_its_time_and_ends_when_it_is_started_anew() {
    Place::with_pack("door", &KNOCKS).run(["demo", "door", "--clock", "virtual", "--out", "out"]).exits(0).gives("1 pass");
}

/// How long the machine stands still in the middle of a run.
const STANDSTILL: Duration = Duration::from_millis(1_500);

/// Plays knocks every so often, which must come every 800 ms or half of that sooner or later, and lets the whole process stand still after the third of them.
fn knocks_with_a_standstill(every: &str) -> (Ended, Value) {
    let client = format!(
        "title: A client\nrules:\n  - {{ id: knock, on: [knock], every: {every}, do: [{{ send: {{ to: door, method: GET, path: /x }} }}] }}\n"
    );
    let scenario = "id: door/knock/often\ntitle: Knocks\npurpose: Knocks come in time.\nrole: provider\ncovers: [R1]\n\
         needs: { actions: [knock] }\nsteps:\n\
         \x20 - observe:\n      for: 7s\n      do: [{ at: 1ms, ask: { action: knock, with: { doors: !value '1' } } }]\n\
         \x20 - assert:\n      that:\n\
         \x20       - { id: even, requirement: R1, on: sequence, that: { series: {}, gaps: { range: { min: 400, max: 1200 } } }, hint: Knock. }\n";
    let [pack, requirements, stubs, _, _] = KNOCKS;
    let files = [pack, requirements, stubs, ("players/client.yaml", &client), ("knock/often.yaml", scenario)];
    let place = Place::with_pack("door", &files);
    let started = place.start(["demo", "door", "--clock", "real"]);
    let until = Instant::now() + Duration::from_secs(60);
    while place.runs().iter().map(|run| exchanges(run)).sum::<usize>() < 3 {
        assert!(Instant::now() < until, "nobody knocks");
        std::thread::sleep(Duration::from_millis(10));
    }
    started.signal("STOP");
    std::thread::sleep(STANDSTILL);
    started.signal("CONT");
    let ended = started.ends();
    (ended, record(&place.runs()[0]))
}

fn exchanges(run: &Path) -> usize {
    let journal = std::fs::read_to_string(run.join("journal.ndjson")).unwrap_or_default();
    journal.matches("\"event\":\"exchange\"").count()
}

#[test]
fn a_gap_that_the_machine_may_have_made_is_not_judged_and_how_late_it_was_is_told() {
    let (ended, record) = knocks_with_a_standstill("800ms");
    ended.exits(4).gives("`door/knock/often#even` was not judged: this machine was late by");
    assert_eq!(
        (&record["verdict"], &record["scenarios"][0]["cause"]),
        (&"inconclusive".into(), &"environment".into()),
        "{record}"
    );
    let limits = record["limits"].as_array().unwrap().iter();
    let told: Vec<&str> = limits
        .filter(|limit| limit["what"] == "times that this machine could not measure")
        .map(|limit| limit["why"].as_str().unwrap())
        .collect();
    let [why] = told.as_slice() else { panic!("{told:?}") };
    let late_ms: u128 = why.strip_prefix("this machine was late by up to ").unwrap().split_once(' ').unwrap().0.parse().unwrap();
    assert!(late_ms >= STANDSTILL.as_millis() - 20, "{why}");
}

#[test]
fn a_gap_that_is_further_off_than_the_machine_was_late_fails() {
    let (ended, record) = knocks_with_a_standstill("2400ms");
    ended.exits(1).gives("a gap is 2");
    assert_eq!(record["verdict"], "fail", "{record}");
}
