//! What came of one play: which checks failed where, which passed, and what could not be judged.

use counterpart_engine::{Judged, Sink};
use counterpart_evidence::{CheckId, Event, Finding, FindingOutcome, RequirementId, ScenarioId, Verdict};
use counterpart_plan::without_variant;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

/// What came of one play.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Checks that failed, each with the scenarios and the first message of each.
    pub(crate) failed: BTreeMap<String, BTreeMap<String, String>>,
    /// Checks that passed.
    pub(crate) passed: BTreeSet<String>,
    /// Scenarios that did not come through, with the reason.
    pub(crate) stopped: BTreeMap<String, String>,
    /// How many exchanges were judged.
    pub(crate) exchanges: usize,
}

impl Outcome {
    /// Tells whether everything held and came through.
    pub(crate) fn is_clean(&self) -> bool {
        self.failed.is_empty() && self.stopped.is_empty()
    }

    /// Gives the checks that failed.
    pub(crate) fn checks(&self) -> BTreeSet<String> {
        self.failed.keys().cloned().collect()
    }

    /// Adds what came of another play.
    pub(crate) fn add(&mut self, other: Self) {
        for (check, scenarios) in other.failed {
            self.failed.entry(check).or_default().extend(scenarios);
        }
        self.passed.extend(other.passed);
        self.stopped.extend(other.stopped);
        self.exchanges += other.exchanges;
    }
}

/// Tallies the events of one play.
#[derive(Default)]
pub(super) struct Tally(Mutex<Outcome>);

impl Tally {
    pub(super) fn take(&self) -> Outcome {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn stop(&self, scenario: &str, reason: String) {
        let mut outcome = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        outcome.stopped.entry(scenario.to_owned()).or_insert(reason);
    }

    fn add(&self, scenario: Option<&ScenarioId>, findings: &[Finding], passed: &[(CheckId, RequirementId)]) {
        let scenario = scenario.map_or("no scenario", ScenarioId::as_str);
        for finding in findings {
            match finding.outcome {
                FindingOutcome::Fail => {
                    let check = without_variant(finding.check.as_str());
                    let mut outcome = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                    let scenarios = outcome.failed.entry(check).or_default();
                    scenarios.entry(scenario.to_owned()).or_insert_with(|| finding.message.clone());
                }
                FindingOutcome::Error => self.stop(scenario, format!("{}: {}", finding.check, finding.message)),
                FindingOutcome::Skip if finding.is_unjudged() => {
                    self.stop(scenario, format!("{}: {}", finding.check, finding.message))
                }
                FindingOutcome::Pass | FindingOutcome::Skip => {}
            }
        }
        let mut outcome = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        outcome.passed.extend(passed.iter().map(|(check, _)| without_variant(check.as_str())));
    }
}

impl Sink for Tally {
    fn exchange(&self, judged: Judged<'_>, _: u64) {
        self.add(judged.belonging.scenario.as_ref(), &judged.findings, &judged.passed);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).exchanges += 1;
    }

    fn event(&self, event: Event, _: u64) {
        match event {
            Event::Judged { scenario, findings, passed, .. } => self.add(Some(&scenario), &findings, &passed),
            Event::StepEnded { scenario, verdict: Some(verdict), reason, .. } if verdict != Verdict::NotRun => {
                self.stop(scenario.as_str(), format!("{verdict}: {}", reason.unwrap_or_default()));
            }
            Event::Note { scenario, text } if text.starts_with("could not") => {
                self.stop(scenario.as_ref().map_or("no scenario", ScenarioId::as_str), text);
            }
            _ => {}
        }
    }

    fn broken(&self) -> Option<String> {
        None
    }
}
