//! Copies the bodies of an earlier run into the folder of a run that continues it.

use super::entry::{BODIES, segment_name, segment_number};
use crate::Error;
use std::path::Path;

/// Copies every segment of an earlier run after the last one of this run. An index is not copied: a segment can be read
/// without, and its numbers would not be right.
pub(crate) fn adopt(run: &Path, earlier: &Path) -> Result<(), Error> {
    let (ours, theirs) = (run.join(BODIES), earlier.join(BODIES));
    let first = numbers(&ours)?.last().map_or(1, |last| last + 1);
    for (next, number) in (first..).zip(numbers(&theirs)?) {
        let (from, to) = (theirs.join(segment_name(number)), ours.join(segment_name(next)));
        std::fs::copy(&from, &to).map_err(|source| Error::WriteFile { path: to, source })?;
    }
    Ok(())
}

fn numbers(folder: &Path) -> Result<Vec<u32>, Error> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        // Purged bodies are gone, and that is known.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(Error::ReadFile { path: folder.to_owned(), source }),
    };
    let mut numbers: Vec<u32> = entries.filter_map(|entry| segment_number(entry.ok()?.file_name().to_str()?)).collect();
    numbers.sort_unstable();
    Ok(numbers)
}
