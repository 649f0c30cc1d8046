//! The bounds of this crate.

/// Longest file that is read, in bytes.
pub(crate) const FILE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Deepest nesting of lists and maps.
pub(crate) const DEPTH_MAX: usize = 64;
/// Most nodes in one file.
pub(crate) const NODES_MAX: usize = 400_000;
