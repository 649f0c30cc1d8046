//! How much evidence may be stored, and what happens when it is more.

use crate::limits::{BODIES_BYTES_MAX, JOURNAL_BYTES_MAX};
use std::fs::File;

/// What happens when a size limit is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenFull {
    /// The oldest part goes; its last digest and its counts stay (`simulate`).
    DropOldest,
    /// Writing fails, so that the run ends as `error` (`run`).
    #[default]
    Stop,
}

/// How far an event is written before it counts as written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flush {
    /// To the disk (`--durable`): survives a power cut.
    Disk,
    /// To the kernel: survives the end of the program, however it comes.
    #[default]
    Kernel,
}

impl Flush {
    /// Waits until what was written to a file has gone as far as this says.
    pub(crate) fn settle(self, file: &File) -> std::io::Result<()> {
        match self {
            Self::Disk => file.sync_data(),
            Self::Kernel => Ok(()),
        }
    }
}

/// Limits and habits of the evidence files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Storage {
    /// Bytes of the journal.
    pub journal_bytes_max: u64,
    /// Bytes of the stored bodies.
    pub bodies_bytes_max: u64,
    /// What happens at a limit.
    pub when_full: WhenFull,
    /// How far events are written.
    pub flush: Flush,
}

impl Default for Storage {
    fn default() -> Self {
        Self {
            journal_bytes_max: JOURNAL_BYTES_MAX,
            bodies_bytes_max: BODIES_BYTES_MAX,
            when_full: WhenFull::default(),
            flush: Flush::default(),
        }
    }
}
