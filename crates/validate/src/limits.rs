//! The bounds of this crate.

/// Most findings that one schema or profile gives on one message.
pub(crate) const PROBLEMS_MAX: usize = 20;
/// Most files that a schema may refer to.
pub(crate) const RESOURCES_MAX: usize = 500;
/// Most reasons that are named where a profile could not be judged whole.
pub(crate) const REASONS_MAX: usize = 5;
/// Longest value that is shown, in characters.
pub(crate) const SHOWN_CHARS_MAX: usize = 200;
/// Most single defects that are made of one schema.
pub(crate) const DEFECTS_MAX: usize = 500;
