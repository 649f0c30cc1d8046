//! Judges the times between neighbours of a series. What a clock cannot measure finely enough is not judged.

use super::sequence::{Group, Miss, end_us, float, miss};
use super::{Bounds, Gaps, Growing, Single, Unjudged};
use crate::subject::{clock_advice, hidden};
use crate::{SeriesFrom, Subjects};
use counterpart_evidence::{Exchange, Gap};

/// A gap between two exchanges.
#[derive(Clone, Copy)]
struct Measured<'x> {
    gap_ms: f64,
    /// How late the machine was at its ends: it may be so much longer or shorter.
    late_ms: f64,
    /// The exchange that ends it.
    exchange: &'x Exchange,
}

/// Judges the gaps of one key.
pub(super) fn judge(wanted: &Gaps, group: &Group<'_>, from: SeriesFrom, subjects: &Subjects<'_>) -> Result<(), Miss> {
    let gaps = measured(group, from, subjects);
    let Some(last) = gaps.last() else {
        if wanted.single == Single::Passes {
            return Ok(());
        }
        let only = group.exchanges.first().copied();
        return Err(miss("has one exchange, so that there is no gap", "at least two exchanges", "1", only));
    };
    for bounds in [&wanted.range, &wanted.mean].into_iter().flatten() {
        if let Some(reason) = too_coarse(bounds, subjects) {
            return Err(Miss::Unjudged(reason.into()));
        }
    }
    if let Some(bounds) = &wanted.range {
        plainest(gaps.iter().map(|gap| within("a gap", bounds, *gap, subjects)))?;
    }
    if let Some(bounds) = &wanted.mean {
        let count = float(gaps.len() as u64);
        let gap_ms = gaps.iter().map(|gap| gap.gap_ms).sum::<f64>() / count;
        let late_ms = match from {
            // What was late in between makes one gap longer and the next one shorter.
            SeriesFrom::Start => {
                let first = group.exchanges.first().map_or(0.0, |first| subjects.late_at_ms(first.started_us));
                first + subjects.late_at_ms(last.exchange.started_us)
            }
            SeriesFrom::End => gaps.iter().map(|gap| gap.late_ms).sum(),
        };
        within("the mean gap", bounds, Measured { gap_ms, late_ms: late_ms / count, exchange: last.exchange }, subjects)?;
    }
    wanted.growing.as_ref().map_or(Ok(()), |growing| grow(growing, &gaps, subjects))
}

/// Names the gaps that are plainly out of their range, in order; the mean and growth are of no gap alone.
pub(super) fn out_of_range(wanted: &Gaps, group: &Group<'_>, from: SeriesFrom, subjects: &Subjects<'_>) -> Vec<Gap> {
    let Some(bounds) = &wanted.range else { return Vec::new() };
    let pairs = group.exchanges.windows(2).zip(measured(group, from, subjects));
    let plain = |gap: &Measured<'_>| unclear(bounds.distance(gap.gap_ms), gap.late_ms, subjects).is_none();
    let wrong = pairs.filter(|(_, gap)| !bounds.hold(gap.gap_ms) && plain(gap));
    wrong.filter_map(|(pair, gap)| Some(Gap { from: pair.first()?.id, to: gap.exchange.id })).collect()
}

