//! What did not pass, worst first: failures, what could not be judged, warnings, what is left to a person.

use super::finding::{Card, Link, Replay, card, replay, scenario_link};
use super::index::{Index, Located};
use crate::bodies::Bodies;
use crate::limits::{FAILURES_MAX, GLANCE_MAX, WARNINGS_MAX};
use crate::text;
use counterpart_evidence::{Cause, Finding, ScenarioRecord, Verdict};
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};

/// A scenario that was not judged.
#[derive(Debug, Serialize)]
pub(crate) struct Open {
    scenario: Link,
    title: String,
    verdict: &'static str,
    cause: Option<&'static str>,
    reason: Vec<text::Word>,
    replay: Option<Replay>,
}

/// A requirement that did not hold, in one line beside the verdict.
#[derive(Debug, Serialize)]
pub(crate) struct First {
    anchor: String,
    requirement: String,
    text: Vec<text::Word>,
    source: Option<String>,
    count: String,
}

/// Requirements beside the verdict.
#[derive(Debug, Serialize)]
pub(crate) struct Glance {
    first: Vec<First>,
    more: Option<String>,
}

/// All that did not pass.
#[derive(Debug, Serialize)]
pub(crate) struct Failures {
    count: usize,
    glance: Glance,
    glance_warned: Glance,
    failed: Vec<Card>,
    failed_left: Option<String>,
    warned: Vec<Card>,
    warned_left: Option<String>,
    open: Vec<Open>,
    review: Vec<Open>,
    none: bool,
}

/// The findings of one check, and where its card stands.
struct Group<'a> {
    anchor: String,
    located: Vec<Located<'a>>,
}

/// Failures and warnings, gathered by check: one card for each, however often the check failed.
pub(crate) struct Groups<'a> {
    failed: Vec<Group<'a>>,
    warned: Vec<Group<'a>>,
    failed_anchors: HashMap<&'a str, String>,
    warned_anchors: HashMap<&'a str, String>,
}

impl<'a> Groups<'a> {
    /// Gathers what did not pass.
    pub(crate) fn new(index: &Index<'a>) -> Self {
        let failed = gather("failure", index, Located::is_failure);
        let warned = gather("warning", index, Located::is_warning);
        let (failed_anchors, warned_anchors) = (anchors(&failed, FAILURES_MAX), anchors(&warned, WARNINGS_MAX));
        Self { failed, warned, failed_anchors, warned_anchors }
    }

    /// Gives the anchor of the card that holds a finding's rule, where there is one.
    pub(crate) fn card_of(&self, finding: &Finding) -> Option<&str> {
        let anchors = match super::finding::mark(finding) {
            "fail" => &self.failed_anchors,
            "warning" => &self.warned_anchors,
            _ => return None,
        };
        anchors.get(finding.check.as_str()).map(String::as_str)
    }
}

fn anchors<'a>(groups: &[Group<'a>], cards_max: usize) -> HashMap<&'a str, String> {
    let named = |group: &Group<'a>| Some((group.located.first()?.finding.check.as_str(), group.anchor.clone()));
    groups.iter().take(cards_max).filter_map(named).collect()
}

