//! Feeds mutated files of packs to the reader, and what it says to the renderer: `fuzz_scenario SECONDS SEED TARGET`.
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

#[path = "../../../tests/fuzz/mod.rs"]
mod fuzz;

use counterpart_diag::{Sources, Style, render, render_json};
use counterpart_scenario::{FILE_KINDS, FileKind};
use fuzz::Target;
use std::path::Path;
use std::process::ExitCode;

/// Longer files cost time and bring nothing new.
const CORPUS_BYTES_MAX: usize = 6_000;

const PIECES: &[&str] = &[
    "\n",
    "  ",
    "    ",
    "- ",
    ": ",
    "? ",
    "{",
    "}",
    "[",
    "]",
    ", ",
    "'",
    "\"",
    "|\n",
    ">-\n",
    "&a ",
    "*a",
    "<<: ",
    "!value ",
    "!!binary ",
    "!<tag:x> ",
    "%YAML 1.1\n",
    "---\n",
    "...\n",
    "# ",
    "\t",
    "\r",
    "\0",
    "\u{feff}",
    "\u{2028}",
    "\u{85}",
    "é",
    "😀",
    "~",
    "null",
    "yes",
    "0x1f",
    "0o17",
    ".inf",
    "-.nan",
    "1e999",
    "9223372036854775808",
    "00",
    "5min",
    "99999999999999999999h",
    "\\u0000",
    "\\UFFFFFFFF",
    "a: b: c",
    "\"\\x",
];

fn files_below(folder: &Path, found: &mut Vec<Vec<u8>>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files_below(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "yaml")
            && let Ok(content) = std::fs::read(&path)
            && content.len() < CORPUS_BYTES_MAX
        {
            found.push(content);
        }
    }
}

/// Reads an input as a file of a kind and renders what is said of it; tells whether nothing is.
fn read(kind: &FileKind, input: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(input) else { return false };
    let mut sources = Sources::default();
    let id = sources.add("fuzz", text);
    let found = kind.read(id, text).1.into_sorted();
    let _ = (render(&found, &sources, Style::Plain), render_json(&found, &sources));
    found.is_empty()
}

fn main() -> ExitCode {
    let mut corpus = Vec::new();
    files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios"), &mut corpus);
    // The order of a folder is the file system's; the same seed must give the same inputs.
    corpus.sort();
    if corpus.is_empty() {
        println!("could not read the corpus");
        return ExitCode::FAILURE;
    }
    // Each input is read as one kind, which its length picks: most mutations leave a file of that kind much as it was.
    let target = |name: &'static str, kinds: &'static [FileKind]| Target {
        name,
        corpus: corpus.clone(),
        pieces: PIECES,
        execute: Box::new(move |input| kinds.get(input.len() % kinds.len()).is_some_and(|kind| read(kind, input))),
    };
    let scenario = FILE_KINDS.iter().position(|kind| kind.name == "scenario").unwrap_or(0);
    fuzz::run(vec![target("scenario", FILE_KINDS.get(scenario..=scenario).unwrap_or_default()), target("any-kind", FILE_KINDS)])
}
