//! The listening side: each request finds the scenario it belongs to, the answer it gets, and its judgement.

use crate::answer::{Answer, Asked, built, by_rules};
use crate::arrival::{Arrival, expects, stopped};
use crate::build::{generators, milliseconds};
use crate::claim::{Claimant, Expectation, Judging, Phase, lock};
use crate::directory;
use crate::judge::{Found, broken, seen, subjects};
use crate::names::Layer;
use crate::passage::Arrived;
use crate::rules::RuleIndex;
use crate::shared::Shared;
use crate::sink::{Belonging, Judged};
use crate::store::{Memories, Memory};
use crate::tamper::{Copies, Draft};
use crate::wire;
use counterpart_evidence::{Direction, Exchange, Part, Request, Response, Role};
use counterpart_matching::{Generators, Subjects};
use counterpart_plan::model::{AwaitWhat, Hold, Reply, Schedule, ScheduleRow, Standing};
use counterpart_transport::{Call, Delivery, Ended, Protocol, Recorded, Reply as Outgoing};
use counterpart_validate::Check;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// The number of a request that came after an expectation had all it wanted.
const BEYOND: u64 = u64::MAX;

/// The listening side of a run.
pub(crate) struct Provider {
    pub(crate) shared: Arc<Shared>,
    base: BTreeMap<String, Arc<RuleIndex>>,
    memories: Memories,
    state: Mutex<State>,
}

struct State {
    claimants: Vec<Arc<Claimant>>,
    bound: HashMap<String, Arc<Claimant>>,
    /// Stubs of an observation under way, answering before the endpoints' own.
    overlays: Vec<(u64, Arc<RuleIndex>)>,
    schedules: Vec<(u64, Arc<Schedule>, u64)>,
    next: u64,
}

/// What was decided of a request before it is answered.
struct Decision {
    answer: Answer,
    expectation: Option<Arc<Expectation>>,
    found: Found,
}

/// What a request was found to be before its answer is chosen.
struct Claimed {
    expectation: Option<Arc<Expectation>>,
    /// Its number in the expectation.
    number: u64,
    found: Found,
}

/// How far a request came without waiting.
enum Begun {
    Decided(Box<Decision>),
    /// It is held open until a `respond` step brings the answer.
    Held(oneshot::Receiver<Reply>, Claimed),
}

