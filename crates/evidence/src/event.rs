//! The one stream of events that a run emits, as it stands in the journal.

use crate::{
    Cause, CheckChange, CheckId, Checklist, ClaimRecord, Conductor, ExchangeId, ExchangeRecord, Finding, Limit, PackRecord,
    Preflight, Requirement, RequirementId, Role, RunMode, ScenarioId, SettingRecord, Skipped, Span, Supplier, Tool, Verdict,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A moment on the run's clock: microseconds since the run began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(pub u64);

/// An event with its moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stamped {
    /// When.
    pub at: Moment,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

/// All that is known of a run when it begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RunHeader {
    /// Id of the run.
    pub run: String,
    /// Kind of run.
    pub mode: RunMode,
    /// Role that Counterpart plays.
    pub role: Role,
    /// Who conducts it.
    pub conductor: Conductor,
    /// Beginning, RFC 3339.
    pub started: String,
    /// Program.
    pub tool: Tool,
    /// Whose system is tested.
    pub supplier: Supplier,
    /// Target or listening addresses, by endpoint name.
    pub endpoints: BTreeMap<String, String>,
    /// Pack.
    pub pack: PackRecord,
    /// Settings, masked.
    pub settings: Vec<SettingRecord>,
    /// Seed, as decimal text.
    pub seed: String,
    /// Clock.
    pub clock: String,
    /// Machine and system.
    pub environment: BTreeMap<String, String>,
    /// Changes to the force of checks.
    pub changes: Vec<CheckChange>,
    /// Claims; `exercised` and `remark` are filled by the fold.
    pub claims: Vec<ClaimRecord>,
    /// Requirements of this role.
    pub requirements: Vec<Requirement>,
    /// Requirements that a person attested, with who, when and what.
    pub attested: BTreeMap<RequirementId, String>,
    /// Scenarios of this role, in order.
    pub scenarios: Vec<ScenarioHeader>,
    /// Rules of ours by name, so that those never used can be told.
    pub rules: Vec<String>,
    /// Limits known from the beginning.
    pub limits: Vec<Limit>,
    /// Whether a pass after a failed attempt counts as a pass (`--retry-passes`); it is a warning otherwise.
    #[serde(default)]
    pub retry_passes: bool,
    /// The authority's checklist, where the pack declares one.
    #[serde(default)]
    pub checklist: Option<Checklist>,
}

/// A scenario as planned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ScenarioHeader {
    /// Id.
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
    /// Tags.
    pub tags: Vec<String>,
    /// File.
    pub file: String,
    /// Command that plays it again.
    pub replay: String,
    /// Verdict settled before playing (`skipped`, `not-applicable`, `review`), with its reason.
    pub settled: Option<(Verdict, String)>,
}

/// A step as it begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct StepHeader {
    /// Scenario.
    pub scenario: ScenarioId,
    /// Attempt, from 1.
    pub attempt: u32,
    /// Index, from 1 in order of beginning within the attempt.
    pub step: u32,
    /// Key in the file.
    pub kind: String,
    /// In words.
    pub title: String,
    /// `setup`, `steps` or `cleanup`.
    pub phase: String,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Event {
    /// The run began.
    RunStarted(Box<RunHeader>),
    /// A pre-flight fact was established.
    Preflight(Preflight),
    /// A scenario began an attempt.
    ScenarioStarted {
        /// Scenario.
        scenario: ScenarioId,
        /// Attempt, from 1.
        attempt: u32,
    },
    /// A step began.
    StepStarted(StepHeader),
    /// An exchange ended.
    Exchange {
        /// The exchange.
        exchange: Box<ExchangeRecord>,
        /// Findings other than passes and skips.
        findings: Vec<Finding>,
        /// Checks that passed, with their requirement.
        passed: Vec<(CheckId, RequirementId)>,
        /// Checks that did not apply.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        skipped: Vec<Skipped>,
        /// Why no rule of ours took it, criterion by criterion; absent where one did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unmatched: Option<Vec<String>>,
    },
    /// Checks were made that belong to a step rather than to one exchange.
    Judged {
        /// Scenario.
        scenario: ScenarioId,
        /// Attempt.
        attempt: u32,
        /// Step.
        step: u32,
        /// Exchanges that the judgement rests on.
        exchanges: Vec<ExchangeId>,
        /// Findings other than passes.
        findings: Vec<Finding>,
        /// Checks that passed.
        passed: Vec<(CheckId, RequirementId)>,
    },
    /// A step has endpoints of ours not work as usual.
    Disturbed {
        /// Scenario.
        scenario: ScenarioId,
        /// Attempt.
        attempt: u32,
        /// Step.
        step: u32,
        /// When, and what they do.
        spans: Vec<Span>,
    },
    /// A step ended.
    StepEnded {
        /// Scenario.
        scenario: ScenarioId,
        /// Attempt.
        attempt: u32,
        /// Step.
        step: u32,
        /// Verdict that no finding explains: `error`, `inconclusive`, `skipped`, `not-run`; absent where the findings say it.
        verdict: Option<Verdict>,
        /// Its cause.
        cause: Option<Cause>,
        /// Its reason.
        reason: Option<String>,
    },
    /// An attempt at a scenario ended.
    ScenarioEnded {
        /// Scenario.
        scenario: ScenarioId,
        /// Attempt.
        attempt: u32,
    },
    /// Something of ours happened that a reader of the journal wants to know: a fault put in, a hook's output.
    Note {
        /// Scenario, where it belongs to one.
        scenario: Option<ScenarioId>,
        /// What, one sentence.
        text: String,
    },
    /// A limit of the result became known.
    Limited(Limit),
    /// The run ended.
    RunEnded {
        /// End, RFC 3339.
        finished: String,
        /// Why it ended early.
        early: Option<String>,
        /// Verdict forced by our own failure, such as a full disk.
        broken: Option<String>,
    },
}
