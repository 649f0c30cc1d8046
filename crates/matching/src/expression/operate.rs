//! Operators on values: arithmetic, comparison, equality, indexes, order.

use super::EvaluationFault;
use super::evaluate::Budget;
use super::node::Binary;
use super::value::Val;
use indexmap::IndexMap;
use jiff::SignedDuration;
use serde_json::Value;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::rc::Rc;

type Result<T> = super::Evaluated<T>;

/// Applies an operator.
pub(super) fn binary<'v>(operator: Binary, left: Val<'v>, right: Val<'v>, budget: &mut Budget) -> Result<Val<'v>> {
    match operator {
        Binary::Equal => equal(&left, &right, budget).map(Val::Bool),
        Binary::NotEqual => equal(&left, &right, budget).map(|same| Val::Bool(!same)),
        Binary::In => contains(&right, &left, budget)?.map(Val::Bool).ok_or_else(|| mistyped(operator, &left, &right)),
        Binary::Greater | Binary::GreaterEqual | Binary::Less | Binary::LessEqual => {
            let order = order(&left, &right).ok_or_else(|| mistyped(operator, &left, &right))?;
            Ok(Val::Bool(match operator {
                Binary::Greater => order.is_gt(),
                Binary::GreaterEqual => order.is_ge(),
                Binary::Less => order.is_lt(),
                _ => order.is_le(),
            }))
        }
        Binary::Add | Binary::Divide | Binary::Multiply | Binary::Remainder | Binary::Subtract => {
            arithmetic(operator, left, right, budget)
        }
    }
}

fn mistyped(operator: Binary, left: &Val<'_>, right: &Val<'_>) -> Box<EvaluationFault> {
    let sign = operator.sign();
    EvaluationFault::new(format!("`{sign}` cannot be used between {} and {}", left.type_name(), right.type_name()))
}

fn arithmetic<'v>(operator: Binary, left: Val<'v>, right: Val<'v>, budget: &mut Budget) -> Result<Val<'v>> {
    let overflow = || EvaluationFault::new(format!("`{}` gives a number that is too big", operator.sign()));
    match (operator, left, right) {
        (_, Val::Int(left), Val::Int(right)) => integers(operator, left, right),
        (Binary::Remainder, left @ Val::Double(_), right) => Err(mistyped(operator, &left, &right)),
        (_, left @ (Val::Double(_) | Val::Int(_)), right @ (Val::Double(_) | Val::Int(_))) => {
            // Both have a double form by the pattern above. CEL has no mixed arithmetic; JSON does not tell 1 from 1.0.
            let (left, right) = (left.as_double().unwrap_or(f64::NAN), right.as_double().unwrap_or(f64::NAN));
            Ok(Val::Double(match operator {
                Binary::Add => left + right,
                Binary::Divide => left / right,
                Binary::Multiply => left * right,
                Binary::Remainder => left % right,
                _ => left - right,
            }))
        }
        (Binary::Add, Val::Text(left), Val::Text(right)) => {
            budget.bytes(left.len() + right.len())?;
            let mut text = left.into_owned();
            text.push_str(&right);
            Ok(Val::Text(Cow::Owned(text)))
        }
        (Binary::Add, Val::Bytes(left), Val::Bytes(right)) => {
            budget.bytes(left.len() + right.len())?;
            Ok(Val::Bytes(left.iter().chain(right.iter()).copied().collect()))
        }
        (Binary::Add, Val::Time(time), Val::Span(span)) | (Binary::Add, Val::Span(span), Val::Time(time)) => {
            time.checked_add(span).map(Val::Time).map_err(|_| overflow())
        }
        (Binary::Subtract, Val::Time(time), Val::Span(span)) => time.checked_sub(span).map(Val::Time).map_err(|_| overflow()),
        (Binary::Subtract, Val::Time(left), Val::Time(right)) => Ok(Val::Span(left.duration_since(right))),
        (Binary::Add, Val::Span(left), Val::Span(right)) => left.checked_add(right).map(Val::Span).ok_or_else(overflow),
        (Binary::Subtract, Val::Span(left), Val::Span(right)) => left.checked_sub(right).map(Val::Span).ok_or_else(overflow),
        (Binary::Multiply, Val::Span(span), Val::Int(count)) => {
            let count = i32::try_from(count).map_err(|_| overflow())?;
            span.checked_mul(count).map(Val::Span).ok_or_else(overflow)
        }
        (Binary::Add, left, right) => match (left.members(), right.members()) {
            (Some(mut members), Some(more)) => {
                budget.step(members.len() + more.len())?;
                members.extend(more);
                Ok(Val::list(members))
            }
            _ => Err(mistyped(operator, &left, &right)),
        },
        (_, left, right) => Err(mistyped(operator, &left, &right)),
    }
}

