//! Directories through the binary: as a client that others wrote sees one of ours, and as a run against one tells it.

use crate::command::{Place, Started, ended, record};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const PACK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/crates/plan/tests/pack/phonebook");
const PASSWORD: &str = "open sesame";

/// Plays the directory of the pack; gives it with its address.
fn directory(place: &Place, options: &[&str]) -> (Started, String) {
    let mut simulator = place.start(["simulate", PACK].iter().chain(options));
    let heard = simulator.hears("listening as directory at");
    let url = heard.split("listening as directory at ").nth(1).unwrap().trim().to_owned();
    simulator.hears("answering until");
    (simulator, url)
}

fn stopped(simulator: Started) {
    simulator.signal("INT");
    simulator.ends().exits(0);
}

/// `ldapsearch` of OpenLDAP, where it is there.
fn ldapsearch(url: &str) -> Option<Command> {
    if Command::new("ldapsearch").arg("-VV").output().is_err() {
        eprintln!("left out: `ldapsearch` is not there; Debian has it in the package ldap-utils");
        return None;
    }
    let mut command = Command::new("ldapsearch");
    command.args(["-LLL", "-x", "-H", url, "-b", "ou=desks, o=phones"]).env("LDAPTLS_REQCERT", "never");
    Some(command)
}

/// Every text of a run's folder.
fn texts(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(texts(&path));
        } else {
            all.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    all
}

fn holds_no_password(run: &Path) {
    for (name, bytes) in texts(run) {
        let holds = bytes.windows(PASSWORD.len()).any(|window| window == PASSWORD.as_bytes());
        assert!(!holds, "{name} holds the password");
    }
}

#[test]
fn a_client_of_others_searches_and_binds() {
    let place = Place::new();
    for options in [&["--plain"][..], &[]] {
        let (simulator, url) = directory(&place, options);
        assert!(url.starts_with(if options.is_empty() { "ldaps://" } else { "ldap://" }), "{url}");
        let search = |arguments: &[&str]| {
            let mut command = ldapsearch(&url)?;
            command.args(arguments);
            Some(ended(command))
        };
        let Some(found) = search(&["(number=100)", "floorKey"]) else { return };
        assert_eq!(found.exits(0).out, "dn: number=100, ou=desks, o=phones\nfloorKey: F-1\n\n");
        let found = search(&["-D", "cn=operator", "-w", PASSWORD, "-s", "one", "(&(line=*)(!(floorKey=f-1)))", "line"]).unwrap();
        assert_eq!(found.exits(0).out, "dn: telephone=2, ou=desks, o=phones\nline: 01632 960102\n\n");
        for (arguments, code) in [
            (&["-D", "cn=operator", "-w", "another"][..], 49),
            (&["(number=500)"], 51),
            (&["-b", "o=none"], 32),
            (&["-z", "1"], 4),
            (&["-E", "!pr=10/noprompt"], 12),
        ] {
            search(arguments).unwrap().exits(code);
        }
        stopped(simulator);
    }
    // What came is told, and who knows the password is not.
    let mut targets: Vec<String> = Vec::new();
    for run in place.runs() {
        let exchanges = record(&run)["exchanges"].clone();
        targets.extend(
            exchanges.as_array().unwrap().iter().filter_map(|one| one["request"]["target"].as_str().map(ToOwned::to_owned)),
        );
        holds_no_password(&run);
    }
    assert!(targets.contains(&"/ou=desks,%20o=phones?floorKey?sub?(number=100)".to_owned()), "{targets:#?}");
}

#[test]
fn a_directory_of_others_is_judged() {
    let place = Place::new();
    let (simulator, url) = directory(&place, &["--plain", "--out", "theirs"]);
    place.run(["run", PACK, "--role", "consumer", "--target", &format!("directory={url}"), "--out", "ours"]).exits(0);
    stopped(simulator);
    let run = std::fs::read_dir(place.path().join("ours")).unwrap().next().unwrap().unwrap().path();
    let record = record(&run);
    let exchanges: Vec<&Value> = record["exchanges"].as_array().unwrap().iter().collect();
    assert_eq!(exchanges.len(), 5);
    assert!(exchanges.iter().all(|one| one["request"]["version"] == "ldap3" && one["direction"] == "outbound"));
    // Two of them are binds with a password.
    assert_eq!(exchanges.iter().filter(|one| one["request"]["method"] == "BIND").count(), 2);
    holds_no_password(&run);
    let page = std::fs::read_to_string(run.join("report.html")).unwrap();
    assert!(page.contains("0 success") && page.contains("32 noSuchObject"), "the results are not told");
}

#[test]
fn the_scheme_of_a_target_is_that_of_its_endpoint() {
    let place = Place::new();
    let run = |target: &str| place.run(["run", PACK, "--role", "consumer", "--target", target]);
    run("directory=http://127.0.0.1:9").exits(2).says("speaks another protocol than this scheme says");
    run("directory=ldap://127.0.0.1:9/o=phones").exits(2).says("a path belongs to a search");
    run("directory=ftp://127.0.0.1:9").exits(2).says("none of `http`, `https`, `ldap`, `ldaps`");
}

#[test]
fn hostile_bytes_are_told_and_the_directory_goes_on() {
    let place = Place::new();
    let (simulator, url) = directory(&place, &["--plain"]);
    let address = url.trim_start_matches("ldap://").to_owned();
    let sent = |bytes: &[u8]| {
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.write_all(bytes).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        answer
    };
    for bytes in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0x30, 0x84, 0x7f, 0xff, 0xff, 0xff], &[0x30, 0x80]] {
        // The notice of disconnection (RFC 4511 section 4.4.1).
        assert!(sent(bytes).ends_with(b"1.3.6.1.4.1.1466.20036"), "{bytes:?}");
    }
    let unbind: &[u8] = &[0x30, 5, 2, 1, 2, 0x42, 0];
    let bind: &[u8] = &[0x30, 0x0c, 2, 1, 1, 0x60, 7, 2, 1, 3, 4, 0, 0x80, 0];
    assert_eq!(sent(&[bind, unbind].concat()), [0x30, 0x0c, 2, 1, 1, 0x61, 7, 0x0a, 1, 0, 4, 0, 4, 0]);
    stopped(simulator);
    let exchanges = place.record()["exchanges"].clone();
    let outcomes: Vec<&str> = exchanges.as_array().unwrap().iter().map(|one| one["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["malformed", "oversized", "malformed", "answered"]);
}
