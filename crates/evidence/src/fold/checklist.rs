//! What a run says to each row of the authority's checklist: `pass` only where all that the row stands for was played and held.

use super::attempt::verdict_of;
use super::limit::{count, list};
use super::requirement::Judged;
use crate::limits::IDS_LISTED_MAX;
use crate::{
    Checklist, ChecklistItem, ChecklistPart, ChecklistRecord, ChecklistRow, Finding, FindingEffect, FindingOutcome, PartKind,
    RequirementId, RequirementRecord, Role, RowVerdict, ScenarioId, ScenarioRecord, ShownBy, Verdict, roll_up,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What was judged by one check.
#[derive(Default)]
struct Tally {
    passed: u32,
    failed: u32,
    verdicts: BTreeSet<Verdict>,
    /// The first finding that says why it did not hold, in words.
    said: Option<String>,
}

impl Tally {
    fn add(&mut self, finding: &Finding) {
        match finding.outcome {
            FindingOutcome::Pass => self.passed += 1,
            FindingOutcome::Fail => self.failed += 1,
            FindingOutcome::Skip | FindingOutcome::Error => {}
        }
        let unjudged = finding.is_unjudged().then_some(Verdict::Inconclusive);
        self.verdicts.extend(verdict_of(finding).into_iter().chain(unjudged));
        if matches!(finding.outcome, FindingOutcome::Fail | FindingOutcome::Error) || finding.is_unjudged() {
            self.said.get_or_insert_with(|| told(finding));
        }
    }

    fn pass(&mut self, count: u32) {
        self.passed += count;
        self.verdicts.insert(Verdict::Pass);
    }
}

/// Says what a check found, and where.
fn told(finding: &Finding) -> String {
    let place = finding.exchange.map(|id| format!(" (exchange {id})")).unwrap_or_default();
    format!("`{}`: {}{place}", finding.check, finding.message)
}

/// What the rows are judged by.
pub(crate) struct Evidence<'a> {
    role: Role,
    requirements: HashMap<&'a str, &'a RequirementRecord>,
    scenarios: HashMap<&'a ScenarioId, &'a ScenarioRecord>,
    checks: HashMap<String, Tally>,
    /// The finding that tells best why a requirement does not hold: the first that fails, else the first that warns.
    broken: HashMap<&'a str, &'a Finding>,
    attested: &'a BTreeMap<RequirementId, String>,
}

impl<'a> Evidence<'a> {
    /// Counts what each check said; the last attempt at a scenario decides, as it does everywhere.
    pub(crate) fn new(role: Role, judged: &Judged<'a>, requirements: &'a [RequirementRecord]) -> Self {
        let mut checks: HashMap<String, Tally> = HashMap::new();
        let mut broken: HashMap<&str, &Finding> = HashMap::new();
        let last = || judged.scenarios.iter().filter_map(|scenario| scenario.attempts.last()).flat_map(|attempt| &attempt.steps);
        for finding in last().flat_map(|step| &step.findings).chain(judged.findings) {
            checks.entry(plain(finding.check.as_str())).or_default().add(finding);
            if finding.effect != FindingEffect::None {
                let first = broken.entry(finding.requirement.as_str()).or_insert(finding);
                if finding.effect == FindingEffect::Fail && first.effect != FindingEffect::Fail {
                    *first = finding;
                }
            }
        }
        for (check, count) in last().flat_map(|step| &step.passed).chain(judged.passed_checks) {
            checks.entry(plain(check.as_str())).or_default().pass(*count);
        }
        Self {
            role,
            requirements: requirements.iter().map(|one| (one.requirement.id.as_str(), one)).collect(),
            scenarios: judged.scenarios.iter().map(|scenario| (&scenario.id, scenario)).collect(),
            checks,
            broken,
            attested: judged.attested,
        }
    }
}

/// Takes the variant out of the id of a check that stands in a scenario: a row means all of them.
fn plain(check: &str) -> String {
    match (check.find('['), check.rfind("]#")) {
        (Some(from), Some(to)) if from < to => [check.get(..from), check.get(to + 1..)].into_iter().flatten().collect(),
        _ => check.to_owned(),
    }
}

/// Says to each row what the evidence says.
pub(crate) fn checklist(form: Checklist, evidence: &Evidence<'_>) -> ChecklistRecord {
    let Checklist { title, source, columns, rows } = form;
    ChecklistRecord { title, source, columns, rows: rows.into_iter().map(|item| row(item, evidence)).collect() }
}

impl ChecklistRecord {
    /// Gives the form that it was made from.
    pub(crate) fn form(&self) -> Checklist {
        let rows = self.rows.iter().map(|row| row.item.clone()).collect();
        Checklist { title: self.title.clone(), source: self.source.clone(), columns: self.columns.clone(), rows }
    }

