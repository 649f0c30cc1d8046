//! Known findings: a pipeline fails on news only. The verdict of the report is never touched.

use crate::{CheckId, Finding, FindingEffect, RunRecord, ScenarioId};
use serde::{Deserialize, Serialize};

/// A finding that is known and will be mended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaselineEntry {
    /// The scenario in which it is found; absent for exchanges that belong to none.
    pub scenario: Option<ScenarioId>,
    /// The check.
    pub check: CheckId,
    /// Why it is borne.
    pub reason: String,
    /// Who sees to it.
    pub owner: String,
    /// Where it is tracked.
    pub issue: String,
    /// The last day on which it is borne, `YYYY-MM-DD`.
    pub expires: String,
}

/// A finding by its names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct KnownFinding {
    /// Scenario; absent where it belongs to none.
    pub scenario: Option<ScenarioId>,
    /// Check.
    pub check: CheckId,
    /// What is wrong, one sentence.
    pub message: String,
}

/// A run held against known findings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BaselineOutcome {
    /// Failed checks that no entry names.
    pub news: Vec<KnownFinding>,
    /// Failed checks that an entry in force names.
    pub known: Vec<KnownFinding>,
    /// Entries whose scenario was played and whose finding is gone.
    pub stale: Vec<BaselineEntry>,
    /// Entries whose day is past or is not a day.
    pub expired: Vec<BaselineEntry>,
}

impl BaselineOutcome {
    /// Tells whether nothing calls for attention: no news, no entry stale or expired.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.news.is_empty() && self.stale.is_empty() && self.expired.is_empty()
    }
}

/// Holds the failed checks of a run against known findings; `today` is `YYYY-MM-DD`.
///
/// An entry of a scenario that was not played is neither stale nor used: nothing is known of it. An expired entry bears
/// nothing, so that its finding is news again.
#[must_use]
pub fn apply(record: &RunRecord, entries: &[BaselineEntry], today: &str) -> BaselineOutcome {
    let failed = failed(record);
    let in_force = |entry: &&BaselineEntry| is_day(&entry.expires) && entry.expires.as_str() >= today;
    let names =
        |entry: &BaselineEntry, finding: &KnownFinding| entry.scenario == finding.scenario && entry.check == finding.check;
    let played = |entry: &&BaselineEntry| match &entry.scenario {
        None => true,
        Some(id) => record.scenarios.iter().any(|scenario| scenario.id == *id && !scenario.attempts.is_empty()),
    };
    let (known, news) =
        failed.iter().cloned().partition(|finding| entries.iter().filter(in_force).any(|entry| names(entry, finding)));
    let gone = |entry: &&BaselineEntry| !failed.iter().any(|finding| names(entry, finding));
    BaselineOutcome {
        news,
        known,
        stale: entries.iter().filter(in_force).filter(played).filter(gone).cloned().collect(),
        expired: entries.iter().filter(|entry| !in_force(entry)).cloned().collect(),
    }
}

/// Lists what fails the run, each scenario and check once.
fn failed(record: &RunRecord) -> Vec<KnownFinding> {
    let of = |scenario: Option<&ScenarioId>, finding: &Finding| {
        (finding.effect == FindingEffect::Fail).then(|| KnownFinding {
            scenario: scenario.cloned(),
            check: finding.check.clone(),
            message: finding.message.clone(),
        })
    };
    let mut failed: Vec<KnownFinding> = Vec::new();
    for scenario in &record.scenarios {
        let Some(last) = scenario.attempts.last() else { continue };
        failed.extend(last.steps.iter().flat_map(|step| &step.findings).filter_map(|finding| of(Some(&scenario.id), finding)));
    }
    failed.extend(record.unexpected_findings.iter().filter_map(|finding| of(None, finding)));
    failed.sort();
    failed.dedup_by(|left, right| left.scenario == right.scenario && left.check == right.check);
    failed
}

fn is_day(text: &str) -> bool {
    let digit_or_dash = |(at, byte): (usize, u8)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() };
    text.len() == 10 && text.bytes().enumerate().all(digit_or_dash)
}
