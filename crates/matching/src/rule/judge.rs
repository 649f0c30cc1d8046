//! Judges rules: total, and every miss is said with its place.

use super::shown::{cut, shown};
use super::{
    Alternative, Condition, Held, Judgement, Mismatch, Operator, Rule, Sense, Test, Unjudged, gaps, reason, sequence, test,
};
use crate::subject::hidden;
use crate::subject::select::{Blocked, Seen, Spot, select, side_read, text_of};
use crate::{Expression, Operand, Side, Subject, Subjects};
use serde_json::Value;

/// Judges a rule.
#[must_use]
pub fn judge(rule: &Rule, subjects: &Subjects<'_>) -> Judgement {
    match rule {
        Rule::All(rules) => {
            let (mut warning, mut coarse) = (None, None);
            for rule in rules {
                match judge(rule, subjects) {
                    Judgement::Holds => {}
                    Judgement::HoldsWithWarning(text) => warning = warning.or(Some(text)),
                    // What cannot be measured must not hide what is plainly broken.
                    Judgement::Unjudged(reason) => coarse = coarse.or(Some(reason)),
                    other => return other,
                }
            }
            coarse.map(Judgement::Unjudged).unwrap_or_else(|| warning.map_or(Judgement::Holds, Judgement::HoldsWithWarning))
        }
        Rule::Any(alternatives) => any(alternatives, subjects),
        Rule::Condition(condition) => judge_condition(condition, subjects),
        Rule::Whole(whole) => whole.judge(subjects),
    }
}

/// Tells whether a rule holds, without working out why it does not; what cannot be judged does not hold.
#[must_use]
pub fn holds(rule: &Rule, subjects: &Subjects<'_>) -> bool {
    match rule {
        Rule::All(rules) => rules.iter().all(|rule| holds(rule, subjects)),
        Rule::Any(alternatives) => alternatives.iter().any(|alternative| holds(&alternative.rule, subjects)),
        Rule::Condition(Condition { subject: Subject::Expression(expression), tests, .. }) if is_true(tests) => {
            matches!(expression.evaluate(subjects), Ok(Value::Bool(true)))
        }
        Rule::Condition(_) | Rule::Whole(_) => {
            matches!(judge(rule, subjects), Judgement::Holds | Judgement::HoldsWithWarning(_))
        }
    }
}

impl Rule {
    /// Takes a rule apart into expressions that must all be true and rules that must all hold: it holds where they do.
    #[must_use]
    pub fn demands(&self) -> (Vec<Expression>, Vec<Self>) {
        match self {
            Self::All(rules) => {
                let (expressions, others): (Vec<_>, Vec<_>) = rules.iter().map(Self::demands).unzip();
                (expressions.concat(), others.concat())
            }
            Self::Condition(Condition { subject: Subject::Expression(expression), tests, .. })
                if tests.is_empty() || is_true(tests) =>
            {
                (expression.conjuncts(), Vec::new())
            }
            other => (Vec::new(), vec![other.clone()]),
        }
    }
}

/// Tells whether all that is asked of a value is that it is true.
fn is_true(tests: &[Test]) -> bool {
    matches!(tests, [test] if wants_true(test))
}

fn wants_true(test: &Test) -> bool {
    matches!(&test.operator, Operator::Equals(Operand::Literal(Value::Bool(true)))) && test.sense == Sense::Is
}

fn any(alternatives: &[Alternative], subjects: &Subjects<'_>) -> Judgement {
    let mut misses: Vec<Mismatch> = Vec::new();
    let mut undecided = None;
    for alternative in alternatives {
        match judge(&alternative.rule, subjects) {
            Judgement::Broken(mismatch) => misses.push(*mismatch),
            Judgement::Holds if alternative.result == Held::Warning => {
                return Judgement::HoldsWithWarning(format!("allowed, but not what should be: {}", describe(&alternative.rule)));
            }
            held @ (Judgement::Holds | Judgement::HoldsWithWarning(_)) => return held,
            other => undecided = undecided.or(Some(other)),
        }
    }
    if let Some(undecided) = undecided {
        return undecided;
    }
    let mut expected: Vec<String> = Vec::new();
    for text in misses.iter().flat_map(|miss| &miss.expected) {
        if !expected.contains(text) {
            expected.push(text.clone());
        }
    }
    let messages: Vec<&str> = misses.iter().map(|miss| miss.message.as_str()).collect();
    let message = match messages.as_slice() {
        [] => "none of the alternatives holds".to_owned(),
        [one] => (*one).to_owned(),
        many => format!("none of the {} alternatives holds: {}", many.len(), many.join("; ")),
    };
    let first = misses.into_iter().next();
    let (actual, place) = first.map_or((None, None), |miss| (miss.actual, miss.place));
    Judgement::Broken(Box::new(Mismatch { message, expected, actual, place, ..Mismatch::default() }))
}

