//! The plan as a whole.

use crate::model::{Fault, Listen, Offer, Player, Reply, Request, Send, Step, Store, Stub, Time};
use counterpart_diag::Span;
use counterpart_evidence::{Checklist, PackRecord, Requirement, RequirementId, Role, ScenarioId, SettingRecord, Verdict};
use counterpart_matching::{Expression, Rule as MatchRule};
use counterpart_transport::Protocol;
use counterpart_validate::{Check, FhirForms, Schema};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// An endpoint that we play or call.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Name.
    pub name: String,
    /// Stubs that answer there, in order.
    pub stubs: Vec<Arc<Stub>>,
    /// Whether a client certificate is asked for: gives `none`, `optional` or `required`.
    pub client_certificate: Option<Expression>,
    /// What makes it a proxy.
    pub proxy: Option<Proxy>,
    /// What is spoken there.
    pub protocol: Protocol,
    /// Checks applied to every exchange and connection there, in the role of the run.
    pub standing: Standing,
    /// Whether it is no system under test but a service beside it: where we call and none is named, we play it ourselves.
    pub stands_in: bool,
}

/// How a request to a proxy says what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyForm {
    /// The URL is the request target.
    Absolute,
    /// The URL is the path after one slash.
    Path,
}

/// A proxy: what its requests look like, and where it passes them on to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    /// How a request says what it is for.
    pub form: ProxyForm,
    /// Endpoints that it reaches.
    pub reaches: Vec<String>,
}

/// Further credentials that a user gives beside those of the run.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Name.
    pub name: String,
    /// Settings whose values they replace.
    pub settings: Vec<String>,
}

/// Something that a system under test can be asked to do.
#[derive(Clone, Debug)]
pub struct Action {
    /// Name.
    pub name: String,
    /// What it does, as told to a person.
    pub does: String,
    /// Roles in which it is used.
    pub roles: Vec<Role>,
    /// Arguments with what each means.
    pub arguments: Vec<(String, String)>,
    /// JSON Schema of what comes back, as it stands in the pack.
    pub returns: Option<Value>,
    /// The same, ready to use.
    pub returned: Option<Arc<Schema>>,
    /// How long it may take.
    pub within: Time,
    /// Whether the pre-flight may ask for it.
    pub harmless: bool,
}

/// A request made before the first scored message.
#[derive(Clone, Debug)]
pub struct Probing {
    /// The request.
    pub send: Send,
    /// What says that our credentials are not accepted.
    pub refused: Option<MatchRule>,
    /// How far the other clock may be from ours.
    pub clock_skew: Option<Time>,
}

/// A named set of settings.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Name.
    pub name: String,
    /// What it stands for.
    pub summary: String,
    /// Settings.
    pub set: BTreeMap<String, Value>,
}

/// An item of the conformance statement.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Name.
    pub id: String,
    /// What the supplier is asked.
    pub question: String,
    /// `mandatory`, `optional` or `conditional`.
    pub status: String,
    /// The answer in force.
    pub claimed: bool,
    /// Roles of ours in which it matters: those of the requirements that hang on it and of the scenarios that need it; both where
    /// nothing does.
    pub roles: Vec<Role>,
}

/// Checks applied to every exchange.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// Applied to every exchange: where we answer, as its request comes, so that rules may go by them.
    pub exchange: Vec<Arc<Check>>,
    /// Applied to every exchange that came to us once it is over: those that its request cannot decide.
    pub at_end: Vec<Arc<Check>>,
    /// Applied to every connection without a request.
    pub connection: Vec<Arc<Check>>,
}

/// The reason of a scenario that the user's selection left out.
pub const NOT_SELECTED: &str = "not selected";

/// A verdict settled before playing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// `skipped`, `not-applicable` or `review`.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
}

/// A row that a scenario is played with.
pub type VariantRow = Map<String, Value>;

/// One scenario with one variant row.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Id, with `[row]`.
    pub id: ScenarioId,
    /// Title.
    pub title: String,
    /// Purpose.
    pub purpose: String,
    /// Role.
    pub role: Role,
    /// Requirements that it covers.
    pub covers: Vec<RequirementId>,
    /// Claims that it exercises.
    pub claims: Vec<String>,
    /// Actions that it needs.
    pub actions: Vec<String>,
    /// Further credentials that it needs.
    pub credentials: Vec<String>,
    /// Further certificates that it needs.
    pub certificates: Vec<String>,
    /// Further endpoints that it needs.
    pub endpoints: Vec<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// File, as shown.
    pub file: String,
    /// Variant row.
    pub row: VariantRow,
    /// Whether nothing else may be played meanwhile.
    pub exclusive: bool,
    /// What no other may touch meanwhile.
    pub holds: Vec<String>,
    /// Stubs that answer first for its requests.
    pub using: Vec<Arc<Stub>>,
    /// Preamble.
    pub setup: Vec<Step>,
    /// Test body.
    pub steps: Vec<Step>,
    /// Postamble.
    pub cleanup: Vec<Step>,
    /// Verdict settled before playing.
    pub settled: Option<Settled>,
}

impl Scenario {
    /// Tells whether the user's selection leaves it in.
    #[must_use]
    pub fn is_selected(&self) -> bool {
        self.settled.as_ref().is_none_or(|settled| settled.reason != NOT_SELECTED)
    }
}

/// Steps with parameters.
#[derive(Clone, Debug)]
pub struct Fragment {
    /// Name.
    pub name: String,
    /// Title.
    pub title: String,
    /// Steps.
    pub steps: Vec<Step>,
    /// Names that the caller may use afterwards.
    pub gives: Vec<String>,
}

