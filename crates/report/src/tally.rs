//! The counts that every format must agree on, taken from the record in one place.

use counterpart_evidence::{FindingOutcome, RunRecord};
use std::collections::BTreeMap;

/// Findings by outcome, over every attempt at every scenario and the exchanges that belong to none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Tally {
    /// Rules that held.
    pub pass: u64,
    /// Rules that did not hold.
    pub fail: u64,
    /// Rules whose precondition was not met.
    pub skip: u64,
    /// Rules that could not be decided.
    pub error: u64,
}

impl Tally {
    /// Counts one finding.
    pub(crate) fn add(&mut self, outcome: FindingOutcome) {
        *match outcome {
            FindingOutcome::Error => &mut self.error,
            FindingOutcome::Fail => &mut self.fail,
            FindingOutcome::Pass => &mut self.pass,
            FindingOutcome::Skip => &mut self.skip,
        } += 1;
    }

    /// Gives the sum.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.pass + self.fail + self.skip + self.error
    }
}

/// Counts the findings of a run by outcome.
#[must_use]
pub fn tally(record: &RunRecord) -> Tally {
    let mut tally = Tally::default();
    let steps = record.scenarios.iter().flat_map(|scenario| &scenario.attempts).flat_map(|attempt| &attempt.steps);
    for step in steps {
        tally.pass += sum(&step.passed);
        tally.skip += sum(&step.not_applying);
        step.findings.iter().for_each(|finding| tally.add(finding.outcome));
    }
    tally.pass += sum(&record.unexpected_passed);
    record.unexpected_findings.iter().for_each(|finding| tally.add(finding.outcome));
    tally
}

/// Gives the sum of what was counted by check or requirement.
pub(crate) fn sum<K>(counts: &BTreeMap<K, u32>) -> u64 {
    counts.values().map(|count| u64::from(*count)).sum()
}
