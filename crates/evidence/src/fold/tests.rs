//! The fold, by table.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use crate::samples::*;
use crate::{
    Basis, Cause, CheckId, Event, Finding, FindingEffect, FindingOutcome, Level, Limit, RequirementId, RunMode, RunRecord,
    ScenarioId, Span, Stamped, Verdict, add_skipped, fold,
};
use proptest::prelude::*;

/// Plays one scenario `s` that covers `R`, and gives the record.
fn played(events: Vec<Event>) -> RunRecord {
    let mut all = vec![started(header(vec![scenario("s", &["R"])], vec![requirement("R")]))];
    all.extend(events);
    all.push(run_ended());
    fold(stamp(all)).unwrap()
}

fn one_attempt(events: Vec<Event>) -> RunRecord {
    let mut all = vec![begin("s", 1), step("s", 1, 1)];
    all.extend(events);
    all.extend([step_end("s", 1, 1, None), end("s", 1)]);
    played(all)
}

#[test]
fn verdict_of_a_scenario_follows_from_what_was_found() {
    let found = |outcome, effect| vec![judged("s", 1, vec![finding("c", "R", outcome, effect)], &[])];
    let table = [
        (vec![judged("s", 1, vec![], &[("c", "R")])], Verdict::Pass, None),
        (found(FindingOutcome::Fail, FindingEffect::Fail), Verdict::Fail, Some(Cause::Supplier)),
        (found(FindingOutcome::Fail, FindingEffect::Warning), Verdict::Warning, Some(Cause::Supplier)),
        (found(FindingOutcome::Fail, FindingEffect::None), Verdict::Pass, None),
        (found(FindingOutcome::Error, FindingEffect::None), Verdict::Error, Some(Cause::Simulator)),
        (found(FindingOutcome::Skip, FindingEffect::None), Verdict::Inconclusive, Some(Cause::Simulator)),
        (vec![], Verdict::Inconclusive, Some(Cause::Simulator)),
    ];
    for (events, verdict, cause) in table {
        let record = one_attempt(events.clone());
        assert_eq!((record.scenarios[0].verdict, record.scenarios[0].cause), (verdict, cause), "{events:?}");
        assert_eq!(record.verdict, verdict, "{events:?}");
        assert_eq!(record.requirements[0].verdict, verdict, "{events:?}");
    }
}

#[test]
fn checks_skipped_together_count_as_findings_of_their_exchange() {
    let mut told = exchange(4, Some("s"), Vec::new(), &[("c1", "R")]);
    let Event::Exchange { skipped, .. } = &mut told else { panic!("no exchange") };
    for check in ["c2", "c3"] {
        add_skipped(skipped, "a GET", (Level::Must, Basis::Published), (CheckId::new(check), RequirementId::new("R")));
    }
    let record = one_attempt(vec![told]);
    let found = &record.scenarios[0].attempts[0].steps[0].findings;
    let told: Vec<_> = found.iter().map(|one| (one.check.as_str(), one.outcome, one.exchange.map(|id| id.0))).collect();
    assert_eq!(told, [("c2", FindingOutcome::Skip, Some(4)), ("c3", FindingOutcome::Skip, Some(4))]);
    assert_eq!((record.requirements[0].skipped, record.requirements[0].passed), (2, 1));
    assert_eq!(record.verdict, Verdict::Pass);
}

