//! Events to run record.

use crate::{RunRecord, Stamped};

/// Folds the events of a run, in order, into its record and verdict; `None` where the run never began.
///
/// A stream that stops early gives what is known: scenarios begun and not ended are `inconclusive`, those never begun
/// `not-run`.
#[must_use]
pub fn fold(_events: impl IntoIterator<Item = Stamped>) -> Option<RunRecord> {
    None
}
