//! What checks found.

use counterpart_evidence::{CheckId, Finding};

/// What checks found: passes as ids alone, everything else in full.
#[derive(Clone, Debug, Default)]
pub struct Findings<'a> {
    /// The checks that passed.
    pub passed: Vec<&'a CheckId>,
    /// Everything else, in the order of the checks.
    pub others: Vec<Finding>,
}