impl Provider {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let base = shared
            .plan
            .endpoints
            .iter()
            .map(|endpoint| (endpoint.name.clone(), Arc::new(RuleIndex::new(&endpoint.stubs, &shared.plan.globals))))
            .collect();
        let state = State { claimants: Vec::new(), bound: HashMap::new(), overlays: Vec::new(), schedules: Vec::new(), next: 0 };
        let memories = Memories::new(Arc::clone(&shared));
        Self { shared, base, memories, state: Mutex::new(state) }
    }

    /// Lets a scenario claim requests.
    pub(crate) fn enter(&self, claimant: Arc<Claimant>) {
        lock(&self.state).claimants.push(claimant);
    }

    /// Binds a value to a scenario: requests with that correlation value are its own from now on.
    pub(crate) fn bind(&self, value: &Value, claimant: &Arc<Claimant>) {
        let key = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        lock(&self.state).bound.insert(key, Arc::clone(claimant));
        claimant.set_bound();
    }

    /// Puts stubs before the endpoints' own until they are taken off again.
    pub(crate) fn lay_over(&self, index: Arc<RuleIndex>) -> u64 {
        let mut state = lock(&self.state);
        state.next += 1;
        let ticket = state.next;
        state.overlays.insert(0, (ticket, index));
        ticket
    }

    /// Puts a fault timeline in force from now on.
    pub(crate) fn follow(&self, schedule: Arc<Schedule>) -> u64 {
        let mut state = lock(&self.state);
        state.next += 1;
        let (ticket, now_us) = (state.next, self.shared.clock.now_us());
        state.schedules.push((ticket, schedule, now_us));
        ticket
    }

    /// Takes stubs or a timeline off again.
    pub(crate) fn take_off(&self, ticket: u64) {
        let mut state = lock(&self.state);
        state.overlays.retain(|(known, _)| *known != ticket);
        state.schedules.retain(|(known, _, _)| *known != ticket);
    }

    /// Works with the memory of a session.
    pub(crate) fn with_memory<T>(&self, session: &str, work: impl FnOnce(&mut Memory) -> T) -> T {
        self.memories.with(session, work)
    }

    /// Forgets everything that was remembered.
    pub(crate) fn reset(&self) {
        self.memories.reset();
    }

    /// Answers a request.
    pub(crate) async fn respond(self: Arc<Self>, endpoint: String, call: Call) -> Outgoing {
        let clock = &self.shared.clock;
        let mut exchange = Exchange::new(self.shared.next_exchange(), Direction::Inbound, &endpoint, clock.at_us(call.started));
        let origin = self.shared.passages.origin(&call.connection);
        exchange.parent = origin.as_ref().map(|origin| origin.exchange);
        exchange.connection = call.connection;
        exchange.wire.request = call.wire;
        let inner = self.inner(&endpoint, &call.request, call.site.as_deref());
        exchange.request = Some(call.request);
        let mut arrival = Arrival { exchange, endpoint, session: String::new(), owner: None, inner };
        arrival.session = self.session(&arrival);
        arrival.owner = match origin {
            Some(origin) => origin.owner,
            None => self.owner(&arrival).await,
        };
        match self.decided(&mut arrival).await {
            Ok(decision) => self.deliver(arrival, decision),
            Err(reason) => {
                let text = format!("could not answer exchange {}: {reason}", arrival.exchange.id);
                if let Some(owner) = &arrival.owner {
                    owner.note_broken(&text);
                }
                let scenario = arrival.owner.as_ref().map(|owner| owner.scenario.clone());
                self.shared.event(counterpart_evidence::Event::Note { scenario, text });
                let answer =
                    Answer { unmatched: Some(vec![reason.clone()]), ..Answer::plain(self.our_fault(&arrival.endpoint, &reason)) };
                self.deliver(arrival, Decision { answer, expectation: None, found: Found::default() })
            }
        }
    }

    fn our_fault(&self, endpoint: &str, reason: &str) -> Response {
        match self.shared.protocol(endpoint) {
            Protocol::Directory => directory::our_fault(reason),
            Protocol::Http => wire::our_fault(reason),
        }
    }

    /// Takes note of a connection that brought no request.
    pub(crate) fn silent(&self, endpoint: &str, ended: Ended) {
        let clock = &self.shared.clock;
        let mut exchange = Exchange::new(self.shared.next_exchange(), Direction::Inbound, endpoint, clock.at_us(ended.started));
        exchange.connection = Arc::new(ended.connection);
        exchange.outcome = ended.outcome;
        exchange.reason = ended.reason;
        exchange.timing.total_us = Some(clock.now_us().saturating_sub(exchange.started_us));
        exchange.wire.request = ended.wire;
        let claimants: Vec<Arc<Claimant>> = lock(&self.state).claimants.clone();
        let taken = claimants.iter().filter(|claimant| !claimant.has_ended()).find_map(|claimant| {
            let expectation = claimant.expectations().into_iter().find(|expectation| {
                expectation.phase() == Phase::Waiting
                    && matches!(&expectation.plan.what, AwaitWhat::Connection(name, outcomes)
                        if name.as_ref().is_none_or(|name| name == endpoint) && (outcomes.is_empty() || outcomes.contains(&exchange.outcome)))
                    && expectation.take().is_some()
            })?;
            Some((Arc::clone(claimant), expectation))
        });
        let mut found = Found::default();
        let names = self.shared.names();
        if let Some(endpoint) = self.shared.endpoint(endpoint) {
            found.check(&endpoint.standing.connection, &subjects(&exchange, &names, &self.shared));
        }
        let owner = taken.as_ref().map(|(claimant, _)| Arc::clone(claimant)).or_else(|| only_active(&claimants));
        let judging = taken.as_ref().map(|(_, expectation)| expectation.judging());
        if let Some((claimant, expectation)) = taken.as_ref().filter(|_| judging == Some(Judging::AtOnce)) {
            found.add(self.expected(&exchange, expectation, &claimant.names()));
        }
        let step = taken.as_ref().and_then(|(_, expectation)| step_of(expectation));
        drop(self.record(&exchange, owner.as_ref(), step, String::new(), found, None));
        let exchange = Arc::new(exchange);
        if let Some(owner) = &owner {
            owner.keep(Arc::clone(&exchange));
        }
        if let Some((claimant, expectation)) = taken {
            self.kept(exchange, &expectation, &claimant, judging);
        }
    }

    fn session(&self, arrival: &Arrival) -> String {
        let Some(discriminator) = &self.shared.plan.discriminator else { return String::new() };
        let (own, globals) = (arrival.target_name(), self.shared.names());
        match discriminator.evaluate(&seen(&arrival.exchange, &Layer::new(&own, &globals), &self.shared.plan)) {
            Ok(Value::String(text)) => text,
            Ok(Value::Null) | Err(_) => String::new(),
            Ok(value) => value.to_string(),
        }
    }

    fn correlation(&self, arrival: &Arrival) -> Option<String> {
        let (own, globals) = (arrival.target_name(), self.shared.names());
        let correlate = self.shared.plan.correlate.as_ref()?;
        match correlate.evaluate(&seen(&arrival.exchange, &Layer::new(&own, &globals), &self.shared.plan)) {
            Ok(Value::String(text)) => Some(text),
            Ok(Value::Null) | Err(_) => None,
            Ok(value) => Some(value.to_string()),
        }
    }

    /// Finds the scenario that a request belongs to, waiting a moment for a hook that may be about to bind its value.
    async fn owner(&self, arrival: &Arrival) -> Option<Arc<Claimant>> {
        if lock(&self.state).claimants.is_empty() {
            return None;
        }
        let key = self.correlation(arrival);
        let began = Instant::now();
        loop {
            let claimants = lock(&self.state).claimants.clone();
            // Made before it is looked who has bound what, so that nothing bound from here on is missed.
            let changes: Vec<_> = claimants.iter().map(|claimant| Box::pin(claimant.changed.notified())).collect();
            if let Some(bound) = key.as_ref().and_then(|key| lock(&self.state).bound.get(key).cloned()) {
                return Some(bound);
            }
            if key.is_none()
                && let Some(alone) = self.only_one_under_way()
            {
                return Some(alone);
            }
            // One that has bound a value already may be about to bind a second.
            let waits_ms = claimants.iter().filter_map(|one| one.asking_ms()).max();
            let until = began + Duration::from_millis(waits_ms.unwrap_or(0));
            if key.is_none() || waits_ms.is_none() || Instant::now() >= until {
                let open: Vec<_> = claimants.iter().filter(|one| one.takes_unbound()).cloned().collect();
                return self.first_match(arrival, key.as_deref(), &open);
            }
            drop(tokio::time::timeout_at(until, futures_util::future::select_all(changes)).await);
        }
    }

    /// Gives the scenario under way where there is just one: a request that cannot be read is nobody else's.
    fn only_one_under_way(&self) -> Option<Arc<Claimant>> {
        let state = lock(&self.state);
        let mut under_way = state.claimants.iter().filter(|claimant| !claimant.has_ended());
        let first = under_way.next()?;
        under_way.next().is_none().then(|| Arc::clone(first))
    }

    /// Gives a request that nobody has bound to the first scenario that waits for one like it.
    fn first_match(&self, arrival: &Arrival, key: Option<&str>, open: &[Arc<Claimant>]) -> Option<Arc<Claimant>> {
        let request = arrival.exchange.request.as_ref()?;
        let waiting = open.iter().find(|claimant| {
            let (own, target) = (claimant.names(), arrival.target_name());
            let globals = self.shared.names();
            let behind = Layer::new(&target, &globals);
            let layer = Layer::new(&own, &behind);
            let subjects = subjects(&arrival.exchange, &layer, &self.shared);
            claimant.expectations().iter().any(|one| one.phase() == Phase::Waiting && expects(one, arrival, request, &subjects))
        });
        let owner = waiting.cloned().or_else(|| only_active(open))?;
        if let Some(key) = key {
            lock(&self.state).bound.insert(key.to_owned(), Arc::clone(&owner));
        }
        Some(owner)
    }

    /// Decides, and passes the request on where that was decided.
    async fn decided(&self, arrival: &mut Arrival) -> Result<Decision, String> {
        let mut decision = self.decide(arrival).await?;
        if let Some(forward) = decision.answer.forward.take() {
            self.pass_on(arrival, &mut decision.answer, &forward).await?;
        }
        Ok(decision)
    }

    async fn decide(&self, arrival: &Arrival) -> Result<Decision, String> {
        let (held, claimed) = match self.with_subjects(arrival, |request, subjects| self.begin(arrival, request, subjects))?? {
            Begun::Decided(decision) => return Ok(*decision),
            Begun::Held(held, claimed) => (held, claimed),
        };
        let held = held.await.ok().map(Arc::new);
        self.with_subjects(arrival, |request, subjects| self.choose(arrival, (request, subjects), held, claimed))?
    }

    /// Takes a request as checks, conditions and templates see it: what is parsed of it for one of them is there for all.
    pub(crate) fn with_subjects<T>(
        &self,
        arrival: &Arrival,
        work: impl FnOnce(&Request, &Subjects<'_>) -> T,
    ) -> Result<T, String> {
        let request = arrival.exchange.request.as_ref().ok_or("there is no request")?;
        let own = arrival.owner.as_ref().map(|owner| owner.names()).unwrap_or_default();
        let (target, globals) = (arrival.target_name(), self.shared.names());
        let behind = Layer::new(&target, &globals);
        let layer = Layer::new(&own, &behind);
        Ok(work(request, &subjects(&arrival.exchange, &layer, &self.shared)))
    }

    /// Gives the checks that stand for an exchange; what our own side passed on was judged where it first came.
    fn standing(&self, exchange: &Exchange) -> Option<&Standing> {
        self.shared.endpoint(&exchange.endpoint).filter(|_| exchange.parent.is_none()).map(|endpoint| &endpoint.standing)
    }

    /// Puts a request to the standing checks, finds the expectation that takes it, and decides unless that holds it open.
    fn begin(&self, arrival: &Arrival, request: &Request, subjects: &Subjects<'_>) -> Result<Begun, String> {
        let mut found = Found::default();
        if let Some(standing) = self.standing(&arrival.exchange) {
            found.check(&standing.exchange, subjects);
        }
        let (expectation, number) = self.expectation(arrival, request, subjects, &mut found);
        let held = match &expectation {
            // One beyond the count is answered at once: no step will ever let it go.
            Some(expectation) if expectation.plan.hold == Hold::Held && number != BEYOND => Some(expectation.hold()),
            _ => None,
        };
        let claimed = Claimed { expectation, number, found };
        match held {
            Some(held) => Ok(Begun::Held(held, claimed)),
            None => self.choose(arrival, (request, subjects), None, claimed).map(|decision| Begun::Decided(Box::new(decision))),
        }
    }

    /// Chooses the answer: what a `respond` step brought, whose turn it is, what a timeline says, or what the rules say.
    fn choose(
        &self,
        arrival: &Arrival,
        (request, subjects): (&Request, &Subjects<'_>),
        held: Option<Arc<Reply>>,
        claimed: Claimed,
    ) -> Result<Decision, String> {
        let Claimed { expectation, number, mut found } = claimed;
        let mut generators = self.generators(&arrival.exchange);
        let is_directory = self.shared.protocol(&arrival.endpoint) == Protocol::Directory;
        if let Some(answer) = is_directory.then(|| directory::refused(request)).flatten() {
            return Ok(Decision { answer, expectation, found });
        }
        let turn = expectation.as_ref().and_then(|expectation| {
            let replies = &expectation.plan.respond;
            replies.get(usize::try_from(number).unwrap_or(usize::MAX)).or(replies.last()).cloned()
        });
        let scheduled = self.scheduled(arrival, request);
        let reply = held.or(turn).or_else(|| scheduled.as_ref().and_then(|row| row.respond.clone()));
        let mut answer = match reply {
            Some(reply) => Answer {
                effect: reply.effect,
                fault: reply.fault.clone(),
                ..Answer::plain(built(&reply, subjects, &mut generators)?)
            },
            None => self.by_rules(arrival, (request, subjects), expectation.as_ref(), &mut found, &mut generators)?,
        };
        if let Some(fault) = scheduled.and_then(|row| row.fault) {
            answer.fault = Some(fault);
        }
        if is_directory {
            answer = directory::answer(request, answer);
        } else if answer.response.status < 100 && answer.forward.is_none() {
            return Err("the reply's status is no status code".to_owned());
        }
        Ok(Decision { answer, expectation, found })
    }

    pub(crate) fn generators(&self, exchange: &Exchange) -> Generators {
        generators(self.shared.around.seed, &["answer", &exchange.endpoint, &exchange.id.to_string()], &self.shared.clock)
    }

    /// Finds the expectation that takes a request, or the one whose quiet it breaks; gives its number in the expectation.
    fn expectation(
        &self,
        arrival: &Arrival,
        request: &Request,
        subjects: &Subjects<'_>,
        found: &mut Found,
    ) -> (Option<Arc<Expectation>>, u64) {
        let Some(owner) = &arrival.owner else { return (None, 0) };
        let mut matching = owner.expectations();
        matching.retain(|expectation| expects(expectation, arrival, request, subjects));
        let waiting = matching
            .iter()
            .find_map(|one| (one.phase() == Phase::Waiting).then(|| one.take().map(|number| (one, number))).flatten());
        if let Some((expectation, number)) = waiting {
            return (Some(Arc::clone(expectation)), number);
        }
        let Some(last) = matching.into_iter().next_back() else { return (None, 0) };
        if let Some((_, check)) = last.plan.then_quiet.as_ref().filter(|_| last.phase() != Phase::Over) {
            let wanted =
                last.count_max.map_or_else(|| "no further request".to_owned(), |most| format!("{most} requests and then none"));
            let message = format!("a further {} {} came after the last one that was expected", request.method, request.path());
            let actual = format!("one more, after {}", last.matched_count());
            found.findings.push(broken(check, message, vec![wanted], actual, Some(arrival.exchange.id)));
        }
        (Some(last), BEYOND)
    }

    fn scheduled(&self, arrival: &Arrival, request: &Request) -> Option<ScheduleRow> {
        let state = lock(&self.state);
        let names = self.shared.names();
        let now_us = self.shared.clock.now_us();
        state.schedules.iter().find_map(|(_, schedule, began_us)| {
            let since_ms = now_us.saturating_sub(*began_us) / 1_000;
            let row = schedule.rows.iter().find(|row| {
                let within = milliseconds(&row.from, &names).is_ok_and(|from| from <= since_ms)
                    && milliseconds(&row.to, &names).is_ok_and(|to| since_ms < to);
                let concerned = row.endpoint.as_ref().is_none_or(|name| *name == arrival.endpoint);
                within && concerned && (row.methods.is_empty() || row.methods.contains(&request.method))
            });
            row.cloned()
        })
    }

    fn by_rules(
        &self,
        arrival: &Arrival,
        (request, subjects): (&Request, &Subjects<'_>),
        expectation: Option<&Arc<Expectation>>,
        found: &mut Found,
        generators: &mut Generators,
    ) -> Result<Answer, String> {
        let mut indexes: Vec<Arc<RuleIndex>> =
            expectation.iter().flat_map(|expectation| expectation.using.iter().cloned()).collect();
        indexes.extend(arrival.owner.iter().flat_map(|owner| owner.using.iter().cloned()));
        indexes.extend(lock(&self.state).overlays.iter().map(|(_, index)| Arc::clone(index)));
        indexes.extend(self.base.get(&arrival.endpoint).cloned());
        let path = arrival.path(request);
        let asked = Asked { endpoint: &arrival.endpoint, request, path, subjects, failed: found.failed() };
        let mut judge_more = |checks: &[Arc<Check>], subjects: &Subjects<'_>| {
            found.check_once(checks, subjects);
            found.failed()
        };
        if self.shared.plan.store.is_empty() && indexes.iter().all(|index| index.is_stateless()) {
            // Nothing is remembered, so that requests need not wait for one another.
            return by_rules(&indexes, &asked, &mut Memory::default(), &mut judge_more, generators);
        }
        self.memories.with(&arrival.session, |memory| by_rules(&indexes, &asked, memory, &mut judge_more, generators))
    }

    fn deliver(self: Arc<Self>, arrival: Arrival, decision: Decision) -> Outgoing {
        let Decision { answer, expectation, found } = decision;
        let mut sent = match &answer.fault {
            None => wire::Sent { response: answer.response, delivery: Delivery::default(), fault: None },
            Some(fault) => {
                let globals = self.shared.names();
                let names = Layer::new(&answer.own, &globals);
                let mut generators = self.generators(&arrival.exchange);
                wire::delivery(fault, answer.response, &names, &mut generators, &self.shared.clock)
            }
        };
        if let Some(tamper) = self.shared.tamper() {
            let name = answer.rule.as_ref().map_or("no rule", |rule| &rule.name);
            let (message, delivery) = (&mut sent.response, &mut sent.delivery);
            let template = answer.template.as_deref();
            tamper.tamper(Draft { name, template, message, delivery, copies: &mut Copies::default() });
        }
        let provider = Arc::clone(&self);
        let Arrival { mut exchange, session, owner, inner, endpoint } = arrival;
        exchange.effect = answer.effect;
        let stopped = inner.is_some().then(|| stopped(&endpoint, answer.passed)).flatten();
        self.shared.passages.arrived(&exchange.connection, Arrived { effect: answer.effect, stopped });
        exchange.answered_by = answer.rule.as_ref().map(|rule| rule.name.clone());
        exchange.fault = sent.fault;
        let unmatched = answer.unmatched;
        let record = move |delivered: counterpart_transport::Delivered| {
            wire::fill(&mut exchange, delivered, &provider.shared.clock);
            provider.close(exchange, session, owner, expectation, found, unmatched)
        };
        Outgoing { response: sent.response, delivery: sent.delivery, record: Some(Box::new(record)) }
    }

    /// Judges and records an exchange that is over, and tells whoever waits for it.
    fn close(
        &self,
        exchange: Exchange,
        session: String,
        owner: Option<Arc<Claimant>>,
        expectation: Option<Arc<Expectation>>,
        mut found: Found,
        unmatched: Option<Vec<String>>,
    ) -> Recorded {
        if self.shared.plan.role == Role::Consumer {
            // What came to a proxy of ours is our own request, whose answer is judged where we take it.
            found = Found::default();
        } else if let Some(standing) = self.standing(&exchange).filter(|standing| !standing.at_end.is_empty()) {
            let own = owner.as_ref().map(|owner| owner.names()).unwrap_or_default();
            let globals = self.shared.names();
            found.check(&standing.at_end, &subjects(&exchange, &Layer::new(&own, &globals), &self.shared));
        }
        let judging = expectation.as_ref().map(|expectation| expectation.judging());
        if let Some(expectation) = expectation.as_ref().filter(|_| judging == Some(Judging::AtOnce)) {
            let own = owner.as_ref().map(|owner| owner.names()).unwrap_or_default();
            found.add(self.expected(&exchange, expectation, &own));
        }
        let step = expectation.as_ref().and_then(|expectation| step_of(expectation));
        let recorded = self.record(&exchange, owner.as_ref(), step, session, found, unmatched);
        // What belongs to no scenario is kept for no later check.
        let Some(owner) = owner else { return recorded };
        let exchange = owner.lasting(exchange);
        // One request through a proxy of ours counts once in a series, too.
        if exchange.parent.is_none() {
            owner.keep(Arc::clone(&exchange));
        }
        if let Some(expectation) = expectation {
            self.kept(exchange, &expectation, &owner, judging);
        }
        recorded
    }

    /// Gives an exchange to the expectation that took it; judges what was left to a turn that was over before it was here.
    fn kept(&self, exchange: Arc<Exchange>, expectation: &Expectation, owner: &Claimant, judging: Option<Judging>) {
        let now = expectation.keep(Arc::clone(&exchange));
        if let (Some(Judging::InTurn), Judging::AtOnce, Some(step)) = (judging, now, step_of(expectation)) {
            let found = self.expected(&exchange, expectation, &owner.names());
            self.shared.judged(owner, step, vec![exchange.id], found);
        }
    }

    /// Puts an exchange to the checks of the expectation that took it.
    pub(crate) fn expected(&self, exchange: &Exchange, expectation: &Expectation, own: &Map<String, Value>) -> Found {
        let globals = self.shared.names();
        let mut found = Found::default();
        found.check(&exchange_checks(expectation), &subjects(exchange, &Layer::new(own, &globals), &self.shared));
        found
    }

    fn record(
        &self,
        exchange: &Exchange,
        owner: Option<&Arc<Claimant>>,
        step: Option<u32>,
        session: String,
        found: Found,
        unmatched: Option<Vec<String>>,
    ) -> Recorded {
        let belonging = Belonging {
            scenario: owner.map(|owner| owner.scenario.clone()),
            attempt: owner.map(|owner| owner.attempt),
            step,
            session: (!session.is_empty()).then_some(session),
        };
        if let Some(owner) = owner.filter(|_| found.is_broken()) {
            owner.note_failed();
        }
        let Found { findings, passed, skipped } = found;
        let judged = Judged { exchange, belonging: &belonging, findings, passed, skipped, unmatched };
        self.shared.around.sink.begin_exchange(judged, self.shared.clock.now_us())
    }
}

/// Gives the step of an expectation, which is kept for it from when it is armed.
fn step_of(expectation: &Expectation) -> Option<u32> {
    Some(expectation.step.load(std::sync::atomic::Ordering::Relaxed)).filter(|step| *step > 0)
}

/// Gives the checks of an expectation that look at one exchange.
fn exchange_checks(expectation: &Expectation) -> Vec<Arc<Check>> {
    expectation.checks.iter().filter(|check| !matches!(check.on, Part::Sequence | Part::Timing | Part::Hook)).cloned().collect()
}

/// Gives the only scenario under way, to which everything belongs that nobody else has bound.
fn only_active(claimants: &[Arc<Claimant>]) -> Option<Arc<Claimant>> {
    let mut active = claimants.iter().filter(|claimant| claimant.takes_unbound());
    let first = active.next()?;
    active.next().is_none().then(|| Arc::clone(first))
}
