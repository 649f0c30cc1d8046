//! What a person at the terminal sees while a run goes on: each request that comes, how many did, what goes wrong on purpose, and how each
//! scenario ended.

use counterpart_evidence::{
    Direction, Event, ExchangeRecord, Fate, Finding, FindingEffect, FindingOutcome, ScenarioId, Span, Stamped, Verdict,
};
use indicatif::ProgressBar;
use std::collections::{BTreeMap, BTreeSet};

/// The scenarios under way, with what speaks against each.
#[derive(Debug, Default)]
pub(crate) struct Live {
    against: BTreeMap<ScenarioId, BTreeSet<String>>,
    came: BTreeMap<ScenarioId, Came>,
}

/// How many requests came, and what became of them.
#[derive(Debug, Default)]
struct Came {
    all: u64,
    taken: u64,
    refused: u64,
    unanswered: u64,
}

impl Came {
    fn add(&mut self, exchange: &ExchangeRecord) {
        self.all += 1;
        match Fate::of(exchange) {
            Fate::Taken => self.taken += 1,
            Fate::Other => {}
            Fate::Refused => self.refused += 1,
            Fate::Lost => self.unanswered += 1,
        }
    }

    fn words(&self, scenario: &ScenarioId) -> String {
        let Self { all, taken, refused, unanswered } = self;
        format!("{scenario}: {all} came, {taken} taken, {refused} refused, {unanswered} without an answer")
    }
}

impl Live {
    /// Shows what an event means for whoever watches; `line` is the event as it was recorded, secrets masked.
    pub(crate) fn show(&mut self, line: &[u8], progress: &ProgressBar) {
        let Ok(Stamped { event, .. }) = serde_json::from_slice(line) else { return };
        if let Event::Exchange { exchange, .. } = &event
            && let Some(told) = self.count(exchange)
        {
            progress.set_message(told);
        }
        if let Some(text) = self.words(event) {
            progress.suspend(|| crate::console::talk(&text));
        }
    }

    /// Counts a request that came for a scenario; gives the counts in words.
    fn count(&mut self, exchange: &ExchangeRecord) -> Option<String> {
        let scenario = exchange.scenario.as_ref().filter(|_| exchange.direction == Direction::Inbound)?;
        let came = self.came.entry(scenario.clone()).or_default();
        came.add(exchange);
        Some(came.words(scenario))
    }

    fn words(&mut self, event: Event) -> Option<String> {
        match event {
            Event::Disturbed { spans, .. } => Some(spans.iter().map(disturbed).collect::<Vec<_>>().join("\n")),
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
                self.came.remove(&scenario);
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

/// What goes wrong on purpose, and for how long.
fn disturbed(span: &Span) -> String {
    let endpoint = span.endpoint.as_deref().unwrap_or("every endpoint");
    let seconds = |us: u64| us / 1_000_000;
    match span.to_us {
        Some(to) => format!("    !! {endpoint} {} ({} s to {} s of the run)", span.what, seconds(span.from_us), seconds(to)),
        None => format!("    !! {endpoint} {} (from {} s of the run)", span.what, seconds(span.from_us)),
    }
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
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::Live;
    use counterpart_evidence::{Event, ScenarioId, Verdict};

    #[test]
    fn requests_are_counted_by_what_became_of_them() {
        let mut live = Live::default();
        let exchange = |outcome: &str, effect: &str| -> counterpart_evidence::ExchangeRecord {
            let of = serde_json::json!({
                "id": 1, "scenario": "lamp/a", "direction": "inbound", "endpoint": "lamp", "started-us": 0, "outcome": outcome,
                "connection": { "id": 1, "local": "", "peer": "", "reused": false, "tls": null },
                "timing": { "connect-us": null, "tls-us": null, "first-byte-us": null, "total-us": 1 }, "effect": effect,
            });
            serde_json::from_value(of).unwrap()
        };
        live.count(&exchange("answered", "stored"));
        live.count(&exchange("closed", "lost"));
        let told = live.count(&exchange("answered", "refused")).unwrap();
        assert_eq!(told, "lamp/a: 3 came, 1 taken, 1 refused, 1 without an answer");
    }

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
