//! Kept connections that a server closes, as it may, between two requests.

use crate::command::{Place, Sut};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;

/// Answers the first request of each connection and closes when the second one comes.
fn answer_once(mut stream: TcpStream) {
    let mut buffer = [0; 8192];
    let mut answered = false;
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        if answered && count > 0 {
            return;
        }
        let text = r#"{"id":"a-1"}"#;
        let head = format!("HTTP/1.1 201 Created\r\nContent-Length: {}\r\n\r\n{text}", text.len());
        stream.write_all(head.as_bytes()).unwrap();
        answered = true;
    }
}

#[test]
fn a_kept_connection_that_is_closed_is_no_refusal_to_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || answer_once(stream));
        }
    });
    let out = tempfile::tempdir().unwrap();
    let pack = concat!(env!("CARGO_MANIFEST_DIR"), "/crates/cli/benches/speed/three");
    let output = Command::new(env!("CARGO_BIN_EXE_counterpart"))
        .args(["run", pack, "--role", "consumer", "--target", &target, "--scenario", "three/steps/ten", "--out"])
        .arg(out.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let folder = std::fs::read_dir(out.path()).unwrap().next().unwrap().unwrap().path();
    let journal = std::fs::read_to_string(folder.join("journal.ndjson")).unwrap();
    // Each of the nine later requests met a connection that was closed, and was sent again.
    assert_eq!(journal.matches("was sent again on a new one").count(), 9, "{journal}");
}

#[test]
fn an_answer_under_load_is_taken_when_it_comes_not_when_the_next_request_is_due() {
    let place = Place::with_lamp();
    place.write(
        "scenarios/lamp/load/slow.yaml",
        "id: lamp/load/slow\ntitle: A few requests now and then\npurpose: A lamp that answers at once is found to.\nrole: consumer\ncovers: [R2]\n\
         steps:\n\
         \x20 - id: burst\n\
         \x20   load: { count: '4', over: 2s, at-once: '10', send: { use: switch } }\n\
         \x20 - assert:\n\
         \x20     that: [{ id: taken-at-once, requirement: R2, on: timing, that: { value: burst.load.max_ms, range: { max: '400' } }, hint: Answer. }]\n",
    );
    let lamp = Sut::lamp();
    place.run(["run", "lamp", "--role", "consumer", "--scenario", "load", "--target", &lamp.url]).exits(0);
}
