//! JUnit XML in the dialect that build servers read: a suite for each interaction, a case for each scenario.
//!
//! The dialect is that of <https://github.com/testmoapp/junitxml>, which has no schema; `reports/xml/junit-1.xsd` says what
//! of it is written here. The strict Ant schema refuses properties on a case, which requirement ids need.

use crate::{Error, tally, text};
use counterpart_evidence::{Cause, Finding, FindingEffect, FindingOutcome, Level, RunRecord, ScenarioRecord, Verdict};
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};
use std::collections::BTreeMap;
use std::time::Duration;

/// Renders a record as JUnit XML.
pub(crate) fn junit(record: &RunRecord) -> Result<Vec<u8>, Error> {
    let mut report = Report::new(text::line(&format!("{} {}", record.pack.name, record.role.name())));
    report.timestamp = record.started.parse().ok();
    report.set_time(Duration::from_micros(record.duration_us));
    let mut suites: BTreeMap<String, Vec<&ScenarioRecord>> = BTreeMap::new();
    for scenario in &record.scenarios {
        suites.entry(interaction(scenario.id.as_str())).or_default().push(scenario);
    }
    for (name, scenarios) in suites {
        report.add_test_suite(suite(record, &name, &scenarios));
    }
    if !record.unexpected_findings.is_empty() || !record.unexpected_passed.is_empty() {
        report.add_test_suite(unexpected(record));
    }
    let mut out = Vec::new();
    report.serialize(&mut out).map_err(Box::new)?;
    Ok(out)
}

/// Gives pack and interaction: the first two parts of a scenario's path.
fn interaction(id: &str) -> String {
    let parts: Vec<&str> = id.split('/').collect();
    let named = if parts.len() > 2 { 2 } else { 1 };
    text::line(&parts.iter().take(named).copied().collect::<Vec<_>>().join("/"))
}

fn property(name: &str, value: &str) -> Property {
    Property::new(name, text::line(value))
}

fn suite(record: &RunRecord, name: &str, scenarios: &[&ScenarioRecord]) -> TestSuite {
    let mut suite = suite_of(record, name);
    let mut took = Duration::ZERO;
    for scenario in scenarios {
        let case = case(scenario);
        took += case.time.unwrap_or_default();
        suite.add_test_case(case);
    }
    suite.set_time(took);
    suite
}

/// Makes a suite that says what run it is of.
fn suite_of(record: &RunRecord, name: &str) -> TestSuite {
    let mut suite = TestSuite::new(name);
    suite.timestamp = record.started.parse().ok();
    let all = tally(record);
    suite.add_properties([
        property("run", &record.run),
        property("run.verdict", record.verdict.name()),
        property("run.partial", if record.partial { "true" } else { "false" }),
        property("tool", &format!("{} {}", record.tool.name, record.tool.version)),
        property("pack", &format!("{} {}", record.pack.name, record.pack.version)),
        property("pack.digest", &record.pack.digest),
        property("role", record.role.name()),
        property("findings.pass", &all.pass.to_string()),
        property("findings.fail", &all.fail.to_string()),
        property("findings.skip", &all.skip.to_string()),
        property("findings.error", &all.error.to_string()),
    ]);
    suite
}

fn case(scenario: &ScenarioRecord) -> TestCase {
    let mut case = TestCase::new(text::line(scenario.id.as_str()), status(scenario));
    case.set_classname(text::line(&interaction(scenario.id.as_str()).replace('/', ".")));
    case.set_time(Duration::from_micros(scenario.attempts.iter().map(|attempt| attempt.duration_us).sum()));
    let steps = || scenario.attempts.iter().flat_map(|attempt| &attempt.steps);
    let passed: u64 = steps().map(|step| tally::sum(&step.passed)).sum();
    let other: u64 = steps().map(|step| step.findings.len() as u64 + tally::sum(&step.not_applying)).sum();
    case.set_assertions(usize::try_from(passed + other).unwrap_or(usize::MAX));
    case.add_property(property("verdict", scenario.verdict.name()));
    case.add_property(property("title", &scenario.title));
    case.add_property(property("role", scenario.role.name()));
    case.add_property(property("file", &scenario.file));
    case.add_properties(scenario.covers.iter().map(|id| property("requirement", id.as_str())));
    if let Some(cause) = scenario.cause {
        case.add_property(property("cause", cause.name()));
    }
    if scenario.flaky {
        case.add_property(property("flaky", "true"));
    }
    let warnings = findings(scenario, |outcome, effect| outcome == FindingOutcome::Fail && effect == "warning");
    if !warnings.is_empty() {
        case.set_system_out(format!("warnings:\n{warnings}"));
    }
    case
}

