//! Which digests are stored already: a bounded set that forgets what was not asked for longest.

use crate::digest::Digest;
use crate::limits::DIGESTS_KNOWN_MAX;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A SHA-256 digest is as good a hash as any: its first bytes are taken as they are.
#[derive(Debug, Default)]
struct Prefix(u64);

type ByPrefix = BuildHasherDefault<Prefix>;

impl Hasher for Prefix {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk() {
            self.0 = u64::from_ne_bytes(*first);
        }
    }

    /// An array writes its length first, which says nothing here.
    fn write_usize(&mut self, _length: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Digests with the segment that holds their bytes, in two generations: what is asked for moves to the young one, and
/// when that is full the old one is forgotten.
#[derive(Debug, Default)]
pub(super) struct Known {
    young: HashMap<Digest, u32, ByPrefix>,
    old: HashMap<Digest, u32, ByPrefix>,
}

impl Known {
    pub(super) fn contains(&mut self, digest: &Digest) -> bool {
        if self.young.contains_key(digest) {
            return true;
        }
        let Some(segment) = self.old.remove(digest) else { return false };
        self.insert(*digest, segment);
        true
    }

    pub(super) fn insert(&mut self, digest: Digest, segment: u32) {
        if self.young.len() >= DIGESTS_KNOWN_MAX / 2 {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(digest, segment);
    }

    /// Forgets what a dropped segment held.
    pub(super) fn forget_segment(&mut self, segment: u32) {
        self.young.retain(|_, holder| *holder != segment);
        self.old.retain(|_, holder| *holder != segment);
    }
}
