//! Whose fault it is that something has no value: what the peer sent, or what is worked out from it, is the peer's.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::{Blocked, select};
use crate::{
    BodyAspect, Condition, Expression, Judgement, NameTable, NoNames, Operand, Operator, Rule, Sense, Side, Subject, Subjects,
    Test, judge,
};
use counterpart_document::{JsonPath, XPath};
use counterpart_evidence::{Body, BodyFault, Direction, Exchange, ExchangeId, Headers, Part, Request, Response};
use serde_json::json;
use std::sync::Arc;

fn judged(subject: Subject, tests: Vec<Test>) -> Judgement {
    let mut exchange = Exchange::new(ExchangeId(1), Direction::Inbound, "main", 0);
    let headers: Headers = [("Authorization".to_owned(), "Bearer no-token".to_owned())].into_iter().collect();
    let body = Body::plain(r#"{"when":"tomorrow","list":[],"text":"no json","n":0}"#);
    exchange.request = Some(Request { method: "POST".to_owned(), headers, body, ..Request::default() });
    let names = NameTable::default().with("setting", json!({ "when": "tomorrow", "list": [] }));
    judge(&Rule::Condition(Condition { subject, side: Side::Request, tests }), &Subjects::new(&exchange, &names))
}

fn expression(text: &str) -> Expression {
    Expression::compile(text).unwrap()
}

fn of(text: &str) -> Judgement {
    judged(Subject::Expression(expression(text)), Vec::new())
}

#[test]
fn fault_of_a_function_over_the_peers_message_is_the_peers() {
    for text in [
        "timestamp(request.json.when) < timestamp('2026-01-01T00:00:00Z')",
        "json(request.json.text).a == 1",
        "json(unbase64(request.headers.authorization[0].split('.')[0])).sub == 'me'",
        "request.headers.authorization[0].split('.')[1] == 'x'",
        "[request.json.n, 1][5] == 1",
        "request.json.list[0] == 1",
        "request.json.list.filter(one, one == 1)[0] == 1",
        "[1].map(one, request.json.text + one)[0] == 'x'",
        "request.headers.authorization[0].split('.').map(part, json(part)).size() == 1",
        "([request.json] + [request.json]).all(r, [[1]].all(p, [r.list].all(l, l[0] == p[0])))",
        "10 / (request.json.n * 2) == 1",
        "request.?json.?none",
    ] {
        let judgement = of(text);
        let Judgement::Broken(mismatch) = &judgement else { panic!("{text}: {judgement:?}") };
        assert!(mismatch.place.is_some(), "{text}");
    }
}

#[test]
fn fault_in_what_is_ours_stays_ours() {
    for text in [
        "timestamp(setting.when) < timestamp(request.json.when)",
        "json('no json') == 1",
        "[1][5] == request.json.n",
        "[request.json].all(r, json('no json') == r)",
        "[request.json].all(r, setting.list[0] == r)",
        "setting.list.filter(one, one == 1)[0] == request.json.n",
        "timestamp('tomorrow') == timestamp('2026-01-01T00:00:00Z')",
        "setting.?none",
    ] {
        let judgement = of(text);
        assert!(matches!(judgement, Judgement::Undecided(_)), "{text}: {judgement:?}");
    }
}

#[test]
fn bound_that_is_passed_is_never_the_peers_fault() {
    let judgement = of("range(100000).all(a, range(100000).all(b, request.json.text.size() > -1))");
    let Judgement::Undecided(reason) = &judgement else { panic!("{judgement:?}") };
    assert!(reason.contains("steps"), "{reason}");
}

#[test]
fn operand_without_value_in_the_peers_message_breaks_the_condition() {
    let equals = |text| vec![Test { operator: Operator::Equals(Operand::Expression(expression(text))), sense: Sense::Is }];
    assert!(matches!(judged(Subject::Method, equals("request.json.none")), Judgement::Broken(_)));
    assert!(matches!(judged(Subject::Method, equals("setting.none")), Judgement::Undecided(_)));
}

#[test]
fn nothing_is_read_of_a_body_whose_coding_cannot_be_undone() {
    let body = |text: &'static str| Body {
        fault: Some(BodyFault { reason: "it is no gzip".to_owned(), is_limit: false }),
        ..Body::plain(text)
    };
    let mut exchange = Exchange::new(ExchangeId(1), Direction::Outbound, "main", 0);
    exchange.response = Some(Response { body: body(r#"{"id":1}"#), ..Response::default() });
    let subjects = Subjects::new(&exchange, &NoNames);
    for (subject, kind) in [
        (Subject::Json(JsonPath::compile("$.id").unwrap()), "JSON"),
        (Subject::Xml(Arc::new(XPath::compile("/id", &[]).unwrap())), "XML"),
        (Subject::Body(BodyAspect::Xml), "XML"),
        (Subject::Body(BodyAspect::Text), "text"),
    ] {
        let Err(Blocked::Peer(message, Some(place))) = select(&subject, Side::Response, &subjects) else {
            panic!("{subject:?} is read");
        };
        assert_eq!(message, format!("the response body is not {kind}: it is no gzip"));
        assert_eq!(place.part, Part::Response);
    }
    for member in ["json", "text", "xml"] {
        let expression = Expression::compile(&format!("has(response.{member})")).unwrap();
        assert_eq!(expression.evaluate(&subjects), Ok(false.into()), "{member}");
    }
}
