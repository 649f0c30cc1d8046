//! Which checks a plan can apply.

use crate::model::{Act, Plan, Scenario, Step, Stub};
use counterpart_validate::Check;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Checks by id, without the variant of their scenario.
pub(crate) type Checks = BTreeMap<String, Arc<Check>>;

impl Plan {
    /// Tells whether a prefix, with or without the pack's name, means a scenario.
    #[must_use]
    pub fn selects(&self, prefix: &str, scenario: &Scenario) -> bool {
        let id = scenario.id.as_str();
        crate::compile::has_prefix(id, prefix) || crate::compile::has_prefix(id, &format!("{}/{prefix}", self.pack.name))
    }

    /// Gives every check that the scenarios still to be played apply: standing ones, those of steps, and those of our rules.
    #[must_use]
    pub fn checks_played(&self) -> Checks {
        let mut found = Checks::new();
        let standing = self.endpoints.iter().map(|endpoint| &endpoint.standing);
        let standing = standing.flat_map(|standing| standing.exchange.iter().chain(&standing.at_end).chain(&standing.connection));
        standing.for_each(|check| add(&mut found, check));
        // Our own stubs answer, and so judge, only where we are the provider.
        let answering = self.endpoints.iter().filter(|_| self.role == counterpart_evidence::Role::Provider);
        answering.flat_map(|endpoint| &endpoint.stubs).for_each(|stub| of_stub(&mut found, stub));
        for scenario in self.scenarios.iter().filter(|scenario| scenario.settled.is_none()) {
            of_scenario(&mut found, scenario);
        }
        found
    }
}

impl Scenario {
    /// Gives every check that its steps and its own stubs apply, beside what applies everywhere.
    #[must_use]
    pub fn checks(&self) -> BTreeMap<String, Arc<Check>> {
        let mut found = Checks::new();
        of_scenario(&mut found, self);
        found
    }
}

fn of_scenario(found: &mut Checks, scenario: &Scenario) {
    scenario.using.iter().for_each(|stub| of_stub(found, stub));
    for steps in [&scenario.setup, &scenario.steps, &scenario.cleanup] {
        of_steps(found, steps);
    }
}

fn add(found: &mut Checks, check: &Arc<Check>) {
    found.insert(crate::without_variant(check.id.as_str()), Arc::clone(check));
}

fn of_stub(found: &mut Checks, stub: &Arc<Stub>) {
    stub.rules.iter().flat_map(|rule| &rule.checks).for_each(|check| add(found, check));
}

fn of_steps(found: &mut Checks, steps: &[Step]) {
    for step in steps {
        step.checks.iter().for_each(|check| add(found, check));
        match &step.act {
            Act::Await(plan) => {
                plan.then_quiet.iter().for_each(|(_, check)| add(found, check));
                plan.else_fails.iter().for_each(|check| add(found, check));
                plan.using.iter().for_each(|stub| of_stub(found, stub));
            }
            Act::Do(call) => of_steps(found, &call.fragment.steps),
            Act::Each(each) => of_steps(found, &each.steps),
            Act::Load(load) => load.each.iter().for_each(|check| add(found, check)),
            Act::Observe(observe) => {
                observe.stubs.iter().for_each(|stub| of_stub(found, stub));
                observe.steps.iter().for_each(|timed| of_steps(found, std::slice::from_ref(&timed.step)));
            }
            Act::Parallel(parallel) => parallel.branches.iter().for_each(|steps| of_steps(found, steps)),
            Act::Repeat(repeat) => of_steps(found, &repeat.steps),
            Act::When(when) => [&when.then, &when.otherwise].into_iter().for_each(|steps| of_steps(found, steps)),
            Act::Ask(_)
            | Act::Assert
            | Act::Let(_)
            | Act::Listen(_)
            | Act::Pause(_)
            | Act::Probe(_)
            | Act::Release(..)
            | Act::Send(_)
            | Act::Store(_)
            | Act::Write(_) => {}
        }
    }
}
