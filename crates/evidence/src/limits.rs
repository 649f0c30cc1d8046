//! Every bound of this crate, in one place.

/// Bytes of one segment of stored bodies.
pub const BODY_SEGMENT_BYTES_MAX: u64 = 64 << 20;
/// Bytes of all stored bodies of a run, unless the caller says otherwise.
pub const BODIES_BYTES_MAX: u64 = 4 << 30;
/// Bytes of the journal of a run, unless the caller says otherwise.
pub const JOURNAL_BYTES_MAX: u64 = 4 << 30;
/// Segments into which a journal is cut that drops its oldest part.
pub const JOURNAL_SEGMENTS_MAX: u64 = 4;
/// Bytes beyond the journal's limit that are kept for the event that says why the run ended.
pub const JOURNAL_RESERVE_BYTES: u64 = 64 << 10;
/// Bytes of one line of the journal, written or read.
pub const LINE_BYTES_MAX: usize = 32 << 20;
/// Bytes of the journal that go out with one write, unless one line is longer.
pub const COMMIT_BYTES_MAX: usize = 1 << 20;
/// Bytes of one text inside an event; the rest is cut off and counted.
pub const TEXT_BYTES_MAX: usize = 64 << 10;
/// Digests of stored bodies that are remembered, so that equal ones are stored once.
pub const DIGESTS_KNOWN_MAX: usize = 65_536;
/// Bodies of late whose digests are found by comparing, which is faster than computing.
pub const DIGESTS_RECENT_MAX: usize = 4;
/// Bytes of a body that is kept for that.
pub const RECENT_BYTES_MAX: usize = 64 << 10;
/// Index entries that are held back and written together.
pub const INDEX_ENTRIES_HELD_MAX: usize = 1_024;
/// Runs with fewer exchanges also get a file for each body.
pub const SINGLE_FILES_EXCHANGES_MAX: u64 = 1_000;
/// Bytes of bodies that are written as single files.
pub const SINGLE_FILES_BYTES_MAX: u64 = 256 << 20;
/// Events that a recorder without files keeps.
pub const MEMORY_EVENTS_MAX: usize = 1_000_000;
/// Bytes of bodies that a recorder without files keeps.
pub const MEMORY_BODIES_BYTES_MAX: usize = 64 << 20;
/// Different heads of messages that are known, so that equal ones are kept once.
pub const HEADS_KNOWN_MAX: usize = 4_096;
/// Connections that are known while a journal is folded, for the same reason.
pub const CONNECTIONS_KNOWN_MAX: usize = 4_096;
/// Exchanges that a run record holds; further ones stand in the journal only.
pub const EXCHANGES_KEPT_MAX: usize = 100_000;
/// Exchanges whose header fields a run record holds; those of further ones stand in the journal only.
pub const EXCHANGES_WHOLE_MAX: usize = 10_000;
/// Findings that a run record holds; further ones are counted and stand in the journal only.
pub const FINDINGS_KEPT_MAX: usize = 100_000;
/// Findings among them that say that a check did not apply.
pub const NOT_APPLYING_KEPT_MAX: usize = 10_000;
/// Times in which something went wrong on purpose that a step of a run record holds.
pub const SPANS_KEPT_MAX: usize = 1_000;
/// Characters of a secret below which it cannot be told from ordinary text.
pub const SECRET_BYTES_MIN: usize = 4;
/// Masked ranges that are listed for one body; all are overwritten.
pub const MASKED_RANGES_MAX: usize = 1_000;
/// Credentials seen on the wire that are remembered, so that texts that quote them are masked too.
pub const CREDENTIALS_SEEN_MAX: usize = 1_024;
/// Bytes of a credential that is remembered with the part of it that is secret.
pub const CREDENTIAL_BYTES_MAX: usize = 16 << 10;
/// Depth to which JSON is followed when a member is to be masked.
pub const JSON_DEPTH_MAX: usize = 128;
/// Interim responses before the final one.
pub const INTERIM_RESPONSES_MAX: usize = 32;
/// Bytes of one file that is read whole: the run record and the manifest.
pub const RECORD_BYTES_MAX: u64 = 1 << 30;
/// Ids that one sentence lists before it says how many more there are.
pub const IDS_LISTED_MAX: usize = 10;