fn integers<'v>(operator: Binary, left: i64, right: i64) -> Result<Val<'v>> {
    let zero = || EvaluationFault::new("a number is divided by zero");
    let result = match operator {
        Binary::Add => left.checked_add(right),
        Binary::Divide if right == 0 => return Err(zero()),
        Binary::Divide => left.checked_div(right),
        Binary::Multiply => left.checked_mul(right),
        Binary::Remainder if right == 0 => return Err(zero()),
        Binary::Remainder => left.checked_rem(right),
        _ => left.checked_sub(right),
    };
    // CEL: integer overflow is an error, not a wrap.
    let overflow = || EvaluationFault::new(format!("`{}` gives a number that is too big", operator.sign()));
    result.map(Val::Int).ok_or_else(overflow)
}

/// Changes a number's or duration's sign.
pub(super) fn negate<'v>(value: &Val<'v>) -> Option<Val<'v>> {
    match value {
        Val::Double(number) => Some(Val::Double(-number)),
        Val::Int(number) => number.checked_neg().map(Val::Int),
        Val::Span(span) => SignedDuration::ZERO.checked_sub(*span).map(Val::Span),
        _ => None,
    }
}

/// Tells whether two values are equal; numbers compare across types (CEL: heterogeneous equality).
pub(super) fn equal(left: &Val<'_>, right: &Val<'_>, budget: &mut Budget) -> Result<bool> {
    budget.step(1)?;
    Ok(match (left, right) {
        (Val::Json(left), Val::Json(right)) => {
            budget.step(crate::pointer::weight(left))?;
            crate::compare::same(left, right)
        }
        (Val::Bool(left), Val::Bool(right)) => left == right,
        (Val::Bytes(left), Val::Bytes(right)) => left == right,
        (Val::Int(left), Val::Int(right)) => left == right,
        (Val::Null, Val::Null) => true,
        (Val::Span(left), Val::Span(right)) => left == right,
        (Val::Text(left), Val::Text(right)) => left == right,
        (Val::Time(left), Val::Time(right)) => left == right,
        (Val::Double(_) | Val::Int(_), Val::Double(_) | Val::Int(_)) => left.as_double() == right.as_double(),
        _ => {
            if left.size() != right.size() {
                return Ok(false);
            }
            if let (Some(left), Some(right)) = (left.members(), right.members()) {
                return all_equal(left.iter().zip(&right), budget);
            }
            let (Some(left), true) = (left.entries(), right.entries().is_some()) else { return Ok(false) };
            for (name, value) in &left {
                match right.member(name) {
                    Some(other) if equal(value, &other, budget)? => {}
                    _ => return Ok(false),
                }
            }
            true
        }
    })
}

