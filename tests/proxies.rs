//! Proxies: ours before somebody else's server, somebody else's before theirs, and what never gets through.

use crate::command::{Place, Started, Sut, free_port};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// A pack with an office and two proxies before it, `gate` in the absolute form and `lane` with the URL as its path.
fn place() -> Place {
    let place = Place::new();
    let files = [
        (
            "pack.yaml",
            "pack: hop\ntitle: An office behind proxies\nversion: 0.1.0\nlanguage: 1\ndocuments: [{ id: DOC, title: Hops }]\n\
             endpoints:\n\
             \x20 - { name: office, kind: http, stubs: [office], client-certificate: \"'none'\" }\n\
             \x20 - { name: gate, kind: proxy, form: absolute, reaches: [office], stubs: [gate], client-certificate: \"'none'\" }\n\
             \x20 - { name: lane, kind: proxy, form: path, reaches: [office], stubs: [gate], client-certificate: \"'none'\" }\n",
        ),
        (
            "requirements.yaml",
            "requirements:\n  - { id: R1, level: must, basis: published, text: A letter arrives., source: DOC 1, roles: consumer }\n",
        ),
        (
            "stubs/office.yaml",
            "title: Office\nrules:\n  - { id: take, on: { path: '/letters/{id}' }, respond: { status: 200, headers: { X-Id: '{{path.id}}' }, effect: stored } }\n",
        ),
        (
            "stubs/gate.yaml",
            "title: Gate\nrules:\n  - id: closed\n    on: { path: /closed }\n    respond: { status: 451, body: { text: '{{target.host}} {{target.endpoint}}' } }\n\
             \x20 - id: pass\n    forward:\n      within: 1500ms\n      headers: { X-For: '{{target.host}}', X-Secret: null }\n\
             \x20     answer-headers: { X-Gate: '{{attempt}}{{target.endpoint}}', Server: null }\n    let: { attempt: \"'a '\" }\n",
        ),
        (
            "passing/letter.yaml",
            "id: hop/passing/letter\ntitle: A letter through each proxy\npurpose: A letter arrives.\nrole: consumer\ncovers: [R1]\n\
             variants: { rows: [{ way: gate }, { way: lane }, { way: '' }] }\nsteps:\n\
             \x20 - send: { method: POST, path: '/letters/7?x=1', body: { text: letter }, to: office, via: '{{way}}', tls: { alpn: [http/1.1] } }\n\
             \x20   expect: [{ id: arrived, requirement: R1, that: { all-of: [{ status: 200 }, { header: x-id, equals: '7' }] }, hint: Pass it on. }]\n",
        ),
    ];
    for (path, text) in files {
        place.write(&format!("scenarios/hop/{path}"), text);
    }
    place
}

/// The simulated proxies before a server of somebody else's.
fn before(place: &Place, office: &str) -> (Started, String, String) {
    let target = format!("office={office}");
    let mut started = place.start(["simulate", "hop", "--plain", "--target", &target]);
    let address = |line: String| line.split("http://").nth(1).unwrap().trim().to_owned();
    let gate = address(started.hears("listening as gate at"));
    let lane = address(started.hears("listening as lane at"));
    started.hears("passing on to office at");
    started.hears("answering until");
    (started, gate, lane)
}

