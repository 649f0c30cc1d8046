//! The record of a run and its verdict.

use super::attempt::verdict_of;
use super::collect::Collected;
use super::scenario::AfterRetry;
use super::{Evidence, Judged, checklist, limits_of, requirements, review_claims};
use crate::{
    Cause, Counts, Event, Finding, Level, Limit, Preflight, RUN_FORMAT, RUN_VERSION, RequirementId, RequirementRecord, RunMode,
    RunRecord, ScenarioRecord, Stamped, Verdict, roll_up,
};
use std::collections::BTreeMap;

/// Folds the events of a run, in order, into its record and verdict; `None` where the run never began.
///
/// A stream that stops early gives what is known: scenarios begun and not ended are `inconclusive`, those never begun
/// `not-run`.
#[must_use]
pub fn fold(events: impl IntoIterator<Item = Stamped>) -> Option<RunRecord> {
    let mut events = events.into_iter();
    let header = events.by_ref().find_map(|stamped| match stamped.event {
        Event::RunStarted(header) => Some(header),
        _ => None,
    })?;
    let mut collected = Collected::new(*header);
    for stamped in events {
        collected.add(stamped);
    }
    Some(record(collected))
}

/// What a run that was cut off did not test.
pub(crate) const REST: &str = "the rest of the run";

fn record(collected: Collected) -> RunRecord {
    let Collected { header, end, .. } = collected;
    let after_retry = if header.retry_passes { AfterRetry::Passes } else { AfterRetry::Warns };
    let exercises = collected
        .scenarios
        .iter()
        .map(|state| (state.header.id.clone(), state.header.claims.clone()))
        .collect::<BTreeMap<_, _>>();
    let mut scenarios: Vec<ScenarioRecord> =
        collected.scenarios.into_iter().map(|state| state.into_record(after_retry)).collect();
    let fault = collected.preflight.iter().find(|fact| fact.passed == Some(false));
    if let Some(fault) = fault {
        blame(&mut scenarios, fault);
    }
    // What no scenario expected has no step to be counted at: what there was no room for stands in the journal, which is told.
    let (unexpected_findings, _) = collected.unexpected_findings.into_all();
    let claimed = header.claims.iter().map(|claim| (claim.id.clone(), claim.claimed)).collect();
    let judged = Judged {
        scenarios: &scenarios,
        findings: &unexpected_findings,
        passed: &collected.unexpected_passed,
        passed_checks: &collected.unexpected_checks,
        claimed: &claimed,
        attested: &header.attested,
    };
    let requirements = requirements(header.requirements, &judged);
    let checklist = header.checklist.map(|form| checklist(form, &Evidence::new(header.role, &judged, &requirements)));
    let claims = review_claims(header.claims, &exercises, &scenarios, &requirements);
    let mut limits = collected.limits;
    limits.extend(limits_of(&scenarios, &requirements, &claims));
    limits.extend(dropped([
        (collected.exchanges_dropped, "exchanges"),
        (collected.findings_dropped, "findings"),
        (collected.spans_dropped, "times in which something went wrong on purpose"),
    ]));
    limits.extend(shortened(collected.exchanges_shortened));
    let (finished, early, broken) = end.map_or((None, None, None), |end| (Some(end.finished), end.early, end.broken));
    let cut_off = finished.is_none().then(|| "the journal stops before the run's end".to_owned());
    if let Some(why) = broken.as_ref().or(cut_off.as_ref()) {
        limits.push(Limit { what: REST.to_owned(), why: why.clone() });
    }
    // A simulator plays no scenario: what it received is all that its verdict is about.
    let played = if header.mode == RunMode::Simulate { &[][..] } else { &scenarios[..] };
    let verdict = match (&broken, &cut_off) {
        (Some(_), _) => Verdict::Error,
        // The set-up or the environment broke, before anything could be asked of the system under test.
        _ if fault.is_some() => Verdict::Error,
        // Where we answer until stopped, being stopped is no loss.
        (None, Some(_)) if header.mode != RunMode::Simulate => {
            roll_up([run_verdict(played, &unexpected_findings, &collected.unexpected_passed), Verdict::Inconclusive])
        }
        _ => run_verdict(played, &unexpected_findings, &collected.unexpected_passed),
    };
    let mut summary = Counts::default();
    scenarios.iter().for_each(|scenario| summary.add(scenario.verdict));
    let mut exchanges = collected.exchanges;
    exchanges.sort_by_key(|exchange| exchange.id);
    let unused_rules = header.rules.into_iter().filter(|rule| !collected.rules_used.contains(rule)).collect();
    RunRecord {
        format: RUN_FORMAT.to_owned(),
        version: RUN_VERSION,
        run: header.run,
        mode: header.mode,
        role: header.role,
        conductor: header.conductor,
        started: header.started,
        finished,
        duration_us: collected.last.0,
        tool: header.tool,
        supplier: header.supplier,
        endpoints: header.endpoints,
        pack: header.pack,
        settings: header.settings,
        seed: header.seed,
        clock: header.clock,
        environment: header.environment,
        verdict,
        partial: is_partial(&scenarios, &requirements),
        ended_early: broken.or(early).or(cut_off),
        limits,
        changes: header.changes,
        claims,
        preflight: collected.preflight,
        summary,
        requirements,
        scenarios,
        exchanges,
        unexpected: collected.unexpected,
        unexpected_findings,
        unexpected_passed: collected.unexpected_passed,
        unexpected_checks: collected.unexpected_checks,
        unmatched: collected.unmatched,
        unused_rules,
        checklist,
    }
}

