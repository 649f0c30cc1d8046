//! What went wrong on purpose meanwhile: a band over the lanes of its endpoint, with a number and a name.

use super::label_width;
use super::scale::{LEFT, Scale, WIDTH, offset};
use crate::limits::BANDS_MAX;
use crate::text;
use counterpart_evidence::{Attempt, Span};
use serde::Serialize;

/// Rows of names over the lanes; a band whose name finds no room there has its number alone.
const ROWS_MAX: usize = 4;
/// Height of a row.
pub(super) const ROW: i64 = 18;

/// A band.
#[derive(Debug, Serialize)]
pub(crate) struct Band {
    pub(super) x: i64,
    pub(super) width: i64,
    pub(super) y: i64,
    pub(super) height: i64,
    pub(super) name_x: i64,
    pub(super) name_y: i64,
    pub(super) name: String,
    /// The same in words, with when and where.
    words: Vec<text::Word>,
    /// The endpoint whose lanes it covers; all without.
    #[serde(skip)]
    pub(super) endpoint: Option<String>,
}

/// The times in which something went wrong on purpose, in order, none longer than its step lets it be.
pub(super) fn spans(attempt: &Attempt) -> Vec<Span> {
    let end_us = attempt.started_us.saturating_add(attempt.duration_us);
    let of_step = attempt.steps.iter().flat_map(|step| {
        // A timeline ends with its observation; an endpoint goes on as it was told to.
        let until = if step.kind == "observe" { step.started_us.saturating_add(step.duration_us) } else { end_us };
        step.spans.iter().map(move |span| Span { to_us: Some(span.to_us.unwrap_or(until).min(until)), ..span.clone() })
    });
    let mut spans: Vec<Span> = of_step.filter(|span| span.to_us.is_some_and(|to| to > span.from_us)).collect();
    spans.sort_by_key(|span| (span.from_us, span.to_us));
    spans
}

/// Places bands and their names; gives how many rows the names take, and how many bands are left out.
pub(super) fn bands(spans: &[Span], scale: &Scale, start_us: u64) -> (Vec<Band>, usize, usize) {
    let mut ends: Vec<i64> = Vec::new();
    let mut bands = Vec::new();
    for (number, span) in spans.iter().take(BANDS_MAX).enumerate().map(|(place, span)| (place + 1, span)) {
        let (x, to) = (scale.x(span.from_us), scale.x(span.to_us.unwrap_or(span.from_us)));
        let full = text::label(&format!("{number} {}", span.what.replace('`', "")), 60);
        let place = |name: &str| {
            let width = label_width(name);
            (x.min(LEFT + WIDTH - width).max(LEFT), width)
        };
        let (name_x, width) = place(&full);
        let free = ends.iter().position(|end| *end < name_x).or_else(|| (ends.len() < ROWS_MAX).then_some(ends.len()));
        let (name, name_x, row) = match free {
            Some(row) => {
                if row == ends.len() {
                    ends.push(0);
                }
                if let Some(end) = ends.get_mut(row) {
                    *end = name_x + width + 8;
                }
                (full, name_x, row)
            }
            None => (number.to_string(), x + 2, ROWS_MAX),
        };
        let seconds = |us: u64| offset(us.saturating_sub(start_us) / 1_000_000);
        let at = span.endpoint.as_ref().map_or_else(|| "every endpoint".to_owned(), |name| format!("endpoint `{name}`"));
        let (from, until) = (seconds(span.from_us), seconds(span.to_us.unwrap_or(span.from_us)));
        bands.push(Band {
            x,
            width: (to - x).max(2),
            y: 0,
            height: 0,
            name_x,
            name_y: 14 + ROW * i64::try_from(row).unwrap_or(0),
            name,
            words: text::words(&format!("{from} to {until}, {at}: {}", span.what)),
            endpoint: span.endpoint.clone(),
        });
    }
    let rows = if bands.iter().any(|band| band.name_y > ROW * ROWS_MAX as i64) { ROWS_MAX + 1 } else { ends.len() };
    (bands, rows, spans.len().saturating_sub(BANDS_MAX))
}
