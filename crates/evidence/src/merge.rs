//! Several runs of one build as one: a supplier tests over days, and the table of requirements is one.

use crate::fold::{Evidence, Judged, REST, checklist, is_partial, limits_of, requirements, review_claims, run_verdict};
use crate::{ChecklistRecord, Counts, Error, ExchangeId, RunRecord, ScenarioRecord, Verdict};
use std::collections::BTreeMap;

/// The entry in a merged record's `environment` that names the runs it came from.
pub(crate) const MERGED_RUNS: &str = "merged-runs";

/// Merges runs of one build, of one pack and in one role, into one record.
///
/// Of each scenario the latest run that played it counts. Exchanges are numbered anew, in the order of the runs.
///
/// # Errors
///
/// `Merge` where there is no run, or where builds, packs or roles differ.
pub fn merge(runs: &[RunRecord]) -> Result<RunRecord, Error> {
    let refuse = |reason: &str| Error::Merge { reason: reason.to_owned() };
    let mut runs: Vec<RunRecord> = runs.to_vec();
    runs.sort_by(|left, right| left.started.cmp(&right.started));
    let Some(last) = runs.last() else { return Err(refuse("there is none")) };
    for run in &runs {
        if run.supplier != last.supplier {
            return Err(refuse("they are of different builds, so that one says nothing of the other"));
        }
        if (&run.pack.name, &run.pack.digest, run.role) != (&last.pack.name, &last.pack.digest, last.role) {
            return Err(refuse("they played different packs or roles"));
        }
    }
    // A run that was continued already stands for all that it came from.
    let names = runs.iter().map(|run| run.environment.get(MERGED_RUNS).unwrap_or(&run.run).as_str());
    let names = names.collect::<Vec<_>>().join(", ");
    let mut offset = 0;
    for run in &mut runs {
        leave_own_limits(run);
        renumber(run, offset);
        offset = run.exchanges.iter().map(|exchange| exchange.id.0).max().unwrap_or(offset).max(offset);
    }
    let mut runs = runs.into_iter();
    let Some(mut merged) = runs.next() else { return Err(refuse("there is none")) };
    for run in runs {
        add(&mut merged, run);
    }
    merged.environment.insert(MERGED_RUNS.to_owned(), names);
    conclude(&mut merged);
    Ok(merged)
}

/// Adds a later run to what was merged so far.
fn add(merged: &mut RunRecord, later: RunRecord) {
    for scenario in later.scenarios {
        match merged.scenarios.iter_mut().find(|known| known.id == scenario.id) {
            Some(known) if played(&scenario) || !played(known) => *known = scenario,
            Some(_) => {}
            None => merged.scenarios.push(scenario),
        }
    }
    for claim in later.claims {
        match merged.claims.iter_mut().find(|known| known.id == claim.id) {
            Some(known) => known.exercised |= claim.exercised,
            None => merged.claims.push(claim),
        }
    }
    for requirement in later.requirements {
        let known = merged.requirements.iter_mut().find(|known| known.requirement.id == requirement.requirement.id);
        match known {
            // What a person attested in any of the runs stands.
            Some(known) if requirement.by.is_some() => *known = requirement,
            Some(_) => {}
            None => merged.requirements.push(requirement),
        }
    }
    for (check, count) in later.unexpected_checks {
        *merged.unexpected_checks.entry(check).or_default() += count;
    }
    merged.checklist = attested_too(later.checklist, merged.checklist.take());
    for (requirement, count) in later.unexpected_passed {
        *merged.unexpected_passed.entry(requirement).or_default() += count;
    }
    merged.exchanges.extend(later.exchanges);
    merged.unexpected.extend(later.unexpected);
    merged.unexpected_findings.extend(later.unexpected_findings);
    merged.unmatched.extend(later.unmatched);
    merged.changes.extend(later.changes.into_iter().filter(|change| !merged.changes.contains(change)).collect::<Vec<_>>());
    merged.unused_rules.retain(|rule| later.unused_rules.contains(rule));
    // What the earlier run left is what the later one went on with.
    merged.limits.retain(|limit| limit.what != REST && !later.limits.contains(limit));
    merged.limits.extend(later.limits);
    merged.duration_us = merged.duration_us.saturating_add(later.duration_us);
    merged.run = later.run;
    merged.finished = later.finished;
    merged.ended_early = later.ended_early;
    merged.preflight = later.preflight;
    merged.settings = later.settings;
    merged.endpoints = later.endpoints;
}

