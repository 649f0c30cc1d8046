//! Tells that two rules ask the same, so that what both stand before is judged once.

use super::{Condition, Operator, Rule, Test};
use crate::{Operand, Subject};

impl Rule {
    /// Tells whether two rules surely ask the same of an exchange; `false` where that is not easily seen.
    #[must_use]
    pub fn asks_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All(ours), Self::All(theirs)) => same_lists(ours, theirs, Self::asks_the_same),
            (Self::Condition(ours), Self::Condition(theirs)) => same_conditions(ours, theirs),
            (Self::Whole(ours), Self::Whole(theirs)) => ours.side == theirs.side && ours.rule.asks() == theirs.rule.asks(),
            _ => false,
        }
    }
}

fn same_lists<T>(ours: &[T], theirs: &[T], same: impl Fn(&T, &T) -> bool) -> bool {
    ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| same(ours, theirs))
}

fn same_conditions(ours: &Condition, theirs: &Condition) -> bool {
    ours.side == theirs.side
        && same_subjects(&ours.subject, &theirs.subject)
        && same_lists(&ours.tests, &theirs.tests, same_tests)
}

fn same_subjects(ours: &Subject, theirs: &Subject) -> bool {
    match (ours, theirs) {
        (Subject::Body(ours), Subject::Body(theirs)) => ours == theirs,
        (Subject::Expression(ours), Subject::Expression(theirs)) => ours.text() == theirs.text(),
        (Subject::Header(ours), Subject::Header(theirs)) | (Subject::Query(ours), Subject::Query(theirs)) => ours == theirs,
        (Subject::Json(ours), Subject::Json(theirs)) => ours.expression() == theirs.expression(),
        (Subject::Method, Subject::Method)
        | (Subject::Outcome, Subject::Outcome)
        | (Subject::Path, Subject::Path)
        | (Subject::Status, Subject::Status) => true,
        _ => false,
    }
}

fn same_tests(ours: &Test, theirs: &Test) -> bool {
    ours.sense == theirs.sense
        && match (&ours.operator, &theirs.operator) {
            (Operator::Absent, Operator::Absent) | (Operator::Present, Operator::Present) => true,
            (Operator::Contains(ours), Operator::Contains(theirs)) | (Operator::Equals(ours), Operator::Equals(theirs)) => {
                same_operands(ours, theirs)
            }
            (Operator::Matches(ours), Operator::Matches(theirs)) => ours.text() == theirs.text(),
            (Operator::OneOf(ours), Operator::OneOf(theirs)) => same_lists(ours, theirs, same_operands),
            (Operator::Range(ours), Operator::Range(theirs)) => ours == theirs,
            _ => false,
        }
}

fn same_operands(ours: &Operand, theirs: &Operand) -> bool {
    match (ours, theirs) {
        (Operand::Expression(ours), Operand::Expression(theirs)) => ours.text() == theirs.text(),
        (Operand::Literal(ours), Operand::Literal(theirs)) => ours == theirs,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Condition, Operator, Rule, Test};
    use crate::{Operand, Sense, Side, Subject};
    use serde_json::json;

    fn rule(subject: Subject, side: Side, operator: Operator, sense: Sense) -> Rule {
        Rule::Condition(Condition { subject, side, tests: vec![Test { operator, sense }] })
    }

    fn method(name: &str) -> Rule {
        rule(Subject::Method, Side::Request, Operator::Equals(Operand::Literal(json!(name))), Sense::Is)
    }

    #[test]
    fn rules_that_differ_anywhere_do_not_ask_the_same() {
        let header = |name: &str, side, sense| rule(Subject::Header(name.to_owned()), side, Operator::Present, sense);
        let rules = [
            method("GET"),
            method("POST"),
            header("a", Side::Request, Sense::Is),
            header("b", Side::Request, Sense::Is),
            header("a", Side::Response, Sense::Is),
            header("a", Side::Request, Sense::Not),
            Rule::All(vec![method("GET")]),
            Rule::All(vec![method("GET"), method("POST")]),
            rule(Subject::Method, Side::Request, Operator::OneOf(vec![Operand::Literal(json!("GET"))]), Sense::Is),
            rule(Subject::Query("a".to_owned()), Side::Request, Operator::Present, Sense::Is),
        ];
        for (at, ours) in rules.iter().enumerate() {
            for (place, theirs) in rules.iter().enumerate() {
                assert_eq!(ours.asks_the_same(theirs), at == place, "{ours:?} {theirs:?}");
            }
        }
    }
}
