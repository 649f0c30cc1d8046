//! The authority's checklist, row by row: what the form asks, what the run says, what was seen, and where the evidence is.

use super::failure::Groups;
use super::finding::{Link, exchange_link, scenario_link};
use super::head::{self, Head};
use super::index::{Index, anchor};
use crate::limits::LINKS_MAX;
use crate::options::Options;
use crate::text;
use counterpart_evidence::{ChecklistPart, ChecklistRow, FindingEffect, PartKind, Role, RowVerdict, RunRecord};
use serde::Serialize;
use std::collections::HashSet;

/// A page of its own for the checklist.
#[derive(Debug, Serialize)]
pub(crate) struct ChecklistPage {
    style: &'static str,
    icons: &'static str,
    head: Head,
    title: String,
    source: Option<String>,
    /// Rows by what the run says, those that stand for nothing left out.
    counts: Vec<CountOf>,
    /// Sign of the worst row.
    worst: &'static str,
    lead: String,
    /// Rows about what this run tested.
    rows: Vec<Row>,
    /// Rows about the other side.
    others: Vec<Row>,
    other: &'static str,
}

/// How many rows a run says one thing to.
#[derive(Debug, Serialize)]
pub(crate) struct CountOf {
    mark: Mark,
    count: String,
}

/// What the run says, with the sign and the colour for it.
#[derive(Debug, Serialize)]
pub(crate) struct Mark {
    word: &'static str,
    sign: &'static str,
}

/// One row.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) text: String,
    pub(crate) cells: Vec<Cell>,
    mark: Mark,
    pub(crate) verdict: &'static str,
    pub(crate) wording: String,
    pub(crate) seen: String,
    seen_words: Vec<text::Word>,
    pub(crate) open: Vec<String>,
    open_words: Vec<Vec<text::Word>>,
    /// Requirements, checks and scenarios that it stands for, each kind together.
    pub(crate) stands_for: Vec<String>,
    pub(crate) evidence: Vec<Evidence>,
    anchor: String,
    attested: bool,
}

/// A value of a column of the pack.
#[derive(Debug, Serialize)]
pub(crate) struct Cell {
    title: String,
    pub(crate) text: String,
}

/// A place in the report.
#[derive(Debug, Serialize)]
pub(crate) struct Evidence {
    pub(crate) href: String,
    text: String,
}

/// The file of the run folder in which the evidence stands.
const REPORT: &str = "report.html";

/// Makes the page; without a checklist in the record it has no rows, and says so.
pub(crate) fn checklist(record: &RunRecord, options: &Options) -> ChecklistPage {
    let form = record.checklist.as_ref();
    let (own, others): (Vec<_>, Vec<_>) = both(record).partition(|(concerned, _)| *concerned);
    let counts = counts(record);
    let rows: Vec<Row> = own.into_iter().map(|(_, row)| row).collect();
    ChecklistPage {
        style: include_str!("../../../../reports/html/report.css"),
        icons: include_str!("../../../../reports/html/icons.svg"),
        head: head::head(record, options),
        title: form.map_or_else(|| "The pack declares no checklist".to_owned(), |form| text::line(&form.title)),
        source: form.and_then(|form| form.source.as_deref()).map(text::line),
        worst: counts.first().map_or("none", |count| count.mark.sign),
        counts,
        lead: lead(record),
        rows,
        others: others.into_iter().map(|(_, row)| row).collect(),
        other: match record.role {
            Role::Consumer => "a client",
            Role::Provider => "a server",
        },
    }
}

/// Gives the headings of the pack's own columns.
pub(crate) fn columns(record: &RunRecord) -> Vec<String> {
    record.checklist.iter().flat_map(|form| &form.columns).map(|column| text::line(&column.title)).collect()
}

/// Gives every row, in the form's order.
pub(crate) fn rows(record: &RunRecord) -> Vec<Row> {
    both(record).map(|(_, row)| row).collect()
}

/// Gives every row with whether it is about the side that this run tested.
fn both(record: &RunRecord) -> impl Iterator<Item = (bool, Row)> {
    let index = Index::new(record);
    let groups = Groups::new(&index);
    let mut taken = HashSet::new();
    let mut row = |row: &ChecklistRow| {
        let anchor = anchor("row", &row.item.id, &mut taken);
        (row.item.roles.contains(&record.role), one(row, anchor, &groups, &index))
    };
    let rows: Vec<_> = record.checklist.iter().flat_map(|form| &form.rows).map(&mut row).collect();
    rows.into_iter()
}

fn one(row: &ChecklistRow, anchor: String, groups: &Groups<'_>, index: &Index<'_>) -> Row {
    let item = &row.item;
    let columns = index.record.checklist.iter().flat_map(|form| &form.columns);
    Row {
        id: text::line(&item.id),
        text: text::line(&item.text),
        cells: columns
            .map(|column| Cell {
                title: text::line(&column.title),
                text: item.cells.get(&column.id).map(|cell| text::line(cell)).unwrap_or_default(),
            })
            .collect(),
        mark: mark(row.verdict),
        verdict: row.verdict.name(),
        wording: item.words.get(&row.verdict).map_or_else(|| wording(row.verdict).to_owned(), |words| text::line(words)),
        seen: text::line(&row.seen),
        seen_words: text::words(&row.seen),
        open: row.open.iter().map(|open| text::line(open)).collect(),
        open_words: row.open.iter().map(|open| text::words(open)).collect(),
        stands_for: stands_for(&item.parts),
        evidence: (evidence(row, groups, index).into_iter())
            .map(|link| Evidence { href: format!("{REPORT}#{}", link.anchor), text: link.text })
            .collect(),
        anchor,
        attested: row.attested.is_some(),
    }
}

