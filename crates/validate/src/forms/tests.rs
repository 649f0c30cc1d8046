#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::{Asked, FhirForms, Form};
use crate::{DocumentRule, Schema};
use counterpart_evidence::{Body, Direction, Exchange, ExchangeId, Request};
use counterpart_fhir::{Definitions, FhirVersion, Package};
use counterpart_matching::{
    Capture, Expression, Judgement, Mismatch, NoNames, OtherForm, Rule, Side, Subjects, Whole, capture, judge,
};
use serde_json::json;
use std::sync::Arc;

/// A small FHIR: a visit with a state, numbers and notes.
fn forms() -> FhirForms {
    let element = |path: &str, max: &str, code: &str| json!({ "path": path, "min": 0, "max": max, "type": [{ "code": code }] });
    let visit = json!({
        "resourceType": "StructureDefinition", "url": "http://hl7.org/fhir/StructureDefinition/Visit", "name": "Visit", "type": "Visit",
        "fhirVersion": "3.0.1", "kind": "resource", "abstract": false, "derivation": "specialization",
        "snapshot": { "element": [
            { "path": "Visit" }, element("Visit.id", "1", "id"), element("Visit.status", "1", "code"),
            element("Visit.weight", "1", "decimal"), element("Visit.note", "*", "string"),
        ] }
    });
    let mut definitions = Definitions::new(FhirVersion::Stu3);
    definitions.add(Package::read("visit.json", visit.to_string().as_bytes()).unwrap());
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    let json = names(&["application/fhir+json;charset=utf-8", "json"]);
    let xml = names(&["application/fhir+xml;charset=utf-8", "text/xml", "xml"]);
    FhirForms::new(Arc::new(definitions), (json, xml), "_format".to_owned(), Form::Json)
}

fn exchange(media_type: &str, body: &str) -> Exchange {
    let mut request = Request { method: "POST".to_owned(), body: Body::plain(body.as_bytes().to_vec()), ..Request::default() };
    request.headers.push("Content-Type", media_type);
    Exchange { request: Some(request), ..Exchange::new(ExchangeId(1), Direction::Inbound, "clinic", 0) }
}

const VISIT: &str =
    "<Visit xmlns='http://hl7.org/fhir'>\n  <status value='lost'/>\n  <weight value='1.10'/>\n  <note value='a'/>\n</Visit>";

/// Judges with the forms at hand.
fn judged(exchange: &Exchange, rule: &Rule) -> Option<Mismatch> {
    let forms = forms();
    match judge(rule, &Subjects::new(exchange, &NoNames).with_other_form(Some(&forms))) {
        Judgement::Broken(mismatch) => Some(*mismatch),
        Judgement::Holds => None,
        other => panic!("{other:?}"),
    }
}

fn expression(text: &str) -> Rule {
    Rule::Condition(counterpart_matching::Condition {
        subject: counterpart_matching::Subject::Expression(Expression::compile(text).unwrap()),
        side: Side::Request,
        tests: Vec::new(),
    })
}

fn schema(schema: &serde_json::Value) -> Rule {
    let schema = Arc::new(Schema::compile(schema, &|_| None).unwrap());
    let rule = DocumentRule::JsonSchema { name: "visit.json".to_owned(), schema, sense: counterpart_matching::Sense::Is };
    Rule::Whole(Whole { side: Side::Request, rule: Arc::new(rule) })
}

