//! The pack `harbour`, an invented hub: what a pack says is enough to judge systems that were written in another language from its
//! specification alone. A conformant one breaks nothing, and each deliberate defect is found as the requirement that it breaks.

use crate::command::{Place, free_port};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const KEY: &str = "test-key-7777";
/// How many times faster than real the client and the register go. A gap may be off by 375 ms of the machine's.
const SPEED: &str = "40";

/// A program of `tests/peers/harbour` that is ready, and ended when nobody looks at it any more.
struct Peer {
    child: Child,
    ports: Vec<u16>,
}

impl Peer {
    fn start(program: &str, arguments: &[&str], defect: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/harbour").join(program);
        let mut command = Command::new("python3");
        command.arg(path).args(arguments).env("OFFICE_KEY", KEY).env("DEFECT", defect);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        // A peer that does not start closes the pipe, and the line is empty.
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ports: Vec<u16> = line.split_whitespace().skip(1).map(|port| port.parse().unwrap()).collect();
        assert!(!ports.is_empty(), "{program} did not start: `{line}`");
        Self { child, ports }
    }

    /// A workspace file whose hooks for these actions lead to the last port.
    fn workspace(&self, actions: &[&str]) -> String {
        let control = self.ports.last().unwrap();
        let hooks = actions.iter().map(|name| format!("{name} = {{ http = \"http://127.0.0.1:{control}/{name}\" }}\n"));
        format!("[settings]\noffice_key = \"env:OFFICE_KEY\"\n[hooks]\n{}", hooks.collect::<String>())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a run gave: how many scenarios passed, and the requirements that failed or were warned of.
struct Judged {
    code: Option<i32>,
    passed: usize,
    broken: BTreeSet<String>,
    claims: Vec<String>,
    talk: String,
}

impl Judged {
    fn by(place: &Place, arguments: &[&str]) -> Self {
        let mut command = place.command(["run", "harbour", "--workspace", "counterpart.toml", "--format", "json"]);
        command.args(arguments).env("OFFICE_KEY", KEY);
        let ended = crate::command::ended(command);
        let record = place.record();
        let scenarios = record["scenarios"].as_array().unwrap();
        let passed = scenarios.iter().filter(|scenario| scenario["verdict"] == "pass").count();
        let of = |value: &Value, key: &str| value[key].as_array().unwrap().clone();
        let attempts = scenarios.iter().flat_map(|scenario| of(scenario, "attempts"));
        let findings = attempts.flat_map(|attempt| of(&attempt, "steps")).flat_map(|step| of(&step, "findings"));
        let broken = findings.filter(|finding| finding["effect"] == "fail" || finding["effect"] == "warning");
        let broken = broken.map(|finding| finding["requirement"].as_str().unwrap().to_owned()).collect();
        let claims = of(&record, "claims").iter().map(|claim| claim["id"].as_str().unwrap().to_owned()).collect();
        Self { code: ended.code, passed, broken, claims, talk: ended.out + &ended.err }
    }

    #[track_caller]
    fn conforms(&self, scenarios: usize) {
        assert_eq!(self.broken, BTreeSet::new(), "{}", self.talk);
        assert_eq!((self.passed, self.code), (scenarios, Some(0)), "{}", self.talk);
    }

    #[track_caller]
    fn breaks(&self, requirements: &[&str]) {
        let wanted: BTreeSet<String> = requirements.iter().map(|id| (*id).to_owned()).collect();
        assert_eq!(self.broken, wanted, "{}", self.talk);
        assert_eq!(self.code, Some(1), "{}", self.talk);
    }
}

/// Judges a job server; we call.
fn server(defect: &str, scenario: &str) -> Judged {
    let peer = Peer::start("office_server.py", &[], defect);
    let place = Place::new();
    place.write("counterpart.toml", peer.workspace(&["hold", "release"]));
    let target = format!("http://127.0.0.1:{}", peer.ports[0]);
    Judged::by(&place, &["--role", "consumer", "--target", &target, "--scenario", scenario])
}

/// Judges a client; we answer.
fn client(defect: &str, scenario: &str) -> Judged {
    let (place, address) = (Place::new(), format!("127.0.0.1:{}", free_port()));
    let queue = place.path().join("queue.json").display().to_string();
    let peer = Peer::start("office_client.py", &[&format!("http://{address}"), &queue, SPEED], defect);
    place.write("counterpart.toml", peer.workspace(&["raise", "withdraw", "restart", "start"]));
    let clock = format!("scaled:{SPEED}");
    Judged::by(&place, &["--role", "provider", "--listen", &address, "--plain", "--clock", &clock, "--scenario", scenario])
}

#[test]
fn a_conformant_server_passes() {
    let judged = server("", "harbour/jobs");
    judged.conforms(13);
    // A claim about clients says nothing of a server.
    assert_eq!(judged.claims, ["lists"]);
}

#[test]
fn a_server_that_draws_the_line_one_off_breaks_the_result() {
    server("off-by-one", "harbour/jobs/clearance").breaks(&["HNR-RESULT"]);
}

#[test]
fn a_server_that_cancels_again_breaks_the_second_delete() {
    server("cancels-again", "harbour/jobs/cancel").breaks(&["HNR-CANCEL-ONCE", "HNR-PROBLEM"]);
}

#[test]
fn a_server_that_revives_a_job_breaks_what_is_final() {
    server("revives", "harbour/jobs/cancel").breaks(&["HNR-CANCEL-ONCE"]);
}

#[test]
fn a_conformant_client_queues() {
    let judged = client("", "harbour/notices");
    judged.conforms(12);
    assert_eq!(judged.claims, ["withdraws"]);
}

#[test]
fn a_conformant_client_beats() {
    client("", "harbour/heartbeat").conforms(3);
}

#[test]
fn a_client_that_tries_too_soon_breaks_the_gap() {
    client("hasty", "harbour/notices/outage").breaks(&["HNR-RETRY"]);
}

#[test]
fn a_client_that_sends_again_breaks_what_was_taken() {
    client("sends-again", "harbour/notices/one").breaks(&["HNR-TAKEN"]);
}

#[test]
fn a_client_that_forgets_its_queue_breaks_the_restart() {
    client("forgets", "harbour/notices/restart").breaks(&["HNR-RESTART"]);
}
