//! The profile of irc-capacity that answers what the published back-end was seen to answer, case by case.

use crate::command::{Place, Started};
use serde_json::{Value, json};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// How long an answer is waited for; what is to stay away does so for longer.
const PATIENCE: Duration = Duration::from_millis(1_500);

struct BackEnd {
    _running: Started,
    address: String,
}

/// An answer: status, media type without parameters, and body; none where nothing came.
type Answer = Option<(u16, String, String)>;

impl BackEnd {
    fn start(place: &Place, further: &[&str]) -> Self {
        let usual = [
            "simulate",
            "irc-capacity",
            "--plain",
            "--listen",
            "127.0.0.1:0",
            "--profile",
            "reference-backend",
            "--set",
            "auth=off",
        ];
        let mut running = place.start(usual.iter().chain(further).copied());
        let heard = running.hears("listening as api at");
        let address = heard.split("http://").nth(1).unwrap().trim().trim_end_matches('/').to_owned();
        running.hears("answering until");
        Self { _running: running, address }
    }

    fn ask(&self, method: &str, path: &str, media_type: &str, body: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let typed = if media_type.is_empty() { String::new() } else { format!("Content-Type: {media_type}\r\n") };
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: x\r\n{typed}Connection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut text = String::new();
        match stream.read_to_string(&mut text) {
            Ok(_) => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return None,
            Err(error) => panic!("{error}"),
        }
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let field = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-type: ").map(str::to_owned));
        let media_type = field.unwrap_or_default().split(';').next().unwrap_or_default().to_owned();
        Some((head.split(' ').nth(1).unwrap().parse().unwrap(), media_type, body.to_owned()))
    }

    fn post(&self, path: &str, document: &Value) -> Answer {
        self.ask("POST", path, "application/json", &document.to_string())
    }

    /// Posts an event of the first centre; gives the status.
    fn event(&self, document: Value) -> u16 {
        let mut event = json!({ "timestamp": "2026-01-05T11:00:00Z", "centre": "testalpha" });
        event.as_object_mut().unwrap().extend(document.as_object().unwrap().clone());
        self.post("/irc_entry/testalpha/event", &event).unwrap().0
    }
}

fn arrival(person: u64) -> Value {
    json!({ "operation": "check in", "person_id": person, "cid_id": 5, "gender": "m", "nationality": "gbr" })
}

fn beat() -> Value {
    json!({ "male_occupied": 1, "female_occupied": 1, "male_outofcommission": 0, "female_outofcommission": 0 })
}

#[test]
fn events_are_answered_as_was_seen() {
    let place = Place::new();
    let back_end = BackEnd::start(&place, &[]);
    let of = |operation: &str, person: u64| json!({ "operation": operation, "person_id": person });
    let away = |person: u64, to: &str| json!({ "operation": "inter site transfer", "person_id": person, "centre_to": to, "reason": "Other" });
    let out = |reason: &str| json!({ "operation": "out commission", "bed_ref": "N 1", "reason": reason, "gender": "m" });
    let with = |mut event: Value, member: &str, value: Value| {
        event[member] = value;
        event
    };
    let update = |person| with(arrival(person), "operation", json!("update individual"));
    let cases = [
        ("check in", arrival(1), 201),
        ("the same check in", arrival(1), 208),
        ("the same instant in another zone", with(arrival(1), "timestamp", json!("2026-01-05T12:00:00+01:00")), 208),
        ("another case id only", with(arrival(1), "cid_id", json!(77)), 208),
        ("update", update(1), 201),
        ("the same update", update(1), 201),
        ("check out of nobody known", of("check out", 40), 201),
        ("the same check out", of("check out", 40), 208),
        ("reinstatement of nobody known", of("reinstatement", 41), 201),
        ("the same reinstatement", of("reinstatement", 41), 208),
        ("transfer", away(1, "testbravo"), 201),
        ("the same transfer", away(1, "testbravo"), 208),
        ("transfer of nobody known", away(42, "testbravo"), 422),
        ("transfer of one known from a check out", with(away(40, "testbravo"), "timestamp", json!("2026-01-05T11:20:00Z")), 422),
        ("transfer to nowhere", with(away(1, "nosuchcentre"), "timestamp", json!("2026-01-05T11:30:00Z")), 400),
        ("its check out is there already", with(of("check out", 1), "timestamp", json!("2026-01-05T11:30:00Z")), 208),
        ("bed out", out("Crime Scene"), 201),
        ("the same bed out", out("Crime Scene"), 208),
        ("bed in that nobody knows", json!({ "operation": "in commission", "bed_ref": "N 99" }), 201),
        ("list A with a person", with(out("Other"), "single_occupancy_person_id", json!(1)), 400),
        ("list B without a person", out("Single Occupancy"), 400),
        ("a further member", with(arrival(2), "more", json!(1)), 400),
        ("no zone", with(arrival(3), "timestamp", json!("2026-01-05T11:00:00")), 201),
        ("a day", with(arrival(3), "timestamp", json!("2026-01-05")), 201),
        ("the United Kingdom's way", with(arrival(3), "timestamp", json!("05/01/2026 10:00")), 201),
        ("no person", json!({ "operation": "check out" }), 400),
    ];
    for (name, event, status) in cases {
        assert_eq!(back_end.event(event), status, "{name}");
    }
}