/// Says of what was not reached for a fault of the pre-flight which fault it was, and whose.
fn blame(scenarios: &mut [ScenarioRecord], fault: &Preflight) {
    for scenario in scenarios.iter_mut().filter(|scenario| scenario.verdict == Verdict::NotRun) {
        scenario.cause = fault.cause.or(Some(Cause::Configuration));
        scenario.reason = Some(format!("{}: {}", fault.name, fault.detail));
    }
}

/// Rolls up scenarios and what belongs to none; a run in which nothing was judged is `inconclusive`.
pub(crate) fn run_verdict(scenarios: &[ScenarioRecord], findings: &[Finding], passed: &BTreeMap<RequirementId, u32>) -> Verdict {
    let of_scenarios = scenarios.iter().map(|scenario| scenario.verdict);
    let of_findings = findings.iter().filter_map(verdict_of);
    let of_passes = (!passed.is_empty()).then_some(Verdict::Pass);
    match roll_up(of_scenarios.chain(of_findings).chain(of_passes)) {
        Verdict::NotRun => Verdict::Inconclusive,
        verdict => verdict,
    }
}

/// Tells whether anything claimed or mandatory was skipped, not run or left to review.
pub(crate) fn is_partial(scenarios: &[ScenarioRecord], requirements: &[RequirementRecord]) -> bool {
    let open = |verdict| matches!(verdict, Verdict::Skipped | Verdict::NotRun | Verdict::Review);
    let binding = |one: &RequirementRecord| one.claimed.unwrap_or(one.requirement.level == Level::Must);
    scenarios.iter().any(|scenario| open(scenario.verdict)) || requirements.iter().any(|one| open(one.verdict) && binding(one))
}

fn dropped(counted: [(u64, &str); 3]) -> impl Iterator<Item = Limit> {
    let counted = counted.into_iter().filter(|(count, _)| *count > 0);
    counted.map(|(count, what)| in_journal_only(format!("{count} {what}")))
}

fn shortened(exchanges: u64) -> Option<Limit> {
    (exchanges > 0).then(|| in_journal_only(format!("header fields and exact bytes of {exchanges} exchanges")))
}

fn in_journal_only(what: String) -> Limit {
    Limit { what: format!("{what} stand in the journal only"), why: "a run record holds a bounded number".to_owned() }
}
