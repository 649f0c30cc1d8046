//! Numbers, and statistics over lists of numbers.

use super::super::operate;
use super::{Arguments, Budget, Function, Result, Val, function, int_of, members_of, next, wrong};
use crate::expression::EvaluationFault;

pub(super) const TABLE: &[Function] = &[
    function("abs", "abs(number)", (1, 1), abs),
    function("ceil", "ceil(number)", (1, 1), |arguments, _| round("ceil", f64::ceil, arguments)),
    function("double", "double(value)", (1, 1), double),
    function("floor", "floor(number)", (1, 1), |arguments, _| round("floor", f64::floor, arguments)),
    function("gaps", "gaps(list of numbers or timestamps)", (1, 1), gaps),
    function("int", "int(value)", (1, 1), int),
    function("max", "max(list) or max(a, b, ...)", (1, 32), |arguments, budget| extreme("max", arguments, budget)),
    function("mean", "mean(list)", (1, 1), mean),
    function("min", "min(list) or min(a, b, ...)", (1, 32), |arguments, budget| extreme("min", arguments, budget)),
    function("percentile", "percentile(list, p)", (2, 2), percentile),
    function("round", "round(number)", (1, 1), |arguments, _| round("round", f64::round, arguments)),
    function("sum", "sum(list)", (1, 1), sum),
    function("uint", "uint(value)", (1, 1), uint),
];

fn abs<'v>(arguments: Arguments<'v>, _: &mut Budget) -> Result<Val<'v>> {
    match next(&mut arguments.into_iter()) {
        Val::Double(number) => Ok(Val::Double(number.abs())),
        Val::Int(number) => {
            number.checked_abs().map(Val::Int).ok_or_else(|| EvaluationFault::new("`abs` gives a number that is too big"))
        }
        Val::Span(span) => Ok(Val::Span(span.abs())),
        other => Err(wrong("`abs` takes a number", &other)),
    }
}

fn double<'v>(arguments: Arguments<'v>, _: &mut Budget) -> Result<Val<'v>> {
    let value = next(&mut arguments.into_iter());
    if let Some(number) = value.as_double() {
        return Ok(Val::Double(number));
    }
    match &value {
        Val::Text(text) => {
            text.trim().parse().map(Val::Double).map_err(|_| EvaluationFault::new(format!("`{}` is not a number", shown(text))))
        }
        other => Err(wrong("`double` takes a number or a string", other)),
    }
}

fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}

fn int<'v>(arguments: Arguments<'v>, _: &mut Budget) -> Result<Val<'v>> {
    match next(&mut arguments.into_iter()) {
        Val::Bool(flag) => Ok(Val::Int(i64::from(flag))),
        #[expect(clippy::cast_possible_truncation, reason = "the bounds are checked before")]
        Val::Double(number) if number.abs() < 9.2e18 => Ok(Val::Int(number as i64)),
        Val::Double(_) => Err(EvaluationFault::new("`int` takes a number within 64 bits")),
        Val::Int(number) => Ok(Val::Int(number)),
        Val::Text(text) => {
            text.parse().map(Val::Int).map_err(|_| EvaluationFault::new(format!("`{}` is not an integer", shown(&text))))
        }
        Val::Time(time) => Ok(Val::Int(time.as_second())),
        other => Err(wrong("`int` takes a number, a string or a timestamp", &other)),
    }
}

fn uint<'v>(arguments: Arguments<'v>, budget: &mut Budget) -> Result<Val<'v>> {
    let value = int(arguments, budget)?;
    if int_of("uint", &value)? < 0 {
        return Err(EvaluationFault::new("`uint` takes a number that is not negative"));
    }
    Ok(value)
}

fn round<'v>(name: &str, operation: fn(f64) -> f64, arguments: Arguments<'v>) -> Result<Val<'v>> {
    match next(&mut arguments.into_iter()) {
        Val::Int(number) => Ok(Val::Int(number)),
        Val::Double(number) => int_of(name, &Val::Double(operation(number))).map(Val::Int),
        other => Err(wrong(&format!("`{name}` takes a number"), &other)),
    }
}

/// Gives the differences of neighbours: of timestamps, durations; of numbers, numbers.
fn gaps<'v>(arguments: Arguments<'v>, budget: &mut Budget) -> Result<Val<'v>> {
    let members = members_of("gaps", &next(&mut arguments.into_iter()))?;
    let mut gaps = Vec::with_capacity(members.len());
    for (earlier, later) in members.iter().zip(members.iter().skip(1)) {
        gaps.push(operate::binary(super::super::node::Binary::Subtract, later.clone(), earlier.clone(), budget)?);
    }
    Ok(Val::list(gaps))
}

fn extreme<'v>(name: &str, mut arguments: Arguments<'v>, budget: &mut Budget) -> Result<Val<'v>> {
    if arguments.len() == 1 {
        arguments = members_of(name, &next(&mut arguments.into_iter()))?;
    }
    let sorted = operate::sort(arguments.into_iter().map(|member| (member.clone(), member)).collect(), budget)?;
    let mut members = members_of(name, &sorted)?;
    let member = if name == "max" { members.pop() } else { members.into_iter().next() };
    member.ok_or_else(|| EvaluationFault::new(format!("`{name}` takes a list that is not empty")))
}

fn numbers(name: &str, value: &Val<'_>) -> Result<Vec<f64>> {
    members_of(name, value)?
        .iter()
        .map(|member| match member {
            Val::Span(span) => Ok(span.as_secs_f64()),
            other => other.as_double().ok_or_else(|| wrong(&format!("`{name}` takes a list of numbers"), other)),
        })
        .collect()
}

fn mean<'v>(arguments: Arguments<'v>, _: &mut Budget) -> Result<Val<'v>> {
    let numbers = numbers("mean", &next(&mut arguments.into_iter()))?;
    if numbers.is_empty() {
        return Err(EvaluationFault::new("`mean` takes a list that is not empty"));
    }
    #[expect(clippy::cast_precision_loss, reason = "a list is far shorter than 2^52")]
    let count = numbers.len() as f64;
    Ok(Val::Double(numbers.iter().sum::<f64>() / count))
}

/// Gives the value below which `p` percent of the list lie: nearest rank, so that it is always a member of the list.
fn percentile<'v>(arguments: Arguments<'v>, _: &mut Budget) -> Result<Val<'v>> {
    let mut arguments = arguments.into_iter();
    let mut numbers = numbers("percentile", &next(&mut arguments))?;
    let p = next(&mut arguments);
    let p = p.as_double().filter(|p| (0.0..=100.0).contains(p));
    let p = p.ok_or_else(|| EvaluationFault::new("`percentile` takes a number from 0 to 100"))?;
    numbers.sort_by(f64::total_cmp);
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to the length")]
    let rank = (p / 100.0 * numbers.len() as f64).ceil() as usize;
    let value = numbers.get(rank.saturating_sub(1)).copied();
    value.map(Val::Double).ok_or_else(|| EvaluationFault::new("`percentile` takes a list that is not empty"))
}

fn sum<'v>(arguments: Arguments<'v>, budget: &mut Budget) -> Result<Val<'v>> {
    let mut members = members_of("sum", &next(&mut arguments.into_iter()))?.into_iter();
    let Some(first) = members.next() else { return Ok(Val::Int(0)) };
    if !matches!(first, Val::Double(_) | Val::Int(_) | Val::Span(_)) {
        return Err(wrong("`sum` takes a list of numbers", &first));
    }
    members.try_fold(first, |sum, member| operate::binary(super::super::node::Binary::Add, sum, member, budget))
}
