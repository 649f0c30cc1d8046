//! The packs that are served: three rules, the same with checks, and a thousand rules.

use std::fmt::Write;
use std::path::{Path, PathBuf};

fn copied(folder: &Path, name: &str) -> PathBuf {
    let target = folder.join(name);
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/cli/benches/speed/three"), &target, name);
    target
}

fn copy(from: &Path, to: &Path, name: &str) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, target) = {
            let entry = entry.unwrap();
            (entry.path(), to.join(entry.file_name()))
        };
        if path.is_dir() {
            copy(&path, &target, name);
        } else {
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text.replace("pack: three", &format!("pack: {name}")).replace("three/steps", &format!("{name}/steps"));
            std::fs::write(target, text).unwrap();
        }
    }
}

fn append(path: &Path, text: &str) {
    let before = std::fs::read_to_string(path).unwrap_or_default();
    std::fs::write(path, before + text).unwrap();
}

/// Three rules and no check.
pub(crate) fn three(folder: &Path) -> PathBuf {
    copied(folder, "three")
}

/// What the thirty checks look at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Looked {
    /// A member that every message has and that is as it should be: all checks hold.
    AtId,
    /// A member of the large message for each check: a small message fails them all.
    AtFields,
}

/// Three rules, thirty checks and a schema.
pub(crate) fn checked(folder: &Path, looked: Looked) -> PathBuf {
    let name = match looked {
        Looked::AtId => "holding",
        Looked::AtFields => "checked",
    };
    let pack = copied(folder, name);
    let names: Vec<String> = (0..30).map(|number| format!("rule-{number}")).collect();
    append(&pack.join("pack.yaml"), &format!("standing:\n  provider: {{ exchange: [{}, schema] }}\n", names.join(", ")));
    append(
        &pack.join("requirements.yaml"),
        "  - { id: B1, level: must, basis: published, text: A message has its form., source: BENCH section 1, roles: provider }\n",
    );
    let mut checks = "checks:\n".to_owned();
    for number in 0..30 {
        let member = match looked {
            Looked::AtId => "/id".to_owned(),
            Looked::AtFields => format!("/fields/{number}/value"),
        };
        write!(
            checks,
            "  - id: rule-{number}\n    requirement: B1\n    on: request\n    when: [{{ method: POST }}]\n    that: {{ json: {member}, matches: '^[a-z]+-[0-9]+$' }}\n    hint: Write letters, a dash and digits.\n"
        )
        .unwrap();
    }
    checks.push_str("  - id: schema\n    requirement: B1\n    on: request\n    when: [{ method: POST }]\n    that: { json-schema: message.json }\n    hint: Keep to the schema.\n");
    std::fs::write(pack.join("checks/form.yaml"), checks).unwrap();
    std::fs::create_dir_all(pack.join("schemas")).unwrap();
    let field = r#"{"type":"object","required":["name","value"],"additionalProperties":false,"properties":{"name":{"type":"string"},"value":{"type":"string","pattern":"^[a-z]+-[0-9]+$"},"text":{"type":"string"}}}"#;
    let schema = format!(
        r#"{{"type":"object","required":["kind","id"],"properties":{{"kind":{{"type":"string"}},"id":{{"type":"string"}},"fields":{{"type":"array","items":{field}}}}}}}"#
    );
    std::fs::write(pack.join("schemas/message.json"), schema).unwrap();
    std::fs::write(
        pack.join("steps/one.yaml"),
        format!("id: {name}/steps/one\ntitle: One message\npurpose: A message has its form.\nrole: provider\ncovers: [B1]\nsteps:\n  - await: {{ request: {{ endpoint: stub }}, within: 1s }}\n    expect: [schema]\n"),
    )
    .unwrap();
    pack
}

/// The message of 5 kB that the checks look at.
pub(crate) fn message() -> String {
    let fields: Vec<String> = (0..30)
        .map(|number| format!(r#"{{"name":"field {number}","value":"value-{number}","text":"{}"}}"#, "text ".repeat(22)))
        .collect();
    format!(r#"{{"kind":"echo","id":"a-1","fields":[{}]}}"#, fields.join(","))
}

/// A thousand rules that differ in the field that they compare; the last one is the usual one.
pub(crate) fn thousand(folder: &Path) -> PathBuf {
    let pack = copied(folder, "thousand");
    let mut rules = "title: A thousand rules\nrules:\n".to_owned();
    for number in 0..997 {
        write!(
            rules,
            "  - id: echo-{number}\n    on: {{ method: [POST], path: /echo }}\n    when: [{{ header: x-kind, equals: echo }}, {{ json: /kind, equals: echo-{number} }}]\n    respond: {{ status: 202, body: {{ template: none.txt.hbs }} }}\n"
        )
        .unwrap();
    }
    let usual = std::fs::read_to_string(pack.join("stubs/three.yaml")).unwrap();
    rules.push_str(usual.split_once("rules:\n").unwrap().1);
    std::fs::write(pack.join("stubs/three.yaml"), rules).unwrap();
    pack
}
