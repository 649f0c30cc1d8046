//! What the machine, the disk and the user's files do to a run.

use crate::command::{Place, Sut, free_port, record, started};
use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

fn consumer<'a>(url: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    ["run", "lamp", "--role", "consumer", "--target", url].into_iter().chain(more.iter().copied()).collect()
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout == b"0\n")
}

#[test]
fn a_port_in_use_is_said() {
    let place = Place::with_lamp();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    place
        .run(["simulate", "lamp", "--plain", "--listen", &address])
        .exits(3)
        .says(&format!("error: could not listen at `{address}`: Address already in use"))
        .says("help: `--listen HOST:0` takes a free port");
    place.run(["simulate", "lamp", "--plain", "--control", &address]).exits(3).says("could not listen at");
    assert!(place.runs().is_empty(), "a run that did not begin leaves no folder");
}

#[test]
fn a_folder_that_cannot_be_made_is_said() {
    let place = Place::with_lamp();
    place.write("reports", "a file is in the way");
    place
        .run(consumer(&Sut::lamp().url, &[]))
        .exits(3)
        .says("error: could not create the folder reports/run-")
        .says("help: `--out DIR`");
}

/// Root may write everywhere; what is read-only for root too is `/proc`.
#[test]
fn an_unwritable_folder_is_said() {
    let place = Place::with_lamp();
    place
        .run(consumer(&Sut::lamp().url, &["--out", "/proc/counterpart"]))
        .exits(3)
        .says("error: could not create the folder /proc/counterpart/run-");
    place.run(consumer(&Sut::lamp().url, &["--junit", "/proc/junit.xml"])).exits(3).says("could not write `/proc/junit.xml`");
}

#[test]
fn a_full_disk_ends_the_run_as_error() {
    let place = Place::with_lamp();
    let disk = place.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    let mounted = is_root()
        && Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=96k", "tmpfs"])
            .arg(&disk)
            .status()
            .is_ok_and(|status| status.success());
    if !mounted {
        eprintln!("left out: a small disk can be made by root only");
        return;
    }
    let body = format!("{{\"on\":true,\"filler\":\"{}\"}}", "x".repeat(200_000));
    let ended = place.run(consumer(&Sut::json(body).url, &["--out", "disk"]));
    let left: Vec<_> = std::fs::read_dir(&disk).unwrap().flatten().map(|entry| entry.path()).collect();
    let report = left.first().map(|run| place.run(["report".as_ref(), run.as_os_str(), "--format".as_ref(), "xml".as_ref()]));
    Command::new("umount").arg(&disk).status().unwrap();
    ended.exits(3).says("the disk is full");
    // What was acknowledged before is there all the same, though no report fits on the disk either.
    assert!(report.is_some_and(|report| report.code == Some(0) || report.err.contains("the disk is full")));
}

#[test]
fn missing_and_unreadable_files_are_said() {
    let place = Place::with_lamp();
    let url = "https://127.0.0.1:1";
    place.run(consumer(url, &["--tls-ca", "none.pem"])).exits(2).says("error: could not read").says("none.pem");
    place.write("text.pem", "this is no key");
    place.run(["certs", "init"]).exits(0);
    place.run(consumer(url, &["--tls-cert", "certs/client.pem", "--tls-key", "text.pem"])).exits(2).says("text.pem");
    place
        .run(consumer(url, &["--tls-cert", "certs/client.pem", "--tls-key", "certs/server-key.pem"]))
        .exits(2)
        .says("server-key.pem");
    place.run(consumer(url, &["--tls-cert", "certs/client.pem"])).exits(2).says("`--tls-cert` and `--tls-key` go together");
    place.run(consumer(url, &["--certs", "none"])).exits(2).says("`counterpart certs init --dir none` makes an authority there");
    place.run(consumer(url, &["--workspace", "none.toml"])).exits(2).says("could not read `none.toml`");
    place.run(consumer(url, &["--claims", "none.toml"])).exits(2).says("could not read `none.toml`");
    place.run(consumer(url, &["--set", "answer_ms=file:none"])).exits(2).says("setting `answer_ms`: could not read `none`");
    place.run(consumer(url, &["--set", "answer_ms=env:NOT_THERE"])).exits(2).says("environment variable `NOT_THERE` is not set");
    place.run(["certs", "show", "none.pem"]).exits(2).says("could not read");
    place.run(["report", "none"]).exits(2).says("could not read none");
    place.run(["check", "none"]).exits(2).says("holds no pack");
}

