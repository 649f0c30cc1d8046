//! Players: the simulated client's standing behaviour, on an action or a rhythm, with its own tries and its own time.

use crate::actor::{Actor, Order, Undone};
use crate::build::{milliseconds, whole};
use crate::claim::lock;
use crate::judge::subjects;
use crate::names::Layer;
use crate::play::{Frame, Play};
use crate::provider::Provider;
use crate::search::search;
use crate::store::StoreNames;
use counterpart_evidence::{Exchange, Role, ScenarioId};
use counterpart_matching::{Expression, holds};
use counterpart_plan::model::{NamedValue, Player, PlayerRule, Retry, Rule};
use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::Instant;

/// Our side as a system under test: players for actions of a client, rules of stubs for actions of a server.
pub struct Troupe {
    provider: Arc<Provider>,
    players: Vec<Arc<Player>>,
    errands: AtomicU64,
    queues: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
    /// Rhythms that an action started, by rule.
    rhythms: Mutex<HashMap<String, Started>>,
}

/// A rhythm that an action started.
struct Started {
    rhythm: AbortHandle,
    /// Becomes true when what it began must end.
    stopping: watch::Sender<bool>,
}

impl Started {
    /// Ends it: what it has under way ends between two steps, so that no request is cut off.
    fn stop(self) {
        self.rhythm.abort();
        self.stopping.send_replace(true);
    }
}

/// Rhythms under way.
pub(crate) struct Rhythms(Vec<JoinHandle<()>>);

