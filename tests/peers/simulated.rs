//! `counterpart simulate` answers a program that knows nothing of it: curl, over plain HTTP and over mutual TLS.

use super::rig::{Running, authorities, counterpart, root};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;
use tempfile::TempDir;

/// The longest that it may take to listen, and to end.
const READY: Duration = Duration::from_secs(60);

/// The smallest document that has all of a submission.
const DOCUMENT: &str = r#"{"data":{"id":"00001001-5a5a-4e1d-9c0d-000001ef0eef","type":"incident",
"attributes":{"incidentDescription":"Synthetic test data."},
"relationships":{"submission":{"data":[{"id":"00001002-5a5a-4e1d-9c0d-000001ef2dde","type":"submission"}]}}},
"included":[{"id":"00001002-5a5a-4e1d-9c0d-000001ef2dde","type":"submission","attributes":{
"externalReferenceId":"SingleOnlineHome","forceIdentifier":"901","brand":"1","category":"OCR","categorySubcode":"TV1",
"submissionId":"6f0c8a52-11d7-4b0e-8f5e-2f7f5f0a9d01","submitTime":"2031-03-04T09:15:27.250+00:00",
"submissionContent":"SYNTHETIC TEST DATA"}}]}"#;

/// A simulator that listens.
struct Simulator {
    running: Running,
    url: String,
    out: TempDir,
    done: std::sync::mpsc::Receiver<String>,
}

fn simulate(options: &[&str]) -> Simulator {
    let out = TempDir::new().unwrap();
    let mut command = counterpart();
    command.current_dir(root()).args(["simulate", "ihub", "--listen", "127.0.0.1:0", "--format", "json", "--out"]);
    let mut running = Running(command.arg(out.path()).args(options).stdout(Stdio::null()).spawn().unwrap());
    let (sender, lines) = channel();
    let (ended, done) = channel();
    let pipe = running.0.stderr.take().unwrap();
    std::thread::spawn(move || {
        let mut all = String::new();
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            all.push_str(&line);
            all.push('\n');
            let _ = sender.send(line);
        }
        let _ = ended.send(all);
    });
    let url = loop {
        let line = lines.recv_timeout(READY).expect("it does not listen in time");
        if let Some(url) = line.strip_prefix("listening as force at ") {
            break url.to_owned();
        }
    };
    Simulator { running, url, out, done }
}

impl Simulator {
    fn curl(&self, options: &[&str]) -> (i32, Value) {
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", "--max-time", "30", "--write-out", "\n%{http_code}"]);
        command.args(["--header", "Content-Type: application/json", "--data-binary", "@-"]).args(options);
        let mut child = command
            .arg(format!("{}/incidents", self.url))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("curl could not be started ({error}): `.ci/run` installs it"));
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), DOCUMENT.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let (body, status) = text.rsplit_once('\n').unwrap();
        (status.parse().unwrap(), serde_json::from_str(body).unwrap_or(Value::Null))
    }

    /// Interrupts it as a person would, and gives the statuses that it recorded.
    fn interrupted(mut self) -> Vec<u64> {
        let pid = self.running.0.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        let talk = self.done.recv_timeout(READY).expect("it does not end when it is interrupted");
        assert!(self.running.0.wait().unwrap().success(), "{talk}");
        let record = std::fs::read_dir(self.out.path()).unwrap().next().unwrap().unwrap().path().join("run.json");
        statuses(&record)
    }
}

fn statuses(record: &Path) -> Vec<u64> {
    let record: Value = serde_json::from_str(&std::fs::read_to_string(record).unwrap()).unwrap();
    let exchanges = record["exchanges"].as_array().unwrap().iter();
    exchanges.filter_map(|exchange| exchange["response"]["status"].as_u64()).collect()
}

const CREDENTIALS: [&str; 4] =
    ["--header", "client_id: ihub-test-client", "--header", "client_secret: synthetic-secret-for-demonstration"];

#[test]
fn simulate_answers_curl_over_plain_http() {
    let simulator = simulate(&["--plain"]);
    assert!(simulator.url.starts_with("http://"));
    let (status, answer) = simulator.curl(&CREDENTIALS);
    assert_eq!(status, 201, "{answer}");
    assert!(answer["data"]["id"].is_string(), "{answer}");
    let (status, answer) = simulator.curl(&[]);
    assert_eq!(status, 401, "{answer}");
    assert!(answer["errors"][0]["detail"].is_string(), "{answer}");
    assert_eq!(simulator.interrupted(), [201, 401]);
}

#[test]
fn simulate_answers_curl_over_mutual_tls_and_refuses_it_without_a_certificate() {
    let known = &authorities().0;
    let simulator = simulate(&["--certs", &known.display().to_string()]);
    let pem = |name: &str| known.join(name).display().to_string();
    let (root, cert, key) = (pem("root.pem"), pem("client.pem"), pem("client-key.pem"));
    let trust = ["--cacert", root.as_str()];
    let (status, _) = simulator.curl(&[&trust[..], &CREDENTIALS].concat());
    assert_eq!(status, 0, "a caller without a certificate got an answer");
    let mutual = ["--cert", cert.as_str(), "--key", key.as_str()];
    let (status, answer) = simulator.curl(&[&trust[..], &mutual, &CREDENTIALS].concat());
    assert_eq!(status, 201, "{answer}");
    assert_eq!(simulator.interrupted(), [201]);
}
