//! Systems under test that behave badly: each gets a verdict, none harms us.

use crate::command::{Ended, Place, Sut, findings, free_port};
use serde_json::Value;
use std::io::Write;
use std::time::Duration;

/// One request, whose answer must come in time and say the state.
const SCENARIO: &str = "\
id: lamp/hostile/once
title: A lamp is switched once
purpose: Whatever the lamp answers is judged.
role: consumer
covers: [R1]
steps:
  - title: switch the lamp
    send: { use: switch, with: { wanted: true }, within: WITHIN }
    capture: { wanted: { json: /on } }
    expect:
      - { id: is-answered, requirement: R1, on: exchange, that: { outcome: answered }, hint: Answer. }
      - { id: is-on, requirement: R1, that: { json: /on, equals: true }, hint: Say the state. }
  - title: switch it as it said
    send: { use: switch, with: { wanted: !value wanted }, headers: { X-Said: '{{wanted}}' }, within: WITHIN }
";

/// Long enough for a busy machine, short enough for a test.
const WITHIN: &str = "4s";

fn play(sut: &Sut, within: &str) -> (Ended, Value) {
    let place = Place::with_lamp();
    place.write("scenarios/lamp/hostile/once.yaml", SCENARIO.replace("WITHIN", within));
    let ended = place.run(["run", "lamp", "--role", "consumer", "--target", &sut.url, "--scenario", "hostile"]);
    let record = place.record();
    // Whatever came stands in the report, which must be whole and be as it was written.
    let run = &place.runs()[0];
    assert!(run.join("report.html").is_file() && run.join("report.xml").is_file());
    place.run(["verify".as_ref(), run.as_os_str()]).exits(0);
    (ended, record)
}

/// Asserts that the run failed by these checks, and gives the exchange's outcome and reason.
#[track_caller]
fn fails(sut: &Sut, checks: &[&str]) -> (String, String) {
    fails_within(sut, WITHIN, checks)
}

#[track_caller]
fn fails_within(sut: &Sut, within: &str, checks: &[&str]) -> (String, String) {
    ends(play(sut, within), (1, "fail"), checks)
}

/// Asserts that the run ended with a code because these checks have an outcome, and gives the exchange's outcome and reason.
#[track_caller]
fn ends((ended, record): (Ended, Value), (code, outcome): (i32, &str), checks: &[&str]) -> (String, String) {
    ended.exits(code);
    let found: Vec<String> = findings(&record)
        .into_iter()
        .filter(|(check, found)| found == outcome && check.contains('#'))
        .map(|(check, _)| check)
        .collect();
    let wanted: Vec<String> = checks.iter().map(|check| format!("lamp/hostile/once#{check}")).collect();
    assert_eq!(found, wanted, "{:#}", record["exchanges"]);
    let exchange = &record["exchanges"][0];
    let text = |key: &str| exchange[key].as_str().unwrap_or_default().to_owned();
    (text("outcome"), text("reason"))
}

#[test]
fn a_lamp_that_is_down_from_the_beginning_is_our_environment() {
    let place = Place::with_lamp();
    let url = format!("http://127.0.0.1:{}", free_port());
    place.run(["run", "lamp", "--role", "consumer", "--target", &url]).exits(3).says("error: route to lamp: refused");
    assert_eq!(place.record()["summary"]["fail"], 0);
}

#[test]
fn hanging_is_a_timeout() {
    let (outcome, _) = fails(&Sut::new(|_, _| std::thread::sleep(Duration::from_secs(30))), &["is-answered", "is-on"]);
    assert_eq!(outcome, "timeout");
}

#[test]
fn garbage_is_malformed() {
    let (outcome, reason) = fails(&Sut::saying("\0\u{1}\u{2}lamp lamp lamp\n\n"), &["is-answered", "is-on"]);
    assert_eq!(outcome, "malformed", "{reason}");
}

#[test]
fn a_reset_is_a_reset() {
    // Closing with something unread makes the kernel send a reset.
    let sut = Sut::new(|stream, _| {
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"));
        let socket = socket2::SockRef::from(&*stream);
        socket.set_linger(Some(Duration::ZERO)).unwrap();
    });
    let (outcome, reason) = fails(&sut, &["is-answered", "is-on"]);
    assert!(outcome == "reset" || outcome == "truncated", "{outcome}: {reason}");
}

#[test]
fn closing_without_an_answer_is_closed() {
    let (outcome, _) = fails(&Sut::new(|_, _| ()), &["is-answered", "is-on"]);
    assert_eq!(outcome, "closed");
}

#[test]
fn an_answer_that_stops_short_is_truncated() {
    let (outcome, _) = fails(
        &Sut::saying("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"on\":true}"),
        &["is-answered"],
    );
    assert_eq!(outcome, "truncated");
}

