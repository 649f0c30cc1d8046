//! Digests of the bodies seen last: a stub gives the same answer many times, and comparing is faster than digesting.

use crate::digest::Digest;
use crate::limits::{DIGESTS_RECENT_MAX, RECENT_BYTES_MAX};
use bytes::Bytes;
use std::collections::VecDeque;

/// Bodies below this are digested faster than they are looked up.
const COMPARED_BYTES_MIN: usize = 512;

/// The last few bodies with their digests.
#[derive(Debug, Default)]
pub(super) struct Recent(VecDeque<(Bytes, Digest)>);

impl Recent {
    /// Tells whether a body is of a size that is kept here.
    pub(super) fn takes(bytes: &Bytes) -> bool {
        (COMPARED_BYTES_MIN..=RECENT_BYTES_MAX).contains(&bytes.len())
    }

    pub(super) fn find(&self, bytes: &Bytes) -> Option<Digest> {
        self.0.iter().find(|(known, _)| known == bytes).map(|(_, digest)| *digest)
    }

    pub(super) fn add(&mut self, bytes: &Bytes, digest: Digest) {
        if self.0.len() >= DIGESTS_RECENT_MAX {
            self.0.pop_front();
        }
        // A copy, so that a small body does not keep a large buffer alive.
        self.0.push_back((Bytes::copy_from_slice(bytes), digest));
    }
}
