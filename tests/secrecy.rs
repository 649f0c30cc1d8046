//! A secret is in no output: not in the folder of a run, nor in what is said.

use crate::command::{Place, ended};
use std::path::Path;

const SECRET: &str = "s3cr3t/Wert \"quoted\"";
const OTHER: &str = "an0ther-s3cret";

/// The forms in which a secret goes over the wire and into files.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let percent: String = secret
        .bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect();
    let json = serde_json::to_string(secret).unwrap();
    let json = json.trim_matches('"').to_owned();
    let html = secret.replace('"', "&quot;");
    [secret.to_owned(), percent, json, html].into_iter().map(String::into_bytes).collect()
}

fn assert_without(bytes: &[u8], what: &Path) {
    for form in [forms(SECRET), forms(OTHER)].concat() {
        let held = bytes.windows(form.len()).any(|window| window == form);
        assert!(!held, "{} holds the secret as `{}`", what.display(), String::from_utf8_lossy(&form));
    }
}

fn assert_folder_without(folder: &Path) -> usize {
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            count += assert_folder_without(&path);
        } else {
            assert_without(&std::fs::read(&path).unwrap(), &path);
            count += 1;
        }
    }
    count
}

/// A pack whose request carries a secret in a header, the query, a JSON body and Basic credentials.
fn place() -> Place {
    let place = Place::with_lamp();
    let pack = place.read("scenarios/lamp/pack.yaml").replace(
        "settings:\n",
        "settings:\n  - { name: token, type: text, secret: true, doc: Token of the lamp }\n  - { name: person, type: text, default: ann, doc: Who }\n",
    );
    place.write("scenarios/lamp/pack.yaml", pack);
    let request = "requests:\n  - id: switch\n    method: PUT\n    path: '/lamp?token={{url-encode setting.token}}'\n    headers:\n      Content-Type: application/json\n      X-Token: '{{setting.token}}'\n      Authorization: \"Basic {{base64 (concat setting.person ':' setting.token)}}\"\n    body: { from: !value \"{'on': wanted, 'token': setting.token}\", form: json }\n    with: { wanted: true }\n";
    place.write("scenarios/lamp/requests/lamp.yaml", request);
    let checks = place
        .read("scenarios/lamp/checks/lamp.yaml")
        .replace("{ json: /on, equals: !value wanted }", "{ json: /token, equals: !value \"'not ' + setting.token\" }");
    place.write("scenarios/lamp/checks/lamp.yaml", checks);
    place.run(["check"]).exits(0);
    place
}

/// A lamp that says everything back, in another header and in a list.
fn echo() -> crate::command::Sut {
    crate::command::Sut::new(|stream, request| {
        use std::io::Write;
        let text = String::from_utf8_lossy(request).into_owned();
        let line = text.lines().find_map(|line| line.strip_prefix("X-Token: ")).unwrap_or("").to_owned();
        let body = text.split("\r\n\r\n").nth(1).unwrap_or("").to_owned();
        drop(write!(
            stream,
            "HTTP/1.1 200 OK\r\nX-Echo: {line}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ));
    })
}

#[test]
fn a_secret_is_in_no_file_and_in_no_word() {
    let place = place();
    let sut = echo();
    let mut command =
        place.command(["run", "lamp", "--role", "consumer", "--target", &sut.url, "--set", "token=env:LAMP_TOKEN", "-vv"]);
    command.args(["--junit", "reports/junit.xml", "--format", "html,xml,json,junit", "--retry", "1"]).env("LAMP_TOKEN", SECRET);
    let ended_run = ended(command).exits(1);
    assert!(ended_run.out.contains("says-state"), "{}", ended_run.out);
    assert_without(ended_run.out.as_bytes(), Path::new("stdout"));
    assert_without(ended_run.err.as_bytes(), Path::new("stderr"));
    assert!(assert_folder_without(&place.path().join("reports")) > 8, "there are files to look into");
    let mut shown = place.command([
        "run",
        "lamp",
        "--role",
        "consumer",
        "--target",
        &sut.url,
        "--set",
        "token=env:LAMP_TOKEN",
        "--print-settings",
    ]);
    shown.env("LAMP_TOKEN", SECRET);
    assert_without(ended(shown).exits(0).gives("********").out.as_bytes(), Path::new("--print-settings"));
    let run = place.runs().remove(0);
    place.run(["bundle".as_ref(), run.as_os_str()]).exits(0);
}

#[test]
fn further_credentials_are_masked_too() {
    let place = place();
    let credentials = "credentials:\n  - { name: other, settings: [token], doc: Token of another lamp }\nsettings:\n";
    let pack = place.read("scenarios/lamp/pack.yaml").replace("settings:\n", credentials);
    place.write("scenarios/lamp/pack.yaml", pack);
    let scenario = place
        .read("scenarios/lamp/switching/on-and-off.yaml")
        .replace("use: switch,", "use: switch, credentials: other,")
        .replace("role: consumer", "role: consumer\nneeds: { credentials: [other] }");
    place.write("scenarios/lamp/switching/on-and-off.yaml", scenario);
    place.write("counterpart.toml", "[credentials.other]\ntoken = \"env:OTHER_TOKEN\"\n");
    let sut = echo();
    let mut command = place.command(["run", "lamp", "--role", "consumer", "--target", &sut.url, "--set", "token=env:LAMP_TOKEN"]);
    command.env("LAMP_TOKEN", SECRET).env("OTHER_TOKEN", OTHER);
    let run = ended(command).exits(1);
    assert_without(run.out.as_bytes(), Path::new("stdout"));
    assert!(assert_folder_without(&place.path().join("reports")) > 5);
}

#[test]
fn a_secret_on_the_command_line_is_refused() {
    let place = place();
    let run =
        place.run(["run", "lamp", "--role", "consumer", "--target", "http://127.0.0.1:1", "--set", &format!("token={OTHER}")]);
    let run = run.exits(2).says("setting `token` is a secret").says("write `--set token=env:VARIABLE`");
    assert_without(run.err.as_bytes(), Path::new("stderr"));
}
