//! Services beside the system under test, through the binary: we play those that nobody names, and ask those that somebody does.

use crate::command::{Place, Started, record};
use serde_json::Value;

const SCENARIO: &str = "sds/looked-up-in-fhir";

/// Plays the provider with everything beside it; gives it with the addresses of both.
fn simulated(place: &Place) -> (Started, String, String) {
    let mut simulator = place.start(["simulate", "nhs-booking", "--plain", "--out", "theirs"]);
    let mut address = |what: &str| {
        let words = format!("listening as {what} at ");
        let heard = simulator.hears(&words);
        heard.split(&words).nth(1).unwrap().lines().next().unwrap().trim().to_owned()
    };
    let (provider, beside) = (address("provider"), address("sds-fhir"));
    simulator.hears("answering until");
    (simulator, provider, beside)
}

/// Plays the scenario as a consumer, and gives the exchanges with the service beside the provider.
fn asked(place: &Place, out: &str, targets: &[String]) -> Vec<Value> {
    let mut words = vec!["run", "nhs-booking", "--role", "consumer", "--scenario", SCENARIO, "--out", out];
    words.extend(targets.iter().flat_map(|target| ["--target", target]));
    place.run(words).exits(0);
    let run = std::fs::read_dir(place.path().join(out)).unwrap().next().unwrap().unwrap().path();
    let record = record(&run);
    record["exchanges"].as_array().unwrap().iter().filter(|one| one["endpoint"] == "sds-fhir").cloned().collect()
}

fn directions(exchanges: &[Value]) -> Vec<&str> {
    exchanges.iter().map(|one| one["direction"].as_str().unwrap()).collect()
}

#[test]
fn a_service_that_nobody_names_is_played_and_asked() {
    let place = Place::new();
    let (simulator, provider, beside) = simulated(&place);
    let own = asked(&place, "own", std::slice::from_ref(&provider));
    assert_eq!(directions(&own), ["outbound", "inbound", "outbound", "inbound"], "{own:#?}");
    assert_eq!(own[1]["parent"], own[0]["id"]);
    let theirs = asked(&place, "named", &[provider, format!("sds-fhir={beside}")]);
    assert_eq!(directions(&theirs), ["outbound", "outbound"], "{theirs:#?}");
    simulator.signal("INT");
    simulator.ends().exits(0);
}
