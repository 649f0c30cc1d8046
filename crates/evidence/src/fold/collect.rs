//! Takes events one by one and keeps what the record needs of them.

use super::attempt::{Judgement, Share};
use super::findings::{Findings, Room};
use super::scenario::ScenarioState;
use crate::heads::Common;
use crate::limits::{EXCHANGES_KEPT_MAX, EXCHANGES_WHOLE_MAX};
use crate::{
    CheckId, Event, ExchangeId, ExchangeRecord, Finding, FindingEffect, Limit, Moment, Preflight, RequirementId, RunHeader,
    ScenarioId, Stamped,
};
use std::collections::{BTreeMap, HashMap, HashSet};

/// How a run ended.
#[derive(Debug)]
pub(super) struct End {
    pub(super) finished: String,
    pub(super) early: Option<String>,
    pub(super) broken: Option<String>,
}

/// All that was seen of a run so far.
#[derive(Debug)]
pub(super) struct Collected {
    pub(super) header: RunHeader,
    pub(super) scenarios: Vec<ScenarioState>,
    places: HashMap<ScenarioId, usize>,
    pub(super) preflight: Vec<Preflight>,
    pub(super) exchanges: Vec<ExchangeRecord>,
    pub(super) exchanges_dropped: u64,
    exchanges_whole: usize,
    pub(super) exchanges_shortened: u64,
    common: Common,
    pub(super) findings_dropped: u64,
    pub(super) spans_dropped: u64,
    room: Room,
    pub(super) unexpected: Vec<ExchangeId>,
    pub(super) unexpected_findings: Findings,
    pub(super) unexpected_passed: BTreeMap<RequirementId, u32>,
    pub(super) unexpected_checks: BTreeMap<CheckId, u32>,
    pub(super) unmatched: BTreeMap<ExchangeId, Vec<String>>,
    pub(super) rules_used: HashSet<String>,
    pub(super) limits: Vec<Limit>,
    pub(super) end: Option<End>,
    pub(super) last: Moment,
}

/// Findings and passes with the place they belong to.
struct Placed {
    scenario: Option<ScenarioId>,
    attempt: Option<u32>,
    share: Share,
}

impl Collected {
    pub(super) fn new(mut header: RunHeader) -> Self {
        let scenarios: Vec<ScenarioState> = std::mem::take(&mut header.scenarios).into_iter().map(ScenarioState::new).collect();
        let places = scenarios.iter().enumerate().map(|(place, scenario)| (scenario.header.id.clone(), place)).collect();
        Self {
            limits: std::mem::take(&mut header.limits),
            header,
            scenarios,
            places,
            preflight: Vec::new(),
            exchanges: Vec::new(),
            exchanges_dropped: 0,
            exchanges_whole: 0,
            exchanges_shortened: 0,
            common: Common::default(),
            findings_dropped: 0,
            spans_dropped: 0,
            room: Room::default(),
            unexpected: Vec::new(),
            unexpected_findings: Findings::default(),
            unexpected_passed: BTreeMap::new(),
            unexpected_checks: BTreeMap::new(),
            unmatched: BTreeMap::new(),
            rules_used: HashSet::new(),
            end: None,
            last: Moment::default(),
        }
    }

