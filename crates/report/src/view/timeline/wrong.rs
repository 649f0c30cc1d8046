//! What is wrong about order and rhythm: a bar under each gap, or each request, that a check blames, and a line that says what it wanted.

use super::label_width;
use super::scale::{LEFT, Scale, WIDTH};
use crate::limits::WRONG_MAX;
use crate::text;
use crate::view::finding::mark;
use counterpart_evidence::{Attempt, ExchangeId, ExchangeRecord, Finding, FindingOutcome, Part};
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};

/// Rows of bars; further ones lie over those of the last row.
const ROWS_MAX: usize = 3;
/// Height of a row of bars; of the row of their durations; of a line of text.
const BAR: i64 = 8;
const VALUE: i64 = 16;
const LINE: i64 = 19;
/// Gaps whose durations a line lists.
const LISTED_MAX: usize = 4;

/// A bar under a gap, or a short one under a request.
#[derive(Debug, Serialize)]
pub(crate) struct Bar {
    /// `fail` or `warning`.
    mark: &'static str,
    x: i64,
    y: i64,
    width: i64,
}

/// A text of a lane.
#[derive(Debug, Serialize)]
pub(crate) struct Label {
    mark: &'static str,
    x: i64,
    y: i64,
    text: String,
}

/// All that is blamed in a lane.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Wrong {
    /// Where the requests stand that are late, too soon or out of order.
    rings: Vec<i64>,
    bars: Vec<Bar>,
    labels: Vec<Label>,
    /// How high it is.
    #[serde(skip)]
    pub(super) height: i64,
    /// How many gaps and requests have no bar.
    #[serde(skip)]
    pub(super) left: usize,
}

/// Two requests between which the time is wrong, or twice the one that is.
type Pair<'a> = (&'a ExchangeRecord, &'a ExchangeRecord);

/// A finding about order or rhythm, with what it blames.
pub(super) struct Blamed<'a> {
    finding: &'a Finding,
    pairs: Vec<Pair<'a>>,
}

/// Finds what an attempt's findings say about order and rhythm.
pub(super) fn blamed<'a>(attempt: &'a Attempt, exchanges: &[&'a ExchangeRecord]) -> Vec<Blamed<'a>> {
    let by_id: HashMap<ExchangeId, &ExchangeRecord> = exchanges.iter().map(|exchange| (exchange.id, *exchange)).collect();
    let findings = attempt.steps.iter().flat_map(|step| &step.findings);
    let failed =
        findings.filter(|finding| finding.outcome == FindingOutcome::Fail && matches!(mark(finding), "fail" | "warning"));
    let of_sequences = failed.filter(|finding| finding.place.as_ref().is_some_and(|place| place.part == Part::Sequence));
    let blamed = of_sequences.map(|finding| {
        let both = |from, to| Some((*by_id.get(&from)?, *by_id.get(&to)?));
        let mut pairs: Vec<Pair<'_>> = finding.gaps.iter().filter_map(|gap| both(gap.from, gap.to)).collect();
        if finding.gaps.is_empty() {
            pairs.extend(finding.exchange.and_then(|id| both(id, id)));
        }
        Blamed { finding, pairs }
    });
    blamed.filter(|blamed| !blamed.pairs.is_empty()).collect()
}

/// Draws what is blamed of a lane's requests under its rail.
pub(super) fn wrong(blamed: &[Blamed<'_>], requests: &[&ExchangeRecord], scale: &Scale, rail_y: i64) -> Wrong {
    let own: BTreeSet<ExchangeId> = requests.iter().map(|request| request.id).collect();
    let mut drawn = Wrong::default();
    let mut lines = Vec::new();
    let mut rows: Vec<i64> = Vec::new();
    let mut values: Vec<(i64, &'static str, String)> = Vec::new();
    for Blamed { finding, pairs } in blamed {
        let pairs: Vec<Pair<'_>> = pairs.iter().copied().filter(|pair| own.contains(&pair.1.id)).collect();
        let Some(first) = pairs.first() else { continue };
        let mark = mark(finding);
        for pair in &pairs {
            if drawn.bars.len() == WRONG_MAX {
                drawn.left += 1;
                continue;
            }
            let (from, to) = (scale.x(pair.0.started_us), scale.x(pair.1.started_us));
            let row = rows.iter().position(|end| *end <= from).unwrap_or(rows.len()).min(ROWS_MAX - 1);
            rows.resize(rows.len().max(row + 1), 0);
            if let Some(end) = rows.get_mut(row) {
                *end = to;
            }
            let y = rail_y + 10 + BAR * i64::try_from(row).unwrap_or(0);
            let (x, width) = if from == to { (from - 3, 6) } else { (from + 1, (to - from - 2).max(2)) };
            drawn.bars.push(Bar { mark, x, y, width });
            drawn.rings.push(to);
            if pair.0.id != pair.1.id {
                values.push(((from + to) / 2, mark, text::duration(lasting(*pair))));
            }
        }
        lines.push((scale.x(first.1.started_us), mark, said(finding, &pairs)));
    }
    if lines.is_empty() {
        return drawn;
    }
    let mut y = rail_y + 10 + BAR * i64::try_from(rows.len()).unwrap_or(0);
    if !values.is_empty() {
        let (labels, rows) = beside_one_another(values, y);
        drawn.labels.extend(labels);
        y += VALUE * rows;
    }
    for (at, mark, text) in lines {
        y += LINE;
        let width = label_width(&text);
        drawn.labels.push(Label { mark, x: (at - width / 2).min(LEFT + WIDTH - width).max(LEFT), y, text });
    }
    drawn.height = y - rail_y;
    drawn
}

/// Places durations under their bars, from left to right, in as many rows as they take; one that finds no room in two is left to the line
/// below. Gives the rows, too.
fn beside_one_another(mut values: Vec<(i64, &'static str, String)>, top: i64) -> (Vec<Label>, i64) {
    values.sort();
    let (mut labels, mut ends) = (Vec::new(), [i64::MIN; 2]);
    let mut rows = 0;
    for (middle, mark, text) in values {
        let width = label_width(&text);
        let x = (middle - width / 2).max(LEFT);
        let Some((row, end)) = (1..).zip(&mut ends).find(|(_, end)| x > **end) else { continue };
        *end = x + width + 4;
        rows = rows.max(row);
        labels.push(Label { mark, x, y: top + VALUE * row, text });
    }
    (labels, rows)
}

fn lasting(pair: Pair<'_>) -> u64 {
    pair.1.started_us.saturating_sub(pair.0.started_us)
}

/// Says which check blames what, and what it wanted.
fn said(finding: &Finding, pairs: &[Pair<'_>]) -> String {
    let expected = finding.expected.join(" or ");
    let seen = if finding.gaps.is_empty() {
        finding.actual.clone().unwrap_or_else(|| finding.message.clone())
    } else {
        let listed: Vec<String> = pairs.iter().take(LISTED_MAX).map(|pair| text::duration(lasting(*pair))).collect();
        let more = pairs.len().saturating_sub(LISTED_MAX);
        listed.join(", ") + &if more > 0 { format!(" and {more} more") } else { String::new() }
    };
    text::label(&format!("{}: {seen}; expected {expected}", finding.check), 130)
}