fn all_equal<'a, 'v: 'a>(pairs: impl Iterator<Item = (&'a Val<'v>, &'a Val<'v>)>, budget: &mut Budget) -> Result<bool> {
    for (left, right) in pairs {
        if !equal(left, right, budget)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Orders two values; `None` where CEL has no order for them.
pub(super) fn order(left: &Val<'_>, right: &Val<'_>) -> Option<Ordering> {
    match (left, right) {
        (Val::Bool(left), Val::Bool(right)) => Some(left.cmp(right)),
        (Val::Bytes(left), Val::Bytes(right)) => Some(left.cmp(right)),
        (Val::Int(left), Val::Int(right)) => Some(left.cmp(right)),
        (Val::Span(left), Val::Span(right)) => Some(left.cmp(right)),
        (Val::Text(left), Val::Text(right)) => Some(left.cmp(right)),
        (Val::Time(left), Val::Time(right)) => Some(left.cmp(right)),
        _ => left.as_double()?.partial_cmp(&right.as_double()?),
    }
}

/// Tells whether a list has a member, a map a key, or a text a part; `None` for anything else.
pub(super) fn contains(whole: &Val<'_>, part: &Val<'_>, budget: &mut Budget) -> Result<Option<bool>> {
    if let Some(members) = whole.members() {
        for member in &members {
            if equal(member, part, budget)? {
                return Ok(Some(true));
            }
        }
        return Ok(Some(false));
    }
    Ok(match (whole, part) {
        (Val::Json(Value::Object(_)) | Val::Map(_), Val::Text(name)) => Some(whole.member(name).is_some()),
        (Val::Json(Value::Object(_)) | Val::Map(_), _) => Some(false),
        _ => None,
    })
}

/// Gives a member by number or name; `None` where there is none.
pub(super) fn index<'v>(value: &Val<'v>, key: &Val<'v>) -> Result<Option<Val<'v>>> {
    match (value, key) {
        (Val::Json(Value::Array(_)) | Val::List(_), Val::Int(at)) => Ok(usize::try_from(*at).ok().and_then(|at| value.at(at))),
        (Val::Json(Value::Object(_)) | Val::Map(_), Val::Text(name)) => Ok(value.member(name)),
        (Val::Json(Value::Object(_)) | Val::Map(_), Val::Int(name)) => Ok(value.member(&name.to_string())),
        _ => Err(EvaluationFault::new(format!("a {} cannot be indexed by a {}", value.type_name(), key.type_name()))),
    }
}

/// Sorts by the first of each pair and gives the second; equal ones keep their order.
pub(super) fn sort<'v>(mut pairs: Vec<(Val<'v>, Val<'v>)>, budget: &mut Budget) -> Result<Val<'v>> {
    budget.step(pairs.len().saturating_mul(pairs.len().ilog2_or_zero()))?;
    if let Some((first, _)) = pairs.first()
        && let Some((other, _)) = pairs.iter().find(|(key, _)| order(first, key).is_none())
    {
        return Err(EvaluationFault::new(format!("a {} and a {} have no order", first.type_name(), other.type_name())));
    }
    pairs.sort_by(|(left, _), (right, _)| order(left, right).unwrap_or(Ordering::Equal));
    Ok(Val::list(pairs.into_iter().map(|(_, value)| value).collect()))
}

trait Log {
    fn ilog2_or_zero(self) -> usize;
}

impl Log for usize {
    fn ilog2_or_zero(self) -> usize {
        self.checked_ilog2().map_or(0, |log| log as usize)
    }
}

/// Makes a map from each key, as text, to the list of its values, in the order in which keys first came.
pub(super) fn group<'v>(pairs: Vec<(Val<'v>, Val<'v>)>, budget: &mut Budget) -> Result<Val<'v>> {
    budget.step(pairs.len())?;
    let mut groups: IndexMap<String, Vec<Val<'v>>> = IndexMap::new();
    for (key, value) in pairs {
        let name = match key {
            Val::Text(text) => text.into_owned(),
            other => other.into_json().to_string(),
        };
        groups.entry(name).or_default().push(value);
    }
    Ok(Val::Map(Rc::new(groups.into_iter().map(|(name, values)| (name, Val::list(values))).collect())))
}
