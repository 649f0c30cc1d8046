//! What a person at the terminal sees while a run goes on: each request that comes, and how each scenario ended.

use counterpart_evidence::{
    Direction, Event, ExchangeRecord, Finding, FindingEffect, FindingOutcome, ScenarioId, Stamped, Verdict,
};
use indicatif::ProgressBar;
use std::collections::{BTreeMap, BTreeSet};

/// The scenarios under way, with what speaks against each.
#[derive(Debug, Default)]
pub(crate) struct Live {
    against: BTreeMap<ScenarioId, BTreeSet<String>>,
}

impl Live {
    /// Shows what an event means for whoever watches; `line` is the event as it was recorded, secrets masked.
    pub(crate) fn show(&mut self, line: &[u8], progress: &ProgressBar) {
        let Ok(Stamped { event, .. }) = serde_json::from_slice(line) else { return };
        if let Some(text) = self.words(event) {
            progress.suspend(|| crate::console::talk(&text));
        }
    }

    fn words(&mut self, event: Event) -> Option<String> {
        match event {
            Event::Exchange { exchange, findings, passed, unmatched, .. } => {
                self.add(exchange.scenario.as_ref(), &findings);
                let is_theirs = exchange.direction == Direction::Inbound;
                is_theirs.then(|| came(&exchange, &findings, passed.len(), unmatched.is_some()))
            }
            Event::Judged { scenario, findings, .. } => {
                self.add(Some(&scenario), &findings);
                None
            }
            Event::StepEnded { scenario, verdict: Some(verdict), .. } if verdict != Verdict::Pass => {
                self.against.entry(scenario).or_default().insert(verdict.name().to_owned());
                None
            }
            Event::ScenarioEnded { scenario, .. } => {
                let against = self.against.remove(&scenario).unwrap_or_default();
                let words = against.into_iter().collect::<Vec<_>>().join(", ");
                Some(if words.is_empty() { format!("    ok {scenario}") } else { format!("not ok {scenario}: {words}") })
            }
            _ => None,
        }
    }

    fn add(&mut self, scenario: Option<&ScenarioId>, findings: &[Finding]) {
        let Some(scenario) = scenario else { return };
        let bad = findings.iter().filter(|finding| speaks_against(finding));
        let checks: Vec<String> = bad.map(|finding| finding.check.to_string()).collect();
        self.against.entry(scenario.clone()).or_default().extend(checks);
    }
}

/// Tells whether a finding fails the supplier, or could not be made.
fn speaks_against(finding: &Finding) -> bool {
    finding.effect == FindingEffect::Fail || finding.outcome == FindingOutcome::Error || finding.is_unjudged()
}

/// One request that came, with the answer it got and what was found.
fn came(exchange: &ExchangeRecord, findings: &[Finding], passed: usize, unmatched: bool) -> String {
    let request = exchange.request.as_ref();
    let what = request.map_or_else(
        || "a connection without a request".to_owned(),
        |request| format!("{} {}", request.method.as_deref().unwrap_or("?"), request.target.as_deref().unwrap_or("?")),
    );
    let status = exchange.response.as_ref().and_then(|response| response.status);
    let answer = status.map_or_else(|| exchange.outcome.name().to_owned(), |status| status.to_string());
    let mut text = format!("    <- {what}: {answer}, {passed} checks pass");
    if unmatched {
        text.push_str(", no rule takes it");
    }
    for finding in findings.iter().filter(|finding| speaks_against(finding)) {
        let word = finding.outcome.name().to_uppercase();
        text.push_str(&format!("\n       {word} {}: {}", finding.check, finding.message));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::Live;
    use counterpart_evidence::{Event, ScenarioId, Verdict};

    #[test]
    fn a_scenario_ends_with_what_speaks_against_it() {
        let mut live = Live::default();
        let scenario = ScenarioId::new("lamp/a");
        let ended = || Event::ScenarioEnded { scenario: ScenarioId::new("lamp/a"), attempt: 1 };
        assert_eq!(live.words(ended()).as_deref(), Some("    ok lamp/a"));
        let step =
            Event::StepEnded { scenario, attempt: 1, step: 1, verdict: Some(Verdict::Inconclusive), cause: None, reason: None };
        assert_eq!(live.words(step), None);
        assert_eq!(live.words(ended()).as_deref(), Some("not ok lamp/a: inconclusive"));
    }
}