impl Rhythms {
    pub(crate) fn stop(self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

impl Troupe {
    pub(crate) fn new(provider: &Arc<Provider>, players: &[Arc<Player>]) -> Arc<Self> {
        Arc::new(Self {
            provider: Arc::clone(provider),
            players: players.to_vec(),
            errands: AtomicU64::new(0),
            queues: Mutex::default(),
            tasks: Mutex::default(),
            rhythms: Mutex::default(),
        })
    }

    /// Starts every rule that has a rhythm and waits for no action.
    pub(crate) fn start_rhythms(self: &Arc<Self>) -> Rhythms {
        let rules = self.players.iter().flat_map(|player| &player.rules);
        let own = rules.filter(|rule| rule.every.is_some() && rule.on.is_empty());
        Rhythms(own.map(|rule| tokio::spawn(Arc::clone(self).rhythm(Arc::clone(rule), Map::new(), never()))).collect())
    }

    /// Starts what a client does by itself, until [`Self::stop`].
    pub fn start(self: &Arc<Self>) {
        let Rhythms(rhythms) = self.start_rhythms();
        rhythms.into_iter().for_each(|rhythm| self.keep(rhythm));
    }

    async fn rhythm(self: Arc<Self>, rule: Arc<PlayerRule>, arguments: Map<String, Value>, stopping: watch::Receiver<bool>) {
        let clock = self.provider.shared.clock.clone();
        let mut due = Instant::now();
        loop {
            let Some(every_ms) = self.every_ms(&rule) else { return };
            // Begun before the wait, so that a slow errand does not stretch the rhythm.
            if let Ok(errand) = self.begin(&rule, arguments.clone(), stopping.clone()).await {
                self.keep(tokio::spawn(Arc::clone(&self).carry_out(Arc::clone(&rule), errand)));
            }
            // From the moment it was due, so that being late does not add up; what was missed altogether is not made up for.
            due = (due + clock.real(every_ms.max(1))).max(Instant::now());
            tokio::time::sleep_until(due).await;
        }
    }

    fn every_ms(&self, rule: &PlayerRule) -> Option<u64> {
        let globals = self.provider.shared.names();
        rule.every.as_ref().and_then(|time| milliseconds(time, &globals).ok())
    }

    fn keep(&self, task: JoinHandle<()>) {
        let mut tasks = lock(&self.tasks);
        tasks.retain(|task| !task.is_finished());
        tasks.push(task);
    }

    /// Ends everything under way.
    pub fn stop(&self) {
        lock(&self.tasks).drain(..).for_each(|task| task.abort());
    }

    /// Works out a rule's names, sees whether it is meant, and does its first steps.
    async fn begin(
        self: &Arc<Self>,
        rule: &Arc<PlayerRule>,
        arguments: Map<String, Value>,
        stopping: watch::Receiver<bool>,
    ) -> Result<Errand, String> {
        let mut errand = self.errand(rule, arguments, stopping)?;
        if !rule.first.is_empty() && !errand.play.sequence(&rule.first, &mut errand.frame).await {
            return Err("its first steps did not come through".to_owned());
        }
        Ok(errand)
    }

    fn errand(
        &self,
        rule: &PlayerRule,
        arguments: Map<String, Value>,
        stopping: watch::Receiver<bool>,
    ) -> Result<Errand, String> {
        let number = self.errands.fetch_add(1, Ordering::Relaxed);
        let play = Play::errand(&self.provider, ScenarioId::new(&rule.name), &format!("{} {number}", rule.name), stopping);
        let mut frame = Frame::new(Map::new());
        frame.phase = "steps";
        frame.set("args", Value::Object(arguments));
        frame.set("attempt", json!(0));
        frame.set("last", Value::Null);
        let globals = self.provider.shared.names();
        for named in &rule.lets {
            let layer = Layer::new(&frame.names, &globals);
            let value = self.provider.with_memory("", |memory| {
                let names = StoreNames { memory, behind: &layer };
                match &named.value {
                    NamedValue::Computed(expression) => {
                        expression.evaluate(&names).map_err(|fault| format!("`{}`: {}", named.name, fault.message))
                    }
                    NamedValue::Found { collection, key } => {
                        Ok(key.evaluate(&names).map(|key| memory.find(collection, &key)).unwrap_or(Value::Null))
                    }
                    NamedValue::Directory { .. } => {
                        Err(format!("`{}`: a directory is searched by what comes to it, which a player has not", named.name))
                    }
                    NamedValue::Searched { collection, with } => with
                        .evaluate(&names)
                        .map(|asked| search(memory, collection, &asked))
                        .map_err(|fault| format!("`{}`: {}", named.name, fault.message)),
                }
            })?;
            frame.set(&named.name, value);
        }
        if let Some(when) = &rule.when {
            let layer = Layer::new(&frame.names, &globals);
            let subjects = crate::judge::without_exchange(&layer, &self.provider.shared.clock);
            if !holds(when, &subjects) {
                return Err("its `when` does not hold".to_owned());
            }
        }
        Ok(Errand { play, frame })
    }

    async fn carry_out(self: Arc<Self>, rule: Arc<PlayerRule>, errand: Errand) {
        let Errand { play, mut frame } = errand;
        let queue = rule.queue.as_ref().and_then(|key| play.evaluate(key, &frame).ok()).map(|key| self.queue(&key.to_string()));
        let _turn = match &queue {
            Some(queue) => Some(queue.lock().await),
            None => None,
        };
        let came_through = match &rule.retry {
            None => play.sequence(&rule.steps, &mut frame).await,
            Some(retry) => self.tries(&rule, retry, &play, &mut frame).await,
        };
        let rest = if came_through { &rule.then } else { &rule.otherwise };
        play.sequence(rest, &mut frame).await;
    }

    fn queue(&self, key: &str) -> Arc<tokio::sync::Mutex<()>> {
        Arc::clone(lock(&self.queues).entry(key.to_owned()).or_default())
    }

    /// Does the steps again and again, with growing gaps, until they come through or the limit is reached.
    async fn tries(&self, rule: &PlayerRule, retry: &Retry, play: &Arc<Play>, frame: &mut Frame) -> bool {
        let clock = &self.provider.shared.clock;
        let Some(limits) = Limits::work_out(retry, play, frame) else { return false };
        let mut gap_ms = limits.first_ms;
        for attempt in 1..=limits.requests_max {
            frame.set("attempt", json!(attempt));
            let before = play.claimant.exchanges_seen();
            let came_through = play.sequence(&rule.steps, frame).await;
            // A try that sent nothing is judged by its steps, not by what an earlier one brought.
            let sent = play.claimant.exchanges_seen() > before;
            let last = play.claimant.exchanges().last().filter(|_| sent).cloned();
            if let Some(exchange) = &last {
                frame.set("last", self.exchange_value(exchange));
            }
            let failed = match (&retry.failed, &last) {
                (Some(rule), Some(exchange)) => self.holds(rule, exchange, frame),
                _ => !came_through,
            };
            if !failed {
                return true;
            }
            let status = last.as_ref().and_then(|exchange| exchange.response.as_ref()).map(|response| response.status);
            if status.is_some_and(|status| retry.skip.contains(&status)) || attempt == limits.requests_max {
                return false;
            }
            let heeded_ms = if retry.heed_retry_after { last.as_deref().and_then(retry_after_ms) } else { None };
            let jitter_ms = limits.jitter_ms(play, attempt);
            clock.sleep(heeded_ms.unwrap_or(gap_ms) + jitter_ms).await;
            gap_ms = limits.next(gap_ms);
        }
        false
    }

    fn exchange_value(&self, exchange: &Exchange) -> Value {
        let globals = self.provider.shared.names();
        subjects(exchange, &globals, &self.provider.shared).exchange_value()
    }

    fn holds(&self, rule: &counterpart_matching::Rule, exchange: &Exchange, frame: &Frame) -> bool {
        let globals = self.provider.shared.names();
        let layer = Layer::new(&frame.names, &globals);
        holds(rule, &subjects(exchange, &layer, &self.provider.shared))
    }

    fn player_rule(&self, action: &str) -> Option<Arc<PlayerRule>> {
        let mut rules = self.players.iter().flat_map(|player| &player.rules);
        rules.find(|rule| rule.on.iter().any(|name| name == action)).cloned()
    }

    fn stub_rule(&self, action: &str) -> Option<Arc<Rule>> {
        let stubs = self.provider.shared.plan.endpoints.iter().flat_map(|endpoint| &endpoint.stubs);
        stubs.flat_map(|stub| &stub.rules).find(|rule| rule.on.action.as_deref() == Some(action)).cloned()
    }

    async fn by_player(self: Arc<Self>, rule: Arc<PlayerRule>, order: Order) -> Result<Value, Undone> {
        if rule.every.is_some() {
            return self.begin_rhythm(&rule, order.arguments);
        }
        let errand = self.begin(&rule, order.arguments, never()).await.map_err(Undone::Failed)?;
        let returned = match &rule.returns {
            Some(expression) => self.returned(expression, &errand.frame.names)?,
            None => Value::Null,
        };
        self.keep(tokio::spawn(Arc::clone(&self).carry_out(rule, errand)));
        Ok(returned)
    }

    /// Starts the rhythm of a rule that waited for an action; a second such action starts it anew, and what it still had to do is left.
    fn begin_rhythm(self: &Arc<Self>, rule: &Arc<PlayerRule>, arguments: Map<String, Value>) -> Result<Value, Undone> {
        let returned = match &rule.returns {
            Some(expression) => {
                let errand = self.errand(rule, arguments.clone(), never()).map_err(Undone::Failed)?;
                self.returned(expression, &errand.frame.names)?
            }
            None => Value::Null,
        };
        let (stopping, told) = watch::channel(false);
        let rhythm = tokio::spawn(Arc::clone(self).rhythm(Arc::clone(rule), arguments, told));
        let started = Started { rhythm: rhythm.abort_handle(), stopping };
        if let Some(before) = lock(&self.rhythms).insert(rule.name.clone(), started) {
            before.stop();
        }
        self.keep(rhythm);
        Ok(returned)
    }

    fn returned(&self, expression: &Expression, own: &Map<String, Value>) -> Result<Value, Undone> {
        let globals = self.provider.shared.names();
        let layer = Layer::new(own, &globals);
        let value = self.provider.with_memory("", |memory| expression.evaluate(&StoreNames { memory, behind: &layer }));
        value.map_err(|fault| Undone::Failed(fault.message))
    }

    fn by_stub(&self, rule: &Rule, order: Order) -> Result<Value, Undone> {
        let mut own = Map::new();
        own.insert("args".to_owned(), Value::Object(order.arguments));
        let globals = self.provider.shared.names();
        let layer = Layer::new(&own, &globals);
        let done = self.provider.with_memory("", |memory| {
            let transaction = memory.work_out(&rule.then, &StoreNames { memory, behind: &layer })?;
            memory.commit(transaction);
            Ok(())
        });
        done.map_err(|reason: String| Undone::Failed(reason))?;
        rule.returns.as_ref().map_or(Ok(Value::Null), |expression| self.returned(expression, &own))
    }
}

/// What stops an errand that nobody stops.
fn never() -> watch::Receiver<bool> {
    watch::channel(false).1
}

/// A player's Arc as an actor.
pub struct Mirror(pub Arc<Troupe>);

impl Actor for Mirror {
    fn act(&self, order: Order) -> BoxFuture<'_, Result<Value, Undone>> {
        let troupe = Arc::clone(&self.0);
        Box::pin(async move {
            // An action of both roles, such as a restart, is done by the side that is under test.
            let answers = troupe.provider.shared.plan.role == Role::Provider;
            match (troupe.player_rule(&order.action), troupe.stub_rule(&order.action)) {
                (Some(rule), stub) if stub.is_none() || !answers => troupe.by_player(rule, order).await,
                (_, Some(rule)) => troupe.by_stub(&rule, order),
                (_, None) => Err(Undone::Nobody),
            }
        })
    }
}

/// An errand that was begun.
struct Errand {
    play: Arc<Play>,
    frame: Frame,
}

/// The figures of a retry, worked out.
struct Limits {
    first_ms: u64,
    factor: f64,
    longest_ms: u64,
    requests_max: u64,
    jitter_max_ms: u64,
}

impl Limits {
    fn work_out(retry: &Retry, play: &Play, frame: &Frame) -> Option<Self> {
        let max = whole(&play.evaluate(&retry.max, frame).ok()?)?;
        let resends = play.evaluate(&retry.count, frame).ok()?.as_str() == Some("resends");
        let time = |time: &Option<counterpart_plan::model::Time>| time.as_ref().and_then(|time| play.time_ms(time, frame).ok());
        Some(Self {
            first_ms: play.time_ms(&retry.first, frame).ok()?,
            factor: play.evaluate(&retry.factor, frame).ok()?.as_f64()?,
            longest_ms: time(&retry.longest).unwrap_or(u64::MAX),
            requests_max: if resends { max.saturating_add(1) } else { max },
            jitter_max_ms: time(&retry.jitter).unwrap_or(0),
        })
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "gaps are far below 2^52 milliseconds"
    )]
    fn next(&self, gap_ms: u64) -> u64 {
        ((gap_ms as f64 * self.factor) as u64).min(self.longest_ms)
    }

    fn jitter_ms(&self, play: &Play, attempt: u64) -> u64 {
        let mut random =
            counterpart_matching::Random::keyed(play.shared.around.seed, &[&play.key, "jitter", &attempt.to_string()]);
        u64::try_from(random.range(0, i64::try_from(self.jitter_max_ms).unwrap_or(i64::MAX))).unwrap_or(0)
    }
}

/// Reads `Retry-After` in seconds (RFC 9110 §10.2.3); a date is passed over.
fn retry_after_ms(exchange: &Exchange) -> Option<u64> {
    let value = exchange.response.as_ref()?.headers.first("retry-after")?;
    value.trim().parse::<u64>().ok().map(|seconds| seconds.saturating_mul(1_000))
}
