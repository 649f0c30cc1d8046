//! `counterpart report`, `diff`, `verify` and `purge`: on run folders.

use crate::args::{DiffArgs, FolderArgs, PurgeArgs, ReportArgs};
use crate::console;
use crate::exit::Exit;
use crate::playing::{formats, rendered};
use counterpart_evidence::{RunFolder, RunRecord};
use std::path::Path;

fn open(path: &Path) -> Result<(RunFolder, RunRecord), String> {
    let could_not = |error: counterpart_evidence::Error| format!("could not {error}");
    let folder = RunFolder::open(path).map_err(could_not)?;
    let record = match folder.read_record().map_err(could_not)? {
        Some(record) => record,
        // A run that was killed has a journal and no record.
        None => folder.fold_journal().map_err(could_not)?.ok_or_else(|| format!("`{}` holds no run", path.display()))?,
    };
    Ok((folder, record))
}

pub(crate) fn report(args: &ReportArgs) -> Result<Exit, String> {
    let (folder, record) = open(&args.run)?;
    let files = rendered(&record, &folder, &formats(&args.format)?)?;
    folder.add_rendered(&files).map_err(|error| format!("could not {error}"))?;
    for (name, _) in &files {
        console::data(&format!("{}\n", folder.path().join(name).display()));
    }
    Ok(Exit::Pass)
}

pub(crate) fn diff(args: &DiffArgs) -> Result<Exit, String> {
    let (_, before) = open(&args.before)?;
    let (_, after) = open(&args.after)?;
    let difference = counterpart_evidence::diff(&before, &after);
    console::data(&difference.words());
    Ok(if difference.is_news() { Exit::Fail } else { Exit::Pass })
}

pub(crate) fn verify(args: &FolderArgs) -> Result<Exit, String> {
    let found = counterpart_evidence::verify(&args.run);
    for problem in &found.problems {
        console::data(&format!("does not match: {problem}\n"));
    }
    for line in &found.proves {
        console::data(&format!("proves: {line}\n"));
    }
    for line in &found.does_not_prove {
        console::data(&format!("does not prove: {line}\n"));
    }
    Ok(if found.problems.is_empty() { Exit::Pass } else { Exit::Fail })
}

pub(crate) fn purge(args: &PurgeArgs) -> Result<Exit, String> {
    let folder = RunFolder::open(&args.run).map_err(|error| format!("could not {error}"))?;
    folder.purge_bodies().map_err(|error| format!("could not {error}"))?;
    console::talk("the stored messages are gone; the manifest keeps their digests");
    Ok(Exit::Pass)
}
