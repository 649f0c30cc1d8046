//! What a scenario waits for, as the listening side sees it.

use crate::limits::{BODY_COPIED_MAX, EXCHANGES_KEPT_MAX};
use crate::rules::RuleIndex;
use bytes::Bytes;
use counterpart_evidence::{Exchange, KnownHeads, ScenarioId, Wire};
use counterpart_plan::model::{Await, Reply};
use counterpart_validate::Check;
use serde_json::{Map, Value};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, oneshot};

/// How far an expectation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It takes what matches.
    Waiting,
    /// It has all it wanted, and nothing more may come.
    Quiet,
    /// It has all it wanted; what comes now is answered and not judged by it.
    Over,
}

/// When the checks of an expectation look at a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Judging {
    /// As it comes.
    #[default]
    AtOnce,
    /// In the turn of the step: they speak of what steps before it give, which a request that comes early is ahead of.
    InTurn,
}

/// One `await` step, armed.
#[derive(Debug)]
pub(crate) struct Expectation {
    pub(crate) step: AtomicU32,
    pub(crate) plan: Arc<Await>,
    pub(crate) checks: Vec<Arc<Check>>,
    pub(crate) using: Vec<Arc<RuleIndex>>,
    pub(crate) count_max: Option<u64>,
    pub(crate) changed: Notify,
    phase: Mutex<Phase>,
    taken: AtomicU64,
    matched: Mutex<Matched>,
    held: Mutex<Vec<oneshot::Sender<Reply>>>,
}

/// The exchanges that an expectation took, and when its checks look at them.
#[derive(Debug, Default)]
struct Matched {
    exchanges: Vec<Arc<Exchange>>,
    /// How many there were, forgotten ones among them.
    count: u64,
    judging: Judging,
}

impl Expectation {
    pub(crate) fn new(plan: Arc<Await>, checks: Vec<Arc<Check>>, step: u32, count_max: Option<u64>) -> Self {
        let using = if plan.using.is_empty() { Vec::new() } else { vec![Arc::new(RuleIndex::new(&plan.using, &Map::new()))] };
        Self {
            step: AtomicU32::new(step),
            plan,
            checks,
            using,
            count_max,
            changed: Notify::new(),
            phase: Mutex::new(Phase::Waiting),
            taken: AtomicU64::new(0),
            matched: Mutex::default(),
            held: Mutex::new(Vec::new()),
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        *lock(&self.phase)
    }

    pub(crate) fn set_phase(&self, phase: Phase) {
        *lock(&self.phase) = phase;
    }

    /// Takes one more request and gives its number, from 0; `None` where there is no more room.
    pub(crate) fn take(&self) -> Option<u64> {
        let room = |taken: u64| self.count_max.is_none_or(|most| taken < most).then_some(taken + 1);
        self.taken.fetch_update(Ordering::SeqCst, Ordering::SeqCst, room).ok()
    }

    /// Leaves what comes to the turn of the step.
    pub(crate) fn judge_in_turn(&self) {
        lock(&self.matched).judging = Judging::InTurn;
    }

    pub(crate) fn judging(&self) -> Judging {
        lock(&self.matched).judging
    }

    /// Keeps an exchange that is over, while there is room for it; tells who judges it.
    pub(crate) fn keep(&self, exchange: Arc<Exchange>) -> Judging {
        if self.phase() != Phase::Waiting {
            return Judging::AtOnce;
        }
        let mut matched = lock(&self.matched);
        matched.exchanges.push(exchange);
        matched.count += 1;
        let judging = matched.judging;
        drop(matched);
        self.changed.notify_waiters();
        self.changed.notify_one();
        judging
    }

    /// Takes the turn of the step: gives what was left to it. What comes later is judged as it comes.
    pub(crate) fn take_turn(&self) -> Vec<Arc<Exchange>> {
        let mut matched = lock(&self.matched);
        match std::mem::take(&mut matched.judging) {
            Judging::AtOnce => Vec::new(),
            Judging::InTurn => matched.exchanges.clone(),
        }
    }

    pub(crate) fn matched(&self) -> Vec<Arc<Exchange>> {
        lock(&self.matched).exchanges.clone()
    }

    pub(crate) fn matched_count(&self) -> u64 {
        lock(&self.matched).count
    }

    /// Forgets what it took: its scenario is over.
    fn forget(&self) {
        lock(&self.matched).exchanges = Vec::new();
    }

    /// Holds a request open until a `respond` step brings the answer.
    pub(crate) fn hold(&self) -> oneshot::Receiver<Reply> {
        let (sender, receiver) = oneshot::channel();
        lock(&self.held).push(sender);
        self.changed.notify_waiters();
        self.changed.notify_one();
        receiver
    }

    /// Counts the requests that are held open.
    pub(crate) fn held_count(&self) -> u64 {
        lock(&self.held).len() as u64
    }

    /// Answers every request that is held open, and tells how many there were.
    pub(crate) fn release(&self, reply: &Reply) -> usize {
        let held = std::mem::take(&mut *lock(&self.held));
        held.into_iter().filter_map(|sender| sender.send(reply.clone()).ok()).count()
    }
}

/// One attempt at a scenario, as the listening side sees it.
#[derive(Debug)]
pub(crate) struct Claimant {
    pub(crate) scenario: ScenarioId,
    pub(crate) attempt: u32,
    pub(crate) using: Vec<Arc<RuleIndex>>,
    /// Told whenever something is bound, armed or no longer asked for.
    pub(crate) changed: Notify,
    names: Mutex<Arc<Map<String, Value>>>,
    expectations: Mutex<Vec<Arc<Expectation>>>,
    exchanges: Mutex<Kept>,
    heads: Mutex<KnownHeads>,
    standing: Mutex<Standing>,
    failed: AtomicBool,
    broken: Mutex<Option<String>>,
}

/// The exchanges of a scenario, up to a bound, and how many went past it.
#[derive(Debug, Default)]
struct Kept {
    exchanges: Vec<Arc<Exchange>>,
    left_out: u64,
    /// How many were forgotten when the scenario was over; what comes later is only counted.
    forgotten: Option<u64>,
}

impl Kept {
    fn add(&mut self, exchange: Arc<Exchange>) {
        match &mut self.forgotten {
            Some(forgotten) => *forgotten += 1,
            None if self.exchanges.len() < EXCHANGES_KEPT_MAX => self.exchanges.push(exchange),
            None => self.left_out += 1,
        }
    }

