//! Durations of a scenario's exchanges, placed here so that the template only draws.

use super::timeline::rank;
use crate::limits::HISTOGRAM_EXCHANGES_MIN;
use crate::text;
use counterpart_evidence::ExchangeRecord;
use serde::Serialize;
use std::collections::BTreeMap;

const BAR: i64 = 26;

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
    Some(Histogram {
        id,
        width: 860,
        height: 12 + BAR * bars.len() as i64,
        bars,
        median: text::duration(rank(&all, 50)),
        p95: text::duration(rank(&all, 95)),
        longest: text::duration(rank(&all, 100)),
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
