//! The bounds of this crate.

/// Most files of a pack.
pub(crate) const FILES_MAX: usize = 5_000;
/// Most bytes of a pack.
pub(crate) const PACK_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Most bytes of a file of FHIR definitions.
pub(crate) const DEFINITION_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Deepest folder of a pack.
pub(crate) const FOLDER_DEPTH_MAX: usize = 12;
/// Most variant rows of a scenario.
pub(crate) const ROWS_MAX: usize = 2_000;
/// How deep fragments may call one another.
pub(crate) const FRAGMENT_DEPTH_MAX: usize = 8;
/// How long an action may take where neither it nor the step says so, in milliseconds.
pub(crate) const ACTION_MS_DEFAULT: u64 = 30_000;
/// Rows of a collection where the store does not say.
pub(crate) const ROWS_KEPT_DEFAULT: usize = 10_000;
/// Rows that a search can ask for where the parameter does not say; the engine gives no more of one search either.
pub(crate) const SEARCH_ROWS_DEFAULT: usize = 1_000;