/// Says what a rule asks, in the words of a mismatch.
pub(super) fn describe(rule: &Rule) -> String {
    match rule {
        Rule::All(rules) => rules.iter().map(describe).collect::<Vec<_>>().join(" and "),
        Rule::Any(alternatives) => {
            alternatives.iter().map(|alternative| describe(&alternative.rule)).collect::<Vec<_>>().join(" or ")
        }
        Rule::Condition(condition) => {
            let expected: Vec<String> = condition.tests.iter().flat_map(test::expected).collect();
            if expected.is_empty() {
                return condition.subject.label();
            }
            format!("{} {}", condition.subject.label(), expected.join(" or "))
        }
        Rule::Whole(whole) => whole.rule.asks(),
    }
}

/// Tells criterion by criterion what held and how the rest missed.
#[must_use]
pub fn explain(rule: &Rule, subjects: &Subjects<'_>) -> Vec<String> {
    match rule {
        Rule::All(rules) => rules.iter().flat_map(|rule| explain(rule, subjects)).collect(),
        Rule::Any(_) | Rule::Condition(_) | Rule::Whole(_) => vec![match judge(rule, subjects) {
            Judgement::Broken(mismatch) => mismatch.message,
            Judgement::Holds | Judgement::HoldsWithWarning(_) => format!("{}: held", describe(rule)),
            Judgement::Unjudged(Unjudged { reason, .. }) | Judgement::Undecided(reason) => {
                format!("{}: {reason}", describe(rule))
            }
        }],
    }
}

fn judge_condition(condition: &Condition, subjects: &Subjects<'_>) -> Judgement {
    let miss = match look(condition, subjects) {
        Judgement::Broken(miss) => miss,
        judgement => return judgement,
    };
    if let Some(reason) = beyond_limits(condition, subjects) {
        return Judgement::Undecided(reason);
    }
    match side_in_json(condition) {
        Some(side) => Judgement::Broken(Box::new(Mismatch { message: subjects.told(side, miss.message), ..*miss })),
        None => Judgement::Broken(miss),
    }
}

/// Says why the body that an expression reads is not read here, though nothing is known to be wrong with it: to the expression it is absent.
fn beyond_limits(condition: &Condition, subjects: &Subjects<'_>) -> Option<String> {
    let (Subject::Expression(expression) | Subject::Store(expression)) = &condition.subject else { return None };
    expression.reads().iter().find_map(|(root, member)| subjects.beyond_limits(side_read(root, member)?, member))
}

/// Gives the message whose JSON a condition looks at.
fn side_in_json(condition: &Condition) -> Option<Side> {
    match &condition.subject {
        Subject::Json(_) => Some(condition.side),
        Subject::Expression(expression) | Subject::Store(expression) => {
            let names = |name: &str| expression.members().iter().any(|member| member == name);
            let request = names("request.json").then_some(Side::Request);
            request.or_else(|| names("response.json").then_some(Side::Response))
        }
        _ => None,
    }
}

fn look(condition: &Condition, subjects: &Subjects<'_>) -> Judgement {
    let Condition { subject, side, tests } = condition;
    if let Subject::Series(series) = subject {
        return sequence::judge(series, tests, subjects);
    }
    let seen = match select(subject, *side, subjects) {
        Ok(seen) => seen,
        Err(blocked) => return cannot_be_looked_at(blocked, condition, subjects),
    };
    let wants_absent =
        |test: &Test| matches!((&test.operator, test.sense), (Operator::Absent, Sense::Is) | (Operator::Present, Sense::Not));
    if seen.is_empty() {
        if !tests.is_empty() && tests.iter().all(wants_absent) {
            return Judgement::Holds;
        }
        return broken(Mismatch {
            message: format!("{} is missing", subject.label()),
            expected: all_expected(tests),
            place: Some(subject.place(*side, None, subjects)),
            ..Mismatch::default()
        });
    }
    let coarse = tests.iter().filter(|_| matches!(subject, Subject::Timing(_))).find_map(|test| match &test.operator {
        Operator::Range(bounds) => gaps::too_coarse(bounds, subjects),
        _ => None,
    });
    if let Some(reason) = coarse {
        return Judgement::Unjudged(reason.into());
    }
    if tests.is_empty() {
        return without_tests(subject, *side, &seen, subjects);
    }
    for test in tests {
        if wants_absent(test) {
            let first = seen.first().map_or_else(String::new, |first| shown(&first.value));
            return broken(mismatch(
                condition,
                seen.first(),
                format!("is `{first}`; expected none"),
                vec!["none".to_owned()],
                subjects,
            ));
        }
        match test::all(test, condition, &seen, subjects) {
            Ok(None) => {}
            Ok(Some(miss)) if let Some(reason) = hidden_miss(test, seen.get(miss.at), subject, subjects) => {
                return Judgement::Unjudged(Unjudged::by_machine(reason));
            }
            Ok(Some(miss)) => {
                let reasoned = wants_true(test).then(|| reason::of(subject, seen.get(miss.at), subjects)).flatten();
                let plain = || mismatch(condition, seen.get(miss.at), miss.message, miss.expected, subjects);
                return broken(reasoned.unwrap_or_else(plain));
            }
            Err(blocked) => return cannot_be_looked_at(blocked, condition, subjects),
        }
    }
    Judgement::Holds
}

