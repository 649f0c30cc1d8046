#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::{Answer, Asked, by_rules};
use crate::judge::Found;
use crate::rules::RuleIndex;
use crate::store::Memory;
use counterpart_document::JsonPath;
use counterpart_evidence::{Basis, Body, CheckId, Direction, Effect, Exchange, ExchangeId, Level, Part, Request, RequirementId};
use counterpart_matching::{
    Condition, Criterion, Expression, Generators, LetterCase, NoNames, Prefixes, Random, Relation, Rule as MatchRule, Side,
    SoughtKind, Subject, Subjects,
};
use counterpart_plan::model::{
    Change, Collection, Compared, Named, NamedValue, Parameter, Reply, Rule, RuleOn, Search, Shape, Store, Stub,
};
use counterpart_validate::{Check, CheckRule};
use serde_json::{Map, json};
use std::sync::Arc;

fn expression(text: &str) -> Expression {
    Expression::compile(text).unwrap()
}

fn holds(text: &str) -> MatchRule {
    MatchRule::Condition(Condition { subject: Subject::Expression(expression(text)), side: Side::Request, tests: Vec::new() })
}

fn check(id: &str, text: &str) -> Arc<Check> {
    Arc::new(Check {
        id: CheckId::new(id),
        requirement: RequirementId::new("R1"),
        level: Level::Must,
        basis: Basis::Published,
        on: Part::Request,
        when: Vec::new(),
        rule: CheckRule::Rule(holds(text)),
        hint: None,
    })
}

fn reply(status: u16) -> Arc<Reply> {
    Arc::new(Reply {
        name: None,
        with: Vec::new(),
        status: Shape::Literal(json!(status)),
        reason: None,
        headers: Vec::new(),
        body: None,
        effect: Effect::None,
        fault: None,
        edits: Vec::new(),
    })
}

fn rule(name: &str, status: u16) -> Rule {
    Rule {
        name: name.to_owned(),
        on: RuleOn::default(),
        lets: Vec::new(),
        when: None,
        checks: Vec::new(),
        then: Vec::new(),
        respond: vec![reply(status)],
        forward: None,
        attempts_by: None,
        fault: None,
        otherwise: None,
        returns: None,
    }
}

/// Rows with a number, which can be searched for.
fn memory() -> Memory {
    let criterion =
        Criterion { kind: SoughtKind::Number, relation: Relation::Equal, prefixes: Prefixes::None, case: LetterCase::Exact };
    let compared = Compared { through: Vec::new(), at: JsonPath::compile("/n").unwrap(), criterion, separator: None };
    let search = Search { parameters: vec![("n".to_owned(), Parameter::Compared(compared))], includes: Vec::new() };
    let rows = Collection { name: "rows".to_owned(), rows_max: 10, seed: Vec::new(), rows: Vec::new(), search: Arc::new(search) };
    let store = Store { collections: vec![rows], variables: vec![("down".to_owned(), json!(true))] };
    Memory::new(&store, &NoNames, &mut Generators::new(0, Random::keyed(1, &[])))
}

/// Puts a request to rules; gives the answer and all that their checks found.
fn asked(rules: Vec<Rule>, memory: &mut Memory) -> (Answer, Found) {
    let (answer, found) = tried(rules, memory);
    (answer.unwrap(), found)
}

