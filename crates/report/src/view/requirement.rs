//! The table of requirements and what of the pack this run covered.

use super::failure::Groups;
use super::finding::{Link, exchange_link, scenario_link};
use super::index::Index;
use crate::limits::{EVIDENCE_LINKS_MAX, LINKS_MAX};
use crate::text;
use counterpart_evidence::{Basis, FindingOutcome, Level, RequirementRecord, RunRecord, Verdict};
use serde::Serialize;

/// A row of the table.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    anchor: String,
    id: String,
    level: &'static str,
    basis: &'static str,
    assumed: bool,
    text: Vec<text::Word>,
    source: String,
    claimed: &'static str,
    scenarios: Vec<Link>,
    scenarios_left: Option<String>,
    passed: u32,
    failed: u32,
    skipped: u32,
    verdict: &'static str,
    reason: Option<Vec<text::Word>>,
    untestable: Option<Vec<text::Word>>,
    attested: bool,
    evidence: Vec<Link>,
}

/// A row of the coverage table.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Coverage {
    name: &'static str,
    total: usize,
    covered: usize,
    judged: usize,
    held: usize,
    broken: usize,
    untestable: usize,
    open: usize,
}

/// Makes the rows.
pub(crate) fn rows(groups: &Groups<'_>, index: &Index<'_>) -> Vec<Row> {
    index.record.requirements.iter().map(|record| row(record, groups, index)).collect()
}

fn row(record: &RequirementRecord, groups: &Groups<'_>, index: &Index<'_>) -> Row {
    let requirement = &record.requirement;
    let left = record.scenarios.len().saturating_sub(LINKS_MAX) as u64;
    Row {
        anchor: index.requirement_anchor(requirement.id.as_str()).unwrap_or_default(),
        id: text::line(requirement.id.as_str()),
        level: requirement.level.name(),
        basis: requirement.basis.name(),
        assumed: requirement.basis == Basis::Assumed,
        text: text::words(&requirement.text),
        source: text::line(&requirement.source),
        claimed: match record.claimed {
            None => "not asked",
            Some(true) => "yes",
            Some(false) => "no",
        },
        scenarios: record.scenarios.iter().take(LINKS_MAX).filter_map(|id| scenario_link(id.as_str(), index)).collect(),
        scenarios_left: (left > 0).then(|| format!("and {} more", text::count(left))),
        passed: record.passed,
        failed: record.failed,
        skipped: record.skipped,
        verdict: record.verdict.name(),
        reason: record.reason.as_deref().map(text::words),
        untestable: requirement.untestable.as_deref().map(text::words),
        attested: record.by.is_some(),
        evidence: evidence(record, groups, index),
    }
}

/// Links to the cards and exchanges where it did not hold, each once; else to the steps that show that it did.
fn evidence(record: &RequirementRecord, groups: &Groups<'_>, index: &Index<'_>) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    let mut add = |link: Link| {
        if links.len() < EVIDENCE_LINKS_MAX && links.iter().all(|known| known.anchor != link.anchor) {
            links.push(link);
        }
    };
    let failed = || {
        let of_it = index.findings.iter().filter(|located| located.finding.requirement == record.requirement.id);
        of_it.filter(|located| located.finding.outcome == FindingOutcome::Fail).map(|located| located.finding)
    };
    for anchor in failed().filter_map(|finding| groups.card_of(finding)) {
        add(Link { anchor: anchor.to_owned(), text: anchor.replace('-', " ") });
    }
    failed().filter_map(|finding| finding.exchange).for_each(|id| add(exchange_link(id)));
    if links.is_empty() && record.passed > 0 {
        let first = record.scenarios.iter().find_map(|id| index.scenario_anchor(id.as_str()));
        links.extend(first.map(|anchor| Link { anchor, text: "steps and exchanges".to_owned() }));
    }
    links
}

/// Counts coverage by level, must first, then the sum.
pub(crate) fn coverage(record: &RunRecord) -> Vec<Coverage> {
    let mut rows: Vec<Coverage> = [(Level::Must, "must"), (Level::Should, "should"), (Level::May, "may")]
        .into_iter()
        .map(|(level, name)| count(record.requirements.iter().filter(|row| row.requirement.level == level), name))
        .filter(|row| row.total > 0)
        .collect();
    rows.push(count(record.requirements.iter(), "all"));
    rows
}

fn count<'a>(rows: impl Iterator<Item = &'a RequirementRecord>, name: &'static str) -> Coverage {
    let mut out = Coverage { name, ..Coverage::default() };
    for row in rows {
        let judged = row.passed + row.failed > 0;
        out.total += 1;
        out.covered += usize::from(!row.scenarios.is_empty());
        out.judged += usize::from(judged);
        out.held += usize::from(row.verdict == Verdict::Pass);
        out.broken += usize::from(row.failed > 0);
        out.untestable += usize::from(row.requirement.untestable.is_some());
        out.open += usize::from(!judged && row.requirement.untestable.is_none());
    }
    out
}
