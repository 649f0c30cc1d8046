//! Records exchanges into a run folder and prints the number of each once it is acknowledged; the tests kill it.
//!
//! `journal_writer FOLDER COUNT [drop-oldest | grouped]`; grouped, ten go out with one write.

mod sample;

use counterpart_evidence::{Error, Storage, WhenFull};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, count, rest @ ..] = arguments.as_slice() else { return ExitCode::from(2) };
    let storage = match rest {
        [mode] if mode == "drop-oldest" => Storage {
            journal_bytes_max: 200_000,
            bodies_bytes_max: 400_000,
            when_full: WhenFull::DropOldest,
            ..Storage::default()
        },
        _ => Storage::default(),
    };
    let grouped = if rest.iter().any(|mode| mode == "grouped") { 10 } else { 1 };
    match record(Path::new(folder), (count.parse().unwrap_or(0), grouped), storage) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "could not {error}");
            ExitCode::from(3)
        }
    }
}

fn record(folder: &Path, count: (u64, u64), storage: Storage) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    // A reader that is gone has seen enough.
    sample::record(folder, count, storage, |id| writeln!(out, "{id}").and_then(|()| out.flush()).is_ok()).map(|_| ())
}