#[test]
fn an_empty_folder_is_enough() {
    let place = Place::new();
    let listed = place.run(["list"]).exits(0);
    let pack = listed.out.lines().next().unwrap();
    place.run(["explain", "SC012"]).exits(0).gives("not known here");
    place.run(["list", pack, "--scenarios"]).exits(0).gives("scenarios (");
    place.run(["check"]).exits(2).says("`scenarios` holds no pack");
    place.run(["run"]).exits(2).says("no pack is named");
    place.run(["report", "."]).exits(2).says("`.` holds no run");
}

#[test]
fn without_a_certificate_an_endpoint_of_tls_is_explained() {
    let place = Place::with_lamp();
    let sut = Sut::saying("not TLS at all");
    let url = sut.url.replace("http://", "https://");
    place.run(consumer(&url, &[])).exits(3).says("--tls-ca");
}

#[test]
fn two_runs_into_one_folder_keep_apart() {
    let place = Place::with_lamp();
    let sut = Sut::lamp();
    let runs: Vec<_> = (0..4).map(|_| place.start(consumer(&sut.url, &[]))).collect();
    for run in runs {
        run.ends().exits(0);
    }
    let runs = place.runs();
    assert_eq!(runs.len(), 4);
    for run in &runs {
        place.run(["verify".as_ref(), run.as_os_str()]).exits(0);
    }
}

/// A pack reads nothing outside its folder, however it asks.
#[test]
fn paths_that_lead_out_of_a_pack_are_refused() {
    let place = Place::with_lamp();
    place.write("secret.txt", "not for packs");
    for path in ["../../secret.txt", "/etc/passwd", "..\\..\\secret.txt"] {
        for key in ["file", "template"] {
            let text = format!(
                "id: lamp/switching/leak\ntitle: t\npurpose: p\nrole: consumer\ncovers: [R1]\nsteps:\n  - send: {{ method: GET, path: /, body: {{ {key}: '{path}' }} }}\n    expect: [says-state]\n"
            );
            place.write("scenarios/lamp/switching/leak.yaml", text);
            place.run(["check"]).exits(2).says(&format!("error[PK009]: `{path}` leads out of the pack")).says("leak.yaml:7:");
        }
    }
    std::fs::remove_file(place.path().join("scenarios/lamp/switching/leak.yaml")).unwrap();
    std::os::unix::fs::symlink("/etc", place.path().join("scenarios/lamp/templates")).unwrap();
    place.run(["check"]).exits(0);
}

#[test]
fn names_that_lead_out_of_a_folder_are_refused() {
    let place = Place::with_lamp();
    place.run(["new", "pack", "../other"]).exits(2).says("`../other` is no name");
    place.run(["new", "scenario", "lamp/../../other"]).exits(2).says("`..` is no name");
    place.run(["new", "pack", "lamp"]).exits(2).says("is there already, and nothing is written over");
}

#[test]
fn control_at_another_address_than_loopback_is_refused() {
    let place = Place::with_lamp();
    let port = free_port();
    place.run(["simulate", "lamp", "--plain", "--control", &format!("0.0.0.0:{port}")]).exits(2).says("loopback addresses only");
}

/// Stands between the command and the machine's calendar (<https://github.com/wolfcw/libfaketime>), where it is installed.
fn calendar() -> Option<&'static str> {
    let known =
        ["/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1"];
    known.into_iter().find(|library| std::path::Path::new(library).exists())
}

#[test]
fn a_calendar_that_is_set_during_a_run_is_told() {
    let Some(library) = calendar() else {
        eprintln!("left out: libfaketime is not installed, by which a calendar can be set for one process");
        return;
    };
    let place = Place::with_lamp();
    place.write("calendar", "+0");
    let mut command = place.command(["simulate", "lamp", "--plain"]);
    command.env("LD_PRELOAD", library).env("DONT_FAKE_MONOTONIC", "1").env("FAKETIME_NO_CACHE", "1");
    command.env("FAKETIME_TIMESTAMP_FILE", place.path().join("calendar"));
    let mut simulator = started(command);
    simulator.hears("answering until");
    place.write("calendar", "+3600");
    std::thread::sleep(Duration::from_secs(3));
    simulator.signal("INT");
    simulator.ends();
    // The two clocks are not looked at in the same instant.
    let jumps = ["clock jumped by +3600", "clock jumped by +3599999"];
    let told = |limit: &serde_json::Value| limit["why"].as_str().is_some_and(|why| jumps.iter().any(|jump| why.contains(jump)));
    let record = record(&place.runs()[0]);
    assert!(record["limits"].as_array().unwrap().iter().any(told), "{}", record["limits"]);
}
