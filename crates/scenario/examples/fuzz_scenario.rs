//! Feeds mutated files of packs to the reader, and what it says to the renderer: `fuzz_scenario SECONDS SEED TARGET`.
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

#[path = "../../../tests/fuzz/mod.rs"]
mod fuzz;

use counterpart_diag::{Sources, Style, render, render_json};
use counterpart_scenario::FileKind;
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

/// Gathers files, each after a line with its path below the pack.
fn files_below(pack: &Path, folder: &Path, found: &mut Vec<Vec<u8>>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let below = path.strip_prefix(pack).unwrap_or(&path).to_string_lossy().into_owned();
        if path.is_dir() {
            files_below(pack, &path, found);
        } else if FileKind::of_path(&below).is_some()
            && let Ok(content) = std::fs::read(&path)
            && content.len() < CORPUS_BYTES_MAX
        {
            found.push([below.as_bytes(), b"\n", &content].concat());
        }
    }
}

/// Reads an input as a file of the kind that its first line says and renders what is said of it; tells whether nothing is.
fn read(input: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(input) else { return false };
    let (path, text) = text.split_once('\n').unwrap_or(("", text));
    let Some(kind) = FileKind::of_path(path).or_else(|| FileKind::named("scenario")) else { return false };
    let mut sources = Sources::default();
    let id = sources.add("fuzz", text);
    let found = kind.read(id, text).1.into_sorted();
    let _ = (render(&found, &sources, Style::Plain), render_json(&found, &sources));
    found.is_empty()
}

fn main() -> ExitCode {
    let mut corpus = Vec::new();
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios")).into_iter().flatten().flatten()
    {
        files_below(&entry.path(), &entry.path(), &mut corpus);
    }
    // The order of a folder is the file system's; the same seed must give the same inputs.
    corpus.sort();
    if corpus.is_empty() {
        println!("could not read the corpus");
        return ExitCode::FAILURE;
    }
    fuzz::run(vec![Target { name: "file", corpus, pieces: PIECES, execute: Box::new(read) }])
}
