//! The run record: the one source of every report format.

use crate::{
    Basis, Cause, CheckId, ChecklistRecord, ExchangeId, ExchangeRecord, Finding, Level, RequirementId, ScenarioId, Span, Verdict,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The `format` of a run record.
pub const RUN_FORMAT: &str = "counterpart-run";
/// The version of the run record's form; a field is added with a default and a new version, never re-purposed.
pub const RUN_VERSION: u32 = 2;

/// The role that Counterpart plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// It calls; the system under test is a server.
    Consumer,
    /// It answers; the system under test is a client.
    Provider,
}

impl Role {
    /// Gives its word in files and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Consumer => "consumer",
            Self::Provider => "provider",
        }
    }
}

/// What kind of run it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RunMode {
    /// Both sides were ours.
    Demo,
    /// Our mirror, or a mutant of it, was judged.
    Prove,
    /// A system under test was judged.
    Run,
    /// We answered until stopped.
    Simulate,
}

/// Who conducted the run (ISO/IEC 9646-1: client or test laboratory).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Conductor {
    /// A test laboratory.
    Laboratory,
    /// The supplier itself.
    #[default]
    SelfRun,
    /// The supplier, with a witness.
    Witnessed,
}

/// The program that made the record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
}

/// Whose system was tested.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Supplier {
    /// Organisation.
    pub name: Option<String>,
    /// Product.
    pub product: Option<String>,
    /// Product version.
    pub version: Option<String>,
    /// Build, best as a digest.
    pub build: Option<String>,
}

/// A document that a pack was written from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Document {
    /// Short id that requirements cite.
    pub id: String,
    /// Title.
    pub title: String,
    /// Version or date of the document.
    pub version: Option<String>,
    /// Where it can be read.
    pub link: Option<String>,
    /// When it was read.
    pub read: Option<String>,
}

/// The pack that was played.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct PackRecord {
    /// Name.
    pub name: String,
    /// Title.
    pub title: String,
    /// Version.
    pub version: String,
    /// SHA-256 over all its files, hexadecimal.
    pub digest: String,
    /// Whether it is the pack as released with this tool; absent where the tool has no copy to compare with.
    pub released: Option<bool>,
    /// Files that differ from the released pack.
    pub modified: Vec<String>,
    /// Documents.
    pub documents: Vec<Document>,
    /// Name of the profile in force.
    pub profile: String,
    /// Switches of the profile, with their values.
    pub switches: BTreeMap<String, String>,
}

/// A setting as it was in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SettingRecord {
    /// Name.
    pub name: String,
    /// Value; asterisks for a secret.
    pub value: String,
    /// Where it came from: `option`, `environment`, `workspace`, `default`.
    pub origin: String,
}

/// One obligation of the pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Requirement {
    /// Id.
    pub id: RequirementId,
    /// Level.
    pub level: Level,
    /// Basis.
    pub basis: Basis,
    /// The obligation in one sentence.
    pub text: String,
    /// Document and section.
    pub source: String,
    /// The claim it hangs on.
    pub claim: Option<String>,
    /// Why no machine can test it.
    pub untestable: Option<String>,
}

/// A check whose force was changed for this run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckChange {
    /// The check.
    pub check: CheckId,
    /// `promoted`, `lowered` or `disabled`.
    pub change: String,
    /// Who asked for it and why.
    pub reason: String,
}

/// An item of the supplier's conformance statement, and what was seen of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClaimRecord {
    /// Id.
    pub id: String,
    /// The question.
    pub question: String,
    /// `mandatory`, `optional` or `conditional`.
    pub status: String,
    /// The supplier's answer.
    pub claimed: bool,
    /// Whether a scenario exercised it.
    pub exercised: bool,
    /// A remark: mandatory but answered no, claimed but never exercised, seen but not claimed.
    pub remark: Option<String>,
}

/// A fact established before the first scored message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Preflight {
    /// What was looked at.
    pub name: String,
    /// Whether it is as it must be; absent where it could not be looked at.
    pub passed: Option<bool>,
    /// What was seen.
    pub detail: String,
    /// What to do.
    pub hint: Option<String>,
    /// Whose doing a fault is: the set-up's or the environment's, never the system's under test.
    #[serde(default)]
    pub cause: Option<Cause>,
}

