//! A scenario with its attempts, steps, findings, diagram and charts.

use super::chart::{self, Histogram};
use super::failure::Groups;
use super::finding::{Brief, Link, Replay, Rule, brief, does_not_apply, replay, rule};
use super::index::{Index, exchange_anchor};
use super::sequence::{Sequence, sequence};
use super::timeline::{Timeline, timeline};
use crate::limits::{FINDINGS_MAX, LINKS_MAX, STEPS_MAX};
use crate::text;
use counterpart_evidence::{Attempt, Cause, ExchangeRecord, Finding, ScenarioRecord, StepRecord, Verdict};
use serde::Serialize;

/// A step.
#[derive(Debug, Serialize)]
pub(crate) struct Step {
    index: u32,
    kind: String,
    title: Vec<text::Word>,
    phase: String,
    verdict: &'static str,
    moment: String,
    took: String,
    reason: Option<String>,
    passed: u64,
    exchanges: Vec<Link>,
    exchanges_left: Option<String>,
    /// Whether a finding is listed.
    heard: bool,
    findings: Vec<Rule>,
    briefs: Vec<Brief>,
    skipped: Vec<Brief>,
    skipped_count: Option<String>,
    findings_left: Option<String>,
}

/// An attempt.
#[derive(Debug, Serialize)]
pub(crate) struct AttemptView {
    /// Its scenario.
    scenario: String,
    /// Whether it is one of several.
    retried: bool,
    number: u32,
    verdict: &'static str,
    took: String,
    last: bool,
    steps: Vec<Step>,
    steps_left: Option<String>,
    sequence: Option<Sequence>,
    timeline: Option<Timeline>,
    histogram: Option<Histogram>,
}

/// A scenario.
#[derive(Debug, Serialize)]
pub(crate) struct Scenario {
    anchor: String,
    id: String,
    title: String,
    purpose: String,
    role: &'static str,
    verdict: &'static str,
    open: bool,
    /// Whether paper may leave it closed.
    quiet: bool,
    flaky: bool,
    cause: Option<&'static str>,
    reason: Option<Vec<text::Word>>,
    file: String,
    tags: Option<String>,
    replay: Option<Replay>,
    covers: Vec<Link>,
    covers_unknown: Option<String>,
    attempts: Vec<AttemptView>,
}

/// Makes the view of a scenario.
pub(crate) fn scenario(record: &ScenarioRecord, groups: &Groups<'_>, index: &Index<'_>) -> Scenario {
    let anchor = index.scenario_anchor(record.id.as_str()).unwrap_or_default();
    let link = |id: &counterpart_evidence::RequirementId| {
        Some(Link { anchor: index.requirement_anchor(id.as_str())?, text: text::line(id.as_str()) })
    };
    let unknown: Vec<&str> = record
        .covers
        .iter()
        .map(counterpart_evidence::RequirementId::as_str)
        .filter(|id| index.requirement(id).is_none())
        .collect();
    let last = record.attempts.len();
    Scenario {
        id: text::line(record.id.as_str()),
        title: text::line(&record.title),
        purpose: text::line(&record.purpose),
        role: record.role.name(),
        verdict: record.verdict.name(),
        open: matches!(record.verdict, Verdict::Fail | Verdict::Error),
        quiet: !matches!(record.verdict, Verdict::Error | Verdict::Fail | Verdict::Inconclusive | Verdict::Warning),
        flaky: record.flaky,
        cause: record.cause.map(Cause::name),
        reason: record.reason.as_deref().map(text::words),
        file: text::line(&record.file),
        tags: (!record.tags.is_empty()).then(|| text::line(&record.tags.join(", "))),
        replay: replay(record),
        covers: record.covers.iter().filter_map(link).collect(),
        covers_unknown: (!unknown.is_empty()).then(|| text::line(&unknown.join(", "))),
        attempts: record
            .attempts
            .iter()
            .enumerate()
            .map(|(at, one)| attempt(one, &Around { last: at + 1 == last, anchor: &anchor, scenario: record, groups, index }))
            .collect(),
        anchor,
    }
}