#[test]
fn must_that_could_not_be_judged_is_inconclusive_beside_a_pass() {
    let unjudged = |level| Finding {
        level,
        cause: Some(Cause::Configuration),
        message: "clock too coarse".to_owned(),
        ..finding("c", "R", FindingOutcome::Skip, FindingEffect::None)
    };
    let played = |level| one_attempt(vec![judged("s", 1, vec![unjudged(level)], &[("other", "R")])]);
    let record = played(Level::Must);
    let (one, row) = (&record.scenarios[0], &record.requirements[0]);
    assert_eq!(
        (record.verdict, one.verdict, one.cause),
        (Verdict::Inconclusive, Verdict::Inconclusive, Some(Cause::Configuration))
    );
    assert_eq!(one.reason.as_deref(), Some("`c` was not judged: clock too coarse"));
    assert_eq!((row.verdict, row.reason.as_deref()), (Verdict::Inconclusive, Some("`c` was not judged: clock too coarse")));
    // A should changes nothing but its own row, a may nothing at all.
    let record = played(Level::Should);
    assert_eq!((record.verdict, record.requirements[0].verdict), (Verdict::Pass, Verdict::Inconclusive));
    let record = played(Level::May);
    assert_eq!((record.verdict, record.requirements[0].verdict), (Verdict::Pass, Verdict::Pass));
    // A check that did not apply stays without consequence, and does not push out one that was not judged.
    let skip = || finding("c", "R", FindingOutcome::Skip, FindingEffect::None);
    let record = one_attempt(vec![judged("s", 1, vec![skip()], &[("other", "R")])]);
    assert_eq!((record.verdict, record.requirements[0].verdict), (Verdict::Pass, Verdict::Pass));
    let mut many: Vec<Finding> = (0..crate::limits::FINDINGS_KEPT_MAX + 1).map(|_| skip()).collect();
    many.push(unjudged(Level::Must));
    let record = one_attempt(vec![judged("s", 1, many, &[("other", "R")])]);
    assert_eq!(record.requirements[0].verdict, Verdict::Inconclusive);
}

#[test]
fn checks_that_did_not_apply_are_counted_where_there_is_no_room_for_them() {
    let skip = |check: &str| finding(check, "R", FindingOutcome::Skip, FindingEffect::None);
    let most = crate::limits::NOT_APPLYING_KEPT_MAX;
    let mut many: Vec<Finding> = (0..most + 3).map(|_| skip("c")).collect();
    // The first of a check stands in full, and so does all that does apply.
    many.extend([skip("d"), skip("d"), finding("c", "R", FindingOutcome::Fail, FindingEffect::Fail)]);
    let record = one_attempt(vec![judged("s", 1, many, &[("other", "R")])]);
    let step = &record.scenarios[0].attempts[0].steps[0];
    assert_eq!((step.findings.len(), record.verdict), (most + 2, Verdict::Fail));
    let counted: Vec<(&str, u32)> = step.not_applying.iter().map(|(check, count)| (check.as_str(), *count)).collect();
    assert_eq!(counted, [("c", 3), ("d", 1)]);
    assert_eq!(u64::from(record.requirements[0].skipped), most as u64 + 5);
    assert!(record.limits.iter().all(|limit| !limit.what.contains("findings")), "{:?}", record.limits);
}

#[test]
fn header_fields_of_exchanges_are_kept_up_to_a_bound_and_room_is_left_for_what_failed() {
    let most = crate::limits::EXCHANGES_WHOLE_MAX as u64;
    let with_head = |id, findings| {
        let Event::Exchange { mut exchange, findings, passed, skipped, unmatched } = exchange(id, Some("s"), findings, &[])
        else {
            unreachable!()
        };
        let headers = std::iter::once(("A".to_owned(), "1".to_owned())).collect();
        let body = Some(Box::new(crate::BodyRef { digest: "0f".to_owned(), bytes: 3, ..crate::BodyRef::default() }));
        exchange.request = Some(crate::MessageRecord { headers, wire: body.clone(), body, ..crate::MessageRecord::default() });
        Event::Exchange { exchange, findings, passed, skipped, unmatched }
    };
    let failed = || vec![finding("c", "R", FindingOutcome::Fail, FindingEffect::Fail)];
    let mut events = vec![begin("s", 1), step("s", 1, 1)];
    events.extend((1..=most / 2 + 2).map(|id| with_head(id, Vec::new())));
    events.extend([with_head(most, failed()), end("s", 1)]);
    let record = played(events);
    let brief = |exchange: &&crate::ExchangeRecord| exchange.brief;
    assert_eq!(record.exchanges.iter().filter(brief).map(|one| one.id.0).collect::<Vec<_>>(), [most / 2 + 1, most / 2 + 2]);
    let told: Vec<&str> = record.limits.iter().map(|limit| limit.what.as_str()).filter(|what| what.contains("header")).collect();
    assert_eq!(told, ["header fields and exact bytes of 2 exchanges stand in the journal only"]);
    for exchange in &record.exchanges {
        let request = exchange.request.as_ref().unwrap();
        assert_eq!((request.headers.is_empty(), request.wire.is_none()), (exchange.brief, exchange.brief));
        assert_eq!(request.body.as_ref().unwrap().digest, "0f");
    }
}

