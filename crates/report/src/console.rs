//! The summary for a terminal: verdict and limits first, then what to change and how to play it again.

use crate::limits::CONSOLE_FAILURES_MAX;
use crate::{tally, text};
use counterpart_evidence::{Cause, Finding, FindingEffect, FindingOutcome, RunRecord, ScenarioRecord, Verdict};
use std::fmt::Write as _;

/// Whether a summary carries colours (ECMA-48 §8.3.117); no word depends on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Colours.
    Always,
    /// Plain text.
    Never,
}

impl Colour {
    fn paint(self, code: &str, words: &str) -> String {
        match self {
            Self::Always => format!("\u{1b}[{code}m{words}\u{1b}[0m"),
            Self::Never => words.to_owned(),
        }
    }
}

/// Writes the summary of a run; the caller adds where the files are.
#[must_use]
pub fn console(record: &RunRecord, colour: Colour) -> String {
    let mut out = String::new();
    write_failures(&mut out, record, colour);
    write_open(&mut out, record, colour);
    let partial = if record.partial { ", PARTIAL: not all that was claimed was tested" } else { "" };
    let verdict = format!("{}{partial}", record.verdict.name().to_uppercase());
    // Writing to a string cannot fail, here and below.
    let _ = writeln!(out, "{}  {}", colour.paint(code(record.verdict), &verdict), text::line(&record.pack.title));
    let counts: Vec<String> = record
        .summary
        .each()
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(verdict, count)| format!("{count} {}", verdict.name()))
        .collect();
    let _ = writeln!(out, "  scenarios  {}", if counts.is_empty() { "none".to_owned() } else { counts.join(", ") });
    let all = tally(record);
    let _ = writeln!(out, "  checks     {} pass, {} fail, {} skip, {} error", all.pass, all.fail, all.skip, all.error);
    write_limits(&mut out, record, colour);
    out
}

fn code(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "1;32",
        Verdict::Error | Verdict::Fail => "1;31",
        Verdict::Inconclusive | Verdict::NotRun | Verdict::Warning => "1;33",
        Verdict::NotApplicable | Verdict::Review | Verdict::Skipped => "1;36",
    }
}

/// Gives what the last attempt found.
fn findings_of(scenario: &ScenarioRecord) -> impl Iterator<Item = &Finding> {
    scenario.attempts.last().into_iter().flat_map(|attempt| &attempt.steps).flat_map(|step| &step.findings)
}

fn write_failures(out: &mut String, record: &RunRecord, colour: Colour) {
    let failed = record.scenarios.iter().flat_map(|scenario| findings_of(scenario).map(move |finding| (Some(scenario), finding)));
    let strays = record.unexpected_findings.iter().map(|finding| (None, finding));
    let failing = |(_, finding): &(Option<&ScenarioRecord>, &Finding)| {
        finding.outcome == FindingOutcome::Fail && finding.effect == FindingEffect::Fail
    };
    let all: Vec<_> = failed.chain(strays).filter(failing).collect();
    for (scenario, finding) in all.iter().take(CONSOLE_FAILURES_MAX) {
        let name = scenario.map_or("(no scenario)", |scenario| scenario.id.as_str());
        let _ = writeln!(out, "{} {}", colour.paint("1;31", "fail"), text::line(name));
        out.push_str(&finding_lines(finding));
        if let Some(scenario) = scenario {
            let _ = writeln!(out, "  replay     {}", text::line(&scenario.replay));
        }
        out.push('\n');
    }
    let left = all.len().saturating_sub(CONSOLE_FAILURES_MAX) as u64;
    if left > 0 {
        let _ = writeln!(out, "{}; the report holds all\n", text::counted(left, "more failure"));
    }
}

