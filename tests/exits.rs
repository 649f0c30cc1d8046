//! Exit codes, one table (`design`: 0 pass or warning, 1 fail, 2 wrong file or option, 3 our side, 4 inconclusive).

use crate::command::{Place, Sut, free_port};

fn run(place: &Place, url: &str, more: &[&str]) -> crate::command::Ended {
    place.run(["run", "lamp", "--role", "consumer", "--target", url].iter().chain(more))
}

#[test]
fn a_pass_is_0() {
    let place = Place::with_lamp();
    run(&place, &Sut::lamp().url, &[]).exits(0).gives("PASS");
    assert_eq!(place.record()["verdict"], "pass");
}

#[test]
fn a_fail_is_1() {
    let place = Place::with_lamp();
    run(&place, &Sut::json("{\"on\":false}").url, &[]).exits(1).gives("check      says-state");
    assert_eq!(place.record()["verdict"], "fail");
}

/// The time limit of the lamp is a `should` of basis `assumed`: breaking it is a warning.
#[test]
fn a_warning_is_0_and_with_strict_1() {
    let place = Place::with_lamp();
    let slow = ["--set", "answer_ms=0"];
    run(&place, &Sut::lamp().url, &slow).exits(0).gives("WARNING");
    run(&place, &Sut::lamp().url, &["--set", "answer_ms=0", "--strict"]).exits(1).gives("WARNING");
}

#[test]
fn a_wrong_file_option_or_setting_is_2() {
    let place = Place::with_lamp();
    run(&place, "http://127.0.0.1:1", &["--no-such-option"]).exits(2).says("unexpected argument '--no-such-option'");
    run(&place, "http://127.0.0.1:1", &["--set", "answer_ms=soon"]).exits(2).says("`soon` is not a whole number");
    run(&place, "http://127.0.0.1:1", &["--baseline", "none.toml"]).exits(2).says("could not read `none.toml`");
    run(&place, "ftp://127.0.0.1", &[]).exits(2).says("the scheme is none of `http`, `https`, `ldap`, `ldaps`");
    run(&place, "http://127.0.0.1:1", &["--format", "pdf"]).exits(2).says("unknown format `pdf`: known are html");
    run(&place, "http://127.0.0.1:1", &["--level", "most"]).exits(2).says("levels are must, should, may");
    run(&place, "http://127.0.0.1:1", &["--start-time", "noon"]).exits(2).says("write a moment like");
    run(&place, "http://127.0.0.1:1", &["--clock", "virtual"]).exits(2).says("is for `demo` and `prove`");
    run(&place, "lamb=http://127.0.0.1:1", &[]).exits(2).says("the pack has no endpoint `lamb`, but lamp");
    place.run(["run", "lamp"]).exits(2).says("no role is named");
    place.run(["run", "lamp", "--role", "consumer"]).exits(2).says("no system under test is named");
    place.run(["run", "lamb", "--role", "consumer"]).exits(2).says("could not find a pack `lamb`");
    place.run(["list", "irc-capcity"]).exits(2).says("did you mean `irc-capacity`?");
    place.run(["--no-such-option", "run", "lamp"]).exits(2).says("unexpected argument");
    assert!(place.runs().is_empty(), "nothing was begun");
}

#[test]
fn our_side_that_breaks_is_3() {
    let place = Place::with_lamp();
    run(&place, &format!("http://127.0.0.1:{}", free_port()), &[]).exits(3).says("refused");
}

/// A time limit that the clock cannot measure was not shown to be kept, however fast the answer was.
#[test]
fn a_must_that_the_clock_cannot_measure_is_4() {
    let lamp = || {
        let place = Place::with_lamp();
        let requirements = place.read("scenarios/lamp/requirements.yaml");
        let binding = requirements.replace("level: should\n    basis: assumed", "level: must\n    basis: published");
        assert_ne!(requirements, binding);
        place.write("scenarios/lamp/requirements.yaml", binding);
        place
    };
    run(&lamp(), &Sut::lamp().url, &[]).exits(0).gives("PASS");
    let place = lamp();
    let ended = run(&place, &Sut::lamp().url, &["--clock", "scaled:1000"]).exits(4).gives("INCONCLUSIVE");
    ended
        .gives("`answers-in-time` was not judged: clock too coarse")
        .gives("(cause: configuration)")
        .gives("play it with the clock `");
    let requirements = &place.record()["requirements"];
    let row = requirements.as_array().unwrap().iter().find(|row| row["id"] == "R2").unwrap();
    assert_eq!(row["verdict"], "inconclusive");
}

