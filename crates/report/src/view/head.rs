//! The top of the report: verdict, counts, limits, and whether the pack is what it says it is.

use crate::limits::{GLANCE_MAX, NAMES_MAX};
use crate::options::Options;
use crate::tally::{Tally, tally};
use crate::text;
use counterpart_evidence::{Conductor, FindingEffect, FindingOutcome, Role, RunMode, RunRecord, Verdict};
use serde::Serialize;

/// A name and value of the run.
#[derive(Debug, Serialize)]
pub(crate) struct Fact {
    name: &'static str,
    value: String,
    code: bool,
}

/// A count of one verdict, with its part of the bar.
#[derive(Debug, Serialize)]
pub(crate) struct CountOf {
    verdict: &'static str,
    count: u32,
    shown: bool,
    x: u32,
    width: u32,
}

/// Something that was not tested.
#[derive(Debug, Serialize)]
pub(crate) struct LimitOf {
    what: String,
    why: String,
}

/// A check whose force was changed.
#[derive(Debug, Serialize)]
pub(crate) struct Change {
    check: String,
    change: String,
    reason: String,
}

/// The top of the report.
#[derive(Debug, Serialize)]
pub(crate) struct Head {
    title: String,
    product: String,
    pack: String,
    verdict: &'static str,
    lead: String,
    sentence: String,
    /// Build, pack, conductor and day in a line.
    by: String,
    partial: bool,
    ended_early: Option<String>,
    unfinished: bool,
    facts: Vec<Fact>,
    counts: Vec<CountOf>,
    scenarios: u32,
    findings: Tally,
    /// What the failed checks did to the verdict, in words; absent where none failed.
    weight: Option<String>,
    limits: Vec<LimitOf>,
    limits_first: Vec<String>,
    limits_more: Option<String>,
    changes: Vec<Change>,
    altered: Option<String>,
    modified: Vec<String>,
    modified_left: Option<String>,
    conductor: &'static str,
    rehearsal: Option<&'static str>,
    format: &'static str,
    version: u32,
    run: String,
    tool: String,
    evidence: Option<String>,
    folder: Option<String>,
    started: String,
    notice: &'static str,
}

/// Makes the top of the report.
pub(crate) fn head(record: &RunRecord, options: &Options) -> Head {
    let product = product(record);
    let modified = record.pack.modified.len();
    let left = modified.saturating_sub(NAMES_MAX) as u64;
    Head {
        title: format!("{}: {}", record.verdict.name(), product),
        pack: text::line(&record.pack.title),
        product,
        verdict: record.verdict.name(),
        lead: lead(record),
        sentence: sentence(record.verdict).to_owned(),
        by: by(record),
        partial: record.partial,
        ended_early: record.ended_early.as_deref().map(text::line),
        unfinished: record.finished.is_none(),
        facts: facts(record, options),
        counts: counts(record),
        scenarios: record.summary.each().iter().map(|(_, count)| count).sum(),
        findings: tally(record),
        weight: weight(record),
        limits: record
            .limits
            .iter()
            .map(|limit| LimitOf { what: text::line(&limit.what), why: text::line(&limit.why) })
            .collect(),
        limits_first: record.limits.iter().take(GLANCE_MAX).map(|limit| text::label(&limit.what, 100)).collect(),
        limits_more: more(record.limits.len()),
        changes: record
            .changes
            .iter()
            .map(|change| Change {
                check: text::line(change.check.as_str()),
                change: text::line(&change.change),
                reason: text::line(&change.reason),
            })
            .collect(),
        altered: altered(record),
        modified: record.pack.modified.iter().take(NAMES_MAX).map(|name| text::line(name)).collect(),
        modified_left: (left > 0).then(|| format!("and {} more", text::count(left))),
        conductor: conductor(record.conductor),
        rehearsal: match record.mode {
            RunMode::Demo => {
                Some("Both sides were played by Counterpart itself: a demonstration, not a test of anyone's system.")
            }
            RunMode::Prove => Some(
                "Counterpart judged its own mirror, or a mutant of it: a proof of the checks, not a test of anyone's system.",
            ),
            RunMode::Run | RunMode::Simulate => None,
        },
        format: "counterpart-report-html",
        version: 1,
        run: text::line(&record.run),
        tool: text::line(&format!("{} {}", record.tool.name, record.tool.version)),
        evidence: options.evidence_digest.as_deref().map(text::line),
        folder: options.folder.as_deref().map(text::line),
        started: text::line(&record.started),
        notice: crate::NOTICE,
    }
}

