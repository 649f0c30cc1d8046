//! The control listener.

use crate::command::{Place, Started, Sut};
use serde_json::Value;
use std::io::{Read, Write};

fn ask(address: &str, request: &str, host: &str) -> (u16, Value) {
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(stream, "{request} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let status = text.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(text.split("\r\n\r\n").nth(1).unwrap()).unwrap())
}

fn put(address: &str, path: &str) -> String {
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(stream, "PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: 11\r\n\r\n{{\"on\":true}}").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

fn after<'a>(line: &'a str, text: &str) -> &'a str {
    line.split(text).nth(1).unwrap().split('/').next().unwrap().trim()
}

fn simulator(place: &Place) -> (Started, String, String) {
    let mut simulator = place.start(["simulate", "lamp", "--plain", "--listen", "127.0.0.1:0"]);
    let lamp = after(&simulator.hears("listening as lamp at"), "http://").to_owned();
    let control = after(&simulator.hears("control listener at"), "http://").to_owned();
    simulator.hears("answering until");
    (simulator, lamp, control)
}

#[test]
fn a_program_sees_what_came_and_how_it_was_judged() {
    let place = Place::with_lamp();
    let (simulator, lamp, control) = simulator(&place);
    let get = |path: &str| ask(&control, &format!("GET /_counterpart/{path}"), "localhost");
    let (status, health) = get("health");
    assert_eq!((status, &health["status"], &health["exchanges"]), (200, &"ok".into(), &0.into()), "{health:#}");
    assert!(put(&lamp, "/lamp").ends_with("{\"on\":true}"));
    assert!(put(&lamp, "/lamb").starts_with("HTTP/1.1 404"));
    let (_, list) = get("exchanges");
    let rows = list["exchanges"].as_array().unwrap();
    assert_eq!(rows.len(), 2, "{list:#}");
    assert_eq!(
        (&rows[0]["target"], &rows[0]["status"], &rows[0]["answered-by"]),
        (&"/lamp".into(), &200.into(), &"lamp#switch".into())
    );
    let (status, one) = get("exchanges/1");
    assert_eq!((status, &one["exchange"]["request"]["method"]), (200, &"PUT".into()), "{one:#}");
    // It is the line of the journal, neither more nor less.
    let journal = std::fs::read_to_string(place.runs()[0].join("journal.ndjson")).unwrap();
    assert!(journal.lines().any(|line| serde_json::from_str::<Value>(line).unwrap() == one));
    let (_, unmatched) = get("unmatched");
    let unmatched = unmatched["unmatched"].as_array().unwrap();
    assert_eq!(unmatched.len(), 1);
    assert!(unmatched[0]["unmatched"].to_string().contains("path is `/lamb`, the rule takes `/lamp`"));
    assert_eq!(get("exchanges?after=1").1["exchanges"].as_array().unwrap().len(), 1);
    assert_eq!(get("exchanges?limit=1").1["exchanges"][0]["id"], 2);
    assert_eq!(get("exchanges/99").0, 404);
    assert_eq!(get("nothing").0, 404);
    assert_eq!(ask(&control, "DELETE /_counterpart/exchanges", "localhost").0, 405);
    assert_eq!(ask(&control, "GET /_counterpart/health", "lamp.example").0, 421, "a page of another site gets nothing");
    simulator.signal("INT");
    simulator.ends().exits(0);
}

#[test]
fn a_simulator_forgets_when_it_is_reset() {
    let place = Place::with_lamp();
    let stub = place.read("scenarios/lamp/stubs/lamp.yaml")
        + "  - id: tell\n    on: { method: [GET], path: /lamp }\n    respond: { status: 200, body: { from: !value \"{'on': store.on}\", form: json } }\n";
    place.write("scenarios/lamp/stubs/lamp.yaml", stub);
    let (simulator, lamp, control) = simulator(&place);
    put(&lamp, "/lamp");
    assert_eq!(ask(&lamp, "GET /lamp", "x").1["on"], true);
    assert_eq!(ask(&control, "POST /_counterpart/reset", "127.0.0.1").0, 200);
    assert_eq!(ask(&lamp, "GET /lamp", "x").1["on"], false);
    simulator.signal("INT");
    simulator.ends().exits(0);
}

#[test]
fn a_run_has_one_where_it_is_asked_for_and_keeps_its_store() {
    let place = Place::with_lamp();
    let (sender, receiver) = std::sync::mpsc::channel::<()>();
    let receiver = std::sync::Mutex::new(receiver);
    let sut = Sut::new(move |stream, _| {
        let _ = receiver.lock().unwrap().recv_timeout(std::time::Duration::from_secs(20));
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
    });
    let mut run = place.start(["run", "lamp", "--role", "consumer", "--target", &sut.url, "--control", "127.0.0.1:0"]);
    let control = after(&run.hears("control listener at"), "http://").to_owned();
    assert_eq!(ask(&control, "GET /_counterpart/health", "localhost").1["role"], "consumer");
    assert_eq!(ask(&control, "POST /_counterpart/reset", "localhost").0, 405);
    drop(sender);
    run.ends().exits(1);
}
