//! What can be said of a rule before it meets a message: whether absence satisfies it, and whether it can fail at all.

use super::{Bounds, Condition, Operator, Rule, Sense, SeriesOperator, Test};
use crate::{Operand, Subject};
use serde_json::Value;

/// Tells whether the rule could hold because its subject is absent.
///
/// Every operator but `absent` demands presence, so only a rule with `absent` (or `not present`) can; an expression that
/// uses `has(...)` or `?.` speaks of absence itself and is left to its author.
#[must_use]
pub fn can_pass_on_absence(rule: &Rule) -> bool {
    match rule {
        Rule::All(rules) => !rules.is_empty() && rules.iter().all(can_pass_on_absence),
        Rule::Any(alternatives) => alternatives.iter().any(|alternative| can_pass_on_absence(&alternative.rule)),
        Rule::Condition(condition) => !condition.tests.is_empty() && condition.tests.iter().all(asks_for_absence),
        // It is broken where nothing is there.
        Rule::Whole(_) => false,
    }
}

fn asks_for_absence(test: &Test) -> bool {
    matches!((&test.operator, test.sense), (Operator::Absent, Sense::Is) | (Operator::Present, Sense::Not))
}

/// Gives the reason why the rule can never be broken, where that is plain.
#[must_use]
pub fn cannot_fail(rule: &Rule) -> Option<String> {
    match rule {
        Rule::All(rules) if rules.is_empty() => Some("it has no condition".to_owned()),
        Rule::All(rules) => rules.iter().map(cannot_fail).collect::<Option<Vec<_>>>().map(|reasons| reasons.join("; ")),
        Rule::Any(alternatives) if alternatives.is_empty() => Some("it has no alternative".to_owned()),
        Rule::Any(alternatives) => {
            if let Some(reason) = alternatives.iter().find_map(|alternative| cannot_fail(&alternative.rule)) {
                return Some(reason);
            }
            let absent = alternatives.iter().filter_map(|alternative| single(&alternative.rule, asks_for_absence));
            let present: Vec<String> =
                alternatives.iter().filter_map(|alternative| single(&alternative.rule, asks_for_presence)).collect();
            let both = absent.into_iter().find(|subject| present.contains(subject));
            both.map(|subject| format!("{subject} may be present or absent"))
        }
        Rule::Condition(condition) => never_broken(condition),
        Rule::Whole(_) => None,
    }
}

fn asks_for_presence(test: &Test) -> bool {
    matches!((&test.operator, test.sense), (Operator::Present, Sense::Is) | (Operator::Absent, Sense::Not))
}

/// Gives the subject of a rule that is one condition with one such test.
fn single(rule: &Rule, fits: fn(&Test) -> bool) -> Option<String> {
    match rule {
        Rule::Condition(Condition { subject, tests, side }) if matches!(tests.as_slice(), [test] if fits(test)) => {
            Some(format!("{} of the {}", subject.label(), crate::subject::select::side_name(*side)))
        }
        Rule::All(rules) => match rules.as_slice() {
            [one] => single(one, fits),
            _ => None,
        },
        _ => None,
    }
}

/// Subjects that are always there, so that to ask for their presence asks nothing.
fn always_present(subject: &Subject) -> bool {
    matches!(subject, Subject::Count | Subject::Expression(_) | Subject::Outcome | Subject::Store(_))
}

