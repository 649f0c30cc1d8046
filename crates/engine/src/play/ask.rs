//! Asking the system under test to act, and arming what it may bring.

use super::frame::{Frame, given};
use super::{Brought, Play, Stop};
use crate::actor::{Order, Undone};
use crate::build::{generators, milliseconds, values};
use crate::claim::Expectation;
use crate::limits::{BINDING_MS, PERSON_BINDING_MS};
use crate::names::Layer;
use counterpart_evidence::{Cause, Verdict};
use counterpart_plan::model::{Act, Action, Ask, Await, Demand, Pace, Step};
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Duration;

impl Play {
    pub(crate) async fn ask(self: &Arc<Self>, ask: &Ask, index: u32, next: &[Step], frame: &mut Frame) -> Result<Brought, Stop> {
        self.arm_next(next, frame)?;
        let order = self.order(ask, index, frame)?;
        let within = self.shared.around.actor.within(&order);
        if ask.pace == Pace::Background {
            let actor = Arc::clone(&self.shared.around.actor);
            tokio::spawn(async move { actor.act(order).await });
            return Ok(Brought::default());
        }
        // Whoever is given more time than the order says is a person, who types slower than a program prints.
        let is_person = within > Duration::from_millis(order.within_ms);
        // Unbound requests are given away only after the captures of this step are bound; a failed one binds nothing.
        let asking = self.claimant.asking(if is_person { PERSON_BINDING_MS } else { BINDING_MS });
        let action = ask.action.clone();
        let result = tokio::select! {
            result = tokio::time::timeout(within, self.shared.around.actor.act(order)) => result,
            () = self.stopped() => return Err(Stop::inconclusive(Cause::Environment, "the run was interrupted")),
        };
        let result = match result {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(Undone::Nobody)) if ask.demand == Demand::Optional => Ok(Value::Null),
            Ok(Err(Undone::Nobody)) => Err(Stop {
                verdict: Verdict::Skipped,
                cause: Cause::Configuration,
                reason: format!("there is no hook and no person for action `{action}`: give it under `[hooks]` of the workspace"),
            }),
            Ok(Err(Undone::Failed(reason))) => Err(Stop::error(Cause::Configuration, format!("action `{action}`: {reason}"))),
            Err(_) => {
                Err(Stop::error(Cause::Configuration, format!("action `{action}` did not end within {} ms", within.as_millis())))
            }
        };
        let result = result.and_then(|value| self.as_promised(&action, value));
        let mut names = Map::new();
        names.insert("hook".to_owned(), result?);
        Ok(Brought { names, asking: Some(asking), ..Brought::default() })
    }

    /// Holds what an action returned against what the pack says that it returns.
    fn as_promised(&self, action: &str, value: Value) -> Result<Value, Stop> {
        let broken = self.shared.plan.actions.get(action).and_then(|action| broken_answer(action, &value));
        match broken {
            // An optional action that nobody does returns nothing.
            Some(reason) if !value.is_null() => Err(Stop::error(Cause::Configuration, reason)),
            _ => Ok(value),
        }
    }

    fn order(&self, ask: &Ask, index: u32, frame: &Frame) -> Result<Order, Stop> {
        let globals = self.shared.names();
        let layer = Layer::new(&frame.names, &globals);
        let mut generators =
            generators(self.shared.around.seed, &[&self.key, &frame.branch, "ask", &index.to_string()], &self.shared.clock);
        let fault = |reason| Stop::error(Cause::Simulator, reason);
        let arguments = values(&ask.with, &layer, &mut generators).map_err(fault)?;
        let within_ms = milliseconds(&ask.within, &layer).map_err(fault)?;
        let action = self.shared.plan.actions.get(&ask.action);
        Ok(Order {
            action: ask.action.clone(),
            does: action.map(|action| action.does.clone()).unwrap_or_default(),
            returns: action.and_then(|action| action.returns.clone()),
            arguments,
            scenario: self.scenario.to_string(),
            step: index,
            urls: self.urls.clone(),
            // An action happens in the world of the system under test, so its limit is not scaled.
            within_ms,
        })
    }

    /// Arms the `await` steps that follow, so that what comes while the system under test acts is not missed.
    ///
    /// Each gets its index now, and so do the steps before it, so that an early request is shown where it was waited for. What is
    /// checked with names that steps before it give is left to its turn: a request can come before they are known. One
    /// that its `if` leaves out as things stand takes nothing away from the next.
    fn arm_next(&self, next: &[Step], frame: &mut Frame) -> Result<(), Stop> {
        let passed = |step: &&Step| matches!(step.act, Act::Assert | Act::Await(_) | Act::Let(_) | Act::Pause(_));
        let near: Vec<&Step> = next.iter().take_while(passed).collect();
        let last = near.iter().rposition(|step| matches!(step.act, Act::Await(_)));
        let mut coming: Vec<&str> = Vec::new();
        for step in near.into_iter().take(last.map_or(0, |last| last + 1)) {
            let index = frame.keep_index(step, || self.next_index());
            if let Act::Await(plan) = &step.act
                && self.guard(step, frame) != Ok(false)
            {
                let key = armed_key(plan);
                if !frame.names.contains_key(&key) {
                    let expectation = self.expectation(step, plan, index, frame)?;
                    if step.uses.iter().chain(&step.used_by_checks).any(|name| coming.contains(&name.as_str())) {
                        expectation.judge_in_turn();
                    }
                    let at = self.claimant.expectations().len();
                    self.claimant.arm(expectation);
                    Arc::make_mut(&mut frame.names).insert(key, Value::from(at));
                }
            }
            coming.extend(given(step));
            if let Act::Let(values) = &step.act {
                coming.extend(values.iter().map(|(name, _)| name.as_str()));
            }
        }
        Ok(())
    }

    /// Gives the expectation that was armed for an `await` step, or none.
    pub(crate) fn armed(&self, plan: &Arc<Await>, frame: &mut Frame) -> Option<Arc<Expectation>> {
        let key = armed_key(plan);
        let at = frame.names.get(&key)?.as_u64()?;
        Arc::make_mut(&mut frame.names).remove(&key);
        self.claimant.expectations().get(usize::try_from(at).ok()?).cloned()
    }
}

/// Says where what an action returned is not as the pack says.
pub(crate) fn broken_answer(action: &Action, value: &Value) -> Option<String> {
    let problems = action.returned.as_ref()?.problems(value);
    let told: Vec<String> =
        problems.iter().map(|problem| format!("{} {}", place_of(&problem.pointer), problem.message)).collect();
    let name = &action.name;
    (!told.is_empty()).then(|| format!("what action `{name}` returned is not as the pack says: {}", told.join("; ")))
}

fn place_of(pointer: &str) -> String {
    if pointer.is_empty() { "the value".to_owned() } else { format!("`{pointer}`") }
}

/// A name that no file can give, under which an armed expectation is remembered.
fn armed_key(plan: &Arc<Await>) -> String {
    format!("\0armed {:p}", Arc::as_ptr(plan))
}
