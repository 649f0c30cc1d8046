//! What a result does not say: everything that was not tested, with the reason.

use crate::limits::IDS_LISTED_MAX;
use crate::{ClaimRecord, Limit, RequirementId, RequirementRecord, ScenarioRecord, Verdict};
use std::collections::BTreeMap;

/// How a limit begins that leaves a requirement to a person.
const FOR_REVIEW: &str = "requirement for review: ";

impl Limit {
    /// Gives the requirement's id, where a requirement is left to a person.
    #[must_use]
    pub fn requirement_for_review(&self) -> Option<&str> {
        self.what.strip_prefix(FOR_REVIEW)?.split_once(": ").map(|(id, _)| id)
    }
}

/// Lists what was not tested, each thing once: scenarios by verdict and reason, requirements for a person, claims never
/// exercised.
pub(crate) fn limits_of(scenarios: &[ScenarioRecord], requirements: &[RequirementRecord], claims: &[ClaimRecord]) -> Vec<Limit> {
    let for_review =
        |id: &RequirementId| requirements.iter().any(|one| one.requirement.id == *id && one.verdict == Verdict::Review);
    let mut groups: BTreeMap<(u8, &str), (&str, Vec<&str>)> = BTreeMap::new();
    for scenario in scenarios {
        let (order, verdict) = match scenario.verdict {
            Verdict::Skipped => (0, "skipped"),
            Verdict::NotRun => (1, "not run"),
            // Where its requirements are listed below, each with its own reason, it would only say the same again.
            Verdict::Review if scenario.covers.is_empty() || !scenario.covers.iter().all(for_review) => (2, "for review"),
            _ => continue,
        };
        let reason = scenario.reason.as_deref().unwrap_or("no reason was given");
        let group = groups.entry((order, reason)).or_insert_with(|| (verdict, Vec::new()));
        group.1.push(scenario.id.as_str());
    }
    let of_scenarios = groups.into_iter().map(|((_, reason), (verdict, ids))| Limit {
        what: format!("{} {}: {}", count(ids.len(), "scenario"), verdict, list(&ids)),
        why: reason.to_owned(),
    });
    let reviews = requirements.iter().filter(|one| one.verdict == Verdict::Review).map(|one| Limit {
        what: format!("{FOR_REVIEW}{}: {}", one.requirement.id, one.requirement.text.trim_end_matches('.')),
        why: one.reason.clone().unwrap_or_else(|| "a person must attest it".to_owned()),
    });
    let unexercised = claims.iter().filter(|claim| claim.claimed && !claim.exercised).map(|claim| Limit {
        what: format!("claim never exercised: {}", claim.id),
        why: "no scenario that exercises it was played".to_owned(),
    });
    of_scenarios.chain(reviews).chain(unexercised).collect()
}

/// Writes a number with its noun.
pub(super) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Lists ids, the first of many.
pub(super) fn list(ids: &[&str]) -> String {
    let shown = ids.iter().take(IDS_LISTED_MAX).copied().collect::<Vec<_>>().join(", ");
    match ids.len().saturating_sub(IDS_LISTED_MAX) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