/// Counts what a short list leaves out.
pub(super) fn more(all: usize) -> Option<String> {
    let left = all.saturating_sub(GLANCE_MAX) as u64;
    (left > 0).then(|| format!("{} more", text::count(left)))
}

fn product(record: &RunRecord) -> String {
    let supplier = &record.supplier;
    let parts = [&supplier.name, &supplier.product, &supplier.version];
    let words: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    if words.is_empty() { "supplier not named".to_owned() } else { text::line(&words.join(" ")) }
}

fn by(record: &RunRecord) -> String {
    let build = record.supplier.build.as_deref().map_or_else(|| "no build named".to_owned(), |build| format!("build {build}"));
    let pack = &record.pack;
    let released = match pack.released {
        Some(true) => "as released",
        Some(false) => "modified",
        None => "not known to be as released",
    };
    let conductor = conductor(record.conductor);
    text::line(&format!(
        "{build} · pack {} {}, {released} · conducted by {conductor} · {}",
        pack.name, pack.version, record.started
    ))
}

/// Says the numbers behind the verdict in one line.
fn lead(record: &RunRecord) -> String {
    let total: u32 = record.summary.each().iter().map(|(_, count)| count).sum();
    let verdict = record.verdict;
    let count = match verdict {
        Verdict::Inconclusive => record.summary.inconclusive + record.summary.not_run,
        other => record.summary.each().iter().find(|(each, _)| *each == other).map_or(0, |(_, count)| *count),
    };
    let words = match verdict {
        Verdict::Error => "could not be judged by our fault or the set-up's",
        Verdict::Fail => "failed",
        Verdict::Inconclusive => "could not be judged",
        Verdict::NotApplicable => "not applicable",
        Verdict::NotRun => "never reached",
        Verdict::Pass => "passed",
        Verdict::Review => "left for a person to review",
        Verdict::Skipped => "left out",
        Verdict::Warning => "passed with a warning",
    };
    format!("{} of {} {words}", text::count(u64::from(count)), text::counted(u64::from(total), "scenario"))
}

/// Says what a verdict means; the words are those of design section 1.
pub(crate) fn sentence(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Error => "Our side, the machine or the set-up broke, so the system under test was not judged.",
        Verdict::Fail => "The system under test broke a requirement of level must.",
        Verdict::Inconclusive => "Something claimed or mandatory could not be judged, for instance because no call came in time.",
        Verdict::NotApplicable => "Nothing applied: what was selected is optional and not claimed.",
        Verdict::NotRun => "What was selected was never reached.",
        Verdict::Pass => "Every must and should that was tested held.",
        Verdict::Review => "A person must attest what no machine can test.",
        Verdict::Skipped => "All was left out on purpose.",
        Verdict::Warning => {
            "Every must that was tested held; a should did not, or an assumption of ours did not, or it passed only after a retry."
        }
    }
}

fn conductor(conductor: Conductor) -> &'static str {
    match conductor {
        Conductor::Laboratory => "a test laboratory",
        Conductor::SelfRun => "the supplier itself (self-run)",
        Conductor::Witnessed => "the supplier, with a witness (witnessed)",
    }
}

fn altered(record: &RunRecord) -> Option<String> {
    match record.pack.released {
        Some(true) => None,
        Some(false) => {
            let files = text::counted(record.pack.modified.len() as u64, "file");
            Some(format!(
                "The pack is not as released with this tool: {files} differ. A result under a changed pack is not comparable with others."
            ))
        }
        None => Some("Whether the pack is as released could not be told: this tool holds no copy to compare with.".to_owned()),
    }
}

