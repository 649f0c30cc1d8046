//! What became of each request, as a mark: by shape and colour. Where there are too many, those of a stretch of time share one.

use super::scale::{LEFT, Scale, WIDTH};
use crate::limits::{LANE_MARKS_MAX, TIES_MAX};
use counterpart_evidence::{ExchangeRecord, Fate};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// Width of a stretch of time whose requests share a mark.
const COLUMN: i64 = 10;
/// Height of the highest bar.
const BAR: u64 = 22;
/// How often bytes may come again after they were taken before they are those of a report rather than of one thing that happened.
const RECURRING_MIN: usize = 2;

/// A mark on a rail, by the name that it has in `icons.svg`.
#[derive(Debug, Serialize)]
pub(crate) struct Mark {
    kind: &'static str,
    x: i64,
    y: i64,
}

/// How many were taken in a stretch of time.
#[derive(Debug, Serialize)]
pub(crate) struct Bar {
    x: i64,
    y: i64,
    height: u64,
}

/// The marks of a lane.
#[derive(Debug, Default)]
pub(super) struct Marks {
    pub(super) marks: Vec<Mark>,
    pub(super) bars: Vec<Bar>,
    pub(super) ties: Vec<String>,
    /// Ties that are not drawn.
    pub(super) ties_left: usize,
    /// How many requests one bar stands for at most, where bars are drawn.
    pub(super) condensed: Option<u64>,
}

/// Draws requests on a rail at a height.
pub(super) fn marks(requests: &[&ExchangeRecord], tied: &[Tied<'_>], scale: &Scale, y: i64) -> Marks {
    let ties: Vec<String> =
        tied.iter().take(TIES_MAX).map(|tied| arc(scale.x(tied.0.started_us), scale.x(tied.1.started_us), y)).collect();
    let ties_left = tied.len().saturating_sub(TIES_MAX);
    if requests.len() > LANE_MARKS_MAX {
        // There is no room for arcs between marks that stand for many.
        return Marks { ties_left: tied.len(), ..condensed(requests, scale, y) };
    }
    let again = tied.iter().map(|tied| Mark { kind: "again", x: scale.x(tied.1.started_us), y });
    let mut fates: Vec<(Fate, i64)> = requests.iter().map(|one| (Fate::of(one), scale.x(one.started_us))).collect();
    // What went wrong stands on top.
    fates.sort_unstable();
    let marks = again.chain(fates.into_iter().map(|(fate, x)| Mark { kind: fate.name(), x, y })).collect();
    Marks { marks, ties, ties_left, ..Marks::default() }
}

fn arc(from: i64, to: i64, y: i64) -> String {
    let (middle, top) = ((from + to) / 2, y - 30);
    format!("M{from},{} Q{middle},{top} {to},{}", y - 8, y - 8)
}

fn condensed(requests: &[&ExchangeRecord], scale: &Scale, y: i64) -> Marks {
    let mut columns: BTreeMap<(i64, Fate), u64> = BTreeMap::new();
    for request in requests {
        let column = ((scale.x(request.started_us) - LEFT) / COLUMN).min(WIDTH / COLUMN - 1);
        *columns.entry((column, Fate::of(request))).or_default() += 1;
    }
    let most = columns.values().max().copied().unwrap_or(1);
    let left = |column: i64| LEFT + column * COLUMN;
    let bar = |((column, fate), count): (&(i64, Fate), &u64)| {
        let height = (count * BAR / most).max(2);
        (*fate == Fate::Taken).then(|| Bar { x: left(*column) + 1, y: y - i64::try_from(height).unwrap_or(0), height })
    };
    let mark = |(column, fate): &(i64, Fate)| Mark { kind: fate.name(), x: left(*column) + COLUMN / 2, y };
    Marks {
        bars: columns.iter().filter_map(bar).collect(),
        marks: columns.keys().filter(|(_, fate)| *fate != Fate::Taken).map(mark).collect(),
        condensed: Some(most),
        ..Marks::default()
    }
}

/// How long a stretch of time is whose requests share a mark.
pub(super) fn column_us(scale: &Scale) -> u64 {
    scale.time_us(COLUMN)
}

/// A request with the same bytes as one before it that was not taken, and that one.
pub(super) type Tied<'a> = (&'a ExchangeRecord, &'a ExchangeRecord);

/// Finds what was sent again: the same bytes to the same place after they were not taken.
///
/// Where bytes come again and again although they were taken they are the report of a state (a heartbeat), and say nothing of a retry: there
/// are no ties then.
pub(super) fn tied<'a>(requests: &[&'a ExchangeRecord]) -> Vec<Tied<'a>> {
    let mut last: HashMap<(&str, &str), &'a ExchangeRecord> = HashMap::new();
    let (mut tied, mut recurring) = (Vec::new(), 0);
    for request in requests {
        let Some(message) = &request.request else { continue };
        let Some(body) = message.body.as_ref().filter(|body| body.bytes > 0) else { continue };
        let target = message.target.as_deref().unwrap_or("");
        if let Some(earlier) = last.insert((target, &body.digest), request) {
            if Fate::of(earlier) == Fate::Taken { recurring += 1 } else { tied.push((earlier, *request)) }
        }
    }
    if recurring >= RECURRING_MIN { Vec::new() } else { tied }
}
