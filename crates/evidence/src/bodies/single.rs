//! A file for each body of a small run, so that a person can open them.

use super::BodyReader;
use super::entry::BODIES;
use crate::Error;
use crate::limits::SINGLE_FILES_BYTES_MAX;
use std::path::Path;

/// Writes `bodies/<digest>.bin` for every stored body, up to the bound of bytes in all.
pub(crate) fn write_single_files(run: &Path) -> Result<(), Error> {
    let reader = BodyReader::open(run)?;
    let total: u64 = reader.digests().map(|(_, length)| length).sum();
    if total > SINGLE_FILES_BYTES_MAX {
        return Ok(());
    }
    for (digest, _) in reader.digests() {
        let Some(bytes) = reader.bytes(&digest)? else { continue };
        let path = run.join(BODIES).join(format!("{digest}.bin"));
        std::fs::write(&path, bytes).map_err(|source| Error::WriteFile { path, source })?;
    }
    Ok(())
}
