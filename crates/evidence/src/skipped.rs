//! Checks that did not apply, told together where they share a reason.

use crate::{Basis, CheckId, ExchangeId, Finding, FindingEffect, FindingOutcome, Level, RequirementId};
use serde::{Deserialize, Serialize};

/// Checks that did not apply for one reason.
///
/// Of a stub's many checks most do not apply to most of its exchanges, so that a finding for each would be most of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Why they did not apply, one sentence.
    pub reason: String,
    /// Level in force of them all.
    pub level: Level,
    /// Basis of them all.
    pub basis: Basis,
    /// The checks, with their requirements.
    pub checks: Vec<(CheckId, RequirementId)>,
}

impl Skipped {
    /// Gives a finding for each of the checks.
    pub fn into_findings(self, exchange: Option<ExchangeId>) -> impl Iterator<Item = Finding> {
        let Self { reason, level, basis, checks } = self;
        checks.into_iter().map(move |(check, requirement)| Finding {
            check,
            requirement,
            level,
            basis,
            outcome: FindingOutcome::Skip,
            effect: FindingEffect::None,
            cause: None,
            message: reason.clone(),
            expected: Vec::new(),
            actual: None,
            place: None,
            // There is nothing to change where a check did not apply.
            hint: None,
            exchange,
            gaps: Vec::new(),
        })
    }
}

/// Adds a check to those that were skipped for the same reason.
pub fn add_skipped(all: &mut Vec<Skipped>, reason: &str, (level, basis): (Level, Basis), check: (CheckId, RequirementId)) {
    let same = |known: &&mut Skipped| known.reason == reason && known.level == level && known.basis == basis;
    match all.iter_mut().rev().find(same) {
        Some(known) => known.checks.push(check),
        None => all.push(Skipped { reason: reason.to_owned(), level, basis, checks: vec![check] }),
    }
}

#[cfg(test)]
mod tests {
    use super::{Skipped, add_skipped};
    use crate::{Basis, CheckId, ExchangeId, FindingOutcome, Level, RequirementId};

    #[test]
    fn checks_are_told_together_by_reason_level_and_basis() {
        let mut all: Vec<Skipped> = Vec::new();
        let force = (Level::Must, Basis::Published);
        for (check, reason, force) in [
            ("a", "a GET", force),
            ("b", "no body", force),
            ("c", "a GET", force),
            ("d", "a GET", (Level::May, Basis::Published)),
        ] {
            add_skipped(&mut all, reason, force, (CheckId::new(check), RequirementId::new("R1")));
        }
        let told: Vec<Vec<&str>> = all.iter().map(|one| one.checks.iter().map(|(check, _)| check.as_str()).collect()).collect();
        assert_eq!(told, [vec!["a", "c"], vec!["b"], vec!["d"]]);
        let findings: Vec<_> = all.remove(0).into_findings(Some(ExchangeId(7))).collect();
        assert_eq!(findings.len(), 2);
        let last =
            findings.last().map(|finding| (finding.check.as_str(), finding.outcome, finding.message.as_str(), finding.exchange));
        assert_eq!(last, Some(("c", FindingOutcome::Skip, "a GET", Some(ExchangeId(7)))));
    }
}
