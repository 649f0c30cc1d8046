//! The form of a line: `{"n":1,"prev":"<digest of the line before>","at":..,"event":..,...}`.
//!
//! The first line of a segment that follows a dropped one carries what is left of those before it.

use crate::digest::{Digest, from_hex};
use crate::{Moment, RunHeader, Stamped};
use serde::{Deserialize, Serialize};

/// The file that is written to now.
pub(crate) const JOURNAL: &str = "journal.ndjson";
/// The `prev` of the first line.
pub(super) const NOTHING_BEFORE: Digest = [0; 32];

/// What stood in the lines before a segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// Lines.
    pub lines: u64,
    /// Exchanges.
    pub exchanges: u64,
    /// Findings that fail.
    pub failed: u64,
}

/// The first line of a later segment, after `n` and `prev`.
#[derive(Serialize)]
pub(super) struct SegmentHead<'a> {
    pub(super) segment: u32,
    pub(super) at: Moment,
    pub(super) before: Counted,
    pub(super) header: Option<&'a RunHeader>,
}

/// The same, read.
#[derive(Debug, Deserialize)]
pub(super) struct SegmentHeadRead {
    pub(super) segment: u32,
    pub(super) at: Moment,
    pub(super) before: Counted,
    pub(super) header: Option<Box<RunHeader>>,
}

/// A line as text, with its place in the chain.
pub(super) struct Linked {
    pub(super) number: u64,
    pub(super) before: Digest,
}

/// Reads number and digest from the beginning of a line.
pub(super) fn parse_link(line: &[u8]) -> Option<Linked> {
    let rest = line.strip_prefix(b"{\"n\":")?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = std::str::from_utf8(rest.get(..digits)?).ok()?.parse().ok()?;
    let rest = rest.get(digits..)?.strip_prefix(b",\"prev\":\"")?;
    let before = from_hex(rest.get(..64)?)?;
    rest.get(64..)?.strip_prefix(b"\",")?;
    Some(Linked { number, before })
}

/// What a line says.
pub(super) enum Content {
    Event(Box<Stamped>),
    Segment(SegmentHeadRead),
}

/// Reads what a line says.
pub(super) fn parse_content(line: &[u8]) -> Option<Content> {
    // The link is checked before, so the member after it stands at a known place.
    let after_link = line.windows(10).position(|window| window == b"\"segment\":");
    if after_link.is_some_and(|at| at < 120)
        && let Ok(head) = serde_json::from_slice(line)
    {
        return Some(Content::Segment(head));
    }
    serde_json::from_slice(line).ok().map(|stamped| Content::Event(Box::new(stamped)))
}