fn never_broken(condition: &Condition) -> Option<String> {
    let Condition { subject, tests, .. } = condition;
    if let Subject::Expression(expression) | Subject::Store(expression) = subject
        && expression.is_constant()
    {
        // A constant that is false is as wrong: it says nothing of any message.
        return Some(format!("`{}` is the same for every message", expression.text()));
    }
    if tests.is_empty() {
        return None;
    }
    if let Subject::Series(_) = subject {
        return tests.iter().map(series_never_broken).collect::<Option<Vec<_>>>().map(|reasons| reasons.join("; "));
    }
    let counts = matches!(subject, Subject::Body(crate::BodyAspect::Size) | Subject::Count | Subject::HeaderCount(_));
    if let (Subject::Count, [Test { operator: Operator::Range(bounds), sense: Sense::Is }]) = (subject, tests.as_slice())
        && bounds.min.is_none()
        && bounds.above.is_none()
    {
        return Some("a count with only a most is met by silence".to_owned());
    }
    let vacuous =
        |test: &Test| test_never_broken(test, counts).or_else(|| always_present(subject).then(|| presence(test)).flatten());
    let reasons = tests.iter().map(vacuous).collect::<Option<Vec<_>>>()?;
    // Vacuous tests of a subject that can be missing still ask for its presence, which is a rule; it is badly said,
    // so that only `present` may be used for it.
    Some(reasons.join("; "))
}

fn presence(test: &Test) -> Option<String> {
    asks_for_presence(test).then(|| "its subject is always present".to_owned())
}

fn test_never_broken(test: &Test, counts: bool) -> Option<String> {
    match (&test.operator, test.sense) {
        (Operator::Contains(Operand::Literal(Value::String(text))), Sense::Is) if text.is_empty() => {
            Some("every text contains the empty text".to_owned())
        }
        (Operator::Each(tests), Sense::Is) => {
            let reasons: Option<Vec<String>> = tests.iter().map(|test| test_never_broken(test, false)).collect();
            reasons.map(|reasons| if reasons.is_empty() { "`each` has no test".to_owned() } else { reasons.join("; ") })
        }
        (Operator::Length(bounds), Sense::Is) => unbound(bounds, true),
        (Operator::Matches(pattern), Sense::Is) => {
            matches_everything(pattern.text()).then(|| format!("the pattern `{}` matches every text", pattern.text()))
        }
        (Operator::OneOf(values), Sense::Not) if values.is_empty() => Some("`one-of` has no value".to_owned()),
        (Operator::Range(bounds), Sense::Is) => unbound(bounds, counts),
        _ => None,
    }
}

/// Bounds that exclude nothing; of a count or a length, a least of 0 does not bind.
fn unbound(bounds: &Bounds, never_negative: bool) -> Option<String> {
    let least = bounds.min.is_none_or(|min| never_negative && min <= 0.0)
        && bounds.above.is_none_or(|above| never_negative && above < 0.0);
    let most = bounds.max.is_none() && bounds.below.is_none();
    (least && most).then(|| "its bounds exclude nothing".to_owned())
}

/// Tells whether a pattern matches whatever comes: it matches the empty text without looking at either end.
fn matches_everything(pattern: &str) -> bool {
    let inner = pattern.trim_start_matches('^').trim_end_matches('$');
    let whole = matches!(inner, "" | ".*" | "(.*)" | ".*?" | "[\\s\\S]*" | "(?s).*" | "(?s:.*)");
    // An anchored empty pattern matches the empty text only.
    let anchored_empty = inner.is_empty() && pattern.starts_with('^') && pattern.ends_with('$') && pattern.len() > 1;
    whole && !anchored_empty
}

fn series_never_broken(test: &Test) -> Option<String> {
    match (&test.operator, test.sense) {
        (Operator::Series(SeriesOperator::Count(bounds)), Sense::Is) => unbound(bounds, true).or_else(|| {
            (bounds.min.is_none() && bounds.above.is_none()).then(|| "a count with only a most is met by silence".to_owned())
        }),
        (Operator::Series(SeriesOperator::Gaps(gaps)), Sense::Is) => {
            let open = |bounds: &Option<Bounds>| bounds.as_ref().is_none_or(|bounds| unbound(bounds, true).is_some());
            (open(&gaps.range) && open(&gaps.mean) && gaps.growing.is_none()).then(|| "its gaps have no limit".to_owned())
        }
        _ => None,
    }
}