fn ask(address: &str, head: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    write!(stream, "{head}\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = Vec::new();
    // An answer that breaks off is what is asked about.
    drop(stream.read_to_end(&mut text));
    String::from_utf8_lossy(&text).into_owned()
}

/// A server that says what it heard.
fn listener(answer: &'static str) -> (Sut, Receiver<String>) {
    let (sender, heard) = channel();
    let sut = Sut::new(move |stream, request| {
        let _ = sender.send(String::from_utf8_lossy(request).into_owned());
        drop(stream.write_all(answer.as_bytes()));
    });
    (sut, heard)
}

const FINE: &str =
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nServer: theirs\r\nX-Id: 7\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\n\r\nok";

#[test]
fn what_belongs_to_one_connection_stays_there_in_either_form() {
    let place = place();
    let (office, heard) = listener(FINE);
    let (_proxies, gate, lane) = before(&place, &office.url);
    let fields = "Host: wrong.example\r\nConnection: X-Mine\r\nX-Mine: 1\r\nTE: trailers\r\nProxy-Authorization: Basic c2VjcmV0\r\nX-Secret: 1\r\nX-Kept: 2";
    let encoded = office.url.replace(':', "%3A").replace('/', "%2F");
    let authority = office.url.trim_start_matches("http://");
    for (proxy, name, target) in [
        (&gate, "gate", format!("{}/letters/7?x=1", office.url)),
        (&lane, "lane", format!("/{}/letters/7?x=1", office.url)),
        (&lane, "lane", format!("/{encoded}%2Fletters%2F7?x=1")),
    ] {
        let answer = ask(proxy, &format!("GET {target} HTTP/1.1\r\n{fields}"));
        let wanted = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Id: 7\r\nVia: 1.1 {name}\r\nX-Gate: a office\r\nConnection: close\r\n\r\nok"
        );
        assert_eq!(answer, wanted, "{target}");
        let came = heard.recv_timeout(Duration::from_secs(10)).unwrap();
        let wanted = format!(
            "GET /letters/7?x=1 HTTP/1.1\r\nHost: {authority}\r\nX-Kept: 2\r\nVia: 1.1 {name}\r\nX-For: 127.0.0.1\r\n\r\n"
        );
        assert_eq!(came, wanted, "{target}");
    }
    // A rule of the proxy looks at the path of the URL, and answers itself.
    let answer = ask(&gate, &format!("GET {}/closed HTTP/1.1\r\nHost: x", office.url));
    assert!(answer.starts_with("HTTP/1.1 451 ") && answer.ends_with("127.0.0.1 office"), "{answer}");
    assert!(heard.try_recv().is_err());
}

#[test]
fn nothing_but_what_a_proxy_reaches_is_called() {
    let place = place();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let stranger = Sut::new(move |stream, _| {
        counted.fetch_add(1, Ordering::SeqCst);
        drop(stream.write_all(FINE.as_bytes()));
    });
    let (office, heard) = listener(FINE);
    let (proxies, gate, lane) = before(&place, &format!("{}/base", office.url));
    let refused = |proxy: &str, target: &str, status: u16, why: &str| {
        let answer = ask(proxy, &format!("GET {target} HTTP/1.1\r\nHost: x"));
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")) && answer.contains(why), "{target}: {answer}");
    };
    let port = office.url.rsplit(':').next().unwrap();
    let not_reached = "is not reached by proxy";
    refused(&gate, &format!("{}/base/x", stranger.url), 403, not_reached);
    refused(&lane, &format!("/{}/base/x", stranger.url), 403, not_reached);
    refused(&gate, &format!("{}/other", office.url), 403, not_reached);
    refused(&gate, &format!("{}/base/../other", office.url), 403, not_reached);
    refused(&gate, &format!("{}/base/%2e%2E/other", office.url), 403, not_reached);
    refused(&gate, &format!("http://localhost:{port}/base"), 403, not_reached);
    refused(&gate, &format!("http://127.0.0.1:{port}@example.org/base"), 400, "more than a host");
    refused(&gate, &format!("http://{gate}/base"), 403, not_reached);
    refused(&gate, "/base/x", 400, "names no server");
    refused(&lane, "/base/x", 400, "holds no URL");
    refused(&lane, &format!("//{}/base/x", office.url), 400, "holds no URL");
    let tunnel = ask(&gate, &format!("CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: x"));
    assert!(tunnel.starts_with("HTTP/1.1 400 ") && tunnel.contains("names no server"), "{tunnel}");
    assert_eq!((count.load(Ordering::SeqCst), heard.try_recv().is_err()), (0, true));
    // What it reaches is still let through.
    assert!(ask(&gate, &format!("GET {}/base/x HTTP/1.1\r\nHost: x", office.url)).starts_with("HTTP/1.1 200 "));
    proxies.signal("INT");
    proxies.ends();
    let record = place.record();
    assert_eq!(record["unmatched"].as_object().unwrap().len(), 12, "{:#}", record["unmatched"]);
}

