//! Help, completions, schemas and what is said to whom.

use crate::command::{Place, Sut, ended};

const COMMANDS: [&str; 18] = [
    "bundle",
    "certs",
    "check",
    "completions",
    "demo",
    "diff",
    "doctor",
    "explain",
    "fhir",
    "list",
    "new",
    "prove",
    "purge",
    "report",
    "run",
    "schema",
    "simulate",
    "verify",
];

#[test]
fn every_command_has_help_with_examples() {
    let place = Place::new();
    let all = place.run(["--help"]).exits(0).out;
    for command in COMMANDS {
        assert!(all.contains(&format!("\n  {command} ")), "{command} is listed:\n{all}");
        let help = place.run([command, "--help"]).exits(0).out;
        assert!(help.contains("Examples:\n  counterpart "), "{command}:\n{help}");
    }
    place.run::<&str>([]).exits(2).says("Usage: counterpart");
}

/// What the examples show is what the command takes: each is parsed, with nothing played.
#[test]
fn examples_parse() {
    let place = Place::new();
    for command in COMMANDS {
        let help = place.run([command, "--help"]).exits(0).out;
        let examples = help.split("Examples:\n").nth(1).unwrap();
        let lines = examples.lines().filter_map(|line| line.strip_prefix("  counterpart "));
        let mut count = 0;
        for line in lines {
            count += 1;
            // The words after two blanks explain, those after `>` or `&&` are the shell's.
            let words = line.split("   ").next().unwrap().split(" && ").next().unwrap().split(" > ").next().unwrap();
            let tried = place.run(words.split_whitespace().chain(["--help"]));
            assert_eq!(tried.code, Some(0), "`counterpart {words}`: {}", tried.err);
        }
        assert!(count > 0, "{command}");
    }
}

#[test]
fn completions_and_schemas_are_data() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = place.run(["completions", shell]).exits(0);
        assert!(script.out.contains("counterpart") && script.err.is_empty(), "{shell}");
    }
    for kind in ["scenario", "pack", "workspace", "run", "mutants"] {
        let schema = place.run(["schema", kind]).exits(0);
        let schema: serde_json::Value = serde_json::from_str(&schema.out).unwrap();
        assert!(schema.is_object(), "{kind}");
    }
    let workspace: serde_json::Value = serde_json::from_str(&place.run(["schema", "workspace"]).exits(0).out).unwrap();
    for key in ["supplier", "product", "settings", "tls", "hooks", "target", "jobs", "require-complete"] {
        assert!(workspace["properties"][key].is_object(), "{key}");
    }
    place.run(["schema", "poem"]).exits(2).says("there is no schema `poem`: known are pack");
}

#[test]
fn data_goes_to_stdout_and_talk_to_stderr() {
    let place = Place::with_lamp();
    let url = Sut::lamp().url;
    let run = place.run(["run", "lamp", "--role", "consumer", "--target", &url]).exits(0);
    assert!(run.out.contains("PASS") && run.out.contains("reports: reports/run-"), "{}", run.out);
    assert!(run.err.contains("calling lamp at") && !run.out.contains("calling lamp"), "{}", run.err);
    assert!(!run.out.contains('\u{1b}') && !run.err.contains('\u{1b}'), "no colour and no bar where there is no terminal");
    let quiet = place.run(["-q", "run", "lamp", "--role", "consumer", "--target", &url]).exits(0);
    assert_eq!(quiet.err, "");
    let coloured = place.run(["--color", "always", "run", "lamp", "--role", "consumer", "--target", &url]).exits(0);
    assert!(coloured.out.contains("\u{1b}[1;32mPASS"), "{}", coloured.out);
}

/// `script` gives the command a terminal, where colour is the default.
#[test]
fn no_color_is_honoured_on_a_terminal() {
    let place = Place::with_lamp();
    let url = Sut::lamp().url;
    let on_terminal = |no_color: Option<&str>| {
        let line = format!("{} run lamp --role consumer --target {url}", env!("CARGO_BIN_EXE_counterpart"));
        let mut command = std::process::Command::new("script");
        command
            .args(["-qec", &line, "/dev/null"])
            .current_dir(place.path())
            .env_remove("NO_COLOR")
            .stdin(std::process::Stdio::null());
        if let Some(value) = no_color {
            command.env("NO_COLOR", value);
        }
        ended(command).out
    };
    if std::process::Command::new("script").arg("--version").output().is_err() {
        eprintln!("left out: `script` is not installed");
        return;
    }
    assert!(on_terminal(None).contains("\u{1b}[1;32mPASS"));
    let plain = on_terminal(Some("1"));
    assert!(plain.contains("PASS") && !plain.contains("\u{1b}[1;32m"), "{plain}");
}

