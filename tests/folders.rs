//! Run folders after the run: continued, held against a baseline, bundled, purged.

use crate::command::{Place, Sut, record};
use std::io::Read;
use std::path::PathBuf;

const ON: &str = "switching/on-and-off[true]";
const OFF: &str = "switching/on-and-off[false]";

fn workspace(place: &Place, build: &str) {
    place.write("counterpart.toml", format!("supplier = \"Example\"\nproduct = {{ name = \"Lamp\", build = \"{build}\" }}\n"));
}

fn run<'a>(place: &Place, url: &'a str, more: &[&'a str]) -> crate::command::Ended {
    place.run(["run", "lamp", "--role", "consumer", "--target", url].iter().chain(more))
}

fn newest(place: &Place) -> PathBuf {
    // Folders are told apart by the moment at which they were made.
    std::thread::sleep(std::time::Duration::from_millis(20));
    place.runs().pop().unwrap()
}

#[test]
fn runs_of_one_build_become_one_table() {
    let place = Place::with_lamp();
    workspace(&place, "4711");
    let sut = Sut::lamp();
    run(&place, &sut.url, &["--scenario", ON]).exits(0).gives("1 pass, 1 skipped");
    let first = newest(&place);
    let path = first.to_str().unwrap();
    run(&place, &sut.url, &["--scenario", OFF, "--continue", path, "--format", "html,xml,junit"]).exits(0).gives("2 pass");
    let second = newest(&place);
    let merged = record(&second);
    assert_eq!((&merged["partial"], &merged["summary"]["pass"]), (&false.into(), &2.into()));
    let first_id = first.file_name().unwrap().to_str().unwrap();
    assert!(merged["environment"]["merged-runs"].as_str().unwrap().starts_with(first_id), "{:#}", merged["environment"]);
    for report in ["report.html", "report.xml", "run.json"] {
        let text = std::fs::read_to_string(second.join(report)).unwrap();
        assert!(text.contains(first_id), "{report} says which runs it stands for");
    }
    place.run(["verify".as_ref(), second.as_os_str()]).exits(0).gives("it was merged from several runs");
    // The messages of both runs are in the one folder, which is all that a reader gets.
    std::fs::remove_dir_all(&first).unwrap();
    let html = std::fs::read(second.join("report.html")).unwrap();
    place.run(["report".as_ref(), second.as_os_str(), "--format".as_ref(), "html".as_ref()]).exits(0);
    assert_eq!(std::fs::read(second.join("report.html")).unwrap(), html);
    run(&place, &sut.url, &["--scenario", ON, "--continue", second.to_str().unwrap()]).exits(0).gives("2 pass");
    let third = record(&newest(&place));
    assert_eq!(third["environment"]["merged-runs"].as_str().unwrap().split(", ").count(), 3);
}

#[test]
fn runs_of_different_builds_are_refused() {
    let place = Place::with_lamp();
    let sut = Sut::lamp();
    run(&place, &sut.url, &[]).exits(0);
    let first = newest(&place);
    let path = first.to_str().unwrap().to_owned();
    run(&place, &sut.url, &["--continue", &path]).exits(2).says("no build is named").says("product = {");
    workspace(&place, "1");
    run(&place, &sut.url, &["--continue", &path])
        .exits(2)
        .says("it tested another build (its build is `not named`, this one's `1`");
    run(&place, &sut.url, &[]).exits(0);
    let path = newest(&place).to_str().unwrap().to_owned();
    workspace(&place, "2");
    run(&place, &sut.url, &["--continue", &path]).exits(2).says("its build is `1`, this one's `2`");
    workspace(&place, "1");
    place.write("scenarios/lamp/requirements.yaml", place.read("scenarios/lamp/requirements.yaml") + "# changed\n");
    run(&place, &sut.url, &["--continue", &path]).exits(2).says("it played another pack or another version of it");
    run(&place, &sut.url, &["--continue", "none"]).exits(2).says("could not read none");
    assert_eq!(place.runs().len(), 2, "a run that is refused is not begun");
}

fn known(check: &str, expires: &str) -> String {
    let scenario = format!("lamp/{ON}");
    format!(
        "[[known]]\nscenario = \"{scenario}\"\ncheck = \"{check}\"\nreason = \"known\"\nowner = \"A. Tester\"\nissue = \"#1\"\nexpires = \"{expires}\"\n"
    )
}