#[test]
fn nothing_is_answered_where_nothing_was() {
    let place = Place::new();
    let back_end = BackEnd::start(&place, &[]);
    let silent = |event: Value| back_end.post("/irc_entry/testalpha/event", &event);
    let mut word = arrival(1);
    (word["timestamp"], word["centre"]) = (json!("yesterday"), json!("testalpha"));
    assert_eq!(silent(word), None);
    let bed = json!({ "operation": "in commission", "timestamp": "2026-01-05T11:00:00Z", "centre": "testalpha", "bed_ref": "" });
    assert_eq!(silent(bed), None);
    assert_eq!(back_end.ask("GET", "/irc_entry", "", ""), None);
    // The clean profile answers each of them.
    let place = Place::new();
    let clean = BackEnd::start(&place, &["--set", "quirks=none"]);
    assert_eq!(clean.ask("GET", "/irc_entry", "", "").unwrap().0, 404);
}

#[test]
fn centres_forms_and_bodies_are_as_was_seen() {
    let place = Place::new();
    let back_end = BackEnd::start(&place, &[]);
    let status = |answer: Answer| answer.unwrap().0;
    let (event, path) =
        (json!({ "timestamp": "2026-01-05T11:00:00Z", "operation": "check out", "person_id": 9 }), "/irc_entry/testalpha/event");
    assert_eq!(status(back_end.post("/irc_entry/testalpha/heartbeat", &beat())), 201, "the path tells the centre");
    assert_eq!(status(back_end.post(path, &event)), 201, "the path tells the centre");
    let mut named = event.clone();
    named["centre"] = json!("testbravo");
    let (code, media_type, body) = back_end.post(path, &named).unwrap();
    let told: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((code, media_type.as_str(), &told["result"]), (422, "application/json", &json!("Inconsistent centre name")));
    named["centre"] = json!("testalpha");
    assert_eq!(status(back_end.post("/irc_entry/TESTALPHA/event", &named)), 422, "capitals in the path");
    assert_eq!(status(back_end.post("/irc_entry/event", &named)), 208, "the old form without a centre in the path");
    let mut more = beat();
    more["more"] = json!(true);
    assert_eq!(status(back_end.post("/irc_entry/testalpha/heartbeat", &more)), 201);

    let html = |answer: Answer| answer.map(|(code, media_type, body)| (code, media_type, !body.is_empty()));
    let refused = Some((400, "text/html".to_owned(), true));
    let text = named.to_string();
    assert_eq!(html(back_end.ask("POST", path, "application/json", "{")), refused);
    assert_eq!(html(back_end.ask("POST", path, "application/x-www-form-urlencoded", "a=b")), refused);
    assert_eq!(html(back_end.ask("POST", path, "", &text)), refused, "without a type it is not read");
    assert_eq!(status(back_end.ask("POST", path, "text/plain", &text)), 208, "as text it is");
    assert_eq!(
        back_end.ask("PUT", path, "application/json", &text).map(|answer| (answer.0, answer.2)),
        Some((404, String::new()))
    );
    let mut unknown = event;
    unknown["centre"] = json!("nosuchcentre");
    let (code, _, body) = back_end.post("/irc_entry/event", &unknown).unwrap();
    assert_eq!((code, body.as_str()), (400, "Invalid centre"));
    let nobody = json!({ "timestamp": "2026-01-05T11:00:00Z", "operation": "check out" });
    assert_eq!(status(back_end.post(path, &nobody)), 400, "neither a centre nor a person");
    let (code, _, body) = back_end.post("/irc_entry/testalpha/heartbeat", &json!({})).unwrap();
    assert_eq!((code, body.as_str()), (400, "ValidationError"));
    for (path, is_schema) in [("/irc_entry/event", true), ("/irc_entry/heartbeat", true), ("/irc_entry/testalpha/event", false)] {
        let (code, _, body) = back_end.ask("OPTIONS", path, "", "").unwrap();
        assert_eq!(
            (code, serde_json::from_str::<Value>(&body).is_ok_and(|body| body["data"].is_object())),
            (200, is_schema),
            "{path}"
        );
    }
}

#[test]
fn in_production_mode_refusals_are_empty_but_for_what_is_no_json() {
    let place = Place::new();
    let back_end = BackEnd::start(&place, &["--set", "body_mode=production"]);
    let path = "/irc_entry/testalpha/heartbeat";
    assert_eq!(back_end.post(path, &json!({})), Some((400, String::new(), String::new())));
    let (code, media_type, body) = back_end.ask("POST", path, "application/json", "{").unwrap();
    assert_eq!((code, media_type.as_str(), body.is_empty()), (400, "text/html", false));
}

#[test]
fn a_repeated_check_in_takes_its_case_id_over() {
    let place = Place::new();
    let back_end = BackEnd::start(&place, &[]);
    back_end.event(arrival(1));
    let mut again = arrival(1);
    again["cid_id"] = json!(77);
    assert_eq!(back_end.event(again), 208);
    let (_, _, body) = back_end.ask("GET", "/centres/testalpha", "", "").unwrap();
    let shown: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(shown["data"]["attributes"]["maleUnexpectedIn"], json!([{ "id": "testalpha-1", "cid_id": 77 }]), "{shown}");
}