/// One span of a fault timeline.
#[derive(Clone, Debug)]
pub struct ScheduleRow {
    /// From when.
    pub from: Time,
    /// Until when.
    pub to: Time,
    /// Endpoint; all without.
    pub endpoint: Option<String>,
    /// Methods; all where empty.
    pub methods: Vec<String>,
    /// What goes wrong.
    pub fault: Option<Fault>,
    /// The answer instead.
    pub respond: Option<Arc<Reply>>,
}

/// A fault timeline.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// Name.
    pub name: String,
    /// Rows.
    pub rows: Vec<ScheduleRow>,
}

/// A data value that provokes a behaviour.
#[derive(Clone, Debug)]
pub struct Sentinel {
    /// Rule, `FILE#ID`.
    pub rule: String,
    /// The value and the behaviour.
    pub text: String,
}

/// A named defect of the mirror.
#[derive(Clone, Debug)]
pub struct Mutant {
    /// Name.
    pub id: String,
    /// What is wrong with this mirror.
    pub title: String,
    /// Role of ours that must find it.
    pub role: Role,
    /// Scenarios to play, by prefix.
    pub plays: Vec<String>,
    /// Checks that must fail there, all and only these; a scenario's own check without the variant.
    pub fails: BTreeSet<String>,
}

/// What a mutant changes of the mirror beside the files of its pack.
#[derive(Clone, Debug, Default)]
pub struct Defect {
    /// How an endpoint of it listens.
    pub listen: Option<Listen>,
    /// How it connects.
    pub connect: Option<Connecting>,
}

/// How a mirror connects wherever it sends.
#[derive(Clone, Debug)]
pub struct Connecting {
    /// Client certificate instead of the step's.
    pub certificate: Option<String>,
    /// TLS offer instead of the step's.
    pub tls: Option<Offer>,
    /// Whom it trusts.
    pub trust: Trust,
}

/// Whom a client trusts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// Any server.
    Anybody,
    /// Servers whose certificate leads to a known authority.
    #[default]
    Chain,
}

/// Survivors of generic operators that are as they should be.
#[derive(Clone, Debug)]
pub struct Survivor {
    /// Message, `*` for any part.
    pub message: String,
    /// Mutation, `*` for any part.
    pub mutation: String,
    /// Why no check can or should see it.
    pub reason: String,
    /// Where it is written.
    pub span: Span,
}

/// What the pack says of the proof of its checks.
#[derive(Clone, Debug, Default)]
pub struct Proof {
    /// Mutants of this role.
    pub mutants: Vec<Mutant>,
    /// Survivors of the generic operators in this role.
    pub survivors: Vec<Survivor>,
    /// Checks that never fail alone, each with the one that always fails with it.
    pub implied: BTreeMap<String, String>,
    /// Checks that no mutant can break, each with the reason.
    pub unprovable: BTreeMap<String, String>,
}

/// Everything that is needed to play, compiled and resolved.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Role that we play.
    pub role: Role,
    /// Pack.
    pub pack: PackRecord,
    /// Settings, masked for the record.
    pub settings: Vec<SettingRecord>,
    /// Values of secret settings.
    pub secrets: Vec<String>,
    /// Names of secret settings that have a value.
    pub secret_settings: Vec<String>,
    /// Names that are the same everywhere: `setting`, `profile`, `claim`, `let`, `role`.
    pub globals: Arc<Map<String, Value>>,
    /// Requirements of this role.
    pub requirements: Vec<Requirement>,
    /// Named checks.
    pub checks: BTreeMap<String, Arc<Check>>,
    /// Endpoints, the first being the usual one.
    pub endpoints: Vec<Endpoint>,
    /// Actions by name.
    pub actions: BTreeMap<String, Action>,
    /// Further credentials that scenarios use.
    pub credentials: Vec<Credentials>,
    /// Profiles.
    pub profiles: Vec<Profile>,
    /// Claims, of the other role too.
    pub claims: Vec<Claim>,
    /// Stubs by name.
    pub stubs: BTreeMap<String, Arc<Stub>>,
    /// Players by name.
    pub players: BTreeMap<String, Arc<Player>>,
    /// Store.
    pub store: Arc<Store>,
    /// What is asked of a server under test before the first scored message.
    pub preflight: Option<Probing>,
    /// Which evidence group and store a request belongs to.
    pub discriminator: Option<Expression>,
    /// Which value binds a request to a scenario.
    pub correlate: Option<Expression>,
    /// The two forms of FHIR, in a pack that speaks it.
    pub fhir: Option<Arc<FhirForms>>,
    /// Header fields masked whole.
    pub masked_headers: Vec<String>,
    /// JSON Pointers masked.
    pub masked_json: Vec<String>,
    /// Scenarios of this role, in order of id.
    pub scenarios: Vec<Arc<Scenario>>,
    /// Sentinels.
    pub sentinels: Vec<Sentinel>,
    /// What proves the checks of this role.
    pub proof: Proof,
    /// What a mutant changes beside the files, where one is in force.
    pub defect: Defect,
    /// Requirements, and rows of the checklist, that a person attested, with the evidence in words.
    pub attested: BTreeMap<RequirementId, String>,
    /// The authority's checklist, for this role, where the pack declares one.
    pub checklist: Option<Checklist>,
    /// The pack's named requests as they stand, where they are to be built without a scenario.
    pub drafts: BTreeMap<String, Arc<Request>>,
}
