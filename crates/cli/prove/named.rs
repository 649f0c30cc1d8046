//! Named mutants: each must make exactly the checks fail that it names.

use super::Trouble;
use super::bench::Bench;
use super::spread::spread;
use super::tally::Outcome;
use counterpart_plan::Plan;
use counterpart_plan::model::Mutant;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What became of a mutant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Exactly the checks failed that it names.
    Killed,
    /// No check failed.
    Survived,
    /// Other checks failed than it names.
    Wrong,
}

/// A mutant with what came of it.
pub(crate) struct NamedResult {
    pub(crate) mutant: Mutant,
    pub(crate) outcome: Outcome,
}

impl NamedResult {
    pub(crate) fn fate(&self) -> Fate {
        let failed = self.outcome.checks();
        match (failed.is_empty(), failed == self.mutant.fails) {
            (true, _) => Fate::Survived,
            (false, true) => Fate::Killed,
            (false, false) => Fate::Wrong,
        }
    }

    /// Gives the check that it proves alone.
    pub(crate) fn sole(&self) -> Option<&String> {
        let only = self.mutant.fails.first().filter(|_| self.mutant.fails.len() == 1);
        only.filter(|_| self.fate() == Fate::Killed)
    }

    /// Gives the checks that failed and should not, and those that should and did not.
    pub(crate) fn differences(&self) -> (BTreeSet<String>, BTreeSet<String>) {
        let failed = self.outcome.checks();
        let difference = |left: &BTreeSet<String>, right: &BTreeSet<String>| left.difference(right).cloned().collect();
        (difference(&failed, &self.mutant.fails), difference(&self.mutant.fails, &failed))
    }
}

/// Plays every mutant whose name begins as asked.
pub(super) fn play(benches: &[Bench<'_>], prefix: Option<&str>) -> Result<Vec<NamedResult>, Trouble> {
    let Some(first) = benches.first() else { return Ok(Vec::new()) };
    let mutants = first.judge.proof.mutants.iter();
    let mutants: Vec<&Mutant> = mutants
        .filter(|mutant| prefix.is_none_or(|prefix| mutant.id.starts_with(prefix)) && first.plays_all_of(mutant))
        .collect();
    spread(benches, &mutants, "mutants", |bench, mutant| one(bench, mutant)).into_iter().collect()
}

fn one(bench: &Bench<'_>, mutant: &Mutant) -> Result<NamedResult, Trouble> {
    let mirror = bench.mutant(&mutant.id)?;
    let mut outcome = Outcome::default();
    for judge in bench.singles.iter().filter(|judge| is_played(judge, mutant)) {
        outcome.add(bench.play(judge, &mirror, None)?);
    }
    Ok(NamedResult { mutant: mutant.clone(), outcome })
}

fn is_played(judge: &Arc<Plan>, mutant: &Mutant) -> bool {
    judge.scenarios.iter().any(|scenario| mutant.plays.iter().any(|prefix| judge.selects(prefix, scenario)))
}

impl Bench<'_> {
    /// Tells whether `--scenario` leaves out nothing that a mutant plays: a part of it would prove something else.
    fn plays_all_of(&self, mutant: &Mutant) -> bool {
        let meant = |scenario: &&Arc<_>| mutant.plays.iter().any(|prefix| self.judge.selects(prefix, scenario));
        !self.is_partial() || self.judge.scenarios.iter().filter(meant).all(|scenario| scenario.settled.is_none())
    }
}
