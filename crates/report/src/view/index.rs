//! Finds things of a record by id, and gives each an anchor that a link can name.

use counterpart_evidence::{
    ExchangeId, ExchangeRecord, Finding, FindingEffect, FindingOutcome, RequirementRecord, RunRecord, ScenarioRecord,
};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A finding with where it was made.
#[derive(Clone, Copy)]
pub(crate) struct Located<'a> {
    /// The finding.
    pub(crate) finding: &'a Finding,
    /// The scenario; absent for an exchange that belongs to none.
    pub(crate) scenario: Option<&'a ScenarioRecord>,
    /// Whether a later attempt stands for the scenario now.
    pub(crate) superseded: bool,
}

impl Located<'_> {
    /// Tells whether it fails the system under test.
    pub(crate) fn is_failure(&self) -> bool {
        !self.superseded && self.finding.outcome == FindingOutcome::Fail && self.finding.effect == FindingEffect::Fail
    }

    /// Tells whether it warns.
    pub(crate) fn is_warning(&self) -> bool {
        !self.superseded && self.finding.outcome == FindingOutcome::Fail && self.finding.effect == FindingEffect::Warning
    }
}

/// Look-ups over one record.
pub(crate) struct Index<'a> {
    /// The record.
    pub(crate) record: &'a RunRecord,
    /// Every finding other than a pass, in order.
    pub(crate) findings: Vec<Located<'a>>,
    exchanges: HashMap<ExchangeId, &'a ExchangeRecord>,
    by_exchange: BTreeMap<ExchangeId, Vec<Located<'a>>>,
    requirements: HashMap<&'a str, (&'a RequirementRecord, String)>,
    scenarios: HashMap<&'a str, String>,
}

impl<'a> Index<'a> {
    /// Makes the look-ups.
    pub(crate) fn new(record: &'a RunRecord) -> Self {
        let findings = locate(record);
        let mut by_exchange: BTreeMap<ExchangeId, Vec<Located<'a>>> = BTreeMap::new();
        for located in &findings {
            if let Some(id) = located.finding.exchange {
                by_exchange.entry(id).or_default().push(*located);
            }
        }
        let mut taken = HashSet::new();
        let requirements = record
            .requirements
            .iter()
            .map(|row| (row.requirement.id.as_str(), (row, anchor("requirement", row.requirement.id.as_str(), &mut taken))))
            .collect();
        let scenarios = record
            .scenarios
            .iter()
            .map(|scenario| (scenario.id.as_str(), anchor("scenario", scenario.id.as_str(), &mut taken)))
            .collect();
        let exchanges = record.exchanges.iter().map(|exchange| (exchange.id, exchange)).collect();
        Self { record, findings, exchanges, by_exchange, requirements, scenarios }
    }

    /// Finds an exchange.
    pub(crate) fn exchange(&self, id: ExchangeId) -> Option<&'a ExchangeRecord> {
        self.exchanges.get(&id).copied()
    }

    /// Finds a requirement.
    pub(crate) fn requirement(&self, id: &str) -> Option<&'a RequirementRecord> {
        self.requirements.get(id).map(|(row, _)| *row)
    }

    /// Gives the anchor of a requirement.
    pub(crate) fn requirement_anchor(&self, id: &str) -> Option<String> {
        self.requirements.get(id).map(|(_, anchor)| anchor.clone())
    }

    /// Gives the anchor of a scenario.
    pub(crate) fn scenario_anchor(&self, id: &str) -> Option<String> {
        self.scenarios.get(id).cloned()
    }

    /// Gives the findings made in an exchange.
    pub(crate) fn findings_in(&self, id: ExchangeId) -> &[Located<'a>] {
        self.by_exchange.get(&id).map_or(&[], Vec::as_slice)
    }
}

fn locate(record: &RunRecord) -> Vec<Located<'_>> {
    let mut all = Vec::new();
    for scenario in &record.scenarios {
        let last = scenario.attempts.len();
        for (number, attempt) in scenario.attempts.iter().enumerate() {
            let superseded = number + 1 < last;
            let findings = attempt.steps.iter().flat_map(|step| &step.findings);
            all.extend(findings.map(|finding| Located { finding, scenario: Some(scenario), superseded }));
        }
    }
    all.extend(record.unexpected_findings.iter().map(|finding| Located { finding, scenario: None, superseded: false }));
    all
}

/// Gives the anchor of an exchange.
pub(crate) fn exchange_anchor(id: ExchangeId) -> String {
    format!("exchange-{id}")
}

/// Makes an anchor of an id: letters, digits, `.`, `_` and `-`; a number follows where two ids would share one.
pub(super) fn anchor(kind: &str, id: &str, taken: &mut HashSet<String>) -> String {
    let plain = |character: char| if character.is_ascii_alphanumeric() || "._-".contains(character) { character } else { '-' };
    let base = format!("{kind}-{}", id.chars().map(plain).collect::<String>());
    let mut name = base.clone();
    let mut number = 1;
    while !taken.insert(name.clone()) {
        number += 1;
        name = format!("{base}-{number}");
    }
    name
}

#[cfg(test)]
mod tests {
    use super::anchor;
    use std::collections::HashSet;

    #[test]
    fn ids_that_look_alike_get_anchors_of_their_own() {
        let mut taken = HashSet::new();
        assert_eq!(anchor("scenario", "a/b[1]", &mut taken), "scenario-a-b-1-");
        assert_eq!(anchor("scenario", "a-b[1]", &mut taken), "scenario-a-b-1--2");
    }
}
