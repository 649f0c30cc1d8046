//! Runs that end before their time: by a signal, by force.

use crate::command::{Place, Sut, record};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[test]
fn an_interrupt_ends_a_run_with_cleanup_and_report() {
    let place = Place::with_lamp();
    let scenario = "id: lamp/switching/slow\ntitle: t\npurpose: p\nrole: consumer\ncovers: [R1]\nsteps:\n  - send: { use: switch }\n    expect: [{ id: done, requirement: R1, that: { status: 200 }, hint: h }]\n  - pause: 60s\n  - send: { use: switch }\ncleanup:\n  - title: tidy up\n    send: { use: switch, with: { wanted: false } }\n";
    place.write("scenarios/lamp/switching/slow.yaml", scenario);
    let (sender, heard) = std::sync::mpsc::channel();
    let sut = Sut::new(move |stream, request| {
        use std::io::Write;
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
        let _ = sender.send(request.ends_with(b"true}"));
    });
    for signal in ["INT", "TERM"] {
        let mut run = place.start(["run", "lamp", "--role", "consumer", "--target", &sut.url, "--scenario", "switching/slow"]);
        run.hears("calling lamp");
        assert!(heard.recv_timeout(Duration::from_secs(30)).unwrap(), "the first request switches on");
        run.signal(signal);
        run.hears("Ctrl-C again ends at once");
        run.ends().exits(4).gives("ended      early: interrupted");
        assert!(!heard.recv_timeout(Duration::from_secs(5)).unwrap(), "cleanup switches off, after an interrupt too");
    }
    for run in place.runs() {
        assert_eq!(record(&run)["verdict"], "inconclusive");
        assert!(run.join("report.html").is_file());
        place.run(["verify".as_ref(), run.as_os_str()]).exits(0);
    }
}

#[test]
fn a_second_interrupt_ends_at_once() {
    let place = Place::with_lamp();
    let scenario = "id: lamp/switching/slow\ntitle: t\npurpose: p\nrole: consumer\ncovers: [R1]\nsteps:\n  - send: { use: switch }\n    expect: [{ id: done, requirement: R1, that: { status: 200 }, hint: h }]\n  - pause: 60s\ncleanup:\n  - pause: 60s\n";
    place.write("scenarios/lamp/switching/slow.yaml", scenario);
    let (sender, heard) = std::sync::mpsc::channel();
    let sut = Sut::new(move |stream, _| {
        use std::io::Write;
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
        let _ = sender.send(());
    });
    let mut run = place.start(["run", "lamp", "--role", "consumer", "--target", &sut.url, "--scenario", "switching/slow"]);
    heard.recv_timeout(Duration::from_secs(30)).unwrap();
    run.signal("INT");
    run.hears("Ctrl-C again ends at once");
    run.signal("INT");
    run.ends().exits(4);
    let runs = place.runs();
    place.run(["report".as_ref(), runs[0].as_os_str()]).exits(0).gives("report.html");
}

#[test]
fn an_interrupt_ends_a_simulator_with_0() {
    let place = Place::with_lamp();
    let mut simulator = place.start(["simulate", "lamp", "--plain", "--listen", "127.0.0.1:0"]);
    simulator.hears("answering until Ctrl-C");
    simulator.signal("INT");
    simulator.ends().exits(0);
    assert!(place.runs()[0].join("report.html").is_file());
}