/// Says what the checks that failed did to the verdict, for most of what fails in a careful product only warns.
fn weight(record: &RunRecord) -> Option<String> {
    let steps = record.scenarios.iter().flat_map(|scenario| &scenario.attempts).flat_map(|attempt| &attempt.steps);
    let all = steps.flat_map(|step| &step.findings).chain(&record.unexpected_findings);
    let (mut fail, mut warn, mut none) = (0_u64, 0_u64, 0_u64);
    for finding in all.filter(|finding| finding.outcome == FindingOutcome::Fail) {
        *match finding.effect {
            FindingEffect::Fail => &mut fail,
            FindingEffect::Warning => &mut warn,
            FindingEffect::None => &mut none,
        } += 1;
    }
    (fail + warn + none > 0).then(|| {
        format!("{} broke a must, {} warned, {} changed nothing", text::count(fail), text::count(warn), text::count(none))
    })
}

fn counts(record: &RunRecord) -> Vec<CountOf> {
    let total: u32 = record.summary.each().iter().map(|(_, count)| count).sum::<u32>().max(1);
    let mut sum = 0_u32;
    let at = |sum: u32| u32::try_from(u64::from(sum) * 1_000 / u64::from(total)).unwrap_or(1_000);
    record
        .summary
        .each()
        .into_iter()
        .map(|(verdict, count)| {
            let x = at(sum);
            sum += count;
            CountOf { verdict: verdict.name(), count, shown: count > 0, x, width: at(sum) - x }
        })
        .collect()
}

/// Names the clock; times in a report are its times, which a reader of a scaled run must know.
fn clock(clock: &str) -> String {
    match clock.strip_prefix("scaled:") {
        Some(factor) => format!("{clock}: it ran {factor} times as fast, and the times in this report are its times"),
        None if clock == "virtual" => "virtual: the times in this report are its times, not those of the day".to_owned(),
        None => clock.to_owned(),
    }
}

fn facts(record: &RunRecord, options: &Options) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut add = |name, value: Option<&str>, code| {
        facts.extend(value.map(|value| Fact { name, value: text::line(value), code }));
    };
    let supplier = &record.supplier;
    add("Supplier", Some(supplier.name.as_deref().unwrap_or("not named")), false);
    let product = [&supplier.product, &supplier.version].into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ");
    add("Product", Some(if product.is_empty() { "not named" } else { &product }), false);
    add(
        "Build",
        Some(supplier.build.as_deref().unwrap_or("not given: the result is not bound to a build")),
        supplier.build.is_some(),
    );
    add("Pack", Some(&format!("{} {}, profile {}", record.pack.name, record.pack.version, record.pack.profile)), false);
    add("Pack digest", Some(&record.pack.digest), true);
    let released = match record.pack.released {
        Some(true) => "as released with this tool",
        Some(false) => "modified",
        None => "not known",
    };
    add("Pack is", Some(released), false);
    let role = match record.role {
        Role::Consumer => "Counterpart called (consumer); the system under test is a server",
        Role::Provider => "Counterpart answered (provider); the system under test is a client",
    };
    add("Roles", Some(role), false);
    add("Conducted by", Some(conductor(record.conductor)), false);
    add("Began", Some(&record.started), false);
    add("Ended", Some(record.finished.as_deref().unwrap_or("was cut off")), false);
    add("Took", Some(&text::duration(record.duration_us)), false);
    add("Run", Some(&record.run), true);
    add("Made with", Some(&format!("{} {}", record.tool.name, record.tool.version)), false);
    add("Seed", Some(&record.seed), true);
    add("Clock", Some(&clock(&record.clock)), false);
    for (name, address) in &record.endpoints {
        add("Endpoint", Some(&format!("{name}: {address}")), false);
    }
    add("Evidence digest", options.evidence_digest.as_deref(), true);
    facts
}