/// Says why a duration that goes past its limit is not judged: the machine was late by more than that meanwhile.
fn hidden_miss(test: &Test, seen: Option<&Seen<'_>>, subject: &Subject, subjects: &Subjects<'_>) -> Option<String> {
    let (Subject::Timing(_), Operator::Range(bounds), Sense::Is) = (subject, &test.operator, test.sense) else { return None };
    let duration_ms = seen?.value.to_json().as_f64()?;
    hidden(bounds.distance(duration_ms), subjects.late_meanwhile_ms())
}

/// What cannot be read cannot be shown to be absent either.
fn cannot_be_looked_at(blocked: Blocked, condition: &Condition, subjects: &Subjects<'_>) -> Judgement {
    let Condition { subject, side, tests } = condition;
    match blocked {
        Blocked::Us(reason) => Judgement::Undecided(format!("{}: {reason}", subject.label())),
        Blocked::Peer(message, place) => {
            let place = place.unwrap_or_else(|| subject.place(*side, None, subjects));
            broken(Mismatch { message, expected: all_expected(tests), place: Some(place), ..Mismatch::default() })
        }
    }
}

fn broken(mismatch: Mismatch) -> Judgement {
    Judgement::Broken(Box::new(mismatch))
}

fn all_expected(tests: &[Test]) -> Vec<String> {
    tests.iter().flat_map(test::expected).collect()
}

/// An expression alone must be true; any other subject alone must be there, and it is.
fn without_tests(subject: &Subject, side: Side, seen: &[Seen<'_>], subjects: &Subjects<'_>) -> Judgement {
    let (Subject::Expression(expression) | Subject::Store(expression)) = subject else { return Judgement::Holds };
    match seen.first().map(|seen| seen.value.to_json()).as_deref() {
        Some(Value::Bool(true)) => Judgement::Holds,
        Some(Value::Bool(false)) => broken(reason::of(subject, seen.first(), subjects).unwrap_or_else(|| Mismatch {
            message: format!("`{}` does not hold", expression.text()),
            expected: vec![expression.text().to_owned()],
            actual: used_values(expression.members(), subjects),
            place: Some(subject.place(side, None, subjects)),
            ..Mismatch::default()
        })),
        _ => Judgement::Undecided(format!("`{}` gives no bool", expression.text())),
    }
}

/// Gives the values that an expression looked at, so that its reader need not guess.
fn used_values(members: &[String], subjects: &Subjects<'_>) -> Option<String> {
    let value = |path: &String| {
        let (name, member) = path.split_once('.')?;
        let value = crate::Names::member(subjects, name, member)?;
        text_of(&value).map(|text| format!("{path} = {}", cut(&text)))
    };
    let values: Vec<String> = members.iter().filter_map(value).collect();
    Some(if values.is_empty() { "false".to_owned() } else { cut(&values.join(", ")) })
}

fn mismatch(
    condition: &Condition,
    seen: Option<&Seen<'_>>,
    message: String,
    expected: Vec<String>,
    subjects: &Subjects<'_>,
) -> Mismatch {
    let subject = &condition.subject;
    let spot = seen.map(|seen| &seen.spot);
    Mismatch {
        message: [&subject.label_at(spot.unwrap_or(&Spot::Subject)), " ", &message].concat(),
        expected,
        actual: seen.map(|seen| shown(&seen.value)),
        place: Some(subject.place(condition.side, spot, subjects)),
        ..Mismatch::default()
    }
}