/// Tells whether keys with one exchange are passed over, and there is no other key.
pub(super) fn has_none(wanted: &Gaps, groups: &[Group<'_>]) -> bool {
    wanted.single == Single::Passes && groups.iter().all(|group| group.exchanges.len() < 2)
}

fn measured<'x>(group: &Group<'x>, from: SeriesFrom, subjects: &Subjects<'_>) -> Vec<Measured<'x>> {
    let pairs = group.exchanges.windows(2);
    let gap = |pair: &[&'x Exchange]| {
        // A window of two has two members.
        let (earlier, later) = (pair.first()?, pair.get(1)?);
        let base = if from == SeriesFrom::End { end_us(Some(earlier)) } else { earlier.started_us };
        let gap_ms = float(later.started_us.saturating_sub(base)) / 1_000.0;
        let late_ms = subjects.late_at_ms(base) + subjects.late_at_ms(later.started_us);
        Some(Measured { gap_ms, late_ms, exchange: later })
    };
    pairs.filter_map(gap).collect()
}

fn within(what: &str, bounds: &Bounds, gap: Measured<'_>, subjects: &Subjects<'_>) -> Result<(), Miss> {
    if bounds.hold(gap.gap_ms) {
        return Ok(());
    }
    let shown = format!("{:.0} ms", gap.gap_ms);
    Err(unless_unclear(bounds.distance(gap.gap_ms), gap.late_ms, subjects, || {
        miss(format!("{what} is {shown}"), format!("{} ms", bounds.words()), shown.clone(), Some(gap.exchange))
    }))
}

fn grow(growing: &Growing, gaps: &[Measured<'_>], subjects: &Subjects<'_>) -> Result<(), Miss> {
    if gaps.len() < 2 {
        let last = gaps.last().map(|gap| gap.exchange);
        return Err(miss("has one gap, so that none can grow", "at least three exchanges", "2", last));
    }
    plainest(gaps.windows(2).map(|pair| {
        // A window of two has two members.
        let (Some(earlier), Some(later)) = (pair.first(), pair.get(1)) else { return Ok(()) };
        let (before, gap) = (earlier.gap_ms, later.gap_ms);
        let wanted = before * growing.factor;
        // At least so many times: a gap that grows faster grows too.
        let least = wanted * (1.0 - growing.tolerance);
        if gap < least {
            let missing = least - gap;
            let late_ms = earlier.late_ms * growing.factor + later.late_ms;
            return Err(unless_unclear(missing, late_ms, subjects, || {
                let expected = format!(
                    "at least {wanted:.0} ms ({} times the gap before, {}% less at most)",
                    growing.factor,
                    growing.tolerance * 100.0
                );
                miss(
                    format!("a gap of {before:.0} ms is followed by {gap:.0} ms"),
                    expected,
                    format!("{gap:.0} ms"),
                    Some(later.exchange),
                )
            }));
        }
        Ok(())
    }))
}

/// Gives the first miss that the clock can tell, else the first of all: what is unclear must not hide what is plain.
fn plainest(results: impl Iterator<Item = Result<(), Miss>>) -> Result<(), Miss> {
    let mut unclear = Ok(());
    for result in results {
        match result {
            Ok(()) => {}
            Err(Miss::Unjudged(_)) if unclear.is_err() => {}
            Err(Miss::Unjudged(reason)) => unclear = Err(Miss::Unjudged(reason)),
            Err(plain) => return Err(plain),
        }
    }
    unclear
}

/// A miss by less than can be measured is no miss, and no pass either.
fn unless_unclear(distance_ms: f64, late_ms: f64, subjects: &Subjects<'_>, missed: impl FnOnce() -> Miss) -> Miss {
    unclear(distance_ms, late_ms, subjects).map_or_else(missed, Miss::Unjudged)
}

/// Says why a miss by some milliseconds of the run cannot be told from the inexactness of a scaled clock, or from a machine's being late.
fn unclear(distance_ms: f64, late_ms: f64, subjects: &Subjects<'_>) -> Option<Unjudged> {
    inexact(distance_ms, subjects).map(Unjudged::from).or_else(|| hidden(distance_ms, late_ms).map(Unjudged::by_machine))
}

fn inexact(distance_ms: f64, subjects: &Subjects<'_>) -> Option<String> {
    let clock = subjects.clock().filter(|clock| clock.scale > 1.0)?;
    // Half of the least that can be judged: a message can be that early and its neighbour that late.
    let inexact_ms = float(clock.resolution_ms) * clock.scale / 2.0;
    (distance_ms < inexact_ms).then(|| {
        format!(
            "clock too coarse: it misses by {distance_ms:.0} ms, and at this speed times are only exact to {inexact_ms:.0} ms; {}",
            clock_advice(2.0 * distance_ms / float(clock.resolution_ms))
        )
    })
}

/// A limit that takes less real time than can be measured is not judged; gives the reason.
pub(super) fn too_coarse(bounds: &Bounds, subjects: &Subjects<'_>) -> Option<String> {
    let clock = subjects.clock()?;
    let limits = [bounds.min, bounds.max, bounds.above, bounds.below];
    limits.into_iter().flatten().find_map(|limit| clock.too_coarse(limit))
}