fn write_open(out: &mut String, record: &RunRecord, colour: Colour) {
    let open = record.scenarios.iter().filter(|scenario| matches!(scenario.verdict, Verdict::Error | Verdict::Inconclusive));
    let all: Vec<_> = open.collect();
    for scenario in all.iter().take(CONSOLE_FAILURES_MAX) {
        let word = colour.paint(code(scenario.verdict), scenario.verdict.name());
        let _ = writeln!(out, "{word} {}", text::line(scenario.id.as_str()));
        let cause = scenario.cause.map_or("not known", Cause::name);
        let undecided = || {
            let finding = findings_of(scenario).find(|finding| finding.outcome == FindingOutcome::Error)?;
            Some(format!("{}: {}", finding.check, finding.message))
        };
        let reason = scenario.reason.clone().or_else(undecided).unwrap_or_else(|| "see the report".to_owned());
        let _ = writeln!(
            out,
            "  reason     {} (cause: {cause})\n  replay     {}\n",
            text::line(&reason),
            text::line(&scenario.replay)
        );
    }
    let left = all.len().saturating_sub(CONSOLE_FAILURES_MAX) as u64;
    if left > 0 {
        let _ = writeln!(out, "{} not judged; the report holds all\n", text::counted(left, "more scenario"));
    }
}

fn write_limits(out: &mut String, record: &RunRecord, colour: Colour) {
    if let Some(early) = &record.ended_early {
        let _ = writeln!(out, "  ended      early: {}", text::line(early));
    }
    match record.pack.released {
        Some(false) => {
            let files = text::counted(record.pack.modified.len() as u64, "file");
            let _ = writeln!(out, "  pack       {}", colour.paint("33", &format!("not as released: {files} differ")));
        }
        None => out.push_str("  pack       whether it is as released is not known\n"),
        Some(true) => {}
    }
    for change in &record.changes {
        let line = format!("check {} {}: {}", change.check, change.change, change.reason);
        let _ = writeln!(out, "  changed    {}", text::line(&line));
    }
    // What only a person can show is one line here; the report has the reason of each.
    let (reviews, limits): (Vec<_>, Vec<_>) = record.limits.iter().partition(|limit| limit.requirement_for_review().is_some());
    for limit in limits.iter().take(CONSOLE_FAILURES_MAX) {
        let _ = writeln!(out, "  not tested {}: {}", text::line(&limit.what), text::line(&limit.why));
    }
    if !reviews.is_empty() {
        let ids: Vec<&str> = reviews.iter().filter_map(|limit| limit.requirement_for_review()).collect();
        let count = text::counted(ids.len() as u64, "requirement");
        let ids = text::line(&ids.join(", "));
        let _ = writeln!(
            out,
            "  for review {count} that a person must show, with evidence under [evidence] in the workspace file: {ids}"
        );
    }
    let left = limits.len().saturating_sub(CONSOLE_FAILURES_MAX) as u64;
    if left > 0 {
        let _ = writeln!(out, "  not tested {}", text::counted(left, "more limit"));
    }
}

/// Writes a finding in plain lines, as the console and JUnit show it.
pub(crate) fn finding_lines(finding: &Finding) -> String {
    let mut out = String::new();
    let mut write = |name: &str, value: &str| {
        let _ = writeln!(out, "  {name:<10} {}", text::line(value));
    };
    write("what", &finding.message);
    write("check", finding.check.as_str());
    write("rule", &format!("{} ({}, {})", finding.requirement, finding.level, finding.basis));
    if !finding.expected.is_empty() {
        write("expected", &finding.expected.join(" or "));
    }
    let mut optional = |name: &str, value: Option<&str>| value.into_iter().for_each(|value| write(name, value));
    optional("actual", finding.actual.as_deref());
    let place = finding.place.as_ref().map(|place| match (place.line, place.column) {
        (Some(line), Some(column)) => format!("{} {}, line {line} column {column}", place.part, place.path),
        (Some(line), None) => format!("{} {}, line {line}", place.part, place.path),
        _ => format!("{} {}", place.part, place.path),
    });
    optional("place", place.as_deref());
    optional("exchange", finding.exchange.map(|id| id.to_string()).as_deref());
    optional("change", finding.hint.as_deref());
    out
}
