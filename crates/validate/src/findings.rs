//! What checks found.

use crate::Check;
use counterpart_evidence::{CheckId, Finding, Skipped, add_skipped};
use counterpart_matching::{Judgement, Rule, Subjects, judge};
use std::sync::Arc;

/// What checks found of one subject: passes as ids alone, skips together where they share a reason, the rest in full.
#[derive(Clone, Debug, Default)]
pub struct Findings<'a> {
    /// The checks that passed.
    pub passed: Vec<&'a CheckId>,
    /// The checks that did not apply.
    pub skipped: Vec<Skipped>,
    /// Everything else, in the order of the checks.
    pub others: Vec<Finding>,
    /// What was asked already: checks share preconditions, and each is judged once.
    preconditions: Vec<(&'a Arc<Rule>, Precondition)>,
}

/// What a precondition came to.
#[derive(Clone, Debug)]
enum Precondition {
    Met,
    NotMet(Arc<str>),
    TooCoarse(Arc<str>),
    Undecided(Arc<str>),
}

impl Precondition {
    fn judge(rule: &Rule, subjects: &Subjects<'_>) -> Self {
        match judge(rule, subjects) {
            Judgement::Holds | Judgement::HoldsWithWarning(_) => Self::Met,
            Judgement::Broken(mismatch) => Self::NotMet(format!("does not apply: {}", mismatch.message).into()),
            Judgement::TooCoarse(reason) => Self::TooCoarse(reason.into()),
            Judgement::Undecided(reason) => Self::Undecided(format!("its precondition could not be judged: {reason}").into()),
        }
    }
}

impl<'a> Findings<'a> {
    /// Notes that a check did not apply.
    pub(crate) fn skip(&mut self, check: &Check, reason: &str) {
        let names = (check.id.clone(), check.requirement.clone());
        add_skipped(&mut self.skipped, reason, (check.level, check.basis), names);
    }

    /// Tells whether a check applies; where it does not, that is noted.
    pub(crate) fn applies(&mut self, check: &'a Check, subjects: &Subjects<'_>) -> bool {
        let Some(when) = &check.when else { return true };
        let known = self.preconditions.iter().find(|(known, _)| Arc::ptr_eq(known, when)).map(|(_, known)| known.clone());
        let precondition = known.unwrap_or_else(|| {
            let judged = Precondition::judge(when, subjects);
            self.preconditions.push((when, judged.clone()));
            judged
        });
        match precondition {
            Precondition::Met => return true,
            Precondition::NotMet(reason) => self.skip(check, &reason),
            Precondition::TooCoarse(reason) => self.others.push(check.unjudged(reason.to_string())),
            Precondition::Undecided(reason) => self.others.push(check.undecided(reason.to_string())),
        }
        false
    }
}
