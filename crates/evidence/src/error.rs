//! What can go wrong with the evidence files: the machine's fault or ours, never a supplier's.

use std::io;
use std::path::PathBuf;

/// Why evidence could not be written or read; reads after "could not ".
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The stored bodies of the run reached their size limit.
    #[error("store more bodies: the limit of {bytes_max} bytes is reached")]
    BodiesFull {
        /// The limit.
        bytes_max: u64,
    },
    /// A folder could not be made.
    #[error("create the folder {}: {}", path.display(), words(source))]
    CreateFolder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The folder holds a run already.
    #[error("create the run folder {}: it holds a run already", path.display())]
    FolderTaken {
        /// The folder.
        path: PathBuf,
    },
    /// The journal of the run reached its size limit.
    #[error("write more of the journal: the limit of {bytes_max} bytes is reached")]
    JournalFull {
        /// The limit.
        bytes_max: u64,
    },
    /// One event is larger than a line of the journal may be.
    #[error("record an event of {bytes} bytes: a line of the journal has at most {bytes_max}")]
    LineTooLong {
        /// Its size.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// Another run writes into the folder.
    #[error("lock the run folder {}: another run writes into it", path.display())]
    Lock {
        /// The folder.
        path: PathBuf,
    },
    /// A secret is too short to be found without harm to the evidence.
    #[error("mask a secret of {bytes} bytes: below {bytes_min} it cannot be told from ordinary text")]
    MaskSecret {
        /// Its length.
        bytes: usize,
        /// The least length.
        bytes_min: usize,
    },
    /// The patterns to be masked are too many.
    #[error("prepare the masking of secrets: {reason}")]
    PrepareMasking {
        /// Why.
        reason: String,
    },
    /// A recorder without files reached its limit.
    #[error("keep more than {events_max} events in memory")]
    MemoryFull {
        /// The limit.
        events_max: usize,
    },
    /// Runs cannot be merged.
    #[error("merge the runs: {reason}")]
    Merge {
        /// Why.
        reason: String,
    },
    /// A file name that leads out of the run folder.
    #[error("write the file `{name}`: the name leads out of the run folder")]
    NameFile {
        /// The name.
        name: String,
    },
    /// A file does not hold what it should.
    #[error("understand {}: {source}", path.display())]
    ParseFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// A file could not be read.
    #[error("read {}: {}", path.display(), words(source))]
    ReadFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A value could not be written as JSON.
    #[error("write as JSON: {source}")]
    Serialise {
        /// Why.
        #[from]
        source: serde_json::Error,
    },
    /// An earlier write failed, so that what follows would leave a gap.
    #[error("write more of the journal: an earlier event could not be written, and a gap must not pass in silence")]
    WriteAfterFailure,
    /// A file could not be written.
    #[error("write {}: {}", path.display(), words(source))]
    WriteFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Says the common reasons plainly, since the system's own words differ from place to place.
fn words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        io::ErrorKind::QuotaExceeded => "the disk quota is used up".to_owned(),
        io::ErrorKind::FileTooLarge => "the file has reached the largest size that the system allows".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "the disk is read-only".to_owned(),
        _ => error.to_string(),
    }
}
