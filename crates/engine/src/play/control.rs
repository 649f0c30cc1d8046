//! Steps that steer other steps: pauses, loops, branches, observations, listening.

use super::frame::Frame;
use super::{Brought, Play, Stop};
use crate::build::{generators, milliseconds, values, whole};
use crate::claim::lock;
use crate::limits::{BRANCHES_MAX, ROUNDS_MAX};
use crate::names::Layer;
use crate::rules::RuleIndex;
use crate::store::StoreNames;
use counterpart_evidence::Cause;
use counterpart_matching::{Expression, Names};
use counterpart_plan::model::{Barrier, Change, Do, Each, EachOf, Listen, Observe, Parallel, Repeat, Shape, Step, Time, When};
use futures_util::future::join_all;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use tokio::task::AbortHandle;
use tokio::time::Instant;

/// What must be put back when the scenario ends.
pub(crate) enum Undo {
    /// How an endpoint listens, with what puts it back by itself after a time.
    Listen(String, Option<AbortHandle>),
}

impl Play {
    /// Works with the names in force.
    pub(crate) fn with_names<T>(&self, frame: &Frame, work: impl FnOnce(&dyn Names) -> T) -> T {
        let globals = self.shared.names();
        work(&Layer::new(&frame.names, &globals))
    }

    pub(crate) fn evaluate(&self, expression: &Expression, frame: &Frame) -> Result<Value, Stop> {
        self.with_names(frame, |names| expression.evaluate(names)).map_err(|fault| Stop::error(Cause::Simulator, fault.message))
    }

    fn is_true(&self, expression: &Expression, frame: &Frame) -> Result<bool, Stop> {
        Ok(self.evaluate(expression, frame)? == Value::Bool(true))
    }

    fn number(&self, expression: &Expression, frame: &Frame) -> Result<u64, Stop> {
        let value = self.evaluate(expression, frame)?;
        whole(&value)
            .ok_or_else(|| Stop::error(Cause::Simulator, format!("`{}` gives {value}, which is no number", expression.text())))
    }

    pub(crate) fn time_ms(&self, time: &Time, frame: &Frame) -> Result<u64, Stop> {
        self.with_names(frame, |names| milliseconds(time, names)).map_err(|reason| Stop::error(Cause::Simulator, reason))
    }

    pub(crate) async fn pause(&self, time: &Time, frame: &Frame) -> Result<Brought, Stop> {
        self.pause_ms(self.time_ms(time, frame)?).await?;
        Ok(Brought::default())
    }

    pub(crate) async fn pause_ms(&self, run_ms: u64) -> Result<(), Stop> {
        tokio::select! {
            () = self.shared.clock.sleep(run_ms) => Ok(()),
            () = self.stopped() => Err(Stop::inconclusive(Cause::Environment, "the run was interrupted")),
        }
    }

    pub(crate) fn name_values(&self, with: &[(String, Shape)], index: u32, frame: &mut Frame) -> Result<Brought, Stop> {
        let mut generators =
            generators(self.shared.around.seed, &[&self.key, &frame.branch, "let", &index.to_string()], &self.shared.clock);
        let own = self
            .with_names(frame, |names| values(with, names, &mut generators))
            .map_err(|reason| Stop::error(Cause::Simulator, reason))?;
        for (name, value) in own {
            frame.set(&name, value);
        }
        Ok(Brought::default())
    }

    pub(crate) async fn call(self: &Arc<Self>, call: &Do, frame: &mut Frame) -> Result<Brought, Stop> {
        let mut generators =
            generators(self.shared.around.seed, &[&self.key, &frame.branch, "do", &call.fragment.name], &self.shared.clock);
        let own = self
            .with_names(frame, |names| values(&call.with, names, &mut generators))
            .map_err(|reason| Stop::error(Cause::Simulator, reason))?;
        let mut inner = frame.fork(&call.fragment.name);
        inner.connection = frame.connection.take();
        inner.barrier.clone_from(&frame.barrier);
        Arc::make_mut(&mut inner.names).extend(own);
        self.sequence(&call.fragment.steps, &mut inner).await;
        frame.connection = inner.connection.take();
        for name in &call.fragment.gives {
            match inner.names.get(name) {
                Some(value) => frame.set(name, value.clone()),
                None => frame.lack(name),
            }
        }
        Ok(Brought::default())
    }

    pub(crate) async fn when(self: &Arc<Self>, when: &When, frame: &mut Frame) -> Result<Brought, Stop> {
        let steps = if self.is_true(&when.that, frame)? { &when.then } else { &when.otherwise };
        self.sequence(steps, frame).await;
        Ok(Brought::default())
    }

