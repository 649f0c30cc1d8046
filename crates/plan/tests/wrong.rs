//! Wrong packs, one mistake each, with the exact text that they give: `wrong/NAME/` holds the files in which a pack differs from the
//! good one in `pack/post`, and `wrong/NAME.stderr` what is said of it.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../../scenario/tests/pairs/mod.rs"]
mod pairs;

use counterpart_diag::{Sources, Style, render};
use counterpart_plan::{CODES, PackFiles, check_pack};
use pairs::{Pairs, walk};
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// The other good pack: what is said through a proxy.
fn relay() -> PackFiles {
    PackFiles { shown: "relay".to_owned(), ..PackFiles::read(&folder().join("pack/relay")).unwrap() }
}

fn good() -> PackFiles {
    PackFiles { shown: "post".to_owned(), ..PackFiles::read(&folder().join("pack/post")).unwrap() }
}

/// The good pack with the files of a wrong one put in their places; an empty `.gone` file takes one away.
fn overlaid(wrong: &Path) -> PackFiles {
    let mut pack = good();
    for path in walk(wrong) {
        match path.strip_suffix(".gone") {
            Some(gone) => drop(pack.files.remove(gone)),
            None => drop(pack.files.insert(path.clone(), std::fs::read(wrong.join(&path)).unwrap().into())),
        }
    }
    pack
}

/// Another: FHIR profiles, with definitions of its own.
fn clinic() -> PackFiles {
    PackFiles { shown: "clinic".to_owned(), ..PackFiles::read(&folder().join("pack/clinic")).unwrap() }
}

/// Another: a directory that is asked.
fn phonebook() -> PackFiles {
    PackFiles { shown: "phonebook".to_owned(), ..PackFiles::read(&folder().join("pack/phonebook")).unwrap() }
}

/// Another: tokens signed with keys of its own.
fn badge() -> PackFiles {
    PackFiles { shown: "badge".to_owned(), ..PackFiles::read(&folder().join("pack/badge")).unwrap() }
}

#[test]
fn good_packs_give_nothing() {
    for pack in [good(), relay(), clinic(), phonebook(), badge()] {
        let mut sources = Sources::default();
        let found = check_pack(&[&pack], &[], &mut sources);
        assert!(found.is_empty(), "{}", render(&found, &sources, Style::Plain));
    }
}

#[test]
fn wrong_packs_give_the_text_beside_them() {
    let wrong = folder().join("wrong");
    let mut pairs = Pairs::default();
    let mut names: Vec<PathBuf> = std::fs::read_dir(&wrong).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    for path in names.into_iter().filter(|path| path.is_dir()) {
        let mut sources = Sources::default();
        let found = check_pack(&[&overlaid(&path)], &[], &mut sources);
        pairs.compare(&path.with_extension("stderr"), &found, &sources);
    }
    pairs.finish(&wrong, CODES);
}
