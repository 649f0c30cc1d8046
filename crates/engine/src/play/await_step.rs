//! Waiting for requests and connections, then for quiet.

use super::frame::Frame;
use super::{Brought, Play, Stop};
use crate::build::{milliseconds, whole};
use crate::claim::{Expectation, Phase};
use crate::judge::{Found, broken, too_short};
use crate::names::Layer;
use counterpart_evidence::{Cause, Exchange};
use counterpart_matching::{Lateness as _, Unjudged};
use counterpart_plan::model::{Await, AwaitWhat, Hold, Reply, Step};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::time::Instant;

impl Play {
    pub(crate) async fn await_step(
        self: &Arc<Self>,
        step: &Step,
        plan: &Arc<Await>,
        index: u32,
        frame: &mut Frame,
    ) -> Result<Brought, Stop> {
        if !matches!(plan.what, AwaitWhat::Request(_) | AwaitWhat::Connection(..)) {
            let brought = self.await_file(plan, frame).await?;
            if !brought.found.is_empty() {
                self.judged(index, Vec::new(), brought.found.clone());
            }
            return Ok(brought);
        }
        let expectation = match self.armed(plan, frame) {
            Some(expectation) => expectation,
            None => {
                let expectation = self.expectation(step, plan, index, frame)?;
                self.claimant.arm(Arc::clone(&expectation));
                expectation
            }
        };
        expectation.step.store(index, Ordering::Relaxed);
        let (min, within_ms, quiet_ms) = self.bounds(plan, frame)?;
        let wanted = expectation.count_max.unwrap_or(min).max(min);
        let wanted = if plan.count.max.is_none() { min } else { wanted };
        let late = self.wait_with_patience(&expectation, wanted, within_ms).await?;
        if let Some((_, check)) = &plan.then_quiet {
            let before = self.claimant.exchanges_seen();
            expectation.set_phase(Phase::Quiet);
            self.pause_ms(quiet_ms).await?;
            if self.claimant.exchanges_seen() == before {
                // The check held as long as it was watched; a later request still breaks it.
                let mut found = Found::default();
                found.waited(check, quiet_ms, &self.shared.clock);
                self.judged(index, Vec::new(), found);
            }
        } else {
            expectation.set_phase(Phase::Over);
        }
        self.judge_left(&expectation, index, frame);
        let exchanges = expectation.matched();
        // A request that is held open is here, though its exchange is not over.
        let count = exchanges.len() as u64 + expectation.held_count();
        if count < min {
            return self.too_few(plan, index, count, min, within_ms, exchanges);
        }
        if let Some(check) = &plan.else_fails {
            let found = match late {
                Some(reason) => Found { findings: vec![check.unjudged(Unjudged::by_machine(reason))], ..Found::default() },
                // Enough came: the check was made, and held.
                None => Found { passed: vec![(check.id.clone(), check.requirement.clone())], ..Found::default() },
            };
            self.judged(index, exchanges.iter().map(|exchange| exchange.id).collect(), found);
        }
        Ok(Brought { exchange: exchanges.last().cloned(), exchanges, judged: true, ..Brought::default() })
    }

    /// Makes the checks that were left to the turn of the step.
    fn judge_left(&self, expectation: &Expectation, index: u32, frame: &Frame) {
        for exchange in expectation.take_turn() {
            let found = self.provider.expected(&exchange, expectation, &frame.names);
            self.judged(index, vec![exchange.id], found);
        }
    }

    fn too_few(
        &self,
        plan: &Await,
        index: u32,
        count: u64,
        min: u64,
        within_ms: u64,
        exchanges: Vec<Arc<Exchange>>,
    ) -> Result<Brought, Stop> {
        let what = if matches!(plan.what, AwaitWhat::Connection(..)) { "connections" } else { "requests" };
        let message = format!("{count} of {min} {what} came within {within_ms} ms");
        if self.shared.is_untouched() {
            let reason = format!("{message}: nothing at all has connected to this run's endpoints yet");
            return Err(Stop::inconclusive(Cause::Environment, reason));
        }
        match &plan.else_fails {
            Some(check) => {
                let last = exchanges.last().map(|exchange| exchange.id);
                let finding = match too_short(within_ms, &self.shared.clock) {
                    Some(reason) => check.unjudged(format!("{message}, but {reason}")),
                    None => broken(check, message, vec![format!("{min} {what}")], count.to_string(), last),
                };
                let found = Found { findings: vec![finding], ..Found::default() };
                self.judged(index, exchanges.iter().map(|exchange| exchange.id).collect(), found.clone());
                Ok(Brought { exchange: exchanges.last().cloned(), exchanges, found, judged: true, ..Brought::default() })
            }
            None => Err(match too_short(within_ms, &self.shared.clock) {
                Some(reason) => Stop::inconclusive(Cause::Configuration, format!("{message}, but {reason}")),
                None => Stop::inconclusive(Cause::Supplier, message),
            }),
        }
    }