#[test]
fn times_that_go_past_the_bound_are_told() {
    let span = Span { from_us: 1, to_us: Some(2), endpoint: None, what: "answers 503".to_owned() };
    let disturbed =
        |count| Event::Disturbed { scenario: ScenarioId::new("s"), attempt: 1, step: 1, spans: vec![span.clone(); count] };
    let limits = |count: usize| {
        let record = played(vec![begin("s", 1), step("s", 1, 1), disturbed(1), disturbed(count), end("s", 1)]);
        let kept = record.scenarios[0].attempts[0].steps[0].spans.len();
        (kept, record.limits.into_iter().map(|limit| limit.what).filter(|what| what.contains("on purpose")).collect::<Vec<_>>())
    };
    let most = crate::limits::SPANS_KEPT_MAX;
    assert_eq!(limits(most - 1), (most, Vec::new()));
    assert_eq!(
        limits(most + 1),
        (most, vec!["2 times in which something went wrong on purpose stand in the journal only".to_owned()])
    );
}

#[test]
fn steps_verdict_counts_and_gives_cause_and_reason() {
    let ended =
        |verdict, cause| played(vec![begin("s", 1), step("s", 1, 1), step_end("s", 1, 1, Some((verdict, cause))), end("s", 1)]);
    let record = ended(Verdict::Error, Cause::Configuration);
    let one = &record.scenarios[0];
    assert_eq!((one.verdict, one.cause), (Verdict::Error, Some(Cause::Configuration)));
    assert_eq!(one.reason.as_deref(), Some("the step is error"));
    let record = ended(Verdict::Skipped, Cause::Configuration);
    assert_eq!((record.scenarios[0].verdict, record.partial), (Verdict::Skipped, true));
}

#[test]
fn steps_after_a_skipped_action_do_not_make_it_inconclusive() {
    let left_out = Some((Verdict::Skipped, Cause::Configuration));
    let unreached = Some((Verdict::NotRun, Cause::Configuration));
    let events = vec![begin("s", 1), step_end("s", 1, 1, left_out), step_end("s", 1, 2, unreached), end("s", 1)];
    assert_eq!(played(events).scenarios[0].verdict, Verdict::Skipped);
}

#[test]
fn scenario_begun_and_not_ended_is_inconclusive_and_never_begun_is_not_run() {
    let record = played(vec![begin("s", 1), step("s", 1, 1), judged("s", 1, vec![], &[("c", "R")])]);
    assert_eq!(record.scenarios[0].verdict, Verdict::Inconclusive);
    assert_eq!(record.scenarios[0].attempts[0].steps[0].verdict, Verdict::Inconclusive);
    let record = played(vec![]);
    assert_eq!((record.scenarios[0].verdict, record.verdict, record.partial), (Verdict::NotRun, Verdict::Inconclusive, true));
    assert_eq!(record.requirements[0].verdict, Verdict::NotRun);
}

#[test]
fn finding_after_a_scenarios_end_still_counts() {
    let events = vec![begin("s", 1), step("s", 1, 1), judged("s", 1, vec![], &[("c", "R")]), end("s", 1)];
    let late = exchange(7, Some("s"), vec![fail("late", "R")], &[]);
    let record = played(events.into_iter().chain([late]).collect());
    assert_eq!((record.scenarios[0].verdict, record.requirements[0].verdict), (Verdict::Fail, Verdict::Fail));
}

