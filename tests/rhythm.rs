//! What a run over time leaves in the evidence: what went wrong on purpose and when, when a peer gave up, and which gaps are wrong.

use crate::command::{Place, record};
use serde_json::Value;

/// Plays a scenario of role provider against the mirror; gives the record of that run.
fn demo(scenario: &str, settings: &[&str], exit: i32) -> Value {
    let place = Place::new();
    // In the other role there is nothing to play, which is a run of its own.
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
    let record = demo("irc-capacity/client-heartbeats/outage", &[], 4);
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
    let record = demo("irc-capacity/client-heartbeats/down", &[], 4);
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
