//! A supplier's developer whose set-up is wrong: the cause is the configuration or the environment, never the system under test.

use super::rig::{Judged, Peer, Program, authorities, counterpart, finished};
use std::process::Command;

/// Plays one scenario with something wrong about the set-up, and expects an error of this cause before anything was judged.
fn expect_fault(peer: &Peer, command: &mut Command, cause: &str, says: &str) {
    let judged = Judged::by(peer, command.args(["--tag", "FE-01"]));
    assert_eq!((judged.verdict(), judged.exit), ("error", Some(3)), "{}", judged.talk);
    assert_eq!(judged.findings("fail"), [], "{}", judged.talk);
    assert_eq!(judged.findings("warning"), [], "{}", judged.talk);
    let scenario = judged.scenarios().find(|scenario| scenario["verdict"] == "not-run").expect("the scenario was not left out");
    assert_eq!(scenario["cause"], cause, "{}\n{}", scenario["reason"], judged.talk);
    assert!(scenario["reason"].as_str().unwrap().contains(says), "{}", scenario["reason"]);
    assert!(judged.talk.contains(says), "{}", judged.talk);
}

#[test]
fn a_system_that_is_down_is_of_the_environment() {
    let mut peer = Peer::start(Program::Force, &[]);
    peer.stop();
    expect_fault(&peer, &mut peer.judge(""), "environment", "refused");
}

#[test]
fn a_port_that_speaks_no_tls_is_of_the_configuration() {
    let peer = Peer::start(Program::Force, &[]);
    let target = format!("https://127.0.0.1:{}", peer.control);
    let mut command = peer.command("run", &target, "");
    expect_fault(
        &peer,
        command.args(["--format", "json", "--out"]).arg(peer.folder.path().join("out")),
        "configuration",
        "TLS to force",
    );
}

#[test]
fn a_client_certificate_that_is_not_trusted_is_of_the_configuration() {
    let peer = Peer::start(Program::Force, &[]);
    let unknown = &authorities().1;
    let mut command = peer.judge("");
    command.arg("--tls-cert").arg(unknown.join("client.pem")).arg("--tls-key").arg(unknown.join("client-key.pem"));
    expect_fault(&peer, &mut command, "configuration", "client certificate at force");
}

#[test]
fn a_server_certificate_that_we_do_not_trust_is_of_the_configuration() {
    let peer = Peer::start(Program::Force, &[]);
    let mut command = peer.judge("");
    command.arg("--tls-ca").arg(authorities().1.join("root.pem"));
    expect_fault(&peer, &mut command, "configuration", "TLS to force");
}

#[test]
fn a_wrong_secret_is_of_the_configuration() {
    let peer = Peer::start(Program::Force, &[]);
    let mut command = peer.judge("");
    command.args(["--set", "client_secret=env:PEER_SECRET_OTHER"]);
    expect_fault(&peer, &mut command, "configuration", "credentials");
}

#[test]
fn a_hook_that_answers_otherwise_than_declared_is_of_the_configuration() {
    let peer = Peer::start(Program::Force, &[]);
    let hooks = "[hooks]\nlist = { run = \"echo '{}'\" }\n";
    expect_fault(&peer, &mut peer.judge(hooks), "configuration", "member `submissions` is missing");
}

#[test]
fn a_hook_whose_address_takes_no_connection_is_of_the_configuration() {
    let peer = Peer::start(Program::Force, &[]);
    let mut gone = Peer::start(Program::Force, &[]);
    let hooks = gone.hooks();
    gone.stop();
    expect_fault(&peer, &mut peer.judge(&hooks), "configuration", "takes no connection");
}

#[test]
fn a_hook_that_fails_is_an_error_of_the_configuration() {
    let peer = Peer::start(Program::Force, &[]);
    let hooks = peer.hooks().replace(
        &format!("restart = {{ http = \"http://127.0.0.1:{}/restart\" }}", peer.control),
        "restart = { run = \"echo no such service >&2; exit 7\" }",
    );
    let judged = Judged::by(&peer, peer.judge(&hooks).args(["--tag", "FE-04"]));
    let scenario = judged.scenarios().find(|scenario| scenario["verdict"] == "error").expect("no scenario is an error");
    assert_eq!(scenario["cause"], "configuration");
    let reason = scenario["reason"].as_str().unwrap();
    assert!(reason.contains("exit status: 7") && reason.contains("no such service"), "{reason}");
    assert_eq!((judged.verdict(), judged.exit), ("error", Some(3)), "{}", judged.talk);
    assert_eq!(judged.findings("fail"), []);
}

#[test]
fn without_hooks_what_needs_them_is_skipped_and_the_run_is_partial() {
    let peer = Peer::start(Program::Force, &[]);
    let judged = Judged::by(&peer, peer.judge("").args(["--tag", "FE-01", "--tag", "FE-04"]));
    let of = |tag: &str| judged.scenarios().find(|scenario| scenario["tags"].as_array().unwrap().contains(&tag.into())).unwrap();
    assert_eq!(of("FE-01")["verdict"], "pass");
    assert_eq!((&of("FE-04")["verdict"], &of("FE-04")["cause"]), (&"skipped".into(), &"configuration".into()));
    assert!(of("FE-04")["reason"].as_str().unwrap().contains("restart"), "{}", of("FE-04")["reason"]);
    assert_eq!((judged.verdict(), judged.exit, &judged.record["partial"]), ("pass", Some(0), &true.into()), "{}", judged.talk);
}

#[test]
fn doctor_says_what_is_right_and_what_is_not() {
    let peer = Peer::start(Program::Force, &[]);
    let target = format!("https://127.0.0.1:{}", peer.port);
    let output = finished(&mut peer.command("doctor", &target, &peer.hooks()));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{text}{}", String::from_utf8_lossy(&output.stderr));
    for name in [
        "route to force",
        "TLS to force",
        "client certificate at force",
        "credentials",
        "clocks",
        "hook `list`",
        "hook `restart`",
    ] {
        assert!(text.lines().any(|line| line.starts_with("ok") && line.contains(name)), "{name} is not ok:\n{text}");
    }
    let output = finished(peer.command("doctor", &target, "").args(["--set", "client_secret=env:PEER_SECRET_OTHER"]));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.lines().any(|line| line.starts_with("FAULT") && line.contains("credentials")), "{text}");
}

#[test]
fn doctor_looks_at_our_own_doors_and_hooks_where_we_answer() {
    let peer = Peer::start(Program::Client, &[]);
    let output = finished(&mut peer.command("doctor", "", &peer.hooks()));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{text}{}", String::from_utf8_lossy(&output.stderr));
    for name in ["endpoint force", "endpoint second-force", "hook `log`", "hook `submit-ocr`"] {
        assert!(text.lines().any(|line| line.starts_with("ok") && line.contains(name)), "{name} is not ok:\n{text}");
    }
    let wrong = finished(counterpart().args(["doctor", "ihub", "--role", "consumer", "--plain"]));
    assert_eq!(wrong.status.code(), Some(2), "no target is a wrong option");
}