    fn forget(&mut self) {
        let forgotten = std::mem::take(&mut self.exchanges).len() as u64;
        *self.forgotten.get_or_insert(0) += forgotten;
    }

    fn seen(&self) -> u64 {
        self.exchanges.len() as u64 + self.left_out + self.forgotten.unwrap_or(0)
    }
}

/// How a claimant stands to requests that nobody has bound.
#[derive(Debug, Default)]
struct Standing {
    /// For each action whose answer may yet bind a value: how long a request waits for it, in milliseconds of real time.
    asking_ms: Vec<u64>,
    bound: bool,
    ended: bool,
}

/// An action of a claimant that is under way, or whose answer is still to be bound. Over once dropped.
#[derive(Debug)]
pub(crate) struct Asking {
    claimant: Arc<Claimant>,
    waits_ms: u64,
}

impl Drop for Asking {
    fn drop(&mut self) {
        let mut standing = lock(&self.claimant.standing);
        if let Some(at) = standing.asking_ms.iter().position(|waits_ms| *waits_ms == self.waits_ms) {
            standing.asking_ms.swap_remove(at);
        }
        drop(standing);
        self.claimant.changed.notify_waiters();
    }
}

impl Claimant {
    pub(crate) fn new(scenario: ScenarioId, attempt: u32, using: Vec<Arc<RuleIndex>>) -> Self {
        Self {
            scenario,
            attempt,
            using,
            changed: Notify::new(),
            names: Mutex::default(),
            expectations: Mutex::default(),
            exchanges: Mutex::default(),
            heads: Mutex::default(),
            standing: Mutex::default(),
            failed: AtomicBool::new(false),
            broken: Mutex::default(),
        }
    }

    /// Notes that something of it did not hold.
    pub(crate) fn note_failed(&self) {
        self.failed.store(true, Ordering::Relaxed);
    }

    /// Notes that a request of it could not be answered as the pack says: what followed says nothing about the other side.
    pub(crate) fn note_broken(&self, reason: &str) {
        self.note_failed();
        lock(&self.broken).get_or_insert_with(|| reason.to_owned());
    }

