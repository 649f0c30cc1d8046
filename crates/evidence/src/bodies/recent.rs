//! Digests of the bodies seen last: a stub gives the same answer many times, and comparing is faster than digesting.

use crate::digest::{Digest, sha256};
use crate::limits::{DIGESTS_RECENT_MAX, RECENT_BYTES_MAX};
use bytes::Bytes;
use std::collections::VecDeque;

/// Bodies below this are digested faster than they are looked up.
const COMPARED_BYTES_MIN: usize = 512;

/// The last few bodies with their digests.
#[derive(Debug, Default)]
pub(super) struct Recent(VecDeque<(Bytes, Digest)>);

impl Recent {
    pub(super) fn digest(&mut self, bytes: &Bytes) -> Digest {
        if !(COMPARED_BYTES_MIN..=RECENT_BYTES_MAX).contains(&bytes.len()) {
            return sha256(bytes);
        }
        if let Some((_, digest)) = self.0.iter().find(|(known, _)| known == bytes) {
            return *digest;
        }
        let digest = sha256(bytes);
        if self.0.len() >= DIGESTS_RECENT_MAX {
            self.0.pop_front();
        }
        // A copy, so that a small body does not keep a large buffer alive.
        self.0.push_back((Bytes::copy_from_slice(bytes), digest));
        digest
    }
}
