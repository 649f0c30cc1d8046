//! What a run says of itself before it begins.

use crate::replay::quoted;
use counterpart_evidence::{ClaimRecord, Conductor, Limit, Role, RunHeader, RunMode, ScenarioHeader, Supplier, Tool};
use counterpart_plan::Plan;
use std::collections::BTreeMap;

/// What the header takes from the command line.
pub(crate) struct About {
    pub(crate) run: String,
    pub(crate) mode: RunMode,
    pub(crate) started: String,
    pub(crate) supplier: Supplier,
    pub(crate) conductor: Conductor,
    pub(crate) endpoints: BTreeMap<String, String>,
    pub(crate) seed: u64,
    pub(crate) clock: String,
    /// Where the run's calendar began, where somebody said so.
    pub(crate) start_time: Option<String>,
    pub(crate) retry_passes: bool,
    pub(crate) changes: Vec<counterpart_evidence::CheckChange>,
    pub(crate) limits: Vec<Limit>,
    /// The command that plays one scenario again, without `--scenario`.
    pub(crate) replay: String,
}

pub(crate) fn tool() -> Tool {
    Tool { name: "counterpart".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
}

pub(crate) fn header(plan: &Plan, about: About) -> RunHeader {
    // A claim of the other role's systems says nothing of this run.
    let claims = plan.claims.iter().filter(|claim| claim.roles.contains(&plan.role)).map(|claim| ClaimRecord {
        id: claim.id.clone(),
        question: claim.question.clone(),
        status: claim.status.clone(),
        claimed: claim.claimed,
        exercised: false,
        remark: None,
    });
    let scenarios = plan.scenarios.iter().map(|scenario| ScenarioHeader {
        id: scenario.id.clone(),
        title: scenario.title.clone(),
        purpose: scenario.purpose.clone(),
        role: scenario.role,
        covers: scenario.covers.clone(),
        claims: scenario.claims.clone(),
        tags: scenario.tags.clone(),
        file: format!("scenarios/{}/{}", plan.pack.name, scenario.file),
        replay: format!("{} --scenario {}", about.replay, quoted(scenario.id.as_str())),
        settled: scenario.settled.as_ref().map(|settled| (settled.verdict, settled.reason.clone())),
    });
    let rules = plan
        .endpoints
        .iter()
        .flat_map(|endpoint| &endpoint.stubs)
        .flat_map(|stub| &stub.rules)
        .filter(|rule| rule.on.action.is_none());
    let rules: Vec<String> = if plan.role == Role::Provider { rules.map(|rule| rule.name.clone()).collect() } else { Vec::new() };
    let mut environment = BTreeMap::new();
    environment.insert("system".to_owned(), std::env::consts::OS.to_owned());
    environment.insert("machine".to_owned(), std::env::consts::ARCH.to_owned());
    if let Some(start) = about.start_time {
        environment.insert("start-time".to_owned(), start);
    }
    RunHeader {
        run: about.run,
        mode: about.mode,
        role: plan.role,
        conductor: about.conductor,
        started: about.started,
        tool: tool(),
        supplier: about.supplier,
        endpoints: about.endpoints,
        pack: plan.pack.clone(),
        settings: plan.settings.clone(),
        seed: about.seed.to_string(),
        clock: about.clock,
        environment,
        changes: about.changes,
        claims: claims.collect(),
        requirements: plan.requirements.clone(),
        attested: plan.attested.clone(),
        scenarios: scenarios.collect(),
        rules,
        limits: about.limits,
        retry_passes: about.retry_passes,
        checklist: plan.checklist.clone(),
    }
}
