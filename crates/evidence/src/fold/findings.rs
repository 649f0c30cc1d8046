//! Findings up to a bound, of which none that matters to a verdict is lost.

use crate::limits::{FINDINGS_KEPT_MAX, NOT_APPLYING_KEPT_MAX};
use crate::{Cause, CheckId, Finding, FindingEffect, FindingOutcome};
use std::collections::{BTreeMap, HashSet};

/// How many more findings a record has room for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    all: usize,
    not_applying: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self { all: FINDINGS_KEPT_MAX, not_applying: NOT_APPLYING_KEPT_MAX }
    }
}

impl Room {
    /// Takes off what was kept. Gives how many those are.
    pub(super) fn less(&mut self, kept: Kept) -> usize {
        self.all = self.all.saturating_sub(kept.all);
        self.not_applying = self.not_applying.saturating_sub(kept.not_applying);
        kept.all
    }

    /// Tells whether there is room for a finding after some were kept.
    fn holds(self, finding: &Finding, kept: Kept) -> bool {
        kept.all < self.all && (!does_not_apply(finding) || kept.not_applying < self.not_applying)
    }
}

/// How many findings were kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Kept {
    all: usize,
    /// Those among them that say that a check did not apply.
    not_applying: usize,
    /// Those beside them that say so, which are counted by check.
    pub(super) counted: usize,
}

/// Findings in order of arrival.
#[derive(Debug, Default)]
pub(super) struct Findings {
    all: Vec<Finding>,
    /// Checks that did not apply, beyond those in full.
    not_applying: BTreeMap<CheckId, u32>,
    kinds: HashSet<(CheckId, FindingOutcome, FindingEffect, Option<Cause>)>,
}

impl Findings {
    /// Keeps those for which there is room, and beyond that the first of each check, outcome and cause. Gives how many were kept, or
    /// counted by check.
    pub(super) fn keep(&mut self, more: Vec<Finding>, room: Room) -> Kept {
        let mut kept = Kept::default();
        for finding in more {
            let news = self.kinds.insert((finding.check.clone(), finding.outcome, finding.effect, finding.cause));
            if news || room.holds(&finding, kept) {
                kept.all += 1;
                kept.not_applying += usize::from(does_not_apply(&finding));
                self.all.push(finding);
            } else if does_not_apply(&finding) {
                kept.counted += 1;
                *self.not_applying.entry(finding.check).or_default() += 1;
            }
        }
        kept
    }

    /// Gives those that were kept, and how often each check did not apply beside them.
    pub(super) fn into_all(self) -> (Vec<Finding>, BTreeMap<CheckId, u32>) {
        (self.all, self.not_applying)
    }
}

fn does_not_apply(finding: &Finding) -> bool {
    finding.outcome == FindingOutcome::Skip && !finding.is_unjudged()
}
