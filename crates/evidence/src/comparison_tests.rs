//! Runs held against runs and against known findings.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use crate::fold::limits_of;
use crate::samples::*;
use crate::{
    BaselineEntry, CheckId, Error, Level, Limit, RunRecord, ScenarioId, Stamped, Verdict, apply, diff, fold, merge, run_schema,
};

fn run_of(first: bool, second: bool) -> RunRecord {
    let of = |scenario: &str, check: &str, requirement: &str, holds: bool| match holds {
        true => judged(scenario, 1, vec![], &[(check, requirement)]),
        false => judged(scenario, 1, vec![fail(check, requirement)], &[]),
    };
    let head = header(vec![scenario("a", &["R1"]), scenario("b", &["R2"])], vec![requirement("R1"), requirement("R2")]);
    let events = vec![
        started(head),
        begin("a", 1),
        of("a", "c1", "R1", first),
        end("a", 1),
        begin("b", 1),
        of("b", "c2", "R2", second),
        end("b", 1),
        run_ended(),
    ];
    fold(stamp(events)).unwrap()
}

#[test]
fn difference_is_told_in_the_readers_words() {
    let difference = diff(&run_of(true, false), &run_of(false, true));
    let wanted = "newly failing (2):\n  scenario `a`: pass -> fail: c1: c1 does not hold\n  requirement `R1`: pass -> fail\n\
                  fixed (2):\n  scenario `b`: fail -> pass\n  requirement `R2`: fail -> pass\n";
    assert_eq!(difference.words(), wanted);
    assert!(difference.is_news());
    let same = diff(&run_of(true, false), &run_of(true, false));
    assert_eq!((same.words().as_str(), same.is_news()), ("nothing changed\n", false));
}

#[test]
fn other_evidence_and_other_rules_are_told_apart() {
    let before = run_of(true, false);
    let mut after = before.clone();
    after.scenarios[1].attempts[0].steps[0].findings[0].actual = Some("404".to_owned());
    after.requirements[0].requirement.level = Level::Should;
    after.pack.digest = "other".to_owned();
    after.requirements.push(crate::RequirementRecord {
        requirement: requirement("R3"),
        verdict: Verdict::Pass,
        ..after.requirements[0].clone()
    });
    let difference = diff(&before, &after);
    assert_eq!(difference.evidence_changed.len(), 1);
    assert_eq!(difference.evidence_changed[0].detail.as_deref(), Some("now c2 found `404`"));
    let rules: Vec<_> = difference.rule_changed.iter().map(|change| (change.id.as_str(), change.after.as_str())).collect();
    assert_eq!(rules, [("sample", "version  (digest other)"), ("R1", "should")]);
    assert_eq!(difference.new[0].id, "R3");
    assert_eq!(diff(&after, &before).gone[0].id, "R3");
    assert!(!difference.is_news());
}

#[test]
fn runs_of_one_build_merge_into_one_table() {
    let mut first = run_of(true, false);
    first.scenarios[1].verdict = Verdict::NotRun;
    first.scenarios[1].attempts.clear();
    let mut events =
        vec![started(header(vec![scenario("a", &["R1"]), scenario("b", &["R2"])], vec![requirement("R1"), requirement("R2")]))];
    events.extend([begin("b", 1), exchange(1, Some("b"), vec![], &[("c2", "R2")]), end("b", 1), run_ended()]);
    let mut second = fold(stamp(events)).unwrap();
    second.started = "2026-11-25T10:00:00Z".to_owned();
    let earlier_exchange = fold(vec![whole_run()[0].clone(), whole_run()[3].clone()]).unwrap().exchanges;
    first.exchanges = earlier_exchange;
    let merged = merge(&[second.clone(), first.clone()]).unwrap();
    assert_eq!(merged.verdict, Verdict::Pass);
    assert!(!merged.partial && merged.requirements.iter().all(|one| one.verdict == Verdict::Pass), "{:?}", merged.requirements);
    let ids: Vec<u64> = merged.exchanges.iter().map(|exchange| exchange.id.0).collect();
    assert_eq!(ids, [1, 2]);
    assert_eq!(merged.scenarios[1].attempts[0].steps[0].exchanges[0].0, 2);
    first.supplier.build = Some("another".to_owned());
    assert!(matches!(merge(&[second, first]), Err(Error::Merge { .. })));
}

/// What only a run itself knows of its limits, such as how late its machine was, is not lost where it is merged.
#[test]
fn merged_runs_keep_the_limits_of_each_but_what_was_made_up_for() {
    let limit = |what: &str| Limit { what: what.to_owned(), why: "w".to_owned() };
    let mut first = run_of(true, false);
    first.scenarios[1].verdict = Verdict::NotRun;
    first.scenarios[1].attempts.clear();
    first.limits = limits_of(&first.scenarios, &first.requirements, &first.claims);
    assert_eq!(first.limits.len(), 1, "{:?}", first.limits);
    first.limits.extend([limit("the rest of the run"), limit("late"), limit("both")]);
    let mut second = run_of(true, false);
    second.started = "2026-11-25T10:00:00Z".to_owned();
    second.limits = vec![limit("both"), limit("set")];
    let merged = merge(&[first, second]).unwrap();
    let told: Vec<&str> = merged.limits.iter().map(|limit| limit.what.as_str()).collect();
    assert_eq!(told, ["late", "both", "set"]);
    assert_eq!(merge(std::slice::from_ref(&merged)).unwrap().limits, merged.limits);
}

#[test]
fn baseline_tells_news_from_what_is_known() {
    let entry = |scenario: &str, check: &str, expires: &str| BaselineEntry {
        scenario: Some(ScenarioId::new(scenario)),
        check: CheckId::new(check),
        reason: "to be mended".to_owned(),
        owner: "A. Tester".to_owned(),
        issue: "ISSUE-1".to_owned(),
        expires: expires.to_owned(),
    };
    let record = run_of(false, false);
    let entries = [
        entry("a", "c1", "2026-12-01"),
        entry("a", "gone", "2026-12-01"),
        entry("b", "c2", "2026-11-01"),
        entry("never-played", "c", "2026-12-01"),
        entry("a", "c", "soon"),
    ];
    let outcome = apply(&record, &entries, "2026-11-24");
    assert_eq!(outcome.known.iter().map(|one| one.check.as_str()).collect::<Vec<_>>(), ["c1"]);
    assert_eq!(outcome.news.iter().map(|one| one.check.as_str()).collect::<Vec<_>>(), ["c2"]);
    assert_eq!(outcome.stale, [entries[1].clone()]);
    assert_eq!(outcome.expired, [entries[2].clone(), entries[4].clone()]);
    assert!(!outcome.is_quiet());
    assert!(apply(&run_of(true, true), &[], "2026-11-24").is_quiet());
}

#[test]
fn schema_names_the_record_and_record_survives_json() {
    let schema = run_schema();
    assert_eq!(schema["title"], "RunRecord");
    assert!(schema["properties"]["unexpected-findings"].is_object());
    let run: Vec<Stamped> = whole_run();
    let record = fold(run).unwrap();
    let text = serde_json::to_string(&record).unwrap();
    assert_eq!(serde_json::from_str::<RunRecord>(&text).unwrap(), record);
}
