//! Feeds run folders with one file spoilt to the readers of journal, record, bodies and manifest: `fuzz_journal SECONDS SEED TARGET`.
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

#[path = "../../../tests/fuzz/mod.rs"]
mod fuzz;
mod sample;

use counterpart_evidence::{RunFolder, Storage, read_journal, verify};
use fuzz::Target;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const PIECES: &[&str] = &[
    "\n",
    "{",
    "}",
    "[",
    "]",
    "\"",
    ":",
    ",",
    "null",
    "-1",
    "1e999",
    "18446744073709551616",
    "\\u0000",
    "\\ud800",
    "\0",
    "\u{feff}",
    "\"event\":",
    "\"at\":",
    "\"segment\":",
    "../../../../etc/passwd",
    "0000000000000000000000000000000000000000000000000000000000000000",
];

/// A run folder in which one file is spoilt at a time.
struct Bench {
    folder: PathBuf,
    path: PathBuf,
    good: Vec<u8>,
}

impl Bench {
    /// Feeds the folder with this content of its file; tells whether it still is what it was said to be.
    fn feed(&self, content: &[u8]) -> bool {
        if std::fs::write(&self.path, content).is_err() {
            return false;
        }
        if let Ok(folder) = RunFolder::open(&self.folder) {
            if let Ok(Some(record)) = folder.read_record() {
                for body in
                    record.exchanges.iter().flat_map(|one| one.request.iter().chain(&one.response)).flat_map(|one| &one.wire)
                {
                    let _ = folder.bytes(body);
                }
            }
            let _ = folder.fold_journal();
        }
        let _ = read_journal(&self.folder);
        let sound = verify(&self.folder).problems.is_empty();
        // The next target begins from a sound folder.
        let _ = std::fs::write(&self.path, &self.good);
        sound
    }
}

fn files_of(folder: &Path) -> std::io::Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files_of(&path)?);
        } else {
            let content = std::fs::read(&path)?;
            found.push((path, content));
        }
    }
    Ok(found)
}

fn main() -> ExitCode {
    let made = tempfile::tempdir().map_err(|error| error.to_string()).and_then(|parent| {
        let folder = sample::record(parent.path(), (12, 1), Storage::default(), |_| true).map_err(|error| error.to_string())?;
        Ok((parent, folder))
    });
    let Ok((parent, mut folder)) = made else {
        println!("could not record a run");
        return ExitCode::FAILURE;
    };
    if let Ok(Some(record)) = folder.fold_journal() {
        let _ = folder.write_record(&record).and_then(|inventory| folder.finish(&record, inventory));
    }
    let run = folder.path().to_owned();
    let files = files_of(&run).unwrap_or_default();
    let bench = |name: &'static str, ending: &str| -> Option<Target<'static>> {
        let (path, good) =
            files.iter().find(|(path, content)| path.to_string_lossy().ends_with(ending) && !content.is_empty())?;
        let bench = Bench { folder: run.clone(), path: path.clone(), good: good.clone() };
        let corpus = vec![good.clone()];
        Some(Target { name, corpus, pieces: PIECES, execute: Box::new(move |content| bench.feed(content)) })
    };
    let targets: Option<Vec<Target<'_>>> = [
        bench("journal", "journal.ndjson"),
        bench("record", "run.json"),
        bench("manifest", "manifest.json"),
        bench("bodies", ".index"),
    ]
    .into_iter()
    .collect();
    let Some(targets) = targets else {
        println!("a file of the run is missing: {:?}", files.iter().map(|(path, _)| path).collect::<Vec<_>>());
        return ExitCode::FAILURE;
    };
    let code = fuzz::run(targets);
    drop(parent);
    code
}
