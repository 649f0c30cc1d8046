//! What checks found.

use crate::Check;
use counterpart_evidence::{CheckId, Finding, Skipped, add_skipped};
use counterpart_matching::{Judgement, Rule, Subjects, Unjudged, judge};
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
    Unjudged(Unjudged),
    Undecided(String),
}

impl Precondition {
    fn judge(rule: &Rule, subjects: &Subjects<'_>) -> Self {
        match judge(rule, &subjects.without_positions()) {
            Judgement::Holds | Judgement::HoldsWithWarning(_) => Self::Met,
            Judgement::Broken(mismatch) => Self::NotMet(["does not apply: ", &mismatch.message].concat()),
            Judgement::Unjudged(why) => Self::Unjudged(why),
            Judgement::Undecided(reason) => Self::Undecided(format!("its precondition could not be judged: {reason}")),
        }
    }
}

impl<'a> Findings<'a> {
    /// Tells whether a check applies; where it does not, that is noted.
    pub(crate) fn applies(&mut self, check: &'a Check, subjects: &Subjects<'_>) -> bool {
        let mut unjudged = None;
        for when in &check.when {
            match known(&mut self.preconditions, when, subjects) {
                Precondition::Met => {}
                Precondition::NotMet(reason) => {
                    skip(&mut self.skipped, check, reason);
                    return false;
                }
                // What cannot be measured must not hide that another part is plainly not met.
                Precondition::Unjudged(why) => unjudged = unjudged.or_else(|| Some(why.clone())),
                Precondition::Undecided(reason) => {
                    self.others.push(check.undecided(reason.clone()));
                    return false;
                }
            }
        }
        self.others.extend(unjudged.iter().map(|why| check.unjudged(why.clone())));
        unjudged.is_none()
    }
}

/// Gives what a precondition came to, which is judged the first time.
fn known<'k, 'a>(
    known: &'k mut Vec<(&'a Arc<Rule>, Precondition)>,
    when: &'a Arc<Rule>,
    subjects: &Subjects<'_>,
) -> &'k Precondition {
    let at = known.iter().position(|(known, _)| Arc::ptr_eq(known, when)).unwrap_or_else(|| {
        known.push((when, Precondition::judge(when, subjects)));
        known.len() - 1
    });
    &known[at].1
}

/// Notes that a check, or a part of it, did not apply.
pub(crate) fn skip(skipped: &mut Vec<Skipped>, check: &Check, reason: &str) {
    add_skipped(skipped, reason, (check.level, check.basis), (check.id.clone(), check.requirement.clone()));
}
