//! Options from the command line, the environment and the workspace file, the stronger first.

use crate::command::{Place, Sut, ended};

fn shown(place: &Place, arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let mut command = place.command(["run", "lamp", "--role", "consumer", "--target", "http://127.0.0.1:1", "--print-settings"]);
    command.args(arguments).envs(environment.iter().copied());
    ended(command).exits(0).out
}

#[track_caller]
fn is_from(shown: &str, name: &str, value: &str, origin: &str) {
    let line = shown.lines().find(|line| line.split_whitespace().next() == Some(name)).unwrap_or_else(|| panic!("{shown}"));
    assert_eq!(line.split_whitespace().collect::<Vec<_>>(), [name, value, origin], "{shown}");
}

#[test]
fn the_option_beats_the_environment_and_that_the_file() {
    let place = Place::with_lamp();
    is_from(&shown(&place, &[], &[]), "jobs", "1", "default");
    place.write("counterpart.toml", "jobs = 2\nstrict = true\n[settings]\nanswer_ms = 1000\n");
    is_from(&shown(&place, &[], &[]), "jobs", "2", "workspace");
    is_from(&shown(&place, &[], &[]), "strict", "true", "workspace");
    is_from(&shown(&place, &[], &[]), "answer_ms", "1000", "workspace");
    let environment = [("COUNTERPART_OPTION_JOBS", "3"), ("COUNTERPART_SETTING_ANSWER_MS", "900")];
    is_from(&shown(&place, &[], &environment), "jobs", "3", "environment");
    is_from(&shown(&place, &[], &environment), "answer_ms", "900", "environment");
    let typed = ["--jobs", "4", "--set", "answer_ms=800"];
    is_from(&shown(&place, &typed, &environment), "jobs", "4", "option");
    is_from(&shown(&place, &typed, &environment), "answer_ms", "800", "option");
}

#[test]
fn a_wrong_value_is_blamed_on_where_it_stands() {
    let place = Place::with_lamp();
    let run = ["run", "lamp", "--role", "consumer", "--target", "http://127.0.0.1:1"];
    place.write("counterpart.toml", "jobs = \"many\"\n");
    place.run(run).exits(2).says("error[WS003]: invalid value 'many' for '--jobs <N>'").says("counterpart.toml:1:8");
    place.write("counterpart.toml", "job = 2\n");
    place.run(run).exits(2).says("error[WS002]: unknown key `job` in the workspace file").says("did you mean `jobs`?");
    place.write("counterpart.toml", "strict = \"yes\"\n");
    place.run(run).exits(2).says("`strict` is a string; it is `true` or `false`");
    place.write("counterpart.toml", "jobs = \n");
    place.run(run).exits(2).says("error[WS001]: it is no TOML").says("counterpart.toml:1:");
    place.write("counterpart.toml", "");
    let mut command = place.command(run);
    command.env("COUNTERPART_OPTION_JOBS", "many");
    ended(command).exits(2).says("error: in the environment: invalid value 'many'");
}

