#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::{Capture, Edit, Mutations, XmlChange, XmlPath, apply, capture, mutations};
use crate::{Expression, NoNames, Pattern, Side, Subjects, TlsField};
use counterpart_document::{JsonPath, XPath};
use counterpart_evidence::{Body, Direction, Exchange, ExchangeId, Request, Response};
use serde_json::json;

fn request() -> Request {
    let mut request = Request {
        method: "POST".to_owned(),
        target: "/a".to_owned(),
        body: Body::plain(r#"{"a": 1, "b": ["x", {"c/d": true}]}"#),
        ..Request::default()
    };
    request.headers.push("Location", "/things/42");
    request.headers.push("X-A", "1");
    request.headers.push("Content-Length", "35");
    request
}

fn edited(edit: Edit) -> Request {
    let mut request = request();
    apply(&[edit], &mut request).unwrap();
    request
}

fn body(request: &Request) -> &str {
    std::str::from_utf8(&request.body.content).unwrap()
}

#[test]
fn every_edit_changes_what_it_names_and_nothing_else() {
    for (edit, expected) in [
        (Edit::JsonDrop("/b/0".to_owned()), r#"{"a":1,"b":[{"c/d":true}]}"#),
        (Edit::JsonDuplicate("/a".to_owned()), r#"{"a": 1,"a":1, "b": ["x", {"c/d": true}]}"#),
        (Edit::JsonDuplicate("/b/0".to_owned()), r#"{"a": 1, "b": ["x","x", {"c/d": true}]}"#),
        (Edit::JsonDuplicate("/b/1/c~1d".to_owned()), r#"{"a": 1, "b": ["x", {"c/d": true,"c/d":true}]}"#),
        (Edit::JsonEmpty("/b".to_owned()), r#"{"a":1,"b":[]}"#),
        (Edit::JsonRetype("/a".to_owned()), r#"{"a":"1","b":["x",{"c/d":true}]}"#),
        (Edit::JsonReorder(String::new()), r#"{"b":["x",{"c/d":true}],"a":1}"#),
        (
            Edit::JsonPatch(json!([{"op": "add", "path": "/b/-", "value": 2}, {"op": "remove", "path": "/a"}])),
            r#"{"b":["x",{"c/d":true},2]}"#,
        ),
        (Edit::TextReplace { from: "x".to_owned(), to: "yy".to_owned() }, r#"{"a": 1, "b": ["yy", {"c/d": true}]}"#),
        (Edit::Body(b"z".to_vec()), "z"),
    ] {
        let edited = edited(edit.clone());
        assert_eq!(body(&edited), expected, "{edit:?}");
        assert_eq!(edited.headers.first("content-length"), Some(expected.len().to_string().as_str()), "{edit:?}");
    }
    assert_eq!(edited(Edit::HeaderSet("x-a".to_owned(), "2".to_owned())).headers.first("X-A"), Some("2"));
    assert_eq!(edited(Edit::HeaderRemove("x-a".to_owned())).headers.len(), 2);
    assert_eq!(edited(Edit::HeaderDuplicate("x-a".to_owned())).headers.all("X-A").count(), 2);
    assert_eq!(edited(Edit::HeaderAdd("X-B".to_owned(), "3".to_owned())).headers.iter().last().unwrap().name, "X-B");
    assert_eq!(edited(Edit::HeadersReorder).headers.iter().next().unwrap().name, "Content-Length");
    assert_eq!(edited(Edit::Method("PUT".to_owned())).method, "PUT");
    assert_eq!(edited(Edit::Target("/b".to_owned())).target, "/b");
    let mut response = Response { status: 200, ..Response::default() };
    apply(&[Edit::Status(404), Edit::Reason("Gone".to_owned())], &mut response).unwrap();
    assert_eq!((response.status, response.reason.as_str()), (404, "Gone"));
}

#[test]
fn an_edit_that_does_not_fit_is_a_fault() {
    for edit in [
        Edit::JsonDrop("/none".to_owned()),
        Edit::JsonDuplicate(String::new()),
        Edit::JsonEmpty("/b/9".to_owned()),
        Edit::JsonPatch(json!([{"op": "test", "path": "/a", "value": 2}])),
        Edit::JsonPatch(json!("no patch")),
        Edit::HeaderRemove("x-none".to_owned()),
        Edit::HeaderDuplicate("x-none".to_owned()),
        Edit::Status(200),
        Edit::TextReplace { from: "none".to_owned(), to: String::new() },
        Edit::TextReplace { from: String::new(), to: "x".to_owned() },
    ] {
        assert!(apply(std::slice::from_ref(&edit), &mut request()).is_err(), "{edit:?}");
    }
    let doubling: Vec<_> = (0..60).map(|at| json!({"op": "copy", "from": "", "path": format!("/c{at}")})).collect();
    assert!(apply(&[Edit::JsonPatch(json!(doubling))], &mut request()).is_err());
}

#[test]
fn every_generic_mutation_applies_and_changes_the_message() {
    let found = mutations(&request()).found;
    for mutation in &found {
        let mut mutated = request();
        apply(std::slice::from_ref(&mutation.edit), &mut mutated).unwrap_or_else(|fault| panic!("{}: {fault}", mutation.id));
        assert_ne!(mutated, request(), "{}", mutation.id);
    }
    let ids: Vec<&str> = found.iter().map(|mutation| mutation.id.as_str()).collect();
    for id in [
        "header-drop:x-a",
        "header-duplicate:x-a",
        "header-empty:location",
        "header-retype:x-a",
        "headers-reorder",
        "body-empty",
        "body-cut",
        "json-drop:/a",
        "json-duplicate:/b/1/c~1d",
        "json-retype:/b",
        "json-empty:/a",
        "json-reorder:",
    ] {
        assert!(ids.contains(&id), "{id} in {ids:?}");
    }
    assert!(!ids.iter().any(|id| id.contains("content-length")));
    let response = Response { status: 201, ..Response::default() };
    let ids: Vec<String> = mutations(&response).found.into_iter().map(|mutation| mutation.id).collect();
    assert_eq!(ids, ["status:202", "status:500"]);
}

#[test]
fn of_many_entries_that_are_alike_the_first_is_spoilt() {
    let entry = |number: usize| json!({"id": number, "tags": vec!["x"; number % 3 + 1]});
    let few = json!({"few": [entry(0), entry(1), entry(2)]});
    let spoilt = |value: &serde_json::Value| mutations(&Request { body: Body::plain(value.to_string()), ..Request::default() });
    let places = |all: &Mutations| all.alike.iter().cloned().collect::<Vec<_>>();
    assert_eq!(places(&spoilt(&few)), Vec::<String>::new());
    let many = json!({"many": [{"other": true}, entry(0), entry(1), entry(2), entry(3), {"other": false}]});
    let all = spoilt(&many);
    assert_eq!(places(&all), ["/many/2", "/many/3", "/many/4"]);
    let has = |id: &str| all.found.iter().any(|mutation| mutation.id == id);
    assert!(has("json-drop:/many/1/id") && has("json-drop:/many/5/other") && !has("json-drop:/many/2"));
    assert!(!all.is_cut);
    let wide: serde_json::Map<_, _> = (0..600).map(|number| (format!("n{number}"), json!(number + 1))).collect();
    let all = spoilt(&json!(wide));
    assert_eq!((all.found.len(), all.is_cut), (2000, true));
}

#[test]
fn captures_take_values_or_say_why_not() {
    let mut exchange = Exchange::new(ExchangeId(1), Direction::Inbound, "main", 0);
    exchange.request = Some(request());
    exchange.response = Some(Response { status: 202, ..Response::default() });
    let hook = json!({"id": 9});
    let subjects = Subjects::new(&exchange, &NoNames).with_hook(&hook);
    let path = |text: &str| JsonPath::compile(text).unwrap();
    let header = |name: &str, pattern: Option<&str>| Capture::Header {
        name: name.to_owned(),
        pattern: pattern.map(|text| Pattern::compile(text).unwrap()),
    };
    for (one, expected) in [
        (Capture::Json(path("/b/0")), Ok(json!("x"))),
        (Capture::Hook(path("/id")), Ok(json!(9))),
        (Capture::Status, Ok(json!(202))),
        (header("location", None), Ok(json!("/things/42"))),
        (header("location", Some("/things/([0-9]+)")), Ok(json!("42"))),
        (header("location", Some("^x$")), Err("header `location` does not match `^x$`".to_owned())),
        (header("x-none", None), Err("header `x-none` of the request is missing".to_owned())),
        (Capture::Json(path("/none")), Err("`/none` is missing".to_owned())),
        (Capture::Connection(TlsField::Version), Err("TLS version is missing".to_owned())),
        (Capture::Expression(Expression::compile("request.json.a + 1").unwrap()), Ok(json!(2))),
    ] {
        assert_eq!(capture(&one, Side::Request, &subjects), expected, "{one:?}");
    }
}

fn xml_edit(text: &str, path: &str, change: XmlChange) -> Result<String, String> {
    let mut request = Request { body: Body::plain(text.to_owned()), ..Request::default() };
    let path = XPath::compile(path, &[("p".to_owned(), "urn:a".to_owned())]).unwrap();
    apply(&[Edit::Xml(XmlPath(std::sync::Arc::new(path)), change)], &mut request).map_err(|fault| fault.message)?;
    Ok(body(&request).to_owned())
}

#[test]
fn xml_edits_change_what_the_path_finds_and_nothing_else() {
    let text = "<a xmlns='urn:a' id='1' n=\"x > y\"><!-- kept --><b>x</b>\n<b/></a>";
    let set = |text: &str| XmlChange::Set(text.to_owned());
    for (path, change, expected) in [
        ("/p:a/p:b[1]", set("1 < 2"), "<a xmlns='urn:a' id='1' n=\"x > y\"><!-- kept --><b>1 &lt; 2</b>\n<b/></a>"),
        ("/p:a/p:b[2]", set("y"), "<a xmlns='urn:a' id='1' n=\"x > y\"><!-- kept --><b>x</b>\n<b>y</b></a>"),
        ("//p:b", set(""), "<a xmlns='urn:a' id='1' n=\"x > y\"><!-- kept --><b></b>\n<b></b></a>"),
        ("/p:a/@id", set("\"2\""), "<a xmlns='urn:a' id=\"&quot;2&quot;\" n=\"x > y\"><!-- kept --><b>x</b>\n<b/></a>"),
        ("/p:a/p:b[1]/text()", set("z"), "<a xmlns='urn:a' id='1' n=\"x > y\"><!-- kept --><b>z</b>\n<b/></a>"),
        ("/p:a/@id", XmlChange::Remove, "<a xmlns='urn:a' n=\"x > y\"><!-- kept --><b>x</b>\n<b/></a>"),
        ("/p:a/p:b[1]", XmlChange::Remove, "<a xmlns='urn:a' id='1' n=\"x > y\"><!-- kept -->\n<b/></a>"),
        ("/p:a/p:b[1]", XmlChange::Duplicate, "<a xmlns='urn:a' id='1' n=\"x > y\"><!-- kept --><b>x</b><b>x</b>\n<b/></a>"),
        ("/p:a", XmlChange::Insert("<c/>".to_owned()), "<a xmlns='urn:a' id='1' n=\"x > y\"><!-- kept --><b>x</b>\n<b/><c/></a>"),
        (
            "//p:b[2]",
            XmlChange::Insert("<c/>".to_owned()),
            "<a xmlns='urn:a' id='1' n=\"x > y\"><!-- kept --><b>x</b>\n<b><c/></b></a>",
        ),
        // Of two within each other only the outer one is changed.
        ("//*", set("gone"), "<a xmlns='urn:a' id='1' n=\"x > y\">gone</a>"),
    ] {
        assert_eq!(xml_edit(text, path, change.clone()).as_deref(), Ok(expected), "{path} {change:?}");
    }
}

#[test]
fn xml_edits_that_do_not_fit_say_why() {
    for (text, path, change, reason) in [
        ("<a/>", "/b", XmlChange::Remove, "`/b` finds nothing in the body"),
        ("<a/>", "1 + 1", XmlChange::Remove, "`1 + 1` finds nothing in the body"),
        ("{}", "/a", XmlChange::Remove, "the body is not XML"),
        ("<a b='1'/>", "/a/@b", XmlChange::Duplicate, "an attribute is set or removed, nothing else"),
        ("<a>x</a>", "/a/text()", XmlChange::Insert("<b/>".to_owned()), "XML is inserted into an element"),
    ] {
        let fault = xml_edit(text, path, change).unwrap_err();
        assert!(fault.contains(reason), "{fault}");
    }
}