fn stands_for(parts: &[ChecklistPart]) -> Vec<String> {
    let of_kind = |(kind, noun): (PartKind, &str)| {
        let ids: Vec<String> = parts.iter().filter(|part| part.kind == kind).map(|part| text::line(&part.id)).collect();
        let plural = if ids.len() == 1 { "" } else { "s" };
        (!ids.is_empty()).then(|| format!("{noun}{plural} {}", ids.join(", ")))
    };
    let kinds = [(PartKind::Requirement, "requirement"), (PartKind::Check, "check"), (PartKind::Scenario, "scenario")];
    kinds.into_iter().filter_map(of_kind).collect()
}

/// Says what the run says where the pack has no words of its own.
fn wording(verdict: RowVerdict) -> &'static str {
    match verdict {
        RowVerdict::Error => "Not judged: our side, the machine or the set-up broke.",
        RowVerdict::Fail => "Not met.",
        RowVerdict::Inconclusive => "Could not be judged.",
        RowVerdict::Integration => "Not shown here: left to the integration environment.",
        RowVerdict::NotApplicable => "Not applicable: the conformance statement says no.",
        RowVerdict::NotTested => "Not tested.",
        RowVerdict::Partial => "Shown in part only.",
        RowVerdict::Pass => "Met.",
        RowVerdict::Person => "Not shown here: left to a person.",
        RowVerdict::Warning => "Met, with a warning.",
    }
}

/// Gives the sign of a verdict: those that the report has too look the same here.
fn mark(verdict: RowVerdict) -> Mark {
    let sign = match verdict {
        RowVerdict::Integration | RowVerdict::Person => "review",
        RowVerdict::NotTested => "not-run",
        RowVerdict::Partial => "partial",
        other => other.name(),
    };
    Mark { word: verdict.name(), sign }
}

fn concerned(record: &RunRecord) -> impl Iterator<Item = &ChecklistRow> {
    let rows = record.checklist.iter().flat_map(|form| &form.rows);
    rows.filter(|row| row.item.roles.contains(&record.role))
}

fn counts(record: &RunRecord) -> Vec<CountOf> {
    use RowVerdict as V;
    // Worst first, as everywhere: what was met is what is left.
    let order = [
        V::Fail,
        V::Error,
        V::Inconclusive,
        V::Warning,
        V::Partial,
        V::NotTested,
        V::Person,
        V::Integration,
        V::NotApplicable,
        V::Pass,
    ];
    let count = |verdict: V| concerned(record).filter(|row| row.verdict == verdict).count() as u64;
    let all = order.into_iter().map(|verdict| (verdict, count(verdict))).filter(|(_, count)| *count > 0);
    all.map(|(verdict, count)| CountOf { mark: mark(verdict), count: text::count(count) }).collect()
}

fn lead(record: &RunRecord) -> String {
    let all = concerned(record).count() as u64;
    let met = concerned(record).filter(|row| row.verdict == RowVerdict::Pass).count() as u64;
    let attested = concerned(record).filter(|row| row.attested.is_some()).count() as u64;
    let by_person = if attested > 0 { format!(", {} of them by attestation", text::count(attested)) } else { String::new() };
    let tested = match record.role {
        Role::Consumer => "a server",
        Role::Provider => "a client",
    };
    format!("{} of {} about {tested} met in full{by_person}", text::count(met), text::counted(all, "row"))
}

/// Links to where it did not hold, then to the requirements, then to scenarios that were played; each once.
fn evidence(row: &ChecklistRow, groups: &Groups<'_>, index: &Index<'_>) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    let mut add = |link: Link| {
        if links.len() < LINKS_MAX && links.iter().all(|known| known.anchor != link.anchor) {
            links.push(link);
        }
    };
    if !row.item.roles.contains(&index.record.role) {
        return links;
    }
    let means = |kind: PartKind, id: &str| row.item.parts.iter().any(|part| part.kind == kind && part.id == id);
    let broken = index.findings.iter().filter(|located| !located.superseded && located.finding.effect != FindingEffect::None);
    let of_row = broken.map(|located| located.finding).filter(|finding| {
        means(PartKind::Check, finding.check.as_str()) || means(PartKind::Requirement, finding.requirement.as_str())
    });
    for finding in of_row {
        match (groups.card_of(finding), finding.exchange) {
            (Some(anchor), _) => add(Link { anchor: anchor.to_owned(), text: anchor.replace('-', " ") }),
            (None, Some(id)) => add(exchange_link(id)),
            (None, None) => {}
        }
    }
    for part in row.item.parts.iter().filter(|part| part.kind == PartKind::Requirement) {
        let anchor = index.requirement_anchor(&part.id);
        anchor.into_iter().for_each(|anchor| add(Link { anchor, text: text::line(&part.id) }));
    }
    let played = |id: &str| index.record.scenarios.iter().any(|one| one.id.as_str() == id && !one.attempts.is_empty());
    // A requirement's row in the report links to its own scenarios.
    let others = row.item.parts.iter().filter(|part| part.kind != PartKind::Requirement);
    for id in others.flat_map(|part| &part.scenarios).filter(|id| played(id.as_str())) {
        scenario_link(id.as_str(), index).into_iter().for_each(&mut add);
    }
    links
}