#[test]
fn ten_thousand_headers_are_too_many() {
    let mut answer = b"HTTP/1.1 200 OK\r\n".to_vec();
    for at in 0..10_000 {
        answer.extend_from_slice(format!("X-{at}: 1\r\n").as_bytes());
    }
    answer.extend_from_slice(b"Content-Length: 11\r\n\r\n{\"on\":true}");
    let (outcome, reason) = fails(&Sut::saying(answer), &["is-answered", "is-on"]);
    assert_eq!(outcome, "oversized", "{reason}");
}

/// 1 GB would go on for long; what comes after the bound is not read, and the bound is 64 MiB.
#[test]
fn an_endless_answer_is_cut_at_the_bound() {
    let sut = Sut::new(|stream, _| {
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000000\r\n\r\n"));
        let piece = vec![b' '; 1 << 20];
        for _ in 0..1_000 {
            if stream.write_all(&piece).is_err() {
                return;
            }
        }
    });
    let (outcome, reason) = fails_within(&sut, "60s", &["is-answered", "is-on"]);
    assert_eq!(outcome, "oversized", "{reason}");
}

#[test]
fn json_of_depth_100000_is_a_finding() {
    let body = "[".repeat(100_000) + &"]".repeat(100_000);
    // Nothing is known to be wrong with it but that it is deeper than we read: no failure of the peer, and never a pass.
    let (outcome, _) = ends(play(&Sut::json(body), WITHIN), (3, "error"), &["is-on"]);
    assert_eq!(outcome, "answered");
}

#[test]
fn xml_of_depth_100000_is_a_finding() {
    let place = Place::with_lamp();
    let scenario = SCENARIO
        .replace("WITHIN", WITHIN)
        .replace("{ json: /on, equals: true }", "{ xml: '/on', equals: 'true' }")
        .replace("json: /on", "xml: '/on'");
    place.write("scenarios/lamp/hostile/once.yaml", scenario);
    let closed = "<a>".repeat(100_000) + &"</a>".repeat(100_000);
    for (body, code) in [("<a>".repeat(100_000), 3), (closed, 3), (BOMB.to_owned(), 1), (EXTERNAL.to_owned(), 1)] {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: {}\r\n\r\n", body.len());
        let sut = Sut::saying(head + &body);
        let ended = place.run(["run", "lamp", "--role", "consumer", "--target", &sut.url, "--scenario", "hostile"]).exits(code);
        let told = if code == 1 {
            "lamp/hostile/once#is-on"
        } else {
            "lamp/hostile/once#is-on: `/on`: the response body cannot be read here: more than 100 levels"
        };
        assert!(ended.out.contains(told), "{}", ended.out);
    }
}

const BOMB: &str = "<!DOCTYPE on [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\">]><on>&c;</on>";
const EXTERNAL: &str = "<!DOCTYPE on [<!ENTITY file SYSTEM \"file:///etc/passwd\">]><on>&file;</on>";

#[test]
fn invalid_utf_8_is_a_finding() {
    let (outcome, _) = fails(&Sut::json(b"{\"on\":\"\xff\xfe\"}"), &["is-on"]);
    assert_eq!(outcome, "answered");
}

#[test]
fn null_bytes_are_a_finding() {
    let (outcome, _) = fails(&Sut::json(b"{\"on\":true\0}"), &["is-on"]);
    assert_eq!(outcome, "answered");
    fails(&Sut::json(b"\0\0\0\0"), &["is-on"]);
}

/// The lamp's word goes into a header of the next request: a line end in it must not begin another header.
#[test]
fn a_captured_line_end_begins_no_header() {
    let (sender, heard) = std::sync::mpsc::channel();
    let sut = Sut::new(move |stream, request| {
        let _ = sender.send(String::from_utf8_lossy(request).into_owned());
        let body = r#"{"on":"true\r\nX-Injected: yes\r\n\r\nGET /other HTTP/1.1"}"#;
        drop(write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        ));
    });
    let (_, record) = play(&sut, WITHIN);
    let requests: Vec<String> = heard.try_iter().collect();
    assert!(!requests.is_empty());
    for request in requests {
        let head = request.split("\r\n\r\n").next().unwrap();
        assert!(!head.lines().any(|line| line.starts_with("X-Injected")), "{request}");
        assert!(!request.contains("GET /other HTTP"), "{request}");
    }
    let step = &record["scenarios"][0]["attempts"][0]["steps"][1];
    assert_eq!(step["verdict"], "inconclusive", "{step:#}");
    assert_eq!(step["cause"], "supplier", "{step:#}");
    assert!(step["reason"].as_str().unwrap().contains("cannot stand in a header field"), "{step:#}");
}
