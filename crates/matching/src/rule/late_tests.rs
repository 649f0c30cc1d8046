//! Times that a machine which was late cannot measure are not judged, and what is off by more still fails.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::{Bounds, Condition, Gaps, Growing, Judgement, Operator, Rule, Sense, SeriesOperator, Test, judge};
use crate::{Expression, Lateness, NoNames, Series, SeriesFrom, Side, Subject, Subjects, TimingPhase};
use counterpart_evidence::{Cause, Direction, Exchange, ExchangeId, Gap};

/// A machine that was late at some moments: each in seconds, with by how many milliseconds.
struct Late(&'static [(u64, f64)]);

impl Lateness for Late {
    fn at_ms(&self, at_us: u64) -> f64 {
        self.between_ms(at_us, at_us)
    }

    fn between_ms(&self, from_us: u64, to_us: u64) -> f64 {
        let within = |(at_s, _): &&(u64, f64)| (from_us..=to_us).contains(&(at_s * 1_000_000));
        self.0.iter().filter(within).map(|(_, late_ms)| late_ms).sum()
    }
}

fn at(started_s: u64, total_ms: u64) -> Exchange {
    let mut exchange = Exchange::new(ExchangeId(started_s), Direction::Inbound, "main", started_s * 1_000_000);
    exchange.timing.total_us = Some(total_ms * 1_000);
    exchange
}

fn rule(subject: Subject, operator: Operator, sense: Sense) -> Rule {
    Rule::Condition(Condition { subject, side: Side::Response, tests: vec![Test { operator, sense }] })
}

fn gaps_of(gaps: Gaps, from: SeriesFrom, seconds: &[u64], late: &Late) -> Judgement {
    let all: Vec<Exchange> = seconds.iter().map(|second| at(*second, 0)).collect();
    let list: Vec<&Exchange> = all.iter().collect();
    let series = Series { of: None, key: Some(Expression::compile("'all'").unwrap()), from };
    let rule = rule(Subject::Series(series), Operator::Series(SeriesOperator::Gaps(gaps)), Sense::Is);
    judge(&rule, &Subjects::without_exchange(&NoNames).with_exchanges(&list).with_lateness(late))
}

fn between(min: f64, max: f64) -> Option<Bounds> {
    Some(Bounds { min: Some(min), max: Some(max), ..Bounds::default() })
}

fn is_unjudged(judgement: &Judgement) -> bool {
    matches!(judgement, Judgement::Unjudged(why) if why.reason.starts_with("this machine was late by") && why.cause == Cause::Environment)
}

#[test]
fn a_gap_is_not_judged_where_the_machine_was_late_at_its_ends() {
    let minute = || Gaps { range: between(59_000.0, 61_000.0), ..Gaps::default() };
    let judged = |seconds: &[u64], late| gaps_of(minute(), SeriesFrom::Start, seconds, &Late(late));
    // The second came three seconds late, so that the gap after it is short.
    let seconds = [0, 63, 120];
    assert!(matches!(judged(&seconds, &[]), Judgement::Broken(_)));
    assert!(is_unjudged(&judged(&seconds, &[(63, 3_000.0)])));
    assert!(is_unjudged(&judged(&[0, 63], &[(0, 1_000.0), (63, 1_500.0)])), "both ends count");
    assert!(matches!(judged(&seconds, &[(63, 1_500.0)]), Judgement::Broken(_)), "it is off by more");
    assert!(matches!(judged(&seconds, &[(30, 60_000.0)]), Judgement::Broken(_)), "it was late at another time");
    assert_eq!(judged(&[0, 60, 120], &[(60, 3_000.0)]), Judgement::Holds);
}

#[test]
fn what_is_plainly_wrong_is_told_beside_what_the_machine_made() {
    let minute = Gaps { range: between(59_000.0, 61_000.0), ..Gaps::default() };
    let judged = gaps_of(minute, SeriesFrom::Start, &[0, 63, 120, 150], &Late(&[(63, 3_000.0)]));
    let Judgement::Broken(mismatch) = judged else { panic!("{judged:?}") };
    assert_eq!(mismatch.gaps, [Gap { from: ExchangeId(120), to: ExchangeId(150) }]);
}

#[test]
fn a_mean_is_as_exact_as_its_ends_are_divided_by_the_gaps() {
    let mean = || Gaps { mean: between(59_500.0, 60_500.0), ..Gaps::default() };
    let judged = |from, late| gaps_of(mean(), from, &[0, 60, 120, 183], &Late(late));
    assert!(matches!(judged(SeriesFrom::Start, &[]), Judgement::Broken(_)));
    assert!(is_unjudged(&judged(SeriesFrom::Start, &[(183, 3_000.0)])));
    assert!(matches!(judged(SeriesFrom::Start, &[(60, 9_000.0)]), Judgement::Broken(_)), "what is in between evens out");
    assert!(matches!(judged(SeriesFrom::Start, &[(183, 1_000.0)]), Judgement::Broken(_)), "off by more");
    assert!(is_unjudged(&judged(SeriesFrom::End, &[(60, 3_000.0)])));
}

#[test]
fn growth_is_not_judged_where_the_machine_was_late() {
    let growing = || Gaps { growing: Some(Growing { factor: 2.0, tolerance: 0.0 }), ..Gaps::default() };
    let judged = |late| gaps_of(growing(), SeriesFrom::Start, &[0, 10, 29], &Late(late));
    assert!(matches!(judged(&[]), Judgement::Broken(_)));
    assert!(is_unjudged(&judged(&[(10, 500.0)])), "a second is missing, and half a second counts twice before and once after");
    assert!(matches!(judged(&[(29, 500.0)]), Judgement::Broken(_)));
}

#[test]
fn a_duration_is_not_judged_where_the_machine_was_late_meanwhile() {
    let within = || Operator::Range(Bounds { max: Some(2_000.0), ..Bounds::default() });
    let judged = |sense, late| {
        let slow = at(10, 3_000);
        judge(&rule(Subject::Timing(TimingPhase::Total), within(), sense), &Subjects::new(&slow, &NoNames).with_lateness(late))
    };
    assert!(matches!(judged(Sense::Is, &Late(&[])), Judgement::Broken(_)));
    assert!(is_unjudged(&judged(Sense::Is, &Late(&[(11, 600.0), (12, 600.0)]))));
    assert!(matches!(judged(Sense::Is, &Late(&[(12, 900.0)])), Judgement::Broken(_)), "off by more");
    assert!(matches!(judged(Sense::Is, &Late(&[(9, 5_000.0), (14, 5_000.0)])), Judgement::Broken(_)), "late at another time");
    assert_eq!(judged(Sense::Not, &Late(&[(11, 5_000.0)])), Judgement::Holds);
}
