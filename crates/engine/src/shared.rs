//! What all parts of one run share.

use crate::actor::Actor;
use crate::address::scheme;
use crate::claim::Claimant;
use crate::clock::{Clock, ClockKind};
use crate::judge::Found;
use crate::listening::Listening;
use crate::names::RunNames;
use crate::passage::Passages;
use crate::sink::Sink;
use crate::tamper::Tamper;
use counterpart_evidence::{Event, ExchangeId};
use counterpart_keys::{Identity, Trust};
use counterpart_plan::Plan;
use counterpart_plan::model::{Endpoint, Proxy};
use counterpart_transport::{Client, Limits, Network, Numbers, Protocol};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// Where a system under test is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// Scheme is https or ldaps.
    pub tls: bool,
    /// What is spoken there.
    pub protocol: Protocol,
    /// Host name, for `Host`, SNI and certificate.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Path below which everything is called, without a slash at its end.
    pub base: String,
    /// Address to connect to instead of the host's own.
    pub resolve: Option<String>,
    /// Proxy to go through, `host:port`.
    pub proxy: Option<String>,
}

impl Target {
    /// Gives it as a URL.
    #[must_use]
    pub fn url(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        format!("{}://{host}:{}{}", scheme(self.protocol, self.tls), self.port, self.base)
    }
}

/// Certificates and trust by name: `default`, and whatever a scenario may ask for.
#[derive(Clone, Debug, Default)]
pub struct Keyring {
    /// What we show as a client, by name.
    pub client: BTreeMap<String, Identity>,
    /// What we show as a server, by name.
    pub server: BTreeMap<String, Identity>,
    /// What we trust.
    pub trust: Trust,
}

/// What a run is given beside its plan.
pub struct Surroundings {
    /// Sockets, or memory.
    pub network: Network,
    /// Targets by endpoint name, in role consumer.
    pub targets: BTreeMap<String, Target>,
    /// Certificates.
    pub keyring: Keyring,
    /// Further credentials: settings that replace those of the same name.
    pub credentials: BTreeMap<String, Map<String, Value>>,
    /// Seed of every random value.
    pub seed: u64,
    /// Who makes the system under test act.
    pub actor: Arc<dyn Actor>,
    /// Where events go.
    pub sink: Arc<dyn Sink>,
}

/// What all parts of one run share.
pub(crate) struct Shared {
    pub(crate) plan: Arc<Plan>,
    pub(crate) clock: Clock,
    pub(crate) around: Surroundings,
    /// Names that are the same for the whole run, before our endpoints are open.
    early: Map<String, Value>,
    /// The same with the addresses of our endpoints.
    late: OnceLock<Map<String, Value>>,
    tamper: OnceLock<Arc<dyn Tamper>>,
    client: Client,
    numbers: Numbers,
    listening: OnceLock<Arc<Listening>>,
    exchanges: AtomicU64,
    /// Requests of ours under way, which may come to endpoints of ours.
    pub(crate) passages: Passages,
}

/// Gives the names that are the same for a whole run, with the addresses of the endpoints by name.
pub(crate) fn globals<'a>(plan: &Plan, clock: &Clock, endpoints: impl Iterator<Item = (&'a str, String)>) -> Map<String, Value> {
    let mut globals = (*plan.globals).clone();
    let endpoints = endpoints.map(|(name, url)| (name.to_owned(), json!({ "url": url }))).collect();
    globals.insert("endpoint".to_owned(), Value::Object(endpoints));
    globals.insert("clock".to_owned(), json!({ "scale": clock.scale(), "kind": clock.kind().name() }));
    globals
}

impl Shared {
    pub(crate) fn new(plan: Arc<Plan>, clock: Clock, around: Surroundings) -> Self {
        let globals = globals(&plan, &clock, around.targets.iter().map(|(name, target)| (name.as_str(), target.url())));
        let numbers = Numbers::default();
        let client = Client::new(around.network.clone(), Limits::default(), numbers.clone());
        Self {
            plan,
            clock,
            around,
            early: globals,
            late: OnceLock::new(),
            tamper: OnceLock::new(),
            client,
            numbers,
            listening: OnceLock::new(),
            exchanges: AtomicU64::new(0),
            passages: Passages::default(),
        }
    }