/// Gathers findings by check, the checks of one requirement beside each other, in the order in which they first failed.
fn gather<'a>(kind: &str, index: &Index<'a>, wanted: fn(&Located<'a>) -> bool) -> Vec<Group<'a>> {
    let mut groups: Vec<Vec<Located<'a>>> = Vec::new();
    let mut places = HashMap::new();
    let mut requirements = HashMap::new();
    for located in index.findings.iter().filter(|located| wanted(located)) {
        let next = requirements.len();
        requirements.entry(located.finding.requirement.as_str()).or_insert(next);
        let place = *places.entry(located.finding.check.as_str()).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(place) {
            group.push(*located);
        }
    }
    groups.sort_by_key(|group| group.first().and_then(|located| requirements.get(located.finding.requirement.as_str())).copied());
    let named = |(number, located)| Group { anchor: format!("{kind}-{}", number + 1), located };
    groups.into_iter().enumerate().map(named).collect()
}

/// Makes the view of everything that did not pass.
pub(crate) fn failures(groups: &Groups<'_>, index: &Index<'_>, bodies: &dyn Bodies) -> Failures {
    let (failed, failed_left) = cards(&groups.failed, FAILURES_MAX, index, bodies);
    let (warned, warned_left) = cards(&groups.warned, WARNINGS_MAX, index, bodies);
    let mut open = Vec::new();
    for verdict in [Verdict::Error, Verdict::Inconclusive, Verdict::NotRun] {
        open.extend(scenarios_of(verdict, index));
    }
    let review: Vec<Open> = scenarios_of(Verdict::Review, index).collect();
    Failures {
        count: groups.failed.len(),
        glance: glance(&groups.failed, index),
        glance_warned: glance(&groups.warned, index),
        none: failed.is_empty() && open.is_empty() && review.is_empty() && warned.is_empty(),
        failed,
        failed_left,
        warned,
        warned_left,
        open,
        review,
    }
}

fn scenarios_of<'a>(verdict: Verdict, index: &'a Index<'_>) -> impl Iterator<Item = Open> + 'a {
    index.record.scenarios.iter().filter(move |scenario| scenario.verdict == verdict).filter_map(|one| open(one, index))
}

fn open(scenario: &ScenarioRecord, index: &Index<'_>) -> Option<Open> {
    Some(Open {
        scenario: scenario_link(scenario.id.as_str(), index)?,
        title: text::line(&scenario.title),
        verdict: scenario.verdict.name(),
        cause: scenario.cause.map(Cause::name),
        reason: text::words(scenario.reason.as_deref().unwrap_or("see its steps")),
        replay: replay(scenario),
    })
}

/// Says in a line for each requirement what did not hold, and how often.
fn glance(groups: &[Group<'_>], index: &Index<'_>) -> Glance {
    let mut all: Vec<Vec<&Group<'_>>> = Vec::new();
    for group in groups {
        let of = |group: &Group<'_>| group.located.first().map(|located| located.finding.requirement.as_str().to_owned());
        match all.last_mut().filter(|last| last.first().is_some_and(|first| of(first) == of(group))) {
            Some(last) => last.push(group),
            None => all.push(vec![group]),
        }
    }
    let first = all.iter().take(GLANCE_MAX).filter_map(|groups| {
        let first = groups.first()?;
        let finding = first.located.first()?.finding;
        let row = index.requirement(finding.requirement.as_str()).map(|row| &row.requirement);
        let located = || groups.iter().flat_map(|group| &group.located);
        let scenarios: BTreeSet<&str> = located().filter_map(|one| one.scenario).map(|scenario| scenario.id.as_str()).collect();
        let count = match scenarios.len() as u64 {
            0 => text::counted(located().count() as u64, "place"),
            scenarios => {
                format!("{} in {}", text::counted(located().count() as u64, "place"), text::counted(scenarios, "scenario"))
            }
        };
        Some(First {
            anchor: first.anchor.clone(),
            requirement: text::line(finding.requirement.as_str()),
            text: text::words(row.map_or(finding.message.as_str(), |row| &row.text)),
            source: row.map(|row| text::line(&row.source)),
            count,
        })
    });
    Glance { first: first.collect(), more: super::head::more(all.len()) }
}

fn cards(groups: &[Group<'_>], cards_max: usize, index: &Index<'_>, bodies: &dyn Bodies) -> (Vec<Card>, Option<String>) {
    let shown = groups.iter().take(cards_max);
    let cards = shown.filter_map(|group| card(group.anchor.clone(), &group.located, index, bodies)).collect();
    let left = groups.len().saturating_sub(cards_max) as u64;
    (
        cards,
        (left > 0).then(|| format!("{} not shown here; each stands at its scenario below", text::counted(left, "more check"))),
    )
}
