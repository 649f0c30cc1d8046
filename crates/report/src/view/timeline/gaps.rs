//! The times between requests, in numbers.

use crate::text;
use counterpart_evidence::ExchangeRecord;
use serde::Serialize;

/// Gaps from which it makes sense to speak of a beat.
const BEAT_GAPS_MIN: usize = 5;

/// What a table says of gaps; empty where there are none.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Gaps {
    count: String,
    shortest: String,
    median: String,
    p95: String,
    longest: String,
    jitter: String,
    drift: String,
}

/// Sums up gaps: in each line from the start of a request to the start of the next.
pub(super) fn of_lines(lines: &[Vec<&ExchangeRecord>]) -> Gaps {
    let each: Vec<Vec<u64>> = lines.iter().map(|line| between(line)).collect();
    let mut gaps = summed(each.iter().flatten().copied().collect());
    let drifts = each.iter().filter(|gaps| is_beat(gaps)).map(|gaps| drift(gaps));
    gaps.drift = drifts.max_by_key(|drift| drift.unsigned_abs()).map(signed).unwrap_or_default();
    gaps
}

/// Sums up gaps that do not follow one another.
pub(super) fn summed(mut all: Vec<u64>) -> Gaps {
    if all.is_empty() {
        return Gaps::default();
    }
    all.sort_unstable();
    let middle = rank(&all, 50);
    let off: u64 = all.iter().map(|gap| gap.abs_diff(middle)).sum();
    Gaps {
        count: text::count(all.len() as u64),
        shortest: text::duration(rank(&all, 0)),
        median: text::duration(middle),
        p95: text::duration(rank(&all, 95)),
        longest: text::duration(rank(&all, 100)),
        jitter: if is_beat(&all) { text::duration(off / all.len() as u64) } else { String::new() },
        drift: String::new(),
    }
}

/// Tells whether most gaps are alike: within a quarter of the median.
fn is_beat(gaps: &[u64]) -> bool {
    let mut sorted = gaps.to_vec();
    sorted.sort_unstable();
    let middle = rank(&sorted, 50);
    let alike = sorted.iter().filter(|gap| gap.abs_diff(middle) <= middle / 4).count();
    sorted.len() >= BEAT_GAPS_MIN && middle > 0 && alike * 2 > sorted.len()
}

fn between(line: &[&ExchangeRecord]) -> Vec<u64> {
    line.windows(2).filter_map(|pair| Some(pair.get(1)?.started_us.saturating_sub(pair.first()?.started_us))).collect()
}

/// How much later the last request came than a beat of the usual gap would have it: negative where it came sooner.
fn drift(gaps: &[u64]) -> i64 {
    let mut sorted = gaps.to_vec();
    sorted.sort_unstable();
    let usual = i64::try_from(rank(&sorted, 50)).unwrap_or(i64::MAX);
    let off = |gap: &u64| i64::try_from(*gap).unwrap_or(i64::MAX).saturating_sub(usual);
    gaps.iter().map(off).fold(0, i64::saturating_add)
}

fn signed(us: i64) -> String {
    let sign = if us < 0 { "−" } else { "+" };
    format!("{sign}{}", text::duration(us.unsigned_abs()))
}

/// The nearest rank: the smallest value that at least so many in a hundred do not pass.
pub(crate) fn rank(sorted: &[u64], percent: usize) -> u64 {
    sorted.get((sorted.len() * percent).div_ceil(100).saturating_sub(1)).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{drift, rank, signed, summed};

    #[test]
    fn a_late_beat_shows_as_longest_gap_and_as_drift() {
        let gaps = [60_000_000, 60_000_000, 74_000_000, 60_000_000, 60_000_000];
        assert_eq!(signed(drift(&gaps)), "+14.00 s");
        let told = summed(gaps.to_vec());
        assert_eq!((told.longest.as_str(), told.median.as_str(), told.jitter.as_str()), ("1 min 14 s", "1 min 0 s", "2.80 s"));
        assert_eq!(signed(drift(&[60, 60, 60, 60, 10])), "−50 µs");
        assert_eq!(summed(vec![1, 9, 20, 60, 90, 400]).jitter, "", "no beat, no jitter");
    }

    #[test]
    fn ranks_are_values_that_were_seen() {
        assert_eq!([0, 50, 95, 100].map(|percent| rank(&[1, 2, 3, 4], percent)), [1, 2, 4, 4]);
        assert_eq!(rank(&[], 50), 0);
    }
}
