//! Simulated providers as clients that others wrote see them.

use crate::command::{Place, ended};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

/// Where `npm ci` puts the clients; `.ci/run` does it.
fn clients() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients")
}

/// Plays `booking.mjs` against the simulated provider of booking: what the client saw, and the run's folder.
fn booking(place: &Place) -> Option<Value> {
    let folder = clients();
    if !folder.join("node_modules/fhir-kit-client").is_dir() {
        eprintln!("left out: no FHIR client is there; `npm ci` in tests/clients fetches it");
        return None;
    }
    let mut simulator = place.start(["simulate", "nhs-booking", "--plain"]);
    let heard = simulator.hears("listening as provider at");
    let url = heard.split("listening as provider at ").nth(1).unwrap().trim();
    simulator.hears("answering until");
    let mut client = Command::new("node");
    client.arg(folder.join("booking.mjs")).arg(format!("{}/STU3", url.trim_end_matches("/STU3")));
    let seen = ended(client).exits(0);
    simulator.signal("INT");
    simulator.ends().exits(0);
    Some(serde_json::from_str(&seen.out).unwrap())
}

#[test]
fn a_fhir_client_of_others_searches_books_reads_and_cancels() {
    let place = Place::new();
    let Some(seen) = booking(&place) else { return };
    assert_eq!(seen["fhir"], "3.0.1");
    assert_eq!(seen["found"]["status"], 200);
    assert_eq!(seen["found"]["total"], seen["found"]["slots"], "{seen}");
    assert_eq!(seen["found"]["schedules"], 1, "each resource is included once");
    assert_eq!(seen["booked"], json!({ "status": 201, "state": "booked", "version": "1" }));
    assert!(seen["location"].as_str().unwrap().ends_with("/_history/1"), "{seen}");
    assert_eq!(
        seen["read"],
        json!({ "same": true, "state": "booked", "description": "Booked with a client library (test data)" })
    );
    assert_eq!(seen["offered"], json!({ "before": true, "between": false, "after": true }), "a slot is taken while it is booked");
    assert_eq!(seen["again"], json!({ "status": 422, "type": "OperationOutcome" }));
    assert_eq!(seen["cancelled"], json!({ "status": 200, "state": "cancelled", "version": "2" }));

    // What it sent keeps the rules, and was looked at.
    let record = place.record();
    let passed = record["unexpected-passed"].as_object().unwrap();
    for requirement in ["C18", "JWT-SCOPE", "C28", "C-APP-RES-STAT-BOOKED", "NHS-NUMBER", "K-IF-MATCH", "C-READ"] {
        assert!(passed.contains_key(requirement), "{requirement} was not looked at: {passed:?}");
    }
    let findings = record["unexpected-findings"].as_array().unwrap().iter();
    let other: Vec<_> = findings.filter(|finding| finding["outcome"] != "skip").collect();
    assert!(other.is_empty(), "{other:?}");
}