    /// Gives why a request of it could not be answered.
    pub(crate) fn broken(&self) -> Option<String> {
        lock(&self.broken).clone()
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    pub(crate) fn set_names(&self, names: Arc<Map<String, Value>>) {
        *lock(&self.names) = names;
    }

    pub(crate) fn names(&self) -> Arc<Map<String, Value>> {
        Arc::clone(&lock(&self.names))
    }

    pub(crate) fn arm(&self, expectation: Arc<Expectation>) {
        lock(&self.expectations).push(expectation);
        self.changed.notify_waiters();
    }

    pub(crate) fn expectations(&self) -> Vec<Arc<Expectation>> {
        lock(&self.expectations).clone()
    }

    pub(crate) fn keep(&self, exchange: Arc<Exchange>) {
        lock(&self.exchanges).add(exchange);
    }

    /// Makes an exchange ready to be kept for later checks, when it is recorded: without the exact bytes, which only the evidence needs.
    pub(crate) fn lasting(&self, mut exchange: Exchange) -> Arc<Exchange> {
        exchange.wire = Wire::default();
        let request = exchange.request.as_mut().map(|request| &mut request.body);
        let response = exchange.response.as_mut().map(|response| &mut response.body);
        for body in request.into_iter().chain(response) {
            for content in std::iter::once(&mut body.content).chain(&mut body.decoded) {
                if content.len() <= BODY_COPIED_MAX {
                    *content = Bytes::copy_from_slice(content);
                }
            }
        }
        lock(&self.heads).share(&mut exchange);
        Arc::new(exchange)
    }

    /// Gives the exchanges that are kept for later checks.
    pub(crate) fn exchanges(&self) -> Vec<Arc<Exchange>> {
        lock(&self.exchanges).exchanges.clone()
    }

    /// Counts the exchanges so far, kept or not.
    pub(crate) fn exchanges_seen(&self) -> u64 {
        lock(&self.exchanges).seen()
    }

    /// Says why a check of all exchanges cannot be made, where some were not kept.
    pub(crate) fn incomplete(&self) -> Option<String> {
        let left_out = lock(&self.exchanges).left_out;
        (left_out > 0).then(|| {
            format!("{left_out} exchanges of the scenario could not be kept for it, beyond the first {EXCHANGES_KEPT_MAX}")
        })
    }

    /// Says that an action is under way whose answer may bind a value, and how long a request waits for that, until what is given is
    /// dropped: after the answer was bound.
    pub(crate) fn asking(self: &Arc<Self>, waits_ms: u64) -> Asking {
        lock(&self.standing).asking_ms.push(waits_ms);
        self.changed.notify_waiters();
        Asking { claimant: Arc::clone(self), waits_ms }
    }

    pub(crate) fn set_bound(&self) {
        lock(&self.standing).bound = true;
        self.changed.notify_waiters();
    }

    /// Says that the scenario is over: it takes no request that it has not bound, and no later check looks at what came.
    pub(crate) fn set_ended(&self) {
        lock(&self.standing).ended = true;
        lock(&self.exchanges).forget();
        lock(&self.expectations).iter().for_each(|expectation| expectation.forget());
        *lock(&self.heads) = KnownHeads::default();
        self.changed.notify_waiters();
    }

    /// Gives how long a request waits for the answers of the actions under way, in milliseconds of real time; none where it has nothing to
    /// wait for.
    pub(crate) fn asking_ms(&self) -> Option<u64> {
        let standing = lock(&self.standing);
        standing.asking_ms.iter().copied().max().filter(|_| !standing.ended)
    }

    pub(crate) fn takes_unbound(&self) -> bool {
        let standing = lock(&self.standing);
        !standing.bound && !standing.ended
    }

    pub(crate) fn has_ended(&self) -> bool {
        lock(&self.standing).ended
    }
}

/// Locks, whether or not another holder panicked: what is guarded is replaced whole, never left half done.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_wait_until_the_last_action_is_bound() {
        let claimant = Arc::new(Claimant::new(ScenarioId::new("a"), 1, Vec::new()));
        let (first, second) = (claimant.asking(3), claimant.asking(25));
        assert_eq!(claimant.asking_ms(), Some(25));
        drop(second);
        assert_eq!(claimant.asking_ms(), Some(3));
        drop(first);
        assert_eq!(claimant.asking_ms(), None);
    }

    #[test]
    fn what_came_is_counted_and_no_longer_kept_once_a_scenario_is_over() {
        let claimant = Claimant::new(ScenarioId::new("a"), 1, Vec::new());
        let exchange =
            |id| Exchange::new(counterpart_evidence::ExchangeId(id), counterpart_evidence::Direction::Inbound, "door", 0);
        claimant.keep(claimant.lasting(exchange(1)));
        assert_eq!((claimant.exchanges().len(), claimant.exchanges_seen()), (1, 1));
        claimant.set_ended();
        claimant.keep(claimant.lasting(exchange(2)));
        assert_eq!((claimant.exchanges().len(), claimant.exchanges_seen()), (0, 2));
    }

    #[test]
    fn nothing_waits_for_what_has_ended() {
        let claimant = Arc::new(Claimant::new(ScenarioId::new("a"), 1, Vec::new()));
        let _asking = claimant.asking(3);
        claimant.set_ended();
        assert_eq!(claimant.asking_ms(), None);
    }
}
