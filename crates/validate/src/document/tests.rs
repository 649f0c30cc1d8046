#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::DocumentRule;
use crate::Schema;
use counterpart_evidence::{Body, Direction, Exchange, ExchangeId, Request};
use counterpart_matching::{Alternative, Held, Judgement, NoNames, Rule, Sense, Side, Subjects, Whole, judge};
use serde_json::json;
use std::sync::Arc;

fn whole(rule: DocumentRule) -> Rule {
    Rule::Whole(Whole { side: Side::Request, rule: Arc::new(rule) })
}

fn schema(name: &str, member: &str, sense: Sense) -> Rule {
    let text = json!({ "type": "object", "required": [member], "properties": { member: { "type": "integer" } } });
    let schema = Arc::new(Schema::compile(&text, &|_| None).unwrap());
    whole(DocumentRule::JsonSchema { name: name.to_owned(), schema, sense })
}

fn judged(rule: &Rule, body: &str) -> Judgement {
    let mut exchange = Exchange::new(ExchangeId(1), Direction::Inbound, "main", 0);
    exchange.request = Some(Request { body: Body::plain(body.to_owned()), ..Request::default() });
    judge(rule, &Subjects::new(&exchange, &NoNames))
}

fn message(judgement: Judgement) -> String {
    match judgement {
        Judgement::Broken(mismatch) => mismatch.message,
        other => panic!("{other:?}"),
    }
}

fn any(rules: Vec<Rule>) -> Rule {
    Rule::Any(rules.into_iter().map(|rule| Alternative { rule, result: Held::Pass }).collect())
}

#[test]
fn alternative_that_matches_its_schema_holds() {
    let rule = any(vec![schema("a.json", "a", Sense::Is), schema("b.json", "b", Sense::Is)]);
    assert_eq!(judged(&rule, r#"{"b":1}"#), Judgement::Holds);
    assert_eq!(judged(&rule, r#"{"a":1}"#), Judgement::Holds);
}

#[test]
fn every_alternative_tells_what_it_missed_and_where() {
    let rule = any(vec![schema("a.json", "a", Sense::Is), schema("b.json", "b", Sense::Is)]);
    let told = message(judged(&rule, "{\n  \"a\": \"x\"}"));
    assert_eq!(
        told,
        "none of the 2 alternatives holds: valid against `a.json`: `/a`: the value is of the wrong type (line 2, column 8); \
         valid against `b.json`: member `b` is missing (line 1, column 1)"
    );
}

#[test]
fn all_that_breaks_a_schema_is_told_together() {
    let two = json!({ "required": ["a", "b"] });
    let schema = Arc::new(Schema::compile(&two, &|_| None).unwrap());
    let rule = whole(DocumentRule::JsonSchema { name: "two.json".to_owned(), schema, sense: Sense::Is });
    let told = message(judged(&rule, "{}"));
    assert!(told.contains("member `a` is missing") && told.contains("member `b` is missing"), "{told}");
}

#[test]
fn schema_not_to_match_asks_for_a_json_body_that_does_not() {
    let rule = schema("a.json", "a", Sense::Not);
    assert_eq!(judged(&rule, r#"{"a":"x"}"#), Judgement::Holds);
    assert!(message(judged(&rule, r#"{"a":1}"#)).contains("the body is valid against `a.json`"));
    for unreadable in ["", "no json"] {
        assert!(matches!(judged(&rule, unreadable), Judgement::Broken(_)), "`{unreadable}` shows nothing");
    }
}

#[test]
fn conditions_on_one_schema_ask_the_same() {
    assert!(schema("a.json", "a", Sense::Is).asks_the_same(&schema("a.json", "a", Sense::Is)));
    assert!(!schema("a.json", "a", Sense::Is).asks_the_same(&schema("a.json", "a", Sense::Not)));
    assert!(!schema("a.json", "a", Sense::Is).asks_the_same(&whole(DocumentRule::UniqueMembers)));
}
