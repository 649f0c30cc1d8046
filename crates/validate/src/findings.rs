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
    NotMet(String),
    Unjudged(String),
    Undecided(String),
}

impl Precondition {
    fn judge(rule: &Rule, subjects: &Subjects<'_>) -> Self {
        match judge(rule, subjects) {
            Judgement::Holds | Judgement::HoldsWithWarning(_) => Self::Met,
            Judgement::Broken(mismatch) => Self::NotMet(format!("does not apply: {}", mismatch.message)),
            Judgement::Unjudged(reason) => Self::Unjudged(reason),
            Judgement::Undecided(reason) => Self::Undecided(format!("its precondition could not be judged: {reason}")),
        }
    }
}

impl<'a> Findings<'a> {
    /// Tells whether a check applies; where it does not, that is noted.
    pub(crate) fn applies(&mut self, check: &'a Check, subjects: &Subjects<'_>) -> bool {
        let Some(when) = &check.when else { return true };
        let known = self.preconditions.iter().position(|(known, _)| Arc::ptr_eq(known, when));
        let at = known.unwrap_or_else(|| {
            self.preconditions.push((when, Precondition::judge(when, subjects)));
            self.preconditions.len() - 1
        });
        match self.preconditions.get(at).map(|(_, precondition)| precondition) {
            None | Some(Precondition::Met) => return true,
            Some(Precondition::NotMet(reason)) => skip(&mut self.skipped, check, reason),
            Some(Precondition::Unjudged(reason)) => self.others.push(check.unjudged(reason.clone())),
            Some(Precondition::Undecided(reason)) => self.others.push(check.undecided(reason.clone())),
        }
        false
    }
}

/// Notes that a check, or a part of it, did not apply.
pub(crate) fn skip(skipped: &mut Vec<Skipped>, check: &Check, reason: &str) {
    add_skipped(skipped, reason, (check.level, check.basis), (check.id.clone(), check.requirement.clone()));
}
