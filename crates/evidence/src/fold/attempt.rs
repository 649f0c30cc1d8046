//! What happened in one attempt at a scenario, and the verdict on it.

use super::findings::{Findings, Kept, Room};
use crate::limits::SPANS_KEPT_MAX;
use crate::{
    Attempt, Cause, CheckId, ExchangeId, Finding, FindingEffect, FindingOutcome, Level, Moment, RequirementId, Span, StepHeader,
    StepRecord, Verdict, roll_up,
};
use std::collections::{BTreeMap, BTreeSet};

/// What a finding says about the verdict; `None` where it says nothing, because its check did not apply or does not bind.
pub(crate) fn verdict_of(finding: &Finding) -> Option<Verdict> {
    match (finding.outcome, finding.effect) {
        (FindingOutcome::Error, _) => Some(Verdict::Error),
        // A must that this run could not judge was not shown to hold.
        (FindingOutcome::Skip, _) => (finding.is_unjudged() && finding.level == Level::Must).then_some(Verdict::Inconclusive),
        (FindingOutcome::Pass, _) | (FindingOutcome::Fail, FindingEffect::None) => Some(Verdict::Pass),
        (FindingOutcome::Fail, FindingEffect::Fail) => Some(Verdict::Fail),
        (FindingOutcome::Fail, FindingEffect::Warning) => Some(Verdict::Warning),
    }
}

/// Says which check was not judged, and why.
pub(super) fn unjudged(finding: &Finding) -> String {
    format!("`{}` was not judged: {}", finding.check, finding.message)
}

/// A verdict with whose doing it is and why, where that is known.
#[derive(Clone, Debug)]
pub(super) struct Judgement {
    pub(super) verdict: Verdict,
    pub(super) cause: Option<Cause>,
    pub(super) reason: Option<String>,
}

impl Judgement {
    /// Gives the judgement that decides: the first of those that roll up to the common verdict.
    pub(super) fn of(parts: &[Self]) -> Self {
        let verdict = roll_up(parts.iter().map(|part| part.verdict));
        let decisive = |part: &&Self| part.verdict == verdict;
        // A roll-up turns `not-run` into `inconclusive`; the cause is then that of the part never reached.
        let unreached = |part: &&Self| verdict == Verdict::Inconclusive && part.verdict == Verdict::NotRun;
        let found = parts.iter().find(decisive).or_else(|| parts.iter().find(unreached));
        Self {
            verdict,
            cause: found.and_then(|part| part.cause).filter(|_| verdict != Verdict::Pass),
            reason: found.and_then(|part| part.reason.clone()).filter(|_| verdict != Verdict::Pass),
        }
    }

    fn of_finding(finding: &Finding) -> Option<Self> {
        let verdict = verdict_of(finding)?;
        let usual = match verdict {
            Verdict::Error => Some(Cause::Simulator),
            Verdict::Fail | Verdict::Warning => Some(Cause::Supplier),
            _ => None,
        };
        let reason = finding.is_unjudged().then(|| unjudged(finding));
        Some(Self { verdict, cause: finding.cause.or(usual), reason })
    }
}

/// One step as it is being played.
#[derive(Debug, Default)]
pub(super) struct StepState {
    header: Option<StepHeader>,
    started: Moment,
    ended: Option<Moment>,
    last: Moment,
    settled: Option<Judgement>,
    exchanges: BTreeSet<ExchangeId>,
    findings: Findings,
    judged: Vec<Judgement>,
    passed: BTreeMap<CheckId, u32>,
    spans: Vec<Span>,
}

impl StepState {
    fn judgements(&self) -> Vec<Judgement> {
        let mut parts = self.judged.clone();
        parts.extend(self.settled.clone());
        if !self.passed.is_empty() {
            parts.push(Judgement { verdict: Verdict::Pass, cause: None, reason: None });
        }
        parts
    }

    /// Gives its judgements as they weigh for the scenario: ISO/IEC 9646-1, a preamble that fails leaves it inconclusive.
    fn weighed(&self) -> Vec<Judgement> {
        let in_setup = self.header.as_ref().is_some_and(|header| header.phase == "setup");
        let mut parts = self.judgements();
        for part in parts.iter_mut().filter(|part| in_setup && part.verdict == Verdict::Fail) {
            part.verdict = Verdict::Inconclusive;
            part.reason = Some("the preamble did not come through".to_owned());
        }
        parts
    }

    fn into_record(self, index: u32) -> StepRecord {
        let mut parts = self.judgements();
        if self.header.is_some() && self.ended.is_none() {
            parts.push(Judgement {
                verdict: Verdict::Inconclusive,
                cause: Some(Cause::Environment),
                reason: Some("the step began and did not end".to_owned()),
            });
        }
        if parts.is_empty() {
            // A step without checks did what it is for; only the scenario asks whether anything was judged.
            parts.push(Judgement { verdict: Verdict::Pass, cause: None, reason: None });
        }
        let judgement = Judgement::of(&parts);
        let header = self.header;
        let (findings, not_applying) = self.findings.into_all();
        StepRecord {
            index,
            kind: header.as_ref().map_or_else(|| "exchange".to_owned(), |header| header.kind.clone()),
            title: header.as_ref().map_or_else(|| "outside any step".to_owned(), |header| header.title.clone()),
            phase: header.map_or_else(|| "steps".to_owned(), |header| header.phase),
            started_us: self.started.0,
            duration_us: self.ended.unwrap_or(self.last).0.saturating_sub(self.started.0),
            verdict: judgement.verdict,
            cause: judgement.cause,
            reason: judgement.reason,
            exchanges: self.exchanges.into_iter().collect(),
            findings,
            not_applying,
            passed: self.passed,
            spans: self.spans,
        }
    }
}