    pub(crate) async fn each(self: &Arc<Self>, each: &Each, frame: &mut Frame) -> Result<Brought, Stop> {
        let items = match &each.of {
            EachOf::Expression(expression) => match self.evaluate(expression, frame)? {
                Value::Array(items) => items,
                other => {
                    return Err(Stop::error(
                        Cause::Simulator,
                        format!("`{}` gives {other}, which is no list", expression.text()),
                    ));
                }
            },
            EachOf::Values(shapes) => {
                let mut generators = generators(self.shared.around.seed, &[&self.key, &frame.branch, "each"], &self.shared.clock);
                let built: Result<Vec<Value>, String> =
                    self.with_names(frame, |names| shapes.iter().map(|shape| shape.build(names, &mut generators)).collect());
                built.map_err(|reason| Stop::error(Cause::Simulator, reason))?
            }
        };
        let mut collected = Collected::default();
        for (index, item) in items.into_iter().enumerate() {
            let mut inner = frame.fork(&index.to_string());
            inner.connection = frame.connection.take();
            inner.set(&each.name, item);
            inner.set("index", json!(index));
            self.sequence(&each.steps, &mut inner).await;
            frame.connection = inner.connection.take();
            collected.add(&each.steps, &inner);
        }
        collected.into_frame(frame);
        Ok(Brought::default())
    }

    pub(crate) async fn repeat(self: &Arc<Self>, repeat: &Repeat, frame: &mut Frame) -> Result<Brought, Stop> {
        let times = match &repeat.times {
            Some(expression) => self.number(expression, frame)?,
            None => ROUNDS_MAX,
        };
        let until = match &repeat.at_most {
            Some(time) => Some(Instant::now() + self.shared.clock.real(self.time_ms(time, frame)?)),
            None => None,
        };
        let mut collected = Collected::default();
        for index in 0..times.min(ROUNDS_MAX) {
            let began = Instant::now();
            if until.is_some_and(|until| began >= until) || *self.stopping.borrow() {
                break;
            }
            frame.set("index", json!(index));
            let came_through = self.sequence(&repeat.steps, frame).await;
            collected.add(&repeat.steps, frame);
            if frame.names.contains_key("store") {
                frame.set("store", self.provider.with_memory("", |memory| memory.as_value()));
            }
            if let Some(expression) = &repeat.until
                && self.is_true(expression, frame)?
            {
                break;
            }
            if !came_through && frame.phase == "setup" {
                break;
            }
            if let Some(every) = &repeat.every {
                let next = began + self.shared.clock.real(self.time_ms(every, frame)?);
                tokio::time::sleep_until(next).await;
            }
        }
        collected.into_frame(frame);
        Ok(Brought::default())
    }

    pub(crate) async fn parallel(self: &Arc<Self>, parallel: &Parallel, frame: &mut Frame) -> Result<Brought, Stop> {
        let times = match &parallel.times {
            Some(expression) => self.number(expression, frame)?.min(BRANCHES_MAX),
            None => 1,
        };
        let lines: Vec<&[Step]> = match parallel.branches.as_slice() {
            [only] => (0..times).map(|_| only.as_slice()).collect(),
            several => several.iter().map(Vec::as_slice).collect(),
        };
        let barrier = (parallel.barrier == Barrier::Connected).then(|| Arc::new(tokio::sync::Barrier::new(lines.len())));
        let mut frames: Vec<Frame> = (0..lines.len())
            .map(|index| {
                let mut inner = frame.fork(&index.to_string());
                inner.set("index", json!(index));
                inner.barrier.clone_from(&barrier);
                inner
            })
            .collect();
        join_all(lines.iter().zip(frames.iter_mut()).map(|(steps, inner)| self.sequence(steps, inner))).await;
        let mut collected = Collected::default();
        for (steps, inner) in lines.iter().zip(&frames) {
            collected.add(steps, inner);
        }
        collected.into_frame(frame);
        Ok(Brought::default())
    }

