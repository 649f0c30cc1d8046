//! What changed from one run to another, in the reader's words.

use crate::{CheckChange, Finding, RequirementRecord, RunRecord, ScenarioRecord, Verdict};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// A check whose force was changed.
    Check,
    /// The pack.
    Pack,
    /// A requirement.
    Requirement,
    /// A scenario.
    Scenario,
}

impl Subject {
    fn word(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Pack => "pack",
            Self::Requirement => "requirement",
            Self::Scenario => "scenario",
        }
    }
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What it is about.
    pub subject: Subject,
    /// Its id.
    pub id: String,
    /// How it was.
    pub before: String,
    /// How it is.
    pub after: String,
    /// What stands behind it, where that is known.
    pub detail: Option<String>,
}

/// What changed from one run to another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Difference {
    /// Fails now and did not.
    pub newly_failing: Vec<Change>,
    /// Failed and passes now.
    pub fixed: Vec<Change>,
    /// Has another verdict, neither newly failing nor fixed.
    pub verdict_changed: Vec<Change>,
    /// Same verdict, other findings.
    pub evidence_changed: Vec<Change>,
    /// Level, basis or text of a rule differ, or the force of a check, or the pack.
    pub rule_changed: Vec<Change>,
    /// Only in the later run.
    pub new: Vec<Change>,
    /// Only in the earlier run.
    pub gone: Vec<Change>,
}

impl Difference {
    /// Tells whether there is news that should stop a pipeline: something fails that did not.
    #[must_use]
    pub fn is_news(&self) -> bool {
        let failing = |change: &Change| change.after == Verdict::Fail.name();
        !self.newly_failing.is_empty() || self.new.iter().any(failing)
    }

    /// Tells whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts().iter().all(|(_, changes)| changes.is_empty())
    }

    /// Says it in words, one line a change under a heading each.
    #[must_use]
    pub fn words(&self) -> String {
        if self.is_empty() {
            return "nothing changed\n".to_owned();
        }
        let mut text = String::new();
        for (heading, changes) in self.parts().iter().filter(|(_, changes)| !changes.is_empty()) {
            text.push_str(&format!("{heading} ({}):\n", changes.len()));
            for change in *changes {
                let detail = change.detail.as_deref().map_or_else(String::new, |detail| format!(": {detail}"));
                let states = match (change.before.as_str(), change.after.as_str()) {
                    ("", state) | (state, "") => state.to_owned(),
                    (before, after) if before == after => before.to_owned(),
                    (before, after) => format!("{before} -> {after}"),
                };
                text.push_str(&format!("  {} `{}`: {states}{detail}\n", change.subject.word(), change.id));
            }
        }
        text
    }

    fn parts(&self) -> [(&'static str, &[Change]); 7] {
        [
            ("newly failing", &self.newly_failing),
            ("fixed", &self.fixed),
            ("other verdict", &self.verdict_changed),
            ("evidence changed", &self.evidence_changed),
            ("rule changed", &self.rule_changed),
            ("new", &self.new),
            ("gone", &self.gone),
        ]
    }

    fn judge(&mut self, change: Change, before: Verdict, after: Verdict) {
        let good = |verdict| matches!(verdict, Verdict::Pass | Verdict::Warning);
        match (before, after) {
            (before, after) if before == after => {}
            (_, Verdict::Fail) => self.newly_failing.push(change),
            (Verdict::Fail, after) if good(after) => self.fixed.push(change),
            (Verdict::Warning, Verdict::Pass) => self.fixed.push(change),
            _ => self.verdict_changed.push(change),
        }
    }
}

/// Compares two runs, the earlier one first.
#[must_use]
pub fn diff(before: &RunRecord, after: &RunRecord) -> Difference {
    let mut difference = Difference::default();
    compare_rules(before, after, &mut difference);
    let old: BTreeMap<_, _> = before.scenarios.iter().map(|one| (&one.id, one)).collect();
    let new: BTreeMap<_, _> = after.scenarios.iter().map(|one| (&one.id, one)).collect();
    for scenario in &after.scenarios {
        match old.get(&scenario.id) {
            Some(earlier) => compare_scenarios(earlier, scenario, &mut difference),
            None => difference.new.push(only_after(Subject::Scenario, scenario.id.as_str(), scenario.verdict)),
        }
    }
    let gone = before.scenarios.iter().filter(|one| !new.contains_key(&one.id));
    difference.gone.extend(gone.map(|one| only_before(Subject::Scenario, one.id.as_str(), one.verdict)));
    let old: BTreeMap<_, _> = before.requirements.iter().map(|one| (&one.requirement.id, one)).collect();
    let new: BTreeMap<_, _> = after.requirements.iter().map(|one| (&one.requirement.id, one)).collect();
    for requirement in &after.requirements {
        let id = requirement.requirement.id.as_str();
        match old.get(&requirement.requirement.id) {
            Some(earlier) => compare_requirements(earlier, requirement, &mut difference),
            None => difference.new.push(only_after(Subject::Requirement, id, requirement.verdict)),
        }
    }
    let gone = before.requirements.iter().filter(|one| !new.contains_key(&one.requirement.id));
    difference.gone.extend(gone.map(|one| only_before(Subject::Requirement, one.requirement.id.as_str(), one.verdict)));
    difference
}

