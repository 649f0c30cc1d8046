//! Judges several exchanges in order: cadence, order, acceptance, how many are under way at once.

use super::judge::{describe, judge as judge_rule};
use super::shown::shown_json;
use super::{Anchor, Bounds, Gaps, Judgement, Mismatch, Operator, Sense, SeriesOperator, Test, Unjudged, gaps};
use crate::limits::{GAPS_TOLD_MAX, NODES_MAX};
use crate::subject::select::Blocked;
use crate::{Expression, Operand, Series, Subjects, compare};
use counterpart_evidence::{Effect, Exchange, ExchangeId, Part, Place};
use serde_json::Value;
use std::cmp::Ordering;

/// The exchanges of one key.
pub(super) struct Group<'x> {
    key: Option<String>,
    pub(super) exchanges: Vec<&'x Exchange>,
}

impl Group<'_> {
    fn name(&self) -> String {
        self.key.as_ref().map_or_else(|| "the series".to_owned(), |key| format!("the series `{key}`"))
    }
}

/// What a group has missed, or why it cannot be judged.
pub(super) enum Miss {
    Broken { message: String, expected: String, actual: String, exchange: Option<ExchangeId> },
    Unjudged(Unjudged),
    Undecided(String),
}

/// Judges the tests of a series.
pub(super) fn judge(series: &Series, tests: &[Test], subjects: &Subjects<'_>) -> Judgement {
    let Some(exchanges) = subjects.exchanges() else {
        return Judgement::Undecided("there are no exchanges to make a series of".to_owned());
    };
    let groups = match groups(series, exchanges, subjects) {
        Ok(groups) => groups,
        Err(judgement) => return judgement,
    };
    // A count of none is an answer; everything else demands exchanges.
    let counts_only =
        !tests.is_empty() && tests.iter().all(|test| matches!(test.operator, Operator::Series(SeriesOperator::Count(_))));
    if groups.is_empty() && !counts_only {
        return broken("the series has no exchange".to_owned(), "exchanges".to_owned(), "none".to_owned(), None);
    }
    let mut coarse = None;
    for test in tests {
        let Operator::Series(operator) = &test.operator else {
            return Judgement::Undecided("only series operators can be asked of a series".to_owned());
        };
        if groups.is_empty()
            && let SeriesOperator::Count(bounds) = operator
            && bounds.hold(0.0) != (test.sense == Sense::Is)
        {
            return broken("the series has 0 exchanges".to_owned(), bounds.words(), "0".to_owned(), None);
        }
        if let SeriesOperator::Gaps(gaps) = operator
            && !groups.is_empty()
            && gaps::has_none(gaps, &groups)
        {
            let message = "no key has two exchanges, so that there is no gap".to_owned();
            return broken(message, "at least two exchanges of one key".to_owned(), "1".to_owned(), None);
        }
        for group in &groups {
            match (apply(operator, group, series, subjects), test.sense) {
                (Err(Miss::Undecided(reason)), _) => return Judgement::Undecided(reason),
                // Another key may plainly break it.
                (Err(Miss::Unjudged(reason)), _) => coarse = coarse.or(Some(reason)),
                (Ok(()), Sense::Is) | (Err(Miss::Broken { .. }), Sense::Not) => {}
                (Ok(()), Sense::Not) => {
                    let message = format!("{} does what it should not: {}", group.name(), operator.words());
                    return broken(message, format!("not {}", operator.words()), operator.words(), None);
                }
                (Err(Miss::Broken { message, expected, actual, exchange }), Sense::Is) => {
                    let broken = broken(format!("{}: {message}; expected {expected}", group.name()), expected, actual, exchange);
                    return match operator {
                        SeriesOperator::Gaps(gaps) => with_gaps(broken, gaps, &groups, series, subjects),
                        _ => broken,
                    };
                }
            }
        }
    }
    coarse.map_or(Judgement::Holds, Judgement::Unjudged)
}

