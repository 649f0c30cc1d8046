//! Events and messages that the tests of this crate share; all invented.

use crate::{
    Basis, Cause, CheckId, ClaimRecord, Conductor, Direction, Event, Exchange, ExchangeId, ExchangeRecord, Finding,
    FindingEffect, FindingOutcome, Level, Moment, PackRecord, Requirement, RequirementId, Role, RunHeader, RunMode,
    ScenarioHeader, ScenarioId, Stamped, StepHeader, Supplier, Tool, Verdict,
};
use std::collections::BTreeMap;

pub(crate) fn requirement(id: &str) -> Requirement {
    Requirement {
        id: RequirementId::new(id),
        level: Level::Must,
        basis: Basis::Published,
        text: format!("Does {id}."),
        source: "doc section 1".to_owned(),
        claim: None,
        untestable: None,
    }
}

pub(crate) fn scenario(id: &str, covers: &[&str]) -> ScenarioHeader {
    ScenarioHeader {
        id: ScenarioId::new(id),
        title: format!("Title of {id}"),
        purpose: "To see.".to_owned(),
        role: Role::Consumer,
        covers: covers.iter().map(|id| RequirementId::new(id)).collect(),
        claims: Vec::new(),
        tags: Vec::new(),
        file: format!("{id}.yaml"),
        replay: format!("counterpart run {id}"),
        settled: None,
    }
}

pub(crate) fn claim(id: &str, status: &str, claimed: bool) -> ClaimRecord {
    let (question, remark) = (format!("Does it {id}?"), None);
    ClaimRecord { id: id.to_owned(), question, status: status.to_owned(), claimed, exercised: false, remark }
}

pub(crate) fn header(scenarios: Vec<ScenarioHeader>, requirements: Vec<Requirement>) -> RunHeader {
    RunHeader {
        run: "run-1".to_owned(),
        mode: RunMode::Run,
        role: Role::Consumer,
        conductor: Conductor::SelfRun,
        started: "2026-11-24T10:00:00Z".to_owned(),
        tool: Tool { name: "counterpart".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        supplier: Supplier { name: Some("Example Ltd".to_owned()), ..Supplier::default() },
        endpoints: BTreeMap::new(),
        pack: PackRecord { name: "sample".to_owned(), digest: "abc".to_owned(), ..PackRecord::default() },
        settings: Vec::new(),
        seed: "1".to_owned(),
        clock: "virtual".to_owned(),
        environment: BTreeMap::new(),
        changes: Vec::new(),
        claims: Vec::new(),
        requirements,
        attested: BTreeMap::new(),
        scenarios,
        rules: Vec::new(),
        limits: Vec::new(),
        retry_passes: false,
        checklist: None,
    }
}

pub(crate) fn finding(check: &str, requirement: &str, outcome: FindingOutcome, effect: FindingEffect) -> Finding {
    Finding {
        check: CheckId::new(check),
        requirement: RequirementId::new(requirement),
        level: Level::Must,
        basis: Basis::Published,
        outcome,
        effect,
        cause: None,
        message: format!("{check} does not hold"),
        expected: Vec::new(),
        actual: None,
        place: None,
        hint: None,
        exchange: None,
        gaps: Vec::new(),
    }
}

pub(crate) fn fail(check: &str, requirement: &str) -> Finding {
    finding(check, requirement, FindingOutcome::Fail, FindingEffect::Fail)
}

pub(crate) fn started(header: RunHeader) -> Event {
    Event::RunStarted(Box::new(header))
}

pub(crate) fn begin(scenario: &str, attempt: u32) -> Event {
    Event::ScenarioStarted { scenario: ScenarioId::new(scenario), attempt }
}

pub(crate) fn end(scenario: &str, attempt: u32) -> Event {
    Event::ScenarioEnded { scenario: ScenarioId::new(scenario), attempt }
}

pub(crate) fn step(scenario: &str, attempt: u32, step: u32) -> Event {
    let (kind, title, phase) = ("send".to_owned(), "Sends".to_owned(), "steps".to_owned());
    Event::StepStarted(StepHeader { scenario: ScenarioId::new(scenario), attempt, step, kind, title, phase })
}

pub(crate) fn step_end(scenario: &str, attempt: u32, step: u32, verdict: Option<(Verdict, Cause)>) -> Event {
    let reason = verdict.map(|(verdict, _)| format!("the step is {verdict}"));
    let scenario = ScenarioId::new(scenario);
    Event::StepEnded { scenario, attempt, step, verdict: verdict.map(|one| one.0), cause: verdict.map(|one| one.1), reason }
}

pub(crate) fn judged(scenario: &str, attempt: u32, findings: Vec<Finding>, passed: &[(&str, &str)]) -> Event {
    let passed = passed.iter().map(|(check, requirement)| (CheckId::new(check), RequirementId::new(requirement))).collect();
    Event::Judged { scenario: ScenarioId::new(scenario), attempt, step: 1, exchanges: Vec::new(), findings, passed }
}

pub(crate) fn exchange(id: u64, scenario: Option<&str>, findings: Vec<Finding>, passed: &[(&str, &str)]) -> Event {
    let from = Exchange::new(ExchangeId(id), Direction::Outbound, "main", id);
    let record = ExchangeRecord {
        id: from.id,
        scenario: scenario.map(ScenarioId::new),
        attempt: scenario.map(|_| 1),
        step: scenario.map(|_| 1),
        session: None,
        leg: None,
        parent: None,
        direction: from.direction,
        endpoint: from.endpoint,
        started_us: from.started_us,
        outcome: from.outcome,
        reason: None,
        request: None,
        response: None,
        connection: from.connection,
        timing: from.timing,
        effect: from.effect,
        answered_by: Some("rule-a".to_owned()),
        fault: None,
        brief: false,
    };
    let passed = passed.iter().map(|(check, requirement)| (CheckId::new(check), RequirementId::new(requirement))).collect();
    Event::Exchange { exchange: Box::new(record), findings, passed, skipped: Vec::new(), unmatched: None }
}

pub(crate) fn run_ended() -> Event {
    Event::RunEnded { finished: "2026-11-24T10:01:00Z".to_owned(), early: None, broken: None }
}

pub(crate) fn stamp(events: Vec<Event>) -> Vec<Stamped> {
    (0..).zip(events).map(|(at, event)| Stamped { at: Moment(at * 10), event }).collect()
}

/// A whole run of two scenarios: `a` passes, `b` fails.
pub(crate) fn whole_run() -> Vec<Stamped> {
    stamp(vec![
        started(header(vec![scenario("a", &["R1"]), scenario("b", &["R2"])], vec![requirement("R1"), requirement("R2")])),
        begin("a", 1),
        step("a", 1, 1),
        exchange(1, Some("a"), Vec::new(), &[("c1", "R1")]),
        step_end("a", 1, 1, None),
        end("a", 1),
        begin("b", 1),
        step("b", 1, 1),
        exchange(2, Some("b"), vec![fail("c2", "R2")], &[]),
        step_end("b", 1, 1, None),
        end("b", 1),
        exchange(3, None, Vec::new(), &[("c1", "R1")]),
        run_ended(),
    ])
}
