//! One attempt at a scenario: its phases, its steps in order, and what each brings.

mod ask;
mod await_step;
mod control;
mod disturb;
mod files;
mod frame;
mod load;
mod send;
mod write;

use crate::claim::{Asking, Claimant};
use crate::judge::{Found, seen, without_exchange};
use crate::names::{Layer, WithExchanges, exchange_values};
use crate::provider::Provider;
use crate::rules::RuleIndex;
use crate::shared::Shared;
use crate::sink::{Belonging, Judged};
pub(crate) use ask::broken_answer;
use counterpart_evidence::{Cause, Event, Exchange, ScenarioId, StepHeader, Verdict};
use counterpart_matching::{Names, NoNames, capture};
use counterpart_plan::Plan;
use counterpart_plan::model::{Act, Demand, Scenario, Step};
pub(crate) use frame::Frame;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::watch;

/// Why a step ended in a way that no finding tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stop {
    pub(crate) verdict: Verdict,
    pub(crate) cause: Cause,
    pub(crate) reason: String,
}

impl Stop {
    pub(crate) fn error(cause: Cause, reason: impl Into<String>) -> Self {
        Self { verdict: Verdict::Error, cause, reason: reason.into() }
    }

    pub(crate) fn inconclusive(cause: Cause, reason: impl Into<String>) -> Self {
        Self { verdict: Verdict::Inconclusive, cause, reason: reason.into() }
    }
}

/// What a step brought, for its captures and later steps.
#[derive(Default)]
pub(crate) struct Brought {
    /// The last exchange.
    pub(crate) exchange: Option<Arc<Exchange>>,
    /// All exchanges of the step.
    pub(crate) exchanges: Vec<Arc<Exchange>>,
    /// Names that hold for the step's own checks and captures: `hook`, `mail`, `file`, `log`.
    pub(crate) names: Map<String, Value>,
    /// What exchange-level checks found already.
    pub(crate) found: Found,
    /// Checks that were applied to each exchange already.
    pub(crate) judged: bool,
    /// The action that brought it, under way until its captures are bound.
    pub(crate) asking: Option<Asking>,
}

/// One attempt at a scenario, or one errand of a player.
pub(crate) struct Play {
    pub(crate) shared: Arc<Shared>,
    pub(crate) provider: Arc<Provider>,
    pub(crate) claimant: Arc<Claimant>,
    pub(crate) scenario: ScenarioId,
    pub(crate) attempt: u32,
    /// Row, attempt and anything else that distinguishes the random values of this play: what an earlier attempt made is there already.
    pub(crate) key: String,
    /// Addresses that the system under test must call.
    pub(crate) urls: std::collections::BTreeMap<String, String>,
    /// Becomes true when the run must end.
    pub(crate) stopping: watch::Receiver<bool>,
    steps: AtomicU32,
    undo: std::sync::Mutex<Vec<control::Undo>>,
    /// Why nothing more can be judged: what the system under test should have done was not done.
    halted: std::sync::OnceLock<String>,
}

impl Play {
    pub(crate) fn new(
        provider: &Arc<Provider>,
        scenario: &Scenario,
        attempt: u32,
        urls: std::collections::BTreeMap<String, String>,
        stopping: watch::Receiver<bool>,
    ) -> Arc<Self> {
        let using =
            if scenario.using.is_empty() { Vec::new() } else { vec![Arc::new(RuleIndex::new(&scenario.using, &Map::new()))] };
        Arc::new(Self {
            shared: Arc::clone(&provider.shared),
            provider: Arc::clone(provider),
            claimant: Arc::new(Claimant::new(scenario.id.clone(), attempt, using)),
            scenario: scenario.id.clone(),
            attempt,
            key: if attempt == 1 { scenario.id.to_string() } else { format!("{} attempt {attempt}", scenario.id) },
            urls,
            stopping,
            steps: AtomicU32::new(0),
            undo: std::sync::Mutex::default(),
            halted: std::sync::OnceLock::new(),
        })
    }

