#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::{
    Alternative, Anchor, Bounds, Condition, Format, Gaps, Growing, Held, JsonType, Judgement, Mismatch, Operator, Pattern, Rule,
    Sense, SeriesOperator, Single, Test, Unjudged, can_pass_on_absence, cannot_fail, explain, judge,
};
use crate::{
    BodyAspect, Clock, Escape, Expression, JwtPart, NameTable, NoNames, Operand, Series, SeriesFrom, Side, Subject, Subjects,
    Template, TimingPhase, TlsField,
};
use counterpart_document::{JsonPath, XPath};
use counterpart_evidence::{
    Body, BodyFault, Connection, Direction, Effect, Exchange, ExchangeId, Headers, Outcome, PeerCertificate, Request, Response,
    Tls,
};
use serde_json::{Value, json};
use std::sync::Arc;

const BODY: &str = "{\n \"id\": \"ABC\", \"n\": 5, \"list\": [1, 2, 2], \"rows\": [{\"k\": 1}, {\"k\": \"x\"}], \"o\": {\"a\": 1, \"b\": 2}, \"e\": \"\", \"z\": null}";

fn exchange() -> Exchange {
    let mut exchange = Exchange::new(ExchangeId(3), Direction::Inbound, "main", 5_000);
    let headers =
        |pairs: &[(&str, &str)]| pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Headers>();
    exchange.request = Some(Request {
        method: "POST".to_owned(),
        target: "/things/7?q=a%20b&q=c".to_owned(),
        headers: headers(&[
            ("Content-Type", "Application/JSON; charset=utf-8"),
            ("X-Two", "a"),
            ("x-two", "b"),
            ("X-Number", "5"),
            ("Authorization", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJtZSJ9."),
        ]),
        body: Body::plain(BODY),
        ..Request::default()
    });
    exchange.response = Some(Response {
        status: 201,
        reason: "Created".to_owned(),
        headers: headers(&[("Content-Type", "text/xml"), ("Content-Encoding", "GZIP")]),
        body: Body::plain("<a xmlns=\"urn:x\"><b>1</b><b>2</b></a>"),
        ..Response::default()
    });
    exchange.outcome = Outcome::Answered;
    exchange.effect = Effect::Stored;
    exchange.timing.total_us = Some(1_500);
    exchange.connection = Arc::new(Connection {
        tls: Some(Tls {
            version: Some("1.3".to_owned()),
            peer: Some(PeerCertificate {
                subject: "CN=client".to_owned(),
                names: vec!["client.test".to_owned()],
                ..PeerCertificate::default()
            }),
            ..Tls::default()
        }),
        ..Connection::default()
    });
    exchange
}

fn is(operator: Operator) -> Test {
    Test { operator, sense: Sense::Is }
}

fn not(operator: Operator) -> Test {
    Test { operator, sense: Sense::Not }
}

fn on(subject: Subject, side: Side, tests: Vec<Test>) -> Rule {
    Rule::Condition(Condition { subject, side, tests })
}

fn json_at(path: &str) -> Subject {
    Subject::Json(JsonPath::compile(path).unwrap())
}

fn json_rule(path: &str, test: Test) -> Rule {
    on(json_at(path), Side::Request, vec![test])
}

fn judged(rule: &Rule) -> Judgement {
    judge(rule, &Subjects::new(&exchange(), &NoNames))
}

fn miss(rule: &Rule) -> Mismatch {
    match judged(rule) {
        Judgement::Broken(mismatch) => *mismatch,
        other => panic!("{rule:?}: {other:?}"),
    }
}

fn literal(value: Value) -> Operand {
    Operand::Literal(value)
}

fn bounds(min: f64, max: f64) -> Bounds {
    Bounds { min: Some(min), max: Some(max), ..Bounds::default() }
}

/// An operator, a path where it holds, and one where it does not.
fn operators() -> Vec<(Operator, &'static str, &'static str)> {
    vec![
        (Operator::Contains(literal(json!("B"))), "/id", "/e"),
        (Operator::Contains(literal(json!(2))), "/list", "/rows"),
        (Operator::Contains(literal(json!({"a": 1}))), "/o", "/n"),
        (Operator::Contains(literal(json!({"k": "x"}))), "/rows", "/o"),
        (Operator::Each(vec![is(Operator::Type(JsonType::Integer))]), "/list", "/rows"),
        (Operator::Equals(literal(json!(5.0))), "/n", "/id"),
        (Operator::Equals(literal(json!({"b": 2, "a": 1.0}))), "/o", "/list"),
        (Operator::Equals(Operand::Expression(Expression::compile("2 + 3").unwrap())), "/n", "/id"),
        (Operator::Equals(Operand::Template(Template::compile("t", "AB{{upper 'c'}}", Escape::Text).unwrap())), "/id", "/n"),
        (Operator::Format(Format::from_name("non-empty").unwrap()), "/id", "/e"),
        (Operator::Length(bounds(3.0, 3.0)), "/id", "/e"),
        (Operator::Length(bounds(3.0, 3.0)), "/list", "/rows"),
        (Operator::Matches(Pattern::compile("^A").unwrap()), "/id", "/e"),
        (Operator::OneOf(vec![literal(json!("x")), literal(json!("ABC"))]), "/id", "/e"),
        (Operator::OneOf(vec![Operand::Expression(Expression::compile("['ABC', 'D']").unwrap())]), "/id", "/e"),
        (Operator::Range(bounds(1.0, 5.0)), "/n", "/id"),
        (Operator::SameAs { other: literal(json!({"a": 1, "b": 9})), except: vec!["/b".to_owned()] }, "/o", "/n"),
        (Operator::Type(JsonType::Array), "/list", "/o"),
        (Operator::Type(JsonType::Boolean), "", "/n"),
        (Operator::Type(JsonType::Integer), "/n", "/id"),
        (Operator::Type(JsonType::Null), "/z", "/id"),
        (Operator::Type(JsonType::Number), "/n", "/id"),
        (Operator::Type(JsonType::Object), "/o", "/list"),
        (Operator::Type(JsonType::String), "/id", "/n"),
        (Operator::Unique, "/rows", "/list"),
    ]
}

#[test]
fn every_operator_holds_breaks_is_turned_round_and_demands_presence() {
    for (operator, holds, breaks) in operators() {
        if !matches!(operator, Operator::Type(JsonType::Boolean)) {
            assert_eq!(judged(&json_rule(holds, is(operator.clone()))), Judgement::Holds, "{operator:?}");
            let turned = miss(&json_rule(holds, not(operator.clone())));
            assert!(!turned.expected.is_empty(), "{operator:?}");
        }
        let mismatch = miss(&json_rule(breaks, is(operator.clone())));
        assert!(mismatch.actual.is_some() && !mismatch.expected.is_empty(), "{operator:?}");
        assert_eq!(mismatch.place.as_ref().unwrap().line, Some(2), "{operator:?}");
        if !matches!(operator, Operator::Each(_)) {
            assert_eq!(judged(&json_rule(breaks, not(operator.clone()))), Judgement::Holds, "not {operator:?}");
        }
        for test in [is(operator.clone()), not(operator.clone())] {
            assert_eq!(miss(&json_rule("/none", test)).message, "`/none` is missing", "{operator:?}");
        }
    }
}

#[test]
fn presence_and_absence_are_each_others_opposite() {
    for (test, present, absent) in [
        (is(Operator::Present), true, false),
        (not(Operator::Absent), true, false),
        (is(Operator::Absent), false, true),
        (not(Operator::Present), false, true),
    ] {
        assert_eq!(judged(&json_rule("/id", test.clone())) == Judgement::Holds, present, "{test:?}");
        assert_eq!(judged(&json_rule("/none", test.clone())) == Judgement::Holds, absent, "{test:?}");
    }
    assert_eq!(miss(&json_rule("/id", is(Operator::Absent))).message, "`/id` is `ABC`; expected none");
}

#[test]
fn every_subject_gives_its_value() {
    let xml = || Subject::Xml(Arc::new(XPath::compile("//x:b[1]", &[("x".to_owned(), "urn:x".to_owned())]).unwrap()));
    let jwt = |part, path| Subject::Jwt { header: "authorization".to_owned(), part, path: JsonPath::compile(path).unwrap() };
    for (subject, side, value) in [
        (Subject::Body(BodyAspect::Encoding), Side::Response, json!("gzip")),
        (Subject::Body(BodyAspect::MediaType), Side::Request, json!("application/json")),
        (Subject::Body(BodyAspect::Size), Side::Request, json!(BODY.len())),
        (Subject::Body(BodyAspect::Text), Side::Request, json!(BODY)),
        (Subject::Header("X-NUMBER".to_owned()), Side::Request, json!(5)),
        (Subject::HeaderCount("x-two".to_owned()), Side::Request, json!(2)),
        (Subject::HeaderCount("x-none".to_owned()), Side::Request, json!(0)),
        (jwt(JwtPart::Claims, "/sub"), Side::Request, json!("me")),
        (jwt(JwtPart::Header, "/alg"), Side::Request, json!("none")),
        (Subject::Method, Side::Request, json!("POST")),
        (Subject::Outcome, Side::Request, json!("answered")),
        (Subject::Path, Side::Request, json!("/things/7")),
        (Subject::Reason, Side::Response, json!("Created")),
        (Subject::Status, Side::Response, json!(201)),
        (Subject::Status, Side::Response, json!("201")),
        (Subject::Status, Side::Response, json!("2xx")),
        (Subject::Timing(TimingPhase::Total), Side::Response, json!(1.5)),
        (Subject::Tls(TlsField::Version), Side::Request, json!("1.3")),
        (Subject::Tls(TlsField::PeerSubject), Side::Request, json!("CN=client")),
        (Subject::Tls(TlsField::PeerNames), Side::Request, json!(["client.test"])),
        (Subject::Value { name: "kept".to_owned(), path: JsonPath::compile("/a").unwrap() }, Side::Request, json!(1)),
        (Subject::Hook(JsonPath::compile("/h").unwrap()), Side::Request, json!(2)),
        (Subject::Count, Side::Request, json!(4)),
        (Subject::Expression(Expression::compile("request.json.n + response.status").unwrap()), Side::Request, json!(206)),
        (xml(), Side::Response, json!("1")),
    ] {
        let (exchange, hook) = (exchange(), json!({"h": 2}));
        let names = NameTable::default().with("kept", json!({"a": 1}));
        let subjects = Subjects::new(&exchange, &names).with_hook(&hook).with_count(4);
        let rule = on(subject.clone(), side, vec![is(Operator::Equals(literal(value)))]);
        assert_eq!(judge(&rule, &subjects), Judgement::Holds, "{subject:?}");
    }
    let query = on(
        Subject::Query("q".to_owned()),
        Side::Request,
        vec![is(Operator::OneOf(vec![literal(json!("a b")), literal(json!("c"))]))],
    );
    assert_eq!(judged(&query), Judgement::Holds);
}

#[test]
fn a_mismatch_is_written_for_its_reader() {
    let status =
        miss(&on(Subject::Status, Side::Response, vec![is(Operator::OneOf(vec![literal(json!(200)), literal(json!("4xx"))]))]));
    assert_eq!(status.message, "status is `201`; expected `200` or `4xx`");
    assert_eq!(status.expected, ["`200`", "`4xx`"]);
    assert_eq!(status.actual.as_deref(), Some("201"));
    assert_eq!(status.place.unwrap().path, "status");
    let number = miss(&json_rule("/id", is(Operator::Range(bounds(1.0, 2.0)))));
    assert_eq!(number.message, "`/id` is `ABC`, which is no number; expected at least 1 and at most 2");
    let each = miss(&json_rule(
        "/rows",
        is(Operator::Each(vec![is(Operator::Type(JsonType::Object)), is(Operator::Contains(literal(json!({"k": 1}))))])),
    ));
    assert!(each.message.starts_with("`/rows` member `1` is"), "{}", each.message);
    assert_eq!(miss(&json_rule("/list", is(Operator::Unique))).message, "`/list` has `2` twice; expected no value twice");
    let long = json_rule("/id", not(Operator::Contains(literal(json!("A")))));
    assert_eq!(miss(&long).message, "`/id` is `ABC`; expected anything but something that contains `A`");
}

#[test]
fn of_several_nodes_the_first_that_misses_is_reported_with_its_place() {
    let mismatch = miss(&json_rule("$.rows[*].k", is(Operator::Type(JsonType::Integer))));
    let place = mismatch.place.unwrap();
    assert_eq!(place.path, "/rows/1/k");
    let (from, to) = place.bytes.unwrap();
    assert_eq!(BODY.get(usize::try_from(from).unwrap()..usize::try_from(to).unwrap()), Some("\"x\""));
    assert_eq!(
        miss(&on(Subject::Header("X-Two".to_owned()), Side::Request, vec![is(Operator::Equals(literal(json!("a"))))]))
            .actual
            .as_deref(),
        Some("b")
    );
}

#[test]
fn a_body_that_cannot_be_read_breaks_even_absence() {
    let mut exchange = exchange();
    exchange.request.as_mut().unwrap().body = Body::plain("{\"a\":\n ]");
    let Judgement::Broken(mismatch) = judge(&json_rule("/a", is(Operator::Absent)), &Subjects::new(&exchange, &NoNames)) else {
        panic!("it holds");
    };
    assert!(mismatch.message.starts_with("the request body is not JSON"), "{}", mismatch.message);
    assert_eq!(mismatch.place.unwrap().line, Some(2));
}

#[test]
fn a_body_beyond_our_limits_is_never_the_peers_fault() {
    let deep = || Body::plain(format!("{}1{}", "[".repeat(200), "]".repeat(200)));
    let unknown = || Body {
        fault: Some(BodyFault { reason: "the content coding `br` is not known here".to_owned(), is_limit: true }),
        ..Body::plain("<a/>")
    };
    let expression = |text: &str| on(Subject::Expression(Expression::compile(text).unwrap()), Side::Request, vec![]);
    let operand = Operator::Equals(Operand::Expression(Expression::compile("request.json.method").unwrap()));
    let of_json = || {
        [
            json_rule("/id", is(Operator::Absent)),
            json_rule("/id", is(Operator::Equals(literal(json!("ABC"))))),
            expression("request.json.id == 'ABC'"),
            expression("type(request.?json.orValue(null)) == 'map'"),
            on(Subject::Method, Side::Request, vec![is(operand.clone())]),
        ]
    };
    let xml = on(Subject::Xml(Arc::new(XPath::compile("/a", &[]).unwrap())), Side::Request, vec![is(Operator::Present)]);
    let text = on(Subject::Body(BodyAspect::Text), Side::Request, vec![is(Operator::Present)]);
    let other = on(Subject::Method, Side::Request, vec![is(Operator::Equals(literal(json!("GET"))))]);
    let cases = [
        (deep(), "more than 100 levels", of_json().to_vec()),
        (unknown(), "`br` is not known here", [of_json().to_vec(), vec![xml, text]].concat()),
    ];
    for (body, why, rules) in cases {
        let mut exchange = exchange();
        exchange.request.as_mut().unwrap().body = body;
        for rule in rules {
            let judgement = judge(&rule, &Subjects::new(&exchange, &NoNames));
            assert!(matches!(&judgement, Judgement::Undecided(reason) if reason.contains(why)), "{rule:?}: {judgement:?}");
        }
        let judgement = judge(&other, &Subjects::new(&exchange, &NoNames));
        assert!(matches!(judgement, Judgement::Broken(_)), "what does not read the body is judged as ever: {judgement:?}");
    }
}

#[test]
fn what_is_beyond_our_limits_as_xml_is_no_json_all_the_same() {
    let mut exchange = exchange();
    exchange.request.as_mut().unwrap().body = Body::plain("<a>".repeat(200));
    let subjects = Subjects::new(&exchange, &NoNames);
    let xml = on(Subject::Xml(Arc::new(XPath::compile("/a", &[]).unwrap())), Side::Request, vec![is(Operator::Present)]);
    assert!(matches!(judge(&xml, &subjects), Judgement::Undecided(_)));
    assert!(matches!(judge(&json_rule("/id", is(Operator::Absent)), &subjects), Judgement::Broken(_)));
}

#[test]
fn a_missing_member_is_the_peers_fault_only_in_the_peers_message() {
    let rule = |text| on(Subject::Expression(Expression::compile(text).unwrap()), Side::Request, vec![]);
    let missing = miss(&rule("request.json.rows[0].none == 1"));
    assert_eq!(missing.message, "`request.json.rows[0].none` is missing");
    assert_eq!(missing.place.unwrap().path, "$.rows[0].none");
    assert_eq!(miss(&rule("request.json.n == 6")).message, "`/n` is `5`; expected `6`");
    assert_eq!(miss(&rule("request.method == 'GET'")).actual.as_deref(), Some("POST"));
    assert!(matches!(judged(&rule("response.json.none == 1")), Judgement::Undecided(_)));
    assert!(matches!(judged(&rule("setting.none == 1")), Judgement::Undecided(_)));
    assert!(matches!(judged(&rule("1 + 1")), Judgement::Undecided(_)));
    assert_eq!(
        judged(&rule("request.headers['x-two'].size() == 2 && effect == 'stored' && connection.version == '1.3'")),
        Judgement::Holds
    );
}

#[test]
fn a_false_expression_says_which_value_made_it_false_and_where() {
    // The place is the value's own; where no value is to blame, the expression itself is shown.
    let told = [
        ("request.json.id == 'ABC' && request.json.n == '5'", "`/n` is `5`; expected `\"5\"`", Some("/n")),
        ("request.json.n == '5' && request.json.id == 'ABC'", "`/n` is `5`; expected `\"5\"`", Some("/n")),
        ("request.json.rows.all(r, r.k == 1)", "`/rows/1/k` is `x`; expected `1`", Some("/rows/1/k")),
        ("!request.json.rows.exists(r, r.k == 'x')", "`/rows/1/k` is `x`; expected anything but `x`", Some("/rows/1/k")),
        (
            "!has(request.json.id) || request.json.id.matches('^[0-9]+$')",
            "`/id` is `ABC`; expected text that matches `^[0-9]+$`",
            Some("/id"),
        ),
        ("request.json.n > 9 ? true : size(request.json.list) < 3", "`size` of `/list` is `3`; expected `< 3`", Some("/list")),
        ("3 > size(request.json.list)", "`size` of `/list` is `3`; expected `< 3`", Some("/list")),
        ("!(request.json.n >= 5)", "`/n` is `5`; expected `< 5`", Some("/n")),
        ("has(request.json.o.c)", "`/o/c` is missing; expected a value", Some("/o/c")),
        ("!has(request.json.o.a)", "`/o/a` is there; expected none", Some("/o/a")),
        ("request.json.o['a'] in [2, 3]", "`/o/a` is `1`; expected one of `[2,3]`", Some("/o/a")),
        ("request.json.?none.orValue(0) == 1", "`/none` is `0`; expected `1`", Some("/none")),
        ("request.method == 'GET'", "`request.method` is `POST`; expected `GET`", Some("method")),
        ("request.json.list.exists(n, n == 9)", "`request.json.list.exists(n, n == 9)` does not hold", Some("expression")),
        (
            "request.json.list.filter(n, n > 1).all(n, n == 1)",
            "`request.json.list.filter(n, n > 1).all(n, n == 1)` does not hold",
            Some("expression"),
        ),
    ];
    for (text, message, path) in told {
        let rule = on(Subject::Expression(Expression::compile(text).unwrap()), Side::Request, vec![]);
        let miss = miss(&rule);
        assert_eq!(miss.message, message, "{text}");
        match path {
            Some("expression") => assert!(miss.expected[0].contains("request.json"), "{text}"),
            path => assert_eq!(miss.place.map(|place| place.path).as_deref(), path, "{text}"),
        }
        let equal = on(
            Subject::Expression(Expression::compile(text).unwrap()),
            Side::Request,
            vec![is(Operator::Equals(literal(json!(true))))],
        );
        if path != Some("expression") {
            assert_eq!(
                judge(&equal, &Subjects::new(&exchange(), &NoNames)),
                judge(&rule, &Subjects::new(&exchange(), &NoNames)),
                "{text}"
            );
        }
    }
}

#[test]
fn alternatives_give_their_result_and_all_that_was_allowed() {
    let status = |value: u16| on(Subject::Status, Side::Response, vec![is(Operator::Equals(literal(json!(value))))]);
    let any = |alternatives: &[(u16, Held)]| {
        Rule::Any(alternatives.iter().map(|(value, result)| Alternative { rule: status(*value), result: *result }).collect())
    };
    assert_eq!(judged(&any(&[(200, Held::Pass), (201, Held::Pass)])), Judgement::Holds);
    assert!(matches!(judged(&any(&[(200, Held::Pass), (201, Held::Warning)])), Judgement::HoldsWithWarning(_)));
    let mismatch = miss(&any(&[(200, Held::Pass), (409, Held::Warning)]));
    assert_eq!(mismatch.expected, ["`200`", "`409`"]);
    assert_eq!(judged(&Rule::All(vec![status(201), any(&[(201, Held::Pass)])])), Judgement::Holds);
    assert_eq!(
        explain(&Rule::All(vec![status(201), status(200)]), &Subjects::new(&exchange(), &NoNames)),
        ["status `201`: held", "status is `201`; expected `200`"]
    );
}

fn at(id: u64, started_ms: u64, effect: Effect, key: &str) -> Exchange {
    let mut exchange = Exchange::new(ExchangeId(id), Direction::Inbound, "main", started_ms * 1_000);
    exchange.request = Some(Request { target: format!("/{key}?s={id}"), ..Request::default() });
    exchange.timing.total_us = Some(100_000);
    exchange.effect = effect;
    exchange
}

fn series(operator: SeriesOperator, from: SeriesFrom, exchanges: &[Exchange], clock: Option<Clock>) -> Judgement {
    let spec = Series { of: None, key: Some(Expression::compile("request.path").unwrap()), from };
    let list: Vec<&Exchange> = exchanges.iter().collect();
    let subjects = Subjects::without_exchange(&NoNames).with_exchanges(&list);
    let subjects = match clock {
        Some(clock) => subjects.with_clock(clock),
        None => subjects,
    };
    judge(&on(Subject::Series(spec), Side::Request, vec![is(Operator::Series(operator))]), &subjects)
}

#[test]
fn series_operators_hold_and_break() {
    let backoff = [
        at(1, 0, Effect::Refused, "a"),
        at(2, 1_000, Effect::Refused, "a"),
        at(3, 3_000, Effect::Refused, "a"),
        at(4, 7_000, Effect::Stored, "a"),
    ];
    let repeated = [at(1, 0, Effect::Stored, "a"), at(2, 50, Effect::None, "a"), at(3, 2_000, Effect::Stored, "a")];
    let gaps = |range, mean, growing| SeriesOperator::Gaps(Gaps { range, mean, growing, single: Single::Fails });
    let growing = |factor| gaps(None, None, Some(Growing { factor, tolerance: 0.1 }));
    let steady = [0, 1_000, 2_000].map(|ms| at(ms, ms, Effect::Refused, "a"));
    let value = || Expression::compile("int(request.query.s[0])").unwrap();
    let second = on(Subject::Query("s".to_owned()), Side::Request, vec![is(Operator::Equals(literal(json!("2"))))]);
    for (operator, good, bad) in [
        (SeriesOperator::Count(bounds(4.0, 4.0)), &backoff[..], &repeated[..]),
        (SeriesOperator::EachAcceptedOnce(None), &backoff[..], &repeated[..]),
        (SeriesOperator::NoneAfter(Anchor::Effect(Effect::Stored)), &backoff[..], &repeated[..]),
        (SeriesOperator::NoneAfter(Anchor::Effect(Effect::None)), &backoff[..], &repeated[..]),
        (SeriesOperator::NoneAfter(Anchor::Rule(Box::new(second))), &backoff[..2], &repeated[..]),
        (SeriesOperator::InFlightMax(1), &backoff[..], &repeated[..]),
        (gaps(Some(bounds(900.0, 4_000.0)), None, None), &backoff[..], &repeated[..]),
        (gaps(None, Some(bounds(2_000.0, 2_500.0)), None), &backoff[..], &repeated[..]),
        (growing(2.0), &backoff[..], &steady[..]),
        (
            SeriesOperator::InOrderOf { value: value(), list: Some(literal(json!([1, 2, 3, 4]))) },
            &backoff[..],
            &[at(2, 0, Effect::None, "a"), at(1, 9, Effect::None, "a")][..],
        ),
        (
            SeriesOperator::InOrderOf { value: value(), list: None },
            &backoff[..],
            &[at(2, 0, Effect::None, "a"), at(1, 9, Effect::None, "a")][..],
        ),
    ] {
        assert_eq!(series(operator.clone(), SeriesFrom::Start, good, None), Judgement::Holds, "{operator:?}");
        let Judgement::Broken(mismatch) = series(operator.clone(), SeriesFrom::Start, bad, None) else {
            panic!("{operator:?} holds")
        };
        assert!(mismatch.message.starts_with("the series `/a`: "), "{}", mismatch.message);
        let empty = series(operator.clone(), SeriesFrom::Start, &[], None);
        assert!(matches!(empty, Judgement::Broken(_)), "{operator:?} of nothing: {empty:?}");
    }
    // From the end of the one, each gap is 100 ms shorter.
    assert_eq!(series(gaps(Some(bounds(900.0, 900.0)), None, None), SeriesFrom::End, &backoff[..2], None), Judgement::Holds);
    // Two keys are two series.
    let mixed = [at(1, 0, Effect::Stored, "a"), at(2, 0, Effect::Stored, "b")];
    assert_eq!(series(SeriesOperator::EachAcceptedOnce(None), SeriesFrom::Start, &mixed, None), Judgement::Holds);
}

#[test]
fn a_limit_below_what_can_be_measured_is_not_judged() {
    let two = [at(1, 0, Effect::None, "a"), at(2, 5_000, Effect::None, "a")];
    let operator = SeriesOperator::Gaps(Gaps { range: Some(bounds(5_000.0, 6_000.0)), ..Gaps::default() });
    let clock = |scale| Some(Clock { scale, resolution_ms: 100 });
    assert_eq!(series(operator.clone(), SeriesFrom::Start, &two, clock(10.0)), Judgement::Holds);
    assert!(matches!(series(operator, SeriesFrom::Start, &two, clock(60.0)), Judgement::Unjudged(_)));
}

#[test]
fn what_cannot_be_measured_hides_nothing_that_is_plainly_broken() {
    let clock = Some(Clock { scale: 100.0, resolution_ms: 100 });
    let operator = SeriesOperator::Gaps(Gaps { range: Some(bounds(54_000.0, 66_000.0)), ..Gaps::default() });
    let far = |key, id| [at(id, 0, Effect::None, key), at(id + 1, 10_000, Effect::None, key)];
    let late = |key, id| [at(id, 0, Effect::None, key), at(id + 1, 70_000, Effect::None, key)];
    // Of one key the late gap comes first, of two the key that cannot be judged.
    let one = [at(1, 0, Effect::None, "a"), at(2, 70_000, Effect::None, "a"), at(3, 80_000, Effect::None, "a")];
    assert!(matches!(series(operator.clone(), SeriesFrom::Start, &one, clock), Judgement::Broken(_)));
    let two = [late("a", 1), far("b", 3)].concat();
    assert!(matches!(series(operator.clone(), SeriesFrom::Start, &two, clock), Judgement::Broken(_)));
    let unclear = series(operator, SeriesFrom::Start, &late("a", 1), clock);
    let Judgement::Unjudged(Unjudged { reason, .. }) = unclear else { panic!("{unclear:?}") };
    assert!(reason.ends_with("play it with the clock `scaled:80` or slower"), "{reason}");
}

#[test]
fn exchanges_that_take_no_time_follow_one_another() {
    let timed = |id, started_ms, lasts_us: u64| {
        let mut exchange = at(id, started_ms, Effect::None, "a");
        exchange.timing.total_us = Some(lasts_us);
        exchange
    };
    let judged = |exchanges: &[Exchange]| series(SeriesOperator::InFlightMax(1), SeriesFrom::Start, exchanges, None);
    assert_eq!(judged(&[timed(1, 0, 0), timed(2, 0, 0), timed(3, 1, 0)]), Judgement::Holds);
    assert_eq!(judged(&[timed(1, 0, 5_000), timed(2, 5, 0), timed(3, 5, 2_000)]), Judgement::Holds);
    assert!(matches!(judged(&[timed(1, 0, 5_000), timed(2, 3, 0)]), Judgement::Broken(_)));
    assert!(matches!(judged(&[timed(1, 0, 5_000), timed(2, 4, 5_000)]), Judgement::Broken(_)));
}

#[test]
fn a_duration_below_what_can_be_measured_is_not_judged() {
    let rule = on(Subject::Timing(TimingPhase::Total), Side::Response, vec![is(Operator::Range(bounds(0.0, 2_000.0)))]);
    let mut slow = Exchange::new(ExchangeId(1), Direction::Outbound, "a", 0);
    slow.timing.total_us = Some(3_000_000);
    let judged = |scale| {
        let names = NoNames;
        judge(&rule, &Subjects::new(&slow, &names).with_clock(Clock { scale, resolution_ms: 100 }))
    };
    assert!(matches!(judged(1.0), Judgement::Broken(_)));
    assert!(matches!(judged(20.0), Judgement::Broken(_)), "100 ms can be measured");
    assert!(matches!(judged(400.0), Judgement::Unjudged(_)), "5 ms cannot");
}

#[test]
fn a_gap_that_misses_by_less_than_can_be_measured_is_not_judged() {
    let clock = |scale| Some(Clock { scale, resolution_ms: 100 });
    let operator = SeriesOperator::Gaps(Gaps { range: Some(bounds(54_000.0, 66_000.0)), ..Gaps::default() });
    let late = [at(1, 0, Effect::None, "a"), at(2, 70_000, Effect::None, "a")];
    let far = [at(1, 0, Effect::None, "a"), at(2, 10_000, Effect::None, "a")];
    assert!(matches!(series(operator.clone(), SeriesFrom::Start, &late, clock(100.0)), Judgement::Unjudged(_)));
    assert!(matches!(series(operator.clone(), SeriesFrom::Start, &late, clock(20.0)), Judgement::Broken(_)));
    assert!(matches!(series(operator.clone(), SeriesFrom::Start, &late, None), Judgement::Broken(_)));
    assert!(matches!(series(operator, SeriesFrom::Start, &far, clock(100.0)), Judgement::Broken(_)));
    let growing = Gaps { growing: Some(Growing { factor: 1.5, tolerance: 0.1 }), ..Gaps::default() };
    let constant = [at(1, 0, Effect::None, "a"), at(2, 60_000, Effect::None, "a"), at(3, 120_000, Effect::None, "a")];
    let judged = |scale| series(SeriesOperator::Gaps(growing.clone()), SeriesFrom::Start, &constant, clock(scale));
    assert!(matches!(judged(100.0), Judgement::Broken(_)));
    assert!(matches!(judged(500.0), Judgement::Unjudged(_)));
}

#[test]
fn a_single_exchange_passes_only_beside_a_key_with_a_gap() {
    let lenient = Gaps { range: Some(bounds(900.0, 1_100.0)), single: Single::Passes, ..Gaps::default() };
    let operator = || SeriesOperator::Gaps(lenient.clone());
    let mixed = [at(1, 0, Effect::None, "a"), at(2, 1_000, Effect::None, "a"), at(3, 0, Effect::None, "b")];
    assert_eq!(series(operator(), SeriesFrom::Start, &mixed, None), Judgement::Holds);
    let singles = [at(1, 0, Effect::None, "a"), at(2, 0, Effect::None, "b")];
    assert!(matches!(series(operator(), SeriesFrom::Start, &singles, None), Judgement::Broken(_)));
    let wrong = [at(1, 0, Effect::None, "a"), at(2, 3_000, Effect::None, "a"), at(3, 0, Effect::None, "b")];
    assert!(matches!(series(operator(), SeriesFrom::Start, &wrong, None), Judgement::Broken(_)));
}

#[test]
fn formats_hold_and_break() {
    for (name, good, bad) in [
        ("base64", "aGk=", "aGk"),
        ("base64url", "aGk", "aGk="),
        ("check-digit-mod11", "9434765919", "9434765918"),
        ("date", "2024-02-29", "2023-02-29"),
        ("date-time", "2026-01-31T12:00:00.5+01:00", "2026-01-31T12:00:00"),
        ("digits", "0123", "12a"),
        ("email", "a.b+c@example.test", "a@b@c.test"),
        ("fhir-id", "a-1.B", "a_1"),
        ("hex", "0aF", "0g"),
        ("http-date", "Sat, 31 Jan 2026 12:00:00 GMT", "2026-01-31"),
        ("instant", "2026-01-31T12:00:00Z", "2026-01-31T25:00:00Z"),
        ("instant-ms-offset", "2026-01-31T12:00:00.123+00:00", "2026-01-31T12:00:00.123Z"),
        ("ipv4", "192.0.2.1", "192.0.2.256"),
        ("ipv6", "2001:db8::1", "2001:db8:::1"),
        ("json", "[1]", "[1"),
        ("jwt", "eyJhIjoxfQ.eyJiIjoyfQ.", "a.b"),
        ("lower-case", "abc", "aBc"),
        ("media-type", "application/fhir+json; charset=utf-8", "application"),
        ("non-empty", "a", " "),
        ("oid", "2.16.840.1", "2.016.840"),
        ("time", "23:59:59.1", "24:00:00"),
        ("uri", "urn:uuid:1", "no scheme"),
        ("uuid", "ffffffff-0000-0000-0000-00000000000F", "ffffffff-0000-0000-0000-00000000000"),
        ("uuid-lower", "ffffffff-0000-0000-0000-00000000000f", "ffffffff-0000-0000-0000-00000000000F"),
        ("uuid-rfc", "00000000-0000-4000-8000-000000000000", "00000000-0000-0000-8000-000000000000"),
        ("uuid-v4", "00000000-0000-4000-8000-000000000000", "00000000-0000-1000-8000-000000000000"),
    ] {
        let format = Format::from_name(name).unwrap();
        assert!(format.holds(good), "{name} {good}");
        assert!(!format.holds(bad), "{name} {bad}");
        assert!(!format.holds(""), "{name} of nothing");
    }
    // A leap second ends a month of UTC (RFC 3339 section 5.7), and nothing else is there to be written 60.
    let date_time = Format::from_name("date-time").unwrap();
    for good in ["2016-12-31T23:59:60Z", "1990-12-31T15:59:60-08:00", "2015-07-01T05:29:60.5+05:30", "2016-12-31t23:59:60z"] {
        assert!(date_time.holds(good), "{good}");
    }
    for bad in [
        "2026-01-05T11:00:60Z",
        "2016-12-31T23:59:60+01:00",
        "2016-12-30T23:59:60Z",
        "2016-12-31T25:59:60Z",
        "2016-12-31T23:61:60Z",
    ] {
        assert!(!date_time.holds(bad), "{bad}");
    }
    for bad in ["2026-02-30T11:00:00Z", "2026-01-05T25:00:00Z", "2026-01-05T11:00:00+25:00", "2026-13-01T00:00:00Z"] {
        assert!(!date_time.holds(bad), "{bad}");
    }
    let time = Format::from_name("time").unwrap();
    assert!(time.holds("05:29:60") && !time.holds("25:00:60") && !time.holds("23:60:60"));
    assert_eq!(Format::names().count(), 26);
    for name in Format::names() {
        for text in ["é", "😀-😀😀😀😀😀", "\0", "::", "%", "-", "é-é", "a@", "1.", "+", "0000-00-00T😀"] {
            let _ = Format::from_name(name).unwrap().holds(text);
        }
    }
}

#[test]
fn rules_that_absence_satisfies_are_found() {
    assert!(can_pass_on_absence(&json_rule("/a", is(Operator::Absent))));
    assert!(can_pass_on_absence(&json_rule("/a", not(Operator::Present))));
    assert!(!can_pass_on_absence(&json_rule("/a", not(Operator::Equals(literal(json!(1)))))));
    assert!(!can_pass_on_absence(&Rule::All(vec![
        json_rule("/a", is(Operator::Absent)),
        json_rule("/b", is(Operator::Present))
    ])));
    let any = Rule::Any(vec![Alternative { rule: json_rule("/a", is(Operator::Absent)), result: Held::Pass }]);
    assert!(can_pass_on_absence(&any));
}

#[test]
fn rules_that_cannot_fail_are_found() {
    let either = |first, second| {
        Rule::Any(vec![Alternative { rule: first, result: Held::Pass }, Alternative { rule: second, result: Held::Pass }])
    };
    let expression = |text| on(Subject::Expression(Expression::compile(text).unwrap()), Side::Request, vec![]);
    let most = Bounds { max: Some(3.0), ..Bounds::default() };
    for rule in [
        Rule::All(vec![]),
        Rule::Any(vec![]),
        expression("1 < 2"),
        json_rule("/a", is(Operator::Matches(Pattern::compile(".*").unwrap()))),
        json_rule("/a", is(Operator::Matches(Pattern::compile("^.*$").unwrap()))),
        json_rule("/a", is(Operator::Range(Bounds::default()))),
        json_rule("/a", is(Operator::Length(bounds_min(0.0)))),
        json_rule("/a", is(Operator::Each(vec![]))),
        on(Subject::HeaderCount("a".to_owned()), Side::Request, vec![is(Operator::Range(bounds_min(0.0)))]),
        on(Subject::Count, Side::Request, vec![is(Operator::Range(most))]),
        on(Subject::Outcome, Side::Request, vec![is(Operator::Present)]),
        on(Subject::Series(Series::default()), Side::Request, vec![is(Operator::Series(SeriesOperator::Count(most)))]),
        either(json_rule("/a", is(Operator::Present)), json_rule("/a", is(Operator::Absent))),
    ] {
        assert!(cannot_fail(&rule).is_some(), "{rule:?}");
    }
    for rule in [
        expression("request.json.a"),
        json_rule("/a", is(Operator::Present)),
        json_rule("/a", is(Operator::Matches(Pattern::compile("^$").unwrap()))),
        json_rule("/a", is(Operator::Range(most))),
        either(json_rule("/a", is(Operator::Present)), json_rule("/b", is(Operator::Absent))),
        on(Subject::Count, Side::Request, vec![is(Operator::Range(bounds(1.0, 3.0)))]),
    ] {
        assert_eq!(cannot_fail(&rule), None, "{rule:?}");
    }
}

fn bounds_min(min: f64) -> Bounds {
    Bounds { min: Some(min), ..Bounds::default() }
}