/// Adds which gaps are wrong, of every key.
fn with_gaps(judgement: Judgement, gaps: &Gaps, groups: &[Group<'_>], series: &Series, subjects: &Subjects<'_>) -> Judgement {
    let Judgement::Broken(mismatch) = judgement else { return judgement };
    let wrong = groups.iter().flat_map(|group| gaps::out_of_range(gaps, group, series.from, subjects));
    Judgement::Broken(Box::new(Mismatch { gaps: wrong.take(GAPS_TOLD_MAX).collect(), ..*mismatch }))
}

fn broken(message: String, expected: String, actual: String, exchange: Option<ExchangeId>) -> Judgement {
    let place = Place { part: Part::Sequence, path: "series".to_owned(), line: None, column: None, bytes: None };
    let mismatch =
        Mismatch { message, expected: vec![expected], actual: Some(actual), place: Some(place), exchange, gaps: Vec::new() };
    Judgement::Broken(Box::new(mismatch))
}

fn groups<'x>(series: &Series, exchanges: &[&'x Exchange], subjects: &Subjects<'_>) -> Result<Vec<Group<'x>>, Judgement> {
    let mut groups: indexmap::IndexMap<Option<String>, Vec<&'x Exchange>> = indexmap::IndexMap::new();
    if exchanges.len() > NODES_MAX {
        let all = exchanges.len();
        return Err(Judgement::Undecided(format!("there are {all} exchanges, and a series is made of at most {NODES_MAX}")));
    }
    for exchange in exchanges.iter().copied() {
        let own = subjects.of_another(exchange);
        if let Some(rule) = &series.of {
            match judge_rule(rule, &own) {
                Judgement::Holds | Judgement::HoldsWithWarning(_) => {}
                Judgement::Broken(_) => continue,
                blocked @ (Judgement::Unjudged(_) | Judgement::Undecided(_)) => return Err(blocked),
            }
        }
        // An exchange without the key belongs to no series; the check of the key itself is another.
        let key = match &series.key {
            Some(key) => match key.evaluate(&own) {
                Ok(value) => Some(shown_json(&value)),
                Err(_) => continue,
            },
            None => None,
        };
        groups.entry(key).or_default().push(exchange);
    }
    let sorted = groups.into_iter().map(|(key, mut exchanges)| {
        exchanges.sort_by_key(|exchange| (exchange.started_us, exchange.id));
        Group { key, exchanges }
    });
    Ok(sorted.collect())
}

fn apply(operator: &SeriesOperator, group: &Group<'_>, series: &Series, subjects: &Subjects<'_>) -> Result<(), Miss> {
    match operator {
        SeriesOperator::Count(bounds) => count(bounds, group),
        SeriesOperator::EachAcceptedOnce(value) => each_accepted_once(value.as_ref(), group, subjects),
        SeriesOperator::Gaps(gaps) => gaps::judge(gaps, group, series.from, subjects),
        SeriesOperator::InFlightMax(most) => in_flight(*most, group),
        SeriesOperator::InOrderOf { value, list } => in_order(value, list.as_ref(), group, subjects),
        SeriesOperator::NoneAfter(anchor) => none_after(anchor, group, subjects),
    }
}

pub(super) fn miss(
    message: impl Into<String>,
    expected: impl Into<String>,
    actual: impl Into<String>,
    exchange: Option<&Exchange>,
) -> Miss {
    let exchange = exchange.map(|exchange| exchange.id);
    Miss::Broken { message: message.into(), expected: expected.into(), actual: actual.into(), exchange }
}

#[expect(clippy::cast_precision_loss, reason = "counts and microseconds of a run are below 2^52")]
pub(super) fn float(number: u64) -> f64 {
    number as f64
}

fn count(bounds: &Bounds, group: &Group<'_>) -> Result<(), Miss> {
    let count = group.exchanges.len();
    if bounds.hold(float(count as u64)) {
        return Ok(());
    }
    Err(miss(format!("has {count} exchanges"), bounds.words(), count.to_string(), group.exchanges.last().copied()))
}

fn accepted(exchange: &Exchange) -> bool {
    exchange.effect == Effect::Stored
}

fn value_of(expression: &Expression, exchange: &Exchange, subjects: &Subjects<'_>) -> Result<Value, Miss> {
    let own = subjects.of_another(exchange);
    crate::subject::select::evaluate(expression, &own).map_err(|blocked| match blocked {
        Blocked::Peer(message, _) => miss(message, expression.text(), "none", Some(exchange)),
        Blocked::Us(reason) => Miss::Undecided(reason),
    })
}

fn each_accepted_once(value: Option<&Expression>, group: &Group<'_>, subjects: &Subjects<'_>) -> Result<(), Miss> {
    let mut counts: indexmap::IndexMap<String, (usize, Option<&Exchange>)> = indexmap::IndexMap::new();
    for exchange in group.exchanges.iter().copied() {
        let key = match value {
            Some(value) => shown_json(&value_of(value, exchange, subjects)?),
            None => group.key.clone().unwrap_or_default(),
        };
        let entry = counts.entry(key).or_insert((0, None));
        if accepted(exchange) {
            *entry = (entry.0 + 1, Some(exchange));
        }
    }
    for (key, (count, last)) in counts {
        if count != 1 {
            let subject = if key.is_empty() { "it".to_owned() } else { format!("`{key}`") };
            return Err(miss(
                format!("{subject} was accepted {count} times"),
                "each accepted exactly once",
                count.to_string(),
                last,
            ));
        }
    }
    Ok(())
}

fn none_after(anchor: &Anchor, group: &Group<'_>, subjects: &Subjects<'_>) -> Result<(), Miss> {
    let mut found = None;
    for (at, exchange) in group.exchanges.iter().enumerate() {
        if is_anchor(anchor, exchange, subjects)? {
            found = Some(at);
            break;
        }
    }
    let Some(first) = found else { return Ok(()) };
    let end = end_us(group.exchanges.get(first).copied());
    // What was sent before the answer could be known is no repeat.
    match group.exchanges.iter().skip(first + 1).find(|exchange| exchange.started_us >= end) {
        Some(exchange) => {
            let message = format!("an exchange follows {}", anchor.words());
            let expected = format!("none after {}", anchor.words());
            Err(miss(message, expected, format!("exchange {}", exchange.id), Some(exchange)))
        }
        None => Ok(()),
    }
}

