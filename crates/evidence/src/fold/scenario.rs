//! What became of one scenario: its attempts and the verdict that the last of them gives.

use super::attempt::{AttemptState, Judgement};
use crate::{Cause, ScenarioHeader, ScenarioRecord, Verdict};
use std::collections::BTreeMap;

/// A scenario as it is being played.
#[derive(Debug)]
pub(super) struct ScenarioState {
    pub(super) header: ScenarioHeader,
    attempts: BTreeMap<u32, AttemptState>,
}

/// Whether a pass that needed a second attempt is a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AfterRetry {
    Passes,
    Warns,
}

impl ScenarioState {
    pub(super) fn new(header: ScenarioHeader) -> Self {
        Self { header, attempts: BTreeMap::new() }
    }

    /// Gives an attempt by number; without a number, the latest.
    pub(super) fn attempt(&mut self, number: Option<u32>) -> &mut AttemptState {
        let number = number.or_else(|| self.attempts.keys().next_back().copied()).unwrap_or(1);
        self.attempts.entry(number).or_default()
    }

    fn judgement(&self) -> Judgement {
        let last = self.attempts.values().next_back();
        match (&self.header.settled, last) {
            (Some((verdict, reason)), last) => {
                let settled = Judgement { verdict: *verdict, cause: settled_cause(*verdict), reason: Some(reason.clone()) };
                // What was settled before playing can be made worse by what was seen, never better.
                let seen = last.map(AttemptState::judgement);
                let worse = seen.filter(|seen| matches!(seen.verdict, Verdict::Fail | Verdict::Error | Verdict::Warning));
                Judgement::of(&worse.into_iter().chain([settled]).collect::<Vec<_>>())
            }
            (None, Some(last)) => last.judgement(),
            (None, None) => Judgement {
                verdict: Verdict::NotRun,
                cause: Some(Cause::Environment),
                reason: Some("the run ended before the scenario began".to_owned()),
            },
        }
    }

    pub(super) fn into_record(self, after_retry: AfterRetry) -> ScenarioRecord {
        let mut judgement = self.judgement();
        let earlier = self.attempts.len().saturating_sub(1);
        let stumbled = self
            .attempts
            .values()
            .take(earlier)
            .any(|attempt| matches!(attempt.judgement().verdict, Verdict::Fail | Verdict::Error | Verdict::Inconclusive));
        let flaky = stumbled && matches!(judgement.verdict, Verdict::Pass | Verdict::Warning);
        if flaky && judgement.verdict == Verdict::Pass && after_retry == AfterRetry::Warns {
            judgement = Judgement {
                verdict: Verdict::Warning,
                cause: Some(Cause::Supplier),
                reason: Some(format!("it passed only at attempt {}", earlier + 1)),
            };
        }
        let header = self.header;
        ScenarioRecord {
            id: header.id,
            title: header.title,
            purpose: header.purpose,
            role: header.role,
            covers: header.covers,
            tags: header.tags,
            file: header.file,
            verdict: judgement.verdict,
            cause: judgement.cause,
            reason: judgement.reason,
            flaky,
            replay: header.replay,
            attempts: self.attempts.into_iter().map(|(number, attempt)| attempt.into_record(number)).collect(),
        }
    }
}

fn settled_cause(verdict: Verdict) -> Option<Cause> {
    match verdict {
        Verdict::Pass => None,
        Verdict::Review => Some(Cause::Specification),
        Verdict::Error => Some(Cause::Simulator),
        _ => Some(Cause::Configuration),
    }
}