    /// Gives what a person attested of the rows themselves.
    pub(crate) fn attested(&self) -> impl Iterator<Item = (RequirementId, String)> {
        self.rows.iter().filter_map(|row| Some((RequirementId::new(&row.item.id), row.attested.clone()?)))
    }
}

/// What was judged of the parts of a row.
#[derive(Default)]
struct Sum<'a> {
    passed: u32,
    failed: u32,
    /// Verdicts of what was judged.
    judged: Vec<Verdict>,
    /// Verdicts of what was not: `review`, `skipped`, `not-run`, `not-applicable`.
    unjudged: Vec<Verdict>,
    said: Vec<String>,
    open: Vec<String>,
    /// Scenarios that were not played, by verdict and reason.
    unplayed: BTreeMap<(Verdict, &'a str), BTreeSet<&'a str>>,
    attested: Vec<String>,
    played: BTreeSet<&'a str>,
}

fn row(item: ChecklistItem, evidence: &Evidence<'_>) -> ChecklistRow {
    let mut sum = Sum::default();
    let concerned = item.roles.contains(&evidence.role);
    item.parts.iter().filter(|_| concerned).for_each(|part| sum.part(part, evidence));
    let attested = evidence.attested.get(item.id.as_str()).filter(|_| concerned && item.rest.is_some()).cloned();
    let (verdict, seen) = if concerned {
        (sum.verdict(&item, attested.as_deref()), sum.seen(attested.as_deref()))
    } else {
        (RowVerdict::NotTested, other_role(evidence.role).to_owned())
    };
    let (passed, failed) = (sum.passed, sum.failed);
    let mut open = sum.open();
    let rest = item.rest.iter().filter(|_| concerned && attested.is_none());
    open.extend(rest.map(|rest| format!("{}: {}", to_be_shown(rest.by), rest.text)));
    ChecklistRow { item, verdict, passed, failed, seen, open, attested }
}

fn other_role(role: Role) -> &'static str {
    match role {
        Role::Consumer => "the row is about a client, and this run tested a server",
        Role::Provider => "the row is about a server, and this run tested a client",
    }
}

fn to_be_shown(by: ShownBy) -> &'static str {
    match by {
        ShownBy::Integration => "to be shown in the integration environment",
        ShownBy::Person => "to be shown by a person",
    }
}

/// Keeps the first of many, and counts the rest.
fn bounded(mut all: Vec<String>) -> Vec<String> {
    let left = all.len().saturating_sub(IDS_LISTED_MAX);
    if left > 0 {
        all.truncate(IDS_LISTED_MAX);
        all.push(format!("and {left} more"));
    }
    all
}

impl<'a> Sum<'a> {
    fn part(&mut self, part: &ChecklistPart, evidence: &Evidence<'a>) {
        let scenarios = part.scenarios.iter().filter_map(|id| evidence.scenarios.get(id).copied());
        match part.kind {
            PartKind::Requirement => {
                let Some(record) = evidence.requirements.get(part.id.as_str()) else { return };
                self.requirement(record, evidence);
                let told = record.by.is_some() || !matches!(record.verdict, Verdict::Pass | Verdict::Warning | Verdict::Fail);
                // Where the requirement says why it was not judged, its scenarios would only say the same again.
                scenarios.filter(|_| !told).for_each(|scenario| self.scenario(scenario, part.kind));
            }
            PartKind::Check => {
                scenarios.for_each(|scenario| self.scenario(scenario, part.kind));
                self.check(&part.id, evidence.checks.get(&plain(&part.id)));
            }
            PartKind::Scenario => scenarios.for_each(|scenario| self.scenario(scenario, part.kind)),
        }
    }

    fn check(&mut self, id: &str, tally: Option<&Tally>) {
        let judged = tally.filter(|tally| !tally.verdicts.is_empty());
        if let Some(tally) = judged {
            self.passed += tally.passed;
            self.failed += tally.failed;
            self.judged.extend(&tally.verdicts);
            self.said.extend(tally.said.clone());
        } else if self.unplayed.is_empty() && self.unjudged.is_empty() {
            // Its scenarios were played without a message to which it applies.
            self.unjudged.push(Verdict::NotRun);
            self.open.push(format!("check `{id}` was never applied"));
        }
    }

    fn requirement(&mut self, record: &RequirementRecord, evidence: &Evidence<'a>) {
        self.passed += record.passed;
        self.failed += record.failed;
        let because = || record.reason.clone().unwrap_or_else(|| "nothing of it was judged".to_owned());
        match record.verdict {
            Verdict::Pass if record.by.is_some() => {
                self.judged.push(Verdict::Pass);
                self.attested.extend(record.reason.clone());
            }
            Verdict::Pass => self.judged.push(record.verdict),
            Verdict::Warning | Verdict::Fail => {
                self.judged.push(record.verdict);
                self.said.extend(evidence.broken.get(record.requirement.id.as_str()).map(|finding| told(finding)));
            }
            Verdict::Inconclusive | Verdict::Error => {
                self.judged.push(record.verdict);
                self.said.push(because());
            }
            Verdict::NotApplicable => {
                self.unjudged.push(record.verdict);
                self.said.push(because());
            }
            Verdict::Review | Verdict::Skipped | Verdict::NotRun => {
                self.unjudged.push(record.verdict);
                self.open.push(format!("requirement `{}`: {}", record.requirement.id, because()));
            }
        }
    }

