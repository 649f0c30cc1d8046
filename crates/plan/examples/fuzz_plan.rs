//! Compiles a pack with one file spoilt: `fuzz_plan SECONDS SEED TARGET`.
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

#[path = "../../../tests/fuzz/mod.rs"]
mod fuzz;

use counterpart_diag::{Sources, Style, render};
use counterpart_plan::{PackFiles, check_pack};
use fuzz::Target;
use std::path::Path;
use std::process::ExitCode;

const PIECES: &[&str] = &[
    "\n",
    "  ",
    "- ",
    ": ",
    "{",
    "}",
    "[",
    "]",
    ", ",
    "'",
    "!value ",
    "{{",
    "}}",
    "{{#each ",
    "{{/each}}",
    "{{uuid}}",
    "request.json",
    "store.",
    "setting.",
    "profile.",
    "STEP.response",
    "failed('",
    "..",
    "../../",
    "/",
    "$..*",
    "//a",
    "(",
    ")",
    ".*",
    "(?=",
    "\\",
    "99999999999999999999",
    "5min",
    "-1",
    "$ref",
    "\"$ref\": \"#\"",
    "\"type\": []",
    "\"pattern\": \"(\"",
    "use: ",
    "do: ",
    "fragment: ",
    "reply: ",
    "rules: ",
    "null",
    "true",
    "é",
    "\u{0}",
];

/// Puts the input in the place of the file whose path is its first line, and compiles; tells whether nothing is said.
fn compile(pack: &PackFiles, input: &[u8]) -> bool {
    let mut pack = pack.clone();
    let (path, content) = match input.iter().position(|byte| *byte == b'\n') {
        Some(end) => (String::from_utf8_lossy(input.get(..end).unwrap_or_default()), input.get(end + 1..).unwrap_or_default()),
        None => ("pack.yaml".into(), input),
    };
    pack.files.insert(path.into_owned(), content.into());
    let mut sources = Sources::default();
    let found = check_pack(&[&pack], &[], &mut sources);
    let _ = render(&found, &sources, Style::Plain);
    found.is_empty()
}

fn main() -> ExitCode {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pack/post");
    let Ok(pack) = PackFiles::read(&folder) else {
        println!("could not read `{}`", folder.display());
        return ExitCode::FAILURE;
    };
    let corpus = pack.files.iter().map(|(path, content)| [path.as_bytes(), b"\n", content].concat()).collect();
    let execute = |input: &[u8]| compile(&pack, input);
    fuzz::run(vec![Target { name: "pack", corpus, pieces: PIECES, execute: Box::new(execute) }])
}
