//! All formats of one record give the same numbers: scenarios by verdict, findings by outcome.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod sample;

use counterpart_evidence::{Counts, FindingOutcome, Level, RunRecord, ScenarioId, Verdict};
use counterpart_report::{Colour, Format, NoBodies, Options, console, render, tally};

const VERDICTS: [Verdict; 9] = [
    Verdict::Pass,
    Verdict::Warning,
    Verdict::Fail,
    Verdict::Inconclusive,
    Verdict::Error,
    Verdict::Review,
    Verdict::Skipped,
    Verdict::NotApplicable,
    Verdict::NotRun,
];

/// The sample with a count of its own for each verdict and for each outcome, so that no two can be taken for each other.
fn uneven() -> RunRecord {
    let mut record = sample::sample().record;
    let first = record.scenarios[0].clone();
    record.scenarios.clear();
    record.summary = Counts::default();
    for (place, verdict) in VERDICTS.into_iter().enumerate() {
        for number in 0..=place {
            let mut scenario = first.clone();
            scenario.id = ScenarioId::new(&format!("orchard/{}/{number}", verdict.name()));
            scenario.verdict = verdict;
            record.summary.add(verdict);
            record.scenarios.push(scenario);
        }
    }
    record.scenarios[0].attempts[0].steps[0].not_applying.insert(counterpart_evidence::CheckId::new("seldom"), 20_000);
    let outcomes = [(FindingOutcome::Skip, 3), (FindingOutcome::Error, 5), (FindingOutcome::Fail, 7)];
    for (outcome, count) in outcomes {
        for finding in std::iter::repeat_n(record.unexpected_findings[0].clone(), count) {
            record.unexpected_findings.push(counterpart_evidence::Finding { outcome, ..finding });
        }
    }
    record
}

/// Reads the number that stands between two pieces of text.
fn number(text: &str, before: &str, after: &str) -> u64 {
    let rest = text.split_once(before).unwrap_or_else(|| panic!("no `{before}`")).1;
    rest.split_once(after).unwrap().0.trim().parse().unwrap()
}

fn cases(junit: &str, what: &str) -> u64 {
    junit.matches(what).count() as u64
}

/// Asserts that every format of a record says the same numbers.
fn agree(record: &RunRecord) {
    let all = tally(record);
    let rendered = |format| String::from_utf8(render(record, &NoBodies, format, &Options::default()).unwrap()).unwrap();
    let (html, xml, junit) = (rendered(Format::Html), rendered(Format::Xml), rendered(Format::Junit));
    let json: RunRecord = serde_json::from_str(&rendered(Format::Json)).unwrap();
    let console = console(record, Colour::Never);
    let summary = xml.split_once("<summary ").unwrap().1.split_once('>').unwrap().0;
    let scenarios = console.lines().find(|line| line.starts_with("  scenarios")).unwrap();
    for (verdict, count) in record.summary.each() {
        let (name, count) = (verdict.name(), u64::from(count));
        assert_eq!(number(&html, &format!("data-count=\"{name}\"><b>"), "<"), count, "HTML {name}");
        let articles = html.split("<article class=\"scenario\"").skip(1).filter_map(|one| one.split('>').next());
        let listed = articles.filter(|tag| tag.contains(&format!("data-verdict=\"{name}\""))).count() as u64;
        assert_eq!(listed, count, "listed in HTML: {name}");
        let elements = xml.split("<scenario ").skip(1).filter_map(|one| one.split('>').next());
        let listed = elements.filter(|tag| tag.contains(&format!(" verdict=\"{name}\""))).count() as u64;
        assert_eq!(listed, count, "listed in XML: {name}");
        assert_eq!(number(&format!(" {summary}"), &format!(" {name}=\""), "\""), count, "XML {name}");
        assert_eq!(scenarios.contains(&format!("{count} {name}")), count > 0, "console {name}");
        assert_eq!(cases(&junit, &format!("<property name=\"verdict\" value=\"{name}\"/>")), count, "JUnit {name}");
    }
    assert_eq!(json.summary, record.summary);
    assert_eq!(tally(&json), all);
    for (name, count) in [("pass", all.pass), ("fail", all.fail), ("skip", all.skip), ("error", all.error)] {
        assert_eq!(number(&html, &format!("data-tally=\"{name}\">"), "<"), count, "HTML {name}");
        let findings = xml.split_once("<findings ").unwrap().1.split_once('>').unwrap().0;
        assert_eq!(number(&format!(" {findings}"), &format!(" {name}=\""), "\""), count, "XML {name}");
        assert_eq!(number(&junit, &format!("name=\"findings.{name}\" value=\""), "\""), count, "JUnit {name}");
        assert!(console.contains(&format!("{count} {name}")), "console {name}");
    }
    // Not only the sums that are printed, but what is listed adds up to them.
    let counted: u64 = xml.split("<not-applying ").skip(1).map(|rest| number(rest, "count=\"", "\"")).sum();
    for (name, count) in [("fail", all.fail), ("skip", all.skip - counted), ("error", all.error)] {
        assert_eq!(cases(&xml, &format!("outcome=\"{name}\"")), count, "listed in XML: {name}");
    }
    let passed: u64 = xml.split("<passed ").skip(1).map(|rest| number(rest, "count=\"", "\"")).sum();
    assert_eq!(passed, all.pass, "listed in XML: pass");
    let assertions: u64 =
        junit.split("assertions=\"").skip(1).map(|rest| rest.split_once('"').unwrap().0.parse::<u64>().unwrap()).sum();
    assert_eq!(assertions, all.total(), "listed in JUnit");
    // Calls that belong to no scenario are one case more: a failure, else an error where something of them was not judged.
    let failed = record.unexpected_findings.iter().any(|one| one.effect.name() == "fail");
    let unjudged = record
        .unexpected_findings
        .iter()
        .any(|one| one.outcome == FindingOutcome::Error || one.is_unjudged() && one.level == Level::Must);
    assert_eq!(cases(&junit, "<failure "), u64::from(record.summary.fail + u32::from(failed)));
    let errors = record.summary.error + record.summary.inconclusive + u32::from(!failed && unjudged);
    assert_eq!(cases(&junit, "<error "), u64::from(errors));
    let skipped = record.summary.skipped + record.summary.not_applicable + record.summary.not_run + record.summary.review;
    assert_eq!(cases(&junit, "<skipped "), u64::from(skipped));
}

#[test]
fn every_format_agrees_on_every_count() {
    agree(&sample::sample().record);
}

#[test]
fn every_format_agrees_where_no_two_counts_are_equal() {
    let record = uneven();
    let (all, each) = (tally(&record), record.summary.each());
    assert_eq!(each.iter().map(|(_, count)| *count).collect::<std::collections::BTreeSet<_>>().len(), VERDICTS.len());
    assert_eq!([all.pass, all.fail, all.skip, all.error].into_iter().collect::<std::collections::BTreeSet<_>>().len(), 4);
    agree(&record);
}