    /// Adds a scenario that shows a part: one that was not played leaves the row open, whatever the others say.
    fn scenario(&mut self, scenario: &'a ScenarioRecord, kind: PartKind) {
        let reason = scenario.reason.as_deref().unwrap_or("no reason was given");
        match scenario.verdict {
            Verdict::Pass | Verdict::Warning | Verdict::Fail => {
                self.played.insert(scenario.id.as_str());
                if kind == PartKind::Scenario {
                    self.judged.push(scenario.verdict);
                    let broken = scenario.verdict != Verdict::Pass;
                    self.said.extend(broken.then(|| format!("scenario `{}` is {}", scenario.id, scenario.verdict)));
                }
            }
            Verdict::Error | Verdict::Inconclusive => {
                self.judged.push(scenario.verdict);
                self.said.push(format!("scenario `{}` is {}: {reason}", scenario.id, scenario.verdict));
            }
            // What is not claimed is not owed.
            Verdict::NotApplicable if kind == PartKind::Requirement => {}
            Verdict::NotApplicable => self.unjudged.push(scenario.verdict),
            Verdict::Review | Verdict::Skipped | Verdict::NotRun => {
                self.unjudged.push(scenario.verdict);
                self.unplayed.entry((scenario.verdict, reason)).or_default().insert(scenario.id.as_str());
            }
        }
    }

    /// Gives what of the row this run did not show, what has one reason together.
    fn open(self) -> Vec<String> {
        let group = |((verdict, reason), ids): ((Verdict, &str), BTreeSet<&str>)| {
            let ids: Vec<&str> = ids.into_iter().collect();
            format!("{} {verdict}: {}: {reason}", count(ids.len(), "scenario"), list(&ids))
        };
        bounded(self.open.into_iter().chain(self.unplayed.into_iter().map(group)).collect())
    }

    fn verdict(&self, item: &ChecklistItem, attested: Option<&str>) -> RowVerdict {
        let rest = item.rest.as_ref().filter(|_| attested.is_none());
        let judged = self.judged.iter().copied().chain(attested.map(|_| Verdict::Pass));
        let open = !self.open.is_empty() || !self.unplayed.is_empty() || rest.is_some();
        match roll_up(judged) {
            Verdict::Fail => RowVerdict::Fail,
            Verdict::Error => RowVerdict::Error,
            Verdict::Inconclusive => RowVerdict::Inconclusive,
            Verdict::Pass | Verdict::Warning if open => RowVerdict::Partial,
            Verdict::Warning => RowVerdict::Warning,
            Verdict::Pass => RowVerdict::Pass,
            _ => self.unshown(rest.map(|rest| rest.by)),
        }
    }

    /// Says whose a row is of which nothing was judged.
    fn unshown(&self, rest: Option<ShownBy>) -> RowVerdict {
        match (rest, roll_up(self.unjudged.iter().copied())) {
            (_, Verdict::NotApplicable) => RowVerdict::NotApplicable,
            (Some(ShownBy::Integration), _) => RowVerdict::Integration,
            (Some(ShownBy::Person), _) | (None, Verdict::Review) => RowVerdict::Person,
            (None, _) => RowVerdict::NotTested,
        }
    }

    fn seen(&self, attested: Option<&str>) -> String {
        let mut parts = Vec::new();
        let findings = |number: u32, what: &str| (number > 0).then(|| format!("{} {what}", count(number as usize, "finding")));
        let counts: Vec<String> = findings(self.failed, "failed").into_iter().chain(findings(self.passed, "passed")).collect();
        let played: Vec<&str> = self.played.iter().copied().collect();
        match (counts.is_empty(), played.is_empty()) {
            (true, true) => {}
            (true, false) => parts.push(format!("{} played: {}", count(played.len(), "scenario"), list(&played))),
            (false, true) => parts.push(counts.join(", ")),
            (false, false) => parts.push(format!("{}; {} played", counts.join(", "), count(played.len(), "scenario"))),
        }
        parts.extend(bounded(self.said.clone()));
        parts.extend(self.attested.iter().map(String::as_str).chain(attested).map(|note| format!("attested: {note}")));
        if parts.is_empty() { "nothing of it was played".to_owned() } else { parts.join("; ") }
    }
}