#[test]
fn pass_after_a_failed_attempt_is_a_flaky_warning_unless_retries_pass() {
    let events = || {
        vec![
            begin("s", 1),
            judged("s", 1, vec![fail("c", "R")], &[]),
            end("s", 1),
            begin("s", 2),
            judged("s", 2, vec![], &[("c", "R")]),
            end("s", 2),
        ]
    };
    let record = played(events());
    let one = &record.scenarios[0];
    assert_eq!((one.verdict, one.flaky, one.attempts.len()), (Verdict::Warning, true, 2));
    // The last attempt decides for the requirement too.
    assert_eq!((record.requirements[0].verdict, record.requirements[0].failed), (Verdict::Pass, 0));
    let mut head = header(vec![scenario("s", &["R"])], vec![requirement("R")]);
    head.retry_passes = true;
    let all = [vec![started(head)], events(), vec![run_ended()]].concat();
    let record = fold(stamp(all)).unwrap();
    assert_eq!((record.scenarios[0].verdict, record.scenarios[0].flaky), (Verdict::Pass, true));
}

#[test]
fn settled_scenario_keeps_its_verdict_and_is_grouped_among_the_limits() {
    let settled = |id: &str, verdict, reason: &str| {
        let mut one = scenario(id, &["R"]);
        one.settled = Some((verdict, reason.to_owned()));
        one
    };
    let scenarios = vec![
        settled("a", Verdict::Skipped, "not selected"),
        settled("b", Verdict::Skipped, "not selected"),
        settled("c", Verdict::Review, "a person must look"),
        scenario("d", &["R"]),
    ];
    let events = vec![
        started(header(scenarios, vec![requirement("R")])),
        begin("d", 1),
        judged("d", 1, vec![], &[("c", "R")]),
        end("d", 1),
        run_ended(),
    ];
    let record = fold(stamp(events)).unwrap();
    assert_eq!((record.verdict, record.partial), (Verdict::Pass, true));
    let limit = Limit { what: "2 scenarios skipped: a, b".to_owned(), why: "not selected".to_owned() };
    assert!(record.limits.contains(&limit), "{:?}", record.limits);
    assert_eq!((record.summary.skipped, record.summary.review, record.summary.pass), (2, 1, 1));
}

#[test]
fn what_a_person_must_attest_is_listed_once() {
    let mut untestable = requirement("R");
    untestable.untestable = Some("it is about people".to_owned());
    let mut review = scenario("s", &["R"]);
    review.settled = Some((Verdict::Review, "it is about people".to_owned()));
    let record = fold(stamp(vec![started(header(vec![review], vec![untestable])), run_ended()])).unwrap();
    let said: Vec<&str> = record.limits.iter().map(|limit| limit.what.as_str()).collect();
    assert!(matches!(said[..], [one] if one.starts_with("requirement for review: R: ")), "{said:?}");
}

#[test]
fn requirement_whose_checks_were_never_reached_is_inconclusive() {
    let record = one_attempt(vec![judged("s", 1, vec![], &[("other", "X")])]);
    assert_eq!(record.scenarios[0].verdict, Verdict::Pass);
    let one = &record.requirements[0];
    assert_eq!(one.verdict, Verdict::Inconclusive);
    assert_eq!(one.reason.as_deref(), Some("no check of this requirement was reached"));
}

#[test]
fn untestable_requirement_is_for_review_until_it_is_attested() {
    let mut one = requirement("R");
    one.untestable = Some("it is about people".to_owned());
    let mut head = header(vec![], vec![one]);
    let record = fold(stamp(vec![started(head.clone()), run_ended()])).unwrap();
    assert_eq!((record.requirements[0].verdict, record.partial), (Verdict::Review, true));
    head.attested.insert(RequirementId::new("R"), "A. Tester, 2026-11-22: seen".to_owned());
    let record = fold(stamp(vec![started(head), run_ended()])).unwrap();
    let one = &record.requirements[0];
    assert_eq!((one.verdict, one.by.as_deref(), record.partial), (Verdict::Pass, Some("attestation"), false));
}

#[test]
fn claims_are_held_against_what_was_seen() {
    let mut hangs = requirement("R");
    hangs.claim = Some("no".to_owned());
    let mut exercised = scenario("s", &["R"]);
    exercised.claims = vec!["yes".to_owned(), "no".to_owned()];
    let mut head = header(vec![exercised], vec![hangs]);
    head.claims = vec![
        claim("yes", "optional", true),
        claim("no", "optional", false),
        claim("unseen", "optional", true),
        claim("duty", "mandatory", false),
    ];
    let events = vec![started(head), begin("s", 1), judged("s", 1, vec![], &[("c", "R")]), end("s", 1), run_ended()];
    let record = fold(stamp(events)).unwrap();
    let remarks: Vec<_> = record.claims.iter().map(|claim| (claim.exercised, claim.remark.as_deref())).collect();
    let wanted = [
        (true, None),
        (true, Some("seen, but not claimed")),
        (false, Some("claimed, but never exercised")),
        (false, Some("mandatory, but answered no")),
    ];
    assert_eq!(remarks, wanted);
    assert_eq!((record.requirements[0].verdict, record.requirements[0].claimed), (Verdict::NotApplicable, Some(false)));
}