/// The same, where our side may not come through.
fn tried(rules: Vec<Rule>, memory: &mut Memory) -> (Result<Answer, String>, Found) {
    let mut exchange = Exchange::new(ExchangeId(1), Direction::Inbound, "main", 0);
    let request = Request { target: "/a".to_owned(), body: Body::plain(r#"{"n":7,"id":"a"}"#), ..Request::default() };
    exchange.request = Some(request.clone());
    let stub = Arc::new(Stub { name: "stub".to_owned(), rules: rules.into_iter().map(Arc::new).collect() });
    let index = Arc::new(RuleIndex::new([&stub], &Map::new()));
    let subjects = Subjects::new(&exchange, &NoNames);
    let asked = Asked { endpoint: "main", request: &request, path: request.path(), subjects: &subjects, failed: Vec::new() };
    let mut found = Found::default();
    let mut judge_more = |checks: &[Arc<Check>], subjects: &Subjects<'_>| {
        found.check_once(checks, subjects);
        found.failed()
    };
    let mut generators = Generators::new(0, Random::keyed(1, &[]));
    let answer = by_rules(&[index], &asked, memory, &mut judge_more, &mut generators);
    (answer, found)
}

fn status(rules: Vec<Rule>, memory: &mut Memory) -> u16 {
    asked(rules, memory).0.response.status
}

#[test]
fn search_sees_what_the_transaction_before_it_changed() {
    let book = || {
        let found = NamedValue::Searched { collection: "rows".to_owned(), with: expression("{'n': string(request.json.n)}") };
        let insert = Change::Insert {
            collection: "rows".to_owned(),
            key: expression("string(found.total)"),
            value: expression("{'n': request.json.n}"),
        };
        Rule {
            lets: vec![Named { name: "found".to_owned(), value: found }],
            then: vec![Change::Require(expression("found.total == 0 && found.wrong.size() == 0")), insert],
            otherwise: Some(reply(409)),
            ..rule("book", 201)
        }
    };
    let mut memory = memory();
    assert_eq!(status(vec![book()], &mut memory), 201);
    assert_eq!(status(vec![book()], &mut memory), 409);
    assert_eq!(memory.as_value()["rows"], json!([{ "n": 7 }]));
}

#[test]
fn check_that_several_rules_name_is_told_once_and_steers_all_of_them() {
    let wrong = || check("n-is-small", "request.json.n < 5");
    let first = Rule { checks: vec![wrong()], when: Some(holds("failed('other')")), ..rule("first", 500) };
    let second = Rule { checks: vec![wrong()], when: Some(holds("!failed('n-is-small')")), ..rule("second", 200) };
    let third = Rule { when: Some(holds("failed('n-is-small')")), ..rule("third", 400) };
    let (answer, found) = asked(vec![first, second, third], &mut memory());
    assert_eq!(answer.response.status, 400);
    assert_eq!((found.findings.len(), found.passed.len()), (1, 0), "{found:?}");
}

#[test]
fn check_that_one_rule_could_not_decide_is_decided_by_the_next() {
    let named = || vec![check("path-is-a", "path.id == request.json.id")];
    let on = |path: &str| RuleOn { path: Some(path.to_owned()), ..RuleOn::default() };
    let first = Rule { on: on("/{*rest}"), checks: named(), when: Some(holds("false")), ..rule("first", 500) };
    let again = Rule { checks: named(), when: Some(holds("false")), ..rule("again", 500) };
    let (_, found) = asked(vec![first.clone(), again, rule("rest", 204)], &mut memory());
    assert_eq!((found.findings.len(), found.passed.len()), (1, 0), "undecided twice is told once: {found:?}");
    let last = Rule { on: on("/{id}"), checks: named(), ..rule("last", 200) };
    let (_, found) = asked(vec![first, last], &mut memory());
    assert_eq!((found.findings.len(), found.passed.len()), (0, 1), "{found:?}");
}

#[test]
fn value_that_only_we_could_get_wrong_is_an_error_of_ours_and_one_that_the_request_lacks_is_null() {
    let naming = |expr: &str| Rule {
        lets: vec![Named { name: "a".to_owned(), value: NamedValue::Computed(expression(expr)) }],
        then: vec![Change::Insert { collection: "rows".to_owned(), key: expression("'k'"), value: expression("{'n': 1}") }],
        ..rule("named", 200)
    };
    for ours in ["jwt({}, {'alg': 'RS256'}, 'no key')", "[1][7]", "int('x')"] {
        let mut memory = memory();
        let (answer, _) = tried(vec![naming(ours)], &mut memory);
        let reason = answer.err().unwrap();
        assert!(reason.starts_with("rule `named`: `a`: "), "{ours}: {reason}");
        assert_eq!(memory.as_value()["rows"], json!([]), "{ours}: nothing is remembered of an answer that is none");
    }
    for theirs in ["request.json.missing", "int(request.json.id)", "request.json.id.size() > request.json.absent"] {
        assert_eq!(status(vec![naming(theirs)], &mut memory()), 200, "{theirs}");
    }
    // A rule that does not take the request breaks nothing.
    let passed_over = Rule { when: Some(holds("false")), ..naming("[1][7]") };
    assert_eq!(status(vec![passed_over, rule("rest", 204)], &mut memory()), 204);
}

#[test]
fn rule_without_checks_can_ask_what_did_not_fail_and_what_is_remembered() {
    let mut memory = memory();
    let quiet = Rule { when: Some(holds("!failed('anything')")), ..rule("quiet", 204) };
    assert_eq!(status(vec![quiet, rule("rest", 500)], &mut memory), 204);
    let down = Rule { when: Some(holds("store.down")), ..rule("down", 503) };
    assert_eq!(status(vec![down, rule("rest", 500)], &mut memory), 503);
}

#[test]
fn check_of_a_rule_sees_the_store() {
    let seen = Rule { checks: vec![check("is-down", "store.down && store.rows.size() == 0")], ..rule("any", 200) };
    let (_, found) = asked(vec![seen], &mut memory());
    assert_eq!((found.findings.len(), found.passed.len()), (0, 1), "{found:?}");
}

fn computed(name: &str, text: &str) -> Named<NamedValue> {
    Named { name: name.to_owned(), value: NamedValue::Computed(expression(text)) }
}

/// Named values are worked out once for all rules that name the same: those that are written alike and stand for something else,
/// by the path, by what they read or by what failed so far, must stay apart.
#[test]
fn named_values_that_are_written_alike_are_shared_only_where_they_are_the_same() {
    let on = |path: &str| RuleOn { path: Some(path.to_owned()), ..RuleOn::default() };
    let never = |lets: Vec<Named<NamedValue>>, when: &str| Rule { lets, when: Some(holds(when)), ..rule("never", 500) };
    let by_path = |path: &str, value: &str, status: u16| Rule {
        on: on(path),
        lets: vec![computed("part", "path.?id.orValue('none')")],
        when: Some(holds(&format!("part == '{value}'"))),
        ..rule("by-path", status)
    };
    assert_eq!(
        status(vec![by_path("/{*rest}", "a", 500), by_path("/{id}", "none", 500), by_path("/{id}", "a", 200)], &mut memory()),
        200
    );

    let one = never(vec![computed("n", "1"), computed("next", "n + 1")], "next != 2");
    let two = never(vec![computed("n", "2"), computed("next", "n + 1")], "next != 3");
    let shadowed = never(vec![computed("n", "1"), computed("n", "n + 1"), computed("next", "n + 1")], "next != 3");
    let last =
        Rule { lets: vec![computed("n", "1"), computed("next", "n + 1")], when: Some(holds("next == 2")), ..rule("last", 200) };
    assert_eq!(status(vec![one, two, shadowed, last], &mut memory()), 200);

    let failing = |expected: &str, status: u16, checks| Rule {
        checks,
        lets: vec![computed("bad", "failed('n-is-small')")],
        when: Some(holds(&format!("bad == {expected}"))),
        ..rule("failing", status)
    };
    let check = vec![check("n-is-small", "request.json.n < 5")];
    assert_eq!(status(vec![failing("true", 500, Vec::new()), failing("true", 200, check)], &mut memory()), 200);
}

#[test]
fn named_value_that_no_condition_asks_for_is_there_for_the_answer() {
    let insert = Change::Insert { collection: "rows".to_owned(), key: expression("'k'"), value: expression("{'n': late}") };
    let taken = Rule {
        lets: vec![computed("early", "request.json.n"), computed("late", "early + 1")],
        when: Some(holds("early == 7")),
        then: vec![insert],
        ..rule("taken", 200)
    };
    let mut memory = memory();
    let (answer, _) = asked(vec![taken], &mut memory);
    assert_eq!((&answer.own["early"], &answer.own["late"]), (&json!(7), &json!(8)));
    assert_eq!(memory.as_value()["rows"], json!([{ "n": 8 }]));
}

#[test]
fn a_long_chain_of_named_values_is_worked_out() {
    let chain = (1..5_000).map(|at| computed(&format!("v{at}"), &format!("v{} + 1", at - 1)));
    let lets = std::iter::once(computed("v0", "0")).chain(chain).collect();
    let rule = Rule { lets, when: Some(holds("v4999 == 4999")), ..rule("chain", 200) };
    assert_eq!(status(vec![rule], &mut memory()), 200);
}