fn compare_scenarios(before: &ScenarioRecord, after: &ScenarioRecord, difference: &mut Difference) {
    let worst = findings(after).find(|finding| finding.effect != crate::FindingEffect::None);
    let detail = worst.map(|finding| format!("{}: {}", finding.check, finding.message)).or_else(|| after.reason.clone());
    let change = Change {
        subject: Subject::Scenario,
        id: after.id.as_str().to_owned(),
        before: before.verdict.name().to_owned(),
        after: after.verdict.name().to_owned(),
        detail,
    };
    if before.verdict != after.verdict {
        difference.judge(change, before.verdict, after.verdict);
        return;
    }
    let (old, new) = (evidence(before), evidence(after));
    if old != new {
        let detail = evidence_words(&old, &new);
        difference.evidence_changed.push(Change { detail: Some(detail), ..change });
    }
}

fn compare_requirements(before: &RequirementRecord, after: &RequirementRecord, difference: &mut Difference) {
    let id = after.requirement.id.as_str().to_owned();
    let (old, new) = (&before.requirement, &after.requirement);
    let parts = [
        ("level", old.level.name(), new.level.name()),
        ("basis", old.basis.name(), new.basis.name()),
        ("text", &old.text, &new.text),
        ("source", &old.source, &new.source),
    ];
    for (part, before, after) in parts.into_iter().filter(|(_, before, after)| before != after) {
        difference.rule_changed.push(Change {
            subject: Subject::Requirement,
            id: id.clone(),
            before: before.to_owned(),
            after: after.to_owned(),
            detail: Some(format!("its {part} differs")),
        });
    }
    let (old, new) = (before.verdict, after.verdict);
    let change = Change {
        subject: Subject::Requirement,
        id,
        before: old.name().to_owned(),
        after: new.name().to_owned(),
        detail: after.reason.clone(),
    };
    difference.judge(change, old, new);
}

fn compare_rules(before: &RunRecord, after: &RunRecord, difference: &mut Difference) {
    if before.pack.digest != after.pack.digest {
        let state = |run: &RunRecord| {
            let digest: String = run.pack.digest.chars().take(12).collect();
            format!("version {} (digest {digest})", run.pack.version)
        };
        difference.rule_changed.push(Change {
            subject: Subject::Pack,
            id: after.pack.name.clone(),
            before: state(before),
            after: state(after),
            detail: None,
        });
    }
    let forces = |changes: &[CheckChange]| -> BTreeMap<String, String> {
        changes.iter().map(|change| (change.check.as_str().to_owned(), change.change.clone())).collect()
    };
    let mut old = forces(&before.changes);
    let mut new = forces(&after.changes);
    // The level in force that findings carry tells of checks that the pack itself gave another force.
    for (run, forces) in [(before, &mut old), (after, &mut new)] {
        for finding in run.scenarios.iter().flat_map(findings).chain(&run.unexpected_findings) {
            let force = || format!("{} ({})", finding.level, finding.basis);
            forces.entry(finding.check.as_str().to_owned()).or_insert_with(force);
        }
    }
    let listed = |changes: &[CheckChange], check: &str| changes.iter().any(|change| change.check.as_str() == check);
    for check in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
        let usual = || "as the pack has it".to_owned();
        let either = listed(&before.changes, check) || listed(&after.changes, check);
        let (was, is) = (old.get(check).cloned(), new.get(check).cloned());
        // A check that found nothing in one of the runs has no level there to compare.
        if (either && was != is) || (was.is_some() && is.is_some() && was != is) {
            difference.rule_changed.push(Change {
                subject: Subject::Check,
                id: check.clone(),
                before: was.unwrap_or_else(usual),
                after: is.unwrap_or_else(usual),
                detail: Some("its force differs".to_owned()),
            });
        }
    }
}

fn findings(scenario: &ScenarioRecord) -> impl Iterator<Item = &Finding> {
    scenario.attempts.last().into_iter().flat_map(|attempt| &attempt.steps).flat_map(|step| &step.findings)
}

/// What was found, without what differs from run to run: times, ids and the passes.
fn evidence(scenario: &ScenarioRecord) -> BTreeSet<(String, String, String, String)> {
    let one = |finding: &Finding| {
        let place = finding.place.as_ref().map_or_else(String::new, |place| format!("{} {}", place.part, place.path));
        let check = finding.check.as_str().to_owned();
        (check, finding.outcome.name().to_owned(), place, finding.actual.clone().unwrap_or_else(|| finding.message.clone()))
    };
    findings(scenario).map(one).collect()
}

fn evidence_words(
    before: &BTreeSet<(String, String, String, String)>,
    after: &BTreeSet<(String, String, String, String)>,
) -> String {
    let one = |(check, _, place, actual): &(String, String, String, String)| match place.as_str() {
        "" => format!("{check} found `{actual}`"),
        place => format!("{check} found `{actual}` at {place}"),
    };
    match (after.difference(before).next(), before.difference(after).next()) {
        (Some(new), _) => format!("now {}", one(new)),
        (None, Some(old)) => format!("no longer: {}", one(old)),
        (None, None) => "the same".to_owned(),
    }
}

fn only_after(subject: Subject, id: &str, verdict: Verdict) -> Change {
    Change { subject, id: id.to_owned(), before: String::new(), after: verdict.name().to_owned(), detail: None }
}

fn only_before(subject: Subject, id: &str, verdict: Verdict) -> Change {
    Change { subject, id: id.to_owned(), before: verdict.name().to_owned(), after: String::new(), detail: None }
}