#[test]
fn what_belongs_to_no_scenario_counts_for_run_and_requirement() {
    let events = vec![
        started(header(vec![], vec![requirement("R")])),
        exchange(1, None, vec![fail("c", "R")], &[("d", "R")]),
        exchange(2, Some("unknown"), vec![], &[]),
        run_ended(),
    ];
    let record = fold(stamp(events)).unwrap();
    assert_eq!((record.verdict, record.requirements[0].verdict), (Verdict::Fail, Verdict::Fail));
    assert_eq!((record.unexpected.len(), record.unexpected_findings.len()), (2, 1));
    assert_eq!((record.requirements[0].passed, record.requirements[0].failed), (1, 1));
}

#[test]
fn run_that_broke_is_an_error_whatever_it_found() {
    let broken = Event::RunEnded { finished: "t".to_owned(), early: None, broken: Some("the disk is full".to_owned()) };
    let events =
        vec![started(header(vec![scenario("s", &[])], vec![])), begin("s", 1), judged("s", 1, vec![fail("c", "R")], &[]), broken];
    let record = fold(stamp(events)).unwrap();
    assert_eq!((record.verdict, record.ended_early.as_deref()), (Verdict::Error, Some("the disk is full")));
}

#[test]
fn cut_off_run_is_inconclusive_and_cut_off_simulation_is_not() {
    for (mode, verdict) in [(RunMode::Run, Verdict::Inconclusive), (RunMode::Simulate, Verdict::Pass)] {
        let mut head = header(vec![], vec![]);
        head.mode = mode;
        let record = fold(stamp(vec![started(head), exchange(1, None, vec![], &[("c", "R")])])).unwrap();
        assert_eq!((record.verdict, record.finished), (verdict, None));
    }
}

#[test]
fn rules_that_never_answered_are_listed() {
    let mut head = header(vec![], vec![]);
    head.rules = vec!["rule-a".to_owned(), "rule-b".to_owned()];
    let record = fold(stamp(vec![started(head), exchange(1, None, vec![], &[]), run_ended()])).unwrap();
    assert_eq!(record.unused_rules, ["rule-b"]);
}

#[test]
fn nothing_folds_to_nothing() {
    assert_eq!(fold(Vec::<Stamped>::new()), None);
    assert_eq!(fold(stamp(vec![run_ended()])), None);
}

proptest! {
    #[test]
    fn any_part_of_a_run_in_any_order_folds(order in proptest::collection::vec(0_usize..13, 0..40)) {
        let run = whole_run();
        let some: Vec<Stamped> = order.iter().map(|at| run[*at].clone()).collect();
        let begun = some.iter().any(|stamped| matches!(stamped.event, Event::RunStarted(_)));
        let record = fold(some);
        prop_assert_eq!(record.is_some(), begun);
        if let Some(record) = record {
            prop_assert_eq!(record.scenarios.len(), 2);
            // A scenario without any check that passed or failed never reads `pass`.
            for scenario in &record.scenarios {
                let judged = scenario.attempts.iter().flat_map(|one| &one.steps).any(|step| !step.passed.is_empty() || !step.findings.is_empty());
                prop_assert!(judged || scenario.verdict != Verdict::Pass);
            }
        }
    }

    #[test]
    fn any_prefix_of_a_run_folds_and_never_reads_pass(length in 1_usize..12) {
        let record = fold(whole_run().into_iter().take(length)).unwrap();
        prop_assert_ne!(record.verdict, Verdict::Pass);
        prop_assert_eq!(&record.scenarios[0].id, &ScenarioId::new("a"));
    }
}