    pub(super) fn add(&mut self, stamped: Stamped) {
        let at = stamped.at;
        self.last = self.last.max(at);
        match stamped.event {
            // A second beginning cannot be: the first one stands.
            Event::RunStarted(_) | Event::Note { .. } => {}
            Event::Preflight(fact) => self.preflight.push(fact),
            Event::ScenarioStarted { scenario, attempt } => {
                if let Some(state) = self.scenario(&scenario) {
                    state.attempt(Some(attempt)).begin(at);
                }
            }
            Event::StepStarted(header) => {
                if let Some(state) = self.scenario(&header.scenario) {
                    state.attempt(Some(header.attempt)).begin_step(at, header);
                }
            }
            Event::Disturbed { scenario, attempt, step, spans } => {
                let given = spans.len();
                if let Some(state) = self.scenario(&scenario) {
                    let kept = state.attempt(Some(attempt)).disturb(at, step, spans);
                    self.spans_dropped += (given - kept) as u64;
                }
            }
            Event::StepEnded { scenario, attempt, step, verdict, cause, reason } => {
                let settled = verdict.map(|verdict| Judgement { verdict, cause, reason });
                if let Some(state) = self.scenario(&scenario) {
                    state.attempt(Some(attempt)).end_step(at, step, settled);
                }
            }
            Event::ScenarioEnded { scenario, attempt } => {
                if let Some(state) = self.scenario(&scenario) {
                    state.attempt(Some(attempt)).end(at);
                }
            }
            Event::Exchange { exchange, mut findings, passed, skipped, unmatched } => {
                let id = exchange.id;
                findings.extend(skipped.into_iter().flat_map(|skipped| skipped.into_findings(Some(id))));
                self.add_exchange(at, *exchange, (findings, passed), unmatched);
            }
            Event::Judged { scenario, attempt, step, exchanges, findings, passed } => {
                let share = self.share(at, Some(step), exchanges, (findings, passed));
                self.place(Placed { scenario: Some(scenario), attempt: Some(attempt), share });
            }
            Event::Limited(limit) => self.limits.push(limit),
            Event::RunEnded { finished, early, broken } => self.end = Some(End { finished, early, broken }),
        }
    }

    fn scenario(&mut self, id: &ScenarioId) -> Option<&mut ScenarioState> {
        let place = *self.places.get(id)?;
        self.scenarios.get_mut(place)
    }

    fn share(
        &self,
        at: Moment,
        step: Option<u32>,
        exchanges: Vec<ExchangeId>,
        (findings, passed): (Vec<Finding>, Vec<(CheckId, RequirementId)>),
    ) -> Share {
        Share { at, step, exchanges, findings, room: self.room, passed }
    }

    fn add_exchange(
        &mut self,
        at: Moment,
        mut exchange: ExchangeRecord,
        judged: (Vec<Finding>, Vec<(CheckId, RequirementId)>),
        unmatched: Option<Vec<String>>,
    ) {
        if let Some(rule) = exchange.answered_by.as_ref().filter(|rule| !self.rules_used.contains(*rule)) {
            self.rules_used.insert(rule.clone());
        }
        let id = exchange.id;
        let scenario = exchange.scenario.clone().filter(|scenario| self.places.contains_key(scenario));
        let (attempt, step) = (exchange.attempt, exchange.step);
        // Room is kept for exchanges that failed, since those stand in full in the report.
        let failed = judged.0.iter().any(|finding| finding.effect != FindingEffect::None);
        let part = if failed { 1 } else { 2 };
        let kept = self.exchanges.len() < EXCHANGES_KEPT_MAX / part;
        if kept {
            if self.exchanges_whole < EXCHANGES_WHOLE_MAX / part {
                self.exchanges_whole += 1;
            } else {
                exchange.shorten();
                self.exchanges_shortened += 1;
            }
            self.common.share(&mut exchange);
            self.exchanges.push(exchange);
            if let Some(criteria) = unmatched {
                self.unmatched.insert(id, criteria);
            }
            if scenario.is_none() {
                self.unexpected.push(id);
            }
        } else {
            self.exchanges_dropped += 1;
        }
        let share = self.share(at, step, kept.then_some(id).into_iter().collect(), judged);
        self.place(Placed { scenario, attempt, share });
    }

    fn place(&mut self, placed: Placed) {
        let given = placed.share.findings.len();
        let mut counted = 0;
        let kept = match placed.scenario.as_ref().and_then(|id| self.scenario(id)) {
            Some(state) => {
                let kept = state.attempt(placed.attempt).add(placed.share);
                counted = kept.counted;
                kept
            }
            None => {
                let share = placed.share;
                for (check, requirement) in share.passed {
                    *self.unexpected_checks.entry(check).or_default() += 1;
                    *self.unexpected_passed.entry(requirement).or_default() += 1;
                }
                self.unexpected_findings.keep(share.findings, share.room)
            }
        };
        self.findings_dropped += (given - self.room.less(kept) - counted) as u64;
    }
}
