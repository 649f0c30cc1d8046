//! Which must-level checks are proved: alone by a mutant, by the check that implies them, or not at all, with the reason.

use super::named::{Fate, NamedResult};
use counterpart_evidence::Level;
use counterpart_plan::Plan;
use std::collections::{BTreeMap, BTreeSet};

/// How far the must-level checks of a role are proved.
#[derive(Default)]
pub(crate) struct Coverage {
    /// Checks that at least one mutant breaks alone.
    pub(crate) alone: BTreeSet<String>,
    /// Checks that always fail with another one.
    pub(crate) implied: BTreeMap<String, String>,
    /// Checks that no mutant can break, with the reason.
    pub(crate) unprovable: BTreeMap<String, String>,
    /// Checks that lack a proof, with what is missing.
    pub(crate) lacking: BTreeMap<String, String>,
    /// Explanations that are not needed, with why.
    pub(crate) stale: BTreeMap<String, String>,
}

/// Works out the coverage of a role.
pub(super) fn of(plan: &Plan, named: &[NamedResult]) -> Coverage {
    let sole: BTreeSet<&String> = named.iter().filter_map(NamedResult::sole).collect();
    let mut coverage = Coverage::default();
    for (id, check) in plan.checks_played() {
        let (implied, unprovable) = (plan.proof.implied.get(&id), plan.proof.unprovable.get(&id));
        if sole.contains(&id) {
            for key in [implied.map(|_| "implied"), unprovable.map(|_| "unprovable")].into_iter().flatten() {
                coverage.stale.insert(id.clone(), format!("it stands under `{key}`, and a mutant breaks it alone"));
            }
        }
        if check.level != Level::Must {
            continue;
        }
        if sole.contains(&id) {
            coverage.alone.insert(id);
        } else if let Some(by) = implied {
            let both = |result: &&NamedResult| result.fate() == Fate::Killed && result.mutant.fails.is_superset(&pair(&id, by));
            match named.iter().find(both) {
                Some(_) => drop(coverage.implied.insert(id, by.clone())),
                None => {
                    let lack = format!("it is said to be implied by `{by}`, and no killed mutant breaks both");
                    coverage.lacking.insert(id, lack);
                }
            }
        } else if let Some(reason) = unprovable {
            coverage.unprovable.insert(id, reason.clone());
        } else {
            coverage.lacking.insert(id, "no killed mutant names it alone under `fails`".to_owned());
        }
    }
    coverage
}

fn pair(one: &str, other: &str) -> BTreeSet<String> {
    [one.to_owned(), other.to_owned()].into()
}