/// Judges anew what was merged.
fn conclude(merged: &mut RunRecord) {
    let claimed = merged.claims.iter().map(|claim| (claim.id.clone(), claim.claimed)).collect();
    let attested = merged.requirements.iter().filter(|one| one.by.is_some());
    let mut attested: BTreeMap<_, _> =
        attested.map(|one| (one.requirement.id.clone(), one.reason.clone().unwrap_or_default())).collect();
    attested.extend(merged.checklist.iter().flat_map(ChecklistRecord::attested));
    let judged = Judged {
        scenarios: &merged.scenarios,
        findings: &merged.unexpected_findings,
        passed: &merged.unexpected_passed,
        passed_checks: &merged.unexpected_checks,
        claimed: &claimed,
        attested: &attested,
    };
    let all = merged.requirements.iter().map(|one| one.requirement.clone()).collect();
    let table = requirements(all, &judged);
    let form = merged.checklist.as_ref().map(ChecklistRecord::form);
    let said = form.map(|form| checklist(form, &Evidence::new(merged.role, &judged, &table)));
    (merged.requirements, merged.checklist) = (table, said);
    let claims = std::mem::take(&mut merged.claims);
    merged.claims = review_claims(claims, &BTreeMap::new(), &merged.scenarios, &merged.requirements);
    merged.limits.extend(limits_of(&merged.scenarios, &merged.requirements, &merged.claims));
    merged.verdict = run_verdict(&merged.scenarios, &merged.unexpected_findings, &merged.unexpected_passed);
    merged.partial = is_partial(&merged.scenarios, &merged.requirements);
    merged.summary = Counts::default();
    merged.scenarios.iter().for_each(|scenario| merged.summary.add(scenario.verdict));
}

/// Leaves the limits that only the run itself knows, such as how late its machine was: the others are worked out anew.
fn leave_own_limits(run: &mut RunRecord) {
    let others = limits_of(&run.scenarios, &run.requirements, &run.claims);
    run.limits.retain(|limit| !others.contains(limit));
}

/// Gives the later checklist, with what was attested of its rows in the earlier run.
fn attested_too(later: Option<ChecklistRecord>, earlier: Option<ChecklistRecord>) -> Option<ChecklistRecord> {
    let (Some(mut later), Some(earlier)) = (later.clone(), earlier.clone()) else { return later.or(earlier) };
    for row in later.rows.iter_mut().filter(|row| row.attested.is_none()) {
        let known = earlier.rows.iter().find(|known| known.item.id == row.item.id);
        row.attested = known.and_then(|known| known.attested.clone());
    }
    Some(later)
}

fn played(scenario: &ScenarioRecord) -> bool {
    !scenario.attempts.is_empty() && !matches!(scenario.verdict, Verdict::Skipped | Verdict::NotRun)
}

/// Moves the numbers of a run's exchanges, wherever they stand, so that they meet none of an earlier run.
fn renumber(run: &mut RunRecord, offset: u64) {
    let moved = |id: &mut ExchangeId| id.0 = id.0.saturating_add(offset);
    for exchange in &mut run.exchanges {
        moved(&mut exchange.id);
        exchange.parent.iter_mut().for_each(moved);
    }
    run.unexpected.iter_mut().for_each(moved);
    run.unexpected_findings.iter_mut().filter_map(|finding| finding.exchange.as_mut()).for_each(moved);
    run.unmatched = std::mem::take(&mut run.unmatched)
        .into_iter()
        .map(|(id, criteria)| (ExchangeId(id.0.saturating_add(offset)), criteria))
        .collect();
    let steps = run.scenarios.iter_mut().flat_map(|scenario| &mut scenario.attempts).flat_map(|attempt| &mut attempt.steps);
    for step in steps {
        step.exchanges.iter_mut().for_each(moved);
        step.findings.iter_mut().filter_map(|finding| finding.exchange.as_mut()).for_each(moved);
    }
}