    /// Makes a play that belongs to no scenario: what a player does on its own account, recorded by nobody.
    pub(crate) fn errand(provider: &Arc<Provider>, id: ScenarioId, key: &str, stopping: watch::Receiver<bool>) -> Arc<Self> {
        Arc::new(Self {
            shared: Arc::clone(&provider.shared),
            provider: Arc::clone(provider),
            claimant: Arc::new(Claimant::new(id.clone(), 1, Vec::new())),
            scenario: id,
            attempt: 1,
            key: key.to_owned(),
            urls: std::collections::BTreeMap::new(),
            stopping,
            steps: AtomicU32::new(0),
            undo: std::sync::Mutex::default(),
            halted: std::sync::OnceLock::new(),
        })
    }

    /// Plays the scenario from preamble to postamble; what came of it stands in the events.
    pub(crate) async fn scenario(self: &Arc<Self>, scenario: &Scenario) {
        self.shared.event(Event::ScenarioStarted { scenario: self.scenario.clone(), attempt: self.attempt });
        self.provider.enter(Arc::clone(&self.claimant));
        let mut frame = Frame::new(scenario.row.clone());
        frame.set("scenario", json!({ "id": self.scenario.as_str(), "attempt": self.attempt }));
        self.publish(&frame);
        let ready = self.phase("setup", &scenario.setup, &mut frame).await;
        if ready {
            self.phase("steps", &scenario.steps, &mut frame).await;
        } else {
            self.not_reached("steps", &scenario.steps, "the preamble did not come through");
        }
        if let Some(reason) = self.claimant.broken() {
            self.note_broken(reason);
        }
        // The postamble runs after an interruption too, so it must not see it.
        let last = self.with_own_ending();
        last.phase("cleanup", &scenario.cleanup, &mut frame).await;
        self.undo_all().await;
        self.claimant.set_ended();
        self.shared.event(Event::ScenarioEnded { scenario: self.scenario.clone(), attempt: self.attempt });
    }

    /// Records that our side could not answer: an error of ours, whatever the other side made of it.
    fn note_broken(&self, reason: String) {
        let index = self.steps.fetch_add(1, Ordering::Relaxed) + 1;
        self.shared.event(Event::StepStarted(StepHeader {
            scenario: self.scenario.clone(),
            attempt: self.attempt,
            step: index,
            kind: "respond".to_owned(),
            title: "answer as the pack says".to_owned(),
            phase: "steps".to_owned(),
        }));
        self.end(index, Some(Verdict::Error), Some(Cause::Simulator), Some(reason));
    }

    fn with_own_ending(self: &Arc<Self>) -> Arc<Self> {
        let (_, never) = watch::channel(false);
        Arc::new(Self {
            shared: Arc::clone(&self.shared),
            provider: Arc::clone(&self.provider),
            claimant: Arc::clone(&self.claimant),
            scenario: self.scenario.clone(),
            attempt: self.attempt,
            key: self.key.clone(),
            urls: self.urls.clone(),
            stopping: never,
            steps: AtomicU32::new(self.steps.load(Ordering::Relaxed)),
            undo: std::sync::Mutex::default(),
            halted: std::sync::OnceLock::new(),
        })
    }

    /// Plays the steps of a phase; tells whether all of them came through.
    async fn phase(self: &Arc<Self>, phase: &'static str, steps: &[Step], frame: &mut Frame) -> bool {
        frame.phase = phase;
        self.sequence(steps, frame).await
    }

    fn not_reached(&self, phase: &'static str, steps: &[Step], reason: &str) {
        for step in steps {
            let index = self.announce(step, self.next_index(), phase);
            self.end(index, Some(Verdict::NotRun), None, Some(reason.to_owned()));
        }
    }

    /// Says of steps in their turn that they are not reached; one that was armed already keeps its place.
    fn pass_over(&self, steps: &[Step], reason: &str, frame: &mut Frame) {
        for step in steps {
            let index = self.begin(step, frame);
            self.end(index, Some(Verdict::NotRun), None, Some(reason.to_owned()));
        }
    }

