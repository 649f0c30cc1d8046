//! Checks applied, with what the sink wants to know of them.

use crate::clock::Clock;
use crate::shared::Shared;
use counterpart_evidence::{
    Basis, Cause, CheckId, Exchange, ExchangeId, Finding, FindingEffect, FindingOutcome, Level, RequirementId, Skipped,
};
use counterpart_matching::{Clock as JudgingClock, Names, OtherForm, Subjects};
use counterpart_plan::Plan;
use counterpart_validate::{Check, Findings, check};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What some checks found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    pub(crate) findings: Vec<Finding>,
    pub(crate) passed: Vec<(CheckId, RequirementId)>,
    pub(crate) skipped: Vec<Skipped>,
}

impl Found {
    /// Puts a subject to checks.
    pub(crate) fn check(&mut self, checks: &[Arc<Check>], subjects: &Subjects<'_>) {
        let mut found = Findings::default();
        for one in checks {
            check(one, subjects, &mut found);
            self.passed.extend(found.passed.drain(..).map(|id| (id.clone(), one.requirement.clone())));
        }
        let exchange = subjects.exchange().map(|exchange| exchange.id);
        self.findings
            .extend(found.others.into_iter().map(|finding| Finding { exchange: finding.exchange.or(exchange), ..finding }));
        self.skipped.extend(found.skipped);
    }

    /// Puts a subject to checks that were not decided on it yet, so that each says what it found once; one that could not be decided
    /// with the names of before is tried again.
    pub(crate) fn check_once(&mut self, checks: &[Arc<Check>], subjects: &Subjects<'_>) {
        let left: Vec<Arc<Check>> = checks.iter().filter(|check| !self.is_decided(&check.id)).cloned().collect();
        if left.is_empty() {
            return;
        }
        let mut more = Self::default();
        more.check(&left, subjects);
        // A set of checks says what each of them found.
        more.passed.retain(|(id, _)| !self.is_decided(id));
        more.findings.retain(|finding| !self.is_decided(&finding.check));
        let again: BTreeSet<&CheckId> = more.findings.iter().map(|finding| &finding.check).chain(more.decided()).collect();
        self.findings.retain(|finding| !again.contains(&finding.check));
        self.add(more);
    }

    /// Tells whether a check is decided. A rule names few, so that to look through all for each is less than to make a set.
    fn is_decided(&self, check: &CheckId) -> bool {
        self.decided().any(|decided| decided == check)
    }

    /// Names the checks that are decided: they passed, failed, or did not apply.
    fn decided(&self) -> impl Iterator<Item = &CheckId> {
        let decided = self.findings.iter().filter(|finding| finding.outcome != FindingOutcome::Error);
        let skipped = self.skipped.iter().flat_map(|skipped| &skipped.checks);
        decided.map(|finding| &finding.check).chain(self.passed.iter().chain(skipped).map(|(id, _)| id))
    }

    /// Takes a check as passed that was made by waiting, unless the wait was too short to be measured.
    pub(crate) fn waited(&mut self, check: &Check, wait_ms: u64, clock: &Clock) {
        match too_short(wait_ms, clock) {
            Some(reason) => self.findings.push(check.unjudged(reason)),
            None => self.passed.push((check.id.clone(), check.requirement.clone())),
        }
    }

    /// Tells whether no check was made.
    pub(crate) fn is_empty(&self) -> bool {
        self.findings.is_empty() && self.passed.is_empty() && self.skipped.is_empty()
    }

    /// Adds what others found.
    pub(crate) fn add(&mut self, other: Self) {
        self.findings.extend(other.findings);
        self.passed.extend(other.passed);
        self.skipped.extend(other.skipped);
    }

    /// Names the checks that failed.
    pub(crate) fn failed(&self) -> Vec<String> {
        self.findings
            .iter()
            .filter(|finding| finding.outcome == FindingOutcome::Fail)
            .map(|finding| finding.check.to_string())
            .collect()
    }

    /// Tells whether a check fails the scenario.
    pub(crate) fn is_broken(&self) -> bool {
        self.findings.iter().any(|finding| finding.effect == FindingEffect::Fail || finding.outcome == FindingOutcome::Error)
    }
}

/// Makes the finding of a check that is broken by what came or did not come, rather than by a message's content.
pub(crate) fn broken(
    check: &Check,
    message: String,
    expected: Vec<String>,
    actual: String,
    exchange: Option<ExchangeId>,
) -> Finding {
    let effect = FindingEffect::of_failure(check.level, check.basis);
    Finding {
        check: check.id.clone(),
        requirement: check.requirement.clone(),
        level: check.level,
        basis: check.basis,
        outcome: FindingOutcome::Fail,
        effect,
        cause: Some(if check.basis == Basis::Assumed && check.level != Level::May {
            Cause::Specification
        } else {
            Cause::Supplier
        }),
        message,
        expected,
        actual: Some(actual),
        place: None,
        hint: check.hint.clone(),
        exchange,
        gaps: Vec::new(),
    }
}

/// Says why a wait, in milliseconds of the run, says nothing about the other side on this clock.
#[expect(clippy::cast_precision_loss, reason = "a run is far shorter than 2^52 milliseconds")]
pub(crate) fn too_short(wait_ms: u64, clock: &Clock) -> Option<String> {
    judging(clock).too_coarse(wait_ms as f64)
}

/// Takes an exchange as checks see it.
pub(crate) fn subjects<'a>(exchange: &'a Exchange, names: &'a dyn Names, shared: &'a Shared) -> Subjects<'a> {
    let clock = &shared.clock;
    seen(exchange, names, &shared.plan).with_now(clock.now_unix_ms()).with_clock(judging(clock)).with_lateness(clock)
}

/// Takes an exchange as expressions see it.
pub(crate) fn seen<'a>(exchange: &'a Exchange, names: &'a dyn Names, plan: &'a Plan) -> Subjects<'a> {
    Subjects::new(exchange, names).with_other_form(plan.fhir.as_deref().map(|forms| forms as &dyn OtherForm))
}

/// Takes names alone as checks see them.
pub(crate) fn without_exchange<'a>(names: &'a dyn Names, clock: &'a Clock) -> Subjects<'a> {
    Subjects::without_exchange(names).with_now(clock.now_unix_ms()).with_clock(judging(clock)).with_lateness(clock)
}

/// Takes the clock as checks see it.
pub(crate) fn judging(clock: &Clock) -> JudgingClock {
    JudgingClock { scale: clock.scale(), resolution_ms: clock.resolution_ms() }
}
