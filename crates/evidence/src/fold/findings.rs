//! Findings up to a bound, of which none that matters to a verdict is lost.

use crate::{Cause, CheckId, Finding, FindingEffect, FindingOutcome};
use std::collections::HashSet;

/// Findings in order of arrival.
#[derive(Debug, Default)]
pub(super) struct Findings {
    all: Vec<Finding>,
    kinds: HashSet<(CheckId, FindingOutcome, FindingEffect, Option<Cause>)>,
}

impl Findings {
    /// Keeps up to `kept_max` of them, and beyond that the first of each check, outcome and cause. Gives how many were kept.
    pub(super) fn keep(&mut self, more: Vec<Finding>, kept_max: usize) -> usize {
        let before = self.all.len();
        for finding in more {
            let news = self.kinds.insert((finding.check.clone(), finding.outcome, finding.effect, finding.cause));
            if news || self.all.len() - before < kept_max {
                self.all.push(finding);
            }
        }
        self.all.len() - before
    }

    pub(super) fn into_all(self) -> Vec<Finding> {
        self.all
    }
}
