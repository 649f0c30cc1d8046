//! A run: endpoints opened, scenarios played in order or side by side, tries again, and the end.

use crate::clock::Clock;
use crate::listening::Listening;
use crate::play::Play;
use crate::player::{Mirror, Troupe};
use crate::provider::Provider;
use crate::shared::{Shared, Surroundings};
use crate::tamper::Tamper;
use counterpart_plan::Plan;
use counterpart_plan::model::{Act, Player, Scenario, Step};
use counterpart_transport::{Error, Limits, Recording};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use tokio::sync::{Mutex, RwLock, Semaphore, watch};
use tokio::task::JoinSet;

/// How scenarios are played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    /// How many at once, at least 1.
    pub jobs: usize,
    /// How often a scenario that did not come through is tried again.
    pub retries: u32,
    /// Whether the first scenario that does not come through ends the run.
    pub ending: Ending,
}

/// When a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// When everything was played.
    Complete,
    /// At the first scenario that does not come through.
    FirstFailure,
}

/// Something that plays a plan: endpoints open, ready to play.
pub struct Stage {
    pub(crate) shared: Arc<Shared>,
    pub(crate) provider: Arc<Provider>,
    listening: Option<Arc<Listening>>,
}

/// Whether our endpoints are opened.
#[derive(Clone, Debug)]
pub enum Doors {
    /// They are, at these addresses by name; the rest take free ports.
    Open(BTreeMap<String, String>),
    /// They are not: we call.
    Shut,
}

impl Stage {
    /// Gets everything ready to play a plan.
    ///
    /// # Errors
    /// [`Error`] where an address cannot be listened at or TLS cannot be set up.
    pub async fn set(
        plan: Arc<Plan>,
        clock: Clock,
        around: Surroundings,
        doors: &Doors,
        recording: Recording,
        limits: Limits,
    ) -> Result<Self, Error> {
        let shared = Arc::new(Shared::new(plan, clock, around));
        let provider = Arc::new(Provider::new(Arc::clone(&shared)));
        let listening = match doors {
            Doors::Shut => None,
            Doors::Open(addresses) => {
                let listening = Listening::open(&shared.plan, &shared.around, &provider, addresses, recording, limits).await?;
                if let Some(listen) = &shared.plan.defect.listen {
                    listening.change(listen).await.map_err(|reason| Error::Tls { reason })?;
                }
                shared.set_listening(Arc::clone(&listening));
                Some(listening)
            }
        };
        Ok(Self { shared, provider, listening })
    }

    /// Gives the addresses at which we listen, by endpoint name.
    #[must_use]
    pub fn urls(&self) -> BTreeMap<String, String> {
        self.listening.as_ref().map(|listening| listening.urls()).unwrap_or_default()
    }

    /// Gives our side as something that can be asked to act, for the mirror.
    #[must_use]
    pub fn mirror(&self, players: &[Arc<Player>]) -> Mirror {
        Mirror(Troupe::new(&self.provider, players))
    }

    /// Forgets everything that our endpoints remember.
    pub fn reset(&self) {
        self.provider.reset();
    }

    /// Lets somebody see, and spoil, each message of this side before it is sent.
    pub fn tamper(&self, tamper: Arc<dyn Tamper>) {
        self.shared.set_tamper(tamper);
    }

    /// Stops listening.
    pub fn close(&self) {
        if let Some(listening) = &self.listening {
            listening.stop();
        }
    }

    /// Plays every scenario of the plan that is not settled already; ends early when `stopping` becomes true.
    pub async fn play(&self, manner: Manner, stopping: watch::Receiver<bool>) {
        let scenarios: Vec<Arc<Scenario>> =
            self.shared.plan.scenarios.iter().filter(|scenario| scenario.settled.is_none()).cloned().collect();
        let (first_failure, failed) = watch::channel(false);
        let order = Arc::new(Order {
            provider: Arc::clone(&self.provider),
            urls: self.told_urls(),
            stopping: stopping.clone(),
            failed,
            alone: RwLock::new(()),
            held: holds(&scenarios),
            manner,
        });
        let places = Arc::new(Semaphore::new(manner.jobs.max(1)));
        let mut playing = JoinSet::new();
        let first_failure = Arc::new(first_failure);
        for scenario in scenarios {
            // Places are never closed.
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { break };
            if order.is_over() {
                break;
            }
            let (order, first_failure) = (Arc::clone(&order), Arc::clone(&first_failure));
            playing.spawn(async move {
                let came_through = order.play(&scenario).await;
                if !came_through && order.manner.ending == Ending::FirstFailure {
                    let _ = first_failure.send(true);
                }
                drop(place);
            });
        }
        while playing.join_next().await.is_some() {}
    }

