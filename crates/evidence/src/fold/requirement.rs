//! The requirement table: what the checks of each requirement found, and the verdict that follows.

use super::attempt::{unjudged, verdict_of};
use crate::{
    CheckId, Finding, FindingEffect, FindingOutcome, Level, Requirement, RequirementId, RequirementRecord, ScenarioRecord,
    StepRecord, Verdict, roll_up,
};
use std::collections::{BTreeMap, HashMap};

/// What a requirement table is made from.
pub(crate) struct Judged<'a> {
    /// The scenarios with their verdicts.
    pub(crate) scenarios: &'a [ScenarioRecord],
    /// Findings that belong to no scenario.
    pub(crate) findings: &'a [Finding],
    /// Passed checks that belong to no scenario, by requirement.
    pub(crate) passed: &'a BTreeMap<RequirementId, u32>,
    /// Passed checks that belong to no scenario, by check.
    pub(crate) passed_checks: &'a BTreeMap<CheckId, u32>,
    /// Claims by id, with the supplier's answer.
    pub(crate) claimed: &'a BTreeMap<String, bool>,
    /// Requirements, and rows of the checklist, that a person attested.
    pub(crate) attested: &'a BTreeMap<RequirementId, String>,
}

#[derive(Default)]
struct Tally<'a> {
    passed: u32,
    failed: u32,
    skipped: u32,
    verdicts: Vec<Verdict>,
    /// Whether a check of level may did not hold.
    slipped: bool,
    /// Why a check was left out that should have been judged.
    unjudged: Option<String>,
    scenarios: Vec<&'a ScenarioRecord>,
}

impl Tally<'_> {
    fn add(&mut self, finding: &Finding) {
        match finding.outcome {
            FindingOutcome::Pass => self.passed += 1,
            FindingOutcome::Fail => self.failed += 1,
            FindingOutcome::Skip => self.skipped += 1,
            FindingOutcome::Error => {}
        }
        self.slipped |= finding.outcome == FindingOutcome::Fail && finding.effect == FindingEffect::None;
        if finding.is_unjudged() && finding.level != Level::May {
            // Also where a should was left out, its own row must not read `pass`; the scenario and the run may.
            self.unjudged.get_or_insert_with(|| unjudged(finding));
            if !self.verdicts.contains(&Verdict::Inconclusive) {
                self.verdicts.push(Verdict::Inconclusive);
            }
        }
        if let Some(verdict) = verdict_of(finding).filter(|verdict| !self.verdicts.contains(verdict)) {
            self.verdicts.push(verdict);
        }
    }

    fn judged(&self) -> bool {
        self.passed > 0 || !self.verdicts.is_empty()
    }
}

/// Makes the table, in the order of the pack.
pub(crate) fn requirements(all: Vec<Requirement>, judged: &Judged<'_>) -> Vec<RequirementRecord> {
    let mut tallies: HashMap<&RequirementId, Tally<'_>> = HashMap::new();
    for scenario in judged.scenarios {
        for requirement in &scenario.covers {
            tallies.entry(requirement).or_default().scenarios.push(scenario);
        }
        // The last attempt decides, as it does for the scenario.
        let Some(last) = scenario.attempts.last() else { continue };
        for step in &last.steps {
            for finding in &step.findings {
                tallies.entry(&finding.requirement).or_default().add(finding);
            }
            for (requirement, count) in counted(step) {
                tallies.entry(requirement).or_default().skipped += count;
            }
        }
        for (requirement, count) in &last.passed {
            tallies.entry(requirement).or_default().passed += count;
        }
    }
    for finding in judged.findings {
        tallies.entry(&finding.requirement).or_default().add(finding);
    }
    for (requirement, count) in judged.passed {
        tallies.entry(requirement).or_default().passed += count;
    }
    let nothing = Tally::default();
    all.into_iter()
        .map(|requirement| {
            let tally = tallies.get(&requirement.id).unwrap_or(&nothing);
            record(&requirement, tally, judged)
        })
        .collect()
}