    /// Plays steps in order. A step that needs what an earlier one should have given is `not-run`.
    pub(crate) fn sequence<'a>(self: &'a Arc<Self>, steps: &'a [Step], frame: &'a mut Frame) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            let mut came_through = true;
            for (at, step) in steps.iter().enumerate() {
                if *self.stopping.borrow() {
                    self.pass_over(steps.get(at..).unwrap_or_default(), "the run was interrupted", frame);
                    return false;
                }
                if let Some(reason) = self.halted.get() {
                    self.pass_over(steps.get(at..).unwrap_or_default(), reason, frame);
                    return false;
                }
                if let Some(lacking) = step.uses.iter().find(|name| frame.lacks(name)) {
                    let index = self.begin(step, frame);
                    let reason = format!("it needs `{lacking}`, which an earlier step did not give");
                    self.end(index, Some(Verdict::NotRun), None, Some(reason));
                    frame.miss(step);
                    came_through = false;
                    continue;
                }
                // What the system under test may send while it acts must find its expectation armed.
                let next = steps.get(at + 1..).unwrap_or_default();
                came_through &= self.step(step, next, frame).await;
                if !came_through && frame.phase == "setup" {
                    self.pass_over(next, "an earlier step of the preamble did not come through", frame);
                    return false;
                }
            }
            came_through
        })
    }

    /// Gives the index of the next step.
    pub(crate) fn next_index(&self) -> u32 {
        self.steps.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Begins a step, under the index that was kept for it where there is one.
    fn begin(&self, step: &Step, frame: &mut Frame) -> u32 {
        let index = frame.take_index(step).unwrap_or_else(|| self.next_index());
        self.announce(step, index, frame.phase)
    }

    fn announce(&self, step: &Step, index: u32, phase: &str) -> u32 {
        self.shared.event(Event::StepStarted(StepHeader {
            scenario: self.scenario.clone(),
            attempt: self.attempt,
            step: index,
            kind: step.kind.to_owned(),
            title: step.title.clone(),
            phase: phase.to_owned(),
        }));
        index
    }

    fn end(&self, step: u32, verdict: Option<Verdict>, cause: Option<Cause>, reason: Option<String>) {
        self.shared.event(Event::StepEnded {
            scenario: self.scenario.clone(),
            attempt: self.attempt,
            step,
            verdict,
            cause,
            reason,
        });
    }

    async fn step(self: &Arc<Self>, step: &Step, next: &[Step], frame: &mut Frame) -> bool {
        if step.uses.iter().any(|name| name == "store") {
            frame.set("store", self.provider.with_memory("", |memory| memory.as_value()));
        }
        match self.guard(step, frame) {
            Ok(true) => {}
            Ok(false) => {
                // Left out by its own condition: what it would have given is not missed as a failure.
                frame.null(step);
                return true;
            }
            Err(reason) => {
                let index = self.begin(step, frame);
                self.end(index, Some(Verdict::Error), Some(Cause::Simulator), Some(format!("its `if` has no value: {reason}")));
                frame.miss(step);
                return false;
            }
        }
        let index = self.begin(step, frame);
        let result = self.act(step, index, next, frame).await;
        let came_through = match result {
            Ok(brought) => self.conclude(step, index, brought, frame),
            Err(stop) => {
                self.claimant.note_failed();
                if let Act::Ask(ask) = &step.act {
                    // Whatever is missing from here on is missing for that reason: it says nothing of the supplier.
                    let _ = self.halted.set(format!("action `{}` was not done", ask.action));
                }
                self.end(index, Some(stop.verdict), Some(stop.cause), Some(stop.reason));
                frame.miss(step);
                false
            }
        };
        self.publish(frame);
        came_through
    }

    /// Tells whether a step is played, by its `if`.
    pub(crate) fn guard(&self, step: &Step, frame: &Frame) -> Result<bool, String> {
        let Some(guard) = &step.guard else { return Ok(true) };
        let globals = self.shared.names();
        match guard.evaluate(&Layer::new(&frame.names, &globals)) {
            Ok(value) => Ok(value == Value::Bool(true)),
            Err(fault) => Err(fault.message),
        }
    }

    async fn act(self: &Arc<Self>, step: &Step, index: u32, next: &[Step], frame: &mut Frame) -> Result<Brought, Stop> {
        match &step.act {
            Act::Ask(ask) => self.ask(ask, index, next, frame).await,
            Act::Assert => Ok(Brought::default()),
            Act::Await(plan) => self.await_step(step, plan, index, frame).await,
            Act::Do(call) => self.call(call, frame).await,
            Act::Each(each) => self.each(each, frame).await,
            Act::Let(values) => self.name_values(values, index, frame),
            Act::Listen(listen) => self.listen(listen, index, frame).await,
            Act::Load(load) => self.load(load, index, frame).await,
            Act::Observe(observe) => self.observe(observe, index, frame).await,
            Act::Parallel(parallel) => self.parallel(parallel, frame).await,
            Act::Pause(time) => self.pause(time, frame).await,
            Act::Probe(probe) => self.probe(step, probe, index, frame).await,
            Act::Release(id, reply) => self.release(id, reply, frame).await,
            Act::Repeat(repeat) => self.repeat(repeat, frame).await,
            Act::Send(send) => self.send(step, send, index, frame).await,
            Act::Store(changes) => self.change_store(changes, frame),
            Act::When(when) => self.when(when, frame).await,
            Act::Write(write) => self.write(write, index, frame),
        }
    }

    /// Makes the checks that belong to the step as a whole, takes its captures, and ends it.
    fn conclude(self: &Arc<Self>, step: &Step, index: u32, brought: Brought, frame: &mut Frame) -> bool {
        let Brought { exchange, exchanges, names, found, judged, asking } = brought;
        let pool = if exchanges.is_empty() { self.claimant.exchanges() } else { exchanges.clone() };
        let globals = self.shared.names();
        let of_frame = Layer::new(&frame.names, &globals);
        let of_step = Layer::new(&names, &of_frame);
        let with_exchanges = WithExchanges::new(&pool, &self.shared.plan, &of_step);
        let named = !exchanges.is_empty() || matches!(step.act, Act::Assert);
        let layer: &dyn Names = if named { &with_exchanges } else { &of_step };
        let borrowed: Vec<&Exchange> = pool.iter().map(AsRef::as_ref).collect();
        let mut step_found = Found::default();
        if !judged || step.checks.iter().any(|check| is_step_level(check)) {
            let count = exchanges.len() as u64;
            let mut subjects = without_exchange(layer, &self.shared.clock).with_exchanges(&borrowed).with_count(count);
            for (name, value) in &names {
                subjects = match name.as_str() {
                    "hook" => subjects.with_hook(value),
                    "mail" => subjects.with_mail(value),
                    "file" => subjects.with_file(value),
                    "log" => subjects.with_log(value),
                    _ => subjects,
                };
            }
            let checks: Vec<_> = step.checks.iter().filter(|check| !judged || is_step_level(check)).cloned().collect();
            match self.claimant.incomplete().filter(|_| exchanges.is_empty()) {
                Some(reason) => step_found.findings.extend(checks.iter().map(|check| check.undecided(reason.clone()))),
                None => step_found.check(&checks, &subjects),
            }
        }
        let failed = found.is_broken() || step_found.is_broken();
        if failed {
            self.claimant.note_failed();
        }
        if !step_found.is_empty() {
            self.judged(index, exchanges.iter().map(|exchange| exchange.id).collect(), step_found);
        }
        let taken = self.taken(step, exchange.as_deref(), layer, names.get("hook"));
        if let Some(id) = &step.id {
            frame.set(id, step_value(exchange.as_deref(), &exchanges, names, &self.shared.plan));
        }
        let stop = self.captures(step, taken, frame).err();
        drop(asking);
        match stop {
            Some(stop) if !failed => {
                self.end(index, Some(stop.verdict), Some(stop.cause), Some(stop.reason));
                false
            }
            _ => {
                self.end(index, None, None, None);
                !failed
            }
        }
    }

    pub(crate) fn judged(&self, step: u32, exchanges: Vec<counterpart_evidence::ExchangeId>, found: Found) {
        self.shared.judged(&self.claimant, step, exchanges, found);
    }

    /// Takes what a step's captures ask for.
    fn taken(
        &self,
        step: &Step,
        exchange: Option<&Exchange>,
        layer: &dyn Names,
        hook: Option<&Value>,
    ) -> Vec<Result<Value, String>> {
        let mut subjects = match exchange {
            Some(exchange) => crate::judge::subjects(exchange, layer, &self.shared),
            None => without_exchange(layer, &self.shared.clock),
        };
        if let Some(hook) = hook {
            subjects = subjects.with_hook(hook);
        }
        step.captures.iter().map(|captured| capture(&captured.capture, captured.side, &subjects)).collect()
    }

    /// Keeps a step's captures; where one that must be there is not, says so.
    fn captures(self: &Arc<Self>, step: &Step, taken: Vec<Result<Value, String>>, frame: &mut Frame) -> Result<(), Stop> {
        let mut missing = None;
        for (captured, taken) in step.captures.iter().zip(taken) {
            match taken {
                Ok(value) if matches!(step.kind, "await" | "lookup" | "send") => frame.take_from_peer(&captured.name, value),
                Ok(value) => frame.set(&captured.name, value),
                Err(_) if captured.demand == Demand::Optional => frame.set(&captured.name, Value::Null),
                Err(reason) => {
                    frame.lack(&captured.name);
                    missing.get_or_insert(format!("could not capture `{}`: {reason}", captured.name));
                }
            }
        }
        for name in &step.binds {
            match frame.names.get(name) {
                Some(Value::Null) | None => {}
                Some(Value::Array(values)) => values.iter().for_each(|value| self.provider.bind(value, &self.claimant)),
                Some(value) => self.provider.bind(value, &self.claimant),
            }
        }
        let cause = if step.kind == "ask" { Cause::Configuration } else { Cause::Supplier };
        missing.map_or(Ok(()), |reason| Err(Stop::inconclusive(cause, reason)))
    }

    /// Lets the listening side see the names that are in force.
    fn publish(&self, frame: &Frame) {
        self.claimant.set_names(Arc::clone(&frame.names));
    }

    /// Records an exchange of ours with what checks found of it, and keeps it.
    pub(crate) fn record(&self, exchange: Exchange, step: u32, found: &Found) -> Arc<Exchange> {
        let belonging = Belonging {
            scenario: Some(self.scenario.clone()),
            attempt: Some(self.attempt),
            step: Some(step),
            ..Belonging::default()
        };
        let judged = Judged {
            exchange: &exchange,
            belonging: &belonging,
            findings: found.findings.clone(),
            passed: found.passed.clone(),
            skipped: found.skipped.clone(),
            unmatched: None,
        };
        self.shared.around.sink.exchange(judged, self.shared.clock.now_us());
        let exchange = self.claimant.lasting(exchange);
        self.claimant.keep(Arc::clone(&exchange));
        exchange
    }

    /// Waits until the run must end.
    pub(crate) async fn stopped(&self) {
        let mut stopping = self.stopping.clone();
        if stopping.wait_for(|stopping| *stopping).await.is_err() {
            // Nobody can stop this play any more, so it never is.
            std::future::pending::<()>().await;
        }
    }
}

/// Tells whether a check looks at several exchanges or at what a step brought rather than at one exchange.
fn is_step_level(check: &counterpart_validate::Check) -> bool {
    use counterpart_evidence::Part;
    matches!(check.on, Part::Sequence | Part::Timing | Part::Hook)
}

/// What later steps can say of a step: its last exchange, all of them, and what it brought.
fn step_value(exchange: Option<&Exchange>, exchanges: &[Arc<Exchange>], names: Map<String, Value>, plan: &Plan) -> Value {
    let mut value = match exchange.map(|exchange| seen(exchange, &NoNames, plan).exchange_value()) {
        Some(Value::Object(members)) => members,
        _ => Map::new(),
    };
    value.insert("exchanges".to_owned(), exchange_values(exchanges, plan));
    value.extend(names);
    Value::Object(value)
}