    /// Gives the addresses as hooks and people are told them: the first endpoint's also under the empty name.
    fn told_urls(&self) -> BTreeMap<String, String> {
        let mut urls = self.urls();
        let first = self
            .shared
            .plan
            .endpoints
            .iter()
            .find(|endpoint| urls.contains_key(&endpoint.name))
            .map(|endpoint| endpoint.name.clone());
        if let Some(url) = first.and_then(|name| urls.get(&name).cloned()) {
            urls.insert(String::new(), url);
        }
        urls
    }
}

/// What scenarios that play side by side share.
struct Order {
    provider: Arc<Provider>,
    urls: BTreeMap<String, String>,
    stopping: watch::Receiver<bool>,
    failed: watch::Receiver<bool>,
    alone: RwLock<()>,
    held: HashMap<String, Mutex<()>>,
    manner: Manner,
}

impl Order {
    fn is_over(&self) -> bool {
        *self.stopping.borrow() || *self.failed.borrow() || self.provider.shared.around.sink.broken().is_some()
    }

    /// Plays a scenario, again where it does not come through; tells whether it did in the end.
    async fn play(&self, scenario: &Arc<Scenario>) -> bool {
        let exclusive = scenario.exclusive || listens(scenario) || binds_nothing(scenario);
        let (_shared, _alone);
        if exclusive && self.manner.jobs > 1 {
            _alone = self.alone.write().await;
        } else {
            _shared = self.alone.read().await;
        }
        let mut held = Vec::new();
        let mut names = scenario.holds.clone();
        // Always in the same order, so that two scenarios never wait for one another.
        names.sort_unstable();
        names.dedup();
        for name in &names {
            if let Some(lock) = self.held.get(name) {
                held.push(lock.lock().await);
            }
        }
        for attempt in 1..=self.manner.retries + 1 {
            let play = Play::new(&self.provider, scenario, attempt, self.urls.clone(), self.stopping.clone());
            play.scenario(scenario).await;
            if !play.claimant.has_failed() {
                return true;
            }
            if self.is_over() {
                return false;
            }
        }
        false
    }
}

fn holds(scenarios: &[Arc<Scenario>]) -> HashMap<String, Mutex<()>> {
    scenarios.iter().flat_map(|scenario| &scenario.holds).map(|name| (name.clone(), Mutex::new(()))).collect()
}

fn any_step(steps: &[Step], is: &dyn Fn(&Step) -> bool) -> bool {
    steps.iter().any(|step| {
        is(step)
            || match &step.act {
                Act::Repeat(repeat) => any_step(&repeat.steps, is),
                Act::Each(each) => any_step(&each.steps, is),
                Act::Parallel(parallel) => parallel.branches.iter().any(|steps| any_step(steps, is)),
                Act::When(when) => any_step(&when.then, is) || any_step(&when.otherwise, is),
                Act::Do(call) => any_step(&call.fragment.steps, is),
                Act::Observe(observe) => observe.steps.iter().any(|timed| any_step(std::slice::from_ref(&timed.step), is)),
                _ => false,
            }
    })
}

fn listens(scenario: &Scenario) -> bool {
    let is = |step: &Step| matches!(step.act, Act::Listen(_));
    any_step(&scenario.setup, &is) || any_step(&scenario.steps, &is)
}

/// A scenario that waits for requests and binds none of them takes whatever comes, so it must be alone.
fn binds_nothing(scenario: &Scenario) -> bool {
    let waits = |step: &Step| matches!(step.act, Act::Await(_));
    let binds = |step: &Step| !step.binds.is_empty();
    any_step(&scenario.steps, &waits) && !any_step(&scenario.steps, &binds) && !any_step(&scenario.setup, &binds)
}