/// Gives how often checks of a requirement did not apply beyond those that stand in full: the first of each check always does.
fn counted(step: &StepRecord) -> impl Iterator<Item = (&RequirementId, u32)> {
    let of = |check: &CheckId| step.findings.iter().find(|finding| finding.check == *check).map(|finding| &finding.requirement);
    step.not_applying.iter().filter_map(move |(check, count)| Some((of(check)?, *count)))
}

fn record(requirement: &Requirement, tally: &Tally<'_>, judged: &Judged<'_>) -> RequirementRecord {
    let claimed = requirement.claim.as_ref().and_then(|claim| judged.claimed.get(claim)).copied();
    let attested = judged.attested.get(&requirement.id);
    let (mut verdict, mut reason) = verdict(requirement, tally, claimed);
    let mut by = None;
    let untested = matches!(verdict, Verdict::Review | Verdict::Skipped | Verdict::NotRun);
    if let Some(note) = attested.filter(|_| untested) {
        (verdict, reason, by) = (Verdict::Pass, Some(note.clone()), Some("attestation".to_owned()));
    }
    RequirementRecord {
        requirement: requirement.clone(),
        claimed,
        scenarios: tally.scenarios.iter().map(|scenario| scenario.id.clone()).collect(),
        passed: tally.passed,
        failed: tally.failed,
        skipped: tally.skipped,
        verdict,
        reason,
        by,
    }
}

fn verdict(requirement: &Requirement, tally: &Tally<'_>, claimed: Option<bool>) -> (Verdict, Option<String>) {
    if claimed == Some(false) {
        let claim = requirement.claim.as_deref().unwrap_or_default();
        return (Verdict::NotApplicable, Some(format!("the claim `{claim}` was answered no")));
    }
    let mut verdicts = tally.verdicts.clone();
    if tally.passed > 0 {
        verdicts.push(Verdict::Pass);
    }
    let unjudged = |scenario: &&&ScenarioRecord| {
        matches!(
            scenario.verdict,
            Verdict::Error
                | Verdict::Inconclusive
                | Verdict::NotRun
                | Verdict::Review
                | Verdict::Skipped
                | Verdict::NotApplicable
        )
    };
    let open: Vec<&&ScenarioRecord> = tally.scenarios.iter().filter(unjudged).collect();
    verdicts.extend(open.iter().map(|scenario| scenario.verdict));
    if let Some(why) = &requirement.untestable
        && !tally.judged()
    {
        return (Verdict::Review, Some(format!("no machine can test it: {why}")));
    }
    if tally.scenarios.is_empty() && verdicts.is_empty() {
        return (Verdict::NotRun, Some("no scenario of this run covers it".to_owned()));
    }
    if verdicts.is_empty() {
        return (Verdict::Inconclusive, Some("no check of this requirement was reached".to_owned()));
    }
    // Scenarios that were played without reaching one of its checks must not let it read `skipped` or `not-applicable`.
    if !tally.judged() && open.len() < tally.scenarios.len() {
        verdicts.push(Verdict::Inconclusive);
    }
    let mut verdict = roll_up(verdicts.iter().copied());
    if verdict == Verdict::Inconclusive && verdicts.iter().all(|one| *one == Verdict::NotRun) {
        verdict = Verdict::NotRun;
    }
    (verdict, reason(verdict, tally, &open))
}

fn reason(verdict: Verdict, tally: &Tally<'_>, open: &[&&ScenarioRecord]) -> Option<String> {
    match verdict {
        Verdict::Pass if tally.slipped => Some("a check that does not bind did not hold".to_owned()),
        Verdict::Pass | Verdict::Warning | Verdict::Fail => None,
        Verdict::Inconclusive if tally.unjudged.is_some() => tally.unjudged.clone(),
        _ => {
            let same = |one: Verdict| one == verdict || (verdict == Verdict::Inconclusive && one == Verdict::NotRun);
            let Some(scenario) = open.iter().find(|scenario| same(scenario.verdict)) else {
                return (verdict == Verdict::Inconclusive).then(|| "no check of this requirement was reached".to_owned());
            };
            let why = scenario.reason.as_deref().map_or_else(String::new, |reason| format!(": {reason}"));
            Some(format!("the scenario `{}` is {}{why}", scenario.id, scenario.verdict))
        }
    }
}
