//! Conditions, how they are combined, and how they are judged.

mod format;
mod gaps;
mod judge;
#[cfg(test)]
mod late_tests;
mod lint;
mod operator;
mod reason;
mod same;
mod sequence;
mod shown;
mod test;
#[cfg(test)]
mod tests;
mod whole;

pub use format::Format;
pub use judge::{explain, holds, judge};
pub use lint::{can_pass_on_absence, cannot_fail};
pub use operator::{
    Anchor, Bounds, Gaps, Growing, JsonType, Operator, Pattern, PatternFault, Sense, SeriesOperator, Single, Test,
};
pub use whole::{Found, Whole, WholeRule};

use crate::{Side, Subject};
use counterpart_evidence::{Cause, ExchangeId, Gap, Place};

/// A subject and what must be true of it.
#[derive(Clone, Debug)]
pub struct Condition {
    /// What is looked at.
    pub subject: Subject,
    /// In which message, where the subject is part of one.
    pub side: Side,
    /// What must be true, all of it. Without a test the subject must be there; an expression must be true.
    pub tests: Vec<Test>,
}

impl Condition {
    /// Tells whether its expressions and templates read one of these names.
    #[must_use]
    pub fn reads(&self, names: &[&str]) -> bool {
        let of_subject = match &self.subject {
            Subject::Expression(expression) | Subject::Store(expression) => expression.names(),
            Subject::JwtSignature { keys, .. } => keys.names(),
            Subject::Value { name, .. } => std::slice::from_ref(name),
            _ => &[],
        };
        let by_subject = of_subject.iter().any(|name| names.contains(&name.as_str()));
        by_subject || self.tests.iter().any(|test| test.operator.reads(names))
    }
}

/// What an alternative gives when it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// A pass.
    Pass,
    /// A warning: allowed, and not what should be.
    Warning,
}

/// One of several ways in which a rule can hold.
#[derive(Clone, Debug)]
pub struct Alternative {
    /// What must hold.
    pub rule: Rule,
    /// What it gives then.
    pub result: Held,
}

/// What must hold.
#[derive(Clone, Debug)]
pub enum Rule {
    /// All of them.
    All(Vec<Rule>),
    /// One of them; the first that holds decides.
    Any(Vec<Alternative>),
    /// One condition.
    Condition(Condition),
    /// A rule on a whole document.
    Whole(Whole),
}

/// What is wrong, said to the developer of the system under test.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mismatch {
    /// One sentence without a full stop.
    pub message: String,
    /// All that would have been right.
    pub expected: Vec<String>,
    /// What was there, cut to a bound.
    pub actual: Option<String>,
    /// Where.
    pub place: Option<Place>,
    /// In which exchange, where it is not the one that was judged.
    pub exchange: Option<ExchangeId>,
    /// The times between exchanges that are wrong, where it is about those: the first of them, up to a bound.
    pub gaps: Vec<Gap>,
}

/// What a rule says of an exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It does not hold.
    Broken(Box<Mismatch>),
    /// It holds.
    Holds,
    /// It holds by an alternative that warns; the text says which.
    HoldsWithWarning(String),
    /// It cannot be judged by our fault, and why.
    Undecided(String),
    /// It cannot be judged with what this run was given, such as its clock or its definitions, or on this machine.
    Unjudged(Unjudged),
}

/// Why something cannot be judged in this run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unjudged {
    /// One sentence without a full stop.
    pub reason: String,
    /// Whose doing it is.
    pub cause: Cause,
}

impl Unjudged {
    /// Says that the machine could not measure it.
    #[must_use]
    pub fn by_machine(reason: String) -> Self {
        Self { reason, cause: Cause::Environment }
    }
}

impl From<String> for Unjudged {
    /// Takes what a run was given as the reason.
    fn from(reason: String) -> Self {
        Self { reason, cause: Cause::Configuration }
    }
}
