//! Evidence without files, for proofs and tests.

use crate::digest::{Digest, from_hex, sha256};
use crate::limits::{MEMORY_BODIES_BYTES_MAX, MEMORY_EVENTS_MAX};
use crate::{Error, Stamped};
use bytes::Bytes;
use std::collections::HashMap;

/// Events and bodies in memory, both bounded.
#[derive(Debug, Default)]
pub struct Memory {
    events: Vec<Stamped>,
    bodies: HashMap<Digest, Bytes>,
    bodies_bytes: usize,
}

impl Memory {
    /// Gives the events in order.
    #[must_use]
    pub fn events(&self) -> &[Stamped] {
        &self.events
    }

    /// Gives a body by its digest, hexadecimal; bodies beyond the bound are not kept.
    #[must_use]
    pub fn body(&self, digest: &str) -> Option<&Bytes> {
        self.bodies.get(&from_hex(digest.as_bytes())?)
    }

    pub(super) fn add(&mut self, stamped: Stamped) -> Result<(), Error> {
        if self.events.len() >= MEMORY_EVENTS_MAX {
            return Err(Error::MemoryFull { events_max: MEMORY_EVENTS_MAX });
        }
        self.events.push(stamped);
        Ok(())
    }

    pub(super) fn put(&mut self, bytes: &Bytes) -> Digest {
        let digest = sha256(bytes);
        if !self.bodies.contains_key(&digest) && self.bodies_bytes + bytes.len() <= MEMORY_BODIES_BYTES_MAX {
            self.bodies_bytes += bytes.len();
            self.bodies.insert(digest, bytes.clone());
        }
        digest
    }

    pub(super) fn into_events(self) -> Vec<Stamped> {
        self.events
    }
}
