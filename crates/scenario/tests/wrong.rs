//! Wrong files, one mistake each, with the exact text that they give: `wrong/KIND/NAME.yaml` and `wrong/KIND/NAME.stderr`.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod pairs;

use counterpart_diag::{Sources, Style, render};
use counterpart_scenario::{CODES, FileKind};
use pairs::{Pairs, walk};
use std::path::{Path, PathBuf};

/// Mistakes that a JSON Schema cannot see, and why.
const UNSEEN_BY_SCHEMA: &[(&str, &str)] = &[
    ("scenario/duration-too-large", "to the schema a duration is text, since it may be an expression"),
    ("scenario/duration-with-unknown-unit", "to the schema a duration is text, since it may be an expression"),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wrong")
}

/// Every input with its kind.
fn inputs() -> Vec<(String, &'static FileKind, String)> {
    let inputs = walk(&folder()).into_iter().filter(|path| !path.ends_with(".stderr"));
    inputs
        .map(|path| {
            let kind = FileKind::named(path.split('/').next().unwrap()).unwrap_or_else(|| panic!("`{path}` is of no kind"));
            let text = std::fs::read_to_string(folder().join(&path)).unwrap();
            (path, kind, text)
        })
        .collect()
}

#[test]
fn wrong_files_give_the_text_beside_them() {
    let mut pairs = Pairs::default();
    for (path, kind, text) in inputs() {
        let mut sources = Sources::default();
        let id = sources.add(&path, &text);
        let found = kind.read(id, &text).1.into_sorted();
        pairs.compare(&folder().join(&path).with_extension("stderr"), &found, &sources);
    }
    assert!(pairs.count >= 60, "{} wrong files are too few", pairs.count);
    pairs.finish(&folder(), CODES);
}

#[test]
fn what_is_wrong_in_a_file_is_wrong_to_its_schema_too() {
    let mut faults = Vec::new();
    for (path, kind, text) in inputs() {
        let mut sources = Sources::default();
        let id = sources.add(&path, &text);
        let (node, found) = kind.read(id, &text);
        let in_text = found.as_slice().iter().any(|diagnostic| diagnostic.code < "SC010");
        let Some(node) = node.filter(|_| !in_text) else { continue };
        let name = path.rsplit_once('.').unwrap().0;
        let unseen = UNSEEN_BY_SCHEMA.iter().any(|(unseen, _)| *unseen == name);
        let refused = !jsonschema::validator_for(&kind.schema()).unwrap().is_valid(&node.to_json());
        if refused == unseen {
            faults.push(format!("{path}: refused by the schema: {refused}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_file_of_a_released_pack_fits_its_schema() {
    let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut count = 0;
    for path in walk(&packs).into_iter().filter(|path| path.ends_with(".yaml") && path.contains('/')) {
        let below = path.split_once('/').unwrap().1;
        let kind = FileKind::of_path(below).unwrap_or_else(|| panic!("`{path}` is of no kind"));
        let text = std::fs::read_to_string(packs.join(&path)).unwrap();
        let mut sources = Sources::default();
        let id = sources.add(&path, &text);
        let (node, found) = kind.read(id, &text);
        let found = found.into_sorted();
        assert!(found.is_empty(), "{}", render(&found, &sources, Style::Plain));
        let validator = jsonschema::validator_for(&kind.schema()).unwrap();
        let faults: Vec<String> = validator
            .iter_errors(&node.unwrap().to_json())
            .map(|error| format!("{} at {}", error, error.instance_path()))
            .collect();
        assert!(faults.is_empty(), "{path}: {}", faults.join("\n"));
        count += 1;
    }
    assert!(count >= 100, "{count} files are too few: where are the packs?");
}

/// Schemas that the repository holds for editors: `scenarios/schema/NAME.schema.json`.
#[test]
fn committed_schemas_are_current() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/schema");
    let update = std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1");
    for kind in counterpart_scenario::FILE_KINDS {
        let path = folder.join(format!("{}.schema.json", kind.name));
        let text = format!("{:#}\n", kind.schema());
        if update {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, text).unwrap();
            continue;
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == text, "`{}` is out of date: run this test with UPDATE_GOLDEN=1", path.display());
    }
    // The workspace's is made by the command, whose options it holds; `tests/language.rs` keeps it.
    let known = counterpart_scenario::FILE_KINDS.len() + 1;
    assert_eq!(walk(&folder).len(), known, "a schema of no kind stands in `{}`", folder.display());
}

#[test]
fn file_larger_than_the_limit_is_refused_at_its_beginning() {
    let text = "tags: [a]\n".repeat(500_000);
    let mut sources = Sources::default();
    let id = sources.add("large.yaml", &text);
    let (node, found) = FileKind::named("scenario").unwrap().read(id, &text);
    let found = found.into_sorted();
    assert!(node.is_none());
    assert_eq!(found.iter().map(|one| one.code).collect::<Vec<_>>(), ["SC001"]);
}

#[test]
fn file_with_too_many_values_is_refused_where_they_are_too_many() {
    let text = format!("tags: [{}]\n", "a,".repeat(450_000));
    let mut sources = Sources::default();
    let id = sources.add("many.yaml", &text);
    let found = FileKind::named("scenario").unwrap().read(id, &text).1.into_sorted();
    assert!(found.iter().any(|one| one.code == "SC001"), "{}", render(&found, &sources, Style::Plain));
}

#[test]
fn more_than_fifty_mistakes_are_counted_not_shown() {
    let text: String = (0..80).map(|at| format!("key{at}: 1\n")).collect();
    let mut sources = Sources::default();
    let id = sources.add("wrong.yaml", &text);
    let found = FileKind::named("store").unwrap().read(id, &text).1.into_sorted();
    assert_eq!(found.len(), 80);
    let shown = render(&found, &sources, Style::Plain);
    assert_eq!(shown.matches("error[SC012]").count(), 50);
    assert!(shown.ends_with("and 30 more\n"), "{shown}");
}