/// What an attempt is shown among.
struct Around<'a> {
    last: bool,
    anchor: &'a str,
    scenario: &'a ScenarioRecord,
    groups: &'a Groups<'a>,
    index: &'a Index<'a>,
}

fn attempt(record: &Attempt, around: &Around<'_>) -> AttemptView {
    let Around { last, anchor, scenario, index, .. } = *around;
    let ids = record.steps.iter().flat_map(|step| &step.exchanges);
    let mut exchanges: Vec<&ExchangeRecord> = ids.filter_map(|id| index.exchange(*id)).collect();
    exchanges.sort_by_key(|exchange| exchange.id);
    exchanges.dedup_by_key(|exchange| exchange.id);
    let id = |kind: &str| format!("{anchor}-{}-{kind}", record.attempt);
    let left = record.steps.len().saturating_sub(STEPS_MAX) as u64;
    AttemptView {
        scenario: text::line(scenario.id.as_str()),
        retried: scenario.attempts.len() > 1,
        number: record.attempt,
        verdict: record.verdict.name(),
        took: text::duration(record.duration_us),
        last,
        steps: record.steps.iter().take(STEPS_MAX).map(|one| step(one, around)).collect(),
        steps_left: (left > 0).then(|| format!("{} not listed", text::counted(left, "more step"))),
        sequence: sequence(id("sequence"), record, scenario.role, index),
        timeline: timeline(id("timeline"), record, &exchanges),
        histogram: chart::histogram(id("durations"), &exchanges),
    }
}

fn step(record: &StepRecord, around: &Around<'_>) -> Step {
    let exchanges_left = record.exchanges.len().saturating_sub(LINKS_MAX) as u64;
    let skips = |finding: &&Finding| does_not_apply(finding);
    let skipped: Vec<&Finding> = record.findings.iter().filter(skips).collect();
    let listed: Vec<&Finding> = record.findings.iter().filter(|finding| !skips(finding)).take(FINDINGS_MAX).collect();
    let findings_left =
        (record.findings.len() - skipped.len()).saturating_sub(FINDINGS_MAX) + skipped.len().saturating_sub(FINDINGS_MAX);
    // An earlier attempt counts no more, so it has no card that could stand for it.
    let card_of = |finding: &Finding| around.groups.card_of(finding).filter(|_| around.last);
    let (briefs, findings): (Vec<&Finding>, Vec<&Finding>) = listed.iter().partition(|finding| card_of(finding).is_some());
    let reason = match (record.cause, record.reason.as_deref()) {
        (Some(cause), Some(reason)) => Some(format!("{} (cause: {})", text::line(reason), cause.name())),
        (Some(cause), None) => Some(format!("cause: {}", cause.name())),
        (None, reason) => reason.map(text::line),
    };
    Step {
        index: record.index,
        kind: text::line(&record.kind),
        title: text::words(&record.title),
        phase: text::line(&record.phase),
        verdict: record.verdict.name(),
        moment: text::moment(record.started_us),
        took: text::duration(record.duration_us),
        reason,
        passed: record.passed.values().map(|count| u64::from(*count)).sum(),
        exchanges: record
            .exchanges
            .iter()
            .take(LINKS_MAX)
            .map(|id| Link { anchor: exchange_anchor(*id), text: id.to_string() })
            .collect(),
        exchanges_left: (exchanges_left > 0).then(|| format!("and {} more", text::count(exchanges_left))),
        heard: !record.findings.is_empty(),
        findings: findings.into_iter().map(|finding| rule(finding, around.index)).collect(),
        briefs: briefs.into_iter().map(|finding| brief(finding, around.index, card_of(finding))).collect(),
        skipped_count: super::finding::skipped_count(skipped.len()),
        skipped: skipped.into_iter().take(FINDINGS_MAX).map(|finding| brief(finding, around.index, None)).collect(),
        findings_left: (findings_left > 0)
            .then(|| format!("{} not listed; the run record holds all", text::counted(findings_left as u64, "more finding"))),
    }
}
