//! The bounds of this crate. Passing one is a fault with its reason, never a crash and never a silent cut.

/// Most bytes of one message, read or written.
pub const MESSAGE_BYTES_MAX: usize = 1 << 20;
/// How deep elements may nest in a message, and parts in a filter.
pub(crate) const DEPTH_MAX: usize = 32;
/// Most parts of one filter.
pub(crate) const FILTER_PARTS_MAX: usize = 256;
/// Most characters of a filter written as text.
pub(crate) const FILTER_TEXT_MAX: usize = 64 * 1024;
/// Most names in the list of attributes of a search, and most controls of a message.
pub(crate) const LIST_MAX: usize = 1_000;
/// Most entries of one answer, written or read.
pub(crate) const ENTRIES_MAX: usize = 10_000;
/// Most bytes of one answer as a client reads it.
pub(crate) const ANSWER_BYTES_MAX: usize = 16 << 20;
/// Most comparisons of one search; a search that would need more gets `adminLimitExceeded`.
pub(crate) const STEPS_MAX: usize = 2_000_000;