#[test]
fn a_request_for_a_certificate_comes_with_what_to_do() {
    let place = Place::new();
    let csr = place.run(["certs", "csr", "--name", "sim.example.org", "--san", "sim.example.org", "--country", "GB"]).exits(0);
    assert!(
        csr.out.contains("-----BEGIN CERTIFICATE REQUEST-----") && csr.out.contains("certs/sim.example.org-csr.pem"),
        "{}",
        csr.out
    );
    assert!(!csr.out.contains("PRIVATE KEY"), "the key stays in its file");
    assert!(csr.err.contains("1. Send the request to the authority"), "{}", csr.err);
    assert!(place.read("certs/sim.example.org-key.pem").contains("PRIVATE KEY"));
    place.run(["certs", "csr", "--name", "sim.example.org"]).exits(2);
    place
        .run(["certs", "csr", "--name", "x", "--key", "rsa-1024"])
        .exits(2)
        .says("known are ec-p256, ec-p384, ed25519, rsa-2048");
    let request = place.run(["certs", "csr", "--name", "rsa.example.org", "--key", "rsa-2048"]).exits(0);
    assert!(
        request.out.lines().filter(|line| line.len() == 64).count() > 10,
        "a request with an RSA key is longer: {}",
        request.out
    );
    place.run(["certs", "csr", "--name", "x", "--country", "Gb"]).exits(2).says("a country is two capital letters");
    place.run(["certs", "crl"]).exits(2);
    place.run(["certs", "init"]).exits(0);
    place.run(["certs", "crl"]).exits(0).gives("certs/issuing.crl");
    place.run(["certs", "issue", "--name", "late", "--defect", "expired"]).exits(0);
    place.run(["certs", "show", "certs/late.pem", "--ca", "certs/root.pem"]).exits(1).gives("expired");
}

#[test]
fn explain_knows_codes_and_ids() {
    let place = Place::with_lamp();
    place.run(["explain", "SC012"]).exits(0);
    place.run(["explain", "SC01"]).exits(2).says("did you mean `SC0");
    place.run(["explain", "WS002"]).exits(0).gives("Wrong:").gives("Right:").gives("What to do:");
    place.run(["schema", "workspac"]).exits(2).says("did you mean `workspace`?");
    place.run(["explain", "R1", "--pack", "lamp"]).exits(0).gives("says its new state");
    place.run(["explain", "says-state", "--pack", "lamp"]).exits(0).gives("stands for requirement R1");
    place.run(["explain", "always-off", "--pack", "lamp"]).exits(0).gives("fails: says-state");
    place.run(["explain", "lamp/switching/on-and-off[true]"]).exits(0).gives("purpose:");
    place.run(["explain", "R9", "--pack", "lamp"]).exits(2).says("`counterpart list lamp` lists them");
}

#[test]
fn what_new_makes_runs_as_it_is() {
    let place = Place::with_lamp();
    place.run(["check"]).exits(0);
    place.run(["prove", "lamp"]).exits(0).gives("1 of 1 mutants killed");
    place.run(["demo", "lamp"]).exits(0).gives("PASS");
    place.run(["new", "scenario", "lamp/other/first"]).exits(0).gives("scenarios/lamp/other/first.yaml");
    place.run(["check"]).exits(0);
    place.run(["demo", "lamp", "--scenario", "other"]).exits(0).gives("1 pass");
    place
        .run(["demo", "lamp", "--scenario", "another"])
        .exits(4)
        .says("nothing is selected")
        .says("`counterpart list lamp --scenarios`");
    place.run(["new", "scenario", "lamp/first"]).exits(2).says("write `PACK/FOLDER/NAME`");
    place.run(["new", "scenario", "bell/other/first"]).exits(2).says("counterpart new pack NAME");
    place.run(["new", "workspace", "lamp"]).exits(0).gives("counterpart.toml");
    let mut simulator = place.start(["simulate", "lamp", "--plain", "--listen", "127.0.0.1:0"]);
    let url = simulator.hears("listening as lamp at").split(" at ").nth(1).unwrap().to_owned();
    place.write("counterpart.toml", place.read("counterpart.toml").replace("http://127.0.0.1:8080", &url));
    place.run(["run"]).exits(0).gives("3 pass");
    simulator.signal("INT");
    simulator.ends().exits(0);
}