#[test]
fn a_far_side_that_gives_no_answer_is_answered_for() {
    let place = place();
    let gone = format!("http://127.0.0.1:{}", free_port());
    {
        let (_proxies, gate, _) = before(&place, &gone);
        let answer = ask(&gate, &format!("GET {gone}/letters/7 HTTP/1.1\r\nHost: x"));
        assert!(
            answer.starts_with("HTTP/1.1 502 ") && answer.contains("`office` gave no answer to pass back (refused)"),
            "{answer}"
        );
    }
    let office = Sut::new(|stream, request| match request.get(..8) {
        Some(b"GET /mut") => std::thread::sleep(Duration::from_secs(20)),
        Some(b"GET /cut") => drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok")),
        Some(b"GET /odd") => drop(stream.write_all(b"220 ready\r\n\r\n")),
        _ => drop(write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Long: {}\r\n\r\n", "x".repeat(1_000_000))),
    });
    let (proxies, gate, _) = before(&place, &office.url);
    let get = |path: &str| ask(&gate, &format!("GET {}{path} HTTP/1.1\r\nHost: x", office.url));
    let began = Instant::now();
    let answer = get("/mute");
    assert!(answer.starts_with("HTTP/1.1 504 ") && answer.contains("(timeout)"), "{answer}");
    assert!(began.elapsed() >= Duration::from_millis(1_400) && began.elapsed() < Duration::from_secs(15));
    for (path, outcome) in [("/cut", "truncated"), ("/odd", "malformed"), ("/large", "oversized")] {
        let answer = get(path);
        assert!(answer.starts_with("HTTP/1.1 502 ") && answer.contains(outcome), "{path}: {answer}");
    }
    proxies.signal("INT");
    proxies.ends();
    let record = crate::command::record(place.runs().last().unwrap());
    let legs: Vec<&Value> = exchanges(&record).filter(|one| one["leg"] == "gate to office").collect();
    let outcomes: Vec<&Value> = legs.iter().map(|one| &one["outcome"]).collect();
    assert_eq!(outcomes, ["timeout", "truncated", "malformed", "oversized"]);
    for leg in legs {
        let came = exchanges(&record).find(|one| one["id"] == leg["parent"]).unwrap();
        assert_eq!((&came["endpoint"], &came["leg"]), (&"gate".into(), &"through gate to office".into()));
    }
}

fn exchanges(record: &Value) -> impl Iterator<Item = &Value> {
    record["exchanges"].as_array().unwrap().iter()
}

/// The system under test is the office; the proxies before it are ours.
#[test]
fn a_client_of_ours_goes_through_proxies_of_ours_to_a_server_under_test() {
    let place = place();
    let (office, heard) = listener(FINE);
    let target = format!("office={}", office.url);
    let ended = place.run(["run", "hop", "--plain", "--role", "consumer", "--target", &target]).exits(0);
    ended.says("listening as gate at").says("calling office at").gives("3 pass, 0 fail");
    let lines: Vec<String> = heard.try_iter().map(|request| request.lines().next().unwrap().to_owned()).collect();
    assert_eq!(lines, ["POST /letters/7?x=1 HTTP/1.1"; 3]);
    let record = place.record();
    let told: Vec<(u64, String, String, u64)> = exchanges(&record)
        .map(|one| {
            let text = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
            (one["id"].as_u64().unwrap(), text("endpoint"), text("leg"), one["parent"].as_u64().unwrap_or_default())
        })
        .filter(|(_, _, leg, _)| leg.contains("gate"))
        .collect();
    let named = |id, endpoint: &str, leg: &str, parent| (id, endpoint.to_owned(), leg.to_owned(), parent);
    let first = told.iter().map(|one| one.0).min().unwrap();
    let wanted = [
        named(first, "office", "via gate", 0),
        named(first + 1, "gate", "through gate to office", first),
        named(first + 2, "office", "gate to office", first + 1),
    ];
    assert!(wanted.iter().all(|one| told.contains(one)) && told.len() == 3, "{told:?}");
}

/// The proxy is somebody else's, and the office behind it is known by its name alone.
#[test]
fn a_proxy_that_has_an_address_is_called_there() {
    let place = place();
    let (proxy, heard) = listener(FINE);
    let targets =
        [format!("gate={}", proxy.url), format!("lane={}/in", proxy.url), "office=http://office.example/post".to_owned()];
    let mut arguments = vec!["run", "hop", "--role", "consumer", "--plain", "--scenario", "passing/letter[gate]"];
    arguments.extend(["--scenario", "passing/letter[lane]"]);
    targets.iter().for_each(|target| arguments.extend(["--target", target]));
    place.run(arguments).exits(0).gives("2 pass, 0 fail");
    let heads: Vec<String> = heard.try_iter().filter(|request| request.starts_with("POST")).collect();
    let authority = proxy.url.trim_start_matches("http://");
    let begins = |at: usize, text: &str| assert!(heads[at].starts_with(text), "{heads:#?}");
    assert_eq!(heads.len(), 2, "{heads:#?}");
    begins(0, "POST http://office.example/post/letters/7?x=1 HTTP/1.1\r\nHost: office.example\r\n");
    begins(1, &format!("POST /in/http://office.example/post/letters/7?x=1 HTTP/1.1\r\nHost: {authority}\r\n"));
}

#[test]
fn both_forms_go_over_tls_and_http_2() {
    let place = place();
    let scenario = "scenarios/hop/passing/letter.yaml";
    for alpn in ["http/1.1", "h2"] {
        place.write(scenario, place.read(scenario).replace("[http/1.1]", &format!("[{alpn}]")));
        let out = format!("out-{}", alpn.len());
        place.run(["demo", "hop", "--out", &out]).exits(0).gives("3 pass, 0 fail");
        let run = std::fs::read_dir(place.path().join(&out)).unwrap().next().unwrap().unwrap().path();
        let record = crate::command::record(&run);
        let spoken: Vec<&Value> = exchanges(&record).map(|one| &one["connection"]["tls"]["alpn"]).collect();
        assert_eq!(spoken, [alpn; 3], "{record:#}");
        assert!(exchanges(&record).all(|one| one["response"]["status"] == 200));
    }
}

/// What is passed on between endpoints of ours is one way in the evidence, and what the far side did is known at each of its ends.
#[test]
fn legs_between_our_own_endpoints_are_tied_and_tell_the_effect() {
    let place = Place::new();
    let pack = concat!(env!("CARGO_MANIFEST_DIR"), "/crates/plan/tests/pack/relay");
    place.run(["demo", pack, "--out", "out"]).exits(0);
    let runs = std::fs::read_dir(place.path().join("out")).unwrap().map(|entry| entry.unwrap().path());
    let run = runs.into_iter().find(|path| path.to_string_lossy().contains("-provider-")).unwrap();
    let record = crate::command::record(&run);
    let told: Value = exchanges(&record)
        .filter(|one| one["scenario"] == "relay/sending/once")
        .map(|one| ["id", "endpoint", "direction", "parent", "effect"].map(|key| one[key].clone()).to_vec())
        .collect();
    let wanted = json!([
        [1, "gate", "inbound", null, "stored"],
        [2, "office", "outbound", 1, "none"],
        [3, "office", "inbound", 2, "stored"],
    ]);
    assert_eq!(told, wanted);
    let html = std::fs::read_to_string(run.join("report.html")).unwrap();
    assert!(
        html.contains("Proxy `gate` of Counterpart sent exchange") || html.contains("Proxy gate of Counterpart sent exchange")
    );
}

#[test]
fn what_went_on_is_recorded_though_its_sender_is_gone() {
    let place = place();
    let (sender, heard) = channel();
    let office = Sut::new(move |stream, _| {
        let _ = sender.send(());
        std::thread::sleep(Duration::from_millis(400));
        drop(stream.write_all(FINE.as_bytes()));
    });
    let (proxies, gate, _) = before(&place, &office.url);
    let mut stream = TcpStream::connect(&gate).unwrap();
    write!(stream, "GET {}/letters/7 HTTP/1.1\r\nHost: x\r\n\r\n", office.url).unwrap();
    heard.recv_timeout(Duration::from_secs(10)).unwrap();
    drop(stream);
    // The far side answers meanwhile, and what it answered is there when the run is over.
    std::thread::sleep(Duration::from_millis(1_000));
    proxies.signal("INT");
    proxies.ends();
    let record = place.record();
    let leg = exchanges(&record).find(|one| one["leg"] == "gate to office").unwrap();
    assert_eq!((&leg["outcome"], &leg["response"]["status"]), (&"answered".into(), &200.into()), "{leg:#}");
}

/// A proxy of ours before the server under test stands for nobody: its own answers are neither the server's merit nor its fault.
#[test]
fn what_a_proxy_of_ours_answers_itself_is_no_answer_of_the_server_under_test() {
    let place = place();
    let scenario = |name: &str, send: &str| {
        let text = format!(
            "id: hop/passing/{name}\ntitle: t\npurpose: p\nrole: consumer\ncovers: [R1]\nsteps:\n  - send: {{ method: GET, {send} }}\n\
             \x20   expect: [{{ id: came, requirement: R1, that: {{ status: [200, 451, 504] }}, hint: h }}]\n"
        );
        place.write(&format!("scenarios/hop/passing/{name}.yaml"), text);
    };
    scenario("closed", "path: /closed, to: office, via: gate");
    scenario("mute", "path: /mute, to: office, via: gate");
    scenario("gate", "path: /closed, to: gate");
    let office = Sut::new(|_, _| std::thread::sleep(Duration::from_secs(20)));
    let target = format!("office={}", office.url);
    let mut arguments = vec!["run", "hop", "--plain", "--role", "consumer", "--target", &target];
    arguments.extend(["--scenario", "passing/closed", "--scenario", "passing/mute", "--scenario", "passing/gate"]);
    place.run(arguments);
    let record = place.record();
    let verdict = |name: &str| {
        let scenarios = record["scenarios"].as_array().unwrap();
        let found = scenarios.iter().find(|one| one["id"] == format!("hop/passing/{name}")).unwrap();
        found["verdict"].as_str().unwrap().to_owned()
    };
    assert_eq!(["closed", "mute", "gate"].map(verdict), ["inconclusive", "fail", "skipped"]);
    let via: Vec<&Value> = exchanges(&record).filter(|one| one["leg"] == "via gate").collect();
    let ended = |at: usize| (via[at]["outcome"].as_str().unwrap(), via[at]["response"]["status"].as_u64());
    assert_eq!([ended(0), ended(1)], [("unreachable", None), ("timeout", None)]);
    assert!(via[0]["reason"].as_str().unwrap().contains("answered itself"), "{:#}", via[0]);
}

/// What a handshake would refuse is let through, for a rule to answer: who shows no certificate, and whose is not believed.
#[test]
fn a_wrong_certificate_can_be_answered_instead_of_refused() {
    let place = Place::new();
    let words = ["demo", "nhs-booking", "--set", "ssp_certificates=answer", "--scenario", "ssp/certificates", "--out", "out"];
    place.run(words).exits(0).gives("3 pass");
    let folders = std::fs::read_dir(place.path().join("out")).unwrap().map(|entry| entry.unwrap().path());
    let consumer = folders.into_iter().find(|path| path.to_string_lossy().contains("-consumer-")).unwrap();
    let record = crate::command::record(&consumer);
    let statuses: BTreeMap<&str, u64> = record["exchanges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["scenario"].as_str().unwrap(), one["response"]["status"].as_u64().unwrap()))
        .collect();
    let of = |name: &str| statuses[format!("nhs-booking/ssp/certificates[{name}]").as_str()];
    assert_eq!((of("none"), of("unknown"), of("expired")), (496, 495, 495));
}