    pub(crate) async fn observe(self: &Arc<Self>, observe: &Observe, index: u32, frame: &mut Frame) -> Result<Brought, Stop> {
        let began = Instant::now();
        let lasting_ms = self.time_ms(&observe.lasting, frame)?;
        let lasting = self.shared.clock.real(lasting_ms);
        let mut tickets = Vec::new();
        if !observe.stubs.is_empty() {
            tickets.push(self.provider.lay_over(Arc::new(RuleIndex::new(&observe.stubs, &Map::new()))));
        }
        if let Some(schedule) = &observe.schedule {
            tickets.push(self.provider.follow(Arc::clone(schedule)));
            self.tell_timeline(schedule, lasting_ms, index);
        }
        let troupe = crate::player::Troupe::new(&self.provider, &observe.players);
        let rhythms = troupe.start_rhythms();
        for timed in &observe.steps {
            let at = began + self.shared.clock.real(self.time_ms(&timed.at, frame)?);
            tokio::time::sleep_until(at.min(began + lasting)).await;
            self.sequence(std::slice::from_ref(&timed.step), frame).await;
        }
        while began.elapsed() < lasting && !*self.stopping.borrow() {
            if let Some(until) = &observe.until
                && self.is_true(until, frame)?
            {
                break;
            }
            let rest = lasting.saturating_sub(began.elapsed());
            let nap =
                if observe.until.is_some() { rest.min(std::time::Duration::from_millis(crate::limits::POLL_MS)) } else { rest };
            tokio::select! {
                () = tokio::time::sleep(nap) => {}
                () = self.stopped() => {}
            }
        }
        rhythms.stop();
        tickets.into_iter().for_each(|ticket| self.provider.take_off(ticket));
        let exchanges = self.claimant.exchanges();
        Ok(Brought { exchange: exchanges.last().cloned(), exchanges, judged: false, ..Brought::default() })
    }

    pub(crate) async fn listen(self: &Arc<Self>, plan: &Listen, index: u32, frame: &Frame) -> Result<Brought, Stop> {
        let certificate = plan.certificate.as_ref().map(|name| self.filled(name, frame)).transpose()?;
        let listen = &Listen { certificate, ..plan.clone() };
        let Some(listening) = self.shared.listening() else {
            return Err(Stop::error(Cause::Simulator, "no endpoint of ours is open in this role"));
        };
        listening.change(listen).await.map_err(|reason| Stop::error(Cause::Configuration, reason))?;
        self.tell_listening(listen, index, frame);
        let timer = match &listen.lasting {
            Some(lasting) => Some(self.restore_after(&listen.endpoint, self.time_ms(lasting, frame)?)),
            None => None,
        };
        lock(&self.undo).push(Undo::Listen(listen.endpoint.clone(), timer));
        Ok(Brought::default())
    }

    /// Puts an endpoint back after a time, while the next steps go on.
    fn restore_after(self: &Arc<Self>, endpoint: &str, run_ms: u64) -> AbortHandle {
        let (play, endpoint) = (Arc::clone(self), endpoint.to_owned());
        let timer = tokio::spawn(async move {
            play.shared.clock.sleep(run_ms).await;
            if let Some(listening) = play.shared.listening() {
                listening.restore(&endpoint).await;
            }
        });
        timer.abort_handle()
    }

    /// Puts back whatever the scenario changed about the endpoints.
    pub(crate) async fn undo_all(&self) {
        let undo = std::mem::take(&mut *lock(&self.undo));
        for Undo::Listen(endpoint, timer) in undo {
            if let Some(timer) = timer {
                timer.abort();
            }
            if let Some(listening) = self.shared.listening() {
                listening.restore(&endpoint).await;
            }
        }
    }

    pub(crate) fn change_store(&self, changes: &[Change], frame: &Frame) -> Result<Brought, Stop> {
        let result = self.with_names(frame, |names| {
            self.provider.with_memory("", |memory| {
                let transaction = memory.work_out(changes, &StoreNames { memory, behind: names })?;
                memory.commit(transaction);
                Ok(())
            })
        });
        result.map_err(|reason: String| Stop::error(Cause::Simulator, reason)).map(|()| Brought::default())
    }
}

/// The values that inner steps captured, gathered into lists.
#[derive(Default)]
struct Collected {
    lists: Map<String, Value>,
}

impl Collected {
    fn add(&mut self, steps: &[Step], inner: &Frame) {
        let names =
            steps.iter().flat_map(|step| step.captures.iter().map(|captured| captured.name.as_str()).chain(step.id.as_deref()));
        for name in names {
            let value = inner.names.get(name).cloned().unwrap_or(Value::Null);
            let list = self.lists.entry(name.to_owned()).or_insert_with(|| json!([]));
            if let Value::Array(list) = list {
                list.push(value);
            }
        }
    }

    fn into_frame(self, frame: &mut Frame) {
        for (name, list) in self.lists {
            frame.set(&name, list);
        }
    }
}