#[test]
fn a_baseline_fails_on_news_and_on_what_is_stale_or_expired() {
    let place = Place::with_lamp();
    let bad = Sut::json("{\"on\":false}");
    let with = |url: &str| run(&place, url, &["--scenario", ON, "--baseline", "known.toml"]);
    place.write("known.toml", known("says-state", "2999-01-01"));
    with(&bad.url).exits(0).gives("FAIL").says("known: says-state in lamp/switching");
    with(&Sut::lamp().url).exits(1).gives("PASS").says("stale: says-state");
    place.write("known.toml", known("says-state", "2020-01-01"));
    with(&bad.url).exits(1).says("expired: says-state was borne until 2020-01-01 (A. Tester, #1)").says("news: says-state");
    place.write("known.toml", "");
    with(&bad.url).exits(1).says("news: says-state in lamp/switching");
    place.write("known.toml", "[[known]]\ncheck = \"says-state\"\n");
    with(&bad.url).exits(2).says("`known.toml` is not a baseline").says("each `[[known]]` has");
}

#[test]
fn a_bundle_is_the_same_bytes_each_time() {
    let place = Place::with_lamp();
    run(&place, &Sut::lamp().url, &[]).exits(0);
    let folder = newest(&place);
    let name = folder.file_name().unwrap().to_str().unwrap();
    let first = place.run(["bundle".as_ref(), folder.as_os_str()]).exits(0);
    let zip = std::fs::read(folder.with_file_name(format!("{name}.zip"))).unwrap();
    place.run(["bundle".as_ref(), folder.as_os_str(), "--out".as_ref(), "other.zip".as_ref()]).exits(0);
    assert_eq!(std::fs::read(place.path().join("other.zip")).unwrap(), zip);
    assert!(first.out.contains("sha256 "), "{}", first.out);
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(zip)).unwrap();
    let mut manifest = String::new();
    archive.by_name(&format!("{name}/manifest.json")).unwrap().read_to_string(&mut manifest).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    for path in manifest["files"].as_object().unwrap().keys() {
        let mut content = Vec::new();
        archive.by_name(&format!("{name}/{path}")).unwrap().read_to_end(&mut content).unwrap();
        assert_eq!(content, std::fs::read(folder.join(path)).unwrap(), "{path}");
    }
    assert_eq!(archive.len(), manifest["files"].as_object().unwrap().len() + 1, "the manifest's files, and itself");
    std::fs::write(folder.join("report.xml"), "other").unwrap();
    place.run(["bundle".as_ref(), folder.as_os_str()]).exits(1).says("does not match its manifest and is not packed");
    place.run(["bundle", "none"]).exits(2).says("could not read none");
}

#[test]
fn purging_takes_the_bodies_and_says_so() {
    let place = Place::with_lamp();
    run(&place, &Sut::lamp().url, &[]).exits(0);
    let folder = newest(&place);
    place.run(["purge".as_ref(), folder.as_os_str()]).exits(2).says("--bodies");
    place.run(["purge".as_ref(), folder.as_os_str(), "--bodies".as_ref()]).exits(0);
    assert!(!folder.join("bodies").exists());
    place.run(["verify".as_ref(), folder.as_os_str()]).exits(0).gives("does not prove: what the bodies held");
    place.run(["report".as_ref(), folder.as_os_str()]).exits(0);
}

#[test]
fn reports_go_where_they_are_asked_to() {
    let place = Place::with_lamp();
    let files = ["--junit", "j.xml", "--xml", "x.xml", "--html", "h.html", "--out", "elsewhere", "--format", "json"];
    run(&place, &Sut::lamp().url, &files).exits(0).gives("reports: elsewhere/run-");
    assert!(place.read("j.xml").contains("<testsuite") && place.read("x.xml").contains("urn:counterpart:report:1"));
    assert!(place.read("h.html").contains("<html"));
}

#[test]
fn a_retry_is_flaky_unless_it_is_to_pass() {
    let place = Place::with_lamp();
    let flaky = || {
        let count = std::sync::atomic::AtomicUsize::new(0);
        Sut::new(move |stream, _| {
            use std::io::Write;
            let on = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) > 0;
            let body = format!("{{\"on\":{on}}}");
            drop(write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            ));
        })
    };
    run(&place, &flaky().url, &["--scenario", ON]).exits(1);
    run(&place, &flaky().url, &["--scenario", ON, "--retry", "1"]).exits(0).gives("1 warning");
    run(&place, &flaky().url, &["--scenario", ON, "--retry", "1", "--retry-passes"]).exits(0).gives("1 pass");
}

#[test]
fn the_first_failure_can_end_a_run() {
    let place = Place::with_lamp();
    let bad = Sut::json("{\"on\":null}");
    run(&place, &bad.url, &[]).exits(1).gives("2 fail");
    run(&place, &bad.url, &["--fail-fast"]).exits(1).gives("1 fail, 1 not-run");
}