fn is_anchor(anchor: &Anchor, exchange: &Exchange, subjects: &Subjects<'_>) -> Result<bool, Miss> {
    match anchor {
        Anchor::Effect(effect) => Ok(exchange.effect == *effect),
        Anchor::Rule(rule) => match judge_rule(rule, &subjects.of_another(exchange)) {
            Judgement::Holds | Judgement::HoldsWithWarning(_) => Ok(true),
            Judgement::Broken(_) => Ok(false),
            Judgement::Unjudged(reason) => Err(Miss::Unjudged(reason)),
            Judgement::Undecided(reason) => Err(Miss::Undecided(reason)),
        },
    }
}

impl Anchor {
    fn words(&self) -> String {
        match self {
            Self::Effect(Effect::Stored) => "one that was accepted".to_owned(),
            Self::Effect(effect) => format!("one whose effect was `{}`", effect.name()),
            Self::Rule(rule) => format!("one with {}", describe(rule)),
        }
    }
}

pub(super) fn end_us(exchange: Option<&Exchange>) -> u64 {
    exchange.map_or(0, |exchange| exchange.started_us.saturating_add(exchange.timing.total_us.unwrap_or(0)))
}

/// What happens at a moment, in the order in which it counts.
const ENDS: u8 = 0;
const COMES_AND_GOES: u8 = 1;
const BEGINS: u8 = 2;

fn in_flight(most: u64, group: &Group<'_>) -> Result<(), Miss> {
    // At one moment, what ends does so first, and what takes no time comes and goes before anything else begins: they follow one
    // another and do not overlap. On the virtual clock most exchanges take no time.
    let mut moments: Vec<(u64, u8, &Exchange)> = Vec::with_capacity(group.exchanges.len() * 2);
    for exchange in group.exchanges.iter().copied() {
        let (began, ended) = (exchange.started_us, end_us(Some(exchange)));
        if ended > began {
            moments.push((began, BEGINS, exchange));
            moments.push((ended, ENDS, exchange));
        } else {
            moments.push((began, COMES_AND_GOES, exchange));
        }
    }
    moments.sort_by_key(|(at, what, _)| (*at, *what));
    let mut lasting = 0_u64;
    for (_, what, exchange) in moments {
        lasting = match what {
            BEGINS => lasting + 1,
            ENDS => lasting.saturating_sub(1),
            _ => lasting,
        };
        let open = lasting + u64::from(what == COMES_AND_GOES);
        if open > most {
            return Err(miss(
                format!("{open} exchanges are under way at once"),
                format!("at most {most}"),
                open.to_string(),
                Some(exchange),
            ));
        }
    }
    Ok(())
}

fn in_order(value: &Expression, list: Option<&Operand>, group: &Group<'_>, subjects: &Subjects<'_>) -> Result<(), Miss> {
    let list = match list.map(|list| list.resolve(subjects)) {
        Some(Ok(list)) => match list.into_owned() {
            Value::Array(members) => Some(members),
            _ => return Err(Miss::Undecided("`in-order-of` takes a list".to_owned())),
        },
        Some(Err(Blocked::Us(reason) | Blocked::Peer(reason, _))) => return Err(Miss::Undecided(reason)),
        None => None,
    };
    let mut last: Option<Value> = None;
    for exchange in group.exchanges.iter().copied() {
        let current = value_of(value, exchange, subjects)?;
        let order = match (&list, &last) {
            (Some(list), _) => {
                let position = |wanted: &Value| list.iter().position(|member| compare::same(member, wanted));
                let Some(at) = position(&current) else {
                    let message = format!("`{}` is not in the list", shown_json(&current));
                    return Err(miss(message, "a member of the list", shown_json(&current), Some(exchange)));
                };
                last.as_ref().and_then(position).map_or(Ordering::Less, |before| before.cmp(&at))
            }
            (None, Some(before)) => order(before, &current),
            (None, None) => Ordering::Less,
        };
        if order.is_gt() {
            let before = last.as_ref().map_or_else(String::new, shown_json);
            let message = format!("`{}` comes after `{before}`", shown_json(&current));
            return Err(miss(message, "the order to be kept", shown_json(&current), Some(exchange)));
        }
        last = Some(current);
    }
    Ok(())
}

fn order(left: &Value, right: &Value) -> Ordering {
    match (left.as_f64(), right.as_f64()) {
        (Some(left), Some(right)) => left.total_cmp(&right),
        _ => shown_json(left).cmp(&shown_json(right)),
    }
}

impl SeriesOperator {
    fn words(&self) -> String {
        match self {
            Self::Count(bounds) => format!("{} exchanges", bounds.words()),
            Self::EachAcceptedOnce(_) => "each accepted exactly once".to_owned(),
            Self::Gaps(_) => "gaps within their limits".to_owned(),
            Self::InFlightMax(most) => format!("at most {most} under way at once"),
            Self::InOrderOf { value, .. } => format!("in order of `{}`", value.text()),
            Self::NoneAfter(anchor) => format!("none after {}", anchor.words()),
        }
    }
}
