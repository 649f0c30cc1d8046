//! Applies one test to what a subject gave.

use super::shown::{shown, shown_json};
use super::{Bounds, Condition, JsonType, Operator, Sense, Test};
use crate::limits::UNIQUE_MAX;
use crate::subject::select::{Blocked, Found, Seen, quoted, text_of};
use crate::{Operand, Subject, Subjects, compare, pointer};
use serde_json::Value;
use std::borrow::Cow;

/// What one of the things found has missed.
#[derive(Debug)]
pub(super) struct Miss {
    /// Which of them.
    pub(super) at: usize,
    /// What follows the subject's name in the message.
    pub(super) message: String,
    /// All that would have been right.
    pub(super) expected: Vec<String>,
}

/// An operator with its operands resolved, once for all that was found.
enum Ready<'t> {
    Each(&'t [Test]),
    Plain(&'t Operator),
    Same(Value, &'t [String]),
    Values(&'t Operator, Vec<Cow<'t, Value>>),
}

/// Applies a test to everything found and gives the first miss; `Err` says why it cannot be applied.
pub(super) fn all(
    test: &Test,
    condition: &Condition,
    seen: &[Seen<'_>],
    subjects: &Subjects<'_>,
) -> Result<Option<Miss>, Blocked> {
    if let Operator::Unique = test.operator {
        return Ok(unique(seen, test.sense));
    }
    let ready = ready(&test.operator, subjects)?;
    for (at, one) in seen.iter().enumerate() {
        if let Some((message, expected)) = judge_one(test, &ready, &condition.subject, &one.value, subjects)? {
            return Ok(Some(Miss { at, message, expected }));
        }
    }
    Ok(None)
}

fn ready<'t>(operator: &'t Operator, subjects: &Subjects<'_>) -> Result<Ready<'t>, Blocked> {
    // An operand that is not a literal is resolved now and owned.
    let resolve = |operand: &'t Operand| -> Result<Cow<'t, Value>, Blocked> {
        match operand {
            Operand::Literal(value) => Ok(Cow::Borrowed(value)),
            other => other.resolve(subjects).map(|value| Cow::Owned(value.into_owned())),
        }
    };
    Ok(match operator {
        Operator::Contains(operand) | Operator::Equals(operand) => Ready::Values(operator, vec![resolve(operand)?]),
        Operator::Each(tests) => Ready::Each(tests),
        Operator::OneOf(operands) => {
            let mut values = Vec::with_capacity(operands.len());
            for operand in operands {
                match (operand, resolve(operand)?) {
                    (Operand::Expression(_), Cow::Owned(Value::Array(members))) => {
                        values.extend(members.into_iter().map(Cow::Owned))
                    }
                    (_, value) => values.push(value),
                }
            }
            Ready::Values(operator, values)
        }
        Operator::SameAs { other, except } => Ready::Same(resolve(other)?.into_owned(), except),
        other => Ready::Plain(other),
    })
}

type Verdict = Option<(String, Vec<String>)>;

fn judge_one(
    test: &Test,
    ready: &Ready<'_>,
    subject: &Subject,
    found: &Found<'_>,
    subjects: &Subjects<'_>,
) -> Result<Verdict, Blocked> {
    let actual = || shown(found);
    let holds = match ready {
        Ready::Each(tests) => return each(tests, test.sense, found, subjects),
        Ready::Plain(operator) => plain(operator, found),
        Ready::Same(other, except) => same_as(found, other, except),
        Ready::Values(Operator::Contains(_), values) => values.iter().all(|value| contains(found, value)),
        Ready::Values(_, values) => values.iter().any(|value| equals(subject, found, value)),
    };
    if holds == (test.sense == Sense::Is) {
        return Ok(None);
    }
    // What was expected is put into words only where something else came.
    let expected: Vec<String> = match ready {
        // Its members have words of their own.
        Ready::Each(_) => Vec::new(),
        Ready::Plain(operator) => plain_expected(operator),
        Ready::Same(other, _) => vec![format!("the same as `{}`", shown_json(other))],
        Ready::Values(operator @ Operator::Contains(_), values) => {
            values.iter().map(|value| format!("{} `{}`", operator.verb(), shown_json(value))).collect()
        }
        Ready::Values(_, values) => values.iter().map(|value| quoted(&shown_json(value))).collect(),
    };
    let expected = match test.sense {
        Sense::Is => expected,
        Sense::Not => expected.into_iter().map(|text| format!("anything but {text}")).collect(),
    };
    let what = match (&test.operator, found) {
        (Operator::Range(_), found) if number(found).is_none() => format!("is `{}`, which is no number", actual()),
        _ => ["is `", &actual(), "`"].concat(),
    };
    Ok(Some(([&what, "; expected ", &expected.join(" or ")].concat(), expected)))
}

/// Applies tests to every member; the message names the member.
fn each(tests: &[Test], sense: Sense, found: &Found<'_>, subjects: &Subjects<'_>) -> Result<Verdict, Blocked> {
    let whole = found.to_json();
    let members: Vec<(String, &Value)> = match &*whole {
        Value::Array(members) => members.iter().enumerate().map(|(at, member)| (at.to_string(), member)).collect(),
        Value::Object(members) => members.iter().map(|(name, member)| (name.clone(), member)).collect(),
        other => {
            let expected = vec!["a list".to_owned()];
            return Ok(Some((format!("is `{}`; expected a list", shown_json(other)), expected)));
        }
    };
    let mut missed = None;
    for (name, member) in members {
        let one = Found::Json(Cow::Borrowed(member));
        for test in tests {
            let ready = ready(&test.operator, subjects)?;
            let verdict = judge_one(test, &ready, &Subject::Body(crate::BodyAspect::Text), &one, subjects)?;
            missed = missed.or(verdict.map(|(message, expected)| (format!("member `{name}` {message}"), expected)));
        }
        if missed.is_some() && sense == Sense::Is {
            return Ok(missed);
        }
    }
    Ok(match (sense, missed) {
        (Sense::Is, missed) => missed,
        (Sense::Not, Some(_)) => None,
        (Sense::Not, None) => {
            Some(("has only members that should not all pass".to_owned(), vec!["a member that differs".to_owned()]))
        }
    })
}

/// Tells whether what was found equals a value: JSON by type and value, text as text, statuses also by class.
fn equals(subject: &Subject, found: &Found<'_>, value: &Value) -> bool {
    match found {
        Found::Json(own) if compare::same(own, value) => true,
        Found::Json(own) => match (subject, &**own, value) {
            (Subject::Status, own, Value::String(class)) => status_fits(own, class),
            // Counts and sizes have no JSON type of their own; neither has what a template renders.
            (Subject::Body(_) | Subject::Count | Subject::HeaderCount(_) | Subject::Timing(_), own, Value::String(text)) => {
                text_of(own).as_deref() == Some(text)
            }
            _ => false,
        },
        Found::Text(own) => text_of(value).is_some_and(|value| value == *own),
    }
}

/// `4xx` stands for every status of that class (RFC 9110 §15).
fn status_fits(status: &Value, class: &str) -> bool {
    let Some(status) = text_of(status) else { return false };
    match class.strip_suffix("xx").or_else(|| class.strip_suffix("XX")) {
        Some(first) => first.len() == 1 && status.len() == 3 && status.starts_with(first),
        None => status == class,
    }
}

fn contains(found: &Found<'_>, part: &Value) -> bool {
    match found {
        Found::Json(whole) => compare::holds(whole, part),
        Found::Text(text) => text_of(part).is_some_and(|part| text.contains(&*part)),
    }
}

fn same_as(found: &Found<'_>, other: &Value, except: &[String]) -> bool {
    if except.is_empty() {
        return match found {
            Found::Json(own) => compare::same(own, other),
            Found::Text(own) => text_of(other).is_some_and(|other| other == *own),
        };
    }
    let (mut own, mut other) = (found.to_json().into_owned(), other.clone());
    for left_out in except {
        pointer::remove(&mut own, left_out);
        pointer::remove(&mut other, left_out);
    }
    compare::same(&own, &other)
}

/// Gives the number that something is or spells.
pub(super) fn number(found: &Found<'_>) -> Option<f64> {
    match found {
        Found::Json(value) => match &**value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        },
        Found::Text(text) => text.trim().parse().ok(),
    }
    .filter(|number| number.is_finite())
}

impl Bounds {
    /// Tells whether a number lies within.
    pub(super) fn hold(&self, number: f64) -> bool {
        self.min.is_none_or(|min| number >= min)
            && self.max.is_none_or(|max| number <= max)
            && self.above.is_none_or(|above| number > above)
            && self.below.is_none_or(|below| number < below)
    }

    /// Gives by how much a number lies outside; 0 for one within.
    pub(super) fn distance(&self, number: f64) -> f64 {
        let below = [self.min, self.above].into_iter().flatten().map(|least| least - number);
        let above = [self.max, self.below].into_iter().flatten().map(|most| number - most);
        below.chain(above).fold(0.0, f64::max)
    }

    /// Says them in words.
    pub(super) fn words(&self) -> String {
        let exact = self.min.is_some() && self.min == self.max;
        let parts = [
            self.min.filter(|_| exact).map(|number| format!("exactly {number}")),
            self.min.filter(|_| !exact).map(|number| format!("at least {number}")),
            self.max.filter(|_| !exact).map(|number| format!("at most {number}")),
            self.above.map(|number| format!("more than {number}")),
            self.below.map(|number| format!("less than {number}")),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" and ")
    }
}

#[expect(clippy::cast_precision_loss, reason = "a length is far below 2^52")]
fn length(found: &Found<'_>) -> Option<f64> {
    let count = match found {
        Found::Json(value) => match &**value {
            Value::Array(members) => members.len(),
            Value::Object(members) => members.len(),
            other => text_of(other)?.chars().count(),
        },
        Found::Text(text) => text.chars().count(),
    };
    Some(count as f64)
}

fn plain(operator: &Operator, found: &Found<'_>) -> bool {
    match operator {
        Operator::Format(format) => found.to_text().is_some_and(|text| format.holds(&text)),
        Operator::Length(bounds) => length(found).is_some_and(|length| bounds.hold(length)),
        Operator::Matches(pattern) => found.to_text().is_some_and(|text| pattern.is_match(&text)),
        Operator::Present => true,
        Operator::Range(bounds) => number(found).is_some_and(|number| bounds.hold(number)),
        Operator::Type(wanted) => wanted.fits(found),
        // The others are resolved before, or belong to whole subjects.
        _ => false,
    }
}

fn plain_expected(operator: &Operator) -> Vec<String> {
    vec![match operator {
        Operator::Format(format) => format!("the format `{}`", format.name()),
        Operator::Length(bounds) => format!("a length of {}", bounds.words()),
        Operator::Matches(pattern) => ["text that matches `", pattern.text(), "`"].concat(),
        Operator::Present => "a value".to_owned(),
        Operator::Range(bounds) => bounds.words(),
        Operator::Type(wanted) => wanted.words().to_owned(),
        _ => "a series".to_owned(),
    }]
}

/// Says what a test asks for, as far as that is known without an exchange.
pub(super) fn expected(test: &Test) -> Vec<String> {
    let operand = |operand: &Operand| match operand {
        Operand::Expression(expression) => format!("`{}`", expression.text()),
        Operand::Literal(value) => format!("`{}`", shown_json(value)),
        Operand::Template(_) => "the value of its template".to_owned(),
    };
    let texts = match &test.operator {
        Operator::Absent => vec!["none".to_owned()],
        Operator::Contains(part) => vec![format!("{} {}", test.operator.verb(), operand(part))],
        Operator::Each(tests) => tests.iter().flat_map(expected).map(|text| format!("each member {text}")).collect(),
        Operator::Equals(value) => vec![operand(value)],
        Operator::OneOf(values) => values.iter().map(operand).collect(),
        Operator::SameAs { other, .. } => vec![format!("the same as {}", operand(other))],
        Operator::Series(_) => Vec::new(),
        Operator::Unique => vec!["no value twice".to_owned()],
        other => plain_expected(other),
    };
    match test.sense {
        Sense::Is => texts,
        Sense::Not => texts.into_iter().map(|text| format!("anything but {text}")).collect(),
    }
}

impl Operator {
    fn verb(&self) -> &'static str {
        match self {
            Self::Contains(_) => "something that contains",
            _ => "",
        }
    }
}

impl JsonType {
    fn fits(self, found: &Found<'_>) -> bool {
        let Found::Json(value) = found else { return self == Self::String };
        match self {
            Self::Array => value.is_array(),
            Self::Boolean => value.is_boolean(),
            // JSON Schema 2020-12 §6.1.1 (validation): 1.0 is an integer.
            Self::Integer => value.as_f64().is_some_and(|number| number.fract() == 0.0),
            Self::Null => value.is_null(),
            Self::Number => value.is_number(),
            Self::Object => value.is_object(),
            Self::String => value.is_string(),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Array => "a list",
            Self::Boolean => "a boolean",
            Self::Integer => "a whole number",
            Self::Null => "null",
            Self::Number => "a number",
            Self::Object => "an object",
            Self::String => "a string",
        }
    }
}

fn unique(seen: &[Seen<'_>], sense: Sense) -> Option<Miss> {
    let whole;
    let values: Vec<Cow<'_, Value>> = match seen {
        [Seen { value: Found::Json(list), .. }] if list.is_array() => {
            whole = list.as_array();
            whole.into_iter().flatten().map(Cow::Borrowed).collect()
        }
        several => several.iter().map(|seen| seen.value.to_json()).collect(),
    };
    if values.len() > UNIQUE_MAX {
        let message = format!("has {} members; at most {UNIQUE_MAX} are compared", values.len());
        return Some(Miss { at: 0, message, expected: vec![format!("at most {UNIQUE_MAX} members")] });
    }
    // Equal numbers can be written differently, so that the text of a value is no key; texts are compared first by hash.
    let mut texts = std::collections::HashMap::with_capacity(values.len());
    let mut others: Vec<(usize, &Value)> = Vec::new();
    let mut twice = None;
    for (at, value) in values.iter().enumerate() {
        let first = match &**value {
            Value::String(text) => texts.insert(text.as_str(), at),
            value => {
                let first = others.iter().find(|(_, other)| compare::same(other, value)).map(|(first, _)| *first);
                others.push((at, value));
                first
            }
        };
        if first.is_some() {
            twice = Some(at);
            break;
        }
    }
    match (sense, twice) {
        (Sense::Is, Some(at)) => {
            let value = values.get(at).map_or_else(String::new, |value| shown_json(value));
            let at = if seen.len() == 1 { 0 } else { at };
            Some(Miss {
                at,
                message: format!("has `{value}` twice; expected no value twice"),
                expected: vec!["no value twice".to_owned()],
            })
        }
        (Sense::Not, None) => Some(Miss {
            at: 0,
            message: "has no value twice; expected one".to_owned(),
            expected: vec!["a value twice".to_owned()],
        }),
        _ => None,
    }
}
