//! The list of a run folder's files with their digests.

use crate::bodies::BODIES;
use crate::digest::{hex, sha256_of_file};
use crate::{Error, JournalHead, RunRecord, Tool};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The file's name in a run folder.
pub(crate) const MANIFEST: &str = "manifest.json";
/// The `format` of a manifest.
pub(crate) const MANIFEST_FORMAT: &str = "counterpart-manifest";
/// The version of its form.
pub(crate) const MANIFEST_VERSION: u32 = 1;
/// The file that is held while a run writes into its folder.
pub(crate) const LOCK: &str = ".lock";

/// Digest and size of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDigest {
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// Size in bytes.
    pub bytes: u64,
}

/// The pack that was played.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackDigest {
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
    /// SHA-256 over all its files, hexadecimal.
    pub digest: String,
}

/// What stands in `manifest.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Always `counterpart-manifest`.
    pub format: String,
    /// Version of this form.
    pub version: u32,
    /// Id of the run.
    pub run: String,
    /// Program.
    pub tool: Tool,
    /// Pack.
    pub pack: PackDigest,
    /// Last line of the journal.
    pub journal: JournalHead,
    /// Files by path within the folder.
    pub files: BTreeMap<String, FileDigest>,
    /// Files that were removed on purpose (`purge`), as they were.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub purged: BTreeMap<String, FileDigest>,
}

impl Manifest {
    pub(crate) fn new(record: &RunRecord, journal: JournalHead, files: BTreeMap<String, FileDigest>) -> Self {
        Self {
            format: MANIFEST_FORMAT.to_owned(),
            version: MANIFEST_VERSION,
            run: record.run.clone(),
            tool: record.tool.clone(),
            pack: PackDigest {
                name: record.pack.name.clone(),
                version: record.pack.version.clone(),
                digest: record.pack.digest.clone(),
            },
            journal,
            files,
            purged: BTreeMap::new(),
        }
    }
}

/// Gives the digests of the evidence files of a folder as they are now.
pub(crate) fn inventory(folder: &Path) -> Result<BTreeMap<String, FileDigest>, Error> {
    let names = files_of(folder)?.into_iter();
    names.map(|name| entry_of(&folder.join(&name)).map(|entry| (name, entry))).collect()
}

/// Gives digest and size of one file.
pub(crate) fn entry_of(path: &Path) -> Result<FileDigest, Error> {
    let (digest, bytes) = sha256_of_file(path)?;
    Ok(FileDigest { sha256: hex(&digest), bytes })
}

/// Lists the evidence files of a folder, sorted: those at its top and those in `bodies`.
pub(crate) fn files_of(folder: &Path) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    for (prefix, place) in [("", folder.to_owned()), ("bodies/", folder.join(BODIES))] {
        let entries = match std::fs::read_dir(&place) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !prefix.is_empty() => continue,
            Err(source) => return Err(Error::ReadFile { path: place, source }),
        };
        for entry in entries {
            let unreadable = |source| Error::ReadFile { path: place.clone(), source };
            let entry = entry.map_err(unreadable)?;
            if !entry.file_type().map_err(unreadable)?.is_dir() {
                let name = entry.file_name().to_string_lossy().into_owned();
                names.push(format!("{prefix}{name}"));
            }
        }
    }
    names.retain(|name| name != MANIFEST && name != LOCK && !name.ends_with(".part"));
    names.sort();
    Ok(names)
}
