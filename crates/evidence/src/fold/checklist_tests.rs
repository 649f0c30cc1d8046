//! What a run says to the rows of a checklist, by table.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use crate::samples::*;
use crate::{
    Checklist, ChecklistItem, ChecklistPart, ChecklistRest, ChecklistRow, Event, FindingEffect, FindingOutcome, PartKind,
    RequirementId, Role, RowVerdict, RunHeader, ScenarioId, ShownBy, Verdict, fold, merge,
};
use std::collections::BTreeMap;

fn item(kind: PartKind, id: &str, scenarios: &[&str]) -> ChecklistItem {
    let scenarios = scenarios.iter().map(|id| ScenarioId::new(id)).collect();
    ChecklistItem {
        id: "F1".to_owned(),
        text: "It holds.".to_owned(),
        roles: vec![Role::Consumer],
        parts: vec![ChecklistPart { kind, id: id.to_owned(), scenarios }],
        rest: None,
        cells: BTreeMap::new(),
        words: BTreeMap::new(),
    }
}

fn of_requirement() -> ChecklistItem {
    item(PartKind::Requirement, "R", &["s", "t"])
}

fn with(row: ChecklistItem) -> RunHeader {
    let mut header = header(vec![scenario("s", &["R"]), scenario("t", &["R"])], vec![requirement("R")]);
    header.checklist = Some(Checklist { title: "Form".to_owned(), source: None, columns: Vec::new(), rows: vec![row] });
    header
}

/// Plays `s` and `t` with what is judged in each, and gives the row.
fn said(header: RunHeader, in_s: Vec<Event>, in_t: Option<Vec<Event>>) -> ChecklistRow {
    let mut all = vec![started(header), begin("s", 1)];
    all.extend(in_s);
    all.push(end("s", 1));
    if let Some(events) = in_t {
        all.push(begin("t", 1));
        all.extend(events);
        all.push(end("t", 1));
    }
    all.push(run_ended());
    fold(stamp(all)).unwrap().checklist.unwrap().rows[0].clone()
}

fn passes(scenario: &str) -> Vec<Event> {
    vec![judged(scenario, 1, Vec::new(), &[("c", "R")])]
}

fn skip_t(header: &mut RunHeader) {
    header.scenarios[1].settled = Some((Verdict::Skipped, "not selected".to_owned()));
}

#[test]
fn a_row_passes_only_where_all_that_it_stands_for_was_played() {
    for row in [of_requirement(), item(PartKind::Check, "c", &["s", "t"]), item(PartKind::Scenario, "s", &["s", "t"])] {
        let whole = said(with(row.clone()), passes("s"), Some(passes("t")));
        assert_eq!((whole.verdict, whole.open.len()), (RowVerdict::Pass, 0), "{whole:?}");
        let mut header = with(row);
        skip_t(&mut header);
        let partial = said(header, passes("s"), None);
        assert_eq!(partial.verdict, RowVerdict::Partial);
        assert_eq!(partial.open, ["1 scenario skipped: t: not selected"]);
    }
}

#[test]
fn a_row_of_which_nothing_was_played_is_not_tested_and_says_why() {
    let mut header = with(item(PartKind::Check, "c", &["t"]));
    skip_t(&mut header);
    let row = said(header, passes("s"), None);
    // The check passed in a scenario that the row does not name, and so the row is open all the same.
    assert_eq!((row.verdict, row.open.len()), (RowVerdict::Partial, 1));
    let mut header = with(item(PartKind::Check, "other", &["t"]));
    skip_t(&mut header);
    let row = said(header, passes("s"), None);
    assert_eq!((row.verdict, row.seen.as_str()), (RowVerdict::NotTested, "nothing of it was played"));
    assert_eq!(row.open, ["1 scenario skipped: t: not selected"]);
}

#[test]
fn a_check_that_never_applied_is_not_tested() {
    let skipped = vec![judged("s", 1, vec![finding("d", "R", FindingOutcome::Skip, FindingEffect::None)], &[("c", "R")])];
    let row = said(with(item(PartKind::Check, "d", &["s"])), skipped, Some(passes("t")));
    assert_eq!((row.verdict, &row.open[..]), (RowVerdict::NotTested, &["check `d` was never applied".to_owned()][..]));
}

