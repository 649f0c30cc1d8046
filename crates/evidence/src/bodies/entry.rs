//! Names of files, and where stored bytes stand in them.

use crate::digest::{Digest, from_hex, hex};

/// The folder within a run folder.
pub(crate) const BODIES: &str = "bodies";

/// Where stored bytes stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) digest: Digest,
    pub(super) segment: u32,
    pub(super) offset: u64,
    pub(super) length: u64,
}

impl Entry {
    pub(super) fn line(&self) -> String {
        format!("{} {} {} {}\n", hex(&self.digest), self.segment, self.offset, self.length)
    }

    pub(super) fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        let digest = from_hex(words.next()?.as_bytes())?;
        let segment = words.next()?.parse().ok()?;
        let offset = words.next()?.parse().ok()?;
        let length = words.next()?.parse().ok()?;
        words.next().is_none().then_some(Self { digest, segment, offset, length })
    }
}

pub(super) fn segment_name(number: u32) -> String {
    format!("segment-{number:04}.bin")
}

pub(super) fn segment_number(name: &str) -> Option<u32> {
    name.strip_prefix("segment-")?.strip_suffix(".bin")?.parse().ok()
}

/// The index of a segment: lines of digest, segment, offset and length. It goes when its segment goes.
pub(super) fn index_name(number: u32) -> String {
    format!("segment-{number:04}.index")
}