    /// Makes the expectation of an `await` step.
    pub(crate) fn expectation(
        &self,
        step: &Step,
        plan: &Arc<Await>,
        index: u32,
        frame: &Frame,
    ) -> Result<Arc<Expectation>, Stop> {
        let globals = self.shared.names();
        let layer = Layer::new(&frame.names, &globals);
        let count_max = match &plan.count.max {
            Some(expression) => {
                let value = expression.evaluate(&layer).map_err(|fault| Stop::error(Cause::Simulator, fault.message))?;
                Some(
                    whole(&value)
                        .ok_or_else(|| Stop::error(Cause::Simulator, format!("`count` gives {value}, which is no number")))?,
                )
            }
            None => None,
        };
        Ok(Arc::new(Expectation::new(Arc::clone(plan), step.checks.clone(), index, count_max)))
    }

    fn bounds(&self, plan: &Await, frame: &Frame) -> Result<(u64, u64, u64), Stop> {
        let globals = self.shared.names();
        let layer = Layer::new(&frame.names, &globals);
        let fault = |reason| Stop::error(Cause::Simulator, reason);
        let min = plan.count.min.evaluate(&layer).map_err(|fault| Stop::error(Cause::Simulator, fault.message))?;
        let min = whole(&min).ok_or_else(|| Stop::error(Cause::Simulator, format!("`count` gives {min}, which is no number")))?;
        let within_ms = milliseconds(&plan.within, &layer).map_err(fault)?;
        let quiet_ms = match &plan.then_quiet {
            Some((time, _)) => milliseconds(time, &layer).map_err(fault)?,
            None => 0,
        };
        Ok((min, within_ms, quiet_ms))
    }

    /// Waits as long as the step says and, where too few came, so much longer as this machine was late meanwhile. Gives why it cannot be
    /// said whether they came in time, where they came only then.
    async fn wait_with_patience(&self, expectation: &Expectation, wanted: u64, within_ms: u64) -> Result<Option<String>, Stop> {
        let clock = &self.shared.clock;
        let began_us = clock.now_us();
        if self.wait_for(expectation, wanted, within_ms).await? {
            return Ok(None);
        }
        let Some(late_ms) = whole(&json!(clock.between_ms(began_us, clock.now_us()))).filter(|late_ms| *late_ms > 0) else {
            return Ok(None);
        };
        let came = self.wait_for(expectation, wanted, late_ms).await?;
        Ok(came.then(|| {
            format!("this machine was late by {late_ms} ms of the run, and it came within so much more than {within_ms} ms")
        }))
    }

    /// Waits until enough came, but no longer than a time; tells whether they did.
    async fn wait_for(&self, expectation: &Expectation, wanted: u64, within_ms: u64) -> Result<bool, Stop> {
        let until = Instant::now() + self.shared.clock.real(within_ms);
        loop {
            let changed = expectation.changed.notified();
            let here = if expectation.plan.hold == Hold::Held { expectation.held_count() } else { expectation.matched_count() };
            if here >= wanted {
                return Ok(true);
            }
            tokio::select! {
                () = changed => {}
                () = tokio::time::sleep_until(until) => return Ok(false),
                () = self.stopped() => return Err(Stop::inconclusive(Cause::Environment, "the run was interrupted")),
            }
        }
    }

    pub(crate) async fn release(self: &Arc<Self>, id: &str, reply: &Reply, _: &mut Frame) -> Result<Brought, Stop> {
        let released: usize =
            self.claimant.expectations().iter().filter(|one| one.plan.hold == Hold::Held).map(|one| one.release(reply)).sum();
        if released == 0 {
            return Err(Stop::inconclusive(Cause::Supplier, format!("step `{id}` holds no request open")));
        }
        Ok(Brought::default())
    }
}