/// What the client has an answer to stands in the journal, whenever the simulator is killed.
#[test]
fn killing_loses_no_acknowledged_exchange() {
    let place = Place::with_lamp();
    for round in 0..12_u64 {
        let mut simulator = place.start(["simulate", "lamp", "--plain", "--listen", "127.0.0.1:0"]);
        let line = simulator.hears("listening as lamp at");
        let address = line.rsplit("http://").next().unwrap().trim().to_owned();
        simulator.hears("answering until");
        let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
        let clients: Vec<_> = (0..4)
            .map(|client| {
                std::thread::spawn({
                    let (address, acknowledged) = (address.clone(), Arc::clone(&acknowledged));
                    move || switch_until_gone(&address, client, &acknowledged)
                })
            })
            .collect();
        // Another moment each time, without chance: the rounds cover the first half second.
        std::thread::sleep(Duration::from_millis(20 + round * 41));
        simulator.signal("KILL");
        simulator.ends();
        clients.into_iter().for_each(|client| client.join().unwrap());
        let run = place.runs().pop().unwrap();
        let journal = std::fs::read_to_string(run.join("journal.ndjson")).unwrap();
        for mark in acknowledged.lock().unwrap().iter() {
            assert!(journal.contains(mark), "round {round}: the answer to {mark} came, and the journal does not hold it");
        }
        place.run(["report".as_ref(), run.as_os_str(), "--format".as_ref(), "xml".as_ref()]).exits(0);
        std::fs::remove_dir_all(&run).unwrap();
    }
}

fn switch_until_gone(address: &str, client: u32, acknowledged: &Mutex<BTreeSet<String>>) {
    use std::io::{Read, Write};
    for count in 0..10_000 {
        let mark = format!("mark-{client}-{count}-end");
        let Ok(mut stream) = std::net::TcpStream::connect(address) else { return };
        let request = format!(
            "PUT /lamp HTTP/1.1\r\nHost: x\r\nX-Mark: {mark}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: 11\r\n\r\n{{\"on\":true}}"
        );
        if stream.write_all(request.as_bytes()).is_err() {
            return;
        }
        let mut answer = Vec::new();
        if stream.read_to_end(&mut answer).is_err() || !answer.ends_with(b"{\"on\":true}") {
            return;
        }
        acknowledged.lock().unwrap().insert(mark);
    }
}

/// A lamp of ours that holds what comes against a rule.
fn place_with_rule() -> Place {
    let place = Place::with_lamp();
    let add = |path: &str, text: &str| place.write(path, place.read(path) + text);
    add("scenarios/lamp/pack.yaml", "  provider: { exchange: [switches-on] }\n");
    add(
        "scenarios/lamp/requirements.yaml",
        "  - { id: R3, level: must, basis: published, text: The button switches the lamp on., source: MANUAL section 3, roles: provider }\n",
    );
    add(
        "scenarios/lamp/checks/lamp.yaml",
        "  - { id: switches-on, requirement: R3, on: request, that: { json: /on, equals: true }, hint: Send true. }\n",
    );
    let scenario = "id: lamp/button/press\ntitle: t\npurpose: p\nrole: provider\ncovers: [R3]\nsteps:\n  - await: { request: { method: PUT }, within: 1s }\n    expect: [switches-on]\n";
    place.write("scenarios/lamp/button/press.yaml", scenario);
    place.run(["check"]).exits(0);
    place
}

/// Simulates, sends what a button would, and gives the exit code of the simulator that is then stopped.
fn simulated(place: &Place, options: &[&str], presses: &[bool]) -> crate::command::Ended {
    use std::io::{Read, Write};
    let words = ["simulate", "lamp", "--plain", "--listen", "127.0.0.1:0"];
    let mut simulator = place.start(words.iter().chain(options));
    let line = simulator.hears("listening as lamp at");
    let address = line.rsplit("http://").next().unwrap().trim().to_owned();
    simulator.hears("answering until");
    for on in presses {
        let mut stream = std::net::TcpStream::connect(&address).unwrap();
        let body = format!("{{\"on\":{on}}}");
        let head = "PUT /lamp HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length";
        write!(stream, "{head}: {}\r\n\r\n{body}", body.len()).unwrap();
        stream.read_to_string(&mut String::new()).unwrap();
    }
    simulator.signal("TERM");
    simulator.ends()
}

#[test]
fn a_simulator_ends_with_what_it_received_where_that_is_asked_for() {
    let place = place_with_rule();
    simulated(&place, &[], &[true, false]).exits(0).gives("FAIL").says("with `--fail-on-finding` this would be 1");
    simulated(&place, &["--fail-on-finding"], &[true, false]).exits(1).gives("switches-on");
    simulated(&place, &["--fail-on-finding"], &[true]).exits(0).gives("PASS");
    simulated(&place, &["--fail-on-finding"], &[]).exits(4);
}