/// fail → failure; error and inconclusive → error; what was not judged → skipped with its reason (design section 6).
fn status(scenario: &ScenarioRecord) -> TestCaseStatus {
    let mut status = match scenario.verdict {
        Verdict::Pass | Verdict::Warning => return TestCaseStatus::success(),
        Verdict::Fail => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Verdict::Error | Verdict::Inconclusive => TestCaseStatus::non_success(NonSuccessKind::Error),
        Verdict::NotApplicable | Verdict::NotRun | Verdict::Review | Verdict::Skipped => TestCaseStatus::skipped(),
    };
    let first =
        last_findings(scenario).find(|finding| finding.effect.name() == "fail" || finding.outcome == FindingOutcome::Error);
    let reason = scenario.reason.as_deref().or(first.map(|finding| finding.message.as_str())).unwrap_or("no reason was recorded");
    status.set_message(text::line(&format!("{}: {reason}", scenario.verdict.name())));
    if !matches!(status, TestCaseStatus::Skipped { .. }) {
        let cause = scenario.cause.map_or("unknown", Cause::name);
        status.set_type(if scenario.verdict == Verdict::Inconclusive { "inconclusive" } else { cause });
        let listed = findings(scenario, |outcome, effect| effect == "fail" || outcome == FindingOutcome::Error);
        status.set_description(format!("{listed}replay: {}\n", text::line(&scenario.replay)));
    }
    status
}

fn last_findings(scenario: &ScenarioRecord) -> impl Iterator<Item = &Finding> {
    scenario.attempts.last().into_iter().flat_map(|attempt| &attempt.steps).flat_map(|step| &step.findings)
}

fn findings(scenario: &ScenarioRecord, wanted: impl Fn(FindingOutcome, &str) -> bool) -> String {
    let chosen = last_findings(scenario).filter(|finding| wanted(finding.outcome, finding.effect.name()));
    chosen.map(crate::console::finding_lines).collect()
}

/// Findings of calls that belong to no scenario, so that no format knows of fewer than another.
fn unexpected(record: &RunRecord) -> TestSuite {
    let mut suite = suite_of(record, "unexpected calls");
    suite.set_time(Duration::ZERO);
    let any = |wanted: fn(&Finding) -> bool| record.unexpected_findings.iter().any(wanted);
    let told = if any(|finding| finding.effect == FindingEffect::Fail) {
        Some((NonSuccessKind::Failure, Cause::Supplier.name(), "fail: calls that belong to no scenario broke a requirement"))
    } else if any(|finding| finding.outcome == FindingOutcome::Error) {
        Some((NonSuccessKind::Error, Cause::Simulator.name(), "error: checks of calls that belong to no scenario broke"))
    } else if any(|finding| finding.is_unjudged() && finding.level == Level::Must) {
        Some((NonSuccessKind::Error, "inconclusive", "inconclusive: checks of calls that belong to no scenario were not judged"))
    } else {
        None
    };
    let listed: String = record.unexpected_findings.iter().map(crate::console::finding_lines).collect();
    let mut status = TestCaseStatus::success();
    if let Some((kind, cause, message)) = told {
        status = TestCaseStatus::non_success(kind);
        status.set_message(message);
        status.set_type(cause);
        status.set_description(listed.clone());
    }
    let mut case = TestCase::new("calls that belong to no scenario", status);
    case.set_classname("unexpected");
    case.set_time(Duration::ZERO);
    let passed: u32 = record.unexpected_passed.values().sum();
    case.set_assertions(record.unexpected_findings.len() + usize::try_from(passed).unwrap_or(usize::MAX));
    if told.is_none() {
        case.set_system_out(listed);
    }
    suite.add_test_case(case);
    suite
}
