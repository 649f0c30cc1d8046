//! The conformance statement held against what was seen (ISO/IEC 9646-7: static conformance review).

use crate::{ClaimRecord, RequirementRecord, ScenarioId, ScenarioRecord, Verdict};
use std::collections::BTreeMap;

/// Fills `exercised` and `remark` of every claim.
pub(crate) fn review(
    claims: Vec<ClaimRecord>,
    exercises: &BTreeMap<ScenarioId, Vec<String>>,
    scenarios: &[ScenarioRecord],
    requirements: &[RequirementRecord],
) -> Vec<ClaimRecord> {
    let played = |scenario: &&ScenarioRecord| {
        let left_out = matches!(scenario.verdict, Verdict::Skipped | Verdict::NotRun | Verdict::NotApplicable | Verdict::Review);
        !scenario.attempts.is_empty() && !left_out
    };
    let exercised: Vec<&String> =
        scenarios.iter().filter(played).filter_map(|scenario| exercises.get(&scenario.id)).flatten().collect();
    claims
        .into_iter()
        .map(|mut claim| {
            claim.exercised |= exercised.contains(&&claim.id);
            let hangs_on_it = |requirement: &&RequirementRecord| requirement.requirement.claim.as_ref() == Some(&claim.id);
            let checked = |requirement: &RequirementRecord| requirement.passed + requirement.failed > 0;
            let seen = claim.exercised || requirements.iter().filter(hangs_on_it).any(checked);
            claim.remark = remark(&claim, seen).map(str::to_owned);
            claim
        })
        .collect()
}

fn remark(claim: &ClaimRecord, seen: bool) -> Option<&'static str> {
    match (claim.claimed, seen) {
        (false, true) => Some("seen, but not claimed"),
        (false, false) if claim.status == "mandatory" => Some("mandatory, but answered no"),
        (true, _) if !claim.exercised => Some("claimed, but never exercised"),
        _ => None,
    }
}
