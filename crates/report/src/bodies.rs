//! Where a report takes the bytes of messages from. Nothing here opens a file: the caller knows the run folder.

use counterpart_evidence::BodyReader;
use std::collections::{BTreeMap, HashMap};

/// A store of message bytes by digest, as a run folder keeps them under `bodies/`.
pub trait Bodies {
    /// Gives what is stored under a SHA-256 digest in hexadecimal; `None` where it is not, or no longer, kept.
    fn body(&self, digest: &str) -> Option<Vec<u8>>;
}

/// A store that keeps nothing, for a run whose bodies were purged.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoBodies;

impl Bodies for NoBodies {
    fn body(&self, _digest: &str) -> Option<Vec<u8>> {
        None
    }
}

/// A stored file that cannot be read counts as not kept: the report says so at the message, and the rest stands.
impl Bodies for BodyReader {
    fn body(&self, digest: &str) -> Option<Vec<u8>> {
        self.bytes(digest).ok().flatten()
    }
}

impl Bodies for BTreeMap<String, Vec<u8>> {
    fn body(&self, digest: &str) -> Option<Vec<u8>> {
        self.get(digest).cloned()
    }
}

impl Bodies for HashMap<String, Vec<u8>> {
    fn body(&self, digest: &str) -> Option<Vec<u8>> {
        self.get(digest).cloned()
    }
}