impl Preflight {
    /// Something that is as it must be.
    #[must_use]
    pub fn good(name: &str, detail: String) -> Self {
        Self { name: name.to_owned(), passed: Some(true), detail, hint: None, cause: None }
    }

    /// Something that could not be looked at.
    #[must_use]
    pub fn unknown(name: &str, detail: String) -> Self {
        Self { passed: None, ..Self::good(name, detail) }
    }

    /// Something that keeps the run from being judged.
    #[must_use]
    pub fn fault(name: &str, cause: Cause, detail: String) -> Self {
        Self { passed: Some(false), cause: Some(cause), ..Self::good(name, detail) }
    }
}

/// Something that was not tested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Limit {
    /// What.
    pub what: String,
    /// Why.
    pub why: String,
}

/// How many of each verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Counts {
    /// Passed.
    pub pass: u32,
    /// Passed with a warning.
    pub warning: u32,
    /// Failed.
    pub fail: u32,
    /// Could not be judged.
    pub inconclusive: u32,
    /// Our side broke.
    pub error: u32,
    /// For a person.
    pub review: u32,
    /// Left out.
    pub skipped: u32,
    /// Not claimed.
    pub not_applicable: u32,
    /// Never reached.
    pub not_run: u32,
}

impl Counts {
    /// Adds one verdict.
    pub fn add(&mut self, verdict: Verdict) {
        *match verdict {
            Verdict::Pass => &mut self.pass,
            Verdict::Warning => &mut self.warning,
            Verdict::Fail => &mut self.fail,
            Verdict::Inconclusive => &mut self.inconclusive,
            Verdict::Error => &mut self.error,
            Verdict::Review => &mut self.review,
            Verdict::Skipped => &mut self.skipped,
            Verdict::NotApplicable => &mut self.not_applicable,
            Verdict::NotRun => &mut self.not_run,
        } += 1;
    }

    /// Gives each verdict with its count, in the order of the report.
    #[must_use]
    pub fn each(&self) -> [(Verdict, u32); 9] {
        [
            (Verdict::Pass, self.pass),
            (Verdict::Warning, self.warning),
            (Verdict::Fail, self.fail),
            (Verdict::Inconclusive, self.inconclusive),
            (Verdict::Error, self.error),
            (Verdict::Review, self.review),
            (Verdict::Skipped, self.skipped),
            (Verdict::NotApplicable, self.not_applicable),
            (Verdict::NotRun, self.not_run),
        ]
    }
}

/// A requirement with what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct RequirementRecord {
    /// The requirement.
    #[serde(flatten)]
    pub requirement: Requirement,
    /// Whether its claim was answered yes; absent without a claim.
    pub claimed: Option<bool>,
    /// Scenarios of the pack, in this run's role, that cover it.
    pub scenarios: Vec<ScenarioId>,
    /// Findings that passed.
    pub passed: u32,
    /// Findings that failed.
    pub failed: u32,
    /// Findings that were skipped.
    pub skipped: u32,
    /// Verdict.
    pub verdict: Verdict,
    /// Why the verdict is not a pass, where no finding says it.
    pub reason: Option<String>,
    /// `attestation` where a person's evidence stands for a test.
    pub by: Option<String>,
}

/// One step of a scenario, as played.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct StepRecord {
    /// Index from 1, in order of beginning.
    pub index: u32,
    /// The step's key in the file, such as `send`.
    pub kind: String,
    /// What it does, in words.
    pub title: String,
    /// `setup`, `steps` or `cleanup`.
    pub phase: String,
    /// Microseconds from the beginning of the run.
    pub started_us: u64,
    /// Duration in microseconds.
    pub duration_us: u64,
    /// Verdict.
    pub verdict: Verdict,
    /// Cause of a verdict that no finding explains.
    pub cause: Option<Cause>,
    /// Reason of a verdict that no finding explains.
    pub reason: Option<String>,
    /// Exchanges of the step.
    pub exchanges: Vec<ExchangeId>,
    /// Findings other than passes.
    pub findings: Vec<Finding>,
    /// Checks that passed, with how often.
    pub passed: BTreeMap<CheckId, u32>,
    /// Checks that did not apply, with how often, beyond those among the findings; since version 2.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub not_applying: BTreeMap<CheckId, u32>,
    /// What went wrong on purpose meanwhile; since version 2.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spans: Vec<Span>,
}