#[test]
fn xml_is_looked_at_as_json() {
    let exchange = exchange("application/fhir+xml; charset=utf-8", VISIT);
    assert_eq!(judged(&exchange, &expression("request.json.status == 'lost' && request.json.note == ['a']")), None);
    let wrong = judged(&exchange, &expression("request.json.status == 'planned'")).unwrap();
    assert_eq!(wrong.message, "`/status` is `lost`; expected `planned` (the body is a FHIR resource in XML, looked at as JSON)");
    let place = wrong.place.unwrap();
    assert_eq!((place.path.as_str(), place.line, place.column), ("/Visit/status", Some(2), Some(3)));
    let wrong = judged(&exchange, &schema(&json!({ "properties": { "note": { "items": { "enum": ["b"] } } } }))).unwrap();
    let place = wrong.place.unwrap();
    assert_eq!((place.path.as_str(), place.line, place.column), ("/Visit/note[1]", Some(4), Some(3)));
    assert!(wrong.message.contains("(the body is a FHIR resource in XML, looked at as JSON)"), "{}", wrong.message);
    let forms = forms();
    let subjects = Subjects::new(&exchange, &NoNames).with_other_form(Some(&forms));
    let path = counterpart_document::JsonPath::compile("$.note[0]").unwrap();
    assert_eq!(capture(&Capture::Json(path), Side::Request, &subjects), Ok("a".into()));
    let text = String::from_utf8(subjects.json(Side::Request).unwrap().unwrap().text().to_vec()).unwrap();
    assert!(text.contains("1.10"), "{text}");
}

#[test]
fn xml_without_a_resource_is_a_finding() {
    let look = |media_type: &str, body: &str| judged(&exchange(media_type, body), &schema(&json!({}))).unwrap();
    let wrong = look("text/xml", "<html/>");
    assert!(
        wrong.message.starts_with("valid against `visit.json`: the body is not a FHIR resource in XML: `html` is in"),
        "{wrong:?}"
    );
    assert_eq!(wrong.place.unwrap().line, Some(1));
    let wrong = look("text/xml", "{}");
    assert!(wrong.message.contains("the body is not a FHIR resource in XML"), "{wrong:?}");
    // The media type says what a body is.
    let wrong = look("application/fhir+json", VISIT);
    assert!(wrong.message.contains("the body is not JSON"), "{wrong:?}");
    let twice = Rule::Whole(Whole { side: Side::Request, rule: Arc::new(DocumentRule::UniqueMembers) });
    assert!(judged(&exchange("text/xml", VISIT), &twice).unwrap().message.contains("the body is not JSON"));
}

#[test]
fn a_request_says_which_form_it_wants() {
    let forms = forms();
    let asked = |parameter, accept, content_type| forms.accepted(Asked { parameter, accept, content_type });
    assert_eq!(asked(None, None, None), Form::Json);
    assert_eq!(asked(None, None, Some("text/xml;charset=utf-8")), Form::Xml);
    assert_eq!(asked(None, Some("application/fhir+json"), Some("text/xml")), Form::Json);
    assert_eq!(asked(Some("xml"), Some("application/fhir+json"), None), Form::Xml);
    // A plus in a query that was not escaped.
    assert_eq!(asked(Some("application/fhir xml"), None, None), Form::Xml);
    assert_eq!(asked(None, Some("application/fhir+json;q=0.5, application/FHIR+xml;q=0.8"), None), Form::Xml);
    assert_eq!(asked(None, Some("application/fhir+xml;q=0, */*"), None), Form::Json);
    assert_eq!(asked(None, Some("text/plain"), Some("xml")), Form::Xml);
    assert_eq!(forms.content_type(Form::Xml), "application/fhir+xml;charset=utf-8");
    assert!(forms.has("application/fhir+xml") && !forms.has("application/fhir+json"));
}

#[test]
fn json_is_written_as_xml_with_its_digits() {
    let forms = forms();
    let json = br#"{"resourceType":"Visit","weight":1.10}"#.to_vec();
    assert_eq!(forms.written(json.clone(), Form::Json).unwrap(), json);
    let xml = String::from_utf8(forms.written(json, Form::Xml).unwrap()).unwrap();
    assert!(xml.ends_with("<Visit xmlns=\"http://hl7.org/fhir\"><weight value=\"1.10\"/></Visit>"), "{xml}");
    let fault = forms.written(b"{\"resourceType\": \"Other\"}".to_vec(), Form::Xml).unwrap_err();
    assert_eq!(fault.message, "`Other` is no type of resource in the packages at hand");
}