/// One attempt as it is being played.
#[derive(Debug, Default)]
pub(super) struct AttemptState {
    started: Option<Moment>,
    ended: Option<Moment>,
    last: Moment,
    steps: BTreeMap<u32, StepState>,
    passed: BTreeMap<RequirementId, u32>,
}

/// What was judged at one place of an attempt.
pub(super) struct Share {
    pub(super) at: Moment,
    pub(super) step: Option<u32>,
    pub(super) exchanges: Vec<ExchangeId>,
    pub(super) findings: Vec<Finding>,
    pub(super) room: Room,
    pub(super) passed: Vec<(CheckId, RequirementId)>,
}

impl AttemptState {
    pub(super) fn begin(&mut self, at: Moment) {
        self.started.get_or_insert(at);
        self.last = self.last.max(at);
    }

    pub(super) fn end(&mut self, at: Moment) {
        self.ended = Some(at);
        self.last = self.last.max(at);
    }

    pub(super) fn begin_step(&mut self, at: Moment, header: StepHeader) {
        self.last = self.last.max(at);
        let step = self.step(at, header.step);
        step.started = at;
        step.header = Some(header);
    }

    /// Keeps what goes wrong on purpose in a step, up to a bound. Gives how many were kept.
    pub(super) fn disturb(&mut self, at: Moment, index: u32, spans: Vec<Span>) -> usize {
        let step = self.step(at, index);
        let before = step.spans.len();
        step.spans.extend(spans.into_iter().take(SPANS_KEPT_MAX.saturating_sub(before)));
        step.spans.len() - before
    }

    pub(super) fn end_step(&mut self, at: Moment, index: u32, settled: Option<Judgement>) {
        self.last = self.last.max(at);
        let step = self.step(at, index);
        step.ended = Some(at);
        step.settled = settled;
    }

    /// Adds what was judged; without a step it belongs to the last one that began. Gives how many findings it kept or counted.
    pub(super) fn add(&mut self, share: Share) -> Kept {
        self.last = self.last.max(share.at);
        let index = share.step.or_else(|| self.steps.keys().next_back().copied()).unwrap_or(1);
        let step = self.step(share.at, index);
        step.last = step.last.max(share.at);
        step.exchanges.extend(share.exchanges);
        for judgement in share.findings.iter().filter_map(Judgement::of_finding) {
            // The first of each verdict is enough to decide, and keeps this bounded.
            if step.judged.iter().all(|known| known.verdict != judgement.verdict) {
                step.judged.push(judgement);
            }
        }
        let kept = step.findings.keep(share.findings, share.room);
        for (check, _) in &share.passed {
            *step.passed.entry(check.clone()).or_default() += 1;
        }
        for (_, requirement) in share.passed {
            *self.passed.entry(requirement).or_default() += 1;
        }
        kept
    }

    fn step(&mut self, at: Moment, index: u32) -> &mut StepState {
        self.steps.entry(index).or_insert_with(|| StepState { started: at, last: at, ..StepState::default() })
    }

    /// Gives the attempt's judgement: of its findings, its steps' own verdicts, and of whether it came to its end.
    pub(super) fn judgement(&self) -> Judgement {
        let mut parts: Vec<Judgement> = self.steps.values().flat_map(StepState::weighed).collect();
        let left_out = parts.iter().any(|part| part.verdict == Verdict::Skipped);
        if left_out && parts.iter().all(|part| matches!(part.verdict, Verdict::Skipped | Verdict::NotRun)) {
            // Steps after one that was left out are not reached by intention, not by accident.
            parts.retain(|part| part.verdict == Verdict::Skipped);
        }
        if self.ended.is_none() {
            parts.push(Judgement {
                verdict: Verdict::Inconclusive,
                cause: Some(Cause::Environment),
                reason: Some("the run ended before the scenario did".to_owned()),
            });
        }
        if parts.is_empty() {
            return Judgement {
                verdict: Verdict::Inconclusive,
                cause: Some(Cause::Simulator),
                reason: Some("no check was reached, so nothing was judged".to_owned()),
            };
        }
        Judgement::of(&parts)
    }

    pub(super) fn into_record(self, number: u32) -> Attempt {
        let verdict = self.judgement().verdict;
        let started = self.started.unwrap_or_default();
        Attempt {
            attempt: number,
            started_us: started.0,
            duration_us: self.ended.unwrap_or(self.last).0.saturating_sub(started.0),
            verdict,
            steps: self.steps.into_iter().map(|(index, step)| step.into_record(index)).collect(),
            passed: self.passed,
        }
    }
}