/// One attempt at a scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Attempt {
    /// Number, from 1.
    pub attempt: u32,
    /// Microseconds from the beginning of the run.
    pub started_us: u64,
    /// Duration in microseconds.
    pub duration_us: u64,
    /// Verdict of the attempt.
    pub verdict: Verdict,
    /// Steps.
    pub steps: Vec<StepRecord>,
    /// Checks that passed, counted by requirement.
    #[serde(default)]
    pub passed: BTreeMap<RequirementId, u32>,
}

/// A scenario with what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ScenarioRecord {
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
    /// Tags.
    pub tags: Vec<String>,
    /// File and line.
    pub file: String,
    /// Verdict.
    pub verdict: Verdict,
    /// Cause, where it is not a pass.
    pub cause: Option<Cause>,
    /// Reason, where no finding says it.
    pub reason: Option<String>,
    /// Set where it passed only after an attempt that did not.
    pub flaky: bool,
    /// The command that plays it again.
    pub replay: String,
    /// Attempts, all kept.
    pub attempts: Vec<Attempt>,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct RunRecord {
    /// Always `counterpart-run`.
    pub format: String,
    /// Version of this form.
    pub version: u32,
    /// Id of the run.
    pub run: String,
    /// Kind of run.
    pub mode: RunMode,
    /// Role that Counterpart played.
    pub role: Role,
    /// Who conducted it.
    pub conductor: Conductor,
    /// Beginning, RFC 3339.
    pub started: String,
    /// End, RFC 3339; absent where the run was cut off.
    pub finished: Option<String>,
    /// Microseconds from beginning to end, on the run's clock.
    pub duration_us: u64,
    /// Program.
    pub tool: Tool,
    /// Whose system was tested.
    pub supplier: Supplier,
    /// Target or listening addresses, by endpoint name.
    pub endpoints: BTreeMap<String, String>,
    /// Pack.
    pub pack: PackRecord,
    /// Settings, masked.
    pub settings: Vec<SettingRecord>,
    /// Seed of every random value, as decimal text.
    pub seed: String,
    /// Clock: `real`, `scaled:N` or `virtual`.
    pub clock: String,
    /// Machine and system, by name.
    pub environment: BTreeMap<String, String>,
    /// Verdict of the run.
    pub verdict: Verdict,
    /// Whether anything claimed was skipped, not run or left to review.
    pub partial: bool,
    /// Why the run ended early, where it did.
    pub ended_early: Option<String>,
    /// What was not tested, and why.
    pub limits: Vec<Limit>,
    /// Checks whose force was changed.
    pub changes: Vec<CheckChange>,
    /// Claims reviewed.
    pub claims: Vec<ClaimRecord>,
    /// Pre-flight.
    pub preflight: Vec<Preflight>,
    /// Scenarios counted by verdict.
    pub summary: Counts,
    /// Requirements.
    pub requirements: Vec<RequirementRecord>,
    /// Scenarios.
    pub scenarios: Vec<ScenarioRecord>,
    /// Exchanges by id.
    pub exchanges: Vec<ExchangeRecord>,
    /// Exchanges that belong to no scenario.
    pub unexpected: Vec<ExchangeId>,
    /// Findings of exchanges that belong to no scenario.
    pub unexpected_findings: Vec<Finding>,
    /// Checks that passed on exchanges that belong to no scenario, counted by requirement.
    #[serde(default)]
    pub unexpected_passed: BTreeMap<RequirementId, u32>,
    /// Why no rule of ours took a request, by exchange: criterion by criterion, for the closest rule.
    pub unmatched: BTreeMap<ExchangeId, Vec<String>>,
    /// Rules of ours that never matched.
    pub unused_rules: Vec<String>,
    /// Checks that passed on exchanges that belong to no scenario, counted by check; since version 2.
    #[serde(default)]
    pub unexpected_checks: BTreeMap<CheckId, u32>,
    /// The authority's checklist with what the run says to each row, where the pack declares one; since version 2.
    #[serde(default)]
    pub checklist: Option<ChecklistRecord>,
}