#[test]
fn nothing_selected_is_4() {
    let place = Place::with_lamp();
    run(&place, "http://127.0.0.1:1", &["--scenario", "switchin"]).exits(4).says("nothing is selected");
    place.run(["prove", "lamp", "--scenario", "switchin"]).exits(4).says("no scenario begins with `switchin`");
    place.run(["prove", "lamp", "--mutant", "nobody"]).exits(4).says("`counterpart list lamp --mutants` lists them");
    run(&place, "http://127.0.0.1:1", &["--tag", "none"]).exits(4).says("`counterpart list lamp --scenarios` lists them");
}

#[test]
fn a_target_that_nothing_of_ours_reaches_is_2() {
    let place = Place::new();
    let answering = ["run", "harbour", "--role", "provider", "--plain", "--target"];
    let refused = |target: &str| place.run([&answering[..], &[target]].concat()).exits(2);
    refused("office=http://127.0.0.1:1").says("no proxy of this pack reaches `office`");
    refused("http://127.0.0.1:1").says("a server behind a proxy of ours");
}

#[test]
fn what_could_not_be_judged_is_4() {
    let place = Place::with_lamp();
    let scenario = "id: lamp/switching/prepared\ntitle: t\npurpose: p\nrole: consumer\ncovers: [R1]\nsetup:\n  - send: { use: switch }\n    expect: [{ id: ready, requirement: R1, that: { status: 204 }, hint: h }]\nsteps:\n  - send: { use: switch }\n    expect: [{ id: done, requirement: R1, that: { status: 200 }, hint: h }]\n";
    place.write("scenarios/lamp/switching/prepared.yaml", scenario);
    run(&place, &Sut::lamp().url, &["--scenario", "switching/prepared"]).exits(4);
    assert_eq!(place.record()["verdict"], "inconclusive");
}

#[test]
fn what_is_left_out_is_4_where_all_is_required() {
    let place = Place::with_lamp();
    run(&place, &Sut::lamp().url, &["--scenario", "switching/on-and-off[true]"]).exits(0).gives("PARTIAL");
    run(&place, &Sut::lamp().url, &["--scenario", "switching/on-and-off[true]", "--require-complete"]).exits(4);
    run(&place, &Sut::lamp().url, &["--require-complete"]).exits(0);
}

#[test]
fn a_surviving_mutant_is_1() {
    let place = Place::with_lamp();
    place.run(["prove", "lamp"]).exits(0).gives("killed    always-off");
    let text = place.read("scenarios/lamp/mutants.yaml").replace("\"on\": false", "\"on\": \"{{request.json.on}}\"");
    place.write("scenarios/lamp/mutants.yaml", text.replace("fails: [says-state]", "fails: [says-state, answers-in-time]"));
    place.run(["prove", "lamp"]).exits(1);
}

#[test]
fn diagnostics_of_check_are_2() {
    let place = Place::with_lamp();
    place.run(["check"]).exits(0);
    let text = place.read("scenarios/lamp/checks/lamp.yaml").replace("hint: Switch", "hnt: Switch");
    place.write("scenarios/lamp/checks/lamp.yaml", text);
    place.run(["check"]).exits(2).says("did you mean `hint`?");
    place.run(["run", "lamp", "--role", "consumer", "--target", "http://127.0.0.1:1"]).exits(2).says("error[SC012]");
    let json = place.run(["check", "--message-format", "json"]).exits(2);
    let found: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    let codes: Vec<&str> = found.as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"SC012"), "{found:#}");
}

#[test]
fn a_changed_folder_and_news_are_1() {
    let place = Place::with_lamp();
    run(&place, &Sut::lamp().url, &[]).exits(0);
    std::thread::sleep(std::time::Duration::from_millis(20));
    run(&place, &Sut::json("{\"on\":false}").url, &[]).exits(1);
    let runs = place.runs();
    let [good, bad] = runs.as_slice() else { panic!("{runs:?}") };
    place.run(["diff".as_ref(), good.as_os_str(), bad.as_os_str()]).exits(1).gives("newly failing");
    place.run(["diff".as_ref(), good.as_os_str(), good.as_os_str()]).exits(0);
    place.run(["verify".as_ref(), good.as_os_str()]).exits(0).gives("proves:");
    std::fs::write(good.join("report.html"), "other").unwrap();
    place.run(["verify".as_ref(), good.as_os_str()]).exits(1).gives("does not match: report.html");
    place.run(["verify", "reports/none"]).exits(2).says("could not read reports/none");
}

#[test]
fn a_doctor_that_finds_something_is_2() {
    let place = Place::with_lamp();
    let doctor = |url: &str| place.run(["doctor", "lamp", "--role", "consumer", "--target", url]);
    doctor(&format!("http://127.0.0.1:{}", free_port())).exits(2).gives("FAULT");
    doctor(&Sut::lamp().url).exits(0).gives("ok");
    assert!(place.runs().is_empty(), "a doctor leaves no run behind");
}
