//! Holds a run folder against its manifest and its chain of digests, and names the first thing that does not match.

use crate::bodies::first_changed;
use crate::folder::{RECORD, json, read_json};
use crate::manifest::{MANIFEST, MANIFEST_FORMAT, MANIFEST_VERSION, Manifest, entry_of, files_of};
use crate::merge::MERGED_RUNS;
use crate::{Error, JournalHead, JournalReader, RunRecord};
use std::path::Path;

/// Something that does not match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// File, with the line where it is the journal.
    pub place: String,
    /// What is wrong with it.
    pub what: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}: {}", self.place, self.what)
    }
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// What does not match, the first thing first; empty where all does.
    pub problems: Vec<Problem>,
    /// What the folder proves.
    pub proves: Vec<String>,
    /// What it does not prove.
    pub does_not_prove: Vec<String>,
    /// The last line of the journal: whoever noted its digest can tell that nothing before it was changed.
    pub head: Option<JournalHead>,
}

impl Verification {
    fn add(&mut self, place: impl Into<String>, what: impl Into<String>) {
        let problem = Problem { place: place.into(), what: what.into() };
        if self.problems.iter().all(|known| known.place != problem.place) {
            self.problems.push(problem);
        }
    }

    fn names_file(&self, file: &str) -> bool {
        self.problems.iter().any(|problem| problem.place == file || problem.place.starts_with(&format!("{file} line")))
    }
}

/// Checks a run folder: the journal line by line, the bodies, the manifest, and that the record follows from the journal.
#[must_use]
pub fn verify(folder: &Path) -> Verification {
    let mut found = Verification::default();
    let checked = check(folder, &mut found);
    if let Err(error) = checked {
        found.add(folder.display().to_string(), format!("could not {error}"));
    }
    if found.problems.is_empty() {
        let head = found.head.as_ref().map_or_else(String::new, |head| head.digest.clone());
        found.proves.push(format!("nothing before the journal's last line was changed since its digest {head} was printed"));
        found.proves.push("bodies and reports are those that the manifest lists".to_owned());
    }
    let not_proved = [
        "who made these files: whoever holds them all can make others, with another digest",
        "that the system under test was the one that is named",
        "that the pack says what its source documents say",
    ];
    found.does_not_prove.extend(not_proved.map(str::to_owned));
    found
}

fn check(folder: &Path, found: &mut Verification) -> Result<(), Error> {
    let manifest = match read_json::<Manifest>(&folder.join(MANIFEST)) {
        Ok(manifest) => manifest,
        Err(Error::ParseFile { .. }) => {
            found.add(MANIFEST, "is not a manifest");
            None
        }
        Err(error) => return Err(error),
    };
    let follows = check_journal(folder, manifest.as_ref(), found)?;
    let purged = manifest.as_ref().is_some_and(|manifest| !manifest.purged.is_empty());
    if purged {
        found.does_not_prove.push("what the bodies held: they were removed on purpose".to_owned());
    } else if let Some(problem) = first_changed(folder)? {
        let (place, what) = problem.split_once(": ").unwrap_or((&problem, "was changed"));
        // A run that was cut off can end in a body that was not written to its end.
        if manifest.is_some() || !what.starts_with("no whole body") {
            found.add(place, what);
        }
    }
    match &manifest {
        Some(manifest) => {
            check_files(folder, manifest, found)?;
            check_manifest(folder, manifest, found)?;
        }
        None => found.add(MANIFEST, "is missing, as it is when a run was cut off; only journal and bodies were checked"),
    }
    check_record(folder, follows, found)
}

