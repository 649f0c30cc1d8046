//! `counterpart report`, `diff`, `verify` and `purge`: on run folders.

use crate::args::{DiffArgs, FolderArgs, PurgeArgs, ReportArgs};
use crate::console;
use crate::exit::{Exit, Trouble};
use crate::playing::{formats, refuse_no_checklist, written};
use counterpart_evidence::{RunFolder, RunRecord};
use std::path::Path;

/// Opens a run folder that the user names.
pub(crate) fn open(path: &Path) -> Result<(RunFolder, RunRecord), Trouble> {
    let could_not = |error: counterpart_evidence::Error| {
        Trouble::Usage(format!("could not {error}\nhelp: name a run folder, `reports/run-...`"))
    };
    let folder = RunFolder::open(path).map_err(could_not)?;
    let record = match folder.read_record().map_err(could_not)? {
        Some(record) => record,
        // A run that was killed has a journal and no record.
        None => folder
            .fold_journal()
            .map_err(could_not)?
            .ok_or_else(|| Trouble::Usage(format!("`{}` holds no run", path.display())))?,
    };
    Ok((folder, record))
}

pub(crate) fn report(args: &ReportArgs) -> Result<Exit, Trouble> {
    let formats = formats(&args.format).map_err(Trouble::Usage)?;
    let (folder, record) = open(&args.run)?;
    refuse_no_checklist(&formats, &record.pack.name, record.checklist.is_some())?;
    let files = written(&record, &folder, &formats)?;
    let names: Vec<String> = files.iter().map(|(name, _)| name.clone()).collect();
    folder.add_reports(files).map_err(|error| format!("could not {error}"))?;
    for name in names {
        console::data(&format!("{}\n", folder.path().join(name).display()));
    }
    Ok(Exit::Pass)
}

pub(crate) fn diff(args: &DiffArgs) -> Result<Exit, Trouble> {
    let (_, before) = open(&args.before)?;
    let (_, after) = open(&args.after)?;
    let difference = counterpart_evidence::diff(&before, &after);
    console::data(&difference.words());
    Ok(if difference.is_news() { Exit::Fail } else { Exit::Pass })
}

pub(crate) fn verify(args: &FolderArgs) -> Result<Exit, Trouble> {
    // A folder that is not there is the user's slip, and no evidence that does not match.
    RunFolder::open(&args.run).map_err(|error| Trouble::Usage(format!("could not {error}")))?;
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

pub(crate) fn purge(args: &PurgeArgs) -> Result<Exit, Trouble> {
    let (folder, _) = open(&args.run)?;
    folder.purge_bodies().map_err(|error| format!("could not {error}"))?;
    console::talk("the stored messages are gone; the manifest keeps their digests");
    Ok(Exit::Pass)
}
