//! The plan of the house: which crate may use which, and no system's name in code (`crates/README.md`, layers).
//!
//! A new arrow is a design change: add it to the table here and in `crates/README.md`, with the reason in the commit.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Each crate with the crates that it may use; every arrow leads to a crate that stands above it in this table.
const LAYERS: &[(&str, &[&str])] = &[
    ("diag", &[]),
    ("evidence", &[]),
    ("keys", &[]),
    ("directory", &[]),
    ("document", &["diag"]),
    ("fhir", &["document"]),
    ("jwt", &["document"]),
    ("matching", &["diag", "directory", "document", "evidence", "jwt"]),
    ("scenario", &["diag"]),
    ("transport", &["directory", "evidence", "keys"]),
    ("validate", &["diag", "document", "evidence", "fhir", "matching"]),
    ("plan", &["diag", "directory", "document", "evidence", "fhir", "keys", "matching", "scenario", "transport", "validate"]),
    ("engine", &["directory", "document", "evidence", "keys", "matching", "plan", "transport", "validate"]),
    ("report", &["document", "evidence"]),
];
/// The root package; it may use all of these, and none of them may use it.
const COMMAND: &str = "counterpart";
const PREFIX: &str = "counterpart-";
/// Names of systems: packs know them, code does not.
const SYSTEMS: &[&str] = &["ihub", "harbour", "spine", "ssp", "sds", "irc", "serviceplatformen", "nhs", "police", "tkw"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Our crates that a manifest names as a dependency of any kind.
fn arrows(manifest: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(manifest).unwrap();
    let manifest: toml::Table = toml::from_str(&text).unwrap();
    ["dependencies", "dev-dependencies", "build-dependencies"]
        .iter()
        .filter_map(|kind| manifest.get(*kind)?.as_table())
        .flat_map(toml::Table::keys)
        .filter_map(|name| name.strip_prefix(PREFIX).map(str::to_owned))
        .collect()
}

/// The crates in `crates/`, by folder name; the command has its manifest at the root.
fn crates() -> BTreeMap<String, PathBuf> {
    let folders = std::fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap().path());
    let manifests =
        folders.filter(|folder| folder.is_dir()).map(|folder| (folder.file_name().unwrap().to_str().unwrap().to_owned(), folder));
    manifests.map(|(name, folder)| (name, folder.join("Cargo.toml"))).filter(|(_, manifest)| manifest.exists()).collect()
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The words of a text: runs of letters and digits, the humps of a `CamelName` apart, in lower case.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for letter in line.chars() {
        if !letter.is_ascii_alphanumeric() || (letter.is_ascii_uppercase() && before.is_ascii_lowercase()) {
            words.push(String::new());
        }
        if letter.is_ascii_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.push(letter.to_ascii_lowercase());
        }
        before = letter;
    }
    words
}

#[test]
fn every_crate_stands_in_the_table() {
    let table: BTreeSet<&str> = LAYERS.iter().map(|(name, _)| *name).collect();
    let found = crates();
    let found: BTreeSet<&str> = found.keys().map(String::as_str).collect();
    assert_eq!(found, table, "the crates in `crates/` and the table of layers differ");
}

#[test]
fn table_has_arrows_to_lower_lines_only() {
    for (at, (name, uses)) in LAYERS.iter().enumerate() {
        for used in *uses {
            assert!(
                LAYERS.iter().take(at).any(|(lower, _)| lower == used),
                "`{name}` may not use `{used}`: it does not stand lower"
            );
        }
    }
}

#[test]
fn crates_use_what_the_table_allows() {
    let mut wrong = Vec::new();
    for (name, manifest) in crates() {
        let allowed = LAYERS.iter().find(|(known, _)| *known == name).map_or(&[][..], |(_, uses)| *uses);
        wrong.extend(
            arrows(&manifest)
                .into_iter()
                .filter(|used| !allowed.contains(&used.as_str()))
                .map(|used| format!("{name} -> {used}")),
        );
    }
    assert!(wrong.is_empty(), "arrows that are not in the table: {wrong:?}");
}

#[test]
fn nothing_uses_the_command() {
    for (name, manifest) in crates() {
        let text = std::fs::read_to_string(manifest).unwrap();
        let manifest: toml::Table = toml::from_str(&text).unwrap();
        let uses = manifest.get("dependencies").and_then(toml::Value::as_table).is_some_and(|table| table.contains_key(COMMAND));
        assert!(!uses, "`{name}` uses the command's own package");
    }
}

#[test]
fn code_names_no_system() {
    let mut files = Vec::new();
    rust_files(&root().join("crates"), &mut files);
    assert!(files.len() > LAYERS.len(), "no code was found to look at");
    let mut found = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for (at, line) in text.lines().enumerate() {
            for word in words(line).iter().filter(|word| SYSTEMS.contains(&word.as_str())) {
                found.push(format!("{}:{}: `{word}`", file.strip_prefix(root()).unwrap().display(), at + 1));
            }
        }
    }
    assert!(found.is_empty(), "a system's name belongs in a pack, not in code:\n{}", found.join("\n"));
}

#[test]
fn words_of_a_line_are_told_apart() {
    assert_eq!(
        words("IhubClient a_b").into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>(),
        ["ihub", "client", "a", "b"]
    );
    assert!(!words("transport").contains(&"irc".to_owned()), "part of a word is no word");
}
