//! Rhythm and durations of a scenario's exchanges, placed here so that the template only draws.

use crate::limits::{DOTS_MAX, HISTOGRAM_EXCHANGES_MIN, LANES_MAX, RHYTHM_REQUESTS_MIN};
use crate::text;
use counterpart_evidence::{Direction, ExchangeRecord};
use serde::Serialize;
use std::collections::BTreeMap;

const LEFT: i64 = 20;
const WIDTH: i64 = 820;
const LANE: i64 = 46;
const BAR: i64 = 26;

/// The requests of one kind.
#[derive(Debug, Serialize)]
pub(crate) struct Lane {
    y: i64,
    name_y: i64,
    name: String,
    dots: Vec<i64>,
    requests: usize,
    shortest: String,
    mean: String,
    longest: String,
    gaps: String,
}

/// When requests came.
#[derive(Debug, Serialize)]
pub(crate) struct Rhythm {
    id: String,
    width: i64,
    height: i64,
    from: i64,
    to: i64,
    lanes: Vec<Lane>,
    start: String,
    end: String,
    axis_y: i64,
}

/// How many exchanges took how long.
#[derive(Debug, Serialize)]
pub(crate) struct Bar {
    y: i64,
    text_y: i64,
    width: i64,
    count_x: i64,
    name: String,
    count: String,
}

/// Durations.
#[derive(Debug, Serialize)]
pub(crate) struct Histogram {
    id: String,
    width: i64,
    height: i64,
    bars: Vec<Bar>,
    median: String,
    p95: String,
    longest: String,
    count: String,
}

/// Draws when inbound requests came, for each session or else each method and path of which there are enough.
pub(crate) fn rhythm(id: String, exchanges: &[&ExchangeRecord]) -> Option<Rhythm> {
    let mut kinds: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for exchange in exchanges.iter().filter(|exchange| exchange.direction == Direction::Inbound) {
        kinds.entry(key(exchange)).or_default().push(exchange.started_us);
    }
    kinds.retain(|_, moments| moments.len() >= RHYTHM_REQUESTS_MIN);
    let first = *kinds.values().flatten().min()?;
    let last = *kinds.values().flatten().max()?;
    let span = (last - first).max(1);
    let x = |us: u64| LEFT + i64::try_from(u128::from(us - first) * (WIDTH as u128) / u128::from(span)).unwrap_or(WIDTH);
    let mut lanes = Vec::new();
    for (place, (name, mut moments)) in kinds.into_iter().take(LANES_MAX).enumerate() {
        moments.sort_unstable();
        let gaps: Vec<u64> = moments.windows(2).filter_map(|pair| Some(pair.get(1)? - pair.first()?)).collect();
        let y = 34 + LANE * place as i64;
        let listed = gaps.iter().take(20).map(|gap| text::duration(*gap)).collect::<Vec<_>>().join(", ");
        lanes.push(Lane {
            y,
            name_y: y - 14,
            name: text::label(&name, 80),
            dots: moments.iter().take(DOTS_MAX).map(|moment| x(*moment)).collect(),
            requests: moments.len(),
            shortest: text::duration(gaps.iter().min().copied().unwrap_or(0)),
            mean: text::duration(gaps.iter().sum::<u64>() / gaps.len().max(1) as u64),
            longest: text::duration(gaps.iter().max().copied().unwrap_or(0)),
            gaps: if gaps.len() > 20 { format!("{listed} and {} more", gaps.len() - 20) } else { listed },
        });
    }
    let axis_y = 22 + LANE * lanes.len() as i64;
    Some(Rhythm {
        id,
        width: LEFT * 2 + WIDTH,
        height: axis_y + 26,
        from: LEFT,
        to: LEFT + WIDTH,
        lanes,
        start: format!("{} s", text::moment(first)),
        end: format!("{} s", text::moment(last)),
        axis_y,
    })
}

fn key(exchange: &ExchangeRecord) -> String {
    if let Some(session) = &exchange.session {
        return format!("session {session}");
    }
    let request = exchange.request.as_ref();
    let target = request.and_then(|request| request.target.as_deref()).unwrap_or("?");
    let method = request.and_then(|request| request.method.as_deref()).unwrap_or("?");
    format!("{method} {}", target.split('?').next().unwrap_or("?"))
}

/// Draws how long exchanges took, in steps of 1, 2 and 5, where there are enough to speak of a distribution.
pub(crate) fn histogram(id: String, exchanges: &[&ExchangeRecord]) -> Option<Histogram> {
    let mut all: Vec<u64> = exchanges.iter().filter_map(|exchange| exchange.timing.total_us).collect();
    if all.len() < HISTOGRAM_EXCHANGES_MIN {
        return None;
    }
    all.sort_unstable();
    let mut buckets: BTreeMap<u64, u64> = BTreeMap::new();
    for us in &all {
        *buckets.entry(bucket(*us)).or_default() += 1;
    }
    let most = buckets.values().max().copied().unwrap_or(1);
    let bars: Vec<Bar> = buckets
        .iter()
        .enumerate()
        .map(|(place, (upper, count))| {
            let width = i64::try_from(count * 600 / most).unwrap_or(0).max(2);
            let y = 6 + BAR * place as i64;
            let name = format!("up to {}", text::duration(*upper));
            Bar { y, text_y: y + 14, width, count_x: 156 + width, name, count: text::count(*count) }
        })
        .collect();
    // The nearest rank: the smallest value that at least so many in a hundred do not pass.
    let rank = |percent: usize| all.get((all.len() * percent).div_ceil(100).saturating_sub(1)).copied().unwrap_or(0);
    Some(Histogram {
        id,
        width: 860,
        height: 12 + BAR * bars.len() as i64,
        bars,
        median: text::duration(rank(50)),
        p95: text::duration(rank(95)),
        longest: text::duration(rank(100)),
        count: text::counted(all.len() as u64, "exchange"),
    })
}

/// Gives the upper bound of the step that a duration falls in.
fn bucket(us: u64) -> u64 {
    let mut ten = 100_u64;
    loop {
        for step in [1, 2, 5] {
            let upper = ten.saturating_mul(step);
            if us <= upper || upper == u64::MAX {
                return upper;
            }
        }
        ten = ten.saturating_mul(10);
    }
}