    /// Says how our endpoints listen, once they do.
    pub(crate) fn set_listening(&self, listening: Arc<Listening>) {
        let mut globals = self.early.clone();
        if let Some(Value::Object(endpoints)) = globals.get_mut("endpoint") {
            endpoints.extend(listening.urls().into_iter().map(|(name, url)| (name, json!({ "url": url }))));
        }
        // Both are set once, by whoever opens the endpoints.
        drop(self.late.set(globals));
        drop(self.listening.set(listening));
    }

    /// Lets somebody see each message before it is sent.
    pub(crate) fn set_tamper(&self, tamper: Arc<dyn Tamper>) {
        // It is set once, by whoever sets the stage.
        drop(self.tamper.set(tamper));
    }

    pub(crate) fn tamper(&self) -> Option<&Arc<dyn Tamper>> {
        self.tamper.get()
    }

    /// Names that are the same for the whole run.
    pub(crate) fn globals(&self) -> &Map<String, Value> {
        self.late.get().unwrap_or(&self.early)
    }

    /// Gives the names that hold everywhere, the moment among them.
    pub(crate) fn names(&self) -> RunNames<'_> {
        RunNames::new(self.globals(), &self.clock)
    }

    /// Gives our endpoints; in role consumer only those are open that stand in for a service beside the system under test.
    pub(crate) fn listening(&self) -> Option<&Arc<Listening>> {
        self.listening.get()
    }

    /// Gives where an endpoint is: a system that the user named, or ourselves.
    pub(crate) fn target(&self, endpoint: &str) -> Option<Target> {
        let given = self.around.targets.get(endpoint).cloned();
        given.or_else(|| self.listening()?.url(endpoint).and_then(|url| Target::read(url).ok()))
    }

    /// Gives an endpoint by its name.
    pub(crate) fn endpoint(&self, name: &str) -> Option<&Endpoint> {
        self.plan.endpoints.iter().find(|one| one.name == name)
    }

    /// Gives what makes an endpoint a proxy.
    pub(crate) fn proxy(&self, endpoint: &str) -> Option<&Proxy> {
        self.endpoint(endpoint)?.proxy.as_ref()
    }

    /// Gives what is spoken at an endpoint.
    pub(crate) fn protocol(&self, endpoint: &str) -> Protocol {
        self.endpoint(endpoint).map(|one| one.protocol).unwrap_or_default()
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Gives what numbers the run's connections.
    pub(crate) fn numbers(&self) -> Numbers {
        self.numbers.clone()
    }

    pub(crate) fn next_exchange(&self) -> ExchangeId {
        ExchangeId(self.exchanges.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Tells whether nobody has connected or been called yet. On the virtual clock both sides are ours, so nothing is misaddressed.
    pub(crate) fn is_untouched(&self) -> bool {
        self.clock.kind() != ClockKind::Virtual && self.exchanges.load(Ordering::Relaxed) == 0
    }

    /// Tells what checks found for a step, beside what they found of each exchange as it was recorded.
    pub(crate) fn judged(&self, claimant: &Claimant, step: u32, exchanges: Vec<ExchangeId>, found: Found) {
        if found.is_broken() {
            claimant.note_failed();
        }
        let Found { mut findings, passed, skipped } = found;
        findings.extend(skipped.into_iter().flat_map(|skipped| skipped.into_findings(None)));
        let (scenario, attempt) = (claimant.scenario.clone(), claimant.attempt);
        self.event(Event::Judged { scenario, attempt, step, exchanges, findings, passed });
    }

    pub(crate) fn event(&self, event: Event) {
        self.around.sink.event(event, self.clock.now_us());
    }
}
