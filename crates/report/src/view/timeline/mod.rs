//! The timeline of an attempt: when requests of each kind came, what became of them, what went wrong on purpose meanwhile, what was sent
//! again, and which gap broke which rule. Everything is placed here, so that the template only draws.

mod band;
mod gaps;
mod lane;
mod mark;
mod scale;
mod wrong;

pub(super) use gaps::rank;

use crate::limits::{ASKS_MAX, RHYTHM_REQUESTS_MIN};
use crate::text;
use counterpart_evidence::{Attempt, Direction, ExchangeRecord, Fate};
use scale::{LEFT, Scale, WIDTH};
use serde::Serialize;

/// Height of a lane's name with the arcs below it.
const NAME: i64 = 44;
/// Height of a rail with the marks on it.
const RAIL: i64 = 20;

/// The requests of one kind, drawn.
#[derive(Debug, Serialize)]
pub(crate) struct Lane {
    name: String,
    name_y: i64,
    y: i64,
    marks: Vec<mark::Mark>,
    bars: Vec<mark::Bar>,
    ties: Vec<String>,
    wrong: wrong::Wrong,
}

/// A row of the table.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    name: String,
    requests: String,
    taken: String,
    refused: String,
    lost: String,
    other: String,
    gaps: gaps::Gaps,
    /// Whether it is about what was sent again.
    again: bool,
}

/// A timeline with its tables.
#[derive(Debug, Serialize)]
pub(crate) struct Timeline {
    id: String,
    width: i64,
    height: i64,
    from: i64,
    to: i64,
    bands: Vec<band::Band>,
    asks: Vec<i64>,
    ask_y: i64,
    lanes: Vec<Lane>,
    ticks: Vec<scale::Tick>,
    top: i64,
    axis_y: i64,
    rows: Vec<Row>,
    /// What is condensed or not drawn, in words.
    left: Vec<String>,
}

/// How wide a text of the drawing is at most, in its 13 pixels.
fn label_width(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(0) * 7
}

/// Draws an attempt; nothing where too little came to speak of a rhythm and nothing went wrong on purpose.
pub(crate) fn timeline(id: String, attempt: &Attempt, exchanges: &[&ExchangeRecord]) -> Option<Timeline> {
    let mut requests: Vec<&ExchangeRecord> =
        exchanges.iter().copied().filter(|one| one.direction == Direction::Inbound).collect();
    requests.sort_by_key(|request| (request.started_us, request.id));
    let kinds = lane::kinds(&requests);
    let spans = band::spans(attempt);
    let enough = kinds.iter().any(|kind| kind.requests.len() >= RHYTHM_REQUESTS_MIN) || !spans.is_empty();
    if !enough || requests.is_empty() {
        return None;
    }
    let asked: Vec<u64> = attempt.steps.iter().filter(|step| step.kind == "ask").map(|step| step.started_us).collect();
    let scale = scale_of(attempt, &requests);
    let (mut bands, band_rows, bands_left) = band::bands(&spans, &scale, attempt.started_us);
    let mut left = Left::default();
    left.bands(bands_left);

    let ask_y = 6 + band::ROW * i64::try_from(band_rows).unwrap_or(0) + 12;
    let top = if asked.is_empty() { ask_y - 10 } else { ask_y + 14 };
    let several = kinds.iter().any(|kind| kinds.first().is_some_and(|first| first.endpoint != kind.endpoint));
    let blamed = wrong::blamed(attempt, &requests);
    let (mut lanes, mut rows, mut y) = (Vec::new(), Vec::new(), top);
    let mut extents: Vec<(&str, i64, i64)> = Vec::new();
    for kind in &kinds {
        let name = text::label(&kind.name(several), 110);
        let tied = mark::tied(&kind.requests);
        let rail_y = y + NAME;
        let drawn = mark::marks(&kind.requests, &tied, &scale, rail_y);
        left.ties(drawn.ties_left);
        left.condensed(drawn.condensed, mark::column_us(&scale));
        let wrong = wrong::wrong(&blamed, &kind.requests, &scale, rail_y);
        left.wrong(wrong.left);
        let bottom = rail_y + RAIL + wrong.height;
        extents.push((kind.endpoint, y, bottom));
        lanes.push(Lane {
            name: name.clone(),
            name_y: y + 14,
            y: rail_y,
            marks: drawn.marks,
            bars: drawn.bars,
            ties: drawn.ties,
            wrong,
        });
        rows.push(row(name, &kind.requests, gaps::of_lines(&kind.lines())));
        if !tied.is_empty() {
            let again: Vec<&ExchangeRecord> = tied.iter().map(|tied| tied.1).collect();
            let waits = tied.iter().map(|tied| tied.1.started_us.saturating_sub(tied.0.started_us)).collect();
            rows.push(Row {
                again: true,
                ..row("sent again: the same bytes after they were not taken".to_owned(), &again, gaps::summed(waits))
            });
        }
        y = bottom;
    }
    for band in &mut bands {
        let over = |extent: &&(&str, i64, i64)| band.endpoint.as_ref().is_none_or(|endpoint| endpoint == extent.0);
        let (begin, end) = (extents.iter().find(over), extents.iter().rev().find(over));
        // No request came to its endpoint, so that it has no lane: it stands in the list, and as a line.
        let (begin, end) = (begin.map_or(top, |extent| extent.1), end.map_or(top, |extent| extent.2));
        (band.y, band.height) = (begin, (end - begin).max(3));
    }
    Some(Timeline {
        id,
        width: LEFT * 2 + WIDTH,
        height: y + 24,
        from: LEFT,
        to: LEFT + WIDTH,
        bands,
        asks: asked.iter().take(ASKS_MAX).map(|us| scale.x(*us)).collect(),
        ask_y,
        lanes,
        ticks: scale.ticks(),
        top,
        axis_y: y + 2,
        rows,
        left: left.0,
    })
}

