//! What did not pass, worst first: failures, what could not be judged, warnings.

use super::finding::{Card, Link, card};
use super::index::{Index, Located};
use crate::bodies::Bodies;
use crate::limits::{FAILURES_MAX, GLANCE_MAX, WARNINGS_MAX};
use crate::text;
use counterpart_evidence::{Cause, Verdict};
use serde::Serialize;

/// A scenario that was not judged.
#[derive(Debug, Serialize)]
pub(crate) struct Open {
    scenario: Link,
    title: String,
    verdict: &'static str,
    cause: Option<&'static str>,
    reason: Vec<text::Word>,
    replay: String,
}

/// A failure in one line, beside the verdict.
#[derive(Debug, Serialize)]
pub(crate) struct First {
    anchor: String,
    message: Vec<text::Word>,
    requirement: String,
    source: String,
}

/// All that did not pass.
#[derive(Debug, Serialize)]
pub(crate) struct Failures {
    first: Vec<First>,
    more: Option<String>,
    failed: Vec<Card>,
    failed_left: Option<String>,
    warned: Vec<Card>,
    warned_left: Option<String>,
    open: Vec<Open>,
    none: bool,
}

/// Makes the view of everything that did not pass.
pub(crate) fn failures(index: &Index<'_>, bodies: &dyn Bodies) -> Failures {
    let (failed, failed_left) = cards("failure", FAILURES_MAX, index, bodies, |located| located.is_failure());
    let (warned, warned_left) = cards("warning", WARNINGS_MAX, index, bodies, |located| located.is_warning());
    let open: Vec<Open> = index
        .record
        .scenarios
        .iter()
        .filter(|scenario| matches!(scenario.verdict, Verdict::Error | Verdict::Inconclusive | Verdict::NotRun | Verdict::Review))
        .filter_map(|scenario| {
            Some(Open {
                scenario: Link { anchor: index.scenario_anchor(scenario.id.as_str())?, text: text::line(scenario.id.as_str()) },
                title: text::line(&scenario.title),
                verdict: scenario.verdict.name(),
                cause: scenario.cause.map(Cause::name),
                reason: text::words(scenario.reason.as_deref().unwrap_or("see its steps")),
                replay: text::line(&scenario.replay),
            })
        })
        .collect();
    let first = failed.iter().take(GLANCE_MAX).map(|card| First {
        anchor: card.anchor.clone(),
        message: card.rule.message.clone(),
        requirement: card.rule.requirement.clone(),
        source: card.rule.source.clone().unwrap_or_else(|| "not in the table".to_owned()),
    });
    Failures {
        first: first.collect(),
        more: super::head::more(failed.len()),
        none: failed.is_empty() && open.is_empty() && warned.is_empty(),
        failed,
        failed_left,
        warned,
        warned_left,
        open,
    }
}

/// Makes one card for each check and scenario, in the order in which they first failed.
fn cards(
    kind: &str,
    cards_max: usize,
    index: &Index<'_>,
    bodies: &dyn Bodies,
    wanted: fn(&Located<'_>) -> bool,
) -> (Vec<Card>, Option<String>) {
    let mut groups: Vec<Vec<Located<'_>>> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for located in index.findings.iter().filter(|located| wanted(located)) {
        let key = (located.scenario.map(|scenario| scenario.id.as_str()), located.finding.check.as_str());
        let place = *places.entry(key).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(place) {
            group.push(*located);
        }
    }
    let left = groups.len().saturating_sub(cards_max) as u64;
    let cards = groups
        .iter()
        .take(cards_max)
        .enumerate()
        .filter_map(|(number, group)| card(format!("{kind}-{}", number + 1), group, index, bodies))
        .collect();
    (cards, (left > 0).then(|| format!("{} not shown here; each stands at its scenario below", text::counted(left, "more card"))))
}
