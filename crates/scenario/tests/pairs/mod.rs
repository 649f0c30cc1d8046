//! Pairs of a wrong input and the exact text that it gives: the harness of every `tests/wrong` folder.
//!
//! `UPDATE_GOLDEN=1` writes the expected texts anew, to be read before they are committed; without it they are compared.

use counterpart_diag::{Diagnostic, Page, Sources, Style, render};
use std::collections::BTreeSet;
use std::path::Path;

/// What a folder of pairs showed.
#[derive(Default)]
pub(crate) struct Pairs {
    /// Codes that some pair gives.
    pub(crate) codes: BTreeSet<&'static str>,
    /// How many pairs there are.
    pub(crate) count: usize,
    faults: Vec<String>,
}

impl Pairs {
    /// Compares what an input gives with the text in `expected`.
    pub(crate) fn compare(&mut self, expected: &Path, found: &[Diagnostic], sources: &Sources) {
        self.count += 1;
        let name = expected.display();
        self.codes.extend(found.iter().map(|diagnostic| diagnostic.code));
        if found.is_empty() {
            self.faults.push(format!("{name}: nothing is found wrong"));
        }
        for diagnostic in found {
            let place = diagnostic.primary.as_ref().and_then(|label| sources.place(label.span));
            // A pack without its first file has no place to show.
            if place.is_none() && diagnostic.code != "PK001" {
                self.faults.push(format!("{name}: `{}` has no place", diagnostic.message));
            }
        }
        let text = render(found, sources, Style::Plain);
        if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
            std::fs::write(expected, text).unwrap();
            return;
        }
        let wanted = std::fs::read_to_string(expected).unwrap_or_default();
        if wanted != text {
            self.faults.push(format!("{name}: expected\n{wanted}\nfound\n{text}"));
        }
    }

    /// Fails where a pair did not hold, where a code has no pair, or where an expected text belongs to no input.
    pub(crate) fn finish(self, folder: &Path, own: &[Page]) {
        let mut faults = self.faults;
        for code in own.iter().map(|page| page.code).filter(|code| !self.codes.contains(code)) {
            faults.push(format!("{code} has no pair in `{}`", folder.display()));
        }
        // What a file of the language cannot be read for is told under the codes of its reader.
        let known = |code: &str| own.iter().chain(counterpart_scenario::CODES).any(|page| page.code == code);
        for code in self.codes.iter().filter(|code| !known(code)) {
            faults.push(format!("{code} has no page"));
        }
        let texts = walk(folder).into_iter().filter(|path| path.ends_with(".stderr")).count();
        if texts != self.count {
            faults.push(format!("`{}` holds {texts} expected texts for {} inputs", folder.display(), self.count));
        }
        assert!(faults.is_empty(), "{}", faults.join("\n\n"));
    }
}

/// Gives every file below a folder, in order, as text with `/`.
pub(crate) fn walk(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(current) = folders.pop() {
        for entry in std::fs::read_dir(&current).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort();
    found
}