/// The axis reaches from the beginning of the attempt to its end, or to the last request that belongs to it.
fn scale_of(attempt: &Attempt, requests: &[&ExchangeRecord]) -> Scale {
    let moments = requests.iter().map(|request| request.started_us);
    let from = moments.clone().min().unwrap_or(attempt.started_us).min(attempt.started_us);
    let to = moments.max().unwrap_or(0).max(attempt.started_us.saturating_add(attempt.duration_us));
    Scale::new(from, to)
}

fn row(name: String, requests: &[&ExchangeRecord], gaps: gaps::Gaps) -> Row {
    let count = |fate: Fate| text::count(requests.iter().filter(|request| Fate::of(request) == fate).count() as u64);
    Row {
        name,
        requests: text::count(requests.len() as u64),
        taken: count(Fate::Taken),
        refused: count(Fate::Refused),
        lost: count(Fate::Lost),
        other: count(Fate::Other),
        gaps,
        again: false,
    }
}

/// What is not drawn one by one, in sentences.
#[derive(Default)]
struct Left(Vec<String>);

impl Left {
    fn add(&mut self, count: usize, noun: &str, rest: &str) {
        if count > 0 {
            self.0.push(format!("{} {rest}", text::counted(count as u64, noun)));
        }
    }

    fn bands(&mut self, count: usize) {
        self.add(count, "further time in which something went wrong on purpose", "not drawn; the run record holds all");
    }

    fn ties(&mut self, count: usize) {
        self.add(count, "message", "sent again without an arc of its own; the table counts all");
    }

    fn wrong(&mut self, count: usize) {
        self.add(count, "further gap or request", "blamed by a check, without a bar of its own; the run record names all");
    }

    fn condensed(&mut self, most: Option<u64>, column_us: u64) {
        if let Some(most) = most {
            let stretch = text::duration(column_us);
            self.0.push(format!(
                "a lane is condensed: each bar or mark stands for what came in {stretch}, up to {}",
                text::counted(most, "request")
            ));
        }
    }
}