/// A name that the pack does not know would do nothing, and a check that was not disabled would fail the supplier.
#[test]
fn all_mistakes_of_the_file_are_told_at_once() {
    let place = Place::with_lamp();
    let run = ["run", "lamp", "--role", "consumer", "--target", "http://127.0.0.1:1"];
    let text = "\
jobs = 0
suplier = \"Example Ltd\"
[product]
naem = \"x\"
[settings]
answer_s = 1
[claims]
dims = \"yes\"
[tls]
certt = \"a.pem\"
[hooks]
restart = { run = \"true\", http = \"http://127.0.0.1:1\" }
[evidence.R9]
by = \"A. Tester\"
[checks.says-stat]
force = \"disable\"
reason = \"no lamp\"
[endpoints]
lamb = \"http://127.0.0.1:1\"
[credentials.other]
anwser_ms = 1
";
    place.write("counterpart.toml", text);
    let ended = place.run(run).exits(2);
    for said in [
        "unknown key `suplier` in the workspace file",
        "did you mean `supplier`?",
        "unknown key `naem` in `[product]`",
        "the pack has no setting `answer_s`",
        "did you mean `answer_ms`?",
        "`claims.dims` is a string; it is `true` or `false`",
        "the pack has no claim `dims`",
        "unknown key `certt` in `[tls]`",
        "`hooks.restart`: a hook is `run` or `http`, not both",
        "the pack has no action `restart`",
        "the pack has no requirement or row of a checklist `R9`",
        "`[evidence.R9]` lacks `date`",
        "`[evidence.R9]` lacks `note`",
        "the pack has no check `says-stat`",
        "did you mean `says-state`?",
        "`checks.says-stat.force` is none of disabled, may, promoted, should",
        "did you mean `disabled`?",
        "the pack has no endpoint `lamb`",
        "did you mean `lamp`?",
        "the pack has no use for credentials `other`",
        "the pack has no setting `anwser_ms`",
        "invalid value '0' for '--jobs <N>'",
        "17 mistakes in the workspace file",
    ] {
        assert!(ended.err.contains(said), "no `{said}` in\n{}", ended.err);
    }
    assert!(ended.err.contains("counterpart.toml:16:9"), "{}", ended.err);
    assert!(place.runs().is_empty(), "nothing was begun");
    let mut command = place.command(run);
    command.args(["--message-format", "json"]);
    let json = crate::command::ended(command).exits(2).out;
    let all: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(all.as_array().unwrap().len(), 17, "{json}");
    // A file that is right is read as before.
    let right = "[checks.says-state]\nforce = \"disabled\"\nreason = \"no lamp\"\n[evidence.R1]\nby = \"A\"\ndate = 2026-11-27\nnote = \"seen\"\n";
    place.write("counterpart.toml", right);
    let sut = Sut::json("{\"on\":false}");
    place.run(["run", "lamp", "--role", "consumer", "--target", &sut.url]).gives("check says-state disabled: no lamp");
}

#[test]
fn everything_can_stand_in_the_file() {
    let place = Place::with_lamp();
    let sut = Sut::lamp();
    place.run(["new", "workspace", "lamp", "--out", "mine.toml"]).exits(0);
    let text = place.read("mine.toml").replace("http://127.0.0.1:8080", &sut.url);
    place.write("mine.toml", format!("scenario = [\"switching/on-and-off[true]\"]\nformat = [\"xml\", \"junit\"]\n{text}"));
    place.run(["run", "--workspace", "mine.toml"]).exits(0).gives("1 pass, 1 skipped");
    let run = &place.runs()[0];
    assert!(run.join("junit.xml").is_file() && !run.join("report.html").exists());
    let record = place.record();
    assert_eq!(record["supplier"]["name"], "Example Ltd");
    place.run(["new", "workspace", "lamp", "--out", "mine.toml"]).exits(2).says("is there already");
}

#[test]
fn the_report_says_who_conducted_the_run() {
    let place = Place::with_lamp();
    let sut = Sut::lamp();
    place.run(["run", "lamp", "--role", "consumer", "--target", &sut.url, "--conductor", "witnessed"]).exits(0);
    assert_eq!(place.record()["conductor"], "witnessed");
}

/// Whatever a condition of a named check may look at, a check in a scenario may too.
#[test]
fn a_check_in_a_scenario_can_ask_for_the_reason_phrase() {
    let place = Place::with_lamp();
    let scenario = "id: lamp/switching/reason\ntitle: t\npurpose: p\nrole: consumer\ncovers: [R1]\nsteps:\n  - send: { use: switch }\n    expect: [{ id: says-ok, requirement: R1, that: { reason: OK }, hint: h }, { id: says-fine, requirement: R1, that: { reason: { matches: '^O' } }, hint: h }]\n";
    place.write("scenarios/lamp/switching/reason.yaml", scenario);
    let run = |reason: &str| {
        let sut = Sut::saying(format!("HTTP/1.1 200 {reason}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
        place.run(["run", "lamp", "--role", "consumer", "--target", &sut.url, "--scenario", "switching/reason"])
    };
    run("OK").exits(0);
    run("No").exits(1).gives("lamp/switching/reason#says-ok").gives("lamp/switching/reason#says-fine");
}

#[test]
fn claims_come_from_their_file() {
    let place = Place::with_lamp();
    let pack = place.read("scenarios/lamp/pack.yaml");
    place.write(
        "scenarios/lamp/pack.yaml",
        pack + "claims:\n  - { id: dims, question: Does it dim?, status: optional, default: false }\n",
    );
    place.run(["list", "lamp", "--claims"]).exits(0).gives("dims").gives("Does it dim?");
    is_from(&shown(&place, &[], &[]), "dims", "no", "optional");
    place.write("counterpart.toml", "[claims]\ndims = false\n");
    place.write("ics.toml", "dims = true\n");
    is_from(&shown(&place, &["--claims", "ics.toml"], &[]), "dims", "yes", "optional");
    place.write("ics.toml", "[claims]\ndims = true\n");
    is_from(&shown(&place, &["--claims", "ics.toml"], &[]), "dims", "yes", "optional");
    place.write("ics.toml", "dimms = true\n");
    let run = ["run", "lamp", "--role", "consumer", "--target", "http://127.0.0.1:1", "--claims", "ics.toml"];
    place.run(run).exits(2).says("the pack has no claim `dimms`").says("did you mean `dims`?");
    place.write("ics.toml", "dims = 1\n");
    place.run(run).exits(2).says("`ics.toml` is not a file of claims").says("write `CLAIM = true` or `CLAIM = false`");
}

#[test]
fn a_path_means_what_lies_there() {
    let place = Place::with_lamp();
    place.run(["new", "scenario", "lamp/other/first"]).exits(0);
    let sut = Sut::lamp();
    let run = |path: &str| place.run(["run", path, "--role", "consumer", "--target", &sut.url]);
    run("scenarios/lamp/other").exits(0).gives("1 pass, 2 skipped");
    run("scenarios/lamp/switching/on-and-off.yaml").exits(0).gives("2 pass, 1 skipped");
    run("lamp/other/first").exits(0).gives("1 pass, 2 skipped");
    place.run(["new", "pack", "bell"]).exits(0);
    place.run(["run", "lamp", "bell", "--role", "consumer"]).exits(2).says("one run plays one pack");
}

#[test]
fn a_host_can_be_reached_elsewhere() {
    let place = Place::with_lamp();
    let (sender, heard) = std::sync::mpsc::channel();
    let sut = Sut::new(move |stream, request| {
        use std::io::Write;
        let _ = sender.send(String::from_utf8_lossy(request).into_owned());
        drop(stream.write_all(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: 11\r\n\r\n{\"on\":true}",
        ));
    });
    let address = sut.url.trim_start_matches("http://").to_owned();
    let resolve = format!("lamp.example:{address}");
    let run = |resolve: &str| {
        let only = "switching/on-and-off[true]";
        place.run([
            "run",
            "lamp",
            "--role",
            "consumer",
            "--target",
            "http://lamp.example",
            "--resolve",
            resolve,
            "--scenario",
            only,
        ])
    };
    run(&resolve).exits(0);
    let requests: Vec<String> = heard.try_iter().collect();
    assert!(!requests.is_empty() && requests.iter().all(|request| request.contains("Host: lamp.example\r\n")), "{requests:?}");
    run(&format!("other.example:{address}")).exits(2).says("no target has the host `other.example`");
    run("nonsense").exits(2).says("write `HOST:ADDR`");
}

/// Plain HTTP goes to a proxy in the absolute form (RFC 9112 §3.2.2).
#[test]
fn a_proxy_is_asked_in_the_absolute_form() {
    let place = Place::with_lamp();
    let proxy = Sut::new(|stream, request| {
        use std::io::Write;
        let text = String::from_utf8_lossy(request);
        let is_right = text.starts_with("PUT http://lamp.example:80/lamp HTTP/1.1\r\nHost: lamp.example\r\n");
        let answer =
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: 11\r\n\r\n{\"on\":true}";
        drop(stream.write_all(if is_right { answer } else { b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n" }));
    });
    let run = |proxy: &str| {
        let only = "switching/on-and-off[true]";
        place.run(["run", "lamp", "--role", "consumer", "--target", "http://lamp.example", "--proxy", proxy, "--scenario", only])
    };
    run(&proxy.url).exits(0);
    let tunnel = Sut::new(|stream, request| {
        use std::io::Write;
        // RFC 9110 §9.3.6: what is under TLS goes through a tunnel; this proxy allows none.
        let is_right = request.starts_with(b"CONNECT lamp.example:443 HTTP/1.1\r\n");
        drop(write!(stream, "HTTP/1.1 {} No\r\n\r\n", if is_right { 403 } else { 400 }));
    });
    place.run(["certs", "init"]).exits(0);
    let secure =
        ["run", "lamp", "--role", "consumer", "--target", "https://lamp.example", "--certs", "certs", "--proxy", &tunnel.url];
    place.run(secure).exits(3).says("the proxy answered `HTTP/1.1 403 No`");
    run("socks5://127.0.0.1:1").exits(2).says("write `http://HOST:PORT`");
}

#[test]
fn generated_bytes_repeat_with_seed_and_start_time() {
    let place = Place::with_lamp();
    let request = "requests:\n  - id: switch\n    method: PUT\n    path: /lamp\n    headers: { Content-Type: application/json, X-Id: '{{uuid}}', X-When: '{{now}}' }\n    body: { from: !value \"{'on': wanted}\", form: json }\n    with: { wanted: true }\n";
    place.write("scenarios/lamp/requests/lamp.yaml", request);
    let (sender, heard) = std::sync::mpsc::channel();
    let sut = Sut::new(move |stream, request| {
        use std::io::Write;
        let _ = sender.send(String::from_utf8_lossy(request).into_owned());
        drop(stream.write_all(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: 11\r\n\r\n{\"on\":true}",
        ));
    });
    let only = "switching/on-and-off[true]";
    let mut ids = Vec::new();
    for seed in ["5", "5", "6"] {
        let start = "2030-01-02T03:04:05Z";
        let run = [
            "run",
            "lamp",
            "--role",
            "consumer",
            "--target",
            &sut.url,
            "--seed",
            seed,
            "--start-time",
            start,
            "--scenario",
            only,
        ];
        place.run(run).exits(0);
        let request = heard.try_iter().last().unwrap();
        let field = |name: &str| request.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned();
        assert!(field("X-When: ").starts_with("2030-01-02T03:04:0"), "{request}");
        ids.push(field("X-Id: "));
    }
    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[0], ids[2]);
    let record = crate::command::record(&place.runs()[0]);
    assert_eq!(record["environment"]["start-time"], "2030-01-02T03:04:05.000Z");
}

/// Whatever decides how a scenario goes stands in the command that plays it again, and no secret does.
#[test]
fn the_replay_command_has_all_that_decides_how_it_goes() {
    let place = Place::new();
    let mut command = place.command(["run", "harbour", "--role", "provider", "--listen", "127.0.0.1:0", "--plain"]);
    command.args(["--clock", "scaled:60", "--seed", "9", "--profile", "annex-b", "--strict", "--set", "slack_ms=5000"]);
    command.env("COUNTERPART_SETTING_OFFICE_KEY", "a-key-of-the-office").env("COUNTERPART_OPTION_RETRY", "1");
    ended(command);
    let record = place.record();
    let replay = record["scenarios"][0]["replay"].as_str().unwrap();
    let wanted = "counterpart run harbour --role provider --listen 127.0.0.1:0 --profile annex-b --retry 1 --plain --seed 9 \
                  --clock scaled:60 --set office_key=env:COUNTERPART_SETTING_OFFICE_KEY --set slack_ms=5000 --scenario ";
    assert!(replay.starts_with(wanted), "{replay}");
    assert!(!record.to_string().contains("a-key-of-the-office"));
    let consumer = Place::with_lamp();
    let run = ["run", "scenarios/lamp", "--role", "consumer", "--target", "http://lamp.example", "--resolve"];
    let sut = Sut::json("{\"on\":false}");
    let address = format!("lamp.example:{}", sut.url.trim_start_matches("http://"));
    consumer.run(run.iter().copied().chain([address.as_str(), "--scenario", "switching"])).exits(1);
    let record = consumer.record();
    let scenario = &record["scenarios"].as_array().unwrap().iter().find(|scenario| scenario["verdict"] == "fail").unwrap();
    let (id, replay) = (scenario["id"].as_str().unwrap(), scenario["replay"].as_str().unwrap());
    let arguments = replay.trim_start_matches("counterpart ").replace('\'', "");
    let again = consumer.run(arguments.split(' ')).exits(1);
    again.gives(&format!("fail {id}"));
}

#[test]
fn further_credentials_of_any_pack_are_invented_for_its_mirror() {
    let place = Place::with_lamp();
    let pack = place.read("scenarios/lamp/pack.yaml").replace(
        "settings:\n",
        "credentials:\n  - { name: garage, settings: [token], doc: Token of the lamp in the garage }\nsettings:\n  - { name: token, type: text, default: of-the-hall, doc: Token of the lamp }\n",
    );
    place.write("scenarios/lamp/pack.yaml", pack);
    let request = "requests:\n  - id: switch\n    method: PUT\n    path: /lamp\n    headers: { Content-Type: application/json, X-Token: '{{setting.token}}' }\n    body: { from: !value \"{'on': wanted}\", form: json }\n    with: { wanted: true }\n";
    place.write("scenarios/lamp/requests/lamp.yaml", request);
    let stub = place.read("scenarios/lamp/stubs/lamp.yaml").replace(
        "rules:\n",
        "rules:\n  - id: other-token\n    when: [{ header: X-Token, not: { equals: \"{{setting.token}}\" } }]\n    respond: 401\n",
    );
    place.write("scenarios/lamp/stubs/lamp.yaml", stub);
    let scenario = "id: lamp/switching/garage\ntitle: Another lamp's token is refused\npurpose: A lamp knows its token.\nrole: consumer\ncovers: [R1]\nneeds: { credentials: [garage] }\nsteps:\n  - send: { use: switch, credentials: garage }\n    expect: [{ id: refused, requirement: R1, that: { status: 401 }, hint: Refuse it. }]\n";
    place.write("scenarios/lamp/switching/garage.yaml", scenario);
    place.run(["check"]).exits(0);
    place.run(["demo", "lamp", "--scenario", "switching/garage"]).exits(0).gives("1 pass");
}