#[test]
fn a_failure_is_told_with_its_place_and_only_the_last_attempt_counts() {
    let broken = || vec![judged("t", 1, vec![fail("c", "R")], &[])];
    let row = said(with(of_requirement()), passes("s"), Some(broken()));
    assert_eq!((row.verdict, row.passed, row.failed), (RowVerdict::Fail, 1, 1));
    assert_eq!(row.seen, "1 finding failed, 1 finding passed; 2 scenarios played; `c`: c does not hold");
    // A row of another check of the same requirement is not touched by it.
    let row = said(with(item(PartKind::Check, "d", &["s"])), vec![judged("s", 1, Vec::new(), &[("d", "R")])], Some(broken()));
    assert_eq!(row.verdict, RowVerdict::Pass);
    let mut again = broken();
    again.extend([end("t", 1), begin("t", 2), judged("t", 2, Vec::new(), &[("c", "R")]), end("t", 2)]);
    let row = said(with(item(PartKind::Check, "c", &["s", "t"])), passes("s"), Some(again));
    assert_eq!(row.verdict, RowVerdict::Pass);
}

#[test]
fn what_warns_warns_and_what_was_not_judged_is_inconclusive() {
    let slips = vec![judged("t", 1, vec![finding("c", "R", FindingOutcome::Fail, FindingEffect::Warning)], &[])];
    assert_eq!(said(with(of_requirement()), passes("s"), Some(slips)).verdict, RowVerdict::Warning);
    let row = said(with(of_requirement()), passes("s"), Some(vec![step("t", 1, 1)]));
    assert_eq!(row.verdict, RowVerdict::Inconclusive, "{row:?}");
}

#[test]
fn what_is_left_to_others_stays_open_until_a_person_attests_it() {
    let left = |mut item: ChecklistItem, by| {
        item.rest = Some(ChecklistRest { by, text: "A signature.".to_owned() });
        item
    };
    let both = |row| said(with(row), passes("s"), Some(passes("t")));
    let row = both(left(of_requirement(), ShownBy::Person));
    assert_eq!(
        (row.verdict, row.open.as_slice()),
        (RowVerdict::Partial, &["to be shown by a person: A signature.".to_owned()][..])
    );
    let mut alone = left(of_requirement(), ShownBy::Integration);
    alone.parts.clear();
    assert_eq!(both(alone.clone()).verdict, RowVerdict::Integration);
    let mut header = with(alone);
    header.attested.insert(RequirementId::new("F1"), "A. Tester on 2026-11-22: seen".to_owned());
    let row = said(header, passes("s"), Some(passes("t")));
    assert_eq!((row.verdict, row.seen.as_str()), (RowVerdict::Pass, "attested: A. Tester on 2026-11-22: seen"));
}

#[test]
fn a_row_about_the_other_side_is_not_tested_whatever_it_names() {
    let mut row = of_requirement();
    row.roles = vec![Role::Provider];
    let row = said(with(row), passes("s"), Some(passes("t")));
    assert_eq!((row.verdict, row.passed), (RowVerdict::NotTested, 0));
    assert_eq!(row.seen, "the row is about a client, and this run tested a server");
}

#[test]
fn what_is_not_claimed_is_not_applicable() {
    let mut header = with(of_requirement());
    header.requirements[0].claim = Some("x".to_owned());
    header.claims = vec![claim("x", "optional", false)];
    let row = said(header, Vec::new(), None);
    assert_eq!((row.verdict, row.open.len()), (RowVerdict::NotApplicable, 0));
}

#[test]
fn runs_of_two_days_fill_one_checklist() {
    let day = |scenario: &str, other: usize| {
        let mut header = with(of_requirement());
        header.scenarios[other].settled = Some((Verdict::Skipped, "not selected".to_owned()));
        let events = vec![started(header), begin(scenario, 1), passes(scenario).remove(0), end(scenario, 1), run_ended()];
        fold(stamp(events)).unwrap()
    };
    let (first, second) = (day("s", 1), day("t", 0));
    assert_eq!(first.checklist.as_ref().unwrap().rows[0].verdict, RowVerdict::Partial);
    let merged = merge(&[first, second]).unwrap();
    assert_eq!(merged.checklist.unwrap().rows[0].verdict, RowVerdict::Pass);
}

#[test]
fn a_check_that_passed_outside_every_scenario_counts_and_leaves_the_row_open() {
    let events =
        vec![started(with(item(PartKind::Check, "c", &["s"]))), exchange(1, None, Vec::new(), &[("c", "R")]), run_ended()];
    let row = fold(stamp(events)).unwrap().checklist.unwrap().rows[0].clone();
    assert_eq!((row.verdict, row.passed), (RowVerdict::Partial, 1));
}
