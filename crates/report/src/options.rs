//! What a caller may say about a report beside the record.

use crate::limits::{FULL_BYTES_MAX, PASSING_BYTES_MAX};

/// Options of rendering. They change what is carried along, never a verdict or a count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Digest of the evidence that the record was made from: the head of the journal, hexadecimal.
    pub evidence_digest: Option<String>,
    /// Name of the run folder, so that a reader of the file alone knows where the rest is.
    pub folder: Option<String>,
    /// Bytes of markup that exchanges shown in full may take.
    pub full_bytes_max: usize,
    /// Bytes of the bodies of passing exchanges that a page carries.
    pub passing_bytes_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { evidence_digest: None, folder: None, full_bytes_max: FULL_BYTES_MAX, passing_bytes_max: PASSING_BYTES_MAX }
    }
}