/// Checks the chain; gives the record that follows from it, where it holds and is whole.
fn check_journal(folder: &Path, manifest: Option<&Manifest>, found: &mut Verification) -> Result<Option<RunRecord>, Error> {
    let mut reader = JournalReader::open(folder)?;
    let record = reader.fold()?;
    // The fold stops where no run began; the chain is followed to its end all the same.
    reader.skip_to_end()?;
    let state = reader.state();
    found.head = state.head.map(|digest| JournalHead { line: state.last_line, digest });
    if reader.lines_here() == 0 {
        found.add(crate::journal::JOURNAL, "holds no event");
        return Ok(None);
    }
    if let Some(mismatch) = state.first_mismatch {
        found.add(format!("{} line {}", mismatch.file, mismatch.line), mismatch.what);
        return Ok(None);
    }
    match (&state.truncated_tail, manifest) {
        (Some(torn), Some(_)) => found.add(format!("{} line {}", torn.file, torn.line), "does not end as a line does"),
        (Some(torn), None) => found.does_not_prove.push(format!(
            "what the last event was: line {} of {} was not written to its end, and so was never acknowledged",
            torn.line, torn.file
        )),
        (None, _) => {}
    }
    if let (Some(manifest), Some(head)) = (manifest, found.head.clone())
        && manifest.journal != head
    {
        let last = format!("{} line {}", crate::journal::JOURNAL, head.line);
        match head.line == manifest.journal.line {
            true => found.add(last, "was changed: the manifest has another digest of it"),
            false => found.add(last, format!("is the last one, where the manifest says {}", manifest.journal.line)),
        }
        return Ok(None);
    }
    Ok(record.filter(|_| state.dropped.is_none()))
}

fn check_files(folder: &Path, manifest: &Manifest, found: &mut Verification) -> Result<(), Error> {
    let present = files_of(folder)?;
    for (name, listed) in &manifest.files {
        if found.names_file(name) {
            continue;
        }
        if present.binary_search(name).is_err() {
            found.add(name, "is missing");
        } else if entry_of(&folder.join(name))? != *listed {
            found.add(name, "was changed: the manifest has another digest of it");
        }
    }
    for name in present.iter().filter(|name| !manifest.files.contains_key(*name)) {
        found.add(name, "is not in the manifest");
    }
    Ok(())
}

/// Checks what the manifest says beside digests, so that no byte of it is of no account.
fn check_manifest(folder: &Path, manifest: &Manifest, found: &mut Verification) -> Result<(), Error> {
    let path = folder.join(MANIFEST);
    let bytes = std::fs::read(&path).map_err(|source| Error::ReadFile { path, source })?;
    let record = read_json::<RunRecord>(&folder.join(RECORD)).unwrap_or_default();
    let fits = record.is_none_or(|record| {
        let pack = (&record.pack.name, &record.pack.version, &record.pack.digest);
        let same_pack = pack == (&manifest.pack.name, &manifest.pack.version, &manifest.pack.digest);
        record.run == manifest.run && record.tool == manifest.tool && same_pack
    });
    if !fits || manifest.format != MANIFEST_FORMAT || manifest.version != MANIFEST_VERSION || bytes != json(manifest)? {
        found.add(MANIFEST, "was changed: it does not name this run, its pack and the program as the record does");
    }
    Ok(())
}

fn check_record(folder: &Path, follows: Option<RunRecord>, found: &mut Verification) -> Result<(), Error> {
    let record = match read_json::<RunRecord>(&folder.join(RECORD)) {
        Ok(Some(record)) => record,
        Ok(None) => return Ok(()),
        Err(Error::ParseFile { .. }) => {
            found.add(RECORD, "is not a run record");
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let Some(follows) = follows else { return Ok(()) };
    if record.tool.version != env!("CARGO_PKG_VERSION") {
        let why = "that the record follows from the journal: another version of the program made it";
        found.does_not_prove.push(why.to_owned());
    } else if record.environment.contains_key(MERGED_RUNS) {
        found.does_not_prove.push("that the record follows from the journal: it was merged from several runs".to_owned());
    } else if record != follows {
        let what = format!("does not follow from the journal, which gives the verdict `{}`", follows.verdict);
        found.add(RECORD, what);
    }
    Ok(())
}
